"""A handout fits the pages that it promises, and its pages break well."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY
from translated_tiny import translated

from teachback.commands.approve import approve
from teachback.commands.build import build
from teachback.content.inline_markup import Span
from teachback.content.loader import read_handouts
from teachback.editions.edition import EditionLog, EditionSchedule, LogHeading
from teachback.errors import Severity
from teachback.files.workspace import builtin_root, handout_files, starter_files
from teachback.html.composer import column_widths
from teachback.pdf import renderer
from teachback.pdf.page_breaks import break_faults
from teachback.pdf.page_layout import picture_boxes, text_places
from teachback.pdf.page_reader import read_pages
from teachback.pdf.renderer import boxes
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.job_printer import do_job, lay_out_handout
from teachback.units import Depth, TypeSize, px_to_mm
from tools.measure_page_breaks import measure

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from teachback.files.workspace import Workspace
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.jobs import FinishedJob, Job

pytestmark = pytest.mark.slow

REVIEW = "review: {status: draft"
BUILT_IN = ("general", "ckd", "dialysis")
CLINIC = """
emergency: "911"
name: Example Clinic for Heart and Kidneys
phone: (555) 010-0144
after_hours: 555-010-0199
dialysis_unit: 555 010 0177
address: 12 Example Street, Springfield
logo: images/logo.svg
"""
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20" width="60mm" height="20mm">'
    '<rect x="1" y="1" width="58" height="18" fill="none" stroke="#000"/></svg>'
)


def composed(
    clinic: Workspace, stem: str = "tiny", audience: str = "ckd", **flags: object
) -> tuple[Job, Mapping[str, Path]]:
    """Compose one handout, with the files that its pages may name. No other handout is read."""
    reading = read_handouts(clinic, {stem: handout_files(clinic)[stem]})
    assert reading.problems == {}
    settings = replace(resolve({}, clinic), **flags)  # type: ignore[arg-type]
    context = print_context(clinic, reading, settings)
    job = compose_job(context, JobOrder(stem, (audience,), "handout", ("pdf",)))
    return job, context.files


def printed(clinic: Workspace, stem: str, audience: str, **flags: object) -> FinishedJob:
    """Print one handout with its proofs, in this process."""
    return do_job(*composed(clinic, stem, audience, **flags))


def tiny(lines: int, pages: str) -> str:
    """Return a handout with so many paragraphs, which promises a number of pages."""
    blocks = "".join(f"      - text: This is line {number}.\n" for number in range(lines))
    return TINY.replace(REVIEW, f"{pages}{REVIEW}") + blocks


@pytest.mark.parametrize(("pages", "page_count"), [("", 2), ("pages: 1\n", 1)])
def test_a_promise_is_kept_with_smaller_type(
    workspace: Callable[..., Workspace], pages: str, page_count: int
) -> None:
    """Without the promise, the same text takes a page more."""
    clinic = workspace({"content/handouts/tiny.yaml": tiny(24, pages)})
    done = printed(clinic, "tiny", "ckd")
    assert done.problems == ()
    assert [file.pages for file in done.printed] == [page_count]


@pytest.mark.parametrize(
    ("kind", "least", "entries"),
    [("steps", 16, 8), ("checklist", 16, 8), ("steps", 16, 6), ("teach_back", 4, 6)],
)
def test_the_last_entry_of_a_list_is_never_alone_on_the_next_page(
    workspace: Callable[..., Workspace], kind: str, least: int, entries: int
) -> None:
    """Nor the last question, wherever the page ends; up to six steps are on one page."""
    broken = set()
    for count in range(least, least + 7):
        items = "".join(f"          - Entry {number:03}.\n" for number in range(entries))
        blocks = tiny(count, "") + f"      - {kind}:\n{items}" + "      - notes: 8\n"
        clinic = workspace({"content/handouts/tiny.yaml": blocks})
        job, files = composed(clinic)
        layout = renderer.lay_out(job.handout, files, renderer.fonts())
        assert not [fault for fault in break_faults(layout) if "alone" in fault.fault]
        words = [
            " ".join(box.text for box in page._page_box.descendants() if hasattr(box, "text"))  # noqa: SLF001 -- it has no public name
            for page in layout.document.pages
        ]
        broken.add(words[0].count("Entry"))
    parts = set(range(1, entries - 1)) if (kind, entries) != ("steps", 6) else set()
    assert {0, entries} & broken
    assert bool(broken & parts) == bool(parts)
    assert broken <= {0, entries, *parts}


@pytest.mark.parametrize(("size", "lines"), [("standard", 14), ("large", 4)])
def test_a_tip_is_on_the_page_of_its_reason(
    workspace: Callable[..., Workspace], size: str, lines: int
) -> None:
    """Where no other space is enough, the reason moves to the next page with a long tip."""
    reason = "      - reasons:\n          - title: A reason\n            points: [A point.]\n"
    tip = f"            notes: [{{callout: tip, text: {'A word of advice. ' * 50}}}]\n"
    blocks = f"{tiny(lines, '')}{reason}{tip}"
    clinic = workspace({"content/handouts/tiny.yaml": blocks})
    reading = read_handouts(clinic, handout_files(clinic))
    context = print_context(clinic, reading, resolve({"size": size}, clinic))
    job = compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("pdf",)))
    usual = renderer.lay_out(job.handout, context.files, renderer.fonts())
    assert [fault.fault[:14] for fault in break_faults(usual)] == ["a box is alone"]
    page, layout = lay_out_handout(job, context.files)
    assert break_faults(layout) == ()
    assert ".reason > .callout:last-child" in page.split("</style>")[1]


def test_a_heading_a_picture_its_caption_and_the_text_beside_it_are_on_one_page(
    workspace: Callable[..., Workspace],
) -> None:
    """Wherever the page ends; a long caption is as wide as the picture."""
    caption = f"A caption {'of words ' * 9}"
    figure = f"{{figure: images/a.svg, alt: A, width: 60, caption: {caption}, beside: end}}"
    section = f"  - id: more\n    title: Some words\n    blocks:\n      - {figure}\n"
    table = "      - table: {columns: [A, B], rows: [[a, b], [c, d], [e, f]]}\n"
    notes = "      - notes: 12\n"
    square = LOGO.replace("0 0 60 20", "0 0 60 60").replace("20mm", "60mm")
    pages_seen = set()
    for count, below in ((4, table), (6, notes), (7, notes), (8, notes), (9, notes)):
        more = f"{section}      - text: Beside it.\n{below}"
        content = {"content/handouts/tiny.yaml": tiny(count, "") + more}
        job, files = composed(workspace({**content, "content/images/a.svg": square}))
        layout = renderer.lay_out(job.handout, files, renderer.fonts())
        places = [
            place
            for place in text_places(layout)
            if "words" in place.words or "Beside" in place.words
        ]
        assert len(places) >= 3
        assert max(place.width for place in places) < 61
        pages = {place.page for place in places} | {place.page for place in picture_boxes(layout)}
        assert len(pages) == 1, count
        pages_seen |= pages
    assert pages_seen == {1, 2}


def test_a_long_list_goes_into_two_columns_before_a_promise_is_broken(
    workspace: Callable[..., Workspace],
) -> None:
    """Its words are read back in the order of the list."""
    entries = "".join(f"          - {{text: Entry number {number}}}\n" for number in range(44))
    handout = TINY.replace(REVIEW, f"pages: 1\n{REVIEW}") + f"      - list:\n{entries}"
    clinic = workspace({"content/handouts/tiny.yaml": handout})
    done = printed(clinic, "tiny", "ckd")
    assert done.problems == ()
    assert [file.pages for file in done.printed] == [1]


def test_what_does_not_fit_is_told_in_lines_with_the_longest_blocks(
    workspace: Callable[..., Workspace],
) -> None:
    """The author learns how much to shorten, and where."""
    long = f"      - text: {'A long word of advice. ' * 30}\n"
    clinic = workspace({"content/handouts/tiny.yaml": tiny(40, "pages: 1\n") + long})
    (problem,) = printed(clinic, "tiny", "ckd").problems
    assert problem.message.startswith("handout of tiny for ckd takes 2 pages, and 1 is promised: ")
    ending = "lines too many on letter, with less space, 12 pt type and lists in two columns"
    assert problem.message.endswith(ending)
    assert "the text 'A long word of advice. A long word of ...' in '" in problem.hint
    (line,) = re.findall(r"a long word of [^;]+ \(line (\d+), as high", problem.hint, re.IGNORECASE)
    text = (clinic.root / "content/handouts/tiny.yaml").read_text("utf-8").splitlines()
    assert "A long word of advice." in text[int(line) - 1]
    assert problem.location is not None
    assert problem.location.line == 8


def test_a_handout_with_blocks_left_out_is_at_least_so_much_too_long(
    workspace: Callable[..., Workspace],
) -> None:
    """Blocks that are as high as what is over are named, with their section, and no more than six.

    What a handout with faults takes is not known until they are mended.
    """
    steps = "      - steps:\n" + "          - One step.\n" * 30
    clinic = workspace({"content/handouts/tiny.yaml": tiny(20, "pages: 1\n") + steps})
    job, files = composed(clinic, paper=resolve({"paper": "a4"}, clinic).paper)
    (problem,) = do_job(replace(job, for_fit=True), files).problems
    assert re.search(r"promised: at least \d+ lines too many on a4,", problem.message)
    assert problem.hint.startswith("Shorten the longest blocks: the steps '1. One step. 2.")
    assert problem.hint.count("as high as") == 1


@pytest.mark.parametrize(
    ("approved", "pages", "severity"), [(False, [2], Severity.WARNING), (True, [], Severity.ERROR)]
)
def test_a_draft_that_breaks_its_promise_is_printed_and_an_approved_text_is_refused(
    workspace: Callable[..., Workspace],
    today: dt.date,
    approved: bool,  # noqa: FBT001 -- a parameter of the test
    pages: list[int],
    severity: Severity,
) -> None:
    """An author sees on paper what is to be shortened."""
    clinic = workspace({"content/handouts/tiny.yaml": tiny(40, "pages: 1\n")})
    if approved:
        approve("tiny", "A. Nurse", clinic, today, due=None, audiences=())
    done = printed(clinic, "tiny", "ckd")
    assert [file.pages for file in done.printed] == pages
    assert [problem.severity for problem in done.problems] == [severity]
    assert "2 pages, and 1 is promised" in done.problems[0].message


def test_a_draft_for_patients_records_keeps_its_promise(
    workspace: Callable[..., Workspace],
) -> None:
    """A mailing never takes a page more than was promised."""
    clinic = workspace({"content/handouts/tiny.yaml": tiny(40, "pages: 1\n")})
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = replace(print_context(clinic, reading, resolve({}, clinic)), for_records=True)
    job = compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("pdf",)))
    done = do_job(job, context.files)
    assert done.printed == ()
    assert [problem.severity for problem in done.problems] == [Severity.ERROR]


LOG = "      - log:\n          columns: [Date, Weight]\n          rows: {}\n"


def _rows(layout: LaidOutDocument) -> list[list[float]]:
    """Return the heights in mm of the empty rows of a log, page by page."""
    pages = [page._page_box for page in layout.document.pages]  # noqa: SLF001 -- it has no public name
    return [
        [
            px_to_mm(row.height)
            for row in page.descendants()
            if isinstance(row, boxes.TableRowBox) and row.children[0].element_tag == "td"
        ]
        for page in pages
    ]


@pytest.mark.parametrize(("rows", "whole"), [(6, True), (7, False)])
def test_a_short_log_is_not_split(
    workspace: Callable[..., Workspace],
    rows: int,
    whole: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    """Wherever the page ends, six rows stay together; more rows need not."""
    rows_on_page_1 = set()
    for count in range(10, 19):
        more = LOG.format(rows) + "      - notes: 9\n"
        clinic = workspace({"content/handouts/tiny.yaml": tiny(count, "") + more})
        job, files = composed(clinic)
        layout = renderer.lay_out(job.handout, files, renderer.fonts())
        rows_on_page_1.add(len(_rows(layout)[0]))
    assert {0, rows} <= rows_on_page_1
    assert (rows_on_page_1 == {0, rows}) is whole


@pytest.mark.parametrize(("size", "height"), [(TypeSize.STANDARD, 8), (TypeSize.LARGE, 11)])
def test_rows_of_a_log_have_room_for_a_hand(
    workspace: Callable[..., Workspace], size: TypeSize, height: float
) -> None:
    """In large print they are higher."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY + LOG.format(3)})
    job, files = composed(clinic, size=size)
    _, layout = lay_out_handout(job, files)
    heights = [round(height_of_row, 1) for page in _rows(layout) for height_of_row in page]
    assert len(heights) == 3
    assert heights == pytest.approx([height] * 3, abs=0.5)


