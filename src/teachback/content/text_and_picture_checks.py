"""Check that texts and pictures can be printed: marks, letters, numbers, words of a drawing."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from teachback.content.base_model import steps
from teachback.content.handout import PICTURES, SourcedModel
from teachback.content.inline_markup import marks_problems, plain_problems
from teachback.errors import Location, Problem, TeachbackError, nearest
from teachback.files.encoding_damage import is_misread
from teachback.files.font_coverage import missing_glyphs, words_for
from teachback.files.workspace import find, folders, read_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from teachback.content.handout import Handout
    from teachback.files.images import DrawnText
    from teachback.files.workspace import Workspace
    from teachback.files.yaml_reader import YamlFile

    # The letters that can be printed at a path of a file.
    LettersAt = Callable[[tuple[Any, ...]], frozenset[int]]

# Letters that are written from right to left.
_FROM_RIGHT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
# Two numbers with a hyphen or a dash between them.
_RANGE: Final = re.compile(
    r"\d[\d.,\u066b\u066c]*\s*[-\u2010-\u2015\u2212]\s*\d[\d.,\u066b\u066c]*"
)
# Texts of a handout in which inline marks are not read.
_AS_IT_IS: Final = frozenset({"purpose", "reviewer", "owner"})
# Keys whose values are names or addresses, and no texts.
_NAMES: Final = frozenset(
    {
        "figure",
        "mark",
        "beside",
        "page",
        "zone",
        "link",
        "id",
        "tier",
        "callout",
        "line",
        "language",
        "field",
        "name",
        "type",
    }
)


def texts_in(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield every text of a handout with its path, each audience's version separately."""
    for where, found in steps(value, path):
        if where[-1:] == ("approved",):
            continue
        if isinstance(found, dict):
            yield from (
                ((*where, name), text) for name, text in found.items() if isinstance(text, str)
            )
        elif (
            isinstance(found, str)
            and where
            and where[-1] not in _NAMES
            and where[-2:-1] != ("fields",)
        ):
            yield where, found


def handout_text_problems(
    handout: Handout, file: YamlFile, names: tuple[str, ...]
) -> Iterator[Problem]:
    """Yield the faults of texts: marks, and ranges in a text from right to left.

    There, 10-20 is painted the other way round than with a dash: either may be read as 20 to 10.
    """
    mirrored = _is_mirrored(handout)
    for path, text in texts_in(handout):
        as_it_is = (
            path[-1] in _AS_IT_IS
            or "silent_for" in path
            or (path[0] == "fields" and "choices" in path)
        )
        found = plain_problems(text) if as_it_is else marks_problems(text, names)
        yield from (problem._replace(location=file.locate(path)) for problem in found)
        for numbers in _RANGE.findall(text) if mirrored else ():
            message = f"'{numbers}' may be read the other way round in a text from right to left"
            hint = "Write it in words of the language: from 10 to 20."
            yield Problem(message, hint, file.locate(path))


def as_written_problems(
    file: YamlFile, letters: LettersAt, *, filled: bool = False
) -> Iterator[Problem]:
    """Check a file whose texts are printed as written.

    With `filled`, parts in braces are skipped, since templates fill them in.
    """
    yield from letter_problems(file, letters)
    for place, text in file.scalars():
        yield from (
            problem._replace(location=place)
            for problem in plain_problems(re.sub(r"\{[^{}]*\}", "", text) if filled else text)
        )


def _is_mirrored(handout: Handout) -> bool:
    """Return whether a handout is written from right to left."""
    if not any(_FROM_RIGHT.search(text) for _, text in texts_in(handout)):
        return False
    from teachback.content.locale_formats import direction_of

    try:
        return direction_of(handout.language) == "rtl"
    except TeachbackError:
        # There are no words for such a language either, and that is told.
        return False


def letter_problems(file: YamlFile, letters: LettersAt) -> Iterator[Problem]:
    """Yield the letters that cannot be printed. `letters` returns what the font for a path has."""
    for place, text in file.scalars():
        if is_misread(text):
            message = (
                "this text looks as if it was read in the wrong encoding before it was saved here"
            )
            yield Problem(message, "Type the letters again, and save the file as UTF-8.", place)
    # Without readable fonts there is nothing to compare with, and that is reported already.
    for path, one in file.locations.items():
        glyphs = letters(path) if one.text is not None and not one.text.isascii() else frozenset()
        for character, name in missing_glyphs(one.text or "", glyphs) if glyphs else ():
            message = f"the character '{character}' ({name}) is in none of the fonts"
            yield Problem(message, words_for(character), one.value)


