"""Test the launcher on simulated machines: own folder, own PATH, no network, no install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
# The stand-in for the program has an exit code of its own, which shows that it was reached and its
# code returned.
RAN = 3
LINT_FAILED = 7
TYPES_FAILED = 5
# The calls of one install: a new .venv, and its packages.
ONE_INSTALL = ["venv", "install"]
# Commands of any Unix; everything else on the PATH is simulated.
REAL_TOOLS = (
    *("cat", "chmod", "cksum", "cp", "env", "grep", "ln", "mkdir"),
    *("readlink", "rm", "sed", "sh", "sleep", "tail"),
)

# Each stand-in appends its arguments to the file `calls`; an empty file in `state` changes what it
# does.
PYTHON3 = """
case "$*" in
*version_info*) [ ! -e "$state/old-python" ] ;;
*ensurepip*) [ ! -e "$state/no-venv" ] ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$state/venv-python" "$3/bin/python" ;;
esac
"""
VENV_PYTHON = """
case "$*" in
*import\\ weasyprint*)
    [ ! -e "$state/no-pango" ] || { echo "OSError: cannot load library 'pango'"; exit 1; } ;;
*import\\ pip,*) [ ! -e "$state/old-pip" ] ;;
*pip*install*)
    [ ! -e "$state/slow-pip" ] || sleep 1
    [ ! -e "$state/broken-pip" ] || { echo "at https://x.invalid/: the disk is full"; exit 1; }
    echo "pip talks a lot" ;;
*-m\\ ruff\\ check*) [ ! -e "$state/lint" ] || exit 7 ;;
*-m\\ mypy*) [ ! -e "$state/types" ] || { echo "error: a type"; exit 5; } ;;
*-m\\ teachback*)
    { printf '<%s>' "$@"; echo " in $PWD"; echo "libraries: ${DYLD_FALLBACK_LIBRARY_PATH-}"; } \
>>"$calls"
    echo "from the program"; exit 3 ;;
esac
"""
UV = """
case "$1" in
venv) mkdir -p "$5/bin" && cp "$state/venv-python" "$5/bin/python" ;;
esac
"""
APT_GET = """
case "$1" in
install)
    rm -f "$state/no-pango" "$state/no-venv" "$state/old-python"
    cp "$state/python3" "$bin/python3" ;;
