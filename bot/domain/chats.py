"""Chats, their settings and subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.schedules import Quiet, Schedule

Platform = Literal["console", "telegram", "slack", "replay"]
Steering = Literal["admins", "everyone"]
Updates = Literal["off", "silent", "loud"]

SPOKEN = ("en", "ja", "ru")
"""The languages that the bot itself speaks."""


@dataclass(frozen=True, slots=True)
class Digests:
    """A chat's wish for digests: `only` them, or besides the bulletins.

    The first one comes at the first slot behind `set_at`, and tells nothing that was seen before `since`.
    """

    schedule: Schedule
    set_at: datetime
    since: datetime
    only: bool = False


@dataclass(frozen=True, slots=True)
class Chat:
    """Where bulletins go.

    `address` is the platform's own name of the chat, unique within the platform; parts of a place (the topics of a
    Telegram forum, the channels of a Slack workspace) stand behind its name and a slash: `-100123/7`, `T01/C02`.
    `languages` are those the chat reads, the preferred one first (BCP 47); empty means any. `time_zone` is an IANA
    name. Outlets are named as in `config/outlets.toml`. A paused chat is told nothing; `pause_reason` says why when it
    was not its own wish. `steered_by`: who of a group may change what is set here. `invited`: it gave the invite code.
    `previews`: whether links in bulletins show a preview. `language`: of `SPOKEN`, the one to speak to it in; empty where
    nobody chose one and no client told. `digests` and `quiet` are None where there are none. `feeds`: the ids of those that
    it named itself. `repeats`: whether a message that may have arrived is sent again, marked as a possible repeat, or left
    out.
    """

    id: int
    platform: Platform
    address: str
    title: str = ""
    languages: tuple[str, ...] = ()
    time_zone: str = "UTC"
    blocked_outlets: frozenset[str] = frozenset()
    preferred_outlets: frozenset[str] = frozenset()
    paused_at: datetime | None = None
    pause_reason: str | None = None
    steered_by: Steering = "admins"
    invited: bool = False
    previews: bool = False
    language: str = ""
    digests: Digests | None = None
    quiet: Quiet | None = None
    feeds: frozenset[int] = frozenset()
    repeats: bool = True

    @property
    def paused(self) -> bool:
        return self.paused_at is not None

    @property
    def hears_at_once(self) -> bool:
        """Whether it is sent a bulletin for each story."""
        return self.digests is None or not self.digests.only


def spoken(code: str | None) -> str:
    """The language of `SPOKEN` that a client's code (BCP 47: `ja-JP`) means, or an empty text."""
    language = (code or "").replace("_", "-").partition("-")[0].casefold()
    return language if language in SPOKEN else ""


def language_of_chat(chat: Chat) -> str:
    """The language to speak to a chat in: its own, else the first of those it reads that we speak, else English."""
    return chat.language or next(filter(None, map(spoken, chat.languages)), SPOKEN[0])


@dataclass(frozen=True, slots=True)
class Subscription:
    """A chat follows a topic, and how.

    `wait_for`: independent outlets that have to tell a story before the chat hears of it. `updates`: whether it hears of
    developments, and with a sound. `sound`: whether first messages make one. `hourly`: messages an hour at the most, the
    rest of which are folded into one; 0 means any number.
    """

    chat_id: int
    topic_id: int
    since: datetime
    wait_for: int = 1
    updates: Updates = "silent"
    sound: bool = True
    hourly: int = 0
