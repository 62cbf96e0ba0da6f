"""Test stamping records into an edition: valid, tagged, read back, and inside their lines.

Nothing else on the page moves.
"""

from __future__ import annotations

import io
import pickle
import re
import string
import unicodedata
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from handout_with_fields import FILLED, NAMES, composed
from pdf_tags import faults, read_tags
from PIL import Image, ImageChops
from settings_from_flags import resolve

from teachback.commands.build import build
from teachback.content.loader import read_handouts
from teachback.files.workspace import Workspace, builtin_root, handout_files
from teachback.merge.records.field_values import FieldFault, no_font, read_value
from teachback.merge.stamping.edition_templates import sheet_template
from teachback.merge.stamping.pdf_template import UnstampedError
from teachback.pdf.page_reader import read_pages, read_words
from teachback.printing.card_run import CardOrder, card_run, find_stock
from teachback.printing.card_stock import load_stocks
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.jobs import SHEET

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from handout_with_fields import Composed

    from teachback.merge.stamping.pdf_template import Slot, Template

pytestmark = pytest.mark.slow

LETTERS = string.ascii_letters + string.digits + " .,-"
ROW = {
    "visit": "2027-03-01",
    "nurse": "Ğ. Öç, RN",
    "fluid": "1.5",
    "weight": "81.5 kg",
    "phone": "(555) 010-0100",
    "side": "left",
}
VARIANTS = [("letter", "standard"), ("letter", "large"), ("a4", "standard"), ("a4", "large")]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Create a workspace with the handout that has fields."""
    path = tmp_path_factory.mktemp("clinic") / "content" / "handouts" / "tiny.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(FILLED, encoding="utf-8")
    return Workspace(path.parents[2], builtin_root())


@pytest.fixture(scope="module")
def standard(clinic: Workspace) -> Composed:
    """Compose the handout on Letter in standard type."""
    return composed(clinic)


@pytest.fixture(scope="module")
def template(standard: Composed) -> Template:
    """Make the handout's Template with the letters of all the names."""
    return standard.template(*NAMES, *ROW.values(), LETTERS)


def record(edition: Composed, name: str) -> dict[str, str]:
    """Return the words that are printed for a patient."""
    row = {**ROW, "patient": name}
    read = {
        field.name: read_value(field, row.get(field.name, ""), "en")
        for field in edition.handout.fields
    }
    assert not any(isinstance(value, FieldFault) for value in read.values())
    return {field: str(value) for field, value in read.items() if value}


def pictures(data: bytes) -> list[Image.Image]:
    """Draw the pages of a file in grey at 144 dpi."""
    with pypdfium2.PdfDocument(data) as document:
        return [page.render(scale=2, grayscale=True).to_pil() for page in document]


def boxes(template: Template, page_height: float) -> list[tuple[float, float, float, float]]:
    """Return the box of each slot's words on page 1.

    A box is left, top, right and bottom, in dots at 144 dpi.
    """
    assert page_height > 0

    def box(slot: Slot) -> tuple[float, float, float, float]:
        *_, x, y = slot.matrix
        return (
            x * 1.5 - 1,
            (y - slot.sizes[0]) * 1.5 - 1,
            (x + slot.width) * 1.5 + 1,
            (y + 0.35 * slot.sizes[0]) * 1.5 + 1,
        )

    return [box(slot) for slot in template.slots]


@pytest.mark.parametrize("name", NAMES)
def test_each_name_gives_a_file_that_is_pdf_ua_and_pdf_a(
    standard: Composed, template: Template, name: str
) -> None:
    """Files with difficult names, and with text that looks like commands, are valid."""
    data = template.stamp(record(standard, name), b"1")
    assert faults(data) == []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.check_pdf_syntax() == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_is_made_of_operators_that_pdf_has(
    standard: Composed, template: Template, name: str
) -> None:
    """Raised accents are pieces of their own, and their operators are kept apart."""
    for drawn in template.drawn(record(standard, name)):
        with pikepdf.new() as pdf:
            stream = pikepdf.Stream(pdf, drawn)
            operators = {str(step.operator) for step in pikepdf.parse_content_stream(stream)}
        assert operators <= {"BDC", "q", "BT", "Tf", "Tm", "Ts", "TJ", "ET", "Q", "EMC"}
        assert {"BT", "TJ", "ET"} <= operators


