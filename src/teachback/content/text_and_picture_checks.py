"""Check that texts and pictures can be printed: marks, letters, numbers, words of a drawing."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from teachback.content.base_model import SourcedModel, steps
from teachback.content.handout import PICTURES
from teachback.content.inline_markup import BRACES, marks_problems, plain_problems
from teachback.errors import Location, Problem, TeachbackError, nearest
from teachback.files.encoding_damage import is_misread
from teachback.files.font_coverage import missing_glyphs, words_for
from teachback.files.workspace import find, folders, read_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from teachback.content.base_model import KeyPath
    from teachback.content.handout import Handout
    from teachback.files.images import DrawnText
    from teachback.files.workspace import Workspace
    from teachback.files.yaml_reader import YamlFile

    # Returns the letters that can be printed at a path of a file.
    LettersAt = Callable[[KeyPath], frozenset[int]]

# Letters of scripts that are written from right to left.
_RTL_LETTER: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
# Two numbers with a hyphen or a dash between them.
_RANGE: Final = re.compile(
    r"\d[\d.,\u066b\u066c]*\s*[-\u2010-\u2015\u2212]\s*\d[\d.,\u066b\u066c]*"
)
# Keys of texts in which inline marks are not read.
_WITHOUT_MARKS: Final = frozenset({"purpose", "reviewer", "owner"})
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


def texts_in(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield every text of a handout with its path, each audience's version separately."""
    for inner_path, inner in steps(value, path):
        if inner_path[-1:] == ("approved",):
            continue
        if isinstance(inner, dict):
            yield from (
                ((*inner_path, name), text) for name, text in inner.items() if isinstance(text, str)
            )
        elif (
            isinstance(inner, str)
            and inner_path
            and inner_path[-1] not in _NAMES
            and inner_path[-2:-1] != ("fields",)
        ):
            yield inner_path, inner


def handout_text_problems(
    handout: Handout, file: YamlFile, fields: tuple[str, ...]
) -> Iterator[Problem]:
    """Yield the faults of texts: marks, and ranges in a text from right to left.

    There, 10-20 is painted the other way round than with a dash: either may be read as 20 to 10.
    `fields` are the names of the declared fields.
    """
    texts = tuple(texts_in(handout))
    is_rtl = _is_rtl(texts, handout.language)
    for path, text in texts:
        is_plain = (
            path[-1] in _WITHOUT_MARKS
            or "silent_for" in path
            or (path[0] == "fields" and "choices" in path)
        )
        problems = plain_problems(text) if is_plain else marks_problems(text, fields)
        yield from (problem._replace(location=file.locate(path)) for problem in problems)
        for numbers in _RANGE.findall(text) if is_rtl else ():
            message = f"'{numbers}' may be read the other way round in a text from right to left"
            hint = "Write it in words of the language: from 10 to 20."
            yield Problem(message, hint, file.locate(path))


def as_written_problems(
    file: YamlFile, letters: LettersAt, *, filled: bool = False
) -> Iterator[Problem]:
    """Yield the faults of a file whose texts are printed as written.

    With `filled`, parts in braces are skipped, since templates fill them in.
    """
    yield from letter_problems(file, letters)
    for place, text in file.scalars():
        problems = plain_problems(BRACES.sub("", text) if filled else text)
        yield from (problem._replace(location=place) for problem in problems)


def _is_rtl(texts: Iterable[tuple[KeyPath, str]], language: str) -> bool:
    """Return whether texts in a language are written from right to left."""
    if not any(_RTL_LETTER.search(text) for _, text in texts if not text.isascii()):
        return False
    # Imported here because Babel is needed only for such a handout.
    from teachback.content.locale_formats import direction_of

    try:
        return direction_of(language) == "rtl"
    except TeachbackError:
        # An unknown language has no printed words either, and that is a problem already.
        return False


