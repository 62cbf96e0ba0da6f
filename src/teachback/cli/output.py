"""Print to the terminal: problems, rows, progress, the result of a build."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from teachback.cli.context import as_typed
from teachback.errors import Problem, Severity, readable
from teachback.files.workspace import shown

if TYPE_CHECKING:
    from pathlib import Path

    from teachback.archive.lookup import Answer
    from teachback.checking.checker import CheckResult
    from teachback.commands.build import BuildResult
    from teachback.proofing.black_and_white import Measures


def print_json(data: object) -> None:
    """Print data as JSON.

    If the stream cannot encode every letter, all non-ASCII letters are escaped.
    """
    text = json.dumps(data, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(data, indent=2)
    click.echo(text)


def print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows as JSON, or as columns as wide as their widest entry. A row is one line."""
    if as_json:
        print_json(rows)
        return
    lines = [*map(list, rows[:1]), *(list(row.values()) for row in rows)]
    table = [[_cell(value) for value in line] for line in lines]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for cells in table:
        padded = (
            cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    text = ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return readable(text)


def _width(text: str) -> int:
    """Return the number of columns that text takes on a terminal (Unicode Annex 11)."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


class Progress:
    """A progress bar on a terminal; nothing elsewhere."""

    def __init__(self, *, shown_at_all: bool, label: str = "Printing") -> None:
        self.on = shown_at_all and sys.stderr.isatty()
        self.label = label
        self.bar: Any = None

    def __enter__(self) -> Any:  # noqa: ANN401 -- a function or None
        return self._step if self.on else None

    def _step(self, done: int, total: int) -> None:
        if self.bar is None:
            self.bar = click.progressbar(length=total, label=self.label, file=sys.stderr)
            self.bar.__enter__()
        self.bar.update(done - self.bar.pos)

    def __exit__(self, *details: object) -> None:
        if self.bar is not None:
            self.bar.__exit__(*details)


def built_json(result: BuildResult, archive: Path | None) -> dict[str, Any]:
    """Return the result of a build as plain data."""
    from teachback.printing.build_record import manifest_row

    return {
        "ok": not result.failed,
        "outputs": [
            {
                **manifest_row(output),
                "status": "printed" if output.file in result.printed else "unchanged",
            }
            for output in result.outputs
        ],
        "refused": list(result.refused),
        **(
            {
                "proofs": [
                    _proof_json(name, measures) for name, measures in sorted(result.proofs.items())
                ]
            }
            if result.proofs
            else {}
        ),
        "problems": [problem.as_json() for problem in result.problems],
        **archived_json(result.archived, archive),
    }


def _proof_json(name: str, measures: Measures) -> dict[str, Any]:
    return {
        "file": name,
        "smallest_pt": round(measures.smallest, 2),
        "contrast": round(measures.color, 2),
        "contrast_grey": round(measures.grey, 2),
        "ink": round(measures.ink, 4),
        "tiers": [
            {
                "tier": tier.tier,
                "words": tier.words,
                "border_inked": round(tier.border[0], 2),
                "border_pt": round(tier.border[1], 2),
            }
            for tier in measures.tiers
        ],
    }


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is 1."""
    return f"{count} {noun}{'s' if count != 1 else ''}"


def archived_json(codes: tuple[str, ...], archive: Path | None) -> dict[str, Any]:
    """Return the editions that a run archived as plain data; {} without an archive."""
    return {} if archive is None else {"archive": {"folder": str(archive), "kept": list(codes)}}


def archived_text(codes: tuple[str, ...], archive: Path | None) -> str:
    """Return how many editions a run archived in words, or "" for none."""
    return (
        f"{counted(len(codes), 'edition')} kept in {shown(archive)}"
        if archive is not None and codes
        else ""
    )


def print_answers(answers: tuple[Answer, ...]) -> None:
    """Print what an archive knows of each code, or why it knows nothing."""
    for answer in answers:
        print_problems(answer.problems)
        if not answer.entries:
            continue
        newest, review = answer.entries[-1], answer.entries[-1].review
        approval = f"approved by {review['reviewer']} on {review['reviewed']}"
        if review["status"] != "approved":
            approval = f"{review['status']}: no clinician has approved this text"
        rows = [
            ("handout", f"{newest.handout}: {newest.title}"),
            ("audience", f"{newest.audience}: {newest.badge}"),
            ("language", newest.language),
            ("version", newest.version),
            ("review", approval + (f"; due {review['due']}" if review["due"] else "")),
            ("first kept", answer.entries[0].kept),
        ]
        if answer.scanned:
            rows.append(
                (
                    "your file",
                    f"is byte for byte {answer.exact.file}"
                    if answer.exact
                    else "is not one of the kept files, but has the same code",
                )
            )
        click.echo(click.style(answer.code, bold=True))
        for name, value in rows:
            click.echo(f"  {name:12}{value}")
        for entry, output in answer.files:
            pages = counted(output.pages, "page")
            form = ", ".join(filter(None, (pages, output.paper, output.size, output.ink)))
            click.echo(
                f"  {'file':12}{output.file}  {form}; "
                f"Teachback {entry.program}, WeasyPrint {entry.weasyprint}"
            )


def print_summary(result: BuildResult, folder: Path, archive: Path | None) -> None:
    """Print one line for each printed file, and one for all."""
    for output in result.outputs:
        if output.file in result.printed:
            pages = counted(output.pages, "page")
            click.echo(f"{shown(folder / output.file)}  {pages}  {output.code}")
    if result.proofs:
        click.echo("\nMeasured on the printed pages:")
        print_rows(
            [proof_row(name, measures) for name, measures in sorted(result.proofs.items())],
            as_json=False,
        )
        click.echo()
    unchanged = len(result.outputs) - len(result.printed)
    errors = sum(problem.severity is Severity.ERROR for problem in result.problems)
    words = [f"{len(result.printed)} printed"]
    words += [f"{unchanged} unchanged"] if unchanged else []
    words += [counted(errors, "problem")] if errors else []
    words += [f"not printed: {' '.join(result.refused)}"] if result.refused else []
    kept = archived_text(result.archived, archive)
    click.echo(
        ", ".join(words)
        + (f"; all of it is in {shown(folder)}" if result.outputs else "")
        + (f"; {kept}" if kept else "")
    )
    if result.index is not None:
        click.echo(as_typed(f"Look at it: teachback open  ({shown(result.index)})"))


def proof_row(name: str, measures: Measures) -> dict[str, Any]:
    """Return the measurements of one file as a row.

    They are type in pt, contrast in colour and grey, the most ink of a page, and the tiers.
    """
    return {
        "file": name,
        "smallest type": f"{measures.smallest:.1f} pt",
        "contrast": f"{measures.color:.1f}:1",
        "in grey": f"{measures.grey:.1f}:1",
        "most ink": f"{measures.ink * 100:.1f} %",
        "tiers": [tier.tier for tier in measures.tiers],
    }


def print_checkup(checkup: CheckResult) -> None:
    """Print the findings of each handout, and then what was checked."""
    from teachback.checking.checker import looked_for

    print_problems(checkup.problems)
    for checked in checkup.handouts:
        print_problems(checked.problems)
        counts = _counts(checked.problems)
        waived = [f"{len(checked.waived)} accepted"] if checked.waived else []
        click.echo(f"{checked.stem}: {', '.join([*counts, *waived]) or 'nothing found'}")
        for name, graded in checked.grades(checkup.rules.vocabulary).items():
            parts = [f"  {name}: {', '.join(map(str, graded.grades))}"]
            # The formula of another language has its own target, which its grade names.
            if not any(grade.scale for grade in graded.grades):
                parts.append(f"target grade {checked.targets[name]}")
            click.echo("; ".join(parts))
    click.echo(as_typed(looked_for(checkup)))


def checkup_json(checkup: CheckResult) -> dict[str, Any]:
    """Return the findings as plain data."""
    from teachback.checking.checker import looked_for

    return {
        "ok": checkup.count(Severity.ERROR) == 0,
        "handouts": [
            {
                "handout": checked.stem,
                "audiences": list(checked.reader_texts),
                "grades": checked.grades_json(checkup.rules.vocabulary),
                "problems": [problem.as_json() for problem in checked.problems],
                "accepted": [
                    {
                        "rule": w.finding.rule,
                        "words": w.finding.words,
                        "message": w.finding.message,
                        "reason": w.accepted.reason,
                        "by": w.accepted.by,
                    }
                    for w in checked.waived
                ],
            }
            for checked in checkup.handouts
        ],
        "rules": len(checkup.rules.known),
        "off": [
            {"rule": rule, "reason": reason, "by": by}
            for rule, (reason, by) in checkup.rules.off.items()
        ],
        "problems": [problem.as_json() for problem in checkup.problems],
        "note": looked_for(checkup),
    }


def _counts(problems: tuple[Problem, ...]) -> list[str]:
    counts = Counter(problem.severity for problem in problems)
    return [counted(counts[severity], str(severity)) for severity in Severity if counts[severity]]


def refuse(problems: tuple[Problem, ...], *, as_json: bool) -> None:
    """Print why nothing was done at all."""
    if as_json:
        print_json(
            {"ok": False, "outputs": [], "refused": [], "problems": [p.as_json() for p in problems]}
        )
    else:
        print_problems(problems)


def print_problems(problems: tuple[Problem, ...]) -> None:
    """Print problems to standard error, in colour on a terminal unless NO_COLOR is set."""
    color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    for problem in problems:
        place = readable(str(problem.location)) if problem.location else "teachback"
        warning = (
            click.style(f"{problem.severity}: ", fg="yellow")
            if problem.severity is not Severity.ERROR
            else ""
        )
        rule = f" [{problem.rule}]" if problem.rule else ""
        # A message may quote line breaks from a file, but it is printed in one line.
        message, hint = (
            as_typed(readable(" ".join(text.split()))) for text in (problem.message, problem.hint)
        )
        click.echo(
            f"{click.style(place, bold=True)}: {warning}{message}{rule}", err=True, color=color
        )
        if hint:
            click.echo(f"    {hint}", err=True, color=color)


def interrupted() -> int:
    """Print that the run was stopped, and return its exit code."""
    click.echo("\nStopped; what was finished is kept.", err=True)
    return 130
