"""Test workbooks: a cell is read as a person sees it, or is a fault.

A workbook that contradicts itself, or is too large when unpacked, is refused.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachback.content.record_fields import RecordField
from teachback.errors import Problem, TeachbackError
from teachback.files import xlsx_reader
from teachback.files.xlsx_number_formats import (
    UNKNOWN_DATE,
    UNKNOWN_LOOK,
    UNKNOWN_TIME,
    CellFault,
    Day,
    PointedNumber,
    number_look,
    text_look,
)
from teachback.merge import ordered_workers
from teachback.merge.records import record_reader
from teachback.merge.records.field_values import FieldFault, read_value
from teachback.merge.records.record_reader import open_table, read_part, read_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.merge.record_shapes import RecordRow

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>name</t></is></c></row>'
)


@pytest.fixture(autouse=True)
def _read_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in this process where a test is not about processes."""
    if "process" not in request.node.name:
        monkeypatch.setattr(record_reader, "streamed", lambda read, given, *_: read(given))


def package(
    data: str = "",
    *,
    strings: str = "",
    styles: str = "",
    around: str = "",
    sheets: str = '<sheet name="One" sheetId="1" r:id="r1"/>',
    more: dict[str, str] | None = None,
    properties: str = "",
) -> bytes:
    """Return a handmade workbook with one sheet and a header.

    `data` follows the header, and `around` follows the rows.
    """
    relation = "<Relationship Id={} Type={} Target={}/>"

    def related(*names: tuple[str, str, str]) -> str:
        links = "".join(
            relation.format(quoteattr(identifier), quoteattr(f"{LINK}/{kind}"), quoteattr(target))
            for identifier, kind, target in names
        )
        return f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>'

    parts = {
        "_rels/.rels": related(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{LINK}">{properties}<sheets>{sheets}</sheets>'
            "</workbook>"
        ),
        "xl/_rels/workbook.xml.rels": related(
            ("r1", "worksheet", "worksheets/sheet1.xml"),
            ("r2", "sharedStrings", "sharedStrings.xml"),
            ("r3", "styles", "styles.xml"),
        ),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{MAIN}"><sheetData>{HEAD}{data}</sheetData>{around}</worksheet>'
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/styles.xml": (
            f'<styleSheet xmlns="{MAIN}">{styles or "<cellXfs><xf/></cellXfs>"}</styleSheet>'
        ),
        **(more or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def read(data: bytes) -> tuple[list[RecordRow], tuple[Problem, ...]]:
    """Read a workbook from its bytes."""
    table, problems = open_table(
        io.BytesIO(data), Path("r.xlsx"), "r.xlsx", "id", frozenset({"id", "name"})
    )
    return [
        row for part in read_parts(table, 3) for row in read_part(table.row_form, part)
    ], problems


def cell(inside: str, attributes: str = "", **more: str) -> str:
    """Return the text of the cell B2, or its fault."""
    (row,), _ = read(
        package(
            f'<row r="2"><c r="A2"><v>7</v></c><c r="B2"{attributes}>{inside}</c></row>',
            **more,  # type: ignore[arg-type]
        )
    )
    return row.cells.get("name") or row.faults.get("name", "")


def refusal(data: bytes) -> str:
    """Return the message with which a workbook is refused."""
    with pytest.raises(TeachbackError) as caught:
        read(data)
    assert all(problem.hint for problem in caught.value.problems)
    return caught.value.problems[0].message


def styled(code: str) -> str:
    """Return styles with several formats, of which the second has the number format `code`."""
    return (
        f'<numFmts><numFmt numFmtId="170" formatCode={quoteattr(code)}/></numFmts>'
        '<fonts><font/><font><strike/></font><font><vertAlign val="superscript"/></font>'
        '<font><strike val="0"/></font></fonts>'
        '<cellXfs><xf/><xf numFmtId="170"/><xf fontId="1"/><xf fontId="2"/><xf fontId="3"/>'
        '<xf numFmtId="14"/><xf numFmtId="27"/></cellXfs>'
    )


NEGATIVE = "is a negative number shown without its minus sign; retype it as text"
HIDDEN = "is a number hidden by its format; retype it as text"
ROUNDED = "is a number of more than 15 digits, which Excel rounds; retype it as text"
LONG = "has more than 11 digits, and Excel does not show them all; retype it as text"
BOTH = "is a date with a time, in a format that only Excel can show; retype it as text"


@pytest.mark.parametrize(
    ("value", "look", "seen"),
    [
        # The general format.
        ("42", "General", "42"), ("-7", "General", "-7"), ("7.50", "General", "7.5"),
        ("0.30000000000000004", "General", "0.3"), ("0", "General", "0"),
        ("1E3", "General", "1000"), ("12345678901", "General", "12345678901"),
        ("123456789012", "General", LONG), ("0.3333333333333333", "General", LONG),
        ("0.0001", "General", "0.0001"), ("0.00001", "General", UNKNOWN_LOOK),
        ("5551234567", "@", "5551234567"), ("1E300", "General", LONG),
        # Digits.
        ("42", "0", "42"), ("42", "00000", "00042"), ("7.5", "0", "8"), ("2.5", "0", "3"), ("1.005", "0.00", "1.01"), ("7", "0.00", "7.00"),
        ("7.5", "0.0#", "7.5"), ("7", "0.#", "7."), ("0", "#", ""), ("5", "#", "5"), ("0.4", "#", HIDDEN), ("-0.2", "0", UNKNOWN_LOOK), ("-3", "0", "-3"),
        ("12345", "#,##0", "12,345"), ("999", "#,##0", "999"), ("1234567.5", "#,##0.00", "1,234,567.50"), ("12345", "#,", UNKNOWN_LOOK),
        ("12345", "0,", UNKNOWN_LOOK), ("12345", "#", "12345"), ("12345", "##0", "12345"), ("5", "0,000", "0,005"), ("5", "?0", UNKNOWN_LOOK),
        ("1234567890123456", "0", ROUNDED),
        # Words and signs beside them.
        ("0.05", "0%", "5%"), ("0.285", "0.0%", "28.5%"), ("81", '0" kg"', "81 kg"), ("81", "0\\ \\k\\g", "81 kg"), ("5", "$0.00", "$5.00"),
        ("5551234567", "(000) 000-0000", UNKNOWN_LOOK), ("5550100", "000-0000", UNKNOWN_LOOK), ("0.5", "# ?/?", UNKNOWN_LOOK),
        ("1234", "0.00E+00", UNKNOWN_LOOK), ("1234", "##0.0E+0", UNKNOWN_LOOK), ("5", "* 0", UNKNOWN_LOOK), ("5", '"x"', "x"), ("5", "[$€-407] 0", UNKNOWN_LOOK),
        ("5", 'General" kg"', UNKNOWN_LOOK), ("5", "0.0.0", UNKNOWN_LOOK), ("5", "0kg", UNKNOWN_DATE), ("5", "0%%", UNKNOWN_LOOK),
        # Sections.
        ("-5", "0;0", NEGATIVE), ("-5", "0;[Red]0", NEGATIVE), ("-5", "0;-0", "-5"),
        ("-5", "#,##0_);(#,##0)", "(5)"), ("5", "#,##0_);(#,##0)", "5"),
        ("-5", "#,##0_);[Red](#,##0)", "(5)"), ("0", '0;-0;"none"', "none"), ("0", "0;-0;;@", ""),
        ("5", "0;-0;;@", "5"), ("5", ";;;", HIDDEN),
        ("-5", '0;"none"', UNKNOWN_LOOK), ("5", "[>5]0;0", UNKNOWN_LOOK),
        ("6", "[>5]0", UNKNOWN_LOOK), ("5", "[Red]0", "5"), ("5", "[Color 3]0", "5"),
        ("5", "[<=9999999]000-0000;0", UNKNOWN_LOOK), ("5", "0;-0;0;@", "5"), ("-5", "0;@", "-5"),
        # Dates.
        ("46692", "yyyy-mm-dd", "2027-11-01"), ("46692", "m/d/yyyy", "2027-11-01"),
        ("46692", "dd.mm.yyyy", "2027-11-01"), ("46692.6", "d-mmm-yy", "2027-11-01"),
        ("46692", "[$-409]d-mmm-yy;@", "2027-11-01"),
        ("46692", "[$-en-US]mmmm d, yyyy;@", "2027-11-01"),
        ("46692", 'd "de" mmmm "de" yyyy', "2027-11-01"),
        ("46692", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "2027-11-01"),
        ("46692", "ddd d mmm yyyy", "2027-11-01"), ("46692", "D.M.YYYY", "2027-11-01"),
        ("46692", "mmm yyyy", UNKNOWN_DATE), ("46692", "yyyy", UNKNOWN_DATE),
        ("46692", "dddd", UNKNOWN_DATE), ("46692", "d/m", UNKNOWN_DATE),
        ("46692", "d-mmm", UNKNOWN_DATE), ("46692", "m", UNKNOWN_DATE),
        ("46692", "mmmmm d, yyyy", UNKNOWN_DATE), ("46692", "d d/m/yyyy", UNKNOWN_DATE),
        ("46692", '[$-411]ggge"y"m"m"d', UNKNOWN_DATE),
        ("46692", "[$-107041E]d/m/yyyy", UNKNOWN_DATE), ("46692", "[$-401]d/m/yyyy", UNKNOWN_DATE),
        ("46692", "b2d/m/yyyy", UNKNOWN_DATE), ("46692", '"due "d/m/yyyy', UNKNOWN_DATE),
        ("46692", "d/m/yyyy;0", UNKNOWN_DATE), ("46692", "[Red]d/m/yyyy", "2027-11-01"),
        ("0", "d/m/yyyy", UNKNOWN_DATE), ("1", "d/m/yyyy", UNKNOWN_DATE),
        ("60", "d/m/yyyy", UNKNOWN_DATE), ("61", "d/m/yyyy", "1900-03-01"),
        ("-1", "d/m/yyyy", UNKNOWN_DATE), ("2958466", "d/m/yyyy", UNKNOWN_DATE),
        ("46692", "yyyy/mm/dd hh:mm", BOTH), ("46692.5", "m/d/yy h:mm", BOTH),
        ("46692.5", "yyyy-mm-dd h:mm", "2027-11-01 12:00"),
        ("46692.999999999", "d/m/yyyy", UNKNOWN_DATE),
        # Times.
        ("0.604166666666667", "h:mm AM/PM", "2:30 PM"), ("0", "h:mm AM/PM", "12:00 AM"),
        ("0.5", "h:mm AM/PM", "12:00 PM"), ("0.604166666666667", "h:mm", "14:30"),
        ("0.0625", "hh:mm", "01:30"), ("0.0625", "h:mm:ss", "1:30:00"),
        ("0.0625", "h:mm:ss AM/PM", "1:30:00 AM"), ("0.60417", "h:mm", UNKNOWN_TIME),
        ("1.5", "h:mm", UNKNOWN_TIME), ("1.5", "[h]:mm", UNKNOWN_TIME),
        ("0.5", "mm:ss", UNKNOWN_TIME), ("0.5", "h:mm A/P", UNKNOWN_TIME),
        ("-0.5", "h:mm", UNKNOWN_TIME),
        ("0.5", "[$-F400]h:mm:ss AM/PM", UNKNOWN_TIME), ("0.5", "h", UNKNOWN_TIME),
        ("0.5", 'h:mm" h"', UNKNOWN_TIME), ("0.99999999", "h:mm", UNKNOWN_TIME),
        ("0E+50", "0", "0"),
        # Too large for a decimal of 28 digits.
        ("1E+29", "0", ROUNDED), ("1E+300", "0%", ROUNDED), ("1E+29", "h:mm", UNKNOWN_TIME),
        ("1E+29", "d/m/yyyy", UNKNOWN_DATE),
    ],
)  # fmt: skip
def test_a_number_gives_what_its_format_shows_or_a_fault(value: str, look: str, seen: str) -> None:
    """Formats that look the same on every computer are read; others are not guessed."""
    shown = number_look(Decimal(value), look)
    assert (shown.reason if isinstance(shown, CellFault) else shown) == seen


@pytest.mark.parametrize(
    ("look", "kept"),
    [
        ("General", True), ("@", True), ("0", True), ("m/d/yyyy;@", True), ("0;-0;0;@", True),
        ("[Red]@", True), ('@" kg"', False), ('"Dr. "@', False),
        (";;;", False), ("0;0;0;", False), ('0;-0;0;"x"', False), ("0;-0;0;[>1]@", False),
    ],
)  # fmt: skip
def test_a_text_is_read_where_its_format_shows_nothing_else(look: str, kept: bool) -> None:  # noqa: FBT001 -- a case
    """The section for texts may add words, or hide them."""
    assert (text_look("Anna", look) == "Anna") == kept


@given(
    st.decimals(allow_nan=True, allow_infinity=True, places=4),
    st.text('0#?,.;%@[]-()_*\\"ymdhsAMP/E+ $>5Rednl', max_size=14),
)
def test_any_format_has_an_answer_that_shows_no_other_digits(value: Decimal, look: str) -> None:
    """No format raises an error, and a plain number is the cell's own, rounded."""
    shown = number_look(value, look)
    assert isinstance(shown, str | CellFault)
    if isinstance(shown, str) and look in {"General", "0", "0.00", "#,##0"}:
        assert abs(Decimal(shown.replace(",", "")) - value) <= Decimal("0.5")


@given(
    st.dates(dt.date(1900, 3, 1), dt.date(2199, 12, 31)),
    st.sampled_from(["m/d/yyyy", "d.m.yy", "dddd, mmmm d, yyyy", "yyyy-mm-dd"]),
)
def test_each_day_is_the_one_that_excel_counts(day: dt.date, look: str) -> None:
    """Dates are right for both epochs of workbooks."""
    number = (day - dt.date(1899, 12, 30)).days
    assert number_look(Decimal(number), look) == day.isoformat()
    if day >= dt.date(1904, 1, 2):
        assert number_look(Decimal(number - 1462), look, from_1904=True) == day.isoformat()


TEXT = RecordField.model_validate({"name": "name", "label": "It"})
DATE = RecordField.model_validate({"name": "name", "label": "It", "type": "date"})
NUMBER = RecordField.model_validate({"name": "name", "label": "It", "type": "number"})


def test_a_day_is_printed_where_the_field_is_one_only() -> None:
    """In a text field, the cell shows 11/1/2027 or 1.11.2027, depending on the computer."""
    assert read_value(DATE, Day("2027-11-01"), "en") == "Nov 1, 2027"
    assert isinstance(read_value(TEXT, Day("2027-11-01"), "en"), FieldFault)


def test_a_number_with_a_point_is_printed_in_languages_that_write_one() -> None:
    """In German, 1.125 is more than a thousand."""
    for field in (TEXT, NUMBER):
        assert read_value(field, PointedNumber("1.125"), "en") == "1.125"
        assert isinstance(read_value(field, PointedNumber("1.125"), "de"), FieldFault)
        assert isinstance(read_value(field, PointedNumber("12,345"), "es"), FieldFault)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Anna_x000D_", "Anna\r"), ("_x0041_nna", "Anna"), ("_x005F_x0041_", "_x0041_"),
        ("a_b", "a_b"), ("_x41_", "_x41_"), ("_xD83D__xDE00_", "\U0001f600"), ("_x00e9_", "\xe9"),
    ],
)  # fmt: skip
def test_characters_that_xml_cannot_hold_are_read_as_what_they_stand_for(
    written: str, meant: str
) -> None:
    """Escapes are decoded in shared texts, inline texts and results of formulas."""
    text = escape(written)
    assert cell("<v>0</v>", ' t="s"', strings=f"<si><t>{text}</t></si>") == meant
    assert cell(f"<is><t>{text}</t></is>", ' t="inlineStr"') == meant
    assert cell(f"<f>A1</f><v>{text}</v>", ' t="str"') == meant


