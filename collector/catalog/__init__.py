"""THE CATALOG: who owns what: sites, users, tokens, saved reports and segments.

May touch: the ledger's database, through peewee, in tables of its own; core.
Must never: read or write an event, or hand a model instance out.
"""
