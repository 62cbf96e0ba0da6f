"""Measure the cost of a check, as ratios within one run on any machine. No test depends on it.

    .venv/bin/python tests/benchmark/check.py [--rounds N] [--most N]

Each round takes all measurements once, in turn, so that a slow moment of the machine affects all
alike. The medians of the rounds are printed. Both sides run from compiled files, as after an
installation: a first run that is not counted compiles them.

(a) `teachback check` over the shipped handout, all audiences, as a whole process,
    against `python -c "import weasyprint"`
(b) the same in processor seconds, which other programs on the machine disturb less
(c) the cost of one more handout, in ms, beside 1, 10, 100 and 1,000 others and the shipped one, in
    one process; no two of them share a sentence about anything
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from told import Row, medians_of, tell

ROOT = Path(__file__).parents[2]
SIZES = (1, 10, 100, 1000)
# Syllables without a meaning: 10 x 5 x 20 of them.
LETTERS = (
    "bdfglmnprs",
    "aeiou",
    (
        "b",
        "d",
        "f",
        "g",
        "k",
        "l",
        "m",
        "n",
        "p",
        "t",
        "ch",
        "ck",
        "ft",
        "lk",
        "lm",
        "mp",
        "nd",
        "nk",
        "pt",
        "st",
    ),
)


def timed(command: list[str], folder: Path, compiled: Path) -> tuple[float, float]:
    """Run a check in a folder, which may find errors; return its seconds by clock and processor."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    environment |= {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(compiled)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # A check that finds errors exits with 1: varied text is not always right.
    if done.returncode not in {0, 1} or b"Traceback" in done.stderr:
        sys.exit(done.stderr.decode())
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_handouts(folder: Path, count: int) -> Path:
    """Write the shipped handout, and others like it: a word of their own in nearly every sentence."""
    handouts = folder / "content" / "handouts"
    handouts.mkdir(parents=True)
    text = (ROOT / "content" / "handouts" / "leg-cramps.yaml").read_text(encoding="utf-8")
    (handouts / "leg-cramps.yaml").write_text(text, encoding="utf-8")
    for number in range(count):
        first, vowel, last = LETTERS
        word = first[number % 10] + vowel[number // 10 % 5] + last[number // 50 % 20]
        own = re.sub(r"\b(your|the|a|and) (?=[a-z])", rf"\1 {word} ", text)
        (handouts / f"copy-{number}.yaml").write_text(
            own.replace("id: leg-cramps", f"id: copy-{number}"), encoding="utf-8"
        )
    return folder


def measure(scratch: Path, rounds: int, sizes: tuple[int, ...]) -> dict[str, list[float]]:
    """Take all measurements `rounds` times."""
    compiled = scratch / "compiled"
    imports = [sys.executable, "-W", "ignore", "-c", "import weasyprint"]
    check = [sys.executable, "-m", "teachback", "check"]
    alone = make_handouts(scratch / "0", 0)
    more = {size: make_handouts(scratch / str(size), size) for size in sizes}
    for command in (imports, check):
        timed(command, alone, compiled)
    found: dict[str, list[float]] = {name: [] for name in ("a", "b", "seconds", *map(str, sizes))}
    for _ in range(rounds):
        imported, imported_cpu = timed(imports, alone, compiled)
        checked, checked_cpu = timed(check, alone, compiled)
        found["a"].append(checked / imported)
        found["b"].append(checked_cpu / imported_cpu)
        found["seconds"].append(checked)
        for size, folder in more.items():
            _, cpu = timed(check, folder, compiled)
            found[str(size)].append((cpu - checked_cpu) / size * 1000)
    return found


def main() -> None:
    """Measure, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--most", type=int, default=1000, help="leave out larger numbers of handouts"
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    arguments = parser.parse_args()
    sizes = tuple(size for size in SIZES if size <= arguments.most)
    scratch = Path(tempfile.mkdtemp(prefix="teachback-benchmark-"))
    try:
        found = measure(scratch, arguments.rounds, sizes)
    finally:
        shutil.rmtree(scratch)
    medians = medians_of(found)
    rows: list[Row] = [
        ("(a) check / import weasyprint", "a", "at most 1.00"),
        ("(b) the same, time of the processor", "b", "at most 1.00"),
        *((f"(c) ms for each of {size} more", str(size), "") for size in sizes),
        *(
            (
                f"    {sizes[-1]} more / {size} more",
                medians[str(sizes[-1])] / medians[str(size)],
                "about 1",
            )
            for size in sizes[:-1]
        ),
    ]
    tell(
        found, rows, f"{arguments.rounds} rounds on {os.cpu_count()} cores", as_json=arguments.json
    )


if __name__ == "__main__":
    main()
