"""Find, read and write files: the clinic's own folder comes before the built-in one.

Both folders have the same layout. A clinic's file replaces the built-in file of the same name. In
some files (see `is_merged`), each entry replaces the built-in entry of the same name.
"""

from __future__ import annotations

import errno
import os
import stat
from functools import cache, lru_cache
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from teachback.errors import (
    DesignHint,
    Location,
    Problem,
    TeachbackError,
    UsageError,
    nearest,
    readable,
    unreadable,
)
from teachback.files.font_packages import NAMES, packaged_fonts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

KINDS: Final = ("content", "templates", "styles")
SETTINGS: Final = "teachback.toml"
# The files whose entries have names, besides those of WORDS.
_MERGED_FILES: Final = (
    "content/audiences.yaml",
    "content/languages.yaml",
    "content/search-words.yaml",
    "content/sources.yaml",
    "content/stocks.yaml",
)
WORDS: Final = "content/words"
TRANSLATIONS: Final = "content/translations"
# The translations of starters. Nothing prints them before a clinic has made them its own.
STARTER_TRANSLATIONS: Final = "content/starters/translations"
# Stands for all languages.
ANY_LANGUAGE: Final = "*"
# The start of a built-in file's name where a clinic's file is merged with it.
BELOW: Final = "builtin/"
MIME: Final = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".ttf": "font/ttf",
}
# No file of a workspace is larger: the largest built-in font has 2 MB, and a picture may have 5 MB.
MAX_OWN_BYTES: Final = 100_000_000
# A printed file of 10,000 cards has 1 MB. One with a large picture on each of a thousand pages has
# some hundred MB.
MAX_BYTES: Final = 2_000_000_000
NOT_OURS: Final = (
    "No template or style here is the clinic's own. Shorten or split what is long: "
    "rows, lists, texts, pictures. If that changes nothing, report this line."
)
_OUTSIDE: Final = (
    "this is a link to a place outside the workspace",
    "Put the file or the folder itself there.",
)
# The error number for a pipe, socket or device. The system has none for it.
NO_FILE: Final = errno.EINVAL
_PACKAGED_FOLDER: Final = "_builtin"
_RENAME_HINT: Final = "Rename it or move it away."
_CHECK_HINT: Final = "Check that it is there and that you may read it."
_SPECIAL_FILES: Final = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Workspace(NamedTuple):
    """The clinic's root and the built-in root. In a checkout of the program they are the same."""

    root: Path
    builtin: Path

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders to search, in order; the first match wins."""
        return (self.root,) if self.root == self.builtin else (self.root, self.builtin)


@cache
def package_root() -> Path:
    """Return the folder of the program's own code."""
    return Path(__file__).parents[1]


@cache
def builtin_root() -> Path:
    """Return the folder of the built-in files: inside the wheel, or the root of a checkout."""
    packaged = package_root() / _PACKAGED_FOLDER
    return packaged if packaged.is_dir() else package_root().parents[1]


def open_workspace(start: Path) -> Workspace:
    """Return the workspace that `start` is in.

    That is the nearest folder upward that is a workspace. Raises UsageError when there is none.
    Raises TeachbackError when a link leads out of the workspace, or when a file name cannot be
    shown.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if is_workspace(folder):
            return _checked(Workspace(folder, builtin_root()))
    try:
        inner_paths = sorted(start.iterdir())
    except OSError:
        inner_paths = [start]
    workspaces = [path.name for path in inner_paths if is_workspace(path)]
    change = f"Change to yours first (cd {workspaces[0]}), or make" if workspaces else "Make"
    message = "this folder is no workspace, so nothing can be printed from here"
    hint = (
        f"{change} a new one: teachback init my-clinic"
        if inner_paths
        else "Make it one: teachback init ."
    )
    raise UsageError.of(message, hint, Location(readable(str(start))))


def is_workspace(folder: Path) -> bool:
    """Return whether a folder has settings, a clinic's file, or a folder of handouts."""
    content = folder / "content"
    # A Path raises where the folder may not be entered.
    return (
        os.path.isfile(folder / SETTINGS)  # noqa: PTH113
        or os.path.isfile(content / "clinic.yaml")  # noqa: PTH113
        or os.path.isdir(content / "handouts")  # noqa: PTH112
    )


