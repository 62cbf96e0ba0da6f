"""Check single words and phrases. Pure.

The rules look for hard words, the passive, the third person, capitals, percentages and the like.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.checking.plain_language.names_and_glosses import (
    PRONUNCIATION,
    is_gloss,
    is_glossed,
    is_in_entry,
    is_in_name,
    spelled_names,
)
from teachback.checking.plain_language.sentence_splitter import WORD, is_action, split_sentences
from teachback.checking.rule import OUR_OWN, Example, Finding, ReaderText, Rule
from teachback.content.draft_notices import rules_know
from teachback.content.inline_markup import bare
from teachback.editions.missing_blanks import missing_blanks, missing_stops
from teachback.editions.passages import Role
from teachback.errors import Severity
from teachback.files.unprintable_characters import visible_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from teachback.checking.clinical.lexicon import Lexicon
    from teachback.checking.plain_language.word_lists import Vocabulary
    from teachback.editions.passages import Passage

_ADVERBS: Final = (
    r"(?:\s+(?:not|also|often|always|usually|never|now|only|being|then|already|still|\w+ly))?"
)
_IRREGULAR: Final = (
    "(?:done|made|given|taken|seen|shown|known|found|held|kept|put|sent|told|brought|built"
    "|chosen|cut|drawn|felt|written|read|paid|left|eaten|worn|caught|begun|broken|driven|forgotten"
    "|hidden|lost|meant|run|set|spread|thought|understood|withdrawn)"
)
# Only an order in the passive hides who is to act: "is found in" and "was tested" read well.
_PASSIVE: Final = re.compile(
    r"\b(?:should|must|ought to)(?:\s+(?:not|never|always|only|also|\w+ly))*"
    rf"\s+be{_ADVERBS}\s+({_IRREGULAR}|\w+[^\We]ed)\b",
    re.IGNORECASE,
)
# "To see if it should be watched", "about whether you should be treated", "deciding which diseases
# should be studied": somebody else decides. "Signs of problems that should be treated" is no order.
_INDIRECT: Final = re.compile(
    r"\w(?: or)? (?:if|whether(?: or not)?|(?:whether|if) and how)"
    r" (?:it|you|they|he|she|(?:the|your) \w+)\s$"
    r"|\b(?:decid\w+|choos\w+|know|find out|figur\w+ out|learn) (?:which|what) (?:\w+ ){1,2}$"
    r"|\bof (?:\w+ ){0,2}(?:problems?|illness(?:es)?|diseases?|conditions?) (?:that|which)\s$",
    re.IGNORECASE,
)
# "Should be decided by an eye doctor" says who, and "by mouth" does not. "By" stands directly
# behind the verb: "should be taken as directed by your doctor" leaves open who takes it.
_BY_SOMEBODY: Final = re.compile(
    r"(?:\s(?:only|always|also|first|\w+ly))?"
    r"\sby\s(?:(?:an?|the|your|our|my|his|her|their|another)\s)?"
    r"(?:(?!(?:an?|the|your|our|if|unless|when|while|or|and|so|because|as|that|which)\b)"
    r"[\w-]+\s){0,2}?"
    r"(?:doctors?|physicians?|surgeons?|nurses?|dentists?|pharmacists?|midwi(?:fe|ves)|dietitians?"
    r"|therapists?|specialists?|technicians?|experts?|professionals?|providers?|practitioners?"
    r"|\w+ologists?|teams?|staff|parents?|caregivers?|carers?|adults?|people|person|you|us"
    # "The shoulder must be held by muscles" is a fact.
    r"|muscles?)\b"
    r"(?!['\u2019-])",
    re.IGNORECASE,
)
# "You and your partner must be treated" is a fact; "must be treated with this cream" is an order.
_TREATED: Final = re.compile(
    r"(?<=\btreated)(?!(?:\s\w+){0,2}\s(?:with|using|at home|daily|each|every|once|twice)\b)",
    re.IGNORECASE,
)
# Words that look like participles but describe a state; "called" introduces a word.
_STATES_TEXT: Final = """
tired swollen worried scared concerned interested excited confused bored relaxed pleased married
retired used supposed allowed limited blocked bed need red called named based left dressed exhausted
stressed surprised satisfied experienced overwhelmed dehydrated hydrated seed feed speed bleed
exceed indeed related linked
"""
_STATE_WORDS: Final = frozenset(_STATES_TEXT.split())
# "Some people need to rest" and "a small number of patients must" state a fact, and "older adults
# should" may speak to a carer. "People on dialysis should limit salt" means the reader.
_THIRD_PERSON: Final = re.compile(
    r"(?<!some )(?<!many )(?<!most )(?<!other )(?<!few )(?<!number of )(?<!minority of )"
    r"(?<!older )(?<!younger )(?<!elderly )(?<!enough that )"
    r"\b(?:patients?|individuals?|clients?|sufferers?|people|persons|anyone|everyone|those"
    r"|adults)\b(?!['\u2019])(?! in (?:the|your) (?:household|family|house|home)\b)"
    r"(?:(?!\byou\b)[^.!?;:()]){0,60}?\b(?:should|must|ought to|needs? to|ha(?:s|ve) to)\b(?!\s+I)",
    re.IGNORECASE,
)
# "The best pill for each patient should be": the pill is to do it.
_FOR_SOMEBODY: Final = re.compile(r"\w for (?:(?:each|every|all|most|these|the) )?$", re.IGNORECASE)
_PERSON_AND_DUTY: Final = re.compile(r"\w+\s(?:should|must|needs? to|ha(?:s|ve) to)", re.IGNORECASE)
# "Children get five. Adults should get one every 10 years." sets them apart from the children.
# "Keep it from children" sets nobody apart.
_CHILDREN: Final = re.compile(
    r"\bchildhood\b"
    r"|(?<!from )(?<!of )(?<!near )(?<!to )\b(?:child(?:ren)?|infants?|bab(?:y|ies)|teens?)\b",
    re.IGNORECASE,
)
# A text without any of these speaks of no third person.
_THIRD_PERSON_WORDS: Final = (
    *("patient", "individual", "client", "sufferer"),
    *("people", "persons", "anyone", "everyone", "those", "adults"),
)
_PERCENT: Final = re.compile(r"\b(\d+(?:\.\d+)?)\s?(?:%|percent\b|per cent\b)", re.IGNORECASE)
# "Lowers the risk by up to 20 percent" is a share of a risk, not of people. "20 to 60 percent" is a
# range, whose end alone would mislead.
_CHANGE_BY: Final = re.compile(
    r"\bby (?:up to |about |around |at least |as much as )?$"
    r"|\d\s?(?:%|percent)?\s?(?:to|and|or|[-\u2013])\s?$"
)
# "1% of the medicine" is no share of people either.
_OF_PEOPLE: Final = re.compile(
    r"\b(?:people|persons|patients|adults|men|women|children|babies|readers|cases|those|us|who"
    r"|chances?|risks?|likely)\b",
    re.IGNORECASE,
)
# "10 percent of the iron in food".
_OF_WHOLE: Final = re.compile(r"\s+of ((?:[\w.-]+ ?){1,4})")
_COUNT_OF_PEOPLE: Final = re.compile(
    r"\b(?:\d[\d,]*|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:\w+\s+)?(?:in|out of"
    r"|of every|in every)\s+(?:every\s+)?(?:\d|one|two|three"
    r"|four|five|six|seven|eight|nine|ten|a hundred)",
    re.IGNORECASE,
)
_NEGATIONS: Final = r"(?:not|never|no|cannot|\w+n['\u2019]t|nobody|nothing|none)"
# How an entry begins that bans what it names. "No-salt seasoning" is a name.
BAN: Final = re.compile(
    r"(?:please )?(?:do not|don['\u2019]t|never|no|avoid)(?![\w-])", re.IGNORECASE
)
_SECOND_NEGATIONS: Final = (
    r"(?:un(?:able|common|usual|likely|necessary|important|safe|healthy|related|aware|clear|known"
    r"|pleasant)|im(?:possible|proper)|in(?:frequent"
    r"|sufficient|adequate|frequently)|without(?! (?:first )?(?:ask|talk|check|tell|call|speak))"
    r"|avoid\w*|fail\w*|refus\w+|prevent\w*|lack\w*|few(?:er)? than|never|no)"
)
# Not "do not ... unless", nor "without asking": a ban with one exception needs these words.
_DOUBLE_NEGATIVE: Final = re.compile(
    rf"\b{_NEGATIONS}\b(?:\s+\w+){{0,4}}?\s+{_SECOND_NEGATIONS}\b", re.IGNORECASE
)
# "There is nothing you can do to prevent it", "no drug to prevent it", "not smoking can prevent
# it", "it cannot be prevented": one thing is denied.
_TO_PREVENT: Final = re.compile(
    rf"(?:no|nothing|none)\b(?:(?!\b{_NEGATIONS}\b).)* to (?:prevent|avoid)"
    r"|not (?:smoking|drinking)(?: (?:alcohol|at all))? (?:can |may |will )?(?:help )?prevents?"
    r"|can(?:no|['\u2019])t (?:always )?(?:be prevented|be avoided|prevent|avoid)",
    re.IGNORECASE,
)
# "They do not speak, and they are unable to move" and "no salt or no sugar" deny two things, each
# once.
_NEXT_CLAUSE: Final = re.compile(
    r"\b(?:and|but|so) (?:they|you|we|it|he|she)\b|^no\b.*\b(?:and|or) no$", re.IGNORECASE
)
_VAGUE: Final = re.compile(
    r"\b(several|various|a few|a number of|a couple of|a handful of|occasional(?:ly)?|regularly"
    r"|periodically|from time to time|plenty of"
    r"|a moderate amount|moderate amounts|sparingly|in moderation|large amounts?|small amounts?)\b"
    # "A few days", "plenty of water": nobody has a better number.
    r"(?! often| (?:\w+ )?(?:minutes|hours|days|weeks|fluids?|water|drinks|rest)\b)",
    re.IGNORECASE,
)
# "Plenty of water (6-8 glasses)", "6-8 glasses, so that you pass water regularly": a number stands
# behind the vague amount or before it.
_WITH_NUMBER: Final = re.compile(
    r"[^.;!?]{0,60}?(?:\d[\d.,\u2013-]*|\b(?:one|two|three|four|six|eight))\s?"
    r"(?:cups?|glass(?:es)?|l|lit(?:er|re)s?|ml|oz|ounces?|m?g"
    r"|grams?|drinks|servings?|portions?|pieces?|slices?|(?:tea|table)?spoons?)\b",
    re.IGNORECASE,
)
# "Foods that contain plenty of fiber", "foods you eat regularly", "even small amounts of gluten":
# nobody is to measure that.
_NOT_MEASURED: Final = re.compile(
    r"\b(?:contain(?:s|ing)?|has|have|holds?|you (?:eat|drink|take|use)|even)\s$", re.IGNORECASE
)
_CAPS: Final = re.compile(r"\b[A-Z][A-Z'\u2019]+(?:[\s-]+[A-Z][A-Z'\u2019]+)*\b")
# A zone of an action plan may be in capitals, as on many such plans.
COLOURS: Final = frozenset({"red", "yellow", "green", "amber", "orange", "blue"})
_SHOUTED_WORDS: Final = """
do not stop call now never always warning important danger must only ask and or no all any if you
your help take eat drink be is the for to with before after go see tell us caution note attention
high low yes on off use keep away urgent emergency severe should cannot doctor please
"""
_SHOUTED: Final = frozenset(_SHOUTED_WORDS.split())
_LONGEST_ABBREVIATION: Final = 6  # letters of an abbreviation; longer words in capitals are shouted
# A capital between small words is that of a name: "a drink such as Ensure or milk". In a heading,
# as in "How to Discontinue Your Pills", the next word has one, too.
_PRODUCT_NAME: Final = re.compile(r"[a-z,] \|[A-Z][a-z]+(?:[.,;:!?)]|$| [^A-Z])")
# "Ask for the Risk |Assessment| Tool.", behind a word in small letters: a part of a name. A heading
# has no full stop, and may have a capital in each word.
_NAME_BEFORE: Final = re.compile(r"[a-z] (?:[A-Z][\w'\u2019]+ )+$")
_NAME_AFTER: Final = re.compile(r" [A-Z][a-z]")
# "It spreads. This is called disseminated disease": a name that the text explains.
# "The nurse called a physician" is none.
_CALLED: Final = re.compile(
    r"\b(?:is|are|was|were) (?:also )?(?:called|known as|termed) (?:an? |the )?[\"\u201c]?$"
)
_COMPOUND_BEFORE: Final = re.compile(r"(?<!\bre)(?<!\bself)(?<=\w)-$", re.IGNORECASE)
_NEXT_WORD: Final = re.compile(r"\s+([^\W\d_]+)")
_COMPOUND_AFTER: Final = re.compile(r"-\w")
# Letters to dial: "(800) QUIT-NOW", "1-800-QUIT-NOW".
SPELLED_NUMBER: Final = re.compile(r"(?:\(\d{3}\)|\d-\d{3})[\s-]+[A-Z]+(?:[\s-][A-Z]+)*\b")
# What stands beside the initials of a leukemia, and not beside the word "all".
_LEUKEMIA: Final = re.compile(
    r"(?:\b(?:adult|childhood|pediatric|recurrent|untreated) ALL\b"
    r"|\b(?:with|have|has|had) ALL(?=[.,;:)]|$)|(?:\(|, or )ALL(?=[.,;)])"
    r"|\bALL (?:is|was|cells)\b)"
)
# "PDD-NOS" is an abbreviation, "DO-NOT" is none.
_HYPHENED: Final = re.compile(r"[A-Z]{2,5}(?:-[A-Z]{2,5})+")
_SHORTEST_WORD: Final = 3  # letters of each of two words in capitals that are no abbreviations
# Characters that are searched on each side of a word; all of a long text would take too long.
_BEFORE: Final = 120
_EMOJI: Final = re.compile("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff\ufe0f]+")

PEMAT: Final = "AHRQ PEMAT-P"
CDC: Final = "CDC Clear Communication Index"
EASY: Final = "Inclusion Europe, Information for all"

RULES: Final = (
    Rule(
        "plain-hard-word",
        "a hard word that has a plainer one",
        Severity.WARNING,
        "Common words are understood faster, and by more readers. The list is "
        "content/rules/words/plain-words.yaml.",
        (f"{PEMAT}, item 3", f"{CDC}, item 7"),
        bad=(Example("Discontinue the medicine."), Example("Notify us prior to your visit.")),
        good=(Example("Stop the medicine."), Example("You have chronic kidney disease.")),
    ),
    Rule(
        "plain-passive",
        "an instruction in the passive voice",
        Severity.WARNING,
        "An instruction that does not say who is to act may be left to somebody else.",
        (f"{PEMAT}, item 5", f"{CDC}, item 6"),
        bad=(
            Example("Your weight must be measured each day."),
            Example("The pills should not be taken with food."),
        ),
        good=(
            Example("Potassium is found in many foods."),
            Example("Your blood will be tested."),
        ),
    ),
    Rule(
        "plain-third-person",
        "the reader is spoken of, not to",
        Severity.WARNING,
        "Advice to 'patients' is somebody else's advice. 'You' says who is to act.",
        (f"{PEMAT}, item 21",),
        bad=(
            Example("Patients should call the clinic."),
            Example("People on dialysis should limit salt."),
        ),
        good=(
            Example("Call the clinic."),
            Example("Many people on dialysis get cramps. You should limit salt."),
            Example("A small number of patients need to eat more salt."),
        ),
    ),
    Rule(
        "plain-percentage",
        "a percentage without a count of people",
        Severity.WARNING,
        "Most readers picture '1 in 4 people' more easily than '25%'.",
        (f"{PEMAT}, item 6", f"{CDC}, items 15 and 20"),
        bad=(
            Example("About 25% of people get cramps."),
            Example("It helps 10 percent of those who try it."),
        ),
        good=(
            Example("About 25% of people get cramps: 1 in 4."),
            Example("About 1 in 4 people get cramps."),
        ),
    ),
    Rule(
        "plain-double-negative",
        "two negatives in one sentence",
        Severity.WARNING,
        "A reader has to turn a double negative round to know what is meant, and may turn it the "
        "wrong way.",
        (EASY,),
        bad=(Example("It is not uncommon to have cramps."), Example("Do not fail to call us.")),
        good=(
            Example("It is common to have cramps."),
            Example("Do not take it unless we tell you to."),
        ),
    ),
    Rule(
        "plain-vague",
        "a vague amount in an instruction",
        Severity.WARNING,
        "Each reader decides how much 'a few' is. A number is clear.",
        (f"{CDC}, item 14",),
        bad=(
            Example("Drink several glasses of water."),
            Example("Stretch regularly."),
            Example("Drink 6-8 glasses. Stretch regularly."),
        ),
        good=(
            Example("Drink 6 glasses of water."),
            Example("The heart beats regularly. Several foods hold salt."),
            Example("Drink 6-8 glasses, so that you pass water regularly."),
        ),
    ),
    Rule(
        "plain-capitals",
        "words in capitals",
        Severity.WARNING,
        "Words in capitals are harder to read, and look like shouting. Use bold instead.",
        (EASY,),
        bad=(Example("DO NOT take magnesium."), Example("This is IMPORTANT.")),
        good=(Example("Do not take magnesium."), Example("Ask about your eGFR, and about CKD.")),
    ),
    Rule(
        "plain-missing-blank",
        "a missing blank or full stop between two sentences, or a missing blank beside a name",
        Severity.WARNING,
        "Without a blank two sentences look like one, and a slow reader loses the end of the "
        "first. It is often a slip of the pen.",
        (OUR_OWN,),
        bad=(
            Example("Avoid salt.Eat fresh food."),
            Example("Are you tired?Rest."),
            Example("Ask us about:salt, water, and pills.", role=Role.ITEM),
            Example("Avoid salt.eat fresh food.", role=Role.CELL),
            Example("Avoid salt Eat fresh food."),
        ),
        good=(
            Example("Avoid salt. Eat fresh food."),
            Example("Take 2.5 mg at 10:30 a.m. or ask Dr.Lee in the U.S. about it."),
            Example("Read www.example.org, or write to us@example.org."),
        ),
    ),
    Rule(
        "plain-emoji",
        "an emoji",
        Severity.WARNING,
        "Emoji print as grey spots or as boxes, and a screen reader says their full names.",
        ("Our own trial prints in black and white",),
        bad=(Example("\u26a0\ufe0f Call us."), Example("Drink water \U0001f4a7 each day.")),
        good=(Example("Take care: call us."), Example("Drink water each day.")),
    ),
)
_SEVERITIES: Final[Mapping[str, Severity]] = {rule.id: rule.severity for rule in RULES}


def wording_findings(reader_text: ReaderText, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield the findings on the words of each passage.

    A hard word or a vague amount is reported once an edition, at its first place. A hard word that
    its section explains is known from there on.
    """
    names = spelled_names(reader_text.passages)
    explained = frozenset(
        (passage.section or passage.path, hint)
        for passage in reader_text.passages
        for hint, start, end in _hard_words(passage.text, vocabulary)
        if is_glossed(passage.text, start, end, hint[len("Write ") :].partition(" instead of ")[0])
    )
    reported: set[str] = set()
    amounts: set[str] = set()
    for passage in reader_text.passages:
        yield from _missing_blanks(passage)
        for hint, start, end in _hard_words(passage.text, vocabulary):
            words = passage.text[start:end]
            # All forms of a hard word share one hint.
            if hint in reported or (
                (passage.section or passage.path, hint) not in explained
                and (is_in_name(passage.text, start, end, names) or is_in_entry(passage, end))
            ):
                continue
            reported.add(hint)
            if (passage.section or passage.path, hint) not in explained:
                message = f"'{words}' is a hard word"
                yield Finding("plain-hard-word", Severity.WARNING, passage, words, message, hint)
        for rule, words, message, hint in _in_text(passage.text, passage.role, names.initials):
            if rule == "plain-vague" and words.lower() in amounts:
                continue
            if rule == "plain-vague":
                amounts.add(words.lower())
            yield Finding(rule, _SEVERITIES[rule], passage, words, message, hint)


