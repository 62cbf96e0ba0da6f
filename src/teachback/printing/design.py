"""Load and check a workspace's design: its templates, style sheets and pictures."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from teachback.errors import Location, OutOfTime, Problem, TeachbackError
from teachback.files.font_packages import family_fonts, packaged_fonts
from teachback.files.generated_text import generated_text_problems
from teachback.files.images import KINDS, drawn_texts, picture_fault
from teachback.files.screen_only_styles import screen_style_problems
from teachback.files.stylesheets import stylesheet_problems
from teachback.files.text_decoding import decode
from teachback.files.workspace import (
    Workspace,
    builtin_root,
    effective_files,
    folders,
    read_bytes,
    shown,
)
from teachback.html.composer import Design, open_templates
from teachback.printing.fingerprints import design_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.content.languages import Language

# Files for pages that only staff see: a change to them makes no other edition.
_FOR_STAFF = (
    "templates/cover.html",
    "templates/diff.html",
    "templates/report.html",
    "templates/translation-proof.html",
    "styles/cover.css",
    "styles/diff-screen.css",
    "styles/translation-proof.css",
)
UNPRINTED = frozenset(
    {*_FOR_STAFF, "styles/report.css", "styles/report-print.css", "styles/report-screen.css"}
)


def open_design(workspace: Workspace) -> Design:
    """Load templates, styles and the files that they may name.

    Raises TeachbackError for a file that is not text.
    """
    files = effective_files(workspace)
    problems: list[Problem] = []
    styles = {}
    sources = ""
    for name, path in files.items():
        if _is_template_or_style(name):
            try:
                text = decode(read_bytes(path), shown(path), markup=True)
            except TeachbackError as error:
                problems.extend(error.problems)
                continue
            sources += text
            if name.startswith("styles/"):
                styles[name.removeprefix("styles/")] = text
    if problems:
        raise TeachbackError(*problems)
    pictures = {
        name: path
        for name, path in _pictures(files).items()
        # Most are not named at all, and a plain search is faster.
        if path.name in sources and re.search(rf"(?<![\w.-]){re.escape(path.name)}", sources)
    }
    return Design(open_templates(folders(workspace, "templates")), styles, files, pictures)


def _is_template_or_style(name: str) -> bool:
    """Return whether a file is a part of pages, unlike a web page that is kept in content/."""
    return name.startswith(("styles/", "templates/")) and name.endswith((".css", ".html"))


def design_problems(design: Design, workspace: Workspace) -> Iterator[Problem]:
    """Yield the faults of a workspace's own style sheets and of the pictures of its design.

    No page needs to be made for them. The built-in files are checked by tests.
    """
    builtin = builtin_root()
    for name, css in _own_styles(design, workspace).items():
        sheet = shown(design.files[f"styles/{name}"])
        flaws = _in_time(sheet, stylesheet_problems, css, sheet, design.files)
        yield from flaws
        yield from _in_time(sheet, generated_text_problems, css, sheet)
        if not flaws:
            original = builtin / "styles" / name
            # All that a built-in sheet declares is allowed.
            allowed = original.read_text(encoding="utf-8") if original.is_file() else ""
            if css != allowed:
                yield from _in_time(sheet, screen_style_problems, css, sheet, allowed)
    own_texts = [
        read_bytes(path).decode("utf-8-sig")
        for name, path in design.files.items()
        if _is_template_or_style(name) and not path.is_relative_to(builtin)
    ]
    for name, path in design.files.items():
        is_icon = name.startswith("styles/icons/") and path.is_relative_to(workspace.root)
        if path.suffix.lower() in KINDS and (
            is_icon or any(path.name in text for text in own_texts)
        ):
            yield from _in_time(shown(path), _picture_problems, path)


def _own_styles(design: Design, workspace: Workspace) -> dict[str, str]:
    return {
        name: css
        for name, css in design.styles.items()
        if design.files[f"styles/{name}"].is_relative_to(workspace.root)
    }


def _picture_problems(path: Path) -> Iterator[Problem]:
    data = read_bytes(path)
    fault = picture_fault(data, path.suffix)
    if fault:
        yield Problem(*fault, Location(shown(path)))
        return
    for drawn in drawn_texts(data, path.suffix):
        message = f"a picture of the design shows '{drawn.words[:60]}', which no rule reads"
        hint = "Take the words out of the drawing. Write them into the handout or content/words/."
        yield Problem(message, hint, Location(shown(path), drawn.line, 1))


def _in_time(
    file: str, check: Callable[..., Iterable[Problem]], *arguments: object
) -> tuple[Problem, ...]:
    """Return the problems of a file; when time runs out in the check, the error names this file."""
    try:
        return tuple(check(*arguments))
    except OutOfTime as error:
        raise OutOfTime(
            *(problem._replace(location=Location(file)) for problem in error.problems)
        ) from None


def check_design(design: Design, workspace: Workspace) -> tuple[Problem, ...]:
    """Return the faults of a workspace's own design, in its files and as WeasyPrint reads it."""
    flaws = tuple(design_problems(design, workspace))
    return (*flaws, *_style_problems(_own_styles(design, workspace), design, flaws))


