"""Serve the front desk: a page on the clinic's network that picks, shows and prints handouts.

In: requests of a browser. Out: the desk's page, pictures of pages, and proved PDFs. One process
answers requests, and another one, the press room, prints. What is typed for a patient is held in
memory only.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.serving.server import serve_desk as serve_desk

__getattr__ = finder(__name__, {"serve_desk": "server"})
