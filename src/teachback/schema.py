"""The JSON Schema of a handout, for editors: made from the model, so that the two cannot differ."""

from __future__ import annotations

import json

from teachback.document import Handout


def handout_schema() -> str:
    """Give the schema as a text that ends with a line break."""
    schema = Handout.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Teachback handout"
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
