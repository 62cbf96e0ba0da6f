"""Prove a printed page: it has every sentence of its edition, nothing else, and all is visible.

In: a PDF and the text that is expected. Out: problems and measures.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.proofing.page_proof import prove as prove

__getattr__ = finder(__name__, {"prove": "page_proof"})
