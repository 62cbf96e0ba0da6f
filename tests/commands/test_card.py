"""Printed cards are right on every stock and for every way to turn a sheet.

They are read back from the PDF.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from pdf_tags import faults
from settings_from_flags import resolve
from tiny_handout import TINY, TINY_APPROVED
from workspace_cases import lay

from teachback.cli.app import run
from teachback.commands.calibrate import calibrate
from teachback.commands.card import PrintedCards, print_cards
from teachback.content.loader import read_handouts
from teachback.editions.qr_code import codes_in_dots
from teachback.errors import TeachbackError, UsageError
from teachback.files.workspace import Workspace, builtin_root, handout_files
from teachback.pdf.page_reader import grey_page
from teachback.pdf.renderer import boxes, write
from teachback.printing.card_run import CardOrder, card_run
from teachback.printing.card_sheet_pdf import lay_on_sheets
from teachback.printing.card_stock import load_stocks
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.jobs import CARDS
from teachback.printing.settings import Sides
from teachback.printing.type_fitting import fitted, lay_out_together
from teachback.units import CARD, px_to_mm

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.units import Box

    Make = Callable[..., Workspace]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]

BUILTIN = Workspace(builtin_root(), builtin_root())
ALL_STOCKS = load_stocks(BUILTIN)
STOCKS = ALL_STOCKS.root
RUNS = [
    (name, sides)
    for name, stock in STOCKS.items()
    for sides in ([Sides.FOLD] if stock.fold else [Sides.ONE, Sides.LONG_EDGE, Sides.SHORT_EDGE])
]
# One stock for each size of card, and for each way to fold it.
SIZES = {(stock.card_box, bool(stock.fold)): name for name, stock in reversed(STOCKS.items())}
SMALLEST = min(STOCKS, key=lambda name: STOCKS[name].card_box.width * STOCKS[name].card_box.height)
MM = 25.4 / 72


def dealt(
    folder: Path,
    order: CardOrder | None = None,
    workspace: Workspace | None = None,
    **flags: Any,  # noqa: ANN401 -- flags of any kind
) -> tuple[PrintedCards, Path]:
    """Print cards, by default those of the tiny handout for CKD, and return the file."""
    flags = {"handouts": ("tiny",), "audience": ("ckd",), "output": str(folder), **flags}
    workspace = workspace or Workspace(lay(folder / "clinic", {}), BUILTIN.root)
    done = print_cards(
        resolve(flags, workspace), order or CardOrder(), workspace, dt.date(2026, 11, 22)
    )
    return done, folder / done.output.file


def rectangles(path: Path) -> list[list[tuple[float, float, float, float]]]:
    """Return the stroked rectangles of each page: left, top, width, height, sorted.

    They are in mm from the top left.
    """
    found = []
    with pikepdf.open(path) as document:
        for page in document.pages:
            height = float(page.MediaBox[3])
            stroked = [
                [float(value) for value in step.operands]
                for step in pikepdf.parse_content_stream(page)
                if str(step.operator) == "re"
            ]
            boxes = [(x * MM, (height - y - h) * MM, w * MM, h * MM) for x, y, w, h in stroked]
            found.append(sorted(boxes))
    return found


def outlines(path: Path, width: float, height: float) -> list[list[tuple[float, float]]]:
    """Return the corners of the drawn cards of each page, in mm from the top left."""
    return [
        [(x, y) for x, y, w, h in page if abs(w - width) < 0.01 and abs(h - height) < 0.01]
        for page in rectangles(path)
    ]


def laid_cards(workspace: Workspace, stem: str, box: Box, sides: str = "") -> tuple[bytes, str]:
    """Lay out a card with the longest code, for dialysis; return the file and the code."""
    settings = resolve({"sides": sides} if sides else {}, workspace)
    named = next((name, stock) for name, stock in STOCKS.items() if stock.card_box == box)
    sheets = card_run(named, [0], settings, ALL_STOCKS, CardOrder())
    reading = read_handouts(workspace, {stem: handout_files(workspace)[stem]})
    context = print_context(workspace, reading, settings, sheets)
    job = compose_job(context, JobOrder(stem, ("dialysis",), "card", (CARDS,)))
    return write(lay_out_together(job, sheets, context.files)), job.code


@pytest.fixture(scope="module")
def lay_card(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[bytes, str]]:
    """Return a function that lays out a card of few words once for each size of card."""
    few = TINY.replace("id: tiny", "id: few-words").replace("general, ckd]", "ckd, dialysis]")
    few = few.replace("{general: For everyone here., ckd: For kidneys here.}", "For you.")
    files = {"content/handouts/few-words.yaml": few.encode()}
    workspace = Workspace(lay(tmp_path_factory.mktemp("few"), files), BUILTIN.root)
    return lru_cache(lambda box, sides="": laid_cards(workspace, "few-words", box, sides))


def test_the_shipped_card_fits_on_every_stock() -> None:
    """It fits on the smallest card, and no other card is less wide or less high.

    On one side, with its code, it fits from the size of a bank card up.
    """
    boxes = {stock.card_box for stock in STOCKS.values()}
    smallest = min(boxes, key=lambda box: box.width * box.height)
    assert all(box.width >= smallest.width and box.height >= smallest.height for box in boxes)
    for box, sides in ((smallest, "long-edge"), (CARD, "one")):
        _, code = laid_cards(BUILTIN, "leg-cramps", box, sides)
        assert code.startswith("LC-DIALYSIS-EN-")


def test_a_card_that_has_no_room_for_its_code_on_one_side_is_refused(tmp_path: Path) -> None:
    """A card without its review line would not say that it is a draft."""
    with pytest.raises(TeachbackError, match=r"does not fit on the card of avery-l4785") as raised:
        dealt(tmp_path, workspace=BUILTIN, handouts=("leg-cramps",), stock="avery-l4785")
    assert "It would fit on avery-" in str(raised.value.problems[0].hint)


@pytest.mark.parametrize(("name", "sides"), RUNS)
def test_each_outline_stands_where_the_table_says_and_the_file_is_pdf_ua_and_pdf_a(
    name: str, sides: Sides, lay_card: Callable[..., tuple[bytes, str]], tmp_path: Path
) -> None:
    """Front and back of each card are within 0.05 mm, and the tags are valid."""
    stock, path = STOCKS[name], tmp_path / "cards.pdf"
    settings = resolve({"sides": str(sides)}, BUILTIN)
    cards = [0] * stock.places
    sheets = card_run((name, stock), cards, settings, ALL_STOCKS, CardOrder(outline=True))
    card, _ = lay_card(sheets.box)
    path.write_bytes(lay_on_sheets(card, sheets.sheets, sheets.page, sheets.sides, sheets.extras))
    drawn = outlines(path, stock.card_box.width, stock.card_box.height)
    places = [stock.corner(place) for place in range(stock.places)]
    page = stock.page_box
    if sides is Sides.FOLD:
        assert stock.fold is not None
        second = (stock.card_box.width, 0.0) if stock.fold.across else (0.0, stock.card_box.height)
        expected = [places + [(x + second[0], y + second[1]) for x, y in places]]
    else:
        backs = {
            Sides.ONE: [],
            Sides.LONG_EDGE: [(page.width - x - stock.card.width, y) for x, y in places],
            Sides.SHORT_EDGE: [(x, page.height - y - stock.card.height) for x, y in places],
        }[sides]
        expected = [places, *([backs] if backs else [])]
    assert len(drawn) == len(expected)
    for outlined, corners in zip(drawn, expected, strict=True):
        assert len(outlined) == len(corners)
        for corner in corners:
            assert any(
                abs(corner[0] - x) <= 0.05 and abs(corner[1] - y) <= 0.05 for x, y in outlined
            ), corner
    assert faults(path.read_bytes()) == []


@pytest.mark.parametrize(
    ("name", "sides"),
    # Printed on one side, every other size and the smallest.
    [
        (name, sides)
        for name, sides in RUNS
        if (name in SIZES.values() and sides in {Sides.FOLD, Sides.LONG_EDGE})
        or (name in {*list(SIZES.values())[::2], SMALLEST} and sides is Sides.ONE)
    ],
)
def test_a_scanner_reads_the_code_of_the_cards_of_every_size(
    name: str, sides: Sides, lay_card: Callable[..., tuple[bytes, str]]
) -> None:
    """At 300 dots to the inch, the code is read off a full sheet, one-sided off the fronts."""
    stock = STOCKS[name]
    settings = resolve({"sides": str(sides)}, BUILTIN)
    sheets = card_run(
        (name, stock), [0] * stock.places, settings, ALL_STOCKS, CardOrder(outline=True)
    )
    card, code = lay_card(sheets.box, "" if stock.fold else str(sides))
    assert code.startswith("FW-DIALYSIS-EN-")
    data = lay_on_sheets(card, sheets.sheets, sheets.page, sheets.sides, sheets.extras)
    side = 1 if sides is Sides.LONG_EDGE else 0
    assert codes_in_dots(*grey_page(data, side, 300)) == (code,)


PAGES = {"wide": (279.4, 215.9), "high": (215.9, 279.4), "nearly square": (204.0, 202.0)}


def found(page: pypdfium2.PdfPage, words: str) -> list[tuple[float, float]]:
    """Return the centres of words on a page, in mm from the top left."""
    text = page.get_textpage()
    search = text.search(words)
    middles = []
    while (at := search.get_next()) is not None:
        edges = [text.get_charbox(index) for index in range(at[0], at[0] + at[1])]
        x = (min(edge[0] for edge in edges) + max(edge[2] for edge in edges)) / 2
        y = (min(edge[1] for edge in edges) + max(edge[3] for edge in edges)) / 2
        middles.append((x * MM, (page.get_height() - y) * MM))
    return middles


@pytest.mark.parametrize("sides", ["long-edge", "short-edge"])
@pytest.mark.parametrize("shape", PAGES)
def test_each_printed_back_is_behind_its_own_front_when_the_paper_is_turned(
    shape: str, sides: str, workspace: Make, tmp_path: Path
) -> None:
    """Turned over the edge that the file asks for, each back is behind its own front."""
    width, height = PAGES[shape]
    stock = f"""\
