"""THE LEDGER: events and who they belong to, in SQLite or Postgres.

May touch: the database, through peewee; core. One file holds an engine's quirks.
Must never: know of HTTP, of reports, or rewrite a stored event.
"""
