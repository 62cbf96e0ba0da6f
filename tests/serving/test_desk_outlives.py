"""What was typed at a desk outlives the program, the press room and the session."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from desk_browser import (
    ARGUMENTS,
    CHROMIUM,
    PATIENCE,
    PRINT_WINDOW,
    assert_accessible,
    print_with,
    with_fonts,
)
from own_certificate import write_certificate
from playwright.sync_api import expect, sync_playwright

from teachback.serving.log_in import save_person
from teachback.serving.print_audit import state_folder
from tests.serving.test_desk_page import CRAMPS, choose, patches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.kill, pytest.mark.long]
expect.set_options(timeout=PATIENCE)

PASSWORD = "four words in a row"  # noqa: S105 -- of nobody


def _children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(one) for one in path.read_text(encoding="ascii").split()]


class Program(NamedTuple):
    """A front desk that runs, and the address that it printed."""

    process: subprocess.Popen[bytes]
    address: str

    def children(self) -> list[int]:
        """Return its press room, and one that waits to take its place."""
        (starter,) = _children(self.process.pid)
        return _children(starter)

    def kill(self) -> None:
        """End it in the middle of its work."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """Return a workspace with one topic."""
    folder = tmp_path / "clinic" / "content" / "handouts"
    folder.mkdir(parents=True)
    (folder / "leg-cramps.yaml").write_text(CRAMPS, encoding="utf-8")
    return tmp_path / "clinic"


@pytest.fixture
def page(clinic: Path) -> Iterator[Page]:
    """Return a page of a browser, which takes the certificate of any server."""
    assert clinic.is_dir()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FONTCONFIG_FILE", raising=False)
        with sync_playwright() as started:
            browser = started.chromium.launch(
                executable_path=CHROMIUM, args=ARGUMENTS, env=with_fonts()
            )
            context = browser.new_context(ignore_https_errors=True)
            context.add_init_script(PRINT_WINDOW)
            context.set_default_timeout(PATIENCE)
            yield context.new_page()
            browser.close()


@contextmanager
def started(clinic: Path, port: int, *words: str) -> Iterator[Program]:
    """Start the program at a port, and end it."""
    command = [sys.executable, "-P", "-m", "teachback", "serve", "--port", str(port), *words]
    with subprocess.Popen(
        [*command, "--no-browser"], cwd=clinic, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            yield Program(process, process.stdout.readline().decode().strip())
        finally:
            process.kill()


def a_free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_a_page_goes_on_when_press_room_or_program_were_killed(page: Page, clinic: Path) -> None:
    """What was typed before and meanwhile is drawn and printed by those that take their place."""
    port = a_free_port()
    name = page.get_by_label("Prepared for")
    with started(clinic, port) as program:
        page.goto(program.address)
        choose(page)
        name.fill("Test")
        expect(patches(page)).to_have_count(1)
        drawn = patches(page).get_attribute("src")
        os.kill(program.children()[0], signal.SIGKILL)
        name.press_sequentially(" Rea")
        expect(patches(page)).not_to_have_attribute("src", drawn or "")
        assert "Test Rea" in print_with(page, lambda: page.keyboard.press("Control+p"))
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        program.kill()
        name.press_sequentially("der")
        expect(page.locator("#alarm")).to_contain_text("cannot be reached")
    with started(clinic, port) as program:
        dialog = page.get_by_role("dialog", name="Log in again")
        expect(dialog).to_contain_text("Copy the address from the window")
        expect(dialog.get_by_label("Password")).to_be_hidden()
        other = page.context.new_page()
        other.goto(program.address)
        expect(other.get_by_label("Find a topic")).to_be_visible()
        other.close()
        expect(dialog).to_be_hidden()
        expect(name).to_have_value("Test Reader")
        assert "Test Reader" in print_with(page, lambda: page.keyboard.press("Control+p"))


def test_a_person_logs_in_again_over_the_page(page: Page, clinic: Path, tmp_path: Path) -> None:
    """The page of the same person goes on; somebody else finds it cleared."""
    for person in ("Ward 3", "Ward 4"):
        save_person(state_folder(clinic), person, PASSWORD)
    cert, key = write_certificate(tmp_path, "localhost")
    words = ["--lan", "--name", "localhost", "--tls-cert", str(cert), "--tls-key", str(key)]
    port = a_free_port()
    name = page.get_by_label("Prepared for")
    dialog = page.get_by_role("dialog", name="Log in again")
    with started(clinic, port, *words) as program:
        page.goto(program.address)
        page.get_by_label("Name").fill("Ward 3")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        choose(page)
        name.fill("Test Reade")
        program.kill()
    for person, letter in (("Ward 3", "r"), ("Ward 4", "s")):
        before = name.input_value()
        name.click()  # after a print window, keys may go to the paper in it
        name.press("End")
        name.press_sequentially(letter)
        expect(name).to_have_value(before + letter)
        with started(clinic, port, *words) as program:
            expect(dialog.get_by_label("Password")).to_be_focused()
            assert_accessible(page, "locked")
            page.keyboard.type("wrong password")
            page.keyboard.press("Enter")
            expect(dialog).to_contain_text("The name or the password is wrong.")
            page.keyboard.press("Escape")
            expect(dialog).to_be_visible()
            dialog.get_by_label("Name").fill(person)
            dialog.get_by_label("Password").fill(PASSWORD)
            login = dialog.get_by_role("button", name="Log in")
            if person == "Ward 3":
                # The new program has the pages made anew; until then nothing is printed.
                with page.expect_response(re.compile("/desk/edition$")):
                    login.click()
                expect(page.locator("#sheet-of-paper")).to_be_visible()
            else:
                login.click()
            expect(dialog).to_be_hidden()
            if person == "Ward 3":
                expect(name).to_have_value("Test Reader")
                printed = print_with(page, lambda: page.keyboard.press("Control+p"))
                assert "Test Reader" in printed
                page.keyboard.press("Escape")
                expect(page.get_by_role("dialog")).to_be_hidden()
            program.kill()
    expect(page.locator("#fields input, .patch, .reader")).to_have_count(0)
    assert "Test Reader" not in page.content()
