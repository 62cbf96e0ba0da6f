"""The press room prints what `merge` prints, for one patient, and says what it cannot print."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from desk_server import AskedPressRoom, children
from handout_with_fields import FILLED
from PIL import Image, ImageChops
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.archive import store
from teachback.archive.verification import verify
from teachback.content.loader import read_handouts
from teachback.errors import TeachbackError
from teachback.files.workspace import handout_files
from teachback.pdf.page_images import page_picture
from teachback.pdf.page_reader import read_words
from teachback.printing.job_composer import print_context
from teachback.printing.process_pool import start_worker
from teachback.serving import desk_editions, press_link, room_starter
from teachback.serving.desk_editions import CardsOrder, HandoutOrder
from teachback.serving.desk_shelf import read_shelf, workspace_marks
from teachback.serving.press_link import PressRoomEndedError, RefusedReplyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from teachback.files.workspace import Workspace

pytestmark = pytest.mark.slow

# In s. A busy machine is not a fault.
PATIENCE = 300
READER = {"topic": "tiny", "language": "en", "audience": "ckd"}
PAPER = {"paper": "letter", "size": "standard", "depth": "full"}
VALUES = {"patient": "Place Name", "visit": "2027-11-02", "nurse": "By Name", "side": "left"}


def opened(room: AskedPressRoom, **other: str) -> dict[str, Any]:
    """Open the handout of the tests."""
    found: dict[str, Any] = room.ask("edition", **{**READER, **PAPER, **other})
    return found


def refusal(room: AskedPressRoom, wanted: str, **given: Any) -> RefusedReplyError:  # noqa: ANN401 -- plain data
    """Return what the press room says to a question that it refuses."""
    with pytest.raises(RefusedReplyError) as caught:
        room.ask(wanted, **given)
    return caught.value


def test_a_broken_handout_says_why_and_the_others_print(room: AskedPressRoom) -> None:
    """The topic is listed with the place of its fault; another one can be opened."""
    topics = {topic["id"]: topic for topic in room.ask("topics")["topics"]}
    assert topics["tiny"]["problems"] == []
    assert any(
        "bubbles" in group and "foamy" in group for group in room.ask("topics")["same_words"]
    )
    assert "broken.yaml:" in topics["broken"]["problems"][0]["message"]
    assert opened(room)["pages"] >= 1
    wanted = {**READER, **PAPER, "topic": "broken"}
    assert "porpoise" in refusal(room, "edition", **wanted).problems[0].message


def test_a_broken_list_of_words_for_the_search_is_told_and_all_prints(
    workspace: Callable[..., Workspace],
) -> None:
    """Nothing is printed from it: the topics are there, and the search has no such words."""
    clinic = workspace({"content/search-words.yaml": "foam: {en: [short of breath]}\n"})
    shelf = read_shelf(clinic, resolve({}, clinic), workspace_marks(clinic), None)
    assert shelf.reading.authored
    assert [warning.message for warning in shelf.warnings] == ["'short of breath' is not one word"]
    assert shelf.search.groups() == []


def test_an_open_edition_lists_its_fields_its_words_and_its_state(room: AskedPressRoom) -> None:
    """The desk gets what it asks of a nurse, a text for screen readers, and the word draft."""
    edition = opened(room)
    kinds = {field["id"]: field["kind"] for field in edition["fields"]}
    assert kinds["patient"] == "text"
    assert kinds["visit"] == "date"
    assert kinds["side"] == "choice"
    assert "A tiny handout" in " ".join(edition["text"][0].split())
    assert [notice["kind"] for notice in edition["notices"]] == ["draft"]
    assert edition["printed_code"] in edition["text"][0]


def test_a_patch_is_the_printed_page(room: AskedPressRoom) -> None:
    """The blank page with the patches on it equals the printed page, dot by dot."""
    edition = opened(room)
    key = edition["key"]
    for dpi in (96, 144):
        patches = room.ask("patch", key=key, values=VALUES, dpi=dpi)
        assert patches["faults"] == []
        assert len(patches["patches"]) >= 4
        pdf = room.ask("print", key=key, values=VALUES)["pdf"]
        for page in range(edition["pages"]):
            blank = Image.open(io.BytesIO(room.ask("page", key=key, page=page + 1, dpi=dpi)))
            for strip, png in patches["patches"]:
                if strip.page == page:
                    corner = [round(edge * dpi / 25.4) for edge in (strip.left, strip.top)]
                    blank.paste(Image.open(io.BytesIO(png)), tuple(corner))
            printed = Image.open(io.BytesIO(page_picture(pdf, page, dpi)))
            assert ImageChops.difference(blank, printed).getbbox() is None


def test_the_printed_file_holds_the_words_and_asks_for_its_sides(room: AskedPressRoom) -> None:
    """The words of the patient are on the paper, the date in words."""
    pdf = room.ask("print", key=opened(room)["key"], values=VALUES)["pdf"]
    words = " ".join(" ".join(read_words(pdf)).split())
    assert "Place Name" in words
    assert "Nov 2, 2027" in words
    with pikepdf.open(io.BytesIO(pdf)) as opened_again:
        wishes = opened_again.Root.ViewerPreferences
        assert wishes.PrintScaling == "/None"
        assert wishes.Duplex == (
            "/DuplexFlipLongEdge" if len(opened_again.pages) > 1 else "/Simplex"
        )


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("visit", "soon", "It is not a date such as 2027-11-01."),
        ("visit", "11/2/2027", "It could be two days, by which comes first, month or day: write"),
        ("side", "both", "It is none of these: left, right."),
        ("patient", "x" * 190, "It is too long for its line, even in the smallest type."),
        ("patient", "\u0645\u0631\u0636", "It has Arabic letters, for which there is no font here"),
        ("fluid", "two", "It is not a number"),
    ],
)  # fmt: skip
def test_a_fault_is_said_beside_its_field_and_refused_in_print(
    room: AskedPressRoom, field: str, text: str, reason: str
) -> None:
    """The other fields are drawn; a print with the fault is refused, and says the same."""
    key = opened(room)["key"]
    values = {"patient": "Place Name", "nurse": "By Name", field: text}
    patch = room.ask("patch", key=key, values=values)
    assert [fault["field"] for fault in patch["faults"]] == [field]
    assert patch["faults"][0]["message"].startswith(reason)
    assert len(patch["patches"]) >= 1
    refused = refusal(room, "print", key=key, values=values)
    assert refused.status == 422
    assert field in refused.fields
    assert refused.problems[refused.fields.index(field)].message.startswith(reason)


def test_an_empty_required_field_is_refused_in_print_alone(room: AskedPressRoom) -> None:
    """While somebody types, a field that is still empty is no fault."""
    key = opened(room)["key"]
    assert room.ask("patch", key=key, values={"patient": " "})["faults"] == []
    refused = refusal(room, "print", key=key, values={})
    assert refused.fields == ("patient",)
    assert refused.problems[0].message == "It is empty but required."


def test_letters_of_another_script_are_printed_in_fonts_that_have_them(
    room: AskedPressRoom,
) -> None:
    """A name in Cyrillic letters needs other fonts: it is drawn and printed with them."""
    key = opened(room)["key"]
    values = {**VALUES, "nurse": "Щёлково, Київ"}
    assert room.ask("patch", key=key, values=values)["faults"] == []
    assert "Щёлково, Київ" in " ".join(read_words(room.ask("print", key=key, values=values)["pdf"]))


def test_cards_begin_at_the_chosen_place_and_hold_the_words(room: AskedPressRoom) -> None:
    """Three cards from place 4 lie on one sheet with backs; each has the name."""
    stock = {"stock": "avery-5371", "start_at": 4, "count": 3}
    unfit = room.ask("stocks", **READER)["unfit"]
    assert "printed on one side" in unfit["avery-5395"]
    assert "avery-5371" not in unfit
    cards = room.ask("cards", **READER, **stock)
    assert cards["pages"] == 2
    assert [field["id"] for field in cards["fields"]] == ["patient"]
    assert len(room.ask("patch", key=cards["key"], values=VALUES)["patches"]) == 3
    printed = room.ask("print", key=opened(room)["key"], values=VALUES, cards=stock)
    assert printed["kind"] == "cards"
    assert " ".join(read_words(printed["pdf"])).count("Place Name") >= 1
    wrong = refusal(room, "cards", **READER, **{**stock, "start_at": 11})
    assert "no place 11" in wrong.problems[0].message
    many = refusal(room, "cards", **READER, **{**stock, "count": 8})
    assert "7 fit here" in many.problems[0].message


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({**READER, **PAPER, "topic": "nothing"}, 404),
        ({**READER, **PAPER, "audience": "dialysis"}, 404),
        ({**READER, **PAPER, "language": "es"}, 404),
        ({**READER, **PAPER, "depth": "brief"}, 422),
    ],
)
def test_what_there_is_not_is_refused(
    room: AskedPressRoom, given: dict[str, str], status: int
) -> None:
    """An unknown topic, reader or language, and a short version without parts, have a reason."""
    refused = refusal(room, "edition", **given)
    assert refused.status == status
    assert refused.problems[0].hint


def test_an_unknown_page_is_refused(room: AskedPressRoom) -> None:
    """A key that is not open, or a page that is not there, is not found."""
    key = opened(room)["key"]
    assert refusal(room, "patch", key="X", values={}).status == 404
    assert refusal(room, "page", key=key, page=9, dpi=96).status == 404
    assert refusal(room, "page", key=key, page=1, dpi=5000).status == 404


def test_a_changed_text_is_shown_before_it_is_printed(
    clinic: Workspace, room: AskedPressRoom
) -> None:
    """After a change, the old page is refused with 409, and the new one has another key."""
    key = opened(room)["key"]
    path = clinic.root / "content" / "handouts" / "tiny.yaml"
    path.write_text(FILLED.replace("One message.", "Another message."), encoding="utf-8")
    end = time.monotonic() + PATIENCE
    while opened(room)["key"] == key:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert refusal(room, "print", key=key, values=VALUES).status == 409
    path.write_text(FILLED, encoding="utf-8")
    while opened(room)["key"] != key:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_two_desks_print_one_handout_each_for_its_own_patient(room: AskedPressRoom) -> None:
    """Questions that arrive together are answered each with its own words."""
    key = opened(room)["key"]
    names = [f"Place {letter}" for letter in "ABCDEFGH"]
    given = [{"key": key, "values": {**VALUES, "patient": name}} for name in names]
    patches = room.ask_together("patch", *given)
    assert len({patch["patches"][0][1] for patch in patches}) == len(names)
    for name, printed in zip(names, room.ask_together("print", *given), strict=True):
        words = " ".join(" ".join(read_words(printed["pdf"])).split())
        assert [other for other in names if other in words] == [name]


def test_a_handout_that_is_broken_while_it_is_open_says_why_and_others_print(
    clinic: Workspace, room: AskedPressRoom
) -> None:
    """Its page is not printed any more; once it is mended, the very same page is."""
    folder = clinic.root / "content" / "handouts"
    (folder / "other.yaml").write_text(TINY.replace("id: tiny", "id: other"), encoding="utf-8")
    key = opened(room)["key"]
    (folder / "tiny.yaml").write_text(FILLED.replace("purpose", "porpoise"), encoding="utf-8")
    _until(room, lambda answer: faulty(answer) == {"broken", "tiny"})
    assert refusal(room, "print", key=key, values=VALUES).status == 409
    assert "porpoise" in str(refusal(room, "edition", **READER, **PAPER).problems[0])
    other = room.ask("edition", **{**READER, **PAPER, "topic": "other"})
    assert room.ask("print", key=other["key"], values={})["pdf"].startswith(b"%PDF")
    (folder / "tiny.yaml").write_text(FILLED, encoding="utf-8")
    (folder / "other.yaml").unlink()
    _until(room, lambda answer: len(answer["topics"]) == 2 and faulty(answer) == {"broken"})
    assert opened(room)["key"] == key


def faulty(answer: dict[str, Any]) -> set[str]:
    """Return the topics that cannot be printed."""
    return {topic["id"] for topic in answer["topics"] if topic["problems"]}


@pytest.mark.parametrize(
    ("name", "text"),
    [("content/clinic.yaml", "emergency: none\n"), ("styles/clinic.css", "p { color: ")],
)
def test_a_broken_shared_file_stops_all_and_its_mending_is_noticed(
    clinic: Workspace, room: AskedPressRoom, name: str, text: str
) -> None:
    """While a file of all pages is wrong nothing is listed but why; then all is back."""
    path: Path = clinic.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    _until(room, lambda answer: bool(answer["problems"]))
    assert room.ask("topics")["topics"] == []
    assert path.name in str(refusal(room, "edition", **READER, **PAPER).problems[0])
    path.unlink()
    _until(room, lambda answer: not answer["problems"])
    assert opened(room)["pages"] >= 1


def _until(room: AskedPressRoom, done: Any) -> None:  # noqa: ANN401 -- a function
    end = time.monotonic() + PATIENCE
    while not done(room.ask("topics")):
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.kill
def test_a_killed_press_room_is_replaced_and_the_open_pages_go_on(room: AskedPressRoom) -> None:
    """A question meanwhile is told to wait; then another process prints the page that was open."""
    key = opened(room)["key"]
    before = room.processes[0]
    os.kill(before, signal.SIGKILL)
    assert answered(room, key)["faults"] == []
    assert before not in room.processes
    assert room.ask("print", key=key, values=VALUES)["code"] in key


@pytest.mark.kill
def test_a_page_in_use_outlives_a_killed_press_room_whatever_was_laid_out_since(
    room: AskedPressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages that are kept for the next press room are those that were asked for last."""
    monkeypatch.setattr(press_link, "MOST_HANDED_OVER", 4)
    key = opened(room)["key"]
    sheets = []
    for start_at in (7, 8, 9, 10):
        order = {**READER, "stock": "avery-5371", "start_at": start_at, "count": 1}
        sheets.append(room.ask("cards", **order)["key"])
        assert room.ask("patch", key=key, values=VALUES)["faults"] == []
    os.kill(room.processes[0], signal.SIGKILL)
    assert answered(room, key)["faults"] == []
    assert refusal(room, "patch", key=sheets[0], values={}).status == 404


