"""Turn editions into finished files: jobs, worker processes, cards on stock, and the record of a build.

In: editions and settings. Out: the bytes of files, each proved.
"""
