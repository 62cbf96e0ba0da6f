"""Check whether a text is right for its reader, plain, and in date.

In: handouts. Out: findings with rule, place and hint.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.checking.blocking_rules import PrintGate as PrintGate
    from teachback.checking.checker import check as check

__getattr__ = finder(__name__, {"PrintGate": "blocking_rules", "check": "checker"})
