"""Measure speed, as ratios within one run on any machine. No test depends on it.

    .venv/bin/python tests/benchmark/run.py [--rounds N]

Each round takes all measurements once, in turn, so that a slow moment of the machine affects all
alike. The medians of the rounds' ratios are printed.

(a) a build with nothing to do, as a whole process, against `python -c "import weasyprint"`
(b) a forced build with one process, against bare WeasyPrint printing the same HTML strings,
    both whole processes
(c) twelve editions with two processes against one
(d) the most memory of a forced build, all processes together, in MB
(e) a sheet of ten cards against one card, in one process: layout, writing, proving and imposing
(f) 1,000 cards on 100 sheets against one sheet, in one process
(g) the size of the file with 1,000 cards, in KB
(h) a forced build with one process that proves its pages and archives them again, against one that
    does neither
(i) as (b), but without the proofs
(j) one handout for one reader, forced, as a whole process, against `import weasyprint`
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from told import Row, tell

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"

# Prints the same pages with bare WeasyPrint. Its input was composed beforehand.
BARE = """
import json, os, sys
from pathlib import Path
os.environ["FONTCONFIG_FILE"] = sys.argv[2]
import warnings
warnings.simplefilter("ignore")
import weasyprint
pages = json.loads(Path(sys.argv[1]).read_text())
for number, html in enumerate(pages):
    Path(sys.argv[3], f"{number}.pdf").write_bytes(weasyprint.HTML(string=html, \
base_url=sys.argv[4]).write_pdf(pdf_variant="pdf/ua-1"))
"""

# Composes the pages of a forced build: handouts, cards, sheets.
COMPOSE = """
import json, sys
from pathlib import Path
from teachback.content.loader import read_handouts
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.html.composer import at_size
from teachback.cli.options import resolve
from teachback.units import CARD
from teachback.files.workspace import handout_files, open_workspace
workspace = open_workspace(Path.cwd())
settings = resolve((), workspace)
reading = read_handouts(workspace, handout_files(workspace))
context = print_context(workspace, reading, settings)
jobs = [compose_job(context, JobOrder("leg-cramps", (a,), k, ("pdf",) if k == "handout" else \
("pdf", "sheet"))) for a in ("general", "ckd", "dialysis") for k in ("handout", "card")]
pages = [page for job in jobs for page in (job.handout, *(at_size(card, CARD, [(9.0, \
8.5)]) for card in job.cards)) if page]
Path(sys.argv[1]).write_text(json.dumps(pages))
"""

# Prints cards on stock in one process, after a first run that is not counted, and prints the
# seconds of each kind.
CARDS = """
import json, sys, time
from pathlib import Path
from teachback.printing.card_run import CardOrder, card_run, find_stock
from teachback.content.loader import read_handouts
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.card_stock import load_stocks
from teachback.printing.type_fitting import fitted
from teachback.printing.job_printer import do_job
from teachback.proofing.page_proof import prove
from teachback.pdf.renderer import write
from teachback.cli.options import resolve
from teachback.files.workspace import handout_files, open_workspace
workspace = open_workspace(Path.cwd())
settings = resolve(("--stock", "avery-5371"), workspace)
reading = read_handouts(workspace, handout_files(workspace))
stocks = load_stocks(workspace)
named = find_stock("avery-5371", stocks)

def job(copies):
    run = card_run(named, [0] * copies, settings, stocks, CardOrder())
    context = print_context(workspace, reading, settings, run)
    return compose_job(context, JobOrder("leg-cramps", ("ckd",), "card", ("cards",))), context.files

(ten, files), (thousand, _) = job(10), job(1000)
jobs = {"ten": ten, "thousand": thousand}
found = {"one": [], "ten": [], "thousand": [], "bytes": 0}
for number in range(int(sys.argv[1]) + 1):
    for name in ("one", "ten", "thousand"):
        start = time.perf_counter()
        if name == "one":
            card = fitted(jobs["ten"], 0, named[1].card_box, files).layout
            prove(write(card), jobs["ten"].cards[0], card, jobs["ten"].expected[0], served=files)
        else:
            done = do_job(jobs[name], files)
            assert done.printed
            found["bytes"] = len(done.printed[0].data)
        if number:
            found[name].append(time.perf_counter() - start)