def test_a_stamped_file_without_the_meaning_of_its_glyphs_is_found(
    standard: Composed, template: Template
) -> None:
    """The validator sees a slot's font: without its ToUnicode table the file fails."""
    data = template.stamp(record(standard, NAMES[0]), b"1")
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        del pdf.pages[0].Resources.Font["/Slot0"].ToUnicode
        pdf.save(out)
    assert faults(out.getvalue()) != []


@pytest.mark.parametrize("name", NAMES)
def test_the_words_of_a_record_are_read_in_their_turn(
    standard: Composed, template: Template, name: str
) -> None:
    """A screen reader gets each value after its label, in its sentence or in its row."""
    values = record(standard, name)
    data = template.stamp(values, b"1")
    text = unicodedata.normalize("NFC", " ".join(" ".join(read_words(data)).split()))
    # Words with several glyphs for a letter have their text beside them. pdfium gives the glyphs.
    assert f"Prepared for {name} on Mar 1, 2027" in text.replace("  ", " ")
    assert (
        "Your fluid limit is 1.5 liters a day. Your next visit is on Mar 1, 2027 with us." in text
    )
    assert "Weight 81.5 kg" in text
    tree = read_tags(data)
    assert (tree.orphans, tree.parents_match) == ([], True)
    spans = [tag.text for tag in tree.tree.all("Span")]
    assert values["nurse"] in spans


def test_what_glyphs_do_not_say_is_said_beside_them(standard: Composed) -> None:
    r"""A letter of two glyphs has its text in the mark.

    The page's own font draws \u1ebd as e with a tilde above.
    """
    name = "Mbẽ"
    data = standard.template(name).stamp({"patient": name}, b"1")
    assert data.count(b"/ActualText<feff" + name.encode("utf-16-be").hex().encode() + b">") == 1
    assert (
        standard.template("Mbe").stamp({"patient": "Mbe"}, b"1").count(b"/ActualText<feff004d") == 0
    )


@pytest.mark.parametrize(("paper", "size"), VARIANTS)
def test_nothing_moves_and_all_ink_of_a_record_is_inside_its_lines(
    clinic: Workspace, paper: str, size: str
) -> None:
    """The blank and the filled page differ only in the slots, and every slot has some ink."""
    edition = composed(clinic, paper=paper, size=size)
    values = record(edition, "Ğÿ Ąjpq")
    template = edition.template(*values.values())
    blank, filled = pictures(template.stamp({}, b"1")), pictures(template.stamp(values, b"1"))
    assert len(blank) == len(filled) == template.pages
    changed = 0
    for blank_page, filled_page in zip(blank, filled, strict=True):
        change = ImageChops.difference(blank_page, filled_page).point(
            lambda value: 255 if value > 8 else 0
        )
        for left, top, right, bottom in boxes(template, blank_page.height):
            box = (int(left), int(top), int(right) + 1, int(bottom) + 1)
            changed += change.crop(box).getbbox() is not None
            change.paste(0, box)
        assert change.getbbox() is None
    assert changed >= len(template.slots)


def test_the_words_have_the_type_of_the_text_around_them(
    standard: Composed, template: Template
) -> None:
    """Size, weight, colour and baseline are those of the label before them."""
    runs = [
        run
        for run in read_pages(template.stamp(record(standard, "Xxx"), b"1"), 20)[0].runs
        if run.words.strip()
    ]
    label = next(run for run in runs if run.words.startswith("Prepared for"))
    name = next(run for run in runs if run.words.strip() == "Xxx")
    bold = next(run for run in runs if run.words.strip() == "Mar 1, 2027" and "Bold" in run.font)
    assert name.size == pytest.approx(label.size, abs=0.01)
    assert (name.color, name.upright) == (label.color, True)
    assert name.bounds[1] == pytest.approx(
        label.bounds[1] + label.size * 0.19, abs=label.size * 0.05
    )
    assert bold.size == pytest.approx(label.size, abs=0.01)


