"""The pages of authors follow the file: each save is laid out, drawn, checked and proved."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from multiprocessing import Pipe
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from desk_server import AskedPressRoom
from settings_from_flags import resolve
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY

from teachback.content.workspace_content import load_shared
from teachback.errors import Problem
from teachback.files.workspace import Workspace, builtin_root
from teachback.printing.process_limits import send_part
from teachback.printing.process_pool import Outcome, Pool, Task
from teachback.serving import live_room
from teachback.serving.live_desk import LiveDesk
from teachback.serving.live_room import LiveRoom
from teachback.serving.press_link import PressRoomEndedError, RefusedReplyError
from teachback.serving.press_messages import Reply, Request
from teachback.serving.room_starter import LIVE_ROOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

# How often the live room may say that there is nothing new before a test fails.
SILENT = 15
Parts = dict[tuple[str, str], dict[str, Any]]
RISKY = TINY.replace("For kidneys here.", "Take ibuprofen for the pain.")


class Author:
    """An author who saves a handout, and looks at its pages."""

    def __init__(self, root: Path) -> None:
        """Begin with the tiny handout."""
        self.file = root / "content" / "handouts" / "tiny.yaml"
        self.file.parent.mkdir(parents=True)
        self.save(TINY)
        clinic = Workspace(root, builtin_root())
        self.room = AskedPressRoom(clinic, resolve({}, clinic), kind=LIVE_ROOM)
        self.parts: Parts = {}
        self.turn_to("tiny")

    def save(self, text: str) -> None:
        """Save the file as an editor does, which writes another one and renames it."""
        other = self.file.with_suffix(".new")
        other.write_text(text, encoding="utf-8")
        other.replace(self.file)

    def turn_to(self, handout: str) -> None:
        """Look at another handout from now on."""
        self.handout = handout
        self.parts = {}
        self._known = {"run": "", "after": 0}

    def look(self, seen: Callable[[Parts], bool]) -> Parts:
        """Take in what is told until it is what the author waits for."""
        silent = 0
        while not self.parts or not seen(self.parts):
            changes = self.room.ask("watch", handout=self.handout, **self._known)
            silent += not changes["parts"]
            assert silent < SILENT
            self._known = {name: changes[name] for name in ("run", "after")}
            self.parts |= {(part["part"], part["reader"]): part for part in changes["parts"]}
        return self.parts


def is_proved(text: str) -> Callable[[Parts], bool]:
    """Return whether all of a saved text is there, with its card."""

    def is_there(parts: Parts) -> bool:
        notes = [one for (kind, _), one in parts.items() if kind == "notes"]
        return (
            text.splitlines()
            in [part["lines"] for part in parts["file", ""].get("files", {}).values()]
            and bool(notes)
            and all(note["done"] and note["card_done"] and "findings" in note for note in notes)
        )

    return is_there


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    """Return an author with a live room; to start one takes seconds."""
    found = Author(tmp_path_factory.mktemp("live") / "clinic")
    yield found
    found.room.close()


def test_each_save_shows_new_pages_and_what_changed(author: Author) -> None:
    """All readers' pages and cards are there, with grades, findings, and the words of the save."""
    parts = author.look(is_proved(TINY))
    assert [reader["id"] for reader in parts["file", ""]["readers"]] == ["general", "ckd"]
    assert parts["notes", "ckd"]["proved"]
    assert parts["notes", "ckd"]["card_proved"]
    assert parts["notes", "ckd"]["target"] == 5
    assert parts["handout", "ckd"]["changed"] == []
    assert len(parts["card pages", "ckd"]["pages"]) == 2
    (digest,) = parts["handout pages", "ckd"]["pages"]
    assert author.room.ask("picture", digest=digest).startswith(b"\x89PNG")
    general = parts["handout pages", "general"]["pages"]

    author.save(RISKY)
    parts = author.look(is_proved(RISKY))
    handout = parts["handout", "ckd"]
    assert [handout["texts"][one][0] for one in handout["changed"]] == [
        "Take ibuprofen for the pain."
    ]
    (line,) = [line for line in handout["lines"] if line[5] == handout["changed"][0]]
    place = handout["texts"][line[5]][1:3]
    assert RISKY.splitlines()[place[0] - 1][place[1] - 1 :].startswith("Take ibuprofen")
    errors = [
        finding for finding in parts["notes", "ckd"]["findings"] if finding["severity"] == "error"
    ]
    assert errors
    assert {(error["line"], error["column"]) for error in errors} == {tuple(place)}
    assert parts["handout", "general"]["changed"] == []
    assert parts["handout pages", "general"]["pages"] == general
    assert parts["handout pages", "ckd"]["pages"] != [digest]


