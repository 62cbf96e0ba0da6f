"""Print one handout for many patients: each record becomes a page, or is rejected with its reason.

In: a file of records and an order. Out: a run folder with PDFs and an account of every row.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.merge.merge_order import MergeOrder as MergeOrder
    from teachback.merge.merge_run import merge as merge

__getattr__ = finder(__name__, {"MergeOrder": "merge_order", "merge": "merge_run"})
