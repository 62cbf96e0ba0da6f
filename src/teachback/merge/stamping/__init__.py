"""Print an edition once as a template, and put the words of each record into it.

In: an edition and validated records. Out: one PDF a record, or files for a print room.
"""
