"""The proof of a page finds what a template, a style or a font would silently lose."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pikepdf
import pytest
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from settings_from_flags import resolve
from tiny_handout import THREE, TINY, ZONES

from teachback.commands.build import build
from teachback.content.loader import read_handouts
from teachback.errors import Severity, TeachbackError
from teachback.files.workspace import builtin_root, handout_files
from teachback.pdf import renderer
from teachback.pdf.page_layout import TextOut, text_outside
from teachback.pdf.page_reader import read_pages, read_words
from teachback.pdf.text_matching import Token
from teachback.printing.design import check_design, open_design
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.job_printer import do_job
from teachback.proofing.expected_text import Expected, comparison_key
from teachback.proofing.page_proof import glyph_problems, outside_problems, prove
from teachback.proofing.text_checks import card_sheet_problems, text_problems
from teachback.units import HANDOUT_SAFE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from teachback.errors import Problem
    from teachback.files.workspace import Workspace
    from teachback.printing.jobs import Job

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]

BUILTIN = builtin_root()
BOLD = "styles/fonts/AtkinsonHyperlegible-Bold.ttf"
ACCENT = TINY.replace("A tiny handout", "Un caf\u00e9")


@dataclass(frozen=True)
class Caught:
    """The problems that each check finds alone: laid out, glyphs, read back."""

    laid_out: tuple[str, ...]
    glyphs: tuple[Problem, ...]
    read_back: tuple[str, ...]


def job_of(
    workspace: Workspace,
    kind: str = "handout",
    audience: str = "ckd",
    stem: str = "tiny",
    **flags: str,
) -> tuple[Job, dict[str, Path]]:
    """Compose one edition of a handout."""
    reading = read_handouts(workspace, {stem: handout_files(workspace)[stem]})
    assert not reading.problems
    context = print_context(workspace, reading, resolve(flags, workspace))
    return compose_job(context, JobOrder(stem, (audience,), kind, ("pdf",))), dict(context.files)


def cast(workspace: Workspace) -> Caught:
    """Run each of the three checks over the tiny handout, whatever the others find."""
    job, files = job_of(workspace)
    layout = renderer.lay_out(job.handout, files, renderer.Fonts())
    found, _ = prove(renderer.write(layout), job.handout, layout, job.expected[0], served=files)
    return Caught(
        tuple(problem.message for problem in outside_problems(text_outside(layout, HANDOUT_SAFE))),
        tuple(glyph_problems(layout, job.handout, job.expected[0], files)),
        tuple(problem.message for problem in found if problem.severity is Severity.ERROR),
    )


def lacking(workspace: Workspace, name: str, character: str) -> None:
    """Put a copy of a shipped font without one character into a workspace."""
    with TTFont(BUILTIN / name) as font:
        keep = Subsetter(Options(layout_features=["*"]))
        keep.populate(unicodes=set(font.getBestCmap()) - {ord(character)})
        keep.subset(font)
        path = workspace.root / name
        path.parent.mkdir(parents=True)
        font.save(path)


def test_no_net_catches_anything_in_the_built_in_pages(workspace: Callable[..., Workspace]) -> None:
    """The problems below come from files that are broken on purpose."""
    assert cast(workspace()) == Caught((), (), ())


def test_only_the_layout_tells_that_words_stand_where_no_printer_prints(
    workspace: Callable[..., Workspace],
) -> None:
    """Two mm from the edge, words are in the file and visible, but not on paper."""
    caught = cast(
        workspace(
            {
                "styles/clinic.css": (
                    ".message { position: absolute; left: -18mm; top: 150mm; width: 60mm }"
                )
            }
        )
    )
    assert caught.laid_out == ("'One message.' is 4.4 mm outside the printable area of page 1",)
    assert (caught.glyphs, caught.read_back) == ((), ())


def test_a_page_is_named_once_for_words_that_are_outside_twice() -> None:
    """Two cells of a table may have the same words."""
    twice = [TextOut("10 mg", page, 3.0) for page in (2, 2, 3)]
    [problem] = outside_problems(twice)
    assert problem.message == "'10 mg' is 3.0 mm outside the printable area of pages 2, 3"


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ((2,), "page 2"),
        ((1, 2, 3), "pages 1, 2, 3"),
        ((2, 3, 4, 5), "pages 2 to 5"),
        ((1, 3, 5, 9), "pages 1, 3, 5, 9"),
    ],
)
def test_no_page_between_those_with_a_fault_is_named(pages: tuple[int, ...], words: str) -> None:
    """Who looks at page 2 for a fault of pages 1 and 3 finds none there."""
    [problem] = outside_problems([TextOut("10 mg", page, 3.0) for page in pages])
    assert problem.message.endswith(f"outside the printable area of {words}")


def test_only_the_layout_tells_that_a_box_cuts_a_line_a_little(
    workspace: Callable[..., Workspace],
) -> None:
    """The feet of the letters are cut; they can be read back, and most of their ink is visible."""
    caught = cast(workspace({"styles/clinic.css": ".message { height: 0.95em; overflow: hidden }"}))
    assert len(caught.laid_out) == 1
    assert caught.laid_out[0].startswith("'One message.' on page 1 is cut off: it sticks ")
    assert (caught.glyphs, caught.read_back) == ((), ())


def test_only_the_glyphs_tell_that_another_font_stands_in(
    workspace: Callable[..., Workspace],
) -> None:
    """A bold font without the letter takes it from the regular one, and the words are visible."""
    clinic = workspace({"content/handouts/tiny.yaml": ACCENT})
    lacking(clinic, BOLD, "\u00e9")
    caught = cast(clinic)
    assert (caught.laid_out, caught.read_back) == ((), ())
    [problem] = caught.glyphs
    assert problem.message == (
        "the character '\u00e9' (U+00E9 LATIN SMALL LETTER E WITH ACUTE) is not in "
        "the font chosen for it, Atkinson Hyperlegible (fonts/AtkinsonHyperlegible-Bold.ttf)"
    )
    assert "It is in " in problem.hint
    assert "AtkinsonHyperlegible-Regular.ttf" in problem.hint
    assert problem.location is not None
    assert (
        problem.location.file.rpartition("/")[2],
        problem.location.line,
        problem.location.column,
    ) == ("tiny.yaml", 2, 8)


@pytest.mark.parametrize(
    ("template", "old", "new", "fault"),
    [
        (
            "templates/handout.html",
            '<p class="message">{{ edition.message|marked }}</p>',
            "",
            "a sentence is not on the page: 'One message.'",
        ),
        (
            "templates/handout.html",
            "<h2>{{ section.title|marked }}</h2>",
            "<h2>...</h2>",
            "a sentence is not on the page: 'What is this?'",
        ),
        (
            "templates/blocks/text.html",
            "{{ block.text|marked }}",
            "For everyone here.",
            "a sentence is not on the page: 'For kidneys here.'",
        ),
        (
            "templates/handout.html",
            '<p class="message">{{ edition.message|marked }}</p>',
            '<p class="message" style="visibility: hidden">{{ edition.message|marked }}</p>',
            "a sentence is not on the page: 'One message.'",
        ),
        (
            "templates/blocks/flags.html",
            "{{ flag.text|marked }}",
            "See your card.",
            "the red flag 'chest' is not on the page: 'Chest pain'",
        ),
        (
            "templates/handout.html",
            "<h1>{{ edition.title|marked }}</h1>",
            "<h1>{{ edition.message|marked }}</h1><p>{{ edition.title|marked }}</p>",
            "a sentence is in the wrong place: 'One message.'",
        ),
    ],
)
def test_only_reading_back_tells_what_a_template_left_out_or_moved(
    workspace: Callable[..., Workspace], template: str, old: str, new: str, fault: str
) -> None:
    """The rest of the page is well laid out and in the right fonts; no box has what is lost."""
    text = (BUILTIN / template).read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    if "in the wrong place" in fault:
        text = text.replace('<p class="message">{{ edition.message|marked }}</p>', "", 1)
    caught = cast(workspace({template: text}))
    assert (caught.laid_out, caught.glyphs) == ((), ())
    assert caught.read_back == (f"handout of tiny for ckd: {fault}",)


PHONES = "emergency: '911'\nphone: 555-0100\nafter_hours: 555-0199\n"


@pytest.mark.parametrize(
    ("kind", "tier", "template", "old", "number"),
    [
        ("handout", "today", "tier-head.html", "{{ dial(clinic[edition.calls]) }}", "555-0100"),
        ("card", "today", "card-front.html", "{{ dial(clinic[edition.calls]) }}", "555-0100"),
        ("card", "now", "card-front.html", "{{ dial(clinic[edition.calls]) }}", "555-0100"),
        ("card", "now", "card-back.html", "{{ dial(clinic.after_hours) }}", "555-0199"),
    ],
)
def test_a_number_to_call_that_a_template_leaves_out_is_missed(
    workspace: Callable[..., Workspace], kind: str, tier: str, template: str, old: str, number: str
) -> None:
    """The clinic's numbers beside the flags are as much part of the page as the flags."""
    text = (BUILTIN / "templates/blocks" / template).read_text(encoding="utf-8")
    assert old in text
    content = {
        "content/clinic.yaml": PHONES,
        "content/handouts/tiny.yaml": TINY.replace("tier: now", f"tier: {tier}"),
    }
    for files, flaws in (
        (content, []),
        ({**content, f"templates/blocks/{template}": text.replace(old, "")}, [number]),
    ):
        job, served = job_of(workspace(files), kind)
        done = do_job(job, served)
        # The masthead of a handout has the number, too.
        fault = "is in the wrong place" if kind == "handout" else "is not on the card"
        assert [problem.message for problem in done.problems] == [
            f"{kind} of tiny for ckd: a sentence {fault}: '{n}'" for n in flaws
        ]


