"""Test print-room files: patients are in order, on the right sides and listed by id.

Nothing is stored twice.
"""

from __future__ import annotations

import io
import pickle
import re
import string
from dataclasses import replace
from typing import TYPE_CHECKING

import page as page_validation
import pikepdf
import pypdfium2
import pytest
from handout_with_fields import FILLED, composed
from PIL import Image, ImageChops
from settings_from_flags import resolve

from teachback.cli.app import run
from teachback.content.loader import read_handouts
from teachback.content.workspace_content import load_shared
from teachback.errors import TeachbackError
from teachback.files.workspace import Workspace, builtin_root, handout_files
from teachback.merge.stamping.cover_layout import LETTERS as EDITIONS
from teachback.merge.stamping.cover_layout import layout_of, make_cover, unlisted
from teachback.merge.stamping.cover_page import cover_template, cover_words
from teachback.merge.stamping.edition_templates import sheet_template
from teachback.merge.stamping.pdf_template import UnstampedError
from teachback.merge.stamping.print_room_builder import make_bundle
from teachback.merge.stamping.print_room_file import Bundle, PrintRoomRecord
from teachback.printing.card_run import CardOrder, card_run, find_stock
from teachback.printing.card_sheet_layout import crop_marks
from teachback.printing.card_stock import load_stocks
from teachback.printing.design import design_hash, open_design
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.jobs import SHEET
from teachback.units import Paper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.merge.stamping.pdf_template import Template

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]

LETTERS = frozenset(string.ascii_letters + string.digits + " .,-")
ODD, OTHER, EVEN = "ckd, one page", "general, A4", "ckd, large print"
# The same on two pages.
LONG = FILLED.replace("id: tiny", "id: long") + (
    "  - {id: two, title: What else?, page: new, blocks: [{text: There is more.}]}\n"
)
CARDS = "cards"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Create a workspace with handouts that have fields."""
    path = tmp_path_factory.mktemp("clinic") / "content" / "handouts" / "tiny.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(FILLED, encoding="utf-8")
    path.with_name("long.yaml").write_text(LONG, encoding="utf-8")
    return Workspace(path.parents[2], builtin_root())


@pytest.fixture(scope="module")
def cover(clinic: Workspace) -> Template:
    """Make the cover on Letter."""
    shared = load_shared(clinic)
    return cover_template(
        shared.words["en"], shared.clinic, "en", Paper.LETTER.box, open_design(clinic)
    )


def sheet_of(clinic: Workspace, **flags: str) -> Template:
    """Make a sheet of ten cards."""
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    settings = resolve({"stock": "avery-5371", **flags}, clinic)
    stocks = load_stocks(clinic)
    stock = find_stock(str(settings.stock), stocks)
    places = stock[1].places
    run = card_run(stock, range(places), settings, stocks, CardOrder())
    context = print_context(clinic, reading, settings, run)
    job = compose_job(context, JobOrder("tiny", ("ckd",) * places, "card", (SHEET,)))
    return sheet_template(job, context.files, LETTERS)


@pytest.fixture(scope="module")
def templates(clinic: Workspace) -> dict[str, Template]:
    """Make editions with odd and even numbers of pages, on Letter and A4, and a sheet of cards."""
    templates_by_name = {
        ODD: composed(clinic, audience="ckd").template(*LETTERS),
        OTHER: composed(clinic, audience="general", paper="a4").template(*LETTERS),
        EVEN: composed(clinic, "long", audience="ckd", size="large").template(*LETTERS),
        CARDS: sheet_of(clinic),
    }
    assert {
        key: (template.pages, template.cards) for key, template in templates_by_name.items()
    } == {
        ODD: (1, 1),
        OTHER: (1, 1),
        EVEN: (2, 1),
        CARDS: (2, 10),
    }
    return templates_by_name


@pytest.fixture(scope="module")
def bundle(templates: dict[str, Template], cover: Template, clinic: Workspace) -> Bundle:
    """Make a bundle of all of them, pickled as for another process."""
    unpickled: Bundle = pickle.loads(  # noqa: S301 -- our own
        pickle.dumps(make_bundle(templates, cover, cover_words(load_shared(clinic).words["en"])))
    )
    return unpickled


def entry(key: str, number: int, row: int = 0, **more: str) -> PrintRoomRecord:
    """Make a record. The words of its value are in no other record."""
    return PrintRoomRecord(
        key, {"patient": f"Name{number:04}", **more}, f"id-{number}", row or number + 1
    )


def combined(
    bundle: Bundle,
    *entries: PrintRoomRecord,
    duplex: bool = False,
    name: str = "day.pdf",
    number: int = 2,
    skip: int = 0,
) -> bytes:
    """Put records into a file."""
    return bundle.combine(entries, name=name, duplex=duplex, number=number, skip=skip)


def texts(data: bytes) -> list[str]:
    """Return the words of each page, with single spaces."""
    with pypdfium2.PdfDocument(data) as document:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def names(data: bytes) -> list[list[str]]:
    """Return the patients on each page."""
    return [re.findall(r"Name\d{4}", text) for text in texts(data)]


def pictures(data: bytes) -> list[Image.Image]:
    """Draw the pages of a file at 100 dpi."""
    with pypdfium2.PdfDocument(data) as document:
        return [page.render(scale=100 / 72).to_pil().convert("RGB") for page in document]


def hairlines(data: bytes, number: int) -> int:
    """Count the lines that a page draws outside its cards."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return pdf.pages[number].Contents[-1].read_bytes().count(b" l S")


