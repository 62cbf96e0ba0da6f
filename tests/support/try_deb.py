"""Install the Debian package in a folder with the files of a Debian, use the desk, and purge it.

    python3 tests/support/try_deb.py build/teachback_VERSION_amd64.deb FOLDER

The folder is one of debootstrap; the packages that this one depends on are in its debs/, readable
by everyone. Nothing is fetched. With `--this-machine` the files are those of this machine, and what
the package writes stays in memory. It needs root, and a namespace of its own for what it mounts:

    unshare --mount python3 tests/support/try_deb.py ...
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "var/lib/teachback"
DEFAULTS = "etc/default/teachback-desk"
UNIT = "lib/systemd/system/teachback-desk.service"
HOST = "desk.clinic.example"
PERSON, PASSWORD = "Ward 3", "four words in a row"  # of no real clinic
CLINIC = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def tell(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def mount(*words: str) -> None:
    """Mount something in our own namespace; it is gone with us."""
    subprocess.run(["mount", *words], check=True)


def files_of_this_machine(folder: Path, also: list[Path]) -> Path:
    """Return a root folder that shows this machine, and keeps in memory what is written to it.

    `also` are folders that may be on other disks.
    """
    mount("-t", "tmpfs", "memory", str(folder))
    root = folder / "root"
    for name in ("root", "written", "work"):
        (folder / name).mkdir()
    layers = f"lowerdir=/,upperdir={folder / 'written'},workdir={folder / 'work'}"
    mount("-t", "overlay", "files", "-o", layers, str(root))
    for one in also:
        there = root / one.relative_to("/")
        there.mkdir(parents=True, exist_ok=True)
        mount("--bind", "-o", "ro", str(one), str(there))
    return root


def within(root: Path, *words: str, said: str = "", fails: int = 0, alone: bool = False) -> str:
    """Run a command in a root folder, and return what it said. It must end with the code `fails`.

    With `alone` it has no network.
    """
    before = ["unshare", "--net"] if alone else []
    done = subprocess.run(
        [*before, "chroot", str(root), *words],
        input=said,
        env=CLINIC,
        check=False,
        capture_output=True,
        text=True,
    )
    output = f"{done.stdout}{done.stderr}"
    assert done.returncode == fails, f"{words}: {done.returncode}\n{output[-2000:]}"
    return output


def command(root: Path) -> list[str]:
    """Return the command of the unit, as the service starts it, with the options of /etc/default."""
    unit = dict(
        re.findall(r"^(\w+)=(.*)$", (root / UNIT).read_text(encoding="utf-8"), re.MULTILINE)
    )
    environment = [
        f"STATE_DIRECTORY=/var/lib/{unit['StateDirectory']}",
        *re.findall(r"^Environment=(.*)$", (root / UNIT).read_text(encoding="utf-8"), re.MULTILINE),
    ]
    start = f". {unit['EnvironmentFile']}; cd {unit['WorkingDirectory']}; exec {unit['ExecStart']}"
    user = ["setpriv", "--reuid", unit["User"], "--regid", unit["Group"], "--init-groups"]
    return [*user, "env", *environment, "sh", "-c", start]


@contextmanager
def started(root: Path) -> Iterator[str]:
    """Start the service's command, which may write to its state folder alone; yield what it says."""
    # What ProtectSystem=strict does, by hand. The command's own namespace keeps it from the rest.
    read_only = f"mount --rbind {root} {root} && mount -o remount,bind,ro {root}"
    read_only += f" && mount --bind {root / HOME} {root / HOME}"
    read_only += f" && mount -o remount,bind,rw {root / HOME}"
    read_only += f" && mount --bind -o ro {root / HOME / 'clinic'} {root / HOME / 'clinic'}"
    read_only += f" && mount --bind {root / 'tmp'} {root / 'tmp'}"
    read_only += f" && mount -o remount,bind,rw {root / 'tmp'}"
    words = ["unshare", "--mount", "sh", "-c", f'{read_only} && exec chroot {root} "$@"', "sh"]
    with subprocess.Popen(
        [*words, *command(root)], stdout=subprocess.PIPE, text=True, env=CLINIC
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def free_port() -> int:
    """Return a port that nothing listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Browser:
    """What a browser of the clinic sends, through the proxy of this machine."""

    def __init__(self, port: int) -> None:
        """Connect to the desk."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "X-Teachback": "1",
            "X-Forwarded-For": "192.0.2.7",
            "X-Forwarded-Proto": "https",
            "Content-Type": "application/json",
        }

    def ask(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body))
        self._connection.request(method, path, sent, self._headers)
        answer = self._connection.getresponse()
        if cookie := answer.headers.get("Set-Cookie"):
            self._headers["Cookie"] = cookie.partition(";")[0]
        return answer.status, answer.read()


