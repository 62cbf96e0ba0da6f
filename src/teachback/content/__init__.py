"""Load what a clinic writes: a handout and the files that handouts share, checked against their models.

In: a path of a workspace. Out: a `Handout` that holds every audience, or problems with file, line and column.
"""
