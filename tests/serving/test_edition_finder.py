"""A code or a photo leads to the very file, and says whether another one is printed now."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from desk_server import AskedPressRoom
from PIL import Image
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.files.workspace import Workspace, builtin_root
from teachback.pdf.page_images import page_texts
from teachback.serving.press_link import RefusedReplyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EDITION = {
    "topic": "tiny",
    "language": "en",
    "audience": "ckd",
    "paper": "letter",
    "size": "standard",
    "depth": "full",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the archive."""
    return tmp_path_factory.mktemp("kept") / "archive"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with one handout."""
    root = tmp_path_factory.mktemp("clinic")
    (root / "content" / "handouts").mkdir(parents=True)
    (root / "content" / "handouts" / "tiny.yaml").write_text(TINY, encoding="utf-8")
    return Workspace(root, builtin_root())


@pytest.fixture(scope="module")
def room(clinic: Workspace, archive: Path) -> Iterator[AskedPressRoom]:
    """Start a press room that has an archive."""
    started = AskedPressRoom(clinic, replace(resolve({}, clinic), archive=archive))
    yield started
    started.close()


def test_a_printed_edition_is_kept_and_found_until_another_one_is_printed(
    clinic: Workspace, room: AskedPressRoom
) -> None:
    """By its code, by its last part, mistyped, and by a photo; then there is a newer one."""
    opened = room.ask("edition", **EDITION)
    code = opened["printed_code"]
    found = room.ask("find", code=code)["matches"][0]
    assert (found["current"], found["file"]) == (True, None)
    room.ask("print", code=opened["code"], values={})
    end = time.monotonic() + 30
    while (found := room.ask("find", code=code)["matches"][0])["file"] is None:
        assert time.monotonic() < end
        assert room.ask("topics")["notices"] == []
        time.sleep(0.1)
    assert found["title"] == "A tiny handout"
    assert found["review"] == "Draft: no clinician has approved this text."
    assert code in page_texts(room.ask("kept", digest=found["file"]))[0]

    assert room.ask("find", code=code.rpartition("-")[2].lower())["matches"] == [found]
    photo = room.ask("page", code=opened["code"], page=1, dpi=192)
    assert room.ask("find", photo=photo)["matches"] == [found]
    wrong = code[:-3] + ("A" if code[-3] != "A" else "C") + code[-2:]
    told = room.ask("find", code=wrong)
    assert told["matches"] == []
    assert told["nearest"][0] == code

    folder = clinic.root / "content" / "handouts"
    text = TINY.replace("One message.", "Another message.")
    (clinic.root / "new").write_text(text, encoding="utf-8")
    (clinic.root / "new").rename(folder / "tiny.yaml")
    end = time.monotonic() + 30
    while room.ask("find", code=code)["matches"][0]["current"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    newer = room.ask("find", code=code)["matches"][0]["newer"]
    assert newer == room.ask("edition", **EDITION)["printed_code"]


def test_a_photo_without_a_code_and_an_unknown_file_are_refused(room: AskedPressRoom) -> None:
    """The words say what to do next."""
    file = io.BytesIO()
    Image.new("L", (100, 100)).save(file, "PNG")
    for photo, reason in ((file.getvalue(), "no edition code can be read"), (b"x", "picture")):
        with pytest.raises(RefusedReplyError, match=reason):
            room.ask("find", photo=photo)
    for digest in ("0" * 64, "../../x", ""):
        with pytest.raises(RefusedReplyError, match="there is no such file"):
            room.ask("kept", digest=digest)
