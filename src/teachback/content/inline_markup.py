"""Parse the marks in an author's text: **strong**, [words](https://address), {placeholders}.

Anything else that Markdown or HTML would read as markup is refused: nobody can know whether the
author meant it as markup. This is the only module that imports markdown-it-py.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Problem, guess, nearest
from teachback.files.unprintable_characters import is_unseen, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LINK_SCHEMES: Final = ("https://", "tel:", "mailto:")
PLACEHOLDERS: Final = (
    "clinic.name",
    "clinic.phone",
    "clinic.after_hours",
    "clinic.dialysis_unit",
    "clinic.emergency",
)
# A text that introduces what stands below it ends with one of these. Chinese has a wide one.
COLONS: Final = (":", "\uff1a")
# The prefix of a placeholder for a field of a patient's record.
RECORD: Final = "record."
BRACES: Final = re.compile(r"\{([^{}]*)\}")
# A text without any of these has no marks. Most texts have none.
_MARK_CHARACTER: Final = re.compile(r"[*_`\[\]<>!\\&{}\n\r]")
_MARKS: Final = re.compile(r"\*\*|\[(?P<words>[^\]]*)\]\([^)]*\)|\\(?P<letter>[!-/:-@\[-`{-~])")
# Stars inside a word or a number: 10**3 to 10**4 would be printed as 103 to 104.
_STARS_INSIDE: Final = re.compile(r"([^\W_]+)\*{2,}([^\W_]+)")
# A backslash before anything but a mark would be lost, and nobody needs it.
_NEEDLESS_BACKSLASH: Final = re.compile(r"(?<!\\)(?:\\\\)*(\\[\"#$%'()+,\-./:;=?@^|~])")
# Characters that join the digits on both sides to one number.
_JOINTS: Final = "-/\u2010\u2011\u2012\u2013\u2014\u2015\u2212.,:;'\u2019\u00b7\u00d7*^+~_"
# Those that may also separate two numbers, as in a range or a ratio.
_SEPARATORS: Final = frozenset("-/\u2010\u2011\u2012\u2013\u2014\u2212")
_LINK_TARGET: Final = re.compile(r"\]\(\s*<?([^)\s>]*)")
# What a text that is printed as written must not hold -> what it is called. Each has a character of
# `_MARK_CHARACTER`, since a text without one is not searched.
_UNREAD_MARKS: Final = {
    re.compile(r"</?[a-zA-Z!]"): "HTML",
    re.compile(r"\*\*"): "two stars **",
    BRACES: "a placeholder",
    re.compile(r"\]\("): "a link",
}
# The type of a Markdown token that no text may hold -> message and hint.
_REFUSED: Final = {
    "em_open": (
        "italics are hard to read and are not printed",
        "Use **two stars** for strong words, or none.",
    ),
    "html_inline": (
        "HTML is not allowed in a text",
        "Use **two stars** for strong words; write < as 'less than'.",
    ),
    "html_block": ("HTML is not allowed in a text", "Use **two stars** for strong words."),
    "image": (
        "a text cannot hold a picture",
        "Use a block of its own: `- figure: images/name.svg`.",
    ),
    "code_inline": ("backquotes cannot be used here", "Use **two stars** for strong words."),
    "hardbreak": ("a text is one paragraph", "Write the second one as an item of its own."),
}


class Place(NamedTuple):
    """The place of a record's field.

    `width` is the length of its line in mm, in 13 pt type; 0 means as long as there is room.
    """

    field: str
    width: float = 0.0


class Span(NamedTuple):
    """A run of text in one style.

    A `blank` is a line to write on, and its text is the label for it. A `place` is filled by a
    record. `language` is empty where it is that of the line.
    """

    text: str
    strong: bool = False
    href: str | None = None
    blank: bool = False
    number: bool = False
    place: Place | None = None
    language: str = ""


Line = tuple[Span, ...]


def plain(line: Line) -> str:
    """Return a line's words without the blanks."""
    return "".join(span.text for span in line if not span.blank)


def bare(text: str) -> str:
    """Return a checked text without its marks. Placeholders stay as written."""
    return (
        _MARKS.sub(lambda mark: mark["words"] or mark["letter"] or "", text)
        if may_hold_marks(text)
        else text
    )


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    rules = [
        "text",
        "newline",
        "escape",
        "backticks",
        "emphasis",
        "link",
        "image",
        "autolink",
        "html_inline",
    ]
    return (
        MarkdownIt("zero", {"html": True})
        .enable(rules)
        .enable("balance_pairs")
        .enable("fragments_join")
    )


