"""Test files of records: each row is read as it stands, or rejected with its line.

No file is read in one way that could be read in another.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from teachback.content.record_fields import FieldKind, RecordField
from teachback.errors import Location, Problem, Severity, TeachbackError, UsageError
from teachback.merge.record_shapes import RecordRow, ValidatedRecord
from teachback.merge.records import csv_reader
from teachback.merge.records.encoding_detection import NAMED, find_encoding
from teachback.merge.records.field_values import words_by_place
from teachback.merge.records.record_reader import (
    Form,
    Part,
    near_names,
    open_table,
    read_part,
    read_parts,
)
from teachback.merge.records.record_survey import chunk_of, reject_ids, survey, unpack
from teachback.merge.records.record_validation import (
    RowRules,
    id_fault,
    unknown_columns,
    validated_records,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet

    from teachback.merge.record_shapes import Labels

KNOWN = frozenset(
    {"id", "audience", "language", "paper", "size", "copies", "name", "next_visit", "phone"}
)


def read(
    data: bytes, name: str = "records.csv", encoding: str | None = None, labels: Labels = ()
) -> tuple[list[RecordRow], tuple[Problem, ...]]:
    """Read a file of records from its bytes."""
    file = io.BytesIO(data)
    table, problems = open_table(file, Path(name), name, "id", KNOWN, encoding, labels)
    # Read few rows at a time, since the borders of parts must make no difference.
    return [
        row for part in read_parts(table, 3) for row in read_part(table.row_form, part)
    ], problems


def refusal(data: bytes, name: str = "records.csv", encoding: str | None = None) -> Problem:
    """Return the first problem of a file that must be refused."""
    with pytest.raises(TeachbackError) as caught:
        read(data, name, encoding)
    assert all(problem.hint for problem in caught.value.problems)
    return caught.value.problems[0]


def names(rows: list[RecordRow]) -> list[str]:
    """Return the cells of the column `name`."""
    return [row.cells.get("name", row.reason) for row in rows]


TEXT = "id,name\n1,José Muñoz\n2,Zoë O\u2019Brien\n3,Renée Gauthier\n"


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"]
)
def test_unicode_is_read_with_and_without_its_mark(codec: str) -> None:
    """UTF-8 can be verified and UTF-16 has its mark, so neither gives a warning."""
    mark = "\ufeff" if codec.endswith("-bom") else ""
    rows, problems = read((mark + TEXT).encode(codec.removesuffix("-bom")))
    assert names(rows) == ["José Muñoz", "Zoë O\u2019Brien", "Renée Gauthier"]
    assert [row.number for row in rows] == [2, 3, 4]
    assert problems == ()


def test_windows_1252_is_read_where_nothing_else_fits_and_said_aloud() -> None:
    """The words look like words in no other encoding.

    The warning names the line but quotes nothing.
    """
    rows, (warning,) = read(TEXT.encode("cp1252"))
    assert names(rows) == ["José Muñoz", "Zoë O\u2019Brien", "Renée Gauthier"]
    assert warning.severity is Severity.WARNING
    assert "Windows-1252" in warning.message
    assert str(warning.location) == "records.csv:2:1"
    assert "Mu" not in warning.message + warning.hint


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("id,name\n1,José\n", "mac_roman"),
        ("id,name\n1,José\n", "cp850"),
        ("id,name\n1,Łukasz Wójcik\n", "cp1250"),
        ("id,name\n1,Dvořák\n", "cp1250"),
        ("id,name\n1,Иванов Пётр\n", "cp1251"),
        ("id,name\n1,Παπαδόπουλος\n", "cp1253"),
        ("id,name\n1,Ağaoğlu\n", "cp1254"),
        ("id,name\n1,王小明\n", "gb18030"),
        ("id,name\n1,山田太郎\n", "cp932"),
        ("id,name\n1,김철수\n", "cp949"),
        ("id,name\n1,García\n", "cp1252"),
    ],
)
def test_an_old_encoding_that_is_not_certain_is_refused_until_it_is_named(
    text: str, codec: str
) -> None:
    """Once the encoding is named, each file is read in it.

    A lone i with an accent could be a Latvian k: only the owner of the file knows.
    """
    problem = refusal(text.encode(codec))
    assert "not UTF-8" in problem.message
    assert "--encoding" in problem.hint
    encoding = next(name for name, python in NAMED.items() if python == codec)
    rows, problems = read(text.encode(codec), encoding=encoding)
    assert names(rows) == [text.rsplit(",", maxsplit=1)[-1].strip()]
    assert problems == ()


@pytest.mark.parametrize(
    ("people", "codec"),
    [
        ("Zoë Tesařová Růžena Šimůnková", "cp1250"),
        ("Zoë Tesařová", "cp1250"),
        ("Zoë Kučera François", "cp1250"),
        ("François Zieliński", "cp1250"),
        ("Noël Ondřej", "cp1250"),
        ("Zoë Erdős", "cp1250"),
        ("Gonçalves Popović", "cp1250"),
        ("José Y\u0131lmaz", "cp1254"),
        ("Łukasz Kazlauskienė", "cp1257"),
        ("Müller Bērziņš", "cp1257"),
    ],
)
def test_a_foreign_name_does_not_rule_out_the_encoding_of_all_others(
    people: str, codec: str
) -> None:
    """A word that is the same in two encodings is evidence for neither."""
    assert (
        "--encoding"
        in refusal(
            "\n".join(["id,name", *(f"1,{person}" for person in people.split())]).encode(codec)
        ).hint
    )


@pytest.mark.parametrize("person", ["Bj\u00f8rn", "S\u00f8ren", "\u00c5se", "Jos\u00e9"])
def test_a_name_that_no_other_encoding_spells_needs_no_setting(person: str) -> None:
    """No language has an r with a caron before an r or a y, nor a degree sign in a word."""
    rows, (warning,) = read(f"id,name\n1,{person}\n".encode("cp1252"))
    assert names(rows) == [person]
    assert warning.severity is Severity.WARNING


def test_a_name_of_two_encodings_is_refused_with_the_letters_and_the_setting() -> None:
    """The letter alone is quoted, so that a person can tell which encoding is right."""
    problem = refusal("id,name\n1,Zo\u00eb\n".encode("cp1252"))
    assert problem.message.endswith("or windows-1257 (\u00eb would be \u0117)")
    assert "--encoding windows-1252; else --encoding windows-1257" in problem.hint
    assert "Zo" not in problem.message + problem.hint
    assert names(read("id,name\n1,Zo\u00eb\n".encode("cp1252"), encoding="windows-1252")[0]) == [
        "Zo\u00eb"
    ]


def test_one_unfit_word_among_many_does_not_rule_out_an_encoding() -> None:
    """The unfit word may be mistyped; each of the others could be Danish."""
    people = [
        "Ondřej",
        "Bedřich",
        "Kateřina",
        "Řehoř",
        "Přemysl",
        "Kořen",
        "Kopřiva",
        "Petřek",
        "Mařenka",
        "Ořech",
        "Břeclav",
        "Thérčse",
    ]
    problem = refusal(
        "\n".join(["id,name", *(f"1,{person}" for person in people)]).encode("cp1250")
    )
    assert "could be windows-1252, or windows-1250" in problem.message


@pytest.mark.parametrize(
    "people",
    [
        "Hélène François Noël", "João José Gonçalves", "José Muñoz García Martínez",
        "Åsa Ångström Björn", "Thérèse Benoît Zoë",
        "Jürgen Müller Groß", "Björk Guðrún Þór", "Sørensen Jørgen Bjørn Åse", "Nicolò José Peña",
        "María Núñez Peña Sánchez",
        "Renée Gauthier Lefèvre", "Seán Óscar Muñoz", "Chloë Muñoz Renée",
    ],
)  # fmt: skip
def test_a_plain_western_list_is_read(people: str) -> None:
    """Names of one country, mixed with some of others, are read."""
    rows, (warning,) = read(
        "\n".join(["id,name", *(f"1,{person}" for person in people.split())]).encode("cp1252")
    )
    assert names(rows) == people.split()
    assert "Windows-1252" in warning.message


def test_what_is_read_as_windows_1252_never_was_another_encoding() -> None:
    """No file is misread without a warning.

    The files have one to four names of many languages, each in the encoding of its country.
    """
    people = {
        "cp1250": [
            "Wiśniewski",
            "Dąbrowska",
            "Novák",
            "Šimánek",
            "Dvořák",
            "Kovács",
            "Szűcs",
            "Popović",
            "Muñek",
            "Țepeș".replace("Ț", "T").replace("ș", "s"),
        ],
        "cp1251": ["Иванов", "Пётр", "Шевченко", "Я"],
        "cp1253": ["Παπαδόπουλος", "Γιώργος"],
        "cp1254": ["Y\u0131lmaz", "Çelik", "Öztürk", "Şahin", "Ağaoğlu"],
        "cp1257": ["Kazlauskienė", "Bērziņš", "Žukauskas"],
        "mac_roman": ["José", "Muñoz", "Renée", "Müller", "Ångström"],
        "cp850": ["José", "Muñoz", "Renée", "Müller", "Ångström"],
        "gb18030": ["王小明", "李", "欧阳"],
        "cp949": ["김철수", "이"],
        "cp1252": ["José", "Muñoz", "Renée", "Müller", "Ångström", "Gonçalves", "Peña"],
    }
    dice = random.Random(6)  # noqa: S311 -- the same names each time
    read_right = 0
    for codec, known in people.items():
        for _ in range(60):
            chosen = [dice.choice(known) for _ in range(dice.randint(1, 4))]
            chosen = [name for name in chosen if not _fails(name, codec)]
            data = (
                "id,name\n" + "".join(f"{number},{name}\n" for number, name in enumerate(chosen))
            ).encode(codec)
            try:
                rows, problems = read(data)
            except TeachbackError:
                continue
            assert names(rows) == chosen, codec
            assert problems or data.isascii()
            read_right += codec == "cp1252"
    assert read_right > 20


def _fails(name: str, codec: str) -> bool:
    try:
        name.encode(codec)
    except UnicodeEncodeError:
        return True
    return False


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        (TEXT.encode() + b"4,Jos\xe9\n", None, "does not read like Windows-1252"),
        (TEXT.encode("utf-16-le"), None, "looks like UTF-16"),
        (TEXT.encode("utf-16")[:-1], None, "is not utf-16"),
        (TEXT.encode("utf-32"), None, "UTF-32"),
        (TEXT.encode("cp1252"), "utf-8", "is not utf-8"),
        (b"\xef\xbb\xbfid,name\n1,\xe9\n", None, "is not utf-8"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    data: bytes, encoding: str | None, message: str
) -> None:
    """A mixed file and UTF-16 that lacks its mark or is cut within a letter are refused."""
    assert message in refusal(data, encoding=encoding).message


def test_an_encoding_that_is_not_known_is_a_wrong_use() -> None:
    """The hint has the nearest known name."""
    with pytest.raises(UsageError) as caught:
        find_encoding(io.BytesIO(b"id\n"), "r", "windows1252")
    assert "windows-1252" in caught.value.problems[0].hint


@pytest.mark.parametrize(
    ("data", "warned"),
    [
        ("id,name\n1,Anna\n", 0),
        ("id;name\n1;Anna\n", 0),
        ("id\tname\n1\tAnna\n", 0),
        ("sep=;\nid;name\n1;Anna\n", 0),
        ("name;id;a,b\nAnna;1;\n", 2),
        ('"id",\t"name"\n'.replace(",\t", ",") + "1,Anna\n", 0),
    ],
)
def test_the_sign_between_columns_is_told_by_the_header(data: str, warned: int) -> None:
    """The delimiter is comma, semicolon or tab. A warning says where another is possible."""
    rows, problems = read(data.encode())
    assert names(rows) == ["Anna"]
    assert len(problems) == warned


def test_a_header_that_can_be_cut_in_two_ways_is_refused() -> None:
    """Nobody knows which it is."""
    assert "the separator of the columns is unclear" in refusal(b"id2,x;y\n1,2;3\n").message


def test_line_breaks_in_quotes_belong_to_the_row_and_rows_keep_their_line() -> None:
    """The number of a row is the line where it begins."""
    rows, _ = read(b'id,name\n1,"Anna\nMaria"\r\n\n2,"Quote ""x"""\r3,Eva')
    assert [(row.number, row.cells["name"]) for row in rows] == [
        (2, "Anna\nMaria"),
        (5, 'Quote "x"'),
        (6, "Eva"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2,Bob,more", "has 3 cells instead of 2"),
        ("2", "has 1 cell instead of 2"),
        ('2,"Bob', csv_reader.UNCLOSED),
        ('2,"Bob"by', csv_reader.UNCLOSED),
        ("2,Bo\0b", "holds a zero byte"),
        ("2," + "x" * 200_000, csv_reader.TOO_LONG),
        ('2,"' + "x" * 200_000, csv_reader.TOO_LONG),
    ],
)
def test_a_broken_row_is_rejected_alone(line: str, reason: str) -> None:
    """The rows before and after it are read, and keep their numbers."""
    rows, _ = read(f'id,name\n1,Anna\n{line}\n3,Eva\n4,"Ed"\n'.encode())
    assert [(row.number, row.reason or row.cells["name"]) for row in rows] == [
        (2, "Anna"),
        (3, reason),
        (4, "Eva"),
        (5, "Ed"),
    ]