def faults(data: bytes) -> list[tuple[str, str]]:
    """Return the faults of a file as PDF/A-2b. For a stream's length see `pdf_tags.faults`."""
    found = [
        (fault.rule_id, fault.message)
        for fault in page_validation.validate_pdf_bytes(data, profile="2b").failures
    ]
    return [
        fault
        for fault in found
        if fault[0] != "PDFA2B-STREAM-LENGTH-001" or b"\r\nendstream" not in data
    ]


def test_records_come_in_their_order_each_with_its_own_words(bundle: Bundle) -> None:
    """After the cover, each record has the pages of its edition, with its words and no others."""
    data = combined(bundle, entry(EVEN, 3), entry(ODD, 1), entry(OTHER, 2), entry(ODD, 4))
    assert names(data) == [[], ["Name0003"], [], ["Name0001"], ["Name0002"], ["Name0004"]]
    assert ["For kidneys here" in text for text in texts(data)[3:]] == [True, False, True]


def test_on_both_sides_each_record_starts_on_a_front(bundle: Bundle) -> None:
    """A blank page follows the cover and each odd number of pages, and duplex is requested."""
    data = combined(
        bundle, entry(ODD, 1), entry(EVEN, 2), entry(OTHER, 3), entry(ODD, 4), duplex=True
    )
    pages = names(data)
    assert len(pages) == 10
    assert {name: index % 2 for index, found in enumerate(pages) for name in found} == {
        f"Name000{number}": 0 for number in (1, 2, 3, 4)
    }
    blank = [index for index, text in enumerate(texts(data)) if not text]
    assert blank == [1, 3, 7, 9]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.ViewerPreferences.Duplex == "/DuplexFlipLongEdge"
        sizes = [[round(float(edge)) for edge in page.mediabox[2:]] for page in pdf.pages]
    # A blank back has the size of its front.
    assert sizes[6] == sizes[7] == [595, 842]
    assert sizes[8] == sizes[9] == [612, 792]


def test_on_one_side_nothing_is_blank(bundle: Bundle) -> None:
    """No blank pages are added without duplex."""
    data = combined(bundle, entry(ODD, 1), entry(ODD, 2))
    assert [bool(text) for text in texts(data)] == [True] * 3
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.ViewerPreferences.Duplex == "/Simplex"


@pytest.mark.parametrize("key", [ODD, OTHER, EVEN])
def test_a_page_looks_as_it_does_alone(
    key: str, bundle: Bundle, templates: dict[str, Template]
) -> None:
    """The pages of a record equal those of its own file, pixel by pixel."""
    record = entry(key, 5, visit="March 1, 2027")
    alone = pictures(templates[key].stamp(record.values, b"1"))
    together = pictures(combined(bundle, entry(ODD, 1), record, entry(EVEN, 2)))[2 : 2 + len(alone)]
    assert [
        ImageChops.difference(a, b).getbbox() for a, b in zip(alone, together, strict=True)
    ] == [None] * templates[key].pages