def _checked(workspace: Workspace) -> Workspace:
    problems = (*link_problems(workspace), *file_name_problems(workspace))
    if problems:
        raise TeachbackError(*problems)
    return workspace


def find(workspace: Workspace, name: str) -> Path | None:
    """Return the file of that name (`styles/card.css`): the clinic's, or else the built-in one."""
    try:
        return next((root / name for root in workspace.roots if is_there(root / name)), None)
    except (OSError, ValueError):
        # No file can have such a name: it is too long, or holds a zero byte.
        return None


def is_there(path: Path) -> bool:
    """Return whether a path exists and is no folder.

    A file that cannot be read counts as there: it is refused when read, and not passed over.
    """
    return os.path.lexists(path) and not path.is_dir()


def folders(workspace: Workspace, name: str) -> tuple[Path, ...]:
    """Return the folders of that name, the clinic's first."""
    return tuple(root / name for root in workspace.roots if (root / name).is_dir())


def handout_files(workspace: Workspace) -> dict[str, Path]:
    """Return the handout files by name without suffix, sorted by name.

    The translation `es/leg-cramps.yaml` is called `leg-cramps.es`. A handout of that name, written
    in that language, takes its place. A translation that comes with the program belongs to the
    program's own handout, not to one of the clinic with the same name.
    """
    shipped = workspace.builtin / TRANSLATIONS
    own_folder = workspace.root / "content/handouts"
    found: dict[str, Path] = {}
    for folder in ("content/handouts", f"{TRANSLATIONS}/*"):
        named = set(found)
        for root in reversed(workspace.roots):
            # A name with a leading dot belongs to an editor or to the system, not to an author.
            found.update(
                {
                    stem_of(path): path
                    for path in root.glob(f"{folder}/[!.]*.yaml")
                    if stem_of(path) not in named
                    and not (
                        root != workspace.root
                        and path.is_relative_to(shipped)
                        and is_there(own_folder / path.name)
                    )
                }
            )
    return dict(sorted(found.items()))


def is_translation(path: Path) -> bool:
    """Return whether a handout file holds a translation of another one."""
    return path.parent.parent.name == "translations"


def stem_of(path: Path) -> str:
    """Return the name of a handout file by which messages and commands know it."""
    return f"{path.stem}.{path.parent.name}" if is_translation(path) else path.stem


def _id_of(stem: str) -> str:
    """Return the id in the name of a handout file, without a language behind it."""
    return stem.partition(".")[0]


def translated_file(path: Path, workspace: Workspace) -> Path | None:
    """Return the file of the handout that a translation translates, or None if there is none."""
    return find(workspace, f"content/handouts/{path.name}")


def source_files(path: Path, workspace: Workspace) -> tuple[Path, ...]:
    """Return the files that the editions of a handout file are made from, that file first."""
    translated = translated_file(path, workspace) if is_translation(path) else None
    return (path,) if translated is None else (path, translated)


def source_name(path: Path) -> str:
    """Return the name in the workspace of a file that `source_files` returns."""
    if is_translation(path):
        return f"{TRANSLATIONS}/{path.parent.name}/{path.name}"
    return f"content/handouts/{path.name}"


def own_handouts(workspace: Workspace) -> dict[str, Path]:
    """Return the handout files of the workspace itself, without the built-in ones.

    A translation that comes with the program is not the workspace's own. It is printed only when it
    is asked for.
    """
    shipped = workspace.builtin / TRANSLATIONS
    return {
        stem: path
        for stem, path in handout_files(workspace).items()
        if path.is_relative_to(workspace.root) and not path.is_relative_to(shipped)
    }