def test_a_quotation_mark_too_many_takes_no_row_along() -> None:
    """A stray quotation mark breaks its own row only, even if a later row would close it."""
    lines = [f'{number},"A{number}"' for number in range(1000)]
    lines[10] = '10,"A10'
    lines[990] = '990,"A990'
    rows, _ = read(("id,name\n" + "\n".join(lines)).encode())
    assert [row.number for row in rows] == list(range(2, 1002))
    assert [row.number for row in rows if row.reason] == [12, 992]


def test_a_line_that_is_too_long_behind_an_open_quotation_mark_takes_no_row_along() -> None:
    """The long line is read twice: as part of the row with the mark, and by itself."""
    data = f'id,name\n1,"x\n{"y" * (csv_reader.MOST_CHARACTERS + 9)}\n2,Good\n3,Also\n'.encode()
    rows, _ = read(data)
    assert [(row.number, row.reason or row.cells["name"]) for row in rows] == [
        (2, csv_reader.UNCLOSED),
        (3, csv_reader.TOO_LONG),
        (4, "Good"),
        (5, "Also"),
    ]


def test_empty_rows_are_no_records() -> None:
    """Programs leave empty rows at the end."""
    rows, _ = read(b"id,name\n1,Anna\n,\n\n,\n2,Eva\n\n")
    assert [row.number for row in rows] == [2, 6]


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (b"", "is empty", "first row"),
        (b"\xef\xbb\xbf", "no column 'id'", "first row"),
        (b"I.D,name\n1,Anna\n", "no column 'id'", "--name-from I.D"),
        (b"1,Anna Secret\n2,Eva\n", "no column 'id'", "--name-from COLUMN"),
        (
            b"id,name,name\n1,a,b\n",
            "the columns 2 (B) and 3 (C) have the same name",
            "a different name",
        ),
        (b"id," + b",".join(b"c%d" % n for n in range(600)) + b"\n", "601 columns", "Keep"),
        (b'[{"id": 1}]', "a JSON list", "JSON Lines"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old Excel file", "CSV UTF-8"),
        (b"PK\x03\x04 broken", "this Excel workbook is incomplete or damaged", "CSV UTF-8"),
    ],
)
def test_a_file_that_is_no_table_of_records_is_refused(
    data: bytes, message: str, hint: str
) -> None:
    """The problem has a hint.

    Without a column of ids, the first row may be a patient's, and is not quoted.
    """
    problem = refusal(data)
    assert message in problem.message
    assert hint in problem.hint
    assert "Secret" not in problem.message + problem.hint


