"""Find the clinic's files that nothing reads, such as a safety rule saved as `.yml`.

Each problem names what the file should be called. A build with nothing to do imports this module,
so it imports nothing heavy.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Location, Problem, Severity, guess, nearest
from teachback.files.workspace import (
    KINDS,
    MIME,
    SETTINGS,
    STARTER_TRANSLATIONS,
    TRANSLATIONS,
    is_workspace,
    shown,
    walk_inside,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from teachback.files.workspace import Workspace


class ReadFiles(NamedTuple):
    """The files that are read in one folder: those with these endings, and those of these names.

    `what` names such a file in messages. A `deep` folder is read with all its subfolders, and its
    endings in upper or lower case.
    """

    endings: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    what: str = ""
    deep: bool = False

    def reads(self, name: str) -> bool:
        """Return whether a file of this name is read here."""
        ending = os.path.splitext(name)[1]  # noqa: PTH122 -- a name, and no path
        return name in self.names or (ending.lower() if self.deep else ending) in self.endings


_PICTURES: Final = (".svg", ".png", ".jpg", ".jpeg")
_YAML: Final = (".yaml",)
SHELVES: Final = {
    "content": ReadFiles(
        names=frozenset(
            {
                "audiences.yaml",
                "languages.yaml",
                "checks.yaml",
                "clinic.yaml",
                "search-words.yaml",
                "sources.yaml",
                "stocks.yaml",
                "handout.schema.json",
                "translation.schema.json",
            }
        )
    ),
    "content/handouts": ReadFiles(_YAML, what="A handout"),
    "content/images": ReadFiles(_PICTURES, what="A picture", deep=True),
    "content/rules": ReadFiles(
        _YAML, frozenset({"verdict.txt", "verdict.onnx", "verdict-vocabulary.txt"}), "A rule"
    ),
    "content/rules/data": ReadFiles(_YAML, what="A list of names for rules"),
    "content/rules/grades": ReadFiles(_YAML, what="A formula"),
    "content/rules/translations": ReadFiles(_YAML, what="A glossary"),
    "content/rules/words": ReadFiles(
        names=frozenset({"abbreviations.yaml", "plain-words.yaml", "syllables.yaml", "terms.yaml"})
    ),
    "content/samples": ReadFiles(names=frozenset({"clinic.yaml", "handout.yaml", SETTINGS})),
    "content/starters": ReadFiles(_YAML, what="A starter"),
    # Translations are in the folder of their language.
    TRANSLATIONS: ReadFiles(),
    STARTER_TRANSLATIONS: ReadFiles(),
    "content/words": ReadFiles(_YAML, what="A language's words"),
    # The names in these folders come from the built-in ones.
    "templates": ReadFiles(),
    "templates/blocks": ReadFiles(),
    "templates/facing": ReadFiles(),
    "styles": ReadFiles(),
    "styles/fonts": ReadFiles((".ttf",), what="A font"),
    "styles/fonts/names": ReadFiles((".ttf",), what="A font"),
    "styles/icons": ReadFiles(_PICTURES, what="An icon", deep=True),
}
# Names of files that do not come from an author: those of systems and editors, and licences.
_NOT_AUTHORED: Final = re.compile(
    r"\.|~\$|#.*#$|.*:zone\.identifier$|(thumbs\.db|ehthumbs\.db|desktop\.ini|icon\r)$"
    r"|(readme|licen[cs]e|copying|notice|ofl|fontlog|authors)[-\w]*(\.(md|txt|rst|html|pdf))?$",
    re.IGNORECASE,
)
_YAML_NAME: Final = re.compile(r"(.+?)\.ya?ml(?![a-z])", re.IGNORECASE)
# Endings of files that may hold YAML all the same. A file of Word or a picture never does.
_MAYBE_YAML: Final = frozenset({"", ".txt", ".json"})
# How similar two names must be, 0 to 1, for one to be a typing slip of the other. Other files
# beside content/ are the clinic's own affair.
_MIN_LIKENESS: Final = 0.75
_SOURCE_FILE: Final = re.compile(r".*\.(ya?ml|css|html|ttf|svg|png|jpe?g)$", re.IGNORECASE)


def stray_files(workspace: Workspace) -> tuple[Problem, ...]:
    """Warn of the clinic's files and folders that nothing reads, and suggest the right name.

    A folder with the name of a built-in file is an error: the built-in file would be used silently.
    A picture or template outside its usual folder counts as read when a handout, style or template
    names it.
    """
    shelves = _shelves(workspace)
    is_mentioned = _mentions(workspace.root)
    problems = [*_root_problems(workspace, shelves)]
    for kind in KINDS:
        # The files below each topmost unread folder, and "" for those in read folders: the name of
        # each, and whether it is read.
        groups: dict[str, list[tuple[str, bool]]] = {}
        for folder, names in _walk(workspace, kind):
            unread_parent = _unread_parent(folder, shelves)
            shelf = _shelf(folder, shelves)
            for name in names:
                if _is_not_authored(name, names):
                    continue
                is_read = (
                    not unread_parent and _is_read(name, workspace.root / folder, shelf)
                ) or is_mentioned(f"{folder}/{name}")
                groups.setdefault(unread_parent, []).append((f"{folder}/{name}", is_read))
        for unread_parent, files in groups.items():
            if unread_parent and not any(is_read for _, is_read in files):
                hint = _folder_hint(unread_parent, shelves)
                problems.append(_unread_folder(workspace.root / unread_parent, hint))
            else:
                problems += [
                    _unread_file(workspace.root / name, _hint(name, workspace.root, shelves))
                    for name, is_read in files
                    if not is_read
                ]
    if workspace.root != workspace.builtin:
        problems += _folders_for_files(workspace.root, shelves)
    return tuple(sorted(problems, key=lambda problem: problem.location or Location("")))


def _folders_for_files(root: Path, shelves: dict[str, ReadFiles]) -> Iterator[Problem]:
    """Yield a problem for each folder that has the name of a file that is read."""
    for folder, shelf in shelves.items():
        for name in shelf.names:
            path = root / folder / name
            if os.path.isdir(path):  # noqa: PTH112 -- false where a Path would raise
                message = "this is a folder, but a file is needed here"
                yield Problem(message, "Rename it or move it away.", _location(path))


def _shelves(workspace: Workspace) -> dict[str, ReadFiles]:
    """Return the folders that are read, with the names of the built-in templates and styles."""
    shelves = dict(SHELVES)
    for folder, shelf in SHELVES.items():
        if not folder.startswith("content"):
            paths = (workspace.builtin / folder).glob("*")
            names = frozenset(path.name for path in paths if path.is_file())
            shelves[folder] = shelf._replace(names=shelf.names | names)
    for folder in (TRANSLATIONS, STARTER_TRANSLATIONS):
        for language in (workspace.root / folder).glob("*/"):
            shelves[f"{folder}/{language.name}"] = ReadFiles(_YAML, what="A translation")
    return shelves


def _walk(workspace: Workspace, kind: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder of a kind by its name in the workspace, with the names of its files."""
    for folder, subfolders, names in walk_inside([workspace.root / kind], [workspace.root]):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__")))
        yield Path(folder).relative_to(workspace.root).as_posix(), sorted(names)


