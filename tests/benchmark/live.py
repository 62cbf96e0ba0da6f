"""Measure the pages of authors in Chromium: from a save to the new pages. No test depends on it.

    .venv/bin/python tests/benchmark/live.py [--saves N]

A sentence of page 1 that all three readers get is changed in a copy of the built-in handout. The
time runs from the moment at which the file is in its place to the new picture in the page. It is
told in ms, and as a multiple of `import weasyprint` in the same run. Run it on two idle cores:
pages of authors give way to all other work.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Page, sync_playwright

from teachback.files.workspace import builtin_root

SENTENCE: Final = "Your kidneys do far more than filter waste."
PATIENCE: Final = 120.0
# Notes when a page's picture is another one, and when all pages of a version are drawn.
WATCH: Final = """
window.seen = { pictures: [], drawn: 0 };
const state = document.getElementById("state");
new MutationObserver((records) => {
  for (const { target } of records) {
    if (target.matches(".sheet-live.handout img") && state.dataset.state !== "proved") seen.pictures.push(Date.now());
    if (target === state && state.dataset.state === "proving" && !seen.drawn) seen.drawn = Date.now();
  }
}).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["src", "data-state"] });
"""


class Times(NamedTuple):
    """The ms from a save to the first page, and to all pages."""

    first: float
    every: float


def wait(page: Page, state: str) -> None:
    """Wait for a state of the pages. The page's policy forbids Playwright's own way.

    The page itself notes the times, so that it is seldom asked.
    """
    end = time.monotonic() + PATIENCE
    while page.evaluate("document.getElementById('state').dataset.state") != state:
        if time.monotonic() > end:
            raise TimeoutError(state)
        page.wait_for_timeout(200)


def saved(page: Page, file: Path, text: str) -> Times:
    """Save, wait until all is proved, and return the times."""
    page.evaluate("window.seen = { pictures: [], drawn: 0 }")
    other = file.with_suffix(".new")
    other.write_text(text, encoding="utf-8")
    other.replace(file)
    began = time.time() * 1000
    wait(page, "making")
    wait(page, "proved")
    seen = page.evaluate("window.seen")
    return Times(seen["pictures"][0] - began, max(seen["drawn"], seen["pictures"][-1]) - began)


def measured(address: str, file: Path, saves: int) -> list[Times]:
    """Open the pages, save some times, and return the times of each save."""
    text = file.read_text(encoding="utf-8")
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=arguments
        )
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(address)
        page.wait_for_url("**/preview/*")
        wait(page, "proved")
        page.evaluate(WATCH)
        try:
            return [
                saved(page, file, text.replace(SENTENCE, f"Your kidneys do {number} things more."))
                for number in range(1, saves + 1)
            ]
        finally:
            browser.close()


def imported() -> float:
    """Return the ms that `import weasyprint` takes, the median of five."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import weasyprint"], check=True)
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=7)
    saves = parser.parse_args().saves
    words = (sys.executable, "-P", "-m", "teachback")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "content" / "handouts" / "leg-cramps.yaml"
        file.parent.mkdir(parents=True)
        shutil.copy(builtin_root() / "content" / "handouts" / file.name, file)
        command = (*words, "serve", "--port", "0", "--no-browser", "--open", "leg-cramps")
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                times = measured(server.stdout.readline().strip(), file, saves)
            finally:
                server.terminate()
    first, every = (statistics.median(each) for each in zip(*times, strict=True))
    unit = imported()
    print(  # noqa: T201
        f"{len(times)} saves: first page {first:.0f} ms = {first / unit:.1f} imports, "
        f"all pages {every:.0f} ms = {every / unit:.1f} imports (medians)"
    )


if __name__ == "__main__":
    main()
