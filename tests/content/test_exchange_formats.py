"""Test the files for translators: what was written is read back, and no word is lost in silence."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from edited_package import edited_package
from hypothesis import given, settings
from hypothesis import strategies as st

from teachback.content.exchange.docx import read_docx, write_docx
from teachback.content.exchange.po import read_po, write_po
from teachback.content.exchange.sheet import SentSheet, SentText, in_one_line
from teachback.content.exchange.table import HEADINGS
from teachback.content.exchange.xliff import read_xliff, write_xliff
from teachback.content.exchange.xlsx import read_xlsx, write_xlsx
from teachback.errors import Severity, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.content.exchange.sheet import ReturnedSheet

FORMATS = {
    "docx": (write_docx, read_docx),
    "xlsx": (write_xlsx, read_xlsx),
    "xliff": (write_xliff, read_xliff),
    "po": (write_po, read_po),
}
SHEET = SentSheet(
    "tiny",
    "en",
    "es",
    "2026-11-22",
    (
        SentText(
            "chest/text",
            "unchecked",
            "Chest pain",
            "Dolor de pecho",
            "Dolor de pecho",
            "",
            ("A flag",),
        ),
        SentText(
            "one/call",
            "stale",
            "Call **now**: {clinic.phone}, or see [NIDDK](https://niddk.example/a?b=1&c=2).",
            "",
            "Llame: {clinic.phone}.",
            "Ask.",
            ("A paragraph", 'For: "ckd" <all>'),
            ("Call {clinic.phone}.", "Llame: {clinic.phone}."),
        ),
        SentText("two/text", "missing", "= 5 mg", "", "", "", ("A cell",), length=148),
    ),
)
PAGE = "worksheets/sheet1.xml"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def words_of(sheet: ReturnedSheet) -> list[tuple[str, ...]]:
    """Return what a file says of each text."""
    return [
        (text.key, text.english, text.words, text.note, text.mark, text.told)
        for text in sheet.texts
    ]


def refused(read: Callable[[bytes, str], ReturnedSheet], raw: bytes) -> list[tuple[int, str]]:
    """Return the line and the message of each problem of a file that is refused."""
    with pytest.raises(TeachbackError) as error:
        read(raw, "back")
    assert all(problem.hint for problem in error.value.problems)
    return [
        (problem.location.line if problem.location else 0, problem.message)
        for problem in error.value.problems
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_written_is_read_back(form: str) -> None:
    """Key, original, translation, note, mark and context come back; the bytes never change."""
    write, read = FORMATS[form]
    raw = write(SHEET)
    assert raw == write(SHEET)
    back = read(raw, "back")
    assert (back.handout, back.source, back.language, back.warnings) == ("tiny", "en", "es", ())
    assert words_of(back) == [
        (text.key, text.english, text.words, text.note, text.mark, text.told)
        for text in SHEET.texts
    ]


def test_a_language_from_right_to_left_is_written_so() -> None:
    """Its column is turned in Word and Excel, the others are not; the words come back."""
    words = "\u0623\u0644\u0645 \u0641\u064a \u0627\u0644\u0635\u062f\u0631"
    text = SHEET.texts[0]._replace(words=words, there=words)
    sheet = SHEET._replace(language="ar", texts=(text,), directions=("ltr", "rtl"))
    for write, part, turned in (
        (write_docx, "word/document.xml", '<w:rtl/><w:lang w:bidi="ar"/></w:rPr><w:t xml'),
        (write_xlsx, f"xl/{PAGE}", ' s="4" t="inlineStr"'),
    ):
        with zipfile.ZipFile(io.BytesIO(write(sheet))) as archive:
            assert archive.read(part).decode().count(turned) == 1
    for write, read in FORMATS.values():
        assert [text.words for text in read(write(sheet), "back").texts] == [words]


# Letters that a text may hold, with all that formats need to escape.
TEXTS = st.text(
    st.sampled_from([*"abzÁñ¿ 0123456789.,;:!?()/&<>\"'\\#%_x+-=@~|^`\u00a0\u2019"]),
    min_size=1,
).filter(lambda text: in_one_line(text) == text != "")


@settings(max_examples=30, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_any_letters_come_back(english: str, words: str, note: str) -> None:
    """No letter is lost or changed in any format."""
    text = SentText("a/text", "unchecked", english, words, words, note, ("A cell",))
    sheet = SHEET._replace(texts=(text,))
    for write, read in FORMATS.values():
        (back,) = read(write(sheet), "back").texts
        assert (in_one_line(back.english), back.words, back.note) == (
            " ".join(english.split()) if read in {read_docx, read_xlsx} else english,
            words,
            note,
        )
        assert back.mark == text.mark


def xliff_faults(raw: bytes) -> list[str]:
    """Return where a file breaks the structure of XLIFF 1.2 (its specification, section 3)."""
    space = "{urn:oasis:names:tc:xliff:document:1.2}"
    states = {"translated", "needs-translation", "needs-review-translation", "new", "final"}
    root = ET.fromstring(raw)  # noqa: S314 -- our own file
    found = []
    if root.tag != f"{space}xliff" or root.get("version") != "1.2":
        found.append("no xliff 1.2")
    for file in root.iter(f"{space}file"):
        found += [
            f"file without {name}"
            for name in ("original", "source-language", "datatype")
            if not file.get(name)
        ]
        ids = [unit.get("id") for unit in file.iter(f"{space}trans-unit")]
        if None in ids or len(set(ids)) < len(ids):
            found.append("units without an id of their own")
    for unit in root.iter(f"{space}trans-unit"):
        if unit.get("maxwidth") and not (
            unit.get("maxwidth", "").isdigit() and unit.get("size-unit") in {"char", "mm", "pixel"}
        ):
            found.append("a width without its unit")
        names = [child.tag.removeprefix(space) for child in unit]
        order = ["source", "target", "alt-trans", "note"]
        if names[:1] != ["source"] or names != sorted(names, key=order.index):
            found.append(f"order: {names}")
        for part in unit.iter():
            name = part.tag.removeprefix(space)
            if name == "target" and part.get("state", "final") not in states:
                found.append("unknown state")
            if name in {"source", "target"}:
                inner = [child.get("id") for child in part]
                if {child.tag for child in part} - {f"{space}ph"} or len(set(inner)) < len(inner):
                    found.append("inline elements")
            if name == "alt-trans" and part.find(f"{space}target") is None:
                found.append("alt-trans without target")
    return found


def test_xliff_is_built_as_its_specification_says() -> None:
    """Units have ids, their parts are in order, codes are numbered; a broken file is found."""
    raw = write_xliff(SHEET)
    assert xliff_faults(raw) == []
    assert b' resname="two/text" maxwidth="148" size-unit="mm">' in raw
    broken = {
        b"<source>": b"<target/><source>",
        b' original="tiny"': b"",
        b' version="1.2"': b' version="1.1"',
        b'state="translated"': b'state="done"',
        b'<ph id="2">': b'<ph id="1">',
        b' id="chest/text': b' x="chest/text',
        b"<target>Llame": b"<seg-source>Llame",
        b' size-unit="mm"': b' size-unit="mile"',
    }
    for old, new in broken.items():
        changed = raw.replace(old, new)
        changed = (
            changed.replace(b"{clinic.phone}.</target>", b"{clinic.phone}.</seg-source>")
            if new.endswith(b"Llame")
            else changed
        )
        assert changed != raw
        assert xliff_faults(changed), old


def test_msgfmt_takes_the_po_file(tmp_path: Path) -> None:
    """GNU gettext's own checker has nothing to say."""
    assert shutil.which("msgfmt"), "install gettext"
    file = tmp_path / "tiny.po"
    file.write_bytes(write_po(SHEET))
    result = subprocess.run(
        ["msgfmt", "--check", "--output-file", tmp_path / "tiny.mo", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


DRAWN = "<w:r><w:pict><w:t>Call 555</w:t></w:pict></w:r>"
DOCX_CASES = {
    "tracked insertion": (
        "<w:ins><w:r><w:t>no </w:t></w:r></w:ins>", "holds tracked changes",
    ),
    "tracked deletion": (
        "<w:del><w:r><w:delText>no </w:delText></w:r></w:del>", "holds tracked changes",
    ),
    "moved words": ("<w:moveTo><w:r><w:t>no</w:t></w:r></w:moveTo>", "holds tracked changes"),
    "text box": (DRAWN, "holds a text box or a picture"),
    "comment": ('<w:commentRangeStart w:id="1"/>', "has a comment"),
    "footnote": ("<w:r><w:footnoteReference/></w:r>", "has a footnote"),
    "field": ('<w:fldSimple w:instr="DATE"><w:r><w:t>1</w:t></w:r></w:fldSimple>', "holds a field"),
    "struck": ("<w:r><w:rPr><w:strike/></w:rPr><w:t>no </w:t></w:r>", "is struck through"),
    "hidden": ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>no </w:t></w:r>", "holds hidden text"),
    "symbol": ('<w:r><w:sym w:char="F0B7"/></w:r>', "holds a sign of a symbol font"),
    "formula": ("<w:oMath><w:t>x</w:t></w:oMath>", "holds something that is not plain text"),
    "second paragraph": (
        "</w:p><w:p><w:r><w:t>o dolor</w:t></w:r>", "the translation has several lines",
    ),
    "line break": ("<w:r><w:br/><w:t>o dolor</w:t></w:r>", "the translation has several lines"),
}  # fmt: skip
CELL = '<w:t xml:space="preserve">Dolor de pecho</w:t></w:r>'


@pytest.mark.parametrize("case", DOCX_CASES)
def test_what_word_adds_to_a_cell_is_refused_with_its_row(case: str) -> None:
    """Words that only Word would show, or hide, are never dropped or taken in silence."""
    added, message = DOCX_CASES[case]
    found = refused(read_docx, edited_package(write_docx(SHEET), {CELL: CELL + added}))
    assert len(found) == 1
    assert found[0][0] == 2
    assert found[0][1].startswith("row 2: the")
    assert message in found[0][1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<w:cantSplit/></w:trPr><w:tc><w:tcPr>", "</w:trPr><w:tc><w:tcPr><w:gridSpan w:val='2'/>", "is merged with other cells"),
        ("<w:cantSplit/></w:trPr>", "<w:cantSplit/><w:del/></w:trPr>", "holds tracked changes"),
        ("<w:cantSplit/></w:trPr><w:tc><w:tcPr>", "</w:trPr><w:tc><w:tbl><w:tr/></w:tbl><w:tcPr>", "holds a table of its own"),
        ("</w:tbl>", "</w:tbl><w:p><w:r><w:t>See me</w:t></w:r></w:p>", "words outside of the table would be lost: 'See me'"),
        ("</w:tbl>", f"</w:tbl><w:p>{DRAWN}</w:p>", "words outside of the table: this holds a text box"),
        (">Key<", ">Clave<", "there is no row with the headings"),
        (">Into: es<", "><", "the lines 'Into: ...' above the table are gone"),
        (">chest/text<", "><", "row 2: this row has no key"),
        (
            "</w:tr></w:tbl>",
            "<w:tc><w:p><w:r><w:t>Really?</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
            "row 4: words in a further column would be lost: 'Really?'",
        ),
    ],
)  # fmt: skip
def test_words_of_a_document_are_not_lost(old: str, new: str, message: str) -> None:
    """What cannot be read, and what stands elsewhere than it should, is reported."""
    found = refused(read_docx, edited_package(write_docx(SHEET), {old: new}))
    assert [message in reported for _, reported in found] == [True]


def test_comments_headers_and_footnotes_of_a_document_are_reported() -> None:
    """Their words are no part of the text, and would be lost."""
    words = f'<w:x xmlns:w="{W}"><w:p><w:r><w:t>Ask the doctor</w:t></w:r></w:p></w:x>'
    names = ("word/comments.xml", "word/header1.xml", "word/footnotes.xml")
    found = refused(read_docx, edited_package(write_docx(SHEET), {}, dict.fromkeys(names, words)))
    assert [message for _, message in found] == [
        "a comment would be lost: 'Ask the doctor'",
        "a header would be lost: 'Ask the doctor'",
        "a footnote would be lost: 'Ask the doctor'",
    ]


def test_what_word_writes_on_its_own_is_read() -> None:
    """Runs are split, spelling and bookmarks are marked, links are made: the words are the same."""
    split = (
        '<w:t>Dolor</w:t></w:r><w:proofErr w:type="spellStart"/><w:bookmarkStart w:id="0"/>'
        '<w:r><w:rPr><w:b w:val="0"/><w:strike w:val="false"/></w:rPr><w:t xml:space="preserve"> de </w:t></w:r>'
        "<w:hyperlink><w:r><w:t>pecho</w:t></w:r></w:hyperlink>"
    )
    raw = edited_package(
        write_docx(SHEET), {CELL: split, "<w:cantSplit/></w:trPr>": "<w:hidden/></w:trPr>"}
    )
    back = read_docx(raw, "back")
    assert words_of(back) == words_of(read_docx(write_docx(SHEET), "back"))
    assert [(warning.severity, warning.message) for warning in back.warnings] == [
        (Severity.WARNING, "row 2: the row is hidden; it is read like the others")
    ]


VALUE = '<is><t xml:space="preserve">Dolor de pecho</t></is>'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (f't="inlineStr">{VALUE}', "><f>A1</f>", "row 10: the column 'Translation' holds a formula without a result"),
        ("</sheetData>", '</sheetData><mergeCells><mergeCell ref="D10:D11"/></mergeCells>', "row 10: the column 'Translation' is merged"),
        (f"{VALUE}", "<is><r><rPr><strike/></rPr><t>Dolor</t></r></is>", "row 10: the column 'Translation' is struck through"),
        ("</row></sheetData>", '<c r="H12" t="inlineStr"><is><t>Really?</t></is></c></row></sheetData>', "row 12: words in a further column would be lost: 'Really?'"),
        ("Dolor de pecho", "Dolor\nde pecho", "row 10: the translation has several lines"),
        ("Handout: tiny", "Handout", "words outside of the table would be lost: 'Handout'"),
    ],
)  # fmt: skip
def test_what_excel_adds_is_refused_with_its_row(old: str, new: str, message: str) -> None:
    """A formula without a result, merged cells, struck letters and words elsewhere are reported."""
    found = refused(read_xlsx, edited_package(write_xlsx(SHEET), {old: new}))
    assert message in found[0][1]