esac
"""
SUDO = """
[ ! -e "$state/sudo-asks" ] || exit 1
shift && "$@"
"""


class Machine:
    """A computer with a project folder, a user's folder, and only the commands of a test."""

    def __init__(self, folder: Path) -> None:
        """Make a Debian machine with Python, Pango and apt-get, and a user who is not root."""
        self.project = folder / "the project"
        self.desk = folder / "desk"
        self.bin = folder / "bin"
        self.state = folder / "state"
        self.log = folder / "calls"
        for made in (self.project, self.desk, self.bin, self.state):
            made.mkdir()
        for tool in REAL_TOOLS:
            found = shutil.which(tool)
            assert found is not None, tool
            (self.bin / tool).symlink_to(found)
        self.give("uname", "echo Linux")
        self.give("id", "echo 1000")
        self.give("apt-get", APT_GET)
        self.give("python3", PYTHON3)
        self.give("python3", PYTHON3, self.state)
        self.give("python", VENV_PYTHON, self.state).rename(self.state / "venv-python")
        shutil.copy(ROOT / "teachback", self.project)
        for name in ("pyproject.toml", "constraints.txt"):
            (self.project / name).write_text(f"# {name}\n", encoding="utf-8")

    def give(self, name: str, script: str, folder: Path | None = None) -> Path:
        """Add a command to the machine."""
        quoted = (f"{word}='{path}'" for word, path in self.places().items())
        start = ["#!/bin/sh", *quoted, f'echo "{name} $*" >>"$calls"']
        path = (folder or self.bin) / name
        path.write_text("\n".join([*start, script.strip(), ""]), encoding="utf-8")
        path.chmod(0o755)
        return path

    def places(self) -> dict[str, Path]:
        """Return the paths that every stand-in knows."""
        return {"calls": self.log, "state": self.state, "bin": self.bin}

    def set(self, *flags: str) -> None:
        """Change what the stand-ins do."""
        for flag in flags:
            (self.state / flag).touch()

    def popen(self, *words: str, launcher: Path | None = None) -> subprocess.Popen[str]:
        """Start the launcher from the user's folder without waiting."""
        return subprocess.Popen(
            [launcher or self.project / "teachback", *words],
            cwd=self.desk,
            env={"PATH": str(self.bin)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, *words: str, launcher: Path | None = None) -> tuple[int, str, str]:
        """Run the launcher, and return its exit code, stdout and stderr."""
        running = self.popen(*words, launcher=launcher)
        stdout, stderr = running.communicate(timeout=300)
        return running.returncode, stdout, stderr

    def calls(self) -> list[str]:
        """Return the calls of the stand-ins since the last time."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line for line in lines if line.strip() not in ("uname", "id -u")]

    def installs(self) -> list[str]:
        """Return the words `venv` and `install` in the order in which they were called."""
        return [word for call in self.calls() for word in call.split() if word in ONE_INSTALL]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a fresh machine; a space in its paths tests the launcher's quotes."""
    folder = tmp_path / "a disk"
    folder.mkdir()
    return Machine(folder)


def test_first_start_installs_and_hands_over(machine: Machine) -> None:
    """The first start makes .venv, installs only what the program needs, and runs it."""
    code, stdout, stderr = machine.start("build", "two words", "")

    assert (code, stdout) == (RAN, "from the program\n")
    assert stderr == "Teachback: first start, installing (about a minute) ...\n"
    calls = machine.calls()
    assert [call for call in calls if call.endswith(" off -e . -c constraints.txt")]
    assert not any("--group" in call or call.startswith("apt-get") for call in calls)
    assert f"<-P><-m><teachback><build><two words><> in {machine.desk}" in calls


def test_second_start_installs_nothing(machine: Machine) -> None:
    """The second start calls only the program, and prints nothing."""
    machine.start("build")
    machine.calls()

    code, stdout, stderr = machine.start("check", "a b")

    assert (code, stdout, stderr) == (RAN, "from the program\n", "")
    assert machine.calls()[:2] == [
        "python -P -m teachback check a b",
        f"<-P><-m><teachback><check><a b> in {machine.desk}",
    ]


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml"])
def test_changed_parts_are_installed_anew(machine: Machine, name: str) -> None:
    """A change of the dependencies makes a new .venv, with nothing left of the old one."""
    machine.start("build")
    machine.calls()
    left_over = machine.project / ".venv/lib/old.py"
    left_over.parent.mkdir()
    left_over.touch()
    (machine.project / name).write_text("changed\n", encoding="utf-8")

    _, _, stderr = machine.start("build")

    assert "something changed" in stderr
    assert machine.installs() == ONE_INSTALL
    assert not left_over.exists()


def test_a_linked_environment_is_not_emptied(machine: Machine) -> None:
    """Behind a link is another checkout's .venv; the message says what to do."""
    other = machine.project.parent / "other"
    other.mkdir()
    (other / "kept").touch()
    (machine.project / ".venv").symlink_to(other)

    code, _, stderr = machine.start("build")

    assert code == 1
    assert "/.venv is a link to another folder. Remove the link" in stderr
    assert [path.name for path in other.iterdir()] == ["kept"]


def test_moved_folder_is_installed_anew(machine: Machine) -> None:
    """A project folder that was moved gets a new .venv, since a .venv contains its own path."""
    machine.start("build")
    machine.calls()
    machine.project = machine.project.rename(machine.project.with_name("moved"))

    machine.start("build")

    assert machine.installs() == ONE_INSTALL
    machine.start("build")
    assert machine.installs() == []


@pytest.mark.parametrize("lost", [".ready", ".installed"])
def test_half_finished_install_is_repaired(machine: Machine, lost: str) -> None:
    """A start that was killed midway leaves a lock and no stamp; the next start repairs it."""
    machine.start("build")
    machine.calls()
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    (machine.project / ".venv/.starting").symlink_to(str(ended.pid))
    for stamp in {lost, ".ready"}:
        (machine.project / ".venv" / stamp).unlink()

    code, _, _ = machine.start("build")

    assert code == RAN
    assert not (machine.project / ".venv/.starting").is_symlink()
    assert machine.installs() == (ONE_INSTALL if lost == ".installed" else [])
    machine.start("build")
    assert machine.installs() == []


def test_two_starts_at_once_install_once(machine: Machine) -> None:
    """Of two first starts at the same time one installs, the other waits for it and says so."""
    machine.set("slow-pip")
    both = [machine.popen("build"), machine.popen("build")]
    said = "".join(running.communicate(timeout=300)[1] for running in both)

    assert [running.returncode for running in both] == [RAN, RAN]
    assert "is installing; waiting for it" in said
    assert machine.installs() == ONE_INSTALL


@pytest.mark.parametrize(
    ("flags", "lacks", "packages"),
    [
        (["no-pango"], "Pango is missing", PANGO),
        (["no-venv"], "Python's venv module is missing", f"python3-venv {PANGO}"),
        (["old-python"], "Python is older than 3.11", f"python3.11 python3.11-venv {PANGO}"),
        ([], "Python 3.11 or newer is missing", f"python3 python3-venv {PANGO}"),
    ],
)
def test_without_rights_the_exact_command_is_printed(
    machine: Machine, flags: list[str], lacks: str, packages: str
) -> None:
    """Without rights to install, it prints the one command to type, and works after that."""
    machine.set("sudo-asks", *flags)
    machine.give("sudo", SUDO)
    if not flags:
        (machine.bin / "python3").unlink()

    code, stdout, stderr = machine.start("build")

    assert (code, stdout) == (1, "")
    assert stderr.splitlines()[-2:] == [
        f"Teachback: {lacks}. Type this, then start again:",
        f"Teachback:     sudo sh -c 'apt-get update && apt-get install -y {packages}'",
    ]
    assert not any(call.startswith("apt-get") for call in machine.calls())

    subprocess.run([machine.bin / "apt-get", "install"], check=True, env={"PATH": str(machine.bin)})
    assert machine.start("build")[0] == RAN


def test_without_sudo_the_command_uses_su(machine: Machine) -> None:
    """A machine without sudo gets a command that works there."""
    machine.set("no-pango")

    code, _, stderr = machine.start("build")

    assert code == 1
    assert f"    su -c 'apt-get update && apt-get install -y {PANGO}'\n" in stderr


def test_pango_is_not_waited_for_twice(machine: Machine) -> None:
    """The start after that command does not install the Python packages again."""
    machine.set("no-pango")
    machine.start("build")
    machine.calls()
    (machine.state / "no-pango").unlink()

    code, _, _ = machine.start("build")

    assert code == RAN
    assert machine.installs() == []


@pytest.mark.parametrize("user", ["root", "sudo"])
def test_with_rights_it_installs_what_the_system_lacks(machine: Machine, user: str) -> None:
    """As root, or with a sudo that needs no password, it installs Pango itself and continues."""
    machine.set("no-pango")
    machine.give(*(("id", "echo 0") if user == "root" else ("sudo", SUDO)))

    code, _, stderr = machine.start("build")

    assert code == RAN
    assert f"Teachback: Pango is missing; installing {PANGO} ...\n" in stderr
    calls = machine.calls()
    assert calls.index("apt-get update") < calls.index(f"apt-get install -y {PANGO}")


def test_newer_python_is_found_beside_an_old_one(machine: Machine) -> None:
    """Where python3 is too old, a newer one with its number in its name is used."""
    machine.give("python3", "exit 1")
    machine.give("python3.12", PYTHON3)

    assert machine.start("build")[0] == RAN
    assert f"python3.12 -m venv {machine.project}/.venv" in machine.calls()


def test_uv_is_used_where_it_is(machine: Machine) -> None:
    """With uv on the PATH, uv makes the .venv and installs; python3 and pip are not called."""
    machine.give("uv", UV)

    assert machine.start("build")[0] == RAN
    calls = machine.calls()
    python = machine.project / ".venv/bin/python"
    assert f"uv pip install --python {python} -e . -c constraints.txt" in calls
    assert not any(call.startswith("python3") or "-m pip" in call for call in calls)


def test_system_python_is_used_where_uv_finds_none(machine: Machine) -> None:
    """When uv cannot fetch a Python, the system's own is used."""
    machine.give("uv", '[ "$1" != venv ]')

    assert machine.start("build")[0] == RAN
    assert f"python3 -m venv {machine.project}/.venv" in machine.calls()


@pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS takes DYLD_* away from a stand-in in sh"
)
def test_macos_uses_homebrew(machine: Machine) -> None:
    """On macOS Pango comes from Homebrew, and the program can find it there."""
    machine.set("no-pango")
    machine.give("uname", "echo Darwin")
    machine.give("brew", 'rm "$state/no-pango"')

    assert machine.start("build")[0] == RAN
    calls = machine.calls()
    assert "brew install pango" in calls
    assert "libraries: /opt/homebrew/lib:/usr/local/lib:/usr/lib" in calls


