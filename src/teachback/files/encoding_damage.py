"""Detect texts whose letters were damaged before they were read. Pure.

They were decoded with the wrong encoding, lost letters, or hold escapes in place of letters.
Nothing is repaired, since a repair would be a guess. A text counts as misread only if its
characters, encoded back to bytes, are UTF-8.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

# The encodings that programs mistake UTF-8 for. Bytes that an encoding leaves undefined are read as
# control characters (WHATWG Encoding).
_MISTAKEN_CODECS: Final = (
    "cp1252",
    "iso8859_15",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1257",
    "mac_roman",
    "cp437",
    "cp850",
)
_WESTERN: Final = frozenset({"cp1252", "iso8859_15", "cp1254"})
_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
# One character of several bytes (RFC 3629).
_UTF8_CHARACTER: Final = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
# Latin letters that occur in names, and the rare ones among them. A decoded text with a rare one is
# a coincidence, not the text that was meant.
_NAME_LETTER: Final = re.compile(
    "[\u00c0-\u017f\u01a0\u01a1\u01af\u01b0\u0218-\u021b\u1e00-\u1eff]"
)
_RARE_LETTERS: Final = frozenset(
    "\u0108\u0109\u010a\u0114\u0115\u011c\u011d\u0124\u0125\u012c\u012d\u0132\u0133\u0134\u0135"
    "\u0138\u013f\u0140\u0149\u014a\u014b\u014e\u014f\u0166\u0167\u0168\u017f"
)
# Characters beside words: Latin-1 signs and controls, dashes, quotation marks, the euro, ligatures,
# the byte order mark, the replacement character.
_SIGNS: Final = re.compile("[\u0080-\u00bf\u2010-\u203a\u20ac\u2122\ufb00-\ufb06\ufeff\ufffd]")
# Box-drawing characters occur in no name. Old PC encodings have them where UTF-8 has letters.
_BOX_DRAWING: Final = re.compile("[\u2500-\u257f]")
# Marks that may follow a word in capitals whose last letter is accented, such as MANHA with its
# tilde.
_CLOSING_MARKS: Final = frozenset("\u201d\u2026\u00bb")
# Marks that may stand between two letters of a name, or at the start or end of a word.
_WORD_MARKS: Final = _CLOSING_MARKS | frozenset("\u2018\u2019\u201c\u2013\u2014\u00ab\u00b7")
# A capital with a tilde or circumflex behind a small letter: its second half was a no-break space,
# which got lost.
_LOST_HALF: Final = re.compile(r"[a-z][\u00c2\u00c3](?=\s|$)")
# In scripts other than Latin, this many letters in a row are no coincidence: beside other letters,
# and alone.
_MIN_LETTERS: Final = 2
_MIN_LETTERS_ALONE: Final = 3
_REPLACEMENT: Final = "\ufffd"
LOST_LETTER: Final = "has lost a letter: a replacement sign is in its place"
WRONG_ENCODING: Final = "looks as if it was read in the wrong encoding"
# A question mark between two letters is what a program writes for an unknown letter, except in a
# web address.
_QUESTION_IN_WORD: Final = re.compile(
    r"(?<!\S)(?:(?![/=])\S)*[^\W\d_]\?[^\W\d_](?:(?![/=])\S)*(?!\S)"
)
# A value of only question marks. A single one is a question.
_ONLY_QUESTIONS: Final = re.compile(r"\s*\?(?:\s*\?)+\s*")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# An escape without its semicolon counts if it is a number, or the name of an accented letter.
_UNCLOSED_ENTITY: Final = re.compile(
    r"&(?:#[0-9]{2,7}|#[xX][0-9a-fA-F]{2,6}|[A-Za-z](?:acute|grave|circ|tilde|uml|cedil|caron|ring"
    r"|slash)|szlig|(?:ae|AE|oe|OE)lig)(?![A-Za-z0-9])"
)
_ESCAPED: Final = re.compile(
    r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|_x[0-9a-fA-F]{4}_|=(?:C[2-9A-F]|[DE][0-9A-F]"
    r"|F[0-4])=[89AB][0-9A-F]"
    r"|%(?:C[2-9A-F]|[DE][0-9A-F]|F[0-4])%[89AB][0-9A-F]"
    # A single byte of an old encoding in a word, from an e-mail or a web address.
    r"|(?<!\S)[^\W\d_]+[=%][C-F][0-9A-F](?![0-9A-Z])|(?<!\S)[=%][C-F][0-9A-F](?=[a-z])"
)
# What a spreadsheet shows in place of a value, and writes into a text file.
_SHEET_ERROR: Final = re.compile(
    r"\s*(?:#(?:REF|NAME|VALUE|NUM|NULL|DIV/0|SPILL|CALC)[!?]+|#N/A|#{3,})\s*", re.IGNORECASE
)
# Signs that old encodings have where others have letters. No word holds them.
_SIGN_IN_WORD: Final = re.compile("[^\\W\\d_][\u00b3\u207f\u00bf][^\\W\\d_]")


def spoilt(text: str) -> str:
    """Return why a text must have lost letters, as the end of a sentence, or ""."""
    reason = _ascii_damage(text)
    if reason or text.isascii():
        return reason
    if _REPLACEMENT in text:
        return LOST_LETTER
    return WRONG_ENCODING if _SIGN_IN_WORD.search(text) or is_misread(text) else ""


def _ascii_damage(text: str) -> str:
    """Return which ASCII characters stand for lost letters, in the words of `spoilt`."""
    if "?" in text and _QUESTION_IN_WORD.search(text):
        return "has a question mark inside a word, where a letter was lost"
    if "?" in text and _ONLY_QUESTIONS.fullmatch(text):
        return "holds nothing but question marks, where letters were lost"
    if "#" in text and _SHEET_ERROR.fullmatch(text):
        return "is an error of a spreadsheet, such as #N/A"
    if "&" in text and (
        _UNCLOSED_ENTITY.search(text)
        or any(html.unescape(entity) != entity for entity in _ENTITY.findall(text))
    ):
        return "holds a web code, such as &eacute;, in place of a letter"
    return "holds a code, such as \\u00e9, in place of a letter" if _ESCAPED.search(text) else ""


def is_garbled(name: str) -> bool:
    """Return whether a column name has lost letters or was decoded with the wrong encoding."""
    return _REPLACEMENT in name or is_misread(name)


def is_misread(text: str) -> bool:
    """Return whether a text looks like UTF-8 that was decoded with a one-byte encoding."""
    if text.isascii():
        return False
    # Most runs are of another script, which no such encoding has.
    runs = (
        run
        for run in _NON_ASCII.finditer(text)
        if len(run[0]) >= _MIN_LETTERS and _mistaken_signs().issuperset(run[0])
    )
    return bool(_LOST_HALF.search(text) or _BOX_DRAWING.search(text)) or any(
        _is_misread(text, run, codec) for run in runs for codec in _MISTAKEN_CODECS
    )


def _is_misread(text: str, run: re.Match[str], codec: str) -> bool:
    """Return whether a run of non-ASCII characters is UTF-8 that was decoded with `codec`."""
    signs = run[0]
    byte_of = _bytes_of(codec)
    if not all(map(byte_of.__contains__, signs)):
        return False
    data = bytes(map(byte_of.__getitem__, signs))
    # Each decoded character, and the signs that it was read as.
    decoded = [
        (match[0].decode(), signs[match.start() : match.end()])
        for match in _UTF8_CHARACTER.finditer(data)
    ]
    if sum(len(source) for _, source in decoded) < len(signs):
        # Beside letters that were decoded rightly, only a character that is no letter is evidence.
        last_signs = (source[-1] for letter, source in decoded if _NAME_LETTER.match(letter))
        return codec in _WESTERN and any(
            not sign.isalpha() and sign not in _WORD_MARKS for sign in last_signs
        )
    meant = "".join(letter for letter, _ in decoded)
    before, after = text[: run.start()][-1:], text[run.end() :][:1]
    if (
        len(signs) == _MIN_LETTERS
        and signs[-1] in _CLOSING_MARKS
        and not _is_letter(after)
        and _in_capitals(text, run)
    ):
        return False
    if all(_NAME_LETTER.match(letter) or _SIGNS.match(letter) for letter in meant):
        enough = (
            codec in _WESTERN
            or _is_letter(before)
            or _is_letter(after)
            or len(meant) >= _MIN_LETTERS_ALONE
        )
        return not signs.isalpha() or (
            enough
            and _has_no_inner_capital(before + meant + after)
            and min(meant) >= "\xa0"
            and not _RARE_LETTERS & set(meant)
        )
    is_alone = signs.isalpha() and not (_is_letter(before) or _is_letter(after))
    scripts = {unicodedata.name(letter, "?").partition(" ")[0] for letter in meant}
    is_one_script = len(scripts) == 1 and all(
        unicodedata.category(letter)[0] in "LM" for letter in meant
    )
    # A text that was misread twice still looks misread once.
    return (
        is_one_script and len(meant) >= (_MIN_LETTERS_ALONE if is_alone else _MIN_LETTERS)
    ) or is_misread(before + meant + after)


@cache
def _mistaken_signs() -> frozenset[str]:
    """Return all characters that one of the encodings has above ASCII."""
    return frozenset().union(*map(_bytes_of, _MISTAKEN_CODECS))


@lru_cache(16)
def _bytes_of(codec: str) -> dict[str, int]:
    """Return the byte of each character that an encoding has above ASCII.

    C1 controls stand for the bytes that the encoding leaves undefined.
    """
    signs = bytes(range(0x80, 0x100)).decode(codec, "replace")
    byte_of = {
        chr(byte) if sign == _REPLACEMENT else sign: byte
        for byte, sign in enumerate(signs, start=0x80)
    }
    if codec in _WESTERN:
        # In ISO 8859-1, all of them are control characters.
        byte_of |= {chr(byte): byte for byte in range(0x80, 0xA0)}
    return byte_of


def _is_letter(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _in_capitals(text: str, run: re.Match[str]) -> bool:
    word = re.split(r"\s", text[: run.start()])[-1] + run[0][:-1]
    return len(word) > _MIN_LETTERS and word.isupper()


def _has_no_inner_capital(word: str) -> bool:
    """Return whether no capital follows a small letter."""
    return not any(letter.islower() and following.isupper() for letter, following in pairwise(word))
