"""A page can load nothing from outside: see tests/end_to_end/hostile/README.md."""

from __future__ import annotations

import functools
import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from tiny_handout import TINY
from workspace_cases import (
    HANDOUT,
    SVG,
    Link,
    Said,
    all_files,
    check,
    here,
    lay,
    problems,
    read_case,
)

from teachback.errors import TeachbackError
from teachback.files.font_coverage import font_fault
from teachback.files.images import picture_fault
from teachback.files.workspace import (
    Workspace,
    builtin_root,
    effective_files,
    link_problems,
    open_workspace,
)
from teachback.pdf.renderer import Fonts, fonts, lay_out, write
from teachback.printing import process_pool
from teachback.printing.process_limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

HOSTILE = Path(__file__).parent / "hostile"
FILES = sorted(path for path in HOSTILE.iterdir() if path.name != "README.md")
QUOTING = (TINY + "      - quote: Words.\n").encode()
OTHER = TINY.replace("id: tiny", "id: other").encode()
PRINTED = "build/other/handout-ckd-en-letter.pdf"
QUOTE = "templates/blocks/quote.html"
# Templates that have no end but the limits of a process.
ENDLESS = {
    f"template-{name}.html"
    for name in (
        "center",
        "doubling",
        "flood",
        "format",
        "format-braces",
        "ljust",
    )
}


def test_there_are_many_hostile_files() -> None:
    """Every known way out of the workspace is tried."""
    assert len(FILES) >= 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_a_page_may_not_load_is_refused_with_its_place(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    """The template, style sheet or drawing is named; a handout that does not use it is printed."""
    if path.name not in ENDLESS:
        request.getfixturevalue("one_process")
    # To fill the 2 GB of a print takes seconds.
    monkeypatch.setattr(process_pool, "LIMITS", Limits(memory=300_000_000))
    case = read_case(path)
    root = lay(tmp_path, {HANDOUT: QUOTING, "content/handouts/other.yaml": OTHER, **case.files})
    before = all_files(root)
    check(case, root, *here(case.run, root, monkeypatch, capsys))
    if QUOTE in case.files:
        assert (root / PRINTED).read_bytes().startswith(b"%PDF")
    else:
        assert all_files(root) == before


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(
    "name",
    ["template-file.html", "template-data.html", "template-object.html", "template-style.html"],
)
def test_a_page_for_a_screen_loads_nothing_either(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It contains only pictures and fonts that the program itself has put into it."""
    case = read_case(HOSTILE / name)
    root = lay(tmp_path, {HANDOUT: QUOTING, **case.files})
    check(
        case,
        root,
        *here("build tiny --kind handout --audience ckd --format html", root, monkeypatch, capsys),
    )
    # Earlier output is left as it was, and nothing is added.
    assert {path.read_bytes() for path in root.glob("build/**/*.html")} == {b"printed yesterday"}


def link_case(tmp_path: Path, name: str, target: str, *, folder: bool = False) -> Path:
    """Make a workspace with a link, and beside it a folder with a secret."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for file in ("secret.svg", "secret.html", "secret.css", "secret.yaml"):
        (outside / file).write_bytes(SVG + b"</svg>")
    root = lay(tmp_path / "clinic", {})
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).symlink_to(outside / target, target_is_directory=folder)
    return root


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("styles/icons/phone.svg", "secret.svg"),
        ("styles/clinic.css", "secret.css"),
        ("styles/fonts", ""),
        ("templates/blocks", ""),
        ("templates/blocks/quote.html", "secret.html"),
        ("templates/.hidden", ""),
        ("content/images", ""),
        ("content/clinic.yaml", "secret.yaml"),
        ("content/handouts/secret.yaml", "secret.yaml"),
        ("content/words/xx.yaml", "nowhere.yaml"),
    ],
)
def test_a_link_out_of_the_workspace_is_refused(
    name: str,
    target: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """File or folder, wherever it is: the link is named, and nothing is read through it."""
    root = link_case(tmp_path, name, target)
    code, _, stderr = here("build tiny --format html", root, monkeypatch, capsys)
    assert code == 1
    assert problems(stderr) == (
        Said(
            name,
            "this is a link to a place outside the workspace",
            "Put the file or the folder itself there.",
        ),
    )
    files = effective_files(Workspace(root, root)).values()
    assert [
        path for path in files if not target and path.resolve().is_relative_to(tmp_path / "outside")
    ] == []


def test_a_link_out_is_found_behind_a_link_that_stays_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder beside content/ may be linked into it; its content is checked like the rest."""
    root = link_case(tmp_path, "shared/secret.svg", "secret.svg")
    (root / "content/images").symlink_to(root / "shared", target_is_directory=True)
    code, _, stderr = here("build tiny --format html", root, monkeypatch, capsys)
    assert code == 1
    assert [(one.place, one.message) for one in problems(stderr)] == [
        ("content/images/secret.svg", "this is a link to a place outside the workspace")
    ]


@pytest.mark.usefixtures("one_process")
def test_a_link_out_is_found_after_the_workspace_became_a_link(tmp_path: Path) -> None:
    """A running program looks anew where the workspace is: nothing of it goes missing."""
    root = link_case(tmp_path, "styles/secret.css", "secret.svg")
    clinic = Workspace(root, builtin_root())
    before = link_problems(clinic), {**effective_files(clinic)}
    root.rename(tmp_path / "moved")
    root.symlink_to("moved", target_is_directory=True)
    assert len(before[0]) == 1
    assert (link_problems(clinic), effective_files(clinic)) == before


def test_links_inside_the_workspace_are_followed_and_so_is_one_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two names for one drawing are allowed, and a folder keeps its own name."""
    root = lay(
        tmp_path / "clinic",
        {
            "content/images/cup.svg": SVG + b"</svg>",
            "content/images/mug.svg": Link("cup.svg"),
            "styles/clinic.css": b"",
        },
    )
    (root / "content/pictures").symlink_to("images", target_is_directory=True)
    (root / "content/a").symlink_to("../styles", target_is_directory=True)
    (tmp_path / "here").symlink_to(root, target_is_directory=True)
    code, stdout, _ = here(
        "build tiny --kind handout --format html", tmp_path / "here", monkeypatch, capsys
    )
    assert (code, stdout.splitlines()[-2]) == (0, "2 printed; all of it is in build")
    files = effective_files(open_workspace(tmp_path / "here"))
    assert {"content/images/mug.svg", "styles/clinic.css"} <= files.keys()


@functools.cache
def png(width: int, height: int) -> bytes:
    """Return a one-colour PNG: small as a file, large when it is unpacked."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def scans(count: int) -> bytes:
    """Return a progressive JPEG that claims to have this many scans."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff", start + 2)
    return data[:end] + data[start:end] * count + data[end:]


