"""Provide the files that a workspace needs for handouts in another language."""

from __future__ import annotations

from teachback.files.workspace import builtin_root


def language_files(language: str) -> dict[str, str]:
    """Return words and badges for a language; the words are English with marks around them."""
    content = builtin_root() / "content"
    words = (content / "words/en.yaml").read_text(encoding="utf-8")
    audiences = (content / "audiences.yaml").read_text(encoding="utf-8")
    return {
        f"content/words/{language}.yaml": words.replace(
            "language: English", f"language: Language {language}"
        ).replace("Draft", "\u00a1Draft"),
        "content/audiences.yaml": audiences.replace(
            "    en: For", f"    {language}: \u00a1For\n    en: For"
        ),
    }
