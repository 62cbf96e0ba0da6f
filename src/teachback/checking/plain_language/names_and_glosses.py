"""Find the names of illnesses in an edition, and the hard words that it explains. Pure.

A word within a name cannot be changed: "mild cognitive impairment (MCI)". Each rule here is
narrow, since each one hides findings.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.plain_language.sentence_splitter import closed
from teachback.editions.passages import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.editions.passages import Passage

# How a word is said, with its stress: "(VAR-i-kos)", "(brong-ko-PUL-mo-nar-e dis-PLA-ze-ah)".
PRONUNCIATION: Final = re.compile(
    r"\((?:[A-Za-z]+-)+[A-Za-z]+(?: (?:[A-Za-z]+-)+[A-Za-z]+| [a-z]+)*\)"
)
# A word of an illness in Greek or Latin, which no plain word replaces.
_LEARNED: Final = (
    r"(?:(?!diagnos|prognos)\w{3,}(?:itis|osis|pathy|plegia|sarcoma|carcinoma|lymphoma|myeloma"
    r"|melanoma|hematoma)|leuka?emia|lymphoma|myeloma)"
)
_ILLNESS: Final = re.compile(
    rf"(?:.*[\s-])?(?:{_LEARNED}|diseases?|syndromes?|disorders?|dystrophy|palsy|cancer|fever"
    r"|impairment)",
    re.IGNORECASE,
)
# Only words that describe stand before it: "Dialysis for amyloidosis" and "Administer insulin" name
# a treatment, or give an order.
_ENTRY: Final = re.compile(
    rf"(?:\w{{2,}}(?:ic|[^\We]al|ular|oid|ous|ory|ary|cell)[\s-]){{1,4}}{_LEARNED}", re.IGNORECASE
)
# "Chronic lymphocytic leukemia", but not "chronic cough", nor "chronic illness".
_NAMED: Final = re.compile(
    r"\b(?:chronic(?:\s[^\W\d_]+(?:ic|al|ar|oid|ous|ory|ive|ary|ing|cell)){0,2}"
    rf"\s{_LEARNED}|acute(?:\s[^\W\d_]+(?:ic|oid|cell)){{0,2}}\sleuka?emia"
    # "Bilateral mastectomy", "modified radical mastectomy": names of operations.
    r"|(?:unilateral|bilateral|modified)(?:\s[^\W\d_]+)?\s(?:\w+-)?\w{3,}"
    r"(?:ectomy|otomy|ostomy|plasty))\b",
    re.IGNORECASE,
)
# "G6PD deficiency", "IgA deficiency", but not "B12 deficiency" or "IRON DEFICIENCY".
_INITIALS_BEFORE: Final = re.compile(r"\b(?=(?:[a-z\d]*[A-Z]){2})[A-Za-z\d]{2,8}\)?\s$")
_AFTER_INITIALS: Final = frozenset({"deficiency", "deficiencies"})
# "Glucose-6-phosphate", but not "potassium-10-mmol" or "sodium-24-hour".
_NUMBERED: Final = re.compile(
    r"[^\W\d_]{3,}-\d{1,2}-(?!milli|micro|gram|minute|month|point)[^\W\d_]{5,}", re.IGNORECASE
)
# "Gastrointestinal stromal tumor", but not "gastrointestinal cancer": a gloss would help there.
_TUMOR_AFTER: Final = re.compile(
    r"\s\w{2,}(?:ic|al|oid|ous|cell)\s(?:tumor|cancer|sarcoma|carcinoma|lymphoma)s?\b",
    re.IGNORECASE,
)
# What these say of a tumor matters to the reader: "a malignant spinal tumor".
_SAID_OF_TUMORS: Final = frozenset({"acute", "benign", "chronic", "malignant"})
# Words of names that have a plain one, which may stand in the name: "end-stage kidney disease".
_PLAIN_IN_NAMES: Final = frozenset({"renal", "hepatic", "cardiac"})
_INITIALS: Final = re.compile(r"\(([A-Z]{2,6})s?\)|,\sor\s([A-Z]{2,6})\b(?=[\s,.;])")
_SMALL: Final = frozenset({"a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with"})
_LONG_WORD: Final = 12  # letters, of a word that may have two initials
_WORD: Final = re.compile(r"[^\W\d_]+")
# "fatigue (tiredness)", but not "(see page 3)" or "(such as flu)", nor how a word is said, which
# has capitals.
_GLOSS: Final = re.compile(
    r"\s\((?!(?:see|such|like|e\.g|for|if|not|especially|which|including|or|and|in|at|on)\b)"
    r"[\"\u201c]?[a-z][a-z'\u2019-]*(?: [a-z'\u2019-]+){0,4}[\"\u201d]?\)"
)
# A noun, or a word that describes one, stands behind these; a verb does not.
_NOUN_BEFORE: Final = re.compile(
    r"\b(?:an?|the|your|our|this|these|of|from|with)\s$", re.IGNORECASE
)
# A time, an amount or a degree.
_MEASURES_TEXT: Final = """
once twice daily nightly hourly weekly monthly yearly hour hours minute minutes day days night
nights week weeks month months year years morning evening noon bedtime today tomorrow time
times always often sometimes rarely never now soon later first again before after until one
two three four five six seven eight nine ten half few many much more most less least some all
any every each both only about very too quite really bad badly severe severely mild mildly
strong strongly slight slightly moderate worse worst better best high low big small large
little optional required important needed necessary early late quickly slowly
"""
_MEASURES: Final = frozenset(_MEASURES_TEXT.split())
# "Prognosis (chance of recovery)": an order has no such ending, and a place no "of".
_NOUN: Final = re.compile(r"\w{4,}(?:sis|tion|ment|ness|ity)", re.IGNORECASE)
_NOUN_OF_NOUN: Final = re.compile(r"\s\([a-z]{4,} of [a-z]{4,}\)")
# "Palpitations -- an abnormal rapid heartbeat", at the start of an entry or a sentence.
_MEANING_AFTER: Final = re.compile(r"(?:\s(?:--|[\u2013\u2014-])|:)\s([^.;:!?]{3,80})")
_OPENS: Final = re.compile(r"(?:^|[.!?]\s)$")
_GLOSS_WORDS: Final = 3  # at most, in brackets that name what stands before them
_LONGEST_NAME: Final = 120  # characters
_NEARBY: Final = 60  # characters
_PLAIN_WORD: Final = 4  # letters, so that "the" or "on" makes no gloss
# "Acute DIC develops quickly", at the start of a sentence, says what "acute" means. "AKI happens
# quickly" does not say what AKI is.
_COMES: Final = r"(?:\s[^\W\d_]+)?\s(?:develops?|happens?|comes? on|starts?|begins?|lasts?)\s"
_MANNERS: Final = {
    "acute": re.compile(rf"{_COMES}(?:quickly|suddenly|all at once)\b"),
    "chronic": re.compile(rf"{_COMES}(?:slowly|gradually|over|for)\b"),
}


class SpelledNames(NamedTuple):
    """The names in one edition: those of illnesses, in lower case, and the initials of names."""

    phrases: frozenset[str] = frozenset()
    initials: frozenset[str] = frozenset()


def spelled_names(passages: Iterable[Passage]) -> SpelledNames:
    """Return the names that an edition spells out beside their initials, and that of its title.

    "Mild cognitive impairment (MCI)" makes a name of these words, and initials of MCI.
    """
    phrases, initials = set(), set()
    for passage in passages:
        for short, phrase in initials_in(passage.text):
            initials.add(short)
            phrases.add(phrase)
        if passage.role is Role.TITLE and _is_name_of_illness(passage.text):
            phrases.add(passage.text.lower())
    return SpelledNames(frozenset(phrases), frozenset(initials))


def _is_name_of_illness(text: str) -> bool:
    """Return whether words are only a name, such as "Chronic lung disease"."""
    return bool(re.fullmatch(r"[^\W\d_]+(?:[\s-][^\W\d_]+){1,4}", text)) and bool(
        _ILLNESS.fullmatch(text)
        and not re.match(r"(?:how|what|when|why|your|my|the|about|\w+ing)\b", text, re.IGNORECASE)
        and _SMALL.isdisjoint(text.lower().split())
    )


@lru_cache(maxsize=1024)
def initials_in(text: str) -> tuple[tuple[str, str], ...]:
    """Return each pair of initials and their words in a text: ("MCI", "mild cognitive ...")."""
    return tuple(_names_before_initials(text)) if _INITIALS.search(text) else ()


def _names_before_initials(text: str) -> Iterator[tuple[str, str]]:
    """Yield each pair of initials and the words right before them that they stand for."""
    for match in _INITIALS.finditer(text):
        short = match[1] or match[2]
        before = PRONUNCIATION.sub("", text[: match.start()][-120:]).rstrip()
        words = list(_WORD.finditer(before))
        if not words or words[-1].end() != len(before):
            continue
        place = first_with_initials([word[0].lower() for word in words], short.lower())
        if place is not None and len(words) - place > 1:
            yield short, " ".join(before[words[place].start() :].lower().split())


def first_with_initials(words: list[str], letters: str) -> int | None:
    """Return the place of the first of the last words that have these initials, or None.

    A long word may have two: "acute disseminated encephalomyelitis" is ADEM. Small words are
    skipped.
    """
    place = len(words)
    while letters:
        place -= 1
        while place > 0 and words[place] in _SMALL - {letters[-1]}:
            place -= 1
        word = words[place] if place >= 0 else ""
        if word[:1] == letters[-1]:
            letters = letters[:-1]
        elif len(word) >= _LONG_WORD and word[0] == letters[-2:-1] and letters[-1] in word:
            letters = letters[:-2]
        else:
            return None
    return place


def is_in_name(text: str, start: int, end: int, names: SpelledNames) -> bool:
    """Return whether a hard word is a part of a name; a word that is the whole name is none."""
    # Names are short; all of a long text would take too long.
    first = max(0, start - _LONGEST_NAME)
    word = text[start:end]
    if (
        word.lower() in _AFTER_INITIALS
        and not word.isupper()
        and _INITIALS_BEFORE.search(text[first:start])
    ):
        return True
    text = text[first : end + _LONGEST_NAME]
    start, end = start - first, end - first
    lower = text.lower()
    return any(
        found.start() <= start and end <= found.end() and end - start < found.end() - found.start()
        for phrase in names.phrases
        if phrase in lower
        for found in re.finditer(rf"(?<!\w){re.escape(phrase)}(?!\w)", lower)
    ) or any(found.start() <= start and end <= found.end() for found in _NAMED.finditer(text))


def is_term_in_name(passage: Passage, start: int, end: int, names: SpelledNames) -> bool:
    """Return whether a medical term is within the name of an illness, and need not be explained.

    The name stands beside its initials, or is all of an entry: "Pulmonary interstitial
    glycogenosis".
    """
    text = passage.text
    if text[start:end].lower() in _PLAIN_IN_NAMES:
        return False
    illnesses = SpelledNames(frozenset(name for name in names.phrases if _ILLNESS.fullmatch(name)))
    first = max(0, start - _LONGEST_NAME)
    return (
        is_in_name(text, start, end, illnesses)
        or is_in_entry(passage, end)
        or (
            # "Biopsy spinal tumors" is an order.
            text[start:end].lower().endswith(("al", "ar", "ic", "ary"))
            and text[start:end].lower() not in _SAID_OF_TUMORS
            and _TUMOR_AFTER.match(text, end) is not None
        )
        or any(
            first + found.start() <= start and end <= first + found.end()
            for found in _NUMBERED.finditer(text[first : end + _LONGEST_NAME])
        )
    )


def is_in_entry(passage: Passage, end: int) -> bool:
    """Return whether an entry of a list is only a name, and a word that ends here is not its last.

    How it is said may stand behind it.
    """
    return passage.role is Role.ITEM and end < _length_of_name(passage.text)


@lru_cache(maxsize=1024)
def _length_of_name(text: str) -> int:
    """Return the length of an entry that is only a name, or 0 for any other."""
    name = PRONUNCIATION.sub("", text).rstrip()
    return len(name) if not closed(name) and _ENTRY.fullmatch(name) else 0


def is_glossed(text: str, start: int, end: int, plain: str) -> bool:
    """Return whether a word is explained in brackets right behind it, or by a sentence on it.

    "Fatigue (tiredness)", "Acute DIC develops quickly." The brackets hold one of its plain words,
    or stand in a phrase of a noun: "Monitor (daily) your weight" and "the physician (day or
    night)" explain nothing.
    """
    gloss = _GLOSS.match(text, end)
    if not gloss:
        return starts_explanation(text, start, end) or _opens_meaning(text, start, end, plain)
    if _NOUN.fullmatch(text[start:end]) and _NOUN_OF_NOUN.fullmatch(gloss[0]):
        return True
    inside = set(_WORD.findall(gloss[0].lower()))
    return not inside.isdisjoint(_plain_words(plain)) or bool(
        inside.isdisjoint(_MEASURES) and _NOUN_BEFORE.search(text, max(0, start - _NEARBY), start)
    )


def _opens_meaning(text: str, start: int, end: int, plain: str) -> bool:
    """Return whether a word opens a sentence, and one of its plain words follows a dash or colon.

    "Complications: a stroke" begins a list, and explains nothing.
    """
    if not _OPENS.search(text[max(0, start - 2) : start]):
        return False
    after = _MEANING_AFTER.match(text, end)
    words = _WORD.findall(after[1].lower()) if after else ()
    return not _plain_words(plain).isdisjoint(words)


def _plain_words(plain: str) -> set[str]:
    return {word for word in _WORD.findall(plain.lower()) if len(word) >= _PLAIN_WORD}


def is_gloss(text: str, start: int, end: int, plain: str) -> bool:
    """Return whether a word is within brackets that name what stands before them in plain words.

    "It can spread through the body (disseminated infection)".
    """
    before, opened, inside = text[:start].rpartition("(")
    rest = re.match(r"[^().;:!?]*\)", text[end:])
    if not opened or ")" in inside or not rest:
        return False
    words = _plain_words(plain)
    near = set(_WORD.findall(before[-_NEARBY:].lower()))
    return len(f"{inside}{text[start:end]}{rest[0]}".split()) <= _GLOSS_WORDS and bool(words & near)


def starts_explanation(text: str, start: int, end: int) -> bool:
    """Return whether a sentence begins with "acute" or "chronic", and says how that comes."""
    manner = _MANNERS.get(text[start:end].lower())
    return bool(
        manner
        and (start == 0 or re.fullmatch(r"[.!?]\s", text[max(0, start - 2) : start]))
        and manner.match(text, end)
    )