def _missing_blanks(passage: Passage) -> Iterator[Finding]:
    """Yield sentences that run together in the text as written; other rules see added blanks."""
    written = bare(visible_form(passage.written))
    for words in missing_stops(" ".join(written.split())):
        message = f"a full stop is missing in '{words}'"
        hint = "End each sentence with its mark and a blank, also where a line of the file ends."
        yield Finding("plain-missing-blank", Severity.WARNING, passage, words, message, hint)
    hint = (
        "Put a blank behind the end of each sentence, and behind a colon, a semicolon or a comma."
    )
    for _, words, ends in missing_blanks(written):
        if ends:
            message = f"a blank is missing in '{words}'"
            yield Finding("plain-missing-blank", Severity.WARNING, passage, words, message, hint)


def glued_findings(reader_text: ReaderText, lexicon: Lexicon) -> Iterator[Finding]:
    """Yield each name of a food or a medicine that runs into the word beside it."""
    if not rules_know(reader_text.language):
        return
    for passage in reader_text.passages:
        for word in lexicon.glued(passage.text):
            message = f"a blank is missing in '{word}', so no rule knows the name in it"
            hint = "Put a blank between the two words."
            yield Finding("plain-missing-blank", Severity.WARNING, passage, word, message, hint)


# Rule, words, message, hint.
TextFinding = tuple[str, str, str, str]


