"""Parse the marks in an author's text: **strong**, [words](https://address), {placeholders}.

This is the only module that imports markdown-it-py. Anything else that Markdown or HTML would read
as markup is refused rather than printed, because nobody can know which of the two the author meant.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
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
# The ends of a text that introduces what stands below it; Chinese has a wide one.
COLONS: Final = (":", "\uff1a")
# The prefix of a placeholder for a field of a patient's record.
RECORD: Final = "record."
BRACES: Final = re.compile(r"\{([^{}]*)\}")
# A text without any of these has no marks. Most texts have none.
_MARKING: Final = re.compile(r"[*_`\[\]<>!\\&{}\n\r]")
_MARKS: Final = re.compile(r"\*\*|\[(?P<words>[^\]]*)\]\([^)]*\)|\\(?P<letter>[!-/:-@\[-`{-~])")
# Without one of these, a text that is printed as written does not even look like one with marks.
_LOOKS_MARKED: Final = re.compile(r"[<*{\]]")
# Stars inside a word or a number: 10**3 to 10**4 would be printed as 103 to 104.
_INSIDE: Final = re.compile(r"([^\W_]+)\*{2,}([^\W_]+)")
# A backslash before anything but a mark would be lost, and nobody needs it.
_NEEDLESS: Final = re.compile(r"(?<!\\)(?:\\\\)*(\\[\"#$%'()+,\-./:;=?@^|~])")
# Characters that join digits on both sides to one number, and those that may also separate two
# numbers: a range, a ratio.
_JOINS: Final = "-/\u2010\u2011\u2012\u2013\u2014\u2015\u2212.,:;'\u2019\u00b7\u00d7*^+~_"
_PARTS: Final = frozenset("-/\u2010\u2011\u2012\u2013\u2014\u2212")
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
    record. `language` is named where it is not that of the line.
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
    return _MARKING.search(text) is not None


def marks_problems(text: str, fields: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return what is no valid mark in a text.

    The caller adds the locations. `fields` are the declared fields.
    """
    if not may_hold_marks(text):
        return ()
    found = (
        *_written_problems(text, fields),
        *_inside_problems(text),
        *glued_problems(bare(text)),
        *_token_problems(text),
    )
    return tuple(dict.fromkeys(found))


def glued_problems(text: str) -> Iterator[Problem]:
    """Yield each placeholder that would run into its neighbour once it is filled in.

    The neighbour is a letter, a number or another placeholder. Scripts without capitals, such as
    Chinese or Arabic, write words beside a number without a space.
    """
    text = unicodedata.normalize("NFC", text)
    found = [*BRACES.finditer(text), None]
    for place, following in pairwise(found):
        if place is None:
            continue
        before = text[: place.start()].rstrip(_JOINS)
        behind = text[place.end() :].lstrip(_JOINS)
        ahead = text[place.end() : len(text) - len(behind)]
        glued = _runs_into(before[-1:], touches=len(before) == place.start())
        if following is not None and place.end() + len(ahead) == following.start():
            # The clinic's name and phone numbers are never the ends of a range.
            glued = glued or ahead not in _PARTS or "clinic." in f"{place[1]} {following[1]}"
        else:
            glued = glued or _runs_into(behind[:1], touches=not ahead)
        if glued:
            message = f"a space is missing beside {{{place[1]}}}"
            yield Problem(
                message,
                "Put a space between it and the letter or number beside it, or they would run "
                "together.",
            )


def _runs_into(beside: str, *, touches: bool) -> bool:
    """Return whether the character beside a placeholder would be read as part of its value.

    `touches` is whether it is directly beside, without punctuation between.
    """
    if not beside:
        return False
    return unicodedata.category(beside)[0] == "N" or (
        touches and beside.isalpha() and beside.upper() != beside.lower()
    )


def _inside_problems(text: str) -> Iterator[Problem]:
    """Yield stars inside a word or number, and backslashes that would be lost."""
    for found in _INSIDE.finditer(text):
        before, behind = found.groups()
        if before[-1].isdecimal() and behind[0].isdecimal():
            hint = (
                f"Write {before} to the power of {behind} in words, "
                "or put a space on one side of the stars."
            )
            yield Problem(
                f"the two stars in {found[0][:60]} would be lost, "
                "and the numbers run into each other",
                hint,
            )
        else:
            hint = (
                "Strong words have a space, or a mark such as a comma, "
                "before and behind their stars."
            )
            yield Problem(f"a space is missing beside the two stars in {found[0][:60]}", hint)
    for found in _NEEDLESS.finditer(text):
        yield Problem(f"the backslash in {found[1]} would not be printed", "Take it out.")


