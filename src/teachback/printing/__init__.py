"""Turn editions into finished files: jobs, worker processes, cards on stock, the build record.

In: editions and settings. Out: the bytes of files, each proved.
"""
