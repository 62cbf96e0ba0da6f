"""Every kind of block is read by every part of the program that must see its words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, get_args

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.checking.plain_language.lengths_and_headings import kinds
from teachback.checking.plain_language.pemat_cdc_questions import CUES, LISTS, TOOLS
from teachback.checking.rule import ReaderText
from teachback.commands.listings import LISTED_KINDS
from teachback.content.approval import fingerprint
from teachback.content.audience_coverage import reach_problems
from teachback.content.base_model import steps
from teachback.content.brief_version import brief_version
from teachback.content.handout import BLOCKS, Handout, Model, Role, SourcedModel, Text, text_fields
from teachback.content.loader import load_handout, read_handouts
from teachback.content.translation import handout_texts
from teachback.content.validation_errors import validated
from teachback.content.workspace_content import load_shared
from teachback.editions.comparison import compare
from teachback.editions.passages import ReaderContext, passages
from teachback.editions.selection import Reader, choose
from teachback.editions.version_changes import changes
from teachback.errors import TeachbackError
from teachback.files.workspace import handout_files
from teachback.files.yaml_reader import read_yaml
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.job_printer import do_job
from teachback.proofing.expected_text import Frame, handout_sentences
from teachback.units import TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.editions.edition import Edition
    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

# Each `@N` is a text with words of its own for each reader.
SAMPLES = {
    "text": "text: @1",
    "list": "lead: @1\n        list: [{text: @2, list: [{text: @3}]}]",
    "steps": "lead: @1\n        steps: [{text: @2, list: [{text: @3}]}]",
    "checklist": "lead: @1\n        checklist: [{text: @2}]",
    "summary": "summary: [{text: @1}]",
    "table": "table: {caption: @1, columns: [@2, @3], rows: [[@4, @5]]}",
    "callout": "callout: advice\n        title: @1\n        text: @2\n        list: [{text: @3}]",
    "reasons": "reasons: [{title: @1, points: [{text: @2}], notes: [{callout: advice, text: @3}]}]",
    "myths": "myths: [{myth: @1, verdict: @2, answer: @3}]",
    "my_numbers": "my_numbers: [{label: @1, hint: @2}]",
    "teach_back": "lead: @1\n        teach_back: [{text: @2}]",
    "notes": "notes: 2\n        prompt: @1",
    "figure": "figure: images/a.svg\n        alt: @1\n        caption: @2",
    "quote": "quote: @1",
    "heading": "heading: @1",
    "zones": "zones: [{zone: green, title: @1, signs: [{text: @2}], do: [{text: @3}]}, {zone: red}]",
    "do_dont": "do_dont: {do: [{text: @1}], do_not: [{text: @2}]}",
    "choices": "choices: [{if: @1, then: @2}]",
    "compare": "compare: {choose: [{text: @1}], avoid: [{text: @2}]}",
    "terms": "terms: [{term: @1, meaning: @2}]",
    "link": "link: https://example.org/a\n        title: @1",
    "log": "log: {caption: @1, columns: [{label: @2, unit: @3}, x], row_headings: [@4]}",
    "schedule": "schedule: {caption: @1, times: [@2], rows: [{medicine: @3}]}",
    "mark": "mark: images/a.svg\n        alt: @1\n        width: 60\n        sides: [@2]",
    "sign_off": "sign_off: [{label: @1}]",
    "figures": "figures: [{figure: images/a.svg, alt: @1, caption: @2}, {figure: images/a.svg, alt: @3}]",
    "personal": "personal: [who]",
    "red_flags": "red_flags: [now]",
    "contact": "contact: [phone, after_hours]",
}
# The words of these come from elsewhere: the flags, the declared fields, the clinic.
WITHOUT_WORDS = {"personal", "red_flags", "contact"}
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'


@dataclass(frozen=True)
class Sample:
    """A handout with one block of a kind, as it is loaded."""

    authored: LoadedHandout
    shared: WorkspaceContent
    words: tuple[str, ...]

    def reader(self, audience: str) -> ReaderContext:
        """Return an audience as a reader."""
        return ReaderContext(self.shared.audiences.lineage(audience), self.shared.clinic.values())

    def edition(self, audience: str) -> Edition:
        """Return the edition of an audience."""
        reader = Reader(self.shared.audiences.lineage(audience), self.shared.clinic.values())
        return choose(
            self.authored.handout,
            reader,
            badge="x",
            size=TypeSize.STANDARD,
            sources=self.shared.sources,
        )


def sample(workspace: Make, kind: str, change: str = "", more: str = "") -> Sample:
    """Load a handout with one block of a kind.

    `change` is added to the words of its last text, and `more` is a further line of the block.
    """
    text = f"{SAMPLES[kind]}\n        {more}".rstrip()
    numbers = re.findall(r"@(\d)", text)
    for number in numbers:
        more = change if number == numbers[-1] else ""
        both = f'{{general: "General words {number}{more}", ckd: "Kidney words {number}{more}"}}'
        text = text.replace(f"@{number}", both)
    handout = TINY + f"      - {text}\n"
    if kind == "personal":
        fields = "fields: [{name: who, label: {general: General words 1, ckd: Kidney words 1}}]\n"
        handout = handout.replace("red_flags:\n", f"{fields}red_flags:\n", 1)
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": handout,
            "content/images/a.svg": PICTURE,
            "content/images/b.svg": PICTURE,
        }
    )
    shared = load_shared(clinic)
    authored = load_handout(handout_files(clinic)["tiny"], clinic, shared)
    return Sample(authored, shared, tuple(f"words {number}{change}" for number in numbers))


def block_of(made: Sample) -> SourcedModel:
    """Return the block of a sample."""
    block: SourcedModel = made.authored.handout.sections[0].blocks[-1]
    return block


def test_each_kind_of_block_has_a_sample() -> None:
    """Whoever adds a kind adds a line here, and all the tests below are run for it."""
    assert set(SAMPLES) == set(BLOCKS)
    assert all(("@1" in text) == (kind not in WITHOUT_WORDS) for kind, text in SAMPLES.items())


def test_a_misspelt_key_of_any_part_of_any_block_is_told_with_the_right_one() -> None:
    """Each key of each model gets a misspelling, all of a handout in one round."""
    told: dict[str, str] = {}
    asked: dict[str, str] = {}
    for text in SAMPLES.values():
        handout = TINY + f"      - {re.sub('@[0-9]', 'Words', text)}\n"
        file = read_yaml(handout.encode(), "content/handouts/tiny.yaml")
        for path, model in steps(validated(Handout, file)):
            part = part_at(file.data, path)
            if not isinstance(model, Model) or not isinstance(part, dict):
                continue
            for key, *_ in text_fields(type(model)):
                wrong = key[:1] + key[2:] if len(key) > 3 else key + key[-1]
                asked[wrong] = f"Did you mean '{key}'?"
                part[wrong] = "Words"
        with pytest.raises(TeachbackError) as refused:
            validated(Handout, file)
        told |= {one.message.split("'")[1]: one.hint for one in refused.value.problems}
    assert len(asked) > 80
    assert {wrong: told[wrong][: len(hint)] for wrong, hint in asked.items()} == asked


def part_at(data: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401 -- YAML is any data
    """Return what a file says at a path, or None where it says a part in a shorter way."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
        else:
            return None
    return data