def test_a_file_with_an_error_says_where_and_the_last_pages_stay(author: Author) -> None:
    """The error has its line and hint; once it is mended, the pages are new again."""
    author.save(TINY)
    author.look(is_proved(TINY))
    pages = author.parts["handout pages", "ckd"]
    author.save(TINY.replace("purpose:", "porpoise:"))
    parts = author.look(lambda parts: bool(parts["file", ""]["problems"]))
    problem = next(
        problem for problem in parts["file", ""]["problems"] if "porpoise" in problem["message"]
    )
    assert "Did you mean 'purpose'?" in problem["hint"]
    lines = parts["file", ""]["broken"][problem["file"]]["lines"]
    assert lines[problem["line"] - 1].startswith("porpoise")
    assert parts["handout pages", "ckd"] == pages
    author.save(TINY)
    assert (
        author.look(lambda parts: not parts["file", ""]["problems"])["file", ""]["broken"] is None
    )


def test_pages_of_a_translation_follow_the_english_too(author: Author) -> None:
    """A saved change of the English, which makes a text outdated, is told without a new save of it."""
    author.save(TINY)
    spanish = author.file.parents[1] / "translations/es/tiny.yaml"
    spanish.parent.mkdir(parents=True)
    spanish.write_text(SPANISH_TINY, encoding="utf-8")
    try:
        author.turn_to("tiny.es")
        author.look(is_proved(TINY))
        assert author.parts["file", ""]["problems"] == []
        author.save(TINY.replace("text: Chest pain}", "text: Chest pressure}"))
        parts = author.look(lambda parts: bool(parts["file", ""]["problems"]))
        (problem,) = parts["file", ""]["problems"]
        assert "the English of `chest/text`" in problem["message"]
        author.save(TINY)
        author.look(lambda parts: not parts["file", ""]["problems"])
    finally:
        spanish.unlink()
        author.turn_to("tiny")


def test_a_card_that_is_too_full_is_shown_on_larger_plain_paper_or_refused(author: Author) -> None:
    """What does not fit on the card is told at its place, as by `build`; the handout is proved."""
    flag = "  - {id: chest, tier: now, card: true, text: Chest pain}\n"
    long = "very long words that fill a card "
    text = TINY.replace(
        flag, flag.replace("Chest pain", f"{{general: {long * 40}, ckd: {long * 90}}}")
    )
    author.save(text)
    parts = author.look(is_proved(text))
    for reader, severity, said in (
        ("general", "warning", "it is printed on cut-letter-id2"),
        ("ckd", "error", "does not fit on the card"),
    ):
        notes = parts["notes", reader]
        assert (notes["proved"], notes["card_proved"]) == (True, severity == "warning")
        (problem,) = notes["card_problems"]
        assert problem["severity"] == severity
        assert said in problem["message"]
        assert problem["line"] > 1
    assert parts["card", "general"]["width"] == 105


def test_a_wrong_name_gets_the_nearest_ones(author: Author) -> None:
    """A handout that is not there is refused, with the handouts that are."""
    with pytest.raises(RefusedReplyError) as caught:
        author.room.ask("watch", handout="tinny", run="", after=0)
    assert caught.value.problems[0].hint.startswith("Did you mean 'tiny'?")
    with pytest.raises(RefusedReplyError, match="no such page"):
        author.room.ask("picture", digest="0")


class PoolOfNothing:
    """A pool whose first task has no result."""

    def keep_working(self, waiting: deque[Task], *_: object) -> Iterator[Outcome | None]:
        """Yield three times that there is something to read, and then the outcome."""
        yield from (None, None, None)
        yield from [Outcome(task) for task in [*waiting][:1]]

    def give_up(self, _: object) -> None:
        """Do nothing."""


@pytest.fixture
def asked(
    workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Reply]:
    """Return a function that asks a live room in this process, whose workers make nothing."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY})
    ours, theirs = Pipe()
    room: Any = LiveRoom(clinic, resolve({}, clinic), None, theirs)
    context = SimpleNamespace(reading=SimpleNamespace(shared=load_shared(clinic)))
    monkeypatch.setattr(room, "_context", context)
    monkeypatch.setattr(room, "_has_changed", lambda: False)

    def ask(wanted: str, **given: Any) -> Reply:  # noqa: ANN401 -- plain data
        ours.send(Request(1, wanted, given))
        room._work(PoolOfNothing())  # noqa: SLF001 -- `run` starts processes
        reply: Reply = ours.recv()
        return reply

    return ask


def own_fault(problem: dict[str, Any]) -> str:
    """Return the type of a fault of the program."""
    said, _, code = problem["message"].partition(": code ")
    assert said == "the program failed because of its own error"
    return str(code.rpartition("-")[2])


def test_a_fault_of_the_program_is_shown_by_its_code(
    asked: Callable[..., Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The live room goes on, so the browser is not told again and again that it has ended."""

    def fail(*_: object) -> None:
        raise KeyError("SECRET")

    monkeypatch.setattr(live_room, "validate_handout", fail)
    (part,) = asked("watch", handout="tiny", run="", after=0).result["parts"]
    assert [own_fault(problem) for problem in part["problems"]] == ["KeyError"]
    assert [own_fault(problem.as_json()) for problem in asked("picture", page=1).problems] == [
        "TypeError"
    ]


