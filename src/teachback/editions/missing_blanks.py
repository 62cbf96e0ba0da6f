"""Find where a blank is missing behind punctuation, such as the end of a sentence. Pure.

`spaced` adds that blank, so that the rules find the same sentences with it and without it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# Verbs at the start of a clause that tells the reader to do something.
ORDERS: Final = (
    "add ask avoid be begin blend boost bring buy call carry check choose chew consider consult "
    "continue cook crush cut dilute discuss dissolve drink eat enjoy find fill finish flush "
    "follow forget get give go grab have heat help hold increase keep leave limit load look make "
    "massage measure mix munch never order pack pick plan pop pour prefer put reach read reduce "
    "refill refuel remember replace reward rinse rub save season see serve sip skip slice snack "
    "soak spread sprinkle squeeze start stay stick stir stock stop stretch suck swallow swap "
    "switch take talk tell throw top toss track treat trust try turn unhook use wait walk wash "
    "watch weigh work write"
)
# Characters that may stand between the end mark of a sentence and the space, and those that may
# open the next sentence.
CLOSERS: Final = "\"'\u2019\u201d\u00bb\u203a)]}"
OPENERS: Final = (
    "\"'\u2018\u201c\u00ab\u2039\u201e\u201a([{"
    "\u2022\u00b7\u25aa\u25cf\u25e6*\u2192\u2713\u2714\u2610"
)
_CLOSED: Final = f"[{re.escape(CLOSERS)}]*"
_UNSPACED: Final = re.compile(
    rf"(?P<mark>[.!?\u2026]+|[:;,])(?P<closed>{_CLOSED})"
    rf"(?=(?P<open>[{re.escape(OPENERS)}]*(?:[\u2013\u2014-]\s?)?)[^\W_])"
)
_TOKEN: Final = re.compile(r"\S+")
_ADDRESS: Final = re.compile(
    r"(?:https?|ftp|mailto|tel|sms|urn|doi|isbn):|://|www\.|@", re.IGNORECASE
)
# Endings of web addresses and files. Those that are also English words, such as .us and .is, count
# only after a second dot.
_DOMAINS: Final = frozenset((
    "org", "com", "net", "gov", "edu", "int", "mil", "info", "biz", "eu", "uk", "ca", "au", "nz",
    "ie", "de", "ch", "fr", "es", "nl", "se", "dk", "fi", "pl", "pt", "br", "mx", "jp", "cn", "app",
    "io", "pdf", "html", "htm", "docx", "doc", "xlsx", "xls", "csv", "txt", "yaml", "yml", "json",
    "png", "jpg", "jpeg", "svg", "toml", "css",
))  # fmt: skip
_WORDLIKE_DOMAINS: Final = frozenset(
    {"us", "is", "it", "be", "at", "in", "to", "no", "so", "me", "my", "care", "health"}
)
# These two are ambiguous: clinic.health may be an address, or two words.
_UNSURE: Final = frozenset({"care", "health"})
_DOMAIN: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:[/?#:]\S*)?", re.ASCII)
# An address ends where a full stop and a capital letter follow its last label.
_ADDRESS_END: Final = re.compile(rf"[\w.@:/-]*?\.(?:{'|'.join(sorted(_DOMAINS))})(?=[.!?;,:][A-Z])")
# Degrees are written without spaces: Ph.D., B.Sc. A capital letter after their dot begins no
# sentence.
_DEGREES: Final = frozenset({"ph", "b", "m", "d", "r"})
_DEGREE_ENDS: Final = frozenset({"sc", "ed", "phil", "eng", "a", "d", "n", "s", "ph", "pharm"})
# A full stop after these ends no sentence, and some people write no space after it. For those in
# _NUMBERED, that holds only before a number.
_TITLES: Final = frozenset(
    {"dr", "mr", "mrs", "ms", "prof", "st", "vs", "approx", "incl", "ca", "jr", "sr", "dept", "ext"}
)
_NUMBERED: Final = frozenset({"no", "nos", "nr", "p", "pp", "vol", "fig"})
# "Vitamin C.Take" ends a sentence; "J.Smith" is a name.
_LETTERED: Final = re.compile(
    r"(?:vitamins?|hepatitis|type|plan|group|class|omega) \w$", re.IGNORECASE
)
_PLACEHOLDER: Final = re.compile(r"\{[a-z_.]+\}")
# A capitalised verb in the middle of a line that tells the reader to do something. The full stop
# before it is missing, often where YAML joined two lines. Titles do not count, where more words are
# capitalised, nor verbs after words that lead on.
_UNENDED: Final = re.compile(
    r"(?<![^\W\d_])(?!(?i:to|not|and|or|then|please|always|never|you|we|they|can|must|should|will"
    r"|may|the|an?|your|our|do|don.t|first|just|also|"
    r"how|when|why|what|of|for|with|about|in|on|at|by)\b)"
    r"(?P<word>[^\W_]*[^\W_A-Z])(?=\s+"
    rf"(?P<order>{'|'.join(verb.capitalize() for verb in ORDERS.split())})\s+[a-z0-9])"
)
# A title that tells how something works: "How the Lungs Work in our list". "When on Coumadin Call
# us" is none: what follows is an order.
_TITLE_BEGUN: Final = re.compile(r"\bHow(?:\s(?:the|your|our))?\s[A-Z][\w'\u2019-]*$")
_TITLE_END: Final = re.compile(r"\sWork\s(?:in|and|or|with|for)\b")
_LONGEST_TITLE: Final = 120  # characters
_ORDER_END: Final = re.compile(
    rf"[.!?;,:](?:{'|'.join(verb.capitalize() for verb in ORDERS.split())})$"
)
_LAST: Final = re.compile(r"[^\W\d_]+$|\d+$")
_NEXT: Final = re.compile(r"[^\W\d_]+|\d+")
# In letters: shorter ones are initials and units.
_SHORTEST_WORD: Final = 2
# Where an article is in its journal: "2009;339:b2707".
_CITED: Final = re.compile(r"(?:19|20)\d\d;\d+(?:\(\d+\))?:[a-z]?\d")


class Missing(NamedTuple):
    """A missing space: its offset, the words around it, and whether it is surely missing.

    It is not sure after an abbreviation or an initial, or in what may be an address.
    """

    at: int
    words: str
    ends: bool


@lru_cache(maxsize=1024)
def spaced(text: str) -> str:
    """Return a text with missing spaces behind punctuation, and missing full stops, added."""
    text = _UNENDED.sub(r"\g<word>.", text)
    start = 0
    parts = []
    for missing in missing_blanks(text):
        parts.append(text[start : missing.at])
        start = missing.at
    return " ".join((*parts, text[start:]))


@lru_cache(maxsize=1024)
def missing_blanks(text: str) -> tuple[Missing, ...]:
    """Return each place behind a punctuation mark where a space is missing.

    Numbers (3.5), times (10:30), abbreviations (U.S., a.m.), addresses and file names need none.
    """
    return tuple(_missing_in(text)) if _UNSPACED.search(text) else ()


@lru_cache(maxsize=1024)
def missing_stops(text: str) -> tuple[str, ...]:
    """Return the words around each place where a full stop is missing before a new sentence.

    A title has capitals of its own: "How the Lungs Work in our list".
    """
    return tuple(
        f"{found['word']} {found['order']}"
        for found in _UNENDED.finditer(text)
        if not (
            _TITLE_END.match(text, found.end())
            and _TITLE_BEGUN.search(text[max(0, found.end() - _LONGEST_TITLE) : found.end()])
        )
    )


def _missing_in(text: str) -> Iterator[Missing]:
    for token in _TOKEN.finditer(text):
        words = token[0]
        if not _UNSPACED.search(words):
            continue
        protected = _protected(words)
        for found in _UNSPACED.finditer(words):
            if not any(start <= found.start() < end for start, end in protected) and _belongs(
                words, found
            ):
                offset = token.start() + found.start()
                yield Missing(
                    _place_of_space(text, offset, found), words, _ends(text[:offset], found, words)
                )


def _ends(before: str, found: re.Match[str], words: str) -> bool:
    """Return whether a space is surely missing; `before` is the text before the mark."""
    last = _LAST.search(before)
    word = last[0].lower() if last else ""
    following = _NEXT.match(words, found.end() + len(found["open"]))
    if not following or found["open"].endswith(("-", "\u2013")):
        # Mon.-Fri., U.S.-based
        return not following
    if found["mark"] != ".":
        # "Wait...and see" is one sentence.
        return not (found["mark"].endswith(("..", "\u2026")) and following[0].islower())
    if len(word) == 1 and word.isalpha() and not before[:-1].endswith("."):
        return word == "i" or bool(_LETTERED.search(before))
    return word not in _TITLES and following[0] not in _UNSURE


def _protected(words: str) -> list[tuple[int, int]]:
    """Return the spans of addresses and file names in words without spaces."""
    spans = [placeholder.span() for placeholder in _PLACEHOLDER.finditer(words)]
    address = _ADDRESS.search(words)
    if address:
        start = (
            max(words.rfind(mark, 0, address.start()) for mark in "([,;!?:") + 1
            if address[0] in {"@", "://"}
            else address.start()
        )
        ended = _ADDRESS_END.match(words, start)
        spans.append((start, ended.end() if ended else len(words)))
    for match in _DOMAIN.finditer(words):
        labels = re.split(r"[/?#:]", match[0])[0].split(".")
        has_second_dot = len(labels) > 2  # noqa: PLR2004 -- two labels have one dot
        is_address = labels[-1] in _DOMAINS or (has_second_dot and labels[-1] in _WORDLIKE_DOMAINS)
        if is_address and all(len(label) > 1 for label in labels):
            spans.append(match.span())
    order = _ORDER_END.search(words)
    return [(start, min(end, order.start())) for start, end in spans] if order else spans


def _belongs(words: str, found: re.Match[str]) -> bool:
    """Return whether a space belongs behind a punctuation mark, judged by both sides of it."""
    mark = found["mark"]
    last = _LAST.search(words[: found.start()])
    before = last[0] if last else ""
    start = found.end() + len(found["open"])
    following = _NEXT.match(words, start)
    after = following[0] if following else words[start]
    bare = not found["closed"] and not found["open"]
    if before.isdigit() and after[0].isdigit():
        # 3.5, 10:30, 1,000: one number, unless a quote or a bracket is between the digits.
        return not bare and mark not in ":,"
    if before.isdigit() and mark == ":" and _CITED.match(words):
        return False
    if mark == ",":
        return (
            bare
            and min(len(before), len(after)) >= _SHORTEST_WORD
            and not before.isdigit()
            and not after.isdigit()
        )
    if mark == ":":
        # "pH:7" is a value.
        return (
            len(before) > _SHORTEST_WORD and not before.isupper()
            if after.isdigit()
            else max(len(before), len(after)) >= _SHORTEST_WORD
        )
    if mark == "." and bare:
        return _stops(words[: found.start()], before, after)
    # 9 a.m.-5 p.m.
    return not (found["open"].endswith(("-", "\u2013")) and after.isdigit())


def _stops(all_before: str, before: str, after: str) -> bool:
    """Return whether a full stop directly between two words may end a sentence."""
    if before.lower() in _DEGREES and after.lower() in _DEGREE_ENDS:
        return False
    if not before:
        # Also " .Take", but not ".5 mg" or ".pdf".
        return (
            all_before[-1:] not in {"/", "\\"}
            and len(after) >= _SHORTEST_WORD
            and not after.isdigit()
            and after not in _DOMAINS
        )
    if len(before) == 1 and before.isalpha():
        # "U.S", "a.m" and "J.R" go on. "vitamin C.Take" and "a.m.Take" end before a capitalised
        # word.
        return len(after) >= _SHORTEST_WORD and (after[0].isupper() or before == "I")
    if before.isdigit():
        return len(after) >= _SHORTEST_WORD or after in {"A", "I"}
    return not (after.isdigit() and (before.lower() in _TITLES | _NUMBERED or before.isupper()))


def _place_of_space(text: str, at: int, found: re.Match[str]) -> int:
    """Return where the space belongs: after closing quotes, and before an opening one."""
    closed = found["closed"]
    end = at + len(found["mark"]) + len(closed)
    # A straight quote opens when those before it are paired. An apostrophe inside a word does not
    # count.
    quotes = re.findall(r"(?<!\w)'|'(?!\w)|\"", text[: end - 1])
    return end - 1 if closed and closed[-1] in "\"'" and quotes.count(closed[-1]) % 2 == 0 else end
