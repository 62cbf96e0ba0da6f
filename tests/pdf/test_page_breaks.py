"""Bad page breaks are found on laid-out pages, and good ones are not called bad."""

from __future__ import annotations

import pytest

from teachback.files.workspace import Workspace, builtin_root
from teachback.pdf import renderer
from teachback.pdf.page_breaks import break_faults, lone_entries
from teachback.printing.design import open_design

FILES = open_design(Workspace(builtin_root(), builtin_root())).files

# A page holds ten lines of 10 mm.
STYLE = (
    "@font-face { font-family: x; src: url(fonts/AtkinsonHyperlegible-Regular.ttf) } "
    "@page { size: 100mm 120mm; margin: 10mm } @page wide { size: 120mm 120mm } "
    "html { font-family: x; font-size: 6mm; line-height: 10mm } "
    "body, p, h2, h3, table, section { margin: 0 } h3 { font-size: inherit } "
    "tr, .callout, .myth, .figure { break-inside: avoid } table { border-spacing: 0 } "
    "td { padding: 0 } .page-new { break-before: page } .page-landscape { page: wide } "
    ".figure { height: 60mm; border: 1px solid }"
)
FLOAT = "<div class='figure' style='float: left'>A figure</div>"
KEPT = f"<div style='break-inside: avoid'>{FLOAT}</div>"


def lines(count: int) -> str:
    """Return paragraphs of one line each."""
    return "<p>words</p>" * count


def table(rows: int) -> str:
    """Return a table with a heading and a number of rows."""
    body = "".join(f"<tr><td>row {number}</td></tr>" for number in range(rows))
    return f"<table><thead><tr><td>head</td></tr></thead><tbody>{body}</tbody></table>"


def steps(count: int) -> str:
    """Return a list with a number of steps of one line each."""
    return f"<ol style='margin: 0'>{'<li>A step</li>' * count}</ol>"


def questions(count: int) -> str:
    """Return a block with a number of questions of one line each."""
    return f"<div class='teach-back'>{'<div class=ask>A question</div>' * count}</div>"


def reason(count: int, tips: int = 1) -> str:
    """Return a reason with lines and tips; it takes a line for each."""
    return f"<div class='reason'>{lines(count)}{'<div class=callout>A tip</div>' * tips}</div>"


def picture(part: str) -> str:
    """Return a section whose heading stands above a picture and the text beside it."""
    return f"<section><h2>Head</h2>{part}{lines(2)}</section>"


def faults(html: str) -> list[tuple[int, str]]:
    """Return the page and the first words of each fault of a document."""
    page = f'<html lang="en"><title>x</title><style>{STYLE}</style><body>{html}'
    found = break_faults(renderer.lay_out(page, FILES, renderer.Fonts()))
    return [(one.page, one.fault) for one in found]


