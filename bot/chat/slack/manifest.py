"""The Slack app's manifest, made from the command table: `python -m bot.chat.slack.manifest` writes manifest.json.

With the address that the web reaches us at, it prints that of an app whose events are posted there, instead.

Source: docs.slack.dev/reference/app-manifest.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.chat.commands import COMMANDS, Command
from bot.chat.slack.listening import ROOT
from bot.chat.slack.render import BUILT_IN

EVENTS_PATH = "/slack/events"
INSTALL_PATH = "/slack/install"
CALLBACK_PATH = "/slack/oauth_redirect"

FILE = Path(__file__).parents[3] / "manifest.json"

SCOPES = (
    "app_mentions:read",
    "channels:read",
    "chat:write",
    "commands",
    "groups:read",
    "im:history",
    "im:read",
    "users:read",
)
EVENTS = (
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_id_changed",
    "channel_left",
    "channel_unarchive",
    "group_archive",
    "group_left",
    "group_unarchive",
    "member_joined_channel",
    "message.im",
    "tokens_revoked",
)


def manifest(commands: Sequence[Command] = COMMANDS, url: str | None = None) -> dict[str, Any]:
    """What makes the app on api.slack.com/apps, «Create New App», «From an app manifest».

    With a `url`, events are posted there, and other workspaces can install it; else it listens in Socket Mode.
    """
    base = None if url is None else url.rstrip("/")
    events = {} if base is None else {"request_url": f"{base}{EVENTS_PATH}"}
    redirect = {} if base is None else {"redirect_urls": [f"{base}{CALLBACK_PATH}"]}
    slash_commands = [_root(), *map(_slash, _offered(commands))]
    return {
        "display_information": {
            "name": "Sokuho",
            "description": "One short bulletin for each news event that a channel follows",
            "background_color": "#1b3a5c",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Sokuho", "always_online": True},
            "slash_commands": [
                slash if base is None else {**slash, "url": f"{base}{EVENTS_PATH}"}
                for slash in slash_commands
            ],
        },
        "oauth_config": {**redirect, "scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**events, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **events},
            "org_deploy_enabled": False,
            "socket_mode_enabled": base is None,
            "token_rotation_enabled": False,
        },
    }


def as_json(url: str | None = None) -> str:
    return json.dumps(manifest(url=url), indent=2, ensure_ascii=False) + "\n"


def _offered(commands: Sequence[Command]) -> list[Command]:
    """Those that Slack does not keep for itself."""
    return [command for command in commands if not command.console_only and command.name not in BUILT_IN]


def _root() -> dict[str, Any]:
    return {
        "command": ROOT,
        "description": "Every command of Sokuho; alone, a list of them",
        "usage_hint": "topics add Ukraine ceasefire",
        "should_escape": False,
    }


def _slash(command: Command) -> dict[str, Any]:
    hint = command.examples[-1].partition(" ")[2]
    return {
        "command": f"/{command.name}",
        "description": command.summary[0].upper() + command.summary[1:],
        **({"usage_hint": hint} if hint else {}),
        "should_escape": False,
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(as_json(sys.argv[1]), end="")  # noqa: T201 - a command's answer
    else:
        FILE.write_text(as_json(), encoding="utf-8")
        print(f"Written: {FILE.name}")  # noqa: T201 - a command's answer
