"""What the desk's page asks is read up to the size of a cell; anything else is never quoted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from teachback.errors import TeachbackError
from teachback.serving.desk_requests import (
    CardsQuestion,
    DeskQuestion,
    ListQuestion,
    PrintQuestion,
    RowsQuestion,
    read_question,
)

LONG_CELL = "x" * 3_000


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        (RowsQuestion, {"rows": [{"number": 2, "values": {"patient": LONG_CELL}}]}),
        (RowsQuestion, {"rows": [{"number": 2, "values": {LONG_CELL: "x"}}]}),
        (RowsQuestion, {"rows": [{"number": 2, "values": {f"c{n}": "x" for n in range(150)}}]}),
        (ListQuestion, {"name": f"{'n' * 250}.csv", "data": "aWQ="}),
    ],
    ids=["a long cell", "a long heading", "many columns", "a long file name"],
)
def test_what_a_file_may_hold_is_read(kind: type[DeskQuestion], question: dict[str, Any]) -> None:
    """What does not fit its field is then a fault of its row, which a person can mend."""
    whole = {"topic": "tiny", **question}
    read = read_question(kind, json.dumps(whole).encode()).model_dump(exclude_unset=True)
    assert read == whole


def test_what_no_page_sends_is_refused_by_the_name_of_its_field() -> None:
    """A name that is no field of ours is not quoted: it may be what somebody typed."""
    body = json.dumps({"topic": "x" * 201, "rows": [], "Jo Secret": 1}).encode()
    with pytest.raises(TeachbackError) as refused:
        read_question(RowsQuestion, body)
    assert str(refused.value) == "this question cannot be read: topic"


@pytest.mark.parametrize(
    ("kind", "field", "question"),
    [
        (CardsQuestion, "count", {"topic": "tiny", "language": "en", "audience": "ckd"}),
        (PrintQuestion, "cards", {"key": "x", "values": {}}),
    ],
    ids=["to look at them", "to print them"],
)
def test_nobody_asks_for_no_card_or_for_more_than_500(
    kind: type[DeskQuestion], field: str, question: dict[str, Any]
) -> None:
    """One card and 500 are read, and others are refused by the name of the field."""
    for count, is_read in ((0, False), (1, True), (500, True), (501, False)):
        cards = {"stock": "avery-5371", "count": count}
        body = json.dumps(question | ({"cards": cards} if field == "cards" else cards)).encode()
        if is_read:
            assert read_question(kind, body)
            continue
        with pytest.raises(TeachbackError) as refused:
            read_question(kind, body)
        assert str(refused.value) == f"this question cannot be read: {field}"
