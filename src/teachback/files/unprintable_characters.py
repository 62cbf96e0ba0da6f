"""List the characters that no text may hold, and return a text as its reader sees it. Pure.

A character that prints nothing, or looks like another one, hides a word from a rule and not from
the reader. It is refused when a file is read. The few that a language needs are kept, and
`visible_form` returns the text without them for the rules. Sources: Unicode 15.1,
DerivedCoreProperties.txt (Default_Ignorable_Code_Point), confusables.txt, and UAX #31 for the
joiners.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bidirectional controls reorder the words on paper, and no editor shows them.
TURNING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
SOFT_HYPHEN: Final = "\u00ad"
# No-break spaces: French sets them before ! and ?, German inside "z. B.", every language before a
# unit.
NO_BREAK: Final = frozenset("\u00a0\u202f")
# How many accents one letter may have, and how many marks in all: Tibetan and Burmese letters have
# more marks than accents.
MAX_ACCENTS: Final = 2
MAX_MARKS: Final = 6

_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# To Unicode, a Braille pattern without dots is not a space, but it prints as one.
_BRAILLE_BLANK: Final = "\u2800"
# Line separators that editors do not count: every line number after one would be wrong.
_LINE_SEPARATORS: Final = frozenset("\x85\u2028\u2029")
# Any character that may be wrong. Most texts need only this one search.
_NOTABLE: Final = re.compile(
    "[^\t\n\r "
    "-~\u00a0-\u00ac\u00ae-\u024f\u1e00-\u1eff\u2010-\u2027\u202f-\u205e\u20a0-\u20bf\u2100-\u214f"
    "\u2190-\u22ff]"
)
_RETYPE: Final = "Delete it, or type the words beside it again."
_KEYBOARD: Final = "Type the whole word again with one keyboard setting."
_SAVE: Final = "Take it out. Open it in a text editor and save it again, with the encoding UTF-8."

# Scripts whose words need U+200C and U+200D inside, and scripts that mark word ends with U+200B.
_JOINED_SCRIPTS: Final = frozenset(
    {
        *("ARABIC", "SYRIAC", "MONGOLIAN", "NKO", "MANDAIC", "DEVANAGARI", "BENGALI", "GURMUKHI"),
        *("GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER"),
        *("MYANMAR", "TIBETAN", "BALINESE", "JAVANESE"),
    }
)
_UNSPACED_SCRIPTS: Final = frozenset(
    {"THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "JAVANESE", "BALINESE"}
)
# Scripts whose letters carry accents, but no vowel signs or points of other scripts.
_ALPHABETS: Final = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN"})
_VIRAMA: Final = 9  # the combining class of signs that join consonants
OVERLAY: Final = 1  # the combining class of marks that strike through

# Letters of other scripts that look like Latin ones, in pairs.
_CYRILLIC: Final = dict(
    zip("АВЕЅІЈКМНОРСТУХаеорсухѕіјһԁԛԝӏҮүԌԚԜӀ", "ABESIJKMHOPCTYXaeopcyxsijhdqwlYyGQWI", strict=True)
)
_GREEK: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονϲϳ", "ABEZHIKMNOPTYXovcj", strict=True))  # noqa: RUF001
_LOOKALIKE: Final = _CYRILLIC | _GREEK
# Letters that look like a Latin letter, and may stand in a word: TNF\u03b1, the dotless i of
# Turkish. A rule sees the Latin letter.
_LATIN_LOOK: Final = (
    _LOOKALIKE
    | dict(zip("ικρυαχτη", "ikpuaxtn", strict=True))
    | dict(zip("ıɑɡɩʟɪʙɢʜɴʀʏᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢꜱꜰօսոհ", "iagilibghnryacdejkmoptuvwzsfounh", strict=True))
)
# Scripts with letters that look like Latin ones. Scripts without spaces between words, such as Thai
# or Chinese, may hold Latin words and are not listed.
_NO_LATIN_SCRIPTS: Final = frozenset(
    {"CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "GEORGIAN", "OSAGE", "DESERET"}
)
_OTHER_ALPHABETS: Final = re.compile(
    "[\u0370-\u058f\u10a0-\u10ff\u13a0-\u13ff\u1c80-\u1cbf\u2c80-\u2cff\ua4d0-\ua4ff\uab70-\uabbf"
    "\U00010400-\U000104ff]"
)
_WORD: Final = re.compile("[^\\W\\d_](?:[^\\W\\d_]|[\u0300-\u036f\u00ad])*")
_DIGITS: Final = re.compile(r"\d+")

_HYPHENS: Final = frozenset("\u2010\u2011\u2012\u2043\u2212\u058a\ufe63\uff0d")
_APOSTROPHES: Final = re.compile(
    "(?<=[^\\W\\d_])[\u02b9\u02bb\u02bc\u02bd\u02c8\u2032\u00b4`\uff07\u201b\ua78c](?=[^\\W\\d_])"
)
_SENTENCE_ENDS: Final = {
    "\u3002": ".",
    "\u0964": ".",
    "\u0965": ".",
    "\u0589": ".",
    "\u06d4": ".",
    "\u1362": ".",
    "\u061f": "?",
    "\u203d": "?!",
    "\u037e": ";",
}
# Compatibility forms of Unicode that are the same character in another shape. A fraction is not
# among them: \u00bd is not 1.
_SHAPE_TAGS: Final = frozenset(
    {
        *("<wide>", "<narrow>", "<small>", "<font>", "<circle>", "<square>", "<vertical>"),
        *("<isolated>", "<initial>", "<medial>", "<final>"),
    }
)
_RAISED_TAGS: Final = frozenset({"<super>", "<sub>"})


def named(character: str) -> str:
    """Return a character's code and name, such as `U+200B zero width space`."""
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}{f' {name}' if name else ''}"


