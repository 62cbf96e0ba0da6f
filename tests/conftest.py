"""Share fixtures between test modules: the built-in workspace, and a clinic's workspace."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from jinja2 import BytecodeCache
from one_process import in_one_process
from settings_from_flags import resolve
from tiny_handout import TINY
from workspace_cases import lay

from teachback.checking import all_rules
from teachback.checking.clinical import rule_loader
from teachback.checking.plain_language.word_lists import builtin_vocabulary, load_vocabulary
from teachback.content import text_and_picture_checks, workspace_content
from teachback.files import images, merged_files, text_decoding
from teachback.files import workspace as workspace_files
from teachback.files.encoding_damage import is_misread
from teachback.files.font_packages import packaged_fonts
from teachback.files.workspace import Workspace, builtin_root, package_root
from teachback.files.yaml_reader import read_yaml
from teachback.html import composer
from teachback.html.template_sandbox import open_sandbox
from teachback.printing import design, fingerprints
from teachback.printing.process_pool import Pool
from teachback.units import CARD

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from jinja2 import Environment
    from jinja2.bccache import Bucket

    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.checking.plain_language.word_lists import Vocabulary
    from teachback.content.audiences import Audiences
    from teachback.content.languages import Languages
    from teachback.content.sources import Sources
    from teachback.files.yaml_reader import YamlFile

# `./teachback test` sets it, and messages would name commands as they are typed there.
os.environ.pop("TEACHBACK_LAUNCHER", None)

# The same cases each time, and no deadline: a busy machine is not a fault.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")

# Collect garbage less often: what a test leaves behind is small.
gc.set_threshold(500_000, 20, 20)

ROOT = Path(__file__).parents[1]

# In memory, where there is room: a run makes and deletes 50,000 small files, 0.6 GB. Some tests start
# programs there.
MEMORY = Path("/dev/shm")  # noqa: S108 -- pytest makes a folder there that only this user can read
if MEMORY.is_dir():
    disk = os.statvfs(MEMORY)
    if disk.f_bavail * disk.f_frsize > 4_000_000_000 and not disk.f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


# The endings of built-in files of a few kB.
_SMALL = frozenset({".css", ".html", ".svg", ".yaml"})


class _Compiled(BytecodeCache):
    """Keep compiled templates in memory. Jinja compares the source before it uses one."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def built_in_files_once() -> Iterator[None]:
    """Load the built-in rules and templates once, also for forked worker processes.

    They take half the time of a small page. A workspace's own files are loaded each time; the same
    bytes of words, sources or audiences are parsed once.
    """
    root = builtin_root()
    load = rule_loader.load_clinical_rules
    compiled = _Compiled()
    load_once = functools.cache(load)

    def rules(workspace: Workspace) -> TextRules:
        if workspace.root == root:
            return load_once(workspace)
        own = workspace.root / "content" / "rules"
        return load(workspace) if own.exists() else load_once(Workspace(root / "none", root))

    def vocabulary(workspace: Workspace) -> Vocabulary:
        own = _has_own(workspace, "content/rules")
        return load_vocabulary(workspace) if own else builtin_vocabulary()

    # Loaded templates that only the program has serve the next test, too.
    built_in = open_sandbox((root / "templates",))

    def templates(folders: Iterable[Path]) -> Environment:
        places = tuple(folders)
        environment = built_in if places == (root / "templates",) else open_sandbox(places)
        environment.bytecode_cache = compiled
        return environment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule_loader, "load_clinical_rules", rules)
        patch.setattr(composer, "open_sandbox", templates)
        patch.setattr(merged_files, "read_yaml", functools.lru_cache(64)(read_yaml))
        patch.setattr(all_rules, "load_vocabulary", vocabulary)
        plain = Workspace(root, root)
        rules(Workspace(root / "none", root))
        opened = design.open_design(plain)
        for name in opened.environment.list_templates(extensions=["html"]):
            opened.environment.get_template(name)
        yield


