"""Printed pages have the right size, lose nothing, use only our fonts, and are tagged."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from one_process import in_one_process
from pdf_tags import PROFILES, faults
from pypdfium2 import raw
from settings_from_flags import resolve

from teachback.commands.build import build
from teachback.commands.calibrate import calibrate
from teachback.content.inline_markup import plain
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.edition_code import CODE
from teachback.editions.qr_code import codes_in_dots
from teachback.editions.selection import Reader, choose
from teachback.files.workspace import Workspace, builtin_root, handout_files
from teachback.pdf.page_reader import grey_pages, read_words
from teachback.units import CARD, CARD_INSET, Paper, TypeSize, px_to_mm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from teachback.editions.edition import Edition
    from teachback.printing.build_record import Output

pytestmark = pytest.mark.slow

AUDIENCES = ("general", "ckd", "dialysis")
# Each page that is printed is also proved to have the size of its paper.
VARIANTS = [("letter", "standard"), ("letter", "large"), ("a4", "standard")]
MM_PER_PT = 25.4 / 72


class Prints:
    """Every edition of the shipped handout, printed once for the whole module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: list[Output] = []


@pytest.fixture(scope="module")
def prints(tmp_path_factory: pytest.TempPathFactory) -> Prints:
    """Print all audiences in standard size on Letter, and one otherwise; cards in standard size."""
    found = Prints(tmp_path_factory.mktemp("prints"))
    workspace = Workspace(builtin_root(), builtin_root())
    for paper, size in VARIANTS:
        flags: dict[str, Any] = {
            "paper": paper,
            "size": size,
            "output": str(found.folder / f"{paper}-{size}"),
            "handouts": ("leg-cramps",),
            "audience": AUDIENCES if (paper, size) == ("letter", "standard") else ("ckd",),
            "kind": ("handout", "card") if size == "standard" else ("handout",),
        }
        with in_one_process():
            built = build(resolve(flags, workspace), workspace, dt.date(2026, 11, 22))
        assert [str(problem) for problem in built.problems] == []
        found.outputs += built.outputs
    return found


def files(prints: Prints, pattern: str) -> list[Path]:
    """Return the printed files that match a pattern; there must be some."""
    found = sorted(prints.folder.glob(pattern))
    assert found, pattern
    return found


def text_of(data: Path | bytes) -> list[str]:
    """Return the text of each page as pdfium reads it, with white space folded."""
    with pypdfium2.PdfDocument(data) as document:
        return [
            " ".join(page.get_textpage().get_text_bounded().replace("\ufffe", "").split())
            for page in document
        ]


def editions() -> Iterator[Edition]:
    """Yield the edition of each audience."""
    workspace = Workspace(builtin_root(), builtin_root())
    shared = load_shared(workspace)
    handout = load_handout(handout_files(workspace)["leg-cramps"], workspace, shared).handout
    for audience in AUDIENCES:
        reader = Reader(shared.audiences.lineage(audience), shared.clinic.values())
        yield choose(
            handout,
            reader,
            badge=shared.audiences.root[audience].badge["en"],
            size=TypeSize.STANDARD,
            sources=shared.sources,
        )


@pytest.mark.parametrize("profile", PROFILES)
def test_every_printed_file_is_pdf_ua_and_pdf_a(prints: Prints, profile: str) -> None:
    """Every handout, card and sheet passes page-validation's rules for PDF/UA-1 and PDF/A-2a."""
    for path in files(prints, "*/*/*.pdf"):
        assert faults(path.read_bytes(), profile) == [], path.name


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("sides", ["one", "long-edge"])
def test_the_calibration_page_is_pdf_ua_and_pdf_a(tmp_path: Path, sides: str) -> None:
    """The page that measures a printer's offset passes too."""
    workspace = Workspace(builtin_root(), builtin_root())
    path, _ = calibrate(resolve({"sides": sides, "output": str(tmp_path)}, workspace), workspace)
    assert [faults(path.read_bytes(), profile) for profile in PROFILES] == [[], []]


def test_the_file_says_what_it_is(prints: Prints) -> None:
    """Its XMP is readable without a PDF program, and names PDF/UA-1, PDF/A-2a and an identifier."""
    for path in files(prints, "letter-standard/*/*.pdf"):
        data = path.read_bytes()
        for words in (
            b"<pdfuaid:part>1</pdfuaid:part>",
            b'pdfaid:part="2"',
            b'pdfaid:conformance="A"',
        ):
            assert words in data, (path.name, words)
        with pikepdf.open(path) as document:
            assert len(document.trailer.ID) == 2
            assert "/OutputIntents" in document.Root


