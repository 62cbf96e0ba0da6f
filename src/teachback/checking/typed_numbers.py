"""Find typed phone numbers, and medicines stopped with no word on what to do then.

These rules hold for every reader. A phone number belongs in the clinic's file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.checking.plain_language.sentence_splitter import split_sentences
from teachback.checking.rule import OUR_OWN, Example, Finding, Rule
from teachback.editions.passages import Role
from teachback.errors import Severity
from teachback.files.unprintable_characters import visible_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.content.clinic import Clinic
    from teachback.editions.passages import Passage

TYPED: Final = Rule(
    "typed-number",
    "a phone number or an emergency number typed into a text",
    Severity.ERROR,
    "When a number changes, some of the texts that repeat it stay wrong. Write it once, in "
    "content/clinic.yaml.",
    sources=(OUR_OWN,),
    bad=(
        Example("Call 911 for chest pain."),
        Example("Questions? Call us at (303) 555-0123."),
        Example("Dial 112 or go to the hospital."),
        Example("Our day phone is +44 20 7946 0000."),
        Example("[Call us](tel:+13035550123) the same day."),
        Example("Call 1-800-555-0199 at night."),
        Example("If you need help, phone 08 9876 5432."),
        Example("Chest pain: 91 1."),
        Example("Call 9 - 1 - 1."),
        Example("Call us at 3035 55 01 23."),
    ),
    good=(
        Example("Call {clinic.emergency} for chest pain."),
        Example("Call us if your blood sugar is over 300 or under 70."),
        Example("Take 500 mg, not 800-1000 mg, by 2026-11-22."),
        Example("A fasting blood sugar of 112 mg/dL is high."),
        Example("In 2019-2020, 1,200 of 37000000 people were asked."),
        Example("Call us if your weight goes up 2 pounds in 24 hours."),
        Example("Call us by 12-24-2026, between 9 and 11."),
    ),
)
ADVICE: Final = Rule(
    "stop-without-restart",
    "advice to stop a medicine that does not say whom to ask or when to start again",
    Severity.WARNING,
    "Readers who stop a blood pressure, heart or transplant medicine on a leaflet's word, and "
    "never start again, come to harm. The same block must say whom to ask, or when to start "
    "again.",
    sources=("common-clinical",),
    bad=(
        Example("Stop your water pill on days when you vomit."),
        Example("Do not take ibuprofen."),
        Example("If you feel sick, stop taking metformin. Drink small sips."),
        Example("Hold your blood pressure medicine when you have diarrhea."),
    ),
    good=(
        Example(
            "Stop your water pill on days when you vomit. Call us that day, and ask when to start "
            "again."
        ),
        Example("Do not take ibuprofen unless your kidney team says it is OK."),
        Example("Do not stop a medicine on your own."),
        Example("Stop and rest when your leg hurts."),
        Example("We may stop your water pill. Do not take more than one dose."),
        Example("Is it true that I should stop my water pill?"),
        Example(
            "Metformin: do not take it on the day of the scan. Take it again two days later.",
            role=Role.CELL,
        ),
    ),
)

_EMERGENCY: Final = ("911", "112", "999", "000")
_NO_UNIT: Final = (
    r"(?!\s*(?:%|percent|mg|mcg|g\b|kg|ml|l\b|dl|iu\b|units?|mmol|meq|calories|kcal|steps"
    r"|pounds|lbs?|ounces|oz|people|patients|of\b|days|hours|minutes|times))"
)
_CALL: Final = r"\b(?:call|dial|phone|ring|text|telephone)\b[^.!?;\d]{0,25}?"
_DATE: Final = (
    r"(?:19|20)\d\d[\s.-]\d\d?[\s.-]\d\d?(?!\d)|\d\d?[\s.-]\d\d?[\s.-](?:19|20)\d\d(?!\d)"
)
# Groups of digits as phone numbers are written: North America, then +country, then a trunk 0, then
# seven digits or letters after "call".
_PHONES: Final = (
    r"(?<![\d.,/-])(?:\+?1[\s.-]?)?(?:\(\d{3}\)\s?|\d{3}[\s./-])\d{3}[\s.-]\d{4}(?!\d)",
    r"(?<![\d.,/-])\+?1?[\s.-]?8(?:00|33|44|55|66|77|88)[\s.-](?-i:[A-Z]{3,}[A-Z\d-]*)",
    r"(?<![\d.,/])\+\d{1,3}[\s.-]?(?:\(0\)\s?)?\d{1,4}(?:[\s.-]?\d{2,4}){1,4}(?!\d)",
    r"(?<![\d.,/-])\(?0\d{1,4}\)?[\s.-]\d{3,4}[\s.-]?\d{2,4}(?:[\s.-]\d{2,4})?(?![\d,%])",
    rf"{_CALL}(?P<called>\d{{3}}[\s.-]\d{{4}})(?!\d){_NO_UNIT}",
    rf"{_CALL}(?!{_DATE})(?P<run>\d(?:[\s.-]{{0,3}}\d){{6,11}})(?!\d){_NO_UNIT}",
)
# The fewest digits of a match: a trunk or country code and three digits, or 800 and letters.
_FEWEST_DIGITS: Final = 4
_TOLL_FREE_LETTERS: Final = re.compile(r"8(?:00|[3-8]{2})[\s.-]\s?[A-Z]", re.IGNORECASE)
# A text that this does not match holds no number to call.
_MAY_CALL: Final = re.compile(r"\d|tel:|nine[ -]one", re.IGNORECASE)
_TEL_LINK: Final = re.compile(r"\]\(\s*<?tel:([^)>\s]+)")
_ADDRESS: Final = re.compile(r"\]\(\s*<?(?:https?|mailto):[^)]*\)")
# Asterisks, the brackets of a link's words, and a backslash that escapes a Markdown mark.
_MARKDOWN: Final = re.compile(r"\*\*|\[|\](?!\(\s*<?tel:)|\\([!-/:-@\[-`{-~])")
# Some writers join the parts of a phone number with en dashes.
_DASHES: Final = str.maketrans("\u2013", "-")
_NINE_ONE_ONE: Final = re.compile(
    rf"(?<![\d.,$/-])(?<!\d )9[-.\s]{{0,3}}1[-.\s]{{0,3}}1(?![\d/]|[.,-]\d){_NO_UNIT}"
    r"|\bnine[ -]one[ -]one\b",
    re.IGNORECASE,
)


def typed_findings(passages: Iterable[Passage], clinic: Clinic) -> Iterator[Finding]:
    """Yield phone numbers that are typed into a text.

    The text is searched as it is written, where placeholders have no values.
    """
    clinic_numbers = {
        name: value
        for name, value in clinic.values().items()
        if value and name not in {"clinic.name", "clinic.emergency"}
    }
    clinic_numbers |= {"interpreter": clinic.interpreter} if clinic.interpreter else {}
    for passage in passages:
        if not _may_call(passage.written):
            continue
        text = _as_typed(passage.written)
        spans: list[tuple[int, int]] = []
        for words, start, end, hint in _typed_numbers(text, clinic_numbers, clinic.emergency):
            if not any(start < other_end and other_start < end for other_start, other_end in spans):
                spans.append((start, end))
                yield Finding(
                    TYPED.id,
                    TYPED.severity,
                    passage,
                    words,
                    f"the number '{words}' is typed into the text",
                    hint,
                )


@lru_cache(maxsize=1024)
def _as_typed(written: str) -> str:
    """Return a text with its placeholders and `tel:` links, and without other marks.

    So 911 is found in 9**1**1.
    """
    return _MARKDOWN.sub(r"\1", _ADDRESS.sub("]", visible_form(written))).translate(_DASHES)


@lru_cache(maxsize=1024)
def _may_call(written: str) -> bool:
    """Return whether a text may hold a number to call. Cached for all its readers."""
    return bool(_MAY_CALL.search(visible_form(written)))


def _typed_numbers(
    text: str, clinic_numbers: dict[str, str], emergency: str
) -> Iterator[tuple[str, int, int, str]]:
    """Yield numbers in a text, with their start, their end and the hint."""
    for name, value in clinic_numbers.items():
        digits = re.sub(r"\D", "", value)
        if len(digits) > len(emergency):
            for match in re.finditer(r"(?<!\d)[+(]?" + r"\D{0,3}".join(digits) + r"(?!\d)", text):
                line = "`- contact: [interpreter]`" if name == "interpreter" else f"{{{name}}}"
                hint = f"This is the clinic's own: write {line} in its place."
                yield match[0], match.start(), match.end(), hint
    hint = "Write {clinic.emergency} in its place."
    for match in _NINE_ONE_ONE.finditer(text):
        yield match[0], match.start(), match.end(), hint
    for number in dict.fromkeys((emergency, *_EMERGENCY)):
        if not set(number) <= set(text):
            continue
        spaced = r"[-.\s]{0,3}".join(number)
        for match in re.finditer(
            rf"{_CALL}(?P<number>{spaced})(?!\d|[.,/-]\d){_NO_UNIT}", text, re.IGNORECASE
        ):
            yield match["number"], match.start("number"), match.end("number"), hint
    hint = (
        "Put it into content/clinic.yaml, and write {clinic.phone}, {clinic.after_hours} or "
        "{clinic.dialysis_unit} in its place."
    )
    for match in _TEL_LINK.finditer(text):
        yield match[1], match.start(1), match.end(1), hint
    if sum(map(str.isdigit, text)) < _FEWEST_DIGITS and not _TOLL_FREE_LETTERS.search(text):
        return
    for pattern in _PHONES:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            group = match.lastgroup or 0
            yield match[group].strip(), match.start(group), match.end(group), hint


_MEDICINE: Final = re.compile(
    r"\b(?:medicines?|medications?|meds|pills?|drugs?|tablets?|capsules?|doses?|insulin|diuretics?"
    r"|antacids?|laxatives?|antibiotics?|"
    r"nsaids?|pain ?killers?|steroids?|blood thinners?|inhalers?|statins?|"
    r"aspirin|ibuprofen|naproxen|advil|motrin|aleve|tylenol|acetaminophen|paracetamol|celecoxib"
    r"|diclofenac|"
    r"metformin|glipizide|digoxin|warfarin|coumadin|lithium|prednisone|tacrolimus|cyclosporine"
    r"|quinine|gabapentin|allopurinol|colchicine|"
    r"furosemide|lasix|bumetanide|torsemide|spironolactone|eplerenone|amlodipine|"
    r"\w{3,}(?:pril|sartan|statin|olol|thiazide|gliflozin|gliptin|glutide|oxacin|cillin|xaban"
    r"|prazole))\b",
    re.IGNORECASE,
)
_STOP: Final = re.compile(
    r"(?P<no>\b(?:do not|don['\u2019]t|never|must not|should not)\s+)?"
    r"\b(?:(?P<end>stop(?: taking)?|quit(?: taking)?|hold|skip|pause|come off|leave out)"
    r"|(?P<take>take))\b",
    re.IGNORECASE,
)
_WHAT_THEN: Final = re.compile(
    r"\b(?:ask|call|tell|talk to|speak (?:to|with)|check with|contact|see your|unless|until"
    r"|restart|resume|"
    r"(?:start|take|begin)(?: it| them| taking (?:it|them))? again|back on)\b|\bhas told you\b",
    re.IGNORECASE,
)
# "We may stop it" is no advice to the reader.
_BY_CLINIC: Final = re.compile(
    r"\b(?:we|doctors?|team|nurses?|pharmacists?|clinic|they)\b(?: \w+){0,2} ?$", re.IGNORECASE
)
# A medicine after a comma or a conjunction belongs to another clause.
_CLAUSE_END: Final = re.compile(
    r"[,;:]|\b(?:when|if|before|after|while|until|more than|and (?:take|keep|go|rest|start))\b",
    re.IGNORECASE,
)


def stop_findings(passages: Iterable[Passage]) -> Iterator[Finding]:
    """Yield advice to stop a medicine that names nobody to ask and no time to start again.

    These may be anywhere in the same block, or in the same row of a table.
    """
    blocks: dict[tuple[object, ...], list[Passage]] = {}
    for passage in passages:
        if passage.role is not Role.MYTH:
            row_path = (
                passage.path[: passage.path.index("rows") + 2]
                if passage.role is Role.CELL and "rows" in passage.path
                else ()
            )
            blocks.setdefault((passage.block, *row_path), []).append(passage)
    for group in blocks.values():
        if any(_says_then(passage.text) for passage in group):
            continue
        for passage in group:
            for sentence in _statements(passage.text):
                if _stops(sentence, f"{passage.lead} {passage.row} {group[0].text}"):
                    hint = (
                        "Say in the same block whom to ask, or when to start again, such as: Call "
                        "us, and ask when to start again."
                    )
                    words = sentence.strip()
                    yield Finding(
                        ADVICE.id,
                        ADVICE.severity,
                        passage,
                        words,
                        "this says to stop or not to take a medicine, but not whom to ask or "
                        "when to start again",
                        hint,
                    )


def _statements(text: str) -> Iterator[str]:
    """Return the sentences of a text, without its questions."""
    return (sentence for sentence in split_sentences(text) if not sentence.rstrip().endswith("?"))


@lru_cache(maxsize=1024)
def _says_then(text: str) -> bool:
    """Return whether a text says whom to ask or when to start again."""
    return any(_WHAT_THEN.search(sentence) for sentence in _statements(text))


@lru_cache(maxsize=1024)
def _stops(sentence: str, context: str) -> bool:
    """Return whether a sentence tells the reader to stop, or not to take, a medicine.

    `context` is the text around it, which may name the medicine.
    """
    for match in _STOP.finditer(sentence):
        # "Stop it" and "do not take it", but neither "do not stop it" nor "take it".
        stops = bool(match["end"]) != bool(match["no"])
        if not stops or _BY_CLINIC.search(sentence[: match.start()]):
            continue
        rest = _CLAUSE_END.split(sentence[match.end() :], maxsplit=1)[0]
        if _MEDICINE.search(rest) or (
            re.match(r"\s+(?:it|them|this|these|any)\b", rest) and _MEDICINE.search(context)
        ):
            return True
    return False
