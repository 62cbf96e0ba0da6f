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
    schema = _widened(SCHEMAS[kind].model_json_schema(by_alias=True))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"Teachback {kind}"
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _widened(part: Any) -> Any:  # noqa: ANN401 -- JSON is any data
    """Return a part of a schema that allows each type that an editor may read for a value.

    Models are closed: keys that they do not have are not allowed.
    """
    if isinstance(part, list):
        return [_widened(item) for item in part]
    if not isinstance(part, dict):
        return part
    # The values of these keys are data, not a schema.
    schema = {
        key: value if key in {"default", "enum", "const"} else _widened(value)
        for key, value in part.items()
    }
    if "patternProperties" in schema:
        schema["additionalProperties"] = False
    kind = schema.get("type")
    if not isinstance(kind, str) or "enum" in schema or "const" in schema:
        return schema
    if kind == "string":
        return schema | _text_constraints(schema)
    if kind in {"number", "integer"}:
        return schema | {"type": [kind, "string"], "pattern": _NUMBER}
    if kind == "boolean":
        return schema | {
            "type": ["boolean", "string", "integer"],
            "pattern": _BOOLEAN,
            "minimum": 0,
            "maximum": 1,
        }
    return schema


def _text_constraints(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the types that an editor may read for a text, and the pattern of the text."""
    if schema.get("format") == "date":
        return {"pattern": _DATE}
    pattern = schema.get("pattern")
    if pattern is None:
        return {"type": ["string", "number", "boolean"], "pattern": r"\S"}
    types = [
        kind
        for kind, example in (("number", "1" * 16), ("boolean", "true"))
        if re.search(pattern, example)
    ]
    return {"type": ["string", *types]} if types else {}