def test_failing_pip_shows_the_end_of_its_log(machine: Machine) -> None:
    """When pip fails, its last lines are shown without addresses; the next start tries again."""
    machine.set("broken-pip")

    code, stdout, stderr = machine.start("build")

    assert (code, stdout) == (1, "")
    assert "Teachback: could not install (is there a network?); the end of " in stderr
    assert stderr.endswith("\n    at (address) the disk is full\n")
    assert "//" not in stderr
    assert not list((machine.project / ".venv").glob(".ready*"))
    assert not (machine.project / ".venv/.installed").exists()

    (machine.state / "broken-pip").unlink()
    assert machine.start("build")[0] == RAN


@pytest.mark.parametrize("relative", [False, True])
def test_start_through_symlinks(machine: Machine, *, relative: bool) -> None:
    """Called through a link to a link, it finds its own project and stays in the user's folder."""
    near = machine.project.parent / "near"
    target = machine.project / "teachback"
    near.symlink_to(Path(machine.project.name, "teachback") if relative else target)
    far = machine.desk / "tb"
    far.symlink_to(Path("..", "near") if relative else near)

    assert machine.start("build", launcher=far)[0] == RAN
    assert f"<-P><-m><teachback><build> in {machine.desk}" in machine.calls()
    assert (machine.project / ".venv/.ready").exists()


