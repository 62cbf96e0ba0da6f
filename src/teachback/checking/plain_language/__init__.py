"""Measure how hard a text is to read: sentences, words, grade, structure.

In: the passages of an edition. Out: findings and scores.
"""
