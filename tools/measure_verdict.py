"""Measure the verdict of the clinical rules, and draw how it grows with the sentences learned from.

Run `PYTHONPATH=src:tests/support:. python tools/measure_verdict.py [FILE ...]`. It prints tables of
what is found, flagged and refused in the sentences that nothing was learned from, by kind of set
and by rule, with 95 % intervals; the test run prints each set. Each FILE is one more set in the
format of `tests/support/safety/`, of which right sentences without a known name are left out: the
sentences of real pages are not ours, so they are in no file of this project. `tools/real-pages.txt`
has the addresses of the pages that were measured. A sentence with `within:`, its whole paragraph,
is judged as it stands there. `--curve FILE.svg` learns four times, from an eighth to all of the
sentences, and `--limits FILE.svg` measures with ten limits of a warning. Both take a few minutes.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unittest.mock import patch

import yaml
from safety_measure import ASIDE, LINEAGE, found_in, is_aside, pieces, read_set

from teachback.checking.clinical import clinical_rules
from teachback.checking.clinical.clinical_rules import SCORED_ROLES, sentence_features, units
from teachback.checking.clinical.rule_loader import load_clinical_rules, with_sentence_model
from teachback.checking.clinical.verdict_model import VerdictModel
from teachback.errors import Location, Severity
from teachback.files.workspace import Workspace, builtin_root
from tools import learn_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from teachback.checking.clinical.clinical_rules import TextRules

MEASURED: Final = (*ASIDE, "held-out", "third", "fourth")
SINGLE: Final = tuple(f"corpus-{letter}" for letter in "defghijkl")
KINDS: Final = {
    "single sentences": SINGLE,
    "leaflets": learn_verdict.LEAFLETS,
    "health summaries": learn_verdict.SUMMARIES,
    "pairs": learn_verdict.PAIRS,
    "short texts": learn_verdict.CONTEXTS,
    "paragraphs": learn_verdict.PARAGRAPHS,
    "`held-out`": ("held-out",),
    "`third`": ("third",),
    "`fourth`": ("fourth",),
}
# The share of right sentences that is flagged at each point of the curve.
FLAGGED: Final = 0.08
SHARES: Final = (8, 4, 2, 1)
LIMITS: Final = (1.2, 0.9, 0.7, 0.4, 0.15, -0.1, -0.3, -0.6)


class Counts(NamedTuple):
    """How many sentences there are, unsafe and right, and how many are told or stop the print."""

    unsafe: int
    found: int
    stopped: int
    right: int
    flagged: int
    refused: int


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, by Wilson's formula."""
    z, share = 1.96, hits / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - reach) / (1 + z * z / of), (middle + reach) / (1 + z * z / of)


def told(hits: int, of: int) -> str:
    """Return a share with its counts and interval, in percent."""
    if not of:
        return "none"
    low, high = wilson(hits, of)
    return f"{hits} of {of} = {hits / of:.1%} ({low:.0%}-{high:.0%})"


def set_aside(name: str) -> list[dict[str, Any]]:
    """Return the sentences of a set that nothing was learned from."""
    items = read_set(name)
    return [item for item in items if is_aside(name, item)] if "corpus" in name else items


def levels(
    items: Iterable[dict[str, Any]], rules: TextRules
) -> Iterator[tuple[bool, dict[str, Severity]]]:
    """Yield whether each sentence is unsafe, and the severity of each rule's finding in it."""
    for item in items:
        found = [one for one in found_in(item, rules) if one.severity is not Severity.HINT]
        yield item["unsafe"], {one.rule: one.severity for one in found}


def count(rows: Iterable[tuple[bool, Iterable[Severity]]]) -> Counts:
    """Count what is told and refused among unsafe and right sentences."""
    found = [(unsafe, set(severities)) for unsafe, severities in rows]
    bad = [severities for unsafe, severities in found if unsafe]
    good = [severities for unsafe, severities in found if not unsafe]
    return Counts(
        *(len(bad), sum(map(bool, bad)), sum(Severity.ERROR in one for one in bad)),
        *(len(good), sum(map(bool, good)), sum(Severity.ERROR in one for one in good)),
    )


def table(sets: Mapping[str, Sequence[dict[str, Any]]], rules: TextRules) -> Iterator[str]:
    """Yield the lines of the tables by set and by rule."""
    every: list[tuple[bool, dict[str, Severity]]] = []
    yield "| set | unsafe: found | right: flagged | right: refused | errors that were right |"
    yield "| --- | --- | --- | --- | --- |"
    for name, items in sets.items():
        rows = list(levels(items, rules))
        every += rows
        yield _row(name, count((unsafe, found.values()) for unsafe, found in rows))
    yield _row("all", count((unsafe, found.values()) for unsafe, found in every))
    yield ""
    yield "| rule | told rightly | told wrongly | stops rightly | stops wrongly |"
    yield "| --- | --- | --- | --- | --- |"
    for rule in sorted({name for _, found in every for name in found}):
        one = count((unsafe, [found[rule]] if rule in found else []) for unsafe, found in every)
        yield f"| `{rule}` | {one.found} | {one.flagged} | {one.stopped} | {one.refused} |"


