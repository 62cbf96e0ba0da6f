"""Whatever happens to the streams or inside the program, the user gets one line and a code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_handout import TINY
from workspace_cases import lay

from teachback.cli.app import run
from teachback.cli.context import fault

pytestmark = pytest.mark.slow

PLANTED = "Planted-Name-4711"
FIELD = "fields:\n  - {name: patient, label: Name, width_mm: 60}\npersonal: [patient]\n"
POLISH = (FIELD + TINY.replace("A tiny handout", "Łyżka soli")).encode()
# Each command, and the file that must exist even if its output is lost.
COMMANDS = {
    "build tiny --audience ckd --kind card --format html --json": "build/tiny/card-ckd-en.html",
    "check tiny --sarif found.sarif": "found.sarif",
    "list handouts --json": "",
    "list handouts": "",
    "schema": "",
    "approve tiny --by Łucja --audience ckd": "",
    "merge tiny --records one.csv --output out": "out/manifest.csv",
    "build nothing-of-that-name": "",
}
# These load neither the checker nor what prints.
LIGHT = ("list handouts", "build nothing-of-that-name")
# Where all commands are tried: a stream that fails late, and one that is not there.
ALL = ("both are full", "all three are closed")
# A name that cannot be encoded is written into a file.
WRITES = {"strict ascii": ("approve tiny --by Łucja --audience ckd",)}
SHELL = {
    "standard output is full": '"$@" > /dev/full',
    "standard error is full": '"$@" 2> /dev/full',
    "both are full": '"$@" > /dev/full 2> /dev/full',
    "standard output is closed": '"$@" >&-',
    "standard error is closed": '"$@" 2>&-',
    "all three are closed": '"$@" <&- >&- 2>&-',
    "nobody reads": 'set -o pipefail; "$@" | true',
    "cp1252": 'PYTHONIOENCODING=cp1252 "$@"',
    "strict ascii": 'PYTHONIOENCODING=ascii:strict LC_ALL=POSIX "$@"',
}


# Loads the program once, with the streams as the shell has set them. Runs each command in a fork of
# itself, as `python -m teachback` would, and writes NUL to both outputs behind it. The built-in rules
# are the same for all, so they are read before.
EACH = """
import os, pathlib, sys
import teachback.cli.app
from teachback.__main__ import main
roots = sys.argv[1:]
import teachback.commands.listings, teachback.content.loader
if len(roots) > 3:
    import teachback.checking.checker, teachback.pdf.renderer, teachback.printing.job_composer
    from teachback.checking.clinical import rule_loader
    from teachback.files.workspace import Workspace, builtin_root
    rules = rule_loader.load_clinical_rules(Workspace(builtin_root(), builtin_root()))
    rule_loader.load_clinical_rules = lambda workspace: rules
for root in map(pathlib.Path, roots):
    child = os.fork()
    if not child:
        sys.argv[1:] = (root / "command").read_text("utf-8").split("\\n")
        os.chdir(root)
        main()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    (root / "code").write_text(str(code))
    for stream in (1, 2):
        try:
            os.write(stream, b"\\0")
        except OSError:
            pass
"""


def typed(roots: list[Path], way: str) -> list[tuple[int, str, str]]:
    """Run the command of each folder in a shell that treats the streams in some way.

    Return the exit codes and both outputs.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        ["bash", "-c", way, "bash", sys.executable, "-c", EACH, *map(str, roots)],
        env=environment,
        capture_output=True,
        check=False,
    )
    # Nothing arrives of a stream that is closed or full.
    printed = [
        stream.decode(errors="replace").split("\0")[: len(roots)]
        for stream in (done.stdout, done.stderr)
    ]
    assert {len(parts) for parts in printed} <= {1, len(roots)}, printed
    out, err = (parts if parts[1:] else parts * len(roots) for parts in printed)
    codes = [int((root / "code").read_text()) for root in roots]
    return list(zip(codes, out, err, strict=True))


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has a device that is always full (issue 12)"
)
@pytest.mark.parametrize("name", SHELL)
def test_no_stream_stops_the_work_or_gives_a_traceback(name: str, tmp_path: Path) -> None:
    """Files are written, and the exit code is 1 when the output is lost."""
    roots = [
        lay(
            tmp_path / str(number),
            {
                "content/handouts/tiny.yaml": POLISH,
                "one.csv": b"id,audience\n1,ckd\n",
                "command": command.replace(" ", "\n").encode(),
            },
        )
        for number, command in enumerate(
            COMMANDS if name in ALL else (*LIGHT, *WRITES.get(name, ()))
        )
    ]
    done = typed(roots, SHELL[name])
    for root, (code, stdout, stderr) in zip(roots, done, strict=True):
        command = (root / "command").read_text(encoding="utf-8").replace("\n", " ")
        file = COMMANDS[command]
        report = f"{command}: {code}\n{stdout}{stderr}"
        assert "Traceback" not in stdout + stderr, report
        assert "failed because of its own error" not in stdout + stderr, report
        assert not file or (root / file).stat().st_size > 0, report
        wrong = "nothing-of-that-name" in command
        if "output is full" in name and not wrong:
            assert code == 1, report
            assert "standard output could not be written: the disk is full" in stderr, report
        if "closed" in name or "ascii" in name or "cp1252" in name:
            assert code == (2 if wrong else 0), report
        if "--json" in command and stdout and "nobody" not in name:
            assert isinstance(json.loads(stdout), dict | list), report
        assert (
            "approve" not in command
            or b"status: approved" in (root / "content/handouts/tiny.yaml").read_bytes()
        ), report