LEFT_OUT = [
    (
        "handout",
        "templates/blocks/flags.html",
        "{{ flag.text|marked }}",
        "handout of tiny for ckd: the red flag 'chest' is not on the page: 'Chest pain'",
    ),
    (
        "handout",
        "templates/blocks/footer.html",
        "{{ code }}",
        "handout of tiny for ckd: the page for a screen does not show 'T-CKD-EN-",
    ),
    (
        "card",
        "templates/blocks/card-front.html",
        "{{ flag.short|marked }}",
        "card of tiny for ckd: the red flag 'chest' is not on the card: 'Chest pain'",
    ),
    (
        "card",
        "templates/blocks/card-foot.html",
        "{{ words.card_draft }}",
        "card of tiny for ckd: the page for a screen does not show 'Draft, not reviewed",
    ),
]


OTHERWISE = [
    (
        "handout.html",
        "{{ edition.title|words_only }}</title>",
        "Take 50 pills</title>",
        "the title of the page for a screen is 'Take 50 pills'",
    ),
    (
        "blocks/text.html",
        "<p",
        '<p aria-label="All is well"',
        "a screen reader would say 'All is well'",
    ),
    (
        "blocks/text.html",
        "{{ block.text|marked }}",
        "<del>{{ block.text|marked }}</del>",
        "shows text as struck out or added (<del>)",
    ),
    (
        "blocks/table.html",
        "{{ block.columns[loop.index0]|words_only }}",
        "Walk for 99 hours",
        "a cell is shown below 'Walk for 99 hours'",
    ),
]


