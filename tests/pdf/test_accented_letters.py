"""Accents are drawn on their own letters, in each weight, or the value is rejected."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import pypdfium2
import pytest
from handout_with_fields import FILLED, composed
from PIL import Image, ImageChops

from teachback.content.record_fields import RecordField
from teachback.files.workspace import Workspace, builtin_root
from teachback.merge.records.field_values import FieldFault, read_value
from teachback.pdf.text_shaping import Shaper, shaper, slot_font, unfit_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handout_with_fields import Composed

    from teachback.merge.stamping.pdf_template import Template

pytestmark = pytest.mark.slow

FONTS = builtin_root() / "styles" / "fonts"
ATKINSON = FONTS / "AtkinsonHyperlegible-Regular.ttf"
LETTERS = tuple(
    chr(point)
    for block in (range(0xC0, 0x250), range(0x1E00, 0x1F00))
    for point in block
    if unicodedata.category(chr(point)).startswith("L")
)
# Letters that Unicode has only as a letter and accents, from languages that patients speak.
LOOSE = {
    "Guarani": "g\u0303 G\u0303",
    "Lithuanian": (
        "\u012f\u0301 \u012e\u0301 i\u0307\u0301 \u0117\u0301 r\u0303 l\u0303 m\u0303 j\u0303"
    ),
    "Navajo": "\u0105\u0301 \u0119\u0301 \u012f\u0301 \u01eb\u0301 \u0104\u0301 \u01ea\u0301",
    "Pinyin": "m\u0300 n\u030c M\u0304 e\u0302\u030c",
    "Vietnamese": "\u1ead \u1eab \u1ee3 \u1ef1 \u1ebe \u1ed8",
    "Yoruba": "\u1ecd\u0301 \u1eb9\u0300 \u1ecc\u0301 \u1eb8\u0301 \u1e62 \u1e63",
    "Marshallese": "m\u0327 n\u0304 o\u0327 M\u0327",
    "Twi": "\u025b\u0301 \u0254\u0303 \u0190\u0301",
    "Cyrillic": "\u0430\u0301 \u0439 \u0457 \u0418\u0301",
    "Welsh": "\u0174 \u0175 \u1e80 \u1e81 \u1e84 \u1e85 \u0176 \u0177 \u1ef2 \u1ef3",
}
# In dots to the pt; a letter of 13 pt is about 50 dots high.
SCALE = 4
# In dots: blanks around a letter are wider than this, gaps inside one are not.
GAP = 12
INK = 100
# In dots: how far an accent may move the middle of a drawn letter. A loose accent moves it by ten.
AWAY = 8


class Blob(NamedTuple):
    """The ink between two blanks: its edges in dots, and the number of dark dots."""

    left: int
    top: int
    right: int
    bottom: int
    dark: int


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Composed:
    """Return the handout with fields, one of them wide and in both weights."""
    path = tmp_path_factory.mktemp("clinic") / "content" / "handouts" / "tiny.yaml"
    path.parent.mkdir(parents=True)
    wide = FILLED.replace(
        "{name: nurse, label: by, width_mm: 60}", "{name: nurse, label: by, width_mm: 150}"
    )
    path.write_text(
        f'{wide}      - list: ["One", "{{record.nurse}}", "Two", "**{{record.nurse}}**"]\n',
        encoding="utf-8",
    )
    return composed(Workspace(path.parents[2], builtin_root()))


def blobs(template: Template, value: str) -> list[list[Blob]]:
    """Return the ink in the last two places of a field, the regular and the bold, left to right."""
    places = [slot for slot in template.slots if slot.field == "nurse"][-2:]
    boxes = [
        _box(place.matrix[4], place.matrix[5], place.width, place.sizes[0]) for place in places
    ]
    # Only the lines with these places are drawn: a whole page takes ten times as long.
    top = min(box[1] for box in boxes) // SCALE
    bottom = -(-max(box[3] for box in boxes) // SCALE)
    boxes = [
        (left, high - top * SCALE, right, low - top * SCALE) for left, high, right, low in boxes
    ]
    blank = _blank(template, top, bottom)
    drawn = _last_page(template.stamp({"nurse": value}, b"1"), top, bottom)
    return [
        _blobs(
            ImageChops.difference(blank.crop(box), drawn.crop(box)).point(
                [0] * (INK + 1) + [255] * (255 - INK)
            )
        )
        for box in boxes
    ]


@lru_cache(1)
def _blank(template: Template, top: int, bottom: int) -> Image.Image:
    return _last_page(template.stamp({}, b"1"), top, bottom)


def _last_page(data: bytes, top: int, bottom: int) -> Image.Image:
    """Draw the last page between two heights, in pt from its top."""
    with pypdfium2.PdfDocument(data) as document:
        page = document[len(document) - 1]
        crop = (0, page.get_height() - bottom, 0, top)
        drawn: Image.Image = page.render(scale=SCALE, grayscale=True, crop=crop).to_pil()
    return drawn


def _box(x: float, y: float, width: float, size: float) -> tuple[int, int, int, int]:
    """Return the box of a place in dots; its units are CSS px."""
    dots = SCALE * 0.75
    return (
        int((x - 2) * dots),
        int((y - 1.2 * size) * dots),
        int((x + width) * dots),
        int((y + 0.42 * size) * dots),
    )


def _blobs(dark: Image.Image) -> list[Blob]:
    height = dark.height
    columns = [column for column, ink in enumerate(dark.getprojection()[0]) if ink]
    found: list[Blob] = []
    start = 0
    for index, column in enumerate(columns):
        if index + 1 == len(columns) or columns[index + 1] - column > GAP:
            box = (columns[start], 0, column + 1, height)
            _, top, _, bottom = dark.crop(box).getbbox() or (0, 0, 0, 0)
            found.append(Blob(box[0], top, box[2], bottom, dark.crop(box).histogram()[255]))
            start = index + 1
    return found


def faults_of_drawing(template: Template, letters: Sequence[str], first: str) -> list[str]:
    """Return the letters with ink elsewhere than on their own base.

    `first` is a first letter that decides the font. Each letter is between two of H, with blanks:
    ink over a blank or an H belongs to no letter.
    """
    wrong = []
    bases = [unicodedata.normalize("NFD", letter)[0] for letter in letters]
    shown, plain = (
        blobs(template, f"{first}  H  " + "  ".join(f"{one}  H" for one in some))
        for some in (letters, bases)
    )
    for weight, (drawn, wanted) in enumerate(zip(shown, plain, strict=True)):
        if len(drawn) != len(wanted) or len(drawn) != 2 + 2 * len(letters):
            wrong.append(
                f"weight {weight}: {len(drawn)} instead of {len(wanted)} in {' '.join(letters)}"
            )
            continue
        capital = drawn[1]
        for index, (letter, base) in enumerate(zip(letters, bases, strict=True)):
            (before, one, beside), (start, bare, _) = (
                found[2 * index + 1 : 2 * index + 4] for found in (drawn, wanted)
            )
            middle, there = (
                (its.left + its.right) / 2 - at.right for its, at in ((one, before), (bare, start))
            )
            touched = (
                abs(beside.top - capital.top) > 1
                or abs(beside.dark - capital.dark) > 0.1 * capital.dark
            )
            away = abs(middle - there) > AWAY
            same = letter != base and (one.top, one.bottom, one.dark) == (
                bare.top,
                bare.bottom,
                bare.dark,
            )
            if touched or away or same:
                wrong.append(f"weight {weight}: {letter} ({touched=}, {away=}, {same=})")
    return wrong


def in_lines(letters: Sequence[str]) -> list[Sequence[str]]:
    """Split letters into groups that fit into one line each."""
    return [letters[start : start + 12] for start in range(0, len(letters), 12)]


ACCENTED = tuple(letter for letter in LETTERS if unicodedata.normalize("NFD", letter) != letter)
SEQUENCES = tuple(letter for letters in LOOSE.values() for letter in letters.split())


@pytest.mark.parametrize(
    "name",
    [
        "AtkinsonHyperlegible-Regular",
        "AtkinsonHyperlegible-Bold",
        "names/NotoSans-Regular",
        "names/NotoSans-Bold",
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_each_letter_is_drawn_with_its_accents_held_or_is_missing(name: str, form: str) -> None:
    """Noto Sans draws all of these letters; Atkinson Hyperlegible none with a loose accent."""
    font = shaper(slot_font((FONTS / f"{name}.ttf").read_bytes(), LETTERS, "en"))
    missing = {
        letter
        for letter in LETTERS
        if font.shape(unicodedata.normalize(form, letter)).missing  # type: ignore[arg-type]
    }
    assert missing == set() if "Noto" in name else missing >= set("ŴŵẀẁẄẅỌọḌḍ")
    assert not missing & set("ÀéîõüÑçŠžŶŷ")


def test_each_accented_letter_of_the_page_font_is_drawn_on_its_own_base(page: Composed) -> None:
    """In both weights, the letter beside it is unchanged, and its own ink is over its base."""
    font = shaper(slot_font(ATKINSON.read_bytes(), LETTERS, "en"))
    own = [letter for letter in ACCENTED if not font.shape(letter).missing]
    template = page.template(*ACCENTED, "H")
    assert len(own) > 200
    assert [
        fault for some in in_lines(own) for fault in faults_of_drawing(template, some, "H")
    ] == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_each_accented_letter_of_the_font_for_names_is_drawn_on_its_own_base(
    page: Composed, form: str
) -> None:
    """U+00C0 to U+024F, U+1E00 to U+1EFF and letters that are never composed, in both weights."""
    letters = [unicodedata.normalize(form, letter) for letter in (*ACCENTED, *SEQUENCES)]  # type: ignore[arg-type]
    template = page.template(*letters, "\u0166 H")
    assert len(letters) > 500
    assert [
        fault for some in in_lines(letters) for fault in faults_of_drawing(template, some, "\u0166")
    ] == []


def test_the_look_at_the_drawing_finds_a_loose_accent(
    page: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the check of anchors, the accent of a Welsh letter is drawn over the next one."""
    monkeypatch.setattr(Shaper, "_anchored", lambda _, words, __: set(range(len(words) * 3)))
    shaper.cache_clear()
    letters = ["\u0174", "\u0175", "\u1ebd"]
    found = faults_of_drawing(page.template(*letters), letters, "H")
    assert [letter in " ".join(found) for letter in letters] == [True, True, False]
    monkeypatch.undo()
    shaper.cache_clear()
    assert faults_of_drawing(page.template(*letters, "\u0166"), letters, "\u0166") == []


