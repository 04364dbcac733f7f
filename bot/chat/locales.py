"""Looks up the gettext catalogues in `bot/locales`. As yet they hold what menus show and what can be wrong with a query."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.domain.chats import Chat

LANGUAGES = ("ja", "ru")
"""Languages that there is a catalogue for; English is that of the code."""


def said_in(text: str, language: str | None) -> str:
    """What the code says in English in another language, or as it is where that has no words for it."""
    message = _catalogue(language).get(text) if language in LANGUAGES else None
    return str(message.string) if message is not None and message.string else text


def language_of_chat(chat: Chat) -> str | None:
    """The language in which to speak to a chat: the first that it reads."""
    return chat.languages[0] if chat.languages else None


@cache
def _catalogue(language: str) -> Catalog:
    with (files("bot.locales") / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)