@lru_cache(maxsize=4096)
def is_unseen(character: str) -> bool:
    """Return whether a character prints nothing (default-ignorable or format character)."""
    return bool(_IGNORABLE.match(character)) or unicodedata.category(character) == "Cf"


@lru_cache(maxsize=4096)
def is_odd_blank(character: str) -> bool:
    """Return whether a character is a space other than the plain space and the no-break spaces."""
    return character == _BRAILLE_BLANK or (
        unicodedata.category(character) == "Zs" and character != " " and character not in NO_BREAK
    )


def faults(
    text: str, *, alone: bool = False, markup: bool = False
) -> Iterator[tuple[int, str, str]]:
    """Yield position (from 0), message and hint for each character that no text may hold.

    With `alone`, the text is only part of what its author wrote. A word of look-alike letters is
    then not judged, because the letters that show its script may be elsewhere. With `markup`,
    characters of private use are allowed: templates use them as markers.
    """
    if text.isascii() and text.isprintable():
        return
    notable = set(_NOTABLE.findall(text))
    risky = {letter for letter in notable if _kind(letter)}
    # The position and fault of the character before. Of equal faults in a row, one is reported.
    previous: tuple[int, tuple[str, str] | None] = (-1, None)
    for offset, letter in enumerate(text) if risky else ():
        fault = _fault(text, offset, letter) if letter in risky else None
        if (
            fault
            and not (markup and unicodedata.category(letter) == "Co")
            and (offset - 1, fault) != previous
        ):
            yield offset, *fault
        previous = (offset, fault)
    if text.isascii():
        return
    if _OTHER_ALPHABETS.search(text):
        yield from _mixed_words(text, alone=alone)
    for number in _DIGITS.finditer(text) if any(map(str.isdecimal, notable)) else ():
        if len({ord(digit) - unicodedata.decimal(digit) for digit in number[0]}) > 1:
            message = f"the number '{number[0]}' mixes digits of different scripts"
            yield number.start(), message, "Type the whole number again with one keyboard setting."


def _fault(text: str, offset: int, letter: str) -> tuple[str, str] | None:
    """Return what is wrong with the character at an offset, and what to do, or None."""
    kind = _kind(letter)
    if not kind:
        return None
    code = f"U+{ord(letter):04X}"
    if kind == "mark":
        return _mark_fault(text, offset, letter)
    if kind == "unseen":
        return None if _is_needed(text, offset, letter) else _invisible_fault(letter)
    return {
        "blank": (
            f"this is an unusual kind of space: {named(letter)}",
            "Use a plain space, or a no-break space (U+00A0) before a unit.",
        ),
        "line": (
            f"the invisible line end {code} does not belong in a text file",
            "Take it out, and press Enter instead.",
        ),
        "control": (f"the control character {code} does not belong in a text file", _SAVE),
        "private": (
            f"the character {code} is of private use: each computer draws it differently",
            "Take it out, or say it in words.",
        ),
        "lost": (
            f"the character {named(letter)} shows that something was lost here",
            "Type what was lost again.",
        ),
    }[kind]


