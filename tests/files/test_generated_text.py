"""Styles and templates add no number, sign or word to what the edition says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.commands.build import build
from teachback.content.loader import read_handouts
from teachback.errors import Severity, TeachbackError
from teachback.files.generated_text import generated_text_problems
from teachback.files.workspace import Workspace, builtin_root, handout_files
from teachback.merge.stamping.cover_page import cover_template
from teachback.pdf import renderer
from teachback.printing.design import check_design, open_design
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.job_printer import do_job
from teachback.units import Paper

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

pytestmark = pytest.mark.slow

BUILTIN = builtin_root()
NUMBERS = (
    TINY.replace("text: Chest pain", "text: Weight up by more than 5")
    + """\
      - checklist:
          - 2 days without sleep is a lot
          - Call us after 3
          - Walk **1 mile**
      - steps:
          - 5 tablets at most
          - Then wait
      - table:
          columns: [Week, Steps]
          rows: [["1", "2000"], ["2", "3 500"]]
"""
)


def printed(clinic: Workspace, kind: str = "handout") -> tuple[list[str], str]:
    """Print the tiny handout for ckd, and return problems and words.

    Its style sheets are not checked first.
    """
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    assert not reading.problems
    context = print_context(clinic, reading, resolve({}, clinic))
    try:
        job = compose_job(context, JobOrder("tiny", ("ckd",), kind, ("pdf",)))
    except TeachbackError as error:
        return [problem.message for problem in error.problems], ""
    done = do_job(job, context.files)
    pages = [file.data for file in done.printed if file.form == "pdf"]
    return [problem.message for problem in done.problems], words_of(pages[0]) if pages else ""


def words_of(data: bytes) -> str:
    """Return all visible letters of a PDF, without white space and edition codes.

    Each design has its own edition code.
    """
    with pypdfium2.PdfDocument(data) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
        return re.sub(r"T-CKD-EN-[0-9A-Z]{7}|[\s\x02]", "", text)


@cache
def faultless(handout: str, kind: str = "handout") -> bool:
    """Tell whether a handout is printed where no style or template is changed."""
    with TemporaryDirectory() as root:
        return printed(clinic_with(Path(root), "", handout), kind)[0] == []


def refused_at_once(css: str, name: str = "clinic.css") -> list[str]:
    """Return what a style sheet is refused for before layout."""
    return [problem.message for problem in generated_text_problems(css, name)]


GENERATED = [
    'li::before { content: "1" }',
    'li::after { content: "00" }',
    '[data-flag]::after { content: "0" }',
    'strong::before { content: "-" }',
    'strong::before { content: "\\2212" }',
    'strong::after { content: "/2" }',
    'li::before { content: "." }',
    'li::before { content: "~" }',
    'li::before { content: "<" }',
    'td::after { content: "%" }',
    'td::before { content: "\\31 " }',
    'h2::after { content: " 912" }',
    "h1::before { content: counter(page, upper-roman) }",
    "h1 { counter-reset: x 999999999999 } h1::before { content: counter(x) }",
    "li { counter-increment: n 7 } li::before { content: counter(n) }",
    "li::before { content: counters(list-item, '.') }",
    "li::before { content: attr(data-flag) }",
    'li { quotes: "1" "2" } li::before { content: open-quote }',
    'ul, .checklist { list-style: "1" inside }',
    'ol { list-style-type: "9. " }',
    "ol { list-style-type: upper-roman }",
    "ol { list-style-type: lower-alpha }",
    "ul, .checklist { list-style: decimal-leading-zero }",
    '@counter-style x { system: cyclic; symbols: "1" } ul, .checklist { list-style: x }',
    "ol { counter-reset: list-item 4 }",
    "li { counter-set: list-item 12 }",
    '@page { @top-left { content: "Take 12 a day" } }',
    'h1 { string-set: kept "12" } @page { @top-left { content: string(kept) } }',
    'li { width: 12mm; hyphens: auto; hyphenate-character: "0" }',
    "li { float: footnote }",
    'li { & ::before { content: "8" } &::before { content: "8" } }',
    '@layer mine { li::before { content: "8" } }',
    '@media print { li::before { content: "8" } }',
    '@supports (color: red) { li::before { content: "8" } }',
    'li::before { c\\6fntent: "8" }',
    ':root { --more: "8" } li::before { content: var(--more) }',
    'li::before { content: "8"; display: block }',
    'li::before { content: "8"; position: absolute; left: 0 }',
    'li::before { content: "8"; float: left }',
    'main::after { content: "Take 12 a day" }',
    '.message::first-letter { content: "8" } .message::before { content: "Never " }',
    'table::before { content: "10"; display: table-row }',
    'p::after { content: leader("7") }',
]  # fmt: skip


@pytest.mark.parametrize("style", GENERATED)
def test_a_style_that_generates_text_is_refused_as_it_is_read(style: str) -> None:
    """A style that generates text is refused before any page is laid out."""
    assert refused_at_once(style)


# Allowed in a style sheet for paper, at the foot of a page. A browser would print 0.
PAGE_NUMBERS = [
    "li::before { content: counter(page) }",
    "@page { @top-right { content: counter(page) } }",
]


# One style for each way onto a page, as the layout and the proof tell them apart.
REACHING = [
    'li::after { content: "00" }',
    'strong::before { content: "-" }',
    'td::before { content: "\\31 " }',
    "h1::before { content: counter(page, upper-roman) }",
    "li { counter-increment: n 7 } li::before { content: counter(n) }",
    'li { quotes: "1" "2" } li::before { content: open-quote }',
    'ul, .checklist { list-style: "1" inside }',
    "ol { list-style-type: upper-roman }",
    '@counter-style x { system: cyclic; symbols: "1" } ul, .checklist { list-style: x }',
    "li { counter-set: list-item 12 }",
    '@page { @top-left { content: "Take 12 a day" } }',
    'li { width: 12mm; hyphens: auto; hyphenate-character: "0" }',
    "li { float: footnote }",
    'li::before { content: "8"; position: absolute; left: 0 }',
    'table::before { content: "10"; display: table-row }',
    'p::after { content: leader("7") }',
]  # fmt: skip


@pytest.mark.parametrize("style", [*REACHING, *PAGE_NUMBERS])
def test_generated_text_that_gets_onto_a_page_all_the_same_stops_the_print(
    tmp_path: Path, plain: str, style: str
) -> None:
    """Each of the two checks holds without the other.

    Either printing is refused, or the pages have no letter more than without the style.
    """
    assert plain
    assert style in [*GENERATED, *PAGE_NUMBERS]
    problems, words = printed(clinic_with(tmp_path, style))
    assert problems or words == plain


@pytest.mark.parametrize(
    "style",
    ['[data-flag]::after { content: "0" }', 'ul { list-style: "1" inside }'],
)
def test_generated_text_stops_a_card(workspace: Callable[..., Workspace], style: str) -> None:
    """More than 50 is not more than 5, least of all on the card."""
    assert faultless(NUMBERS, "card")
    files = {"content/handouts/tiny.yaml": NUMBERS, "styles/clinic.css": style}
    assert printed(workspace(files), "card")[0]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the words of the pages without any clinic style."""
    return printed(clinic_with(tmp_path_factory.mktemp("plain"), ""))[1]


