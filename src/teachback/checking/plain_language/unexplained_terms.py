"""Find medical terms and abbreviations that are not explained where they first occur. Pure.

Each edition is checked in reading order, and each term is reported once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from teachback.checking.plain_language.names_and_glosses import (
    PRONUNCIATION,
    first_with_initials,
    initials_in,
    is_term_in_name,
    spelled_names,
    starts_explanation,
)
from teachback.checking.plain_language.wording import (
    COLOURS,
    PEMAT,
    SPELLED_NUMBER,
    shouted_runs,
    terms_in,
)
from teachback.checking.rule import Example, Finding, ReaderText, Rule
from teachback.content.handout import Tier, placed_tiers, places_of_tiers
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.checking.plain_language.names_and_glosses import SpelledNames
    from teachback.checking.plain_language.word_lists import Vocabulary

_ABBREVIATION: Final = re.compile(
    r"\b(?:[A-Z]{3,5}(?:-[A-Z]{3,5})+|[a-z]?[A-Z]{2,5}\d?s?|[A-Z]\.(?:[A-Z]\.)+)(?![\w\u2019'-])"
)
# Abbreviations that are better known than the words behind them.
_KNOWN_ABBREVIATIONS: Final = frozenset({
    "OK", "US", "USA", "TV", "AM", "PM", "ID", "UK", "FAQ", "PDF", "QR", "II", "III", "ER", "GP",
    "NHS", "DASH", "COVID", "HIV", "AIDS", "DNA", "MRI", "AB",
})  # fmt: skip
# "CT scan", "CT or MRI scan".
_SCAN: Final = re.compile(r" (?:(?:or|and) (?:an? )?MRI )?scan")
# The name of a gene stands for no words that help: "BRCA1 or BRCA2 gene".
_GENE: Final = re.compile(r"[A-Z]{2,5}\d(?:,? (?:and|or) [A-Z]{2,5}\d)?(?: and| or)? gene")
# '"ABCDE" can help you remember what to watch for'.
_MEMORY_AID: Final = re.compile(
    r"[\"\u201d]? (?:(?:can|may|will) )?helps? (?:you )?(?:to )?remember\b"
)
# The name of a product, whose long form tells a reader nothing: "the PDQ treatment summaries".
_SUMMARY: Final = re.compile(r"(?:\s\w+){0,2}\ssummar(?:y|ies)\b")
# A sound: "lub-DUB" before "sound" or "noise". Quotation marks alone make none: '"non-HDL"'.
_SOUND_BEFORE: Final = re.compile(r"(?<!\w)(?!(?:non|anti|low|high|pre|post)-)[a-z]+-$")
_SOUND_AFTER: Final = re.compile(r"[\"\u201d]?\s(?:sounds?|noises?)\b")
# The state in an American address: "Bethesda, MD 20892". "MS 20000 mg" is none.
_STATES_TEXT: Final = """
AL AK AZ AR CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS
MT NC ND NE NH NJ NM NV NY OH OK OR PA PR RI SC SD TN TX UT VA VT WA WI WV WY
"""
_STATES: Final = frozenset(_STATES_TEXT.split())
_STATE_BEFORE: Final = re.compile(r",\s*$")
_ZIP_AFTER: Final = re.compile(
    r"\s+\d{5}(?:-\d{4})?(?!\d|\s*(?:mg|mcg|g|ml|units?|iu)\b)", re.IGNORECASE
)
_SMALL_WORDS: Final = frozenset({"that", "from", "with", "your", "into", "when", "which", "than"})
_MANY: Final = 4
_NEARBY: Final = 240  # characters on each side of a term
# Text right after a term that explains it. "or" explains it between two commas: "diuretics, or
# water pills, ...". Elsewhere it continues a list.
_EXPLAINED_AFTER: Final = re.compile(
    r"\s*(?:\((?!\s*\))|/\s*[^\W\d]|[:—\u2013-]\s|,?\s+or\s+[\"“]|,\s+or\s+[^,.;:()]{3,40},"
    r"|,?\s+(?:[^\W\d]+\s+)?such as\s"
    r"|,\s+(?:an?|the|which|that is|also|sometimes|i\.e\.)\s"
    r"|\.\s+(?:this|it|the letters) stands? for\s"
    r"|,?\s+(?:means?|stands? for|is when|is an?|is any|are the|is the|is what|are what|is how"
    r"|is called"
    r"|are called|are an?)\s|\s+that\s+is\b)",
    re.IGNORECASE,
)
_EXPLAINED_BEFORE: Final = re.compile(
    r"(?:\bcalled|\bknown as|\breferred to as|\bnamed|\bmeans|\bthat is,?|\btermed"
    r"|\bword for this is)\s+[\"“']?(?:an?\s+|the\s+)?$"
    # "All of these activities are your body's metabolism." "This is your eGFR" explains nothing.
    r"|\bthese [a-z]+ are your body['\u2019]s $",
    re.IGNORECASE,
)
# "The minerals calcium and phosphorus", for a term whose meaning is "a mineral".
_MINERAL_BEFORE: Final = re.compile(
    r"\bminerals?,? (?:(?:such as|like|called) )?(?:[a-z]+(?:, and|, or|,| and| or) ){0,3}$",
    re.IGNORECASE,
)
# Names of products need no explanation: "potassium citrate", "AS Saliva", "Hailey's MO".
_CHEMICAL: Final = re.compile(r"\s(?:citrate|chloride|bicarbonate)\b")
# "Calcium phosphate" is what bones are made of; "sodium phosphate" is a medicine to explain.
_SALT_BEFORE: Final = re.compile(r"\bcalcium\s$", re.IGNORECASE)
_BRAND_AFTER: Final = re.compile(r"\s[A-Z][a-z]+")
_BRAND_BEFORE: Final = re.compile(r"[a-z,(] [A-Z][a-z]+(?:['\u2019]s)? $")
# Headings of a second column that explains the words of the first.
_MEANING_COLUMN: Final = re.compile(
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

    Red flags are at the top, unless a section shows their tier. The card is last.
    """
    placed_at = [
        (tier, (2, path[1], path[3]))
        for path, _, block in reader_text.blocks()
        for tier in placed_tiers(block).values()
    ]
    tier_places = places_of_tiers(placed_at)

    def order_of(passage: Passage) -> tuple[int, ...]:
        if passage.block == "card" or passage.role is Role.SHORT:
            return (3,)
        if passage.path[0] == "red_flags":
            tier = Tier(passage.tier) if passage.tier else None
            return tier_places.get(tier, (1, list(Tier).index(tier))) if tier else (1, 0)
        if passage.path[0] == "sections":
            steps: tuple[Any, ...] = passage.path
            return (2, int(steps[1]), int(steps[3]) if steps[2] == "blocks" else -1)
        return (0,)

    return tuple(sorted(reader_text.passages, key=order_of))