@pytest.mark.parametrize(
    ("block", "said", "hint"),
    [
        ("lead: Do this.\n        seps: [Sit]", "'seps' is not a known kind", "'steps'?"),
        ("lad: Do this.\n        steps: [Sit]", "the key 'lad' is not known here", "'lead'?"),
        ("list: [{txt: Sit}]", "the audience 'txt' is not known", "'text'?"),
        ("sign_off: [{lable: Nurse}]", "the audience 'lable' is not known", "'label'?"),
    ],
)
def test_one_slip_is_one_problem_with_the_word_that_was_meant(
    block: str, said: str, hint: str, workspace: Make
) -> None:
    """A key before that of the kind hides no slip, and a slip of the only key is no audience."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY + f"      - {block}\n"})
    with pytest.raises(TeachbackError) as refused:
        load_handout(handout_files(clinic)["tiny"], clinic, load_shared(clinic))
    (problem,) = refused.value.problems
    assert problem.message.startswith(said)
    assert problem.hint.startswith(f"Did you mean {hint}")


@pytest.mark.parametrize("named", [TOOLS, CUES, LISTS, LISTED_KINDS])
def test_each_kind_that_is_named_elsewhere_is_a_kind(named: frozenset[str]) -> None:
    """A misspelt one would never be found on a page."""
    assert named
    assert named <= set(BLOCKS)


def models_in(annotation: object) -> set[type[Model]]:
    """Return the models of an annotation, and those inside them."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        fields = annotation.model_fields.values()
        return {annotation}.union(*(models_in(field.annotation) for field in fields))
    return set[type[Model]]().union(*map(models_in, get_args(annotation)))


