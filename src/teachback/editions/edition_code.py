"""The edition code: which text, for which audience, in which version, this paper is. Pure.

It is read off paper by people, over the telephone too, and typed in again: so it ends in a check character, and a code
that was read or typed wrongly can be told from a right one before it is looked up.
"""

from __future__ import annotations

import hashlib
import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from teachback.editions.edition import Edition

# No letter or digit that a tired reader takes for another: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V. There are 23, a prime:
# weights that differ then find every single wrong character and every two that changed places (the scheme of ISBN-10).
ALPHABET: Final = "34679ACDEFGHJKMNPQRTWXY"
LENGTH: Final = 6
# A code anywhere in a text; in words of a page nothing else looks like it.
CODE: Final = re.compile(
    rf"\b[A-Z0-9]+(?:-[A-Z0-9]+){{2,}}-[{ALPHABET}]{{{LENGTH + 1}}}(?![A-Z0-9-])"
)
# Every letter and digit has a value; those of the alphabet differ from one another, and so do those left out.
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)} | {
    c: value for value, c in enumerate("0O1IL2Z5S8BUV")
}
# Letters and digits that are taken for one another, as one of them.
_SHAPES: Final = str.maketrans("0OQ1ILT2Z5S8BUVW6N", "DDD7777ZZSS33YYYGM")
# 2 to 21, over and over: none is 0 or -1 modulo 23, and no two neighbours are equal.
_WEIGHTS: Final = 20


def edition_code(edition: Edition, design: str) -> str:
    """Give a code such as LC-CKD-EN-7F3A9CQ: initials, audience, language, a hash of the words and the design, a check character.

    `design` tells the design apart: templates, styles, pictures, the words of the language, the clinic. Handout and card, both sizes and both papers
    of one edition carry the same code, because they say the same.
    """
    initials = "".join(word[0] for word in edition.handout.split("-"))
    said = repr(
        (
            edition.title,
            edition.message,
            edition.personal,
            edition.flags,
            edition.sections,
            edition.card,
            edition.sources,
        )
    )
    meta = repr(
        (
            edition.handout,
            edition.audience,
            edition.language,
            edition.badge,
            edition.version,
            edition.review,
        )
    )
    digest = int.from_bytes(hashlib.sha256(f"{said}|{meta}|{design}".encode()).digest())
    letters = []
    for _ in range(LENGTH):
        digest, index = divmod(digest, len(ALPHABET))
        letters.append(ALPHABET[index])
    body = "-".join((initials, edition.audience, edition.language, "".join(letters))).upper()
    return body + check_character(body)


def check_character(body: str) -> str:
    """Give the character that a code ends in: the weighted sum of what stands before it, modulo 23.

    The weights count from the right, so that all of a code's last part has different ones.
    """
    values = [_VALUES[character] for character in reversed(body) if character in _VALUES]
    return ALPHABET[
        sum((2 + place % _WEIGHTS) * value for place, value in enumerate(values)) % len(ALPHABET)
    ]


def is_valid_code(code: str) -> bool:
    """Say whether a code, as `tidied` gives it, is one that could have been printed: the form, and the check character."""
    return CODE.fullmatch(code) is not None and check_character(code[:-1]) == code[-1]


def normalize_code(typed: str) -> str:
    """Give what somebody typed as a code is written: capitals, one hyphen between the parts, no blanks around."""
    return re.sub(r"[\s_./\u2010-\u2015-]+", "-", typed.strip()).strip("-").upper()


def nearest_codes(typed: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Give the codes most like one that nobody knows, the nearest first; none where nothing is near."""
    wanted = normalize_code(typed).translate(_SHAPES)
    near = {
        code: SequenceMatcher(None, wanted, code.translate(_SHAPES), autojunk=False).ratio()
        for code in known
    }
    return tuple(
        sorted(
            (code for code, ratio in near.items() if ratio >= 0.7),  # noqa: PLR2004 -- a third wrong is another code
            key=lambda code: (-near[code], code),
        )[:most]
    )