def test_columns_that_nothing_reads_are_named_with_the_nearest() -> None:
    """An unknown column is named by its position: a transposed table has patients' names there."""
    _, (warning,) = read(b"id,name,next_visit,next_visits,Zoe Secret\n1,Anna,,,\n")
    assert warning.message == "the columns 4 (D), 5 (E) are not printed"
    assert warning.hint == "Column 4 (D): Did you mean 'next_visit'?"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("nam", "name"),
        ("names", "name"),
        ("name_1", "name"),
        ("surname", "name"),
        ("phones", "phone"),
        ("name,next_visits", "next_visit"),
    ],
)
def test_a_column_with_nearly_the_name_of_a_field_that_has_none_is_refused(
    header: str, field: str
) -> None:
    """The field's places would stay empty on every paper."""
    problem = refusal(f"id,{header}\n1,Anna\n".encode())
    assert "looks like a misspelt field" in problem.message
    assert f"Did you mean '{field}'?" in problem.hint


@pytest.mark.parametrize(
    "header", ["name,names", "ward", "ham", "pages,sizes", "name,surname,phone"]
)
def test_a_column_that_is_near_no_field_that_lacks_one_is_only_told(header: str) -> None:
    """A column that chooses the edition is no field."""
    _, (warning,) = read(f"id,{header}\n1,{','.join('x' for _ in header.split(','))}\n".encode())
    assert warning.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("lines", "near"),
    [
        (['{"id": 1, "nam": "A"}'], {"nam": 1}),
        (['{"id": 1, "name": "A"}', '{"id": 2, "names": 5}'], {"names": 2}),
        (['{"id": 1, "ward": "A"}'], {}),
        (['{"id": 1, "name": "A", "surname": "B"}', '{"id": 2, "surname": "B"}'], {}),
        (['{"id": 1, "surname": "B"}', '{"id": 2, "name": "A", "surname": "B"}'], {}),
    ],
)
def test_a_name_near_a_field_that_its_record_lacks_is_told_with_its_line(
    lines: list[str], near: dict[str, int]
) -> None:
    """A name that some record has beside the field is another thing."""
    rows, _ = read("".join(f"{line}\n" for line in lines).encode(), "r.jsonl")
    unknown = dict(unknown_columns(rows, TERMS))
    assert {name: line for name, line in unknown.items() if line > 0} == near
    problems = near_names(unknown, TERMS.known, "r.jsonl")
    assert [problem.location for problem in problems] == [
        Location("r.jsonl", line, 1) for line in near.values()
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_headings_are_known_whatever_their_case_and_blanks(form: str) -> None:
    """Exports write `ID`, and a person writes a blank before a name."""
    if form == "xlsx":

        def fill(sheet: Any) -> None:  # noqa: ANN401 -- openpyxl has no types
            sheet.append(["ID", " Name"])
            sheet.append(["1", "Anna"])

        data = workbook(fill)
    else:
        data = b'{"ID": 1, " Name": "Anna"}\n' if form == "jsonl" else b"ID; Name\n1;Anna\n"
    rows, problems = read(data, f"r.{form}")
    assert [row.cells for row in rows] == [{"id": "1", "name": "Anna"}]
    assert problems == ()


def test_two_headings_for_one_field_are_refused() -> None:
    """Nobody knows which of the two is right."""
    problem = refusal(b"id,Name,NAME\n1,Anna,Eva\n")
    assert problem.message == "the columns 2 (B) and 3 (C) have the same name"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("na me", "name"),
        ("Next Visit", "next_visit"),
        ("next-visit", "next_visit"),
        ("NextVisit", "next_visit"),
        ("Phon-e", "phone"),
        ("Copi es", "copies"),
        ("prepared_for", "name"),
        ("PREPARED FOR", "name"),
    ],
)
@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_a_column_is_taken_by_its_name_or_the_printed_label(
    name: str, known: str, form: str
) -> None:
    """Capitals, blanks, underscores and hyphens do not count, in either of them."""
    data = f"id,{name}\n1,Anna\n".encode()
    if form == "jsonl":
        data = f'{{"id": 1, "{name}": "Anna"}}\n'.encode()
    if form == "xlsx":

        def fill(sheet: Worksheet) -> None:
            sheet.append(["id", name])
            sheet.append(["1", "Anna"])

        data = workbook(fill)
    rows, _ = read(data, f"r.{form}", labels=(("Prepared for", "name"),))
    assert [row.cells for row in rows] == [{"id": "1", known: "Anna"}]


