"""Choose what one reader gets: a handout becomes an edition that has no choices left.

Input: a `Handout` and a reader. Output: an `Edition`, its code, its passages for the rules, and how
it differs from another.
"""
