"""Measure the front desk under load: keys of many desks while editions are laid out.

Run by hand: `PYTHONPATH=src:tests/support .venv/bin/python tests/benchmark/desk_load.py [SECONDS]`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from handout_with_fields import FILLED

DESKS: Final = 20
KEYS: Final = 4.0
EDITORS: Final = 3
READER: Final = {"topic": "tiny", "language": "en", "audience": "ckd"}
PAPER: Final = {"paper": "letter", "size": "standard", "depth": "full"}


class Visitor:
    """A browser with one connection that stays open."""

    def __init__(self, host: str) -> None:
        """Keep the host; nothing is opened yet."""
        self._host = host
        self._cookie = ""

    async def open(self, secret: str) -> None:
        """Connect and enter."""
        name, _, port = self._host.partition(":")
        self._reader, self._writer = await asyncio.open_connection(name, int(port))
        await self.ask("/enter", {"token": secret})

    async def ask(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 -- any JSON
        """Return the answer to a question."""
        data = json.dumps(body).encode()
        head = [
            f"POST {path} HTTP/1.1",
            f"Host: {self._host}",
            f"Origin: http://{self._host}",
            f"Content-Length: {len(data)}",
            "Content-Type: application/json",
            "X-Teachback: 1",
            f"Cookie: {self._cookie}",
        ]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + data)
        told = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        lines = dict(line.lower().split(": ", 1) for line in told.split("\r\n")[1:] if ": " in line)
        if "set-cookie" in lines:
            start = told.lower().index("set-cookie: ") + len("set-cookie: ")
            self._cookie = told[start:].partition(";")[0]
        found = await self._reader.readexactly(int(lines.get("content-length", 0)))
        status = int(told.split()[1])
        if status >= 400:
            raise RuntimeError(told.splitlines()[0])
        return json.loads(found) if found else None


async def _type(visitor: Visitor, code: str, until: float, waits: list[float]) -> None:
    text = ""
    while time.monotonic() < until:
        begun = time.monotonic()
        text = "" if len(text) > 20 else text + "abcdefgh "[len(text) % 9]
        await visitor.ask("/desk/patch", {"code": code, "values": {"patient": text, "nurse": "By"}})
        waits.append(time.monotonic() - begun)
        await asyncio.sleep(max(0.0, 1 / KEYS - (time.monotonic() - begun)))


async def _change(visitor: Visitor, number: int, until: float) -> None:
    """Open editions that nobody has opened: each card order is one."""
    count = number
    while time.monotonic() < until:
        count = count % 90 + EDITORS
        order = {"stock": "avery-5371", "start_at": 1 + count % 10, "count": 1}
        await visitor.ask("/desk/cards", {**READER, **order})


def _memory(process: int) -> float:
    """Return the memory of a process and its children in MB, each shared page counted once."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    own = sum(
        int(line.split()[1])
        for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
        if line.startswith("Pss:")
    )
    return own / 1024 + sum(_memory(int(child)) for child in children)


async def _load(host: str, secret: str, process: int, seconds: float) -> None:
    visitors = [Visitor(host) for _ in range(DESKS + EDITORS)]
    for visitor in visitors:
        await visitor.open(secret)
    opened = await visitors[0].ask("/desk/edition", {**READER, **PAPER})
    waits: list[float] = []
    until = time.monotonic() + seconds
    before = _memory(process)
    await asyncio.gather(
        *(_type(one, opened["code"], until, waits) for one in visitors[:DESKS]),
        *(_change(one, number, until) for number, one in enumerate(visitors[DESKS:])),
    )
    cuts = quantiles(waits, n=100)
    told = [
        f"{len(waits)} keys of {DESKS} desks in {seconds:g} s, {EDITORS} of them laying out",
        f"patch: median {median(waits) * 1000:.0f} ms, 95 % {cuts[94] * 1000:.0f} ms",
        f"memory: {before:.0f} MB before, {_memory(process):.0f} MB after",
    ]
    sys.stdout.write("\n".join([*told, ""]))


def main(seconds: float) -> None:
    """Start a front desk, and load it."""
    with TemporaryDirectory() as folder:
        handouts = Path(folder) / "content" / "handouts"
        handouts.mkdir(parents=True)
        (handouts / "tiny.yaml").write_text(FILLED, encoding="utf-8")
        words = ["-P", "-m", "teachback", "serve", "--port", "0", "--no-browser"]
        started = subprocess.Popen(
            [sys.executable, *words], cwd=folder, stdout=subprocess.PIPE, text=True
        )
        try:
            assert started.stdout is not None
            host, _, secret = started.stdout.readline().strip()[7:].partition("/enter#")
            asyncio.run(_load(host, secret, started.pid, seconds))
        finally:
            started.terminate()
            started.wait()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
