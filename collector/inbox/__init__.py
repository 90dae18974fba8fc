"""What was acknowledged and is not yet in the ledger: one durable file a worker, drained by the loader.

May touch: its own files in the inbox folder, through sqlite3, and the disk's free space.
Must never: know of HTTP or the ledger, look into a record, or answer before the commit.
"""
