"""Show authors the pages of a handout as they write it, as a process of its own.

It is a press room of its own, so that a save of an author holds up no desk. It is single-threaded,
gives way to the desks, and runs only while somebody looks. The files are polled: a network drive
does not tell what other machines write there.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from teachback.checking.all_rules import load_all_rules
from teachback.content.loader import LoadedHandouts, validate_handout
from teachback.content.workspace_content import load_shared
from teachback.errors import COMPARE_LENGTH, Problem, TeachbackError, fault_problem, in_file_order
from teachback.files.workspace import handout_named, read_bytes, shown, source_files, stem_of
from teachback.printing.job_composer import check_apart, open_pool, print_context
from teachback.printing.process_limits import give_way
from teachback.printing.process_pool import Task, scale_of
from teachback.serving.desk_shelf import file_mark, today, workspace_marks
from teachback.serving.live_pages import (
    CheckedReader,
    DrawOrder,
    LaidPaper,
    LiveContext,
    LiveOrder,
    ProvedPaper,
    check_live,
    draw_live,
    lay_out_live,
    prove_live,
)
from teachback.serving.paper_lines import differences
from teachback.serving.press_messages import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from teachback.content.handout_loader import LoadedHandout
    from teachback.files.workspace import Workspace
    from teachback.printing.process_pool import Outcome, Pool
    from teachback.printing.settings import Settings
    from teachback.serving.desk_shelf import FileMark
    from teachback.serving.paper_lines import PaperLine
    from teachback.serving.press_messages import Request

# In s: how often a handout's file is looked at, and all other files; how long nothing is said to
# those who watch; and when a handout is forgotten that nobody has watched.
POLL: Final = 0.1
POLL_SHARED: Final = 1.0
HEARTBEAT: Final = 10.0
FORGOTTEN: Final = 30.0
SECOND: Final = 2
# In bytes: the pictures of pages that are held.
MOST_PICTURES: Final = 64 * 1024 * 1024

Part = dict[str, Any]


@dataclass
class WatchedHandout:
    """A handout that somebody looks at, and what is known of its newest version.

    `parts` are what those who watch are told, each with the number of its change in this `run`.
    `waiting` are requests that wait for a change: the last one that they know, and since when they
    wait.
    `first` is a section behind page 2 of the first reader, and the number of that reader's pages.
    `faulty` is the mark of a file that was found faulty once. `under_way` counts the tasks for
    which an author waits, and `later` are those that come when they are done.
    """

    stem: str
    path: Path
    mark: tuple[FileMark, ...] | None = None
    raw: tuple[bytes, ...] = ()
    faulty: tuple[FileMark, ...] | None = None
    version: int = 0
    parts: dict[tuple[str, str], tuple[int, Part]] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)
    first: tuple[str, int] = ("", 0)
    texts: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    waiting: list[tuple[int, int, float]] = field(default_factory=list)
    under_way: int = 0
    later: list[Task] = field(default_factory=list)
    changes: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    seen: float = 0.0

    def part(self, kind: str, reader: str = "") -> Part:
        """Return what is known of a kind of part, for a reader."""
        return self.parts.get((kind, reader), (0, {}))[1]

    def put(self, kind: str, reader: str = "", **known: Any) -> None:  # noqa: ANN401 -- plain data
        """Set what is known of a part; what stays the same is not told again."""
        before = self.part(kind, reader)
        after = {**before, **known, "part": kind, "reader": reader}
        if after != before:
            self.changes += 1
            self.parts[kind, reader] = (self.changes, after)

    def show_pages(self, kind: str, reader: str, number: int) -> None:
        """Begin the pages of this version; of those that are drawn already, the pictures stay."""
        before = self.part(f"{kind} pages", reader)
        drawn = before["pages"] if before.get("version") == self.version else []
        pages = [*drawn, *[None] * number][:number]
        self.put(f"{kind} pages", reader, version=self.version, pages=pages)


class LiveRoom:
    """The handouts that authors look at."""

    def __init__(
        self, workspace: Workspace, settings: Settings, _: object, pipe: Connection
    ) -> None:
        """Keep what is served; nothing is read yet."""
        self._workspace = workspace
        self._settings = settings
        self._pipe = pipe
        self._context: LiveContext | None = None
        self._broken: tuple[Problem, ...] = ()
        self._shared_marks: tuple[tuple[str, FileMark], ...] = ()
        self._looked = 0.0
        self._watched: dict[str, WatchedHandout] = {}
        self._tasks: deque[Task] = deque()
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    def run(self) -> None:
        """Answer requests. Raises EOFError when the server is gone."""
        # The workers inherit it: at the desks somebody types.
        give_way()
        while True:
            self._read_shared()
            if self._context is not None:
                processes = max(2, self._settings.jobs)
                with open_pool(self._context, processes) as pool:
                    try:
                        check_apart(pool)
                    except TeachbackError as error:
                        self._broken = error.problems
                    else:
                        self._work(pool)
                        continue
            for watched in self._watched.values():
                self._tell_broken(watched, self._broken)
            while not self._has_changed():
                if self._pipe.poll(POLL):
                    self._receive()
                self._answer_waiting()

    def _read_shared(self) -> None:
        """Read what all pages are made from; every handout is then made anew."""
        self._shared_marks = workspace_marks(self._workspace).shared
        self._context, self._broken = None, ()
        try:
            reading = LoadedHandouts(load_shared(self._workspace), {}, {}, {})
            given = print_context(self._workspace, reading, self._settings)
            rules = load_all_rules(self._workspace)
            self._context = LiveContext(**vars(given), rules=rules)
        except TeachbackError as error:
            self._broken = error.problems
        except Exception as error:  # noqa: BLE001 -- the page shows it, and works again once it is mended
            self._broken = (fault_problem(error),)
        self._tasks.clear()
        for watched in self._watched.values():
            watched.mark, watched.raw = None, ()

    def _has_changed(self) -> bool:
        """Return whether a file that all pages are made from is another one now."""
        if time.monotonic() - self._looked < POLL_SHARED:
            return False
        self._looked = time.monotonic()
        return workspace_marks(self._workspace).shared != self._shared_marks

    def _work(self, pool: Pool) -> None:
        """Answer requests until a file has changed that all pages are made from."""
        for outcome in pool.keep_working(self._tasks, self._pipe, lambda: POLL):
            if outcome is not None:
                self._take(outcome, pool)
            elif self._pipe.poll():
                self._receive()
            for watched in self._watched.values():
                self._look_at(watched, pool)
            self._answer_waiting()
            if self._has_changed():
                return

    def _look_at(self, watched: WatchedHandout, pool: Pool) -> None:
        """Make a handout's pages anew when its file is another one."""
        files = source_files(watched.path, self._workspace)
        mark = tuple(map(file_mark, files))
        if mark == watched.mark:
            return
        try:
            raw = tuple(map(read_bytes, files))
            if raw == watched.raw:
                watched.mark = mark
                watched.put("file", problems=[], broken=None)
                return
            assert self._context is not None  # noqa: S101 -- else nothing works
            shared = self._context.reading.shared
            authored = validate_handout(raw[0], watched.path, self._workspace, shared)
            self._make(watched, authored, pool)
        except TeachbackError as error:
            problems = error.problems
        except Exception as error:  # noqa: BLE001 -- the page shows it, and works again after a save
            problems = (fault_problem(error),)
        else:
            watched.mark, watched.raw = mark, raw
            return
        # Some editors write a file in two steps: only what stays faulty is told.
        if watched.faulty != mark:
            watched.faulty = mark
            return
        watched.mark = mark
        self._tell_broken(watched, problems)

    def _tell_broken(self, watched: WatchedHandout, problems: tuple[Problem, ...]) -> None:
        """Show why the file cannot be printed; the pages of the last good version stay."""
        told = [problem.as_json() for problem in in_file_order(problems)]
        files = _files(source_files(watched.path, self._workspace))
        watched.put("file", problems=told, broken=files, name=shown(watched.path))

    def _make(self, watched: WatchedHandout, authored: LoadedHandout, pool: Pool) -> None:
        """Order all that is made of a version. What is still made of the last one is given up."""
        assert self._context is not None  # noqa: S101 -- else nothing works
        self._forget(watched, pool)
        watched.version += 1
        audiences = self._context.reading.shared.audiences.root
        names = authored.handout.audiences

        files = _files(source_files(watched.path, self._workspace))
        watched.put(
            "file",
            problems=[],
            broken=None,
            version=watched.version,
            readers=[{"id": name, "name": audiences[name].name} for name in names],
            promised=authored.handout.pages,
            card=authored.handout.card is not None,
            files=files,
            name=shown(watched.path),
        )
        for kind, name in [key for key in watched.parts if key[1] and key[1] not in names]:
            del watched.parts[kind, name]
        sources = {name: file["lines"] for name, file in files.items()}
        first = LiveOrder(watched.stem, watched.version, authored, sources, today())
        orders = [
            replace(first, audience=name, styles=watched.styles.get(name, "")) for name in names
        ]
        after, pages = watched.first
        orders[0] = replace(orders[0], first=True, after=after, pages=pages)
        cards = [replace(order, kind="card") for order in orders if authored.handout.card]
        watched.later = _tasks(check_live, [first], "checking the handout")
        watched.later += _tasks(prove_live, [*orders, *cards], "proving the page")
        self._tasks.extend(_tasks(lay_out_live, orders, "laying the page out"))
        watched.under_way = len(orders)
        for name in names:
            undone = dict.fromkeys(("done", "proved", "card_done", "card_proved"), False)
            watched.put("notes", name, **undone)
            if not authored.handout.card:
                for kind in ("card", "card pages"):
                    watched.parts.pop((kind, name), None)

    def _forget(self, watched: WatchedHandout, pool: Pool) -> None:
        """End what is made of a handout."""
        kept = [task for task in self._tasks if task.subject.stem != watched.stem]
        self._tasks.clear()
        self._tasks.extend(kept)
        pool.give_up(lambda task: bool(task.subject.stem == watched.stem))

    def _take(self, outcome: Outcome, pool: Pool) -> None:
        """Take in what a worker has made, unless a newer version is there."""
        order: LiveOrder | DrawOrder = outcome.task.subject
        watched = self._watched.get(order.stem)
        if watched is None or watched.version != order.version:
            return
        try:
            if isinstance(order, LiveOrder):
                self._take_made(watched, order, outcome, pool)
            elif outcome.partial:
                self._show(watched, order.kind, order.audience, *outcome.result)
        except Exception as error:  # noqa: BLE001 -- the page shows it
            self._tell_faults(watched, order, (fault_problem(error),))
        watched.under_way -= not outcome.partial
        if watched.under_way <= 0:
            self._tasks.extend(watched.later)
            watched.later = []

    def _take_made(
        self, watched: WatchedHandout, order: LiveOrder, outcome: Outcome, pool: Pool
    ) -> None:
        reader, result = order.audience, outcome.result
        if outcome.problems:
            self._tell_faults(watched, order, outcome.problems)
            if outcome.task.work is prove_live:
                self._tell_proved(watched, order, proved=False)
        elif outcome.partial and isinstance(result, bytes):
            if watched.part(f"{order.kind} pages", reader).get("version") != order.version:
                watched.show_pages(order.kind, reader, order.pages)
            self._show(watched, order.kind, reader, 1, result)
        elif outcome.partial:
            self._lay(watched, order, result)
        elif isinstance(result, ProvedPaper):
            problems = tuple(map(pool.settle, result.problems))
            self._tell_faults(watched, order, problems)
            if result.paper is not None:
                self._lay(watched, order, result.paper)
                self._draw(watched, order, result.paper.pages, result.data)
            self._tell_proved(watched, order, proved=result.styles is not None)
            if result.styles is not None and order.kind == "handout":
                watched.styles[reader] = result.styles
        elif isinstance(result, bytes):
            pages = watched.part(f"{order.kind} pages", reader)["pages"]
            self._draw(watched, order, len(pages), result)
        else:
            self._tell_checked(watched, *result)

    def _lay(self, watched: WatchedHandout, order: LiveOrder, paper: LaidPaper) -> None:
        """Show the lines of pages."""
        reader, kind = order.audience, order.kind
        words = [text.words for text in paper.texts]
        before = watched.texts.get((kind, reader))
        shown_before = watched.part(kind, reader)
        known: Part = {}
        if shown_before.get("version") != order.version:
            found = differences(before, words) if before is not None else ((), ())
            known = {"changed": list(found[0]), "gone": [list(one) for one in found[1]]}
            watched.texts[kind, reader] = words
        watched.put(
            kind,
            reader,
            version=order.version,
            width=paper.box.width,
            height=paper.box.height,
            texts=[list(text) for text in paper.texts],
            lines=[_rounded(line) for line in paper.lines],
            **known,
        )
        if (kind, reader) == ("handout", watched.part("file")["readers"][0]["id"]):
            watched.first = (_behind_page_2(paper), paper.pages)
        watched.show_pages(kind, reader, paper.pages)

    def _draw(self, watched: WatchedHandout, order: LiveOrder, pages: int, data: bytes) -> None:
        """Order the pictures of all pages, right after what is laid out."""
        every = range(1, pages + 1)
        # Behind the last reader there is nothing else to do: two workers draw those pages.
        last = order.audience == watched.part("file")["readers"][-1]["id"]
        shares = (every[::2], every[1::2]) if last and pages > 1 else (every,)
        about = (order.stem, order.version, order.audience, order.kind)
        drawn = [DrawOrder(*about, share, data) for share in shares]
        layouts = [task for task in self._tasks if task.work is lay_out_live]
        others = [task for task in self._tasks if task.work is not lay_out_live]
        self._tasks.clear()
        self._tasks.extend((*layouts, *_tasks(draw_live, drawn, "drawing the pages"), *others))
        watched.under_way += len(drawn)

    def _show(
        self, watched: WatchedHandout, kind: str, reader: str, page: int, picture: bytes
    ) -> None:
        digest = hashlib.sha256(picture).hexdigest()
        self._pictures[digest] = picture
        self._pictures.move_to_end(digest)
        held = sum(map(len, self._pictures.values()))
        while held > MOST_PICTURES:
            held -= len(self._pictures.popitem(last=False)[1])
        pages = list(watched.part(f"{kind} pages", reader)["pages"])
        if page <= len(pages):
            pages[page - 1] = digest
            watched.put(f"{kind} pages", reader, pages=pages)

    def _tell_faults(
        self,
        watched: WatchedHandout,
        order: LiveOrder | DrawOrder,
        problems: tuple[Problem, ...],
    ) -> None:
        if not order.audience:
            watched.put("file", findings=[problem.as_json() for problem in problems])
            return
        told = [problem.as_json() for problem in problems]
        watched.put("notes", order.audience, **{f"{order.kind}_problems": told})

    def _tell_proved(self, watched: WatchedHandout, order: LiveOrder, *, proved: bool) -> None:
        mark = "" if order.kind == "handout" else "card_"
        watched.put("notes", order.audience, **{f"{mark}done": True, f"{mark}proved": proved})

    def _tell_checked(
        self,
        watched: WatchedHandout,
        readers: dict[str, CheckedReader],
        rest: tuple[Problem, ...],
    ) -> None:
        watched.put("file", findings=[problem.as_json() for problem in rest])
        for name, checked in readers.items():
            watched.put(
                "notes",
                name,
                findings=[problem.as_json() for problem in checked.problems],
                target=checked.target,
                grade=checked.grade,
                sections=dict(checked.sections),
            )

    def _receive(self) -> None:
        request: Request = self._pipe.recv()
        try:
            if request.wanted == "watch":
                self._watch(request.number, **request.given)
                return
            reply = Reply(request.number, self._picture(**request.given))
        except TeachbackError as error:
            reply = Reply(request.number, None, error.problems, (), 404)
        except Exception as error:  # noqa: BLE001 -- the page shows it
            reply = Reply(request.number, None, (fault_problem(error),), (), 500)
        self._pipe.send(reply)

    def _picture(self, digest: str) -> bytes:
        if digest not in self._pictures:
            raise TeachbackError.of("there is no such page", "Load the page again.")
        return self._pictures[digest]

    def _watch(self, number: int, handout: str, run: str, after: int) -> None:
        path = handout_named(self._workspace, handout)
        # The first version has the time as its number: no process before this one has used it.
        new = WatchedHandout(stem_of(path), path, version=int(time.time()))
        watched = self._watched.setdefault(new.stem, new)
        watched.path = path
        # Numbers of another run say nothing.
        known = after if run == watched.run else 0
        watched.waiting.append((number, known, time.monotonic()))
        if self._broken:
            self._tell_broken(watched, self._broken)

    def _answer_waiting(self) -> None:
        """Answer those who do not know the newest change, and everybody after HEARTBEAT seconds."""
        now = time.monotonic()
        for watched in list(self._watched.values()):
            waiting, watched.waiting = watched.waiting, []
            watched.seen = now if waiting or not watched.seen else watched.seen
            for number, known, since in waiting:
                changed = sorted((n, key) for key, (n, _) in watched.parts.items() if n > known)
                if changed or now - since > HEARTBEAT:
                    parts = [watched.part(*key) for _, key in changed]
                    told = {"run": watched.run, "after": watched.changes, "parts": parts}
                    self._pipe.send(Reply(number, told))
                else:
                    watched.waiting.append((number, known, since))
            if not watched.waiting and now - watched.seen > FORGOTTEN:
                del self._watched[watched.stem]


def _tasks(
    work: Callable[[Any, Any], Any], orders: Sequence[LiveOrder | DrawOrder], doing: str
) -> list[Task]:
    sizes = [one.authored.file.size if isinstance(one, LiveOrder) else 0 for one in orders]
    return [
        Task(work, one, doing, COMPARE_LENGTH, scale=scale_of(size))
        for one, size in zip(orders, sizes, strict=True)
    ]


def _files(paths: Sequence[Path]) -> dict[str, Part]:
    """Return the lines of files, and where they are, by their names in messages."""
    found: dict[str, Part] = {}
    for path in paths:
        try:
            lines = read_bytes(path).decode("utf-8-sig", errors="replace").splitlines()
        except TeachbackError:
            lines = []
        found[shown(path)] = {"lines": lines, "path": str(path.absolute())}
    return found


def _behind_page_2(paper: LaidPaper) -> str:
    """Return the first section that begins behind page 2, or ""."""
    sections: dict[str, int] = {}
    for line in paper.lines:
        sections.setdefault(paper.texts[line.text].section, line.page)
    return next((name for name, page in sections.items() if name and page > SECOND), "")


def _rounded(line: PaperLine) -> list[Any]:
    return [round(part, 2) if isinstance(part, float) else part for part in line]