def test_a_fault_in_what_a_worker_made_is_shown_with_its_reader(
    asked: Callable[..., Reply],
) -> None:
    """The other readers' pages are still made."""
    for _ in range(2):
        changes = asked("watch", handout="tiny", run="", after=0).result
    parts = {(part["part"], part["reader"]): part for part in changes["parts"]}
    (problem,) = parts["notes", "general"]["handout_problems"]
    assert own_fault(problem) == "TypeError"


def test_a_handout_that_was_forgotten_is_told_from_the_start(
    asked: Callable[..., Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that knows changes of the time before does not take the new ones for those."""
    known = asked("watch", handout="tiny", run="", after=0).result
    again = {"handout": "tiny", "run": known["run"], "after": 1000}
    monkeypatch.setattr(live_room, "HEARTBEAT", 0.0)
    assert asked("watch", **again).result["parts"] == []
    monkeypatch.setattr(live_room, "FORGOTTEN", -1.0)
    asked("watch", **again)
    assert asked("watch", **again).result["parts"]


class StandInLink:
    """A live room with prepared answers."""

    def __init__(self, *answers: Any) -> None:  # noqa: ANN401 -- plain data, or exceptions
        """Keep the answers in order."""
        self.answers = deque(answers)
        self.asked: list[dict[str, Any]] = []

    async def ask(self, _: str, **given: Any) -> Any:  # noqa: ANN401 -- plain data
        """Return the next answer, or raise it."""
        self.asked.append(given)
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Do nothing."""


def streamed(
    monkeypatch: pytest.MonkeyPatch, link: StandInLink, editor: str
) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a session that ends when the live room has no more to say."""
    clinic = Workspace(builtin_root(), builtin_root())
    nothing_to_start: Any = None
    desk = LiveDesk(nothing_to_start, clinic, resolve({}, clinic), editor)
    monkeypatch.setattr(desk, "_link", link)
    monkeypatch.setattr("teachback.serving.live_desk._PAUSE", 0.0)

    async def events() -> str:
        return "".join([one async for one in desk.events("tiny", lambda: bool(link.answers))])

    blocks = [block for block in asyncio.run(events()).split("\n\n") if block.startswith("event")]
    found = [block.removeprefix("event: ").split("\ndata: ") for block in blocks]
    return [(name, json.loads(data)) for name, data in found]


def changes(after: int, **part: Any) -> dict[str, Any]:  # noqa: ANN401 -- plain data
    """Return an answer of the live room with one part."""
    return {"run": "1", "after": after, "parts": [part]}


def test_a_stream_goes_on_after_the_live_room_ended_and_stops_with_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It asks for what is new since the last answer; at its end the page is told that it is locked."""
    ended = PressRoomEndedError(Problem("the disk is full"))
    files = {"x.yaml": {"lines": ["id: x"], "path": "/a b/x.yaml"}}
    link = StandInLink(changes(3, part="notes"), ended, changes(1, part="file", files=files))
    events = streamed(monkeypatch, link, "vscode")
    assert [name for name, _ in events] == ["part", "again", "part", "locked"]
    assert [problem["message"] for problem in events[1][1]["problems"]] == ["the disk is full"]
    assert [one["after"] for one in link.asked] == [0, 3, 3]
    edit = "vscode://file/a%20b/x.yaml:LINE:COLUMN"
    assert events[2][1]["files"] == {"x.yaml": {"lines": ["id: x"], "edit": edit}}


def test_no_path_of_the_server_is_told_to_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an editor on this machine, a part has no path and no address for one."""
    files = {"x.yaml": {"lines": [], "path": "/secret/x.yaml"}}
    link = StandInLink(changes(1, part="file", files=files, broken=files))
    ((_, part), _) = streamed(monkeypatch, link, "none")
    assert part["files"] == part["broken"] == {"x.yaml": {"lines": [], "edit": ""}}


def test_a_refused_handout_is_told_as_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser cannot read the body of a refused stream, so its problems are events."""
    reply = Reply(1, None, (Problem("there is no handout", "Known: tiny."),), (), 404)
    ((name, data),) = streamed(monkeypatch, StandInLink(RefusedReplyError(reply)), "none")
    assert (name, data["problems"][0]["hint"]) == ("refused", "Known: tiny.")


def _in_parts(_: object, subject: str) -> str:
    send_part(subject * 2)
    return subject * 3


def _without_end(_: object, subject: str) -> str:
    send_part(subject)
    while True:
        pass


def test_a_worker_sends_a_part_ahead_and_is_ended_when_nobody_wants_the_rest() -> None:
    """The part comes first; a task that is given up has no outcome, and others go on."""
    waiting = deque([Task(_without_end, "b", "", "")])
    quiet, _other = Pipe()
    with Pool(None, 1) as pool:
        outcomes = (one for one in pool.keep_working(waiting, quiet, lambda: 10.0) if one)
        part = next(outcomes)
        assert (part.result, part.partial) == ("b", True)
        waiting.append(Task(_in_parts, "a", "", ""))
        pool.give_up(lambda task: task.subject == "b")
        assert [(one.result, one.partial) for one in (next(outcomes), next(outcomes))] == [
            ("aa", True),
            ("aaa", False),
        ]