@lru_cache(maxsize=1024)
def _in_text(text: str, role: Role, initials: frozenset[str]) -> tuple[TextFinding, ...]:
    """Return the findings in one text, without hard words. Cached for all its readers.

    `initials` are those that the edition spells out.
    """
    findings: list[TextFinding] = [*_capitals(text, initials)]
    for look in _LOOKS:
        findings += look(text)
    before = ""
    for sentence in split_sentences(text) if role is not Role.QUOTE else ():
        findings += (*_passive(sentence), *_vague_amounts(sentence))
        if role is not Role.MYTH:
            findings += _third_person(sentence, before)
        before = sentence
    return tuple(findings)


@lru_cache(maxsize=1024)
def _hard_words(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, int, int], ...]:
    """Return the hard words in a text as (hint, start, end). Cached for all its readers."""
    return tuple(_find_hard_words(text, vocabulary))


def _find_hard_words(text: str, vocabulary: Vocabulary) -> Iterator[tuple[str, int, int]]:
    # A term may be explained instead of left out; unexplained_terms.py checks that. So may a term
    # that holds the word: "cardiac arrest". A word alone in brackets stands beside its plainer one:
    # "pee (urinate)".
    terms = terms_in(text, vocabulary)
    term_starts = [start for _, start, _ in terms]
    for form, start, end in _find_forms(text, vocabulary.hard, vocabulary.longest):
        place = bisect_right(term_starts, start) - 1
        word, entry = vocabulary.hard[form]
        if (
            form in vocabulary.terms
            or (place >= 0 and end <= terms[place][2])
            or _is_in_compound(text, start, end)
            or (entry.before and form == word.lower() and not _is_before(text, end, entry.before))
        ):
            continue
        # The rest looks only at the words around, so that a long text takes no time.
        first = max(0, start - _BEFORE)
        before, near = text[first:start], text[first : end + _BEFORE]
        if (
            (text[start].isupper() and _PRODUCT_NAME.search(f"{before}|{near[start - first :]}"))
            or (before.endswith("(") and text.startswith(")", end))
            or (text.endswith(".") and _NAME_AFTER.match(text, end) and _NAME_BEFORE.search(before))
            or _CALLED.search(before)
            or is_gloss(near, start - first, end - first, entry.say)
            or any(_is_within(text, phrase, start, end) for phrase in entry.unless)
        ):
            continue
        yield f"Write '{entry.say}' instead of '{word}'.", start, end