def _unread_parent(folder: str, shelves: dict[str, ReadFiles]) -> str:
    """Return the topmost parent of this folder that nothing reads, or "" if it is read."""
    parts = folder.split("/")
    for length in range(1, len(parts) + 1):
        parent = "/".join(parts[:length])
        if parent not in shelves:
            return parent
        if shelves[parent].deep:
            return ""
    return ""


def _shelf(folder: str, shelves: dict[str, ReadFiles]) -> ReadFiles:
    """Return what is read in a folder: its own entry, or that of a deep folder above it."""
    above = (
        shelf for parent, shelf in shelves.items() if shelf.deep and folder.startswith(f"{parent}/")
    )
    return shelves.get(folder) or next(above, ReadFiles())


def _is_not_authored(name: str, names: list[str]) -> bool:
    """Return whether a file of a folder with these names is a licence, or of a system or editor."""
    return bool(_NOT_AUTHORED.match(name)) or (name.endswith("~") and name[:-1] in names)


def _is_read(name: str, folder: Path, shelf: ReadFiles) -> bool:
    if shelf.reads(name):
        return True
    # On a case-insensitive disk, `Clinic.yaml` is opened as `clinic.yaml`.
    return any(
        known.lower() == name.lower() and _is_same_file(folder / known, folder / name)
        for known in shelf.names
    )


