"""A screen reader gets the words of a printed page in order, with their roles, and once."""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pikepdf
import pydyf
import pypdfium2
import pytest
import weasyprint
from pdf_tags import Tagged, faults, read_tags
from PIL import Image
from settings_from_flags import resolve

from teachback.commands.card import print_cards
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.selection import Reader, choose
from teachback.errors import TeachbackError
from teachback.files.generated_text import generated_text_problems
from teachback.files.workspace import Workspace, builtin_root, handout_files
from teachback.html.composer import Medium, PageContext, at_size, compose_cards, compose_handout
from teachback.pdf import renderer
from teachback.pdf.tag_writer import own_tags
from teachback.printing.card_run import CardOrder
from teachback.printing.card_sheet_layout import Placement, SheetExtras, SheetSides
from teachback.printing.card_sheet_pdf import lay_on_sheets
from teachback.printing.design import open_design
from teachback.printing.settings import Sides
from teachback.units import CARD, Box, Paper, TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from teachback.html.composer import Design

BUILTIN = Workspace(builtin_root(), builtin_root())
DESIGN = open_design(BUILTIN)
# The name that the built-in styles give this file: a process knows a font file by one name.
STYLES = """@font-face { font-family: "Atkinson Hyperlegible"; \
src: url(fonts/AtkinsonHyperlegible-Regular.ttf) } \
* { font-family: "Atkinson Hyperlegible"; list-style-type: disc }
@page { size: 100mm 60mm; margin: 10mm; @bottom-left { content: element(foot) } } \
ol { list-style-type: decimal }"""
# A handout with everything that tags can get wrong: pictures of every kind, a long table and list,
# links, and places to tick or write on.
KITCHEN = """\
id: kitchen
title: Every kind of tag
audiences: [general]
language: en
version: 2026-11-22
purpose: Show every tag
message: A message with **strong words** and {clinic.phone}.
review: {status: draft, reviewer: null, reviewed: null, due: null}
red_flags:
  - {id: now-1, tier: now, card: true, text: Chest pain}
  - {id: today-1, tier: today, card: true, text: "A fever, \
see **[our own page](https://example.org/fever)**"}
  - {id: visit-1, tier: visit, card: true, text: A cough, why: It may last.}
card:
  title: When to get help
  notes: [{title: Ask us, text: "Read [our page](https://example.org)"}]
sections:
  - id: words
    title: What does this say?
    blocks:
      - text: "Read [our page](https://example.org/page), \
or write to [us](mailto:clinic@example.org)."
      - {lead: To tick, checklist: [Pills, Papers]}
      - {figure: images/drawn.svg, alt: A dark bar, caption: A picture}
      - {figure: images/taken.jpg, alt: A grey square}
      - list: [LIST]
      - callout: advice
        text: Ask [us](https://example.org) first.
      - red_flags: [visit]
      - summary: [Keep this in mind]
      - my_numbers: [{label: Blood pressure, hint: both numbers}, {label: Weight}]
      - teach_back: [What will you do?]
      - notes: 2
  - id: tables
    title: Which tables?
    blocks:
      - table:
          columns: [Head one, Head two]
          rows: [ROWS]
""".replace("LIST", ", ".join(f"Item {n}" for n in range(60))).replace(
    "ROWS", ", ".join(f"[Row {n}, Cell {n}]" for n in range(60))
)
CLINIC = 'emergency: "911"\nname: Riverside Clinic\nlogo: images/logo.png\n'
DRAWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="90">'
    '<rect width="400" height="90" fill="#246" opacity="0.5"/></svg>'
)


class Page(NamedTuple):
    """A printed page, and the HTML that it is printed from."""

    html: str
    data: bytes


def lay(
    body: str, files: Mapping[str, Path] | None = None, *, title: str = "A title"
) -> renderer.LaidOutDocument:
    """Lay out a small page with our own code."""
    html = (
        f'<html lang="en"><head><title>{title}</title><style>{STYLES}</style></head><body>'
        f"{body}</body></html>"
    )
    return renderer.lay_out(html, {**DESIGN.files, **(files or {})}, renderer.fonts())


def tags(body: str, files: Mapping[str, Path] | None = None) -> Tagged:
    """Return the tags of a small page that we have printed."""
    return read_tags(renderer.write(lay(body, files)))


def raw_tags(body: str) -> Tagged:
    """Return the tags of the same page as WeasyPrint alone prints it."""
    logging.getLogger("weasyprint").addHandler(logging.NullHandler())
    return read_tags(lay(body).document.write_pdf(pdf_variant="pdf/ua-1"))