@pytest.mark.parametrize(
    ("profile", "spoil"),
    [
        ("ua1", "language"),
        ("ua1", "title"),
        ("ua1", "tags"),
        ("2a", "tags"),
        ("2a", "colours"),
        ("2a", "metadata"),
    ],
)
@pytest.mark.parametrize("name", ["handout-ckd-en-letter", "card-ckd-en-letter"])
def test_the_validator_finds_a_file_that_was_spoilt(
    prints: Prints, name: str, profile: str, spoil: str
) -> None:
    """Without its language, title, tags, colour profile or metadata the same file does not pass."""
    spoilt = io.BytesIO()
    with pikepdf.open(files(prints, f"letter-standard/*/{name}.pdf")[0]) as document:
        if spoil == "language":
            del document.Root.Lang
        elif spoil == "title":
            document.Root.ViewerPreferences.DisplayDocTitle = False
        elif spoil == "tags":
            document.Root.MarkInfo.Marked = False
        elif spoil == "colours":
            del document.Root.OutputIntents
        else:
            del document.Root.Metadata
        document.save(spoilt)
    assert faults(spoilt.getvalue(), profile) != []


@pytest.mark.parametrize(("paper", "size"), VARIANTS)
def test_each_page_has_the_size_of_its_paper(prints: Prints, paper: str, size: str) -> None:
    """Handouts and sheets of cards have the size of the paper, to a twentieth of a mm."""
    box = Paper(paper).box
    for path in [
        *files(prints, f"{paper}-{size}/*/handout-*.pdf"),
        *(files(prints, f"{paper}-{size}/*/card-*-{paper}.pdf") if size == "standard" else ()),
    ]:
        with pypdfium2.PdfDocument(path) as document:
            assert len(document)
            for page in document:
                width, height = page.get_size()
                assert width * MM_PER_PT == pytest.approx(box.width, abs=0.05)
                assert height * MM_PER_PT == pytest.approx(box.height, abs=0.05)