def _mentions(root: Path) -> Callable[[str], bool]:
    """Return a function that returns whether a handout, style or template names a file."""
    sources = {
        "content": ("content/clinic.yaml", "content/handouts/*.yaml"),
        "styles": ("styles/*.css", "templates/**/*.html"),
        "templates": ("templates/**/*.html",),
    }
    endings = {"content": _PICTURES, "styles": tuple(MIME), "templates": (".html",)}

    @cache
    def text(kind: str) -> bytes:
        contents = []
        for path in sorted(path for source in sources[kind] for path in root.glob(source)):
            with suppress(OSError):
                contents += [path.read_bytes()] if path.is_file() else []
        return b"\n".join(contents)

    def is_mentioned(name: str) -> bool:
        kind, _, relative = name.partition("/")
        encoded = relative.encode(errors="surrogateescape")
        return name.lower().endswith(endings[kind]) and encoded in text(kind)

    return is_mentioned


def _root_problems(workspace: Workspace, shelves: dict[str, ReadFiles]) -> Iterator[Problem]:
    """Yield problems for settings, content or styles that lie at the top of the workspace."""
    root = workspace.root
    place_of = {
        name: f"{folder}/{name}"
        for folder, shelf in shelves.items()
        if folder in {"content", "styles"}
        for name in shelf.names
    }
    workspaces = []
    for path in sorted(root.glob("[!.]*")):
        if path.is_dir():
            intended = _intended_folder(path.name)
            if intended and not _is_same_file(path, root / intended) and _has_source_files(path):
                yield _unread_folder(path, f"Did you mean '{intended}'?")
            elif (
                not intended
                and path.name not in KINDS
                and root != workspace.builtin
                and is_workspace(path)
            ):
                workspaces.append(path)
        elif path.name in place_of and path.name.endswith((".yaml", ".css")):
            yield _unread_file(path, f"It belongs at {place_of[path.name]}.")
        elif (
            path.name != SETTINGS
            and _resembles_settings(path.name)
            and not _is_same_file(path, root / SETTINGS)
        ):
            hint = (
                f"To have it read, rename it to '{SETTINGS}'; otherwise move it out of this folder."
            )
            yield _unread_file(path, hint)
    if workspaces:
        more = f" (and {len(workspaces) - 1} more)" if len(workspaces) > 1 else ""
        hint = f"Change to that folder first (cd {workspaces[0].name}), or move it out of here."
        message = (
            f"this folder is a workspace of its own{more}, and nothing in it is read from here"
        )
        yield Problem(message, hint, _location(workspaces[0]), Severity.WARNING)


def _intended_folder(name: str) -> str:
    """Return the folder that a top-level folder was meant to be, or ""."""
    if name in KINDS:
        return ""
    known = {kind: kind for kind in KINDS}
    known |= {inner: f"content/{inner}" for inner in ("handouts", "rules", "words")}
    return known.get(name.lower()) or _near_name(name, KINDS)


def _resembles_settings(name: str) -> bool:
    lower = name.lower()
    return bool(re.match(r"teachback\.(toml|tml|tom|ini|cfg|conf|ya?ml|json)\b", lower)) or (
        "." in lower and bool(_near_name(lower, [SETTINGS]))
    )