def _lines_over(workspace: Callable[..., Workspace], blocks: str) -> int:
    """Return how many lines are too many for one page with these blocks."""
    clinic = workspace({"content/handouts/tiny.yaml": tiny(40, "pages: 1\n") + blocks})
    (problem,) = printed(clinic, "tiny", "ckd").problems
    over = re.search(r"promised: (\d+) lines? too many", problem.message)
    assert over is not None
    return int(over[1])


def test_rows_to_fill_in_count_as_the_lines_that_would_stand_there(
    workspace: Callable[..., Workspace],
) -> None:
    """An empty row of a log, 8 mm high, takes the place of more than one line."""
    few, many = (_lines_over(workspace, LOG.format(rows)) for rows in (5, 15))
    assert many - few >= 10


def test_what_stands_wrong_on_page_1_is_told_with_what_does_not_fit(
    workspace: Callable[..., Workspace],
) -> None:
    """One round shows both."""
    text = re.sub("(?m)^message:.*$", f"message: {'Some words of advice. ' * 200}", tiny(40, ""))
    promised = text.replace(REVIEW, f"pages: 1\n{REVIEW}")
    clinic = workspace({"content/handouts/tiny.yaml": promised})
    messages = [problem.message for problem in printed(clinic, "tiny", "ckd").problems]
    assert any("lines too many" in message for message in messages)
    assert any("'now' is not whole on page 1" in message for message in messages)


