"""What prints is loaded without another program; pages share the style sheets read before."""

from __future__ import annotations

import subprocess
import sys

import pytest
from weasyprint.css import ComputedStyle
from weasyprint.css.properties import INITIAL_VALUES

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
    layout = lay_out(page, FILES, fonts()).document
    for box in (one for sheet in layout.pages for one in sheet._page_box.descendants()):  # noqa: SLF001
        if type(box).__name__ == "LineBox" and box.element.tag == "p":
            counts[places.setdefault(box.element, len(places))] += 1
    assert len(places) == len(widths)
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


# A style for each way in which a property gets its value.
VALUES = """
:root { --wide: 3mm; --ink: #123; color: var(--ink); font: 12pt "%s" }
body { direction: rtl; margin-inline-start: var(--wide); text-align: start }
ul { border-inline-end: 2px solid; padding: inherit; width: calc(50%% - 1mm) }
li { text-decoration: underline; float: right; margin: initial; inline-size: 40mm }
li::marker { color: red }
p { display: flex; page: wide; border-top: 1pt dashed; line-height: 1.2em; text-indent: 5%% }
p > b { position: absolute; inset-block-start: 0; border-start-start-radius: 2px }
"""


def test_each_property_has_the_value_that_weasyprint_computes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Most values are found in one step: the parent's, or the initial one."""
    html = (
        f'<html lang="en"><title>x</title><style>{VALUES % FAMILY}</style>'
        "<body><ul><li>A word<li>Two</ul><p>Three <b>four</b><i></i>"
    )
    document = lay_out(html, FILES, fonts()).document
    styles = [
        box.style
        for page in document.pages
        for box in page._page_box.descendants(placeholders=True)  # noqa: SLF001 -- no public name
        if isinstance(box.style, ComputedStyle)
    ]
    ours: list[dict[str, object]] = []
    theirs: list[dict[str, object]] = []
    for values, computed in ((ours, renderer._value), (theirs, renderer._computed_value)):  # noqa: SLF001 -- no public name
        monkeypatch.setattr(ComputedStyle, "__missing__", computed)
        for style in styles:
            anew = ComputedStyle(
                style.parent_style,
                style.cascaded,
                style.pseudo_type,
                style.root_style,
                style.base_url,
                style.font_config,
                style.initial_page_sizes,
            )
            values.append({name: anew[name] for name in INITIAL_VALUES})
    assert len(styles) > 10
    assert ours == theirs
