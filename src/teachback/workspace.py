"""Where content, templates and styles are: the clinic's own folder over the built-in one.

Both have the same shape. The clinic's file wins over the built-in file of the same name, and nothing else does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Location, Problem, TeachbackError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

KINDS: Final = ("content", "templates", "styles")
SETTINGS: Final = "teachback.toml"
MIME: Final = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".ttf": "font/ttf"}


class Workspace(NamedTuple):
    """Two roots; they are the same folder in a checkout of the program."""

    root: Path
    builtin: Path

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders to search, first hit wins."""
        return (self.root,) if self.root == self.builtin else (self.root, self.builtin)


def builtin_root() -> Path:
    """Give the folder of the files that come with the program: inside the wheel, or a checkout's root."""
    packaged = Path(__file__).parent / "_builtin"
    return packaged if packaged.is_dir() else Path(__file__).parents[2]


def open_workspace(start: Path) -> Workspace:
    """Find the workspace that `start` is in: the nearest folder upward that looks like one, else `start` itself.

    Raises TeachbackError when a link in it leads out of it.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / SETTINGS).is_file() or (folder / "content" / "clinic.yaml").is_file() or (folder / "content" / "handouts").is_dir():
            return _closed(Workspace(folder, builtin_root()))
    return _closed(Workspace(start, builtin_root()))


def _closed(workspace: Workspace) -> Workspace:
    problems = link_problems(workspace)
    if problems:
        raise TeachbackError(*problems)
    return workspace


def find(workspace: Workspace, name: str) -> Path | None:
    """Give the file of that name (`styles/card.css`), the clinic's before the built-in one."""
    try:
        return next((root / name for root in workspace.roots if (root / name).is_file()), None)
    except OSError:
        # No file can have such a name: it is too long.
        return None


def folders(workspace: Workspace, name: str) -> tuple[Path, ...]:
    """Give the folders of that name, the clinic's first."""
    return tuple(root / name for root in workspace.roots if (root / name).is_dir())


def handout_files(workspace: Workspace) -> dict[str, Path]:
    """Give every handout file by its name without the ending, in the order of the names."""
    found: dict[str, Path] = {}
    for root in reversed(workspace.roots):
        # A name with a dot in front belongs to an editor or to the system, not to an author.
        found.update({path.stem: path for path in (root / "content" / "handouts").glob("*.yaml") if not path.name.startswith(".")})
    return dict(sorted(found.items()))


def handout_named(workspace: Workspace, name: str) -> Path:
    """Give the file of one handout, by its id or by the name of its file; UsageError when there is none, or several."""
    files = handout_files(workspace)
    of_id = [stem for stem in files if stem == name] or [stem for stem in files if stem.split(".")[0] == name]
    if not of_id:
        raise UsageError(Problem(f"there is no handout '{name}'", nearest(name, {stem.split(".")[0] for stem in files})))
    if len(of_id) > 1:
        raise UsageError(Problem(f"'{name}' is written in several languages", f"Say which: {' or '.join(of_id)}."))
    return files[of_id[0]]


def effective_files(workspace: Workspace) -> dict[str, Path]:
    """Give every file but the handouts by its name in the workspace: what any page may be made from."""
    found: dict[str, Path] = {}
    roots = tuple(os.path.realpath(root) for root in workspace.roots)
    for root in reversed(workspace.roots):
        walked: set[str] = set()
        for kind in KINDS:
            for folder, subfolders, names in os.walk(root / kind, followlinks=True):
                # Links are followed, since pages would be made from what they lead to; one that leads out, or a ring of them, ends here.
                real = os.path.realpath(folder)
                if real in walked or not any(Path(real).is_relative_to(inside) for inside in roots):
                    subfolders.clear()
                    continue
                walked.add(real)
                subfolders[:] = [name for name in subfolders if not name.startswith((".", "__"))]
                inside = Path(folder).relative_to(root).as_posix()
                if inside == "content/handouts":
                    continue
                found.update({f"{inside}/{name}": Path(folder) / name for name in names if not name.startswith(".")})
    return dict(sorted(found.items()))