def letter_problems(file: YamlFile, letters: LettersAt) -> Iterator[Problem]:
    """Yield texts with letters that cannot be printed, or read in a wrong encoding.

    `letters` returns the letters that the font for a path has.
    """
    for place, text in file.scalars():
        if is_misread(text):
            message = (
                "this text looks as if it was read in the wrong encoding before it was saved here"
            )
            yield Problem(message, "Type the letters again, and save the file as UTF-8.", place)
    for path, location in file.locations.items():
        if location.text is None or location.text.isascii():
            continue
        glyphs = letters(path)
        # Without readable fonts there is nothing to compare with, and that is reported already.
        for character, name in missing_glyphs(location.text, glyphs) if glyphs else ():
            message = f"the character '{character}' ({name}) is in none of the fonts"
            yield Problem(message, words_for(character), location.value)


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
    """Yield the texts of a part with a picture, joined, as each audience reads them."""
    fields = (getattr(part, name, None) for name in ("alt", "caption", "text"))
    texts = [text for text in (*fields, *getattr(part, "sides", ())) if text is not None]
    audiences = dict.fromkeys(name for text in texts if isinstance(text, dict) for name in text)
    for audience in audiences:
        yield " | ".join(
            text if isinstance(text, str) else text.get(audience, "") for text in texts
        )
    # A text that is not translated yet has no audience, and nobody who reads it.
    if all(isinstance(text, str) for text in texts):
        yield " | ".join(map(str, texts))


def picture_problems(
    name: str, place: Location, workspace: Workspace, readings: tuple[str, ...]
) -> Iterator[Problem]:
    """Yield why a picture cannot be printed: it must be a small file below content/.

    The words of a drawing must be in each of `readings`, the texts beside it as each audience reads
    them: no rule and no screen reader reads the drawing.
    """
    from teachback.files.images import KINDS, drawn_texts, picture_fault

    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts or ":" in name or "\\" in name:
        hint = "Put it below content/images/ and write images/name.svg."
        yield Problem(f"the picture '{name}' lies outside the workspace", hint, place)
        return
    path = find(workspace, f"content/{name}")
    if relative.suffix.lower() not in KINDS:
        hint = f"Use one of {', '.join(KINDS)}."
        yield Problem(f"'{name}' is not a picture that can be printed", hint, place)
    elif path is None:
        existing = {
            f"images/{file.name}"
            for folder in folders(workspace, "content/images")
            for file in folder.iterdir()
            if file.is_file()
        }
        hint = f"It belongs at content/{name}. {nearest(name, existing)}".strip()
        yield Problem(f"there is no picture '{name}'", hint, place)
    elif not any(path.resolve().is_relative_to(root.resolve()) for root in workspace.roots):
        message = f"the picture '{name}' is a link to a place outside the workspace"
        yield Problem(message, "Put the file itself below content/images/.", place)
    else:
        data = read_bytes(path)
        fault = picture_fault(data, relative.suffix)
        if fault:
            yield Problem(f"the picture '{name}' cannot be printed: {fault[0]}", fault[1], place)
            return
        for drawn in _undescribed(drawn_texts(data, relative.suffix), readings):
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


def _undescribed(texts: tuple[DrawnText, ...], readings: tuple[str, ...]) -> Iterator[DrawnText]:
    """Yield the texts of a drawing that some reading lacks.

    A reading needs a number as often as it is drawn.
    """
    unmatched = [" ".join(reading.replace("**", "").split()) for reading in readings]
    before = r"(?<![\w+<>\u2212-])(?<!\d[.,/])"
    for text in sorted(texts, key=lambda text: -len(text.words)):
        words = re.compile(rf"{before}{re.escape(text.words)}(?![\w-]|[.,/]\d)", re.IGNORECASE)
        if not all(words.search(reading) for reading in unmatched):
            yield text
        elif any(letter.isdecimal() for letter in text.words):
            unmatched = [words.sub("|", reading, count=1) for reading in unmatched]