def starter_files(workspace: Workspace) -> dict[str, Path]:
    """Return the files that a new handout can be copied from, by id, sorted.

    These are the starters, the clinic's own before the built-in ones, and the built-in handouts.
    """
    folders_in_order = (
        workspace.builtin / "content" / "handouts",
        *(root / "content" / "starters" for root in reversed(workspace.roots)),
    )
    found = {path.stem: path for folder in folders_in_order for path in folder.glob("[!.]*.yaml")}
    return dict(sorted(found.items()))


def starter_translations(starter: str, workspace: Workspace) -> dict[str, Path]:
    """Return a starter's translations by language, sorted: the clinic's own, or built-in ones."""
    found = {
        path.parent.name: path
        for folder in (TRANSLATIONS, STARTER_TRANSLATIONS)
        for root in reversed(workspace.roots)
        for path in root.glob(f"{folder}/*/{starter}.yaml")
    }
    return dict(sorted(found.items()))


def chosen_handouts(
    names: Collection[str], workspace: Workspace, language: str | None = None
) -> dict[str, Path]:
    """Return the handout files with these names, or the workspace's own if none are named.

    `leg-cramps` also names leg-cramps.es.yaml. A translation that comes with the program is chosen
    only if its own name or its language is given. Raises UsageError for unknown names, and
    TeachbackError when there is nothing to choose.
    """
    files = handout_files(workspace)
    ids = {_id_of(stem) for stem in files}
    own = own_handouts(workspace)
    shipped = workspace.builtin / TRANSLATIONS
    eligible = {
        stem
        for stem, path in files.items()
        if not path.is_relative_to(shipped)
        or stem in names
        or language in {ANY_LANGUAGE, path.parent.name}
    }
    if not names:
        own_ids = {_id_of(stem) for stem in own}
        own |= {
            stem: path
            for stem, path in files.items()
            if path.is_relative_to(shipped) and stem in eligible and _id_of(stem) in own_ids
        }
        if not own:
            or_builtin = f", or name a built-in one: {', '.join(sorted(ids))}" if ids else ""
            hint = f"Make one with `teachback new ID`{or_builtin}."
            raise TeachbackError.of("there are no handouts of your own", hint)
        return own
    unknown = [name for name in names if name not in files and name not in ids]
    if unknown:
        raise UsageError(*(unknown_handout(name, ids) for name in unknown))
    return {
        stem: path
        for stem, path in files.items()
        if stem in eligible and (stem in names or _id_of(stem) in names)
    }


def unknown_handout(name: str, stems: Iterable[str]) -> Problem:
    """Return the problem of a name that no handout has.

    Many type the path of the file that they have open, so its stem is compared with the ids.
    """
    file = PureWindowsPath(name)
    typed = file.stem if file.suffix in {".yaml", ".yml"} else name
    hint = nearest(typed, {_id_of(stem) for stem in stems})
    return Problem(f"there is no handout '{name}'", hint)


def handout_named(workspace: Workspace, name: str) -> Path:
    """Return the file of one handout, by its id or by its file name.

    Raises UsageError when there is none, or when the id exists in several languages.
    """
    files = handout_files(workspace)
    matches = [stem for stem in files if stem == name] or [
        stem for stem in files if _id_of(stem) == name
    ]
    if not matches:
        raise UsageError(unknown_handout(name, files))
    if len(matches) > 1:
        hint = f"Say which: {' or '.join(matches)}."
        raise UsageError.of(f"'{name}' is written in several languages", hint)
    return files[matches[0]]


