"""Find medical terms and abbreviations that are not explained where they first occur. Pure.

Each edition is checked in reading order, and each term is reported once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from teachback.checking.plain_language.wording import COLOURS, PEMAT, shouted_runs, terms_in
from teachback.checking.rule import Example, Finding, ReaderText, Rule
from teachback.content.handout import Tier, placed_tiers, places_of_tiers
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.checking.plain_language.word_lists import Vocabulary

_SHORT: Final = re.compile(r"\b(?:[a-z]?[A-Z]{2,5}\d?s?|[A-Z]\.(?:[A-Z]\.)+)(?![\w\u2019'-])")
# Abbreviations that are better known than the words behind them.
_COMMON: Final = frozenset(
    {
        "OK",
        "US",
        "USA",
        "TV",
        "AM",
        "PM",
        "ID",
        "UK",
        "FAQ",
        "PDF",
        "QR",
        "II",
        "III",
        "ER",
        "GP",
        "NHS",
        "DASH",
        "COVID",
        "HIV",
        "AIDS",
        "DNA",
    }
)
# Text right after a term that explains it. "or" does between two commas: "diuretics, or water
# pills, ..."; otherwise it belongs to a list.
_AFTER: Final = re.compile(
    r"\s*(?:\((?!\s*\))|/\s*[^\W\d]|[:—\u2013-]\s|,?\s+or\s+[\"“]|,\s+or\s+[^,.;:()]{3,40},"
    r"|,?\s+(?:[^\W\d]+\s+)?such as\s"
    r"|,\s+(?:an?|the|which|that is|also|sometimes|i\.e\.)\s"
    r"|,?\s+(?:means?|stands? for|is when|is an?|are the|is the|is what|are what|is how|is called"
    r"|are called|are an?)\s|\s+that\s+is\b)",
    re.IGNORECASE,
)
_CALLED: Final = re.compile(
    r"(?:\bcalled|\bknown as|\bnamed|\bmeans|\bthat is,?|\btermed"
    r"|\bword for this is)\s+[\"“']?(?:an?\s+|the\s+)?$",
    re.IGNORECASE,
)
# Names of products need no explanation: "potassium citrate", "AS Saliva", "Hailey's MO".
_PRODUCT: Final = re.compile(r"\s(?:citrate|chloride|bicarbonate)\b")
_BRANDED: Final = re.compile(r"\s[A-Z][a-z]+")
_BRAND: Final = re.compile(r"[a-z,(] [A-Z][a-z]+(?:['\u2019]s)? $")
# Headings of a second column that explains the words of the first.
_MEANING: Final = re.compile(
    r"^(?:what (?:it|this|they|that)|meaning|in plain words|definition|also called)", re.IGNORECASE
)

RULES: Final = (
    Rule(
        "plain-term",
        "a medical term that neither its first use nor that section explains",
        Severity.WARNING,
        "Explain a term that the reader must learn where it is first used, or in the same section. "
        "Otherwise the reader may not understand it.",
        (f"{PEMAT}, item 4",),
        bad=(
            Example("You may get edema."),
            Example("## Tests\nCreatinine goes up.\nAsk about edema (swelling)."),
        ),
        good=(Example("You may get edema (swelling)."), Example("The waste is called creatinine.")),
    ),
    Rule(
        "plain-abbreviation",
        "an abbreviation that is not spelled out at its first use",
        Severity.WARNING,
        "An abbreviation saves the writer's time, not the reader's. Spell it out at its first "
        "use; if it is used only once, write the words alone.",
        (f"{PEMAT}, item 4", "UK Government and Inclusion Europe on easy read"),
        bad=(
            Example("Your GFR is low."),
            Example("Take no NSAIDs with CKD."),
            Example("Call us about a leg clot or PE."),
        ),
        good=(
            Example("You have chronic kidney disease (CKD)."),
            Example("Ask for your eGFR (how well your kidneys work)."),
            Example("Ask how well your kidneys work (GFR)."),
            Example("It can reach the lungs (pulmonary embolism or PE)."),
        ),
    ),
)


def passages_as_read(reader_text: ReaderText) -> tuple[Passage, ...]:
    """Return the passages in the order in which they are printed.

    Red flags are at the top unless a section places their tier; the card is last.
    """
    placed = [
        (tier, (2, path[1], path[3]))
        for path, _, block in reader_text.blocks()
        for tier in placed_tiers(block).values()
    ]
    places = places_of_tiers(placed)

    def place(passage: Passage) -> tuple[int, ...]:
        if passage.block == "card" or passage.role is Role.SHORT:
            return (3,)
        if passage.path[0] == "red_flags":
            tier = Tier(passage.tier) if passage.tier else None
            return places.get(tier, (1, list(Tier).index(tier))) if tier else (1, 0)
        if passage.path[0] == "sections":
            steps: tuple[Any, ...] = passage.path
            return (2, int(steps[1]), int(steps[3]) if steps[2] == "blocks" else -1)
        return (0,)

    return tuple(sorted(reader_text.passages, key=place))


def term_findings(reader_text: ReaderText, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield a warning for each term and abbreviation that its first use does not explain."""
    ordered = passages_as_read(reader_text)
    rows = _meanings(ordered)
    explained = _explained(ordered, vocabulary)
    met: set[str] = set()
    for passage in ordered:
        # Abbreviations go first: full words that one stands for need no second explanation.
        yield from _abbreviations(passage, vocabulary, met)
        yield from _terms(passage, vocabulary, met, reader_text.reader.lineage, rows, explained)