def test_words_beside_the_cells_of_a_workbook_are_reported() -> None:
    """Comments, text boxes and further sheets would be lost."""
    sheet = '<x xmlns="x"><c><v>5</v></c></x>'
    words = '<x xmlns="x"><t>Ask the doctor</t></x>'
    parts = {
        "xl/comments1.xml": words,
        "xl/drawings/drawing1.xml": words,
        "xl/worksheets/sheet2.xml": sheet,
    }
    found = refused(read_xlsx, edited_package(write_xlsx(SHEET), {}, parts))
    assert [message for _, message in found] == [
        "a comment would be lost: 'Ask the doctor'",
        "a text box or a drawing would be lost: 'Ask the doctor'",
        "the workbook has a further sheet with words, which would be lost",
    ]


def test_each_printed_page_of_a_workbook_has_the_headings() -> None:
    """The row that is repeated is that of the headings, across the page; marks are not printed."""
    with zipfile.ZipFile(io.BytesIO(write_xlsx(SHEET))) as archive:
        book, page = (archive.read(f"xl/{part}").decode() for part in ("workbook.xml", PAGE))
    assert 'Print_Titles" localSheetId="0">Translation!$9:$9<' in book
    assert re.findall(r'<c r="([A-Z]9)".*?>([^<>]+)</t>', page)[:: len(HEADINGS) - 1] == [
        ("A9", "Key"),
        ("G9", "Mark"),
    ]
    assert 'Print_Area" localSheetId="0">Translation!$A:$F<' in book
    assert '<pageSetup orientation="landscape"' in page


