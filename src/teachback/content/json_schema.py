"""Make the JSON Schema of a handout and of a translation, for editors, from the models.

An editor reads YAML 1.2, where `911` is a number and `true` a boolean. The program reads every
value as the text that is written. So the schema allows every type that an editor may read for a
value that the program accepts.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from teachback.content.handout import Handout, Model
from teachback.content.translation import Translation

_NUMBER: Final = r"^[+-]?[0-9]+(\.[0-9]+)?$"
# The words that pydantic reads as true or false.
_BOOLEAN: Final = (
    "^([Yy]([Ee][Ss])?|[Nn][Oo]?|[Oo]([Nn]|[Ff][Ff])|"
    "[Tt]([Rr][Uu][Ee])?|[Ff]([Aa][Ll][Ss][Ee])?|[01])$"
)
# Most editors do not check `format`. The last part is February 29 of a leap year.
_DATE: Final = (
    "^(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]"
    "|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$"
)


SCHEMAS: Final[dict[str, type[Model]]] = {"handout": Handout, "translation": Translation}


def json_schema(kind: str = "handout") -> str:
    """Return the schema of a kind of file (SCHEMAS) as JSON text that ends with a newline."""
    schema = _as_written(SCHEMAS[kind].model_json_schema(by_alias=True))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"Teachback {kind}"
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _as_written(part: Any) -> Any:  # noqa: ANN401 -- JSON is any data
    """Widen each type to what an editor may read for it, and close what the model closes."""
    if isinstance(part, list):
        return [_as_written(item) for item in part]
    if not isinstance(part, dict):
        return part
    # The values of these keys are data, not a schema.
    made = {
        key: value if key in {"default", "enum", "const"} else _as_written(value)
        for key, value in part.items()
    }
    if "patternProperties" in made:
        made["additionalProperties"] = False
    kind = made.get("type")
    if not isinstance(kind, str) or "enum" in made or "const" in made:
        return made
    if kind == "string":
        return made | _text(made)
    if kind in {"number", "integer"}:
        return made | {"type": [kind, "string"], "pattern": _NUMBER}
    if kind == "boolean":
        return made | {
            "type": ["boolean", "string", "integer"],
            "pattern": _BOOLEAN,
            "minimum": 0,
            "maximum": 1,
        }
    return made


def _text(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("format") == "date":
        return {"pattern": _DATE}
    pattern = part.get("pattern")
    if pattern is None:
        return {"type": ["string", "number", "boolean"], "pattern": r"\S"}
    also = [
        kind
        for kind, word in (("number", "1" * 16), ("boolean", "true"))
        if re.search(pattern, word)
    ]
    return {"type": ["string", *also]} if also else {}
