"""Draw the pictures of docs/ anew, from what the program prints.

    PYTHONPATH=src python tools/draw_docs_pictures.py

It needs the test tools, and Chromium for the page on a phone. Look at each picture before you
commit it.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from teachback.pdf.page_images import page_pictures

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
STARTERS = sorted(path.stem for path in (ROOT / "content" / "starters").glob("*.yaml"))
GAP = 12  # pixels between two pages
GREY = "#bbbbbb"
PROVED = 120_000  # ms: the longest wait until the pages of an author are proved


def teachback(folder: Path, *words: str) -> None:
    """Run a command of the program in a workspace."""
    subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-P", "-m", "teachback", *words], cwd=folder, check=True
    )


def side_by_side(
    paths: list[Path], name: str, *, width: int, columns: int, colors: int = 64
) -> None:
    """Write pages as one picture of docs/, each as wide as asked, in rows of so many."""
    pages = []
    for path in paths:
        page = Image.open(path).convert("RGB")
        pages.append(page.resize((width, round(page.height * width / page.width))))
    rows = [pages[start : start + columns] for start in range(0, len(pages), columns)]
    high = max(page.height for page in pages)
    size = (columns * (width + GAP) + GAP, len(rows) * (high + GAP) + GAP)
    picture = Image.new("RGB", size, GREY)
    for line, row in enumerate(rows):
        for column, page in enumerate(row):
            picture.paste(page, (GAP + column * (width + GAP), GAP + line * (high + GAP)))
    few = picture.quantize(colors)
    few.save(DOCS / name, optimize=True)


def pages_of(
    folder: Path, handout: str, audience: str, *, depth: str = "", language: str = "en"
) -> list[Path]:
    """Return the pictures of a handout's first nine pages, in order."""
    end = f"-{depth}" if depth else ""
    name = f"handout-{audience}-{language}-letter{end}-[0-9].png"
    return sorted((folder / "build" / handout).glob(name))


def leg_cramps(folder: Path) -> None:
    """Write page 1 of the handout, its card, and a sheet of cards with outlines."""
    pages = pages_of(folder, "leg-cramps", "ckd")[:1]
    side_by_side(pages, "handout-ckd.png", width=780, columns=1, colors=16)
    wanted = ("leg-cramps", "--audience", "ckd")
    teachback(folder, "build", *wanted, "--kind", "card")
    teachback(folder, "card", *wanted, "--stock", "avery-5371", "--outline")
    for file, name, width, columns in (
        ("card-ckd-en.pdf", "card-ckd.png", 660, 1),
        ("cards-ckd-en-avery-5371.pdf", "sheet-5371.png", 610, 2),
    ):
        sides = page_pictures((folder / "build" / "leg-cramps" / file).read_bytes(), 200)
        pictures = [folder / f"side-{number}.png" for number in range(len(sides))]
        for picture, side in zip(pictures, sides, strict=True):
            picture.write_bytes(side)
        side_by_side(pictures, name, width=width, columns=columns, colors=16)


def two_languages(folder: Path) -> None:
    """Write two pages of a handout in Spanish and English, side by side."""
    teachback(folder, "copy", "content/translations/es/leg-cramps.yaml")
    wanted = ("--language", "es+en", "--audience", "ckd", "--format", "png")
    teachback(folder, "build", "leg-cramps", *wanted)
    pages = pages_of(folder, "leg-cramps", "ckd", language="es+en")
    side_by_side(pages[:2], "two-languages.png", width=700, columns=2)