@pytest.mark.parametrize(("template", "old", "new", "fault"), OTHERWISE)
def test_a_page_for_a_screen_has_no_words_beside_its_text(
    workspace: Callable[..., Workspace],
    today: dt.date,
    template: str,
    old: str,
    new: str,
    fault: str,
) -> None:
    """A title, a column's name, words for a screen reader and struck-out text are compared too."""
    text = (BUILTIN / "templates" / template).read_text(encoding="utf-8")
    assert old in text
    table = f"{TINY}      - table: {{columns: [Week, Steps], rows: [[one, two]]}}\n"
    for page, count in ((text, 0), (text.replace(old, new), 1)):
        clinic = workspace({"content/handouts/tiny.yaml": table, f"templates/{template}": page})
        flags = {
            "handouts": ("tiny",),
            "audience": ("ckd",),
            "kind": ("handout",),
            "format": ("html",),
            "output": str(clinic.root / "out"),
        }
        built = build(resolve(flags, clinic), clinic, today)
        errors = [
            problem.message for problem in built.problems if problem.severity is Severity.ERROR
        ]
        assert len([message for message in errors if fault in message]) == count, errors


@pytest.mark.parametrize(("kind", "template", "old", "fault"), LEFT_OUT)
def test_a_page_for_a_screen_is_read_back_too(
    workspace: Callable[..., Workspace],
    today: dt.date,
    kind: str,
    template: str,
    old: str,
    fault: str,
) -> None:
    """A build of HTML alone is refused too when a template has left something out."""
    text = (BUILTIN / template).read_text(encoding="utf-8")
    assert old in text
    for files, faults in (({}, []), ({template: text.replace(old, "")}, [fault])):
        clinic = workspace(files)
        flags = {
            "handouts": ("tiny",),
            "audience": ("ckd",),
            "kind": (kind,),
            "format": ("html",),
            "output": str(clinic.root / "out"),
        }
        built = build(resolve(flags, clinic), clinic, today)
        errors = [
            problem.message for problem in built.problems if problem.severity is Severity.ERROR
        ]
        assert [
            message[: len(part)] for message, part in zip(errors, faults, strict=True)
        ] == faults
        assert len(built.printed) == 1 - len(faults)


HIDDEN = "'One message.' on page 1 cannot be seen: only 0 % of its ink is visible"
STYLES = {
    ".message { color: #fff }": HIDDEN,
    ".message { color: transparent }": HIDDEN,
    ".message { display: none }": "handout of tiny for ckd: a sentence is not on the page: 'One message.'",
    '.masthead::after { content: ""; position: absolute; left: 0; top: 24mm; width: 170mm; height: 16mm; background: #fff }': "cannot be seen: only 0 % of its ink is visible",
    ".message { color: #999 }": "'One message.' on page 1 has a contrast of 2.8:1 in colour and 2.8:1 in grey; text needs at least 4.5:1",
    ".message { color: #d00000; background: #3a3a3a }": HIDDEN,
    (".message { color: #ffffff; background: #8a8a8a }"): (
        "'One message.' on page 1 has a contrast of 3.5:1 in colour and 3.5:1 in grey"
    ),
    ".message { font-size: 10pt }": (
        "'One message.' on page 1 is set in 10.0 pt; nothing may be smaller than 12 pt here"
    ),
    ".code, .this-code { display: none }": "page 1 does not show 'T-CKD-EN-",
    ".foot-draft { display: none }": "page 1 does not show 'Draft: no clinician has reviewed this text'",
    ".message { font-family: Arial }": "a style chooses the font 'Arial' for 'One message.', but the workspace has no such font",
    ".message { height: 0; overflow: hidden }": "'One message.' on page 1 is cut off: it sticks 6.6 mm out of the box around it",
    ".message { position: absolute; clip: rect(0, 20mm, 20mm, 5mm) }": "'One message.' on page 1 is cut off: it sticks ",
    ".message { transform: translateX(160mm) }": " mm outside the printable area of page 1",
    ".message { transform: rotate(90deg) translateX(360mm) }": " mm outside the printable area of page 1",
    ".message { margin-top: -40pt }": "overlap on page 1",
    "h1 { position: relative; left: 70mm }": "overlap on page 1",
    ".message { transform: scaleX(-1) }": "'One message.' on page 1 is mirrored, upside down or slanted",
    ".message { transform: rotate(180deg) }": "'One message.' on page 1 is mirrored, upside down or slanted",
    ".message { transform: skewX(70deg) }": "'One message.' on page 1 is mirrored, upside down or slanted",
    ".message { transform: scale(0.3, 1) }": "'One message.' on page 1 is set in 4.5 pt; nothing may be smaller than 12 pt here",
    ".message { text-decoration: underline line-through }": "'One message.' on page 1 is struck out",
    ".message { position: absolute; top: 90mm; text-decoration: line-through }": "'One message.' on page 1 is struck out",
    ".message { text-transform: uppercase }": "`text-transform: uppercase` prints other letters than the text has",
    ".message { font: small-caps 13pt 'Atkinson Hyperlegible' }": "prints other letters than the text has",
    ":root { --t: small-caps } .message { font-variant-caps: var(--t) }": "is printed in other letters than it is written in (font-variant-caps: small-caps)",
    ".message { letter-spacing: -6pt }": "'One message.' on page 1 is set so close that its letters or words overlap",
    ".message { word-spacing: -1em }": "'One message.' on page 1 is set so close that its letters or words overlap",
}


