"""Anything but a regular file with a readable name is refused at once, by name.

This includes pipes, devices, links that lead out, and files that are nested without end.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tiny_handout import TINY
from weasyprint.urls import FatalURLFetchingError
from workspace_cases import here, lay, problems

from teachback.archive.store import JOURNAL
from teachback.errors import Location, TeachbackError, readable
from teachback.files import workspace
from teachback.files.text_decoding import read_json
from teachback.files.toml_reader import read_toml
from teachback.files.workspace import Workspace, file_bytes, read_bytes, read_named, write_whole
from teachback.pdf import renderer

if TYPE_CHECKING:
    from collections.abc import Callable

FIGURE = TINY + "      - figure: images/cup.svg\n        alt: A cup\n"
CUP = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
BUILD = "build tiny --audience ckd --kind handout"
CHECK = "check tiny"
# The place of each file, and the commands that read it.
PLACES: dict[str, tuple[str, ...]] = {
    "content/handouts/tiny.yaml": (
        BUILD,
        CHECK,
        "list handouts",
        "due",
        "approve tiny --by Somebody",
    ),
    "content/clinic.yaml": (BUILD, CHECK, "calibrate"),
    "content/audiences.yaml": (BUILD, "list audiences"),
    "content/sources.yaml": (BUILD, CHECK),
    "content/stocks.yaml": ("list stocks", "card tiny"),
    "content/checks.yaml": (BUILD, CHECK),
    "content/words/en.yaml": (BUILD, CHECK),
    "content/rules/ours.yaml": (BUILD, CHECK),
    "content/rules/verdict.txt": (BUILD, CHECK),
    "content/rules/data/ours.yaml": (BUILD, CHECK),
    "content/rules/words/terms.yaml": (CHECK,),
    "content/images/cup.svg": (BUILD, CHECK),
    "styles/clinic.css": (BUILD,),
    "styles/fonts/ours.ttf": (BUILD,),
    "styles/icons/now.svg": (BUILD,),
    "templates/card.html": (BUILD,),
    "teachback.toml": (BUILD, "card tiny"),
    "build/.record.json": (BUILD,),
    "build/manifest.json": (BUILD,),
}
KINDS = {"a pipe": "pipe", "a socket": "socket", "a device": "device", "a folder": "folder"}


def put(path: Path, kind: str) -> None:
    """Put a pipe, socket, device or folder in the place of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        # Use a relative name: the path of a socket has at most 107 characters.
        previous_folder = Path.cwd()
        os.chdir(path.parent)
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(path.name)
        finally:
            os.chdir(previous_folder)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("kind", ["a pipe", "a socket"])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_is_named_by_every_command_that_reads_it(
    place: str,
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No command waits for a pipe or skips it.

    A file that only records earlier runs counts as missing.
    """
    for number, command in enumerate(PLACES[place]):
        root = lay(
            tmp_path / str(number),
            {"content/handouts/tiny.yaml": FIGURE.encode(), "content/images/cup.svg": CUP},
        )
        put(root / place, kind)
        code, _, stderr = here(
            f"{command} --format html" if command == BUILD else command, root, monkeypatch, capsys
        )
        if place.startswith("build/"):
            assert code == 0, stderr
            continue
        reported = [(problem.place, problem.message) for problem in problems(stderr)]
        assert code in {1, 2}, f"{command}: {stderr}"
        assert (place, f"this is {kind}, but a file is needed here") in reported, (
            f"{command}: {stderr}"
        )


@pytest.mark.parametrize("read", [read_bytes, read_named])
@pytest.mark.parametrize("kind", KINDS)
def test_no_way_of_reading_waits(kind: str, read: Callable[[Path], bytes], tmp_path: Path) -> None:
    """Each way of reading a file reports what it is."""
    put(tmp_path / "it", kind)
    with pytest.raises(TeachbackError) as refused:
        read(tmp_path / "it")
    assert refused.value.problems[0].message == f"this is {kind}, but a file is needed here"
    with pytest.raises(OSError, match=r"a file is needed here|Is a directory"):
        file_bytes(tmp_path / "it")


def test_a_file_that_is_too_large_is_refused_before_all_of_it_is_read(tmp_path: Path) -> None:
    """A file of a workspace has at most 100 MB."""
    huge = tmp_path / "content" / "huge.png"
    huge.parent.mkdir()
    with huge.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(TeachbackError) as refused:
        read_bytes(huge)
    assert (
        refused.value.problems[0].message
        == "this file is larger than 100 MB, the most that is read"
    )


@pytest.mark.parametrize("proc", [True, False])
def test_a_file_that_became_a_link_out_of_the_workspace_is_not_read(
    proc: bool,  # noqa: FBT001 -- a parameter
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The place of a file is checked when it is open, with and without /proc.

    So a link that is made after the first check leads nowhere.
    """
    if not proc:
        real = os.readlink

        def refuse(path: str, **folder: int) -> str:
            if str(path).startswith("/proc/"):
                raise FileNotFoundError
            return real(path, **folder)

        monkeypatch.setattr(os, "readlink", refuse)
    root = tmp_path / "clinic"
    images = root / "content" / "images"
    images.mkdir(parents=True)
    (tmp_path / "secret.svg").write_bytes(CUP)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cup.svg").write_bytes(CUP)
    (images / "plain.svg").write_bytes(CUP)
    (images / "inside.svg").symlink_to("plain.svg")
    (images / "builtin.svg").symlink_to(workspace.builtin_root() / "styles" / "icons" / "now.svg")
    (images / "outside.svg").symlink_to(tmp_path / "secret.svg")
    (images / "folder").symlink_to(tmp_path / "other")
    (tmp_path / "door").symlink_to(root)
    for name in ("plain.svg", "inside.svg"):
        assert read_bytes(images / name) == CUP
        assert read_bytes(tmp_path / "door" / "content" / "images" / name) == CUP
    for name in ("outside.svg", "folder/cup.svg"):
        with pytest.raises(TeachbackError) as refused:
            read_bytes(images / name)
        assert (
            refused.value.problems[0].message == "this is a link to a place outside the workspace"
        )


def test_a_picture_swapped_while_a_page_is_made_is_not_printed(tmp_path: Path) -> None:
    """The fetcher of pages checks a file each time."""
    image = tmp_path / "clinic" / "content" / "images" / "cup.svg"
    image.parent.mkdir(parents=True)
    image.write_bytes(CUP)
    fetcher = renderer._Fetcher({"content/images/cup.svg": image})  # noqa: SLF001 -- what WeasyPrint calls
    assert fetcher.fetch(f"{renderer.BASE}content/images/cup.svg").read() == CUP
    (tmp_path / "secret.svg").write_bytes(CUP)
    image.unlink()
    image.symlink_to(tmp_path / "secret.svg")
    with pytest.raises(FatalURLFetchingError, match="a link to a place outside the workspace"):
        fetcher.fetch(f"{renderer.BASE}content/images/cup.svg")


NAMES = {
    b"\xff.png": r"\xff.png",
    b"caf\xe9.svg": r"caf\xe9.svg",
    b"a\nb.png": r"a\nb.png",
    b"a\x1b[2J.png": r"a\x1b[2J.png",
    "a\u202eb.png".encode(): r"a\u202eb.png",
}
FOLDERS = (
    "content/images",
    "content/words",
    "content/rules",
    "styles",
    "styles/fonts",
    "templates/blocks",
    "content/handouts",
)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_nobody_can_read_is_shown_in_letters(
    name: bytes,
    folder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The file is reported by a readable name, and nothing else happens."""
    root = lay(tmp_path, {})
    place = Path(os.fsdecode(bytes(root / folder) + b"/" + name))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"x")
    code, _, stderr = here("check tiny", root, monkeypatch, capsys)
    assert [(problem.place, problem.message) for problem in problems(stderr)] == [
        (
            f"{folder}/{NAMES[name]}",
            "the name of this file holds a byte that is not UTF-8, or a sign that cannot be seen",
        )
    ]
    assert code == 1
    assert stderr.isascii()


@pytest.mark.parametrize(
    "name", ["café.svg", "größe.png", "\u0141.png", "Zo\u00eb's cup.svg", "血.svg"]
)
def test_a_name_in_any_language_is_fine(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only names that nobody can see or type are refused."""
    code, _, stderr = here(
        "check tiny", lay(tmp_path, {f"content/images/{name}": CUP}), monkeypatch, capsys
    )
    assert "the name of this file" not in stderr
    assert code == 0


def test_names_in_messages_hold_nothing_that_a_terminal_obeys() -> None:
    """Bytes, controls and bidirectional marks are escaped; letters stay."""
    assert readable("a\0b\udcffc\x1b\u202e\ud800 é血") == r"a\x00b\xffc\x1b\u202e\ud800 é血"
    assert str(Location("verdict.txt", 1)) == "verdict.txt:1:1"
    assert str(Location("verdict.txt")) == "verdict.txt"


def test_an_output_folder_with_a_zero_byte_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No folder can have such a name, whichever setting names it."""
    for key in ("output", "archive"):
        root = lay(tmp_path / key, {"teachback.toml": f'{key} = "a\\u0000b"\n'.encode()})
        code, _, stderr = here(BUILD, root, monkeypatch, capsys)
        assert (code, [problem.place for problem in problems(stderr)]) == (
            1,
            ["teachback.toml:1:1"],
        )
        assert "\0" not in stderr


DEEP = 20_000
NESTED = {
    "teachback.toml": f"a = {'[' * DEEP}".encode(),
    "content/clinic.yaml": f"name: {'[' * DEEP}".encode(),
    "content/handouts/tiny.yaml": f"{TINY}extra: {'{a: ' * DEEP}".encode(),
    "content/rules/ours.yaml": f"id: {'[' * DEEP}".encode(),
    "content/words/en.yaml": (
        "".join(" " * depth + "a:\n" for depth in range(90)) + " " * 90 + "[" * DEEP
    ).encode(),
    "content/stocks.yaml": f"a: {'[' * DEEP}".encode(),
    "content/images/cup.svg": CUP.replace(b"<path", b"<g>" * DEEP + b"<path"),
    "styles/clinic.css": b"p { width: calc" + b"(" * DEEP + b" }",
    "templates/card.html": b"{{ " + b"(" * DEEP,
}


@pytest.mark.parametrize("name", NESTED)
def test_what_is_nested_without_end_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For every nested format, the message names the file, and there is no traceback."""
    files = {
        "content/handouts/tiny.yaml": FIGURE.encode(),
        "content/images/cup.svg": CUP,
        name: NESTED[name],
    }
    command = "list stocks" if "stocks" in name else "build tiny --audience ckd --format html"
    code, _, stderr = here(command, lay(tmp_path, files), monkeypatch, capsys)
    assert code == 1
    assert "Traceback" not in stderr
    assert "failed because of its own error" not in stderr
    assert any(
        name in problem.place or "cup.svg" in problem.message for problem in problems(stderr)
    ), stderr


def test_json_of_any_depth_is_json_or_none() -> None:
    """Callers that read JSON have to handle only ValueError."""
    assert read_json(b'{"a": [1]}') == {"a": [1]}
    for deep in ("[" * DEEP, '{"a":' * DEEP, "[" * DEEP + "]" * DEEP):
        with pytest.raises(ValueError, match=r"nested|Expecting|recursion"):
            read_json(deep)


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("where", ["journal", "record", "unfinished", "build record"])
def test_an_archive_with_json_without_end_is_told_as_what_it_is(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`verify`, `identify` and the next build continue, and report what else is wrong."""
    root = lay(tmp_path, {})
    assert (
        here(
            "build tiny --audience ckd --kind card --format html --archive kept",
            root,
            monkeypatch,
            capsys,
        )[0]
        == 0
    )
    record = next((root / "kept" / "entries").glob("*/*.json"))
    code = record.parent.name
    deep = b"[" * DEEP
    if where == "journal":
        with (root / "kept" / JOURNAL).open("ab") as file:
            file.write(deep + b"\n")
    elif where == "build record":
        (root / "build" / ".record.json").write_bytes(deep)
    else:
        target = record if where == "record" else root / "kept" / "unfinished" / record.name
        target.parent.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_bytes(deep)
    returned, _, stderr = here("verify kept", root, monkeypatch, capsys)
    assert "failed because of its own error" not in stderr
    assert (returned, bool(problems(stderr))) == (
        (1, True) if where in {"journal", "record"} else (0, False)
    ), stderr
    for command in (
        f"identify {code} --archive kept",
        "build tiny --audience ckd --kind card --format html --archive kept",
    ):
        _, stdout, stderr = here(command, root, monkeypatch, capsys)
        assert "failed because of its own error" not in stdout + stderr, f"{command}: {stderr}"


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("place", ["journal.jsonl", "entries", "objects", "unfinished/a.json"])
def test_a_pipe_in_an_archive_is_told(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No command waits for a pipe in an archive."""
    root = lay(tmp_path, {})
    build = "build tiny --audience ckd --kind card --format html --archive kept"
    assert here(build, root, monkeypatch, capsys)[0] == 0
    target = root / "kept" / place
    if target.is_dir():
        target = next(path for path in target.rglob("*") if path.is_file())
    put(target, "a pipe")
    code, stdout, stderr = here("verify kept", root, monkeypatch, capsys)
    assert code == 1 or place.startswith("unfinished"), stderr
    for command in (
        "identify TI-CKD-EN-AAAAAAA --archive kept",
        build.replace("--archive", "--force --archive"),
    ):
        code, stdout, stderr = here(command, root, monkeypatch, capsys)
        assert "failed because of its own error" not in stdout + stderr, f"{command}: {stderr}"


def test_the_list_of_an_archive_is_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list is valid JSON even if the workspace's path is not UTF-8."""
    root = lay(tmp_path / os.fsdecode(b"cl\xffinic"), {})
    code, stdout, _ = here("list handouts --json", root, monkeypatch, capsys)
    assert code == 0
    assert any(row["id"] == "tiny" for row in json.loads(stdout))


def test_a_pipe_put_between_the_look_and_the_opening_does_not_hold_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kind of a file is checked again after it is opened."""
    path = tmp_path / "a"
    path.write_bytes(b"x")
    real = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(os, "stat", lambda *_, **__: real)
    ended: list[object] = []

    def read() -> None:
        try:
            ended.append(file_bytes(path))
        except OSError as error:
            ended.append(error.strerror)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    end = time.monotonic() + 300
    while not ended and time.monotonic() < end:
        time.sleep(0.01)
    assert ended == ["this is a pipe, but a file is needed here"]


def test_a_workspace_is_closed_for_every_command(tmp_path: Path) -> None:
    """Opening a workspace refuses unreadable names."""
    opened = Workspace(tmp_path, tmp_path)
    (tmp_path / "content").mkdir()
    assert workspace.file_name_problems(opened) == ()
    Path(os.fsdecode(bytes(tmp_path) + b"/content/\xff")).write_bytes(b"")
    assert len(workspace.file_name_problems(opened)) == 1


def test_a_half_written_file_of_another_machine_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a shared disk, its process may have the same id: neither writes into the other's file."""
    monkeypatch.setattr(os, "getpid", lambda: 7)
    written: list[str] = []
    real = Path.write_bytes

    def noted(path: Path, data: bytes) -> int:
        written.append(path.name)
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", noted)
    for data in (b"here", b"there"):
        write_whole(tmp_path / "tiny.pdf", data)
    assert len(set(written)) == len(written) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.pdf"]


def test_a_number_of_settings_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Python converts no text of more than 4,300 digits to a number."""
    path = tmp_path / "teachback.toml"
    path.write_text(f"copies = {'9' * 5_000}\n")
    with pytest.raises(TeachbackError, match="a number is too long to be read"):
        read_toml(path)