def test_a_field_and_its_label_as_two_columns_are_refused() -> None:
    """Nobody knows which of the two is to be printed."""
    with pytest.raises(TeachbackError) as caught:
        read(b"id,name,Prepared for\n1,Anna,Eva\n", labels=(("Prepared for", "name"),))
    assert [problem.message for problem in caught.value.problems] == [
        "the columns 2 (B) and 3 (C) are two names of the column 'name'"
    ]


def test_a_label_of_two_fields_stands_for_none() -> None:
    """The column is told, and not printed. A field's own name comes before a label."""
    labels = (("On", "name"), ("On", "next_visit"), ("Phone", "name"))
    rows, problems = read(b"id,name,next_visit,phone,on\n1,Anna,,5,x\n", labels=labels)
    assert [problem.message for problem in problems] == ["the column 5 (E) is not printed"]
    assert [(row.cells["name"], row.cells["phone"]) for row in rows] == [("Anna", "5")]


LOOK_ALIKE = [
    "name:",
    "nam\u200be",
    "na\u00adme",
    "\uff4e\uff41me",
    "n\u0430me",
    "next.visit",
    "Audience:",
    "Copi.es",
]


@pytest.mark.parametrize("name", LOOK_ALIKE)
@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx"])
def test_a_column_that_is_nearly_a_field_stops_the_run(name: str, form: str) -> None:
    """A column that differs only in signs, unseen characters or look-alikes is refused.

    Otherwise its values would be missing on every paper.
    """
    start = name.lower().translate(FOLDED)[:4]
    known = next(field for field in KNOWN if field.replace("_", "")[:4] == start)
    if form == "xlsx":
        data = workbook(lambda sheet: sheet.append(["id", name]))
    else:
        data = f"id,{name}\n1,Anna\n".replace(",", "\t" if form == "tsv" else ",").encode()
    problem = refusal(data, f"r.{form}")
    assert problem.message.endswith(f" is spelt differently from the field '{known}'")
    assert problem.hint == f"Rename the column to {known}, or delete it."