STRUCK = "is struck through; delete what is no longer valid"
RAISED = "has superscript or subscript, which is not printed; write it without"


@pytest.mark.parametrize(
    ("inside", "seen"),
    [
        ("<t>Anna</t>", "Anna"),
        ("<r><t>An</t></r><r><rPr><b/></rPr><t>na</t></r>", "Anna"),
        (
            (
                '<t>\u6771</t><rPh sb="0" eb="1"><t>\u3072\u304c\u3057</t></rPh>'
                '<phoneticPr fontId="1"/>'
            ),
            "\u6771",
        ),
        ("<r><rPr><strike/></rPr><t>Ann</t></r><r><t> Eva</t></r>", STRUCK),
        ('<r><rPr><strike val="0"/></rPr><t>Ann</t></r>', "Ann"),
        ('<r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>3</t></r>', RAISED),
        ("", ""),
    ],
)  # fmt: skip
def test_a_text_in_runs_is_whole_and_has_nothing_that_paper_would_lose(
    inside: str, seen: str
) -> None:
    """Phonetic guides are left out. Letters that are struck out or raised are a fault."""
    assert cell("<v>0</v>", ' t="s"', strings=f"<si>{inside}</si>") == seen
    assert cell(f"<is>{inside}</is>", ' t="inlineStr"') == seen