@pytest.mark.kill
def test_a_press_room_that_ends_with_its_spare_is_replaced_too(room: AskedPressRoom) -> None:
    """A new one is started then, and takes the page that was open."""
    key = opened(room)["key"]
    for process in room.processes:
        os.kill(process, signal.SIGKILL)
    assert answered(room, key)["faults"] == []


@pytest.mark.kill
def test_a_press_room_is_replaced_when_what_starts_it_was_killed_too(room: AskedPressRoom) -> None:
    """Another process loads what press rooms need, and forks the next one."""
    key = opened(room)["key"]
    for one in (room.starter.process_id, *room.processes):
        os.kill(one, signal.SIGKILL)
    assert answered(room, key)["faults"] == []


class FailingRoom:
    """A room that fails at its first question."""

    def __init__(self, error: Exception, _: object, __: object, pipe: Connection) -> None:
        """Keep how it fails."""
        self._error, self._pipe = error, pipe

    def run(self) -> None:
        """Read a question, and fail."""
        self._pipe.recv()
        raise self._error


class StarterOfFailing:
    """Starts such rooms."""

    def room(self, _: bytes) -> Connection:
        """Return our end of the pipe of a new one."""
        answer = room_starter._answer_server  # noqa: SLF001 -- what the process of a room does
        return start_worker(answer, (f"{__name__}:FailingRoom",), [])[1]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "SECRET"), "printing was stopped by the system: No space left on"),
        (KeyError("SECRET"), "the program failed because of its own error: code "),
        (TeachbackError.of("a process could not be started"), "a process could not be started"),
    ],
)
def test_a_press_room_that_ends_by_itself_tells_why(error: Exception, said: str) -> None:
    """Who waits for an answer gets the reason, not just that printing starts again."""

    async def asked() -> None:
        given: Any = (StarterOfFailing(), error, None)
        async with press_link.PressLink(*given) as link:
            await link.ask("topics")

    with pytest.raises(PressRoomEndedError) as caught:
        asyncio.run(asked())
    (problem,) = caught.value.problems
    assert problem.message.startswith(said)
    assert "SECRET" not in problem.message