@lru_cache(maxsize=1024)
def terms_in(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, int, int], ...]:
    """Return the medical terms in a text as (form, start, end), the longest at each word."""
    return tuple(_find_forms(text, vocabulary.terms, vocabulary.longest))


@lru_cache(maxsize=64)
def _words_and_lower(text: str) -> tuple[list[re.Match[str]], list[str]]:
    """Return the words of a text with their places, and the same words in lower case."""
    words = list(WORD.finditer(text))
    return words, [word.group().lower().replace("\u2019", "'") for word in words]


def _find_forms(
    text: str, entries: Mapping[str, object], starts: Mapping[str, int]
) -> Iterator[tuple[str, int, int]]:
    words, lower = _words_and_lower(text)
    position = 0
    while position < len(words):
        for size in range(min(starts.get(lower[position], 0), len(words) - position), 0, -1):
            form = " ".join(lower[position : position + size])
            if form not in entries:
                continue
            start, end = words[position].start(), words[position + size - 1].end()
            # The words of one phrase are adjacent, with only spaces between them.
            if size == 1 or not re.search(r"[^\w\s'\u2019-]", text[start:end]):
                yield form, start, end
                position += size - 1
                break
        else:
            # "potassium-rich" is about potassium.
            start = words[position].start()
            word = words[position].group()
            for part in re.finditer(r"[^-]+", word) if "-" in word else ():
                if part.group().lower() in entries:
                    yield part.group().lower(), start + part.start(), start + part.end()
        position += 1


