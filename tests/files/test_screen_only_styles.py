"""Screen-only styles hide, move and cover nothing, since no check of paper sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.commands.build import build
from teachback.errors import TeachbackError
from teachback.files.screen_only_styles import hiding, screen_style_problems
from teachback.files.workspace import builtin_root

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

pytestmark = pytest.mark.usefixtures("one_process")


HIDING = [
    "display: none", "display: contents", "visibility: hidden", "font-size: 0", "font-size: 4px",
    "font: 2px x", "position: absolute", "left: -90em",
    "transform: scaleX(-1)", "overflow: hidden", "text-indent: -99em", "opacity: 0", "order: 2",
    "color: transparent", "color: #fff", "color: #ddd",
    "color: rgb(0 0 0 / 0%)", "background: #111", "background: url(x.png)", "margin-left: -99em",
    "letter-spacing: 1em", "line-height: 0",
    "height: 1px", "max-height: 0", "flex-direction: row-reverse", "text-decoration: line-through",
    "-webkit-text-fill-color: transparent",
    "filter: blur(9px)", "scale: -1 1", "zoom: 0.1", "clip-path: inset(50%)", "--text: #fff",
    "animation: x 1s", "box-shadow: inset 0 0 0 99em #fff",
    "border-left: 99em solid #fff; margin: calc(-1 * 9em)", "outline: 40px solid #000000",
    "padding-left: 3000px", "padding: 0 0 0 99%", "gap: 400px", "border-top: 300px solid #000000",
    "float: right", "border-left: 2px solid #000000", "list-style: decimal inside", "min-width: 9999px",
]  # fmt: skip
BROWSERS_ONLY = [
    ("@media screen {{ p {{ {} }} }}", "clinic.css"),
    ("@media (min-width: 1px) {{ p {{ {} }} }}", "clinic.css"),
    ("@container (min-width: 1px) {{ p {{ {} }} }}", "clinic.css"),
    ("@supports (color: red) {{ p {{ {} }} }}", "clinic.css"),
    ("@layer x {{ p {{ {} }} }}", "clinic.css"),
    ("p {{ @media screen {{ {} }} }}", "handout.css"),
    (".dial {{ {} }}", "clinic.css"),
    ("a {{ {} }}", "clinic.css"),
    ("p > a.x {{ {} }}", "clinic.css"),
    ("p:hover {{ {} }}", "clinic.css"),
    ("[data-column] {{ {} }}", "clinic.css"),
    ("p {{ {} }}", "screen.css"),
    ("p {{ {} }}", "styles/card-screen.css"),
    ("@media print {{ p {{ {} }} }}", "styles/screen.css"),
]


@pytest.mark.parametrize(
    "selector",
    ["td:nth-child(2)", "thead th", "tbody tr:first-child", "tbody", ".wide", "* > *", ":is(td, th)",
     "p, td", "[scope]", "table"],
)  # fmt: skip
def test_no_part_of_a_table_is_moved(selector: str) -> None:
    """Browsers move it, paper does not: a number would stand under another heading."""
    for offset in ("left: 58mm", "right: -58mm", "top: 9mm", "bottom: 1em", "inset: 0 0 0 5mm"):
        css = f"{selector} {{ position: relative; {offset} }}"
        (problem,) = screen_style_problems(css, "clinic.css")
        assert "Parts of a table are never moved" in problem.hint
    assert not list(screen_style_problems(f"{selector} {{ left: 0; top: auto }}", "clinic.css"))


@pytest.mark.parametrize(
    "selector", ["img.logo", "header .brand > img", "body p", "h2:first-child"]
)
def test_what_paper_moves_as_a_browser_does_is_left_to_the_proof(selector: str) -> None:
    """An element that is no part of a table has its place looked at on the printed page."""
    css = f"{selector} {{ position: relative; top: -2mm }}"
    assert not list(screen_style_problems(css, "clinic.css"))


@pytest.mark.parametrize("style", HIDING)
def test_what_only_browsers_follow_hides_nothing(style: str) -> None:
    """It is refused in conditions, in screen style sheets and on screen-only parts."""
    for rule, name in BROWSERS_ONLY:
        found = list(screen_style_problems("\n" + rule.format(style), name))
        assert found, rule
        assert {problem.location.line for problem in found if problem.location} == {2}


@pytest.mark.parametrize("style", HIDING)
def test_what_paper_follows_too_is_left_to_the_proof_of_the_paper(style: str) -> None:
    """Styles that paper follows, too, are left to the check of the printed page."""
    for rule in (
        "p {{ {} }}",
        "@media print {{ p {{ {} }} }}",
        "@media all {{ li:last-child {{ {} }} }}",
        "@page {{ @bottom-left {{ {} }} }}",
    ):
        assert list(screen_style_problems(rule.format(style), "clinic.css")) == []


def test_a_page_for_a_screen_may_be_made_friendlier() -> None:
    """Space, layout, borders, larger type, dark text and light backgrounds are allowed."""
    css = (
        "@media (min-width: 50em) {\n"
        "      body { max-width: 40em; margin: 0 auto; padding: 1em 2em; border-top: 1px solid "
        "#ccc; border-radius: 0.4em; background: #fffbe8 }\n"
        "      p { font-size: 1.2rem; line-height: 1.6; color: #123456; text-align: start } "
        "main { display: grid; gap: 1em; grid-template-columns: 1fr 2fr }\n"
        "      a { text-decoration: underline; font-weight: bold }\n"
        "    }"
    )
    assert list(screen_style_problems(css, "clinic.css")) == []
    assert list(screen_style_problems(css, "screen.css")) == []


def test_the_built_in_sheets_pass_only_under_their_own_names() -> None:
    """A copy of a built-in style sheet passes only under its own name."""
    sheets = sorted((builtin_root() / "styles").glob("*.css"))
    assert len(sheets) > 5
    for path in sheets:
        css = path.read_text(encoding="utf-8")
        assert list(screen_style_problems(css, str(path), css)) == []
    assert list(
        screen_style_problems(
            "@media screen { .unseen { position: absolute } }",
            "clinic.css",
            sheets[0].read_text(encoding="utf-8"),
        )
    )


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (
            {"styles/clinic.css": "@media screen {\n  strong { display: none }\n}\n"},
            "`display: none` inside `@media screen`",
        ),
        # Paper follows it, too, but only a page for a screen is printed.
        (
            {"styles/clinic.css": ".message { display: none }\n"},
            "a sentence is not on the page: 'One message.'",
        ),
        (
            {"styles/clinic.css": ".message { color: #fff }\n"},
            "cannot be seen: only 0 % of its ink",
        ),
        (
            {"templates/blocks/text.html": "<p style='opacity: 0'>{{ block.text|marked }}</p>"},
            "opacity, which only browsers would follow",
        ),
        (
            {"templates/blocks/text.html": "<p class='unseen'>{{ block.text|marked }}</p>"},
            "hides the words",
        ),
        (
            {"templates/blocks/text.html": "<p title='Take 9'>{{ block.text|marked }}</p>"},
            "would say 'Take 9'",
        ),
    ],
)
def test_a_page_for_a_screen_alone_is_proved(
    workspace: Callable[..., Workspace],
    today: dt.date,
    tmp_path: Path,
    files: dict[str, str],
    fault: str,
) -> None:
    """With its own styles or templates, a clinic's paper pages are checked in every format."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY, **files})
    flags = {
        "handouts": ("tiny",),
        "audience": ("ckd",),
        "kind": ("handout",),
        "format": ("html",),
        "output": str(tmp_path / "out"),
    }
    try:
        problems = build(resolve(flags, clinic), clinic, today).problems
    except TeachbackError as error:
        problems = error.problems
    assert [problem.message for problem in problems if fault in problem.message], problems
    assert not list((tmp_path / "out").rglob("*.html"))


