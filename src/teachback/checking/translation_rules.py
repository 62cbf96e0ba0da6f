"""Compare each text of a translation with the English it was made from, without knowing it. Pure.

Numbers, units, names of medicines, placeholders and marks must be the same in both; English must
not be left between. Whether the words say the same is for a translator.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final

from teachback.checking.cross_audience import NUMBER_WORDS
from teachback.checking.rule import OUR_OWN, Example, Finding, Rule
from teachback.content.translation import one_line
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.checking.clinical.lexicon import Lexicon
    from teachback.checking.glossary import Glossary
    from teachback.content.translation_matching import TranslatedTexts

# In the examples, `text` is the English and `other` the translation.
NUMBERS: Final = Rule(
    "translation-number",
    "a number that a translation changes, adds or leaves out",
    Severity.ERROR,
    "Doses, limits and times must be the same in each language. A number may be a word in one of "
    "them.",
    (OUR_OWN,),
    bad=(
        Example("Night cramps 3 or more times a week", other="Calambres 2 o más veces por semana"),
        Example("Drink 2,000 ml.", other="Tome 200 ml."),
    ),
    good=(
        Example("Take 2.5 mg.", other="Tome 2,5 mg."),
        Example("Wait 2 days.", other="Espere dos días."),
    ),
)
UNITS: Final = Rule(
    "translation-unit",
    "a unit that a translation changes or leaves out",
    Severity.ERROR,
    "The same number with another unit is another dose.",
    (OUR_OWN,),
    bad=(
        Example("Take 5 mg.", other="Tome 5 g."),
        Example("A cramp of 10 minutes", other="Un calambre de 10 horas"),
    ),
    good=(
        Example("Take 5 mg.", other="Tome 5 mg."),
        Example("A cramp of 10 minutes", other="Un calambre de 10 minutos"),
    ),
)
NAMES: Final = Rule(
    "translation-name",
    "a medicine that a translation changes, adds or leaves out",
    Severity.ERROR,
    "A medicine has its own name in each language, and another name is another medicine.",
    (OUR_OWN,),
    bad=(
        Example("Do not take ibuprofen.", other="No tome naproxeno."),
        Example("Ask about magnesium.", other="Pregunte."),
    ),
    good=(
        Example("Do not take ibuprofen (Advil).", other="No tome ibuprofeno (Advil)."),
        Example("Ask about potassium.", other="Pregunte por el potasio."),
    ),
)
PLACES: Final = Rule(
    "translation-placeholder",
    "a placeholder that a translation changes, adds or leaves out",
    Severity.ERROR,
    "The clinic's number, or what a record fills in, would be missing on paper.",
    (OUR_OWN,),
    bad=(
        Example("Call {clinic.emergency}.", other="Llame."),
        Example("Call {clinic.phone}.", other="Llame al {clinic.after_hours}."),
    ),
    good=(
        Example("Call {clinic.phone}.", other="Llame al {clinic.phone}."),
        Example("Call us.", other="Llámenos."),
    ),
)
MARKS: Final = Rule(
    "translation-mark",
    "strong words or links that a translation does not have in the same number",
    Severity.ERROR,
    "What is strong in one language is strong in the other: a strong **not** saves lives.",
    (OUR_OWN,),
    bad=(
        Example("**Do not** eat it.", other="No lo coma."),
        Example("[NIDDK](https://niddk.example)", other="[NIDDK](https://other.example)"),
    ),
    good=(
        Example("**Do not** eat it.", other="**No** lo coma."),
        Example("Eat it.", other="Cómalo."),
    ),
)
ENGLISH: Final = Rule(
    "translation-english",
    "English that is left in a translation",
    Severity.ERROR,
    "A reader who does not read English gets no text there.",
    (OUR_OWN,),
    bad=(
        Example("Sitting too much", other="Sitting too much"),
        Example("Take it with food.", other="Tome it with the comida."),
    ),
    good=(
        Example("Mineral", other="Mineral"),
        Example("eGFR", other="eGFR"),
    ),
)
RULES: Final = (NUMBERS, UNITS, NAMES, PLACES, MARKS, ENGLISH)

_PLACE: Final = re.compile(r"\{[^{}]*\}")
_ADDRESS: Final = re.compile(r"\]\(([^)]*)\)")
_NUMBER: Final = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
# Groups of three: 2,000 and 2.000 are the same number in different languages.
_GROUPED: Final = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f]\d{3})+")
_SYMBOLS: Final = (
    "mg", "mcg", "µg", "g", "kg", "ml", "dl", "l", "mmol", "meq", "mmhg", "cm", "mm", "%",
    "°f", "°c", "lb", "lbs", "oz",
)  # fmt: skip
_SYMBOL: Final = re.compile(
    rf"\d[\s\u00a0-]?({'|'.join(sorted(map(re.escape, _SYMBOLS), key=len, reverse=True))})(?!\w)"
)
_LETTERS: Final = re.compile(r"[^\W\d_]+")
# English words that are in nearly each sentence, and are words of few other languages.
_COMMON: Final = frozenset(
    [
        "the",
        "and",
        "your",
        "you",
        "with",
        "of",
        "that",
        "this",
        "from",
        "have",
        "when",
        "what",
        "are",
        "is",
        "for",
        "it",
        "they",
        "them",
    ]
)
_SURE: Final = 2
_SHORT_WORD: Final = 3


def translation_findings(
    texts: TranslatedTexts, lexicon: Lexicon, glossary: Glossary
) -> Iterator[Finding]:
    """Yield where a translation differs from the English that its texts were made from."""
    for one in texts.texts:
        english, words = texts.english(one.key), texts.words(one.key)
        if english is None or words is None:
            continue
        audience = one.key.partition("@")[2]
        passage = Passage(words, words, one.path, Role.PARAGRAPH, audience, one.key)
        for rule, found, message, hint in text_differences(english, words, lexicon, glossary):
            yield Finding(rule.id, rule.severity, passage, found, message, hint)


def text_differences(
    english: str, words: str, lexicon: Lexicon, glossary: Glossary
) -> Iterator[tuple[Rule, str, str, str]]:
    """Yield how a text differs from its English: rule, words, message, hint."""
    yield from _same_signs(english, words)
    bare = _ADDRESS.sub("]", _PLACE.sub(" ", english)), _ADDRESS.sub("]", _PLACE.sub(" ", words))
    yield from _numbers(*bare, glossary)
    yield from _units(*bare, glossary)
    yield from _names(*bare, lexicon, glossary)
    yield from _english(*bare, glossary)


def _same_signs(english: str, words: str) -> Iterator[tuple[Rule, str, str, str]]:
    there, here = Counter(_PLACE.findall(english)), Counter(_PLACE.findall(words))
    for name in there - here:
        yield PLACES, name, f"the translation lacks {name}", "Write it where it belongs."
    for name in here - there:
        hint = "Take it out, or translate anew."
        yield PLACES, name, f"the English does not have {name}", hint
    if english.count("**") != words.count("**"):
        # A single `**` has no partner, so pairs would hide it.
        counts = english.count("**"), words.count("**")
        message = (
            f"** is {counts[0]} times in the English, and {counts[1]} times in the translation"
        )
        yield MARKS, "**", message, "Put `**` around the same words."
    if sorted(_ADDRESS.findall(english)) != sorted(_ADDRESS.findall(words)):
        message = "the links of the translation lead elsewhere than those of the English"
        yield MARKS, "](", message, "Write the same addresses."


def _numbers(english: str, words: str, glossary: Glossary) -> Iterator[tuple[Rule, str, str, str]]:
    there, here = (Counter(map(_digits, _NUMBER.findall(text))) for text in (english, words))
    said = {
        NUMBER_WORDS[word]
        for word in _LETTERS.findall(english.lower())
        if word in NUMBER_WORDS and word != "one"
    }
    known = glossary.words.numbers
    for number in (there - here) | Counter(said & known.keys() - here.keys()):
        if not _has(words, known.get(number, ())):
            message = f"the English says {number}, and the translation does not"
            yield NUMBERS, number, message, "Write the same number."
    for number in here - there:
        if number not in said:
            message = f"the translation says {number}, and the English does not"
            yield NUMBERS, number, message, "Write the same number."


def _digits(number: str) -> str:
    """Return a number in the digits 0 to 9, with a point before decimals and no groups."""
    plain = "".join(
        str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in number
    )
    if _GROUPED.fullmatch(plain):
        return re.sub(r"\D", "", plain)
    return re.sub(r"[^\d]", ".", plain)


def _units(english: str, words: str, glossary: Glossary) -> Iterator[tuple[Rule, str, str, str]]:
    there, here = (Counter(_SYMBOL.findall(text.lower())) for text in (english, words))
    for unit in there - here:
        message = f"the English has a number in {unit}, and the translation has none"
        yield UNITS, unit, message, "Write the same unit."
    for unit in here - there:
        message = f"the translation has a number in {unit}, and the English has none"
        yield UNITS, unit, message, "Write the same unit."
    numbers = {word: digits for word, digits in NUMBER_WORDS.items() if word != "one"}
    for unit, names in glossary.words.units.items():
        counted = (
            rf"(?<![\w.,])([\d.,]+|{'|'.join(numbers)})[\s-](?:or more |more )?{unit}(?:e?s)?\b"
        )
        for match in re.finditer(counted, english.lower()):
            number = numbers.get(match[1]) or _digits(match[1].strip(".,"))
            if not _counts(words, number, names, glossary):
                message = f"the English says '{match[0]}', and the translation does not"
                hint = f"Write {number} with its unit: {' or '.join(names)}."
                yield UNITS, match[0], message, hint


def _counts(words: str, number: str, names: Iterable[str], glossary: Glossary) -> bool:
    """Return whether a number stands before a unit, with at most two words between."""
    lower = words.lower()
    ways = "|".join(map(re.escape, glossary.words.numbers.get(number, ()))) or "(?!)"
    unit = "|".join(map(re.escape, names))
    pattern = (
        rf"(?<![\w.,])(?:({_NUMBER.pattern})|(?:{ways}))(?:\s+[^\W\d]+){{0,2}}[\s-]+(?:{unit})"
    )
    return any(
        match[1] is None or _digits(match[1]) == number for match in re.finditer(pattern, lower)
    )


def _names(
    english: str, words: str, lexicon: Lexicon, glossary: Glossary
) -> Iterator[tuple[Rule, str, str, str]]:
    lower, known = english.lower(), glossary.words.names
    mentioned = {
        mention.name: lower[mention.start : mention.end]
        for mention in lexicon.mentions(lower)
        if mention.classes & glossary.medicines
    }
    for name, written in mentioned.items():
        if name in known and not _has(words, (*known[name], name)):
            message = f"the English names '{written}', and the translation does not"
            yield NAMES, written, message, f"Write {' or '.join(known[name])}."
        elif name not in known and not _has(words, (written, name)):
            parts = [part for part in known if _has(name, (part,))]
            if parts and all(_has(words, known[part]) for part in parts):
                continue
            message = (
                f"the English names '{written}', and the translation does not, letter for letter"
            )
            hint = (
                "If it has another name in this language, add it to `names:` in "
                "content/rules/translations/."
            )
            # Perhaps it is there, by a name that nobody has listed.
            yield NAMES._replace(severity=Severity.WARNING), written, message, hint
    for name, ways in known.items():
        alike = {other for other, theirs in known.items() if set(ways) & set(theirs)}
        if _has(words, ways) and not any(_has(english, (other,)) for other in alike | {name}):
            longer = any(
                _has(english, (other,)) and any(way in its for its in theirs for way in ways)
                for other, theirs in known.items()
            )
            if not longer:
                message = (
                    f"the translation names '{ways[0]}', and the English does not name '{name}'"
                )
                yield NAMES, ways[0], message, "Write the medicine that the English names."


def _english(english: str, words: str, glossary: Glossary) -> Iterator[tuple[Rule, str, str, str]]:
    alike = {word.lower() for word in glossary.words.same}
    if one_line(english) == one_line(words):
        left = [
            word
            for word in _LETTERS.findall(words)
            if len(word) > _SHORT_WORD and word[1:].islower() and word.lower() not in alike
        ]
        if left:
            yield ENGLISH, words, "this text is still English", "Translate it."
        return
    common = _COMMON & {word.lower() for word in _LETTERS.findall(words)}
    if len(common) >= _SURE:
        named = ", ".join(sorted(common))
        message = f"there seems to be English in this translation: {named}"
        yield ENGLISH, named, message, "Translate it."


def _has(text: str, ways: Iterable[str]) -> bool:
    """Return whether a text has one of these words, with any ending."""
    lower = text.lower()
    return any(re.search(rf"(?<!\w){re.escape(way.lower())}", lower) for way in ways)
