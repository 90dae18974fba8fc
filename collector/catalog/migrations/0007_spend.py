"""What was spent on advertising, day by day, and a number that changes with it."""

# Frozen: a released migration is never edited. `day` is an ISO day; channel, source and campaign are "" where unknown.
TABLES = (
    """
    CREATE TABLE spend_day (
        site BIGINT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
        day TEXT NOT NULL, channel TEXT NOT NULL, source TEXT NOT NULL, campaign TEXT NOT NULL,
        cost DOUBLE PRECISION NOT NULL, currency TEXT NOT NULL,
        PRIMARY KEY (site, day, channel, source, campaign)
    )
    """,
    """
    CREATE TABLE spend_state (
        site BIGINT NOT NULL PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE, version BIGINT NOT NULL
    )
    """,
)


def up(migrator, db):
    for statement in TABLES:
        db.execute_sql(statement)