@pytest.mark.parametrize(
    ("inside", "attributes", "seen"),
    [
        ("<v>5</v>", ' s="1"', "5.0"),
        ("<v>5</v>", ' s="2"', STRUCK),
        ("<v>5</v>", ' s="3"', RAISED),
        ("<v>5</v>", ' s="4"', "5"),
        ("<v>46692</v>", ' s="5"', "2027-11-01"),
        ("<v>46692</v>", ' s="6"', UNKNOWN_LOOK),
        ("<v>1</v>", ' t="b"', "is TRUE or FALSE; write the word to print, as text"),
        ("<v>#N/A</v>", ' t="e"', "holds an Excel error such as #N/A"),
        (
            "<f>A1</f>",
            "",
            "holds a formula without a result: open the file in Excel and save it again",
        ),
        ("<f>A1</f><v>7</v>", "", "7"),
        ('<f>""</f><v></v>', ' t="str"', ""),
        (
            "<f>TODAY()</f><v>46692</v>",
            ' s="5"',
            "holds a formula such as TODAY(), whose result changes; replace it by its value",
        ),
        (
            "<f>A1+ now ()</f><v>1</v>",
            "",
            "holds a formula such as TODAY(), whose result changes; replace it by its value",
        ),
        ("<v>2027-11-01</v>", ' t="d"', UNKNOWN_DATE),
    ],
)
def test_each_kind_of_cell_gives_what_is_seen_or_a_fault(
    inside: str, attributes: str, seen: str
) -> None:
    """Numbers follow their format, formulas give their stored result, and nothing is guessed."""
    assert cell(inside, attributes, styles=styled("0.0")) == seen


