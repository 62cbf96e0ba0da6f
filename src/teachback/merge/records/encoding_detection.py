"""Detect the encoding of a file of records. A file that could be read in two ways is refused.

UTF-8 and UTF-16 can be verified. Old single-byte encodings cannot: any bytes can be read as any of
them. A file that is not UTF-8 is therefore read as Windows-1252 only if its words look like words
in it, and look like other words in no encoding that clinics still meet.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Final

from teachback.errors import Location, Problem, Severity, TeachbackError, UsageError, nearest

BLOCK: Final = 1 << 20
# The values of --encoding, and Python's names for them.
NAMED: Final = {
    "utf-8": "utf-8-sig", "utf-16": "utf-16", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
    "windows-1250": "cp1250", "windows-1251": "cp1251", "windows-1252": "cp1252",
    "windows-1253": "cp1253", "windows-1254": "cp1254", "windows-1255": "cp1255",
    "windows-1256": "cp1256", "windows-1257": "cp1257", "windows-1258": "cp1258",
    "iso-8859-1": "iso8859_1", "iso-8859-2": "iso8859_2", "iso-8859-15": "iso8859_15",
    "mac-roman": "mac_roman", "cp437": "cp437", "cp850": "cp850",
    "shift-jis": "cp932", "gb18030": "gb18030", "big5": "cp950", "euc-kr": "cp949",
}  # fmt: skip
_SAVE_HINT: Final = (
    "Save it as UTF-8 ('CSV UTF-8' in Excel), "
    "or name its encoding, such as --encoding windows-1250."
)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# English text in UTF-16 has about one zero byte for each letter.
_MANY_NULS: Final = 8
# The accented letters of each western language. A word has those of one language only, so a word
# with letters of several is in another encoding.
_WESTERN: Final = (
    "àâæçèéêëîïôùûüÿœ", "áéíñóúü", "àáâãçéêíóôõúü", "äöüßé", "æøåéèêôäöü", "åäöéèüæø",
    "áðéíóúýþæö", "àèéìíîïòóúùüç", "áàâäéèëêíïîóòöôúüûç", "äöõüšžå", "áéíóúýšž",
)  # fmt: skip
# Non-ASCII signs that occur between words and in lists of people. Signs that other encodings use
# for letters are left out.
_SIGNS: Final = frozenset("\u2019\u2018\u201c\u201d\u2013\u2014\u2026\u2022\u20ac\xb0\xb7\xa0")
# No word of a western language has more adjacent letters outside a to z.
_LONGEST_RUN: Final = 2
# Of these signs, those that are never between two letters.
_NEVER_INSIDE: Final = re.compile(r"[^\W\d_][\u201c\u201d\u2026\u2022\u20ac\xb0][^\W\d_]")
# Spellings that no language has, of letters whose byte is another letter in another encoding.
# Polish: n, s or z with an accent before a vowel, and c as in Joćo. Czech: as in Thérčse, Bjřrn and
# Řystein. Romanian: as in Joăo. Slovak: a long l at the start, as in Ĺsa. Lithuanian and Latvian: as
# in Sįnchez and Jųrgen.
_NEVER_EASTERN: Final = re.compile(
    r"[ńśź][aeiouyóąę]|ř[ry]|ć(?:o|es)$|ų(?!$)|č[^\Waeiouy\d_]{1,2}es?$|ă[oe]|őe|^ĺ|[įķ][a-z]*ez$",
    re.IGNORECASE,
)
# French: e with a grave accent before a vowel. Spanish: n with a tilde and no vowel after it.
# Portuguese: a with a tilde before a letter other than o and e, or o with a tilde not before e.
# Italian: i or u with a grave accent that is not last. Ligatures: ae after an i at the end of a
# word, or oe not before u.
_NEVER_WESTERN: Final = re.compile(
    r"è[aeiouyáéíóúý]|ñ(?![aeiouyáéíóúü])|ã(?=[^\Woe])|õ(?!e)|[ìù](?!$)|iæ$|œ(?!u)", re.IGNORECASE
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_WORD_BYTES: Final = re.compile(rb"[A-Za-z\x80-\xff]+")
# An encoding is ruled out by more than one unfit word for each ten that fit. A few words are foreign
# or mistyped.
_FIT_FOR_EACH_UNFIT: Final = 10
# The number of words that are remembered, so that each is checked once.
_MOST_KNOWN: Final = 100_000


@dataclass(frozen=True)
class CandidateEncoding:
    """An encoding that a file may be in.

    `languages` are the accented letters of each language that is written in it. `script` is the
    script instead, for words without the letters a to z. `wide` is set for several bytes a letter.
    """

    name: str
    languages: tuple[str, ...] = ()
    script: str = ""
    wide: bool = False


@dataclass
class _Tally:
    """The numbers of distinct words that look like words in an encoding, and that do not.

    `letter` is the first one that differs from Windows-1252, and `western` what it is there.
    """

    fitting: int = 0
    unfit: int = 0
    letter: str = ""
    western: str = ""


_CP1252: Final = CandidateEncoding("windows-1252", _WESTERN)
_RIVAL_ENCODINGS: Final = (
    CandidateEncoding(
        "windows-1250",
        (
            "ąćęłńóśźż",
            "áčďéěíňóřšťúůýž",
            "áäčďéíĺľňóôŕšťúýž",
            "áéíóöőúüű",
            "ăâîşţ",
            "čćđšž",
            "äöüß",
        ),
    ),
    CandidateEncoding("windows-1254", ("çğıöşüâîûİ",)),
    CandidateEncoding("windows-1257", ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž", "ąćęłńóśźż")),
    CandidateEncoding("mac-roman", _WESTERN),
    CandidateEncoding("cp850", _WESTERN),
    CandidateEncoding("windows-1251", script="CYRILLIC"),
    CandidateEncoding("windows-1253", script="GREEK"),
    CandidateEncoding("windows-1255", script="HEBREW"),
    CandidateEncoding("windows-1256", script="ARABIC"),
    CandidateEncoding("shift-jis", script="CJK HIRAGANA KATAKANA", wide=True),
    CandidateEncoding("gb18030", script="CJK", wide=True),
    CandidateEncoding("big5", script="CJK", wide=True),
    CandidateEncoding("euc-kr", script="HANGUL CJK", wide=True),
)


def find_encoding(
    file: BinaryIO, name: str, named: str | None = None
) -> tuple[str, tuple[Problem, ...]]:
    """Return Python's codec for a file, and a warning where the bytes alone do not prove it.

    `named` is the encoding that a person names. Raises UsageError for an unknown encoding, and
    TeachbackError for a file that is not in the named encoding, that no encoding fits, or that
    several fit.
    """
    file.seek(0)
    head = file.read(4)
    if named is not None:
        encoding = named.strip().lower().replace("_", "-")
        if encoding not in NAMED:
            raise UsageError.of(
                f"the encoding '{named[:40]}' is not known", nearest(encoding, NAMED)
            )
        _refuse_unfit(file, name, NAMED[encoding], encoding)
        return NAMED[encoding], ()
    if head in _UTF32:
        raise TeachbackError.of("the file is saved as UTF-32", _SAVE_HINT, Location(name, 1, 1))
    codec = next((codec for bom, codec in _BOMS if head.startswith(bom)), None)
    if codec is not None:
        _refuse_unfit(file, name, codec, "utf-16" if codec == "utf-16" else "utf-8")
        return codec, ()
    line, nuls, size = _fault_line(file, "utf-8")
    if nuls * _MANY_NULS > size:
        message = "the file looks like UTF-16, but does not begin with the mark that says so"
        hint = "Save it as UTF-8, or name it: --encoding utf-16-le."
        raise TeachbackError.of(message, hint, Location(name, 1, 1))
    return ("utf-8-sig", ()) if line is None else _decide_western(file, name, line)


def _refuse_unfit(file: BinaryIO, name: str, codec: str, encoding: str) -> None:
    line, _, _ = _fault_line(file, codec)
    if line is not None:
        message = f"this line is not {encoding}, as the file is said to be"
        raise TeachbackError.of(message, _SAVE_HINT, Location(name, line, 1))


def _fault_line(file: BinaryIO, codec: str) -> tuple[int | None, int, int]:
    """Return the first line that a codec cannot decode, the zero bytes, and all bytes.

    The line is None where all can be decoded. Bytes are counted up to that line's block.
    """
    file.seek(0)
    decoder = codecs.getincrementaldecoder(codec)()
    line, nuls, size = 1, 0, 0
    try:
        while block := file.read(BLOCK):
            nuls, size = nuls + block.count(0), size + len(block)
            line += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # Count the lines before the fault in this block. Multi-byte encodings keep line ends as
        # they are.
        return line + bytes(error.object[: error.start]).count(b"\n"), nuls, size
    return None, nuls, size


def _decide_western(file: BinaryIO, name: str, line: int) -> tuple[str, tuple[Problem, ...]]:
    """Decide whether a file is Windows-1252. Its `line` is the first that is not UTF-8."""
    rivals = {encoding: _Tally() for encoding in _RIVAL_ENCODINGS}
    known: set[bytes] = set()
    file.seek(0)
    while raw := file.readline(BLOCK):
        if raw.isascii():
            continue
        for encoding in [encoding for encoding in rivals if encoding.wide]:
            text = _decoded(raw, encoding)
            if text is None or not _fits(text, encoding):
                del rivals[encoding]
            else:
                rivals[encoding].fitting += 1
        for word in _WORD_BYTES.findall(raw):
            if word.isascii() or word in known:
                continue
            if len(known) < _MOST_KNOWN:
                known.add(word)
            western = _decoded(word, _CP1252)
            if western is None or not _fits(western, _CP1252):
                message = (
                    "this line is not UTF-8, and the file does not read like Windows-1252 either"
                )
                raise TeachbackError.of(message, _SAVE_HINT, Location(name, line, 1))
            _count_evidence(word, western, rivals)
    possible = [
        (encoding.name, tally)
        for encoding, tally in rivals.items()
        if tally.fitting and tally.fitting >= tally.unfit * _FIT_FOR_EACH_UNFIT
    ]
    if possible:
        readings = ", or ".join(
            f"{encoding} ({tally.western} would be {tally.letter})" if tally.letter else encoding
            for encoding, tally in possible
        )
        message = f"this line is not UTF-8; the file could be windows-1252, or {readings}"
        hint = (
            "Look at the accented letters of your list. If windows-1252 is right, add "
            f"--encoding windows-1252; else --encoding {possible[0][0]} or the like. Better, save "
            "it as UTF-8 ('CSV UTF-8' in Excel)."
        )
        raise TeachbackError.of(message, hint, Location(name, line, 1))
    hint = (
        "Look at a page with an accented name. To read it so without this warning: "
        "--encoding windows-1252; better, save it as UTF-8."
    )
    return "cp1252", (
        Problem(
            "this line is not UTF-8: the file is read as Windows-1252",
            hint,
            Location(name, line, 1),
            Severity.WARNING,
        ),
    )


def _count_evidence(word: bytes, western: str, rivals: dict[CandidateEncoding, _Tally]) -> None:
    """Count for each rival encoding whether a word looks like one there.

    A word that is the same in both encodings is no evidence, even if it is foreign.
    """
    for encoding in [encoding for encoding in rivals if not encoding.wide]:
        text = _decoded(word, encoding)
        if text is None:
            # The word's bytes are invalid in this encoding.
            del rivals[encoding]
        elif text != western and _fits(text, encoding):
            rivals[encoding].fitting += 1
            if not rivals[encoding].letter and len(text) == len(western):
                pairs = zip(western, text, strict=True)
                rivals[encoding].western, rivals[encoding].letter = next(
                    pair for pair in pairs if pair[0] != pair[1]
                )
        elif text != western:
            rivals[encoding].unfit += 1


def _decoded(raw: bytes, encoding: CandidateEncoding) -> str | None:
    try:
        return raw.decode(NAMED[encoding.name])
    except UnicodeDecodeError:
        return None


def _fits(text: str, encoding: CandidateEncoding) -> bool:
    """Check whether the words of a text each fit a language of this encoding.

    A list of patients may mix languages.
    """
    if any(ord(sign) > 0x7F and not sign.isalpha() and sign not in _SIGNS for sign in text):  # noqa: PLR2004 -- ASCII
        return False
    if _NEVER_INSIDE.search(text):
        return False
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if encoding.script:
        scripts = encoding.script.split()
        return all(
            unicodedata.name(letter, "").split(" ")[0].split("-")[0] in scripts
            for word in words
            for letter in word
        )
    return all(
        _has_usual_capitals(word) and not _has_long_run(word) and _fits_a_language(word, encoding)
        for word in words
    )


def _fits_a_language(word: str, encoding: CandidateEncoding) -> bool:
    letters = {letter for letter in word if not letter.isascii()}
    known = any(letters <= {*language, *language.upper()} for language in encoding.languages)
    never = _NEVER_WESTERN if encoding.languages is _WESTERN else _NEVER_EASTERN
    return known and not never.search(word)


def _has_usual_capitals(word: str) -> bool:
    """Check whether capitals stand where they do in names.

    MUñOZ counts as right: programs that only know ASCII capitals write names like that.
    """
    ascii_letters = [letter for letter in word if letter.isascii()]
    if ascii_letters and all(letter.isupper() for letter in ascii_letters):
        return True
    pairs = pairwise(word)
    return not any(
        left.islower() and right.isupper() and not (left.isascii() and right.isascii())
        for left, right in pairs
    )


def _has_long_run(word: str) -> bool:
    run = longest = 0
    for letter in word:
        run = 0 if letter.isascii() else run + 1
        longest = max(longest, run)
    return longest > _LONGEST_RUN
