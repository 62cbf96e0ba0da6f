"""Provide a translation of the tiny handout; tests change one thing in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from teachback.content.loader import load_handout
from teachback.content.translation import handout_texts
from teachback.content.workspace_content import load_shared
from teachback.files.workspace import handout_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

TRANSLATION = "content/translations/es/tiny.yaml"
SPANISH_TINY = """\
translates: tiny
language: es
version: 2026-11-22
review: {status: draft, reviewer: null, reviewed: null, due: null}
texts:
  title: {en: A tiny handout, es: Una hoja pequeña}
  purpose: {en: Show the least that a handout can be, es: Mostrar lo mínimo que puede ser una hoja}
  message: {en: One message., es: Un mensaje.}
  chest/text: {en: Chest pain, es: Dolor de pecho}
  card/title: {en: When to get help, es: Cuándo pedir ayuda}
  one/title: {en: What is this?, es: ¿Qué es esto?}
  one/blocks/1@general: {en: For everyone here., es: Para todos aquí.}
  one/blocks/1@ckd: {en: For kidneys here., es: Para los riñones aquí.}
"""


def translated(
    handout: str,
    make: Make,
    files: Mapping[str, str],
    language: str = "es",
    word: str | Callable[[str], str] = r"S\1",
) -> Workspace:
    """Return a workspace with a handout, and its translation, made of its words.

    `word` is what becomes of each: with an S before it, if left out.
    """
    said = word if isinstance(word, str) else lambda found: word(found[1])
    files = {**files, "content/handouts/tiny.yaml": handout}
    clinic = make(files)
    authored = load_handout(handout_files(clinic)["tiny"], clinic, load_shared(clinic))
    texts = {
        one.key: {
            "en": one.text,
            language: re.sub(r"(?<![{\w.])([^\W\d]\w*)(?![\w.]*})", said, one.text),
        }
        for one in handout_texts(authored.handout)
    }
    head = SPANISH_TINY.partition("texts:")[0].replace("language: es", f"language: {language}")
    told = yaml.safe_dump({"texts": texts}, allow_unicode=True, width=1000)
    return make({**files, TRANSLATION.replace("/es/", f"/{language}/"): head + told})