def test_what_patients_share_is_stored_once(bundle: Bundle, templates: dict[str, Template]) -> None:
    """A hundred more patients cost less than 1 KB each.

    No stream is stored twice, and none of an edition that nobody gets.
    """
    few, many = (
        combined(bundle, *(entry(EVEN, number) for number in range(count))) for count in (2, 102)
    )
    assert (len(many) - len(few)) / 100 < 1000
    assert len(few) < len(templates[EVEN].stamp({}, b"")) + 100_000
    with pikepdf.open(io.BytesIO(many)) as pdf:
        streams = [
            (str(pdf_object.stream_dict), pdf_object.read_raw_bytes())
            for pdf_object in pdf.objects
            if isinstance(pdf_object, pikepdf.Stream)
        ]
        shared = [stream for stream in streams if b"/Slot" not in stream[1]]
        fonts = [
            pdf_object
            for pdf_object in pdf.objects
            if isinstance(pdf_object, pikepdf.Dictionary) and "/FontFile2" in pdf_object
        ]
    assert len(shared) > 10
    assert len(shared) == len(set(shared))
    assert len(fonts) < 12


def test_the_cover_lists_ids_and_no_values(bundle: Bundle) -> None:
    """The cover has the row, id, code, pages and first page of each record, and no word of it.

    It also has the name and number of the file.
    """
    data = combined(bundle, entry(EVEN, 1, 11), entry(ODD, 2, 12), entry(OTHER, 3, 14), duplex=True)
    front = texts(data)[0]
    ckd, general, two_pages = (bundle.parts[key].template.code for key in (ODD, OTHER, EVEN))
    assert f"11 id-1 {two_pages} 2 3" in front
    assert f"12 id-2 {ckd} 1 5" in front
    assert f"14 id-3 {general} 1 7" in front
    assert "day.pdf File 2" in front
    assert "Sheets of paper" in front
    assert "11 to 14" in front
    assert "Letter, A4" in front
    assert "Name" not in front
    with pikepdf.open(io.BytesIO(data)) as pdf, pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == ["id-1", "id-2", "id-3"]
        assert b"Name" not in pdf.Root.Metadata.read_bytes()


def test_the_cover_names_the_code_points_of_a_letter_that_no_font_has(bundle: Bundle) -> None:
    """A letter with an accent has two, where Unicode has no letter for both."""
    words = {**bundle.cover.sentences, "file": "Paq\u0303 {number}"}
    cover = replace(bundle.cover, sentences=words)
    front = texts(combined(replace(bundle, cover=cover), entry(ODD, 1)))[0]
    assert "Pa(U+0071)(U+0303) 2" in front


@pytest.mark.parametrize(
    ("count", "pages"), [(1, 1), (40, 1), (41, 1), (92, 1), (200, 1), (201, 2)]
)
def test_the_cover_has_room_for_all(count: int, pages: int, bundle: Bundle) -> None:
    """Each id is on the cover once, in order, and two hundred fit on one page."""
    data = combined(bundle, *(entry(ODD, number) for number in range(count)))
    covers = texts(data)[:-count]
    assert len(covers) == pages
    listed = [int(number) for text in covers for number in re.findall(r"id-(\d+)", text)]
    # pdfium reads columns line by line.
    assert sorted(listed) == list(range(count))