def clinic_with(root: Path, style: str, handout: str = NUMBERS) -> Workspace:
    """Return a workspace with a handout and a style sheet."""
    for name, text in {"content/handouts/tiny.yaml": handout, "styles/clinic.css": style}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return Workspace(root, BUILTIN)


SIGN = st.sampled_from(
    [*"0123456789-+.,/<>=%~x*", "\u2212", "\u00b7", "\u2013", "a", "not ", "\\31 ", " "]
)
VALUE = st.one_of(
    st.lists(SIGN, min_size=1, max_size=4).map(lambda signs: '"' + "".join(signs) + '"'),
    st.sampled_from(
        [
            "counter(page)",
            "counter(pages)",
            "counter(list-item)",
            "counter(x, lower-greek)",
            "attr(class)",
            "open-quote",
            "string(x)",
            '""',
            '":"',
        ]
    ),
)
ELEMENT = st.sampled_from(
    [
        "li",
        "strong",
        "td",
        "th",
        "h1",
        "h2",
        "p",
        ".message",
        ".badge",
        "table",
        "section",
        "main",
        "[data-flag]",
        ".code",
        "ol",
        "bdi",
    ]
)
WHERE = st.sampled_from(["::before", "::after", "::marker"])
MORE = st.sampled_from(
    ["", "display: block", "float: left", "position: absolute", "display: inline-block; width: 0"]
)
STYLE = st.builds("{}{} {{ content: {}; {} }}".format, ELEMENT, WHERE, VALUE, MORE)
NUMBERING = st.builds(
    "{} {{ {}: {} }}".format,
    st.sampled_from(["ul", "ol", "li", ".checklist", ".flags"]),
    st.sampled_from(["list-style", "list-style-type"]),
    st.sampled_from(
        [
            "decimal",
            "lower-roman",
            "upper-alpha",
            "decimal-leading-zero",
            "armenian",
            "cjk-decimal",
            '"1"',
            '"-"',
            "square",
            "disc inside",
            "none",
        ]
    ),
)


