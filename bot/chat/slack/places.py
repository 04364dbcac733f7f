"""A Slack chat's address: its workspace and its channel or DM (`T01/C02`)."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    team: str
    channel: str


def address_of(team: str, channel: str) -> str:
    return f"{team}/{channel}"


def target_of(address: str) -> Target:
    team, _, channel = address.partition("/")
    return Target(team, channel)


def message_address(workspace: str, address: str, message_id: str) -> str:
    """What chat.getPermalink would answer; `workspace` is its web address, as auth.test names it."""
    return f"{workspace.rstrip('/')}/archives/{target_of(address).channel}/p{message_id.replace('.', '')}"
