"""Sentences that are unsafe or right -> how many of them the rules find, and how many they flag in vain."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from teachback.checking.clinical.clinical_rules import check_passages
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.checking.rule import Finding

PATH = ("sections", 0, "blocks", 0)
LINEAGE = {"general": ("general",), "ckd": ("ckd",), "dialysis": ("dialysis", "ckd")}
ROLES = {
    "item": Role.ITEM,
    "cell": Role.CELL,
    "callout": Role.CALLOUT,
    "question": Role.QUESTION,
    "card": Role.CARD,
}


@dataclass(frozen=True)
class Measured:
    """How the rules did on a set of sentences; what they got wrong by id."""

    unsafe: int
    right: int
    missed: tuple[str, ...]
    flagged: tuple[str, ...]

    @property
    def recall(self) -> float:
        """Give the part of the unsafe ones that was found."""
        return 1 - len(self.missed) / self.unsafe

    @property
    def precision(self) -> float:
        """Give the part of the findings that was right."""
        found = self.unsafe - len(self.missed)
        return found / (found + len(self.flagged))

    def __str__(self) -> str:
        """Give the numbers in a line."""
        wrong = (
            f"missed {' '.join(self.missed) or 'none'}; flagged {' '.join(self.flagged) or 'none'}"
        )
        found = self.unsafe - len(self.missed)
        return f"recall {self.recall:.2f} ({found}/{self.unsafe}), precision {self.precision:.2f}, right ones flagged {len(self.flagged)}/{self.right}; {wrong}"


def pieces(item: dict[str, Any]) -> tuple[Passage, ...]:
    """Give a sentence as its reader gets it: with its lead-in, under its column, or as a myth with its answer."""
    text, audience = item["text"], item.get("audience", "ckd")
    about = {"audience": audience, "block": "block"}
    if item.get("kind") == "myth":
        answer = item["answer"]
        return (
            Passage(text, text, (*PATH, "myth"), Role.MYTH, **about, other=answer),
            Passage(answer, answer, (*PATH, "answer"), Role.ANSWER, **about, other=text),
        )
    role, heading = ROLES.get(item.get("kind", "text"), Role.PARAGRAPH), item.get("heading", "")
    column, section = (heading, "") if role is Role.CELL else ("", heading)
    around = {
        "lead": item.get("lead", ""),
        "row": item.get("row", ""),
        "column": column,
        "heading": section,
    }
    return (Passage(text, text, (*PATH, "text"), role, **about, **around),)


def read_set(name: str) -> list[dict[str, Any]]:
    """Read a set of sentences; one of `own.yaml` is a row of its side, its kind, its text, and its lead-in, heading or answer."""
    place = {"item": "lead", "cell": "heading", "myth": "answer"}
    found: list[Any] = yaml.safe_load(
        (Path(__file__).parent / "safety" / f"{name}.yaml").read_text(encoding="utf-8")
    )
    return [
        row
        if isinstance(row, dict)
        else {
            "id": f"{name}{number}",
            "unsafe": row[0] == "unsafe",
            "kind": row[1],
            "text": row[2],
            "audience": "dialysis",
            **({place[row[1]]: row[3]} if row[3:] else {}),
        }
        for number, row in enumerate(found)
    ]


def found_in(item: dict[str, Any], rules: TextRules) -> tuple[Finding, ...]:
    """Give all findings in a sentence, hints too."""
    return check_passages(pieces(item), rules, LINEAGE[item.get("audience", "ckd")])


def measure(items: list[dict[str, Any]], rules: TextRules) -> Measured:
    """Run the rules over sentences that say whether they are unsafe. An error or a warning finds one; a hint does not."""
    hit = {
        item["id"]: any(found.severity is not Severity.HINT for found in found_in(item, rules))
        for item in items
    }
    unsafe = [item["id"] for item in items if item["unsafe"]]
    right = [item["id"] for item in items if not item["unsafe"]]
    return Measured(
        len(unsafe),
        len(right),
        tuple(name for name in unsafe if not hit[name]),
        tuple(name for name in right if hit[name]),
    )
