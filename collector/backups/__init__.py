"""Backups: one file that holds an installation, made while it runs, and put back from.

May touch the database, the inbox and the keys, and the folder that it is told to write to.
Must never call a backup made before it was read back and counted, nor replace an installation without being told to.
"""
