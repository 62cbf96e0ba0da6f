"""Find advice that can harm a reader: which clause says do or do not, about what.

In: the passages of an edition. Out: findings of the rules in `content/rules/`.
"""
