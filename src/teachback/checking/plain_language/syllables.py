"""Count the syllables of an English word as it is spoken. Pure.

Groups of vowels are counted. A table lists the words for which that is wrong. No dictionary that
may be shipped is as good on health words: hyphenation patterns miss four in ten.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_INITIALS: Final = re.compile(r"[a-z]?[A-Z]{2,5}")
_VOWELS: Final = re.compile(r"[aeiouy]+")
# A letter e that is written but not spoken.
_SILENT_E: Final = re.compile(
    # make, but not table
    r"(?<=[aeiouy])(?:[^aeiouy]|qu|gu){1,3}e$(?<![^aeiouy]le)"
    # makes, but not boxes, wishes, tables
    r"|(?<=[aeiouy])[^aeiouy]*[^aeiouysxzcg]es$(?<![^aeiouy]les)(?<!shes)(?<!ches)"
    # walked, but not handled
    r"|[^aeiouytd]ed$(?<![bcdfgkpstz]led)"
    # safely, careful
    r"|[^aeiouyl]e(?:ly|ful|fully|less|ment|ments|some|ness|ty)$"
    r"|(?:gue|que)s?$"
)
# Two adjacent vowels that are spoken as two syllables.
_TWO_SYLLABLES: Final = re.compile(
    r"(?<![ctgs])ia|[^aeiou]ia$(?<=[cgs]ia)|(?<![ctsgxnl])io(?!u)|(?<![ctsgx])iou|iu"
    r"|(?<![gp])eo(?!u)|(?<![qg])ua|uou"
    r"|(?<![qg])ue(?=n|l)|(?<![qg])ui(?=d|n)|ie(?=t)|(?<=[a-z]{3})ier$|(?<=[a-z]{2})iest$"
    r"|(?<![ct])ien(?=[tc])|[aeiouy]ing$|oa$"
)
_ENDINGS: Final = (("'s", 0), ("s", 0), ("es", 0), ("ed", 0), ("d", 0), ("ing", 1), ("ly", 1))
_SIBILANTS: Final = ("s", "x", "z", "ch", "sh", "ce", "ge", "se", "ze")


def syllables(word: str, known: Mapping[str, int]) -> int:
    """Return the number of syllables of a word, at least 1.

    `known` has the counts of lower-case words for which a guess is wrong. Parts joined by hyphens
    are added up. A number counts as one, since readers speak it in different ways. Initials (`CKD`)
    are spoken letter by letter.
    """
    word = word.replace("\u2019", "'").strip("'")
    if any(letter.isdigit() for letter in word):
        return 1
    if word.lower() in known:
        return known[word.lower()]
    if "-" in word:
        return sum(syllables(part, known) for part in word.split("-") if part) or 1
    if _INITIALS.fullmatch(word) and (
        # MRI, eGFR and CKD are initials; STOP is a word.
        len(word) <= 3  # noqa: PLR2004 -- see above
        or word[0].islower()
        or not _VOWELS.search(word.lower())
    ):
        return len(word) + 2 * word.upper().count("W")
    return _count_from_stem(word.lower(), known) or _guess(word.lower())


def _count_from_stem(word: str, known: Mapping[str, int]) -> int:
    """Return the count for a known word with an ending, or 0 if its stem is unknown."""
    for ending, added in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word:
            continue
        bases = (stem, f"{stem}e") if ending in {"ed", "ing", "es"} else (stem,)
        base = next((base for base in bases if base in known), None)
        if base is not None:
            is_spoken = (
                base.endswith(_SIBILANTS)
                if ending in {"'s", "s", "es"}
                else ending in {"ed", "d"} and base.rstrip("e").endswith(("t", "d"))
            )
            return known[base] + added + is_spoken
    return 0


def _guess(word: str) -> int:
    negated = word.endswith(("dn't", "sn't"))  # did-n't, does-n't; but don't and can't are one
    word = re.sub(r"[^a-z]", "", word.split("'", maxsplit=1)[0])
    count = len(_VOWELS.findall(word)) + len(_TWO_SYLLABLES.findall(word))
    count += word.endswith("ism") + negated
    if count > 1 and _SILENT_E.search(word):
        count -= 1
    return max(count, 1)