def test_an_empty_field_keeps_its_line_and_says_what_it_is(template: Template) -> None:
    """The file for the front desk has the same page with lines, which are tagged as lines."""
    data = template.stamp({}, b"1")
    assert faults(data) == []
    assert data.count(
        b"/ActualText<feff" + "line to write on".encode("utf-16-be").hex().encode()
    ) == len(template.slots)
    half = template.stamp({"visit": "Mar 1, 2027"}, b"1")
    assert faults(half) == []
    assert half.count(b"/ActualText<feff006c") == len(template.slots) - 2


@pytest.mark.usefixtures("one_process")
def test_the_same_edition_serves_the_front_desk(
    clinic: Workspace, template: Template, tmp_path: Path, today: dt.date
) -> None:
    """`build` prints the same code and the same pixels as the Template without a record."""
    built = build(resolve({"output": str(tmp_path), "handouts": ("tiny",)}, clinic), clinic, today)
    assert [str(problem) for problem in built.problems] == []
    (path,) = tmp_path.rglob("handout-ckd-*.pdf")
    assert template.code in {output.code for output in built.outputs}
    assert [page.tobytes() for page in pictures(path.read_bytes())] == [
        page.tobytes() for page in pictures(template.stamp({}, b""))
    ]


def test_the_same_record_gives_the_same_bytes_and_another_its_own_id(
    standard: Composed, template: Template
) -> None:
    """The ID depends on code and record only, also after the Template was pickled."""
    values = record(standard, NAMES[1])
    first = template.stamp(values, b"17")
    assert (
        first
        == template.stamp(values, b"17")
        == pickle.loads(pickle.dumps(template)).stamp(values, b"17")  # noqa: S301 -- our own
    )
    assert first == standard.template(*NAMES, *ROW.values(), LETTERS).stamp(values, b"17")

    def named(data: bytes) -> bytes:
        names: set[bytes] = set(re.findall(rb"/ID\[<(\w{32})><\1>\]", data))
        assert len(names) == 1
        return names.pop()

    assert named(first) == named(template.stamp({}, b"17")) != named(template.stamp(values, b"18"))


def test_no_metadata_holds_a_value(standard: Composed, template: Template) -> None:
    """XMP, the document information and the outline are those of the blank file.

    The bytes that all records share have no value.
    """
    values = record(standard, "Qxvz Jkwy")
    metadata = []
    for data in (template.stamp({}, b"1"), template.stamp(values, b"1")):
        with pikepdf.open(io.BytesIO(data)) as pdf:
            metadata.append(
                (pdf.Root.Metadata.read_bytes(), str(pdf.docinfo), str(pdf.Root.get("/Outlines")))
            )
    assert metadata[0] == metadata[1]
    assert b"Qxvz" not in template.head


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("patient", "山田", no_font("山")),
        ("patient", "Ann ☂", "has a sign that the fonts do not have"),
        ("fluid", "1,000,000,000", "is too long for its line, even in the smallest type"),
        ("patient", "W" * 60, "is too long for its line, even in the smallest type"),
        (
            "patient",
            "a\u202eb",
            "holds an invisible character that changes the direction of the text",
        ),
        (
            "patient",
            "a\nb",
            "holds a control character, a tab or a line break: write it in one line",
        ),
        ("patient", "\ud800", "holds half a character"),
    ],
)
def test_a_value_that_does_not_fit_is_a_fault_of_its_field_and_nothing_is_written(
    standard: Composed, field: str, value: str, reason: str
) -> None:
    """The fault has the field and the reason, and never the value."""
    template = standard.template(value.encode("utf-8", "ignore").decode(), LETTERS)
    assert template.faults({field: value, "nurse": "x"}) == (FieldFault(field, reason),)
    with pytest.raises(UnstampedError) as raised:
        template.stamp({field: value, "nurse": "x"}, b"1")
    assert raised.value.faults == (FieldFault(field, reason),)
    assert value not in str(raised.value)


