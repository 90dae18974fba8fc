"""Traits kept by who vouches for them, and links that were not made because a person had too many."""

# Frozen. person.traits holds what was told before this: claims of nobody knows which visitor. From here on a claim is
# kept with the visitor that made it, so that an unlink takes it back; what the site itself vouches for is in verified.
TABLES = """
ALTER TABLE person ADD COLUMN verified TEXT NOT NULL DEFAULT '{}';
ALTER TABLE person ADD COLUMN capped BIGINT NOT NULL DEFAULT 0;
CREATE TABLE claim (
    visitor BIGINT NOT NULL, person BIGINT NOT NULL, site INTEGER NOT NULL, traits TEXT NOT NULL,
    PRIMARY KEY (visitor, person)
);
CREATE INDEX claim_person ON claim (person)
"""


def up(migrator, db):
    for statement in TABLES.split(";"):
        db.execute_sql(statement)
