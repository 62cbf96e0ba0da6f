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
_SAVE: Final = (
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
_NO_EASTERN: Final = re.compile(
    r"[ńśź][aeiouyóąę]|ř[ry]|ć(?:o|es)$|ų(?!$)|č[^\Waeiouy\d_]{1,2}es?$|ă[oe]|őe|^ĺ|[įķ][a-z]*ez$",
    re.IGNORECASE,
)
# French: e with a grave accent before a vowel. Spanish: n with a tilde and no vowel after it.
# Portuguese: a with a tilde before a letter other than o and e, or o with a tilde not before e.
# Italian: i or u with a grave accent that is not last. Ligatures: ae after an i at the end of a
# word, or oe not before u.
_NO_WESTERN: Final = re.compile(
    r"è[aeiouyáéíóúý]|ñ(?![aeiouyáéíóúü])|ã(?=[^\Woe])|õ(?!e)|[ìù](?!$)|iæ$|œ(?!u)", re.IGNORECASE
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_BYTES: Final = re.compile(rb"[A-Za-z\x80-\xff]+")
# An encoding is ruled out by more than one unfit word per ten that fit. A few words are foreign or
# mistyped.
_FEW: Final = 10
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

    `letter` is one that is another one, `meant`, in Windows-1252.
    """

    fitting: int = 0
    unfit: int = 0
    letter: str = ""
    meant: str = ""


_CP1252: Final = CandidateEncoding("windows-1252", _WESTERN)
_RIVALS: Final = (
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
    file: BinaryIO, name: str, said: str | None = None
) -> tuple[str, tuple[Problem, ...]]:
    """Return Python's codec for a file, and a warning where the bytes alone do not prove it.

    `said` is the encoding that a person names. Raises UsageError for an unknown encoding, and
    TeachbackError for a file that is not in the named encoding, that no encoding fits, or that
    several fit.
    """
    file.seek(0)
    head = file.read(4)
    if said is not None:
        wanted = said.strip().lower().replace("_", "-")
        if wanted not in NAMED:
            raise UsageError.of(f"the encoding '{said[:40]}' is not known", nearest(wanted, NAMED))
        _refuse_unfit(file, name, NAMED[wanted], wanted)
        return NAMED[wanted], ()
    if head in _UTF32:
        raise TeachbackError.of("the file is saved as UTF-32", _SAVE, Location(name, 1, 1))
    codec = next((codec for mark, codec in _BOMS if head.startswith(mark)), None)
    if codec is not None:
        _refuse_unfit(file, name, codec, "utf-16" if codec == "utf-16" else "utf-8")
        return codec, ()
    line, nuls, size = _fault_line(file, "utf-8")
    if nuls * _MANY_NULS > size:
        message = "the file looks like UTF-16, but does not begin with the mark that says so"
        hint = "Save it as UTF-8, or name it: --encoding utf-16-le."
        raise TeachbackError.of(message, hint, Location(name, 1, 1))
    return ("utf-8-sig", ()) if line is None else _western(file, name, line)


def _refuse_unfit(file: BinaryIO, name: str, codec: str, said: str) -> None:
    line, _, _ = _fault_line(file, codec)
    if line is not None:
        message = f"this line is not {said}, as the file is said to be"
        raise TeachbackError.of(message, _SAVE, Location(name, line, 1))


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


def _western(file: BinaryIO, name: str, line: int) -> tuple[str, tuple[Problem, ...]]:
    """Decide whether a file is Windows-1252. Its `line` is the first that is not UTF-8."""
    rivals = {reading: _Tally() for reading in _RIVALS}
    known: set[bytes] = set()
    file.seek(0)
    while raw := file.readline(BLOCK):
        if raw.isascii():
            continue
        for reading in [reading for reading in rivals if reading.wide]:
            text = _decoded(raw, reading)
            if text is None or not _fits(text, reading):
                del rivals[reading]
            else:
                rivals[reading].fitting += 1
        for word in _BYTES.findall(raw):
            if word.isascii() or word in known:
                continue
            if len(known) < _MOST_KNOWN:
                known.add(word)
            meant = _decoded(word, _CP1252)
            if meant is None or not _fits(meant, _CP1252):
                message = (
                    "this line is not UTF-8, and the file does not read like Windows-1252 either"
                )
                raise TeachbackError.of(message, _SAVE, Location(name, line, 1))
            _weigh(word, meant, rivals)
    others = [
        (reading.name, tally)
        for reading, tally in rivals.items()
        if tally.fitting and tally.fitting >= tally.unfit * _FEW
    ]
    if others:
        readings = ", or ".join(
            f"{codec} ({tally.meant} would be {tally.letter})" if tally.letter else codec
            for codec, tally in others
        )
        message = f"this line is not UTF-8; the file could be windows-1252, or {readings}"
        hint = (
            "Look at the accented letters of your list. If windows-1252 is right, add "
            f"--encoding windows-1252; else --encoding {others[0][0]} or the like. Better, save "
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


def _weigh(word: bytes, meant: str, rivals: dict[CandidateEncoding, _Tally]) -> None:
    """Count for each rival encoding whether a word looks like one there.

    A word that is the same in both encodings is no evidence, even if it is foreign.
    """
    for reading in [reading for reading in rivals if not reading.wide]:
        text = _decoded(word, reading)
        if text is None:
            # The word's bytes are invalid in this encoding.
            del rivals[reading]
        elif text != meant and _fits(text, reading):
            rivals[reading].fitting += 1
            if not rivals[reading].letter and len(text) == len(meant):
                pairs = ((a, b) for a, b in zip(meant, text, strict=True) if a != b)
                rivals[reading].meant, rivals[reading].letter = next(pairs)
        elif text != meant:
            rivals[reading].unfit += 1


def _decoded(raw: bytes, reading: CandidateEncoding) -> str | None:
    try:
        return raw.decode(NAMED[reading.name])
    except UnicodeDecodeError:
        return None


def _fits(text: str, reading: CandidateEncoding) -> bool:
    """Check whether the words of a text each fit a language of this encoding.

    A list of patients may mix languages.
    """
    if any(ord(sign) > 0x7F and not sign.isalpha() and sign not in _SIGNS for sign in text):  # noqa: PLR2004 -- ASCII
        return False
    if _NEVER_INSIDE.search(text):
        return False
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if reading.script:
        scripts = reading.script.split()
        return all(
            unicodedata.name(letter, "").split(" ")[0].split("-")[0] in scripts
            for word in words
            for letter in word
        )
    return all(_cased(word) and not _crowded(word) and _spelt(word, reading) for word in words)


def _spelt(word: str, reading: CandidateEncoding) -> bool:
    letters = {letter for letter in word if not letter.isascii()}
    known = any(letters <= {*language, *language.upper()} for language in reading.languages)
    return known and not (_NO_WESTERN if reading.languages is _WESTERN else _NO_EASTERN).search(
        word
    )


def _cased(word: str) -> bool:
    """Check whether capitals stand where they do in names.

    MUñOZ counts as right: programs that only know ASCII capitals write names like that.
    """
    plain = [letter for letter in word if letter.isascii()]
    if plain and all(letter.isupper() for letter in plain):
        return True
    pairs = pairwise(word)
    return not any(
        a.islower() and b.isupper() and not (a.isascii() and b.isascii()) for a, b in pairs
    )


def _crowded(word: str) -> bool:
    run = longest = 0
    for letter in word:
        run = 0 if letter.isascii() else run + 1
        longest = max(longest, run)
    return longest > _LONGEST_RUN
