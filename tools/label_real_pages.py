"""Make sets of sentences of real pages again, from MedQuAD and the labels that readers gave them.

    git clone https://github.com/abachaa/MedQuAD
    PYTHONPATH=. python tools/label_real_pages.py MedQuAD FOLDER
    PYTHONPATH=src:tests/support:. python tools/measure_verdict.py FOLDER/*.yaml

The sentences are not ours, so none is in this project. `tools/real-pages-labels.txt` has a line for
each: the number of its set, a hash of its address and words, and the labels of two readers. `u` is
unsafe for a reader with kidney disease, `r` is right, `x` is a fragment or doubtful. Both judged
each sentence as it stands on its page, and neither saw a rule or the other's labels. A sentence
counts where both say `u` or both say `r`. The sets were read at commit 577bd37 of MedQuAD (Ben
Abacha and Demner-Fushman, 2019; CC BY 4.0).
"""

from __future__ import annotations

import hashlib
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

LABELS: Final = Path(__file__).with_name("real-pages-labels.txt")
_PARAGRAPH: Final = re.compile(r"\n\s*\n|\s(?=[-•] [A-Z])|\s(?=- [a-z]+ [a-z]+)")
_SENTENCE: Final = re.compile(r"(?<=[.!?])[\"')]?\s+(?=[A-Z\"(])")
_SHORT_FORM: Final = re.compile(r"\b(?:Dr|Mr|Mrs|U\.S|e\.g|i\.e|vs|No|St|approx)\.$")
_BULLET: Final = re.compile(r"^[-•]\s*")
_VIDEO: Final = re.compile(r"\s*\(Watch the video.*?\)")
# In characters: what is shorter is a heading or a broken piece.
_SHORTEST: Final = 26


def read_pages(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield each sentence of MedQuAD with its address, topic, heading, lead-in and paragraph.

    They come in the order of the files, page by page.
    """
    for path in sorted(folder.glob("*_QA*/*.xml")):
        page = ET.parse(path).getroot()  # noqa: S314 -- a file that its reader has chosen
        for pair in page.iter("QAPair"):
            heading = re.sub(r"\s+", " ", pair.findtext("Question") or "").rstrip(" ?") + "?"
            about = {"address": page.get("url", ""), "topic": page.findtext("Focus") or ""}
            for sentence in _sentences(pair.findtext("Answer") or ""):
                yield {**about, "heading": heading, **sentence}


def _sentences(answer: str) -> Iterator[dict[str, Any]]:
    """Yield the sentences of an answer with their kind; lead-in and paragraph where there is one."""
    lead = ""
    for part in _PARAGRAPH.split(answer):
        paragraph = re.sub(r"\s+", " ", part).strip()
        if len(paragraph) < _SHORTEST:
            continue
        is_item = _BULLET.match(paragraph) is not None
        paragraph = _VIDEO.sub("", _BULLET.sub("", paragraph))
        texts = _split(paragraph)
        for text in texts:
            sentence = {"kind": "item" if is_item else "text", "text": text}
            if is_item and lead:
                sentence["lead"] = lead
            if len(texts) > 1:
                sentence["within"] = paragraph
            yield sentence
        if not is_item:
            lead = paragraph if paragraph.endswith(":") else ""


def _split(paragraph: str) -> list[str]:
    """Return the sentences of a paragraph; a short form such as "Dr." ends none."""
    texts: list[str] = []
    for part in filter(None, map(str.strip, _SENTENCE.split(paragraph))):
        if texts and _SHORT_FORM.search(texts[-1]):
            texts[-1] += f" {part}"
        else:
            texts.append(part)
    return texts


def key_of(sentence: dict[str, Any]) -> str:
    """Return the hash by which a sentence has its labels: 16 hexadecimal digits."""
    words = f"{sentence['address']}\n{sentence['text']}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def labelled(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return, by number of set, the sentences on whose side both readers agree."""
    labels = {
        key: (number, sides)
        for number, key, *sides in map(str.split, LABELS.read_text(encoding="utf-8").splitlines())
    }
    sets: dict[str, list[dict[str, Any]]] = {}
    for sentence in read_pages(folder):
        number, sides = labels.pop(key_of(sentence), ("", []))
        if sides in (["u", "u"], ["r", "r"]):
            side = {"id": key_of(sentence), "unsafe": sides[0] == "u", "audience": "ckd"}
            sets.setdefault(number, []).append({**side, **sentence})
    if labels:
        sys.exit(f"{len(labels)} labelled sentences are not in {folder}; is it commit 577bd37?")
    return sets


def main() -> None:
    """Write a file for each set."""
    source, target = map(Path, sys.argv[1:])
    for number, items in labelled(source).items():
        path = target / f"real-pages-{number}.yaml"
        path.write_text(
            yaml.safe_dump(items, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