FOLDED = str.maketrans(
    {
        "\uff4e": "n",
        "\uff41": "a",
        "\u0430": "a",
        " ": None,
        "-": None,
        "\u200b": None,
        "\u00ad": None,
    }
)


@pytest.mark.parametrize(
    "name", ["namen", "first_name", "n\u00e4me", "visitor", "size of shoes", "Anna Secret"]
)
def test_a_column_with_another_name_is_told_and_not_quoted(name: str) -> None:
    """Where each field has a column, another one may be the clinic's own."""
    _, (warning,) = read(f"id,name,next_visit,phone,{name}\n1,,,,x\n".encode())
    assert (warning.message, warning.severity) == (
        "the column 5 (E) is not printed",
        Severity.WARNING,
    )
    assert name not in warning.message + warning.hint


@pytest.mark.parametrize("name", ["na\ufffdme", "T\u00c3\u00a9l\u00c3\u00a9phone"])
def test_a_column_whose_name_lost_letters_stops_the_run(name: str) -> None:
    """Damage in the first row means that the others are damaged too."""
    problem = refusal(f"id,{name}\n1,x\n".encode())
    assert (
        problem.message
        == "the name of the column 2 (B) has lost letters, or was read in the wrong encoding"
    )
    (row,), _ = read(f'{{"id": 1, "{name}": "x"}}\n'.encode(), "r.jsonl")
    assert row.reason == "has a name that lost letters, or was read in the wrong encoding"


def test_a_column_without_a_name_must_be_empty() -> None:
    """There is often an empty column after the last one."""
    rows, (warning,) = read(b"id,name,\n1,Anna,\n2,Eva,note\n")
    assert [row.reason for row in rows] == ["", "has something in a column without a name"]
    assert "no name" in warning.message


