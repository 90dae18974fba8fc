"""What became of the events that came by the inbox, by day; how much each set-aside row stands for; when a mark moved."""

import time

# Frozen: a released migration is never edited. `day` counts days UTC since 1970; 0 holds what is too old to be told
# apart by day.
STATEMENTS = (
    "CREATE TABLE outcome_count (site INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, "
    "day INTEGER NOT NULL, events BIGINT NOT NULL, PRIMARY KEY (site, outcome, reason, day))",
    "ALTER TABLE mark ADD COLUMN time BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE quarantine ADD COLUMN events INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX quarantine_time ON quarantine (time)",
)


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
    db.execute_sql("UPDATE mark SET time = %d" % (time.time_ns() // 1_000_000))