def _has_own(workspace: Workspace, name: str) -> bool:
    """Return whether a workspace, or the program that it belongs to, has a file of its own."""
    root = builtin_root()
    own = workspace.root != root and (workspace.root / name).exists()
    return own or workspace.builtin != root


@pytest.fixture(scope="session", autouse=True)
def built_in_content_once(built_in_files_once: None) -> Iterator[None]:  # noqa: ARG001 -- before it
    """Check the built-in audiences, sources and fonts of languages once.

    They take a fifth of the time of a check. Where a workspace has such files of its own, or other
    letters, they are loaded each time.
    """
    root = builtin_root()
    audiences_of = workspace_content._load_audiences  # noqa: SLF001 -- no public name
    families_of = workspace_content._load_families  # noqa: SLF001 -- no public name
    sources_of = workspace_content._load_sources  # noqa: SLF001 -- no public name
    shared_once: dict[Any, Any] = {}

    def once(key: tuple[Any, ...], load: Callable[[], Any]) -> Any:  # noqa: ANN401 -- of any kind
        if key not in shared_once:
            shared_once[key] = load()
        return shared_once[key]

    def families(workspace: Workspace, languages: Languages) -> dict[str, frozenset[int]]:
        if _has_own(workspace, "styles/fonts"):
            return families_of(workspace, languages)
        named = tuple(sorted(filter(None, {one.family for one in languages.root.values()})))
        key = ("families", named, *packaged_fonts().items())
        found: dict[str, frozenset[int]] = once(key, lambda: families_of(workspace, languages))
        return found

    def audiences(workspace: Workspace, letters: Callable[[object], frozenset[int]]) -> Audiences:
        if _has_own(workspace, "content/audiences.yaml"):
            return audiences_of(workspace, letters)
        key = ("audiences", *map(letters, (None, *badge_languages)))
        found: Audiences = once(key, lambda: audiences_of(workspace, letters))
        return found

    def sources(workspace: Workspace, glyphs: frozenset[int]) -> tuple[Sources, YamlFile]:
        if _has_own(workspace, "content/sources.yaml"):
            return sources_of(workspace, glyphs)
        # Messages name the file as it is seen from the folder of the test.
        key = ("sources", glyphs, workspace_files.shown(root / "content/sources.yaml"))
        found: tuple[Sources, YamlFile] = once(key, lambda: sources_of(workspace, glyphs))
        return found

    misread = functools.lru_cache(100_000)(is_misread)
    every = workspace_content.load_shared(Workspace(root, root)).audiences.root.values()
    badge_languages = sorted({name for one in every for name in (*one.badge, *one.short)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace_content, "_load_families", families)
        patch.setattr(workspace_content, "_load_audiences", audiences)
        patch.setattr(workspace_content, "_load_sources", sources)
        patch.setattr(text_and_picture_checks, "is_misread", misread)
        yield


@pytest.fixture(scope="session", autouse=True)
def built_in_bytes_once() -> Iterator[None]:
    """List and read the built-in files once, and hash them and the program's own code once.

    The model of the verdict alone is 15 MB. The same drawing is checked once, and the same text decoded
    once.
    """
    inside = f"{builtin_root()}{os.sep}"
    hashed = fingerprints._program  # noqa: SLF001 -- no public name
    hashed_once = functools.cache(hashed)

    def program() -> Any:  # noqa: ANN401 -- a hash has no public type
        changed = vars(fingerprints)["package_root"] is not package_root
        return hashed() if changed else hashed_once().copy()

    digest = fingerprints._file_digest  # noqa: SLF001 -- no public name
    digest_once = functools.cache(digest)

    def file_digest(path: Path) -> bytes:
        return (digest_once if str(path).startswith(inside) else digest)(path)

    read = workspace_files._read  # noqa: SLF001 -- no public name
    read_once = functools.lru_cache(512)(read)

    def read_file(path: Path, *, closed: bool) -> bytes:
        kept = str(path).startswith(inside) and path.suffix in _SMALL
        return (read_once if kept else read)(path, closed=closed)

    walk = workspace_files._files_below  # noqa: SLF001 -- no public name
    walk_once = functools.cache(lambda: walk(builtin_root(), (builtin_root(),)))

    def files_below(root: Path, roots: Iterable[Path]) -> dict[str, Path]:
        return walk_once() if root == builtin_root() else walk(root, roots)

    checked = functools.lru_cache(512)(images._svg_fault)  # noqa: SLF001 -- no public name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprints, "_program", program)
        patch.setattr(fingerprints, "_file_digest", file_digest)
        patch.setattr(workspace_files, "_read", read_file)
        patch.setattr(workspace_files, "_files_below", files_below)
        patch.setattr(images, "_svg_fault", checked)
        patch.setattr(design, "decode", functools.lru_cache(512)(text_decoding.decode))
        yield


@functools.cache
def _warm_printing() -> None:
    """Load what prints, and lay a page out, as each worker process would do for itself."""
    from teachback.content.loader import read_handouts
    from teachback.files.workspace import handout_files
    from teachback.pdf.renderer import Fonts, lay_out
    from teachback.printing.job_composer import JobOrder, compose_job, print_context

    with pytest.MonkeyPatch.context() as patch:
        # Its fonts stay for all tests, so they do not belong into the folder of one.
        patch.setattr(tempfile, "tempdir", None)
        with tempfile.TemporaryDirectory() as folder:
            workspace = Workspace(lay(Path(folder), {}), builtin_root())
            context = print_context(
                workspace,
                read_handouts(workspace, {"tiny": handout_files(workspace)["tiny"]}),
                resolve({}, workspace),
            )
            handout, card = (
                compose_job(context, JobOrder("tiny", ("ckd",), kind, ("pdf",)))
                for kind in ("handout", "card")
            )
            for page in (handout.handout, composer.at_size(card.cards[0], CARD, [(9.0, 9.0)])):
                lay_out(page, context.files, Fonts())


@pytest.fixture(scope="session", autouse=True)
def workers_start_warm() -> Iterator[None]:
    """Fork the workers that print from a process that has laid out a page before.

    A cold worker takes twice as long for a small page.
    """
    start = Pool._start  # noqa: SLF001 -- no public name

    def started(pool: Any) -> Any:  # noqa: ANN401 -- its parts are private
        if hasattr(pool._shared, "design"):  # noqa: SLF001
            _warm_printing()
        return start(pool)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pool, "_start", started)
        yield