ours:
  page: {{width: {width}, height: {height}}}
  grid: {{columns: 2, rows: 3}}
  card: {{width: 85.6, height: 53.98}}
  first: {{left: 4, top: 9}}
  pitch: {{across: 96, down: 61}}
  source: [made up by a test]
"""
    texts = {"general": ("Chest pain", "I am well"), "ckd": ("Arm pain", "I have CKD")}
    (front, back), (other_front, other_back) = texts.values()
    handout = TINY.replace(front, f"{{general: {front}, ckd: {other_front}}}").replace(
        "help}", f"help, statements: [{{general: {back}, ckd: {other_back}}}]}}"
    )
    _, path = dealt(
        tmp_path,
        CardOrder(copies=2),
        workspace({"content/stocks.yaml": stock, "content/handouts/tiny.yaml": handout}),
        stock="ours",
        sides=sides,
        audience=tuple(texts),
    )
    corners = [(4 + 96 * column, 9 + 61 * row) for row in range(3) for column in range(2)]

    def place(x: float, y: float) -> int:
        return next(
            at
            for at, (left, top) in enumerate(corners)
            if left < x < left + 85.6 and top < y < top + 53.98
        )

    with pikepdf.open(path) as document:
        asked = str(document.Root.ViewerPreferences.Duplex)
    upright = (asked == "/DuplexFlipLongEdge") == (height > width)
    with pypdfium2.PdfDocument(path) as document:
        for at, (front, back) in enumerate(texts.values()):
            fronts = [place(x, y) for x, y in found(document[0], front)]
            turned = [
                (width - x, y) if upright else (x, height - y) for x, y in found(document[1], back)
            ]
            assert fronts == [2 * at, 2 * at + 1]
            assert sorted(place(x, y) for x, y in turned) == fronts


def test_a_square_sheet_of_several_cards_is_refused_on_both_sides(
    workspace: Make, tmp_path: Path
) -> None:
    """The message says why, and suggests printing one side, which works."""
    stock = STOCKS["avery-5371"].model_dump(mode="json")
    stock |= {"page": {"width": 280, "height": 280}, "also": []}
    root = workspace({"content/stocks.yaml": json.dumps({"square": stock})})
    with pytest.raises(UsageError, match="printed behind the wrong card") as raised:
        dealt(tmp_path, CardOrder(), root, stock="square")
    assert "--sides one" in str(raised.value.problems[0].hint)
    done, _ = dealt(tmp_path, CardOrder(), root, stock="square", sides="one")
    assert done.cards == 10


def headings(path: Path) -> Counter[str]:
    """Count the non-empty elements in a file's tag tree by type."""
    counted: Counter[str] = Counter()
    with pikepdf.open(path) as document:
        todo = [document.Root.StructTreeRoot]
        while todo:
            element = todo.pop()
            kids = element.get("/K")
            for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
                if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                    counted[str(kid.S)] += 1
                    todo.append(kid)
    return counted