@pytest.mark.parametrize(("notes", "page_count"), [(9, 1), (10, 2)])
def test_less_space_is_taken_where_it_saves_a_page(
    workspace: Callable[..., Workspace], notes: int, page_count: int
) -> None:
    """Also where the last page is well filled; else the usual space stays."""
    lines = f"      - notes: {notes}\n"
    clinic = workspace({"content/handouts/tiny.yaml": tiny(9, "") + lines})
    job, files = composed(clinic)
    page, layout = lay_out_handout(job, files)
    assert (layout.pages, "--air: 0." in page) == (page_count, page_count == 1)


@pytest.mark.usefixtures("one_process")
def test_pages_that_are_printed_again_are_laid_out_once(
    workspace: Callable[..., Workspace], today: dt.date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forced build knows the space that saved a page, and its file has the same bytes."""
    clinic = workspace({"content/handouts/tiny.yaml": tiny(9, "") + "      - notes: 9\n"})
    pages: list[str] = []
    lay_out = renderer.lay_out

    def counted(page: str, *given: Any, **more: Any) -> LaidOutDocument:  # noqa: ANN401
        pages.append(page)
        return lay_out(page, *given, **more)

    monkeypatch.setattr(renderer, "lay_out", counted)
    flags = {"audience": ("ckd",), "kind": ("handout",), "format": ("pdf",), "force": True}
    settings = resolve({**flags, "output": str(clinic.root / "out")}, clinic)
    found = []
    for _ in range(2):
        pages.clear()
        assert build(settings, clinic, today).problems == ()
        (file,) = settings.output.glob("*/*.pdf")
        found.append((len(pages), file.read_bytes()))
    (many, data), again = found
    assert many > 1
    assert "--air: 0." in pages[-1]
    assert again == (1, data)


def test_a_filled_in_clinic_moves_no_text(workspace: Callable[..., Workspace]) -> None:
    """Its block is as high empty as with a logo, a name and phones."""
    bounds = {}
    for content in ('emergency: "911"\n', CLINIC):
        files = {"content/clinic.yaml": content, "content/images/logo.svg": LOGO}
        (file,) = printed(workspace(files), "tiny", "ckd").printed
        runs = read_pages(file.data, 20)[0].runs
        bounds[content] = next(run.bounds for run in runs if "One message." in run.words)
    assert len(set(bounds.values())) == 1


@pytest.mark.parametrize("pages", ["", "pages: 2\n"])
def test_a_last_page_with_little_on_it_is_pulled_in(
    workspace: Callable[..., Workspace], pages: str
) -> None:
    """Less space between blocks saves the page, also where more pages are promised."""
    clinic = workspace({"content/handouts/tiny.yaml": tiny(22, pages)})
    done = printed(clinic, "tiny", "ckd")
    assert ([file.pages for file in done.printed], done.printed[0].proof_warnings) == ([1], ())


@pytest.mark.parametrize("size", TypeSize)
def test_the_foot_of_a_page_has_room_for_one_line_more(
    workspace: Callable[..., Workspace], size: TypeSize
) -> None:
    """A notice of two lines takes the code no further down than a printer prints."""
    words = (builtin_root() / "content/words/en.yaml").read_text(encoding="utf-8")
    short = "Draft: no clinician has reviewed this text"
    finished = {}
    for times in (1, 2, 6):
        longer = words.replace(f'draft: "{short}"', f'draft: "{" and ".join([short] * times)}"')
        clinic = workspace({"content/words/en.yaml": longer})
        finished[times] = printed(clinic, "tiny", "ckd", size=size)
    assert [job.problems for job in (finished[1], finished[2])] == [(), ()]
    assert all(job.printed for job in (finished[1], finished[2]))
    assert finished[6].problems
    for problem in finished[6].problems:
        assert problem.hint.startswith("The foot of a page has no room for all of its lines")


def test_red_flags_that_do_not_fit_on_page_1_in_large_print_are_named(
    workspace: Callable[..., Workspace],
) -> None:
    """The longest is told, which would stand on one line in the words of a `short:`."""
    long = "New numbness or weakness with cramps, in one leg or in both, by day or night"
    now = "".join(f"  - {{id: n{at}, tier: now, text: Sign {at}}}\n" for at in range(8))
    flags = "".join(f"  - {{id: t{at}, tier: today, text: '{long}'}}\n" for at in range(7))
    handout = TINY.replace("card: {title", f"{now}{flags}card: {{title")
    finished = {}
    for short in ("", ", short: Weak"):
        with_short = handout.replace(f"text: '{long}'", f"text: '{long}'{short}")
        clinic = workspace({"content/handouts/tiny.yaml": with_short})
        finished[short] = printed(clinic, "tiny", "ckd", size=TypeSize.LARGE)
    refused, fits = finished.values()
    (problem,) = refused.problems
    assert problem.message.startswith(
        "handout of tiny for ckd: the box of the red flags 'today' is not whole on page 1, but on "
        "page 2; about "
    )
    assert problem.message.endswith(" mm are missing")
    assert problem.hint.startswith(
        "Shorten the title, or the red flags of more than one line (7), in large print by their "
        f"`short:`, such as '{long[:60]}'"
    )
    assert problem.hint.endswith("A line has room for about 54 letters.")
    assert fits.problems == ()
    assert fits.printed


@pytest.mark.parametrize(
    ("count", "below", "title"), [(4, False, 28), (7, True, 22), (9, True, 20)]
)
def test_red_flags_stand_below_their_icon_in_large_print_where_page_1_would_not_hold_them(
    workspace: Callable[..., Workspace], *, count: int, below: bool, title: int
) -> None:
    """A line there has room for a tenth more words; where it is not needed, nothing moves.

    Where that is not enough, the title gets smaller, and the flags nearer to each other.
    """
    long = "Numbness or weakness with cramps, in one leg or in both"
    flags = "".join(
        f"  - {{id: {tier}{at}, tier: {tier}, text: '{long}'}}\n"
        for tier in ("now", "today")
        for at in range(count)
    )
    handout = TINY.replace("card: {title", f"{flags}card: {{title").replace(
        "A tiny handout", "A tiny handout of so many words that its title has a second line"
    )
    clinic = workspace({"content/handouts/tiny.yaml": handout})
    done = printed(clinic, "tiny", "ckd", size=TypeSize.LARGE)
    assert done.problems == ()
    first = read_pages(done.printed[0].data, 20)[0].runs
    heads = [
        run.bounds[0] for run in first if run.words.startswith(("Call 911 now", "Call us today"))
    ]
    starts = [run.bounds[0] for run in first if run.words.startswith("Numbness")]
    assert (len(heads), len(starts)) == (2, 2 * count)
    assert (max(starts) < min(heads)) is below
    assert {round(run.size) for run in first if run.words.startswith("A tiny")} == {title}


@pytest.mark.parametrize(("count", "title"), [(3, 19), (4, 16)])
def test_in_two_languages_the_title_makes_room_for_the_boxes_on_page_1(
    workspace: Callable[..., Workspace], count: int, title: int
) -> None:
    """Where both fit below the usual title, it stays as large as it is."""
    long = "Numbness or weakness with cramps, in one leg or in both legs"
    flags = "".join(
        f"  - {{id: {tier}{at}, tier: {tier}, text: '{long}'}}\n"
        for tier, most in (("now", count + 1), ("today", count))
        for at in range(most)
    )
    handout = TINY.replace("card: {title", f"{flags}card: {{title").replace(
        "A tiny handout", "A tiny handout with a title of many words"
    )
    done = printed(translated(handout, workspace, {}), "tiny.es", "ckd", facing="en")
    assert done.problems == ()
    first = read_pages(done.printed[0].data, 20)[0].runs
    (size,) = {round(run.size) for run in first if run.words.startswith("A tiny handout with")}
    assert size == title


def test_a_last_page_that_no_space_mends_is_told(workspace: Callable[..., Workspace]) -> None:
    """The lines to write on fill page 2, with less space and with more."""
    notes = "  - id: two\n    title: What else?\n    page: new\n    blocks: [{notes: 26}]\n"
    last = "  - id: three\n    title: What then?\n    blocks: [{text: Call us.}]\n"
    clinic = workspace({"content/handouts/tiny.yaml": TINY + notes + last})
    done = printed(clinic, "tiny", "ckd")
    assert [file.pages for file in done.printed] == [3]
    (problem,) = done.printed[0].proof_warnings
    assert problem.message.startswith("page 3: the last page holds only ")
    assert "`page: new`" in problem.hint


@pytest.mark.parametrize("size", TypeSize)
def test_lines_to_write_on_that_fill_more_than_a_page_begin_below_what_is_before_them(
    workspace: Callable[..., Workspace], size: TypeSize
) -> None:
    """No page is left empty, and the heading is on the page of the first lines."""
    notes = "  - id: two\n    title: What else?\n    blocks: [{notes: 30}]\n"
    job, files = composed(workspace({"content/handouts/tiny.yaml": TINY + notes}), size=size)
    layout = renderer.lay_out(job.handout, files, renderer.fonts())
    assert layout.pages == 2
    assert break_faults(layout) == ()
    assert "What else?" in [place.words for place in text_places(layout) if place.page == 1]


def test_a_table_of_one_row_is_not_tied_to_the_next_section(
    workspace: Callable[..., Workspace],
) -> None:
    """It stays on page 1, and the lines to write on, which do not fit below it, go to page 2."""
    row = "      - do_dont: {do: [Walk each day.], do_not: [Do not smoke.]}\n"
    second = "  - id: two\n    title: What else?\n    blocks: [{notes: 14}]\n"
    clinic = workspace({"content/handouts/tiny.yaml": tiny(8, "") + row + second})
    (file,) = printed(clinic, "tiny", "ckd").printed
    first, last = ([run.words for run in page.runs] for page in read_pages(file.data, 20))
    assert "Do not smoke." in " ".join(first)
    assert "What else?" in " ".join(last)


TO_FILL_IN = """
log: {columns: [Day, Left foot, Right foot, Skin, Nails, Shoes], row_headings: [Wednesday]}
log: {columns: [Day, {label: Itch, unit: 0-10}, {label: Food, wide: true}, {label: Sleep, wide: true}], row_headings: [Wednesday]}
log: {columns: [Date, Morning weight, Evening weight, Blood pressure, Swelling, Itching, Medicine], rows: 2}
schedule: {times: [Breakfast, Noon, Afternoon, Supper, Bedtime], rows: [Phosphate binder]}
table: {columns: [Food, Afternoon, Antihypertensives, Temperature], fill_in: true, rows: [[Bread, "", "", ""]]}
"""


@pytest.mark.parametrize("block", TO_FILL_IN.strip().splitlines())
def test_the_words_of_a_table_to_fill_in_have_room_in_large_print(
    workspace: Callable[..., Workspace], block: str
) -> None:
    """The longest name of a day or heading stays inside its cell, also beside wide columns."""
    clinic = workspace({"content/handouts/tiny.yaml": f"{TINY}      - {block}\n"})
    paper = resolve({"paper": "a4"}, clinic).paper
    done = printed(clinic, "tiny", "ckd", size=TypeSize.LARGE, paper=paper)
    assert done.problems == ()
    assert done.printed


@pytest.mark.parametrize(
    ("columns", "page", "turn"),
    [
        ("Morning, Breakfast, Noon, Afternoon, Supper, Bedtime, Thermometer", 1, "landscape"),
        ("Morning, Breakfast, Noon, Afternoon, Supper, Bedtime, Antihypertensives, Thermometer, Signature", 2, ""),
    ],
)  # fmt: skip
def test_a_table_that_is_too_wide_is_told_once_with_its_widest_columns(
    workspace: Callable[..., Workspace], columns: str, page: int, turn: str
) -> None:
    """An author learns which headings to shorten; a page that lies across has more room."""
    log = f"      - log: {{columns: [{columns}], rows: 2}}\n"
    clinic = workspace({"content/handouts/tiny.yaml": TINY + log})
    paper = resolve({"paper": "a4"}, clinic).paper
    (problem,) = printed(clinic, "tiny", "ckd", size=TypeSize.LARGE, paper=paper).problems
    widest = "Thermometer" if turn else "Antihypertensives"
    assert re.match(
        rf"handout of tiny for ckd: a table on page {page} is \d+ mm too wide for the paper; "
        rf"its widest columns are '{widest}' \(\d\d mm\), ",
        problem.message,
    ), problem.message
    assert problem.hint.startswith("Take shorter words for their headings")
    assert ("give the section `page: landscape`" in problem.hint) is bool(turn)
    assert problem.location is not None


def test_an_address_breaks_behind_a_slash_and_not_at_a_hyphen(
    workspace: Callable[..., Workspace],
) -> None:
    """No reader wonders whether the hyphen at the end of a line belongs to the address."""
    address = "www.example.org/heart-and-kidney-clinics/leg-cramps-and-what-to-do/more-to-read-here"
    words = "Read what the clinic tells all of its patients about leg cramps at night"
    clinic = workspace(
        {"content/handouts/tiny.yaml": f"{TINY}      - text: '[{words}](https://{address})'\n"}
    )
    done = printed(clinic, "tiny", "ckd")
    assert done.problems == ()
    lines: dict[float, str] = {}
    for run in read_pages(done.printed[0].data, 20)[0].runs:
        lines[run.bounds[1]] = lines.get(run.bounds[1], "") + run.words
    ends = [line.strip()[-1] for line in lines.values() if "/" in line]
    assert "/" in ends
    assert "-" not in ends


def test_columns_of_a_log_are_as_wide_as_what_is_written_there() -> None:
    """A number and a tick take little room, words take more, and a long heading fits."""
    plain = {"Date": None, "Weight": "pounds", "Swelling": None, "Electrocardiogram": None}
    columns = tuple(
        LogHeading((Span(label),), (Span(unit),) if unit else None) for label, unit in plain.items()
    )
    widths = column_widths(EditionLog(columns, 3, (), None))
    date, weight, words, long = (float(width.removesuffix("%")) for width in widths)
    assert date < weight < words < long
    assert date + weight + words + long == pytest.approx(100, abs=0.1)


def test_a_time_of_the_day_has_room_in_a_schedule_for_its_longest_word() -> None:
    """Times in another language have longer words; the medicine still has most room."""
    times = tuple((Span(label),) for label in ("Noon", "Mediodía", "Al acostarse"))
    widths = column_widths(EditionSchedule(times, (), 5, None))
    medicine, noon, midday, bedtime = (float(width.removesuffix("%")) for width in widths)
    assert noon < midday < bedtime < medicine
    assert noon + midday + bedtime + medicine == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(
    ("stem", "audience", "size", "name"),
    [
        ("sick-days", "general", "large", ""),
        ("blood-pressure", "ckd", "standard", "Springfield University Hospital, Kidney and Heart"),
    ],
)
def test_a_filled_in_clinic_takes_no_page_more(
    stem: str, audience: str, size: str, name: str, workspace: Callable[..., Workspace]
) -> None:
    """Smaller type saves the page, and in large print still less space; the type stays."""
    long = CLINIC.replace("0144", "0144 ext. 12345").replace("Springfield", "Springfield " * 5)
    filled = long.replace("Example Clinic for Heart and Kidneys", name) if name else CLINIC
    pages = {}
    for clinic in ('emergency: "911"\n', filled):
        files = {"content/clinic.yaml": clinic, "content/images/logo.svg": LOGO}
        starter = starter_files(workspace({}))[stem].read_text(encoding="utf-8")
        changed = workspace({**files, f"content/handouts/{stem}.yaml": starter})
        done = printed(changed, stem, audience, size=TypeSize(size))
        assert done.problems == ()
        pages[clinic] = [file.pages for file in done.printed]
    assert len({str(counts) for counts in pages.values()}) == 1


def test_a_line_that_offers_an_interpreter_takes_no_page_more(
    workspace: Callable[..., Workspace],
) -> None:
    """Smaller type saves the page, as for other lines that a clinic fills in."""
    content = {"content/handouts/tiny.yaml": tiny(23, "")}
    pages = []
    for clinic in ('emergency: "911"\n', 'emergency: "911"\nlanguage_help: [es]\n'):
        done = printed(workspace({**content, "content/clinic.yaml": clinic}), "tiny", "ckd")
        pages += [file.pages for file in done.printed]
    assert pages == [1, 1]


@pytest.mark.parametrize(
    ("paper", "size", "turn", "which"),
    [("letter", "standard", 0, slice(None)), ("a4", "large", 2, slice(1, None, 2))],
    ids=["letter", "a4"],
)
def test_no_starter_has_a_bad_page_break(
    paper: str, size: str, turn: int, which: slice, workspace: Callable[..., Workspace]
) -> None:
    """The readers take turns; `test_no_starter_has_one_in_any_form` has all of them."""
    files = starter_files(workspace({}))
    stems = list(files)[which]
    assert len(stems) >= 3
    contents = {f"content/handouts/{stem}.yaml": path.read_text() for stem, path in files.items()}
    plain = workspace(contents)
    paths = handout_files(plain)
    reading = read_handouts(plain, {stem: paths[stem] for stem in stems})
    context = print_context(plain, reading, resolve({"paper": paper, "size": size}, plain))
    faults_of = {}
    for stem in stems:
        audiences = reading.authored[stem].handout.audiences
        audience = audiences[(list(files).index(stem) + turn) % len(audiences)]
        job = compose_job(context, JobOrder(stem, (audience,), "handout", ("pdf",)))
        _, layout = lay_out_handout(job, context.files)
        faults_of[stem, audience] = break_faults(layout)
    assert len(faults_of) == len(stems)
    assert {key: faults for key, faults in faults_of.items() if faults} == {}


@pytest.mark.slow
@pytest.mark.long
def test_no_starter_has_one_in_any_form(workspace: Callable[..., Workspace]) -> None:
    """For each reader, size and paper; a filled-in clinic takes no page more than an empty one."""
    starters = starter_files(workspace({})).items()
    contents = {f"content/handouts/{name}.yaml": path.read_text() for name, path in starters}
    pages = []
    for clinic in ('emergency: "911"\n', CLINIC):
        files = {"content/clinic.yaml": clinic, "content/images/logo.svg": LOGO}
        measured = list(measure(workspace({**contents, **files})))
        assert len(measured) > 70
        assert [edition for edition in measured if edition.faults] == []
        pages.append({edition.name: edition.pages for edition in measured})
    empty, filled = pages
    assert {name: filled[name] for name in empty if filled[name] > empty[name]} == {}


@pytest.mark.parametrize("paper", ["letter", "a4"])
@pytest.mark.parametrize("audience", BUILT_IN)
def test_the_short_version_on_leg_cramps_is_one_sheet(
    builtin: Workspace, audience: str, paper: str
) -> None:
    """For each reader and on each paper it is two pages."""
    paper_of = resolve({"paper": paper}, builtin).paper
    done = printed(builtin, "leg-cramps", audience, depth=Depth.BRIEF, paper=paper_of)
    assert done.problems == ()
    assert [file.pages for file in done.printed] == [2]