def holds_text(annotation: object) -> bool:
    """Return whether an annotation is that of a text, or of a value with texts in it."""
    return annotation is Text or any(map(holds_text, get_args(annotation)))


def test_each_text_that_an_author_writes_has_a_role() -> None:
    """A text without one would be seen by no rule. A declared field's label has that of its line."""
    texts = {
        f"{model.__name__}.{name}": role
        for model in models_in(Handout)
        for _, name, role in text_fields(model)
        if holds_text(model.model_fields[name].annotation)
        and not models_in(model.model_fields[name].annotation)
    }
    assert {"TextBlock.text", "ListBlock.lead", "HandoutRow.cells"} <= texts.keys()
    assert [name for name, role in texts.items() if role is None] == ["RecordField.label"]


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_words_of_a_block_are_passages_for_the_rules(workspace: Make, kind: str) -> None:
    """Those of the reader, and no others: what is no passage is seen by no safety rule."""
    made = sample(workspace, kind)
    assert isinstance(block_of(made), BLOCKS[kind])
    said = " ".join(passage.text for passage in passages(made.authored.handout, made.reader("ckd")))
    assert [words for words in made.words if f"Kidney {words}" not in said] == []
    assert "General words" not in said


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_words_of_a_block_are_in_its_edition(workspace: Make, kind: str) -> None:
    """Those of the reader, and no others."""
    made = sample(workspace, kind)
    edition = made.edition("ckd")
    assert edition.sections[0].blocks[1:] or kind == "red_flags"
    assert [words for words in made.words if f"Kidney {words}" not in repr(edition)] == []
    assert "General words" not in repr(edition)


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_words_of_a_block_are_expected_on_the_page(workspace: Make, kind: str) -> None:
    """In their order. The description of a picture is read out, and is not printed."""
    made = sample(workspace, kind)
    said = [
        part.words
        for part in handout_sentences(
            made.edition("ckd"), Frame(made.shared.words["en"], made.shared.clinic)
        )
    ]
    unprinted = {"figure": (0,), "mark": (0,), "figures": (0, 2)}.get(kind, ())
    printed = [one for number, one in enumerate(made.words) if number not in unprinted]
    printed = ["words 1"] if kind == "personal" else printed
    # The address of a link follows its words.
    found = [one.removesuffix(" (example.org/a)") for one in said]
    assert [one for one in found if one.startswith("Kidney words")] == [
        f"Kidney {words}" for words in printed
    ]


@pytest.mark.parametrize("kind", sorted(BLOCKS.keys() - WITHOUT_WORDS))
def test_a_change_of_a_blocks_words_ends_its_approval(workspace: Make, kind: str) -> None:
    """The hash of what a reader gets holds every word of every kind."""
    made, changed = sample(workspace, kind), sample(workspace, kind, " anew")
    hashes = {
        fingerprint(one.authored.handout, ("ckd",), lambda _: "picture") for one in (made, changed)
    }
    assert len(hashes) == 2


@pytest.mark.parametrize("kind", sorted(BLOCKS.keys() - WITHOUT_WORDS))
def test_a_text_of_a_block_that_a_reader_lacks_is_found(workspace: Make, kind: str) -> None:
    """A mapping that does not answer for every audience is a gap, wherever it stands."""
    made = sample(workspace, kind)
    handout = made.authored.handout.model_copy(update={"audiences": ("general", "ckd", "dialysis")})
    assert list(reach_problems(handout, made.shared.audiences)) == []
    only_general = made.shared.audiences.model_copy(
        update={
            "root": {
                name: one.model_copy(update={"extends": None})
                for name, one in made.shared.audiences.root.items()
            }
        }
    )
    found = [problem.message for _, problem in reach_problems(handout, only_general)]
    gap = "there is no text for the audience 'dialysis'"
    # One for each text of the block, and one for the paragraph of the tiny handout.
    assert found.count(gap) == len(made.words) + 1


