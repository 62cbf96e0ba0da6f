"""Compare each text of a translation with the English it was made from. Pure.

It needs no knowledge of the language. Numbers, units, names of medicines, placeholders and marks
must be the same in both, and no English may be left. Whether the words mean the same is for a
translator.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final

from teachback.checking.number_words import NUMBER_WORDS
from teachback.checking.rule import OUR_OWN, Example, Finding, Rule
from teachback.content.translation import one_line
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.checking.clinical.lexicon import Lexicon
    from teachback.checking.glossary import Glossary
    from teachback.content.translation_matching import TranslatedTexts

    # The rule, the words, the message and the hint of each.
    _Differences = Iterator[tuple[Rule, str, str, str]]

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

_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
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
_COMMON_ENGLISH: Final = frozenset({
    "the", "and", "your", "you", "with", "of", "that", "this", "from", "have", "when", "what",
    "are", "is", "for", "it", "they", "them",
})  # fmt: skip
# So many of them are English; one may be a word of the other language.
_FEWEST_WORDS: Final = 2
_LONGEST_UNCHECKED: Final = 3  # letters of a word that may be the same in both languages


def translation_findings(
    texts: TranslatedTexts, lexicon: Lexicon, glossary: Glossary
) -> Iterator[Finding]:
    """Yield the differences of a translation from the English that its texts were made from."""
    for text in texts.texts:
        english, words = texts.english(text.key), texts.words(text.key)
        if english is None or words is None:
            continue
        audience = text.key.partition("@")[2]
        passage = Passage(words, words, text.path, Role.PARAGRAPH, audience, text.key)
        for rule, found, message, hint in text_differences(english, words, lexicon, glossary):
            yield Finding(rule.id, rule.severity, passage, found, message, hint)


def text_differences(
    english: str, translation: str, lexicon: Lexicon, glossary: Glossary
) -> _Differences:
    """Yield the differences of a translated text from its English: rule, words, message, hint."""
    yield from _placeholders_and_marks(english, translation)
    english, translation = (
        _ADDRESS.sub("]", _PLACEHOLDER.sub(" ", text)) for text in (english, translation)
    )
    yield from _numbers(english, translation, glossary)
    yield from _units(english, translation, glossary)
    yield from _medicines(english, translation, lexicon, glossary)
    yield from _left_english(english, translation, glossary)


def _placeholders_and_marks(english: str, translation: str) -> _Differences:
    in_english, in_translation = (
        Counter(_PLACEHOLDER.findall(text)) for text in (english, translation)
    )
    for placeholder in in_english - in_translation:
        yield (
            PLACES,
            placeholder,
            f"the translation lacks {placeholder}",
            "Write it where it belongs.",
        )
    for placeholder in in_translation - in_english:
        hint = "Take it out, or translate anew."
        yield PLACES, placeholder, f"the English does not have {placeholder}", hint
    if english.count("**") != translation.count("**"):
        # A single `**` has no partner, so pairs would hide it.
        counts = english.count("**"), translation.count("**")
        message = (
            f"** is {counts[0]} times in the English, and {counts[1]} times in the translation"
        )
        yield MARKS, "**", message, "Put `**` around the same words."
    if sorted(_ADDRESS.findall(english)) != sorted(_ADDRESS.findall(translation)):
        message = "the links of the translation lead elsewhere than those of the English"
        yield MARKS, "](", message, "Write the same addresses."


def _numbers(english: str, translation: str, glossary: Glossary) -> _Differences:
    in_english, in_translation = (
        Counter(map(_digits, _NUMBER.findall(text))) for text in (english, translation)
    )
    spelled_out = {
        NUMBER_WORDS[word]
        for word in _LETTERS.findall(english.lower())
        if word in NUMBER_WORDS and word != "one"
    }
    number_words = glossary.words.numbers
    missing_words = spelled_out & number_words.keys() - in_translation.keys()
    for number in (in_english - in_translation) | Counter(missing_words):
        if not _has(translation, number_words.get(number, ())):
            message = f"the English says {number}, and the translation does not"
            yield NUMBERS, number, message, "Write the same number."
    for number in in_translation - in_english:
        if number not in spelled_out:
            message = f"the translation says {number}, and the English does not"
            yield NUMBERS, number, message, "Write the same number."


def _digits(number: str) -> str:
    """Return a number in the digits 0 to 9, with a point before decimals and no groups."""
    digits = "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in number)
    if _GROUPED.fullmatch(digits):
        return re.sub(r"\D", "", digits)
    return re.sub(r"[^\d]", ".", digits)


def _units(english: str, translation: str, glossary: Glossary) -> _Differences:
    in_english, in_translation = (
        Counter(_SYMBOL.findall(text.lower())) for text in (english, translation)
    )
    for unit in in_english - in_translation:
        message = f"the English has a number in {unit}, and the translation has none"
        yield UNITS, unit, message, "Write the same unit."
    for unit in in_translation - in_english:
        message = f"the translation has a number in {unit}, and the English has none"
        yield UNITS, unit, message, "Write the same unit."
    numbers = {word: digits for word, digits in NUMBER_WORDS.items() if word != "one"}
    for unit, names in glossary.words.units.items():
        pattern = (
            rf"(?<![\w.,])([\d.,]+|{'|'.join(numbers)})[\s-](?:or more |more )?"
            rf"{re.escape(unit)}(?:e?s)?(?!\w)"
        )
        for match in re.finditer(pattern, english.lower()):
            number = numbers.get(match[1]) or _digits(match[1].strip(".,"))
            if not _has_counted(translation, number, names, glossary):
                message = f"the English says '{match[0]}', and the translation does not"
                hint = f"Write {number} with its unit: {' or '.join(names)}."
                yield UNITS, match[0], message, hint


def _has_counted(translation: str, number: str, names: Iterable[str], glossary: Glossary) -> bool:
    """Return whether a number stands before a unit, with at most two words between."""
    ways = (re.escape(word.lower()) for word in glossary.words.numbers.get(number, ()))
    number_words = "|".join(ways) or "(?!)"  # matches nothing
    unit = "|".join(re.escape(name.lower()) for name in names)
    pattern = (
        rf"(?<![\w.,])(?:({_NUMBER.pattern})|(?:{number_words}))"
        rf"(?:\s+[^\W\d]+){{0,2}}[\s-]+(?:{unit})"
    )
    return any(
        match[1] is None or _digits(match[1]) == number
        for match in re.finditer(pattern, translation.lower())
    )


def _medicines(
    english: str, translation: str, lexicon: Lexicon, glossary: Glossary
) -> _Differences:
    lower_english, translations = english.lower(), glossary.words.names
    mentioned = {
        mention.name: lower_english[mention.start : mention.end]
        for mention in lexicon.mentions(lower_english)
        if mention.classes & glossary.medicines
    }
    for name, as_written in mentioned.items():
        if name in translations and not _has(translation, (*translations[name], name)):
            message = f"the English names '{as_written}', and the translation does not"
            yield NAMES, as_written, message, f"Write {' or '.join(translations[name])}."
        elif name not in translations and not _has(translation, (as_written, name)):
            parts = [part for part in translations if _has(name, (part,))]
            if parts and all(_has(translation, translations[part]) for part in parts):
                continue
            message = (
                f"the English names '{as_written}', and the translation does not, letter for letter"
            )
            hint = (
                "If it has another name in this language, add it to `names:` in "
                "content/rules/translations/."
            )
            # Perhaps it is there, by a name that nobody has listed.
            yield NAMES._replace(severity=Severity.WARNING), as_written, message, hint
    for name, words in translations.items():
        if not _has(translation, words):
            continue
        # Another name may have the same word, or a longer one that this word is a part of.
        in_english = any(
            _has(english, (other,))
            and any(word in longer for longer in other_words for word in words)
            for other, other_words in translations.items()
        )
        if not in_english:
            message = f"the translation names '{words[0]}', and the English does not name '{name}'"
            yield NAMES, words[0], message, "Write the medicine that the English names."


def _left_english(english: str, translation: str, glossary: Glossary) -> _Differences:
    same_in_both = {word.lower() for word in glossary.words.same}
    if one_line(english) == one_line(translation):
        untranslated = [
            word
            for word in _LETTERS.findall(translation)
            if len(word) > _LONGEST_UNCHECKED
            and word[1:].islower()
            and word.lower() not in same_in_both
        ]
        if untranslated:
            yield ENGLISH, translation, "this text is still English", "Translate it."
        return
    common = _COMMON_ENGLISH & {word.lower() for word in _LETTERS.findall(translation)}
    if len(common) >= _FEWEST_WORDS:
        named = ", ".join(sorted(common))
        message = f"there seems to be English in this translation: {named}"
        yield ENGLISH, named, message, "Translate it."


def _has(text: str, words: Iterable[str]) -> bool:
    """Return whether a text has one of these words, with any ending."""
    lower = text.lower()
    return any(re.search(rf"(?<!\w){re.escape(word.lower())}", lower) for word in words)
