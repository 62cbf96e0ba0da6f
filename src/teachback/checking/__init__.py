"""Check whether a text is right for its reader, plain, and in date.

In: handouts. Out: findings with rule, place and hint.
"""
