"""A page holds all that it shows: every route by which a browser or WeasyPrint would load or run something is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_broken import HANDOUT, all_files, here, lay, problems
from tiny import TINY

from teachback.files.page_resources import POLICY, closed_page, foreign_loads, parse_page
from teachback.files.workspace import builtin_root
from teachback.pdf.page_reader import screen_text

if TYPE_CHECKING:
    from pathlib import Path

OUT = "http://example.invalid/x"
DATA = "data:image/png;base64,iVBORw0KGgo="
# Elements that load, run or hold something else, as they are written.
ELEMENTS = (
    f'<link rel="stylesheet" href="{OUT}">', f'<link rel="preconnect" href="{OUT}">', f"<LINK rel=dns-prefetch href={OUT}>",
    f'<link rel="icon" href="{OUT}">', f'<link rel="preload" as="image" imagesrcset="{OUT} 2x">', f'<base href="{OUT}">',
    "<script>1</script>", f'<script src="{OUT}"></script>', f'<script type="module">import "{OUT}"</script>',
    '<script type="importmap">{}</script>', '<script type="speculationrules">{}</script>', "<svg><script>1</script></svg>",
    f'<iframe src="{OUT}"></iframe>', f"<iframe srcdoc='<img src={OUT}>'></iframe>", f'<object data="{OUT}"></object>',
    f'<embed src="{OUT}">', f'<applet codebase="{OUT}" code="a" archive="{OUT}"></applet>', f'<portal src="{OUT}"></portal>',
    f'<fencedframe src="{OUT}"></fencedframe>', f'<video poster="{OUT}"></video>', f'<audio src="{OUT}"></audio>',
    f'<video><track src="{OUT}"></video>', f'<picture><source srcset="{OUT}"><img alt=""></picture>', f'<bgsound src="{OUT}">',
    f'<form action="{OUT}"><input></form>', f'<button formaction="{OUT}">x</button>', f'<map><area href="{OUT}"></map>',
    f'<template><img src="{OUT}"></template>', f'<div><template shadowrootmode="open"><img src="{OUT}"></template></div>',
    f'<noscript><img src="{OUT}"></noscript>', f"<noembed><img src={OUT}></noembed>", f"<xmp><img src={OUT}></xmp>",
    f"<plaintext><img src={OUT}>", f"<textarea><img src={OUT}></textarea>", f"<select><option><img src={OUT}></select>",
    f'<svg><foreignObject><img src="{OUT}"/></foreignObject></svg>', f'<svg><feImage href="{OUT}"/></svg>',
    f'<svg><image><animate attributeName="href" values="{OUT}"/></image></svg>', f'<svg><set attributeName="href" to="{OUT}"/></svg>',
    f'<svg><a href="{OUT}"><text>x</text></a></svg>', f'<math><mtext><img src="{OUT}"></mtext></math>',
    f'<math href="{OUT}"></math>', "<marquee>x</marquee>", "<x-clinic>x</x-clinic>", "<canvas></canvas>", "<dialog open>x</dialog>",
)  # fmt: skip
# Attributes of elements that may stand on a page.
ATTRIBUTES = (
    f'<img alt="" src="{OUT}">', f'<img alt="" src="{DATA}">', '<img alt="" src="//example.invalid/x">', f'<img alt="" srcset="{OUT} 2x">',
    '<img alt="" src="\\\\example.invalid\\x">', '<img alt="" src="http:/example.invalid/x">', f'<img alt="" src=" \t{OUT}">',
    '<img alt="" src="ht\ntp://example.invalid/x">', '<img alt="" src="&#104;ttp://example.invalid/x">', '<img alt="" src="blob:x">',
    '<img alt="" src="file:///etc/hostname">', f'<img alt="" longdesc="{OUT}">', f'<img alt="" lowsrc="{OUT}">', '<img alt="" usemap="#a">',
    f'<image src="{OUT}">', f'<input type="image" src="{OUT}" alt="x">', f'<input type="image" alt="x" formaction="{OUT}">',
    f'<body background="{OUT}">', f'<table background="{OUT}"></table>', f'<html manifest="{OUT}">', f'<blockquote cite="{OUT}">x</blockquote>',
    f'<q cite="{OUT}">x</q>', f'<a href="https://example.org" ping="{OUT}">x</a>', '<a href="https://example.org" download>x</a>',
    '<a href="javascript:alert(1)">x</a>', '<a href=" java\tscript:alert(1)">x</a>', '<a href="&#106;avascript:1">x</a>',
    '<a href="vbscript:1">x</a>', f'<a href="{DATA}">x</a>', '<a href="file:///etc/hostname">x</a>', '<a href="blob:x">x</a>',
    '<a href="//example.invalid">x</a>', '<a href="\\\\example.invalid\\x">x</a>', f'<a rel="attachment" href="{OUT}">x</a>',
    f'<a rel="noopener ATTACHMENT" href="{OUT}">x</a>', '<p onclick="1">x</p>', "<p ONMOUSEOVER=1>x</p>", '<body onload="1">',
    '<svg onload="1"></svg>', '<details ontoggle="1" open></details>', f'<svg><image href="{OUT}"/></svg>', f'<svg><use href="{OUT}#a"/></svg>',
    f'<svg><image xlink:href="{OUT}"/></svg>', f'<svg><use xlink:href="{OUT}#a"/></svg>', f'<svg xml:base="{OUT}"></svg>',
    f'<svg><linearGradient href="{OUT}#a"/></svg>', f'<svg><textPath href="{OUT}#a">x</textPath></svg>',
    f'<svg><rect fill="url({OUT})"/></svg>', f'<svg><rect filter="url({OUT}#a)"/></svg>', f'<svg><rect mask="u\\72l({OUT})"/></svg>',
    f'<svg><rect cursor="url({OUT})"/></svg>', f'<svg><path marker-end="url(&quot;{OUT}#a&quot;)"/></svg>', f'<p is="x-a" data="{OUT}">x</p>',
    f'<meta http-equiv="refresh" content="0;url={OUT}">', f'<meta http-equiv=REFRESH content="0;{OUT}">', '<meta http-equiv="set-cookie" content="a=b">',
    f'<meta http-equiv="link" content="<{OUT}>; rel=preload">', '<meta http-equiv="origin-trial" content="x">', '<meta charset="utf-7">',
    '<meta http-equiv="x-dns-prefetch-control" content="on">', f'<meta name="msapplication-TileImage" content="{OUT}">',
    '<meta http-equiv="Content-Security-Policy" content="default-src *">', f'<meta property="og:image" content="{OUT}">',
    f'<p style="background: url({OUT})">x</p>', f'<p itemtype="a" slot="b" src="{OUT}">x</p>', "<p nonce=1>x</p>",
)  # fmt: skip
# What a style may say, in an attribute or in <style>.
STYLES = (
    f"background: url({OUT})", f"background: url( '{OUT}' )", f"background: URL({OUT})", f"background: u\\72l({OUT})",
    f"background: \\75 \\72 \\6c({OUT})", "background: url(\\68ttp://example.invalid/x)", "background: url(//example.invalid/x)",
    f"background: image-set('{OUT}' 1x)", f"background: -webkit-image-set(url({OUT}) 1x)", f"background: image('{OUT}')",
    f"background: src('{OUT}')", f"background: cross-fade(url({OUT}), red)", f"background: -webkit-cross-fade(url(#a), '{OUT}', 50%)",
    "background: paint(x)", f"cursor: url({OUT}), auto", f"--x: url({OUT})", f"list-style: url({OUT})", f"content: url({OUT})",
    f"filter: url({OUT}#a)", f"mask: url({OUT}#a)", f"-moz-binding: url({OUT})", "width: expression(alert(1))",
    f"filter: progid:DXImageTransform.Microsoft.AlphaImageLoader(src='{OUT}')", f"background: url({OUT}", f"background: url({OUT} x)",
    f"background: var(--y, url({OUT}))", f"background: linear-gradient(red, url({OUT}))", f"background: url({DATA})",
    "background: url(javascript:1)", "src: local('Arial')", "src: loc\\61l(Arial)", f"color: if(style(--a: 1): url({OUT}))",
    f"shape-outside: url({OUT})", f"border-image: url({OUT}) 1", f"offset-path: url({OUT}#a)", f"background: url(/**/{OUT})",
)  # fmt: skip
SHEETS = (
    f"@import '{OUT}';", f"@import url({OUT});", f"@\\69mport '{OUT}';", f"@IMPORT '{OUT}';", f"@namespace url({OUT});",
    f"@font-face {{ font-family: x; src: url({OUT}) }}", "@font-face { font-family: x; src: local(Arial) }",
    f"@document url({OUT}) {{ p {{ color: red }} }}", f"@media print {{ p {{ background: url({OUT}) }} }}",
    f"@supports (display: grid) {{ p {{ background: image-set('{OUT}' 1x) }} }}", f"p:has(a) {{ background: url({OUT}) }}",
    f"@page {{ @top-left {{ content: url({OUT}) }} }}", f"@color-profile x {{ src: url({OUT}) }}", f"/* url(#a) */ p {{ cursor: url({OUT}) }}",
    f"@property --x {{ syntax: '<url>'; inherits: false; initial-value: url({OUT}) }}", f"p {{ & a {{ background: url({OUT}) }} }}",
)  # fmt: skip
# Where a browser's reading and a simpler one's part ways: what stands before and after a picture from outside.
TRICKS = (
    ("", ""), ("<!-->", "<!-- -->"), ("<!--->", "<!-- -->"), ("<!-- a --!>", "<!-- -->"), ("<![CDATA[>", "]]>"), ("<?pi>", ""), ("</ >", ""),
    ("<!x>", ""), ("<!doctype html>", ""), ("<title></title>", ""), ("<style></style >", ""), ("<p title='<!--'>", "-->"), ('<p title="<style>">', ""),
    ("<a href='x' ><b", "></b></a>"), ("<table>", "</table>"), ("<table><tr><td>", "</table>"), ("<svg><p>", ""), ("<svg><desc>", "</desc></svg>"),
    ("<svg></p>", "</svg>"), ("<style><!--</style>", "-->"), ("</body></html>", ""), ("<h1", ">"),
    ("<style>/*</style>", "*/"), ('<p class="a"id=b>', ""), ("<p/", ">"), ("<!--a--><!--b--!>", ""), ("<svg><![CDATA[ ]]>", "</svg>"),
    ("<svg><title>", "</title></svg>"), ("<p>\0", ""), ("<b><p></b>", "</p>"), ("<a><a>", "</a>"), ("<colgroup>", ""), ("<frame>", ""),
)  # fmt: skip
# What a browser does not show, and fetches all the same as it looks ahead.
AHEAD = (
    ("<svg><title><!--</title>", "--></title></svg>"), ("<svg><desc><![CDATA[>", "]]></desc></svg>"),
    ("<svg><title><![CDATA[</title>", "]]></title></svg>"), ("<svg><style/></svg><p title='</style>", "'>"), ("<svg><title>x</svg><p title='</title>", "'>"),
    ("<svg><title>x</svg><style>/*</title>", "*/</style>"), ("<svg><style>a</svg><title></style>", "</title>"),
    ("<svg><style><g id='</style>", "'></g></style></svg>"), ("<svg><title/></svg><!--</title>", "-->"),
)  # fmt: skip
OUTSIDE = f'<img alt="x" src="{OUT}">'
PLACES = {
    "body": "<p>a</p>{}<p>b</p>",
    "table": "<table><tr><td>a{}</td></tr></table>",
    "list": "<ul><li>{}</li></ul>",
    "link": '<p><a href="https://example.org">{}</a></p>',
}
GOOD = (
    '<p class="a" id="b" lang="en" dir="ltr" title="c (d)" data-actualtext="url(x)" aria-label="image(x)" role="note">x</p>',
    '<a href="https://example.org/a?b=c&amp;d#e" rel="noopener">x</a><a href="mailto:a@example.org">x</a><a href="tel:911">x</a><a href="#b">x</a>',
    '<a href="other.html">x</a><a href="http://example.org">x</a>', "<p>http://example.org url(http://example.org) @import <!-- <p>old</p> --></p>",
    '<img src="own" alt="x" width="10" height="10">', '<table border="0"><tr><td colspan="2" valign="top">x</td></tr></table>',
    '<svg viewBox="0 0 1 1" aria-hidden="true"><title>t</title><path fill="#000" transform="rotate(3)" d="M0 0"/><use href="#a"/><rect fill="url(#g)"/></svg>',
    '<p style="color: rgb(1, 2, 3); width: calc(1em + var(--x)); background: linear-gradient(red, #fff)">x</p>',
    "<style>@page { @bottom-left { content: none } } a[href^='http://']::after { content: ':' }</style>",
    "<style>@media (min-width: 3em) { p:not(.a):nth-child(2n) { background: url(#a) } } /* url(http://example.org) @import */</style>",
    "<style>p[title='url(http://example.org) @import'] { margin: 0 } @font-face { font-family: x; src: url('own') format('truetype') }</style>",
    '<input type="checkbox" aria-label="x"><input type="text" class="line" aria-label="x"><label for="a">x</label>',
    "<!-- <style>p { color: red }</style> --><svg><title>a</title><style>p { color: red }</style></svg>",
    "<dl><dt>x</dt><dd>y</dd></dl><center><font color=red>x</font></center>",
    '<meta name="author" content="x"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Type" content="text/html; charset=utf-8">',
)  # fmt: skip


def page(body: str, head: str = "") -> str:
    """Give a whole page."""
    return f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>x</title>{head}</head>\n<body>{body}</body>\n</html>'


def found(text: str) -> tuple[str, ...]:
    """Give what is refused of a page that may load a file called `own`."""
    return tuple(one.name for one in foreign_loads(text, lambda name: name == "own"))


@pytest.mark.parametrize("markup", [*ELEMENTS, *ATTRIBUTES])
def test_no_element_and_no_attribute_loads_or_runs_anything(markup: str) -> None:
    """Wherever a template writes it: in the text, in a table, in a list, in a link, in the head, behind the end."""
    for place in PLACES.values():
        assert found(page(place.format(markup))), place
    assert found(page("", head=markup))
    assert found(page("x") + markup)
    assert found(f'<!doctype html><html><frameset><frame src="{OUT}"></frameset></html>') == ("<frameset", "<frame")


@pytest.mark.parametrize("style", STYLES)
def test_no_style_loads_anything(style: str) -> None:
    """In an attribute, in <style>, in the styles of a drawing, nested and behind remarks."""
    quoted = style.replace("&", "&amp;").replace('"', "&quot;")
    assert found(page(f'<p style="color: red; {quoted}">x</p>'))
    assert found(page(f'<svg><rect style="{quoted}"/></svg>'))
    for sheet in (f"p {{ {style} }}", f"/* x */ @media print {{ p {{ color: red; {style} }} }}"):
        assert found(page("", head=f"<style>{sheet}</style>"))
        assert found(page(f"<svg><style>{sheet}</style></svg>"))


@pytest.mark.parametrize("sheet", SHEETS)
def test_no_rule_of_a_style_loads_anything(sheet: str) -> None:
    """Imports, fonts, margin boxes, conditions."""
    assert found(page("", head=f"<style>p {{ color: red }}\n{sheet}</style>"))
    assert found(page(f"<style>{sheet}</style>"))


@pytest.mark.parametrize(("before", "after"), TRICKS)
def test_a_page_is_read_as_a_browser_reads_it(before: str, after: str) -> None:
    """A picture behind a comment that only some readers end, in a table, in a drawing, behind the end: it is seen."""
    tricked = page(f"{before}{OUTSIDE}{after}")
    # In test_screen a browser reads them all.
    assert [element for element in parse_page(tricked).iter() if OUT in element.attrib.values()]
    assert found(tricked)


@pytest.mark.parametrize(("before", "after"), AHEAD)
def test_a_page_is_read_as_a_browser_looks_ahead(before: str, after: str) -> None:
    """What is no picture in the tree, and one for a reader who knows no drawings, is refused."""
    tricked = page(f"{before}{OUTSIDE}{after}")
    assert not [element for element in parse_page(tricked).iter("img") if element.get("src") == OUT]
    assert found(tricked)


@pytest.mark.parametrize("markup", GOOD)
def test_what_loads_nothing_is_not_refused(markup: str) -> None:
    """Links to follow, addresses in words, drawings, tables, styles with functions of all kinds."""
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
def test_whatever_is_written_is_read_without_an_error_and_a_picture_from_outside_is_seen(parts: list[str]) -> None:
    """Broken pages are judged by the tree that a browser makes of them."""
    text = page("".join(parts))
    loads = [element for element in parse_page(text).iter("img") if element.get("src", "").startswith("http")]
    assert not loads or found(text)


@pytest.mark.parametrize("head", ["<head>", "<HEAD>", '<head class="a">', '<head><meta charset="utf-8">', "<head>\n<meta charset=utf-8 />"])
def test_a_page_for_a_screen_is_closed_before_all_else(head: str) -> None:
    """Whatever the template says, its encoding and its policy come first; once is enough."""
    closed = closed_page(f"<!doctype html><html>{head}<title>x</title></head><body>x</body></html>")
    first, second = list(parse_page(closed).iter("meta"))[:2]
    assert (dict(first.attrib), second.attrib["content"]) == ({"charset": "utf-8"}, POLICY)
    assert closed.count("charset") == 1
    assert foreign_loads(closed, lambda _: False, closed=True) == ()


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>x</body></html>", "<!-- <head> --><html><head></head><body>x</body></html>", "<p>x</p><head></head>",
        "<html><body><head></head>x</body></html>", "<title><head></title><p>x</p>", "<style>/*<head>*/</style><p>x</p>",
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_closed_is_refused(text: str) -> None:
    """Without a head in which the browser reads the policy first there is no page."""
    assert [one.name for one in foreign_loads(closed_page(text), lambda _: False, closed=True)] == ["<head>"]


def test_own_files_are_known_by_their_bytes_alone() -> None:
    """What the program has put into a page is no load; the same words by another hand are."""
    assert foreign_loads(page(f'<img alt="" src="{DATA}">'), lambda _: False, [DATA]) == ()
    assert found(page(f'<img alt="" src="{DATA}">')) == (DATA,)
    assert [one.name for one in foreign_loads(page('<img alt="" src="own-file-0">'), lambda _: True)] == ["own-file-0"]


def test_the_words_of_a_page_are_those_that_a_browser_shows() -> None:
    """Comments end where a browser ends them; styles and titles are no words; characters are read."""
    text = page(
        "<!-->a<!-- b --!>c<!-- d --><p>e &amp; f<style>g</style>h</p><svg><title>i</title><text>j</text></svg>", head="<style>k</style>"
    )
    assert "".join(token.words for token in screen_text(text)).split() == ["ace", "&", "fhj"]


TEMPLATES = ("blocks/text.html", "blocks/footer.html", "blocks/closed-page.html", "blocks/card-front.html", "handout.html", "card.html")


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize(
    "route", ['<!--><script>fetch("x")</script><!-- -->', "<p style=\"background: image-set('http://example.invalid/a' 1x)\">x</p>"]
)
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_a_clinics_template_is_named_with_its_line(
    name: str, route: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever a page is made of several templates, the one with the fault is named, and no page is written."""
    text = (builtin_root() / "templates" / name).read_text(encoding="utf-8")
    at = text.find("</body>") if "</body>" in text else len(text)
    changed = f"{text[:at]}\n{route}\n{text[at:]}"
    root = lay(tmp_path, {HANDOUT: TINY.encode(), f"templates/{name}": changed.encode()})
    before = all_files(root)
    if form == "pdf" and name == "blocks/closed-page.html":
        # Paper has no such part.
        return
    code, _, stderr = here(f"build tiny --audience ckd --format {form}", root, monkeypatch, capsys)
    assert code == 1
    line = changed[: changed.index(route)].count("\n") + 1
    assert {one.place.rpartition(":")[0] for one in problems(stderr)} == {f"templates/{name}:{line}"}
    assert all_files(root) == before


