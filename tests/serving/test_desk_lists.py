"""A morning's list is read, mended and printed by the rules of `merge`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from teachback.pdf.page_images import page_texts
from teachback.serving.press_link import RefusedReplyError

if TYPE_CHECKING:
    from desk_server import AskedPressRoom

HEAD = "id,audience,patient,visit,side,note\n"
ROWS = "r1,ckd,Place One,2027-11-01,left,x\nr2,Kidney,Place Two,soon,right,\n"


def read(room: AskedPressRoom, data: bytes, name: str = "list.csv") -> Any:  # noqa: ANN401 -- plain data
    """Read a file of records."""
    return room.ask("read list", topic="tiny", name=name, data=data)


def rows_of(told: Any) -> list[tuple[int, dict[str, str]]]:  # noqa: ANN401 -- plain data
    """Return the rows as the page sends them back."""
    return [(row["number"], row["values"]) for row in told["rows"]]


def test_a_list_is_mended_and_printed_in_its_order(room: AskedPressRoom) -> None:
    """The fault is beside its column; once mended, one file holds both records after a cover."""
    told = read(room, (HEAD + ROWS).encode())
    assert [one["id"] for one in told["columns"]] == ["id", "audience", "patient", "visit", "side"]
    assert [one["label"] for one in told["columns"]][2] == "Prepared for"
    assert [len(row["faults"]) for row in told["rows"]] == [0, 1]
    assert told["rows"][1]["faults"] == [
        {"column": "visit", "message": "It is not a date such as 2027-11-01."}
    ]
    rows = rows_of(told)
    with pytest.raises(RefusedReplyError, match="these rows have faults: 3"):
        room.ask("print list", topic="tiny", rows=rows)
    rows[1][1]["visit"] = "2027-11-02"
    checked = room.ask("check list", topic="tiny", rows=rows)
    assert [row["faults"] for row in checked["rows"]] == [[], []]
    made = room.ask("print list", topic="tiny", rows=rows)
    words = " ".join(" ".join(page_texts(made["pdf"])).split())
    assert 0 < words.index("r1") < words.index("Place One") < words.index("Place Two")
    assert sum(made["editions"].values()) == 2


def test_values_that_do_not_fit_and_repeated_ids_are_faults(room: AskedPressRoom) -> None:
    """What only the laid-out page can tell is told in the list, too."""
    row = {"audience": "ckd", "patient": "x" * 150}
    rows = [(2, {**row, "id": "a"}), (3, {**row, "id": "A", "patient": "Place"})]
    told = room.ask("check list", topic="tiny", rows=rows)["rows"]
    assert [fault["column"] for fault in told[1]["faults"]] == ["id"]
    read_as = read(room, f"id,audience,patient\nr1,ckd,{'x' * 150}\n".encode())["rows"]
    assert [fault["column"] for fault in read_as[0]["faults"]] == ["patient"]
    rows[1][1]["id"] = "b"
    told = room.ask("check list", topic="tiny", rows=rows)["rows"]
    assert told[0]["faults"] == [
        {"column": "patient", "message": "It is too long for its line, even in the smallest type."}
    ]
    assert told[1]["faults"] == []


def test_letters_of_another_script_are_printed_in_the_list(room: AskedPressRoom) -> None:
    """Editions are made again with the fonts that the names need."""
    rows = [(2, {"id": "a", "audience": "ckd", "patient": "Щёлково"})]
    assert room.ask("check list", topic="tiny", rows=rows)["rows"][0]["faults"] == []
    pdf = room.ask("print list", topic="tiny", rows=rows)["pdf"]
    assert "Щёлково" in " ".join(page_texts(pdf))


def test_a_fault_that_the_text_does_not_show_stays_until_it_is_mended(
    room: AskedPressRoom,
) -> None:
    """A cell of a workbook with an error is not printed as empty when the page sends it back."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "audience", "patient", "nurse"])
    sheet.append(["r1", "ckd", "Place One", "#REF!"])
    sheet["D2"].data_type = "e"
    file = io.BytesIO()
    book.save(file)
    told = read(room, file.getvalue(), "list.xlsx")
    assert [fault["column"] for fault in told["rows"][0]["faults"]] == ["nurse"]
    again = room.ask("check list", topic="tiny", rows=rows_of(told))
    assert [fault["column"] for fault in again["rows"][0]["faults"]] == ["nurse"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "this file of records is empty"),
        (b"id,audience,patient\n", "this list has no rows"),
        (b"id,patient\nr1,Place\n", "the records need a column 'audience'"),
        (b"id,audience,visit\nr1,ckd,2027-11-01\n", "the records have no column 'patient'"),
        (b"id,audience,patient,nurze\nr1,ckd,Place,x\n", "misspelt field"),
        (HEAD.encode() + b"r,ckd,P,,,\n" * 501, "at most 500"),
    ],
)
def test_a_list_that_cannot_be_read_with_certainty_says_why(
    room: AskedPressRoom, text: bytes, reason: str
) -> None:
    """The message is that of `merge`."""
    with pytest.raises(RefusedReplyError, match=reason):
        read(room, text)


def test_a_topic_that_is_not_there_is_refused(room: AskedPressRoom) -> None:
    """The list is not read for it."""
    with pytest.raises(RefusedReplyError) as caught:
        room.ask("check list", topic="nothing", rows=[])
    assert caught.value.status == 404