BAD = {
    "a heading with one row at the end of a page": (
        f"<section>{lines(8)}{table(5)}</section>",
        [(1, "one row of a table is alone: 'row 0'")],
    ),
    "one row on the next page": (
        f"<section>{lines(5)}{table(5)}{lines(4)}</section>",
        [(2, "one row of a table is alone: 'row 4'")],
    ),
    "one step on the next page": (
        f"<section>{lines(6)}{steps(5)}{lines(4)}</section>",
        [(2, "the last entry of a list is alone: 'A step'")],
    ),
    "one question on the next page": (
        f"<section>{lines(6)}{questions(5)}{lines(4)}</section>",
        [(2, "the last question is alone: 'A question'")],
    ),
    "a tip away from its section": (
        f"<section>{lines(10)}<div class='callout'>A tip</div></section><section>{lines(5)}",
        [(2, "a box is alone, away from its section: 'A tip'")],
    ),
    "a myth away from its section": (
        f"<section>{lines(10)}<div class='myth'>A myth</div></section><section>{lines(5)}",
        [(2, "a box is alone, away from its section: 'A myth'")],
    ),
    "a tip away from its reason": (
        f"<section>{reason(10)}{reason(4)}</section>",
        [(2, "a box is alone, away from its section: 'A tip'")],
    ),
    "the last tip of a reason away from it": (
        f"<section>{reason(9, tips=2)}</section><section>{lines(4)}</section>",
        [(2, "a box is alone, away from its section: 'A tip'")],
    ),
    "a tip away from its text, before another heading": (
        f"<section>{lines(10)}<div class='callout'>A tip</div><h3>More</h3>{lines(4)}</section>",
        [(2, "a box is alone, away from its section: 'A tip'")],
    ),
    "a heading away from what is below it": (
        f"<section>{lines(9)}<h3 style='break-after: auto'>Head</h3>{lines(4)}</section>",
        [(1, "'Head' is alone, away from what it introduces")],
    ),
    "a heading away from the picture beside its text": (
        f"<section>{lines(9)}</section>{picture(FLOAT)}",
        [(1, "'Head' is alone, away from what it introduces")],
    ),
    "a heading in two languages away from its picture": (
        f"<section>{lines(9)}</section><section><div class='leads'>Head</div>{FLOAT}{lines(2)}",
        [(1, "'Head' is alone, away from what it introduces")],
    ),
    "a last page under a quarter full": (
        f"<section>{lines(12)}</section>",
        [(2, "the last page holds only 20 mm of 100 mm")],
    ),
    "a page a third empty before what would fit": (
        f"<section>{lines(5)}</section><section style='break-before: page'>{lines(5)}</section>",
        [(1, "50 mm of the page are empty, and 'words' would fit")],
    ),
}
BAD |= {
    f"a lead-in away from its {name}": (
        f"<section>{lines(9)}<p>We mark it{colon}</p>{below}{lines(2)}</section>",
        [(1, f"'We mark it{colon}' is alone, away from what it introduces")],
    )
    for name, colon, below in (
        ("lines to write on", ":", "<div class='callout'>A line</div><p>words</p>"),
        ("words in Chinese", "\uff1a", "<p>words</p>"),
        ("figure", "", "<div class='figure'>A figure</div>"),
        ("table", "", table(3)),
        ("list", "", steps(3).replace("0", "0; break-before: auto")),
    )
}
GOOD = {
    "a lead-in on the page of its table": f"<section>{lines(5)}<p>As here:</p>{table(5)}</section>",
    "a heading on the page of the picture beside its text": (
        f"<section>{lines(9)}</section>{picture(KEPT)}"
    ),
    "a picture beside text that does not fit": f"<section>{lines(6)}</section>{picture(KEPT)}",
    "half a text that has a colon at the end of a page": (
        f"<section>{lines(8)}<p>words words<br>Words:<br>words<br>words</p>{lines(2)}</section>"
    ),
    "half a lead-in on the page before": (
        f"<section>{lines(8)}<p>{'words ' * 20}as here:</p>{table(3)}</section>"
    ),
    "a text before a box": (
        f"<section>{lines(9)}<p>words</p><div class='callout'>A tip</div>{lines(2)}</section>"
    ),
    "two rows at the end of a page, two on the next": (
        f"<section>{lines(7)}{table(4)}{lines(3)}</section>"
    ),
    "two steps on the next page": f"<section>{lines(7)}{steps(5)}{lines(4)}</section>",
    "a list of one step": f"<section>{lines(10)}</section><section>{steps(1)}{lines(4)}",
    "a table of one row": f"<section>{lines(9)}</section><section>{table(1)}{lines(4)}</section>",
    "a tip with a line of its section": (
        f"<section>{lines(10)}<p>words</p><div class='callout'>A tip</div>{lines(2)}</section>"
    ),
    "a tip with a line of its reason": (f"<section>{reason(11)}{reason(3)}</section>"),
    "two tips after their section": (
        f"<section>{reason(10, tips=2)}</section><section>{lines(2)}</section>"
    ),
    "a tip that begins its section": (
        f"<section>{lines(10)}</section><section><div class='callout'>A tip</div>{lines(4)}"
    ),
    "a last page over a quarter full": f"<section>{lines(13)}</section>",
    "one page with little on it": f"<section>{lines(1)}</section>",
    "a figure that does not fit": (
        f"<section>{lines(6)}</section><section><div class='figure'>A figure</div></section>"
    ),
    "a section that its author puts on a new page": (
        f"<section>{lines(5)}</section><section class='page-new'>{lines(1)}</section>"
    ),
    "a section that lies across": (
        f"<section>{lines(5)}</section><section class='page-landscape'>{lines(1)}</section>"
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_page_break_is_found(name: str) -> None:
    """Its page and its words are told."""
    html, found = BAD[name]
    assert faults(html) == found


@pytest.mark.parametrize("name", GOOD)
def test_a_good_page_break_is_not_called_bad(name: str) -> None:
    """What an author asks for, and what cannot be otherwise, is no fault."""
    assert faults(GOOD[name]) == []


@pytest.mark.parametrize(("before", "lone"), [(0, 1), (1, 0), (4, 1), (7, 1), (8, 0)])
def test_a_zone_alone_at_the_end_of_a_page_or_on_the_next_is_counted(
    before: int, lone: int
) -> None:
    """Zones are looked at together, so space is chosen that keeps them together."""
    zone = "<div class='zone' style='height: 30mm; break-inside: avoid'>A zone</div>"
    html = f"{lines(before)}{zone * (3 if before > 0 else 4)}"
    page = f'<html lang="en"><title>x</title><style>{STYLE}</style><body>{html}'
    assert lone_entries(renderer.lay_out(page, FILES, renderer.Fonts())) == lone


@pytest.mark.parametrize(("before", "lone"), [(9, 1), (8, 0), (10, 0)])
def test_a_first_step_alone_at_the_end_of_a_page_is_counted(before: int, lone: int) -> None:
    """A list that begins with two steps there, or on the next page, is not."""
    html = f"{lines(before)}{steps(5)}"
    page = f'<html lang="en"><title>x</title><style>{STYLE}</style><body>{html}'
    assert lone_entries(renderer.lay_out(page, FILES, renderer.Fonts())) == lone