@pytest.mark.parametrize("kind", sorted(BLOCKS.keys() - WITHOUT_WORDS))
def test_what_two_readers_get_of_a_block_is_compared(workspace: Make, kind: str) -> None:
    """Each text that differs is shown."""
    made = sample(workspace, kind)
    comparison = compare(
        made.authored.handout,
        made.reader("general"),
        made.reader("ckd"),
        made.authored.file.locate,
    )
    shown = [
        change.right.text
        for block in comparison.blocks
        for change in block.changes
        if change.right is not None
    ]
    assert [words for words in made.words if f"Kidney {words}" not in shown] == []


@pytest.mark.parametrize("kind", sorted(BLOCKS.keys() - WITHOUT_WORDS))
def test_the_words_of_a_block_are_texts_to_translate(workspace: Make, kind: str) -> None:
    """A translator gets every word of every kind, and a reader's part of them."""
    made = sample(workspace, kind)
    for names, readers in ((None, ("General", "Kidney")), (("ckd",), ("Kidney",))):
        texts = [text.text for text in handout_texts(made.authored.handout, names)]
        wanted = [f"{reader} {words}" for words in made.words for reader in readers]
        assert sorted(text for text in texts if re.search(r" words \d$", text)) == sorted(wanted)


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_sources_of_a_block_are_cited_for_its_readers(workspace: Make, kind: str) -> None:
    """A source that a statement names is on the paper of whoever gets the statement."""
    made = sample(workspace, kind, more="sources: [nkf-hyperk-2023]")
    assert made.edition("ckd").sources == (made.shared.sources.root["nkf-hyperk-2023"],)
    first = made.authored.handout.sections[0]
    theirs = block_of(made).model_copy(update={"only": ("general",)})
    section = first.model_copy(update={"blocks": (*first.blocks[:-1], theirs)})
    handout = made.authored.handout.model_copy(update={"sections": (section,)})
    other = Sample(made.authored._replace(handout=handout), made.shared, made.words)
    assert other.edition("ckd").sources == ()
    assert len(other.edition("general").sources) == 1


@pytest.mark.parametrize("kind", sorted(BLOCKS.keys() - WITHOUT_WORDS))
def test_a_marked_block_is_whole_in_the_short_version(workspace: Make, kind: str) -> None:
    """The words that follow a mark are all there, and the paragraph without one is not."""
    made = sample(workspace, kind, more="brief: true")
    short = brief_version(made.authored.handout, ("ckd",))
    assert short.sections[0].blocks == (block_of(made),)


@pytest.mark.parametrize(
    ("kind", "old", "new", "told"),
    [
        ("link", "example.org/a", "example.org/b", "web address"),
        ("zones", "zone: green", "zone: yellow", "zone"),
        ("notes", "notes: 2", "notes: 3", "notes"),
        ("contact", "[phone, after_hours]", "[phone]", "line of the contact box"),
        ("log", "row_headings: [@4]", "rows: 4", "table to fill in"),
        ("figure", "a.svg", "b.svg", "picture"),
    ],
)
def test_what_is_no_text_of_a_block_is_compared_too(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, kind: str, old: str, new: str, told: str
) -> None:
    """Whoever approves a new version sees that a link leads elsewhere, or a zone is another one."""
    before = sample(workspace, kind)
    monkeypatch.setitem(SAMPLES, kind, SAMPLES[kind].replace(old, new))
    after = sample(workspace, kind)
    old_version, new_version = (
        (one.authored.handout, one.authored.file.locate) for one in (before, after)
    )
    found = changes(old_version, new_version, before.reader("ckd"))
    assert told in [change.what for change in found]


def test_another_field_beside_the_same_label_is_a_change(workspace: Make) -> None:
    """On the card, in a table of numbers and in a schedule: a record would print another value."""
    fields = "fields: [{name: potassium, label: Potassium}, {name: sodium, label: Sodium}]\n"
    placed = TINY.replace("red_flags:\n", f"{fields}red_flags:\n", 1).replace(
        "{title: When to get help}",
        "{title: When to get help, lines: [{label: My potassium, field: potassium}]}",
    )
    placed += """\
      - my_numbers: [{label: Potassium, field: potassium}]
      - schedule: {times: [Morning], rows: [{medicine: Pill, fields: [potassium]}]}
      - text: "{record.potassium} and {record.sodium}"
"""
    versions = []
    other = placed.replace("field: potassium", "field: sodium").replace("[potassium]", "[sodium]")
    for text in (placed, other):
        clinic = workspace({"content/handouts/tiny.yaml": text})
        shared = load_shared(clinic)
        made = load_handout(handout_files(clinic)["tiny"], clinic, shared)
        versions.append((made.handout, made.file.locate))
    reader = ReaderContext(("ckd",), shared.clinic.values())
    found = changes(versions[0], versions[1], reader)
    assert [change.what for change in found] == ["field of a record"] * 3
    assert {change.right.text for change in found if change.right} == {"sodium"}