def _is_in_compound(text: str, start: int, end: int) -> bool:
    """Return whether a word is a part of one with a hyphen, which no plain word fits into.

    "Re-evaluate" is none, since "check again" says the same, nor is "self-administer".
    """
    before = text[max(0, start - _BEFORE) : start]
    return bool(_COMPOUND_BEFORE.search(before) or _COMPOUND_AFTER.match(text, end))


def _is_within(text: str, phrase: str, start: int, end: int) -> bool:
    return any(
        m.start() <= start and end <= m.end()
        for m in _phrase(phrase).finditer(text, max(0, start - len(phrase)), end + len(phrase) + 1)
    )


@lru_cache(maxsize=4096)
def _phrase(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(phrase)}s?", re.IGNORECASE)


def _is_before(text: str, end: int, words: tuple[str, ...]) -> bool:
    following = _NEXT_WORD.match(text, end)
    return following is not None and following[1].lower() in words


def _passive(text: str) -> Iterator[TextFinding]:
    for match in _PASSIVE.finditer(text):
        if (
            match[1].lower() not in _STATE_WORDS
            and not match[1].lower().startswith("un")
            and not _INDIRECT.search(text[max(0, match.start() - _BEFORE) : match.start()])
            and not _BY_SOMEBODY.match(text, match.end())
            and not _TREATED.match(text, match.end())
        ):
            hint = "Write who does it: 'Take it with food', not 'it should be taken with food'."
            message = f"'{match.group()}' does not say who is to do it"
            yield "plain-passive", match.group(), message, hint