def test_json_lines_are_read_with_numbers_as_they_are_written() -> None:
    """7.50 does not become 7.5, and a name may have any letter."""
    rows, _ = read(
        b'{"id": "a", "name": "Zo\\u00eb"}\n\n{"id": 7.50, "name": 0}\r\n{"name": null}\n',
        "r.jsonl",
    )
    assert [(row.number, dict(row.cells)) for row in rows] == [
        (1, {"id": "a", "name": "Zoë"}),
        (3, {"id": "7.50", "name": "0"}),
        (4, {"name": ""}),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "is not JSON"),
        ("[1]", "is not a record in braces"),
        ('{"id": 1, "id": 2}', "holds a name twice"),
        ('{"id": 1, " id": 2}', "holds a name twice"),
        ('{"id": NaN}', "holds NaN or Infinity, which is not a number"),
        ("{" + '"a":' + "[" * 90_000, "is not JSON"),
        ('{"id": "a\\u0000"}', "holds a zero byte"),
        ('{"id": "' + "x" * 200_000 + '"}', csv_reader.TOO_LONG),
        ("{" + ",".join(f'"k{n}": 1' for n in range(600)) + "}", "has more than 500 names"),
    ],
)
def test_a_broken_line_of_json_is_rejected_alone(line: str, reason: str) -> None:
    """The next line is read."""
    rows, _ = read(f'{{"id": 0}}\n{line}\n{{"id": 2}}\n'.encode(), "r.jsonl")
    assert [(row.number, row.reason) for row in rows] == [(1, ""), (2, reason), (3, "")]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('["a"]', "holds a list"),
        ('{"b": 1}', "holds a nested record"),
        ("true", "is true or false"),
        ("false", "is true or false"),
    ],
)
def test_what_is_no_text_in_json_is_a_fault_of_its_column(value: str, reason: str) -> None:
    """Such a value is a fault of its column, which may not be printed; in an id it is rejected."""
    (row,), _ = read(f'{{"id": 1, "name": {value}}}'.encode(), "r.jsonl")
    assert (dict(row.cells), list(row.faults)) == ({"id": "1"}, ["name"])
    assert row.faults["name"].startswith(reason)
    (row,), _ = read(f'{{"id": {value}, "audience": "ckd"}}'.encode(), "r.jsonl")
    (rejected,) = validated_records([row], TERMS)
    assert [field for field, _ in rejected.faults] == ["id"]


def workbook(fill: Callable[[Any], None]) -> bytes:
    """Return a workbook whose first sheet is filled by a function."""
    import openpyxl

    book = openpyxl.Workbook()
    fill(book.active)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_read_as_a_person_sees_it() -> None:
    """Dates are ISO, leading zeros come from the format, and rows have their numbers."""

    def fill(sheet: Any) -> None:  # noqa: ANN401 -- openpyxl's sheet
        sheet.append(["id", "name", "next_visit", "phone"])
        sheet.append(["A1", "Nguyễn Thị Ánh", dt.date(2027, 3, 1), 42])
        sheet["D2"].number_format = "00000"
        sheet["A5"], sheet["B5"], sheet["C5"], sheet["D5"] = (
            7,
            7.5,
            dt.datetime(2027, 3, 1, 9, 30),  # noqa: DTZ001 -- as in a sheet
            0.1 + 0.2,
        )
        sheet["B5"].number_format = "0.00"
        sheet["A6"], sheet["B6"] = "x6", "=text"
        sheet["B6"].data_type = "s"

    rows, problems = read(workbook(fill), "r.xlsx")
    assert problems == ()
    assert [(row.number, list(row.cells.values())) for row in rows] == [
        (2, ["A1", "Nguyễn Thị Ánh", "2027-03-01", "00042"]),
        (5, ["7", "7.50", "2027-03-01 9:30:00", "0.3"]),
        (6, ["x6", "=text"]),
    ]


@pytest.mark.parametrize(
    ("value", "look", "reason"),
    [
        ("=1+1", "General", "holds a formula without a result"),
        ("#N/A", "General", "holds an Excel error"),
        (1234567890123456789, "General", "more than 11 digits"),
        (1234567890123456789, "0", "more than 15 digits"),
        (True, "General", "is TRUE or FALSE"),
        (0.05, "# ?/?", "in a format that only Excel can show"),
        (5551234567, "(000) 000-0000", "in a format that only Excel can show"),
    ],
)
def test_a_cell_that_does_not_say_what_is_seen_is_a_fault(
    value: object, look: str, reason: str
) -> None:
    """Formulas are not calculated and formats are not guessed; the other rows are read."""

    def fill(sheet: Any) -> None:  # noqa: ANN401 -- openpyxl's sheet
        sheet.append(["id", "name"])
        sheet.append([1, value])
        sheet["B2"].number_format = look
        sheet.append([2, "Eva"])

    rows, _ = read(workbook(fill), "r.xlsx")
    assert reason in rows[0].faults["name"]
    assert (rows[1].cells["name"], dict(rows[1].faults)) == ("Eva", {})


def test_a_workbook_with_more_sheets_says_which_is_read() -> None:
    """The first visible sheet is read."""
    import openpyxl

    book: Any = openpyxl.Workbook()
    book.active.append(["id", "name"])
    book.active.append(["1", "Anna"])
    book.create_sheet("More").append(["id", "name"])
    file = io.BytesIO()
    book.save(file)
    rows, (warning,) = read(file.getvalue(), "named.csv")
    assert names(rows) == ["Anna"]
    assert "2 sheets" in warning.message


