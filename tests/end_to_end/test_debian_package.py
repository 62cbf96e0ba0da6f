"""The files of packaging/ fit the program, and the Debian package can be installed and taken away."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from teachback.cli.serve_command import serve_command
from tools.build_deb import FILES, lay_out, pack

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
TEXTS = {
    path.name: path.read_text(encoding="utf-8")
    for path in PACKAGING.rglob("*")
    if path.is_file() and "fonts" not in path.relative_to(PACKAGING).parts
}
TRIAL = ROOT / "tests" / "support" / "try_deb.py"
SYSTEM_PYTHON = Path("/usr/bin/python3.11")
HERE = os.geteuid() == 0 and SYSTEM_PYTHON.exists() and shutil.which("dpkg") is not None


def served() -> list[tuple[str, list[str]]]:
    """Return the options with which the files of packaging/ start `teachback serve`."""
    (options,) = re.findall('^DESK_OPTIONS="(.*)"$', TEXTS["teachback-desk.default"], re.MULTILINE)
    (start,) = re.findall("^ExecStart=(.*)$", TEXTS["teachback-desk.service"], re.MULTILINE)
    unit = start.replace("$DESK_OPTIONS", options)
    (added,) = re.findall(r"^#     teachback-desk (.*)$", TEXTS["teachback-desk"], re.MULTILINE)
    return [("unit", shlex.split(unit)[2:]), ("people", shlex.split(added)[1:])]


def test_the_service_starts_the_desk_with_options_that_it_has() -> None:
    """Who changes an option of `teachback serve` changes the files for a clinic's server, too."""
    assert len(served()) == 2
    for name, words in served():
        serve_command.make_context(name, list(words))


def test_all_files_name_one_host_one_port_and_one_folder() -> None:
    """A proxy, a kiosk and the service that are set up from these files find each other."""
    for name in ("Caddyfile", "nginx.conf", "teachback-kiosk.desktop", "teachback-desk.default"):
        assert "desk.clinic.example" in TEXTS[name], name
    port = next(one for one in serve_command.params if one.name == "port").default
    for name in ("Caddyfile", "nginx.conf", "Containerfile"):
        assert str(port) in TEXTS[name], name
    unit = dict(re.findall(r"^(\w+)=(.*)$", TEXTS["teachback-desk.service"], re.MULTILINE))
    assert unit["WorkingDirectory"] == "/var/lib/teachback/clinic"
    for name in ("teachback-desk", "Containerfile"):
        assert unit["WorkingDirectory"] in TEXTS[name], name
        assert f"/var/lib/{unit['StateDirectory']}" in TEXTS[name], name
    assert f"/{FILES['teachback-desk.default'][0]}" == unit["EnvironmentFile"]
    for file in re.findall(
        r"packaging/([\w.-]+)", (ROOT / "docs" / "clinic-server.md").read_text("utf-8")
    ):
        assert file in TEXTS, file


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(not HERE, reason="needs root and Debian 12 (issue 16)")
def test_the_debian_package_serves_a_desk_and_leaves_what_is_the_clinics(tmp_path: Path) -> None:
    """Installed by dpkg, it starts only when set up, prints over HTTP, and purge keeps the content.

    The files are those of this machine; what is written stays in memory. The libraries are those of
    the tests. tests/support/try_deb.py does the same in a folder of debootstrap.
    """
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    libraries = tmp_path / "libraries"
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        archive.extractall(libraries)
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (libraries / "libraries.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")
    lay_out(tmp_path / "stage", libraries, "3.11", "amd64")
    package = pack(tmp_path / "stage", tmp_path, "-Zgzip", "-z1")
    (tmp_path / "root").mkdir()
    also = [word for path in ours for word in ("--also", path)]
    tried = subprocess.run(
        [
            *("unshare", "--mount", sys.executable, str(TRIAL)),
            *(str(package), str(tmp_path / "root"), "--this-machine", *also),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.endswith("installed, used, removed, purged\n")
