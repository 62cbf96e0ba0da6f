"""Compute and check the edition code, which identifies text, audience and version. Pure.

People read it off paper, also over the telephone, and type it in again. So it ends in a check
character, which reveals a wrongly read or typed code before it is looked up.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from teachback.units import TWO_LANGUAGES, Depth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from teachback.editions.edition import Edition

# No letter or digit that a tired reader mistakes for another: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
# There are 23, a prime: so with different weights, the check finds every single wrong character
# and every swap of two (the scheme of ISBN-10).
ALPHABET: Final = "34679ACDEFGHJKMNPQRTWXY"
LENGTH: Final = 6
# A code in a text. Nothing else in the words of a page looks like it.
CODE: Final = re.compile(
    rf"\b[A-Z0-9]+(?:-[A-Z0-9]+){{2,}}-[{ALPHABET}]{{{LENGTH + 1}}}(?![A-Z0-9-])"
)
# The value of every letter and digit. Those in the alphabet all differ, and so do the others.
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)} | {
    character: value for value, character in enumerate("0O1IL2Z5S8BUV")
}
# Letters and digits that look alike, mapped to one of them.
_SHAPES: Final = str.maketrans("0OQ1ILT2Z5S8BUVW6N", "DDD7777ZZSS33YYYGM")
# Weights 2 to 21, repeated: none is 0 or -1 modulo 23, and no two neighbours are equal.
_WEIGHTS: Final = 20
# The similar codes that a message names at most.
_NEAREST: Final = 3


def edition_code(edition: Edition, design: str) -> str:
    """Return a code such as LC-CKD-EN-7F3A9CQ.

    It has the handout's initials, audience, language, a hash of words and design, and a check
    character. `design` identifies templates, styles, pictures, the words of the language and the
    clinic. Handout and card, both type sizes and both papers of one edition have the same code
    when they have the same text. Other text has another code: the short version, large print whose
    red flags have `short:` words, and an edition in two languages (LC-CKD-ES-EN-7F3A9CQ).
    """
    initials = "".join(word[0] for word in edition.handout.split("-"))
    texts = (
        edition.title,
        edition.message,
        edition.personal,
        edition.flags,
        edition.sections,
        edition.card,
        edition.sources,
    )
    facing = edition.facing
    beside = (
        (facing.title, facing.message, facing.personal, facing.flags, facing.sections, facing.badge)
        if facing
        else ()
    )
    meta = (
        edition.handout,
        edition.audience,
        edition.language,
        edition.badge,
        edition.short_badge,
        edition.calls,
        edition.version,
        edition.review,
        *((edition.depth,) if edition.depth is Depth.BRIEF else ()),
        *((beside, facing.language, facing.review) if facing else ()),
    )
    text = f"{_content(texts)}|{_content(meta)}|{design}"
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest())
    letters = []
    for _ in range(LENGTH):
        digest, index = divmod(digest, len(ALPHABET))
        letters.append(ALPHABET[index])
    language = edition.languages.replace(TWO_LANGUAGES, "-")
    body = "-".join((initials, edition.audience, language, "".join(letters))).upper()
    return body + check_character(body)


def _content(value: object) -> str:
    """Return a value as the text that is hashed.

    It has no names of classes, and no field with its default value. So the code of a text changes
    neither with a name in the program, nor with a new field that other texts use.
    """
    kind: Any = type(value)
    if hasattr(kind, "_fields"):
        defaults = kind._field_defaults
        fields = [
            (name, inner)
            for name in kind._fields
            if (inner := getattr(value, name)) != defaults.get(name, ...)
        ]
    elif isinstance(value, tuple):
        return f"[{', '.join(map(_content, value))}]"
    elif is_dataclass(value):
        fields = [
            (field.name, inner)
            for field in dataclass_fields(value)
            if (inner := getattr(value, field.name)) != field.default
        ]
    elif hasattr(kind, "model_fields"):
        fields = [
            (name, inner)
            for name, field in kind.model_fields.items()
            if field.repr and (inner := getattr(value, name)) != field.default
        ]
    else:
        return repr(str(value))
    return f"({', '.join(f'{name}={_content(inner)}' for name, inner in fields)})"


def check_character(body: str) -> str:
    """Return a code's check character: the weighted sum of the characters before it, modulo 23.

    The weights count from the right, so that those of a code's last part all differ.
    """
    values = [_VALUES[character] for character in reversed(body) if character in _VALUES]
    return ALPHABET[
        sum((2 + place % _WEIGHTS) * value for place, value in enumerate(values)) % len(ALPHABET)
    ]


def is_valid_code(code: str) -> bool:
    """Return whether a normalised code (`normalize_code`) has a valid form and check character."""
    return CODE.fullmatch(code) is not None and check_character(code[:-1]) == code[-1]


def normalize_code(typed: str) -> str:
    """Return a typed code in its printed form: capitals, and one hyphen between the parts."""
    return re.sub(r"[\s_./\u2010-\u2015-]+", "-", typed.strip()).strip("-").upper()


def last_part(code: str) -> str:
    """Return the part behind the last hyphen, which a patient reads out."""
    return code.rpartition("-")[2]


def nearest_codes(typed: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the known codes most similar to an unknown one, nearest first.

    A last part alone is compared with last parts. Returns () when no code is similar enough.
    """
    code_typed = normalize_code(typed).translate(_SHAPES)
    compared_part = str if "-" in code_typed else last_part
    ratios = {
        code: SequenceMatcher(
            None, code_typed, compared_part(code).translate(_SHAPES), autojunk=False
        ).ratio()
        for code in known
    }
    return tuple(
        sorted(
            (code for code, ratio in ratios.items() if ratio >= 0.7),  # noqa: PLR2004 -- a third wrong is another code
            key=lambda code: (-ratios[code], code),
        )[:_NEAREST]
    )