def changed_part(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook with one part changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            raw = old.read(info.filename)
            new.writestr(info.filename, change(raw) if info.filename == part else raw)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        (SHEET, lambda raw: BOMB + raw, "what Excel never writes"),
        (
            "xl/workbook.xml",
            lambda raw: raw[: len(raw) // 2],
            "this Excel workbook is incomplete or damaged",
        ),
        (SHEET, lambda raw: raw.replace(b'r="2"', b'r="1"'), "not in order"),
        (SHEET, lambda raw: raw.replace(b'<row r="2"', b'<row r="99999999"'), "not in order"),
        (
            SHEET,
            lambda raw: raw.replace(b'r="B2"', b'r="ZZZZZZZ2"'),
            "this Excel workbook is incomplete or damaged",
        ),
    ],
)
def test_a_hostile_workbook_is_refused(
    part: str, change: Callable[[bytes], bytes], message: str
) -> None:
    """Entities that multiply, cut parts, unordered rows and enormous references are refused."""

    def fill(sheet: Any) -> None:  # noqa: ANN401 -- openpyxl's sheet
        sheet.append(["id", "name"])
        sheet.append(["1", "Anna"])

    original = workbook(fill)
    assert names(read(original, "r.xlsx")[0]) == ["Anna"]
    hostile = changed_part(original, part, change)
    assert hostile != original
    assert message in refusal(hostile, "r.xlsx").message


