"""From a schedule to a digest owed: look at chats whose slot may have come -> choose stories -> divide -> owe.

Which slot is due and what is told is decided purely (`bot.domain.digests`). The slot, its stories and its messages are
committed at once, so a process that dies leaves either a slot that is still due, or messages in the outbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain.chats import Chat, Digests, Platform
from bot.domain.digests import (
    PATIENCE,
    DigestItem,
    Place,
    Row,
    Untold,
    choose,
    divided,
    due_slot,
    lay_out_part,
    since,
)
from bot.domain.schedules import Slot, quiet_until, slot_after
from bot.domain.speech import ONLY_ENGLISH, Speeches, speech_for
from bot.domain.topics import Topic
from bot.ports import (
    OUTBOXES,
    Clock,
    DigestLook,
    DigestRecord,
    Messenger,
    Newsdesk,
    Point,
    Probe,
    Store,
    WorkQueue,
    no_probe,
)

log = structlog.get_logger(__name__)

LOOKS = 20
"""Chats that are looked at before others have the event loop."""

OVERDUE = timedelta(minutes=1)
"""A feed that was to be asked so long ago is not being asked just now."""

AFTER_FAILURE = timedelta(minutes=5)

LONG_ADDRESS = "https://a-workspace-with-a-long-name.slack.com/archives/C0123456789/p1754690400123456"
"""That room is kept for; the bulletin of a story may be sent later than the digest is divided."""


class Digester:
    """Owes chats the digests whose slot has come."""

    def __init__(
        self,
        store: Store,
        messengers: Mapping[Platform, Messenger],
        clock: Clock,
        queue: WorkQueue,
        newsdesk: Newsdesk,
        *,
        speeches: Speeches = ONLY_ENGLISH,
        probe: Probe = no_probe,
    ) -> None:
        self._store = store
        self._messengers = messengers
        self._clock = clock
        self._queue = queue
        self._newsdesk = newsdesk
        self._speeches = speeches
        self._probe = probe
        self._started = clock.now()

    async def work(self) -> int:
        """Look at some of the chats whose schedule is to be looked at; answers at how many."""
        now = self._clock.now()
        looks = await self._store.due_digests(now, LOOKS, tuple(self._messengers))
        if not looks or await self._behind(now):
            return 0
        for look in looks:
            try:
                await self._look(look, now)
            except Exception:
                # One chat's stories that our code trips over must not keep the others waiting.
                log.exception("digest_failed", chat=look.chat.id)
                await self._store.record_digest(DigestRecord(look.chat, now + AFTER_FAILURE), now)
        return len(looks)

    async def _behind(self, now: datetime) -> bool:
        """Whether feeds are yet to be asked what came while the program did not run; not for ever."""
        if now - self._started > PATIENCE:
            return False
        return bool(await self._store.due_feeds(now - OVERDUE, 1))

    async def _look(self, look: DigestLook, now: datetime) -> None:
        chat, digests = look.chat, look.chat.digests
        if digests is None:
            return
        zone = ZoneInfo(chat.time_zone)
        quiet = quiet_until(chat.quiet, zone, now)
        slot = due_slot(digests, zone, look.last, now) if quiet is None else None
        record = DigestRecord(chat, quiet or slot_after(digests.schedule, zone, now).at)
        if slot is not None:
            record = await self._decide(record, digests, slot, look, now)
            self._probe(Point.SLOT_DECIDED)
        if await self._store.record_digest(record, now):
            self._probe(Point.DIGEST_OWED)
            log.info("digest_owed", chat=chat.id, messages=len(record.parts))
            for stage in OUTBOXES:
                self._queue.wake(stage)

    async def _decide(
        self, record: DigestRecord, digests: Digests, slot: Slot, look: DigestLook, now: datetime
    ) -> DigestRecord:
        """What is told for the slot, in which messages."""
        chat, begins = look.chat, since(digests, look.last)
        stories, until = await self._store.untold_stories(chat.id, begins, now)
        followed = {one.topic_id for one in await self._store.subscriptions(chat.id)}
        visible = await self._store.visible_topics(chat.id)
        topics = [topic for topic in visible if topic.id in followed]
        parts, unnamed = await asyncio.to_thread(self._in_parts, chat, stories, topics, begins)
        return replace(record, slot=slot, since=begins, until=until, parts=parts, unnamed=unnamed)

    def _in_parts(
        self, chat: Chat, stories: Sequence[Untold], topics: Sequence[Topic], begins: datetime
    ) -> tuple[tuple[tuple[DigestItem, ...], ...], tuple[DigestItem, ...]]:
        """The stories that each message names, and those that none does."""
        catalog, messenger = self._newsdesk.catalog(), self._messengers[chat.platform]
        speech = speech_for(chat, self._speeches)
        rows, unnamed = choose(stories, topics, chat, catalog)
        # As long as it may become: with the opening and the end, links to bulletins, and as a possible repeat.
        place = Place(1, 1, len(stories), len(stories), begins)

        def fits(some: Sequence[Row]) -> bool:
            linked = [replace(row, message_id="1") for row in some]
            longest = lay_out_part(
                linked, place, chat, topics, catalog, lambda _: LONG_ADDRESS, speech, possible_repeat=True
            )
            return messenger.render(next(longest)) is not None

        return divided(rows, fits), unnamed
