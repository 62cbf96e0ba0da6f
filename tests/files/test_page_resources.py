"""Every way in which a page could load or run something is refused."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hostile_markup import (
    AHEAD,
    ATTRIBUTES,
    DATA,
    ELEMENTS,
    GOOD,
    OUT,
    OUTSIDE,
    PLACES,
    SHEETS,
    STYLES,
    TRICKS,
    page,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_handout import TINY
from workspace_cases import HANDOUT, all_files, here, lay, problems

from teachback.content.locale_formats import direction_of
from teachback.files.page_resources import (
    POLICY,
    closed_page,
    foreign_loads,
    html_parser,
    parse_page,
)
from teachback.files.workspace import builtin_root
from teachback.pdf.page_reader import screen_text

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("one_process")


def found(text: str) -> tuple[str, ...]:
    """Return what is refused in a page that may load a file called `own`."""
    return tuple(
        content.name
        for content in foreign_loads(text, lambda name: name == "own", direction=direction_of)
    )


def test_a_page_is_read_with_patterns_that_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """tinyhtml5 2.1.0 would make a pattern anew for each stretch of text."""
    text = (
        "<p class='a  b'>A &amp; B<!-- c-d --><style>i { top: 0 }</style><textarea>\n<b></textarea>"
    )
    stream = html_parser().inputstream
    kept_patterns = stream.characters_until_regex
    no_patterns: dict[object, object] = {}
    trees = []
    for patterns in (no_patterns, kept_patterns):
        monkeypatch.setattr(stream, "characters_until_regex", patterns)
        trees.append(ET.tostring(html_parser().parse(io.StringIO(text))))
    kept_count = len(kept_patterns)
    html_parser().parse(io.StringIO(text))
    assert trees[0] == trees[1]
    assert 0 < kept_count == len(kept_patterns)


@pytest.mark.parametrize(
    "markup", ["<p {}>a</p>", "<svg><text {}>a</text></svg>", "<svg><g {}/></svg>"]
)
@pytest.mark.parametrize("style", ["text-transform: uppercase", "font-variant-caps: small-caps"])
def test_no_element_changes_letters_by_its_own_style(markup: str, style: str) -> None:
    """Not on paper, and not on a screen: capitals are hard to read, in a drawing as elsewhere."""
    assert style in found(markup.format(f"style='{style}'"))


@pytest.mark.parametrize("markup", [*ELEMENTS, *ATTRIBUTES])
def test_no_element_and_no_attribute_loads_or_runs_anything(markup: str) -> None:
    """An element that loads is refused wherever a template writes it.

    The places are text, table, list, link, head, and after the end.
    """
    for place in PLACES.values():
        assert found(page(place.format(markup))), place
    assert found(page("", head=markup))
    assert found(page("x") + markup)
    assert found(f'<!doctype html><html><frameset><frame src="{OUT}"></frameset></html>') == (
        "<frameset",
        "<frame",
    )


@pytest.mark.parametrize("style", STYLES)
def test_no_style_loads_anything(style: str) -> None:
    """Styles that load are refused in attributes, <style>, drawings, nested and after comments."""
    quoted = style.replace("&", "&amp;").replace('"', "&quot;")
    assert found(page(f'<p style="color: red; {quoted}">x</p>'))
    assert found(page(f'<svg><rect style="{quoted}"/></svg>'))
    for sheet in (f"p {{ {style} }}", f"/* x */ @media print {{ p {{ color: red; {style} }} }}"):
        assert found(page("", head=f"<style>{sheet}</style>"))
        assert found(page(f"<svg><style>{sheet}</style></svg>"))


@pytest.mark.parametrize("sheet", SHEETS)
def test_no_rule_of_a_style_loads_anything(sheet: str) -> None:
    """Imports, fonts, margin boxes and conditions load nothing."""
    assert found(page("", head=f"<style>p {{ color: red }}\n{sheet}</style>"))
    assert found(page(f"<style>{sheet}</style>"))


@pytest.mark.parametrize(("before", "after"), TRICKS)
def test_a_page_is_read_as_a_browser_reads_it(before: str, after: str) -> None:
    """A picture that only some parsers see is found: after odd comments, in tables or drawings."""
    tricked = page(f"{before}{OUTSIDE}{after}")
    # In test_screen, a browser reads them all.
    assert [element for element in parse_page(tricked).iter() if OUT in element.attrib.values()]
    assert found(tricked)


@pytest.mark.parametrize(("before", "after"), AHEAD)
def test_a_page_is_read_as_a_browser_looks_ahead(before: str, after: str) -> None:
    """A picture that only a browser's preload scanner sees is refused."""
    tricked = page(f"{before}{OUTSIDE}{after}")
    assert not [element for element in parse_page(tricked).iter("img") if element.get("src") == OUT]
    assert found(tricked)


@pytest.mark.parametrize("markup", GOOD)
def test_what_loads_nothing_is_not_refused(markup: str) -> None:
    """Links, addresses in text, drawings, tables and styles with any function are allowed."""
    assert found(page(markup)) == ()


