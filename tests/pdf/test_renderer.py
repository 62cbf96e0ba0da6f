"""What prints is loaded without another program; pages share the style sheets read before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from teachback.files.workspace import builtin_root
from teachback.pdf import renderer
from teachback.pdf.renderer import Fonts, fonts, lay_out, write

# The name that the built-in styles give this file: a process knows a font file by one name.
FAMILY = "Atkinson Hyperlegible"
FONT = "fonts/AtkinsonHyperlegible-Regular.ttf"
FILES = {f"styles/{FONT}": builtin_root() / "styles" / FONT}
PAGE = (
    f'<html lang="en"><title>x</title><style>@font-face {{{{ font-family: "{FAMILY}"; '
    f'src: url({FONT}) }}}} * {{{{ font-family: "{FAMILY}" }}}} {{}}</style>'
    "<body><ol><li>A word</ol>"
)

# Prints the programs that are started while a module is imported.
STARTED = """
import importlib, sys
started = []
sys.addaudithook(lambda event, given: event == "subprocess.Popen" and started.append(given[0]))
importlib.import_module(sys.argv[1])
print(len(started))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="issue 13: other systems have other loaders")
def test_the_libraries_that_print_are_found_without_starting_a_program() -> None:
    """Left alone, WeasyPrint's import starts ldconfig, gcc and ld again and again."""
    left_alone, ours = (
        int(
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", STARTED, name],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for name in ("weasyprint", "teachback.pdf.renderer")
    )
    assert ours == 0 < left_alone


@pytest.mark.parametrize(
    "style",
    [
        "li { colour: red }",
        "li { color: red !imprtant }",
        "@import url(other.css);",
        "@counter-style x { system: fixed; symbols: 'Z' } ol { list-style: x }",
        "html { --wide: red } li { width: var(--wide) }",
        "li { width: calc(1mm * 1mm) }",
    ],
)
def test_each_page_with_a_faulty_sheet_has_its_fault(style: str) -> None:
    """A fault of a style sheet is not lost where a page before had the same sheet."""
    told = [str(_faults(PAGE.format(style))) for _ in range(2)]
    assert told[0] == told[1] != "[]"


def _faults(html: str) -> list[str]:
    try:
        return [problem.message for problem in lay_out(html, FILES, fonts()).problems]
    except Exception as error:  # noqa: BLE001 -- whatever the page is refused for
        return [str(error)]


def test_a_second_page_with_the_same_sheet_looks_the_same() -> None:
    """Rules, sizes of pages and layers hold for the second page as for the first."""
    large = "li { font-size: 20pt } @page { size: 100mm 50mm }"
    layers = f"@layer a, b; @layer b {{ {large} }} @layer a {{ li {{ font-size: 9pt }} }}"
    first, again, layered, other, plain = (
        write(lay_out(PAGE.format(css), FILES, fonts()))
        for css in (large, large, layers, layers, "")
    )
    assert first == again == layered == other != plain


@pytest.mark.parametrize(
    "css",
    [
        "li { font-size: 20pt }",
        "li { width: 12mm }",
        "li { letter-spacing: 1mm }",
        "li { text-decoration: underline }",
        "li { font-weight: bold; white-space: pre }",
        "html { --wide: 12mm; font-size: 9pt } li { width: calc(var(--wide) * 2); margin: 2rem }",
        "li { float: right; position: relative; top: 3mm }",
        "ol { display: table } li { display: table-cell; padding: 2mm }",
        "@page { size: 50mm 80mm } li { width: 50vw }",
        "@page { size: 80mm 50mm } li { width: 50vw }",
    ],
)
def test_an_earlier_layout_does_not_change_the_file(css: str) -> None:
    """Only lines with the same words, width and style are taken; others are set anew."""
    shared = Fonts()
    words = PAGE.replace("A word", "A word that is <u>underlined</u>, and more words behind it")
    for style in ("", css, "", css):
        page = words.format(style)
        kept, alone = (write(lay_out(page, FILES, known)) for known in (shared, Fonts()))
        assert kept == alone
    assert shared.lines


def test_a_width_of_the_page_is_that_of_each_page() -> None:
    """The same sheet is laid out in the width of the page that comes first, which a page names."""
    css = "@page wide { size: 200mm } @page { size: 50mm } .w { page: wide } li { width: 50vw }"
    page = PAGE.format(css)
    pages = (page, page.replace("<body>", '<body class="w">'))
    shared = Fonts()
    for one in (*pages, *pages):
        assert write(lay_out(one, FILES, shared)) == write(lay_out(one, FILES, Fonts()))


def test_only_so_many_lines_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that prints for days does not grow with each page."""
    monkeypatch.setattr(renderer, "_MOST_LINES", 5)
    known = Fonts()
    sizes = []
    for number in range(20):
        lay_out(PAGE.replace("A word", f"word {number}").format(""), FILES, known)
        sizes.append(len(known.lines))
    assert 0 < max(sizes) <= 5


def test_a_line_whose_last_space_alone_is_too_much_is_not_broken_after_its_first_word() -> None:
    """A wider paragraph never has more lines."""
    text = "Vomiting can hurt you. <strong>Call us early.</strong> And <em>now</em> or never."
    widths = list(range(60, 160))
    page = PAGE.format("p { margin: 0 }") + "".join(
        f'<p style="width: {width}pt">{text}</p>' for width in widths
    )
    counts = [0] * len(widths)
    places: dict[object, int] = {}
    laid = lay_out(page, FILES, fonts()).document
    for box in (one for sheet in laid.pages for one in sheet._page_box.descendants()):  # noqa: SLF001
        if type(box).__name__ == "LineBox" and box.element.tag == "p":
            counts[places.setdefault(box.element, len(places))] += 1
    assert len(places) == len(widths)
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
