"""Print for the front desk, as a process of its own.

It is single-threaded, so it can fork the workers that lay pages out. It answers requests over a
socket. Words are stamped and drawn here, which takes milliseconds; what is laid out goes to a
worker. Nothing is written but what the archive keeps, and nothing is said of a patient: a fault is
told by its code.
"""

from __future__ import annotations

import os
import pickle
import time
from collections import OrderedDict, deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import COMPARE_LENGTH, Problem, TeachbackError, fault_problem, nearest
from teachback.printing.job_composer import check_apart, languages_of, open_pool
from teachback.printing.process_pool import Task, scale_of
from teachback.serving.desk_editions import (
    CardsOrder,
    HandoutOrder,
    StocksOrder,
    archive_edition,
    draw_page,
    open_cards,
    open_handout,
    unfit_stocks,
)
from teachback.serving.desk_lists import (
    ListOrder,
    PrintList,
    ReadList,
    check_rows,
    list_columns,
    list_rules,
    print_list,
    read_list,
    refuse_count,
)
from teachback.serving.desk_shelf import DeskShelf, read_shelf, today, workspace_marks
from teachback.serving.desk_values import FaultyValuesError, read_values, stamping_faults
from teachback.serving.edition_finder import find_printed, kept_pdf
from teachback.serving.press_messages import KEPT, Reply, Request, problem_json
from teachback.serving.topic_shelf import (
    field_json,
    notices_json,
    shelf_json,
    unreleased,
)
from teachback.units import split_languages, two_languages

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from teachback.content.record_fields import RecordField
    from teachback.files.workspace import Workspace
    from teachback.merge.record_shapes import MeantCell
    from teachback.printing.process_pool import Outcome, Pool
    from teachback.printing.settings import Settings
    from teachback.serving.desk_editions import OpenEdition
    from teachback.serving.desk_shelf import WorkspaceMarks

    Answer = Callable[[Any], None]

# In s: how often the workspace's files are looked at, how soon the next handout is examined, and
# how long nobody has asked anything when other readers' pages are made ahead.
POLL: Final = 1.0
SOON: Final = 0.05
QUIET: Final = 0.3
# The number of editions that are held ready. One takes about 0.5 MB.
MOST_OPEN: Final = 60
MOST_CARDS: Final = 500
MOST_NOTICES: Final = 5
DPI: Final = (96, 144, 192)
_LIST_HINT: Final = "Save the list again, with fewer rows."
_PHOTO_HINT: Final = "Take another photo, or type the code."
_OPEN_AGAIN: Final = "Look at the page again, then print."


class RefusedError(TeachbackError):
    """A request that is refused with an HTTP status."""

    def __init__(self, status: int, *problems: Problem) -> None:
        """Keep the status and the problems."""
        super().__init__(*problems)
        self.status = status


