"""What a command is, what it is called with, and what it may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from zoneinfo import ZoneInfo

from bot.domain.catalog import Catalog
from bot.domain.chats import Chat, Platform
from bot.domain.documents import Document, Line, code, document
from bot.domain.naming import name_in
from bot.domain.polling import FeedLimits
from bot.domain.speech import ONLY_ENGLISH, Speech, Speeches, speech_for
from bot.domain.topics import TOPICS_PER_CHAT, Topic
from bot.ports import Clock, FeedFinder, Newsdesk, Store


@dataclass(frozen=True, slots=True)
class Services:
    """What commands work with. `stop` ends the program; only the console has it.

    `topics_per_chat`, `feed_limits`: how many it may make, and name. Without a `finder` no feed can be named.
    """

    clock: Clock
    store: Store
    newsdesk: Newsdesk
    stop: Callable[[], None] | None = None
    topics_per_chat: int = TOPICS_PER_CHAT
    finder: FeedFinder | None = None
    feed_limits: FeedLimits = field(default_factory=FeedLimits)
    speeches: Speeches = field(default_factory=lambda: ONLY_ENGLISH)


@dataclass(frozen=True, slots=True)
class Usage:
    """One way to type a command, and what that does. `only_on`: where there is such a thing, if not everywhere."""

    form: str
    does: str
    only_on: tuple[Platform, ...] = ()

    @property
    def word(self) -> str:
        """The word behind the command's name: `add` of `/topics add QUERY`."""
        return " ".join(self.form.split()[1:2])


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table: the menus, `/help`, completion and answers to mistakes are made from it.

    `group` is the title under which `/help` lists it, if it does. `words` are the first words it knows (`add`,
    `remove`…), `takes_topics` says that names of topics follow. `steers`: it is there to change something, so the menu
    shows it to those of a group who may.
    """

    name: str
    summary: str
    usage: tuple[Usage, ...]
    examples: tuple[str, ...]
    handler: Handler
    group: str = ""
    words: tuple[str, ...] = ()
    takes_topics: bool = False
    steers: bool = False
    console_only: bool = False

    def on(self, platform: Platform) -> Command:
        """The command as it is there: without the words that only other platforms have."""
        elsewhere = {usage.word for usage in self.usage if usage.only_on and platform not in usage.only_on}
        return replace(
            self,
            usage=tuple(usage for usage in self.usage if usage.word not in elsewhere),
            examples=tuple(text for text in self.examples if not elsewhere & set(text.split()[1:2])),
            words=tuple(word for word in self.words if word not in elsewhere),
        )


MaySteer = Callable[[], Awaitable[bool | None]]
"""Whether the person may change what is set in the chat, None where that cannot be found out just now.

Asked only where it matters, since it may cost a call.
"""


async def anybody() -> bool | None:
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
    def speech(self) -> Speech:
        """How to speak to the chat; all that is said passes through it."""
        return speech_for(self.chat, self.services.speeches)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.chat.time_zone)

    async def topics(self) -> tuple[Topic, ...]:
        """The topics this chat may know of, those on offer by their names in its language."""
        lexicon, language = self.catalog.lexicon, self.speech.language
        return tuple(
            replace(topic, spec=replace(topic.spec, name=name_in(topic, lexicon, language)))
            for topic in await self.store.visible_topics(self.chat.id)
        )

    async def subscribed(self) -> frozenset[int]:
        """The ids of the topics this chat is subscribed to."""
        return frozenset(s.topic_id for s in await self.store.subscriptions(self.chat.id))


Handler = Callable[[Invocation], Awaitable[Document]]


def steering(handler: Handler) -> Handler:
    """Make a handler that changes something for those alone who may; anybody may ask."""

    @wraps(handler)
    async def guarded(invocation: Invocation) -> Document:
        may_steer = invocation.chat.steered_by == "everyone" or await invocation.may_steer()
        if may_steer:
            return await handler(invocation)
        speech = invocation.speech
        if may_steer is None:
            return document(
                speech.say(
                    "😔 Whether you are an admin could not be found out just now. Please try again in a moment."
                ),
                whisper=True,
            )
        if invocation.chat.platform == "slack":
            return document(
                speech.say(
                    "🔒 This channel is shared: only the workspace that has Sokuho changes what it follows."
                ),
                (),
                _anybody_may(speech),
                whisper=True,
            )
        # Short, since it is also shown in a pop-up, which on Telegram holds 200 characters.
        return document(
            speech.say("🔒 In this group only admins change what it follows and how."),
            (),
            _anybody_may(speech),
            speech.tell("An admin can open this to all: {command}", command=code("/settings who everyone")),
            whisper=True,
        )

    return guarded


async def saved(invocation: Invocation, chat: Chat, said: str) -> Document:
    """Store the chat as it shall be, if that is a change; the answer, with what holds now."""
    if chat == invocation.chat:
        return document(invocation.speech.say("👌 Nothing to change. {state}", state=said))
    await invocation.store.save_chat(chat)
    return document(f"✅ {said}", changed=True)


def _anybody_may(speech: Speech) -> Line:
    return speech.tell(
        "Anybody may look: {latest}, {why}, {test}.",
        latest=code("/latest"),
        why=code("/why"),
        test=code("/topics test"),
    )
