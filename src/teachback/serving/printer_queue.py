"""Send a PDF to a printer queue of this machine, through `lp`."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Final

from teachback.errors import TeachbackError, UsageError
from teachback.printing.settings import Sides
from teachback.units import Paper

if TYPE_CHECKING:
    from teachback.units import Box

# The job's name says nothing of a patient or a topic, because a spooler stores it.
JOB: Final = "Teachback"
# In s.
PATIENCE: Final = 30.0
_SIDES: Final = {
    Sides.LONG_EDGE: "two-sided-long-edge",
    Sides.SHORT_EDGE: "two-sided-short-edge",
}
_MEDIA: Final = {Paper.LETTER: "Letter", Paper.A4: "A4"}


def refuse_queue(queue: str) -> None:
    """Raise UsageError when this machine cannot print into a queue."""
    if shutil.which("lp") is None:
        hint = "Install CUPS (on Debian: cups-client), or leave --printer-queue out."
        raise UsageError.of("there is no program `lp` here, which --printer-queue needs", hint)
    if queue.startswith("-") or not queue.isprintable() or " " in queue:
        raise UsageError.of(f"'{queue}' cannot be a printer queue", "See `lpstat -e`.")


def lp_command(queue: str, box: Box, sides: Sides, copies: int) -> list[str]:
    """Return the command that prints a PDF from its standard input at its true size."""
    media = next(
        (_MEDIA[paper] for paper in Paper if paper.box == box),
        f"Custom.{box.width:g}x{box.height:g}mm",
    )
    options = (f"media={media}", f"sides={_SIDES.get(sides, 'one-sided')}", "print-scaling=none")
    job = ["lp", "-d", queue, "-s", "-t", JOB, "-n", str(copies)]
    return [*job, *(word for option in options for word in ("-o", option)), "-"]


async def send_to_queue(pdf: bytes, command: list[str]) -> None:
    """Run the command with a PDF as its input. Raises TeachbackError when the queue refuses it."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(process.communicate(pdf), PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
    if process.returncode != 0:
        hint = "Look at the printer and its queue (`lpstat -p`), or print from the browser."
        raise TeachbackError.of("the printer queue did not take it", hint)
