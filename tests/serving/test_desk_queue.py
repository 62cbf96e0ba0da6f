"""The desk prints into a queue of CUPS, and nothing of a patient is left on the way there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from desk_browser import PATIENCE, Served, enter, text_of
from playwright.sync_api import expect, sync_playwright
from private_cups import CUPSD, QUEUE, private_cups

from tests.serving.test_desk_page import (
    CANARY,
    CRAMPS,
    choose,
    found_in,
    kept_bytes,
    names_canary,
    profile,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long]
expect.set_options(timeout=PATIENCE)


def family(process: int) -> Iterator[int]:
    """Yield a process and all that it has started."""
    yield process
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        for child in kept_bytes(path).split():
            yield from family(int(child))


def running_family(process: int, *, least: int) -> list[int]:
    """Wait until a process has so many around it, and return them all."""
    end = time.monotonic() + PATIENCE / 1000
    while len(found := list(family(process))) < least:
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def named_in_processes(*processes: int) -> list[int]:
    """Return the processes in whose arguments or environment the name stands."""
    return [
        process
        for process in processes
        if any(
            names_canary(kept_bytes(Path(f"/proc/{process}/{name}")))
            for name in ("cmdline", "environ")
        )
    ]


@pytest.mark.skipif(
    CUPSD is None, reason="left out (issue 16): no cupsd; apt-get install cups-daemon cups-client"
)
def test_papers_are_printed_into_a_queue_and_no_name_stays_on_the_way(tmp_path: Path) -> None:
    """The handout, then the cards come out of the printer, and their job has no name of a patient.

    Browser, workspace, temporary files, spool, logs, processes and `lp` are searched. The same
    searches find the name in the printed file, and in a process that has it.
    """
    clinic, home = tmp_path / "clinic", tmp_path / "home"
    for folder in (clinic / "content" / "handouts", home):
        folder.mkdir(parents=True)
    (clinic / "content" / "handouts" / "leg-cramps.yaml").write_text(CRAMPS, encoding="utf-8")
    words = ["serve", "--port", "0", "--no-browser", "--printer-queue", QUEUE]
    with (
        private_cups() as cups,
        (home / "said.txt").open("wb") as said,
        subprocess.Popen(
            [sys.executable, "-P", "-m", "teachback", *words],
            cwd=clinic,
            stdout=subprocess.PIPE,
            stderr=said,
            env={
                **os.environ,
                **cups.environment,
                "TMPDIR": str(home),
                "PATH": f"{cups.path}:{os.environ['PATH']}",
            },
        ) as server,
    ):
        try:
            assert server.stdout is not None
            served = Served(server.stdout.readline().decode().strip(), home)
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("FONTCONFIG_FILE", raising=False)
                with (
                    sync_playwright() as playwright,
                    profile(playwright, tmp_path / "browser") as page,
                ):
                    enter(page.context, served)
                    page.goto(served.root)
                    choose(page)
                    page.get_by_label("Prepared for").press_sequentially(CANARY)
                    page.get_by_label("Copies").fill("2")
                    page.get_by_label("Wallet cards").check()
                    page.get_by_label("Card stock").select_option("avery-5371")
                    expect(page.locator("#page-of")).to_contain_text("Card sheet 1")
                    page.get_by_role("button", name="Print").click()
                    dialog = page.get_by_role("dialog")
                    expect(dialog).to_contain_text("The paper comes out of the clinic's printer.")
                    assert len(cups.jobs(1)) == 1
                    dialog.get_by_role("button", name="The handout is printed").click()
                    expect(dialog).to_contain_text("Now put the card stock in the printer.")
                    dialog.get_by_role("button", name="Print the cards").click()
                    expect(dialog).to_contain_text("When you have all the paper")
                    handout, cards = cups.jobs(2)
                    # With the spare press room, which is started only now on a busy machine.
                    assert named_in_processes(*running_family(server.pid, least=5)) == []
                    # Then the print server is gone: the page says what to do.
                    cups.process.kill()
                    cups.process.wait()
                    dialog.get_by_role("button", name="Back to the page").click()
                    page.get_by_role("button", name="Print").click()
                    expect(page.locator("#print-fault")).to_contain_text("print from the browser")
        finally:
            server.kill()
        assert found_in(cups.root, tmp_path / "browser", home, clinic) == []
        assert (cups.root / "log" / "lp").stat().st_size > 100
        assert names_canary(handout.pdf)
    assert (handout.title, handout.copies) == ("Teachback", 2)
    assert (cards.title, cards.copies) == ("Teachback", 1)
    assert handout.options["sides"] == "one-sided"
    assert cards.options["sides"] == "two-sided-long-edge"
    assert {job.options["media"] for job in (handout, cards)} == {"Letter"}
    assert CANARY in text_of(cards.pdf)


def test_a_name_in_the_environment_of_a_process_is_found() -> None:
    """The search of the processes is no empty one."""
    with subprocess.Popen(["sleep", "60"], env={"NAME": CANARY}) as named:
        # Until the program has taken the place of the copy that starts it.
        while Path(f"/proc/{named.pid}/cmdline").read_bytes() != b"sleep\x0060\x00":
            time.sleep(0.01)
        assert named_in_processes(named.pid) == [named.pid]
        named.kill()