@pytest.mark.parametrize("style", STYLES)
def test_a_style_that_hides_a_text_stops_the_print(
    workspace: Callable[..., Workspace], style: str
) -> None:
    """Whatever way a clinic's style hides them, the words are named, and no page is printed."""
    clinic = workspace({"styles/clinic.css": style})
    job, files = job_of(clinic)
    flaws, done = check_design(open_design(clinic), clinic), do_job(job, files)
    messages = [
        problem.message
        for problem in (*flaws, *done.problems)
        if problem.severity is Severity.ERROR
    ]
    assert [message for message in messages if STYLES[style] in message], messages
    assert flaws or not done.printed


@pytest.mark.parametrize("how", ["upper", "lower", "title", "capitalize"])
@pytest.mark.parametrize("form", ["pdf", "html"])
def test_a_template_that_changes_capitals_stops_the_print(
    workspace: Callable[..., Workspace], how: str, form: str, today: dt.date
) -> None:
    """A filter of a clinic's own template cannot print other letters, on paper or on a screen."""
    text = TINY.replace("For kidneys here.", "For McBride and CKD here.")
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": text,
            "templates/blocks/text.html": f"<p>{{{{ block.text|words_only|{how} }}}}</p>\n",
        }
    )
    flags = {"handouts": ("tiny",), "audience": ("ckd",), "kind": ("handout",), "format": (form,)}
    built = build(resolve(flags, clinic), clinic, today)
    (problem,) = [problem for problem in built.problems if problem.severity is Severity.ERROR]
    assert (
        "a sentence is printed with other capitals than it is written with: "
        "'For McBride and CKD here.'"
    ) in problem.message
    assert problem.location is not None
    assert problem.location.line == 16
    assert built.printed == ()


def test_no_net_catches_letters_that_can_be_read(workspace: Callable[..., Workspace]) -> None:
    """Underlined, a little closer, a little slanted, or up the side of a page is allowed."""
    style = (
        "h1 { letter-spacing: -0.03em; text-decoration: underline } h2 { transform: "
        "skewX(-12deg) } .badge { transform: rotate(-90deg); width: 20mm }"
    )
    assert cast(
        workspace({"styles/clinic.css": f"{style} .masthead {{ padding-top: 45mm }}"})
    ) == Caught((), (), ())


NUMBER = TINY.replace("For kidneys here.", "'Walk 15 minutes or **1,500** steps.'")
DIGITS = {
    (
        'section p { position: relative } section p::after { content: ""; position: '
        "absolute; left: 2.9em; top: 0; width: 0.5em; height: 1.3em; background: #fff }"
    ): ("the '5' in 'Walk 15 minutes or' on page 1 is covered or cut off"),
    (
        "section p { overflow: hidden; border-radius: 25mm 0 0 0 / 100% 0 0 0 }"
    ): "on page 1 is covered or cut off",
}


@pytest.mark.parametrize("style", DIGITS)
def test_a_style_that_hides_one_digit_stops_the_print(
    workspace: Callable[..., Workspace], style: str
) -> None:
    """A line that is nearly all visible may lack the digit that matters."""
    caught = cast(workspace({"content/handouts/tiny.yaml": NUMBER, "styles/clinic.css": style}))
    assert [message for message in caught.read_back if DIGITS[style] in message], caught.read_back