@settings(max_examples=10)
@given(st.one_of(STYLE, NUMBERING))
def test_any_generated_text_is_harmless_letter_for_letter_or_refused(
    tmp_path_factory: pytest.TempPathFactory, plain: str, style: str
) -> None:
    """A style that is not refused adds only bullets, colons and list numbers."""
    problems, words = printed(clinic_with(tmp_path_factory.mktemp("clinic"), style))
    if not problems:
        own = "[\u2022\u25e6\u25aa:]|[123]\\."
        assert re.sub(own, "", words) == re.sub(own, "", plain)


@pytest.mark.parametrize(
    "style",
    ["li { hyphens: auto }", "td { word-break: break-all }", "p { word-break: break-word }"],
)
def test_a_style_that_breaks_words_is_refused_as_it_is_read(style: str) -> None:
    """A reader with tired eyes does not put the halves of a word together."""
    assert [fault for fault in refused_at_once(style) if "breaks words" in fault]


def test_a_page_is_numbered_on_paper_only() -> None:
    """A browser does not count pages: it would print an extra 0 behind a number."""
    for style in PAGE_NUMBERS:
        assert refused_at_once(style, "print.css") == []
        assert refused_at_once(style, "clinic.css")
        assert refused_at_once(style, "screen.css")


HARMLESS = [
    "ul { list-style: square } ol { list-style: decimal outside }",
    "ul { list-style: square url(icons/square.svg) }",
    'h2::before { content: ""; display: inline-block; width: 3mm; height: 3mm; border: 1pt solid }',
    "h2::before { content: none } h3::before { content: normal }",
    ".claim .label::after { content: ':' }",
    "p { hyphens: manual; hyphenate-character: '-' }",
    "td { font-variant-numeric: tabular-nums lining-nums }",
    "li { content: inherit; list-style: inherit; float: none }",
    "a:hover { color: #000 } .content { margin: 0 } p { --content: 2 }",
]  # fmt: skip


def test_a_style_that_generates_nothing_is_not_refused(workspace: Callable[..., Workspace]) -> None:
    """Bullets, empty boxes, colons and tabular figures are allowed."""
    sheet = "\n".join(HARMLESS)
    assert refused_at_once(sheet) == []
    clinic = workspace({"content/handouts/tiny.yaml": NUMBERS, "styles/clinic.css": sheet})
    assert [problem.message for problem in check_design(open_design(clinic), clinic)] == []
    assert printed(clinic)[0] == []


def test_the_built_in_styles_generate_nothing() -> None:
    """A clinic's copy of a built-in style sheet is not refused."""
    sheets = sorted((BUILTIN / "styles").glob("*.css"))
    assert sheets
    assert {
        sheet.name: refused_at_once(sheet.read_text(encoding="utf-8"), sheet.name)
        for sheet in sheets
    } == {sheet.name: [] for sheet in sheets}


@pytest.mark.usefixtures("one_process")
def test_a_fault_of_a_style_is_told_with_its_place(
    workspace: Callable[..., Workspace], today: dt.date
) -> None:
    """The place of a fault is reported, also in a build of screen pages only."""
    for name in ("styles/clinic.css", "styles/screen.css"):
        css = "p { margin: 0 }\n" + '  li::before { content: "1" }\n'
        clinic = workspace({name: css})
        flags = {"handouts": ("tiny",), "format": ("html",), "output": str(clinic.root / "out")}
        built = build(resolve(flags, clinic), clinic, today)
        [problem] = [
            problem
            for problem in built.problems
            if problem.severity is Severity.ERROR and "content" in problem.message
        ]
        assert problem.message == '`content: "1"` prints text that is in no handout'
        assert (str(problem.location).rpartition("/")[2], built.printed) == (
            f"{name.rpartition('/')[2]}:2:16",
            (),
        )
        (clinic.root / name).unlink()