def roles(tagged: Tagged, *among: str) -> list[str]:
    """Return all roles, or some, in reading order."""
    return [tag.role for tag in tagged.tree.all() if not among or tag.role in among]


def entries(tagged: Tagged, name: str) -> list[str]:
    """Return an entry of all elements that have it."""
    return [tag.entries[name] for tag in tagged.tree.all() if name in tag.entries]


def kids(tagged: Tagged, role: str) -> list[list[str]]:
    """Return the kids of each element of a role: roles, or `words`."""
    return [
        [kid if isinstance(kid, str) else kid.role for kid in tag.kids]
        for tag in tagged.tree.all(role)
    ]


def scopes(tagged: Tagged) -> list[str]:
    """Return the scope of each header cell."""
    return [str(tag.attributes.get("Scope")) for tag in tagged.tree.all("TH")]


class Fault(NamedTuple):
    """A fault of WeasyPrint 70.0: a page with it, a reading of its tags, the right result."""

    name: str
    body: str
    read: Callable[[Tagged], Any]
    right: Any


ROWS = "".join(f"<tr><td>r{n}</td></tr>" for n in range(20))
ITEMS = "".join(f"<li>i{n}</li>" for n in range(20))
LINES = "many words " * 60
FAULTS = (
    Fault(
        "margin boxes are in no tree (#1836)",
        '<footer style="position: running(foot)">foot</footer><p>words</p>',
        lambda t: (t.orphans, t.artifacts),
        ([], ["foot"]),
    ),
    Fault(
        "lang is dropped",
        '<p>Hello <span lang="es">hola</span> <b lang="en">you</b></p>',
        lambda t: entries(t, "Lang"),
        ["es"],
    ),
    Fault(
        "lang is dropped above what makes no box",
        '<div lang="es" style="display: contents"><p>hola</p></div>',
        lambda t: entries(t, "Lang"),
        ["es"],
    ),
    Fault(
        "an empty alt is ignored",
        '<p>one</p><img alt="" src="icons/box.svg">',
        lambda t: roles(t, "Figure"),
        [],
    ),
    Fault(
        "aria-hidden is ignored",
        '<p>one <span aria-hidden="true">two</span></p>',
        lambda t: t.tree.text,
        "one",
    ),
    Fault(
        "role=presentation of a picture is ignored",
        '<p>one</p><img alt="x" role="presentation" src="icons/box.svg">',
        lambda t: roles(t, "Figure"),
        [],
    ),
    Fault(
        "header cells have no scope (#2508)",
        '<table><tr><th>A</th><th scope="col">B</th></tr><tr><th>C</th><td>d</td></tr>'
        '<tr><th scope="rowgroup">E</th><td>f</td></tr></table>',
        scopes,
        ["/Column", "/Column", "/Row", "/Row"],
    ),
    Fault(
        "header cells have IDs that nothing can look up (#2508)",
        "<table><tr><th>A</th></tr><tr><td>b</td></tr></table>",
        lambda t: (
            entries(t, "ID"),
            [cell for cell in t.tree.all("TD") if "Headers" in cell.attributes],
        ),
        ([], []),
    ),
    Fault(
        "a link is called by its address",
        '<p><a href="https://example.org">our page</a></p>',
        lambda t: [link["words"] for link in t.links],
        ["our page"],
    ),
    Fault(
        "links have no flag to be printed, unless it is PDF/A",
        '<p><a href="https://example.org">our page</a></p>',
        lambda t: [link["flags"] for link in t.links],
        [4],
    ),
    Fault(
        "a part of a link lies outside of it (#185)",
        '<p><a href="https://example.org">our <strong>own</strong></a></p>',
        lambda t: [link["owner"] for link in t.links],
        ["Link", "Link"],
    ),
    Fault(
        "a list item with a paragraph has no body",
        "<ul><li><p>one</p></li></ul>",
        lambda t: kids(t, "LI"),
        [["Lbl", "LBody"]],
    ),
    Fault(
        "a list item with its mark inside has no body",
        '<ul style="list-style-position: inside"><li>one</li></ul>',
        lambda t: kids(t, "LI"),
        [["Lbl", "LBody"]],
    ),
    Fault(
        "a table over pages is several, with its header in each (#2903)",
        f"<table><thead><tr><th>H</th></tr></thead>{ROWS}</table>",
        lambda t: (roles(t, "Table", "THead", "TBody"), t.tree.text.count("H")),
        (["Table", "THead", "TBody"], 1),
    ),
    Fault(
        "a list over pages is several (#2903)", f"<ul>{ITEMS}</ul>", lambda t: roles(t, "L"), ["L"]
    ),
    Fault(
        "a list item over pages is several (#2903)",
        f"<ul><li>{LINES}</li></ul>",
        lambda t: roles(t, "LI"),
        ["LI"],
    ),
    Fault(
        "a paragraph over pages is several (#2903)",
        f"<p>{LINES}</p>",
        lambda t: roles(t, "P"),
        ["P"],
    ),
    Fault(
        "a link over lines is several",
        f'<p><a href="https://example.org">{LINES[:90]}</a></p>',
        lambda t: roles(t, "Link"),
        ["Link"],
    ),
    Fault("each line is a Span", f"<p>{LINES}</p>", lambda t: roles(t, "Span"), []),
    Fault(
        "the order of boxes is the order of reading",
        '<div style="display: flex"><p style="order: 2">first</p><p style="order: 1">'
        "second</p></div>",
        lambda t: t.tree.text,
        "first second",
    ),
    Fault(
        "boxes in reverse are read in reverse",
        '<div style="display: flex; flex-direction: row-reverse"><p>first</p><p>second</p></div>',
        lambda t: t.tree.text,
        "first second",
    ),
    Fault(
        "a figure's box is in pixels from the top",
        '<img alt="box" style="display: block; width: 40px; height: 20px" src="icons/box.svg">',
        lambda t: [
            [round(float(edge)) for edge in figure.attributes["BBox"]]
            for figure in t.tree.all("Figure")
        ],
        [[34, 121, 64, 136]],
    ),
    Fault(
        "parts of a page mean nothing (#2482)",
        "<aside><p>one</p></aside><nav><p>two</p></nav><p><strong>three</strong> <em>"
        "four</em> <code>five</code></p>",
        lambda t: roles(t, "Sect", "Strong", "Em", "Code", "NonStruct"),
        ["Sect", "Sect", "Strong", "Em", "Code"],
    ),
    Fault(
        "terms are items beside their explanations (#2482)",
        "<dl><dt>term</dt><dd>what it is</dd><dt>other</dt><dd>that</dd></dl>",
        lambda t: kids(t, "LI"),
        [["Lbl", "LBody"], ["Lbl", "LBody"]],
    ),
    Fault(
        "terms grouped in a div are no list (#2482)",
        "<dl><div><dt>term</dt><dd>what it is</dd></div></dl>",
        lambda t: (kids(t, "L"), kids(t, "LI")),
        ([["LI"]], [["Lbl", "LBody"]]),
    ),
    Fault(
        "a list holds what is no item",
        "<ul><li>one</li><p>two</p></ul>",
        lambda t: kids(t, "L"),
        [["LI", "LI"]],
    ),
    Fault(
        "an item without a list is one all the same",
        "<div><li>one</li></div>",
        lambda t: roles(t, "LI"),
        [],
    ),
    Fault(
        "nothing replaces a drawn sign",
        '<p><span data-actualtext="box to tick">+</span> Pills</p>',
        lambda t: t.tree.text,
        "box to tick Pills",
    ),
    Fault(
        "a short form has no long one",
        '<p><abbr title="chronic kidney disease">CKD</abbr></p>',
        lambda t: entries(t, "E"),
        ["chronic kidney disease"],
    ),
    Fault(
        "a list does not say how it is numbered",
        "<ul><li>one</li></ul><ol><li>one</li></ol>",
        lambda t: [str(tag.attributes.get("ListNumbering")) for tag in t.tree.all("L")],
        ["/Disc", "/Decimal"],
    ),
    Fault(
        "elements without content stay",
        '<p>one</p><p style="height: 5mm"></p><div><span></span></div>',
        lambda t: [tag.role for tag in t.tree.all() if not tag.kids],
        [],
    ),
    Fault(
        "words in a div belong to no paragraph",
        "<section>one <b>two</b><h1>three</h1>four</section>",
        lambda t: kids(t, "Sect"),
        [["P", "H1", "P"]],
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_weasyprint_still_needs_the_repair(fault: Fault) -> None:
    """WeasyPrint's own tags still show the fault. If this fails, remove the repair."""
    assert fault.read(raw_tags(fault.body)) != fault.right


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_repair_mends_it(fault: Fault) -> None:
    """The same page as we print it has the right tags, and passes both validators."""
    data = renderer.write(lay(fault.body))
    assert fault.read(read_tags(data)) == fault.right
    assert faults(data) == []


def test_opacity_hides_words_from_screen_readers_and_is_refused() -> None:
    """WeasyPrint draws content with opacity as a group that tags cannot refer to: we refuse it."""
    layout = lay('<p>one</p><p style="opacity: 0.5">two</p>')
    with pikepdf.open(io.BytesIO(layout.document.write_pdf(pdf_variant="pdf/ua-1"))) as document:
        marks = [
            step
            for step in pikepdf.parse_content_stream(document.pages[0])
            if str(step.operator) == "BDC"
        ]
        assert len(marks) < len(document.Root.StructTreeRoot.ParentTree.Nums[1])
    with pytest.raises(TeachbackError, match="a screen reader could not find all words of page 1"):
        renderer.write(lay('<p>one</p><p style="opacity: 0.5">two</p>'))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of WeasyPrint itself: its colour profile
def test_pictures_are_not_smoothed(tmp_path: Path) -> None:
    """WeasyPrint asks for pictures to be smoothed, which PDF/A forbids; we do not."""
    Image.new("RGBA", (4, 4), (200, 0, 0, 90)).save(tmp_path / "dot.png")
    body = '<img alt="A dot" src="../content/images/dot.png">'
    files = {"content/images/dot.png": tmp_path / "dot.png"}
    raw = lay(body, files).document.write_pdf(pdf_variant="pdf/a-2a")
    assert faults(raw, "2a") != []
    assert faults(renderer.write(lay(body, files))) == []


def test_weasyprint_says_nothing_of_a_drawing_without_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """WeasyPrint tags a drawing without a title as an empty figure, and logs nothing.

    The next test shows that we refuse it.
    """
    found = raw_tags('<svg width="9" height="9"><rect width="9" height="9"/></svg>')
    assert [tag.entries for tag in found.tree.all("Figure")] == [{}]
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<img src="icons/box.svg">', "the picture icons/box.svg has no description"),
        (
            '<svg width="9" height="9"><rect width="9" height="9"/></svg>',
            "the picture drawn in the page has no description",
        ),
        (
            '<p><a href="https://example.org"><span aria-label=" ">\u00a0</span></a></p>',
            "the link to https://example.org has no words",
        ),
    ],
)
def test_what_has_no_words_is_refused(body: str, said: str) -> None:
    """A picture or a link without words for a screen reader stops the page."""
    with pytest.raises(TeachbackError, match=re.escape(said)):
        renderer.write(lay(body))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "<h1>One</h1><h3>Two</h3>",
            "the heading 'Two' has level 3, but the one before it has level 1",
        ),
        ("<h2>One</h2>", "the heading 'One' has level 2, but it is the first"),
        ('<p lang="es_MX">uno</p>', "'es_MX' is not a language code"),
    ],
)
def test_a_template_that_misleads_a_screen_reader_is_refused(body: str, said: str) -> None:
    """A skipped heading level or an unknown language stops the page, as in the validators."""
    with pytest.raises(TeachbackError, match=re.escape(said)):
        renderer.write(lay(body))


