"""Read records from CSV, TSV, JSON Lines or Excel, and validate them.

In: a file. Out: rows, each valid or rejected with row, field and reason.
"""
