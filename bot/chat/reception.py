"""Whoever comes to the bot, on any platform: may this chat use it, what did it miss, and who leaves."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

import structlog

from bot.chat.commands import MaySteer, Services, answer, anybody
from bot.domain.access import Access
from bot.domain.chats import Chat, Platform, spoken
from bot.domain.documents import Document, code, document
from bot.domain.flooding import USUAL, Flow, Hearing, Tolerance, drained_in, pour
from bot.domain.speech import ENGLISH, Speech, Speeches, phrase, speech_for
from bot.ports import Store

log = structlog.get_logger(__name__)

CLOSED = phrase("this bot is no longer open to this chat")
"""The reason of a pause that ends when the operator lets the chat in again."""

AWAY = phrase("Sokuho was started without this platform")
"""The reason of a pause that ends when it is started with it."""

MOST_PERSONS = 10_000
"""Of how many people it is remembered how much they asked of late; whoever asked nothing for longest is forgotten."""

_INVITED = re.compile(r"[/／]?\s*start(?:@\S+)?\s+(?P<code>\S.*)", re.IGNORECASE)


ClientLanguage = Callable[[], Awaitable[str | None]]
"""The language (BCP 47) of the person's client, None where that is not known. Asked where it matters: it may cost a call."""


async def unknown_language() -> str | None:
    """Where no person is seen, as with a channel."""
    return None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a person said to the bot: `text` is a command or plain words, `reply_to` the message it answers.

    `person` is the platform's own name of who said it; None where it was the chat itself.
    """

    platform: Platform
    address: str
    title: str
    text: str
    reply_to: str | None = None
    may_steer: MaySteer = anybody
    client_language: ClientLanguage = unknown_language
    person: str | None = None


async def serve_only(store: Store, served: Collection[Platform], now: datetime) -> None:
    """At the start: chats of platforms that are not served are paused, those of served ones that were so are resumed.

    Otherwise messages would be owed to them, and all be sent on the day that their platform is back.
    """
    for platform in get_args(Platform):
        for chat in await store.chats(platform):
            if platform not in served:
                await store.pause_chat(chat.id, AWAY, now)
            elif chat.pause_reason == AWAY:
                await store.resume_chat(chat.id, now)


class Reception:
    """Between the platforms and the commands. No method reads or changes any chat but the one it is called for."""

    def __init__(self, services: Services, access: Access, tolerance: Tolerance = USUAL) -> None:
        self._services = services
        self._store = services.store
        self._access = access
        self._tolerance = tolerance
        self._flows: OrderedDict[tuple[Platform, str], Flow] = OrderedDict()

    async def answer(self, heard: Heard) -> Document | None:
        """The answer to what was said, whoever said it; None where one person says so much that none is owed.

        A chat is made when it is first let in.
        """
        return await self._counted(heard, lambda: self._answered(heard))

    async def remark(self, heard: Heard, remark: Callable[[Speech], Document]) -> Document | None:
        """What is said to somebody whose words are no command, and count like one: made of how to speak there."""

        async def said() -> Document:
            return remark(await self.speech(heard))

        return await self._counted(heard, said)

    async def _counted(self, heard: Heard, answer: Callable[[], Awaitable[Document]]) -> Document | None:
        flow, hearing = self._poured(heard)
        if hearing is Hearing.ANSWERED:
            return await answer()
        return await self._flooded(heard, flow) if hearing is Hearing.TOLD else None

    def _poured(self, heard: Heard) -> tuple[Flow, Hearing]:
        who = heard.platform, heard.person or heard.address
        flow, hearing = pour(self._flows.pop(who, None), self._services.clock.now(), self._tolerance)
        self._flows[who] = flow
        if len(self._flows) > MOST_PERSONS:
            self._flows.popitem(last=False)
        return flow, hearing

    async def _flooded(self, heard: Heard, flow: Flow) -> Document:
        """What somebody is told who asks for too much, once."""
        log.warning("commands_flooded", platform=heard.platform, person=heard.person, chat=heard.address)
        seconds = max(round(drained_in(flow, self._tolerance).total_seconds()), 1)
        speech = await self.speech(heard)
        return document(
            speech.plural(
                "🌊 That is more than I can answer at once. In {n} second I listen to you again.",
                "🌊 That is more than I can answer at once. In {n} seconds I listen to you again.",
                seconds,
            ),
            whisper=True,
        )

    async def _answered(self, heard: Heard) -> Document:
        chat = await self._store.chat_at(heard.platform, heard.address)
        text = heard.text
        if not self._access.admits(heard.platform, heard.address, chat):
            invited = _INVITED.fullmatch(heard.text.strip())
            if invited is None or not self._access.accepts(invited["code"]):
                return await self._stranger(heard, wrong_code=invited is not None)
            chat = replace(await self._make(heard), invited=True)
            await self._store.save_chat(chat)
            # It may have been here before the bot was closed.
            await self._reopen(chat)
            text = "/start"  # the code has done its work, and is not repeated
        chat = await self._make(heard) if chat is None else await self._greeted(chat, heard)
        return await answer(self._services, chat, text, heard.reply_to, heard.may_steer)

    async def chat(self, platform: Platform, address: str) -> Chat | None:
        """The chat at an address, where it is known and may use the bot."""
        chat = await self._store.chat_at(platform, address)
        return chat if self._access.admits(platform, address, chat) else None

    @property
    def speeches(self) -> Speeches:
        return self._services.speeches

    async def speech(self, heard: Heard) -> Speech:
        """How to speak where this was heard, for what is no answer to a command."""
        chat = await self._store.chat_at(heard.platform, heard.address)
        if chat is not None:
            return speech_for(chat, self.speeches)
        return self.speeches.get(spoken(await heard.client_language()), ENGLISH)

    async def returned(self, platform: Platform, place: str) -> int:
        """The bot may speak there again: chats that could not be spoken to are resumed; answers how many."""
        # The operator's word stands; one that paused itself resumes itself.
        stopped = [
            chat
            for chat in await self._store.chats(platform, place)
            if chat.pause_reason not in (None, CLOSED, AWAY)
        ]
        for chat in stopped:
            await self._store.resume_chat(chat.id, self._services.clock.now())
            log.info("chat_resumed", chat=chat.id, platform=platform)
        return len(stopped)

    async def mended(self, platform: Platform, reasons: Collection[str], place: str | None = None) -> None:
        """What stood in the way of the whole platform, or of a place, does not any more: its chats are resumed."""
        for chat in await self._store.chats(platform, place):
            if chat.pause_reason in reasons:
                await self._store.resume_chat(chat.id, self._services.clock.now())

    async def left(self, platform: Platform, place: str, reason: str) -> None:
        """The bot may not speak there any more: every chat within is paused with the reason."""
        for chat in await self._store.chats(platform, place):
            await self._store.pause_chat(chat.id, reason, self._services.clock.now())
            log.info("chat_paused", chat=chat.id, platform=platform, reason=reason)

    async def moved(self, platform: Platform, place: str, to: str) -> None:
        """A chat has another address from now on."""
        if await self._store.move_chats(platform, place, to):
            log.info("chat_moved", platform=platform)

    async def open(self, platform: Platform) -> None:
        """At the start: chats that the operator no longer lets in are paused, those let in again are resumed."""
        for chat in await self._store.chats(platform):
            if self._access.admits(platform, chat.address, chat):
                await self._reopen(chat)
            elif not chat.paused:
                await self._store.pause_chat(chat.id, CLOSED, self._services.clock.now())

    async def _reopen(self, chat: Chat) -> None:
        if chat.pause_reason == CLOSED:
            await self._store.resume_chat(chat.id, self._services.clock.now())

    async def _make(self, heard: Heard) -> Chat:
        now = self._services.clock.now()
        language = spoken(await heard.client_language())
        return await self._store.ensure_chat(
            heard.platform, heard.address, heard.title, now, language=language
        )

    async def _greeted(self, chat: Chat, heard: Heard) -> Chat:
        """A chat that nobody has told its language takes that of who speaks there, unless what it reads tells it."""
        if chat.language or chat.languages:
            return chat
        language = spoken(await heard.client_language())
        if not language:
            return chat
        chat = replace(chat, language=language)
        await self._store.save_chat(chat)
        return chat

    async def _stranger(self, heard: Heard, *, wrong_code: bool) -> Document:
        """What is said to a chat that may not use the bot."""
        speech = await self.speech(heard)
        name = code(f"{heard.platform}:{heard.address}")
        ask = speech.tell("To be let in, give its operator the name of this chat: {name}", name=name)
        if self._access.invite_code is None:
            closed = speech.say("👋 This bot is private: it serves only chats that its operator lists.")
            return document(closed, ask)
        greeting = (
            speech.say("🤔 That invite code is not the right one.")
            if wrong_code
            else speech.say("👋 This bot is private: it serves chats that have an invite code.")
        )
        how = speech.tell("With a code, send: {command}", command=code("/start CODE"))
        return document(greeting, how, ask)
