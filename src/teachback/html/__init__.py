"""Compose pages: an edition becomes HTML for paper or for a screen.

In: an `Edition` and the clinic's design. Out: HTML that loads nothing from outside.
"""
