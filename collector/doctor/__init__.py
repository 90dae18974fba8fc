"""The doctor: looks at an installation as it is and says in plain words what is wrong and what to do about it.

May touch the data folder, the database, the running server and the sites' pages, all of them only to look.
Must never change, create or migrate anything, nor end because one look failed.
"""