def handout_picture_problems(
    handout: Handout, file: YamlFile, workspace: Workspace
) -> Iterator[Problem]:
    """Yield why a picture of a handout cannot be printed."""
    for path, value in steps(handout):
        for key in PICTURES:
            picture = getattr(value, key, None) if isinstance(value, SourcedModel) else None
            if isinstance(picture, str):
                place = file.locate((*path, key))
                yield from picture_problems(picture, place, workspace, tuple(_readings(value)))


def _readings(part: Any) -> Iterator[str]:  # noqa: ANN401 -- any part with a picture
    """Yield what each reader reads of a part with a picture: beside it, or of it."""
    shown = (getattr(part, name, None) for name in ("alt", "caption", "text"))
    texts = [text for text in (*shown, *getattr(part, "sides", ())) if text is not None]
    for audience in dict.fromkeys(key for text in texts if isinstance(text, dict) for key in text):
        yield " | ".join(
            text if isinstance(text, str) else text.get(audience, "") for text in texts
        )
    if all(isinstance(text, str) for text in texts):
        yield " | ".join(map(str, texts))


def picture_problems(
    name: str, place: Location, workspace: Workspace, readings: tuple[str, ...]
) -> Iterator[Problem]:
    """Yield why a picture cannot be printed: it must be a small file below content/.

    Words that a drawing shows must be in each of `readings`, the texts beside it: no rule and no
    screen reader reads the drawing.
    """
    from teachback.files.images import KINDS, drawn_texts, picture_fault

    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts or ":" in name or "\\" in name:
        hint = "Put it below content/images/ and write images/name.svg."
        yield Problem(f"the picture '{name}' lies outside the workspace", hint, place)
        return
    path = find(workspace, f"content/{name}")
    if inside.suffix.lower() not in KINDS:
        hint = f"Use one of {', '.join(KINDS)}."
        yield Problem(f"'{name}' is not a picture that can be printed", hint, place)
    elif path is None:
        there = {
            f"images/{p.name}"
            for folder in folders(workspace, "content/images")
            for p in folder.iterdir()
            if p.is_file()
        }
        yield Problem(
            f"there is no picture '{name}'",
            f"It belongs at content/{name}. {nearest(name, there)}".strip(),
            place,
        )
    elif not any(path.resolve().is_relative_to(root.resolve()) for root in workspace.roots):
        message = f"the picture '{name}' is a link to a place outside the workspace"
        yield Problem(message, "Put the file itself below content/images/.", place)
    else:
        data = read_bytes(path)
        fault = picture_fault(data, inside.suffix)
        if fault:
            yield Problem(f"the picture '{name}' cannot be printed: {fault[0]}", fault[1], place)
            return
        for drawn in _undescribed(drawn_texts(data, inside.suffix), readings):
            message = (
                f"the picture '{name}' shows '{drawn.words[:60]}', "
                f"which the text at {place} does not say"
            )
            hint = (
                "No rule and no screen reader reads the words of a picture: repeat them in "
                "`alt:` or `caption:` (for a logo: in the clinic's name, address or phones), "
                "as often as the picture shows them, or take them out of the picture."
            )
            yield Problem(message, hint, Location(shown(path), drawn.line, 1))


def _undescribed(drawn: tuple[DrawnText, ...], readings: tuple[str, ...]) -> Iterator[DrawnText]:
    """Yield the texts of a drawing that some reading lacks.

    A number counts as often as it is drawn.
    """
    left = [" ".join(text.replace("**", "").split()) for text in readings]
    for one in sorted(drawn, key=lambda text: -len(text.words)):
        before = r"(?<![\w+<>\u2212-])(?<!\d[.,/])"
        words = re.compile(rf"{before}{re.escape(one.words)}(?![\w-]|[.,/]\d)", re.IGNORECASE)
        if not all(words.search(text) for text in left):
            yield one
        elif any(letter.isdecimal() for letter in one.words):
            left = [words.sub("|", text, count=1) for text in left]
