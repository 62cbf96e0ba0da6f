"""Remove footnote signs, and split numbers from words, as a reader's eye does. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# A sign counts behind a word or punctuation, but not inside a word, nor as the power of a unit.
_SIGNS: Final = "\u00b9\u00b2\u00b3\u2070\u2074-\u2079*\u2020\u2021\u00a7"
_WITH_SIGN: Final = re.compile(
    rf"(?:(?<![^\W_])(?P<word>[^\W\d_{_SIGNS}]{{2,}})|(?<=[.,;:!?)\"'\u2019\u201d]))[{_SIGNS}]+"
    r"(?=[\s.,;:!?)\]\"'\u2019\u201d]|$)"
)
_POWERS: Final = frozenset(["nm", "mm", "cm", "dm", "km", "ft", "yd", "mi", "in", "co", "omega"])
_TOKEN: Final = re.compile(r"\S+")
_ADDRESS: Final = re.compile(r"://|@|www\.|\.[a-z]{2}")
_UNITS: Final = "mg|mcg|[\u00b5\u03bcu]g|g|kg|ml|l|dl|oz|lbs?|units?|iu|mmol|meq"
# Places where a space belongs: ibuprofen|400|mg, 400|mg|ibuprofen, 2|tablets; not in B12, A1C,
# SGLT2, 1st or 10am.
_GLUED: Final = re.compile(
    r"(?<=[^\W\d_]{4})(?!(?<=\b[A-Z]{4})\d(?!\d))(?=\d)"
    rf"|(?<=\d)(?=(?i:{_UNITS})(?![^\W_])|[^\W\d_]{{4}})"
)
_MIXED: Final = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
_JOINED_UNIT: Final = re.compile(r"(?<=\d)(mg|mcg|ml)(?=[^\W\d_]{4})", re.IGNORECASE)


def unnoted(text: str) -> str:
    """Return a text without footnote signs.

    `banana\u00b2` becomes `banana`; `10\u00b2` and `cm\u00b2` stay.
    """
    return text if text.isascii() and "*" not in text else _WITH_SIGN.sub(_without_sign, text)


def _without_sign(found: re.Match[str]) -> str:
    word = found["word"] or ""
    return found[0] if word.casefold() in _POWERS else word


@lru_cache(maxsize=1024)
def parted(text: str) -> str:
    """Return a text with missing spaces between words, numbers and units.

    `ibuprofen400mg` becomes `ibuprofen 400 mg`.
    """
    return _TOKEN.sub(_with_spaces, text) if _MIXED.search(text) else text


def _with_spaces(token: re.Match[str]) -> str:
    words = token[0]
    if not _MIXED.search(words) or _ADDRESS.search(words):
        return words
    return _GLUED.sub(" ", _JOINED_UNIT.sub(r" \1 ", words))
