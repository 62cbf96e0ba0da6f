"""Find advice that can harm a reader: which clause advises what, or warns against it.

In: the passages of an edition. Out: findings of the rules in `content/rules/`.
"""
