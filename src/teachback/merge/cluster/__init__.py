"""Print records on other machines, through Dask and TLS.

In: chunks of records. Out: the same bytes as on one machine.
"""
