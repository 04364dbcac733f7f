"""Looks up the gettext catalogues in `bot/locales`. As yet they hold what menus show."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES = ("ja", "ru")
"""Languages that there is a catalogue for; English is that of the code."""


def summary_in(summary: str, language: str | None) -> str:
    """A command's summary in a language, or as it is in the code."""
    message = None if language is None else _catalogue(language).get(summary)
    return str(message.string) if message is not None and message.string else summary


@cache
def _catalogue(language: str) -> Catalog:
    with (files("bot.locales") / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)
