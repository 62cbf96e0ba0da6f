"""A code or a photo leads to the very file, and says whether another one is printed now."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import pytest
from handout_with_fields import FILLED
from PIL import Image

from teachback.pdf.page_images import page_texts
from teachback.serving.press_link import RefusedReplyError

if TYPE_CHECKING:
    from pathlib import Path

    from desk_server import AskedPressRoom

    from teachback.files.workspace import Workspace

EDITION = {
    "topic": "tiny",
    "language": "en",
    "audience": "ckd",
    "paper": "letter",
    "size": "standard",
    "depth": "full",
}


@pytest.mark.slow
def test_a_printed_edition_is_kept_and_found_until_another_one_is_printed(
    clinic: Workspace, room: AskedPressRoom
) -> None:
    """By its code, by its last part, mistyped, and by a photo; then there is a newer one."""
    opened = room.ask("edition", **EDITION)
    code = opened["printed_code"]
    found = room.ask("find", code=code)["matches"][0]
    assert found["current"]
    room.ask("print", key=opened["key"], values={"patient": "Place Name"})
    end = time.monotonic() + 300
    while (found := room.ask("find", code=code)["matches"][0])["file"] is None:
        assert time.monotonic() < end
        assert room.ask("topics")["notices"] == []
        time.sleep(0.1)
    assert found["title"] == "A tiny handout"
    assert found["review"] == "Draft: no clinician has approved this text."
    assert code in page_texts(room.ask("archived pdf", digest=found["file"]))[0]

    assert room.ask("find", code=code.rpartition("-")[2].lower())["matches"] == [found]
    photo = room.ask("page", key=opened["key"], page=1, dpi=192)
    assert room.ask("find", photo=photo)["matches"] == [found]
    wrong = code[:-3] + ("A" if code[-3] != "A" else "C") + code[-2:]
    answer = room.ask("find", code=wrong)
    assert answer["matches"] == []
    assert answer["nearest"][0] == {"code": code, "title": "A tiny handout"}

    folder = clinic.root / "content" / "handouts"
    text = FILLED.replace("One message.", "A newer message.")
    _replace(folder / "tiny.yaml", text)
    end = time.monotonic() + 300
    while room.ask("find", code=code)["matches"][0]["current"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    newer = room.ask("find", code=code)["matches"][0]["newer"]
    assert newer == room.ask("edition", **EDITION)["printed_code"]
    _replace(folder / "tiny.yaml", FILLED)
    # The room is shared: the next test must not begin with the newer text.
    while not room.ask("find", code=code)["matches"][0]["current"]:
        assert time.monotonic() < end
        time.sleep(0.1)


def _replace(path: Path, text: str) -> None:
    """Replace a file in one step, so that nobody reads half of it."""
    beside = path.parents[2] / "new"
    beside.write_text(text, encoding="utf-8")
    beside.rename(path)


def test_a_photo_without_a_code_and_an_unknown_file_are_refused(room: AskedPressRoom) -> None:
    """The words say what to do next."""
    file = io.BytesIO()
    Image.new("L", (100, 100)).save(file, "PNG")
    for photo, reason in ((file.getvalue(), "no edition code can be read"), (b"x", "picture")):
        with pytest.raises(RefusedReplyError, match=reason):
            room.ask("find", photo=photo)
    for digest in ("0" * 64, "../../x", ""):
        with pytest.raises(RefusedReplyError, match="there is no such file"):
            room.ask("archived pdf", digest=digest)