DRAWN = {
    "strong::before { content: ''; display: inline-block; width: 1.6pt; height: 1.6pt; background: #111; margin: 0 1pt }": "right beside the number '1,500'",
    "strong::after { content: ''; display: inline-block; width: 1.6pt; height: 8pt; background: #111; margin: 0 1pt }": "right beside the number '1,500'",
    "strong { border-left: 0.8pt solid #111; padding-left: 1pt }": "right beside the number '1,500'",
    "strong { background: linear-gradient(#111, #111) no-repeat 0 45%; background-size: 0.3em 1pt; padding-left: 0.4em }": "right beside the number '1,500'",
    'section p { position: relative } section p::after { content: ""; position: absolute; left: 0; top: 50%; width: 90mm; height: 1pt; background: #111 }': "is drawn through 'Walk 15 minutes or",
    "section p { text-decoration: underline; text-underline-offset: -0.33em }": "has a line drawn through or along its letters (text-underline-offset: below 0)",
    "section p { text-decoration: underline; text-decoration-thickness: 0.3em }": "(text-decoration-thickness: too thick)",
    "section p { text-decoration: overline }": "has a line drawn through or along its letters (text-decoration: overline)",
    "strong { letter-spacing: 0.7em }": "'1,500' on page 1 has gaps between its digits (letter-spacing: 0.70em)",
}


@pytest.mark.parametrize("style", DRAWN)
def test_a_style_that_draws_on_or_beside_a_number_stops_the_print(
    workspace: Callable[..., Workspace], style: str
) -> None:
    """Other ink reads as a point, a sign or a digit, or strikes a word out.

    Digits set apart read as several numbers.
    """
    caught = cast(workspace({"content/handouts/tiny.yaml": NUMBER, "styles/clinic.css": style}))
    assert [message for message in caught.read_back if DRAWN[style] in message], caught.read_back


def test_a_digit_on_an_underline_or_a_fill_is_seen(workspace: Callable[..., Workspace]) -> None:
    """A line under a number, and light colours behind it, hide nothing of it."""
    style = "section p { text-decoration: underline } strong { background: #ffe; color: #036 }"
    assert cast(
        workspace({"content/handouts/tiny.yaml": NUMBER, "styles/clinic.css": style})
    ) == Caught((), (), ())


ORDINARY = """h2 { border-bottom: 1pt solid #134b5f; padding-bottom: 2pt }
td, th { border: 0.5pt solid #888; padding: 3pt 6pt }
.message { background: #eef3f5; padding: 6pt }
strong { text-decoration: underline }
"""


def test_an_ordinary_style_of_a_clinic_prints(workspace: Callable[..., Workspace]) -> None:
    """Rules under headings, boxes around cells, tints and underlines are common, and no problem."""
    strong = THREE.replace("For kidneys here.", "'Walk 15 minutes or **1,500** steps.'")
    text = strong + DOSES + ZONES
    clinic = workspace({"content/handouts/tiny.yaml": text, "styles/clinic.css": ORDINARY})
    job, files = job_of(clinic, size="large", paper="a4")
    done = do_job(job, files)
    assert (done.problems, len(done.printed)) == ((), 1)


DOSES = """      - table:
          columns: [Medicine, Morning, Night]
          rows: [[Sevelamer, "1", "2"], [Calcium, "3", "0"]]
"""
WIDE = "table { table-layout: fixed; width: 100% } "


@pytest.mark.parametrize(
    "style",
    [
        "td:nth-child(2) { text-indent: 52mm }",
        "td:nth-child(2) { text-align: right }",
        "td:nth-child(2) { padding-left: 50mm }",
        "thead th:nth-child(2) { padding-left: 45mm }",
    ],
)
def test_a_value_that_stands_under_another_columns_heading_stops_the_print(
    workspace: Callable[..., Workspace], style: str
) -> None:
    """A reader would take the morning's tablets at night."""
    clinic = workspace(
        {"content/handouts/tiny.yaml": TINY + DOSES, "styles/clinic.css": WIDE + style}
    )
    job, files = job_of(clinic)
    messages = [problem.message for problem in do_job(job, files).problems]
    assert [said for said in messages if "the heading of its column" in said], messages


@pytest.mark.parametrize(
    "style",
    [
        "",
        "tbody td, thead th { text-align: right }",
        "td:nth-child(n + 2), th:nth-child(n + 2) { text-align: center }",
        "td { padding-left: 6mm } th { padding-left: 2mm }",
    ],
)
def test_a_table_whose_headings_are_aligned_as_its_cells_prints(
    workspace: Callable[..., Workspace], style: str
) -> None:
    """On the left, on the right or in the middle, each value is below its own heading."""
    clinic = workspace(
        {"content/handouts/tiny.yaml": TINY + DOSES, "styles/clinic.css": WIDE + style}
    )
    job, files = job_of(clinic)
    assert do_job(job, files).problems == ()


SAID_MORE = {
    '[data-flag]::before { content: "Do NOT worry about: " }': "words are added beside the red flag 'chest' that are not in the handout: 'donotworryabout:'",
    '[data-flag]::after { content: " is harmless" }': "words are added beside the red flag 'chest' that are not in the handout: 'isharmless'",
    '.badge::before { content: "Not " }': "words are added that are not in the handout: 'not'",
    '.foot-draft::before { content: "Approved. Was: " }': "shows words that a screen reader would not read out: 'approved.was",
    ".tier-now { position: relative; top: 24mm } .tier-today { position: relative; top: -24mm }": "the tier 'today' is printed above 'now', but read out after it",
    "@page { size: A5 landscape }": "210 x 148 mm, but the paper is 216 x 279 mm",
    ".foot-qr svg { width: 2mm; height: 2mm }": "the QR code of page 1 cannot be read, but the edition code is T-CKD-EN-",
}