TEMPLATES = [
    ("handout", "checklist.html", "{{ item.text|marked }}", "{{ item.text|marked }}0",
     "numbers or signs are added"),
    ("handout", "checklist.html", "{{ item.text|marked }}", "&minus; {{ item.text|marked }}",
     "numbers or signs are added"),
    ("handout", "checklist.html", "{{ item.text|marked }}", ".{{ item.text|marked }}",
     "numbers or signs are added"),
    ("handout", "checklist.html", "{{ item.text|marked }}", "{{ item.text|marked }} ()",
     "numbers or signs are added"),
    ("handout", "checklist.html", "{{ item.text|marked }}", "{{ item.text|marked }}<p>()</p>",
     "numbers or signs are added"),
    ("handout", "checklist.html", "{{ item.text|marked }}", "{{ item.text|marked }} ...",
     "numbers or signs are added"),
    ("handout", "checklist.html", "{{ item.text|marked }}",
     "{{ loop.index }}.{{ item.text|marked }}", "words run into each other"),
    ("handout", "checklist.html", "{{ item.text|marked }}",
     "{{ loop.index + 1 }}. {{ item.text|marked }}", "numbers or signs are added"),
    ("handout", "checklist.html", "{{ item.text|marked }}",
     "{{ clinic.emergency }} {{ item.text|marked }}", "numbers or signs are added"),
    ("handout", "checklist.html", "{{ item.text|marked }}",
     "{{ item.text|words_only|replace(' ', '') }}", "words run into each other"),
    ("handout", "checklist.html", "{{ item.text|marked }}",
     "{{ item.text|words_only|replace('2', '\u00b2') }}", "is not on the page"),
    ("handout", "checklist.html", "{{ item.text|marked }}",
     "{{ item.text|words_only|replace('1 mile', '-1 mile') }}", "is not on the page"),
    ("handout", "checklist.html", "{{ item.text|marked }}",
     "<span aria-hidden='true'>1</span>{{ item.text|marked }}", "that a screen reader would not read out: '1"),
    ("handout", "checklist.html", "{{ item.text|marked }}",
     "<span aria-hidden='true'>911</span>{{ item.text|marked }}", "touches"),
    ("handout", "table.html", "{{ cell|marked }}{% else %}", "{{ cell|marked }}0{% else %}",
     "numbers or signs are added"),
    ("handout", "flags.html", "{{ flag.text|marked }}", "{{ flag.text|marked }}0",
     "numbers or signs are added beside the red flag"),
    ("handout", "steps.html", "<ol>", '<ol style="counter-reset: list-item 3">',
     "this one holds 'counter-reset: list-item 3'"),
    ("handout", "footer.html", "{{ words.version", "9{{ words.version",
     "that a screen reader would not read out"),
    ("card", "card-front.html", "{{ flag.short|marked }}", "{{ flag.short|marked }}0",
     "numbers or signs are added beside the red flag"),
    ("card", "card-foot.html", "{{ code }}", "{{ code }}9", "numbers or signs are added"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "template", "old", "new", "fault"), TEMPLATES)
def test_a_template_that_adds_a_number_or_a_sign_stops_the_print(
    workspace: Callable[..., Workspace], kind: str, template: str, old: str, new: str, fault: str
) -> None:
    """Digits and signs are compared like words, and separate words must stay separate."""
    text = (BUILTIN / "templates/blocks" / template).read_text(encoding="utf-8")
    assert old in text
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": NUMBERS,
            f"templates/blocks/{template}": text.replace(old, new),
        }
    )
    faults, _ = printed(clinic, kind)
    assert [message for message in faults if fault in message], faults