def _third_person(text: str, sentence_before: str) -> Iterator[TextFinding]:
    lower = text.lower()
    if not any(word in lower for word in _THIRD_PERSON_WORDS):
        return
    for match in _THIRD_PERSON.finditer(text):
        words = match.group().strip()
        # "For people who faint, therapy should help": the therapy is to do it, as is "the best
        # pill for each patient should". "People with it may need to be treated" is a fact. "Then,
        # as adults, they should" is about somebody named before.
        if _FOR_SOMEBODY.search(
            text, max(0, match.start() - _BEFORE), match.start()
        ) and _PERSON_AND_DUTY.fullmatch(words):
            continue
        before = text[max(0, match.start() - _BEFORE) : match.start()].lower()
        if before.endswith("then, as ") and ", they " in words:
            continue
        if ("," in words and ", they " not in words and re.search(r"\bfor $", before)) or (
            words.lower().endswith(("may need to", "might need to"))
            and text.startswith(" be ", match.end())
        ):
            continue
        if words.lower().startswith("adults") and _CHILDREN.search(f"{sentence_before} {before}"):
            continue
        yield (
            "plain-third-person",
            words,
            f"'{words}' speaks of the reader, not to the reader",
            "Write 'you', or begin with the action.",
        )


def _percentages(text: str) -> Iterator[TextFinding]:
    matches = tuple(m for m in _PERCENT.finditer(text) if not _CHANGE_BY.search(text[: m.start()]))
    if not matches or _COUNT_OF_PEOPLE.search(text) or not _OF_PEOPLE.search(text):
        return
    for match in matches:
        share = float(match[1])
        whole = _OF_WHOLE.match(text, match.end())
        if whole and not _OF_PEOPLE.search(whole[1]):
            continue
        if 0 < share < 100:  # noqa: PLR2004 -- 100% is not a share
            yield (
                "plain-percentage",
                match.group(),
                f"'{match.group()}' is a percentage without a count of people",
                f"Add it: {_in_people(share)}.",
            )