def test_days_are_counted_from_the_year_that_the_workbook_names() -> None:
    """A workbook of an old Macintosh counts from 1904."""
    assert (
        cell("<v>45230</v>", ' s="5"', styles=styled("0"), properties='<workbookPr date1904="1"/>')
        == "2027-11-01"
    )


SIGNS = "is in a symbol font, which shows other characters; use an ordinary font"
RULED = "may be shown differently by a conditional format; delete that rule"
REACHED = "holds a formula that may depend on TODAY() or the like; replace it by its value"


@pytest.mark.parametrize(
    ("font", "seen"),
    [
        ('<rFont val="Symbol"/>', SIGNS), ('<rFont val="Wingdings 3"/>', SIGNS),
        ('<rFont val="webdings"/>', SIGNS), ('<rFont val="MT Extra"/>', SIGNS),
        ('<rFont val="ZapfDingbats"/>', SIGNS), ('<rFont val="Marlett"/>', SIGNS),
        ('<rFont val="Own"/><charset val="2"/>', SIGNS),
        ('<rFont val="Calibri"/>', "5 mg"), ('<rFont val="Arial"/><charset val="0"/>', "5 mg"),
        ('<rFont val="Segoe UI"/>', "5 mg"),
    ],
)  # fmt: skip
def test_letters_in_a_font_of_signs_are_not_what_is_seen(font: str, seen: str) -> None:
    """A symbol font in a run or in the whole cell is a fault, also for a number.

    Otherwise 5 mg may look like five micrograms.
    """
    assert (
        cell(f"<is><r><t>5 </t></r><r><rPr>{font}</rPr><t>mg</t></r></is>", ' t="inlineStr"')
        == seen
    )
    styles = (
        f"<fonts><font/><font>{font.replace('rFont', 'name')}</font></fonts>"
        '<cellXfs><xf/><xf fontId="1"/></cellXfs>'
    )
    assert cell("<is><t>5 mg</t></is>", ' t="inlineStr" s="1"', styles=styles) == seen
    assert cell("<v>5</v>", ' s="1"', styles=styles) == seen.replace("5 mg", "5")


