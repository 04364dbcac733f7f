"""Reads the gettext catalogues in `bot/locales`: how the bot says things in other languages than English."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.domain.chats import SPOKEN
from bot.domain.speech import ENGLISH, Speech, Speeches


@cache
def load_speeches() -> Speeches:
    """Every language that the bot speaks. Read once: catalogues change with the program only."""
    return MappingProxyType(
        {ENGLISH.language: ENGLISH} | {language: _read(language) for language in SPOKEN if language != "en"}
    )


def _read(language: str) -> Speech:
    """Gettext reads compiled catalogues, which is done here rather than when the program is packed."""
    compiled = BytesIO()
    with (files("bot.locales") / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    write_mo(compiled, catalogue)
    compiled.seek(0)
    kept = (str(message.id) for message in catalogue if "kept" in message.auto_comments)
    # The more a template says itself, the surer it is meant.
    return Speech(language, GNUTranslations(compiled), tuple(sorted(kept, key=len, reverse=True)))
