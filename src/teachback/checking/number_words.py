"""Write the numbers of an English text in digits, so that two texts can be compared. Pure.

"Twenty-one" becomes 21, "one and a half" 1.5 and "two hundred" 200. What is a part of something,
such as "two-thirds" or "two dozen", stays in words.
"""

from __future__ import annotations

import re
from typing import Final

_ONES: Final = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES: Final = {
    **{word: value for value, word in enumerate(_ONES, start=1)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
    "a": 1,
}
# Words for numbers that a glossary has in its language, and their digits.
NUMBER_WORDS: Final = {word: str(_VALUES[word]) for word in _ONES[:12]}
_SMALL: Final = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES[:9])}))?|{'|'.join(_ONES)})"
_HUNDREDS: Final = rf"(?:{_SMALL}|a(?=[- ]hundred\b))(?:[- ]hundred(?:[- ](?:and[- ])?{_SMALL})?)?"
_NUMBER: Final = re.compile(
    rf"\b(?:{_HUNDREDS}|a(?=[- ]thousand\b))(?:[- ]thousand(?:[- ](?:and[- ])?{_HUNDREDS})?)?\b"
    r"([- ]and[- ]a[- ]half\b)?"
)
_PART: Final = re.compile(
    r"[- ](?:half|halves|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?|dozen"
    r"|million)\b"
)
_HALF: Final = re.compile(r"(\d*)\s?½|(?:(\d+) )?(?<![\d/])1/2(?![\d/])")


def with_digits(text: str) -> str:
    """Return a text in lower case with its numbers in digits."""
    halves = _HALF.sub(lambda match: f"{match[1] or match[2] or 0}.5", text.lower())
    return _NUMBER.sub(_digits, halves)


def _digits(match: re.Match[str]) -> str:
    if _PART.match(match.string, match.end()):
        return match[0]
    total = current = 0
    for word in re.findall("[a-z]+", match[0].removesuffix(match[1] or "")):
        if word == "hundred":
            current *= 100
        elif word == "thousand":
            total, current = total + current * 1000, 0
        else:
            current += _VALUES.get(word, 0)
    return f"{total + current}{'.5' if match[1] else ''}"