def _in_people(share: float) -> str:
    """Return a percentage as a count of people, in the smallest numbers that express it."""
    for total in (2, 3, 4, 5, 10, 100, 1000):
        exact = share * total / 100
        count = round(exact)
        if 0 < count < total and abs(exact - count) < 0.005 * total:
            about = "" if count * 100 == share * total else "about "
            return f"'{about}{count} in {total} people'"
    return "'x in y people'"


def _double_negatives(text: str) -> Iterator[TextFinding]:
    for match in _DOUBLE_NEGATIVE.finditer(text):
        if _TO_PREVENT.fullmatch(match.group()) or _NEXT_CLAUSE.search(match.group()):
            continue
        yield (
            "plain-double-negative",
            match.group(),
            f"'{match.group()}' is a double negative",
            "Say what is so, or what to do.",
        )


def _vague_amounts(text: str) -> Iterator[TextFinding]:
    for match in _VAGUE.finditer(text) if is_action(text) else ():
        start = max(text.rfind(mark, 0, match.start()) for mark in ".;!?") + 1
        if (
            _WITH_NUMBER.match(text, match.end())
            or _WITH_NUMBER.match(text[start : match.start()])
            or _NOT_MEASURED.search(text[: match.start()])
        ):
            continue
        yield (
            "plain-vague",
            match.group(),
            f"'{match.group()}' does not say how much or how often",
            "Write a number, if there is one.",
        )


