"""Measure the front desk under load: keys of many desks while editions are laid out.

    PYTHONPATH=src:tests/support .venv/bin/python tests/benchmark/desk_load.py [--minutes N]

Memory is looked at all the time: with ten minutes or more it must not grow. At the end the press
room is killed. The exit code is 1 where a desk got an error, or memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from handout_with_fields import FILLED

if TYPE_CHECKING:
    from collections.abc import Sequence

DESKS: Final = 20
KEYS: Final = 4.0
EDITORS: Final = 3
READER: Final = {"topic": "tiny", "language": "en", "audience": "ckd"}
PAPER: Final = {"paper": "letter", "size": "standard", "depth": "full"}
# More orders of cards than the press room holds open: each is laid out anew when its turn comes.
PLACES: Final = 10
ORDERS: Final = [
    {"stock": stock, "start_at": start, "count": count}
    for stock in ("avery-5371", "southworth-bc554")
    for start in range(1, PLACES + 1)
    for count in range(1, PLACES + 2 - start)
]
LOOKS: Final = 60
# In MB: what may differ between two looks at a program that does not grow.
NOISE: Final = 12.0
SETTLED: Final = 1.0
LONGEST_BACK: Final = 60.0


class Measured(NamedTuple):
    """What a load took: the seconds of each key, memory in MB over time, and errors.

    `back` is in s: from the end of the press room to its next answer.
    """

    waits: list[float]
    memory: list[float]
    laid_out: int
    back: float


def grown(memory: Sequence[float]) -> float:
    """Return by how many MB the last third of the looks is above the third before, or 0."""
    third = len(memory) // 3
    more = median(memory[-third:]) - median(memory[-2 * third : -third])
    return more if more > NOISE else 0.0


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

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()

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


async def _type(visitor: Visitor, key: str, until: float, waits: list[float]) -> None:
    text = ""
    while time.monotonic() < until:
        begun = time.monotonic()
        text = "" if len(text) > 20 else text + "abcdefgh "[len(text) % 9]
        await visitor.ask("/desk/patch", {"key": key, "values": {"patient": text, "nurse": "By"}})
        waits.append(time.monotonic() - begun)
        await asyncio.sleep(max(0.0, 1 / KEYS - (time.monotonic() - begun)))


async def _change(visitor: Visitor, number: int, until: float) -> int:
    """Have cards laid out; return how often."""
    count = number * len(ORDERS) // EDITORS
    while time.monotonic() < until:
        count += 1
        await visitor.ask("/desk/cards", {**READER, **ORDERS[count % len(ORDERS)]})
    return count - number * len(ORDERS) // EDITORS


async def _settled(process: int) -> None:
    """Wait until what is loaded once is loaded: a press room, and the one that may replace it.

    On a busy machine that is half a minute at most: shared pages are counted by who else has them.
    """
    text_visibilities = [0.0]
    while len(text_visibilities) < 5 or (
        len(text_visibilities) < LOOKS
        and max(text_visibilities[-4:]) - min(text_visibilities[-4:]) > SETTLED
    ):
        await asyncio.sleep(0.5)
        text_visibilities.append(_memory(process))


async def _watch(process: int, until: float, memory: list[float]) -> None:
    between = (until - time.monotonic()) / LOOKS
    while time.monotonic() < until:
        await asyncio.sleep(between)
        memory.append(_memory(process))


def _children(process: int) -> list[int]:
    """Return what a process has started, the oldest first."""
    paths = Path(f"/proc/{process}/task").glob("*/children")
    return sorted(int(one) for path in paths for one in path.read_text(encoding="ascii").split())


def _memory(process: int) -> float:
    """Return the memory of a process and its children in MB, each shared page counted once."""
    try:
        told = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        own = sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
        return own / 1024 + sum(map(_memory, _children(process)))
    except OSError:  # a worker that has ended meanwhile
        return 0.0


async def load(
    host: str, secret: str, process: int, seconds: float, desks: int, editors: int
) -> Measured:
    """Load a front desk. Raises RuntimeError at the first error that a desk gets."""
    visitors = [Visitor(host) for _ in range(desks + editors)]
    for visitor in visitors:
        await visitor.open(secret)
    opened = await visitors[0].ask("/desk/edition", {**READER, **PAPER})
    waits: list[float] = []
    memory: list[float] = []
    await _settled(process)
    until = time.monotonic() + seconds
    _, *laid_out = await asyncio.gather(
        _watch(process, until, memory),
        *(_change(one, number, until) for number, one in enumerate(visitors[desks:])),
        *(_type(one, opened["key"], until, waits) for one in visitors[:desks]),
    )
    begun = time.monotonic()
    rooms = [room for one in _children(process) for room in _children(one)]
    os.kill(min(rooms), signal.SIGKILL)
    async with asyncio.timeout(LONGEST_BACK):
        while not await _is_back(visitors[0], opened["key"]):  # noqa: ASYNC110 -- it is asked, as a page does
            await asyncio.sleep(0.05)
    back = time.monotonic() - begun
    for visitor in visitors:
        visitor.close()
    return Measured(waits, memory, sum(one or 0 for one in laid_out[:editors]), back)


async def _is_back(visitor: Visitor, key: str) -> bool:
    try:
        await visitor.ask("/desk/patch", {"key": key, "values": {"patient": "x"}})
    except RuntimeError:
        return False
    return True


def measure(seconds: float, desks: int, editors: int) -> Measured:
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
            return asyncio.run(load(host, secret, started.pid, seconds, desks, editors))
        finally:
            started.terminate()
            started.communicate()


def main() -> int:
    """Print what was measured. Return 1 where memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    minutes = parser.parse_args().minutes
    found = measure(60 * minutes, DESKS, EDITORS)
    cuts = quantiles(found.waits, n=100)
    third = len(found.memory) // 3
    parts = [found.memory[start : start + third] for start in (0, third, 2 * third)]
    more = grown(found.memory)
    thirds = ", ".join(f"{median(one):.0f}" for one in parts)
    told = [
        f"{len(found.waits)} keys of {DESKS} desks in {minutes:g} min, no error",
        f"meanwhile {found.laid_out} sheets of cards were laid out for {EDITORS} others",
        f"patch: median {median(found.waits) * 1000:.0f} ms, 95 % {cuts[94] * 1000:.0f} ms",
        f"memory by thirds of the time: {thirds} MB; at most {max(found.memory):.0f} MB",
        f"it grew by {more:.0f} MB" if more else "it did not grow",
        f"press room killed: answered again after {found.back:.1f} s",
    ]
    sys.stdout.write("\n".join([*told, ""]))
    return int(more > 0)


if __name__ == "__main__":
    raise SystemExit(main())
