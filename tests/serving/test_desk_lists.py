"""A morning's list is read, mended and printed by the rules of `merge`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from desk_server import AskedPressRoom
from handout_with_fields import FILLED
from settings_from_flags import resolve

from teachback.files.workspace import Workspace, builtin_root
from teachback.pdf.page_images import page_texts
from teachback.serving.press_link import RefusedReplyError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "id,audience,patient,visit,side,note\n"
ROWS = "r1,ckd,Place One,2027-11-01,left,x\nr2,Kidney,Place Two,soon,right,\n"


def read(room: AskedPressRoom, data: bytes | str, name: str = "list.csv", **columns: str) -> Any:  # noqa: ANN401 -- plain data
    """Read a file of records. `columns` are settled by their letters: the field of each, or ""."""
    data = data if isinstance(data, bytes) else data.encode()
    chosen = {str(ord(letter) - ord("A")): field for letter, field in columns.items()}
    return room.ask("read list", topic="tiny", name=name, data=data, columns=chosen)


def fields_of(answer: Any) -> list[str | None]:  # noqa: ANN401 -- plain data
    """Return what each column of a list holds: "" is not printed, None is not settled."""
    return [column["field"] for column in answer["columns"]]


def rows_of(answer: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- plain data
    """Return the rows as the page sends them back."""
    fields = {column["key"]: column["field"] for column in answer["columns"]}
    return [
        {
            "number": row["number"],
            "values": {fields[key]: text for key, text in row["values"].items()},
        }
        for row in answer["rows"]
    ]


@pytest.mark.slow
def test_a_list_is_mended_and_printed_in_its_order(room: AskedPressRoom) -> None:
    """The fault is beside its column; once mended, one file holds both records after a cover."""
    answer = read(room, HEAD + ROWS, F="")
    assert fields_of(answer) == ["id", "audience", "patient", "visit", "side", ""]
    labels = ["Number", "Reader", "Prepared for", "on", "Side", ""]
    assert [column["label"] for column in answer["columns"]] == labels
    assert [len(row["faults"]) for row in answer["rows"]] == [0, 1]
    assert answer["rows"][1]["faults"] == [
        {"column": "visit", "message": "It is not a date such as 2027-11-01."}
    ]
    rows = rows_of(answer)
    with pytest.raises(RefusedReplyError, match="these rows have faults: 3"):
        room.ask("print list", topic="tiny", rows=rows)
    rows[1]["values"]["visit"] = "2027-11-02"
    checked = room.ask("check list", topic="tiny", rows=rows)
    assert [row["faults"] for row in checked["rows"]] == [[], []]
    printed = room.ask("print list", topic="tiny", rows=rows)
    words = " ".join(" ".join(page_texts(printed["pdf"])).split())
    assert 0 < words.index("r1") < words.index("Place One") < words.index("Place Two")
    assert sum(printed["editions"].values()) == 2


def test_values_that_do_not_fit_and_repeated_ids_are_faults(room: AskedPressRoom) -> None:
    """What only the laid-out page can tell is told in the list, too."""
    row = {"audience": "ckd", "patient": "x" * 150}
    rows: list[dict[str, Any]] = [
        {"number": 2, "values": {**row, "id": "a"}},
        {"number": 3, "values": {**row, "id": "A", "patient": "Place"}},
    ]
    answer = room.ask("check list", topic="tiny", rows=rows)["rows"]
    assert [fault["column"] for fault in answer[1]["faults"]] == ["id"]
    read_as = read(room, f"id,audience,patient\nr1,ckd,{'x' * 150}\n")["rows"]
    assert [fault["column"] for fault in read_as[0]["faults"]] == ["patient"]
    rows[1]["values"]["id"] = "b"
    answer = room.ask("check list", topic="tiny", rows=rows)["rows"]
    assert answer[0]["faults"] == [
        {"column": "patient", "message": "It is too long for its line, even in the smallest type."}
    ]
    assert answer[1]["faults"] == []


def test_letters_of_another_script_are_printed_in_the_list(room: AskedPressRoom) -> None:
    """Editions are made again with the fonts that the names need."""
    rows = [{"number": 2, "values": {"id": "a", "audience": "ckd", "patient": "Щёлково"}}]
    assert room.ask("check list", topic="tiny", rows=rows)["rows"][0]["faults"] == []
    pdf = room.ask("print list", topic="tiny", rows=rows)["pdf"]
    assert "Щёлково" in " ".join(page_texts(pdf))


def test_a_fault_that_the_text_does_not_show_stays_until_it_is_mended(
    room: AskedPressRoom,
) -> None:
    """A cell of a workbook with an error is not printed as empty when the page sends it back."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "audience", "patient", "nurse"])
    sheet.append(["r1", "ckd", "Place One", "#REF!"])
    sheet["D2"].data_type = "e"
    file = io.BytesIO()
    book.save(file)
    answer = read(room, file.getvalue(), "list.xlsx")
    assert [fault["column"] for fault in answer["rows"][0]["faults"]] == ["nurse"]
    again = room.ask("check list", topic="tiny", rows=rows_of(answer))
    assert [fault["column"] for fault in again["rows"][0]["faults"]] == ["nurse"]