def _capitals(text: str, initials: frozenset[str]) -> Iterator[TextFinding]:
    leukemias = [found.span() for found in _LEUKEMIA.finditer(text)] if "ALL" in initials else []
    for start, end in shouted_runs(text):
        words = text[start:end]
        # "ALL" is no shout where a text spells it out: "acute lymphocytic leukemia (ALL)". "ALL
        # patients" is one even there.
        if words in initials and (
            text[max(0, start - 1) : end + 1] == f"({words})"
            or (words == "ALL" and any(first <= start < last for first, last in leukemias))
        ):
            continue
        hint = f"Write '{words.lower()}', with **two stars** around it if it must stand out."
        yield "plain-capitals", words, f"'{words}' is in capitals", hint


def shouted_runs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of capitals with a common word or two words: DO NOT, ICE CUBES, not CKD."""
    others = [
        match.span()
        for pattern in (SPELLED_NUMBER, PRONUNCIATION)
        for match in pattern.finditer(text)
    ]
    for match in _CAPS.finditer(text):
        words = re.split(r"[\s-]+", match.group())
        if any(start <= match.start() < end for start, end in others):
            continue
        is_phrase = (
            not _HYPHENED.fullmatch(match.group())
            and len(words) > 1
            and min(map(len, words)) >= _SHORTEST_WORD
        )
        if is_phrase or any(map(shouted, words)):
            yield match.span()


def shouted(word: str) -> bool:
    """Return whether a word in capitals is a common word: no abbreviation, no zone's colour."""
    return word.lower() in _SHOUTED or (
        len(word.rstrip("S")) > _LONGEST_ABBREVIATION and word.lower() not in COLOURS
    )


def _emoji(text: str) -> Iterator[TextFinding]:
    for match in _EMOJI.finditer(text):
        yield (
            "plain-emoji",
            match.group(),
            f"the emoji {match.group()} is in the text",
            "Say it in words; a callout brings an icon of its own.",
        )


_LOOKS: Final[tuple[Callable[[str], Iterator[TextFinding]], ...]] = (
    _percentages,
    _double_negatives,
    _emoji,
)