@lru_cache(maxsize=4096)
def _kind(letter: str) -> str:
    """Return the kind of risk of a character, or "" for none."""
    category = unicodedata.category(letter)
    if letter in _LINE_SEPARATORS:
        return "line"
    if letter in "\ufffc\ufffd":
        return "lost"
    if category in {"Cc", "Cs"} or ord(letter) & 0xFFFE == 0xFFFE:  # noqa: PLR2004 -- noncharacters, the last two of each plane
        return "control"
    if is_unseen(letter):
        return "unseen"
    if is_odd_blank(letter):
        return "blank"
    if category == "Co":
        return "private"
    return "mark" if category[0] == "M" else ""


def _invisible_fault(letter: str) -> tuple[str, str]:
    if letter in TURNING:
        message = (
            f"the invisible character {named(letter)} would turn the order of the words around"
        )
        return message, "Take it out."
    if letter == SOFT_HYPHEN:
        message = (
            f"the character {named(letter)} may be used only inside a word, between two letters"
        )
        return message, "Delete it."
    if "VARIATION SELECTOR" in unicodedata.name(letter, ""):
        message = (
            f"the invisible character {named(letter)} changes how the character before it looks"
        )
        return message, (
            "Delete it together with the character before it, which is often an emoji, "
            "and type that again or say it in words."
        )
    if letter in "\u200c\u200d":
        message = (
            f"the invisible character {named(letter)} may be used only between letters that "
            "need it, such as Arabic or Hindi ones"
        )
        return message, _RETYPE
    message = f"the character {named(letter)} prints nothing, and splits or joins what is beside it"
    return message, _RETYPE


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[:1] in {"L", "M"} if character else False


def _is_needed(text: str, offset: int, letter: str) -> bool:
    """Return whether a language needs an invisible character at this position."""
    before, after = text[offset - 1 : offset] if offset else "", text[offset + 1 : offset + 2]
    in_word = (
        _is_letter(before) and _is_letter(after) and not is_unseen(before) and not is_unseen(after)
    )
    if letter == SOFT_HYPHEN:
        return in_word and unicodedata.category(after)[0] == "L"
    script = _script(before) if before else ""
    if letter in "\u200c\u200d":
        in_script = script in _JOINED_SCRIPTS and in_word and script == _script(after)
        return in_script or (
            bool(before)
            and unicodedata.combining(before) == _VIRAMA
            and script in _JOINED_SCRIPTS
            and not is_unseen(after or "a")
        )
    if letter == "\u200b":
        return in_word and script in _UNSPACED_SCRIPTS and script == _script(after)
    if letter in "\u200e\u200f\u061c":
        start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
        line = text[start : end if end >= 0 else len(text)]
        return not (before.isalnum() and after.isalnum()) and any(
            unicodedata.bidirectional(other) in {"R", "AL"} for other in line if other != letter
        )
    if "\u180b" <= letter <= "\u180f":
        return script == "MONGOLIAN" and _is_letter(before) and not is_unseen(before)
    if "\U000e0100" <= letter <= "\U000e01ef":
        return unicodedata.name(before, "").startswith("CJK UNIFIED IDEOGRAPH") if before else False
    return False


def _mark_fault(text: str, offset: int, letter: str) -> tuple[str, str] | None:
    start = offset
    while start and unicodedata.category(text[start - 1])[0] == "M":
        start -= 1
    base = text[start - 1 : start] if start else ""
    marks = text[start : offset + 1]
    is_overlay = unicodedata.combining(letter) == OVERLAY or unicodedata.category(letter) == "Me"
    is_composed = bool(base) and len(unicodedata.normalize("NFC", base + marks)) < len(base + marks)
    hint = "Type the letter with its accent again, or leave the accent out."
    if is_overlay and not is_composed:
        return f"the mark {named(letter)} would be drawn over what is before it", "Take it out."
    if not base or not (is_composed or unicodedata.category(base)[0] == "L" or base == "\u25cc"):
        return f"the accent {named(letter)} is not on a letter", hint
    if (
        not is_composed
        and _script(base) in _ALPHABETS
        and not unicodedata.name(letter, "").startswith("COMBINING")
    ):
        return f"the mark {named(letter)} belongs to another script than the letter before it", hint
    accents = sum(unicodedata.name(mark, "").startswith("COMBINING") for mark in marks)
    if accents > MAX_ACCENTS or len(marks) > MAX_MARKS:
        return f"one letter has too many accents; one of them is {named(letter)}", hint
    return None


