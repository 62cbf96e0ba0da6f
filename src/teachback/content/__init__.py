"""Load what a clinic writes, handouts and shared files, and check it against its models.

Input: a path of a workspace. Output: a `Handout` that holds every audience, or problems with file,
line and column.
"""