@pytest.fixture(scope="session")
def builtin() -> Workspace:
    """Return the workspace that comes with the program."""
    return Workspace(builtin_root(), builtin_root())


@pytest.fixture(scope="session")
def today() -> dt.date:
    """Return the day on which the tests take place: no test reads the clock."""
    return dt.date(2026, 11, 22)


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[..., Workspace]:
    """Return a function that makes a clinic's workspace from file names and texts.

    It also holds the tiny handout.
    """

    def make(files: dict[str, str] | None = None) -> Workspace:
        root = tmp_path / "clinic"
        for name, text in {"content/handouts/tiny.yaml": TINY, **(files or {})}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Workspace(root, builtin_root())

    return make


@pytest.fixture
def one_process() -> Iterator[None]:
    """Do the tasks of a pool in this process, for tests that are not about processes or limits."""
    with in_one_process():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Run four workers more than there are processors: many tests wait for another process.

    With two more, the processors were idle for a fifth of the time.
    """
    return (yield) + 4


def pytest_collection_finish() -> None:
    """Never look for garbage among the tests and what they load: they are a million objects."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run files with slow tests first, so that no worker is left with one at the end.

    Those that wait for a browser come before all others, which fill the processors meanwhile.
    """
    browser, slow = (
        {item.path for item in items if item.get_closest_marker(name)}
        for name in ("browser", "slow")
    )
    items.sort(key=lambda item: (item.path not in browser, item.path not in slow))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured, such as precision and recall, below the results."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
    ]
    for line in sorted(
        str(value)
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "measured"
    ):
        terminalreporter.write_line(line)