def test_word_test_runs_everything_in_order(machine: Machine) -> None:
    """`test` also installs its tools, and runs linters, and then tests with types beside them."""
    machine.start("build")
    machine.calls()

    code, _, stderr = machine.start("test")

    assert (code, stderr) == (0, "Teachback: installing the test tools (about a minute) ...\n")
    calls = machine.calls()
    assert len([call for call in calls if " install " in call]) == 1
    assert calls[-5:-2] == [
        "python -m ruff check .",
        "python -m ruff format --check .",
        "python -c from importlinter.cli import lint_imports_command as lint; lint() --no-cache",
    ]
    assert set(calls[-2:]) == {"python -m mypy", "python -m pytest"}
    machine.start("test")
    assert machine.installs() == []


def test_word_test_passes_arguments_to_pytest_alone(machine: Machine) -> None:
    """With arguments `test` runs only pytest, so that one test can be tried quickly."""
    assert machine.start("test", "-k", "card or page")[0] == 0
    assert machine.calls()[-1] == "python -m pytest -k card or page"
    machine.start("test", "-x")
    assert machine.calls() == ["python -m pytest -x"]


def test_word_test_stops_at_the_first_failure(machine: Machine) -> None:
    """A failing linter ends `test` with the linter's exit code, before types and tests."""
    machine.set("lint")

    assert machine.start("test")[0] == LINT_FAILED
    assert machine.calls()[-1] == "python -m ruff check ."


