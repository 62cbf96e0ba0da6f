"""Find the clinic's files that nothing reads, such as a safety rule saved as `.yml`.

Each problem names what the file should be called. A build with nothing to do imports this module,
so it imports nothing heavy.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
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
    from collections.abc import Iterator, Sequence

    from teachback.files.workspace import Workspace


class ReadFiles(NamedTuple):
    """The files that are read in one folder: any with these suffixes, and any of these names.

    `what` describes such a file in messages. A `deep` folder is read with all its subfolders, and
    its suffixes in upper or lower case.
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
# Files that systems, editors and licences put beside an author's files.
_PASSED_OVER: Final = re.compile(
    r"\.|~\$|#.*#$|.*:zone\.identifier$|(thumbs\.db|ehthumbs\.db|desktop\.ini|icon\r)$"
    r"|(readme|licen[cs]e|copying|notice|ofl|fontlog|authors)[-\w]*(\.(md|txt|rst|html|pdf))?$",
    re.IGNORECASE,
)
_YAML_SOMEWHERE: Final = re.compile(r"(.+?)\.ya?ml(?![a-z])", re.IGNORECASE)
# Endings of files that may hold YAML all the same. Those of Word or a picture never do.
_PERHAPS_YAML: Final = frozenset({"", ".txt", ".json"})
# How similar names must be, 0 to 1, for one to be a typing slip of the other. Other files beside
# content/ are the clinic's own.
_ALIKE: Final = 0.75
_MADE_OF: Final = re.compile(r".*\.(ya?ml|css|html|ttf|svg|png|jpe?g)$", re.IGNORECASE)


def stray_files(workspace: Workspace) -> tuple[Problem, ...]:
    """Warn of the clinic's files and folders that nothing reads, and suggest the right name.

    A folder with the name of a built-in file is an error: the built-in file would be used silently.
    Pictures and templates outside their usual folders count as read when a handout, style or
    template names them.
    """
    shelves = _shelves(workspace)
    named = _Named(workspace.root)
    problems = [*_in_root(workspace, shelves)]
    for kind in KINDS:
        groups: dict[str, list[tuple[str, bool]]] = {}
        for folder, names in _walked(workspace, kind):
            top = _unknown_top(folder, shelves)
            shelf = _shelf(folder, shelves)
            for name in names:
                if _is_passed_over(name, names):
                    continue
                read = (not top and _is_read(name, workspace.root / folder, shelf)) or named(
                    f"{folder}/{name}"
                )
                groups.setdefault(top, []).append((f"{folder}/{name}", read))
        for top, found in groups.items():
            if top and not any(read for _, read in found):
                problems.append(_unread_folder(workspace.root / top, _folder_hint(top, shelves)))
            else:
                problems += [
                    _unread(workspace.root / name, _hint(name, workspace.root, shelves))
                    for name, read in found
                    if not read
                ]
    if workspace.root != workspace.builtin:
        known = sorted(
            f"{folder}/{name}" for folder, shelf in shelves.items() for name in shelf.names
        )
        hint = "Rename it or move it away."
        problems += [
            Problem(
                "this is a folder, but a file is needed here",
                hint,
                Location(shown(workspace.root / name)),
            )
            for name in known
            if os.path.isdir(workspace.root / name)  # noqa: PTH112 -- false where a Path would raise
        ]
    return tuple(sorted(problems, key=lambda problem: problem.location or Location("")))


def _shelves(workspace: Workspace) -> dict[str, ReadFiles]:
    """Return the folders that are read, with the names of the built-in templates and styles."""
    found = {}
    for folder, shelf in SHELVES.items():
        there = workspace.builtin / folder
        builtin = (
            frozenset(entry.name for entry in os.scandir(there) if entry.is_file())
            if there.is_dir()
            else frozenset()
        )
        found[folder] = (
            shelf if folder.startswith("content") else shelf._replace(names=shelf.names | builtin)
        )
    for folder in (TRANSLATIONS, STARTER_TRANSLATIONS):
        for language in (workspace.root / folder).glob("*/"):
            found[f"{folder}/{language.name}"] = ReadFiles(_YAML, what="A translation")
    return found


