"""Write the page that shows what was printed, with a picture of the first page of each file.

A build with nothing to do compares the page with the one on the disk, and draws nothing.
"""

from __future__ import annotations

import os
from html import escape
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, Problem, TeachbackError, UsageError, nearest
from teachback.files.text_decoding import read_json
from teachback.files.workspace import file_bytes, is_there, read_named, shown, write_whole
from teachback.printing.build_record import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from teachback.printing.build_record import Output

INDEX: Final = "index.html"
# Below the output folder. A picture has the hash of its file as its name.
_PICTURES: Final = ".pictures"
# Dots to the inch: a page of paper, and a single card, are about 400 dots wide.
_DPI: Final = 48
_CARD_DPI: Final = 120
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What was printed</title>
<style>
body {{ margin: 0 auto; max-width: 72rem; padding: 1rem; font: 1rem/1.5 sans-serif; color: #1a1a1a }}
ul {{ display: grid; gap: 1rem; padding: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)) }}
li a {{ display: block; height: 100%; box-sizing: border-box; padding: .75rem; color: #134b5f;
  border: 1px solid #767676; border-radius: 4px }}
li a {{ text-decoration: none }} li strong {{ text-decoration: underline }}
li a:hover, li a:focus {{ outline: 3px solid #134b5f }}
img {{ display: block; width: 100%; height: 15rem; margin-bottom: .5rem; object-fit: contain }}
small {{ display: block; font-size: .875rem; color: #444; overflow-wrap: anywhere }}
</style>
</head>
<body>
<h1>What was printed</h1>
<p>Each file as it is now. Choose one to open it.</p>
{body}</body>
</html>
"""


def write_index(
    folder: Path, outputs: Collection[Output]
) -> tuple[Path | None, tuple[Problem, ...]]:
    """Write the page of all current files; return its path, or why it could not be written.

    Only pictures that are not there yet are drawn. Without files there is no page.
    """
    try:
        return _write(folder, outputs) if outputs else None, ()
    except TeachbackError as error:
        return None, error.problems


def _write(folder: Path, outputs: Collection[Output]) -> Path:
    page = _PAGE.format(body="".join(_groups(outputs))).encode()
    pictures = {
        output: folder / _PICTURES / f"{output.sha256}.png"
        for output in outputs
        if _has_picture(output)
    }
    missing = {output: path for output, path in pictures.items() if not os.path.exists(path)}  # noqa: PTH110 -- fast
    if missing:
        from teachback.pdf.page_images import page_pictures

        for output, path in missing.items():
            dpi = _CARD_DPI if (output.kind, output.form) == ("card", "pdf") else _DPI
            write_whole(path, page_pictures(read_named(folder / output.file), dpi, most=1)[0])
    index = folder / INDEX
    try:
        is_current = file_bytes(index) == page
    except OSError:
        is_current = False
    if not is_current:
        write_whole(index, page)
        for path in set((folder / _PICTURES).glob("*.png")) - set(pictures.values()):
            path.unlink(missing_ok=True)
    return index


def printed_file(folder: Path, name: str | None, audiences: Collection[str]) -> Path:
    """Return the file of a handout for an audience, or the page of all files.

    A handout that has several such files is shown by the page, too. Raises UsageError when nothing
    of that name was printed.
    """
    try:
        rows = read_json(file_bytes(folder / MANIFEST))["outputs"]
    except (OSError, ValueError, KeyError, TypeError):
        rows = []
    if not rows or not is_there(folder / INDEX):
        hint = "Print first: teachback build"
        raise UsageError.of("nothing is printed here", hint, Location(shown(folder)))
    if name is not None and name not in {row["handout"] for row in rows}:
        hint = nearest(name, {row["handout"] for row in rows})
        raise UsageError.of(f"no file of a handout '{name}' is printed", hint)
    files = [
        folder / row["file"]
        for row in rows
        if row["kind"] == "handout"
        and name == row["handout"]
        and (not audiences or row["audience"] in audiences)
    ]
    return files[0] if len(files) == 1 else folder / INDEX


def _has_picture(output: Output) -> bool:
    return output.form not in {"html", "png"}


def _groups(outputs: Iterable[Output]) -> Iterator[str]:
    """Yield the HTML of each handout."""
    by_handout: dict[str, list[Output]] = {}
    for output in sorted(outputs, key=_sort_key):
        by_handout.setdefault(output.handout, []).append(output)
    for handout, group in by_handout.items():
        yield f'<h2 id="{escape(handout)}">{escape(handout)}</h2>\n<ul>\n'
        yield from map(_entry, group)
        yield "</ul>\n"


def _sort_key(output: Output) -> tuple[str, bool, str, int, str]:
    """Return the key to sort by: handouts before cards, and what is printed before the rest."""
    form = ("html", "png").index(output.form) + 1 if not _has_picture(output) else 0
    return output.handout, output.kind != "handout", output.audience, form, output.file


def _entry(output: Output) -> str:
    picture = f"{_PICTURES}/{output.sha256}.png" if _has_picture(output) else output.file
    image = "" if output.form == "html" else f'<img src="{escape(picture)}" alt="" loading="lazy">'
    pages = f"{output.pages} page{'s' if output.pages != 1 else ''}"
    kind = "Handout" if output.kind == "handout" else "Card"
    name = output.file.rpartition("/")[2]
    about = ", ".join(
        filter(None, (output.paper, "large print" * (output.size == "large"), output.ink, pages))
    )
    return (
        f'<li><a href="{escape(output.file)}">{image}'
        f"<strong>{kind} for {escape(output.audience)}</strong> ({escape(output.language)})"
        f"<small>{escape(about)}</small><small>{escape(name)}</small>"
        f"<small>{escape(output.code)}</small></a></li>\n"
    )
