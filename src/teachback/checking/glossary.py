"""Load the words by which a translation is compared with its English, for one language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from teachback.checking.clinical.rule_models import NameFile
from teachback.content.base_model import Plain
from teachback.content.validation_errors import validated
from teachback.files.workspace import find, read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from teachback.files.workspace import Workspace
    from teachback.files.yaml_reader import YamlFile

_FOLDER: Final = "content/rules/translations"
_MEDICINES: Final = "content/rules/data/medicines.yaml"
# English names are compared in lower case.
_English = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, to_lower=True)]
_Words = dict[_English, Annotated[tuple[Plain, ...], Field(min_length=1)]]


class GlossaryFile(BaseModel):
    """A file of `content/rules/translations/`, named after its language."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    numbers: _Words = Field({}, description="Digits, and the words for that number.")
    units: _Words = Field({}, description="An English unit in the singular, and its words.")
    names: _Words = Field({}, description="An English name in the singular, and its words.")
    same: tuple[Plain, ...] = Field((), description="Words that both languages write alike.")

    @field_validator("numbers", "units", "names", mode="before")
    @classmethod
    def _each_key_once(cls, words: object) -> object:
        """Refuse two keys that differ only in their capitals: one would replace the other."""
        keys = [str(key).strip().lower() for key in words] if isinstance(words, dict) else []
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            message = f"'{twice}' is here twice\nWrite all its words in one line."
            raise ValueError(message)
        return words


class Glossary(NamedTuple):
    """The words of a language, and the classes of names that are medicines."""

    words: GlossaryFile
    medicines: frozenset[str]


def load_glossary(workspace: Workspace, language: str) -> Glossary:
    """Load the words of a language. Without a file, only what needs no words is compared.

    Raises TeachbackError with the problems of the files.
    """
    own = _read(workspace, f"{_FOLDER}/{language}.yaml")
    medicines = _read(workspace, _MEDICINES)
    return Glossary(
        validated(GlossaryFile, own) if own else GlossaryFile(),
        frozenset(validated(NameFile, medicines).classes) if medicines else frozenset(),
    )


def _read(workspace: Workspace, name: str) -> YamlFile | None:
    path = find(workspace, name)
    return read_yaml(read_bytes(path), shown(path)) if path else None
