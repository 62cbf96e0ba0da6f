"""Shorten the template of the sheet to sign: a test of its words need not print all its pages."""

from __future__ import annotations


def without_questions(template: str) -> str:
    """Return the template without its questions to staff, which are most of the pages."""
    head, _, rest = template.partition('{{ part(id ~ "-asked"')
    short = head + rest[rest.index('{{ part(id ~ "-since"') :]
    return short.replace('("asked", "Questions that only a person can answer", true), ', "")
