"""Prove a printed page: it says every sentence of its edition, says nothing else, and can be seen.

In: a PDF and the text that is expected. Out: problems and measures.
"""
