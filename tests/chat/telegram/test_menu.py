"""The menus of commands: valid for Telegram, in every language, and showing each person what is theirs to type."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from telegram import BotCommandScope
from telegram.constants import BotCommandLimit, BotCommandScopeType

from bot.chat.commands import COMMANDS, Command
from bot.chat.locales import load_speeches
from bot.chat.telegram.menu import Menu, menus

OFFERED = [command for command in COMMANDS if not command.console_only]
SPEECHES = load_speeches()
LANGUAGES = tuple(language for language in SPEECHES if language != "en")
MENUS = list(menus(OFFERED, SPEECHES))
SCOPES = (
    BotCommandScopeType.DEFAULT,
    BotCommandScopeType.ALL_PRIVATE_CHATS,
    BotCommandScopeType.ALL_GROUP_CHATS,
    BotCommandScopeType.ALL_CHAT_ADMINISTRATORS,
)


def names(scope: BotCommandScopeType, language: str | None = None) -> set[str]:
    (menu,) = [menu for menu in MENUS if menu.scope.type == scope and menu.language == language]
    return {command.command for command in menu.commands}


def test_there_is_a_menu_for_each_scope_and_language_once() -> None:
    """English is for everybody for whom there is no other."""
    made = [(menu.scope.type, menu.language) for menu in MENUS]
    assert sorted(made, key=str) == sorted(product(SCOPES, (None, "ja", "ru")), key=str)
    assert all(isinstance(menu.scope, BotCommandScope) for menu in MENUS)


@pytest.mark.parametrize("menu", MENUS, ids=lambda menu: f"{menu.scope.type} {menu.language}")
def test_telegram_takes_every_menu(menu: Menu) -> None:
    """core.telegram.org/bots/api#botcommand and #setmycommands."""
    assert 1 <= len(menu.commands) <= BotCommandLimit.MAX_COMMAND_NUMBER
    assert menu.language is None or re.fullmatch("[a-z]{2}", menu.language)
    for command in menu.commands:
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command.command)
        assert 1 <= len(command.description) <= BotCommandLimit.MAX_DESCRIPTION
        assert command.description == command.description.strip()


@pytest.mark.parametrize("language", [None, *LANGUAGES])
def test_members_of_a_group_see_what_anybody_may_ask(language: str | None) -> None:
    """And no command that is there to change something; its admins, and people in private chats, see all."""
    steering = {command.name for command in OFFERED if command.steers}
    everything = {command.name for command in OFFERED}
    assert steering
    assert names(BotCommandScopeType.ALL_GROUP_CHATS, language) == everything - steering
    for scope in SCOPES:
        if scope is not BotCommandScopeType.ALL_GROUP_CHATS:
            assert names(scope, language) == everything


def test_nobody_sees_what_only_the_console_has() -> None:
    assert not any("stop" in names(scope) for scope in SCOPES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", OFFERED, ids=lambda command: command.name)
def test_a_summary_is_written_in_its_language(command: Command, language: str) -> None:
    """It has letters of that script, and names the same commands."""
    script = {"ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ru": r"[а-яё]"}[language]
    translated = SPEECHES[language].known(command.summary)
    assert re.search(script, translated)
    assert re.findall(r"/\w+", translated) == re.findall(r"/\w+", command.summary)


def test_a_summary_without_translation_stays_as_it_is() -> None:
    tomorrow = replace(COMMANDS[0], summary="a summary of tomorrow")
    assert {row.description for menu in menus([tomorrow], SPEECHES) for row in menu.commands} == {
        "a summary of tomorrow"
    }


def test_a_summary_that_is_too_long_is_cut() -> None:
    """Telegram would refuse the whole menu."""
    long = Command("long", "x" * 300, (), (), COMMANDS[0].handler)
    assert {len(command.description) for menu in menus([long], SPEECHES) for command in menu.commands} == {
        256
    }