def test_ten_equal_cards_read_as_one_and_two_different_ones_as_two(
    workspace: Make, tmp_path: Path
) -> None:
    """A screen reader hears each card once, however often it is printed."""
    visit = "  - {id: cough, tier: visit, card: true, text: A cough}\n"
    both = workspace({"content/handouts/tiny.yaml": TINY.replace("card: {t", f"{visit}card: {{t")})
    _, equal = dealt(tmp_path, CardOrder(copies=30), both, stock="avery-5371")
    _, different = dealt(
        tmp_path, CardOrder(copies=5), both, stock="avery-5371", audience=("general", "ckd")
    )
    _, front = dealt(tmp_path, CardOrder(copies=5), both, stock="avery-c32011", sides="one")
    assert [headings(equal)[kind] for kind in ("/H1", "/LI")] == [1, 2]
    assert [headings(different)[kind] for kind in ("/H1", "/LI")] == [2, 4]
    assert headings(front)["/LI"] == 1


@pytest.mark.parametrize(
    ("sides", "duplex"),
    [
        ("one", "/Simplex"),
        ("long-edge", "/DuplexFlipLongEdge"),
        ("short-edge", "/DuplexFlipShortEdge"),
    ],
)
def test_the_file_asks_for_its_own_size_and_the_right_sides(
    sides: str, duplex: str, tmp_path: Path
) -> None:
    """A printer's dialog opens with the right settings."""
    _, path = dealt(tmp_path, CardOrder(copies=1), stock="avery-5371", sides=sides)
    with pikepdf.open(path) as document:
        wishes = document.Root.ViewerPreferences
        assert (str(wishes.PrintScaling), str(wishes.Duplex), bool(wishes.PickTrayByPDFSize)) == (
            "/None",
            duplex,
            True,
        )
        assert bool(wishes.DisplayDocTitle)