@pytest.mark.parametrize(
    ("area", "changed", "seen"),
    [
        ("B2", '<numFmt numFmtId="200" formatCode="0.0"/>', RULED),
        ("A1 $B$1:$B$9", "<font><strike/></font>", RULED),
        ("B2", '<font><vertAlign val="superscript"/></font>', RULED),
        ("B3", "<font><strike/></font>", "5"),
        ("B2", '<font><b/><color rgb="FFFF0000"/></font><fill/>', "5"),
        ("B2", '<font><strike val="0"/></font>', "5"),
    ],
)
def test_a_conditional_format_that_changes_what_is_seen_is_a_fault(
    area: str, changed: str, seen: str
) -> None:
    """Conditions are not evaluated. A format that only colours a cell is ignored."""
    rule = '<cfRule type="expression" dxfId="1" priority="1"><formula>TRUE</formula></cfRule>'
    around = f'<conditionalFormatting sqref="{area}">{rule}</conditionalFormatting>'
    styles = f"<cellXfs><xf/></cellXfs><dxfs><dxf/><dxf>{changed}</dxf></dxfs>"
    assert cell("<v>5</v>", styles=styles, around=around) == seen


X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"


@pytest.mark.parametrize(
    ("area", "inside", "seen"),
    [
        ("B2", f'<dxf><numFmt xmlns="{MAIN}" numFmtId="200" formatCode="0.0"/></dxf>', RULED),
        ("A1 $B$1:$B$9", f'<dxf><font xmlns="{MAIN}"><strike/></font></dxf>', RULED),
        ("B2", '<dataBar showValue="0"/>', RULED),
        ("B2", '<iconSet showValue="0"/>', RULED),
        ("B3", f'<dxf><font xmlns="{MAIN}"><strike/></font></dxf>', "5"),
        ("B2", f'<dxf><font xmlns="{MAIN}"><b/></font><fill xmlns="{MAIN}"/></dxf>', "5"),
        ("B2", "<dataBar/>", "5"),
    ],
)
def test_a_conditional_format_of_later_versions_is_a_fault_too(
    area: str, inside: str, seen: str
) -> None:
    """Excel 2010 and later write some rules into the list of extensions."""
    rules = "conditionalFormatting"
    around = (
        f'<extLst><ext><{rules}s xmlns="{X14}"><{rules}><cfRule type="expression" priority="1">'
        f'<f xmlns="{XM}">TRUE</f>{inside}</cfRule><sqref xmlns="{XM}">{area}</sqref></{rules}>'
        f"</{rules}s></ext></extLst>"
    )
    assert cell("<v>5</v>", around=around) == seen


