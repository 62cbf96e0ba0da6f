"""Build a Debian package of the program, its pinned libraries and the front desk's service.

    python3 tools/build_deb.py

It writes build/teachback_VERSION_ARCHITECTURE.deb. It needs git, dpkg-deb, and pip, which fetches
the libraries. To install the package needs no network: see docs/clinic-server.md.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGING = ROOT / "packaging"
# Where the package puts files of packaging/, and with which mode.
FILES = {
    "teachback": ("usr/bin/teachback", 0o755),
    "teachback-desk": ("usr/sbin/teachback-desk", 0o755),
    "teachback-desk.default": ("etc/default/teachback-desk", 0o644),
    "teachback-desk.service": ("lib/systemd/system/teachback-desk.service", 0o644),
    "Caddyfile": ("usr/share/doc/teachback/examples/Caddyfile", 0o644),
    "nginx.conf": ("usr/share/doc/teachback/examples/nginx.conf", 0o644),
    "teachback-kiosk.desktop": ("usr/share/doc/teachback/examples/teachback-kiosk.desktop", 0o644),
}
DOCS = ("serve.md", "clinic-server.md")
SCRIPTS = ("postinst", "prerm", "postrm")
COPYRIGHT = """
The libraries below /usr/lib/teachback have licences of their own: see LICENSE files in the folders
whose names end in .dist-info.
"""
# What the libraries' names call an architecture of Debian.
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def run(*words: str, cwd: Path = ROOT) -> str:
    """Run a program, and return its output."""
    done = subprocess.run(words, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- git, pip and dpkg
    return done.stdout.strip()


def version() -> str:
    """Return the program's version with the time of its last commit, so that later ones are newer."""
    init = (ROOT / "src" / "teachback" / "__init__.py").read_text(encoding="utf-8")
    (number,) = re.findall(r'^__version__ = "(.+)"$', init, re.MULTILINE)
    when = run("git", "log", "-1", "--format=%cd", "--date=format-local:%Y%m%d.%H%M%S")
    return f"{number}+{when}"


def fetch(folder: Path, python: str, architecture: str) -> None:
    """Install the program with the extra `serve`, and its pinned libraries, into a folder."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    with tempfile.TemporaryDirectory() as wheels:
        run(*pip, "wheel", "--no-deps", "--wheel-dir", wheels, str(ROOT))
        (wheel,) = Path(wheels).glob("*.whl")
        machine = MACHINES[architecture]
        shapes = [f"manylinux_2_{minor}_{machine}" for minor in range(17, 37)]
        platforms = [
            word for one in (*shapes, f"manylinux2014_{machine}") for word in ("--platform", one)
        ]
        run(
            *(*pip, "install", "--no-compile", "--only-binary=:all:", "--implementation", "cp"),
            *("--python-version", python, *platforms, "--target", str(folder)),
            *("-c", str(ROOT / "constraints.txt"), f"{wheel}[serve]"),
        )
    # Launchers of the libraries, with the path of this machine in them.
    shutil.rmtree(folder / "bin", ignore_errors=True)


def lay_out(stage: Path, libraries: Path, python: str, architecture: str) -> None:
    """Write the package's tree into a folder. `libraries` is moved there."""
    home = stage / "usr" / "lib" / "teachback"
    packages = home / "lib" / f"python{python}" / "site-packages"
    packages.parent.mkdir(parents=True)
    shutil.move(libraries, packages)
    (home / "bin").mkdir()
    (home / "bin" / "python").symlink_to(f"/usr/bin/python{python}")
    (home / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {python}\n", encoding="ascii")
    for name, (place, mode) in FILES.items():
        copy(PACKAGING / name, stage / place, mode)
    doc = stage / "usr" / "share" / "doc" / "teachback"
    for name in DOCS:
        copy(ROOT / "docs" / name, doc / name, 0o644)
    copy(ROOT / "LICENSE", doc / "copyright", 0o644)
    with (doc / "copyright").open("a", encoding="utf-8") as file:
        file.write(COPYRIGHT)
    for name in SCRIPTS:
        copy(PACKAGING / "debian" / name, stage / "DEBIAN" / name, 0o755)
    conffiles = (f"/{place}\n" for place, _ in FILES.values() if place.startswith("etc/"))
    (stage / "DEBIAN" / "conffiles").write_text("".join(conffiles), encoding="ascii")
    major, _, minor = python.partition(".")
    kib = sum(path.lstat().st_size for path in stage.rglob("*") if path.is_file()) // 1024
    control = (PACKAGING / "debian" / "control").read_text(encoding="utf-8")
    (stage / "DEBIAN" / "control").write_text(
        control.format(
            version=version(),
            architecture=architecture,
            maintainer=os.environ.get("DEBEMAIL", "the Teachback authors"),
            size=kib,
            python=python,
            next_python=f"{major}.{int(minor) + 1}",
        ),
        encoding="utf-8",
    )


def copy(file: Path, to: Path, mode: int) -> None:
    """Copy a file with a mode, and make its folder."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, to)
    to.chmod(mode)


def pack(stage: Path, output: Path, *compression: str) -> Path:
    """Write the package of a tree into a folder, all files as root's, and return it."""
    for path in stage.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    stage.chmod(0o755)
    output.mkdir(parents=True, exist_ok=True)
    when = run("git", "log", "-1", "--format=%ct")
    run(
        "env",
        f"SOURCE_DATE_EPOCH={when}",
        "dpkg-deb",
        "--root-owner-group",
        *compression,
        "--build",
        str(stage),
        str(output),
    )
    return max(output.glob("teachback_*.deb"), key=lambda path: path.stat().st_mtime)


def main() -> None:
    """Build the package for a version of Python and an architecture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--python", default="3.11", help="Debian's Python; 3.11 is that of Debian 12"
    )
    parser.add_argument("--architecture", default="amd64", choices=MACHINES)
    parser.add_argument("--output", type=Path, default=ROOT / "build")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        libraries, stage = Path(folder, "libraries"), Path(folder, "stage")
        fetch(libraries, asked.python, asked.architecture)
        lay_out(stage, libraries, asked.python, asked.architecture)
        print(pack(stage, asked.output))


if __name__ == "__main__":
    main()
