"""Load and check the file of a handout in the language that it was written in.

The result is a checked handout, or all problems at once, each with its location.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.content.approval import ApprovalStatus, approval_status
from teachback.content.audience_coverage import reach_problems
from teachback.content.base_model import ID
from teachback.content.block_checks import block_problems
from teachback.content.draft_notices import (
    Notice,
    accepted_unchecked,
    rules_know,
    unchecked_problem,
    unused_problem,
)
from teachback.content.handout import LONGEST_TITLE, Handout, ids_of, sources_of
from teachback.content.handout_checks import place_problems
from teachback.content.readable_part import readable_part
from teachback.content.text_and_picture_checks import (
    handout_picture_problems,
    handout_text_problems,
    letter_problems,
    texts_in,
)
from teachback.content.validation_errors import validated
from teachback.errors import Problem, TeachbackError, guess, nearest
from teachback.files.workspace import TRANSLATIONS, Workspace, find, read_bytes, shown
from teachback.files.yaml_reader import UnquotedTextError, YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from teachback.content.base_model import KeyPath
    from teachback.content.translation_matching import ReaderStates, TranslatedTexts
    from teachback.content.workspace_content import WorkspaceContent

# The length of the path of a block, such as sections, 2, blocks, 4.
_BLOCK_PATH: Final = 4


class LoadedHandout(NamedTuple):
    """A checked handout, the file with the location of each text, and the approval status."""

    handout: Handout
    file: YamlFile
    approval: ApprovalStatus = ApprovalStatus()
    notices: tuple[Notice, ...] = ()
    translated: TranslatedHandout | None = None
    # Whether entries with problems were left out, so that it cannot be checked as a whole.
    is_part: bool = False

    @property
    def checked(self) -> LoadedHandout:
        """The handout that rules on content read.

        Of a translation into a language that the rules do not know, it is the English that was
        translated.
        """
        if self.translated is None or rules_know(self.handout.language):
            return self
        return self.translated.english


class TranslatedHandout(NamedTuple):
    """The handout that a translation was made from, and how they compare.

    `english` is the handout as it was translated, which may be older than `current`, the handout as
    it is. The locations of the texts of `english` are those in the translation's file. `readers`
    has the state of each text for each reader, also for those who get no edition.
    """

    english: LoadedHandout
    current: LoadedHandout
    texts: TranslatedTexts
    readers: tuple[ReaderStates, ...]


class FaultyHandoutError(TeachbackError):
    """The problems of a handout that cannot be printed, but whose texts can be checked."""

    def __init__(
        self, authored: LoadedHandout, laid_out: LoadedHandout | None, *problems: Problem
    ) -> None:
        """Store the handout with its problems, and the part of it that can be laid out, if any."""
        super().__init__(*problems)
        self.authored = authored
        self.laid_out = laid_out


def validate_authored(
    raw: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> LoadedHandout:
    """Check the bytes of a handout file that is no translation.

    Raises TeachbackError with every problem found; it is a FaultyHandoutError if the texts can be
    checked for more.
    """
    unquoted: tuple[Problem, ...] = ()
    try:
        file = read_yaml(raw, shown(path))
    except UnquotedTextError as error:
        file, unquoted = error.file, error.problems
    try:
        handout = validated(Handout, file)
    except TeachbackError as error:
        problems = [*unquoted, *error.problems, *_handout_letter_problems(file, shared)]
        part = readable_part(file)
        if part is None:
            raise TeachbackError(*problems) from None
        problems += _id_problems(*part)
        problems += handout_text_problems(*part, _field_names(file))
        problems += _problems_of_valid_blocks(*part, file, error.problems)
        raise _faulty(part, problems, shared, workspace, whole=file) from None
    problems = [
        *unquoted,
        *name_problems(path, handout, file, shared),
        *_id_problems(handout, file),
        *file.located(place_problems(handout)),
        *file.located(block_problems(handout), key=True),
        *handout_text_problems(handout, file, _field_names(file)),
        *_handout_letter_problems(file, shared),
    ]
    faulty = _faulty((handout, file), problems, shared, workspace)
    if faulty.problems:
        raise faulty
    approval = approval_status(handout, shared.audiences, picture_hash(workspace))
    notices = []
    unused = workspace.root / TRANSLATIONS / handout.language / f"{handout.id}.yaml"
    if unused.exists():
        notices.append(unused_problem(shown(unused)))
    if not rules_know(handout.language):
        notices.append(unchecked_problem(handout))
        approval = approval._replace(unchecked=accepted_unchecked(handout) is None)
    place = file.locate(("language",), key=True)
    return LoadedHandout(
        handout,
        file,
        approval,
        tuple(Notice("", problem._replace(location=place)) for problem in notices),
    )


def _faulty(
    read: tuple[Handout, YamlFile],
    problems: list[Problem],
    shared: WorkspaceContent,
    workspace: Workspace,
    *,
    whole: YamlFile | None = None,
) -> FaultyHandoutError:
    """Return the problems of a handout, with the parts of it that can be checked and laid out.

    `whole` is the file that has more entries than what was read.
    """
    handout, file = read
    is_part = whole is not None
    # Nobody knows who reads a part of a handout whose audiences have problems.
    has_readers = whole is None or whole.data["audiences"] == file.data["audiences"]
    reach = reach_problems(handout, shared.audiences, is_part=is_part) if has_readers else ()
    unreached = list(file.located(reach, key=True))
    unsourced = list(unknown_source_problems(handout, file, shared))
    pictures = list(handout_picture_problems(handout, file, workspace))
    incomplete = [*unreached, *unsourced]
    checked = (readable_part(file, incomplete) if incomplete else None) or read
    laid_out = (readable_part(checked[1], pictures) if pictures else None) or checked
    return FaultyHandoutError(
        LoadedHandout(*checked, is_part=is_part or bool(unreached)),
        LoadedHandout(*laid_out, is_part=True),
        *problems,
        *incomplete,
        *pictures,
    )


def _problems_of_valid_blocks(
    handout: Handout, part: YamlFile, file: YamlFile, format_problems: Sequence[Problem]
) -> Iterator[Problem]:
    """Yield the faults of those blocks of a part whose format has no problem."""
    invalid = {
        file.path_at(problem.location)[:_BLOCK_PATH]
        for problem in format_problems
        if problem.location
    }
    for path, problem in block_problems(handout):
        place = part.locate(path, key=True)
        if file.path_at(place)[:_BLOCK_PATH] not in invalid:
            yield problem._replace(location=place)


def _field_names(file: YamlFile) -> tuple[str, ...]:
    """Return the names of the fields that a file declares, also of those with problems."""
    fields = file.data.get("fields") or ()
    names = [field.get("name") for field in fields if isinstance(field, dict)]
    return tuple(name for name in names if isinstance(name, str))


def picture_hash(workspace: Workspace) -> Callable[[str], str]:
    """Return a function from a picture's name below content/ to its hash.

    The hash is "" when the picture is missing.
    """

    def hash_of(name: str) -> str:
        from teachback.files.atomic_files import sha256

        path = find(workspace, f"content/{name}")
        return sha256(read_bytes(path)) if path else ""

    return hash_of


def name_problems(
    path: Path, handout: Handout, file: YamlFile, shared: WorkspaceContent
) -> Iterator[Problem]:
    """Yield faults of a file's name, language, badges, review and title."""
    if path.stem not in {handout.id, f"{handout.id}.{handout.language}"}:
        message = f"the id '{handout.id}' differs from the name of the file"
        stem = path.stem.split(".")[0]
        or_set = f", or set `id: {stem}`" if re.fullmatch(ID, stem) else ""
        yield Problem(message, f"Call the file {handout.id}.yaml{or_set}.", file.locate(("id",)))
    if handout.language in shared.unfinished:
        yield from shared.unfinished[handout.language]
    elif handout.language not in shared.words:
        message = f"there are no words for the language '{handout.language}'"
        suggestion = nearest(handout.language, shared.words)
        hint = f"Add content/words/{handout.language}.yaml. {suggestion}"
        yield Problem(message, hint, file.locate(("language",)))
    for index, name in enumerate(handout.audiences):
        audience = shared.audiences.root.get(name)
        if audience is not None and handout.language not in audience.badge:
            message = f"the audience '{name}' has no badge in the language '{handout.language}'"
            hint = "Add it in content/audiences.yaml."
            yield Problem(message, hint, file.locate(("audiences", index)))
    review = handout.review
    if review.status == "approved":
        for name in ("reviewer", "reviewed", "due"):
            if getattr(review, name) is None:
                hint = "Fill it, or set `status: draft`."
                yield Problem(f"an approved text needs `{name}:`", hint, file.locate(("review",)))
    if review.reviewed and review.due and review.due < review.reviewed:
        message = "the next review is due before the last one took place"
        yield Problem(message, "Set a later `due:`.", file.locate(("review", "due")))
    for title_path, text in texts_in(handout.title, ("title",)):
        if len(text) > LONGEST_TITLE:
            message = f"this title has {len(text)} letters; {LONGEST_TITLE} fit the foot of a page"
            yield Problem(message, "Say it in fewer words.", file.locate(title_path))


def _id_problems(handout: Handout, file: YamlFile) -> Iterator[Problem]:
    first_uses: dict[str, KeyPath] = {}
    for path, name in ids_of(handout):
        first = first_uses.setdefault(name, path)
        # No two ids have the same path.
        if first != path:
            line = file.locate(first).line
            message = f"the id '{name}' is used twice; it was first used in line {line}"
            yield Problem(message, "Give each one its own id.", file.locate(path))


def unknown_source_problems(
    handout: Handout, file: YamlFile, shared: WorkspaceContent
) -> Iterator[Problem]:
    """Yield a problem for each source that is not in content/sources.yaml."""
    for path, name in sources_of(handout):
        if name not in shared.sources.root:
            hint = guess(name, shared.sources.root) or "Add it to content/sources.yaml."
            yield Problem(f"the source '{name}' is not known", hint, file.locate(path))


def _handout_letter_problems(file: YamlFile, shared: WorkspaceContent) -> Iterator[Problem]:
    """Yield the letters of a handout, valid or not, that the font of its language lacks."""
    language = file.data.get("language") if isinstance(file.data, dict) else None
    return letter_problems(file, lambda _: shared.letters(language))