def _mixed_words(text: str, *, alone: bool) -> Iterator[tuple[int, str, str]]:
    """Yield words that mix scripts, or whose letters only look Latin."""
    scripts = {"Cyrillic": _CYRILLIC, "Greek": _GREEK}
    is_evident = {
        script: any(
            _script(letter) == script.upper() and letter not in lookalikes for letter in set(text)
        )
        for script, lookalikes in scripts.items()
    }
    for word in _WORD.finditer(text):
        letters = word[0]
        if letters.isascii():
            continue
        is_latin = any(
            letter.isascii() or _script(letter) == "LATIN" for letter in letters if letter.isalpha()
        )
        others = [each for each in letters if each in _GREEK or _script(each) in _NO_LATIN_SCRIPTS]
        if is_latin and others:
            message = (
                f"the word '{letters}' mixes the letters of two scripts: "
                f"'{others[0]}' is {named(others[0])}"
            )
            yield word.start(), message, _KEYBOARD
            continue
        for script, lookalikes in scripts.items() if not alone else ():
            if not is_evident[script] and set(letters) <= set(lookalikes):
                message = (
                    f"the word '{letters}' is written with {script} letters that look like Latin "
                    f"ones: '{letters[0]}' is {named(letters[0])}"
                )
                yield word.start(), message, _KEYBOARD


@lru_cache(maxsize=1024)
def visible_form(text: str) -> str:
    """Return a text as its reader sees it, for the rules.

    It is composed (NFC), without invisible characters, and with plain spaces and hyphens.
    A character that is only another shape of a plain one, such as a full-width letter, becomes that
    one: `\uff49bu\u00adprofen` is `ibuprofen`.
    """
    if text.isascii():
        return text.replace("\t", " ")
    letters: list[str] = []
    previous = ""
    for letter in unicodedata.normalize("NFC", text):
        if letter.isascii():
            letters.append(" " if letter == "\t" else letter)
        elif unicodedata.category(letter)[0] == "M" and previous.isascii() and previous.isalpha():
            # Unicode has no letter with this accent, so the letter is read without it.
            continue
        elif not is_unseen(letter):
            is_raised = (
                previous.isdecimal()
                and unicodedata.decomposition(letter).partition(" ")[0] in _RAISED_TAGS
            )
            letters.append(letter if is_raised else _plain_form(letter))
        previous = letter
    visible = _APOSTROPHES.sub("\u2019", "".join(letters))
    return _WORD.sub(_as_latin, visible) if not visible.isascii() else visible


def unaccented(text: str) -> str:
    """Return a text with plain Latin letters in place of accented ones.

    Each character keeps its position: `ibuprof\u00e9n` becomes `ibuprofen`.
    """
    return text if text.isascii() else "".join(map(_unaccented_letter, text))


def lowered(text: str) -> str:
    """Return a text in lower case without accents and with straight quotes.

    Each character keeps its position: the only letter whose lower-case form is longer, the dotted I
    of Turkish, has an accent.
    """
    return unaccented(text).lower().replace("\u2019", "'").replace("\u2018", "'")


@lru_cache(maxsize=4096)
def _unaccented_letter(letter: str) -> str:
    first = unicodedata.normalize("NFD", letter)[0]
    return first if first.isascii() and first.isalpha() else letter


@lru_cache(maxsize=4096)
def _plain_form(letter: str) -> str:
    """Return the plain form of one character."""
    if letter in NO_BREAK or is_odd_blank(letter):
        return " "
    if letter in _HYPHENS:
        return "-"
    if letter in _SENTENCE_ENDS:
        return _SENTENCE_ENDS[letter]
    if letter in "\u2122\u2120":  # trade mark and service mark
        return " "
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    tag, _, _ = unicodedata.decomposition(letter).partition(" ")
    plain = unicodedata.normalize("NFKC", letter)
    if tag in _SHAPE_TAGS or (
        tag in _RAISED_TAGS and (letter.isdigit() or unicodedata.category(letter) == "Lm")
    ):
        return plain
    # Ligatures and Roman numerals. An ellipsis stays one character.
    return (
        plain
        if tag == "<compat>" and letter != "\u2026" and re.fullmatch(r"\w+|[.!?;:,]+", plain)
        else letter
    )


def _as_latin(word: re.Match[str]) -> str:
    """Return a word in Latin letters, if it is Latin but for look-alikes.

    A word also counts as Latin if all of its letters are look-alikes.
    """
    letters = word[0]
    if letters.isascii() or not any(letter in _LATIN_LOOK for letter in letters):
        return letters
    if any(letter.isascii() for letter in letters) or all(
        letter in _LOOKALIKE or _script(letter) == "LATIN" for letter in letters
    ):
        return "".join(_LATIN_LOOK.get(letter, letter) for letter in letters)
    return letters