def _row(name: str, one: Counts) -> str:
    shares = (
        told(one.found, one.unsafe),
        told(one.flagged, one.right),
        told(one.refused, one.right),
        told(one.stopped, one.stopped + one.refused),
    )
    return f"| {name} | {' | '.join(shares)} |"


def curve(rules: TextRules) -> list[tuple[float, float]]:
    """Return how many of the unsafe sentences set aside are found, by the texts learned from."""
    texts = learn_verdict.texts(rules)
    measured = [item for name in MEASURED for item in set_aside(name)]
    found: list[tuple[float, float]] = []
    for share in SHARES:
        # Two at a time, since most stand in pairs.
        some = [text for number, text in enumerate(texts) if number // 2 % share == 0]
        weights = learn_verdict.learned(some)
        model = VerdictModel(weights, weights.pop("<start>"))
        scores = [(item["unsafe"], _highest(item, rules, model)) for item in measured]
        right = sorted((score for unsafe, score in scores if not unsafe), reverse=True)
        limit = right[int(FLAGGED * len(right))]
        unsafe = [score for unsafe, score in scores if unsafe]
        found.append((len(some), sum(score > limit for score in unsafe) / len(unsafe)))
    return found


def _highest(item: dict[str, Any], rules: TextRules, model: VerdictModel) -> float:
    """Return the highest score of the sentences of a text, or -9."""
    return max(
        (
            model.score(one)
            for passage, unit in units(pieces(item))
            if passage.role in SCORED_ROLES
            for one in sentence_features(passage, unit, rules, LINEAGE[item.get("audience", "ckd")])
        ),
        default=-9.0,
    )


def _is_named(item: dict[str, Any], rules: TextRules) -> bool:
    return bool(rules.lexicon.mentions(item["text"].lower()))


def by_limit(
    sets: Iterable[Sequence[dict[str, Any]]], rules: TextRules
) -> list[tuple[float, float]]:
    """Return the shares flagged and found, in percent and as a part of 1, for each limit."""
    items = [item for some in sets for item in some]
    points = []
    for limit in LIMITS:
        with patch.object(clinical_rules, "REPORTS_FROM", limit):
            rows = [(unsafe, found.values()) for unsafe, found in levels(items, rules)]
        one = count(rows)
        points.append((100 * one.flagged / one.right, one.found / one.unsafe))
    return points


def drawn(points: Sequence[tuple[float, float]], below: str, form: str) -> str:
    """Return the shares found as an SVG picture.

    `below` names what they depend on, whose values are written as `form` says.
    """
    width, height, left, bottom = 620, 320, 70, 50
    most = points[-1][0]
    places = [
        (left + (width - left - 30) * size / most, (height - bottom) * (1 - share) + 10)
        for size, share in points
    ]
    marks = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4"/>'
        f'<text x="{x:.0f}" y="{y - 12:.0f}" text-anchor="middle">{share:.0%}</text>'
        f'<text x="{x:.0f}" y="{height - 28}" text-anchor="middle">{size:{form}}</text>'
        for (x, y), (size, share) in zip(places, points, strict=True)
    )
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
    foot = height - bottom + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="13">'
        f"<title>Unsafe sentences found, by {below}</title>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<path d="M{left} 10V{foot}H{width - 20}" fill="none" stroke="#333"/>'
        f'<polyline points="{line}" fill="none" stroke="#0b4a5e" stroke-width="2"/>{marks}'
        f'<text x="{left - 8}" y="20" text-anchor="end">100%</text>'
        f'<text x="{left - 8}" y="{foot}" text-anchor="end">0%</text>'
        f'<text x="{width / 2:.0f}" y="{height - 6}" text-anchor="middle">{below}</text>'
        "</svg>\n"
    )


def main() -> None:
    """Print the tables, or draw the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--curve", type=Path)
    parser.add_argument("--limits", type=Path)
    parser.add_argument("--extra", action="store_true", help="with the extra `verdict`")
    options = parser.parse_args()
    root = builtin_root()
    workspace = Workspace(root, root)
    rules = load_clinical_rules(workspace)
    if options.extra:
        rules = with_sentence_model(rules, workspace, Location("content/checks.yaml"))
    if options.curve:
        picture = drawn(curve(rules), "the number of texts learned from", ",")
        options.curve.write_text(picture, encoding="utf-8")
        return
    sets = {
        kind: [item for name in names for item in set_aside(name)] for kind, names in KINDS.items()
    }
    for path in options.files:
        items = yaml.safe_load(path.read_text(encoding="utf-8"))
        sets[path.stem] = [item for item in items if item["unsafe"] or _is_named(item, rules)]
    if options.limits:
        picture = drawn(
            by_limit(sets.values(), rules), "right sentences flagged, in percent", ".1f"
        )
        options.limits.write_text(picture, encoding="utf-8")
        return
    print("\n".join(table(sets, rules)))


if __name__ == "__main__":
    main()