def test_a_column_is_taken_by_the_words_of_the_paper(room: AskedPressRoom) -> None:
    """The field's name or its label; capitals, blanks, underscores and hyphens do not count."""
    answer = read(room, "NUMBER,reader,Prepared_For,fluid-LIMIT\n7,ckd,Place One,2\n")
    assert fields_of(answer) == ["id", "audience", "patient", "fluid"]
    assert [row["faults"] for row in answer["rows"]] == [[]]
    printed = room.ask("print list", topic="tiny", rows=rows_of(answer))["pdf"]
    assert "Place One" in " ".join(page_texts(printed))


def test_a_column_that_is_none_of_these_is_settled_before_anything_is_printed(
    room: AskedPressRoom,
) -> None:
    """It is told by its own name. A likely field or a look-alike is offered, and not taken."""
    rows = "reader,Prepared for,fluid limits,Ward,n\u0443rse\nckd,Place One,2,9,Place Two\n"
    answer = read(room, rows)
    unsettled = [column for column in answer["columns"] if column["field"] is None]
    assert [(one["name"], one["place"], one["near"]) for one in unsettled] == [
        ("fluid limits", "3 (C)", "fluid"),
        ("Ward", "4 (D)", ""),
        ("n\u0443rse", "5 (E)", "nurse"),
    ]
    assert not any("2" in row["values"] for row in answer["rows"])
    settled = read(room, rows, C="fluid", D="", E="nurse")
    assert fields_of(settled) == ["audience", "patient", "fluid", "", "nurse", "id"]
    assert rows_of(settled)[0]["values"]["fluid"] == "2"
    assert "9" not in rows_of(settled)[0]["values"].values()


def test_two_columns_for_one_field_are_a_fault(room: AskedPressRoom) -> None:
    """Neither is taken until one of them is settled as not printed."""
    rows = "reader,patient,Prepared for\nckd,Place One,Place Two\n"
    answer = read(room, rows)
    assert [column["name"] for column in answer["columns"] if column["twice"]] == [
        "patient",
        "Prepared for",
    ]
    assert answer["missing"] == ["Prepared for"]
    again = read(room, rows, B="patient")
    assert [column["name"] for column in again["columns"] if column["twice"]] == [
        "patient",
        "Prepared for",
    ]
    settled = read(room, rows, C="")
    assert fields_of(settled) == ["audience", "patient", "", "id"]


def test_what_no_column_holds_is_typed_into_each_row(room: AskedPressRoom) -> None:
    """A needed column is added when no other one may be it; rows without ids get numbers."""
    answer = read(room, "Ward,on\n9,soon\n")
    assert answer["missing"] == ["Reader", "Prepared for"]
    assert [fault["column"] for fault in answer["rows"][0]["faults"]] == ["visit"]
    settled = read(room, "Ward,on\n9,soon\n", A="")
    added = [column["field"] for column in settled["columns"] if column["added"]]
    assert added == ["id", "audience", "patient"]
    faulty = [fault["column"] for fault in settled["rows"][0]["faults"]]
    assert sorted(faulty) == ["audience", "patient", "visit"]
    assert rows_of(settled) == [
        {"number": 2, "values": {"visit": "soon", "id": "2", "audience": "", "patient": ""}},
    ]


def test_rows_have_the_numbers_of_the_sheet(room: AskedPressRoom) -> None:
    """A cell of several lines is one row there, and Excel does not show its own first line."""
    answer = read(room, 'sep=,\nreader,patient\nckd,"Place\nOne"\n\nckd,Place Two\n')
    assert [(row["number"], row["values"]["id"]) for row in answer["rows"]] == [(2, "2"), (4, "4")]


@pytest.mark.parametrize(
    ("reader", "fault"),
    [
        ("ckd", ""),
        ("kidney disease (CKD)", ""),
        ("NO KIDNEY DISEASE", ""),
        ("Kidney", ""),
        ("kidney trouble", "It is not one of: Kidney disease (CKD), No kidney disease."),
        ("", "It is empty; use one of: Kidney disease (CKD), No kidney disease."),
    ],
)
def test_readers_are_named_as_the_desk_names_them(
    room: AskedPressRoom, reader: str, fault: str
) -> None:
    """A list may have the words of the desk's own choices, and a fault lists them."""
    answer = read(room, f"reader,patient\n{reader},Place One\n")
    found = [fault["message"] for row in answer["rows"] for fault in row["faults"]]
    assert found == ([fault] if fault else [])


