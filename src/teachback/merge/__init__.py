"""Print one handout for many patients: each record becomes a page, or is rejected with its reason.

In: a file of records and an order. Out: a run folder with PDFs and an account of every row.
"""
