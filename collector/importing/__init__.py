"""Files of events into a site: what they hold, row by row, in chunks that an end in the middle does not repeat.

May touch: core, ingest's readers, the file it is given, and its own small files in the data folder.
Must never: open the ledger (it is handed what stores events), load a whole file, or let one bad line stop the rest.
"""
