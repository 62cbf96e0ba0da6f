"""Print both languages of a translation side by side, to sign: `teachback translate proof`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.checking.translation_sheet import STATES, pair_texts
from teachback.checking.translation_sheet_proof import translation_sheet_problems
from teachback.commands.staff_sheet import LONGER, StaffSheet, make_sheets
from teachback.content.handout_loader import picture_hash
from teachback.content.locale_formats import direction_of
from teachback.content.translation import TextState
from teachback.content.translation_loader import read_translation
from teachback.content.workspace_content import load_shared
from teachback.errors import DesignHint, UsageError
from teachback.files.workspace import chosen_handouts, is_translation, read_bytes, write_whole
from teachback.html.composer import fill_page, line_to_html, stylesheet
from teachback.html.language_styles import language_styles
from teachback.printing.design import open_design
from teachback.printing.process_pool import scale_of

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from teachback.checking.translation_sheet import TranslationSheet
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.files.workspace import Workspace
    from teachback.html.composer import Design, Medium
    from teachback.units import Paper

TEMPLATE: Final = "translation-proof.html"
_HINT: Final = DesignHint(
    "Compare the clinic's own templates/translation-proof.html and styles/translation-proof.css "
    "with the built-in ones."
)


class ProofOfTranslation(NamedTuple):
    """The file that was written, how many texts it shows, and how many are not translated now."""

    path: Path
    texts: int
    missing: int
    outdated: int


def write_proof(
    name: str, language: str, path: Path, workspace: Workspace, today: dt.date, paper: Paper
) -> ProofOfTranslation:
    """Write a translation, whole or not, beside its handout as a PDF to sign.

    Raises UsageError if there is no such translation, and TeachbackError if it cannot be read or
    printed. The file is then either complete or missing.
    """
    source = _translation_file(name, language, workspace)
    shared = load_shared(workspace)
    raw = read_bytes(source)
    read = read_translation(raw, source, workspace, shared)
    sheet = pair_texts(read, shared, picture_hash(workspace))
    source_name, target_name = (
        shared.words[tag].language if tag in shared.words else shared.languages.of(tag).name
        for tag in sheet.languages
    )
    names = (source_name, target_name)
    staff_sheet = StaffSheet(
        "the proof of the translation",
        TEMPLATE,
        partial(_compose, sheet, names, shared, today, paper),
        partial(translation_sheet_problems, sheet, names),
        workspace,
        open_design(workspace),
        shared.glyphs.union(*map(shared.letters, sheet.languages)),
    )
    (data,) = make_sheets(staff_sheet, (path,), LONGER * scale_of(len(raw)), _HINT)
    write_whole(path, data)
    states = [state for reader in read.readers for _, state in reader.texts]
    return ProofOfTranslation(
        path,
        sum(len(texts) for _, texts in sheet.parts),
        sum(state is TextState.MISSING for state in states),
        sum(state is TextState.STALE for state in states),
    )


def _translation_file(name: str, language: str, workspace: Workspace) -> Path:
    files = chosen_handouts((name,), workspace, language).values()
    found = next(
        (file for file in files if is_translation(file) and file.parent.name == language), None
    )
    if found is None:
        message = f"there is no translation of '{name}' into '{language}'"
        hint = f"Begin one: teachback translate start {name} --language {language}"
        raise UsageError.of(message, hint)
    return found


def _compose(
    sheet: TranslationSheet,
    language_names: tuple[str, str],
    shared: WorkspaceContent,
    day: dt.date,
    paper: Paper,
    medium: Medium,
    design: Design,
) -> str:
    """Return the page of a proof, to be laid out."""
    style_sheets = ["tokens.css", "report.css", "report-print.css", "translation-proof.css"]
    size = f"@page {{ size: {paper.box.width}mm {paper.box.height}mm }}\n"
    styles_of_languages = language_styles(sheet.languages, shared.languages, design.files)
    names: dict[str, Any] = {
        "sheet": sheet,
        "clinic": shared.clinic,
        "day": day,
        "names": language_names,
        "states": tuple(STATES.values()),
        "direction": direction_of,
        "spans": partial(line_to_html, medium=medium, write_here=""),
    }
    styles = size + stylesheet(style_sheets, shared.clinic, design) + styles_of_languages
    return fill_page(TEMPLATE, design, medium, styles, names)