def test_long_ids_and_many_editions_take_the_longer_list(
    templates: dict[str, Template], cover: Template, clinic: Workspace
) -> None:
    """Short lines with letters are for short ids and few editions. Long ids are never cut."""
    filled_cover = make_cover(cover, cover_words(load_shared(clinic).words["en"]))
    assert layout_of(filled_cover, ["P-1234567"] * 200, 3).name == "few"
    assert layout_of(filled_cover, ["P-1234567"] * 200, len(EDITIONS) + 1).name == "short"
    assert layout_of(filled_cover, ["P-123456789-123456789"] * 200, 1).name == "long"
    # A clinic's own cover may have its widest list where editions have letters.
    widest, short, _ = filled_cover.layouts
    own_cover = replace(filled_cover, layouts=(replace(widest, name="few"), short))
    assert layout_of(own_cover, ["W" * 64], len(EDITIONS) + 1).name == "short"
    # What the list by letters could hold is no help where letters run out.
    assert unlisted(own_cover, ["W" * 40], len(EDITIONS)) == ()
    assert unlisted(own_cover, ["W" * 40], len(EDITIONS) + 1) == ("W" * 40,)
    long_id = "3f2b8c1e-77aa-4c1d-9d7e-" * 4
    data = make_bundle(
        {ODD: templates[ODD]}, cover, cover_words(load_shared(clinic).words["en"])
    ).combine(
        [PrintRoomRecord(ODD, {}, long_id, 1)], name="x" * 90 + ".pdf", duplex=False, number=1
    )
    assert long_id in texts(data)[0].replace(" ", "")


@pytest.mark.parametrize("paper", list(Paper))
def test_an_id_that_no_list_has_room_for_is_told_before_anything_is_printed(
    paper: Paper, cover: Template, clinic: Workspace
) -> None:
    """Ids of 64 digits, the longest in use, are readable in the widest list."""
    shared = load_shared(clinic)
    design = open_design(clinic)
    template = (
        cover
        if paper is Paper.LETTER
        else cover_template(shared.words["en"], shared.clinic, "en", paper.box, design)
    )
    filled_cover = make_cover(template, cover_words(shared.words["en"]))
    digest = "4dff4ea340f0a823f15d3f4f01ab62eae0e5da579ccb851f8db9dfe84c58b2b3"
    assert layout_of(filled_cover, [digest, "P-1"], 2).name == "long"
    assert unlisted(filled_cover, [digest, "P-1"], 2) == ()
    assert unlisted(filled_cover, [digest * 2, "W" * 64, "P-1"], 2) == (digest * 2, "W" * 64)