def test_a_bar_in_place_of_a_number_is_a_fault() -> None:
    """Excel then shows the bar alone."""
    rule = '<cfRule type="dataBar" priority="1"><dataBar showValue="0"/></cfRule>'
    around = f'<conditionalFormatting sqref="B2">{rule}</conditionalFormatting>'
    assert cell("<v>5</v>", around=around) == RULED


@pytest.mark.parametrize(
    ("face", "refused"),
    [
        ('typeface="Wingdings"', True),
        ('typeface="Own" charset="2"', True),
        ('typeface="Calibri" charset="0"', False),
    ],
)
def test_a_theme_with_a_symbol_font_is_refused(face: str, *, refused: bool) -> None:
    """A cell in a font of the theme looks as the theme says, whatever font it names."""
    theme = "http://schemas.openxmlformats.org/drawingml/2006/main"
    fonts = f"<fontScheme><minorFont><latin {face}/></minorFont></fontScheme>"
    links = "".join(
        f'<Relationship Id="r{number}" Type="{LINK}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(
            (("worksheet", "worksheets/sheet1.xml"), ("theme", "theme/theme1.xml")), start=1
        )
    )
    data = package(
        '<row r="2"><c r="A2"><v>1</v></c></row>',
        more={
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
            "xl/theme/theme1.xml": f'<theme xmlns="{theme}">{fonts}</theme>',
        },
    )
    if refused:
        with pytest.raises(TeachbackError, match="the theme of this workbook has a symbol font"):
            read(data)
    else:
        assert len(read(data)[0]) == 1


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        (
            {
                "properties": (
                    "<definedNames><definedName name='now1'>TODAY()</definedName></definedNames>"
                )
            },
            REACHED,
        ),
        (
            {
                "around": "",
                "more": {
                    "xl/worksheets/sheet2.xml": (
                        f'<worksheet xmlns="{MAIN}"><f>1+rand ()</f></worksheet>'
                    )
                },
            },
            REACHED,
        ),
        (
            {
                "around": "",
                "more": {
                    "xl/worksheets/sheet2.xml": (
                        f'<worksheet xmlns="{MAIN}"><f>&#84;ODAY()</f></worksheet>'
                    )
                },
            },
            REACHED,
        ),
        (
            {
                "around": "",
                "more": {
                    "xl/worksheets/sheet2.xml": (
                        f'<worksheet xmlns="{MAIN}"><t>See you today (2 pm)</t></worksheet>'
                    )
                },
            },
            "7",
        ),
        (
            {
                "properties": (
                    "<definedNames><definedName name='x'>KNOW(1)</definedName></definedNames>"
                )
            },
            "7",
        ),
    ],
)
def test_a_formula_may_reach_one_with_another_result_each_day(
    more: dict[str, object], seen: str
) -> None:
    """It may depend on it through a cell of any sheet, or a name.

    A value without a formula is kept.
    """
    assert cell("<f>E2+7</f><v>7</v>", **more) == seen  # type: ignore[arg-type]
    assert cell("<v>7</v>", **more) == "7"  # type: ignore[arg-type]


