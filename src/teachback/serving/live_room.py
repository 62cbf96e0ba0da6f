"""Show authors the pages of a handout as they write it, as a process of its own.

It is apart from the press room, so that an author who saves delays no desk. It is single-threaded,
has a lower priority than the desks, and runs only while somebody looks. The files are polled: a
network drive does not report what other machines write there.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.checking.all_rules import load_all_rules
from teachback.content.loader import LoadedHandouts, validate_handout
from teachback.content.workspace_content import load_shared
from teachback.errors import COMPARE_LENGTH, Problem, TeachbackError, fault_problem, in_file_order
from teachback.files.workspace import handout_named, read_bytes, shown, source_files, stem_of
from teachback.printing.job_composer import check_apart, open_pool, print_context
from teachback.printing.process_limits import give_way
from teachback.printing.process_pool import Task, scale_of
from teachback.serving.desk_shelf import clinic_date, file_mark, workspace_marks
from teachback.serving.live_pages import (
    CheckedReader,
    DrawOrder,
    LiveContext,
    LiveOrder,
    PaperLayout,
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

# In s: how often a handout's file is polled, and all other files; after how long a browser that
# watches gets an answer without a change; and when a handout that nobody watches is forgotten.
POLL: Final = 0.1
POLL_SHARED: Final = 1.0
HEARTBEAT: Final = 10.0
FORGOTTEN: Final = 30.0
# The first page is drawn early, without the sections that began behind so many pages.
_EARLY_PAGES: Final = 2
# In bytes: the pictures of pages that are cached.
MOST_PICTURES: Final = 64 * 1024 * 1024

Part = dict[str, Any]


class WatchRequest(NamedTuple):
    """A request that waits for a change: the last change that it knows, and since when it waits."""

    number: int
    known: int
    since: float


@dataclass
class WatchedHandout:
    """A handout that somebody looks at, and what is known of its newest version.

    `mark` and `contents` are those of its files. `parts` is what the browsers get, each part with
    the number of its change in this `run`. `cut_at` is the first section behind the early pages of
    the first reader, and `pages` is the number of that reader's pages. `faulty` is the mark of a
    file that was found faulty once. `unfinished` counts the tasks for which an author waits, and
    `later_tasks` are done after them.
    """

    stem: str
    path: Path
    mark: tuple[FileMark, ...] | None = None
    contents: tuple[bytes, ...] = ()
    faulty: tuple[FileMark, ...] | None = None
    version: int = 0
    parts: dict[tuple[str, str], tuple[int, Part]] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)
    cut_at: str = ""
    pages: int = 0
    texts: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    waiting: list[WatchRequest] = field(default_factory=list)
    unfinished: int = 0
    later_tasks: list[Task] = field(default_factory=list)
    last_change: int = 0
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    last_watched: float = 0.0

    def part(self, kind: str, reader: str = "") -> Part:
        """Return what is known of a kind of part, for a reader."""
        return self.parts.get((kind, reader), (0, {}))[1]

    def set_part(self, kind: str, reader: str = "", **known: Any) -> None:  # noqa: ANN401 -- plain data
        """Set what is known of a part. A part that stays the same is not sent again."""
        before = self.part(kind, reader)
        after = {**before, **known, "part": kind, "reader": reader}
        if after != before:
            self.last_change += 1
            self.parts[kind, reader] = (self.last_change, after)

    def start_pages(self, kind: str, reader: str, number: int) -> None:
        """Set the number of pages of this version. Pictures that are drawn already stay."""
        before = self.part(f"{kind} pages", reader)
        drawn = before["pages"] if before.get("version") == self.version else []
        pages = [*drawn, *[None] * number][:number]
        self.set_part(f"{kind} pages", reader, version=self.version, pages=pages)


class LiveRoom:
    """The handouts that authors look at."""

    def __init__(
        self, workspace: Workspace, settings: Settings, _: object, pipe: Connection
    ) -> None:
        self._workspace = workspace
        self._settings = settings
        self._pipe = pipe
        self._context: LiveContext | None = None
        self._broken: tuple[Problem, ...] = ()
        self._shared_marks: tuple[tuple[str, FileMark], ...] = ()
        self._last_poll = 0.0
        self._watched: dict[str, WatchedHandout] = {}
        self._tasks: deque[Task] = deque()
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    def run(self) -> None:
        """Answer requests. Raises EOFError when the server is gone."""
        # The workers inherit the priority: at the desks somebody types.
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
                self._report_broken(watched, self._broken)
            while not self._has_changed():
                if self._pipe.poll(POLL):
                    self._receive()
                self._answer_waiting()

    def _read_shared(self) -> None:
        """Read what all pages are made from. Then every handout is read and printed again."""
        self._shared_marks = workspace_marks(self._workspace).shared
        self._context, self._broken = None, ()
        try:
            reading = LoadedHandouts(load_shared(self._workspace), {}, {}, {})
            context = print_context(self._workspace, reading, self._settings)
            rules = load_all_rules(self._workspace)
            self._context = LiveContext(**vars(context), rules=rules)
        except TeachbackError as error:
            self._broken = error.problems
        except Exception as error:  # noqa: BLE001 -- the page shows it, and works after a correction
            self._broken = (fault_problem(error),)
        self._tasks.clear()
        for watched in self._watched.values():
            watched.mark, watched.contents = None, ()

    def _has_changed(self) -> bool:
        """Return whether a file that all pages are made from has changed."""
        if time.monotonic() - self._last_poll < POLL_SHARED:
            return False
        self._last_poll = time.monotonic()
        return workspace_marks(self._workspace).shared != self._shared_marks

    def _work(self, pool: Pool) -> None:
        """Answer requests until a file has changed that all pages are made from."""
        for outcome in pool.keep_working(self._tasks, self._pipe, lambda: POLL):
            if outcome is not None:
                self._handle_outcome(outcome, pool)
            elif self._pipe.poll():
                self._receive()
            for watched in self._watched.values():
                self._poll_handout(watched, pool)
            self._answer_waiting()
            if self._has_changed():
                return

    def _poll_handout(self, watched: WatchedHandout, pool: Pool) -> None:
        """Order a handout's pages if its file has changed."""
        files = source_files(watched.path, self._workspace)
        mark = tuple(map(file_mark, files))
        if mark == watched.mark:
            return
        try:
            contents = tuple(map(read_bytes, files))
            if contents == watched.contents:
                watched.mark = mark
                watched.set_part("file", problems=[], broken=None)
                return
            assert self._context is not None  # noqa: S101 -- else nothing works
            shared = self._context.reading.shared
            authored = validate_handout(contents[0], watched.path, self._workspace, shared)
            self._order_pages(watched, authored, pool)
        except TeachbackError as error:
            problems = error.problems
        except Exception as error:  # noqa: BLE001 -- the page shows it, and works again after a save
            problems = (fault_problem(error),)
        else:
            watched.mark, watched.contents = mark, contents
            return
        # Some editors write a file in two steps: only a file that stays faulty is reported.
        if watched.faulty != mark:
            watched.faulty = mark
            return
        watched.mark = mark
        self._report_broken(watched, problems)

    def _report_broken(self, watched: WatchedHandout, problems: tuple[Problem, ...]) -> None:
        """Show why the file cannot be printed; the pages of the last good version stay."""
        files = _file_lines(source_files(watched.path, self._workspace))
        listed = _problems_json(in_file_order(problems))
        watched.set_part("file", problems=listed, broken=files, name=shown(watched.path))

    def _order_pages(self, watched: WatchedHandout, authored: LoadedHandout, pool: Pool) -> None:
        """Order all that is printed of a version. Unfinished work for the last one is dropped."""
        assert self._context is not None  # noqa: S101 -- else nothing works
        self._cancel(watched, pool)
        watched.version += 1
        audiences = self._context.reading.shared.audiences.root
        names = authored.handout.audiences
        files = _file_lines(source_files(watched.path, self._workspace))
        watched.set_part(
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
        first = LiveOrder(watched.stem, watched.version, authored, sources, clinic_date())
        orders = [
            replace(first, audience=name, styles=watched.styles.get(name, "")) for name in names
        ]
        orders[0] = replace(orders[0], first=True, cut_at=watched.cut_at, pages=watched.pages)
        cards = [replace(order, kind="card") for order in orders if authored.handout.card]
        watched.later_tasks = _tasks(check_live, [first], "checking the handout")
        watched.later_tasks += _tasks(prove_live, [*orders, *cards], "proving the page")
        self._tasks.extend(_tasks(lay_out_live, orders, "laying the page out"))
        watched.unfinished = len(orders)
        for name in names:
            unproved = dict.fromkeys(("done", "proved", "card_done", "card_proved"), False)
            watched.set_part("notes", name, **unproved)
            if not authored.handout.card:
                for kind in ("card", "card pages"):
                    watched.parts.pop((kind, name), None)

    def _cancel(self, watched: WatchedHandout, pool: Pool) -> None:
        """End all tasks of a handout."""
        others = [task for task in self._tasks if task.subject.stem != watched.stem]
        # The pool reads this very queue.
        self._tasks.clear()
        self._tasks.extend(others)
        pool.give_up(lambda task: bool(task.subject.stem == watched.stem))

    def _handle_outcome(self, outcome: Outcome, pool: Pool) -> None:
        """Take the outcome of a task, unless it is of an older version."""
        order: LiveOrder | DrawOrder = outcome.task.subject
        watched = self._watched.get(order.stem)
        if watched is None or watched.version != order.version:
            return
        try:
            if isinstance(order, LiveOrder):
                self._handle_result(watched, order, outcome, pool)
            elif outcome.partial:
                self._set_picture(watched, order.kind, order.audience, *outcome.result)
        except Exception as error:  # noqa: BLE001 -- the page shows it
            self._report_faults(watched, order, (fault_problem(error),))
        watched.unfinished -= not outcome.partial
        if watched.unfinished <= 0:
            self._tasks.extend(watched.later_tasks)
            watched.later_tasks = []

    def _handle_result(
        self, watched: WatchedHandout, order: LiveOrder, outcome: Outcome, pool: Pool
    ) -> None:
        reader, result = order.audience, outcome.result
        if outcome.problems:
            self._report_faults(watched, order, outcome.problems)
            if outcome.task.work is prove_live:
                self._report_proof(watched, order, proved=False)
        elif outcome.partial and isinstance(result, bytes):
            if watched.part(f"{order.kind} pages", reader).get("version") != order.version:
                watched.start_pages(order.kind, reader, order.pages)
            self._set_picture(watched, order.kind, reader, 1, result)
        elif outcome.partial:
            self._set_lines(watched, order, result)
        elif isinstance(result, ProvedPaper):
            problems = tuple(map(pool.settle, result.problems))
            self._report_faults(watched, order, problems)
            if result.layout is not None:
                self._set_lines(watched, order, result.layout)
                self._order_pictures(watched, order, result.layout.pages, result.data)
            self._report_proof(watched, order, proved=result.styles is not None)
            if result.styles is not None and order.kind == "handout":
                watched.styles[reader] = result.styles
        elif isinstance(result, bytes):
            pages = watched.part(f"{order.kind} pages", reader)["pages"]
            self._order_pictures(watched, order, len(pages), result)
        else:
            self._report_checks(watched, *result)

    def _set_lines(self, watched: WatchedHandout, order: LiveOrder, layout: PaperLayout) -> None:
        """Set the lines of a reader's pages, and what has changed since the last version."""
        reader, kind = order.audience, order.kind
        words = [text.words for text in layout.texts]
        before = watched.texts.get((kind, reader))
        news: Part = {}
        if watched.part(kind, reader).get("version") != order.version:
            changed, gone = differences(before, words) if before is not None else ((), ())
            news = {"changed": list(changed), "gone": [list(text) for text in gone]}
            watched.texts[kind, reader] = words
        watched.set_part(
            kind,
            reader,
            version=order.version,
            width=layout.box.width,
            height=layout.box.height,
            texts=[list(text) for text in layout.texts],
            lines=[_rounded(line) for line in layout.lines],
            **news,
        )
        if (kind, reader) == ("handout", watched.part("file")["readers"][0]["id"]):
            watched.cut_at, watched.pages = _section_behind_early_pages(layout), layout.pages
        watched.start_pages(kind, reader, layout.pages)

    def _order_pictures(
        self, watched: WatchedHandout, order: LiveOrder, pages: int, data: bytes
    ) -> None:
        """Order the pictures of all pages. They come after the layouts that still wait."""
        numbers = range(1, pages + 1)
        # After the last reader there is nothing else to do, so two workers draw those pages.
        last = order.audience == watched.part("file")["readers"][-1]["id"]
        shares = (numbers[::2], numbers[1::2]) if last and pages > 1 else (numbers,)
        subject = (order.stem, order.version, order.audience, order.kind)
        draw_orders = [DrawOrder(*subject, share, data) for share in shares]
        layouts = [task for task in self._tasks if task.work is lay_out_live]
        others = [task for task in self._tasks if task.work is not lay_out_live]
        self._tasks.clear()
        self._tasks.extend(
            (*layouts, *_tasks(draw_live, draw_orders, "drawing the pages"), *others)
        )
        watched.unfinished += len(draw_orders)

    def _set_picture(
        self, watched: WatchedHandout, kind: str, reader: str, page: int, picture: bytes
    ) -> None:
        digest = hashlib.sha256(picture).hexdigest()
        self._pictures[digest] = picture
        self._pictures.move_to_end(digest)
        cached_bytes = sum(map(len, self._pictures.values()))
        while cached_bytes > MOST_PICTURES:
            cached_bytes -= len(self._pictures.popitem(last=False)[1])
        pages = list(watched.part(f"{kind} pages", reader)["pages"])
        if page <= len(pages):
            pages[page - 1] = digest
            watched.set_part(f"{kind} pages", reader, pages=pages)

    def _report_faults(
        self,
        watched: WatchedHandout,
        order: LiveOrder | DrawOrder,
        problems: tuple[Problem, ...],
    ) -> None:
        if not order.audience:
            watched.set_part("file", findings=_problems_json(problems))
            return
        key = f"{order.kind}_problems"
        watched.set_part("notes", order.audience, **{key: _problems_json(problems)})

    def _report_proof(self, watched: WatchedHandout, order: LiveOrder, *, proved: bool) -> None:
        prefix = "" if order.kind == "handout" else "card_"
        states = {f"{prefix}done": True, f"{prefix}proved": proved}
        watched.set_part("notes", order.audience, **states)

    def _report_checks(
        self,
        watched: WatchedHandout,
        readers: dict[str, CheckedReader],
        rest: tuple[Problem, ...],
    ) -> None:
        watched.set_part("file", findings=_problems_json(rest))
        for name, checked in readers.items():
            watched.set_part(
                "notes",
                name,
                findings=_problems_json(checked.problems),
                target=checked.target,
                grade=checked.grade,
                sections=dict(checked.sections),
            )

    def _receive(self) -> None:
        request: Request = self._pipe.recv()
        try:
            if request.action == "watch":
                self._watch(request.number, **request.arguments)
                return
            reply = Reply(request.number, self._picture(**request.arguments))
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
        # The first version is numbered by the time, so that no earlier process has used its number.
        new = WatchedHandout(stem_of(path), path, version=int(time.time()))
        watched = self._watched.setdefault(new.stem, new)
        watched.path = path
        # Each run counts its changes from the start.
        known = after if run == watched.run else 0
        watched.waiting.append(WatchRequest(number, known, time.monotonic()))
        if self._broken:
            self._report_broken(watched, self._broken)

    def _answer_waiting(self) -> None:
        """Answer requests for which there is a change, and all others after HEARTBEAT seconds."""
        now = time.monotonic()
        for watched in list(self._watched.values()):
            waiting, watched.waiting = watched.waiting, []
            if waiting or not watched.last_watched:
                watched.last_watched = now
            for request in waiting:
                changed = sorted(
                    (change, key)
                    for key, (change, _) in watched.parts.items()
                    if change > request.known
                )
                if changed or now - request.since > HEARTBEAT:
                    parts = [watched.part(*key) for _, key in changed]
                    answer = {"run": watched.run, "after": watched.last_change, "parts": parts}
                    self._pipe.send(Reply(request.number, answer))
                else:
                    watched.waiting.append(request)
            if not watched.waiting and now - watched.last_watched > FORGOTTEN:
                del self._watched[watched.stem]


def _tasks(
    work: Callable[[Any, Any], Any], orders: Sequence[LiveOrder | DrawOrder], doing: str
) -> list[Task]:
    return [
        Task(
            work,
            order,
            doing,
            COMPARE_LENGTH,
            scale=scale_of(order.authored.file.size if isinstance(order, LiveOrder) else 0),
        )
        for order in orders
    ]


def _file_lines(paths: Sequence[Path]) -> dict[str, Part]:
    """Return the lines and the path of files, by their names in messages."""
    files: dict[str, Part] = {}
    for path in paths:
        try:
            lines = read_bytes(path).decode("utf-8-sig", errors="replace").splitlines()
        except TeachbackError:
            lines = []
        files[shown(path)] = {"lines": lines, "path": str(path.absolute())}
    return files


def _problems_json(problems: Sequence[Problem]) -> list[Part]:
    return [problem.as_json() for problem in problems]


def _section_behind_early_pages(layout: PaperLayout) -> str:
    """Return the first section that begins behind the early pages, or ""."""
    first_pages: dict[str, int] = {}
    for line in layout.lines:
        first_pages.setdefault(layout.texts[line.text].section, line.page)
    return next((name for name, page in first_pages.items() if name and page > _EARLY_PAGES), "")


def _rounded(line: PaperLine) -> list[Any]:
    return [round(value, 2) if isinstance(value, float) else value for value in line]
