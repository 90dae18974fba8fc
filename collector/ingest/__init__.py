"""The way in: pure steps from the bytes of a request to events the ledger can keep.

May touch: its arguments and the lists in this folder. Clock, keys and site rules come as arguments.
Must never: read a file, the time, the environment or a database, or know of HTTP.
"""
