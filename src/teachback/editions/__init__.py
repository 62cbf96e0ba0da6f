"""Choose what one reader gets: a handout becomes an edition that has no choices left.

Input: a `Handout` and a reader. Output: an `Edition`, its code, its passages for the rules, and how
it differs from another.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.editions.edition import Edition as Edition
    from teachback.editions.selection import choose as choose

__getattr__ = finder(__name__, {"Edition": "edition", "choose": "selection"})