print(json.dumps(found))
"""


# A build without proofs, for which the program has no option.
UNPROVED = (
    "from teachback.printing import job_printer; job_printer.PROVE = False; "
    "from teachback.__main__ import main; "
    "import sys; sys.argv[0] = 'teachback'; main()"
)


def environment() -> dict[str, str]:
    """Return the environment of all commands: Python may keep compiled files, as once installed."""
    kept = {k: value for k, value in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(SOURCE)}


def timed(command: list[str], folder: Path) -> float:
    """Run a command in a folder and return the seconds that it took."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment(), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def peak_memory(command: list[str], folder: Path) -> float:
    """Return the peak memory (PSS) of a command and its children together, in MB; Linux only."""
    process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL)
    peak = 0.0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, sum(_pss(pid) for pid in _family(process.pid)))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    watcher.join()
    return peak


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in _family(int(child)))]


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def twelve_editions(folder: Path) -> Path:
    """Make a workspace of twelve editions: the shipped handout four times, for three audiences."""
    handouts = folder / "content" / "handouts"
    handouts.mkdir(parents=True)
    text = (ROOT / "content" / "handouts" / "leg-cramps.yaml").read_text(encoding="utf-8")
    for number in range(4):
        (handouts / f"copy-{number}.yaml").write_text(
            text.replace("id: leg-cramps", f"id: copy-{number}"), encoding="utf-8"
        )
    return folder


def measure(scratch: Path, rounds: int) -> dict[str, list[float]]:
    """Take all measurements `rounds` times."""
    python = sys.executable
    build = [python, "-m", "teachback", "build"]
    pages = scratch / "pages.json"
    one, bare, twelve = scratch / "one", scratch / "bare", scratch / "twelve"
    shipped = ROOT / "content" / "handouts" / "leg-cramps.yaml"
    for folder in (one, bare):
        handouts = folder / "content" / "handouts"
        handouts.mkdir(parents=True)
        shutil.copy(shipped, handouts)
    twelve_editions(twelve)
    copies = [f"copy-{number}" for number in range(4)]
    timed([python, "-c", COMPOSE, str(pages)], one)
    base = f"{(ROOT / 'styles').as_uri()}/"
    fonts = str(SOURCE / "teachback" / "pdf" / "no-system-fonts.conf")
    found: dict[str, list[float]] = {
        "a": [],
        "b": [],
        "c": [],
        "h": [],
        "i": [],
        "j": [],
        "d": [peak_memory([*build, "--force"], one)],
        "a_seconds": [],
        "b_seconds": [],
        "c_seconds": [],
    }
    cards = json.loads(
        subprocess.run(
            [python, "-c", CARDS, str(rounds)],
            cwd=one,
            env=environment(),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
    found["e"] = [ten / single for ten, single in zip(cards["ten"], cards["one"], strict=True)]
    found["f"] = [many / ten for many, ten in zip(cards["thousand"], cards["ten"], strict=True)]
    found["g"] = [cards["bytes"] / 1000]
    timed(build, one)
    for _ in range(rounds):
        imported = timed([python, "-W", "ignore", "-c", "import weasyprint"], one)
        idle = timed(build, one)
        printed_bare = timed([python, "-c", BARE, str(pages), fonts, str(bare), base], one)
        printed = timed([*build, "--force", "--jobs", "1"], one)
        alone = timed([*build, *copies, "--force", "--jobs", "1", "--kind", "handout"], twelve)
        unproved = timed([python, "-c", UNPROVED, "build", "--force", "--jobs", "1"], one)
        shutil.rmtree(scratch / "archive", ignore_errors=True)
        proved = timed(
            [*build, "--force", "--jobs", "1", "--archive", str(scratch / "archive")], one
        )
        both = timed([*build, *copies, "--force", "--jobs", "2", "--kind", "handout"], twelve)
        single = timed([*build, "--force", "--kind", "handout", "--audience", "ckd"], one)
        found["j"].append(single / imported)
        found["a"].append(idle / imported)
        found["b"].append(printed / printed_bare)
        found["c"].append(both / alone)
        found["h"].append(proved / unproved)
        found["i"].append(unproved / printed_bare)
        found["a_seconds"].append(idle)
        found["b_seconds"].append(printed)
        found["c_seconds"].append(both)
    return found


def main() -> None:
    """Measure, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="teachback-benchmark-"))
    try:
        found = measure(scratch, arguments.rounds)
    finally:
        shutil.rmtree(scratch)
    rows: list[Row] = [
        ("(a) nothing changed / import weasyprint", "a", "at most 0.30"),
        ("(b) forced build, one process / bare WeasyPrint", "b", "at most 1.25"),
        ("(c) twelve editions, two processes / one", "c", "at most 0.7"),
        ("(d) most memory of a forced build, MB", "d", "at most 300"),
        ("(e) ten cards on a sheet / one card", "e", "at most 1.6"),
        ("(f) 1,000 cards on 100 sheets / one sheet", "f", "at most 3"),
        ("(g) size of 1,000 cards, KB", "g", "under 1,000"),
        ("(h) proved and archived / neither", "h", "at most 1.25"),
        ("(i) forced build, not proved / bare WeasyPrint", "i", "at most 1.3"),
        ("(j) one handout for one reader, forced / import weasyprint", "j", "at most 2.8"),
    ]
    tell(
        found, rows, f"{arguments.rounds} rounds on {os.cpu_count()} cores", as_json=arguments.json
    )


if __name__ == "__main__":
    main()