@pytest.mark.parametrize("block", ["figure", "mark"])
def test_a_picture_of_a_set_width_is_shown_on_a_screen(
    workspace: Callable[..., Workspace], today: dt.date, tmp_path: Path, block: str
) -> None:
    """The built-in templates set the width that the handout names, in the page for a screen too."""
    sides = "        sides: [Left, Right]\n" if block == "mark" else ""
    shown = f"      - {block}: images/a.svg\n        alt: A square\n        width: 60\n{sides}"
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'
    )
    clinic = workspace(
        {"content/handouts/tiny.yaml": TINY + shown, "content/images/a.svg": drawing}
    )
    flags = {
        "handouts": ("tiny",),
        "audience": ("ckd",),
        "kind": ("handout",),
        "format": ("html",),
        "output": str(tmp_path / "out"),
    }
    assert not build(resolve(flags, clinic), clinic, today).problems
    (page,) = (tmp_path / "out").rglob("tiny/*.html")
    wanted = {"figure": "width: 60.0mm", "mark": "width: calc(60.0mm * var(--drawing))"}
    assert wanted[block] in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("width", "allowed"),
    [
        ("15.0mm", True), ("99.5mm", True), ("180.0mm", True),
        ("0", False), ("1mm", False), ("14.9mm", False), ("180.5mm", False), ("900mm", False),
        ("15px", False), ("100%", False),
    ],
)  # fmt: skip
def test_a_picture_is_as_wide_as_a_handout_may_say(width: str, *, allowed: bool) -> None:
    """Another width could hide a picture's words, and an element with words may have none."""
    assert hiding(f"width: {width}", of_picture=True) == (() if allowed else ("width",))
    assert hiding(f"width: {width}") == ("width",)
