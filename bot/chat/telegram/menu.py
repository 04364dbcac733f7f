"""The menus of commands, by scope and language: members of a group see what anybody may ask, its admins all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from bot.chat.commands import Command
from bot.domain.speech import ENGLISH, Speeches

MAX_DESCRIPTION = 256


@dataclass(frozen=True, slots=True)
class Menu:
    """The commands that are shown in one scope and language; no language is everybody's for whom there is no other."""

    scope: BotCommandScope
    language: str | None
    commands: tuple[BotCommand, ...]


def menus(commands: Sequence[Command], speeches: Speeches) -> Iterator[Menu]:
    """Every menu there is to set."""
    asking = [command for command in commands if not command.steers]
    for scope, shown in (
        (BotCommandScopeDefault(), commands),
        (BotCommandScopeAllPrivateChats(), commands),
        (BotCommandScopeAllGroupChats(), asking),
        (BotCommandScopeAllChatAdministrators(), commands),
    ):
        for language, speech in speeches.items():
            rows = (
                BotCommand(command.name, speech.known(command.summary)[:MAX_DESCRIPTION]) for command in shown
            )
            yield Menu(scope, None if language == ENGLISH.language else language, tuple(rows))