def test_a_filtered_workbook_is_read_whole() -> None:
    """Hidden rows are read like the others, with a warning; the result of a formula is read."""
    raw = edited_package(
        write_xlsx(SHEET),
        {
            '<row r="11"': '<row r="11" hidden="1"',
            f't="inlineStr">{VALUE}': ' t="str"><f>D1</f><v>Dolor</v>',
        },
    )
    back = read_xlsx(raw, "back")
    assert [text.words for text in back.texts] == ["Dolor", "", ""]
    assert [warning.message for warning in back.warnings] == [
        "the sheet has hidden rows or columns; they are read like the others"
    ]


def test_packages_that_unpack_to_too_much_are_refused() -> None:
    """A small file may hold gigabytes; others are no office files at all."""
    assert refused(read_docx, b"PK\x03\x04 broken") == [(0, "the file is incomplete or damaged")]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 20_000_001)
    found = refused(read_docx, data.getvalue())
    assert found == [(0, "the file is too large when it is unpacked")]
    assert len(data.getvalue()) < 30_000


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize("form", ["docx", "xlsx", "xliff"])
def test_entities_are_refused(form: str) -> None:
    """A few entities unpack to gigabytes, or name files of this machine."""
    write, read = FORMATS[form]
    root = {"docx": "<w:document", "xlsx": "<worksheet", "xliff": "<xliff"}[form]
    raw = write(SHEET)
    if form == "xliff":
        raw = raw.replace(root.encode(), (BOMB + root).encode())
    else:
        raw = edited_package(raw, {root: BOMB + root})
    assert "DOCTYPE" in refused(read, raw)[0][1] or form == "xlsx"