def test_a_long_value_is_made_smaller_down_to_the_floor(standard: Composed) -> None:
    """Standard print goes down to 12 pt. With one letter more, the value is refused."""
    names = ["m" * count for count in range(10, 30)]
    template = standard.template("m")
    fitting = [name for name in names if not template.faults({"patient": name})]
    sizes = [
        next(
            run.size
            for run in read_pages(template.stamp({"patient": name}, b""), 20)[0].runs
            if run.words.strip() == name
        )
        for name in fitting
    ]
    assert 0 < len(fitting) < len(names)
    assert sizes == sorted(sizes, reverse=True)
    assert (round(sizes[0], 1), round(sizes[-1], 1)) == (13.0, 12.0)


def test_any_record_has_the_letters_of_ascii_and_of_dates(clinic: Workspace) -> None:
    """A plain name and a date of any month can be printed, whatever characters were requested."""
    template = composed(clinic).template()
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    assert [
        template.faults({"patient": "Abc ~!", "visit": f"{month} 30, 2029"}) for month in months
    ] == [()] * 12


def test_a_font_stands_in_only_where_a_record_needs_it(clinic: Workspace) -> None:
    """Noto Sans is in the file only for letters that Atkinson Hyperlegible lacks.

    It has the weights of the places.
    """
    edition = composed(clinic)
    plain, cyrillic = edition.template("Évreux"), edition.template("Évreux", "Щёлково")
    assert [font.name.partition("+")[2] for font in plain.fonts] == [
        "AtkinsonHyperlegible-Regular",
        "AtkinsonHyperlegible-Bold",
    ]
    assert sorted(
        font.name.partition("+")[2] for font in cyrillic.fonts if "Noto" in font.name
    ) == [
        "NotoSans-Bold",
        "NotoSans-Regular",
    ]
    assert len(cyrillic.head) > len(plain.head)


def test_large_print_is_never_made_smaller(clinic: Workspace) -> None:
    """18 pt is both the size and the smallest allowed size."""
    template = composed(clinic, size="large").template("m")
    assert {slot.sizes for slot in template.slots} == {(24.0,)}


def test_a_card_is_stamped_like_a_page(standard: Composed) -> None:
    """The name is on the back, read in its turn, and the file is valid."""
    template = standard.template(NAMES[0], kind="card")
    data = template.stamp({"patient": NAMES[0], "weight": "not on the card"}, b"1")
    assert (template.pages, template.fields, faults(data)) == (2, ("patient",), [])
    assert f"Name {NAMES[0]}" in " ".join(" ".join(read_words(data)).split())


def test_each_card_of_a_sheet_has_a_record_of_its_own(clinic: Workspace) -> None:
    """Ten cards have ten names, each read once, on the back of the right card.

    The sheet is valid.
    """
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    settings, stocks = resolve({"stock": "avery-5371"}, clinic), load_stocks(clinic)
    run = card_run(find_stock("avery-5371", stocks), range(10), settings, stocks, CardOrder())
    context = print_context(clinic, reading, settings, run)
    job = compose_job(context, JobOrder("tiny", ("ckd",) * 10, "card", (SHEET,)))
    template = sheet_template(job, context.files, frozenset(LETTERS))
    names = [f"Card {letter}" for letter in "ABCDEFGHIJ"]
    data = template.stamp([{"patient": name} for name in names], b"1")
    assert (template.pages, template.cards, faults(data)) == (2, 10, [])
    assert re.findall(r"Name (Card \w)", " ".join(" ".join(read_words(data)).split())) == names
    runs = [run for run in read_pages(data, 20)[1].runs if run.words.strip() in names]
    placed = {run.words.strip(): (run.bounds[0] > 306, -round(run.bounds[1] / 144)) for run in runs}
    # The first card is the upper left one on the front, so its back is the upper right one.
    assert sorted(names, key=lambda name: (placed[name][1], not placed[name][0])) == names


def test_an_edition_without_fields_gives_the_same_page_for_all(workspace: Any) -> None:  # noqa: ANN401 -- a fixture
    """A Template without slots stamps only the ID."""
    template = composed(workspace()).template("x")
    data = template.stamp({"patient": "x"}, b"1")
    assert (template.fields, template.slots, faults(data)) == ((), (), [])