def test_no_compressed_stream_ends_in_a_carriage_return() -> None:
    """Where one would, its bytes are written as they are."""
    texts = [b"a" * number for number in range(1_000)]
    ends = [text for text in texts if zlib.compress(text).endswith(b"\r")]
    assert ends
    with own_tags():
        written = {text: pydyf.Stream([text], compress=True).data for text in texts}
    assert not any(data.endswith(b"\r\nendstream") for data in written.values())
    assert [text for text, data in written.items() if b"/FlateDecode" not in data] == ends
    assert ends[0] in written[ends[0]]
    assert pydyf.Stream([ends[0]], compress=True).data.endswith(b"\r\nendstream")


def test_a_page_without_a_title_is_refused() -> None:
    """A title is the first thing that is read out."""
    with pytest.raises(TeachbackError, match="the page has no title"):
        renderer.write(lay("<p>one</p>", title=""))


def test_a_link_in_what_is_hidden_stays_as_words() -> None:
    """In the foot of a page no tag can own a link: its words are printed without a link."""
    found = tags(
        '<footer style="position: running(foot)"><a href="https://example.org">'
        "our page</a></footer><p>one</p>"
    )
    assert (found.links, found.artifacts) == ([], ["our page"])


def test_another_weasyprint_is_refused_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tags depend on the internals of one release: with another one nothing is printed."""
    layout = lay("<p>one</p>")
    monkeypatch.setattr(weasyprint, "__version__", "70.1")
    with pytest.raises(TeachbackError, match=r"WeasyPrint 70\.1 is installed.* made for 70\.0"):
        renderer.write(layout)


def test_one_page_leaves_nothing_behind_for_the_next() -> None:
    """Printed again after another page and after a refused one, a page is the same to the byte."""
    body = f'<p lang="es">uno</p><ul>{ITEMS}</ul>'
    first = renderer.write(lay(body))
    renderer.write(lay("<p>other</p>"))
    with pytest.raises(TeachbackError):
        renderer.write(lay('<img src="icons/box.svg">'))
    assert renderer.write(lay(body)) == first


# What is printed for patients


def page_of(audience: str, kind: str) -> Page:
    """Print the shipped handout or its card for an audience."""
    shared = load_shared(BUILTIN)
    handout = load_handout(handout_files(BUILTIN)["leg-cramps"], BUILTIN, shared).handout
    reader = Reader(shared.audiences.lineage(audience), shared.clinic.values())
    size = TypeSize.LARGE if kind == "large" else TypeSize.STANDARD
    edition = choose(
        handout,
        reader,
        badge=shared.audiences.root[audience].badge["en"],
        size=size,
        sources=shared.sources,
    )
    return printed(edition, PageContext(shared.words["en"], shared.clinic, "LC-TEST"), kind, DESIGN)


def printed(edition: Any, context: PageContext, kind: str, design: Design) -> Page:  # noqa: ANN401
    """Compose and print an edition."""
    if kind == "card":
        html = at_size(
            compose_cards([(edition, context)], design, medium=Medium.PRINT), CARD, [(8.0, 8.0)]
        )
    else:
        html = compose_handout(edition, context, design, medium=Medium.PRINT, paper=Paper.LETTER)
    return Page(html, renderer.write(renderer.lay_out(html, design.files, renderer.fonts())))


@pytest.fixture(
    scope="module",
    params=[
        *(("ckd", kind) for kind in ("handout", "large", "card")),
        ("general", "handout"),
        ("dialysis", "card"),
    ],
    ids="-".join,
)
def edition_page(request: pytest.FixtureRequest) -> Page:
    """Return editions of the shipped handout and its cards: each kind, and each reader."""
    return page_of(*request.param)


@pytest.fixture(scope="module")
def kitchen_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a clinic's workspace with pictures of all kinds and a long table.

    Its own template has a Spanish line.
    """
    root = tmp_path_factory.mktemp("kitchen")
    for name, text in {
        "content/handouts/kitchen.yaml": KITCHEN,
        "content/clinic.yaml": CLINIC,
        "content/images/drawn.svg": DRAWN,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    Image.new("RGBA", (60, 20), (20, 70, 90, 120)).save(root / "content/images/logo.png")
    Image.new("L", (30, 30), 90).save(root / "content/images/taken.jpg")
    quote = (builtin_root() / "templates/blocks/summary.html").read_text(encoding="utf-8")
    (root / "templates/blocks").mkdir(parents=True)
    (root / "templates/blocks/summary.html").write_text(
        quote + '<p>Ask for <span lang="es">la enfermera</span>.</p>', encoding="utf-8"
    )
    return root


@pytest.fixture(scope="module")
def kitchen(kitchen_root: Path) -> dict[str, Page]:
    """Print the workspace's handout and card."""
    workspace = Workspace(kitchen_root, builtin_root())
    shared = load_shared(workspace)
    handout = load_handout(handout_files(workspace)["kitchen"], workspace, shared).handout
    reader = Reader(shared.audiences.lineage("general"), shared.clinic.values())
    edition = choose(
        handout, reader, badge="For all", size=TypeSize.STANDARD, sources=shared.sources
    )
    context = PageContext(shared.words["en"], shared.clinic, "KI-TEST")
    design = open_design(workspace)
    return {kind: printed(edition, context, kind, design) for kind in ("handout", "card")}


def source_words(html: str) -> str:
    """Return the letters and digits of a page's HTML for a screen reader, in source order."""

    def said(element: Any) -> str:  # noqa: ANN401 -- an element of a tree
        name = str(element.tag).rpartition("}")[2]
        if (
            name in {"head", "style"}
            or element.get("class") == "running"
            or element.get("aria-hidden") == "true"
        ):
            words = ""
        elif element.get("data-actualtext") or name == "img":
            words = element.get("data-actualtext") or element.get("alt", "")
        else:
            words = (element.text or "") + "".join(said(child) for child in element)
        return words + (element.tail or "")

    return re.sub(r"\W+", "", said(weasyprint.HTML(string=html).etree_element))


def tree_words(tagged: Tagged) -> str:
    """Return the letters and digits of a tree in reading order, without list markers."""
    for item in tagged.tree.all("LI"):
        item.kids = [kid for kid in item.kids if isinstance(kid, str) or kid.role != "Lbl"]
    return re.sub(r"\W+", "", tagged.tree.text)


@pytest.mark.slow
def test_each_edition_is_read_in_the_order_of_its_source(edition_page: Page) -> None:
    """Every word of the page is read, with its boxes and lines to write on, in source order."""
    found = read_tags(edition_page.data)
    assert len(source_words(edition_page.html)) > 300
    assert tree_words(found) == source_words(edition_page.html)
    assert (found.orphans, found.parents_match) == ([], True)
    assert [
        tag.role for tag in found.tree.all() if not tag.kids and tag.role not in {"TD", "TH"}
    ] == []


@pytest.mark.slow
def test_each_edition_has_one_title_and_skips_no_level(edition_page: Page) -> None:
    """There is one H1, it comes first, and headings go down by one level at a time."""
    levels = [
        int(tag.role[1])
        for tag in read_tags(edition_page.data).tree.all()
        if re.fullmatch(r"H\d", tag.role)
    ]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert len(levels) > 2
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.slow
def test_the_foot_of_a_page_is_not_read_out() -> None:
    """Draft notice, page number and code are on each page of a handout and in no tag."""
    found = read_tags(page_of("ckd", "handout").data)
    assert len(found.artifacts) > 3
    assert all(
        "Draft: no clinician" in words and f"Page {n} of" in words
        for n, words in enumerate(found.artifacts, start=1)
    )
    assert "Draft" not in found.tree.text


@pytest.mark.slow
def test_boxes_lines_and_signs_are_words(kitchen: dict[str, Page]) -> None:
    """A box to tick and a line to write on are read out; a sign that repeats its heading is not."""
    found = read_tags(kitchen["handout"].data)
    items = [tag.text for tag in found.tree.all("LI")]
    assert "box to tick Pills" in items
    assert "box to tick Papers" in items
    assert [tag.text for tag in found.tree.all("TD")][:2] == [
        "line to write on",
        "line to write on",
    ]
    assert "What will you do? line to write on" in found.tree.text
    assert "My notes and questions line to write on line to write on" in found.tree.text
    assert "Ask first: Ask us" in found.tree.text
    assert "Call 911 now Chest pain" in found.tree.text
    assert "911 Call 911" not in found.tree.text
    assert "911" in found.artifacts[0]
    with pypdfium2.PdfDocument(kitchen["handout"].data) as document:
        copied = " ".join(page.get_textpage().get_text_bounded() for page in document)
    assert "Papers" in copied
    assert "box to tick" not in copied
    assert "line to write" not in copied


@pytest.mark.slow
def test_a_long_table_and_a_long_list_are_one_each(kitchen: dict[str, Page]) -> None:
    """Sixty rows over several pages are one table with one header, drawn on each page."""
    found = read_tags(kitchen["handout"].data)
    table = list(found.tree.all("Table"))[-1]
    assert [len(list(table.all(role))) for role in ("THead", "TBody", "TR", "TH", "TD")] == [
        1,
        1,
        61,
        62,
        60,
    ]
    assert table.text.count("Head one") == 1
    assert len({cell.page for cell in table.all("TD")}) > 1
    assert (
        sum("Head one" in words for words in found.artifacts)
        == len({cell.page for cell in table.all("TD")}) - 1
    )
    assert max(len(list(tag.all("LI"))) for tag in found.tree.all("L")) == 60


@pytest.mark.slow
def test_links_pictures_and_languages_arrive(kitchen: dict[str, Page]) -> None:
    """Links have words, tag and printed address; pictures words and place; Spanish its language."""
    found = read_tags(kitchen["handout"].data)
    assert [link["words"] for link in found.links] == ["our own page", "our page", "us", "us"]
    assert {(link["owner"], link["flags"]) for link in found.links} == {("Link", 4)}
    assert "our page (example.org/page)" in found.tree.text
    assert [figure.text for figure in found.tree.all("Figure")] == [
        "Riverside Clinic",
        "A dark bar",
        "A grey square",
    ]
    assert [
        (tag.text, tag.entries["Lang"]) for tag in found.tree.all() if "Lang" in tag.entries
    ] == [("la enfermera", "es")]
    assert faults(kitchen["handout"].data) == []


# Cards on sheets


TURNS = {"upright": 0, "turned": 180}


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
def test_links_and_pictures_go_with_the_first_card(turn: int, tmp_path: Path) -> None:
    """The first card on a sheet keeps its link and its picture; its repeats are words only."""
    body = (
        '<h1>Card</h1><p><a href="https://example.org">our page</a></p>'
        '<img alt="A box" src="icons/box.svg" style="width: 20px">'
    )
    del tmp_path
    cards = renderer.write(lay(body + '<p style="break-before: page">back</p>'))
    alone = read_tags(cards)
    size = Box(100, 60)
    sheet = SheetSides(
        (Placement(0, 20, 30, *_pair(size), turn), Placement(0, 20, 120, *_pair(size), turn)),
        (Placement(0, 20, 30, *_pair(size), turn, back=True),),
    )
    data = lay_on_sheets(cards, (sheet,), Box(210, 297), Sides.LONG_EDGE, SheetExtras(marks=True))
    found = read_tags(data)
    assert (found.orphans, found.parents_match) == ([], True)
    assert roles(found) == roles(alone)
    assert found.tree.text == alone.tree.text
    assert [link["words"] for link in found.links] == ["our page"]
    mm = 72 / 25.4
    assert found.links[0]["rect"] == pytest.approx(
        _on_page(alone.links[0]["rect"], turn, 20 * mm, (297 - 90) * mm), abs=0.01
    )
    boxes = [
        [float(edge) for edge in next(t.tree.all("Figure")).attributes["BBox"]]
        for t in (alone, found)
    ]
    assert boxes[1] == pytest.approx(_on_page(boxes[0], turn, 20 * mm, (297 - 90) * mm), abs=0.01)
    assert faults(data) == []


def _pair(size: Box) -> tuple[float, float]:
    return size.width, size.height


def _on_page(edges: list[float], turn: int, left: float, bottom: float) -> list[float]:
    """Return the place of a rectangle of a 100 x 60 mm card on a page, in pt."""
    width, height = 100 * 72 / 25.4, 60 * 72 / 25.4
    x0, y0, x1, y1 = (
        (width - edges[2], height - edges[3], width - edges[0], height - edges[1])
        if turn
        else edges
    )
    return [left + x0, bottom + y0, left + x1, bottom + y1]


def test_a_side_that_is_not_printed_leaves_no_tag_behind() -> None:
    """Badges have fronts only: words, links and cells of the back are gone from tags and file."""
    body = (
        '<p>front</p><div style="break-before: page"><p><a href="https://example.org">'
        "back</a></p><table><tr><td>x</td><td></td></tr></table></div>"
    )
    cards = renderer.write(lay(body))
    sheet = SheetSides((Placement(0, 20, 30, 100, 60),), None)
    data = lay_on_sheets(cards, (sheet,), Box(210, 297), Sides.ONE, SheetExtras())
    found = read_tags(data)
    assert (roles(found), found.tree.text, found.links) == (["Document", "P"], "front", [])
    assert faults(data) == []


@pytest.mark.slow
@pytest.mark.usefixtures("one_process")
def test_repeated_cards_and_what_is_drawn_beside_them_are_not_read_out(tmp_path: Path) -> None:
    """Of ten cards on a sheet one is read; the others, marks and outlines have no tag."""
    flags = {"handouts": ("leg-cramps",), "audience": ("ckd",), "output": str(tmp_path)}
    done = print_cards(
        resolve(flags, BUILTIN), CardOrder(outline=True), BUILTIN, dt.date(2026, 11, 22)
    )
    data = (tmp_path / done.output.file).read_bytes()
    found = read_tags(data)
    assert found.tree.text.count("Call 911 now") == 1
    assert found.artifacts[0].count("Call 911 now") == done.cards - 1 > 5
    with pikepdf.open(io.BytesIO(data)) as document:
        inside, drawn = 0, []
        for step in pikepdf.parse_content_stream(document.pages[0]):
            name = str(step.operator)
            inside += (name in {"BMC", "BDC"}) - (name == "EMC")
            drawn += [inside] if name in {"Do", "S"} else []
    assert len(drawn) > 20
    assert set(drawn) == {1}


@pytest.mark.slow
@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(
    "order", [CardOrder(copies=5), CardOrder(press=True)], ids=["stock", "press"]
)
def test_the_kitchens_cards_keep_their_links(
    order: CardOrder, kitchen_root: Path, tmp_path: Path
) -> None:
    """A flag and a note with links: each card is read once, with both, and passes both profiles."""
    workspace = Workspace(kitchen_root, builtin_root())
    done = print_cards(
        resolve({"handouts": ("kitchen",), "output": str(tmp_path)}, workspace),
        order,
        workspace,
        dt.date(2026, 11, 22),
    )
    data = (tmp_path / done.output.file).read_bytes()
    found = read_tags(data)
    assert roles(found, "H1") == ["H1"]
    assert [link["words"] for link in found.links] == ["our own page", "our page"]
    assert "When to get help" in found.tree.text
    assert faults(data) == []


# Styles of a clinic


@pytest.mark.parametrize(
    ("css", "line", "said"),
    [
        ("p { color: red }\n.a { opacity: 0.6; }", 2, "what has `opacity` is not read out"),
        (".a {\n  order: 2 }", 2, "`order: 2` puts boxes in another order"),
        (
            ".a { flex-direction: row-reverse }",
            1,
            "`flex-direction: row-reverse` puts boxes in another order",
        ),
        (
            ".a { flex-flow: wrap column-reverse !important }",
            1,
            "`flex-flow: wrap column-reverse` puts boxes in another order",
        ),
        (
            ".a { flex-wrap: wrap-reverse }",
            1,
            "`flex-wrap: wrap-reverse` puts boxes in another order",
        ),
    ],
)
def test_a_style_that_no_screen_reader_can_follow_is_refused(
    css: str, line: int, said: str
) -> None:
    """The problem names the line in the clinic's style sheet, before anything is printed."""
    (problem,) = renderer.style_problems("styles/clinic.css", css)
    assert said in problem.message
    assert problem.location is not None
    assert problem.location.line == line


@pytest.mark.parametrize(
    "css",
    [
        (
            "/* opacity: 0.5 */ .a { opacity: 1; order: 0; fill-opacity: 0.5; "
            "flex-direction: row; --order: 3 }"
        ),
        "@media screen and (min-width: 30em) { .a { order: 1; opacity: 0.2 } }",
        '.a::before { content: "order: 2; opacity: 0" }',
    ],
)
def test_a_style_that_does_no_harm_on_paper_is_let_through(css: str) -> None:
    """Default values, comments, texts and rules for screens only are no problem."""
    assert [
        problem.message
        for problem in renderer.style_problems("styles/clinic.css", css)
        if "read out" in problem.message
    ] == []


CAPITALS = (
    "text-transform: uppercase",
    "text-transform:lowercase",
    "TEXT-TRANSFORM: Capitalize !important",
    "text-transform: full-width",
    "text-transform: var(--t)",
    r"text-tr\61nsform: uppercase",
    r"text-\74 ransform: uppercase",
    "text-transform/* */: uppercase",
    "font-variant: small-caps",
    "font-variant: all-small-caps oldstyle-nums",
    "font-variant-caps: petite-caps",
    "font-variant: titling-caps",
    "font: bold small-caps 12pt serif",
    'font-feature-settings: "smcp"',
    "font-feature-settings: 'kern', 'c2sc' 1",
)
AS_WRITTEN = (
    "text-transform: none",
    "text-transform: inherit !important",
    "font-variant: tabular-nums",
    "font: bold 12pt serif",
    "--text-transform: x",
    "/* text-transform: uppercase */ color: red",
    "font-variant-caps: normal",
    "font-family: Small",
)


@pytest.mark.parametrize("declaration", CAPITALS)
@pytest.mark.parametrize(
    "around",
    ["li {{ {} }}", "p::first-line {{ color: red; {} }}", "@media screen {{ h2 {{ {}; }} }}"],
)
def test_a_style_that_sets_capitals_is_refused_with_its_place(
    declaration: str, around: str
) -> None:
    """Paper and screen show text as it is written; the line of the style sheet is named."""
    (problem,) = generated_text_problems(
        "p { color: red }\n" + around.format(declaration), "styles/clinic.css"
    )
    assert "prints other letters than the text has" in problem.message
    assert problem.location is not None
    assert problem.location.line == 2


@pytest.mark.parametrize("declaration", AS_WRITTEN)
def test_a_style_that_leaves_the_letters_as_they_are_is_let_through(declaration: str) -> None:
    """Values without effect, figures, comments and a clinic's own variables are no capitals."""
    assert list(generated_text_problems(f"li {{ {declaration} }}", "styles/clinic.css")) == []


def test_a_picture_for_a_printing_press_is_refused() -> None:
    """PDF/A with screen colours cannot hold a CMYK picture: the hint says how to save it."""
    from teachback.files.images import picture_fault

    picture = io.BytesIO()
    Image.new("CMYK", (4, 4)).save(picture, "JPEG")
    fault = picture_fault(picture.getvalue(), ".jpg")
    assert fault is not None
    assert "CMYK" in fault[0]
