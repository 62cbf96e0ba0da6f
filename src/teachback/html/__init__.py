"""Compose pages: an edition becomes HTML for paper or for a screen.

Input: an `Edition` and the clinic's design. Output: HTML that loads nothing from outside.
"""

from typing import TYPE_CHECKING

from teachback.lazy_exports import finder

if TYPE_CHECKING:
    from teachback.html.composer import compose_cards as compose_cards
    from teachback.html.composer import compose_handout as compose_handout

__getattr__ = finder(__name__, {"compose_cards": "composer", "compose_handout": "composer"})
