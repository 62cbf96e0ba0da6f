"""The pages of authors, in a real browser: from a line on paper to its line in the file, and back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright
from tiny_handout import TINY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# Pages are made with the lowest priority, on a busy machine.
PATIENT: Final = 300_000
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RISKY: Final = TINY.replace("For kidneys here.", "Take ibuprofen for the pain.")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a handout in a workspace."""
    folder = tmp_path_factory.mktemp("clinic") / "content" / "handouts"
    folder.mkdir(parents=True)
    (folder / "tiny.yaml").write_text(TINY, encoding="utf-8")
    return folder / "tiny.yaml"


@pytest.fixture(scope="module")
def author(file: Path) -> Iterator[Page]:
    """Open the pages by the address that the program prints; nothing may go wrong in its scripts."""
    words = ("serve", "--port", "0", "--no-browser", "--open", "tiny", "--editor", "vscode")
    fonts = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
    faults: list[str] = []
    with (
        subprocess.Popen(
            (sys.executable, "-P", "-m", "teachback", *words),
            cwd=file.parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.delenv("FONTCONFIG_FILE", raising=False)
        assert process.stdout is not None
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
                    args=ARGUMENTS,
                    env=dict(fonts),
                )
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.on("pageerror", lambda error: faults.append(str(error)))
                page.on(
                    "console", lambda one: faults.append(one.text) if one.type == "error" else None
                )
                page.goto(process.stdout.readline().decode().strip())
                page.wait_for_url("**/preview/tiny")
                state = page.locator("#state")
                expect(state).to_have_text("All pages are proved.", timeout=PATIENT)
                yield page
                browser.close()
        finally:
            process.terminate()
    assert faults == []


def found_by_axe(page: Page) -> list[str]:
    """Return what axe finds on the page as it is."""
    found = Axe().run(page, options={"runOnly": list(WCAG), "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in found.response["violations"]
    ]


def test_an_author_sees_lines_changes_findings_and_errors(author: Page, file: Path) -> None:
    """A click shows the line of the file; a save marks what it changed; an error keeps the pages."""
    columns = author.locator(".reader-pages")
    expect(columns).to_have_count(2)
    expect(columns.first.locator(".facts")).to_contain_text("1 page · fits · reading grade")
    expect(author.locator(".sheet-live.card img[src]")).to_have_count(4)
    author.get_by_role("button", name="For kidneys here.").click()
    place = TINY.splitlines().index(
        "      - text: {general: For everyone here., ckd: For kidneys here.}"
    )
    expect(author.locator("#dock-heading")).to_have_text(f"content/handouts/tiny.yaml:{place + 1}")
    expect(author.locator("#dock-source .here")).to_contain_text("ckd: For kidneys here.")
    address = author.locator("#dock-open").get_attribute("href")
    assert address is not None
    assert re.fullmatch(rf"vscode://file/.*/tiny\.yaml:{place + 1}:\d+", address)
    assert found_by_axe(author) == []
    author.keyboard.press("Escape")
    expect(author.locator("#dock")).to_be_hidden()

    file.write_text(RISKY, encoding="utf-8")
    expect(author.locator(".line.changed")).to_have_text(
        "Take ibuprofen for the pain. (changed)", timeout=PATIENT
    )
    expect(author.locator(".pin.error")).to_have_count(1, timeout=PATIENT)
    expect(author.locator("#next-change")).to_have_text("1 change: go to it")
    author.get_by_role("button", name=re.compile("findings?: ")).click()
    expect(author.locator("#dock-findings")).to_contain_text("ibuprofen")
    expect(author.locator("#state")).to_have_text("All pages are proved.", timeout=PATIENT)
    assert found_by_axe(author) == []

    file.write_text(TINY.replace("purpose:", "porpoise:"), encoding="utf-8")
    expect(author.locator("#broken")).to_contain_text("Did you mean 'purpose'?", timeout=PATIENT)
    expect(author.locator(".sheet-live.handout img[src]")).to_have_count(2)
    author.locator("#broken-problems button").click()
    expect(author.locator("#dock-source .here")).to_contain_text("porpoise: Show")
    assert found_by_axe(author) == []
    file.write_text(TINY, encoding="utf-8")
    expect(author.locator("#broken")).to_be_hidden(timeout=PATIENT)


def test_the_pages_are_read_by_keys_and_in_a_narrow_window(author: Page) -> None:
    """Lines are one stop of the Tab key, and go by arrows; all fits 320 px, in forced colours too."""
    lines = author.locator(".reader-pages").first.locator(".line")
    assert lines.evaluate_all("all => all.filter((one) => one.tabIndex === 0).length") == 1
    lines.first.focus()
    author.keyboard.press("ArrowDown")
    expect(lines.nth(1)).to_be_focused()
    author.keyboard.press("End")
    author.keyboard.press("Home")
    author.keyboard.press("Enter")
    expect(author.locator("#dock-source .here")).to_contain_text("title: A tiny handout")
    expect(lines.first).to_have_attribute("aria-current", "true")
    author.set_viewport_size({"width": 320, "height": 640})
    author.emulate_media(forced_colors="active")
    assert author.evaluate("document.documentElement.scrollWidth") <= 320
    assert found_by_axe(author) == []
    author.get_by_role("button", name="Close").click()
    author.goto(f"{author.url.rpartition('/')[0]}")
    expect(author.get_by_role("link", name="tiny")).to_be_visible()
    assert found_by_axe(author) == []


def test_a_wrong_name_is_told_with_the_nearest_one(author: Page) -> None:
    """The page says so, in the place of pages."""
    author.goto(f"{author.url.partition('/preview')[0]}/preview/tinny")
    expect(author.get_by_role("alert").first).to_contain_text(
        "Did you mean 'tiny'?", timeout=PATIENT
    )