def languages(folder: Path) -> None:
    """Write page 1 and the card in Spanish, and in pseudo-text for three other languages.

    The fonts are those of packaging/fonts/, whether their extras are installed or not.
    """
    wanted = ("--language", "es", "--audience", "ckd")
    teachback(folder, "build", "leg-cramps", *wanted)
    printed = folder / "build" / "leg-cramps"
    files = [printed / "handout-ckd-es-letter.pdf", printed / "card-ckd-es.pdf"]
    pictures = [page_and_card(folder, "es", *files)]
    fonts = [str(one) for one in (ROOT / "packaging" / "fonts").iterdir()]
    places = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), *fonts])
    printed = folder / "build" / "pseudo" / "leg-cramps"
    files = [printed / "handout-ckd-letter-standard.pdf", printed / "card-ckd.pdf"]
    for language in ("vi", "zh-Hans", "ar"):
        words = ("translate", "pseudo", "leg-cramps", "--language", language, "--audience", "ckd")
        # It ends with 1: not each card and size fits.
        subprocess.run(  # noqa: S603 -- our own program
            [sys.executable, "-P", "-m", "teachback", *words],
            cwd=folder,
            check=False,
            env={**os.environ, "PYTHONPATH": places},
        )
        pictures.append(page_and_card(folder, language, *files))
    side_by_side([page for page, _ in pictures], "languages.png", width=420, columns=4)
    side_by_side([card for _, card in pictures], "language-cards.png", width=420, columns=4)


def page_and_card(folder: Path, language: str, handout: Path, card: Path) -> tuple[Path, Path]:
    """Return pictures of the first page of a handout, and of both sides of a card in one."""
    page, both = (folder / f"{language}-{kind}.png" for kind in ("page", "card"))
    page.write_bytes(page_pictures(handout.read_bytes())[0])
    sides = [Image.open(io.BytesIO(side)) for side in page_pictures(card.read_bytes(), 200)]
    width, height = sides[0].size
    picture = Image.new("RGB", (width, 2 * height + GAP), GREY)
    for number, side in enumerate(sides):
        picture.paste(side, (0, number * (height + GAP)))
    picture.save(both)
    return page, both


def sheet_to_sign(folder: Path) -> list[Path]:
    """Return pictures of a sheet to sign: what was found, and a page of a reader's text."""
    pages = page_pictures((folder / "report.pdf").read_bytes())
    pictures = [folder / "found.png", folder / "text.png"]
    for picture, number in zip(pictures, (1, 5), strict=True):
        picture.write_bytes(pages[number])
    return pictures


