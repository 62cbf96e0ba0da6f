"""Load the rules in `content/rules/`, or raise every problem at once with its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from teachback.checking.clinical.clinical_rules import TextRule, TextRules
from teachback.checking.clinical.lexicon import make_lexicon
from teachback.checking.clinical.rule_models import NameFile, RuleFile, Sample
from teachback.checking.clinical.sentence_model import SentenceModel, is_installed
from teachback.checking.clinical.timed_patterns import ClinicPatterns, pattern_fault
from teachback.checking.clinical.verdict_model import NO_MODEL, VerdictModel, read_model
from teachback.checking.rule import Example, Rule
from teachback.content.validation_errors import validated
from teachback.errors import Location, Problem, Severity, TeachbackError, nearest
from teachback.files.text_decoding import decode
from teachback.files.workspace import Workspace, find, folders, read_bytes, shown
from teachback.files.yaml_reader import YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_clinical_rules(workspace: Workspace) -> TextRules:
    """Load all names and rules.

    A clinic's file replaces the built-in one with the same file name, and its other files are
    added. Raises TeachbackError with the problems of all files.
    """
    problems: list[Problem] = []
    name_files = list(_load(workspace, "content/rules/data", NameFile, problems))
    rule_files = list(_load(workspace, "content/rules", RuleFile, problems))
    classes: dict[str, list[str]] = {}
    misspelt: dict[str, str] = {}
    pass_over: list[str] = []
    for _, data in name_files:
        for name, members in data.classes.items():
            classes.setdefault(name, []).extend(
                term for group in members.groups for term in group.names
            )
        misspelt |= data.misspelt
        pass_over += data.pass_over
    terms = {term.lower() for members in classes.values() for term in members}
    for file, data in name_files:
        problems += _misspelt_problems(file, data, terms)
    problems += _rule_problems(rule_files, classes)
    # The program's own patterns are compiled on first use. Its tests check that all of them
    # compile.
    own = {path.name for path in (workspace.root / "content" / "rules").glob("*.yaml")}
    rules = []
    for file, rule_file in rule_files:
        is_own = Path(file.name).name in own
        rules.append(_text_rule(rule_file, file if is_own else None))
        if is_own:
            problems += _pattern_problems(file, rules[-1])
    if problems:
        raise TeachbackError(*problems)
    return TextRules(
        make_lexicon(classes, misspelt, pass_over), tuple(rules), _verdict_model(workspace)
    )


def _misspelt_problems(file: YamlFile, data: NameFile, terms: set[str]) -> Iterator[Problem]:
    """Yield misspellings of names that no file has."""
    for misspelling, name in data.misspelt.items():
        if name.lower() not in terms:
            place = file.locate(("misspelt", misspelling))
            yield Problem(f"no list of names has '{name}'", nearest(name, terms), place)


def _rule_problems(
    rule_files: Iterable[tuple[YamlFile, RuleFile]], classes: Mapping[str, object]
) -> Iterator[Problem]:
    """Yield ids that two files have, and names of classes that no file has."""
    first: dict[str, str] = {}
    for file, rule in rule_files:
        if first.setdefault(rule.id, file.name) != file.name:
            message = f"{first[rule.id]} has a rule '{rule.id}' too"
            yield Problem(message, "Give each its own id.", file.locate(("id",)))
        for index, name in enumerate(rule.about):
            if name not in classes:
                message = f"there is no class of names '{name}'"
                yield Problem(message, nearest(name, classes), file.locate(("about", index)))


def _verdict_model(workspace: Workspace) -> VerdictModel:
    """Load the weights of the verdict; the clinic's own file wins.

    Raises TeachbackError for a malformed line.
    """
    path = find(workspace, "content/rules/verdict.txt")
    if path is None:
        return NO_MODEL
    try:
        return read_model(decode(read_bytes(path), shown(path)))
    except ValueError as error:
        hint = "Write it with `python tools/learn_verdict.py`, or remove the file."
        raise TeachbackError(
            Problem(
                "this line must be a weight, a colon and words, such as `12: enjoy, fine`",
                hint,
                Location(shown(path), error.args[0], 1),
            )
        ) from None


def with_sentence_model(rules: TextRules, workspace: Workspace, place: Location) -> TextRules:
    """Return the rules with the model of the extra `verdict`, which is not loaded yet.

    Raises TeachbackError at `place`, where the clinic asks for it, if the extra is missing.
    """
    model = find(workspace, "content/rules/verdict.onnx")
    vocabulary = find(workspace, "content/rules/verdict-vocabulary.txt")
    if not (is_installed() and model and vocabulary):
        hint = "Install it with `teachback add verdict`, or write `verdict: weights`."
        raise TeachbackError(Problem("the extra `verdict` is not installed here", hint, place))
    return TextRules(rules.lexicon, rules.rules, rules.model, SentenceModel(model, vocabulary))


def _pattern_problems(file: YamlFile, rule: TextRule) -> Iterator[Problem]:
    """Yield patterns that do not compile, alone or joined (two may define the same group name)."""
    for name in ("doing", "unless", "beside"):
        joined_fault = pattern_fault(getattr(rule, name))
        if not joined_fault:
            continue
        faults: dict[tuple[str | int, ...], str] = {
            (name, index): fault
            for index, pattern in enumerate(getattr(rule.file, name))
            if (fault := pattern_fault(pattern))
        }
        for path, fault in (faults or {(name,): joined_fault}).items():
            message = f"this is not a pattern that can be searched for: {fault}"
            hint = "Look at a rule that comes with the program."
            yield Problem(message, hint, file.locate(path))


def _load(
    workspace: Workspace, folder: str, model: type[ModelT], problems: list[Problem]
) -> Iterator[tuple[YamlFile, ModelT]]:
    paths = {
        path.name: path
        for root in reversed(folders(workspace, folder))
        for path in root.glob("*.yaml")
        if not path.name.startswith(".")
    }
    for _, path in sorted(paths.items()):
        try:
            file = read_yaml(read_bytes(path), shown(path))
            yield file, validated(model, file)
        except TeachbackError as error:
            problems.extend(error.problems)


def _text_rule(file: RuleFile, own: YamlFile | None) -> TextRule:
    """Return a rule ready to run; `own` is its file if the clinic wrote it."""
    severity = (
        Severity(file.severity)
        if isinstance(file.severity, str)
        else min(map(Severity, file.severity.values()), key=list(Severity).index)
    )
    rule = Rule(
        file.id,
        file.title,
        severity,
        file.why,
        file.sources,
        tuple(_example(sample, file) for sample in file.bad),
        tuple(_example(sample, file) for sample in file.good),
        file.audience,
    )
    joined = {
        "doing": "|".join(rf"\b(?:{pattern})\b" for pattern in file.doing or ()),
        "unless": "|".join(file.unless),
        "beside": "|".join(file.beside),
    }
    if own is not None:
        joined = {
            name: _clinic_patterns(pattern, name, file, own) for name, pattern in joined.items()
        }
    return TextRule(file, rule, **joined)


def _clinic_patterns(joined: str, name: str, rule: RuleFile, file: YamlFile) -> str:
    patterns: tuple[str, ...] = getattr(rule, name) or ()
    parts = tuple((pattern, file.locate((name, index))) for index, pattern in enumerate(patterns))
    return ClinicPatterns(joined, rule.id, parts) if parts else joined


def _example(sample: Sample | str, file: RuleFile) -> Example:
    # The last audience whose texts the rule looks at.
    audience = next(name for name in reversed(file.audience) if file.level((name,)))
    if isinstance(sample, str):
        return Example(sample, audience)
    return Example(
        sample.text,
        sample.audience or audience,
        sample.role,
        sample.lead,
        sample.column,
        sample.row,
        sample.other,
    )