@pytest.mark.parametrize(("length", "ended"), [(40, 0), (64, 1)])
def test_a_run_with_ids_too_long_for_a_cover_prints_nothing(
    length: int,
    ended: int,
    clinic: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The message says what to do."""
    monkeypatch.chdir(clinic.roots[0])
    (tmp_path / "records.csv").write_text(
        f"id,audience,patient\n{'W' * length},ckd,Ana\n", encoding="utf-8"
    )
    out = tmp_path / "out"
    arguments = [
        "merge",
        "tiny",
        "--records",
        str(tmp_path / "records.csv"),
        "-o",
        str(out),
        "-l",
        "en",
        "--combine",
        "9",
        "--json",
    ]
    assert run(arguments) == ended
    output = capsys.readouterr()
    assert ("too long for the list on the cover page" in output.out + output.err) == bool(ended)
    assert ("leave --combine out" in output.out + output.err) == bool(ended)
    assert bool(list(out.rglob("*.pdf"))) != bool(ended)


def test_the_same_records_give_the_same_bytes(bundle: Bundle) -> None:
    """The same records give the same file, and other records another ID."""
    first, repeated, different = (
        combined(bundle, entry(ODD, 1), entry(EVEN, number)) for number in (2, 2, 3)
    )
    assert first == repeated
    identities = [re.findall(rb"/ID \[<(\w+)>", data) for data in (first, different)]
    assert identities[0] != identities[1]


def test_the_file_is_pdf_a_and_claims_no_tags(bundle: Bundle) -> None:
    """A file with all kinds of pages passes PDF/A-2b, has no tags, and does not claim any."""
    data = combined(
        bundle,
        entry(ODD, 1),
        entry(OTHER, 2),
        entry(EVEN, 3),
        *(entry(CARDS, number) for number in range(4, 8)),
    )
    assert faults(data) == []
    assert faults(data.replace(b'pdfa/ns/id/">2<', b'pdfa/ns/id/">9<')) != []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert not {"/StructTreeRoot", "/MarkInfo"} & set(pdf.Root.keys())
        assert b"pdfuaid" not in pdf.Root.Metadata.read_bytes()
        assert pdf.check_pdf_syntax() == []


def test_cards_are_gathered_on_sheets_and_places_that_are_left_stay_empty(bundle: Bundle) -> None:
    """Twelve cards among handouts take two sheets, each starting on a front side.

    The first back has ten names, and the second has two.
    """
    cards = [entry(CARDS, number) for number in range(12)]
    data = combined(bundle, cards[0], entry(ODD, 50), *cards[1:])
    names_by_page = names(data)
    assert [len(names) for names in names_by_page] == [0, 0, 0, 10, 0, 2, 1, 0]
    assert sorted(names_by_page[3] + names_by_page[5]) == [
        f"Name{number:04}" for number in range(12)
    ]
    assert [bool(text) for text in texts(data)] == [
        True,
        False,
        True,
        True,
        True,
        True,
        True,
        False,
    ]
    assert [text.count("When to get help") for text in texts(data)[2:6]] == [10, 0, 2, 0]
    assert [text.count("T-CKD-EN") for text in texts(data)[2:6]] == [0, 10, 0, 2]
    assert "flipped on the long edge" in texts(data)[0]
    front = texts(data)[0]
    assert all(
        re.search(rf"\b{number + 1} id-{number} \S+ 2 {3 if number < 10 else 5}\b", front)
        for number in range(12)
    )


def test_a_sheet_that_was_begun_is_used_up_first(bundle: Bundle) -> None:
    """The places that a sheet no longer has stay empty, on both sides; the next sheet is whole."""
    data = combined(bundle, *(entry(CARDS, number) for number in range(12)), skip=7)
    assert [len(found) for found in names(data)[2:]] == [0, 3, 0, 9]
    (_, _, front, back, *_) = pictures(data)
    # At 100 dpi: two columns of five rows of 200 pixels, 50 below the top. The back is mirrored.
    for picture, side in ((front, (0, 425)), (back, (425, 850))):
        white = [
            ImageChops.invert(picture.convert("L").crop(box)).getbbox() is None
            for box in ((0, 0, 850, 650), (side[0], 650, side[1], 850), (0, 650, 850, 850))
        ]
        assert white == [True, True, False]


TWO = """\
two:
  page: letter
  grid: {columns: 1, rows: 2}
  card: {width: 85.6, height: 53.98}
  first: {left: 65.15, top: 20}
  pitch: {across: 85.6, down: 80}
  kind: cut
  source: [a test]
"""


@pytest.mark.parametrize("name", ["cut-letter-id1", "fold-letter-id1", "ours"])
def test_places_that_are_left_are_bare_paper(name: str, cover: Template, clinic: Workspace) -> None:
    """Cards on a partial sheet look as on a full one, and the other places are white.

    They have no card, no writing line and no fold line, front and back.
    There are as many crop marks as `teachback card` draws for that number of cards.
    """
    if name == "ours":
        # Its pages are landscape, and its backs are upside down.
        (clinic.root / "content/stocks.yaml").write_text(
            "ours:\n  page: {width: 280, height: 200}\n  grid: {columns: 2, rows: 2}\n"
            "  card: {width: 85.6, height: 53.98}\n"
            "  first: {left: 7, top: 9}\n  pitch: {across: 97, down: 71}\n"
            "  kind: cut\n  source: [a test]\n",
            encoding="utf-8",
        )
    template = sheet_of(clinic, stock=name)
    settings, stocks = resolve({"stock": name}, clinic), load_stocks(clinic)
    bundle = make_bundle({CARDS: template}, cover, cover_words(load_shared(clinic).words["en"]))
    stock = find_stock(name, stocks)
    (sheet,) = card_run(stock, range(template.cards), settings, stocks, CardOrder()).sheets
    sides = [side for side in (sheet.front, sheet.back) if side is not None]
    full_pages = pictures(template.stamp([{}] * template.cards, b"1"))
    scale = 100 / 25.4
    for count in {1, template.cards - 1, template.cards}:
        data = combined(
            bundle,
            *(PrintRoomRecord(CARDS, {}, f"id-{number}", number + 1) for number in range(count)),
        )
        together = pictures(data)[-len(sides) :]
        for full, picture, placements in zip(full_pages, together, sides, strict=True):
            for place in placements:
                edges = (
                    place.x + 0.3,
                    place.y + 0.3,
                    place.x + place.width - 0.3,
                    place.y + place.height - 0.3,
                )
                left, top, right, bottom = (round(edge * scale) for edge in edges)
                box = (left, top, right, bottom)
                if place.card < count:
                    assert (
                        ImageChops.difference(full.crop(box), picture.crop(box)).getbbox() is None
                    )
                else:
                    assert picture.crop(box).convert("L").getextrema() == (255, 255)
        (dealt,) = card_run(stock, range(count), settings, stocks, CardOrder()).sheets
        expected = len(crop_marks(dealt.front)) if name in {"cut-letter-id1", "ours"} else None
        assert expected is None or hairlines(data, -len(sides)) == expected


def test_a_sheet_of_cards_looks_as_it_does_alone(
    bundle: Bundle, templates: dict[str, Template]
) -> None:
    """Front and back are equal pixel by pixel."""
    cards = [entry(CARDS, number) for number in range(10)]
    alone = pictures(templates[CARDS].stamp([card.values for card in cards], b"1"))
    together = pictures(combined(bundle, *cards))[2:]
    assert [
        ImageChops.difference(a, b).getbbox() for a, b in zip(alone, together, strict=True)
    ] == [None, None]


def test_sheets_that_are_turned_differently_do_not_go_together(
    cover: Template, clinic: Workspace
) -> None:
    """A printer turns all sheets of a file over the same edge. The file requests the right edge."""
    (clinic.root / "content/stocks.yaml").write_text(TWO, encoding="utf-8")
    long_edge, short_edge = (
        sheet_of(clinic, stock="two", sides=f"{side}-edge") for side in ("long", "short")
    )
    bundle = make_bundle(
        {CARDS: long_edge, "short": short_edge},
        cover,
        cover_words(load_shared(clinic).words["en"]),
    )
    with pytest.raises(ValueError, match="different edges"):
        combined(bundle, entry(CARDS, 1), entry("short", 2))
    data = combined(bundle, entry("short", 1))
    assert "flipped on the short edge" in texts(data)[0]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.Root.ViewerPreferences.Duplex == "/DuplexFlipShortEdge"


def test_a_value_that_does_not_fit_makes_no_file(bundle: Bundle) -> None:
    """`faults` finds the value beforehand, and the error does not quote it."""
    with pytest.raises(UnstampedError) as raised:
        combined(bundle, entry(ODD, 1), PrintRoomRecord(ODD, {"patient": "Wide" * 40}, "id-2", 2))
    assert "Wide" not in str(raised.value)
    with pytest.raises(ValueError, match="at least one record"):
        combined(bundle)


def test_a_cover_without_its_places_is_refused(
    workspace: Callable[..., Workspace], builtin: Workspace
) -> None:
    """A clinic's cover that lacks a line or is too long is a problem with a hint."""
    template = (builtin.root / "templates" / "cover.html").read_text(encoding="utf-8")
    last = '{{ line(prefix ~ "." ~ column ~ "." ~ (lines - 1), shape.cells) }}'
    assert template.count(last) == 1
    for change, message in (
        (("(40, 44)", "(90, 44)"), "pages where it should have"),
        ((last, ""), "no first and last line"),
    ):
        root = workspace({"templates/cover.html": template.replace(*change)})
        shared = load_shared(root)
        with pytest.raises(TeachbackError, match=message):
            make_bundle(
                {},
                cover_template(
                    shared.words["en"], shared.clinic, "en", Paper.LETTER.box, open_design(root)
                ),
                {},
            )


def test_the_cover_makes_no_other_edition(
    workspace: Callable[..., Workspace], builtin: Workspace
) -> None:
    """Another cover, or other words on it, changes no code; other words for patients do."""
    words = (builtin.root / "content" / "words" / "en.yaml").read_text(encoding="utf-8")
    template = (builtin.root / "templates" / "cover.html").read_text(encoding="utf-8")
    changed = workspace(
        {
            "templates/cover.html": template + " ",
            "content/words/en.yaml": words.replace("What is in this file", "Inside"),
        }
    )
    assert design_hash(open_design(changed)) == design_hash(open_design(builtin))
    ours, theirs = (load_shared(clinic).words["en"] for clinic in (builtin, changed))
    assert ours != theirs
    assert repr(ours) == repr(theirs)
