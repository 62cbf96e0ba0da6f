"""Styles name sides by the direction of the text, so that a page in Arabic mirrors itself."""

from __future__ import annotations

import re

import pytest

from teachback.files.workspace import builtin_root
from teachback.html.language_styles import with_left_and_right
from teachback.pdf import renderer

# A side by its place on the paper, as a property or as a value; not inside a longer name.
SIDE = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right)[\w-]*\s*:|(?:left|right)\s*:"
    r"|(?:float|clear|text-align)\s*:\s*(?:left|right)"
    r"|background(?:-position)?\s*:[^;]*\b(?:left|right)\b)"
)
# The lengths of a shorthand that names all four sides.
ALL_SIDES = 4
# Remarks; paper, which has a left edge; and rules of one direction, for what has no other name.
ELSEWHERE = re.compile(
    r"/\*.*?\*/|@page[^{]*\{(?:[^{}]|\{[^{}]*\})*\}|\[dir=[^{}]*\{[^{}]*\}", re.DOTALL
)
KNOWN = {
    # WeasyPrint 70.0 fails on `inline-end` of a float in a line. A rule for Arabic stands below it.
    ("print.css", ".foot-qr, .foot-end { float: right"),
    # The page, not the half, says on which side of a half the other one is. A rule for a page from
    # right to left stands below each.
    ("facing.css", ".half { padding: 0 3mm 0 0"),
    ("facing.css", ".half + .half { border-left:"),
    ("facing.css", ".other { text-align: left"),
}


def physical(css: str) -> list[str]:
    """Return the declarations of a style sheet that name a side by its place."""
    plain = ELSEWHERE.sub("", css).replace("var(--start, left)", "")
    return [
        f"{' '.join(rule[1].split())} {{ {found[0]}"
        for rule in re.finditer(r"([^{}]+)\{([^{}]*)\}", plain)
        for found in [SIDE.search(rule[2]) or _uneven(rule[2])]
        if found
    ]


def _uneven(declarations: str) -> re.Match[str] | None:
    """Return the first shorthand with another length on the left than on the right."""
    for found in re.finditer(r"(?<![\w-])(?:margin|padding)\s*:\s*([^;}]+)", declarations):
        lengths = re.findall(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+", found[1])
        if len(lengths) == ALL_SIDES and lengths[1] != lengths[3]:
            return found
    return None


def test_no_style_names_a_side_by_its_place_on_paper() -> None:
    """WeasyPrint mirrors what has logical names, and nothing else."""
    sheets = sorted((builtin_root() / "styles").glob("*.css"))
    assert len(sheets) > 10
    found = {
        (sheet.name, declaration)
        for sheet in sheets
        for declaration in physical(sheet.read_text(encoding="utf-8"))
    }
    assert found == KNOWN


@pytest.mark.parametrize(
    "css",
    [
        "p { padding-left: 1pt }",
        "p { border-right: 1pt solid }",
        "p { text-align: left }",
        "p { float: right }",
        "p { position: absolute; left: 0 }",
        "p { margin: 0 1pt 0 0 }",
        "p { padding: 1pt calc(2pt + 1pt) 1pt 0 }",
        "p { background-position: left 9pt top 3pt }",
        "@media screen { p { padding-left: 1pt } }",
    ],
)
def test_a_side_by_its_place_is_found(css: str) -> None:
    """The look over the style sheets can fail."""
    assert physical(css)


def test_what_names_no_side_is_passed_over() -> None:
    """Even sides, logical names, and rules for one direction are fine."""
    css = (
        "@page { margin: 1mm 2mm 3mm 4mm; @bottom-left { content: none } }"
        '[dir="rtl"] p { float: left } p { margin: 1pt 2pt; padding-inline-start: 1pt;'
        " background-position: var(--start, left) 1pt; text-align: start }"
    )
    assert physical(css) == []


@pytest.mark.parametrize(
    ("named", "placed"),
    [
        ("a { padding-inline-start: 3mm }", "a { padding-left: 3mm }"),
        ("a { border-inline-end-width: 2pt }", "a { border-right-width: 2pt }"),
        ("a { inset-inline-end: -1mm; top: 0 }", "a { right: -1mm; top: 0 }"),
        (
            "a { margin-inline: 1mm var(--b) !important }",
            "a { margin-left: 1mm !important; margin-right: var(--b) !important}",
        ),
        (
            "a { padding-inline: calc(1mm + 2mm) }",
            "a { padding-left: calc(1mm + 2mm); padding-right: calc(1mm + 2mm)}",
        ),
        (
            "a { float: inline-start; --margin-inline-x: 1 }",
            "a { float: inline-start; --margin-inline-x: 1 }",
        ),
        (
            "a { --my-padding-inline: 1mm; --my-margin-inline-end: 1mm }",
            "a { --my-padding-inline: 1mm; --my-margin-inline-end: 1mm }",
        ),
        ("a { margin-inline: }", "a { margin-inline: }"),
        (
            'a { content: "/*" } b { margin-inline: 1mm 2mm; top: 0 }',
            'a { content: "/*" } b { margin-left: 1mm; margin-right: 2mm; top: 0 }',
        ),
        (
            "a { margin-inline: 1mm 2mm ! Important; top: 0 }",
            "a { margin-left: 1mm !important; margin-right: 2mm !important; top: 0 }",
        ),
        (
            "/* margin-inline: 4mm */\na { color: red }",
            "/* margin-inline: 4mm */\na { color: red }",
        ),
        (
            "a { margin-inline: 1mm /* on the left; wide */ 2mm /* right */; top: 0 }",
            "a { margin-left: 1mm; margin-right: 2mm; top: 0 }",
        ),
    ],
)
def test_paper_from_left_to_right_has_sides_by_place(named: str, placed: str) -> None:
    """So a clinic's own `padding: 0` comes after the built-in style, and wins."""
    assert with_left_and_right(named) == placed


@pytest.mark.parametrize(
    ("sheet", "row", "line"), [("card", "lines", "line"), ("handout", "personal", "personal-line")]
)
def test_lines_to_write_on_stand_apart_in_each_row(sheet: str, row: str, line: str) -> None:
    """In Arabic, those of a second row ran into each other."""
    styles = builtin_root() / "styles"
    css = "".join((styles / name).read_text("utf-8") for name in ("tokens.css", f"{sheet}.css"))
    chosen = ":root { --card-air: 1pt; --text-size: 9pt; --card-leading: 1 } .slot { width: 20mm }"
    written_line = (
        f"<p class={line}><span class=label>Word</span> <span class='rule slot'></span></p>"
    )
    page = (
        f"<html lang=ar dir=rtl><style>@page {{ size: 100mm 60mm; margin: 5mm }} {css} {chosen}"
        f"</style><title>Lines</title><body><div class={row}>{written_line * 4}"
    )
    files = {f"styles/{path.relative_to(styles)}": path for path in styles.rglob("*.*")}
    layout = renderer.lay_out(page, files, renderer.fonts())
    assert layout.problems == ()
    found = [
        (round(box.position_y), box.border_box_x(), box.border_box_x() + box.border_width())
        for box in layout.document.pages[0]._page_box.descendants()  # noqa: SLF001 -- no public name
        if box.element is not None and box.element.get("class") == line
    ]
    rows = {y: [box[1:] for box in found if box[0] == y] for y, _, _ in found}
    assert [len(lines) for lines in rows.values()] == [2, 2]
    gaps = {round(first[0] - second[1]) for first, second in rows.values()}
    assert len(gaps) == 1
    assert gaps.pop() > 10
    assert len({round(second[0]) for _, second in rows.values()}) == 1