def test_a_card_has_two_pages_of_exactly_a_cards_size(prints: Prints) -> None:
    """Front and back measure 85.60 x 53.98 mm."""
    for path in files(prints, "letter-standard/*/card-*-en.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            assert len(document) == 2
            for page in document:
                width, height = page.get_size()
                assert width * MM_PER_PT == pytest.approx(CARD.width, abs=0.05)
                assert height * MM_PER_PT == pytest.approx(CARD.height, abs=0.05)


def test_text_on_a_card_keeps_the_safe_inset_and_the_smallest_size(prints: Prints) -> None:
    """In the printed file, no letter is nearer to the edge than 3.2 mm or smaller than 8 pt."""
    for path in files(prints, "letter-standard/*/card-*-en.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            for page in document:
                width, height = page.get_size()
                texts = list(page.get_objects(filter=[1]))
                assert texts
                for item in texts:
                    left, bottom, right, top = item.get_bounds()
                    inset = (CARD_INSET - 0.1) / MM_PER_PT
                    assert left >= inset
                    assert right <= width - inset
                    assert bottom >= inset
                    assert top <= height - inset
                    assert font_size(item) >= 8 - 0.01


def font_size(item: pypdfium2.PdfTextObj) -> float:
    """Return the size in pt at which a text is drawn: the font's own, scaled by its matrix."""
    size = raw.c_float()
    assert raw.FPDFTextObj_GetFontSize(item, size)
    scale: float = abs(item.get_matrix().d)
    return float(size.value) * scale


@pytest.mark.parametrize(("size", "floor"), [("standard", 12.0), ("large", 18.0)])
def test_no_text_of_a_handout_is_smaller_than_the_floor(
    prints: Prints, size: str, floor: float
) -> None:
    """All text, footers included, has at least 12 pt, and in large print the size of the text."""
    for path in files(prints, f"*-{size}/*/handout-*.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            sizes = [font_size(item) for page in document for item in page.get_objects(filter=[1])]
        assert sizes
        # The number in the round sign is drawn as part of it, and is in words beside it.
        assert min(sizes) >= floor - 0.01, path.name


def test_every_page_says_what_it_is_and_that_it_is_a_draft(prints: Prints) -> None:
    """The foot of each page has page n of m, edition code, dates and the draft notice.

    In large print, the title gives its line to the text.
    """
    for path in files(prints, "letter-*/*/handout-*.pdf"):
        pages = text_of(path)
        for number, text in enumerate(pages, start=1):
            assert f"Page {number} of {len(pages)}" in text
            assert "Draft: no clinician has reviewed this text" in text
            assert re.search(r"LC-(GENERAL|CKD|DIALYSIS)-EN-[0-9A-Z]{6}", text)
            assert "Version Nov 22, 2026" in text
            assert "Review due Nov 1, 2027" in text
            assert "Leg cramps" in text or path.stem.endswith("-large")


def test_every_page_of_a_handout_shows_its_code_as_a_qr_code_that_a_scanner_reads(
    prints: Prints,
) -> None:
    """At 150 dots to the inch, every page in every size shows its code and no other."""
    for path in files(prints, "*/*/handout-ckd-*.pdf"):
        written = CODE.findall(text_of(path)[0])
        assert len(written) == 1
        for page in grey_pages(path.read_bytes(), 150):
            assert codes_in_dots(*page) == (written[0],), path


def test_a_handout_says_its_code_aloud_at_the_end(prints: Prints) -> None:
    """The foot of a page is not read aloud, so a blind reader hears the code once at the end."""
    for path in files(prints, "*/*/handout-*.pdf"):
        words = " ".join(read_words(path.read_bytes()))
        assert len(CODE.findall(words)) == 1
        assert words.rstrip().endswith(CODE.findall(words)[0])


def test_every_card_says_that_it_is_a_draft_and_which_edition_it_is(prints: Prints) -> None:
    """The back of each card has the notice and the code of its handout."""
    for path in files(prints, "letter-standard/*/card-*-en.pdf"):
        audience = path.name.split("-")[1]
        code = re.search(r"LC-\w+-EN-[0-9A-Z]{6}", text_of(path)[1])
        assert code
        assert "Draft, not reviewed by a clinician" in text_of(path)[1]
        assert code[0] in text_of(path.with_name(f"handout-{audience}-en-letter.pdf"))[0]


def test_every_flag_of_an_edition_is_on_its_handout_and_every_carded_one_on_its_card(
    prints: Prints,
) -> None:
    """In the printed files, in all sizes and on all papers, no red flag is missing."""
    for edition in editions():
        assert len(edition.flags) > 10
        for path in files(prints, f"*/*/handout-{edition.audience}-*.pdf"):
            text = " ".join(text_of(path))
            for flag in edition.flags:
                is_short = path.stem.endswith("-large") and flag.tier != "visit"
                said = flag.short if is_short else flag.text
                assert plain(said) in text, (path.name, flag.id)
        for path in files(prints, f"*/*/card-{edition.audience}-en.pdf"):
            front, back = text_of(path)
            for flag in (flag for flag in edition.flags if flag.card):
                assert plain(flag.short) in (back if flag.tier == "visit" else front), (
                    path.name,
                    flag.id,
                )


def test_the_first_page_begins_with_the_message_and_when_to_call(prints: Prints) -> None:
    """Title, message, call now, call today: in this order, before any section."""
    for path in files(prints, "*-standard/*/handout-*.pdf"):
        first, *later = text_of(path)
        order = ["Leg cramps", "not an emergency", "Call 911 now", "Call us today"]
        found = [first.find(words) for words in order]
        assert -1 not in found
        # The first section may begin on the next page.
        found.append("".join((first, *later)).find("What do kidneys do"))
        assert found == sorted(found)


def test_the_shipped_handout_takes_no_more_paper_than_before(prints: Prints) -> None:
    """In standard size on Letter. A heading that is 2 mm higher may cost a reader a page."""
    most = {"general": 5, "ckd": 6, "dialysis": 7}
    pages = {
        one.audience: one.pages
        for one in prints.outputs
        if (one.kind, one.size, one.paper, one.form) == ("handout", "standard", "letter", "pdf")
    }
    assert pages.keys() == most.keys()
    assert {name for name, count in pages.items() if count > most[name]} == set()


def test_the_last_page_holds_more_than_a_few_lines(prints: Prints) -> None:
    """In standard size, the last page has at least 60 words beside its foot: no sheet is wasted."""
    for path in files(prints, "*-standard/*/handout-*.pdf"):
        assert len(text_of(path)[-1].split()) > 60 + 25, path.name


def test_only_the_shipped_fonts_are_in_the_files(prints: Prints) -> None:
    """No system font has replaced one of ours."""
    for path in files(prints, "*/*/*.pdf"):
        with pikepdf.open(path) as document:
            names = {
                str(item.BaseFont)
                for item in document.objects
                if isinstance(item, pikepdf.Dictionary)
                and item.get("/Type") == "/Font"
                and "/BaseFont" in item
            }
        assert names
        assert {name.split("+")[-1] for name in names} <= {
            "Atkinson-Hyperlegible",
            "Atkinson-Hyperlegible-Bold",
            "AtkinsonHyperlegible-Regular",
            "AtkinsonHyperlegible-Bold",
        }, names


def test_a_card_that_does_not_fit_would_be_seen(tmp_path: Path) -> None:
    """The boxes of the layout show overflow: one line of letters without a break is found."""
    del tmp_path
    from teachback.pdf import page_layout as boxes
    from teachback.pdf import renderer

    html = (
        '<html lang="en"><title>x</title><style>'
        "@page { size: 85.6mm 53.98mm; margin: 3.2mm }</style><body><p>"
    ) + "W" * 90
    layout = renderer.lay_out(html, {}, renderer.Fonts())
    assert [out.words for out in boxes.text_outside(layout, CARD_INSET)] == ["W" * 90]
    assert px_to_mm(96) == pytest.approx(25.4)
