"""Keep printed editions for good, find them by their code, and verify that nothing was changed.

In: printed files. Out: a folder with a hash-chained journal.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.archive.lookup import identify as identify
    from teachback.archive.recorder import keep_editions as keep_editions
    from teachback.archive.verification import verify as verify

__getattr__ = finder(
    __name__, {"identify": "lookup", "keep_editions": "recorder", "verify": "verification"}
)