def may_hold_marks(text: str) -> bool:
    """Return whether a text may hold a mark. One without marks is taken as written."""
    return _MARK_CHARACTER.search(text) is not None


def marks_problems(text: str, fields: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return what is no valid mark in a text.

    The caller adds the locations. `fields` are the declared fields.
    """
    if not may_hold_marks(text):
        return ()
    problems = (
        *_brace_problems(text, fields),
        *_link_problems(text),
        *_lost_character_problems(text),
        *glued_problems(bare(text)),
        *_token_problems(text),
    )
    return tuple(dict.fromkeys(problems))


def glued_problems(text: str) -> Iterator[Problem]:
    """Yield each placeholder that would run into its neighbour once it is filled in.

    The neighbour is a letter, a number or another placeholder. Scripts without capitals, such as
    Chinese or Arabic, write words beside a number without a space.
    """
    text = unicodedata.normalize("NFC", text)
    matches = list(BRACES.finditer(text))
    for match, following in zip_longest(matches, matches[1:]):
        before = text[: match.start()].rstrip(_JOINTS)
        after = text[match.end() :].lstrip(_JOINTS)
        joint = text[match.end() : len(text) - len(after)]
        is_glued = _runs_into(before[-1:], touches=len(before) == match.start())
        if following is not None and match.end() + len(joint) == following.start():
            # The clinic's name and phone numbers are never the ends of a range.
            has_clinic = "clinic." in f"{match[1]} {following[1]}"
            is_glued = is_glued or joint not in _SEPARATORS or has_clinic
        else:
            is_glued = is_glued or _runs_into(after[:1], touches=not joint)
        if is_glued:
            hint = (
                "Put a space between it and the letter or number beside it, or they would run "
                "together."
            )
            yield Problem(f"a space is missing beside {{{match[1]}}}", hint)


def _runs_into(neighbour: str, *, touches: bool) -> bool:
    """Return whether the character beside a placeholder would be read as part of its value.

    `touches` is whether no punctuation is between them.
    """
    if not neighbour:
        return False
    return unicodedata.category(neighbour)[0] == "N" or (
        touches and neighbour.isalpha() and neighbour.upper() != neighbour.lower()
    )


def _lost_character_problems(text: str) -> Iterator[Problem]:
    """Yield stars inside a word or number, and backslashes that would be lost."""
    for found in _STARS_INSIDE.finditer(text):
        before, after = found.groups()
        if before[-1].isdecimal() and after[0].isdecimal():
            message = (
                f"the two stars in {found[0][:60]} would be lost, "
                "and the numbers run into each other"
            )
            hint = (
                f"Write {before} to the power of {after} in words, "
                "or put a space on one side of the stars."
            )
            yield Problem(message, hint)
        else:
            hint = (
                "Strong words have a space, or a mark such as a comma, "
                "before and behind their stars."
            )
            yield Problem(f"a space is missing beside the two stars in {found[0][:60]}", hint)
    for found in _NEEDLESS_BACKSLASH.finditer(text):
        yield Problem(f"the backslash in {found[1]} would not be printed", "Take it out.")


def places_in(text: str) -> tuple[str, ...]:
    """Return the names of the fields that a text has places for, in order."""
    return tuple(
        name.removeprefix(RECORD) for name in BRACES.findall(text) if name.startswith(RECORD)
    )


def _brace_problems(text: str, fields: Collection[str]) -> Iterator[Problem]:
    """Yield an empty line, unknown placeholders, and braces that are none."""
    if re.search(r"\n\s*\n", text.strip()):
        yield Problem("a text is one paragraph", "Write the second one as an item of its own.")
    known = {*PLACEHOLDERS, *(RECORD + name for name in fields)}
    for name in BRACES.findall(text):
        if name not in known and name.startswith(RECORD):
            field = name.removeprefix(RECORD)
            message = f"the field '{field[:60]}' is not declared"
            yield Problem(message, f"Declare it below `fields:`. {guess(field, fields)}".strip())
        elif name not in known:
            yield Problem(f"the placeholder {{{name}}} is not known", nearest(name, PLACEHOLDERS))
    if re.search(r"[{}]", BRACES.sub("", text)):
        hint = "Braces are for placeholders such as {clinic.phone}."
        yield Problem("a brace has no partner", hint)


def _link_problems(text: str) -> Iterator[Problem]:
    """Yield faulty addresses of links, which the parser would drop without a word."""
    for target in _LINK_TARGET.findall(text):
        if not _is_allowed(target):
            message = f"the link to '{target[:60]}' is not allowed"
            yield Problem(message, "A link starts with https://, tel: or mailto:.")
        hidden = next((letter for letter in target if is_unseen(letter)), "")
        if hidden:
            hint = "Type the address again."
            yield Problem(f"the address of a link holds the character {named(hidden)}", hint)


def _is_allowed(target: str) -> bool:
    return target.startswith(LINK_SCHEMES) and target not in LINK_SCHEMES


def _token_problems(text: str) -> Iterator[Problem]:
    """Yield what Markdown would read as markup and is no mark of ours."""
    has_refused_link = not all(map(_is_allowed, _LINK_TARGET.findall(text)))
    is_in_link = False
    for token in _tokens(text):
        if token.type in _REFUSED:
            yield Problem(*_REFUSED[token.type])
        elif token.type == "link_open":
            is_in_link = True
            if token.markup == "autolink":
                message = "a bare address in <...> cannot be read aloud"
                yield Problem(message, "Write [words](https://address).")
            if "title" in token.attrs:
                message = "a link has no second text in quotes: it would not be printed"
                yield Problem(message, "Write [words](https://address).")
        elif token.type == "link_close":
            is_in_link = False
        elif token.type == "strong_open" and is_in_link:
            hint = "Put the stars around the whole link, or leave them out."
            yield Problem("strong words cannot be used inside a link", hint)
        elif token.type == "text":
            yield from _leftover_problems(token.content, has_refused_link=has_refused_link)


def _leftover_problems(words: str, *, has_refused_link: bool) -> Iterator[Problem]:
    """Yield what looks like a mark in words that Markdown reads as plain text."""
    if re.search(r"\][(\[]", words) and not has_refused_link:
        hint = (
            "Write [words](https://address), with no space in the address and none between "
            "the brackets."
        )
        yield Problem("this looks like a link but is not one", hint)
    if "**" in words:
        hint = "Strong words have ** right before and right after them."
        yield Problem("two stars ** have no partner here", hint)
    if re.search(r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);", words):
        yield Problem("HTML entities are not allowed in a text", "Type the character itself.")


def plain_problems(text: str) -> tuple[Problem, ...]:
    """Return what looks like a mark in a text that is printed as written.

    It would be printed with its stars and braces.
    """
    if not may_hold_marks(text):
        return ()
    for pattern, mark in _UNREAD_MARKS.items():
        if pattern.search(text):
            message = f"{mark} cannot be used here: this text is printed as it is"
            return (Problem(message, "Write plain words."),)
    return ()


def parse_marks(
    text: str, values: Mapping[str, str | None], widths: Mapping[str, float] | None = None
) -> Line:
    """Convert a text without problems to spans. An unfilled placeholder becomes a line to write on.

    `widths` are those of a record's fields, in mm.
    """
    if not may_hold_marks(text):
        return (Span(text.strip()),) if text.strip() else ()
    spans: list[Span] = []
    strong = 0
    href: str | None = None
    for token in _tokens(text):
        if token.type == "strong_open":
            strong += 1
        elif token.type == "strong_close":
            strong -= 1
        elif token.type == "link_open":
            href = str(token.attrs["href"])
        elif token.type == "link_close":
            href = None
        elif token.type == "softbreak":
            spans.append(Span(" ", strong > 0, href))
        elif token.content:
            spans.extend(_spans(token.content, values, widths or {}, strong=strong > 0, href=href))
    return tuple(spans)


def _tokens(text: str) -> Sequence[Token]:
    return _parser().parseInline(text.strip())[0].children or ()


def _spans(
    words: str,
    values: Mapping[str, str | None],
    widths: Mapping[str, float],
    *,
    strong: bool,
    href: str | None,
) -> Iterator[Span]:
    """Yield the words between placeholders as they are, and each placeholder with its value."""
    for index, part in enumerate(BRACES.split(words)):
        if index % 2 == 0:
            if part:
                yield Span(part, strong, href)
        elif part.startswith(RECORD):
            field = part.removeprefix(RECORD)
            yield Span(field, strong, href, blank=True, place=Place(field, widths.get(field, 0.0)))
        else:
            value = values[part]
            is_number = part != "clinic.name"
            yield Span(value or part, strong, href, blank=value is None, number=is_number)
