"""Words are proved by their shapes: also where no text layer can tell which letters were drawn."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import page as page_validation
import pikepdf
import pytest

from teachback.errors import Location
from teachback.files.workspace import builtin_root
from teachback.pdf import renderer
from teachback.pdf.page_reader import read_pages
from teachback.proofing.expected_text import Expected, ExpectedSentence
from teachback.proofing.shape_proof import shaped_text
from teachback.proofing.text_checks import text_problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.proofing.shape_proof import ShapedText

CUT = Path(__file__).parents[1] / "support/fonts"
NAMES = builtin_root() / "styles/fonts/names"
# The letters of the first font; signs and digits that it lacks come from the second.
FONTS = {
    "ar": (CUT / "NotoNaskhArabic-cut.ttf", NAMES / "NotoSans-Regular.ttf"),
    "hi": (CUT / "NotoSansDevanagari-cut.ttf", NAMES / "NotoSans-Regular.ttf"),
    "vi": (NAMES / "NotoSans-Regular.ttf", NAMES / "NotoSans-Bold.ttf"),
    "en": (NAMES.parent / "AtkinsonHyperlegible-Regular.ttf", NAMES / "NotoSans-Regular.ttf"),
}
# Made-up sentences of real words. The Arabic one has a tanwin on its alef, marks, and brackets.
ARABIC = (
    "\u0627\u062a\u0635\u0644 \u0628\u0627\u0644\u0639\u064a\u0627\u062f\u0629 "
    "(\u0623\u0628\u062f\u064b\u0627)\u060c \u0645\u0646 \u0641\u0636\u0644\u0643 911 \u062b\u0645 12."
)
# A matra that is drawn before its letter, a conjunct, a nukta, and a stop.
HINDI = (
    "\u0915\u093f\u0921\u0928\u0940 \u0915\u0940 \u0938\u094d\u0925\u093f\u0924\u093f "
    "\u092b\u093c\u094b\u0928 \u0930\u0915\u094d\u0924\u0964"
)
VIETNAMESE = "G\u1ecdi ph\u00f2ng kh\u00e1m ngay n\u1ebfu \u0111au ng\u1ef1c: 115."
ENGLISH = "Call the office first if a fish bone stays: 5 to 10 mg."
TEXTS = {"ar": ARABIC, "hi": HINDI, "vi": VIETNAMESE, "en": ENGLISH}


@dataclass(frozen=True)
class Paper:
    """A page with one paragraph in a language: its HTML, its files, and the printed file."""

    html: str
    files: dict[str, Path]
    data: bytes
    expected: Expected

    def proof(self, data: bytes | None = None) -> ShapedText:
        """Prove the page, or a changed copy of it."""
        data = data or self.data
        return shaped_text(data, self.html, read_pages(data, 40), self.expected, self.files)

    def faults(self, data: bytes) -> list[str]:
        """Return what the proof by shapes and the comparison of the words find in a copy."""
        pages, shape_problems = self.proof(data)
        tokens = [token for page in pages for token in page.tagged]
        problems = (*shape_problems, *text_problems(tokens, self.expected))
        return [problem.message for problem in problems]


def printed(language: str, body: str, *said: str) -> Paper:
    """Print a page with one paragraph."""
    fonts = FONTS[language]
    files = {f"styles/fonts/{path.name}": path for path in fonts}
    faces = "".join(
        f"@font-face{{font-family:F{at};src:url(fonts/{path.name})}}"
        for at, path in enumerate(fonts)
    )
    html = (
        f"<html lang={language} dir={'rtl' if language == 'ar' else 'ltr'}><head><title>T</title>"
        f"<style>{faces}@page{{size:120mm 60mm;margin:10mm}}"
        f"body{{font:14pt/1.8 F0,F1}}</style></head><body><p>{body}</p></body></html>"
    )
    layout = renderer.lay_out(html, files, renderer.Fonts())
    assert not layout.problems
    expected = Expected(
        "t", Location("x.yaml"), tuple(map(ExpectedSentence, said)), (), 12.0, language=language
    )
    return Paper(html, files, renderer.write(layout), expected)


@pytest.fixture(scope="module", params=list(TEXTS))
def paper(request: pytest.FixtureRequest) -> Paper:
    """Print a page in each language, with its text twice: it breaks over lines."""
    text = TEXTS[request.param]
    return printed(request.param, f"{text} {text}", f"{text} {text}")


def changed(data: bytes, change: Callable[[pikepdf.Pdf], object]) -> bytes:
    """Return a copy of a file with a change in it."""
    with pikepdf.open(io.BytesIO(data)) as document:
        change(document)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def with_first_words(data: bytes, change: Callable[[str], str]) -> bytes:
    """Return a copy of a file in which the first operation that shows text is changed.

    `change` gets its steps: strings of glyph ids in hexadecimal digits, and moves between them.
    """

    def write(document: pikepdf.Pdf) -> None:
        page = document.pages[0]
        content = page.Contents.read_bytes().decode("latin-1")
        new = re.sub(r"\[(.*?)\]\s*TJ", lambda match: f"[{change(match[1])}]TJ", content, count=1)
        assert new != content
        page.Contents = document.make_stream(new.encode("latin-1"))

    return changed(data, write)


def ids(steps: str) -> list[str]:
    """Return the glyph ids of some steps, without the moves."""
    return re.findall("....", "".join(re.findall("<(.*?)>", steps)))


def steps(glyphs: list[str]) -> str:
    """Return glyph ids as one string."""
    return f"<{''.join(glyphs)}>"


def test_words_are_proved_and_read_in_their_order(paper: Paper) -> None:
    """Also in scripts whose letters join, combine, change places, or run from right to left."""
    assert paper.faults(paper.data) == []
    read = " ".join(token.words for page in paper.proof().pages for token in page.tagged)
    assert " ".join(unicodedata.normalize("NFC", read).split()) == paper.expected.sentences[0].words


def test_a_page_with_its_words_beside_its_letters_is_valid(paper: Paper) -> None:
    """The words around a line break neither PDF/UA-1 nor PDF/A-2a."""
    for profile in ("ua1", "2a"):
        result = page_validation.validate_pdf_bytes(paper.data, profile=profile)
        assert result.is_compliant, [failure.message for failure in result.failures]


def test_only_lines_that_no_text_layer_tells_have_their_words_beside_them(paper: Paper) -> None:
    """All other files stay as they were."""
    with pikepdf.open(io.BytesIO(paper.data)) as document:
        content = document.pages[0].Contents.read_bytes()
    assert (b"/ActualText" in content) == (paper.expected.language in {"ar", "hi"})


def other_letter(steps_: str) -> str:
    """Draw the first letter as the last one."""
    glyphs = ids(steps_)
    return steps([glyphs[-1], *glyphs[1:]])


def dropped_letter(steps_: str) -> str:
    """Leave the third letter out."""
    glyphs = ids(steps_)
    return steps(glyphs[:2] + glyphs[3:])


def doubled_letter(steps_: str) -> str:
    """Draw the second letter twice."""
    glyphs = ids(steps_)
    return steps([*glyphs[:2], *glyphs[1:]])


def turned_letters(steps_: str) -> str:
    """Draw the letters in reverse order."""
    return steps(ids(steps_)[::-1])


@pytest.mark.parametrize("change", [other_letter, dropped_letter, doubled_letter, turned_letters])
def test_other_letters_than_the_words_are_found(paper: Paper, change: Callable[[str], str]) -> None:
    """The words beside the letters stay right, so only the shapes tell."""
    found = paper.faults(with_first_words(paper.data, change))
    assert any("is drawn with" in fault or "is not on the page" in fault for fault in found), found


def test_other_words_than_the_letters_are_found() -> None:
    """The letters stay right, and the words beside them change."""
    paper = printed("ar", ARABIC, ARABIC)

    def rename(document: pikepdf.Pdf) -> None:
        page = document.pages[0]
        lines = list(pikepdf.parse_content_stream(page))
        for step in lines:
            properties: Any = step.operands[1] if str(step.operator) == "BDC" else {}
            if "/ActualText" in properties:
                properties.ActualText = str(properties.ActualText).replace("911", "119")
        page.Contents = document.make_stream(pikepdf.unparse_content_stream(lines))

    [fault] = paper.proof(changed(paper.data, rename)).problems
    assert fault.message.endswith("is drawn with other letters than '119'")


def test_a_word_that_the_edition_lacks_is_found_in_any_script() -> None:
    """The shapes tell what is on the paper, and the edition what should be."""
    for language, text in TEXTS.items():
        first, *rest = text.split()
        for said in (" ".join(rest), " ".join([*rest, first]), f"{text} {first}"):
            assert printed(language, text, said).faults(printed(language, text).data), said


def moved(steps_: str) -> str:
    """Move the second letter over the first."""
    glyphs = ids(steps_)
    return f"<{glyphs[0]}> 700 {steps(glyphs[1:])}"


def raised(content: str) -> str:
    """Raise the first line above its place by half a letter."""
    return re.sub(r"\[(.*?)\]\s*TJ", r"7 Ts [\1]TJ 0 Ts", content, count=1)


def outside(content: str) -> str:
    """Move all lines to the right, out of the page."""
    return re.sub(r"(1 0 0 -1) \S+ (\S+) Tm", r"\1 900 \2 Tm", content)


def test_letters_in_another_place_are_found() -> None:
    """A letter over another one, and a line beside the page, are all there and cannot be read."""
    paper = printed("ar", ARABIC, ARABIC)
    [fault] = paper.proof(with_first_words(paper.data, moved)).problems
    assert "in another place" in fault.message or "too close" in fault.message

    def rewrite(how: Callable[[str], str]) -> Callable[[pikepdf.Pdf], None]:
        def write(document: pikepdf.Pdf) -> None:
            page = document.pages[0]
            content = page.Contents.read_bytes().decode("latin-1")
            assert how(content) != content
            page.Contents = document.make_stream(how(content).encode("latin-1"))

        return write

    [fault] = paper.proof(changed(paper.data, rewrite(raised))).problems
    assert "in another place" in fault.message
    found = paper.proof(changed(paper.data, rewrite(outside))).problems
    assert found
    assert all("is drawn outside the page" in fault.message for fault in found)


def test_a_text_layer_that_reads_another_digit_is_found() -> None:
    """Reading back would find the right number, and the paper has the wrong one."""
    paper = printed("en", "Take 5 mg.", "Take 5 mg.")

    def lie(document: pikepdf.Pdf) -> None:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item:
                table = item.ToUnicode.read_bytes().replace(b"<0035>", b"<0036>")
                assert table != item.ToUnicode.read_bytes()
                item.ToUnicode = document.make_stream(table)

    [fault] = paper.proof(changed(paper.data, lie)).problems
    assert fault.message.endswith("is drawn with other letters than '6'")


def test_a_font_that_draws_other_letters_than_its_file_is_found() -> None:
    """The glyph ids are right, and the embedded font has other letters under them."""
    paper = printed("en", "Take 5 mg.", "Take 5 mg.")

    def strange(document: pikepdf.Pdf) -> None:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and "/FontFile2" in item:
                other = FONTS["hi"][0].read_bytes()
                item.FontFile2 = document.make_stream(other, Length1=len(other))

    [fault] = paper.proof(changed(paper.data, strange)).problems
    assert fault.message == ("the letters of the font 'F0' are not those of any font of the page")

    def coded(document: pikepdf.Pdf) -> None:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and "/CIDToGIDMap" in item:
                item.CIDToGIDMap = document.make_stream(b"\0\1" * 4000)

    [fault] = paper.proof(changed(paper.data, coded)).problems
    assert "are not those of any font of the page" in fault.message


def test_numbers_that_a_reader_could_turn_round_are_refused() -> None:
    """In a text from right to left, 10 to 20 with a dash alone is painted as 20 to 10."""
    dashed = printed("ar", "<strong>10 \u2013 20</strong>", "10 \u2013 20")
    [fault] = dashed.proof().problems
    assert "is drawn with other letters" in fault.message
    own = printed("ar", "<bdi dir=ltr>(555) 555-0100</bdi>", "(555) 555-0100")
    assert own.faults(own.data) == []


def test_letters_within_bold_are_proved_in_their_place() -> None:
    """A part of a line with a style of its own is laid out alone, and stands in the reading order."""
    one, two, three, *rest = ARABIC.split()
    paper = printed("ar", f"{one} <b>{two}</b> {three} {' '.join(rest)}", ARABIC)
    assert paper.faults(paper.data) == []
    turned = " ".join((two, one, three, *rest))
    wrong = printed("ar", f"{one} <b>{two}</b> {three} {' '.join(rest)}", turned)
    assert wrong.faults(wrong.data)


def test_the_numbers_of_a_list_are_tabular_and_are_proved() -> None:
    """WeasyPrint sets them with figures of one width, which are other glyphs in some fonts."""
    paper = printed("en", "<ol><li>Take 1.</li><li>Call.</li></ol>", "Take 1.", "Call.")
    assert not paper.proof().problems


def test_a_joined_word_with_a_part_in_bold_is_refused() -> None:
    """Its letters would not join where the style changes: the word falls into two."""
    word = "\u0628\u064a\u0631\u0648\u062a"
    cut = printed("ar", f"{word[:2]}<b>{word[2:]}</b> {word}", f"{word} {word}")
    [fault] = cut.proof().problems
    assert "is a word with a part in another style" in fault.message
    assert fault.hint.startswith("Make whole words strong")
    whole = printed("ar", f"<b>{word}</b> {word}", f"{word} {word}")
    assert whole.faults(whole.data) == []
    latin = printed("en", "anti<b>body</b>", "antibody")
    assert latin.faults(latin.data) == []


def test_words_around_one_that_is_not_proved_are_still_compared() -> None:
    """A fault of one line makes no others of lines that are right."""
    text = f"{ARABIC} {ARABIC}"
    paper = printed("ar", text, text)
    [fault] = paper.faults(with_first_words(paper.data, other_letter))
    assert "is drawn with other letters" in fault


def test_brackets_of_a_latin_text_in_a_page_from_right_to_left_are_read_back() -> None:
    """An opening bracket is drawn as a closing one from right to left, and as itself beside it."""
    text = "\u0628\u064a\u062a (1) \u0645\u0646"
    paper = printed("ar", f"{text} <bdi dir=ltr>NHS (2023): ok</bdi>", f"{text} NHS (2023): ok")
    assert paper.faults(paper.data) == []


def test_a_marked_letter_is_read_back_where_its_bare_letter_came_first() -> None:
    """Noto Sans draws an o with a dot below as an o and a dot: it was read as two letters."""
    words = "Con ong bay, h\u00e3y g\u1ecdi qu\u00fd v\u1ecb."
    paper = printed("vi", words, words)
    assert paper.faults(paper.data) == []
