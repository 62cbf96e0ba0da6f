"""A picture is printed unchanged, whatever its name, or refused with its place and a hint."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from PIL import Image
from tiny_handout import TINY
from workspace_cases import FIGURE, HANDOUT, SVG, here, lay, problems

from teachback.checking.checker import check
from teachback.content.workspace_content import load_shared
from teachback.errors import Location, TeachbackError
from teachback.files.images import picture_fault
from teachback.files.workspace import builtin_root
from teachback.printing.design import design_problems, open_design

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

pytestmark = pytest.mark.usefixtures("one_process")


NAMES = (
    "a#1.png",
    "a?b.png",
    "a%20b.png",
    "a b.png",
    "a&b;c.png",
    "a%23.png",
    "a%.png",
    "a+b.png",
    "größe.png",
    "a'b.png",
    "a(1).png",
    "a=b,c.png",
)
GRADIENT = (
    '<linearGradient id="g"><stop stop-color="red"/><stop offset="1" '
    'stop-color="blue"/></linearGradient>'
)
RADIAL = (
    '<radialGradient id="g"><stop stop-color="red"/><stop offset="1" '
    'stop-color="blue"/></radialGradient>'
)


def png(mode: str) -> bytes:
    """Return a PNG in that mode, half dark."""
    file = io.BytesIO()
    picture = Image.new("L", (40, 20), 255)
    picture.paste(40, (0, 0, 20, 20))
    # Convert to 16 bits, as a scanner writes grey.
    picture = picture.convert("I").convert("I;16") if mode == "I;16" else picture.convert(mode)
    picture.save(file, "PNG")
    return file.getvalue()


def printed(
    data: bytes,
    tmp_path: Path,
    run: tuple[pytest.MonkeyPatch, pytest.CaptureFixture[str]],
    names: tuple[str, ...] = ("cup.png",),
) -> tuple[int, str]:
    """Print a handout with a picture under each name, as PDF and as HTML."""
    blocks = "".join(
        FIGURE.format(name).replace(f"images/{name}", f'"images/{name}"') for name in names
    )
    pictures = {f"content/images/{name}": data for name in names}
    root = lay(tmp_path, {HANDOUT: (TINY + blocks).encode(), **pictures})
    code, _, stderr = here(
        "build tiny --kind handout --audience ckd --format pdf --format html", root, *run
    )
    return code, stderr


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_each_kind_of_png_is_printed_as_it_is(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of the printed picture is dark, and half is white."""
    code, stderr = printed(png(mode), tmp_path, (monkeypatch, capsys))
    assert (code, stderr) == (0, "")
    with pypdfium2.PdfDocument(tmp_path / "build/tiny/handout-ckd-en-letter.pdf") as document:
        (box,) = [item.get_bounds() for page in document for item in page.get_objects(filter=[3])]
        drawn = document[0].render(scale=1, grayscale=True).to_pil()
    left, bottom, right, top = box
    middle = drawn.height - (bottom + top) / 2
    dark, light = (
        drawn.getpixel((round(left + (right - left) * part), round(middle)))
        for part in (0.25, 0.75)
    )
    assert isinstance(dark, int)
    assert isinstance(light, int)
    assert dark < 80
    assert light > 240


@pytest.mark.parametrize(
    ("kind", "suffix", "words"),
    [("PNG", ".png", "the picture moves on a screen"), ("MPO", ".jpg", None)],
)
def test_a_second_picture_in_a_file_counts_where_a_screen_shows_it(
    kind: str, suffix: str, words: str | None
) -> None:
    """A browser plays an animated PNG. Nothing shows the second picture of a phone's JPEG."""
    file = io.BytesIO()
    first, second = (Image.new("RGB", (40, 20), color) for color in ("red", "blue"))
    first.save(file, kind, save_all=True, append_images=[second])
    fault = picture_fault(file.getvalue(), suffix)
    assert (fault and fault[0].partition(":")[0]) == words