def test_a_print_shop_gets_one_card_a_page_with_its_boxes_and_marks(tmp_path: Path) -> None:
    """TrimBox is the card to 0.05 mm, BleedBox 3 mm larger, and marks are outside both."""
    done, path = dealt(tmp_path, CardOrder(press=True))
    assert (done.cards, done.sheets) == (1, 1)
    with pikepdf.open(path) as document:
        assert len(document.pages) == 2
        for page in document.pages:
            trim, bleed = (
                [float(value) * MM for value in box] for box in (page.TrimBox, page.BleedBox)
            )
            assert [trim[2] - trim[0], trim[3] - trim[1]] == pytest.approx([85.6, 53.98], abs=0.05)
            assert [trim[0] - bleed[0], bleed[3] - trim[3]] == pytest.approx([3, 3], abs=0.01)
            assert float(page.MediaBox[2]) * MM > bleed[2]


def test_crop_marks_stand_on_sheets_to_cut_and_not_on_bought_stock(tmp_path: Path) -> None:
    """Perforated cards need no crop marks; plain paper does."""

    def lines(path: Path) -> int:
        with pikepdf.open(path) as document:
            return sum(
                str(step.operator) == "l"
                for step in pikepdf.parse_content_stream(document.pages[0])
            )

    plain, bought = (
        dealt(tmp_path, stock="cut-letter-id1")[1],
        dealt(tmp_path, stock="avery-5371")[1],
    )
    assert lines(plain) - lines(bought) >= 24


def test_offsets_of_a_printer_move_fronts_and_backs(workspace: Make, tmp_path: Path) -> None:
    """Offsets read off the calibration page move the next print, each side by its own."""
    clinic = workspace(
        {
            "teachback.toml": (
                'stock = "avery-5371"\n[printers.front-desk]\noffset = "1.5, '
                '-2"\nback-offset = "-0.5, 0.25"\n'
            )
        }
    )
    flags: dict[str, Any] = {"workspace": clinic}
    _, still = dealt(tmp_path / "a", CardOrder(copies=1, outline=True), **flags)
    _, moved = dealt(
        tmp_path / "b", CardOrder(copies=1, outline=True), printer="front-desk", **flags
    )
    shifts = [
        (round(b[0][0] - a[0][0], 2), round(b[0][1] - a[0][1], 2))
        for a, b in zip(outlines(still, 88.9, 50.8), outlines(moved, 88.9, 50.8), strict=True)
    ]
    assert shifts == [(1.5, -2.0), (-0.5, 0.25)]


def test_the_calibration_page_is_shifted_by_what_was_read_off_it(tmp_path: Path) -> None:
    """Line A is 20 mm from the edge plus the offset; the back's scale has its own offset."""

    def line_a(path: Path) -> float:
        with pypdfium2.PdfDocument(path) as document:
            assert len(document) == 2
            upright = [item.get_bounds() for item in document[0].get_objects(filter=[2])]
        lefts = [
            left * MM
            for left, bottom, right, top in upright
            if right - left < 1 and (top - bottom) * MM > 30
        ]
        return float(min(lefts))

    still, _ = calibrate(
        resolve({"output": str(tmp_path / "a"), "stock": "avery-5371"}, BUILTIN), BUILTIN
    )
    moved, _ = calibrate(
        resolve({"output": str(tmp_path / "b"), "stock": "avery-5371", "offset": "1.5,0"}, BUILTIN),
        BUILTIN,
    )
    assert line_a(still) == pytest.approx(20, abs=0.1)
    assert line_a(moved) - line_a(still) == pytest.approx(1.5, abs=0.02)
    assert faults(still.read_bytes()) == []


