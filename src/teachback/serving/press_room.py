"""Print for the front desk, as a process of its own.

The press room answers requests over a socket. It is single-threaded, so it can fork workers. Pages
are laid out by a worker; words are stamped and drawn here, which takes milliseconds. Nothing is
written but to the archive. No message names a patient: an internal fault is reported by its code.
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
from teachback.serving.desk_choices import unreleased
from teachback.serving.desk_editions import (
    CardsOrder,
    HandoutOrder,
    archive_edition,
    draw_page,
    open_cards,
    open_handout,
    unfit_stocks,
)
from teachback.serving.desk_lists import (
    ListOrder,
    PrintList,
    check_rows,
    list_columns,
    list_rules,
    print_list,
    read_list,
    refuse_count,
)
from teachback.serving.desk_shelf import DeskShelf, clinic_date, read_shelf, workspace_marks
from teachback.serving.desk_values import FaultyValuesError, read_values, stamping_faults
from teachback.serving.edition_finder import find_printed, kept_pdf
from teachback.serving.press_messages import HANDOVER, Reply, Request, problem_json
from teachback.serving.topic_shelf import field_json, notices_json, shelf_json
from teachback.units import split_languages, two_languages

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from teachback.content.record_fields import RecordField
    from teachback.files.workspace import Workspace
    from teachback.merge.record_shapes import CellMeaning
    from teachback.printing.process_pool import Outcome, Pool
    from teachback.printing.settings import Settings
    from teachback.serving.desk_editions import OpenEdition
    from teachback.serving.desk_shelf import WorkspaceMarks

# In s: how often the workspace's files are polled; and how long the press room is idle before it
# examines the next handout, and before it opens another reader's edition ahead.
POLL: Final = 1.0
SOON: Final = 0.05
QUIET: Final = 0.3
# The number of editions that are kept open. One takes about 0.5 MB.
MOST_OPEN: Final = 60
MOST_NOTICES: Final = 5
DPI: Final = (96, 144, 192)
_LIST_HINT: Final = "Save the list again, with fewer rows."
_PHOTO_HINT: Final = "Take another photo, or type the code."
_OPEN_AGAIN: Final = "Look at the page again, then print."


class RefusedError(TeachbackError):
    """A request that is refused with an HTTP status."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(*problems)
        self.status = status