class When(SourcedModel):
    """An entry of a kind that only this test knows."""

    when: Annotated[Text, Role.ITEM]
    what: Annotated[Text, Role.ITEM]


class Timeline(SourcedModel):
    """A kind that only this test knows."""

    caption: Annotated[Text, Role.CAPTION]
    timeline: tuple[When, ...]


TIMELINE = """\
<p>{{ block.caption|marked }}</p>
{% for one in block.timeline %}<p>{{ one.when|marked }}: {{ one.what|marked }}</p>{% endfor %}
"""


def test_a_new_kind_of_block_takes_a_model_and_a_template(
    workspace: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules, edition, expected text, comparison, approval and page have its words from the model."""
    monkeypatch.setitem(BLOCKS, "timeline", Timeline)
    clinic = workspace({"templates/blocks/timeline.html": TIMELINE})
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    both = [{"general": f"General {n}", "ckd": f"Kidney {n}"} for n in ("one", "two", "three")]
    entry = {"when": both[1], "what": both[2]}
    block = Timeline.model_validate({"caption": both[0], "timeline": (entry,)})
    authored = reading.authored["tiny"]
    section = authored.handout.sections[0].model_copy(update={"blocks": (block,)})
    handout = authored.handout.model_copy(update={"sections": (section,)})
    made = Sample(authored._replace(handout=handout), reading.shared, ())
    said = ["Kidney one", "Kidney two", "Kidney three"]

    found = [one.text for one in passages(handout, made.reader("ckd")) if "Kidney" in one.text]
    assert found == said
    frame = Frame(made.shared.words["en"], made.shared.clinic)
    printed = [one.words for one in handout_sentences(made.edition("ckd"), frame)]
    assert [words for words in printed if "Kidney" in words] == said
    compared = compare(
        handout, made.reader("general"), made.reader("ckd"), authored.file.locate
    ).blocks
    shown = [one.right.text for block in compared for one in block.changes if one.right]
    assert {words for words in shown if "Kidney" in words} == set(said)
    hashes = {fingerprint(one, ("ckd",), lambda _: "") for one in (handout, authored.handout)}
    assert len(hashes) == 2

    changed = replace(reading, authored={"tiny": made.authored})
    context = print_context(clinic, changed, resolve({}, clinic))
    job = compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("pdf",)))
    assert do_job(job, context.files).problems == ()
    assert "<p>Kidney two: Kidney three</p>" in job.handout


def test_a_title_that_asks_has_no_colon_behind_it(workspace: Make) -> None:
    """A question mark ends it."""
    added = (
        "      - {callout: tip, title: Too far?, text: Ask.}\n      - {callout: tip, text: So.}\n"
    )
    clinic = workspace({"content/handouts/tiny.yaml": TINY + added})
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    context = print_context(clinic, reading, resolve({}, clinic))
    page = compose_job(context, JobOrder("tiny", ("ckd",), "handout", ("pdf",))).handout
    assert "Too far?</strong>" in page
    assert "Tip:</strong>" in page


def test_a_kind_of_block_that_is_not_known_is_never_passed_over(workspace: Make) -> None:
    """A kind that somebody forgot to register raises, though its texts have roles."""

    class Forgotten(SourcedModel):
        """A kind without a registration."""

        forgotten: Annotated[Text, Role.PARAGRAPH]

    made = sample(workspace, "text")
    block = Forgotten.model_validate({"forgotten": "Words"})
    section = made.authored.handout.sections[0].model_copy(update={"blocks": (block,)})
    handout = made.authored.handout.model_copy(update={"sections": (section,)})
    general, ckd = made.reader("general"), made.reader("ckd")
    forgotten = Sample(made.authored._replace(handout=handout), made.shared, made.words)
    with pytest.raises(NotImplementedError):
        passages(handout, ckd)
    with pytest.raises(NotImplementedError):
        forgotten.edition("ckd")
    with pytest.raises(NotImplementedError):
        compare(handout, general, ckd, made.authored.file.locate)
    with pytest.raises(NotImplementedError):
        kinds(ReaderText(handout, ckd, ()))