def test_a_clinic_cannot_take_the_policy_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With a closed-page.html of its own that is empty, every page says all the same that nothing may be loaded."""
    root = lay(tmp_path, {HANDOUT: TINY.encode(), "templates/blocks/closed-page.html": b"\n"})
    code, _, _ = here("build tiny --format html", root, monkeypatch, capsys)
    assert code == 0
    pages = list(root.glob("build/tiny/*.html"))
    assert len(pages) == 4
    for path in pages:
        told = [dict(meta.attrib) for meta in parse_page(path.read_text(encoding="utf-8")).iter("meta")][:2]
        assert told == [{"charset": "utf-8"}, {"http-equiv": "Content-Security-Policy", "content": POLICY}]


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
    """The number of a list, a field's value, quotation marks, digits from right to left: no check of the text sees them."""
    assert (name in found(page(markup))) if name else (found(page(markup)) == ())


def test_a_number_may_run_against_its_page() -> None:
    """A phone number in a text from right to left; and a link dials the number that it shows, without its extension."""
    assert found(page("<p>x <bdi dir=ltr>555-0100</bdi></p>")) == ()
    assert found(page("<p lang=he dir=rtl>x</p><a href='tel:+44205550100'>+44 (0)20 555-0100, ext. 12</a>")) == ()