@pytest.mark.parametrize("style", SAID_MORE)
def test_a_style_that_says_more_or_other_than_the_edition_stops_the_print(
    workspace: Callable[..., Workspace], style: str
) -> None:
    """Words beside a flag can reverse its meaning; text painted in another order is read so."""
    caught = cast(workspace({"content/handouts/tiny.yaml": THREE, "styles/clinic.css": style}))
    assert [message for message in caught.read_back if SAID_MORE[style] in message], (
        caught.read_back
    )


@pytest.mark.parametrize(
    ("template", "old", "new", "fault"),
    [
        (
            "templates/blocks/flags.html",
            "{% for flag in block.flags %}",
            "{% for flag in edition.flags %}",
            "words are added beside the red flag",
        ),
        (
            "templates/blocks/footer.html",
            "{{ words.draft }}",
            "{{ words.draft }} Not any more.",
            "shows words that a screen reader would not read out: 'notanymore",
        ),
        (
            "templates/handout.html",
            "{{ edition.title|words_only }}</title>",
            "Another handout</title>",
            "the title of the file is 'Another handout'",
        ),
        (
            "templates/handout.html",
            'lang="{{ edition.language }}"',
            'lang="es"',
            "the language of the file is 'es', but the text is written in 'en'",
        ),
    ],
)
def test_a_template_that_says_more_or_other_than_the_edition_stops_the_print(
    workspace: Callable[..., Workspace], template: str, old: str, new: str, fault: str
) -> None:
    """Flags under another tier, another code, a hidden draft, another title or language."""
    text = (BUILTIN / template).read_text(encoding="utf-8")
    assert old in text
    caught = cast(
        workspace({"content/handouts/tiny.yaml": THREE, template: text.replace(old, new)})
    )
    assert [message for message in caught.read_back if fault in message], caught.read_back


def test_a_page_has_no_other_qr_code_than_its_own(workspace: Callable[..., Workspace]) -> None:
    """A second code would lead a scanner to another text, or elsewhere."""
    text = (BUILTIN / "templates/blocks/footer.html").read_text(encoding="utf-8")
    for other in ('"AB-XX-EN-3333333"', '"HTTPS://EXAMPLE.ORG/50"', "code ~ code"):
        clinic = workspace(
            {"templates/blocks/footer.html": text.replace("qr(code)", f"qr({other})")}
        )
        reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
        with pytest.raises(TeachbackError, match="a template asks for a QR code that says"):
            compose_job(
                print_context(clinic, reading, resolve({}, clinic)),
                JobOrder("tiny", ("ckd",), "handout", ("pdf",)),
            )


def test_a_template_that_has_other_words_read_out_than_it_shows_stops_the_print(
    workspace: Callable[..., Workspace],
) -> None:
    """The spoken replacement of a sign must not replace words."""
    text = (BUILTIN / "templates/blocks/flags.html").read_text(encoding="utf-8")
    spoilt_tier = text.replace("<li data-flag", '<li data-actualtext="All is well" data-flag')
    with pytest.raises(
        TeachbackError, match="a screen reader would say 'All is well' instead of the words"
    ):
        cast(workspace({"templates/blocks/flags.html": spoilt_tier}))


CARD_STYLES = {
    ".card li { color: #fff }": "'Chest pain' on page 1 cannot be seen: only 0 % of its ink is visible",
    ".card li { display: none }": "the red flag 'chest' is not on the card: 'Chest pain'",
    ".card-foot { font-size: 6pt }": "is set in 6.0 pt; nothing may be smaller than 8 pt here",
    ".code { display: none }": "card of tiny for ckd does not show 'T-CKD-EN-",
}


@pytest.mark.parametrize("style", CARD_STYLES)
def test_a_style_that_hides_a_flag_stops_the_card(
    workspace: Callable[..., Workspace], style: str, today: dt.date
) -> None:
    """A card with a flag that cannot be read is not printed."""
    clinic = workspace({"styles/clinic.css": style})
    settings = resolve(
        {
            "handouts": ("tiny",),
            "audience": ("ckd",),
            "kind": ("card",),
            "output": str(clinic.root / "out"),
        },
        clinic,
    )
    built = build(settings, clinic, today)
    messages = [problem.message for problem in built.problems if problem.severity is Severity.ERROR]
    assert [message for message in messages if CARD_STYLES[style] in message], messages
    assert not list((clinic.root / "out").rglob("*.pdf"))


def spoilt(data: bytes, spoil: Callable[[pikepdf.Pdf], object]) -> bytes:
    """Return a copy of a PDF with a change in it."""
    with pikepdf.open(io.BytesIO(data)) as document:
        spoil(document)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def rename_fonts(document: pikepdf.Pdf) -> None:
    """Rename every font."""
    for item in document.objects:
        if (
            isinstance(item, pikepdf.Dictionary)
            and item.get("/Type") == "/Font"
            and "/BaseFont" in item
        ):
            item.BaseFont = pikepdf.Name("/ABCDEF+DejaVu-Sans")


