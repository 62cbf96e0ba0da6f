"""Shorten the template of the sheet to sign: a test of its words need not print all its pages."""

from __future__ import annotations

import re


def without_questions(template: str) -> str:
    """Return the template without reading grades, questions and sources: most of the pages."""
    head, _, rest = template.partition('{{ part(id ~ "-grades"')
    short = head + rest[rest.index('{{ part(id ~ "-sign"') :]
    return re.sub(r'\("(grades|asked|sources)", "[^"]+"\), ', "", short)
