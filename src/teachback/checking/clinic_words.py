"""Apply the clinical rules to the words that a clinic puts in place of the program's own.

These words are printed on every page of their language, so they are checked like a handout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
    from teachback.checking.rule import Finding
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.files.workspace import Workspace

_NUMBER_HINT: Final = (
    "Take it out: pages print the numbers of content/clinic.yaml beside these words. Where the "
    "program's own words have {emergency}, write that."
)
Steps = tuple[Any, ...]


def added_problems(
    workspace: Workspace, shared: WorkspaceContent, rules: TextRules, language: str = "*"
) -> tuple[Problem, ...]:
    """Return the problems in the clinic's own `content/words/`, as every audience reads them.

    `language` limits the check to one language. The files must be valid already. The program's own
    words, and languages that the rules do not know, yield no problems.
    """
    if workspace.root == workspace.builtin:
        return ()
    found: dict[Problem, None] = {}
    for path in sorted((workspace.root / "content" / "words").glob(f"{language}.yaml")):
        if path.stem in shared.unfinished:
            continue
        file = read_yaml(read_bytes(path), shown(path))
        for steps, problem in words_problems(shared.words[path.stem], path.stem):
            if steps in file.locations:
                found[problem._replace(location=file.locate(steps))] = None
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
                found[Problem(_message(finding), hint, place, finding.severity, finding.rule)] = (
                    None
                )
    return tuple(found)


def _message(finding: Finding) -> str:
    return f"{finding.message} (printed for every reader)"


def _passages(value: object, audience: str, path: Steps = ()) -> Iterator[Passage]:
    """Yield each text below a value of a file as a passage of its own."""
    if isinstance(value, str):
        yield Passage(
            as_read(value), value, path, Role.LABEL, audience, block=".".join(map(str, path))
        )
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _passages(inner, audience, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _passages(inner, audience, (*path, index))
