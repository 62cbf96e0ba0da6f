"""Make small editions for an archive; as a program, archive one after another until it is ended.

The program prints the number of each edition.
"""

from __future__ import annotations

import hashlib
import sys
from itertools import count
from pathlib import Path

from teachback.archive.store import ArchivedFile, ArchiveEntry, keep_entries
from teachback.editions.edition_code import ALPHABET, check_character

Blobs = dict[tuple[str, str], bytes]


def code_of(number: int) -> str:
    """Return the code of the edition with a number."""
    letters = ""
    for _ in range(6):
        number, index = divmod(number, len(ALPHABET))
        letters += ALPHABET[index]
    body = f"T-GENERAL-EN-{letters}"
    return body + check_character(body)


def edition(number: int, *files: str) -> tuple[ArchiveEntry, Blobs]:
    """Return an archive entry of small files for the edition with a number, and their bytes."""
    blobs: Blobs = {}
    outputs = []
    for file in files or ("tiny/handout-general-en-letter.pdf",):
        data = f"%PDF- {number} {file}".encode() * 50
        sha256 = hashlib.sha256(data).hexdigest()
        blobs[file, sha256] = data
        outputs.append(
            ArchivedFile(file, "handout", "pdf", "standard", "letter", 1, "", sha256, len(data))
        )
    sources = {}
    for name, text in {
        "content/handouts/tiny.yaml": f"id: {number}",
        "styles/handout.css": "p { margin: 0 }",
    }.items():
        sources[name] = hashlib.sha256(text.encode()).hexdigest()
        blobs[name, sources[name]] = text.encode()
    entry = ArchiveEntry(
        code=code_of(number),
        handout="tiny",
        audience="general",
        language="en",
        title="A tiny handout",
        badge="For everyone",
        version="2026-11-22",
        review={"status": "draft", "reviewer": None, "reviewed": None, "due": None},
        program="0.1.0",
        weasyprint="70.0",
        kept="2026-11-22T12:00:00+00:00",
        outputs=tuple(outputs),
        sources=sources,
    )
    return entry, blobs


def main(folder: Path, start: int) -> None:
    """Archive editions without end."""
    for number in count(start):
        entry, blobs = edition(number)
        keep_entries(folder, [entry], blobs)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
