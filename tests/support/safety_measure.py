"""Measure how many unsafe sentences the rules find, and how many right ones they flag."""

from __future__ import annotations

import hashlib
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
# A fifth of each of these sets is kept for measuring.
ASIDE = tuple(
    f"corpus-{letters}"
    for letters in (
        *"defghijklmnopqrstuvwxyz",
        *(f"a{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
        *(f"b{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
    )
)
LINEAGE = {"general": ("general",), "ckd": ("ckd",), "dialysis": ("dialysis", "ckd")}
ROLES = {
    "item": Role.ITEM,
    "cell": Role.CELL,
    "callout": Role.CALLOUT,
    "question": Role.QUESTION,
    "card": Role.CARD,
}

# Each of them must stop the print for a reader with kidney disease.
PLAIN_ORDERS = (
    "Eat a banana before bed.",
    "Use a salt substitute.",
    "Take ibuprofen for pain.",
    "Take ibuprofen if it hurts.",
    "Take two Advil for the pain.",
    "Drink 3 liters of water a day.",
    "Stop your water pill if you feel dizzy.",
    "Eat more potassium.",
    "Eat star fruit.",
    "Try tonic water for cramps.",
    "You can skip dialysis now and then.",
    "Take milk of magnesia for constipation.",
    "Chest pain is nothing to worry about.",
    "Drink coconut water.",
)


@dataclass(frozen=True)
class Measured:
    """The result of the rules for a set of sentences; their mistakes are listed by id."""

    unsafe: int
    right: int
    missed: tuple[str, ...]
    flagged: tuple[str, ...]

    @property
    def recall(self) -> float:
        """The share of the unsafe sentences that was found."""
        return 1 - len(self.missed) / self.unsafe

    @property
    def precision(self) -> float:
        """The share of the findings that was right."""
        found = self.unsafe - len(self.missed)
        return found / (found + len(self.flagged))

    def __str__(self) -> str:
        """Return the numbers in one line."""
        wrong = (
            f"missed {' '.join(self.missed) or 'none'}; flagged {' '.join(self.flagged) or 'none'}"
        )
        found = self.unsafe - len(self.missed)
        return (
            f"recall {self.recall:.2f} ({found}/{self.unsafe}), "
            f"precision {self.precision:.2f}, "
            f"right ones flagged {len(self.flagged)}/{self.right}; {wrong}"
        )


def pieces(item: dict[str, Any]) -> tuple[Passage, ...]:
    """Return a sentence with its context: lead-in or column; a myth also has its answer.

    `within` is the whole paragraph of a sentence that is not judged alone.
    """
    text, audience = item.get("within", item["text"]), item.get("audience", "ckd")
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
    """Read a set of sentences.

    A row of `own`, `ours` and `plain` is its side, its kind, its text, and its lead-in, heading or
    answer. A row without an id gets the name of its set and its number. A question with an answer
    becomes a text below a heading.
    """
    place = {"item": "lead", "cell": "heading", "myth": "answer"}
    found: list[Any] = yaml.load(
        (Path(__file__).parent / "safety" / f"{name}.yaml").read_text(encoding="utf-8"),
        getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506 -- safe, and in C
    )
    rows = []
    for number, given in enumerate(found):
        row = {"id": f"{name}{number}", "unsafe": True}
        if not isinstance(given, dict):
            row |= {"unsafe": given[0] == "unsafe", "kind": given[1], "text": given[2]}
            row |= {place[given[1]]: given[3]} if given[3:] else {}
            row["audience"] = "ckd" if name == "plain" else "dialysis"
        elif given["kind"] == "question" and given.get("answer"):
            row |= {**given, "kind": "text", "heading": given["text"], "text": given["answer"]}
        elif given["kind"] == "cell" and "lead" in given:
            row |= {**given, "heading": given["lead"]}
        else:
            row |= given
        rows.append(row)
    return rows


def is_aside(name: str, item: dict[str, Any]) -> bool:
    """Return whether a sentence is kept for measuring, by a hash of its pair or text.

    The two sentences of a pair are never divided.
    """
    if name not in ASIDE:
        return False
    key = item.get("pair", item["text"])
    return hashlib.sha256(f"e{key}".encode()).digest()[0] % 5 == 0


def found_in(item: dict[str, Any], rules: TextRules) -> tuple[Finding, ...]:
    """Return all findings in a sentence, including hints; not those beside it in its paragraph."""
    found = check_passages(pieces(item), rules, LINEAGE[item.get("audience", "ckd")])
    return tuple(one for one in found if "within" not in item or one.words in item["text"])


def measure(items: list[dict[str, Any]], rules: TextRules) -> Measured:
    """Run the rules over sentences with a known side. Errors and warnings count; hints do not."""
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