def _style_problems(
    styles: Mapping[str, str], design: Design, flaws: Iterable[Problem]
) -> Iterator[Problem]:
    """Check the style sheets for paper; of a flawed one, yield only problems with a line number."""
    flawed = {flaw.location.file for flaw in flaws if flaw.location}
    for name, css in styles.items():
        if "screen" not in name:
            from teachback.pdf.renderer import style_problems

            sheet = shown(design.files[f"styles/{name}"])
            found = _in_time(sheet, style_problems, sheet, css)
            yield from (
                problem
                for problem in found
                if sheet not in flawed or (problem.location and problem.location.line)
            )


def design_hash(design: Design) -> str:
    """Hash what all pages look like: templates, styles, and the pictures that these name.

    The words, the clinic, the font of a language and an edition's own pictures are hashed as they
    are printed.
    """
    packaged = packaged_fonts()
    printed = {
        name: path
        for name, path in design.files.items()
        if name.startswith(("templates/", "styles/"))
        and name not in UNPRINTED
        and name not in packaged
    }
    return design_fingerprint({**printed, **design.pictures})


def language_hash(language: Language, design: Design) -> str:
    """Hash how a language is set, with its own font: a new font makes another edition."""
    fonts = family_fonts(language.family, design.files) if language.family else {}
    versions = [
        (name, (path := design.files[name]), path.stat().st_mtime_ns) for name in fonts.values()
    ]
    return f"{language!r}|{_fonts_hash(tuple(versions))}"


@lru_cache(64)
def _fonts_hash(fonts: tuple[tuple[str, Path, int], ...]) -> str:
    """Hash fonts, once for each modification time of their files."""
    return design_fingerprint({name: path for name, path, _ in fonts})


def pictures_hash(design: Design, edition: str) -> str:
    """Hash the pictures that the repr of an edition, with that of its clinic, names."""
    return design_fingerprint(_named_by_edition(design, edition))


def refuse_unhashed(design: Design, edition: str, page: str) -> None:
    """Raise TeachbackError for a picture on a page whose change would not change the code.

    Its name is put together by a template. `edition` is as for `pictures_hash`.
    """
    hashed = {*design.pictures, *_named_by_edition(design, edition)}
    uncovered = [
        name for name in _pictures(design.files) if name not in hashed and quote(name) in page
    ]
    if uncovered:
        hint = "Write the whole name into the template, so that the edition code covers it."
        message = f"a template puts the name of the picture {uncovered[0]} together"
        raise TeachbackError.of(message, hint)


def _named_by_edition(design: Design, edition: str) -> dict[str, Path]:
    return {
        name: path
        for name, path in _pictures(design.files).items()
        if repr(name.removeprefix("content/")) in edition
    }


def _pictures(files: Mapping[str, Path]) -> dict[str, Path]:
    """Return the pictures below content/, by name; see `page_resources.served`."""
    return {
        name: path
        for name, path in files.items()
        if name.startswith("content/") and path.suffix.lower() in KINDS
    }


def has_own_design(design: Design) -> bool:
    """Return whether a clinic has its own templates or styles.

    If so, the paper is proved even where only a page for a screen is wanted.
    """
    paths = (path for name, path in design.files.items() if _is_template_or_style(name))
    return any(not path.is_relative_to(builtin_root()) for path in paths)