def drawing(inside: str) -> bytes:
    """Return a drawing with this content."""
    return SVG + inside.encode() + b"</svg>"


@pytest.mark.parametrize(
    ("data", "suffix", "says"),
    [
        (lambda: png(8_000, 6_000), ".png", "the picture has 8000 x 6000 dots"),
        (lambda: png(20_000, 20_000), ".png", "the picture has too many dots"),
        (lambda: png(8, 8) + b"\0" * 5_000_000, ".png", "the picture is larger than 5 MB"),
        (lambda: scans(200), ".jpg", "the picture comes in more than 100 scans"),
        (
            lambda: drawing("<g/>" * 20_001),
            ".svg",
            "the drawing has more than 20000 shapes, each <use> counted",
        ),
        (
            lambda: drawing("".join(f'<use id="u{n}" href="#u{n + 1}"/>' for n in range(15_000))),
            ".svg",
            "the drawing has more than 20000 shapes, each <use> counted",
        ),
        (
            lambda: drawing(f'<path d="{"M0 0" * 300_000}"/>'),
            ".svg",
            "the drawing holds a path of 1200000 characters",
        ),
        (
            lambda: drawing(f'<path d="{"M0 0" * 2_500_000}"/>'),
            ".svg",
            "the picture is larger than 5 MB",
        ),
        (
            lambda: drawing('<linearGradient id="a"/>' * 201),
            ".svg",
            "the drawing has more than 200 patterns, filters and the like",
        ),
    ],
    ids=[
        "dots",
        "more dots",
        "bytes",
        "scans",
        "shapes",
        "chain of uses",
        "path",
        "10 MB",
        "gradients",
    ],
)
def test_a_picture_bomb_is_refused_before_it_goes_off(
    data: Callable[[], bytes], suffix: str, says: str
) -> None:
    """Its header or structure shows it at once; a good picture of its kind is no fault."""
    bomb = data()
    start = time.process_time()
    fault = picture_fault(bomb, suffix)
    assert fault is not None
    assert fault[0] == says
    assert time.process_time() - start < 2
    assert picture_fault(png(1000, 1000), ".png") is None
    assert (
        picture_fault(drawing('<g id="a"/><use href="#a"/><linearGradient id="b"/>'), ".svg")
        is None
    )


