"""The only HTTP: the way in for events, and pages with their CSV and JSON twins for people.

May touch: every room but the command line; Flask, its sessions and templates.
Must never: compute a number that a report did not, mark event data as safe HTML, or change state on GET.
"""