@given(
    st.lists(
        st.sampled_from(
            [
                "<img ",
                "src=",
                "http://a",
                ">",
                '"',
                "'",
                "<!--",
                "-->",
                "--!>",
                "<![CDATA[",
                "]]>",
                "<svg>",
                "</svg>",
                "<p ",
                "<style>",
                "</style>",
                "/",
                " ",
            ]
        )
    )
)
@settings(deadline=None, max_examples=300)
def test_whatever_is_written_is_read_without_an_error_and_a_picture_from_outside_is_seen(
    parts: list[str],
) -> None:
    """Broken pages are judged by the tree that a browser builds."""
    text = page("".join(parts))
    loads = [
        element
        for element in parse_page(text).iter("img")
        if element.get("src", "").startswith("http")
    ]
    assert not loads or found(text)


@pytest.mark.parametrize(
    "head",
    [
        "<head>",
        "<HEAD>",
        '<head class="a">',
        '<head><meta charset="utf-8">',
        "<head>\n<meta charset=utf-8 />",
    ],
)
def test_a_page_for_a_screen_is_closed_before_all_else(head: str) -> None:
    """Whatever the template has, encoding and policy come first, and only once."""
    closed = closed_page(f"<!doctype html><html>{head}<title>x</title></head><body>x</body></html>")
    first, second = list(parse_page(closed).iter("meta"))[:2]
    assert (dict(first.attrib), second.attrib["content"]) == ({"charset": "utf-8"}, POLICY)
    assert closed.count("charset") == 1
    assert foreign_loads(closed, lambda _: False, closed=True) == ()


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>x</body></html>",
        "<!-- <head> --><html><head></head><body>x</body></html>",
        "<p>x</p><head></head>",
        "<html><body><head></head>x</body></html>",
        "<title><head></title><p>x</p>",
        "<style>/*<head>*/</style><p>x</p>",
    ],
)
def test_a_page_that_cannot_be_closed_is_refused(text: str) -> None:
    """A page without a head for the policy is refused."""
    assert [
        content.name for content in foreign_loads(closed_page(text), lambda _: False, closed=True)
    ] == ["<head>"]


def test_own_files_are_known_by_their_bytes_alone() -> None:
    """The program's own files are allowed; the same names from elsewhere are not."""
    assert foreign_loads(page(f'<img alt="" src="{DATA}">'), lambda _: False, [DATA]) == ()
    assert found(page(f'<img alt="" src="{DATA}">')) == (DATA,)
    assert [
        content.name
        for content in foreign_loads(page('<img alt="" src="own-file-0">'), lambda _: True)
    ] == ["own-file-0"]


def test_the_words_of_a_page_are_those_that_a_browser_shows() -> None:
    """Comments end where a browser ends them; styles and titles are not words."""
    text = page(
        "<!-->a<!-- b --!>c<!-- d --><p>e &amp; "
        "f<style>g</style>h</p><svg><title>i</title><text>j</text></svg>",
        head="<style>k</style>",
    )
    assert "".join(token.words for token in screen_text(text)).split() == ["ace", "&", "fhj"]