BETWEEN = [
    ("<p>{{ words.myth }}: {{ block.text|marked }}</p>",
     "words are added that are not in the handout: 'myth:"),
    ("<p>{{ block.text|marked }} {{ words.verdict }}</p>",
     "words are added that are not in the handout: 'false"),
    (("<p>{{ block.text|marked|replace('15', '1<span aria-hidden=true style=\"margin: "
        "0 0.2em\">.</span>5'|safe) }}</p>"), "'.' touches"),
    ("<p>{{ block.text|marked|replace('15', '<span aria-hidden=true>911</span> 15'|safe) }}</p>",
     "'911' touches"),
    (("<p>{{ block.text|marked|replace('15', '<span aria-hidden=true style=\"margin: "
        "0 3em\">911</span> 15'|safe) }}</p>"), "'911' touches"),
    ("<p>{{ block.text|marked|replace('15', '1<span style=\"margin: 0.2em\"></span>5'|safe) }}</p>",
     "there are gaps between the digits of a number"),
    (("<p style='display: flex'><span style='position: relative; left: "
        "90mm'>{{ block.text|marked|replace('15', '</span><span>15'|safe) }}</span></p>"),
        "words are"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "fault"), BETWEEN)
def test_nothing_stands_in_a_line_of_text(
    workspace: Callable[..., Workspace], template: str, fault: str
) -> None:
    """A line has no word, number or full stop of the program's own, and keeps its order.

    Nor is there a space inside a number.
    """
    files = {
        "content/handouts/tiny.yaml": TINY.replace(
            "ckd: For kidneys here.", "ckd: Walk for 15 minutes a day."
        )
    }
    assert faultless(files["content/handouts/tiny.yaml"])
    faults, _ = printed(workspace({**files, "templates/blocks/text.html": template}))
    assert [message for message in faults if fault in message], faults


def test_a_clinics_template_may_put_a_text_in_brackets(workspace: Callable[..., Workspace]) -> None:
    """Brackets around a whole text are allowed, and a full stop behind it."""
    files = {
        "content/handouts/tiny.yaml": TINY,
        "templates/blocks/text.html": "<p>({{ block.text|marked }}).</p>",
    }
    problems, words = printed(workspace(files))
    assert problems == []
    assert "(Forkidneyshere.)." in words


def test_a_clinics_template_may_number_a_list(workspace: Callable[..., Workspace]) -> None:
    """An item's number with a full stop and a space is allowed."""
    text = (BUILTIN / "templates/blocks/checklist.html").read_text(encoding="utf-8")
    numbered = text.replace("{{ item.text|marked }}", "{{ loop.index }}. {{ item.text|marked }}")
    assert (
        printed(
            workspace(
                {"content/handouts/tiny.yaml": NUMBERS, "templates/blocks/checklist.html": numbered}
            )
        )[0]
        == []
    )


MOVED = [
    ("strong { margin-left: -8pt }", "words run into each other"),
    ("strong { position: relative; left: -60pt }", "words are in the wrong order on the line"),
    ("strong { position: relative; top: -40pt; left: -60pt }",
     "words are moved above the line that they continue"),
    ("strong { vertical-align: super }", "a number is raised or lowered"),
    ("td { width: 6mm; overflow-wrap: anywhere }", "a number is broken over two lines"),
    ((".checklist li { display: inline; padding: 0 } .checklist { font-size: "
        "0 } .checklist li { font-size: 13pt }"), "words run into each other"),
    ("li { width: 12mm; overflow-wrap: anywhere }", "a word is broken over two lines"),
    ("li { width: 12mm; hyphens: auto }", "a word is broken over two lines"),
    ("li::first-letter { float: right }", "words are in the wrong order on the line"),
    (("td, th, tbody th { padding: 0 } table { width: 40mm } tbody th { text-align: right; "
        "width: 9mm }"), "touches"),
]  # fmt: skip


@pytest.mark.parametrize(("style", "fault"), MOVED)
def test_a_style_that_moves_a_number_stops_the_print(
    workspace: Callable[..., Workspace], style: str, fault: str
) -> None:
    """A style that makes a reader see another number is refused, even if it adds nothing."""
    files = {
        "content/handouts/tiny.yaml": NUMBERS.replace(
            "Walk **1 mile**", "Walk 10 **5 miles** a week"
        )
    }
    assert faultless(files["content/handouts/tiny.yaml"])
    faults, _ = printed(workspace({**files, "styles/clinic.css": style}))
    assert [message for message in faults if fault in message], faults