@pytest.mark.parametrize(
    "use", ['<use href="#a{}"/>', '<use href=" #a{}"/>', '<use xlink:href="#z" href="#a{}"/>']
)
def test_shapes_that_a_drawing_uses_are_counted_however_it_refers_to_them(use: str) -> None:
    """A few lines can draw a million shapes, which would take minutes."""
    groups = [f'<g id="a{n}">{use.format(n - 1) * 10}</g>' for n in range(1, 6)]
    drawing = SVG.replace(b"<svg", b'<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    shapes = '<g id="a0">' + "<rect/>" * 10 + "</g>" + "".join(groups)
    # Of two elements with an id, the first one is drawn.
    shapes += '<rect id="a5"/><rect id="a0"/><use href="#a5"/>'
    fault = picture_fault(drawing + shapes.encode() + b"</svg>", ".svg")
    assert fault is not None
    assert "more than 20000 shapes" in fault[0]


def test_a_picture_of_16_bits_is_refused_at_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the handout's line and a remedy."""
    code, stderr = printed(png("I;16"), tmp_path, (monkeypatch, capsys))
    (problem,) = problems(stderr)
    assert code == 1
    assert problem.place == f"{HANDOUT}:17:17"
    assert problem.message == (
        "the picture 'images/cup.png' cannot be printed: "
        "the picture has 16 bits a colour, and 8 are printed"
    )
    assert problem.hint == "Save it with 8 bits a colour."


WORDS = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">\n<title>x</title>\n'
    "<text y='9'>Dose: <tspan>40 mg</tspan></text></svg>"
)


@pytest.mark.parametrize(
    ("texts", "refused"),
    [
        ("alt: A cup", True),
        ("alt: A cup\n        caption: 'A cup. dose:  40 mg, at night'", False),
        ("alt: 'A cup. **Dose: 40 mg**'", False),
        ("alt: 'Dose: 40 mg'\n        caption: A cup", False),
        ("alt: 'Dose: 40 mg.5'", True),
        ("alt: 'Overdose: 40 mg'", True),
        ("alt: 'Dose: 140 mg'", True),
        ("alt: {general: 'Dose: 40 mg', ckd: A cup}", True),
        ("alt: {general: 'Dose: 40 mg', ckd: A cup}\n        caption: 'Dose: 40 mg'", False),
    ],
)
def test_words_of_a_drawing_are_in_the_texts_beside_it(
    texts: str,
    refused: bool,  # noqa: FBT001 -- a case of the table
    workspace: Callable[..., Workspace],
) -> None:
    """Each reader reads them in the alternative text or the caption, or the file is named."""
    block = FIGURE.format("cup.svg").replace("alt: A cup", texts)
    clinic = workspace({HANDOUT: TINY + block, "content/images/cup.svg": WORDS})
    reported = [
        (problem.location.file, problem.location.line, problem.message)
        for problem in check(("tiny",), (), clinic, dt.date(2026, 11, 22)).handouts[0].problems
        if problem.location and "picture" in problem.message
    ]
    place = f"{clinic.root / HANDOUT}:17:17"
    message = (
        f"the picture 'images/cup.svg' shows 'Dose: 40 mg', which the text at {place} does not say"
    )
    assert reported == ([(str(clinic.root / "content/images/cup.svg"), 3, message)] * refused)