def link_problems(workspace: Workspace) -> tuple[Problem, ...]:
    """Refuse a clinic's links that lead out of its folder, to a file or to a folder: nothing from elsewhere gets onto a page.

    Links inside are fine, and so is a workspace that is itself reached by a link. The built-in files are as they were installed.
    """
    roots = tuple(os.path.realpath(root) for root in workspace.roots)
    hint = "Put the file or the folder itself there."
    return tuple(
        Problem("this is a link to a place outside the workspace", hint, Location(shown(link)))
        for link in sorted(_links(workspace.root))
        if not any(Path(os.path.realpath(link)).is_relative_to(root) for root in roots)
    )


def _links(root: Path) -> Iterator[Path]:
    walked: set[str] = set()
    for kind in KINDS:
        if (root / kind).is_symlink():
            yield root / kind
        # Followed, as pages follow them: behind a link to another folder of the workspace there may be one that leads out.
        for folder, subfolders, names in os.walk(root / kind, followlinks=True):
            real = os.path.realpath(folder)
            if real in walked or not Path(real).is_relative_to(os.path.realpath(root)):
                subfolders.clear()
                continue
            walked.add(real)
            yield from (Path(folder) / name for name in (*subfolders, *names) if (Path(folder) / name).is_symlink())


def shown(path: Path) -> str:
    """Give a path as a person at this prompt would write it: relative where it lies below the current folder."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def read_bytes(path: Path) -> bytes:
    """Read a file. Raises TeachbackError with the reason when it cannot be read."""
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise TeachbackError(
            Problem("this is a folder, and a file belongs here", "Rename it or take it out.", Location(shown(path)))
        ) from None
    except OSError as error:
        message = f"this file cannot be read: {error.strerror or error}"
        raise TeachbackError(Problem(message, "Check that it is there and that you may read it.", Location(shown(path)))) from None


def check_target(path: Path, endings: Collection[str], workspace: Workspace, option: str) -> None:
    """Make sure, before any work is done, that a file to be written has a name of its kind and is none that the workspace is made of.

    Raises UsageError with what to write instead.
    """
    whole = Path(os.path.abspath(path))  # noqa: PTH100 -- links are not followed: what stands there is replaced
    if path.suffix.lower() not in endings:
        message = f"{option}: '{path.name or path}' does not say what it is to be"
        raise UsageError(Problem(message, f"End its name in {' or '.join(endings)}."))
    if whole.is_dir():
        raise UsageError(Problem(f"{option}: a folder has this name", "Give another name.", Location(shown(whole))))
    refuse_own_folder(whole, workspace, option)


def refuse_own_folder(path: Path, workspace: Workspace, option: str) -> None:
    """Raise UsageError for a place among the files that handouts are made of."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 -- as above
    made_of = [root / name for root in (workspace.root, workspace.builtin) for name in KINDS]
    if any(whole.is_relative_to(folder) for folder in made_of):
        message = f"{option}: what handouts are made of lies there, and might be overwritten"
        raise UsageError(Problem(message, "Choose another folder, such as build/.", Location(shown(whole))))


def write_whole(path: Path, data: bytes) -> None:
    """Write beside, then rename, so that nobody ever finds half a file.

    Raises TeachbackError when the folder cannot be written to.
    """
    if not path.name:
        raise TeachbackError(Problem("a file needs a name, and this is a folder", "Add the name of a file.", Location(shown(path))))
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        blocked = isinstance(error, FileExistsError | NotADirectoryError)
        reason = "a file stands where a folder must be" if blocked else getattr(error, "strerror", None) or str(error)
        message = f"this cannot be written: {reason}"
        raise TeachbackError(Problem(message, "Choose another folder, or free this one.", Location(shown(path)))) from None