def effective_files(workspace: Workspace) -> dict[str, Path]:
    """Return all files except handouts and starters, by their name in the workspace.

    Any page may be made from these files. A built-in file that is merged with a clinic's file has
    `BELOW` before its name. The fonts of extras are among the files.
    """
    found = packaged_fonts()
    for root in reversed(workspace.roots):
        found |= _files_below(root, workspace.roots)
    merged_builtin = {
        f"{BELOW}{name}": workspace.builtin / name
        for name, path in found.items()
        if is_merged(name)
        and not path.is_relative_to(workspace.builtin)
        and is_there(workspace.builtin / name)
    }
    return dict(sorted((found | merged_builtin).items()))


def _files_below(root: Path, roots: Iterable[Path]) -> dict[str, Path]:
    """Return the files of one root, for `effective_files`."""
    found: dict[str, Path] = {}
    for folder, subfolders, names in walk_inside([root / kind for kind in KINDS], roots):
        subfolders[:] = [name for name in subfolders if not name.startswith((".", "__"))]
        folder_name = Path(folder).relative_to(root).as_posix()
        if folder_name in {"content/handouts", "content/starters"} or folder_name.startswith(
            (f"{TRANSLATIONS}/", f"{STARTER_TRANSLATIONS}/")
        ):
            continue
        found |= {
            f"{folder_name}/{name}": Path(folder) / name
            for name in names
            if not name.startswith(".")
        }
    return found


def is_merged(name: str) -> bool:
    """Return whether the entries of this file are merged with those of the built-in one."""
    return name in _MERGED_FILES or name.startswith(f"{WORDS}/")


def link_problems(workspace: Workspace) -> tuple[Problem, ...]:
    """Return a problem for each link in the clinic's folder that leads out of it.

    Nothing from elsewhere may get onto a page. Links inside are fine, and so is a workspace that is
    itself reached by a link. The built-in files are not checked.
    """
    real_roots = tuple(_real_folder(str(root)) for root in workspace.roots)
    return tuple(
        Problem(*_OUTSIDE, Location(shown(link)))
        for link in sorted(_links(workspace.root))
        if not f"{os.path.realpath(link)}/".startswith(real_roots)
    )


def file_name_problems(workspace: Workspace) -> tuple[Problem, ...]:
    """Return a problem for each clinic file whose name cannot be shown in a message."""
    paths = []
    for kind in KINDS:
        for folder, subfolders, names in os.walk(workspace.root / kind):
            subfolders[:] = [name for name in subfolders if not name.startswith((".", "__"))]
            paths += [
                Path(folder) / name
                for name in (*subfolders, *names)
                if unreadable(name) and not name.startswith(".")
            ]
    message = "the name of this file holds a byte that is not UTF-8, or a sign that cannot be seen"
    hint = "Rename it, with letters and digits, or take it out."
    return tuple(Problem(message, hint, Location(shown(path))) for path in sorted(paths))