def test_a_press_room_ends_with_its_link_and_leaves_no_worker(clinic: Workspace) -> None:
    """It sees that nobody asks any more, and the one that waits sees it, too."""
    own = AskedPressRoom(clinic, resolve({}, clinic))
    opened(own)
    workers = children(own.processes[0])
    assert workers
    own.link.close()
    wait_until(lambda: own.processes == [])
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
    own.close()


@pytest.mark.kill
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a press room (issue 16)")
def test_press_rooms_share_the_memory_of_what_they_have_loaded(room: AskedPressRoom) -> None:
    """The one that waited has read the workspace, and answers; most of its memory is shared."""
    key = opened(room)["key"]
    wait_until(lambda: len(room.processes) == 2)
    ended, waiting = room.processes
    os.kill(ended, signal.SIGKILL)
    assert answered(room, key)["faults"] == []
    memory = {"Shared": 0, "Private": 0}
    for line in Path(f"/proc/{waiting}/smaps_rollup").read_text("ascii").splitlines():
        kind = line.partition("_")[0]
        if kind in memory:
            memory[kind] += int(line.split()[1])
    assert 0 < memory["Private"] < memory["Shared"]


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def answered(room: AskedPressRoom, key: str) -> dict[str, Any]:
    """Ask for the patches of a page until the press room is there again."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            found: dict[str, Any] = room.ask("patch", key=key, values=VALUES)
        except PressRoomEndedError:
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return found


def test_no_question_of_a_desk_can_be_of_another_kind(room: AskedPressRoom) -> None:
    """What is not known is a fault of the program, told by its code and no more."""
    with pytest.raises(TeachbackError) as caught:
        room.ask("SECRETNAME")
    assert "KeyError" in str(caught.value)
    assert "SECRETNAME" not in str(caught.value)


def test_on_a_full_disk_an_edition_is_printed_and_its_archive_says_why_not(
    clinic: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the disk is full, the sentence names the disk; nothing is kept by halves."""
    monkeypatch.setattr(desk_editions, "give_way", lambda: None)
    archive = clinic.root.parent / "full"
    settings = replace(resolve({}, clinic), archive=archive)
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = print_context(clinic, reading, settings)
    order = HandoutOrder("tiny", "ckd", "letter", "standard", "full")

    def full(*_: Any, **__: Any) -> Any:  # noqa: ANN401 -- it never returns
        raise OSError(errno.ENOSPC, "No space left on device")

    for module, name in ((desk_editions, "TemporaryDirectory"), (store, "append")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, full)
            (problem,) = desk_editions.archive_edition(context, order)
        assert problem.message.startswith("printed, but not archived:")
        assert problem.message.endswith("the disk is full")
    assert desk_editions.archive_edition(context, order) == ()
    assert verify(archive).problems == ()


