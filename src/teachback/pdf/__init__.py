"""Lay HTML out as tagged PDF, and read a PDF back as text, boxes and pictures.

In: HTML. Out: the bytes of a PDF/UA-1 and PDF/A-2a file.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.pdf.page_reader import read_pages as read_pages
    from teachback.pdf.renderer import lay_out as lay_out
    from teachback.pdf.renderer import write as write

__getattr__ = finder(
    __name__, {"lay_out": "renderer", "read_pages": "page_reader", "write": "renderer"}
)
