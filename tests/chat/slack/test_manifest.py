"""The Slack app as its manifest makes it: what is typed, heard and done is allowed, and nothing else is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.chat.commands import COMMANDS
from bot.chat.reception import Reception
from bot.chat.slack import hearing
from bot.chat.slack.listening import ROOT
from bot.chat.slack.manifest import FILE, as_json, manifest
from bot.chat.slack.messenger import SlackMessenger
from bot.chat.slack.render import BUILT_IN
from bot.chat.slack.workspaces import Workspaces
from bot.domain.access import OPEN
from tests.chat.newsroom import open_newsroom

MADE = manifest()
SLASHES = MADE["features"]["slash_commands"]
SCOPES = set(MADE["oauth_config"]["scopes"]["bot"])
EVENTS = set(MADE["settings"]["event_subscriptions"]["bot_events"])

NEEDED_BY_EVENT = {
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set[str](),
    "channel_archive": {"channels:read"},
    "channel_deleted": {"channels:read"},
    "channel_id_changed": {"channels:read"},
    "channel_left": {"channels:read"},
    "channel_unarchive": {"channels:read"},
    "group_archive": {"groups:read"},
    "group_left": {"groups:read"},
    "group_unarchive": {"groups:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "message.im": {"im:history"},
    "tokens_revoked": set[str](),
}
"""docs.slack.dev/reference/events."""

NEEDED_BY_METHOD = {
    "auth_test": set[str](),
    "apps_connections_open": set[str](),  # of the app token: connections:write
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"im:history"},  # of channels: channels:history, which the operator may add
    "conversations_info": {"channels:read", "groups:read", "im:read"},
    "views_open": set[str](),
    "users_info": {"users:read"},  # with the locale; without the scope, chats begin in English
}
"""docs.slack.dev/reference/methods."""


def test_the_file_is_what_the_table_makes() -> None:
    """`python -m bot.chat.slack.manifest` writes it anew."""
    assert FILE.read_text(encoding="utf-8") == as_json()
    assert json.loads(as_json()) == MADE


def test_every_command_is_offered_that_slack_does_not_keep() -> None:
    """And one that stands for all of them."""
    offered = [slash["command"] for slash in SLASHES]
    ours = {f"/{command.name}" for command in COMMANDS if not command.console_only}
    assert set(offered) == {ROOT} | {name for name in ours if name[1:] not in BUILT_IN}
    assert len(offered) == len(set(offered))
    assert not {name[1:] for name in offered} & BUILT_IN


@pytest.mark.parametrize("slash", SLASHES, ids=lambda slash: slash["command"])
def test_slack_takes_every_command(slash: dict[str, Any]) -> None:
    """docs.slack.dev/reference/app-manifest: lengths, and names in small letters."""
    assert re.fullmatch(r"/[a-z0-9_-]{1,31}", slash["command"])
    assert 1 <= len(slash["description"]) <= 2000
    assert 1 <= len(slash.get("usage_hint", "x")) <= 1000
    assert slash["should_escape"] is False
    assert "url" not in slash, "Socket Mode needs none"


def test_slack_takes_the_whole() -> None:
    """docs.slack.dev/reference/app-manifest: up to 50 commands, 100 events, 255 scopes, and lengths."""
    assert len(SLASHES) <= 50
    assert len(EVENTS) <= 100
    assert len(SCOPES) <= 255
    shown = MADE["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert re.fullmatch(r"#(?:[0-9a-f]{3}){1,2}", shown["background_color"])
    assert len(MADE["features"]["bot_user"]["display_name"]) <= 80
    assert MADE["settings"]["socket_mode_enabled"]
    assert MADE["settings"]["interactivity"]["is_enabled"]


class Recorder:
    """In the place of Bolt's app: remembers what it is asked to listen to."""

    def __init__(self, **_: object) -> None:
        self.events: list[str] = []

    def event(self, name: str) -> Callable[[object], None]:
        self.events.append(name)
        return lambda _: None

    def command(self, _: object) -> Callable[[object], None]:
        return lambda _: None

    action = view = command


async def test_every_event_that_is_heard_is_subscribed_and_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that nobody takes would be sent again and again; one that is not subscribed never comes."""
    monkeypatch.setattr(hearing, "AsyncApp", Recorder)
    workspaces = Workspaces("https://slack.example/api/")
    async with open_newsroom(tmp_path, "slack") as room:
        desk = Reception(room.services, OPEN)
        messenger = SlackMessenger(workspaces)
        heard = hearing.Hearing(workspaces, messenger, desk, None).app().events  # type: ignore[attr-defined] # it is a Recorder
    await workspaces.close()
    assert {"message.im" if name == "message" else name for name in heard} == EVENTS


def test_every_scope_is_there_that_something_needs() -> None:
    """Commands, every event that is subscribed, and every method that is called."""
    source = "".join(
        path.read_text(encoding="utf-8") for path in sorted(FILE.parent.glob("bot/chat/slack/*.py"))
    )
    called = set(re.findall(r"\bclient\.([a-z]+_\w+)\(", source))
    assert called == NEEDED_BY_METHOD.keys()
    assert NEEDED_BY_EVENT.keys() == EVENTS
    needed = set.union({"commands"}, *NEEDED_BY_EVENT.values(), *NEEDED_BY_METHOD.values())
    assert needed <= SCOPES
    # To be written to first, a person has to be one whom the app may write to.
    assert SCOPES - needed == set()


def test_an_app_that_is_posted_to_names_where() -> None:
    """Events, presses and each slash command; other workspaces can install it, and it opens no socket."""
    made = manifest(url="https://bot.example/")
    events = "https://bot.example/slack/events"
    assert made["settings"]["event_subscriptions"]["request_url"] == events
    assert made["settings"]["interactivity"] == {"is_enabled": True, "request_url": events}
    assert {slash["url"] for slash in made["features"]["slash_commands"]} == {events}
    assert made["oauth_config"]["redirect_urls"] == ["https://bot.example/slack/oauth_redirect"]
    assert not made["settings"]["socket_mode_enabled"]
