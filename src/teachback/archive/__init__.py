"""Keep printed editions for good, find them by their code, and verify that nothing was changed.

In: printed files. Out: a folder with a hash-chained journal.
"""