TEMPLATES = (
    "blocks/text.html",
    "blocks/footer.html",
    "blocks/closed-page.html",
    "blocks/card-front.html",
    "handout.html",
    "card.html",
)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize(
    "route",
    [
        '<!--><script>fetch("x")</script><!-- -->',
        "<p style=\"background: image-set('http://example.invalid/a' 1x)\">x</p>",
    ],
)
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_a_clinics_template_is_named_with_its_line(
    name: str,
    route: str,
    form: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The template with the fault is named with its line, and no page is written."""
    text = (builtin_root() / "templates" / name).read_text(encoding="utf-8")
    at = text.find("</body>") if "</body>" in text else len(text)
    changed = f"{text[:at]}\n{route}\n{text[at:]}"
    root = lay(tmp_path, {HANDOUT: TINY.encode(), f"templates/{name}": changed.encode()})
    before = all_files(root)
    if form == "pdf" and name == "blocks/closed-page.html":
        # Pages for paper do not include this template.
        return
    code, _, stderr = here(f"build tiny --audience ckd --format {form}", root, monkeypatch, capsys)
    assert code == 1
    line = changed[: changed.index(route)].count("\n") + 1
    assert {problem.place.rpartition(":")[0] for problem in problems(stderr)} == {
        f"templates/{name}:{line}"
    }
    assert all_files(root) == before


def test_a_clinic_cannot_take_the_policy_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every page has the policy, even if a clinic empties closed-page.html."""
    root = lay(tmp_path, {HANDOUT: TINY.encode(), "templates/blocks/closed-page.html": b"\n"})
    code, _, _ = here("build tiny --format html", root, monkeypatch, capsys)
    assert code == 0
    pages = list(root.glob("build/tiny/*.html"))
    assert len(pages) == 4
    for path in pages:
        metas = [
            dict(meta.attrib) for meta in parse_page(path.read_text(encoding="utf-8")).iter("meta")
        ][:2]
        assert metas == [
            {"charset": "utf-8"},
            {"http-equiv": "Content-Security-Policy", "content": POLICY},
        ]


GENERATING = [
    ("<style>p::before { content: '1' }</style><p>2</p>", 'content: "1"'),
    ("<ul style='list-style-type: &quot;1&quot;'><li>2</li></ul>", 'list-style-type: "1"'),
    ("<ol start=5><li>x</li></ol>", "start"),
    ("<ol reversed><li>x</li></ol>", "reversed"),
    ("<ol type=a><li>x</li></ol>", "type"),
    ("<ol><li value=9>x</li></ol>", "value"),
    ("<p><q>2</q></p>", "<q"),
    ("<p><bdo dir=rtl>12</bdo></p>", "<bdo"),
    ("<p dir=rtl>5-10</p>", 'dir="rtl"'),
    ("<p style='unicode-bidi: bidi-override'>12</p>", "unicode-bidi: bidi-override"),
    ("<p><input type=number value=12></p>", "value"),
    ("<p><input placeholder=12></p>", "placeholder"),
    ("<p><meter value=2></meter></p>", "<meter"),
    ("<style>strong::after { content: counter(page) }</style><p>2</p>", "content: counter(page)"),
    ("<style>strong { display: list-item }</style><p>2</p>", "display: list-item"),
    ("<p style='display: inline list-item'>2</p>", "display: inline list-item"),
    ("<p><span dir=rtl lang=en>5-10</span></p>", 'dir="rtl"'),
    ("<p><span dir=ltr lang=he>5-10</span></p>", ""),
    ("<p><bdi dir=rtl>5-10</bdi></p>", 'dir="rtl"'),
    ("<table dir=rtl lang=en-US><tr><td>1</td><td>2</td></tr></table>", 'dir="rtl"'),
    ("<a href='tel:19005550000'>555-0100</a>", "tel:19005550000"),
    ("<a href='TEL:9'>Call us at 8</a>", "TEL:9"),
    ("<details><summary>More</summary>2</details>", "<details"),
    ("<p hidden>2</p>", "hidden"),
    ("<p><s>2</s></p>", "<s"),
    ("<p>1<sup>5</sup></p>", "<sup"),
    ("<p>1<sub>5</sub></p>", "<sub"),
]


@pytest.mark.parametrize(("markup", "name"), GENERATING)
def test_what_a_browser_would_show_as_text_or_turn_round_is_refused(markup: str, name: str) -> None:
    """Text that no check of the handout sees is refused.

    It comes from list numbers, field values, quotation marks and text direction.
    """
    assert (name in found(page(markup))) if name else (found(page(markup)) == ())


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("<p dir=ltr><span dir=rtl>x</span> <span dir=rtl>y</span></p>", ()),
        ("<p dir=ltr><span dir=rtl>5</span> <span dir=rtl>10</span></p>", ('dir="ltr"',)),
        ("<p dir=ltr>x <span dir=rtl>y</span></p>", ('dir="ltr"',)),
        ("<p dir=ltr><span>x</span> <span dir=rtl>y</span></p>", ('dir="ltr"',)),
        ("<div lang=en dir=ltr><p dir=ltr>x</p></div>", ()),
        ("<div lang=en dir=ltr></div><p dir=ltr>x</p>", ('dir="ltr"',)),
    ],
)
def test_words_below_a_picture_may_stand_from_left_to_right(
    row: str, refused: tuple[str, ...]
) -> None:
    """Each of them runs as its own language does; what is inside a text has its language."""
    assert found(page(row).replace('lang="en"', 'lang="ar" dir="rtl"')) == refused


@pytest.mark.parametrize(
    ("href", "shown", "is_whole"),
    [
        ("tel:5550100", "555-0100", True),
        ("tel:5550100", "Call 555-0100 (2 lines)", True),
        ("tel:8005550100", "1-800-555-0100", True),
        ("tel:911", "Call 911 now", True),
        ("tel:555", "555-0100", False),
        ("tel:0100", "555-0100", False),
        ("tel:5550101", "555-0100", False),
        ("tel:", "555-0100", False),
    ],
)
def test_a_link_dials_the_whole_number_that_it_shows(
    href: str, shown: str, *, is_whole: bool
) -> None:
    """A part of a number reaches somebody else, or nobody."""
    assert (found(page(f"<a href='{href}'>{shown}</a>")) == ()) is is_whole


def test_a_number_may_run_against_its_page() -> None:
    """A phone number may run left to right, and a link dials the number it shows."""
    assert found(page("<p>x <bdi dir=ltr>555-0100</bdi></p>")) == ()
    assert (
        found(
            page(
                "<p lang=he dir=rtl>x</p><a href='tel:+44205550100'>+44 (0)20 555-0100, ext. 12</a>"
            )
        )
        == ()
    )