TIERS = TINY.replace(
    "  - {id: chest,",
    "  - {id: two, tier: today, card: true, text: A swollen leg}\n  - {id: chest,",
)
SWAPPED = [
    (
        "handout",
        (
            ".flags { position: relative } .tier-now .flags { top: "
            "35mm } .tier-today .flags { top: -35mm }"
        ),
    ),
    ("handout", ".tier-now h2 { position: relative; top: 22mm }"),
    (
        "card",
        (
            ".tier-now ul { position: relative; top: 11mm } .tier-today ul { position: relative; "
            "top: -11mm }"
        ),
    ),
]


@pytest.mark.parametrize(("kind", "style"), SWAPPED)
def test_blocks_stand_in_the_order_in_which_they_are_read(
    workspace: Callable[..., Workspace], kind: str, style: str
) -> None:
    """A flag under the heading of another tier would be a wrong instruction."""
    assert faultless(TIERS, kind)
    faults, _ = printed(
        workspace({"content/handouts/tiny.yaml": TIERS, "styles/clinic.css": style}), kind
    )
    assert [message for message in faults if "but read out after it" in message], faults


FIGURES = [
    "li { font-feature-settings: 'sups' }",
    "li { font-feature-settings: 'frac' 1 }",
    "li { font-variant-position: super }",
    "li { font-variant-numeric: diagonal-fractions }",
    "li { font-variant: ordinal }",
    "li { direction: rtl }",
    "li { unicode-bidi: bidi-override }",
    "li { writing-mode: vertical-rl }",
    "li { text-overflow: '1' }",
    "li { -webkit-text-security: disc }",
    "li { text-emphasis: '1' }",
]  # fmt: skip


@pytest.mark.parametrize("style", FIGURES)
def test_a_style_that_changes_how_a_number_is_read_is_refused(style: str) -> None:
    """105 with a raised last digit is another number, and 5-10 from right to left is 10-5."""
    assert len(refused_at_once(style)) == 1


def test_generated_text_stops_the_pages_that_staff_read(
    workspace: Callable[..., Workspace], builtin: Workspace
) -> None:
    """A number added to the cover would send paper to the wrong patient."""
    from teachback.content.workspace_content import load_shared

    shared = load_shared(builtin)
    letter = Paper.LETTER.box
    for style, fault in (
        ("", None),
        ('.cell::before { content: "1" }', "a style prints '1' on page [0-9]+, which"),
    ):
        clinic = workspace({"styles/clinic.css": style})
        design = open_design(clinic)
        if fault is None:
            assert cover_template(shared.words["en"], shared.clinic, "en", letter, design)
        else:
            with pytest.raises(TeachbackError, match=fault):
                cover_template(shared.words["en"], shared.clinic, "en", letter, design)


def test_the_layout_tells_what_a_style_generates() -> None:
    """The layout reports every generated text but page numbers, bullets and colons."""
    page = (
        "<html lang=en><title>x</title><style>{}</style><body><ul><li>2 "
        "days</li></ul></body></html>"
    )
    for style, texts in (
        ("li::before { content: '8' }", ["8"]),
        ("li::before { content: counter(page) }", ["1"]),
        ("li::after { content: ':' }", []),
        ("li { list-style: '7' }", ["7"]),
    ):
        layout = renderer.lay_out(page.format(style), {}, renderer.Fonts())
        assert [
            text
            for problem in layout.problems
            for text in texts
            if f"prints '{text}'" in problem.message
        ] == texts


def test_an_approved_card_is_printed(workspace: Callable[..., Workspace]) -> None:
    """An approved card is printed: reviewers have names, and a code may break at its hyphen."""
    for reviewer, style in (
        ("Li Wu", ""),
        ("Dr. Anna Bell", ".card-foot .code { width: 30mm; white-space: normal }"),
        ("Maria Fernandez-Lopez, RN", ".card-foot .code { width: 30mm; white-space: normal }"),
    ):
        approved = NUMBERS.replace(
            "review: {status: draft, reviewer: null, reviewed: null, due: null}",
            f"review: {{status: approved, reviewer: '{reviewer}', reviewed: 2026-11-20, due: "
            f"2027-11-20}}",
        )
        assert approved != NUMBERS
        clinic = workspace({"content/handouts/tiny.yaml": approved, "styles/clinic.css": style})
        assert printed(clinic, "card")[0] == []
