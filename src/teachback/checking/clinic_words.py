"""Apply the clinical rules to the words that a clinic puts in place of the program's own.

These words are printed on every page of their language, so they are checked like a handout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from teachback.checking.clinical import clinical_rules
from teachback.checking.rule import ReaderText
from teachback.checking.typed_numbers import TYPED, typed_findings
from teachback.content.printed_words import words_problems
from teachback.editions.passages import Passage, ReaderContext, Role, as_read
from teachback.errors import Problem
from teachback.files.workspace import read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.editions.passages import Steps
    from teachback.files.workspace import Workspace

_NUMBER_HINT: Final = (
    "Take it out: pages print the numbers of content/clinic.yaml beside these words. Where the "
    "program's own words have {emergency}, write that."
)


def added_problems(
    workspace: Workspace, shared: WorkspaceContent, rules: TextRules, language: str = "*"
) -> tuple[Problem, ...]:
    """Return the problems in the clinic's own `content/words/`, as every audience reads them.

    `language` limits the check to one language. The files must be valid already. Nothing is found
    in the program's own words, nor in a language that the rules do not know.
    """
    if workspace.root == workspace.builtin:
        return ()
    problems: dict[Problem, None] = {}
    for path in sorted((workspace.root / "content" / "words").glob(f"{language}.yaml")):
        if path.stem in shared.unfinished:
            continue
        file = read_yaml(read_bytes(path), shown(path))
        for steps, problem in words_problems(shared.words[path.stem], path.stem):
            if steps in file.locations:
                problems[problem._replace(location=file.locate(steps))] = None
        for name in shared.audiences.root:
            reader_text = ReaderText(
                None,
                ReaderContext(shared.audiences.lineage(name), {}),
                tuple(_passages(file.data, name)),
                path.stem,
            )
            for finding in (
                *clinical_rules.clinical_findings(reader_text, rules),
                *typed_findings(reader_text.passages, shared.clinic),
            ):
                place = file.locate(finding.passage.path)
                hint = _NUMBER_HINT if finding.rule == TYPED.id else finding.hint
                message = f"{finding.message} (printed for every reader)"
                problem = Problem(message, hint, place, finding.severity, finding.rule)
                problems[problem] = None
    return tuple(problems)


def _passages(value: object, audience: str, path: Steps = ()) -> Iterator[Passage]:
    """Yield each text in a value of a file as a passage of its own."""
    if isinstance(value, str):
        yield Passage(
            as_read(value), value, path, Role.LABEL, audience, block=".".join(map(str, path))
        )
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _passages(item, audience, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _passages(item, audience, (*path, index))