def test_cards_in_small_type_are_printed_with_their_warning(
    builtin: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card that holds its red flags in 8 pt only is printed at the desk, as `card` prints it."""
    monkeypatch.setattr(desk_editions, "give_way", lambda: None)
    # As for a card without places for words.
    monkeypatch.setattr(desk_editions, "_PLACE", "no such mark")
    reading = read_handouts(builtin, {"leg-cramps": handout_files(builtin)["leg-cramps"]})
    context = print_context(builtin, reading, resolve({}, builtin))
    order = CardsOrder("leg-cramps", "ckd", "avery-5371", 1, 1)
    assert desk_editions.open_cards(context, (order, None)).data.startswith(b"%PDF")


def test_a_style_that_would_lose_a_patients_words_on_a_card_is_refused(
    workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A specimen is checked on each card of the sheet; here, on the last one it is white."""
    monkeypatch.setattr(desk_editions, "give_way", lambda: None)
    style = "main > :last-child .slot { color: white }\n"
    clinic = workspace({"content/handouts/tiny.yaml": FILLED, "styles/clinic.css": style})
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = print_context(clinic, reading, resolve({}, clinic))
    order = CardsOrder("tiny", "ckd", "avery-5371", 1, 2)
    with pytest.raises(TeachbackError) as refused:
        desk_editions.open_cards(context, (order, None))
    (problem,) = refused.value.problems
    assert problem.message == (
        "cards of tiny: the field 'patient' would not be seen on its line (page 4)"
    )


@pytest.mark.parametrize("handout", [FILLED, TINY], ids=["words", "no words"])
def test_a_card_too_long_for_a_stock_is_refused_with_those_that_take_it(
    handout: str, workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk knows before somebody chooses one; a larger card is printed, and kept."""
    monkeypatch.setattr(desk_editions, "give_way", lambda: None)
    long = f"text: {'A sign that takes a line of a card ' * 20}"
    clinic = workspace({"content/handouts/tiny.yaml": handout.replace("text: Chest pain", long)})
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    archive = clinic.root / "archive"
    settings = replace(resolve({}, clinic), archive=archive)
    context = print_context(clinic, reading, settings)
    unfit = desk_editions.unfit_stocks(context, ("tiny", "ckd"))
    one_side = "too small" if handout is TINY else "printed on one side"
    for stock, reason in (("cut-letter-id1", "too small"), ("avery-5395", one_side)):
        assert unfit[stock].startswith(reason)
    assert not {"cut-letter-id2", "avery-5388"} & unfit.keys()
    small, large = (
        CardsOrder("tiny", "ckd", stock, 1, 1) for stock in ("cut-letter-id1", "cut-letter-id2")
    )
    with pytest.raises(TeachbackError) as refused:
        desk_editions.open_cards(context, (small, None))
    (problem,) = refused.value.problems
    assert problem.message == "this card is too long for Plain paper, to cut, 85.6 x 53.98 mm"
    assert problem.hint.startswith("It fits on Plain paper, to cut, 105 x 74 mm; Avery 5390, ")
    assert desk_editions.archive_edition(context, large) == ()
    assert verify(archive).problems == ()