def test_the_columns_of_a_topic_are_told_with_an_example_that_can_be_printed(
    room: AskedPressRoom,
) -> None:
    """The example is a list of one row under the labels, without a person's name."""
    columns = room.ask("list columns", topic="tiny")["columns"]
    assert [column["label"] for column in columns if column["needed"]] == ["Reader", "Prepared for"]
    side = next(column for column in columns if column["id"] == "side")
    assert (side["kind"], side["values"]) == ("choice", ["left", "right"])
    head = ",".join(column["label"] for column in columns)
    row = ",".join(column["example"] for column in columns)
    assert "Name of patient" in row
    answer = read(room, f"{head}\n{row}\n")
    assert None not in fields_of(answer)
    assert [row["faults"] for row in answer["rows"]] == [[]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "this list is empty"),
        (b"id,audience,patient\n", "this list has no rows"),
        (b'{"id": 1}\n', "this is no list that a desk can read"),
        (b"id,\xef\xbf\xbd\n1,x\n", "has lost letters"),
        (HEAD.encode() + b"r,ckd,P,,,\n" * 501, "at most 500"),
        (b"\xff\xfei\x00d\x00\n", "row 1 in your file: this line is not"),
        (
            b"patient\nPlace\n" + "Jos\u0159".encode("iso-8859-2"),
            "row 3 in your file: this line is not UTF-8",
        ),
    ],
)
def test_a_list_that_cannot_be_read_with_certainty_says_why(
    room: AskedPressRoom, text: bytes, reason: str
) -> None:
    """The message has the row, what to do at a desk, and no option of the command line."""
    with pytest.raises(RefusedReplyError) as caught:
        read(room, text)
    messages = " ".join(
        f"{problem.location or ''} {problem} {problem.hint}" for problem in caught.value.problems
    )
    assert reason in messages
    assert [word for word in ("--", "`", "list.csv", "records") if word in messages] == []


def test_columns_keep_the_language_of_the_desk(tmp_path: Path) -> None:
    """A row in Spanish changes no heading; languages and columns have names in either language."""
    folder = tmp_path / "content" / "handouts"
    folder.mkdir(parents=True)
    spanish = FILLED.replace("language: en", "language: es").replace(
        "Prepared for", "Preparado para"
    )
    (folder / "tiny.yaml").write_text(FILLED, encoding="utf-8")
    (folder / "tiny.es.yaml").write_text(spanish, encoding="utf-8")
    clinic = Workspace(tmp_path, builtin_root())
    room = AskedPressRoom(clinic, resolve({}, clinic))
    try:
        rows = (
            "reader,preparado para,language\nckd,One,es\nckd,Two,Spanish\nckd,Three,ESPA\u00d1OL\n"
        )
        answer = read(room, rows + ",Four,English\nmoon,Five,Latin\n")
    finally:
        room.close()
    assert [column["label"] for column in answer["columns"]][:3] == [
        "Reader",
        "Prepared for",
        "Language",
    ]
    assert [[fault["column"] for fault in row["faults"]] for row in answer["rows"]] == [
        [],
        [],
        [],
        ["audience"],
        ["language", "audience"],
    ]


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("Bed 4", "It must be 1 to 64 letters (a-z, A-Z) and digits without blanks."),
        ("con", "It cannot be taken: choose another one."),
    ],
)
def test_an_id_that_cannot_be_taken_says_what_can(
    room: AskedPressRoom, number: str, fault: str
) -> None:
    """A desk writes no file, so the reason names none."""
    (row,) = read(room, f"number,reader,patient\n{number},ckd,Place One\n")["rows"]
    assert [found["message"] for found in row["faults"]] == [fault]


def test_letters_without_a_font_are_written_by_hand(room: AskedPressRoom) -> None:
    """What a nurse can do is said, and no command."""
    answer = read(room, "reader,patient,by\nckd,Place One,\u5c71\n")
    (fault,) = answer["rows"][0]["faults"]
    assert fault["message"] == (
        "It has Chinese or Japanese letters, for which there is no font here: leave it empty, and "
        "write it by hand. Whoever looks after Teachback can add these letters."
    )


def test_a_topic_that_is_not_there_is_refused(room: AskedPressRoom) -> None:
    """The list is not read for it."""
    with pytest.raises(RefusedReplyError) as caught:
        room.ask("check list", topic="nothing", rows=[])
    assert caught.value.status == 404
