"""The edition code: which text, for which audience, in which version, this paper is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from teachback.edition import Edition

# No letter or digit that a tired reader takes for another: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
ALPHABET: Final = "34679ACDEFGHJKMNPQRTWXY"
LENGTH: Final = 6


def edition_code(edition: Edition, design: str) -> str:
    """Give a code such as LC-CKD-EN-7F3A9C: initials, audience, language, and a hash of the words and the design.

    `design` tells the design apart: templates, styles, pictures, the words of the language, the clinic. Handout and card, both sizes and both papers
    of one edition carry the same code, because they say the same.
    """
    initials = "".join(word[0] for word in edition.handout.split("-"))
    said = repr((edition.title, edition.message, edition.flags, edition.sections, edition.card, edition.sources))
    meta = repr((edition.handout, edition.audience, edition.language, edition.badge, edition.version, edition.review))
    digest = int.from_bytes(hashlib.sha256(f"{said}|{meta}|{design}".encode()).digest())
    letters = []
    for _ in range(LENGTH):
        digest, index = divmod(digest, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "-".join((initials, edition.audience, edition.language, "".join(letters))).upper()