def test_tools_may_add_to_xliff_what_is_no_translation() -> None:
    """A byte order mark, segments, suggestions and empty codes change no words."""
    raw = write_xliff(SHEET).decode()
    changed = (
        raw.replace(
            ">Dolor de pecho<", '><mrk mtype="seg" mid="1">Dolor <g id="7">de pecho</g></mrk><'
        )
        .replace("<alt-trans ", '<alt-trans match-quality="99" ')
        .replace("</source><note", "</source><target/><note")
        .replace("<body>", "<body><group>")
        .replace("</body>", "</group></body>")
    )
    assert changed.count("<g ") == 1
    back = read_xliff(b"\xef\xbb\xbf" + changed.encode(), "back")
    assert words_of(back) == words_of(read_xliff(raw.encode(), "back"))
    # A tool writes <x/> for a code of the source.
    filled = raw.replace(
        "</source><alt-trans",
        '</source><target state="final">Llame <x id="1"/>ya<x id="2"/>: <ph id="3"/></target><alt-trans',
    )
    assert read_xliff(filled.encode(), "back").texts[1].words == "Llame **ya**: {clinic.phone}"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('version="1.2"', 'version="2.0"', 0, ""),
        (":1.2", ":2.0", 2, "this is not XLIFF 1.2 but 'xliff' 1.2"),
        ("</file>", "</file><file/>", 13, "this holds several files"),
        ('<?xml version="1.0" encoding="UTF-8"', '<?xml version="1.0" encoding="ISO-8859-1"', 1, "the file is in the encoding ISO-8859-1"),
        ("Dolor de pecho", "Dolor <sub>de</sub>", 5, "the element 'sub' is not read"),
        ("Dolor de pecho", 'Dolor <x id="9"/>', 5, "the element 'x' stands for nothing"),
        ("</target>", "</target><target>B</target>", 5, "a unit has one source and at most one target"),
        ("</source>", "</sauce>", 5, "this is not XML"),
    ],
)  # fmt: skip
def test_xliff_that_cannot_be_read_is_refused_with_its_line(
    old: str, new: str, line: int, message: str
) -> None:
    """Other versions, other encodings and elements with words of their own are reported."""
    raw = write_xliff(SHEET).decode()
    if not message:
        assert read_xliff(raw.replace(old, new, 1).encode(), "back").texts
        return
    found = refused(read_xliff, raw.replace(old, new, 1).encode())
    assert found[0][0] == line
    assert message in found[0][1]


