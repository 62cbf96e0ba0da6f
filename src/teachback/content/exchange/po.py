"""Write a sheet for a translator as a PO file of gettext, and read such a file back. Pure.

Babel is not used: of two entries with one key, it silently drops the first. Source: GNU gettext
manual, "The Format of PO Files".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from teachback.content.exchange.sheet import ReturnedSheet, ReturnedText, SentSheet, in_one_line
from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.text_decoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.content.exchange.sheet import SentText

_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_KEYWORD_LINE: Final = re.compile(r"(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s*(.*)")
# The keywords that an entry has, each once.
_KEYWORDS: Final = ("msgctxt", "msgid", "msgstr")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_MARK: Final = "Mark: "
_HANDOUT: Final = "X-Handout"
_SOURCE: Final = "X-Source-Language"
_LANGUAGE: Final = "Language"


@dataclass
class _Entry:
    """An entry: the line of its first keyword, strings and lines by keyword, and comments by kind.

    The kind of a comment is the sign after its `#`; that of a translator's comment is "".
    """

    line: int = 0
    strings: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    comments: dict[str, list[str]] = field(default_factory=dict)


def write_po(sheet: SentSheet) -> bytes:
    """Return a sheet as a PO file."""
    fields = {
        "Project-Id-Version": f"{sheet.handout} {sheet.version}",
        "PO-Revision-Date": f"{sheet.version} 00:00+0000",
        "Last-Translator": "",
        "Language-Team": "",
        _LANGUAGE: sheet.language.replace("-", "_"),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        _HANDOUT: sheet.handout,
        _SOURCE: sheet.source,
    }
    lines = ['msgid ""', 'msgstr ""']
    lines += [_quoted(f"{name}: {value}\n") for name, value in fields.items()]
    for text in sheet.texts:
        lines += ["", *_entry_lines(text)]
    return ("\n".join(lines) + "\n").encode()


def _entry_lines(text: SentText) -> Iterator[str]:
    if text.note:
        yield f"# {text.note}"
    for line in (text.state, *text.about):
        yield f"#. {line}"
    yield f"#. {_MARK}{text.mark}"
    if text.before:
        yield f"#| msgid {_quoted(text.before[0])}"
    yield f"msgctxt {_quoted(text.key)}"
    yield f"msgid {_quoted(text.english)}"
    yield f"msgstr {_quoted(text.words)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def read_po(raw: bytes, name: str) -> ReturnedSheet:
    """Return the sheet that a PO file holds.

    Raises TeachbackError with every line that cannot be read.
    """
    problems: list[Problem] = []
    warnings: list[Problem] = []
    entries = list(_entries(decode(raw, name), name, problems, warnings))
    header = next((entry for entry in entries if _is_header(entry)), _Entry())
    fields = dict(
        line.split(": ", 1) for line in header.strings.get("msgstr", "").split("\n") if ": " in line
    )
    missing = [field for field in (_HANDOUT, _SOURCE, _LANGUAGE) if not fields.get(field)]
    if missing:
        message = f"the header lacks {', '.join(missing)}"
        hint = "Write it as it was in the file that was sent."
        problems.append(Problem(message, hint, Location(name, 1, 1)))
    charset = re.search(r"charset=([\w-]+)", fields.get("Content-Type", ""))
    if charset and charset[1].lower() != "utf-8":
        message = f"the file says that its encoding is {charset[1]}"
        problems.append(Problem(message, "Save it as UTF-8.", Location(name, 1, 1)))
    remark = in_one_line(" ".join(header.comments.get("", ())))
    if remark:
        message = f"a remark above the header is not read: '{remark[:60]}'"
        hint = "Put it in front of the text that it is about."
        warnings.append(Problem(message, hint, Location(name, header.line, 1), Severity.WARNING))
    texts = []
    for entry in entries:
        if entry is not header:
            problems += _entry_problems(entry, name)
            texts.append(_returned(entry, name))
    if problems:
        raise TeachbackError(*problems)
    language = fields[_LANGUAGE].replace("_", "-")
    return ReturnedSheet(fields[_HANDOUT], fields[_SOURCE], language, tuple(texts), tuple(warnings))


def _is_header(entry: _Entry) -> bool:
    return not entry.strings.get("msgid") and "msgctxt" not in entry.strings


def _entries(
    text: str, name: str, problems: list[Problem], warnings: list[Problem]
) -> Iterator[_Entry]:
    """Yield the entries of a file, and add problems and warnings for lines of none."""
    entry, keyword = _Entry(), ""
    for number, raw_line in enumerate(text.split("\n"), start=1):
        line = raw_line.strip(" \t\r")
        place = Location(name, number, 1)
        if not line:
            continue
        if line.startswith("#~"):
            message = f"a text that the tool has put aside is not read: '{line[2:].strip()[:60]}'"
            hint = "Its key was not in the file that was sent."
            warnings.append(Problem(message, hint, place, Severity.WARNING))
            continue
        # A comment, or the first keyword behind a translation, begins the next entry.
        begins = line.startswith(("#", "msgctxt", "msgid "))
        if begins and any(key.startswith("msgstr") for key in entry.strings):
            yield entry
            entry, keyword = _Entry(), ""
        if line.startswith("#"):
            kind = line[1:2] if line[1:2] in {".", ":", ",", "|"} else ""
            entry.comments.setdefault(kind, []).append(line[1 + len(kind) :].strip(" \t"))
            continue
        found = _KEYWORD_LINE.fullmatch(line)
        keyword, rest = (found[1], found[2]) if found else (keyword, line)
        string = _STRING.fullmatch(rest)
        if found and keyword not in entry.strings and string is None:
            # The lines that follow are read as if this one were whole.
            entry.strings[keyword] = ""
        if not keyword or string is None:
            hint = "Is a quote missing?"
            problems.append(Problem("this line is no part of a PO file", hint, place))
            continue
        if found and keyword in entry.strings:
            message = f"this entry has two lines '{keyword}'"
            problems.append(Problem(message, "Put an empty line between two entries.", place))
        words = _unescaped(string[1])
        if words is None:
            problems.append(Problem("a backslash is not read here", "Write it twice.", place))
        entry.line = entry.line or number
        entry.lines.setdefault(keyword, number)
        entry.strings[keyword] = entry.strings.get(keyword, "") + (words or "")
    if entry.strings:
        yield entry
    elif any(comment for kind in ("", ".") for comment in entry.comments.get(kind, ())):
        message = "the file ends with a remark that belongs to no text"
        hint = "Put it in front of the text that it is about."
        warnings.append(Problem(message, hint, Location(name), Severity.WARNING))


def _unescaped(text: str) -> str | None:
    """Return a string with its escapes replaced, or None if one is not known."""
    if any(letter not in _ESCAPES for letter in re.findall(r"\\(.)", text)):
        return None
    return re.sub(r"\\(.)", lambda match: _ESCAPES[match[1]], text)


def _entry_problems(entry: _Entry, name: str) -> Iterator[Problem]:
    place = Location(name, entry.line, 1)
    missing = [keyword for keyword in _KEYWORDS if keyword not in entry.strings]
    if missing:
        message = f"this entry lacks {' and '.join(missing)}"
        yield Problem(message, "Write it as it was in the file that was sent.", place)
    unknown = [keyword for keyword in entry.strings if keyword not in _KEYWORDS]
    if unknown:
        yield Problem(f"'{unknown[0]}' is not read", "A text has one translation.", place)
    if "\n" in entry.strings.get("msgstr", "").strip():
        place = Location(name, entry.lines["msgstr"], 1)
        hint = "Write it in one line. If it holds a remark, make it a comment that begins with #."
        yield Problem("the translation has several lines", hint, place)


def _returned(entry: _Entry, name: str) -> ReturnedText:
    # What the file that was sent says of the text, and its mark.
    comments = entry.comments.get(".", [])
    marks = [line.removeprefix(_MARK) for line in comments if line.startswith(_MARK)]
    flags = [flag.strip() for line in entry.comments.get(",", ()) for flag in line.split(",")]
    return ReturnedText(
        entry.strings.get("msgctxt", ""),
        in_one_line(entry.strings.get("msgid", "")),
        in_one_line(entry.strings.get("msgstr", "")),
        in_one_line(" ".join(entry.comments.get("", ()))),
        Location(name, entry.lines.get("msgstr", entry.line), 1),
        marks[0] if marks else "",
        in_one_line(" ".join(line for line in comments if not line.startswith(_MARK))),
        unfinished="fuzzy" if "fuzzy" in flags else "",
    )