def test_a_card_that_does_not_fit_is_refused_with_all_that_helps(
    workspace: Make, tmp_path: Path
) -> None:
    """The message has flag, reader, stock and missing mm; the hint has stocks that fit."""
    flags = "".join(
        (
            f"  - {{id: sign-{n}, tier: today, card: true, text: "
            f"A sign that is long enough to take a line of a card}}\n"
        )
        for n in range(5)
    )
    now = "".join(
        (
            f"  - {{id: now-{n}, tier: now, card: true, text: "
            f"Another sign that is long enough to take a line}}\n"
        )
        for n in range(4)
    )
    clinic = workspace(
        {"content/handouts/tiny.yaml": TINY.replace("card: {title", now + flags + "card: {title")}
    )
    with pytest.raises(TeachbackError) as refused:
        dealt(tmp_path, workspace=clinic, stock="avery-5371")
    problem = refused.value.problems[0]
    assert (
        "card of tiny for ckd: the red flag 'sign-4' does not fit on the card of avery-5371 "
        "(88.9 x 50.8 mm) at 8 pt"
    ) in problem.message
    assert " mm are missing" in problem.message
    assert "It would fit on cut-letter-id1 (85.6 x 53.98 mm), " in problem.hint
    assert problem.hint.endswith(": `teachback card tiny --stock cut-letter-id1`.")
    assert problem.location is not None
    assert list(tmp_path.rglob("*.pdf")) == []


def test_larger_cards_take_larger_type(tmp_path: Path) -> None:
    """An index card has larger type than a bank card."""
    from pypdfium2 import raw

    def largest(path: Path) -> float:
        sizes = []
        with pypdfium2.PdfDocument(path) as document:
            for item in document[0].get_objects(filter=[1]):
                size = raw.c_float()
                raw.FPDFTextObj_GetFontSize(item, size)
                sizes.append(size.value * abs(item.get_matrix().d))
        assert sizes
        return float(max(sizes))

    full: dict[str, Any] = {"workspace": BUILTIN, "handouts": ("leg-cramps",)}
    small = largest(dealt(tmp_path, CardOrder(copies=1), stock="cut-letter-id1", **full)[1])
    large = largest(dealt(tmp_path, CardOrder(copies=1), stock="avery-5388", **full)[1])
    assert large > 1.25 * small


def test_a_clinics_own_stock_is_added_in_the_units_of_its_package(
    workspace: Make, tmp_path: Path
) -> None:
    """Inches are converted, and the built-in stocks remain."""
    own = """\
our-cards:
  page: letter
  also: [house-brand-12]
  grid: {columns: 2, rows: 5}
  card: {width: 3.5 in, height: 2in}
  first: {left: 0.75 in, top: 1.27cm}
  pitch: {across: 252pt, down: 50.8}
  source: [measured with a ruler]
"""
    clinic = workspace({"content/stocks.yaml": own})
    done, path = dealt(
        tmp_path,
        CardOrder(outline=True),
        workspace=clinic,
        stock="house-brand-12",
    )
    assert done.stock == "our-cards"
    assert outlines(path, 88.9, 50.8)[0][0] == pytest.approx((19.05, 12.7), abs=0.05)
    assert "avery-5371" in load_stocks(clinic).root


BROKEN_STOCKS = {
    "first: {left: 0.75 in, top: 1.27cm}": ("first: {left: 40, top: 12.7}", "leaves the page by"),
    "pitch: {across: 252pt, down: 50.8}": ("pitch: {across: 88.9, down: 40}", "overlap by"),
    "card: {width: 3.5 in, height: 2in}": (
        "card: {width: -3.5 in, height: 2in}",
        "the number is too small",
    ),
    "card: {width: 3.5 in, ": ("card: {", "'width' is missing"),
    "height: 2in}": ("height: 2 feet}", "the unit 'feet' is not known"),
    "page: letter": ("page: legal", "not one of the allowed words"),
}


@pytest.mark.parametrize("line", BROKEN_STOCKS)
def test_a_stock_that_cannot_be_is_a_problem_with_its_place(line: str, workspace: Make) -> None:
    """An impossible stock is reported with line and column."""
    good = (
        "our-cards:\n  page: letter\n  grid: {columns: 2, rows: 5}\n  card: {width: "
        "3.5 in, height: 2in}\n"
        "  first: {left: 0.75 in, top: 1.27cm}\n  pitch: {across: 252pt, down: "
        "50.8}\n  source: [a ruler]\n"
    )
    broken, message = BROKEN_STOCKS[line]
    assert load_stocks(workspace({"content/stocks.yaml": good}))
    with pytest.raises(TeachbackError) as wrong:
        load_stocks(workspace({"content/stocks.yaml": good.replace(line, broken)}))
    assert message in wrong.value.problems[0].message
    place = wrong.value.problems[0].location
    assert place is not None
    assert place.file.endswith("content/stocks.yaml")
    assert place.line >= 1
    assert place.column >= 1