def term_findings(reader_text: ReaderText, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield a warning for each term and abbreviation that its first use does not explain."""
    ordered = passages_as_read(reader_text)
    names = spelled_names(ordered)
    beside_meaning = _paths_beside_meaning(ordered)
    section_terms = _section_terms(ordered, vocabulary)
    # A heading needs no explanation of what its section's text has, too: "What is COPD?"
    in_texts = frozenset(
        (passage.section, match.group())
        for passage in ordered
        if passage.role is not Role.HEADING
        for match in _ABBREVIATION.finditer(passage.text)
    )
    seen: set[str] = set()
    for passage in ordered:
        # Abbreviations go first: the words that one stands for need no second explanation.
        yield from _abbreviations(passage, vocabulary, seen, in_texts)
        yield from _terms(
            passage,
            vocabulary,
            seen,
            reader_text.reader.lineage,
            beside_meaning,
            section_terms,
            names,
        )


def _terms(
    passage: Passage,
    vocabulary: Vocabulary,
    seen: set[str],
    lineage: tuple[str, ...],
    beside_meaning: frozenset[tuple[Any, ...]],
    section_terms: frozenset[tuple[str, str]],
    names: SpelledNames,
) -> Iterator[Finding]:
    for form, start, end in terms_in(passage.text, vocabulary):
        term, entry = vocabulary.terms[form]
        before, after = _around(passage.text, start, end)
        if term == "phosphate" and _SALT_BEFORE.search(before):
            continue
        if term in seen or _CHEMICAL.match(after) or not set(entry.known_by).isdisjoint(lineage):
            continue
        if is_term_in_name(passage, start, end, names):
            continue
        seen.add(term)
        is_beside_meaning = (
            passage.path in beside_meaning and not before.strip() and not after.strip()
        )
        if (
            is_beside_meaning
            or (passage.section, term) in section_terms
            or is_explained(before, after, meaning=entry.means)
            or starts_explanation(passage.text, start, end)
        ):
            continue
        words = passage.text[start:end]
        message = f"the medical term '{words}' is not explained where it is first used"
        hint = f"Add what it means, such as '{term} ({entry.means})', or write only the meaning."
        yield Finding("plain-term", Severity.WARNING, passage, words, message, hint)


def _section_terms(
    ordered: tuple[Passage, ...], vocabulary: Vocabulary
) -> frozenset[tuple[str, str]]:
    """Return the terms that a section explains at any place, as (section, term)."""
    return frozenset(
        (passage.section, vocabulary.terms[form][0])
        for passage in ordered
        for form, start, end in terms_in(passage.text, vocabulary)
        if passage.section
        and (
            is_explained(
                *_around(passage.text, start, end), meaning=vocabulary.terms[form][1].means
            )
            or starts_explanation(passage.text, start, end)
        )
    )


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the text before and after a term, as far as it may explain it."""
    return text[max(0, start - _NEARBY) : start], text[end : end + _NEARBY]


def is_explained(before: str, after: str, *, meaning: str = "") -> bool:
    """Return whether the text around a term explains it.

    It does with brackets, `called`, `means` or `that is`, or if `meaning` is near.
    """
    if _EXPLAINED_AFTER.match(after) and not _continues_list(before, after):
        return True
    if meaning.startswith("a mineral") and _MINERAL_BEFORE.search(before):
        return True
    if _EXPLAINED_BEFORE.search(before):
        return True
    # "nerve damage (neuropathy)": only the term is in brackets, with words before them.
    if (
        re.search(r"\w\s*\([^()]{0,20}$", before)
        and re.match(r"[^(),]{0,20}\)", after)
        and "," not in before.rpartition("(")[2]
    ):
        return True
    return _has_meaning(f"{before[-60:]} {after[:60]}".lower(), meaning.lower())


def _has_meaning(text: str, meaning: str) -> bool:
    """Return whether a text has a meaning: all its words, or most of them if there are four.

    "Pulmonary disease harms the lungs": a gloss would repeat that. "Benign (noncancerous)" has it.
    """
    words = [word for word in re.findall(r"[a-z]{4,}", meaning) if word not in _SMALL_WORDS]
    stems = {re.sub(r"(?:ies|es|s|y)$", "", word) for word in words}
    # "Noncancerous" says what is not cancer, and nothing of what is.
    non = "(?:non)?" if re.search(r"\bnot?\b", meaning) else ""
    found = sum(re.search(rf"\b{non}{stem}\w{{0,4}}\b", text) is not None for stem in stems)
    return bool(words) and (found == len(stems) or (len(stems) >= _MANY and 2 * found > len(stems)))


def _continues_list(before: str, after: str) -> bool:
    """Return whether a comma after a term continues a list: a pill, an antacid, a tea."""
    return after.startswith(",") and bool(re.search(r",\s*(?:an?\s+|the\s+|your\s+)?$", before))


def _paths_beside_meaning(ordered: tuple[Passage, ...]) -> frozenset[tuple[Any, ...]]:
    """Return the paths of the words that stand beside their meaning.

    They are the words of a `terms` block, and first cells of rows such as Potassium | Helps nerves.
    """
    first_cells: dict[tuple[Any, ...], Passage] = {}
    paths = set()
    for passage in ordered:
        if {"terms", "term"} <= set(passage.path):
            paths.add(passage.path)
        if passage.role is not Role.CELL or "cells" not in passage.path:
            continue
        cells = passage.path.index("cells")
        row, column = passage.path[:cells], passage.path[cells + 1]
        if column == 0:
            first_cells[row] = passage
        elif column == 1 and _MEANING_COLUMN.search(passage.column) and row in first_cells:
            paths.add(first_cells[row].path)
    return frozenset(paths)


def _abbreviations(
    passage: Passage,
    vocabulary: Vocabulary,
    seen: set[str],
    in_texts: frozenset[tuple[str, str]],
) -> Iterator[Finding]:
    matches = tuple(_ABBREVIATION.finditer(passage.text))
    # Capitals for emphasis are no abbreviation. A term has a finding of its own: "ACE inhibitor".
    other_spans = tuple(shouted_runs(passage.text)) if matches else ()
    if matches:
        other_spans += tuple((start, end) for _, start, end in terms_in(passage.text, vocabulary))
        other_spans += tuple(match.span() for match in SPELLED_NUMBER.finditer(passage.text))
    if passage.role is Role.HEADING:
        # "What is Omsk fever (OF)?" spells it out for the text below it.
        seen |= {short for short, _ in initials_in(passage.text)}
    for match in matches:
        as_written = match.group()
        abbreviation = (
            as_written.removesuffix("s")
            if as_written[-1:] == "s" and as_written[-2:-1].isupper()
            else as_written
        )
        if (
            abbreviation in seen
            or _KNOWN_ABBREVIATIONS.issuperset(abbreviation.replace(".", "").split("-"))
            or abbreviation.lower() in COLOURS
            or (passage.role is Role.HEADING and (passage.section, abbreviation) in in_texts)
            or (
                abbreviation in _STATES
                and _STATE_BEFORE.search(passage.text[: match.start()])
                and _ZIP_AFTER.match(passage.text, match.end())
            )
            or (
                abbreviation == "IV"
                and re.search(r"\b(?:stage|type|class|grade)\s$", passage.text[: match.start()])
            )
            or any(start <= match.start() < end for start, end in other_spans)
            or (abbreviation == "CT" and _SCAN.match(passage.text, match.end()))
            or _GENE.match(passage.text, match.start())
            or _MEMORY_AID.match(passage.text, match.end())
            or (abbreviation == "PDQ" and _SUMMARY.match(passage.text, match.end()))
            or _is_sound(passage.text, match)
            or _BRAND_AFTER.match(passage.text, match.end())
            or _BRAND_BEFORE.search(_around(passage.text, match.start(), match.end())[0])
        ):
            continue
        seen.add(abbreviation)
        spelled_out = vocabulary.abbreviations.get(abbreviation, "")
        before, after = _around(passage.text, match.start(), match.end())
        if re.search(r"\w[^()]*\(\s*(?:also\s+)?$", before) and re.match(r"\s*\)", after):
            continue
        # More may stand in the brackets: "transient ischemic attacks (TIA, or mini-strokes)".
        if before.endswith("(") and after.startswith(",") and initials_in(f"{before}{as_written})"):
            continue
        if (
            re.match(r"\s*\(\s*[\w\"“]", after)
            or _stands_for(before, abbreviation)
            or (spelled_out and spelled_out.lower() in f"{before[-80:]} {after[:80]}".lower())
            or is_explained(before, after)
        ):
            if spelled_out.lower() in vocabulary.terms:
                seen.add(spelled_out.lower())
            continue
        message = f"the abbreviation '{as_written}' is not spelled out at its first use"
        if spelled_out:
            term = vocabulary.terms.get(spelled_out.lower())
            words = term[1].means if term else spelled_out
            hint = f"Write '{words} ({abbreviation})' the first time, or only '{words}'."
            hint += f" It stands for '{spelled_out}'." if term else ""
        else:
            hint = "The first time, write the words, and the abbreviation in brackets."
        yield Finding("plain-abbreviation", Severity.WARNING, passage, as_written, message, hint)


def _is_sound(text: str, capitals: re.Match[str]) -> bool:
    """Return whether capitals are the loud part of a sound, behind small letters and a hyphen."""
    return bool(
        _SOUND_BEFORE.search(text[max(0, capitals.start() - _NEARBY) : capitals.start()])
        and _SOUND_AFTER.match(text, capitals.end())
    )


def _stands_for(before: str, abbreviation: str) -> bool:
    """Return whether the words before "or" have its letters: "pulmonary embolism or PE".

    A long word may have two: "bronchopulmonary dysplasia, or BPD".
    """
    *words, last = re.findall(r"\w+", PRONUNCIATION.sub("", before).lower()) or [""]
    if last != "or":
        return False
    place = first_with_initials(words, abbreviation.lower())
    return place is not None and len(words) - place > 1
