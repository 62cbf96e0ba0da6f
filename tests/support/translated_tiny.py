"""Provide a translation of the tiny handout; tests change one thing in it."""

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