def _terms(
    passage: Passage,
    vocabulary: Vocabulary,
    met: set[str],
    lineage: tuple[str, ...],
    rows: frozenset[tuple[Any, ...]],
    explained: frozenset[tuple[str, str]],
) -> Iterator[Finding]:
    for form, start, end in terms_in(passage.text, vocabulary):
        term, entry = vocabulary.terms[form]
        before, after = passage.text[:start], passage.text[end:]
        if term in met or _PRODUCT.match(after) or not set(entry.known_by).isdisjoint(lineage):
            continue
        met.add(term)
        taught = passage.path in rows and not before.strip() and not after.strip()
        if (
            taught
            or (passage.section, term) in explained
            or is_explained(before, after, said=entry.means)
        ):
            continue
        words = passage.text[start:end]
        message = f"the medical term '{words}' is not explained where it is first used"
        hint = f"Add what it means, such as '{term} ({entry.means})', or write only the meaning."
        yield Finding("plain-term", Severity.WARNING, passage, words, message, hint)


def _explained(ordered: tuple[Passage, ...], vocabulary: Vocabulary) -> frozenset[tuple[str, str]]:
    """Return the terms that a section explains at any of its places, as (section, term)."""
    return frozenset(
        (passage.section, vocabulary.terms[form][0])
        for passage in ordered
        for form, start, end in terms_in(passage.text, vocabulary)
        if passage.section
        and is_explained(
            passage.text[:start], passage.text[end:], said=vocabulary.terms[form][1].means
        )
    )


def is_explained(before: str, after: str, *, said: str = "") -> bool:
    """Return whether the text around a term explains it.

    It does with brackets, `called`, `means`, `that is`, or the meaning in `said` nearby.
    """
    if _AFTER.match(after) and not _listed(before, after):
        return True
    if _CALLED.search(before):
        return True
    # "nerve damage (neuropathy)": only the term is in brackets, with words before them.
    if (
        re.search(r"\w\s*\([^()]{0,20}$", before)
        and re.match(r"[^(),]{0,20}\)", after)
        and "," not in before.rpartition("(")[2]
    ):
        return True
    close = f"{before[-60:]} {after[:60]}".lower()
    meaning = re.sub("^(?:an?|the) ", "", said.lower())
    return bool(meaning) and meaning in close


def _listed(before: str, after: str) -> bool:
    """Return whether a comma after a term continues a list: a pill, an antacid, a tea."""
    return after.startswith(",") and bool(re.search(r",\s*(?:an?\s+|the\s+|your\s+)?$", before))


def _meanings(ordered: tuple[Passage, ...]) -> frozenset[tuple[Any, ...]]:
    """Return the paths of the words that stand beside their meaning.

    They are the words of a `terms` block, and first cells such as Potassium | Helps nerves ...
    """
    first: dict[tuple[Any, ...], Passage] = {}
    found = set()
    for passage in ordered:
        if {"terms", "term"} <= set(passage.path):
            found.add(passage.path)
        if passage.role is not Role.CELL or "cells" not in passage.path:
            continue
        cells = passage.path.index("cells")
        row, number = passage.path[:cells], passage.path[cells + 1]
        if number == 0:
            first[row] = passage
        elif number == 1 and _MEANING.search(passage.column) and row in first:
            found.add(first[row].path)
    return frozenset(found)


def _abbreviations(passage: Passage, vocabulary: Vocabulary, met: set[str]) -> Iterator[Finding]:
    matches = tuple(_SHORT.finditer(passage.text))
    # Capitals for emphasis are no abbreviation, and a term has its own finding: "ACE inhibitor".
    loud = tuple(shouted_runs(passage.text)) if matches else ()
    if matches:
        loud += tuple((start, end) for _, start, end in terms_in(passage.text, vocabulary))
    for match in matches:
        written = match.group()
        short = (
            written.removesuffix("s")
            if written[-1:] == "s" and written[-2:-1].isupper()
            else written
        )
        if (
            short in met
            or short in _COMMON
            or short.lower() in COLOURS
            or (
                short == "IV"
                and re.search(r"\b(?:stage|type|class|grade)\s$", passage.text[: match.start()])
            )
            or any(start <= match.start() < end for start, end in loud)
            or _BRANDED.match(passage.text, match.end())
            or _BRAND.search(passage.text[: match.start()])
        ):
            continue
        met.add(short)
        full = vocabulary.abbreviations.get(short, "")
        before, after = passage.text[: match.start()], passage.text[match.end() :]
        if re.search(r"\w[^()]*\(\s*(?:also\s+)?$", before) and re.match(r"\s*\)", after):
            continue
        if (
            re.match(r"\s*\(\s*[\w\"“]", after)
            or _stands_for(before, short)
            or (full and full.lower() in f"{before[-80:]} {after[:80]}".lower())
            or is_explained(before, after)
        ):
            if full.lower() in vocabulary.terms:
                met.add(full.lower())
            continue
        message = f"the abbreviation '{written}' is not spelled out at its first use"
        if full:
            term = vocabulary.terms.get(full.lower())
            words = term[1].means if term else full
            hint = f"Write '{words} ({short})' the first time, or only '{words}'."
            hint += f" It stands for '{full}'." if term else ""
        else:
            hint = "The first time, write the words, and the abbreviation in brackets."
        yield Finding("plain-abbreviation", Severity.WARNING, passage, written, message, hint)


def _stands_for(before: str, short: str) -> bool:
    """Return whether the words before "or" have the letters: "pulmonary embolism or PE"."""
    *words, last = re.findall(r"\w+", before) or [""]
    return last == "or" and "".join(word[0] for word in words[-len(short) :]).upper() == short