class PressRoom:
    """The open editions of a workspace, and the requests that wait for a worker."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        meant: tuple[MeantCell, ...],
        pipe: Connection,
    ) -> None:
        """Keep what is served; nothing is read yet."""
        self._meant = meant
        self._workspace = workspace
        self._settings = settings
        self._pipe = pipe
        self._shelf: DeskShelf | None = None
        self._broken: tuple[Problem, ...] = ()
        self._marks: WorkspaceMarks | None = None
        self._looked = 0.0
        self._version = 0
        # What the desk was told of the topics, and of which version, refusals and day.
        self._listed: tuple[tuple[int, int, dt.date], dict[str, Any]] | None = None
        self._born = os.urandom(8).hex()
        self._waiting: deque[Task] = deque()
        # The other readers of the topic that was opened last.
        self._ahead: deque[HandoutOrder] = deque()
        # Who waits for a task, by its work and what it works on.
        self._asking: dict[tuple[Any, Any], list[Callable[[Outcome], None]]] = {}
        # The open editions by key, those that were used last at the end, and keys by order.
        self._open: OrderedDict[str, OpenEdition] = OrderedDict()
        self._keys: dict[Any, str] = {}
        self._made: dict[str, Any] = {}
        # The stocks that a card cannot be printed on, each with the reason.
        self._unfit: dict[StocksOrder, dict[str, str]] = {}
        # What the archive has got of this process, and what the desk is told.
        self._archived: set[str] = set()
        self._notices: list[str] = []

    def run(self) -> None:
        """Answer requests. Raises EOFError when the server is gone."""
        while True:
            self._read_workspace()
            if self._shelf is not None:
                try:
                    # This worker ends at once: a press room that only waits to take the place of
                    # another one has none.
                    with open_pool(self._shelf.context, 1) as pool:
                        check_apart(pool)
                except TeachbackError as error:
                    self._shelf, self._broken = None, error.problems
                else:
                    with open_pool(self._shelf.context, max(2, self._settings.jobs)) as pool:
                        self._work(pool, self._shelf)
                    continue
            # Nothing can be printed until somebody has mended a file.
            while not self._has_changed():
                if self._pipe.poll(POLL):
                    self._receive()

    def _work(self, pool: Pool, shelf: DeskShelf) -> None:
        """Answer requests until a file of the workspace has changed."""
        stale = False
        for outcome in pool.keep_working(self._waiting, self._pipe, self._patience):
            if outcome is not None:
                for deliver in self._asking.pop(_identity(outcome.task), ()):
                    deliver(outcome)
            elif stale:
                # Questions wait until what is under way is done, and all is read again.
                time.sleep(SOON)
            elif self._pipe.poll():
                self._receive()
            elif shelf.unexamined:
                self._version += bool(shelf.examine(shelf.unexamined[0]))
            elif self._ahead and not self._asking:
                self._open_ahead(self._ahead.popleft())
            stale = stale or self._has_changed()
            if stale and not self._asking:
                return

    def _patience(self) -> float:
        if self._shelf and self._shelf.unexamined:
            return SOON
        return QUIET if self._ahead else POLL

    def _has_changed(self) -> bool:
        """Return whether a file of the workspace is another one now. Looks once in POLL seconds."""
        if time.monotonic() - self._looked < POLL:
            return False
        self._looked = time.monotonic()
        return workspace_marks(self._workspace) != self._marks

    def _read_workspace(self) -> None:
        self._marks = workspace_marks(self._workspace)
        self._version += 1
        self._ahead.clear()
        self._unfit.clear()
        before, self._shelf, self._broken = self._shelf, None, ()
        try:
            self._shelf = read_shelf(self._workspace, self._settings, self._marks, before)
        except TeachbackError as error:
            self._broken = error.problems
        except Exception as error:  # noqa: BLE001 -- the desk shows it, and works again once it is mended
            self._broken = (fault_problem(error),)
        # A file that came meanwhile, and goes before the next look, would never be read again.
        if workspace_marks(self._workspace) != self._marks:
            self._marks = None

    def _receive(self) -> None:
        request: Request = self._pipe.recv()

        def reply(result: Any) -> None:  # noqa: ANN401 -- plain data or bytes
            self._pipe.send(Reply(request.number, result))

        self._guarded(request.number, lambda: self._answer(request, reply))

    def _guarded(self, number: int, step: Callable[[], None]) -> None:
        """Do a step of a request. What it raises becomes its reply, without a value in it."""
        try:
            step()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise EOFError from None
        except FaultyValuesError as error:
            fields = tuple(fault.field for fault in error.faults)
            self._pipe.send(Reply(number, None, error.problems, fields, 422))
        except TeachbackError as error:
            status = error.status if isinstance(error, RefusedError) else 422
            self._pipe.send(Reply(number, None, error.problems, (), status))
        except Exception as error:  # noqa: BLE001 -- its message may hold a value
            self._pipe.send(Reply(number, None, (fault_problem(error),), (), 500))

    def _answer(self, request: Request, reply: Answer) -> None:
        steps: dict[str, Callable[..., None]] = {
            "topics": self._topics,
            "edition": self._edition,
            "page": self._page,
            "patch": self._patch,
            "print": self._print,
            "cards": self._cards,
            "stocks": self._stocks,
            "list columns": self._list_columns,
            "read list": self._read_list,
            "check list": self._check_list,
            "print list": self._print_list,
            "find": self._find,
            "archived pdf": self._archived_pdf,
            "keep": self._keep_pages,
            "finish": self._finish,
        }
        steps[request.wanted](reply, request.number, **request.given)

    def _topics(self, reply: Answer, _: int) -> None:
        told: dict[str, Any] = {
            # Another press room counts from the start again.
            "version": f"{self._born} {self._version}",
            "problems": [],
            "topics": [],
            "notices": self._notices,
        }
        shelf = self._shelf
        if shelf is None:
            nothing = dict.fromkeys(
                ("papers", "sizes", "depths", "languages", "stocks", "same_words"), ()
            )
            broken = [problem_json(one) for one in self._broken]
            reply({**told, **nothing, "clinic": "", "problems": broken})
            return
        day = today()
        now = (self._version, len(shelf.refused), day)
        if self._listed is None or self._listed[0] != now:
            listed = shelf_json(shelf.reading, shelf.refused, shelf.stocks, self._settings, day)
            problems = [problem_json(one) for one in shelf.warnings]
            listed |= {"problems": problems, "same_words": shelf.search.groups()}
            self._listed = (now, listed)
        reply({**told, **self._listed[1]})

    def _ready(self) -> DeskShelf:
        if self._shelf is None:
            raise RefusedError(422, *self._broken)
        return self._shelf

    def _stem(self, topic: str, language: str, audience: str) -> str:
        """Return the file of a topic in a language, which must be fit to print for a reader."""
        shelf = self._ready()
        stems = {
            one: stem
            for stem, authored in shelf.reading.authored.items()
            if authored.handout.id == topic
            for one in languages_of(authored)
        }
        broken = [
            stem
            for stem in shelf.reading.problems
            if stem.partition(".")[0] == topic
            and (
                stem not in shelf.reading.translations
                or stem.endswith(f".{split_languages(language)[0]}")
            )
        ]
        if language not in stems:
            if broken:
                raise RefusedError(422, *shelf.reading.problems[broken[0]])
            hint = nearest(topic, {one.handout.id for one in shelf.reading.authored.values()})
            message = f"there is no '{topic}' in the language '{language}'"
            raise RefusedError(404, Problem(message, hint))
        stem = stems[language]
        problems = shelf.examine(stem)
        if problems:
            raise RefusedError(422, *problems)
        authored = shelf.reading.authored[stem]
        if audience not in authored.handout.audiences:
            message = f"'{topic}' has no text for '{audience}'"
            raise RefusedError(404, Problem(message, nearest(audience, authored.handout.audiences)))
        if self._settings.release:
            problems = unreleased(authored, audience, today())
            if problems:
                raise RefusedError(422, *problems)
        return stem

    def _edition(
        self, reply: Answer, number: int, *, topic: str, language: str, **wanted: str
    ) -> None:
        stem = self._stem(topic, language, wanted["audience"])
        audience, paper, size, depth = (
            wanted[key] for key in ("audience", "paper", "size", "depth")
        )
        authored = self._ready().reading.authored[stem]
        # Nothing is typed yet; a choice that may stay empty has its boxes.
        boxes = tuple(one.name for one in authored.handout.fields if _may_have_boxes(one))
        facing = split_languages(language)[1]
        order = HandoutOrder(stem, audience, paper, size, depth, facing, boxes)

        def tell(edition: OpenEdition) -> None:
            reply(
                {
                    **_page_facts(edition),
                    "notices": notices_json(authored, wanted["audience"], today()),
                    "fields": self._asked_fields(edition),
                    "problems": [],
                }
            )

        self._with_edition(number, order, None, tell)
        others = (one for one in authored.handout.audiences if one != order.audience)
        self._ahead = deque(order._replace(audience=one) for one in others)

    def _asked_fields(self, edition: OpenEdition) -> list[dict[str, Any]]:
        """Return the fields of an edition, in the words of the topic's own language."""
        stem, authored = edition.order.stem, self._ready().reading.authored
        main = authored.get(stem.partition(".")[0], authored[stem]).handout
        asked = {one.name: one for one in main.fields}
        return [
            field_json(one, asked.get(one.name))
            for one in authored[stem].handout.fields
            if one.name in edition.fields
        ]

    def _with_edition(
        self,
        number: int,
        order: HandoutOrder | CardsOrder,
        letters: frozenset[str] | None,
        then: Callable[[OpenEdition], None],
    ) -> None:
        """Go on with an open edition, now or when a worker has printed it."""
        shelf = self._ready()
        mark = shelf.marks.of(order.stem)
        found = self._open.get(self._keys.get((order, letters), ""))
        if found is not None and self._made[found.key] == mark:
            self._open.move_to_end(found.key)
            then(found)
            return

        def deliver(outcome: Outcome) -> None:
            def step() -> None:
                if outcome.problems:
                    raise TeachbackError(*outcome.problems)
                self._keep(outcome.result, letters, mark)
                then(outcome.result)

            self._guarded(number, step)

        self._ask(self._opening(order, letters), deliver)

    def _opening(self, order: HandoutOrder | CardsOrder, letters: frozenset[str] | None) -> Task:
        work = open_handout if isinstance(order, HandoutOrder) else open_cards
        scale = scale_of(self._ready().reading.authored[order.stem].file.size)
        return Task(work, (order, letters), "laying the page out", COMPARE_LENGTH, scale=scale)

    def _open_ahead(self, order: HandoutOrder) -> None:
        """Open what a desk may choose next, while nobody waits."""
        mark = self._ready().marks.of(order.stem)
        if self._made.get(self._keys.get((order, None), "")) == mark:
            return

        def deliver(outcome: Outcome) -> None:
            if not outcome.problems:
                self._keep(outcome.result, None, mark)

        self._ask(self._opening(order, None), deliver)

    def _ask(self, task: Task, deliver: Callable[[Outcome], None]) -> None:
        """Have a worker do a task. Who asks for the same one meanwhile gets the same outcome."""
        if _identity(task) not in self._asking:
            self._waiting.append(task)
        self._asking.setdefault(_identity(task), []).append(deliver)

    def _keep(self, edition: OpenEdition, letters: frozenset[str] | None, mark: Any) -> None:  # noqa: ANN401 -- as of WorkspaceMarks
        """Hold a new edition, also for the press room that may take this one's place."""
        self._hold(edition, letters, mark)
        # Pages for the letters of a name say something of a patient.
        if letters is None:
            self._pipe.send(Reply(KEPT, (edition.key, pickle.dumps((edition, mark)))))

    def _hold(self, edition: OpenEdition, letters: frozenset[str] | None, mark: Any) -> None:  # noqa: ANN401 -- as of WorkspaceMarks
        self._open[edition.key] = edition
        self._made[edition.key] = mark
        self._keys[edition.order, letters] = edition.key
        while len(self._open) > MOST_OPEN:
            key, old = self._open.popitem(last=False)
            del self._made[key]
            for asked in [one for one, other in self._keys.items() if other == key]:
                del self._keys[asked]
            del old

    def _keep_pages(self, _: Answer, __: int, *, pages: list[bytes]) -> None:
        """Take the pages that the last press room had laid out. No reply is awaited."""
        for page in pages:
            edition, mark = pickle.loads(page)  # noqa: S301 -- from our own program
            self._hold(edition, None, mark)

    def _opened(self, key: str) -> OpenEdition:
        """Return an open edition. Raises RefusedError when it is unknown, or its text changed."""
        edition = self._open.get(key)
        if edition is None:
            raise RefusedError(404, Problem("this page is no longer open here", _OPEN_AGAIN))
        self._open.move_to_end(key)
        if self._made[key] != self._ready().marks.of(edition.order.stem):
            message = "the text was changed since this page was opened"
            raise RefusedError(409, Problem(message, _OPEN_AGAIN))
        return edition

    def _page(self, reply: Answer, number: int, *, key: str, page: int, dpi: int) -> None:
        edition = self._open.get(key)
        if edition is None or not 1 <= page <= edition.pages or dpi not in DPI:
            raise RefusedError(404, Problem("there is no such page", _OPEN_AGAIN))

        def deliver(outcome: Outcome) -> None:
            self._guarded(number, lambda: reply(_result(outcome)))

        subject = (edition.stamped({}), page - 1, dpi)
        self._ask(Task(draw_page, subject, "drawing the page", COMPARE_LENGTH), deliver)

    def _values(
        self, edition: OpenEdition, values: dict[str, str], *, every: bool
    ) -> tuple[dict[str, str], tuple[Any, ...]]:
        shelf = self._ready()
        authored = shelf.reading.authored[edition.order.stem]
        handout, order = authored.handout, edition.order
        fields = [one for one in handout.fields if one.name in edition.fields]
        facing = order.facing if isinstance(order, HandoutOrder) else ""
        return read_values(
            fields,
            values,
            two_languages(handout.language, facing),
            self._settings.dates,
            shelf.points,
            every=every,
            english=authored.translated.english.handout.fields if authored.translated else (),
        )

    def _with_words(
        self,
        number: int,
        edition: OpenEdition,
        words: dict[str, str],
        then: Callable[[OpenEdition], None],
    ) -> None:
        """Go on with an edition whose fonts have all letters of the words, and its boxes to tick.

        Those are for the choices without a word.
        """
        order = edition.order
        if isinstance(order, HandoutOrder):
            fields = self._ready().reading.authored[order.stem].handout.fields
            optional = {one.name for one in fields if _may_have_boxes(one)}
            boxes = tuple(n for n in edition.choices if n in optional and n not in words)
            if boxes != edition.boxes:
                step = partial(self._with_words, number, words=words, then=then)
                self._with_edition(number, order._replace(boxes=boxes), None, step)
                return
        letters = stamping_faults(edition, words, self._ready().points).letters
        if letters:
            self._with_edition(number, edition.order, letters, then)
        else:
            then(edition)

    def _patch(
        self, reply: Answer, number: int, *, key: str, values: dict[str, str], dpi: int = 96
    ) -> None:
        edition = self._opened(key)
        words, faults = self._values(edition, values, every=False)

        def tell(whole: OpenEdition) -> None:
            unfit = stamping_faults(whole, words, self._ready().points).faults
            wrong = {fault.field for fault in unfit}
            fitting = {name: text for name, text in words.items() if name not in wrong}
            reply(
                {
                    # Other boxes to tick are another page.
                    "page": _page_facts(whole) if whole.boxes != edition.boxes else None,
                    "faults": [fault._asdict() for fault in (*faults, *unfit)],
                    "patches": list(whole.patches(fitting, dpi)),
                }
            )

        self._with_words(number, edition, words, tell)

    def _print(
        self,
        reply: Answer,
        number: int,
        *,
        key: str,
        values: dict[str, str],
        copies: int = 1,
        cards: dict[str, Any] | None = None,
    ) -> None:
        edition = self._opened(key)
        if cards is not None:
            order = self._cards_order(edition.order.stem, edition.order.audience, **cards)
            self._with_edition(
                number, order, None, lambda one: self._stamp(reply, number, one, values, copies)
            )
        else:
            self._stamp(reply, number, edition, values, copies)

    def _stamp(
        self, reply: Answer, number: int, edition: OpenEdition, values: dict[str, str], copies: int
    ) -> None:
        """Reply with the file for a patient. Raises FaultyValuesError for words it cannot hold."""
        words, faults = self._values(edition, values, every=True)
        if faults:
            raise FaultyValuesError(faults)

        def tell(whole: OpenEdition) -> None:
            unfit = stamping_faults(whole, words, self._ready().points).faults
            if unfit:
                raise FaultyValuesError(unfit)
            pdf = whole.finished(words, os.urandom(16), copies)
            kind = "handout" if isinstance(edition.order, HandoutOrder) else "cards"
            reply(
                {
                    "pdf": pdf,
                    "code": " ".join(dict.fromkeys(edition.code.split())),
                    "kind": kind,
                    "box": edition.box,
                    "sides": edition.sides,
                }
            )
            self._archive(edition)

        self._with_words(number, edition, words, tell)

    def _archive(self, edition: OpenEdition) -> None:
        """Keep an edition in the archive, if there is one. The desk is told when that fails."""
        if self._settings.archive is None or edition.key in self._archived:
            return

        def deliver(outcome: Outcome) -> None:
            problems = outcome.problems or outcome.result
            told = [f"{edition.code} {problem.message}. {problem.hint}" for problem in problems]
            self._notices = list(dict.fromkeys((*self._notices, *told)))[-MOST_NOTICES:]
            self._version += bool(problems)
            if not problems:
                self._archived.add(edition.key)

        task = Task(archive_edition, edition.order, "keeping the edition", COMPARE_LENGTH)
        self._ask(task, deliver)

    def _finish(self, reply: Answer, _: int) -> None:
        """Reply once all that was printed is in the archive."""

        def deliver(_: Outcome | None = None) -> None:
            if not self._keeping:
                reply({})

        for task in self._keeping:
            self._asking[task].append(deliver)
        if not self._keeping:
            deliver()

    @property
    def _keeping(self) -> list[tuple[Any, Any]]:
        """The tasks that keep editions in the archive, as in `_asking`."""
        return [task for task in self._asking if task[0] is archive_edition]

    @property
    def _archive_folder(self) -> Path:
        return self._settings.archive or self._settings.output / "archive"

    def _find(
        self, reply: Answer, number: int, *, code: str | None = None, photo: bytes | None = None
    ) -> None:
        self._ready()

        def deliver(outcome: Outcome) -> None:
            self._guarded(number, lambda: reply(_result(outcome)))

        subject = (code, photo, self._archive_folder)
        self._ask(Task(find_printed, subject, "reading the code", _PHOTO_HINT), deliver)

    def _list_order(self, topic: str, paper: str | None, size: str | None) -> ListOrder:
        shelf = self._ready()
        stems = [stem for stem, one in shelf.reading.authored.items() if one.handout.id == topic]
        if not stems:
            message = f"there is no topic '{topic}' that can be printed"
            raise RefusedError(404, Problem(message, "Choose one of the list."))
        wrong = {stem: problems for stem in stems if (problems := shelf.examine(stem))}
        # A translation that cannot be printed does not stop the other languages.
        stopping = [p for stem in wrong.keys() - shelf.reading.translations for p in wrong[stem]]
        if stopping:
            raise RefusedError(422, *stopping)
        chosen = (paper or str(self._settings.paper), size or str(self._settings.size))
        return ListOrder(topic, *chosen, self._meant, shelf.points, today(), frozenset(wrong))

    def _list_columns(self, reply: Answer, _: int, *, topic: str) -> None:
        reply(list_columns(self._ready().context, self._list_order(topic, None, None)))

    def _read_list(
        self,
        reply: Answer,
        number: int,
        *,
        topic: str,
        name: str,
        data: bytes,
        columns: dict[str, str],
    ) -> None:
        # Not in a worker: a workbook is read in a process of its own, which a worker cannot start.
        order = self._list_order(topic, None, None)
        told = read_list(self._ready().context, ReadList(order, name, data, columns))
        fields = {one["key"]: one["field"] for one in told["columns"] if one["field"]}

        def tell(_: object, checked: list[dict[str, Any]], __: object) -> None:
            for row, laid in zip(told["rows"], checked, strict=True):
                # What does not fit its line, of what could be read.
                row["faults"] = row["faults"] or [
                    fault for fault in laid["faults"] if fault["column"] in fields.values()
                ]
            reply(told)

        rows = [
            (row["number"], {fields[key]: value for key, value in row["values"].items()})
            for row in told["rows"]
        ]
        self._with_rows(number, order, rows, tell)

    def _with_rows(
        self,
        number: int,
        order: ListOrder,
        rows: list[tuple[int, dict[str, str]]],
        then: Callable[[tuple[Any, ...], list[dict[str, Any]], dict[Any, OpenEdition]], None],
    ) -> None:
        """Go on with the records of rows, when all their editions are open.

        `then` gets the records, the rows as the page shows them, and the open editions by key.
        """
        refuse_count(rows)
        context = self._ready().context
        rules, engine = list_rules(context, order)
        records, shown = check_rows(rows, rules)
        fit = [record for record, row in zip(records, shown, strict=True) if not row["faults"]]
        keys = list(dict.fromkeys(record.keys[0] for record in fit))
        opened: dict[Any, OpenEdition] = {}

        def go_on(edition: OpenEdition | None, letters: frozenset[str] = frozenset()) -> None:
            """Open the next edition; the last one again where its fonts lack letters."""
            if edition is not None:
                key = keys[len(opened)]
                words = [record.values for record in fit if record.keys[0] == key]
                points = self._ready().points
                found = [stamping_faults(edition, each, points).letters for each in words]
                more = frozenset[str]().union(*found)
                if more - letters:
                    step = partial(go_on, letters=more | letters)
                    self._with_edition(number, edition.order, more | letters, step)
                    return
                opened[key] = edition
            if len(opened) < len(keys):
                key = keys[len(opened)]
                wanted = (key.audience, key.paper, key.size, str(self._settings.depth))
                facing = split_languages(key.language)[1]
                handout = HandoutOrder(engine.stems[key.language], *wanted, facing, key.boxes)
                self._with_edition(number, handout, None, go_on)
                return
            for record, row in zip(records, shown, strict=True):
                if not row["faults"]:
                    points = self._ready().points
                    for fault in stamping_faults(
                        opened[record.keys[0]], record.values, points
                    ).faults:
                        row["faults"].append({"column": fault.field, "message": fault.message})
            then(records, shown, opened)

        go_on(None)

    def _check_list(
        self, reply: Answer, number: int, *, topic: str, rows: list[tuple[int, dict[str, str]]]
    ) -> None:
        order = self._list_order(topic, None, None)
        self._with_rows(number, order, rows, lambda _, shown, __: reply({"rows": shown}))

    def _print_list(
        self,
        reply: Answer,
        number: int,
        *,
        topic: str,
        rows: list[tuple[int, dict[str, str]]],
        paper: str | None = None,
        size: str | None = None,
    ) -> None:
        def deliver(outcome: Outcome) -> None:
            self._guarded(number, lambda: reply(_result(outcome)))

        def go_on(
            records: tuple[Any, ...],
            shown: list[dict[str, Any]],
            opened: dict[Any, OpenEdition],
        ) -> None:
            faulty = [str(row["number"]) for row in shown if row["faults"]]
            if faulty:
                message = f"these rows have faults: {', '.join(faulty)}"
                raise RefusedError(422, Problem(message, "Mend them first."))
            templates = {key: one.template for key, one in opened.items() if one.template}
            languages = [key.language for key in templates]
            language = self._settings.language or languages[0]
            task = PrintList(records, templates, split_languages(language)[0])
            self._ask(
                Task(
                    print_list, task, "printing the list", _LIST_HINT, scale=1 + len(records) / 100
                ),
                deliver,
            )
            for one in opened.values():
                self._archive(one)

        self._with_rows(number, self._list_order(topic, paper, size), rows, go_on)

    def _archived_pdf(self, reply: Answer, _: int, *, digest: str) -> None:
        reply(kept_pdf(self._archive_folder, digest))

    def _cards_order(
        self, stem: str, audience: str, *, stock: str, start_at: int, count: int
    ) -> CardsOrder:
        if self._ready().reading.authored[stem].handout.card is None:
            raise RefusedError(422, Problem("this topic has no card", "Print the handout."))
        if not 1 <= count <= MOST_CARDS:
            message = f"{count} cards cannot be printed at once"
            raise RefusedError(422, Problem(message, f"Print 1 to {MOST_CARDS}."))
        return CardsOrder(stem, audience, stock, start_at, count)

    def _cards(
        self,
        reply: Answer,
        number: int,
        *,
        topic: str,
        language: str,
        audience: str,
        **cards: Any,  # noqa: ANN401 -- the page's own choices
    ) -> None:
        stem = self._stem(topic, language, audience)

        def tell(edition: OpenEdition) -> None:
            fields = self._asked_fields(edition)
            reply({**_page_facts(edition), "fields": fields, "problems": []})

        self._with_edition(number, self._cards_order(stem, audience, **cards), None, tell)

    def _stocks(
        self, reply: Answer, number: int, *, topic: str, language: str, audience: str
    ) -> None:
        order = StocksOrder(self._stem(topic, language, audience), audience)
        if order in self._unfit:
            reply({"unfit": self._unfit[order]})
            return

        def deliver(outcome: Outcome) -> None:
            def step() -> None:
                self._unfit[order] = _result(outcome)
                reply({"unfit": self._unfit[order]})

            self._guarded(number, step)

        self._ask(Task(unfit_stocks, order, "measuring the card", COMPARE_LENGTH), deliver)


def _identity(task: Task) -> tuple[Any, Any]:
    """Return what two tasks share that have the same outcome."""
    return task.work, task.subject


def _may_have_boxes(field: RecordField) -> bool:
    return bool(field.choices) and not field.required


def _page_facts(edition: OpenEdition) -> dict[str, Any]:
    """Return an edition as the page shows it, with the key by which it asks for it."""
    return {
        "key": edition.key,
        "printed_code": edition.code,
        "pages": edition.pages,
        "width_mm": edition.box.width,
        "height_mm": edition.box.height,
        "text": list(edition.texts),
    }


def _result(outcome: Outcome) -> Any:  # noqa: ANN401 -- any result
    if outcome.problems:
        raise TeachbackError(*outcome.problems)
    return outcome.result
