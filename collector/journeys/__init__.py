"""The columnar view: every person's journey as sorted columns, derived from the ledger.

May touch: core, the ledger's protocol, its own files (a cache: deleting it loses nothing), numpy.
Must never: be the only place of a fact, query the database from a report, or change a file that readers have open.
"""