def test_what_xliff_tools_say_is_reported() -> None:
    """An unfinished state is kept, an approval is not taken over, and foreign words are named."""
    raw = write_xliff(SHEET).decode()
    raw = raw.replace('state="translated"', 'state="needs-translation"')
    raw = raw.replace("<trans-unit ", '<trans-unit approved="yes" ', 1)
    raw = raw.replace("<body>", "<header><note>Dear all</note></header><body>")
    raw = raw.replace(
        "</note></trans-unit>", '</note><t:c xmlns:t="tool">Hello there</t:c></trans-unit>', 1
    )
    back = read_xliff(raw.encode(), "back")
    assert [text.unfinished for text in back.texts] == ["needs-translation", "", ""]
    assert [warning.message for warning in back.warnings] == [
        "words that a tool has added are not read: 'Dear all'",
        "words that a tool has added are not read: 'Hello there'",
        "a translation is marked as approved in this file; that is not taken over",
    ]
    assert {warning.severity for warning in back.warnings} == {Severity.WARNING}


def test_what_po_tools_write_is_read() -> None:
    """Long strings in pieces, a byte order mark and CRLF, flags and references."""
    raw = write_po(SHEET).decode()
    raw = raw.replace('msgstr "Dolor de pecho"', 'msgstr ""\n"Dolor "\n"de pecho"')
    raw = raw.replace("#. Mark", "#: tiny.yaml:5\n#, no-wrap\n#. Mark", 1).replace("\n", "\r\n")
    back = read_po(b"\xef\xbb\xbf" + raw.encode(), "back")
    assert words_of(back) == words_of(read_po(write_po(SHEET), "back"))


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("charset=UTF-8", "charset=ISO-8859-1", 1, "the file says that its encoding is ISO-8859-1"),
        ("X-Handout: tiny", "X-Handout: ", 1, "the header lacks X-Handout"),
        ('msgstr "Dolor de pecho"', 'msgstr[0] "a"\nmsgstr[1] "b"', 17, "this entry lacks msgstr"),
        ('msgctxt "chest/text"\n', "", 17, "this entry lacks msgctxt"),
        ('"Dolor de pecho"', '"Dolor de pecho', 19, "this line is no part of a PO file"),
        ('"Dolor de pecho"', '"Dolor\\nde pecho"', 19, "the translation has several lines"),
        ('"Dolor de pecho"', '"Dolor \\x de pecho"', 19, "a backslash is not read here"),
        ('msgstr "Dolor de pecho"', 'msgid "b"\nmsgstr "Dolor"', 19, "this entry has two lines 'msgid'"),
    ],
)  # fmt: skip
def test_po_that_cannot_be_read_is_refused_with_its_line(
    old: str, new: str, line: int, message: str
) -> None:
    """Other encodings, plurals, lost keys and broken strings are reported."""
    raw = write_po(SHEET).decode().replace(old, new, 1)
    found = refused(read_po, raw.encode())
    assert any(at == line and message in reported for at, reported in found), found


def test_what_po_tools_put_aside_is_reported() -> None:
    """A fuzzy text is unfinished, and obsolete entries are named."""
    raw = write_po(SHEET).decode()
    raw = (
        raw.replace('msgctxt "chest', '#, fuzzy\nmsgctxt "chest') + '\n#~ msgid "Old"\n# The end\n'
    )
    back = read_po(f"# Hello\n{raw}".encode(), "back")
    assert [text.unfinished for text in back.texts] == ["fuzzy", "", ""]
    assert [warning.message for warning in back.warnings] == [
        "a text that the tool has put aside is not read: 'msgid \"Old\"'",
        "the file ends with a remark that belongs to no text",
        "a remark above the header is not read: 'Hello'",
    ]
