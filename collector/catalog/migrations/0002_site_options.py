"""Settings of a site that have a default: one JSON object, so that a new one needs no new column."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE site ADD COLUMN options TEXT NOT NULL DEFAULT '{}'")
