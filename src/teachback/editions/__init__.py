"""Choose what one reader gets: a handout becomes an edition that holds no choice any more.

In: a `Handout` and a reader. Out: an `Edition`, its code, its passages for the rules, and how it differs from another.
"""
