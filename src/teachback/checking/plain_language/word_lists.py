"""Load the words that the rules on plain language look for, from content/rules/words/*.yaml.

A clinic's file replaces the built-in one with the same name, as everywhere.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from teachback.checking.plain_language.language_formulas import LanguageFormula
from teachback.content.handout import Id, Plain
from teachback.content.validation_errors import validated
from teachback.errors import Problem, TeachbackError
from teachback.files.workspace import Workspace, builtin_root, find, folders, read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FOLDER: Final = "content/rules/words"
GRADES: Final = "content/rules/grades"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class HardWord(_Closed):
    """The plainer word for a hard one, and the phrases in which the hard one is right."""

    say: Plain
    unless: tuple[Plain, ...] = ()


class MedicalTerm(_Closed):
    """The meaning of a medical term, and the audiences who know it from their own life."""

    means: Plain
    known_by: tuple[Id, ...] = ()


def _as_hard_word(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


def _as_term(value: object) -> object:
    return {"means": value} if isinstance(value, str) else value


class HardWords(RootModel[dict[Plain, Annotated[HardWord, BeforeValidator(_as_hard_word)]]]):
    """The file content/rules/words/plain-words.yaml."""


class TermsFile(RootModel[dict[Plain, Annotated[MedicalTerm, BeforeValidator(_as_term)]]]):
    """The file content/rules/words/terms.yaml."""


class Abbreviations(RootModel[dict[Plain, Plain]]):
    """The file content/rules/words/abbreviations.yaml."""


class Syllables(RootModel[dict[Annotated[int, Field(ge=1, le=12)], tuple[Plain, ...]]]):
    """The file content/rules/words/syllables.yaml: words by their number of syllables."""


class Vocabulary:
    """Hard words and terms by each lower-case form, abbreviations as written, syllables by word.

    A form maps to its entry: the word in the file, and what the file says about it. `starts` maps
    the first word of a form to the number of words in its longest form, so that few combinations
    are tried in vain. Instances compare by identity.
    """

    def __init__(
        self,
        hard: Mapping[str, tuple[str, HardWord]],
        terms: Mapping[str, tuple[str, MedicalTerm]],
        abbreviations: Mapping[str, str],
        syllables: Mapping[str, int],
        formulas: Mapping[str, LanguageFormula],
    ) -> None:
        """Store the content of the four files, and the formula of each other language."""
        self.hard: Final = hard
        self.terms: Final = terms
        self.abbreviations: Final = abbreviations
        self.syllables: Final = syllables
        self.formulas: Final = formulas
        self.starts: Final = _starts((*hard, *terms))
        # Cached syllables by word.
        self.counted: Final[dict[str, int]] = {}


def load_vocabulary(workspace: Workspace) -> Vocabulary:
    """Load the four files and the formulas. Raises TeachbackError with the problems of all."""
    problems: list[Problem] = []
    loaded: dict[str, RootModel[dict[object, object]]] = {}
    kinds: dict[str, type[BaseModel]] = {
        "plain-words": HardWords,
        "terms": TermsFile,
        "abbreviations": Abbreviations,
        "syllables": Syllables,
    }
    for name, kind in kinds.items():
        try:
            loaded[name] = _read(workspace, f"{FOLDER}/{name}.yaml", kind)  # type: ignore[assignment]
        except TeachbackError as error:
            problems.extend(error.problems)
    formulas: dict[str, LanguageFormula] = {}
    names = {
        path.name
        for folder in folders(workspace, GRADES)
        for path in folder.glob("*.yaml")
        if not path.name.startswith(".")
    }
    for name in sorted(names):
        try:
            formula = _read(workspace, f"{GRADES}/{name}", LanguageFormula)
            formulas[name.removesuffix(".yaml")] = formula  # type: ignore[assignment]
        except TeachbackError as error:
            problems.extend(error.problems)
    if problems:
        raise TeachbackError(*problems)
    return _made(
        loaded["plain-words"].root,  # type: ignore[arg-type]
        loaded["terms"].root,  # type: ignore[arg-type]
        loaded["abbreviations"].root,  # type: ignore[arg-type]
        loaded["syllables"].root,  # type: ignore[arg-type]
        formulas,
    )


def _read(workspace: Workspace, name: str, kind: type[BaseModel]) -> BaseModel:
    path = find(workspace, name)
    if path is None:
        raise TeachbackError(
            Problem(f"{name}: there is no such file", "Put the program's own one back.")
        )
    return validated(kind, read_yaml(read_bytes(path), shown(path)))


def _made(
    hard: dict[str, HardWord],
    terms: dict[str, MedicalTerm],
    abbreviations: dict[str, str],
    counts: dict[int, tuple[str, ...]],
    formulas: dict[str, LanguageFormula],
) -> Vocabulary:
    by_hard = {
        form: (word, entry) for word, entry in hard.items() for form in reversed(tuple(forms(word)))
    }
    by_term = {
        form: (word, entry)
        for word, entry in terms.items()
        for form in reversed(tuple(plurals(word)))
    }
    # Entries of the file win over forms derived from other entries.
    by_hard |= {word.lower(): (word, entry) for word, entry in hard.items()}
    by_term |= {word.lower(): (word, entry) for word, entry in terms.items()}
    syllables = {word.lower(): count for count, words in counts.items() for word in words}
    return Vocabulary(by_hard, by_term, abbreviations, syllables, formulas)


def _starts(forms_: Iterable[str]) -> dict[str, int]:
    starts: dict[str, int] = {}
    for form in forms_:
        parts = form.split()
        starts[parts[0]] = max(starts.get(parts[0], 0), len(parts))
    return starts


def plurals(phrase: str) -> Iterator[str]:
    """Yield a phrase in lower case, then with its last word in the plural."""
    phrase = phrase.lower()
    yield phrase
    if phrase.endswith("y") and phrase[-2:-1] not in "aeiou":
        yield f"{phrase[:-1]}ies"
    elif phrase.endswith(("s", "x", "ch", "sh")):
        yield f"{phrase}es"
    else:
        yield f"{phrase}s"


def forms(phrase: str) -> Iterator[str]:
    """Yield the forms of a phrase, with its first word as a verb or its last as a noun.

    Some of the forms are ones that nobody writes.
    """
    yield from plurals(phrase)
    verb, *rest = phrase.lower().split(" ")
    if verb.endswith("ly") and not verb.endswith("ply"):
        return  # adverbs have no other forms; but comply and apply are verbs
    stem = verb.removesuffix("e")
    doubled = verb + verb[-1] if re.search(r"[^aeiou][aeiou][bdglmnprt]$", verb) else stem
    inflected = [f"{stem}ed", f"{stem}ing", f"{doubled}ed", f"{doubled}ing"]
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        inflected += [f"{verb[:-1]}ied", f"{verb[:-1]}ies"]
    inflected.append(f"{verb}es" if verb.endswith(("s", "x", "ch", "sh")) else f"{verb}s")
    for form in dict.fromkeys(inflected):
        yield " ".join((form, *rest))


@cache
def builtin_vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the program."""
    root = builtin_root()
    return load_vocabulary(Workspace(root, root))
