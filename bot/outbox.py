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
    DeliveryState,
    NotSent,
    Outcome,
    Refused,
    Sent,
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

    async def work(self) -> int:
        """Make one call for each chat that is owed one; answers how many were tried."""
        due = await self._store.claim_deliveries(self._clock.now(), OUTBOX_BATCH)
        await asyncio.gather(*(self._deliver_safely(delivery) for delivery in due))
        return len(due)

    async def _deliver_safely(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
        except Exception:
            # A story that our code trips over is tried again later and holds up nothing else.
            log.exception("delivery_failed", delivery=delivery.id)
            await self._settle(delivery, NotSent("Sokuho failed on this story; the log says how"))

    async def _deliver(self, delivery: Delivery) -> None:
        chat, story = await self._store.chat(delivery.chat_id), await self._store.story(delivery.story_id)
        shown = readable(story, chat) if story and chat else None
        if chat is None or shown is None or not shown.reports:
            await self._settle(
                delivery, Refused("nothing is left to tell: its outlets are blocked in this chat")
            )
            return
        text = await self._compose(delivery, chat, shown)
        self._probe(Point.COMPOSED)
        is_edit = delivery.state is DeliveryState.SENT
        if is_edit and text == delivery.text and delivery.message_id:
            await self._settle(delivery, Sent(delivery.message_id))
            return
        saved = await self._store.begin_send(delivery.id, text)
        self._probe(Point.SAVED)
        outcome = await self._call(saved, chat, text, edit=is_edit)
        self._probe(Point.CALLED)
        await self._settle(saved, outcome, edit=is_edit)
        self._probe(Point.SETTLED)
        if isinstance(outcome, Refused) and outcome.pause_chat:
            await self._store.save_chat(
                replace(chat, paused_at=self._clock.now(), pause_reason=outcome.reason)
            )
        if isinstance(outcome, Sent) and self._listener:
            kind = DeliveryKind.EDIT if is_edit else DeliveryKind.NEW
            self._listener(Telling(saved, kind, shown, outcome.message_id, text, self._clock.now()))

    async def _compose(self, delivery: Delivery, chat: Chat, story: Story) -> str:
        catalog = self._newsdesk.catalog()
        topics = [topic for topic in await self._store.topics() if topic.id in delivery.topic_ids]
        bulletin = compose(story, chat, topics, catalog, possible_repeat=delivery.possible_repeat)
        return self._messengers[chat.platform].render(lay_out(bulletin, catalog.style))

    async def _call(self, delivery: Delivery, chat: Chat, text: str, *, edit: bool) -> Outcome:
        messenger = self._messengers[chat.platform]
        try:
            if edit and delivery.message_id:
                return await messenger.edit(chat, delivery.message_id, text)
            return await messenger.send(chat, text)
        except Exception:
            # A messenger never raises by contract; if it does, what became of the message is not known.
            log.exception("messenger_failed", chat=chat.id, delivery=delivery.id)
            return Unknown("the messenger failed; the log says how")

    async def _settle(self, delivery: Delivery, outcome: Outcome, *, edit: bool | None = None) -> None:
        is_edit = delivery.state is DeliveryState.SENT if edit is None else edit
        decide = settle_edit if is_edit else settle
        settlement = decide(delivery, outcome, revision=delivery.wanted_revision, now=self._clock.now())
        if not isinstance(outcome, Sent):
            log.warning("not_delivered", delivery=delivery.id, chat=delivery.chat_id, reason=outcome.reason)
        await self._store.settle(settlement)