def test_a_workbook_that_unpacks_to_gigabytes_is_refused() -> None:
    """The workbook is refused before it is unpacked."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for number in range(4):
            with new.open(f"xl/shared{number}.xml", "w", force_zip64=True) as part:
                for _ in range(100):
                    part.write(bytes(1_000_000))
    assert "too large" in refusal(out.getvalue(), "r.xlsx").message


NAME = RecordField(name="name", label="Name")
TERMS = RowRules(
    id_column="id",
    audience_column="audience",
    audiences={"en": ("ckd", "general"), "es": ("general",)},
    fields={"en": (NAME,), "es": (NAME,)},
    kinds=("handout", "card"),
    audience="",
    language="en",
    paper="letter",
    size="standard",
    read_value=words_by_place,
)


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "../x",
        "a/b",
        "a\\b",
        ".hidden",
        "-rf",
        "=1+1",
        "+1",
        "@x",
        "a b",
        "é",
        "x" * 65,
        "con",
        "NUL.txt",
        "lpt1",
        "a.",
        "a\n",
        "a\0",
        "\uff1d1",
    ],
)
def test_an_id_that_cannot_name_a_file_everywhere_is_rejected_and_not_repeated(
    identifier: str,
) -> None:
    """The id could be a path, a formula, a device or a name."""
    (row,) = validated_records([RecordRow(2, {"id": identifier, "audience": "ckd"})], TERMS)
    assert bool(row.faults) == (identifier != "a\n")
    assert row.id in {"", "a"}


@given(some.text(max_size=70))
def test_every_id_that_is_taken_is_a_plain_name(identifier: str) -> None:
    """An accepted id is no formula and no path, and has only ASCII letters."""
    if not id_fault(identifier):
        assert identifier.isascii()
        assert identifier[0] not in "=+-@.\t\r\n"
        assert not set(identifier) & set('/\\:*?"<>| \0')


def test_long_rows_are_handed_on_by_fewer() -> None:
    """A part has fewer rows where they are long, so that memory is bounded."""
    for wide, sizes in ((10, [8, 2]), (90_000, [6, 4])):
        data = b"".join(
            b'{"id": "%d", "note": "%b"}\n' % (number, b"x" * wide) for number in range(10)
        )
        table, _ = open_table(io.BytesIO(data), Path("r.jsonl"), "r.jsonl", "id", KNOWN, None)
        assert [len(part.texts) for part in read_parts(table, 8)] == sizes


def test_a_row_gives_its_values_and_all_its_faults_at_once() -> None:
    """All faults of a row are found at once.

    A missing required value is a fault, an empty value is left out, and other columns are ignored.
    """
    fields = (
        RecordField(name="name", label="Name", required=True),
        RecordField(name="next_visit", label="Visit", type=FieldKind.DATE),
        RecordField(name="note", label="Note"),
    )
    form = Form("csv", ",", ("id", "audience", "name", "next_visit", "note", "other"))
    part = Part((2, 3), ("7/1,CDK, ,soon,,x\n", "8,CKD ,A. B.,,,x\n"), {})
    (wrong, right) = unpack(survey((form, replace(TERMS, fields={"en": fields})), part).records)
    faults = (
        ("id", id_fault("7/1")),
        ("audience", "is not one of: ckd, general"),
        ("name", "is empty but required"),
        ("next_visit", "is not a date such as 2027-11-01"),
    )
    assert wrong == ValidatedRecord(2, "", faults=faults)
    assert (right.values, right.faults) == ({"name": "A. B."}, ())


@pytest.mark.parametrize(
    "size",
    [
        csv_reader.MOST_CHARACTERS - 1,
        csv_reader.MOST_CHARACTERS,
        2 * csv_reader.MOST_CHARACTERS,
        250_000,
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_rows_behind_a_line_that_is_too_long_keep_their_numbers(
    size: int, end: bytes, form: str
) -> None:
    """The numbers are right wherever in a line end the reading stops."""
    for extra in range(4):
        long_line = b"x" * (size + extra)
        head, last = (
            (b"id,name", b"2,Eva") if form == "csv" else (b'{"id": 0}', b'{"id": 2, "name": "Eva"}')
        )
        rows, _ = read(end.join([head, long_line, last, b""]), f"r.{form}")
        assert (rows[-1].number, rows[-1].cells["name"]) == (3, "Eva")


def test_an_id_that_may_not_be_used_rejects_all_its_rows() -> None:
    """Case is ignored, as in some file systems. The other faults of such a row are told, too."""
    records = [
        ValidatedRecord(2, "A1", values={"name": "Anna"}),
        ValidatedRecord(3, "a1", faults=(("name", "is empty"),)),
        ValidatedRecord(4, "B"),
    ]
    chunk = reject_ids(chunk_of(0, records), {"a1": "is taken"})
    assert chunk.ids == ("B",)
    assert unpack(chunk.records) == [
        ValidatedRecord(2, "A1", faults=(("id", "is taken"),)),
        ValidatedRecord(3, "a1", faults=(("id", "is taken"), ("name", "is empty"))),
        ValidatedRecord(4, "B"),
    ]


def test_cells_stand_for_what_the_settings_say() -> None:
    """Case and blanks do not count, and an empty meaning empties the cell."""
    meant = {"audience": {"kidney": "ckd"}, "name": {"no name": ""}}
    rows = [
        RecordRow(2, {"id": "1", "audience": " KIDNEY", "name": "No  Name"}),
        RecordRow(3, {"id": "2", "audience": "", "name": "No Name II"}),
    ]
    (first, second) = validated_records(rows, replace(TERMS, meant=meant))
    assert (first.keys[0].audience, first.values, first.faults) == ("ckd", {}, ())
    assert second.faults == (("audience", "is empty; use one of: ckd, general"),)


def test_columns_choose_the_edition_of_each_row() -> None:
    """A card has no paper, and one size."""
    (row,) = validated_records(
        [
            RecordRow(
                2,
                {
                    "id": "1",
                    "audience": "general",
                    "language": "es",
                    "paper": "a4",
                    "size": "large",
                    "copies": "3",
                },
            )
        ],
        TERMS,
    )
    assert row.faults == ()
    assert [(key.audience, key.language, key.paper, key.size, key.kind) for key in row.keys] == [
        ("general", "es", "a4", "large", "handout"),
        ("general", "es", "", "standard", "card"),
    ]
    assert row.copies == 3


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ({"audience": ""}, "audience", "is empty; use one of: ckd, general"),
        ({"audience": "dialysis"}, "audience", "is not one of: ckd, general"),
        ({"audience": "ckd", "language": "es"}, "audience", "is not one of: general"),
        ({"audience": "ckd", "language": "xx"}, "language", "is not one of: en, es"),
        ({"audience": "ckd", "paper": "legal"}, "paper", "is not one of: a4, letter"),
        ({"audience": "ckd", "size": "huge"}, "size", "is not one of: large, standard"),
        ({"audience": "ckd", "copies": "0"}, "copies", "is not a whole number from 1 to 100"),
        ({"audience": "ckd", "copies": "1e3"}, "copies", "is not a whole number from 1 to 100"),
        ({"audience": "ckd", "copies": "٣"}, "copies", "is not a whole number from 1 to 100"),
        (
            {"audience": "ckd", "copies": "9" * 5000},
            "copies",
            "is not a whole number from 1 to 100",
        ),
    ],
)
def test_a_row_that_names_no_edition_is_rejected(
    cells: dict[str, str], field: str, reason: str
) -> None:
    """An empty audience is not taken for the general one, whose advice can harm another reader."""
    (row,) = validated_records([RecordRow(2, {"id": "1", **cells})], TERMS)
    assert row == ValidatedRecord(2, "1", faults=((field, reason),))


@given(
    some.lists(
        some.lists(
            some.text(max_size=12).filter(lambda text: "\0" not in text), min_size=2, max_size=2
        ),
        max_size=8,
    )
)
def test_whatever_is_written_as_csv_is_read_back(cells: list[list[str]]) -> None:
    """Cells may hold commas, quotation marks and line breaks, and every row comes once."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["id", "name"], *cells])
    rows, _ = read(text.getvalue().encode("utf-8", "replace"))
    expected = [
        [cell.encode("utf-8", "replace").decode() for cell in row] for row in cells if any(row)
    ]
    assert [[row.cells["id"], row.cells["name"]] for row in rows] == expected


@given(some.binary(max_size=300))
def test_no_bytes_at_all_end_in_anything_but_rows_or_a_problem(data: bytes) -> None:
    """Any bytes may follow the header."""
    try:
        rows, _ = read(b"id,name\n" + data)
    except TeachbackError:
        return
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
