"""Backups: one file that holds an installation, made while it runs, and put back from.

It may read the database, the inbox and the keys, and write where it is told to. It must never call a backup made
before it has been read back and counted, and never write over an installation that it was not told to replace.
"""