def _walked(workspace: Workspace, kind: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder below a kind by its workspace name, with its files."""
    for folder, subfolders, names in walk_inside(workspace.root, kind):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__")))
        yield Path(folder).relative_to(workspace.root).as_posix(), sorted(names)


def _unknown_top(folder: str, shelves: dict[str, ReadFiles]) -> str:
    """Return the topmost parent of this folder that nothing reads, or "" if it is read."""
    parts = folder.split("/")
    for length in range(1, len(parts) + 1):
        at = "/".join(parts[:length])
        if at not in shelves:
            return at
        if shelves[at].deep:
            return ""
    return ""


def _shelf(folder: str, shelves: dict[str, ReadFiles]) -> ReadFiles:
    """Return what is read in a folder: its own entry, or that of a deep folder above it."""
    return shelves.get(folder) or next(
        (shelf for at, shelf in shelves.items() if shelf.deep and folder.startswith(f"{at}/")),
        ReadFiles(),
    )


def _is_passed_over(name: str, beside: list[str]) -> bool:
    """Return whether a file belongs to the system, an editor or a licence, not to an author."""
    return bool(_PASSED_OVER.match(name)) or (name.endswith("~") and name[:-1] in beside)


def _is_read(name: str, folder: Path, shelf: ReadFiles) -> bool:
    if shelf.reads(name):
        return True
    # On a case-insensitive disk, `Clinic.yaml` is opened as `clinic.yaml`.
    return any(
        known.lower() == name.lower() and _same(folder / known, folder / name)
        for known in shelf.names
    )


class _Named:
    """A test whether a file outside the usual folders is named in a text that may name it.

    The texts are read when first needed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, bytes] = {}

    def __call__(self, name: str) -> bool:
        kind, _, inside = name.partition("/")
        ending = os.path.splitext(name)[1].lower()  # noqa: PTH122 -- a name, and no path
        if (
            ending
            not in {"content": _PICTURES, "styles": tuple(MIME), "templates": (".html",)}[kind]
        ):
            return False
        return inside.encode(errors="surrogateescape") in self._text(kind)

    def _text(self, kind: str) -> bytes:
        if kind not in self._texts:
            sources = {
                "content": ("content/clinic.yaml", "content/handouts/*.yaml"),
                "styles": ("styles/*.css", "templates/**/*.html"),
                "templates": ("templates/**/*.html",),
            }[kind]
            found = []
            for path in sorted(path for source in sources for path in self._root.glob(source)):
                with suppress(OSError):
                    found += [path.read_bytes()] if path.is_file() else []
            self._texts[kind] = b"\n".join(found)
        return self._texts[kind]


def _in_root(workspace: Workspace, shelves: dict[str, ReadFiles]) -> Iterator[Problem]:
    """Yield problems for settings, content or styles that lie at the top of the workspace."""
    root = workspace.root
    homes = {
        name: f"{folder}/{name}"
        for folder, shelf in shelves.items()
        if folder in {"content", "styles"}
        for name in shelf.names
    }
    try:
        entries = sorted(
            (entry for entry in os.scandir(root) if not entry.name.startswith(".")),
            key=lambda entry: entry.name,
        )
    except OSError:
        return
    inner = []
    for entry in entries:
        path = root / entry.name
        if entry.is_dir():
            right = _folder_meant(entry.name)
            if right and not _same(path, root / right) and _holds(path):
                yield _unread_folder(path, f"Did you mean '{right}'?")
            elif (
                not right
                and entry.name not in KINDS
                and root != workspace.builtin
                and is_workspace(path)
            ):
                inner.append(path)
        elif entry.name in homes and entry.name.endswith((".yaml", ".css")):
            yield _unread(path, f"It belongs at {homes[entry.name]}.")
        elif (
            entry.name != SETTINGS
            and _like_settings(entry.name)
            and not _same(path, root / SETTINGS)
        ):
            yield _unread(
                path,
                (
                    f"To have it read, rename it to '{SETTINGS}'; otherwise move it out of this "
                    "folder."
                ),
            )
    if inner:
        more = f" (and {len(inner) - 1} more)" if len(inner) > 1 else ""
        hint = f"Change to that folder first (cd {inner[0].name}), or move it out of here."
        yield Problem(
            f"this folder is a workspace of its own{more}, and nothing in it is read from here",
            hint,
            _at(inner[0]),
            Severity.WARNING,
        )


