"""Compose pages: an edition becomes HTML for paper or for a screen.

Input: an `Edition` and the clinic's design. Output: HTML that loads nothing from outside.
"""