def walk_inside(
    tops: Iterable[Path], roots: Iterable[Path]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk folders like `os.walk`, and follow links as pages do.

    A link that leads out of the roots, or in a circle, ends there. Linked folders come last, so
    that a folder inside is known by its own name.
    """
    walked: set[str] = set()
    real_roots = tuple(_real_folder(str(root)) for root in roots)
    # Text is faster than Path: a build walks folders before it has anything to do.
    pending = list(map(str, tops))
    for top in pending:
        for folder, subfolders, names in os.walk(top):
            real = os.path.realpath(folder)
            if real in walked or not f"{real}/".startswith(real_roots):
                subfolders.clear()
                continue
            walked.add(real)
            yield folder, subfolders, names
            paths = (f"{folder}/{name}" for name in subfolders)
            pending += filter(os.path.islink, paths)


def _real_folder(folder: str) -> str:
    """Return the real path of a folder, with a slash at its end."""
    return f"{os.path.realpath(folder or '/').rstrip('/')}/"


def _links(root: Path) -> Iterator[Path]:
    for kind in KINDS:
        if (root / kind).is_symlink():
            yield root / kind
        # A linked folder may itself hold a link that leads out.
        for folder, subfolders, names in walk_inside([root / kind], [root]):
            yield from (
                Path(folder) / name
                for name in (*subfolders, *names)
                if (Path(folder) / name).is_symlink()
            )


def hinting(files: Mapping[str, Path]) -> Callable[[Problem], Problem]:
    """Return a function that replaces hints in problems of a page that is made from `files`.

    A hint that blames the clinic's own templates and styles is replaced when there are none.
    """
    builtin = builtin_root()
    has_own = any(
        name.startswith(("templates/", "styles/")) and not path.is_relative_to(builtin)
        for name, path in files.items()
    )

    def with_fitting_hint(problem: Problem) -> Problem:
        is_wrong = isinstance(problem.hint, DesignHint) and not has_own
        return problem._replace(hint=NOT_OURS) if is_wrong else problem

    return with_fitting_hint


def shown(path: Path) -> str:
    """Return a path for a message, readable: relative to the current folder if it is below it."""
    try:
        return readable(path.relative_to(Path.cwd()).as_posix())
    except ValueError:
        return readable(str(path))


def read_named(path: Path) -> bytes:
    """Read a file that the user named.

    Raises TeachbackError with the reason when it cannot be read, or is not a regular file.
    """
    return _read(path, closed=False)


def read_bytes(path: Path) -> bytes:
    """Read a file of a workspace, below its content/, templates/ or styles/.

    Raises TeachbackError with the reason when it cannot be read, or is not a regular file. So it
    does when the file has become a link that leads out of the workspace.
    """
    return _read(path, closed=True)


def _read(path: Path, *, closed: bool) -> bytes:
    try:
        with os.fdopen(open_file(path), "rb") as file:
            if closed and not _is_inside(path, file.fileno()):
                raise TeachbackError.of(*_OUTSIDE, Location(shown(path)))
            return _whole_file(file, MAX_OWN_BYTES if closed else MAX_BYTES)
    except (OSError, ValueError) as error:
        code: int = getattr(error, "errno", None) or 0
        reason = getattr(error, "strerror", None) or str(error)
        message, hint = {
            errno.EISDIR: ("this is a folder, but a file is needed here", _RENAME_HINT),
            NO_FILE: (reason, _RENAME_HINT),
            errno.EFBIG: (reason, "Take it out, or make it smaller."),
        }.get(code, (f"this file cannot be read: {reason}", _CHECK_HINT))
        raise TeachbackError.of(message, hint, Location(shown(path))) from None


def file_bytes(path: Path) -> bytes:
    """Read a file.

    Raises OSError when it cannot be read, or is not a regular file (a folder, a pipe, a device).
    """
    with os.fdopen(open_file(path), "rb") as file:
        return _whole_file(file, MAX_BYTES)


def open_file(path: Path | str, flags: int = 0, folder: int | None = None) -> int:
    """Open a file for reading, and return the descriptor.

    It never blocks, as opening a pipe would. `folder` is the descriptor of the folder that a
    relative path starts in. Raises OSError as `file_bytes` does.
    """
    # Check before opening, since opening a device may start it. Check again after, since the file
    # may have been replaced meanwhile.
    refuse_other(
        os.stat(path, dir_fd=folder, follow_symlinks=not flags & os.O_NOFOLLOW).st_mode, path
    )
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | flags, dir_fd=folder)
    try:
        refuse_other(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def refuse_other(mode: int, path: Path | str) -> None:
    """Raise OSError if a mode of `os.stat` is that of a folder, pipe, socket or device."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    kind = next((name for test, name in _SPECIAL_FILES if test(mode)), "")
    if kind:
        raise OSError(NO_FILE, f"this is {kind}, but a file is needed here", os.fspath(path))


def _whole_file(file: BinaryIO, limit: int) -> bytes:
    parts = []
    size = 0
    while part := file.read(1 << 20):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise OSError(
                errno.EFBIG,
                f"this file is larger than {limit // 1_000_000} MB, the most that is read",
            )
    return b"".join(parts)


def _is_inside(path: Path, descriptor: int) -> bool:
    """Return whether an open file is in its workspace or a built-in one, behind all links."""
    # Text is faster than Path: a build reads hundreds of files before it has anything to do.
    absolute = os.path.abspath(path)  # noqa: PTH100 -- links are followed below
    parts = absolute.split("/")
    roots = [
        "/".join(parts[:length]) for length in range(1, len(parts) - 1) if parts[length] in KINDS
    ]
    builtin = str(builtin_root())
    if not roots or (builtin.endswith(f"/{_PACKAGED_FOLDER}") and builtin in roots):
        # Not a file of a workspace, or a built-in file as it was installed, perhaps through links.
        return True
    real_path = _real_path(absolute, descriptor)
    return real_path is not None and any(
        real_path.startswith(_known_folder(root)) for root in (*roots, builtin)
    )


@lru_cache(maxsize=64)
def _known_folder(root: str) -> str:
    """Return what `_real_folder` does, once for all files that are read."""
    return _real_folder(root)


def _real_path(path: str, descriptor: int) -> str | None:
    """Return the real path of an open file, or None when another file has replaced it."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 -- not a real link
    except OSError:
        real_path, open_stat = os.path.realpath(path), os.fstat(descriptor)
        real_stat = os.stat(real_path)  # noqa: PTH116 -- as the lines around it
        return real_path if os.path.samestat(real_stat, open_stat) else None


def check_target(path: Path, endings: Collection[str], workspace: Workspace, option: str) -> None:
    """Check the name of a file to be written: its suffix, and that it overwrites nothing.

    It must be neither a folder nor a file that handouts are made from. Raises UsageError with what
    to write instead.
    """
    target = Path(os.path.abspath(path))  # noqa: PTH100 -- links are replaced
    if path.suffix.lower() not in endings:
        message = f"{option}: '{path.name or path}' has no ending that tells its format"
        raise UsageError.of(message, f"End its name in {' or '.join(endings)}.")
    if target.is_dir():
        hint = "Give another name."
        raise UsageError.of(f"{option}: a folder has this name", hint, Location(shown(target)))
    refuse_own_folder(target, workspace, option)


def refuse_own_folder(path: Path, workspace: Workspace, option: str) -> None:
    """Raise UsageError for a path among the files that handouts are made from."""
    target = Path(os.path.abspath(path))  # noqa: PTH100 -- as above
    source_folders = [root / name for root in (workspace.root, workspace.builtin) for name in KINDS]
    if any(target.is_relative_to(folder) for folder in source_folders):
        message = f"{option}: this folder holds the files of handouts, which might be overwritten"
        hint = "Choose another folder, such as build/."
        raise UsageError.of(message, hint, Location(shown(target)))


def write_whole(path: Path, data: bytes) -> None:
    """Write a temporary file and rename it, so that nobody ever reads half a file.

    Raises TeachbackError when the folder cannot be written to.
    """
    if not path.name:
        message = "this is a folder, but a file is needed"
        raise TeachbackError.of(message, "Add the name of a file.", Location(shown(path)))
    # Processes on two machines can have the same process id.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(8).hex()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        blocked = isinstance(error, FileExistsError | NotADirectoryError)
        reason = (
            "a file is where a folder must be"
            if blocked
            else getattr(error, "strerror", None) or str(error)
        )
        message = f"this cannot be written: {reason}"
        raise TeachbackError.of(message, "Choose another folder.", Location(shown(path))) from None


def fonts_for_names(workspace: Workspace) -> tuple[Path, ...]:
    """Return the fonts with the letters of names that the fonts of the pages lack."""
    own = [path for folder in folders(workspace, NAMES) for path in folder.glob("*.ttf")]
    return (*own, *packaged_fonts().values())