@pytest.mark.parametrize(
    "name",
    [
        "\u0174yn Tomos",
        "Si\u0175an",
        "Si\u1e81an",
        "\u1e84yn",
        "\u012f\u0301a",
        "Ad\u00e9\u1ecd\u0301l\u00e1",
    ],
)
def test_a_name_with_a_loose_accent_is_set_in_one_other_font(page: Composed, name: str) -> None:
    """The whole name is in the font for names, and no part of it in the font of the page."""
    template = page.template(*name)
    (drawn, *_) = (
        drawn
        for slot, drawn in zip(template.slots, template.drawn({"nurse": name}), strict=True)
        if slot.field == "nurse"
    )
    fonts = {
        font.name.partition("+")[2]
        for index, font in enumerate(template.fonts)
        if b"/Slot%d " % index in drawn
    }
    assert fonts == {"NotoSans-Regular"}


def test_a_letter_whose_accent_no_font_holds_is_rejected_with_its_reason(page: Composed) -> None:
    """A Hebrew accent on a Latin letter, and an accent that is in no font, are rejected."""
    for name, reason in {
        "Xa\u0591": "has a letter with an accent that the fonts do not have",
        "1\u0302": "has a sign that the fonts do not have",
    }.items():
        assert page.template(name).faults({"nurse": name}) == (FieldFault("nurse", reason),)


@pytest.mark.parametrize(
    "raw", ["\u0301Anna", "Anna \u0301b", "\u0301", " \u20dd", "\u093eb", "Anna\u00a0\u0308"]
)
def test_an_accent_on_no_letter_is_refused(raw: str) -> None:
    """At the start of a value and after a blank there is no letter for an accent."""
    field = RecordField.model_validate({"name": "it", "label": "It"})
    assert read_value(field, f"x{raw}" if raw[0] == "A" else raw, "en") == FieldFault(
        "it", "holds an accent without a letter"
    )


def test_letters_of_a_handout_whose_accents_are_loose_are_found() -> None:
    """The page font places the tilde of Guarani, but not the accent of Navajo."""
    data = ATKINSON.read_bytes()
    assert unfit_letters(data, "plain words, na\u00efve, ne\u0303", "en") == ()
    assert unfit_letters(data, "d\u012f\u0301\u012f\u0301 j\u030a e\u0303", "en") == (
        "\u012f\u0301",
        "j\u030a",
    )