def test_wrong_types_fail_a_run_whose_tests_pass(machine: Machine) -> None:
    """What mypy says is below the results of the tests."""
    machine.set("types")

    code, stdout, _ = machine.start("test")
    assert (code, stdout.splitlines()[-1]) == (TYPES_FAILED, "error: a type")


def test_old_pip_is_renewed_before_the_test_tools(machine: Machine) -> None:
    """A pip that does not know dependency groups is upgraded first."""
    machine.set("old-pip")

    assert machine.start("test")[0] == 0
    installs = [call for call in machine.calls() if " install " in call]
    assert [call.partition(" off ")[2] for call in installs] == [
        "-e . -c constraints.txt",
        "pip>=25.1",
        "--group test -c constraints.txt",
    ]


def test_killed_test_install_leaves_the_program_alone(machine: Machine) -> None:
    """A test install that was killed is repaired by `test`; other words start as before."""
    machine.start("build")
    machine.calls()
    (machine.project / ".venv/.ready-test").write_text("unfinished\n", encoding="utf-8")

    assert machine.start("build")[2] == ""
    assert machine.installs() == []
    assert machine.start("test")[0] == 0
    assert machine.installs() == [*ONE_INSTALL, "install"]


EXTRAS = (
    "[project.optional-dependencies]\n# A remark.\ncluster = []\nserve = []\n\n[other]\nno = 1\n"
)


def test_word_add_installs_an_extra_which_a_new_install_keeps(machine: Machine) -> None:
    """`add` installs an extra into .venv; a changed program is installed with all of them."""
    (machine.project / "pyproject.toml").write_text(EXTRAS, encoding="utf-8")
    machine.start("build")
    for extra in ("cluster", "serve"):
        machine.calls()
        assert machine.start("add", extra)[0] == 0
        (call,) = [call for call in machine.calls() if " install " in call]
        assert call.endswith(f"-e .[{extra}] -c constraints.txt")

    (machine.project / "constraints.txt").write_text("changed\n", encoding="utf-8")
    machine.start("build")

    assert any(call.endswith("-e .[cluster,serve] -c constraints.txt") for call in machine.calls())


@pytest.mark.parametrize("words", [("add",), ("add", "no"), ("add", "clus"), ("add", "-e")])
def test_word_add_names_the_extras_that_there_are(machine: Machine, words: tuple[str, ...]) -> None:
    """Another word installs nothing, and the message lists what can be added."""
    (machine.project / "pyproject.toml").write_text(EXTRAS, encoding="utf-8")
    machine.start("build")
    machine.calls()

    code, _, stderr = machine.start(*words)

    assert code == 1
    assert "there is no extra" in stderr
    assert stderr.splitlines()[1:] == ["Teachback: cluster", "Teachback: serve"]
    assert machine.installs() == []


def test_the_first_serve_installs_its_extra(machine: Machine) -> None:
    """`serve` installs what it needs once, beside other extras, and then starts the program."""
    (machine.project / "pyproject.toml").write_text(EXTRAS, encoding="utf-8")
    machine.start("add", "cluster")
    machine.calls()

    assert machine.start("serve", "--port", "1")[0] == RAN
    (call,) = [call for call in machine.calls() if " install " in call]
    assert call.endswith("-e .[serve] -c constraints.txt")
    assert machine.start("serve")[0] == RAN
    assert machine.installs() == []


def test_an_extra_that_cannot_be_installed_is_not_remembered(machine: Machine) -> None:
    """After a failed download the program still starts, and is installed without the extra."""
    (machine.project / "pyproject.toml").write_text(EXTRAS, encoding="utf-8")
    machine.start("build")
    machine.set("broken-pip")
    assert machine.start("add", "cluster")[0] == 1
    assert machine.start("build")[0] == RAN
    assert not (machine.project / ".venv/.extras").exists()
