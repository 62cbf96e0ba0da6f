"""The page of what was printed shows each file, and costs nothing when nothing changed."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pikepdf
import pytest
from PIL import Image
from workspace_cases import here, lay, problems

from teachback.commands import printed_index
from teachback.commands.printed_index import write_index
from teachback.files.atomic_files import sha256
from teachback.pdf import page_images
from teachback.printing.build_record import Output, manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def pdf(pages: int = 1) -> bytes:
    """Return a PDF with empty Letter pages."""
    file = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=(612, 792))
        document.save(file)
    return file.getvalue()


def printed(folder: Path, name: str, data: bytes, kind: str = "handout") -> Output:
    """Put a file into an output folder; its name tells handout, kind, audience and form."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    handout, _, file = name.partition("/")
    return Output(
        file=name,
        kind=kind,
        handout=handout,
        audience=file.split("-")[1],
        language="en",
        size="standard",
        paper="letter",
        card_mm=None,
        pages=2,
        code="T-CKD-EN-ABC",
        sha256=sha256(data),
        stem=handout,
        form=file.rpartition(".")[2],
        made_from="",
    )


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each page that is drawn."""
    calls: list[int] = []
    real = page_images.page_pictures

    def counted(data: bytes, dpi: int, most: int | None = None) -> tuple[bytes, ...]:
        calls.append(dpi)
        return real(data, dpi, most)

    monkeypatch.setattr(page_images, "page_pictures", counted)
    return calls


def test_each_file_is_shown_with_its_first_page(tmp_path: Path, drawn: list[int]) -> None:
    """A link and a small picture for each PDF; a page for a screen has no picture."""
    outputs = [
        printed(tmp_path, "tiny/handout-ckd-en.html", b"<p>"),
        printed(tmp_path, "tiny/handout-ckd-en-letter.pdf", pdf(2)),
        printed(tmp_path, "tiny/card-ckd-en.pdf", pdf(3), kind="card"),
    ]
    index, problems_of_index = write_index(tmp_path, outputs)
    assert problems_of_index == ()
    assert index is not None
    page = index.read_text(encoding="utf-8")
    assert re.findall(r'<a href="([^"]+)"', page) == [
        "tiny/handout-ckd-en-letter.pdf",
        "tiny/handout-ckd-en.html",
        "tiny/card-ckd-en.pdf",
    ]
    pictures = re.findall(r'<img src="([^"]+)"', page)
    assert len(pictures) == 2
    with Image.open(tmp_path / pictures[0]) as picture:
        assert picture.size == (408, 528)
    assert len(drawn) == 2
    assert "<script" not in page
    assert "http" not in page


def test_what_has_not_changed_is_not_drawn_again(tmp_path: Path, drawn: list[int]) -> None:
    """Only the picture of the changed file is drawn, and that of the old one goes."""
    unchanged, old = (printed(tmp_path, f"tiny/handout-{n}-en.pdf", pdf(n)) for n in (1, 2))
    write_index(tmp_path, [unchanged, old])
    before = (tmp_path / "index.html").stat().st_mtime_ns
    write_index(tmp_path, [unchanged, old])
    assert len(drawn) == 2
    assert (tmp_path / "index.html").stat().st_mtime_ns == before
    new = printed(tmp_path, "tiny/handout-2-en.pdf", pdf(3))
    write_index(tmp_path, [unchanged, new])
    assert len(drawn) == 3
    assert {path.stem for path in (tmp_path / ".pictures").iterdir()} == {
        unchanged.sha256,
        new.sha256,
    }


def test_names_are_escaped(tmp_path: Path) -> None:
    """An output folder may be opened in a browser, whatever its files are called."""
    index, _ = write_index(tmp_path, [printed(tmp_path, "a&b<i>/handout-x-en.html", b"")])
    assert index is not None
    assert "<i>" not in index.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    """The printed files are there all the same."""
    output = printed(tmp_path, "tiny/handout-ckd-en.html", b"")
    (tmp_path / "index.html").mkdir()
    index, (problem,) = write_index(tmp_path, [output])
    assert index is None
    assert "cannot be written" in problem.message
    assert write_index(tmp_path / "none", []) == (None, ())


@pytest.fixture
def opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[int, str, str, list[str]]]:
    """Return a function that runs `open`; it returns what the system was asked to open."""

    def run(command: str) -> tuple[int, str, str, list[str]]:
        asked: list[str] = []

        def refuses(url: str) -> int:
            asked.append(url)
            return 1

        monkeypatch.setattr("click.launch", refuses)
        return (*here(command, tmp_path, monkeypatch, capsys), asked)

    return run


def test_open_takes_the_page_or_the_file_of_a_handout(
    tmp_path: Path, opened: Callable[[str], tuple[int, str, str, list[str]]]
) -> None:
    """Where no program opens it, the printed path can be opened by hand."""
    folder = lay(tmp_path, {}) / "build"
    outputs = [
        printed(folder, f"tiny/handout-{audience}-en.html", b"") for audience in ("ckd", "general")
    ]
    (folder / "manifest.json").write_bytes(manifest(outputs))
    code, _, err, _ = opened("open")
    assert (code, problems(err)[0].hint) == (2, "Print first: teachback build")
    write_index(folder, outputs)
    for words, name in (
        ("open", "index.html"),
        ("open tiny", "index.html"),
        ("open tiny --audience ckd", "tiny/handout-ckd-en.html"),
    ):
        code, out, err, asked = opened(words)
        assert (code, out, asked) == (0, f"build/{name}\n", [str(folder / name)])
        assert "open this file yourself" in err
    code, _, err, _ = opened("open tinny")
    assert (code, problems(err)[0].hint.split("?")[0]) == (2, "Did you mean 'tiny'")
    (folder / "manifest.json").write_text("[" * 200_000, encoding="utf-8")
    code, _, err, _ = opened("open")
    assert (code, problems(err)[0].hint) == (2, "Print first: teachback build")
    assert printed_index.INDEX == "index.html"