def use(port: int) -> None:
    """Enter, and print a handout."""
    browser = Browser(port)
    assert browser.ask("/desk/topics")[0] == 401
    assert browser.ask("/enter", {"name": PERSON, "password": PASSWORD})[0] == 204
    topics = json.loads(browser.ask("/desk/topics")[1])["topics"]
    (choice,) = [
        one
        for one in topics[0]["choices"]
        if (one["depth"], one["size"], one["paper"]) == ("full", "standard", "letter")
    ][:1]
    choice.pop("missing")
    status, opened = browser.ask("/desk/edition", {"topic": topics[0]["id"], **choice})
    assert status == 200, opened
    status, pdf = browser.ask("/desk/print", {"key": json.loads(opened)["key"], "values": {}})
    assert (status, pdf[:5]) == (200, b"%PDF-"), pdf


def try_package(root: Path, package: Path) -> None:
    """Install, set up as a clinic does, use, remove and purge. Raises AssertionError."""
    mount("-t", "proc", "proc", str(root / "proc"))
    mount("--rbind", "/dev", str(root / "dev"))
    (root / "tmp" / package.name).write_bytes(package.read_bytes())
    file = f"/tmp/{package.name}"  # noqa: S108 -- of the folder
    others = sorted(f"/debs/{path.name}" for path in (root / "debs").glob("*.deb"))
    if others:  # in their order, which dpkg does not know, and without a network
        within(
            root,
            "apt-get",
            "install",
            "--yes",
            "--no-install-recommends",
            *others,
            file,
            alone=True,
        )
    else:
        within(root, "dpkg", "--force-unsafe-io", "--install", file)
    enabled = root / "etc/systemd/system/multi-user.target.wants/teachback-desk.service"
    assert not os.path.lexists(enabled), "the service is enabled before it is set up"
    assert "Restart=on-failure" in (root / UNIT).read_text(encoding="utf-8")
    port = free_port()
    defaults = (root / DEFAULTS).read_text(encoding="utf-8")
    (root / DEFAULTS).write_text(defaults.replace('S="', f'S="--port {port} '), encoding="utf-8")

    told = within(root, *command(root), fails=2)
    assert "teachback-desk init ." in told, told
    within(root, "teachback-desk", "init", ".")
    told = within(root, *command(root), fails=2)
    assert "teachback-desk serve --add-person" in told, told
    twice = f"{PASSWORD}\n{PASSWORD}\n"
    within(root, "teachback-desk", "serve", "--add-person", PERSON, said=twice)
    since = time.monotonic()
    with started(root) as address:
        assert address == f"https://{HOST}", address
        tell(f"started after {time.monotonic() - since:.1f} s")
        use(port)
        end = time.monotonic() + 60
        while not (root / HOME / "archive" / "journal.jsonl").exists():
            assert time.monotonic() < end, "what was printed is not in the archive"
            time.sleep(0.2)
    (line,) = (root / HOME / "state" / "printed.jsonl").read_text(encoding="ascii").splitlines()
    assert json.loads(line)["who"] == PERSON
    tell(f"printed and kept in the archive after {time.monotonic() - since:.1f} s")

    content = sorted(path for path in (root / HOME).rglob("*") if path.is_file())
    within(root, "dpkg", "--remove", "teachback")
    assert not (root / "usr/lib/teachback").exists()
    assert (root / DEFAULTS).exists()
    assert "kept what is the clinic's" in within(root, "dpkg", "--purge", "teachback")
    assert not (root / DEFAULTS).exists()
    assert sorted(path for path in (root / HOME).rglob("*") if path.is_file()) == content
    left = within(
        root, "dpkg-query", "--show", "--showformat=${db:Status-Abbrev}", "teachback", fails=1
    )
    assert "no packages found" in left, left


def main() -> None:
    """Try a package in a folder, or with the files of this machine."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--this-machine", action="store_true")
    parser.add_argument("--also", type=Path, action="append", default=[], help="a folder to show")
    asked = parser.parse_args()
    root = asked.folder
    if asked.this_machine:
        root = files_of_this_machine(asked.folder, asked.also)
    try_package(root, asked.package)
    tell("installed, used, removed, purged")


if __name__ == "__main__":
    main()
