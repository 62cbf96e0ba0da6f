"""Measure the front desk in Chromium: from a key to its letter on the page. No test depends on it.

    .venv/bin/python tests/benchmark/desk.py [--keys N]

A name is typed at four keys a second into the handout of `teachback init`. The time runs from the
browser's event of the key to the frame after the new picture of the field is in the page.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile

from playwright.sync_api import Page, sync_playwright

NAME = "Reader of the page "
BETWEEN = 250  # ms between two keys
WATCH = """
window.times = [];
let pressed = 0;
addEventListener("input", () => { pressed = performance.now(); }, true);
new MutationObserver((records) => {
  const added = records.some((one) => [...one.addedNodes].some((node) => node.className === "patch"));
  if (added) requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - pressed)));
}).observe(document.getElementById("sheet-of-paper"), { childList: true });
"""


def teachback(*words: str) -> list[str]:
    """Return the words of a command of the program."""
    return [sys.executable, "-P", "-m", "teachback", *words]


def typed(page: Page, keys: int) -> list[float]:
    """Type, and return the time of each key in ms."""
    page.locator(".topic").first.wait_for()
    page.get_by_label("Find a topic").fill("visit")
    page.keyboard.press("Enter")
    page.locator(".reader input").first.check()
    field = page.locator("#fields input").first
    field.wait_for()
    page.locator("#page-picture[src]").wait_for()
    page.evaluate(WATCH)
    for number in range(keys):
        if number % len(NAME) == 0:
            field.fill("")
            page.wait_for_timeout(2 * BETWEEN)
        field.press_sequentially(NAME[number % len(NAME)])
        page.wait_for_timeout(BETWEEN)
    times: list[float] = page.evaluate("times")
    return times


def measured(address: str, keys: int) -> list[float]:
    """Open the desk in a browser, type, and return the time of each key in ms."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=arguments
        )
        page = browser.new_page()
        page.goto(address)
        try:
            return typed(page, keys)
        finally:
            browser.close()


def main() -> None:
    """Print the median and the 95th percentile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=120)
    keys = parser.parse_args().keys
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(teachback("init", "."), cwd=folder, check=True, capture_output=True)
        command = teachback("serve", "--port", "0", "--no-browser")
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                times = measured(server.stdout.readline().strip(), keys)
            finally:
                server.terminate()
    cuts = statistics.quantiles(times, n=20)
    print(f"{len(times)} keys: median {statistics.median(times):.0f} ms, 95 % {cuts[-1]:.0f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
