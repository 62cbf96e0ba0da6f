"""Split a text into sentences and clauses. Pure.

A clause is one statement or one order. It keeps its place in the text, so that a finding can quote
the author's own words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.editions.missing_blanks import CLOSERS, ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# "Some plants, such as this one, have caused harm": only "have a ..." is an order.
_VERBS: Final = "|".join(ORDERS.split()).replace(
    "|have|", r"|have (?=(?:a|an|some|one|two|your|the|more|plenty)\b)|"
)
_MODAL: Final = (
    r"(?:can|could|may|might|must|should|will|would|do|does|is|are|was|were|has|have|had|needs?"
    r"|helps?|works?)\b"
)
_ORDER: Final = (
    r"(?:(?:then|also|please|always|just|instead|do not|don't|never|you|simply)\s+)?"
    rf"(?:more|plenty|not|{_VERBS})\b"
)
# A full stop after these ends no sentence: "Avoid salty foods, e.g. bacon" bans bacon.
_ABBREVIATIONS: Final = "".join(
    rf"(?<!\b{re.escape(short)}\.)"
    for short in ("e.g", "eg", "i.e", "ie", "approx", "vs", "dr", "mr", "mrs", "ms", "incl")
)
_SENTENCE: Final = re.compile(
    rf"(?<=[.!?\u2026]){_ABBREVIATIONS}[{re.escape(CLOSERS)}]*\s+(?=\S)|\n+", re.IGNORECASE
)
_BOUNDARY: Final = re.compile(
    r"\s*[;\u2014]\s*|\s+[\u2013-]\s+|:\s+"
    r"|,?\s+(?=(?:but|however|yet|although|though|whereas|because|since|unless|until|if|when|while"
    r"|which|before|instead of|rather than|in place of|without)\b)"
    # An order or a new subject begins a clause after a comma or "and".
    rf"|,\s+(?=(?:(?:and|or|then|so|plus)\s+)?(?:{_ORDER}|(?:[\w'-]+ ){{1,4}}{_MODAL}))"
    rf"|\s+(?=(?:and|then|so|plus)\s+(?:{_ORDER}|(?:you|they|it|we|this|these) {_MODAL}))"
)
# A clause of condition, time or manner that opens a sentence ends at the first comma.
_OPENING_CLAUSE: Final = re.compile(
    r"^(?:and |but |so |even )?(?:if|when|whenever|while|because|since|after|before|although|though"
    r"|until|once|unless|for|to|as|in|on|at|with|during|instead of|rather than|contrary to|despite"
    r"|unlike)\b.*?(, )"
)
# "Swap chips for nuts": the words after "for" are not swapped out.
_SWAP: Final = re.compile(r"\b(?:swap|trade|replace|exchange|switch)\b[^,;]*?(\s+)(?:for|with)\b")


class Clause(NamedTuple):
    """A part of a sentence in lower case, its start in the text, and the number of the sentence.

    `in_question` is true if the sentence ends with a question mark.
    """

    text: str
    start: int
    sentence: int
    in_question: bool

    @property
    def end(self) -> int:
        """The end of the clause in the text."""
        return self.start + len(self.text)


@lru_cache(maxsize=1024)
def clauses(text: str) -> tuple[Clause, ...]:
    """Split a lower-case text into its clauses, in order."""
    found: list[Clause] = []
    for number, (start, end) in enumerate(sentence_spans(text)):
        sentence = text[start:end]
        is_question = sentence.rstrip(f"{CLOSERS} ").endswith("?")
        cuts = [match.span() for match in _BOUNDARY.finditer(sentence)]
        ends = (pattern.search(sentence) for pattern in (_OPENING_CLAUSE, _SWAP))
        cuts += [match.span(1) for match in ends if match]
        found += (
            Clause(sentence[first:last], start + first, number, is_question)
            for first, last in _parts(sorted(cuts), len(sentence))
        )
    return tuple(found)


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each sentence of a text."""
    return _parts((match.span() for match in _SENTENCE.finditer(text)), len(text))


def _parts(cuts: Iterable[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each part that cuts leave of a text."""
    start = 0
    for cut_start, cut_end in (*cuts, (length, length)):
        if cut_start > start:
            yield start, cut_start
        start = max(start, cut_end)