def _folder_meant(name: str) -> str:
    """Return the folder that a top-level folder was meant to be, or ""."""
    if name in KINDS:
        return ""
    if name.lower() in KINDS:
        return name.lower()
    below = {
        folder.split("/")[1]: folder
        for folder in ("content/handouts", "content/rules", "content/words")
    }
    if name.lower() in below:
        return below[name.lower()]
    return _nearly(name, KINDS)


def _like_settings(name: str) -> bool:
    lower = name.lower()
    if re.match(r"teachback\.(toml|tml|tom|ini|cfg|conf|ya?ml|json)\b", lower):
        return True
    return "." in lower and bool(_nearly(lower, [SETTINGS]))


def _nearly(name: str, known: Sequence[str]) -> str:
    """Return the known name that is most similar, or "" if none is similar enough."""
    # Imported here because only an unusual name needs it.
    import difflib

    return next(iter(difflib.get_close_matches(name.lower(), known, 1, _ALIKE)), "")


def _holds(folder: Path) -> bool:
    """Return whether a folder holds anything that a workspace could be made of."""
    return any(_MADE_OF.match(name) for _, _, names in os.walk(folder) for name in names)


def _same(one: Path, other: Path) -> bool:
    """Return whether two names are one file, as on a case-insensitive disk."""
    with suppress(OSError):
        return one.samefile(other)
    return False


def _hint(name: str, root: Path, shelves: dict[str, ReadFiles]) -> str:
    """Return a hint with the name under which a file would be read."""
    folder, _, own = name.rpartition("/")
    shelf = _shelf(folder, shelves)
    if shelf.endings == _YAML or any(known.endswith(".yaml") for known in shelf.names):
        found = _YAML_SOMEWHERE.match(own)
        right = f"{found[1] if found else own.split('.')[0]}.yaml"
        right = right if shelf.endings else right.lower()
        if shelf.reads(right):
            if (
                right != own
                and (root / folder / right).exists()
                and not _same(root / folder / right, root / name)
            ):
                return (
                    f"'{right}' is read instead. Move this one out of the folder, or give it "
                    "another name that ends in .yaml."
                )
            said = (
                f"{shelf.what} is a file that ends in .yaml, right in {folder}/. "
                if shelf.what
                else ""
            )
            if not found and os.path.splitext(own)[1].lower() not in _PERHAPS_YAML:  # noqa: PTH122 -- a name
                return f"{said}Move it out of the folder."
            return (
                f"{said}To have it read, rename it to '{right}'; otherwise move it out of the "
                "folder."
            )
        return f"{nearest(own, shelf.names)} Only these are read in {folder}/."
    if shelf.what:
        return (
            f"{shelf.what} ends in {' or '.join(shelf.endings)}. Save it as one, or move it out "
            "of the folder."
        )
    known = {f"{folder}/{one}" for folder, shelf in shelves.items() for one in shelf.names}
    return _meant(name, known) or "It replaces no built-in file; rename it or move it away."


def _meant(name: str, known: set[str]) -> str:
    """Return a hint with the nearest known name in the same folder, or else in another folder."""
    folder = name.rpartition("/")[0]
    return guess(name, {one for one in known if one.rpartition("/")[0] == folder}) or guess(
        name, known
    )


def _unread(path: Path, hint: str) -> Problem:
    return Problem("this file is not used", hint, _at(path), Severity.WARNING)


def _folder_hint(name: str, shelves: dict[str, ReadFiles]) -> str:
    """Return where the files of an unknown folder would be read."""
    above, _, own = name.rpartition("/")
    shelf = shelves.get(above, ReadFiles())
    near = _nearly(
        own, [one.rpartition("/")[2] for one in shelves if one.rpartition("/")[0] == above]
    )
    if near:
        return f"Did you mean '{above}/{near}'?"
    if not shelf.what:
        return ""
    return f"{shelf.what} is read right in {above}/, and in no folder below it such as '{own}'."


def _unread_folder(path: Path, where: str) -> Problem:
    hint = f"{where} Move its files to where they are read, or move the folder away.".strip()
    message = "this folder and the files in it are not used"
    return Problem(message, hint, _at(path), Severity.WARNING)


def _at(path: Path) -> Location:
    return Location(shown(path))