def row(*cells: str) -> str:
    """Return a second row of cells."""
    return f'<row r="2">{"".join(cells)}</row>'


ONE = '<c r="A2"><v>1</v></c>'
TWICE = "which Excel never writes"
ORDER = "are not in order, or one is there twice"
BROKEN = "this Excel workbook is incomplete or damaged"


@pytest.mark.parametrize(
    ("data", "more", "message"),
    [
        (row(ONE, ONE), {}, ORDER),
        (row('<c r="B2"><v>1</v></c>', ONE), {}, ORDER),
        (row(ONE.replace("A2", "A3")), {}, ORDER),
        (row(ONE) + row(ONE), {}, ORDER),
        (row('<c r="A2"><v>1</v><v>2</v></c>'), {}, BROKEN),
        (row('<c r="A2"><v>1</v><is><t>2</t></is></c>'), {}, BROKEN),
        (row('<c r="A2" t="inlineStr"><v>1</v><is><t>2</t></is></c>'), {}, BROKEN),
        (row('<c r="A2" t="s"><v>1</v></c>'), {"strings": "<si><t>only one</t></si>"}, BROKEN),
        (row('<c r="A2" t="s"><v>-1</v></c>'), {"strings": "<si><t>only one</t></si>"}, BROKEN),
        (row('<c r="A2" s="9"><v>1</v></c>'), {}, BROKEN),
        (row('<c r="A2" t="x"><v>1</v></c>'), {}, BROKEN),
        (row('<c r="A2"><v>1_000</v></c>'), {}, BROKEN),
        (row('<c r="A2"><v>\u0661</v></c>'), {}, BROKEN),
        (row('<c r="A2"><v>nan</v></c>'), {}, BROKEN),
        (row('<c r="XFE2"><v>1</v></c>'), {}, ORDER),
        ("", {"around": f"<sheetData>{row(ONE)}</sheetData>"}, BROKEN),
        ('<x:AlternateContent xmlns:x="http://schemas.openxmlformats.org/markup-compatibility/2006"/>', {}, BROKEN),
        ("", {"sheets": '<sheet name="One" sheetId="1" r:id="r1"/><sheet name="ONE" sheetId="2" r:id="r2"/>'}, f"a sheet twice, {TWICE}"),
        ("", {"sheets": '<sheet name="One" sheetId="1" r:id="r1"/><sheet name="Two" sheetId="2" r:id="r1"/>'}, f"a sheet twice, {TWICE}"),
        ("", {"sheets": '<sheet name="One" sheetId="1" state="hidden" r:id="r1"/>'}, "no visible sheet"),
        ("", {"more": {"XL/workbook.xml": ""}}, f"a part twice, {TWICE}"),
        (
            "", {"styles": "<cellXfs><xf/></cellXfs><cellXfs><xf/></cellXfs>"},
            f"a list of formats twice, {TWICE}",
        ),
    ],
)  # fmt: skip
def test_a_workbook_that_says_two_things_is_refused(
    data: str, more: dict[str, str], message: str
) -> None:
    """Other programs take one of the two versions, and not all the same one."""
    assert [
        record.cells["name"] for record in read(package(row(ONE, '<c r="B2"><v>5</v></c>')))[0]
    ] == ["5"]
    assert message in refusal(package(data, **more))  # type: ignore[arg-type]