def drop_last_text(document: pikepdf.Pdf) -> None:
    """Remove the text object of the paragraph from page 1."""
    page = document.pages[0]
    steps = list(pikepdf.parse_content_stream(page))
    marks = [index for index, step in enumerate(steps) if str(step.operator) == "TJ"]
    del steps[marks[7]]
    page.Contents = document.make_stream(pikepdf.unparse_content_stream(steps))


def test_a_font_that_is_not_ours_is_found_in_the_file(workspace: Callable[..., Workspace]) -> None:
    """It is found by its name in the printed file, however it got there."""
    job, files = job_of(workspace())
    layout = renderer.lay_out(job.handout, files, renderer.Fonts())
    found, _ = prove(
        spoilt(renderer.write(layout), rename_fonts),
        job.handout,
        layout,
        job.expected[0],
        served=files,
    )
    assert {problem.message for problem in found} == {
        "the printed file uses the font 'DejaVu-Sans', which is not in the workspace"
    }


def test_words_that_are_missing_from_the_file_are_found(
    workspace: Callable[..., Workspace],
) -> None:
    """They are found although the page was laid out with them."""
    job, files = job_of(workspace())
    layout = renderer.lay_out(job.handout, files, renderer.Fonts())
    found, _ = prove(
        spoilt(renderer.write(layout), drop_last_text),
        job.handout,
        layout,
        job.expected[0],
        served=files,
    )
    assert len(found) == 1
    assert " is not on the page: '" in found[0].message


def tokens(*texts: str) -> list[Token]:
    """Return texts as read from a page, one block each."""
    return [Token(text, number) for number, text in enumerate(texts)]


def test_each_sentence_has_its_turn_even_if_it_is_said_twice() -> None:
    """A sentence that is in the edition twice must be read twice."""
    from teachback.errors import Location
    from teachback.proofing.expected_text import ExpectedSentence

    def expected(*words: str) -> Expected:
        return Expected(
            "page", Location("x.yaml"), tuple(ExpectedSentence(text) for text in words), (), 12.0
        )

    assert not list(text_problems(tokens("One.", "Two.", "One."), expected("One.", "Two.", "One.")))
    [problem] = text_problems(tokens("One.", "Two."), expected("One.", "Two.", "One."))
    assert problem.message == "page: a sentence is in the wrong place: 'One.'"


def test_line_breaks_hyphens_and_capitals_are_no_difference() -> None:
    """A page may set these differently without a change of meaning."""
    assert comparison_key("Dial-\u00adMag  trial\n") == comparison_key("dial\u0002mag trial")
    assert comparison_key("Call 555-\u00ad 0100, well-known") == comparison_key(
        "call 555\u0002 0100, wellknown"
    )
    assert comparison_key("I\u015eIK \u0130L\u0130K") == comparison_key("\u0131\u015f\u0131k ilik")
    assert comparison_key("\u0390\u03c2".upper()) == comparison_key("\u0390\u03c2")
    assert comparison_key("Do not take it.") != comparison_key("Do take it.")
    assert comparison_key("Take 1-2 tablets.") != comparison_key("Take 12 tablets.")


def test_a_flag_that_is_lost_on_the_way_to_the_sheet_is_found(
    workspace: Callable[..., Workspace],
) -> None:
    """Cards are proved before they are laid on sheets, and the sheet is read once more."""
    job, files = job_of(workspace(), "card")
    [card] = [printed.data for printed in do_job(job, files).printed if printed.form == "pdf"]
    assert not list(card_sheet_problems(read_words(card), job.expected, backs=True))

    def blank(document: pikepdf.Pdf) -> None:
        document.pages[0].Contents = document.make_stream(b"")

    flaws = [
        problem.message
        for problem in card_sheet_problems(
            read_words(spoilt(card, blank)), job.expected, backs=True
        )
    ]
    assert "card of tiny for ckd: the red flag 'chest' is not on the sheet: 'Chest pain'" in flaws


def test_a_red_flag_that_is_said_elsewhere_too_is_still_missed(
    workspace: Callable[..., Workspace],
) -> None:
    """The sentence must be where the edition has it; the same words elsewhere do not count."""
    text = (BUILTIN / "templates/blocks/flags.html").read_text(encoding="utf-8")
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": TINY.replace("ckd: For kidneys here.", "ckd: Chest pain"),
            "templates/blocks/flags.html": text.replace("{{ flag.text|marked }}", "See your card."),
        }
    )
    assert [
        message
        for message in cast(clinic).read_back
        if "'chest'" in message or "Chest pain" in message
    ]


DISC = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="40mm" height="40mm">'
    '<circle cx="4.5" cy="4.5" r="4" fill="#999"/></svg>'
)
BESIDE = "      - {{figure: images/drip.svg, alt: A disc, width: 40, beside: {}}}\n"
SIT = "      - steps: [{text: Sit., figure: images/arms.svg, alt: Arms}, Stand.]\n"
COVERED = {
    "      - checklist: [Keys, Pills]\n": "lies on the mark of 'Keys'",
    "      - list: [{text: Keys, list: [Car]}, Pills]\n": "lies on the mark of 'Keys Car'",
    "      - steps: [Keys, Pills]\n": "lies on the mark of 'Keys'",
    SIT: "lies on the mark of 'Sit.'",
}


