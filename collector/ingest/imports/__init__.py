"""What other tools leave behind, as events: one module a format, and how a format is known by its first rows.

May touch: its arguments and the steps of `ingest`, which every event goes through as if it had come in live.
Must never: open a file, read the clock, or keep an address of a machine.
"""