def test_a_built_in_format_with_two_codes_is_not_guessed() -> None:
    """The list of formats gives a built-in number another code."""
    styles = (
        '<numFmts><numFmt numFmtId="2" formatCode="0"/></numFmts>'
        '<cellXfs><xf/><xf numFmtId="2"/></cellXfs>'
    )
    assert cell("<v>5</v>", ' s="1"', styles=styles) == UNKNOWN_LOOK


def test_merged_cells_are_faults_of_their_columns() -> None:
    """A person sees one value across several rows, but only the first row has it in the file."""
    data = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>5</v></c></row>' for n in (2, 3, 4)
    )
    records, _ = read(package(data, around='<mergeCells><mergeCell ref="B2:B3"/></mergeCells>'))
    assert [record.faults.get("name", record.cells.get("name")) for record in records] == [
        xlsx_reader._MERGED.reason  # noqa: SLF001
    ] * 2 + ["5"]


@pytest.mark.parametrize(
    "data",
    [
        '<row r="2" hidden="1"><c r="A2"><v>1</v></c></row>',
        '<row r="2" hidden="true"><c r="A2"><v>1</v></c></row>',
    ],
)
def test_hidden_rows_are_read_and_told(data: str) -> None:
    """With a forgotten filter, no patient is left out, and none is printed without a warning."""
    found, (warning,) = read(package(data))
    assert len(found) == 1
    assert warning.message == "the sheet has hidden rows or columns; they are read like the others"
    assert read(package(row(ONE)))[1] == ()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"strings": "<si/>" * 30}, "more than 20 tags"),
        ({"styles": f"<cellXfs>{'<xf/>' * 30}</cellXfs>"}, "more than 20 tags"),
        ({"data": '<row r="2"><c/></row>' + "<row/>" * 30}, "more than 20 tags"),
        ({"sheets": '<sheet name="One" sheetId="1" r:id="r1"/>' * 30}, "more than 20 tags"),
    ],
)
def test_a_part_with_too_many_tags_is_refused_before_it_is_parsed(
    more: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few hundred KB can unpack to millions of tags."""
    monkeypatch.setattr(xlsx_reader, "MAX_TAGS", dict.fromkeys(xlsx_reader.MAX_TAGS, 20))
    assert message in refusal(package(**more))  # type: ignore[arg-type]


def test_more_formats_than_excel_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each format would take memory."""
    monkeypatch.setattr(xlsx_reader, "MAX_FORMATS", 3)
    assert "more than 3 cell formats" in refusal(
        package(styles=f"<cellXfs>{'<xf/>' * 4}</cellXfs>")
    )


def _endless(_: object) -> Iterator[int]:
    yield 1
    while True:
        pass


def _greedy(_: object) -> Iterator[int]:
    yield len(bytearray(4_000_000_000))


def _fallen(_: object) -> Iterator[int]:
    message = "a patient's name"
    raise ValueError(message)
    yield 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_endless, "reading took more than 1 s of processor time, or was stopped from outside"),
        (_greedy, "reading needed more memory than is allowed"),
        (_fallen, "reading failed because of an error in the program"),
    ],
)
def test_a_process_that_reads_has_limits_and_says_which_was_reached(
    function: object, message: str
) -> None:
    """The limits are processor time and memory, and the message quotes no value."""
    with pytest.raises(TeachbackError) as caught:
        list(ordered_workers.streamed(function, None, "reading", "Save it.", 1))  # type: ignore[arg-type]
    assert [problem.message for problem in caught.value.problems] == [message]


@pytest.mark.slow
def test_a_workbook_is_read_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that loops forever is ended with its process, and the run reports it."""
    monkeypatch.setattr(record_reader, "read_workbook", lambda *_: _endless(None))
    monkeypatch.setattr(record_reader, "MOST_SECONDS", 1)
    assert "took more than 1 s of processor time" in refusal(package(row(ONE)))