def test_what_a_stock_cannot_do_is_a_usage_error(tmp_path: Path) -> None:
    """An unknown stock, a place or a fold that it lacks is a usage error with a hint."""
    with pytest.raises(UsageError) as wrong:
        dealt(tmp_path, stock="avery-5372")
    assert "avery-5371" in wrong.value.problems[0].hint
    wrong_orders: list[tuple[CardOrder, dict[str, Any]]] = [
        (CardOrder(start_at=11), {"stock": "avery-5371"}),
        (CardOrder(), {"stock": "avery-5371", "sides": "fold"}),
        (CardOrder(copies=200_000), {}),
    ]
    for order, flags in wrong_orders:
        with pytest.raises(UsageError):
            dealt(tmp_path, order, **flags)


def test_a_wrong_place_or_stock_is_told_with_the_right_one(tmp_path: Path) -> None:
    """A sheet of ten has no eleventh place, and the number on a package names its stock."""
    with pytest.raises(UsageError) as caught:
        dealt(tmp_path, CardOrder(start_at=11), stock="avery-5371")
    assert caught.value.problems[0].hint.startswith("Write a place from 1 to 10")
    with pytest.raises(UsageError) as caught:
        dealt(tmp_path, stock="5371")
    assert caught.value.problems[0].hint.startswith("Did you mean 'avery-5371'?")