@pytest.mark.parametrize(
    ("drawn", "moved"),
    [
        ('<text x="1 2 3 4 5 7 6" y="9">Rest 15</text>', "several numbers in `x`"),
        ('<text x="1" y="9,8">Rest 15</text>', "several numbers in `y`"),
        ('<text y="9">Rest <tspan dx="12">1</tspan><tspan dx="-22">5</tspan></text>', "`dx`"),
        ('<text y="9">Rest 1<tspan dy="-6">5</tspan></text>', "`dy`"),
        ('<text y="9" rotate="180">Rest 15</text>', "`rotate`"),
        ('<text id="a" y="9">Rest 15</text><use href="#a" x="46"/>', "<use>"),
        ('<g id="a"><text y="9">Rest 15</text></g><use href="#a" x="46"/>', "<use>"),
        (
            '<text y="9"><tspan x="9" y="9">Rest 1</tspan><tspan x="1" y="9">5</tspan></text>',
            "a <tspan> that is not on the next line",
        ),
        (
            '<path id="a" d="M1 1h9"/><text><textPath href="#a">Rest 15</textPath></text>',
            "<textPath>",
        ),
    ],
)
def test_a_drawing_whose_letters_are_moved_is_refused(drawn: str, moved: str) -> None:
    """Its words may be those of the text beside it, and be read in another order on paper."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 20">{drawn}</svg>'
    message = f"the drawing moves letters of a text, by {moved}: they may be read in another order"
    fault = picture_fault(svg.encode(), ".svg")
    assert fault is not None
    assert fault[0] == message


def test_a_number_that_is_drawn_twice_is_said_twice(workspace: Callable[..., Workspace]) -> None:
    """Lines of one text are words apart, as drawing programs write them."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40">'
        '<text y="9"><tspan x="1" y="9">Rest</tspan><tspan x="1" y="19">15 minutes</tspan></text>'
        '<text y="29">5</text><text y="39">5</text></svg>'
    )
    messages_by_alt = {}
    for alt in ("Rest 15 minutes, 5", "Rest 15 minutes, 5 and 5"):
        block = FIGURE.format("cup.svg").replace("alt: A cup", f"alt: '{alt}'")
        clinic = workspace({HANDOUT: TINY + block, "content/images/cup.svg": svg})
        problems_found = check(("tiny",), (), clinic, dt.date(2026, 11, 22)).handouts[0].problems
        messages_by_alt[alt] = [
            problem.message for problem in problems_found if "picture" in problem.message
        ]
    assert [len(messages) for messages in messages_by_alt.values()] == [1, 0], messages_by_alt


def test_words_of_a_logo_are_the_clinics(workspace: Callable[..., Workspace]) -> None:
    """A phone number in a logo cannot contradict the clinic's file."""
    clinic = "emergency: '911'\nname: North Clinic\nphone: 555-0100\nlogo: images/cup.svg\n"
    for drawn, code in (("North Clinic", 0), ("555-0100", 0), ("555-0199", 1)):
        picture = WORDS.replace("Dose: <tspan>40 mg</tspan>", drawn)
        opened = workspace({"content/clinic.yaml": clinic, "content/images/cup.svg": picture})
        if code == 0:
            assert load_shared(opened).clinic.logo == "images/cup.svg"
            continue
        with pytest.raises(TeachbackError, match="shows '555-0199'"):
            load_shared(opened)


@pytest.mark.parametrize("name", ["styles/icons/cup.svg", "content/images/cup.svg"])
def test_a_picture_that_a_style_names_shows_no_words(
    name: str, workspace: Callable[..., Workspace]
) -> None:
    """No rule reads them, and no text is beside them."""
    style = f'h1 {{ background: url("../{name}") }}'
    clinic = workspace({name: WORDS, "styles/clinic.css": style})
    (problem,) = design_problems(open_design(clinic), clinic)
    assert problem.message == "a picture of the design shows 'Dose: 40 mg', which no rule reads"
    assert problem.location == Location(str(clinic.root / name), 3, 1)


def test_a_name_may_hold_any_sign_that_a_file_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The characters # ? and % have no special meaning in a file's name."""
    code, stderr = printed(png("RGB"), tmp_path, (monkeypatch, capsys), NAMES)
    assert (code, stderr) == (0, "")
    with pypdfium2.PdfDocument(tmp_path / "build/tiny/handout-ckd-en-letter.pdf") as document:
        drawn = [item for page in document for item in page.get_objects(filter=[3])]
    page = (tmp_path / "build/tiny/handout-ckd-en.html").read_text(encoding="utf-8")
    assert len(drawn) == page.count("data:image/png;base64,") == len(NAMES)


