"""From a message owed to a message sent: claim -> compose -> save the text -> send -> settle.

The text is committed before the call, so a crash is either before it (nothing was sent) or leaves the message in
`sending`, which a restart treats as uncertain (`bot.domain.deliveries`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.domain.bulletins import compose, lay_out
from bot.domain.chats import Chat, Platform
from bot.domain.deliveries import (
    Delivery,
    DeliveryKind,
    NotSent,
    Outcome,
    Refused,
    Sent,
    Settlement,
    Unknown,
    settle,
    settle_edit,
)
from bot.domain.stories import Story, readable
from bot.ports import Clock, Messenger, Newsdesk, Point, Probe, Store, no_probe

log = structlog.get_logger(__name__)

OUTBOX_BATCH = 50


@dataclass(frozen=True, slots=True)
class Telling:
    """A message that was sent or edited, for whoever listens."""

    delivery: Delivery
    kind: DeliveryKind
    story: Story
    message_id: str
    text: str
    at: datetime


class Outbox:
    """Sends what is owed. One call at a time per chat; chats do not wait for each other."""

    def __init__(
        self,
        store: Store,
        messengers: Mapping[Platform, Messenger],
        clock: Clock,
        newsdesk: Newsdesk,
        *,
        listener: Callable[[Telling], None] | None = None,
        probe: Probe = no_probe,
    ) -> None:
        self._store = store
        self._messengers = messengers
        self._clock = clock
        self._newsdesk = newsdesk
        self._listener = listener
        self._probe = probe
        self._unwritten: dict[int, Settlement] = {}
        """What is known of calls but could not be written: such a message must not be sent again."""

    async def work(self) -> int:
        """Make one call for each chat that is owed one; answers how many were tried."""
        for settlement in list(self._unwritten.values()):
            await self._write(settlement)
        claimed = await self._store.claim_deliveries(self._clock.now(), OUTBOX_BATCH)
        due = [delivery for delivery in claimed if delivery.id not in self._unwritten]
        tellings = await asyncio.gather(*map(self._deliver, due))
        for telling in tellings:
            if telling and self._listener:
                self._listener(telling)
        return len(due)

    async def _deliver(self, delivery: Delivery) -> Telling | None:
        """Compose, call, settle. What fails before the call surely sent nothing; after it, only settling is left."""
        try:
            prepared = await self._prepare(delivery)
        except Exception:
            # A story that our code trips over is tried again later and holds up nothing else.
            log.exception("delivery_failed", delivery=delivery.id)
            tried = replace(delivery, attempts=delivery.attempts + 1)
            await self._settle(tried, NotSent("Sokuho failed on this story; the log says how"))
            return None
        if isinstance(prepared, Sent | Refused):
            await self._settle(delivery, prepared)
            return None
        saved, chat, story, text = prepared
        before = delivery.text if delivery.attempts == 0 else None
        outcome = await self._call(saved, chat, text, before)
        self._probe(Point.CALLED)
        # The revision that was claimed: the text may hold more, never less.
        await self._settle(replace(saved, wanted_revision=delivery.wanted_revision), outcome)
        self._probe(Point.SETTLED)
        if isinstance(outcome, Refused) and outcome.pause_chat:
            await self._pause(chat, outcome.reason)
        if not isinstance(outcome, Sent):
            return None
        return Telling(saved, delivery.kind, story, outcome.message_id, text, self._clock.now())

    async def _prepare(self, delivery: Delivery) -> tuple[Delivery, Chat, Story, str] | Sent | Refused:
        """The message with its text saved; or the outcome where no call is needed."""
        chat, story = await self._store.chat(delivery.chat_id), await self._store.story(delivery.story_id)
        shown = readable(story, chat) if story and chat else None
        if chat is None or shown is None or not shown.reports:
            return Refused("nothing is left to tell: its outlets are blocked in this chat")
        text = await self._compose(delivery, chat, shown)
        self._probe(Point.COMPOSED)
        # After an attempt the saved text is what was to be shown, which says nothing of what is.
        if delivery.message_id and text == delivery.text and delivery.attempts == 0:
            return Sent(delivery.message_id)
        saved = await self._store.begin_send(delivery.id, text)
        self._probe(Point.SAVED)
        return saved, chat, shown, text

    async def _compose(self, delivery: Delivery, chat: Chat, story: Story) -> str:
        catalog = self._newsdesk.catalog()
        topics = [topic for topic in await self._store.topics() if topic.id in delivery.topic_ids]
        bulletin = compose(
            story,
            chat,
            topics,
            catalog,
            first_sent=delivery.sent_at,
            possible_repeat=delivery.possible_repeat,
        )
        return self._messengers[chat.platform].render(lay_out(bulletin, catalog.style))

    async def _call(self, delivery: Delivery, chat: Chat, text: str, before: str | None) -> Outcome:
        messenger = self._messengers[chat.platform]
        try:
            if delivery.kind is DeliveryKind.EDIT and delivery.message_id:
                return await messenger.edit(chat, delivery.message_id, text, before)
            return await messenger.send(chat, text)
        except Exception:
            # A messenger never raises by contract; if it does, what became of the message is not known.
            log.exception("messenger_failed", chat=chat.id, delivery=delivery.id)
            return Unknown("the messenger failed; the log says how")

    async def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        decide = settle_edit if delivery.kind is DeliveryKind.EDIT else settle
        if not isinstance(outcome, Sent):
            log.warning("not_delivered", delivery=delivery.id, chat=delivery.chat_id, reason=outcome.reason)
        await self._write(decide(delivery, outcome, revision=delivery.wanted_revision, now=self._clock.now()))

    async def _pause(self, chat: Chat, reason: str) -> None:
        try:
            await self._store.pause_chat(chat.id, reason, self._clock.now())
        except Exception:
            # The next message is refused as this one was, and pauses the chat then.
            log.exception("not_paused", chat=chat.id)

    async def _write(self, settlement: Settlement) -> None:
        try:
            await self._store.settle(settlement)
            self._unwritten.pop(settlement.delivery_id, None)
        except Exception:
            log.exception("not_settled", delivery=settlement.delivery_id)
            self._unwritten[settlement.delivery_id] = settlement