def test_the_command_says_what_to_click(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line of output is for the person at the printer."""
    monkeypatch.chdir(workspace().root)
    assert run(["card", "tiny", "--audience", "ckd", "--stock", "avery-5371"]) == 0
    output = capsys.readouterr().out
    assert "10 cards on 1 sheet of avery-5371" in output
    assert "'Actual size' (100 %), on both sides, flip on long edge" in output
    assert run(["card", "tiny", "--copies", "3", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["outputs"][0]
    assert (row["cards"], row["stock"], row["audience"]) == (6, "cut-letter-id1", "general+ckd")
    listed = json.loads(Path("build/manifest.json").read_text(encoding="utf-8"))["outputs"]
    assert len(listed) == 2


def test_build_prints_cards_on_the_workspaces_stock(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a stock in teachback.toml, a build prints sheets; a new offset prints them again."""
    root = workspace({"teachback.toml": 'stock = "avery-8371"\n'}).root
    monkeypatch.chdir(root)
    assert run(["build", "tiny", "--audience", "ckd", "--kind", "card"]) == 0
    assert (root / "build/tiny/card-ckd-en-avery-5371.pdf").is_file()
    assert run(["build", "tiny", "--audience", "ckd", "--kind", "card"]) == 0
    assert "0 printed" in capsys.readouterr().out
    (root / "teachback.toml").write_text(
        'stock = "avery-8371"\noffset = "1, 1"\n', encoding="utf-8"
    )
    assert run(["build", "tiny", "--audience", "ckd", "--kind", "card"]) == 0
    assert "1 printed" in capsys.readouterr().out


def test_an_overdue_or_unapproved_text_is_not_released_on_cards(
    workspace: Make, tmp_path: Path
) -> None:
    """Cards follow the review as handouts do: a warning when overdue, refused by --release."""
    draft = workspace()
    with pytest.raises(TeachbackError, match="no clinician has approved it"):
        dealt(tmp_path, workspace=draft, release=True)
    late = TINY.replace(
        "status: draft, reviewer: null, reviewed: null, due: null",
        "status: approved, reviewer: A. Nurse, reviewed: 2020-01-05, due: "
        f"2021-01-05, {TINY_APPROVED}",
    )
    done, _ = dealt(tmp_path, workspace=workspace({"content/handouts/tiny.yaml": late}))
    assert [problem.message for problem in done.problems] == ["the review was due on 2021-01-05"]


def test_a_language_in_which_the_handout_is_not_written_is_refused(tmp_path: Path) -> None:
    """English cards for a Spanish reader are not what was asked for."""
    with pytest.raises(UsageError, match="not written in the language 'es'"):
        dealt(tmp_path, language="es")


def test_adhesive_badges_are_printed_on_one_side_with_their_code(tmp_path: Path) -> None:
    """The back of a badge is only the liner, so code and review are in front."""
    done, path = dealt(tmp_path, stock="avery-5395")
    assert done.sides is Sides.ONE
    with pypdfium2.PdfDocument(path) as document:
        assert len(document) == 1
        words = document[0].get_textpage().get_text_range()
    assert done.output.code in words
    assert "Draft, not reviewed by a clinician" in words
    assert codes_in_dots(*grey_page(path.read_bytes(), 0, 300)) == (done.output.code,)


def test_build_prints_a_card_with_its_back_beside_badges_with_one_side(
    workspace: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is on the back of the card alone, and on the front of the badges."""
    clinic = workspace({"teachback.toml": 'stock = "avery-5395"\n'})
    monkeypatch.chdir(clinic.root)
    assert run(["build", "tiny", "--audience", "ckd", "--kind", "card"]) == 0
    folder = clinic.root / "build/tiny"
    code = json.loads((clinic.root / "build/manifest.json").read_text())["outputs"][0]["code"]
    alone, badges = (folder / f"card-ckd-en{part}.pdf" for part in ("", "-avery-5395"))
    assert [codes_in_dots(*grey_page(alone.read_bytes(), at, 300)) for at in (0, 1)] == [
        (),
        (code,),
    ]
    assert codes_in_dots(*grey_page(badges.read_bytes(), 0, 300)) == (code,)


@pytest.mark.parametrize(("stock", "told"), [("avery-c2410", 1), ("avery-5388", 0)])
def test_stock_that_needs_the_smallest_type_is_named_with_larger_cards(
    stock: str, told: int, tmp_path: Path
) -> None:
    """The red flags of the shipped card fit on a card 50 mm high in 8 pt only."""
    done, _ = dealt(tmp_path, workspace=BUILTIN, handouts=("leg-cramps",), stock=stock)
    small = [
        problem for problem in done.problems if "the red flags fit in 8 pt only" in str(problem)
    ]
    assert len(small) == told
    assert all(" Larger cards are " in problem.hint for problem in small)
    # Those of the same paper only.
    assert not any("letter" in problem.hint for problem in small)


def lines_to_write_on(clinic: Workspace) -> list[Any]:
    """Return the boxes of the lines to write on, on the back of the tiny handout's card."""
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = print_context(clinic, reading, resolve({}, clinic))
    job = compose_job(context, JobOrder("tiny", ("ckd",), "card", ("pdf",)))
    back = fitted(job, 0, CARD, context.files).layout.document.pages[1]._page_box  # noqa: SLF001 -- no public name
    return [
        box
        for box in back.descendants()
        if isinstance(box, boxes.BlockBox)
        and box.element is not None
        and "rule" in (box.element.get("class") or "").split()
    ]


def test_no_line_to_write_on_is_short(workspace: Make) -> None:
    """A line beside long words goes to a row of its own."""
    lines = "[{label: Dialysis days}, {label: Kidney team}, {label: The days of my dialysis}]"
    text = TINY.replace("When to get help}", f"Help, lines: {lines}}}")
    rules = lines_to_write_on(workspace({"content/handouts/tiny.yaml": text}))
    assert len(rules) == 4
    assert min(px_to_mm(box.width) for box in rules) > 20


def test_the_line_of_a_field_is_level_with_the_one_beside_it(workspace: Make) -> None:
    """Whether a record fills it in or a hand does, it is the same line."""
    field = "fields:\n  - {name: patient, label: I, width_mm: 30}\n"
    text = field + TINY.replace("When to get help}", "Help, lines: [{label: I, field: patient}]}")
    name, nights = lines_to_write_on(workspace({"content/handouts/tiny.yaml": text}))
    ends = [box.border_box_y() + box.border_height() for box in (name, nights)]
    assert nights.position_x > name.position_x + name.width
    assert ends[0] == pytest.approx(ends[1], abs=0.1)


def test_a_card_without_flags_for_today_still_carries_the_clinics_phone(
    workspace: Make, tmp_path: Path
) -> None:
    """The number to call, or a line to write it on, is on every front."""
    clinic = workspace({"content/clinic.yaml": 'emergency: "911"\nphone: 555-0100\n'})
    _, path = dealt(tmp_path, workspace=clinic)
    with pypdfium2.PdfDocument(path) as document:
        assert document[0].get_textpage().get_text_bounded().count("555-0100") == 8


def test_cards_that_a_style_tells_apart_are_refused_together(
    workspace: Make, tmp_path: Path
) -> None:
    """Cards whose layout differs when printed together are refused, since a back could be lost."""
    clinic = workspace({"styles/clinic.css": ".card:nth-child(3) { font-size: 40pt }"})
    with pytest.raises(TeachbackError, match="but not all together"):
        dealt(
            tmp_path,
            CardOrder(copies=1),
            workspace=clinic,
            audience=("general", "ckd"),
        )


@pytest.mark.parametrize(
    ("style", "fault"),
    [
        (".tier-now { display: none }", "the red flag 'chest' is not on the card: 'Chest pain'"),
        (".tier-now li { font-size: 0.1pt }", r"'Chest pain' on page 1 is set in 0\.1 pt"),
    ],
)
def test_a_flag_that_a_style_hides_stops_the_print(
    style: str, fault: str, workspace: Make, tmp_path: Path
) -> None:
    """A card without its red flag is refused, whatever the cause."""
    with pytest.raises(TeachbackError, match=fault):
        dealt(tmp_path, workspace=workspace({"styles/clinic.css": style}))


def test_an_offset_that_pushes_text_off_the_sheet_is_refused(tmp_path: Path) -> None:
    """A cut line is a safety fault, also when the printer's offset cuts it; a print shop's page has no offset."""
    with pytest.raises(UsageError, match="mm outside the page"):
        dealt(tmp_path, stock="sigel-dp837", offset="0,-12")
    assert dealt(tmp_path, CardOrder(press=True), offset="0,-12")[0].cards == 1


def test_cards_of_stock_that_folds_can_go_to_a_print_shop(tmp_path: Path) -> None:
    """A print shop prints both sides without a fold."""
    done, path = dealt(tmp_path, CardOrder(press=True), stock="fold-letter-id1")
    # A page that is wider than high is turned over its short edge, like a page of a book.
    assert done.sides is Sides.SHORT_EDGE
    with pikepdf.open(path) as document:
        assert all(b"-1 0 0 -1" not in page.Contents.read_bytes() for page in document.pages)
    with pypdfium2.PdfDocument(path) as document:
        assert len(document) == 2


def test_a_fold_that_is_not_in_the_middle_is_no_stock(workspace: Make) -> None:
    """Its back would be wider than the half that it lies on."""
    own = (
        "our-fold:\n  page: a4\n  grid: {columns: 1, rows: 5}\n  card: {width: 170, height: "
        "55}\n  first: {left: 20, top: 10}\n"
        "  pitch: {across: 170, down: 55}\n  fold: {across: 110}\n  source: [a ruler]\n"
    )
    with pytest.raises(TeachbackError, match="not in the middle"):
        load_stocks(workspace({"content/stocks.yaml": own}))


def test_cards_on_stock_refuse_the_same_styles_as_build(workspace: Make, tmp_path: Path) -> None:
    """An unclosed comment would swallow the styles behind it."""
    with pytest.raises(TeachbackError, match="never closed"):
        dealt(tmp_path, workspace=workspace({"styles/clinic.css": "/* ours"}))


def test_a_printer_named_now_wins_over_the_files_offset_for_all(workspace: Make) -> None:
    """Command line comes before environment and file, also for a printer's offsets."""
    clinic = workspace(
        {"teachback.toml": 'offset = "5, 5"\npaper = "a4"\n[printers.ward]\noffset = "1, 1"\n'}
    )
    assert resolve({"printer": "ward"}, clinic).offset.x == 1
    assert resolve({}, clinic, {"TEACHBACK_PRINTER": "ward"}).offset.x == 1
    assert resolve({"printer": "ward", "offset": "2,2"}, clinic).offset.x == 2
    assert resolve({}, clinic).offset.x == 5
    assert [
        resolve(flags, clinic, env).paper
        for flags, env in [
            ({}, {}),
            ({}, {"TEACHBACK_PAPER": "letter"}),
            ({"paper": "a4"}, {"TEACHBACK_PAPER": "letter"}),
        ]
    ] == ["a4", "letter", "a4"]


def test_a_calibration_page_needs_words_in_its_language(tmp_path: Path) -> None:
    """A language without words is a usage error, without a traceback."""
    with pytest.raises(UsageError, match="no words for the language 'fr'"):
        calibrate(resolve({"output": str(tmp_path), "language": "fr"}, BUILTIN), BUILTIN)


def test_a_handout_in_several_languages_is_printed_in_its_own(
    workspace: Make, tmp_path: Path
) -> None:
    """Another language is printed where it is asked for."""
    clinic = workspace(
        {"content/handouts/tiny.es.yaml": TINY.replace("language: en", "language: es")}
    )
    assert dealt(tmp_path, workspace=clinic)[0].output.language == "en"
    assert dealt(tmp_path, workspace=clinic, language="es")[0].output.language == "es"


def test_a_card_of_a_handout_that_a_rule_refuses_is_not_printed(
    workspace: Make, tmp_path: Path
) -> None:
    """`card` prints nothing that `build` would not print, and says why in the same words."""
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": TINY.replace(
                "One message", "Take ibuprofen for the pain every day"
            )
        }
    )
    with pytest.raises(TeachbackError) as refused:
        dealt(tmp_path, workspace=clinic)
    assert [problem.rule for problem in refused.value.problems] == ["nsaid", "general-gap"]
    assert [path.name for path in tmp_path.rglob("*.pdf")] == []
