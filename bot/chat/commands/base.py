"""What a command is, what it is called with, and what it may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from zoneinfo import ZoneInfo

from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.documents import Document, document
from bot.domain.topics import Topic
from bot.ports import ChatStore, Clock, Newsdesk, Store


@dataclass(frozen=True, slots=True)
class Services:
    """What commands work with. `stop` ends the program; only the console has it."""

    clock: Clock
    store: Store
    newsdesk: Newsdesk
    stop: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """One way to type a command, and what that does."""

    form: str
    does: str


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table: the menus, `/help`, completion and answers to mistakes are made from it.

    `words` are the first words it knows (`add`, `remove`…), `takes_topics` says that names of topics follow. `steers`:
    it is there to change something, so the menu shows it to those of a group who may.
    """

    name: str
    summary: str
    usage: tuple[Usage, ...]
    examples: tuple[str, ...]
    handler: Handler
    words: tuple[str, ...] = ()
    takes_topics: bool = False
    steers: bool = False
    console_only: bool = False


MaySteer = Callable[[], Awaitable[bool]]
"""Whether the person may change what is set in the chat; asked only where it matters, since it may cost a call."""


async def anybody() -> bool:
    """Where there is one person, or all are equal."""
    return True


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as one person typed it in one chat: `args` is all behind its name, `reply_to` the message answered."""

    services: Services
    chat: Chat
    command: Command
    commands: tuple[Command, ...]
    """Every command there is in this chat."""
    args: str
    now: datetime
    reply_to: str | None = None
    may_steer: MaySteer = anybody

    @property
    def store(self) -> Store:
        return self.services.store

    @property
    def catalog(self) -> Catalog:
        return self.services.newsdesk.catalog()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.chat.time_zone)

    async def topics(self) -> tuple[Topic, ...]:
        """The topics this chat may know of."""
        return await visible_topics(self.store, self.chat)

    async def subscribed(self) -> frozenset[int]:
        """The ids of the topics this chat is subscribed to."""
        return frozenset(s.topic_id for s in await self.store.subscriptions(self.chat.id))


Handler = Callable[[Invocation], Awaitable[Document]]


def steering(handler: Handler) -> Handler:
    """Make a handler that changes something for those alone who may; anybody may ask."""

    @wraps(handler)
    async def guarded(invocation: Invocation) -> Document:
        if invocation.chat.steered_by == "everyone" or await invocation.may_steer():
            return await handler(invocation)
        return document(
            "🔒 In this group only admins change what it follows and how.",
            "Anybody may look: /latest, /why, /topics test. An admin can open this to all: /settings who everyone",
            whisper=True,
        )

    return guarded


async def visible_topics(store: ChatStore, chat: Chat) -> tuple[Topic, ...]:
    """The topics a chat may know of: its own first, then those on offer. Nobody sees another chat's."""
    visible = [topic for topic in await store.topics() if topic.chat_id in (None, chat.id)]
    return tuple(sorted(visible, key=lambda topic: topic.chat_id is None))