def phone_page(page: Path, name: str) -> None:
    """Write the first screen of a page on a phone of 375 x 812 points."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        window = browser.new_page(viewport={"width": 375, "height": 812}, device_scale_factor=1.5)
        window.goto(page.as_uri())
        window.screenshot(path=DOCS / name)
        Image.open(DOCS / name).convert("RGB").quantize(64).save(DOCS / name, optimize=True)
        browser.close()


# Name of the picture -> size of the window in points.
DESKS = {
    "front-desk.png": (1280, 900),
    "front-desk-tablet.png": (768, 1024),
    "front-desk-phone.png": (375, 812),
}


def front_desk(folder: Path) -> None:
    """Write the front desk on a desktop, a tablet and a phone, with a topic and a reader chosen."""
    command = [sys.executable, "-P", "-m", "teachback", "serve", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 -- our own program
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--disable-dev-shm-usage"]
                )
                window = browser.new_page()
                window.set_default_timeout(120_000)  # a busy machine
                window.goto(server.stdout.readline().strip() if server.stdout else "")
                window.locator(".topic").first.wait_for()
                for name, (width, height) in DESKS.items():
                    window.set_viewport_size({"width": width, "height": height})
                    window.get_by_role("button", name="Next patient").click()
                    window.get_by_label("Find a topic").fill("foamy")
                    if name != "front-desk-phone.png":
                        window.keyboard.press("Enter")
                        window.locator(".reader", has_text="CKD").first.click()
                        window.locator("#page-picture[src]").wait_for()
                        window.get_by_label("Wallet cards").check()
                        window.get_by_label("Card stock").select_option("avery-5371")
                        window.locator("#page-of", has_text="Card sheet").wait_for()
                        window.get_by_role("radio", name="Place 4").check()
                        window.wait_for_timeout(3000)
                        window.get_by_role("button", name="Handout", exact=True).click()
                        window.wait_for_timeout(500)
                        window.locator(".sheet-of-paper:not(.waiting)").wait_for()
                        window.evaluate("scrollTo(0, 0)")
                    window.wait_for_timeout(500)
                    picture = DOCS / name
                    window.screenshot(path=picture)
                    Image.open(picture).convert("RGB").quantize(64).save(picture, optimize=True)
                browser.close()
        finally:
            server.terminate()


def pages_for_authors(folder: Path) -> None:
    """Write the pages of a handout for its author, after a save that a rule finds fault with."""
    file = folder / "content" / "handouts" / "leg-cramps.yaml"
    text = file.read_text(encoding="utf-8")
    words = ("serve", "--port", "0", "--no-browser", "--open", "leg-cramps", "--editor", "vscode")
    command = [sys.executable, "-P", "-m", "teachback", *words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 -- our own program
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--disable-dev-shm-usage"]
                )
                window = browser.new_page(viewport={"width": 1280, "height": 900})
                window.goto(server.stdout.readline().strip() if server.stdout else "")
                proved = window.locator("#state[data-state=proved]")
                proved.wait_for(timeout=PROVED)
                risky = text.replace("Makes your muscles tighten.", "Take ibuprofen for pain.")
                risky = risky.replace("do far more than filter waste", "do more than filter waste")
                file.write_text(risky, encoding="utf-8")
                window.locator(".pin.error").first.wait_for(timeout=PROVED)
                proved.wait_for(timeout=PROVED)
                window.get_by_role("button", name="Take ibuprofen").first.click()
                window.evaluate("scrollTo(0, 240)")
                window.wait_for_timeout(500)
                picture = DOCS / "live-page.png"
                window.screenshot(path=picture)
                Image.open(picture).convert("RGB").quantize(256).save(picture, optimize=True)
                browser.close()
        finally:
            server.terminate()
            file.write_text(text, encoding="utf-8")


def main() -> None:
    """Draw all pictures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        teachback(folder, "init", ".")
        handouts = folder / "content" / "handouts"
        shutil.copy(DOCS / "blocks.yaml", handouts)
        for starter in STARTERS:
            teachback(folder, "new", starter, "--from", starter)
        teachback(folder, "new", "leg-cramps", "--from", "leg-cramps")
        as_pictures = ("--kind", "handout", "--format", "png")
        teachback(folder, "build", "blocks", *STARTERS, "leg-cramps", *as_pictures)
        teachback(folder, "build", "leg-cramps", "--depth", "brief", *as_pictures)
        teachback(folder, "build", "leg-cramps", "--kind", "handout", "--format", "html")
        blocks = pages_of(folder, "blocks", "general")
        for number, start in enumerate(range(0, len(blocks), 2), start=1):
            pair = blocks[start : start + 2]
            side_by_side(pair, f"blocks-{number}.png", width=700, columns=len(pair))
        side_by_side(
            pages_of(folder, "leg-cramps", "ckd", depth="brief"), "brief.png", width=700, columns=2
        )
        leg_cramps(folder)
        zones = pages_of(folder, "heart-zones", "ckd")[:2]
        side_by_side(zones, "heart-zones.png", width=700, columns=2)
        teachback(folder, "build", "heart-zones", "--ink", "colour", *as_pictures)
        (colour,) = (folder / "build" / "heart-zones").glob("handout-ckd-*-colour-1.png")
        grey = colour.with_name("grey.png")
        Image.open(colour).convert("L").save(grey)
        side_by_side([colour, grey], "colour-and-grey.png", width=600, columns=2)
        first = [pages_of(folder, starter, "ckd")[0] for starter in STARTERS]
        first.append(pages_of(folder, "leg-cramps", "ckd")[0])
        side_by_side(first, "starters.png", width=340, columns=4)
        teachback(folder, "check", "leg-cramps", "--report", "report.pdf")
        side_by_side(sheet_to_sign(folder), "report-leg-cramps.png", width=700, columns=2)
        two_languages(folder)
        languages(folder)
        front_desk(folder)
        pages_for_authors(folder)
        phone_page(folder / "build" / "leg-cramps" / "handout-ckd-en.html", "phone.png")


if __name__ == "__main__":
    main()