def test_another_file_does_not_stand_in_for_a_name_with_a_percent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`a%20b.png` is not `a b.png`."""
    root = lay(
        tmp_path,
        {
            HANDOUT: (TINY + FIGURE.format("a%20b.png")).encode(),
            "content/images/a b.png": png("RGB"),
        },
    )
    code, _, stderr = here("build tiny --kind handout --audience ckd", root, monkeypatch, capsys)
    assert code == 1
    assert [problem.message for problem in problems(stderr)] == [
        "there is no picture 'images/a%20b.png'"
    ]


@pytest.mark.parametrize(
    "inside",
    [
        f'{GRADIENT}<rect width="9" height="9" fill="url(#g)"/>',
        f'{RADIAL}<rect width="9" height="9" fill="url(#g)"/>',
        f'<defs>{GRADIENT}</defs><path d="M0 0h9" stroke="url( \'#g\' )"/>',
        f'{GRADIENT}<text style="fill: URL(#g)">x</text>',
        f'<style>.a {{ fill: url("#g") }}</style>{GRADIENT}<rect class="a"/>',
        f'{GRADIENT}<g fill="url(#g) red"><rect/></g>',
        f'{GRADIENT}<linearGradient id="h" href="#g"/><rect fill="url(#h)"/>',
        (
            f'{GRADIENT}<linearGradient id="h" xlink:href="#g" '
            'xmlns:xlink="http://www.w3.org/1999/xlink"/><rect fill="url(#h)"/>'
        ),
        f'{GRADIENT}<pattern id="p"><rect fill="url(#g)"/></pattern><rect fill="url(#p)"/>',
        f'<symbol id="s">{GRADIENT}<rect fill="url(#g)"/></symbol><use href="#s"/>',
    ],
)
def test_a_shape_that_is_filled_with_a_gradient_is_refused(inside: str) -> None:
    """Poppler leaves a gradient out. One colour, or a PNG, is visible everywhere."""
    fault = picture_fault(SVG + inside.encode() + b"</svg>", ".svg")
    assert fault is not None
    assert "gradient" in fault[0]
    assert "one colour" in fault[1]


@pytest.mark.parametrize(
    "inside",
    [
        GRADIENT,
        f'{GRADIENT}<rect fill="#g"/>',
        f'{GRADIENT}<rect fill="url(#other)"/><pattern id="other"><path d="M0 0"/></pattern>',
        '<linearGradient id="g"><stop stop-color="red"/></linearGradient><rect fill="url(#g)"/>',
        (
            '<linearGradient id="g" href="#h"/><linearGradient id="h" href="#g"/><rect '
            'fill="url(#g)"/>'
        ),
        (
            '<clipPath id="c"><rect/></clipPath><rect clip-path="url(#c)" opacity=".5"/><marker '
            'id="m"/><path marker-end="url(#m)"/>'
        ),
    ],
)
def test_a_gradient_that_nothing_shows_is_fine(inside: str) -> None:
    """Drawing programs leave unused gradients in their files.

    Patterns, clips and gradients of one colour are drawn everywhere.
    """
    assert picture_fault(SVG + inside.encode() + b"</svg>", ".svg") is None


@pytest.mark.parametrize(
    "inside",
    [
        '<text>5<set attributeName="display" to="none" begin="1s"/></text>',
        '<rect><animate attributeName="x" to="9" dur="1s"/></rect>',
        '<g><animateTransform attributeName="transform" type="scale" to="0" dur="1s"/></g>',
        '<g><animateMotion path="M0 0h9"/></g>',
        "<style>@media screen { .a { display: none } }</style>",
        "<style>.b { fill: red } @MEDIA (min-width: 1px) { .a { fill: red } }</style>",
        '<style media="print">.a { display: none }</style>',
        "<style>@supports (color: lch(0 0 0)) { .a { display: none } }</style>",
        "<style>@keyframes k { to { opacity: 0 } } .a { animation: k 1s }</style>",
        '<g style="animation: k 1s"/>',
        "<style>.a:hover { display: none }</style>",
        '<switch><text systemLanguage="en">5</text><text>6</text></switch>',
    ],
)
def test_a_drawing_that_changes_on_a_screen_is_refused(inside: str) -> None:
    """Paper and screen must show the same."""
    fault = picture_fault(SVG + inside.encode() + b"</svg>", ".svg")
    assert fault is not None
    assert "on a screen" in fault[0]
    assert "still drawing" in fault[1]


@pytest.mark.parametrize(
    "inside",
    [
        "<style>.a { fill: red; stroke: #000 }</style>",
        '<style type="text/css" media="all">.a:first-child { fill: red }</style>',
        "<style>/* @media: none */ .a { fill: red }</style>",
        "<switch><g><rect/></g></switch>",
        '<g id="animate" class="set"/>',
    ],
)
def test_a_still_drawing_with_styles_is_fine(inside: str) -> None:
    """Drawing programs write such styles."""
    assert picture_fault(SVG + inside.encode() + b"</svg>", ".svg") is None


def test_the_built_in_drawings_are_printed() -> None:
    """No built-in drawing is refused."""
    drawings = [
        path
        for folder in ("styles/icons", "content/images")
        for path in (builtin_root() / folder).glob("*.svg")
    ]
    assert len(drawings) > 10
    assert [path.name for path in drawings if picture_fault(path.read_bytes(), ".svg")] == []


UNLIKE = {
    '<mask id="m"><rect/></mask>': "<mask>",
    '<filter id="f"><feOffset dx="60"/></filter>': "<filter>",
    '<text text-decoration="line-through">10 mg</text>': "`text-decoration: line-through`",
    '<text style="text-decoration: line-through">10 mg</text>': "`text-decoration: line-through`",
    "<style>tspan { baseline-shift: super }</style>": "`baseline-shift: super`",
    '<text>10<tspan baseline-shift="60%">3</tspan></text>': "`baseline-shift: 60%`",
    '<text direction="rtl" unicode-bidi="bidi-override">123</text>': "`direction: rtl`",
    '<text word-spacing="-5">5 0</text>': "`word-spacing: -5`",
    '<text style="font-variant:small-caps">Mg</text>': "`font-variant: small-caps`",
    '<clipPath id="c"><path clip-rule="evenodd" d="M0 0h9"/></clipPath>': "`clip-rule: evenodd`",
    '<rect style="clip-path: inset(0 15px 0 0)"/>': "`clip-path: inset(0 15px 0 0)`",
    '<path pathLength="10" stroke-dasharray="1" d="M0 0h9"/>': "`pathLength`",
}


@pytest.mark.parametrize("inside", UNLIKE)
def test_a_drawing_that_paper_does_not_show_as_a_screen_does_is_refused(inside: str) -> None:
    """A struck-out dose would be printed without its line, and a raised digit as another number."""
    fault = picture_fault(SVG + inside.encode() + b"</svg>", ".svg")
    assert fault is not None
    assert fault[0] == (
        f"the drawing uses {UNLIKE[inside]}, which paper does not show as a screen does"
    )


@pytest.mark.parametrize(
    "inside",
    [
        '<text style="text-decoration:none;word-spacing:0px;direction:ltr;baseline-shift:baseline">5</text>',
        '<path fill-rule="evenodd" clip-rule="evenodd" d="M0 0h9"/>',
        '<clipPath id="c"><rect/></clipPath><rect clip-path="url(#c)" mask="none" filter="none"/>',
    ],
)
def test_a_drawing_that_only_names_the_usual_values_is_printed(inside: str) -> None:
    """Drawing programs write them into every file."""
    assert picture_fault(SVG + inside.encode() + b"</svg>", ".svg") is None