def places_in(text: str) -> tuple[str, ...]:
    """Return the names of the fields that a text has places for, in order."""
    return tuple(
        name.removeprefix(RECORD) for name in BRACES.findall(text) if name.startswith(RECORD)
    )


def _written_problems(text: str, fields: Collection[str] = ()) -> Iterator[Problem]:
    """Yield faults that need no parser: empty lines, braces, addresses."""
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
    # This parser does not report bad links: it would drop them silently, so they are reported here.
    for target in re.findall(r"\]\(\s*<?([^)\s>]*)", text):
        if not target.startswith(LINK_SCHEMES) or target in LINK_SCHEMES:
            message = f"the link to '{target[:60]}' is not allowed"
            yield Problem(message, "A link starts with https://, tel: or mailto:.")
        hidden = next((letter for letter in target if is_unseen(letter)), "")
        if hidden:
            hint = "Type the address again."
            yield Problem(f"the address of a link holds the character {named(hidden)}", hint)


def _token_problems(text: str) -> tuple[Problem, ...]:
    """Return what Markdown would read as markup and is no mark of ours."""
    problems: list[Problem] = []
    depth_link = depth_strong = 0
    for token in _tokens(text):
        if token.type in _REFUSED:
            problems.append(Problem(*_REFUSED[token.type]))
        if token.type == "link_open" and token.markup == "autolink":
            message = "a bare address in <...> cannot be read aloud"
            problems.append(Problem(message, "Write [words](https://address)."))
        if token.type == "link_open" and "title" in token.attrs:
            message = "a link has no second text in quotes: it would not be printed"
            problems.append(Problem(message, "Write [words](https://address)."))
        if (
            token.type == "text"
            and re.search(r"\][(\[]", token.content)
            and not any("is not allowed" in p.message for p in _written_problems(text))
        ):
            hint = (
                "Write [words](https://address), with no space in the address and none between "
                "the brackets."
            )
            problems.append(Problem("this looks like a link but is not one", hint))
        depth_link += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        depth_strong += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
        if depth_link and token.type == "strong_open":
            hint = "Put the stars around the whole link, or leave them out."
            problems.append(Problem("strong words cannot be used inside a link", hint))
        if token.type == "text" and "**" in token.content:
            hint = "Strong words have ** right before and right after them."
            problems.append(Problem("two stars ** have no partner here", hint))
        if token.type == "text" and re.search(r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);", token.content):
            hint = "Type the character itself."
            problems.append(Problem("HTML entities are not allowed in a text", hint))
    return tuple(problems)


def plain_problems(text: str) -> tuple[Problem, ...]:
    """Return what looks like a mark in a text that is printed as written.

    It would be printed with its stars and braces.
    """
    if not _LOOKS_MARKED.search(text):
        return ()
    for pattern, what in (
        (r"</?[a-zA-Z!]", "HTML"),
        (r"\*\*", "two stars **"),
        (r"\{[^{}]*\}", "a placeholder"),
        (r"\]\(", "a link"),
    ):
        if re.search(pattern, text):
            return (
                Problem(
                    f"{what} cannot be used here: this text is printed as it is",
                    "Write plain words.",
                ),
            )
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
            spans.extend(_filled(token.content, values, widths or {}, strong=strong > 0, href=href))
    return tuple(spans)


def _tokens(text: str) -> Sequence[Token]:
    return _parser().parseInline(text.strip())[0].children or ()


def _filled(
    content: str,
    values: Mapping[str, str | None],
    widths: Mapping[str, float],
    *,
    strong: bool,
    href: str | None,
) -> list[Span]:
    spans = []
    for index, part in enumerate(BRACES.split(content)):
        if index % 2 and part.startswith(RECORD):
            field = part.removeprefix(RECORD)
            spans.append(
                Span(field, strong, href, blank=True, place=Place(field, widths.get(field, 0.0)))
            )
        elif index % 2:
            value = values[part]
            spans.append(
                Span(value or part, strong, href, blank=value is None, number=part != "clinic.name")
            )
        elif part:
            spans.append(Span(part, strong, href))
    return spans
