"""Run a print server of CUPS for a test: its own folders and socket, and one queue."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CUPSD = shutil.which("cupsd", path="/usr/sbin:/usr/local/sbin")
QUEUE = "ward"
# As docs/serve.md advises.
SETTINGS = """\
Listen {root}/socket
Browsing No
WebInterface No
PreserveJobFiles No
PreserveJobHistory No
LogLevel debug2
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
FILES = """\
ServerRoot {root}/etc
ServerBin {root}/bin
RequestRoot {root}/spool
TempDir {root}/spool/tmp
StateDir {root}/run
CacheDir {root}/cache
ErrorLog {root}/log/error
AccessLog {root}/log/access
PageLog {root}/log/page
Printcap {root}/printcap
"""
# A raw queue: what is sent comes out as it is.
PRINTERS = """\
<Printer {queue}>
DeviceURI paper:/tray
State Idle
Accepting Yes
</Printer>
"""
# CUPS calls it with: job, user, title, copies, options, file.
PRINTER = """\
#!/bin/sh
[ $# -gt 0 ] || exit 0
number=$(ls '{paper}' | wc -l)
printf '%s\\n' "$3" "$4" "$5" >'{paper}/'$number.job
cat "$6" >'{paper}/'$number.pdf
"""
# Before the real `lp`: it keeps what other programs can see of it.
LP = """\
#!/bin/sh
cat /proc/$$/cmdline /proc/$$/environ >>'{root}/log/lp'
exec {lp} "$@"
"""


@dataclass(frozen=True)
class PrintedJob:
    """A job as it reached the printer: its title, how many copies, its options, and the file."""

    title: str
    copies: int
    options: dict[str, str]
    pdf: bytes


@dataclass(frozen=True)
class PrivateCups:
    """A print server: the folder of what it keeps, and that of what came out of its printer."""

    root: Path
    paper: Path
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which `lp` finds it."""
        return {"CUPS_SERVER": f"{self.root}/socket"}

    @property
    def path(self) -> Path:
        """The folder of the `lp` that is watched."""
        return self.root / "path"

    def jobs(self, number: int) -> list[PrintedJob]:
        """Wait until so many jobs came out of the printer, and return them."""
        end = time.monotonic() + 60
        while len(list(self.paper.glob("*.pdf"))) < number or list(self.root.glob("spool/c*")):
            assert time.monotonic() < end
            time.sleep(0.05)
        return [self._job(one) for one in sorted(self.paper.glob("*.job"))]

    def _job(self, path: Path) -> PrintedJob:
        title, copies, options = path.read_text(encoding="utf-8").splitlines()
        parted = dict(one.partition("=")[::2] for one in options.split())
        return PrintedJob(title, int(copies), parted, path.with_suffix(".pdf").read_bytes())


@contextmanager
def private_cups() -> Iterator[PrivateCups]:
    """Start a print server in a folder of its own, whose path is short enough for a socket."""
    assert CUPSD is not None
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as paper:
        root, printed = Path(folder), Path(paper)
        for name in ("etc", "bin/backend", "bin/daemon", "run", "cache", "log", "path"):
            (root / name).mkdir(parents=True)
        for name in ("spool", "spool/tmp"):
            (root / name).mkdir()
        runner = Path("/usr/lib/cups/daemon/cups-exec")
        shutil.copy(runner, root / "bin" / "daemon")
        names = {"root": root, "paper": printed, "queue": QUEUE, "lp": shutil.which("lp")}
        files = {
            "etc/cupsd.conf": SETTINGS,
            "etc/cups-files.conf": FILES,
            "etc/printers.conf": PRINTERS,
            "bin/backend/paper": PRINTER,
            "path/lp": LP,
        }
        for name, text in files.items():
            (root / name).write_text(text.format(**names), encoding="utf-8")
        # Only a backend that nobody else may read runs as the server's own user.
        (root / "bin" / "backend" / "paper").chmod(0o700)
        (root / "path" / "lp").chmod(0o755)
        command = [CUPSD, "-f", "-c", f"{root}/etc/cupsd.conf", "-s", f"{root}/etc/cups-files.conf"]
        with subprocess.Popen(command) as process:
            try:
                end = time.monotonic() + 60
                while not (root / "socket").exists():
                    assert process.poll() is None
                    assert time.monotonic() < end
                    time.sleep(0.05)
                yield PrivateCups(root, printed, process)
            finally:
                process.kill()