# The function that each command calls, where an exception is raised.
PLANTS = {
    "build tiny": "commands.build_plan.chosen_handouts",
    "card tiny": "commands.card.save_record",
    "check tiny": "checking.checker.load_shared",
    "diff tiny general ckd": "commands.diff.load_shared",
    "due": "checking.review_calendar.due_list",
    "approve tiny --by Somebody": "commands.approve.load_shared",
    "list handouts": "commands.listings.read_handouts",
    "list stocks": "commands.listings.load_stocks",
    "list audiences": "commands.listings.load_shared",
    "schema": "content.json_schema.json_schema",
    "calibrate": "commands.calibrate.load_shared",
    "identify LC-CKD-EN-YY43PDX --archive there": "archive.lookup.identify",
    "verify there": "archive.verification.verify",
    "doctor": "commands.doctor.examine",
    "new sick-days": "commands.scaffold.new",
    "init there": "commands.scaffold.init",
    "merge tiny --records none.csv": "merge.handout_engine.open_engine",
}


@pytest.mark.parametrize(
    ("command", "error"),
    [
        *((command, KeyError) for command in PLANTS),
        *(("list handouts", error) for error in (RecursionError, MemoryError, OSError)),
    ],
)
def test_an_exception_planted_in_any_command_is_a_code_without_its_value(
    command: str,
    error: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every command ends in one line with a code, without traceback or value."""

    def falls(*_: object, **__: object) -> None:
        raise error(PLANTED)

    monkeypatch.chdir(lay(tmp_path, {}))
    monkeypatch.setattr(f"teachback.{PLANTS[command]}", falls)
    assert run(command.split()) == 1
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert PLANTED not in out + err
    assert f"-{error.__name__}" in err


def test_what_falls_outside_of_any_command_is_one_line(tmp_path: Path) -> None:
    """Threads and exit handlers print no traceback either."""
    program = (
        "import atexit, sys, threading; "
        "from teachback.cli.context import install_guard, open_streams; open_streams(); install_guard();"
        f"fall = lambda: {{}}['{PLANTED}']; atexit.register(fall); "
        "one = threading.Thread(target=fall); one.start(); one.join(); fall()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("code KeyError") == 2
    assert "Traceback" not in done.stderr
    assert PLANTED not in done.stdout + done.stderr


def test_a_fault_shows_where_it_came_from_only_to_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """TEACHBACK_TRACEBACK=1 prints source lines, and never the value."""

    def falls(*_: object) -> None:
        raise KeyError(PLANTED)

    monkeypatch.chdir(lay(tmp_path, {}))
    monkeypatch.setattr("teachback.commands.listings.read_handouts", falls)
    assert run(["list", "handouts", "--json"]) == 1
    out, err = capsys.readouterr()
    (problem,) = json.loads(out)["problems"]
    assert problem["message"].startswith(
        "the program failed because of its own error: code listings-"
    )
    assert err == ""
    monkeypatch.setenv("TEACHBACK_TRACEBACK", "1")
    assert run(["list", "handouts"]) == 1
    out, err = capsys.readouterr()
    assert "listings.py" in err
    assert PLANTED not in out + err


def test_a_library_that_is_not_named_is_not_called_none() -> None:
    """Python does not always know which library an import lacks."""
    named = fault(ImportError("no such file", name="pikepdf")).message
    assert named.startswith("the library 'pikepdf' is missing or broken (code ")
    assert fault(ImportError("no such file")).message.startswith("a library is missing or broken (")


# Registered before the run, so that it looks when the run has tidied up.
LEFT = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count() > len(gc.get_objects())))
from teachback.__main__ import main
sys.argv[1:] = ["--version"]
main()
"""


def test_the_end_of_a_run_takes_no_time_for_garbage() -> None:
    """When a run ends, what it holds is left out of the last search for garbage."""
    done = subprocess.run(
        [sys.executable, "-c", LEFT],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "True", done.stdout
