"""What people on Slack mean: texts that came as slash commands, mentions and direct messages, as commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from html import unescape
from typing import Any

ROOT = "/sokuho"
"""The slash command behind which every other one can be typed; Slack keeps some names for itself."""

_LINK = re.compile(r"<(?:https?|mailto):[^|>]*\|([^>]*)>|<((?:https?|mailto):[^|>]*)>")
_NAMED = re.compile(r"<[#@!][^|>]*\|([^>]*)>")


def plain(text: str) -> str:
    """What a person typed: links and names as they are shown, entities resolved."""
    shown = _LINK.sub(lambda found: found[1] or found[2], text)
    return unescape(_NAMED.sub(lambda found: found[1], shown)).strip()


def from_slash(command: str, text: str) -> str:
    """`/sokuho topics add X` and `/topics add X` alike as `/topics add X`; `/sokuho` alone asks for help."""
    if command.casefold() != ROOT:
        return f"{command} {plain(text)}".strip()
    typed = plain(text)
    return typed if typed.startswith("/") else f"/{typed}"


def from_text(text: str, bot_user: str, commands: Collection[str]) -> str:
    """A mention or a direct message as a command: without the bot's name, and with the slash that nobody types there.

    Words that begin with no command are left as they are, for the answer to make something of.
    """
    typed = plain(re.sub(rf"<@{re.escape(bot_user)}(?:\|[^>]*)?>", " ", text)).lstrip(" ,:")
    first = typed.partition(" ")[0].casefold()
    if not typed:
        return "/help"
    return f"/{typed}" if first in commands else typed


def is_for_us(event: Mapping[str, Any]) -> bool:
    """Whether a person said this to us alone: no edit, no bot (another, or this one), no channel's talk."""
    return (
        event.get("channel_type") == "im"
        and not event.get("bot_id")
        and event.get("subtype") in (None, "file_share")
        and bool(event.get("user"))
    )


def team_of(body: Mapping[str, Any], installed: Callable[[str], bool]) -> str | None:
    """The workspace whose installation of the app is meant; None where it is none of them.

    In a channel that workspaces share (Slack Connect), what is pressed or posted names several.
    """
    authorizations = body.get("authorizations") or [{}]
    named = (
        (body.get("view") or {}).get("app_installed_team_id"),
        authorizations[0].get("team_id"),
        (body.get("message") or {}).get("team"),
        (body.get("team") or {}).get("id"),
        body.get("team_id"),
        (body.get("user") or {}).get("team_id") if isinstance(body.get("user"), Mapping) else None,
    )
    return next((team for team in named if isinstance(team, str) and installed(team)), None)


def is_stranger(body: Mapping[str, Any], team: str) -> bool:
    """Whether somebody of another workspace said or pressed it, in a channel that is shared with them.

    Where Slack does not say whose they are, everybody in a shared channel may be.
    """
    event, user = body.get("event") or {}, body.get("user")
    if event:
        theirs = event.get("user_team") or event.get("source_team") or event.get("team")
        return bool(body.get("is_ext_shared_channel")) if theirs is None else theirs != team
    theirs = user.get("team_id") if isinstance(user, Mapping) else body.get("team_id")
    return theirs is not None and theirs != team