class PressRoom:
    """The open editions of a workspace, and the requests that wait for a worker."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        meant: tuple[CellMeaning, ...],
        pipe: Connection,
    ) -> None:
        self._meant = meant
        self._workspace = workspace
        self._settings = settings
        self._pipe = pipe
        self._shelf: DeskShelf | None = None
        self._broken: tuple[Problem, ...] = ()
        self._marks: WorkspaceMarks | None = None
        self._last_poll = 0.0
        self._version = 0
        # The answer about the topics, with the version, the refusals and the day that it is of.
        self._topics_cache: tuple[tuple[int, int, dt.date], dict[str, Any]] | None = None
        self._room_id = os.urandom(8).hex()
        self._tasks: deque[Task] = deque()
        # The editions of the other readers of the topic that was opened last.
        self._prefetch: deque[HandoutOrder] = deque()
        # By the identity of a task: what gets its outcome.
        self._deliveries: dict[tuple[Any, Any], list[Callable[[Outcome], None]]] = {}
        # The open editions by key, those that were used last at the end; their keys by order and
        # letters; and by key the marks of the files that they were printed from.
        self._editions: OrderedDict[str, OpenEdition] = OrderedDict()
        self._keys_by_order: dict[Any, str] = {}
        self._marks_by_key: dict[str, tuple[Any, ...]] = {}
        # By stem and audience of a card: the stocks that it does not fit, each with the reason.
        self._unfit_stocks: dict[tuple[str, str], dict[str, str]] = {}
        # The keys of the editions that this process has archived, and messages for the desk.
        self._archived: set[str] = set()
        self._notices: list[str] = []

    def run(self) -> None:
        """Answer requests. Raises EOFError when the server is gone."""
        while True:
            self._read_workspace()
            if self._shelf is not None:
                try:
                    # This pool ends at once, so that a spare press room has no worker.
                    with open_pool(self._shelf.context, 1) as pool:
                        check_apart(pool)
                except TeachbackError as error:
                    self._shelf, self._broken = None, error.problems
                else:
                    with open_pool(self._shelf.context, max(2, self._settings.jobs)) as pool:
                        self._work(pool, self._shelf)
                    continue
            # Nothing can be printed until somebody has corrected a file.
            while not self._has_changed():
                if self._pipe.poll(POLL):
                    self._receive()

    def _work(self, pool: Pool, shelf: DeskShelf) -> None:
        """Answer requests until a file of the workspace has changed."""
        stale = False
        for outcome in pool.keep_working(self._tasks, self._pipe, self._patience):
            if outcome is not None:
                for deliver in self._deliveries.pop(_identity(outcome.task), ()):
                    deliver(outcome)
            elif stale:
                # Requests wait until all tasks are done and the workspace is read again.
                time.sleep(SOON)
            elif self._pipe.poll():
                self._receive()
            elif shelf.unexamined:
                self._version += bool(shelf.examine(shelf.unexamined[0]))
            elif self._prefetch and not self._deliveries:
                self._prefetch_edition(self._prefetch.popleft())
            stale = stale or self._has_changed()
            if stale and not self._deliveries:
                return

    def _patience(self) -> float:
        """Return after how many idle seconds there is something else to do."""
        if self._shelf and self._shelf.unexamined:
            return SOON
        return QUIET if self._prefetch else POLL

    def _has_changed(self) -> bool:
        """Return whether a file of the workspace has changed. Polls once in POLL seconds."""
        if time.monotonic() - self._last_poll < POLL:
            return False
        self._last_poll = time.monotonic()
        return workspace_marks(self._workspace) != self._marks

    def _read_workspace(self) -> None:
        self._marks = workspace_marks(self._workspace)
        self._version += 1
        self._prefetch.clear()
        self._unfit_stocks.clear()
        before, self._shelf, self._broken = self._shelf, None, ()
        try:
            self._shelf = read_shelf(self._workspace, self._settings, self._marks, before)
        except TeachbackError as error:
            self._broken = error.problems
        except Exception as error:  # noqa: BLE001 -- the desk shows it, and works again after a correction
            self._broken = (fault_problem(error),)
        # A file that appeared meanwhile, and goes before the next poll, would never be read again.
        if workspace_marks(self._workspace) != self._marks:
            self._marks = None

    def _receive(self) -> None:
        request: Request = self._pipe.recv()
        self._guarded(request.number, self._answer, request)

    def _reply(self, number: int, result: Any) -> None:  # noqa: ANN401 -- plain data or bytes
        self._pipe.send(Reply(number, result))

    def _guarded(self, number: int, step: Callable[[Any], None], argument: object) -> None:
        """Do a step of a request. An exception becomes the reply, which holds no value."""
        try:
            step(argument)
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

    def _answer(self, request: Request) -> None:
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
            "take over": self._take_over,
            "finish": self._finish,
        }
        steps[request.action](request.number, **request.arguments)

    def _topics(self, number: int) -> None:
        answer: dict[str, Any] = {
            # Each press room counts its versions from the start.
            "version": f"{self._room_id} {self._version}",
            "problems": [],
            "topics": [],
            "notices": self._notices,
        }
        shelf = self._shelf
        if shelf is None:
            empty = dict.fromkeys(
                ("papers", "sizes", "depths", "languages", "stocks", "same_words"), ()
            )
            broken = [problem_json(problem) for problem in self._broken]
            self._reply(number, {**answer, **empty, "clinic": "", "problems": broken})
            return
        today = clinic_date()
        state = (self._version, len(shelf.refused), today)
        if self._topics_cache is None or self._topics_cache[0] != state:
            topics = shelf_json(shelf.reading, shelf.refused, shelf.stocks, self._settings, today)
            problems = [problem_json(problem) for problem in shelf.warnings]
            topics |= {"problems": problems, "same_words": shelf.search.groups()}
            self._topics_cache = (state, topics)
        self._reply(number, {**answer, **self._topics_cache[1]})

    def _usable_shelf(self) -> DeskShelf:
        """Return the shelf. Raises RefusedError when the workspace cannot be read."""
        if self._shelf is None:
            raise RefusedError(422, *self._broken)
        return self._shelf

    def _printable_stem(self, topic: str, language: str, audience: str) -> str:
        """Return the file stem of a topic in a language.

        Raises RefusedError when it cannot be printed for the reader.
        """
        shelf = self._usable_shelf()
        stems = {
            name: stem
            for stem, authored in shelf.reading.authored.items()
            if authored.handout.id == topic
            for name in languages_of(authored)
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
            authored_topics = {each.handout.id for each in shelf.reading.authored.values()}
            hint = nearest(topic, authored_topics)
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
            problems = unreleased(authored, audience, clinic_date())
            if problems:
                raise RefusedError(422, *problems)
        return stem

    def _edition(
        self,
        number: int,
        *,
        topic: str,
        language: str,
        audience: str,
        paper: str,
        size: str,
        depth: str,
    ) -> None:
        stem = self._printable_stem(topic, language, audience)
        authored = self._usable_shelf().reading.authored[stem]
        # Nothing is typed yet, so a choice that may stay empty is printed as boxes.
        boxes = tuple(field.name for field in authored.handout.fields if _may_have_boxes(field))
        facing = split_languages(language)[1]
        order = HandoutOrder(stem, audience, paper, size, depth, facing, boxes)

        def send_reply(edition: OpenEdition) -> None:
            self._reply(
                number,
                {
                    **_page_json(edition),
                    "notices": notices_json(authored, audience, clinic_date()),
                    "fields": self._fields_json(edition),
                    "problems": [],
                },
            )

        self._with_edition(number, order, None, send_reply)
        self._prefetch = deque(
            order._replace(audience=other)
            for other in authored.handout.audiences
            if other != audience
        )

    def _fields_json(self, edition: OpenEdition) -> list[dict[str, Any]]:
        """Return the fields of an edition, labelled in the topic's own language."""
        stem, authored = edition.order.stem, self._usable_shelf().reading.authored
        main = authored.get(stem.partition(".")[0], authored[stem]).handout
        main_fields = {field.name: field for field in main.fields}
        return [
            field_json(field, main_fields.get(field.name))
            for field in authored[stem].handout.fields
            if field.name in edition.fields
        ]

    def _with_edition(
        self,
        number: int,
        order: HandoutOrder | CardsOrder,
        letters: frozenset[str] | None,
        then: Callable[[OpenEdition], None],
    ) -> None:
        """Call `then` with an open edition, now or when a worker has printed it."""
        marks = self._usable_shelf().marks.of(order.stem)
        edition = self._editions.get(self._keys_by_order.get((order, letters), ""))
        if edition is not None and self._marks_by_key[edition.key] == marks:
            self._editions.move_to_end(edition.key)
            then(edition)
            return

        def take(opened: OpenEdition) -> None:
            self._add_edition(opened, letters, marks)
            then(opened)

        self._submit_for(number, self._opening_task(order, letters), take)

    def _opening_task(
        self, order: HandoutOrder | CardsOrder, letters: frozenset[str] | None
    ) -> Task:
        work = open_handout if isinstance(order, HandoutOrder) else open_cards
        scale = scale_of(self._usable_shelf().reading.authored[order.stem].file.size)
        return Task(work, (order, letters), "laying the page out", COMPARE_LENGTH, scale=scale)

    def _prefetch_edition(self, order: HandoutOrder) -> None:
        """Open an edition that a desk may choose next, while nobody waits."""
        marks = self._usable_shelf().marks.of(order.stem)
        if self._marks_by_key.get(self._keys_by_order.get((order, None), "")) == marks:
            return

        def deliver(outcome: Outcome) -> None:
            if not outcome.problems:
                self._add_edition(outcome.result, None, marks)

        self._submit(self._opening_task(order, None), deliver)

    def _submit(self, task: Task, deliver: Callable[[Outcome], None]) -> None:
        """Have a worker do a task. A task that already waits or runs is not done twice."""
        if _identity(task) not in self._deliveries:
            self._tasks.append(task)
        self._deliveries.setdefault(_identity(task), []).append(deliver)

    def _submit_for(self, number: int, task: Task, then: Callable[[Any], None]) -> None:
        """Have a worker do a task of a request, and call `then` with its result."""

        def take(outcome: Outcome) -> None:
            if outcome.problems:
                raise TeachbackError(*outcome.problems)
            then(outcome.result)

        self._submit(task, partial(self._guarded, number, take))

    def _add_edition(
        self, edition: OpenEdition, letters: frozenset[str] | None, marks: tuple[Any, ...]
    ) -> None:
        """Store a new edition, also for the press room that may take this one's place."""
        self._store_edition(edition, letters, marks)
        # The letters of a name say something of a patient, so that edition stays here.
        if letters is None:
            self._pipe.send(Reply(HANDOVER, (edition.key, pickle.dumps((edition, marks)))))

    def _store_edition(
        self,
        edition: OpenEdition,
        letters: frozenset[str] | None,
        marks: tuple[Any, ...],
    ) -> None:
        self._editions[edition.key] = edition
        self._marks_by_key[edition.key] = marks
        self._keys_by_order[edition.order, letters] = edition.key
        while len(self._editions) > MOST_OPEN:
            oldest, _ = self._editions.popitem(last=False)
            del self._marks_by_key[oldest]
            self._keys_by_order = {
                order: key for order, key in self._keys_by_order.items() if key != oldest
            }

    def _take_over(self, _: int, *, editions: list[bytes]) -> None:
        """Store the blank editions of the last press room. No reply is awaited."""
        for pickled in editions:
            edition, marks = pickle.loads(pickled)  # noqa: S301 -- from our own program
            self._store_edition(edition, None, marks)

    def _current_edition(self, key: str) -> OpenEdition:
        """Return an open edition. Raises RefusedError if it is unknown or its text has changed."""
        edition = self._editions.get(key)
        if edition is None:
            raise RefusedError(404, Problem("this page is no longer open here", _OPEN_AGAIN))
        self._editions.move_to_end(key)
        if self._marks_by_key[key] != self._usable_shelf().marks.of(edition.order.stem):
            message = "the text was changed since this page was opened"
            raise RefusedError(409, Problem(message, _OPEN_AGAIN))
        return edition

    def _page(self, number: int, *, key: str, page: int, dpi: int) -> None:
        edition = self._editions.get(key)
        if edition is None or not 1 <= page <= edition.pages or dpi not in DPI:
            raise RefusedError(404, Problem("there is no such page", _OPEN_AGAIN))
        subject = (edition.stamped({}), page - 1, dpi)
        task = Task(draw_page, subject, "drawing the page", COMPARE_LENGTH)
        self._submit_for(number, task, partial(self._reply, number))

    def _read_words(
        self, edition: OpenEdition, values: dict[str, str], *, every: bool
    ) -> tuple[dict[str, str], tuple[Any, ...]]:
        shelf = self._usable_shelf()
        authored = shelf.reading.authored[edition.order.stem]
        handout, order = authored.handout, edition.order
        fields = [field for field in handout.fields if field.name in edition.fields]
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

    def _with_fitting_edition(
        self,
        number: int,
        edition: OpenEdition,
        words: dict[str, str],
        then: Callable[[OpenEdition], None],
    ) -> None:
        """Call `then` with an edition that fits the words.

        Its fonts have all their letters, and optional choices without a word have boxes to tick.
        """
        order = edition.order
        if isinstance(order, HandoutOrder):
            fields = self._usable_shelf().reading.authored[order.stem].handout.fields
            optional = {field.name for field in fields if _may_have_boxes(field)}
            boxes = tuple(
                name for name in edition.choices if name in optional and name not in words
            )
            if boxes != edition.boxes:
                step = partial(self._with_fitting_edition, number, words=words, then=then)
                self._with_edition(number, order._replace(boxes=boxes), None, step)
                return
        letters = stamping_faults(edition, words, self._usable_shelf().points).letters
        if letters:
            self._with_edition(number, edition.order, letters, then)
        else:
            then(edition)

    def _patch(self, number: int, *, key: str, values: dict[str, str], dpi: int = 96) -> None:
        edition = self._current_edition(key)
        words, faults = self._read_words(edition, values, every=False)

        def send_reply(fitting: OpenEdition) -> None:
            unfit = stamping_faults(fitting, words, self._usable_shelf().points).faults
            faulty = {fault.field for fault in unfit}
            printable = {name: text for name, text in words.items() if name not in faulty}
            self._reply(
                number,
                {
                    # With other boxes to tick, it is another page.
                    "page": _page_json(fitting) if fitting.boxes != edition.boxes else None,
                    "faults": [fault._asdict() for fault in (*faults, *unfit)],
                    "patches": list(fitting.patches(printable, dpi)),
                },
            )

        self._with_fitting_edition(number, edition, words, send_reply)

    def _print(
        self,
        number: int,
        *,
        key: str,
        values: dict[str, str],
        copies: int = 1,
        cards: dict[str, Any] | None = None,
    ) -> None:
        edition = self._current_edition(key)
        if cards is not None:
            order = self._cards_order(edition.order.stem, edition.order.audience, **cards)
            stamp = partial(self._stamp, number, values=values, copies=copies)
            self._with_edition(number, order, None, stamp)
        else:
            self._stamp(number, edition, values, copies)

    def _stamp(
        self, number: int, edition: OpenEdition, values: dict[str, str], copies: int
    ) -> None:
        """Reply with the file for a patient.

        Raises FaultyValuesError for words that the edition cannot hold.
        """
        words, faults = self._read_words(edition, values, every=True)
        if faults:
            raise FaultyValuesError(faults)

        def send_reply(fitting: OpenEdition) -> None:
            unfit = stamping_faults(fitting, words, self._usable_shelf().points).faults
            if unfit:
                raise FaultyValuesError(unfit)
            pdf = fitting.finished(words, os.urandom(16), copies)
            kind = "handout" if isinstance(edition.order, HandoutOrder) else "cards"
            self._reply(
                number,
                {
                    "pdf": pdf,
                    "code": " ".join(dict.fromkeys(edition.code.split())),
                    "kind": kind,
                    "box": edition.box,
                    "sides": edition.sides,
                },
            )
            self._archive(edition)

        self._with_fitting_edition(number, edition, words, send_reply)

    def _archive(self, edition: OpenEdition) -> None:
        """Keep an edition in the archive, if there is one. A notice tells the desk of a failure."""
        if self._settings.archive is None or edition.key in self._archived:
            return

        def deliver(outcome: Outcome) -> None:
            problems = outcome.problems or outcome.result
            added = [f"{edition.code} {problem.message}. {problem.hint}" for problem in problems]
            self._notices = list(dict.fromkeys((*self._notices, *added)))[-MOST_NOTICES:]
            self._version += bool(problems)
            if not problems:
                self._archived.add(edition.key)

        task = Task(archive_edition, edition.order, "keeping the edition", COMPARE_LENGTH)
        self._submit(task, deliver)

    def _finish(self, number: int) -> None:
        """Reply once all that was printed is in the archive."""

        def deliver(_: Outcome | None = None) -> None:
            if not self._archiving:
                self._reply(number, {})

        for identity in self._archiving:
            self._deliveries[identity].append(deliver)
        if not self._archiving:
            deliver()

    @property
    def _archiving(self) -> list[tuple[Any, Any]]:
        """The identities of the tasks that keep editions in the archive."""
        return [identity for identity in self._deliveries if identity[0] is archive_edition]

    @property
    def _archive_folder(self) -> Path:
        return self._settings.archive or self._settings.output / "archive"

    def _find(self, number: int, *, code: str | None = None, photo: bytes | None = None) -> None:
        self._usable_shelf()
        subject = (code, photo, self._archive_folder)
        task = Task(find_printed, subject, "reading the code", _PHOTO_HINT)
        self._submit_for(number, task, partial(self._reply, number))

    def _list_order(self, topic: str, paper: str | None, size: str | None) -> ListOrder:
        shelf = self._usable_shelf()
        authored = shelf.reading.authored
        stems = [stem for stem, each in authored.items() if each.handout.id == topic]
        if not stems:
            message = f"there is no topic '{topic}' that can be printed"
            raise RefusedError(404, Problem(message, "Choose one of the list."))
        refused = {stem: problems for stem in stems if (problems := shelf.examine(stem))}
        # A translation that cannot be printed does not stop the other languages.
        stopping = [
            problem
            for stem, problems in refused.items()
            if stem not in shelf.reading.translations
            for problem in problems
        ]
        if stopping:
            raise RefusedError(422, *stopping)
        chosen = (paper or str(self._settings.paper), size or str(self._settings.size))
        return ListOrder(
            topic, *chosen, self._meant, shelf.points, clinic_date(), frozenset(refused)
        )

    def _list_columns(self, number: int, *, topic: str) -> None:
        self._reply(
            number, list_columns(self._usable_shelf().context, self._list_order(topic, None, None))
        )

    def _read_list(
        self,
        number: int,
        *,
        topic: str,
        name: str,
        data: bytes,
        columns: dict[str, str],
    ) -> None:
        # Not in a worker: a workbook is read in a process of its own, which a worker cannot start.
        order = self._list_order(topic, None, None)
        answer = read_list(self._usable_shelf().context, order, name, data, columns)
        fields = {each["key"]: each["field"] for each in answer["columns"] if each["field"]}

        def send_reply(_: object, checked: list[dict[str, Any]], __: object) -> None:
            # In rows that were read without a fault, words may still be too long for their line.
            for row, checked_row in zip(answer["rows"], checked, strict=True):
                row["faults"] = row["faults"] or [
                    fault for fault in checked_row["faults"] if fault["column"] in fields.values()
                ]
            self._reply(number, answer)

        rows = [
            {**row, "values": {fields[key]: value for key, value in row["values"].items()}}
            for row in answer["rows"]
        ]
        self._with_rows(number, order, rows, send_reply)

    def _with_rows(
        self,
        number: int,
        order: ListOrder,
        rows: list[dict[str, Any]],
        then: Callable[[tuple[Any, ...], list[dict[str, Any]], dict[Any, OpenEdition]], None],
    ) -> None:
        """Open the editions of all rows, and call `then`.

        It gets the records, the rows as the page shows them, and the open editions by key.
        """
        refuse_count(rows)
        context = self._usable_shelf().context
        rules, engine = list_rules(context, order)
        records, shown = check_rows(rows, rules)
        faultless = [
            (record, row) for record, row in zip(records, shown, strict=True) if not row["faults"]
        ]
        keys = list(dict.fromkeys(record.keys[0] for record, _ in faultless))
        points = self._usable_shelf().points
        opened: dict[Any, OpenEdition] = {}

        def open_next() -> None:
            """Open the edition of the next key. With the last one, find what it cannot hold."""
            if len(opened) < len(keys):
                key = keys[len(opened)]
                choices = (key.audience, key.paper, key.size, str(self._settings.depth))
                facing = split_languages(key.language)[1]
                handout = HandoutOrder(engine.stems[key.language], *choices, facing, key.boxes)
                self._with_edition(number, handout, None, take)
                return
            for record, row in faultless:
                edition = opened[record.keys[0]]
                row["faults"] += [
                    {"column": fault.field, "message": fault.message}
                    for fault in stamping_faults(edition, record.values, points).faults
                ]
            then(records, shown, opened)

        def take(edition: OpenEdition, letters: frozenset[str] = frozenset()) -> None:
            """Take an edition that is open. If its fonts lack letters, open it again with them."""
            key = keys[len(opened)]
            needed = letters.union(
                *(
                    stamping_faults(edition, record.values, points).letters
                    for record, _ in faultless
                    if record.keys[0] == key
                )
            )
            if needed == letters:
                opened[key] = edition
                open_next()
            else:
                again = partial(take, letters=needed)
                self._with_edition(number, edition.order, needed, again)

        open_next()

    def _check_list(self, number: int, *, topic: str, rows: list[dict[str, Any]]) -> None:
        order = self._list_order(topic, None, None)
        self._with_rows(
            number, order, rows, lambda _, shown, __: self._reply(number, {"rows": shown})
        )

    def _print_list(
        self,
        number: int,
        *,
        topic: str,
        rows: list[dict[str, Any]],
        paper: str | None = None,
        size: str | None = None,
    ) -> None:
        def print_rows(
            records: tuple[Any, ...],
            shown: list[dict[str, Any]],
            opened: dict[Any, OpenEdition],
        ) -> None:
            faulty = [str(row["number"]) for row in shown if row["faults"]]
            if faulty:
                message = f"these rows have faults: {', '.join(faulty)}"
                raise RefusedError(422, Problem(message, "Mend them first."))
            templates = {key: each.template for key, each in opened.items() if each.template}
            language = self._settings.language or next(iter(templates)).language
            request = PrintList(records, templates, split_languages(language)[0])
            scale = 1 + len(records) / 100
            task = Task(print_list, request, "printing the list", _LIST_HINT, scale=scale)
            self._submit_for(number, task, partial(self._reply, number))
            for edition in opened.values():
                self._archive(edition)

        self._with_rows(number, self._list_order(topic, paper, size), rows, print_rows)

    def _archived_pdf(self, number: int, *, digest: str) -> None:
        self._reply(number, kept_pdf(self._archive_folder, digest))

    def _cards_order(
        self, stem: str, audience: str, *, stock: str, start_at: int, count: int
    ) -> CardsOrder:
        if self._usable_shelf().reading.authored[stem].handout.card is None:
            raise RefusedError(422, Problem("this topic has no card", "Print the handout."))
        return CardsOrder(stem, audience, stock, start_at, count)

    def _cards(
        self,
        number: int,
        *,
        topic: str,
        language: str,
        audience: str,
        **cards: Any,  # noqa: ANN401 -- the page's own choices
    ) -> None:
        stem = self._printable_stem(topic, language, audience)

        def send_reply(edition: OpenEdition) -> None:
            fields = self._fields_json(edition)
            self._reply(number, {**_page_json(edition), "fields": fields, "problems": []})

        self._with_edition(number, self._cards_order(stem, audience, **cards), None, send_reply)

    def _stocks(self, number: int, *, topic: str, language: str, audience: str) -> None:
        card = (self._printable_stem(topic, language, audience), audience)

        def take(unfit: dict[str, str]) -> None:
            self._unfit_stocks[card] = unfit
            self._reply(number, {"unfit": unfit})

        if card in self._unfit_stocks:
            self._reply(number, {"unfit": self._unfit_stocks[card]})
            return
        task = Task(unfit_stocks, card, "measuring the card", COMPARE_LENGTH)
        self._submit_for(number, task, take)


def _identity(task: Task) -> tuple[Any, Any]:
    """Return the work and the subject of a task. With the same ones, its outcome is the same."""
    return task.work, task.subject


def _may_have_boxes(field: RecordField) -> bool:
    """Return whether a field without a value is printed as boxes to tick."""
    return bool(field.choices) and not field.required


def _page_json(edition: OpenEdition) -> dict[str, Any]:
    """Return an edition as the page shows it, with the key by which the page asks for it."""
    return {
        "key": edition.key,
        "printed_code": edition.code,
        "pages": edition.pages,
        "width_mm": edition.box.width,
        "height_mm": edition.box.height,
        "text": list(edition.texts),
    }
