"""Prove a printed page: it has every sentence of its edition, nothing else, and all is visible.

In: a PDF and the text that is expected. Out: problems and measures.
"""
