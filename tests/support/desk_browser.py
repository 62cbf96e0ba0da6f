"""Serve a workspace, and open its desk in a real browser that prints into the page's memory."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pypdfium2
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page, Playwright, ViewportSize

# In ms. The first page of a fresh program takes its time on a busy machine.
PATIENCE: Final = 120_000
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
WINDOW: Final[ViewportSize] = {"width": 1280, "height": 900}
WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Instead of the browser's print window, which no test can close: count what would be printed.
PRINT_WINDOW: Final = """
const address = URL.createObjectURL;
window.papers = [];
URL.createObjectURL = (blob) => {
  if (blob.type === "application/pdf") window.papers.push(blob);
  return address.call(URL, blob);
};
const own = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, "contentWindow").get;
Object.defineProperty(HTMLIFrameElement.prototype, "contentWindow", { get() {
  return { focus: () => own.call(this).focus(), print() { document.documentElement.dataset.printed = window.papers.length; } };
} });
"""
CHROMIUM: Final = shutil.which("chromium") or shutil.which("google-chrome")


@dataclass(frozen=True)
class Served:
    """A program that serves a workspace: its address to enter, and the folder of what it leaves."""

    address: str
    home: Path

    @property
    def root(self) -> str:
        """The address of the page, without the token."""
        return self.address.partition("enter")[0]


@contextmanager
def served_desk(clinic: Path, home: Path, *options: str, **environment: str) -> Iterator[Served]:
    """Serve a workspace at a free port, with temporary files and output in a folder of its own."""
    command = (sys.executable, "-P", "-m", "teachback", "serve", "--port", "0", "--no-browser")
    with (
        (home / "said.txt").open("wb") as said,
        subprocess.Popen(
            [*command, *options],
            cwd=clinic,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, "TMPDIR": str(home), **environment},
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield Served(process.stdout.readline().decode().strip(), home)
        finally:
            process.terminate()


@contextmanager
def driver() -> Iterator[Playwright]:
    """Start what drives the browser, which may use the system's fonts, other than pages may."""
    hidden = os.environ.pop("FONTCONFIG_FILE", None)
    try:
        with sync_playwright() as started:
            yield started
    finally:
        if hidden is not None:
            os.environ["FONTCONFIG_FILE"] = hidden


@contextmanager
def entered(playwright: Playwright, served: Served) -> Iterator[BrowserContext]:
    """Open a browser that has entered, and counts what it would print."""
    # A page that is opened beside another one starts no process.
    shared = (*ARGUMENTS, "--renderer-process-limit=1")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=shared, env=with_fonts())
    context = browser.new_context(viewport=WINDOW)
    context.add_init_script(PRINT_WINDOW)
    context.set_default_timeout(PATIENCE)
    enter(context, served)
    yield context
    browser.close()


def with_fonts() -> dict[str, str | float | bool]:
    """Return the environment for a browser: with the system's fonts, which a page layout hides."""
    return {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}


def enter(context: BrowserContext, served: Served) -> None:
    """Enter by the printed address; it stands nowhere afterwards.

    The page stays open, so that the next ones share its process.
    """
    page = context.new_page()
    page.goto(served.address)
    page.wait_for_url(served.root)


def print_with(page: Page, press: Callable[[], None]) -> str:
    """Press what prints, and return the text of the paper that goes to the print window."""
    number = page.evaluate("window.papers.length") + 1
    with page.expect_response(re.compile("/(desk|list)/print$")) as answered:
        press()
    assert answered.value.headers["content-type"] == "application/pdf"
    assert answered.value.headers["cache-control"] == "no-store"
    expect(page.locator("html")).to_have_attribute("data-printed", str(number))
    data = page.evaluate("window.papers.at(-1).bytes().then((bytes) => bytes.toBase64())")
    return text_of(base64.b64decode(data))


def text_of(pdf: bytes) -> str:
    """Return the text of all pages."""
    pages = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages)


def assert_accessible(page: Page, state: str, *sizes: tuple[int, int]) -> None:
    """Assert that axe-core has no objection, and that nobody must scroll sideways."""
    # What is right is not described, which would take as long again.
    options = {
        "runOnly": WCAG,
        "rules": {"target-size": {"enabled": True}},
        "resultTypes": ["violations"],
    }
    for wide, high in sizes:
        page.set_viewport_size({"width": wide, "height": high})
        assert page.evaluate("document.documentElement.scrollWidth") <= wide, state
        found = Axe().run(page, options=options).response["violations"]
        assert {(state, wide, one["id"], str(one["nodes"])) for one in found} == set()
