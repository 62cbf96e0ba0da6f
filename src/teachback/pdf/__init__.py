"""Lay HTML out as tagged PDF, and read a PDF back as text, boxes and pictures.

In: HTML. Out: the bytes of a PDF/UA-1 and PDF/A-2a file.
"""