def test_a_font_that_claims_all_characters_many_times_is_refused() -> None:
    """Such a character table would fill the memory; a compressed font could unpack to any size."""
    good = (builtin_root() / "styles/fonts/AtkinsonHyperlegible-Bold.ttf").read_bytes()
    assert font_fault(good) is None
    table = (
        b"\0\0\0\1\0\3\0\12\0\0\0\14\0\14\0\0\0\0\0\34"
        b"\0\0\0\0\0\0\0\1\0\0\0\0\x7f\xff\xff\xff\0\0\0\0"
    )
    bomb = b"\0\1\0\0\0\1" + b"\0" * 6 + b"cmap" + b"\0\0\0\0" + b"\0\0\0\34" + b"\0\0\0\50" + table
    assert font_fault(bomb) == (
        "this font claims to have more characters than there are",
        "Use a whole .ttf file from its maker.",
    )
    for wrong in (b"wOF2" + good[4:], b"wOFF" + good[4:], b"no font"):
        fault = font_fault(wrong)
        assert fault is not None
        assert fault[0] == "this is not a TrueType font: it does not begin like one"


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (
            '<img src="file:///etc/hostname">',
            "the page asks for 'file:///etc/hostname', which is not a file of the workspace",
        ),
        (
            '<img src="https://example.org/a.png">',
            "the page asks for 'https://example.org/a.png', which is not a file of the workspace",
        ),
        (
            '<img src="//example.org/a.png">',
            "the page asks for 'https://example.org/a.png', which is not a file of the workspace",
        ),
        (
            '<img src="data:image/png;base64,AAAA">',
            "the page asks for 'data:image/png;base64,AAAA', which is not a file of the workspace",
        ),
        (
            '<img src="../../secret.png">',
            "the page asks for 'secret.png', and there is no such picture or font",
        ),
        ('<img src="%2e%2e/%2e%2e/secret.png">', "the page asks for '"),
        (
            '<img src="/etc/hostname">',
            "the page asks for 'etc/hostname', and there is no such picture or font",
        ),
        (
            '<img src="../content/clinic.yaml">',
            "the page asks for 'content/clinic.yaml', and there is no such picture or font",
        ),
        (
            '<img src="../templates/card.html">',
            "the page asks for 'templates/card.html', and there is no such picture or font",
        ),
        (
            '<img src="icons/bad.svg">',
            "the file 'styles/icons/bad.svg' cannot be shown: the drawing holds <script>",
        ),
        (
            '<img src="icons/large.png">',
            "the file 'styles/icons/large.png' cannot be shown: the picture has too many dots",
        ),
        ('<img src="icons/heavy.png">', "the file 'styles/icons/heavy.png' is larger than 5 MB"),
        (
            (
                "<style>@font-face { font-family: a; src: url(fonts/bad.ttf) } p { "
                "font-family: a }</style><p>x"
            ),
            "the file 'styles/fonts/bad.ttf'",
        ),
        (
            (
                "<style>@font-face { font-family: a; src: url(icons/bad.ttf) } p { "
                "font-family: a }</style><p>x"
            ),
            "the page asks for 'styles/icons/",
        ),
        (
            "<style>p { background: u\\72l(file:///etc/hostname) }</style><p>x",
            "the page asks for 'file:///etc/hostname'",
        ),
        (
            '<style>@\\69mport "file:///etc/hostname";</style><p>x',
            "the page asks for 'file:///etc/hostname'",
        ),
        (
            '<link rel="stylesheet" href="file:///etc/hostname">',
            "the page asks for 'file:///etc/hostname'",
        ),
        (
            '<link rel="stylesheet" href="clinic.css">',
            "the page asks for 'styles/clinic.css', and there is no such picture or font",
        ),
        (
            '<object data="file:///etc/hostname"></object>',
            "the page asks for 'file:///etc/hostname'",
        ),
        ('<embed src="file:///etc/hostname">', "the page asks for 'file:///etc/hostname'"),
        (
            '<a rel="attachment" href="file:///etc/hostname">x</a>',
            "the page asks for 'file:///etc/hostname'",
        ),
        (
            '<link rel="attachment" href="file:///etc/hostname">',
            "the page asks for 'file:///etc/hostname'",
        ),
    ],
)
def test_the_fetcher_is_a_net_of_its_own(page: str, says: str, tmp_path: Path) -> None:
    """Whatever passes earlier checks, it serves only whole pictures and fonts of the workspace."""
    files = {}
    for name, data in {
        "content/clinic.yaml": b"name: x",
        "templates/card.html": b"<p>",
        "styles/clinic.css": b"",
        "styles/icons/good.png": png(8, 8),
        "styles/icons/bad.svg": drawing("<script/>"),
        "styles/icons/large.png": png(20_000, 20_000),
        "styles/icons/heavy.png": b"\0" * 5_000_001,
        "styles/fonts/bad.ttf": b"no font",
        "styles/icons/bad.ttf": b"no font",
        "secret.png": png(8, 8),
    }.items():
        files[name] = tmp_path / name
        files[name].parent.mkdir(parents=True, exist_ok=True)
        files[name].write_bytes(data)
    write(
        lay_out(
            '<html lang="en"><title>x</title><p><img alt="x" src="icons/good.png">', files, fonts()
        )
    )
    with pytest.raises(TeachbackError) as refused:
        write(lay_out(f'<html lang="en"><title>x</title><p>{page}', files, Fonts()))
    assert refused.value.problems[0].message.startswith(says)