def beside(workspace: Callable[..., Workspace], side: str, more: str, **files: str) -> Workspace:
    """Return a workspace whose handout has a picture beside blocks."""
    pictures = dict.fromkeys(("content/images/drip.svg", "content/images/arms.svg"), DISC)
    handout = TINY + BESIDE.format(side) + more
    return workspace({"content/handouts/tiny.yaml": handout, **pictures, **files})


@pytest.mark.parametrize("block", COVERED)
def test_the_marks_of_a_list_stand_clear_of_a_picture_beside_it(
    workspace: Callable[..., Workspace], block: str
) -> None:
    """Under a style that lets them lie on each other, the print stops and names the entry."""
    job, files = job_of(beside(workspace, "start", block), size="large")
    assert do_job(job, files).problems == ()
    undone = "section > * { display: block !important; clear: none !important }"
    caught = cast(beside(workspace, "start", block, **{"styles/clinic.css": undone}))
    wanted = f"the picture content/images/drip.svg on page 1 {COVERED[block]}"
    assert wanted in caught.read_back


def test_a_list_stands_beside_a_picture_that_has_a_width(
    workspace: Callable[..., Workspace],
) -> None:
    """Its words begin in one column, also those that reach below the picture."""
    entries = ", ".join(f"Entry {'of words ' * 12}{number}" for number in range(9))
    job, files = job_of(beside(workspace, "start", f"      - list: [{entries}]\n"))
    (file,) = do_job(job, files).printed
    runs = read_pages(file.data, 20)[0].runs
    heading = next(run for run in runs if run.words.startswith("What is this"))
    lines = [run for run in runs if "of words" in run.words]
    assert len(lines) >= 18
    assert lines[0].bounds[1] - lines[-1].bounds[1] > 113
    starts = [run.bounds[0] for run in lines]
    assert max(starts) - min(starts) < 1
    assert min(starts) > heading.bounds[0] + 113


def test_a_picture_of_a_step_is_not_drawn_on_another_picture(
    workspace: Callable[..., Workspace],
) -> None:
    """Under a style that lets it, the print stops and names both."""
    job, files = job_of(beside(workspace, "end", SIT))
    assert do_job(job, files).problems == ()
    undone = "section > ol { clear: none !important }"
    caught = cast(beside(workspace, "end", SIT, **{"styles/clinic.css": undone}))
    wanted = "the picture content/images/arms.svg on page 1 lies on content/images/drip.svg"
    assert wanted in caught.read_back


def test_a_proof_is_asked_for(workspace: Callable[..., Workspace], today: dt.date) -> None:
    """A build without --proof does not report what could merely look better."""
    clinic = workspace({"styles/clinic.css": ".message { color: #666666 }"})
    built = build(
        resolve({"handouts": ("tiny",), "output": str(clinic.root / "out")}, clinic),
        clinic,
        today,
    )
    assert (built.problems, built.proofs) == ((), {})
    assert built.printed


SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
    '<rect width="9" height="9" fill="{}"/></svg>'
)


def test_another_picture_gives_another_code_wherever_it_lies(
    workspace: Callable[..., Workspace],
) -> None:
    """A page may show any picture below content/, so a changed picture changes the code."""
    pictured = f"{TINY}      - {{figure: drawings/leg.svg, alt: A leg}}\n"
    codes = [
        job_of(
            workspace(
                {
                    "content/handouts/tiny.yaml": pictured,
                    "content/drawings/leg.svg": SQUARE.format(color),
                }
            )
        )[0].code
        for color in ("#111111", "#222222", "#111111")
    ]
    assert codes[0] == codes[2] != codes[1]


@pytest.mark.parametrize("kind", ["handout", "card"])
def test_a_word_that_is_parted_at_the_end_of_a_line_is_printed(
    kind: str, workspace: Callable[..., Workspace], today: dt.date
) -> None:
    """The hyphen is one of the shipped fonts, and the sentence is read back whole."""
    parted = "Chest pain " + "hyper\u00adkal\u00ademia" * 6
    clinic = workspace({"content/handouts/tiny.yaml": TINY.replace("Chest pain", parted)})
    flags = {
        "handouts": ("tiny",),
        "kind": (kind,),
        "audience": ("ckd",),
        "output": str(clinic.root / "out"),
    }
    outcome = build(resolve(flags, clinic), clinic, today)
    assert not outcome.problems
    assert outcome.outputs


LINK = "      - link: https://example.org/read-more\n        title: Read more about kidneys\n"


@pytest.mark.parametrize(
    ("template", "flaws"),
    [
        ("{{ qr(block.address) }}", []),
        ("", ["no QR code on the pages leads to 'https://example.org/read-more'"]),
    ],
)
def test_the_qr_code_of_a_link_is_read_as_a_scanner_reads_it(
    workspace: Callable[..., Workspace], template: str, flaws: list[str]
) -> None:
    """A code that is left out, or too small, would lead a reader nowhere."""
    own = (BUILTIN / "templates/blocks/link.html").read_text(encoding="utf-8")
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": TINY + LINK,
            "templates/blocks/link.html": own.replace("{{ qr(block.address) }}", template),
        }
    )
    job, served = job_of(clinic, "handout")
    found = [problem.message for problem in do_job(job, served).problems]
    assert found == flaws