def _near_name(name: str, known: Sequence[str]) -> str:
    """Return the most similar known name, or "" if none is similar enough."""
    # Imported here because only an unusual name needs it.
    import difflib

    return next(iter(difflib.get_close_matches(name.lower(), known, 1, _MIN_LIKENESS)), "")


def _has_source_files(folder: Path) -> bool:
    """Return whether a folder holds a file that a page could be made of."""
    return any(_SOURCE_FILE.match(name) for _, _, names in os.walk(folder) for name in names)


def _is_same_file(first: Path, second: Path) -> bool:
    """Return whether two paths are one file, as on a case-insensitive disk."""
    with suppress(OSError):
        return first.samefile(second)
    return False


def _hint(name: str, root: Path, shelves: dict[str, ReadFiles]) -> str:
    """Return a hint with the name under which a file would be read."""
    folder, _, file = name.rpartition("/")
    shelf = _shelf(folder, shelves)
    if shelf.endings == _YAML or any(known.endswith(".yaml") for known in shelf.names):
        return _yaml_hint(folder, file, root, shelf)
    if shelf.what:
        return (
            f"{shelf.what} ends in {' or '.join(shelf.endings)}. Save it as one, or move it out "
            "of the folder."
        )
    known = {f"{folder}/{file}" for folder, shelf in shelves.items() for file in shelf.names}
    return _near_file(name, known) or "It replaces no built-in file; rename it or move it away."


def _yaml_hint(folder: str, file: str, root: Path, shelf: ReadFiles) -> str:
    """Return a hint with the name under which a file would be read in a folder of YAML."""
    match = _YAML_NAME.match(file)
    intended = f"{match[1] if match else file.partition('.')[0]}.yaml"
    if not shelf.endings:
        intended = intended.lower()
    if not shelf.reads(intended):
        return f"{nearest(file, shelf.names)} Only these are read in {folder}/."
    path = root / folder / intended
    if intended != file and path.exists() and not _is_same_file(path, root / folder / file):
        return (
            f"'{intended}' is read instead. Move this one out of the folder, or give it "
            "another name that ends in .yaml."
        )
    what = f"{shelf.what} is a file that ends in .yaml, right in {folder}/. " if shelf.what else ""
    if not match and os.path.splitext(file)[1].lower() not in _MAYBE_YAML:  # noqa: PTH122 -- a name
        return f"{what}Move it out of the folder."
    return f"{what}To have it read, rename it to '{intended}'; otherwise move it out of the folder."


def _near_file(name: str, known: set[str]) -> str:
    """Return a hint with the nearest known name, in the same folder or else in another one."""
    folder = name.rpartition("/")[0]
    siblings = {other for other in known if other.rpartition("/")[0] == folder}
    return guess(name, siblings) or guess(name, known)


def _unread_file(path: Path, hint: str) -> Problem:
    return Problem("this file is not used", hint, _location(path), Severity.WARNING)


def _folder_hint(name: str, shelves: dict[str, ReadFiles]) -> str:
    """Return where the files of an unknown folder would be read."""
    parent, _, child = name.rpartition("/")
    shelf = shelves.get(parent, ReadFiles())
    siblings = [other.rpartition("/")[2] for other in shelves if other.rpartition("/")[0] == parent]
    sibling = _near_name(child, siblings)
    if sibling:
        return f"Did you mean '{parent}/{sibling}'?"
    if not shelf.what:
        return ""
    return f"{shelf.what} is read right in {parent}/, and in no folder below it such as '{child}'."


def _unread_folder(path: Path, where: str) -> Problem:
    hint = f"{where} Move its files to where they are read, or move the folder away.".strip()
    message = "this folder and the files in it are not used"
    return Problem(message, hint, _location(path), Severity.WARNING)


def _location(path: Path) -> Location:
    return Location(shown(path))
