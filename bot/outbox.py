"""From a message owed to a message sent: claim -> wait for a turn -> compose -> save the text -> send -> settle.

The text is committed before the call, so a crash is either before it (nothing was sent) or leaves the message in
`sending`, which a restart treats as uncertain (`bot.domain.deliveries`). A message waits for its turn before that, and
where its chat cannot be spoken to for long, it is put off in the store, so that it takes up nobody's place.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from bot.domain.chats import Chat, Platform
from bot.domain.deliveries import (
    HOUR,
    LATE,
    MOST_HELD,
    MOST_LATE,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Event,
    Gone,
    LeftOut,
    NotSent,
    Occasion,
    Outcome,
    PutOff,
    Refused,
    Sent,
    Settlement,
    ToldElsewhere,
    Tripped,
    Unknown,
    hourly_until,
    settle,
)
from bot.domain.facts import Observer, Settled, Waited, no_observer
from bot.domain.pacing import Urgency
from bot.domain.schedules import quiet_until
from bot.domain.speech import ONLY_ENGLISH, Speeches
from bot.domain.stories import Story
from bot.ports import (
    Addressee,
    Clock,
    Messenger,
    Newsdesk,
    NoTranslator,
    Point,
    Probe,
    Store,
    Translator,
    no_probe,
)
from bot.saying import Composer, Reading, Said

log = structlog.get_logger(__name__)

OUTBOX_BATCH = PLACES = 200
"""Chats of one platform that may be spoken to, or wait for their turn, at once; about."""

PATIENCE = timedelta(seconds=2)
"""A chat that cannot be spoken to for longer gives up its place."""


_OUTCOMES = {
    Sent: "sent",
    NotSent: "not sent",
    Tripped: "not sent",
    Refused: "refused",
    Unknown: "uncertain",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """A message that was sent or edited, for whoever listens."""

    delivery: Delivery
    kind: DeliveryKind
    story: Story
    message_id: str
    text: str
    at: datetime
    answers: str | None = None


class Outbox:
    """Sends what is owed. One call at a time per chat; chats do not wait for each other."""

    def __init__(
        self,
        store: Store,
        messengers: Mapping[Platform, Messenger],
        clock: Clock,
        newsdesk: Newsdesk,
        *,
        speeches: Speeches = ONLY_ENGLISH,
        listener: Callable[[Telling], None] | None = None,
        probe: Probe = no_probe,
        translator: Translator | None = None,
        observe: Observer = no_observer,
        peer: str | None = None,
    ) -> None:
        """`peer`: the name of this process, where others send too."""
        self._store = store
        self._peer = peer
        self._in_hand = False
        """Whether other processes are kept from some chats."""
        self._composer = partial(
            Composer, newsdesk=newsdesk, translator=translator or NoTranslator(), speeches=speeches
        )
        self._messengers = messengers
        self._clock = clock
        self._listener = listener
        self._probe = probe
        self._observe = observe
        self._claiming = asyncio.Lock()
        self._under_way: dict[int, Platform | None] = {}
        """Chats that are being spoken to, or wait for their turn, and their platforms once these are known."""
        self._unwritten: dict[int, Settlement] = {}
        """What is known of calls but could not be written: such a message must not be sent again."""

    async def work(self) -> int:
        """Make one call for each chat that is owed one and is not being spoken to; answers how many were tried.

        Calls may overlap: a chat that is slow to answer must not keep the others waiting.
        """
        for settlement in list(self._unwritten.values()):
            await self._write(settlement)
        async with self._claiming:
            due = await self._claim()
            self._under_way.update((delivery.chat_id, None) for delivery in due)
        try:
            return await self._tell(due) if due else 0
        finally:
            await self._leave_chats()

    async def _tell(self, due: Sequence[Delivery]) -> int:
        try:
            to = await self._store.addressees([delivery.chat_id for delivery in due])
        except Exception:
            self._give_back(due)
            raise
        composer = self._composer(Reading(self._store))
        tellings = await asyncio.gather(
            *(self._take_turn(delivery, to.get(delivery.chat_id), composer) for delivery in due)
        )
        for telling in tellings:
            if telling and self._listener:
                self._listener(telling)
        return len(due)

    async def _claim(self) -> list[Delivery]:
        taken = Counter(self._under_way.values())
        open_ = tuple(platform for platform in self._messengers if taken[platform] < PLACES)
        if not open_ or taken[None] > PLACES:
            return []
        now = self._clock.now()
        if self._peer is not None and await self._store.take_chats(self._peer, now, OUTBOX_BATCH, open_):
            self._in_hand = True
        claimed = await self._store.claim_deliveries(
            now, OUTBOX_BATCH, platforms=open_, besides=tuple(self._under_way), peer=self._peer
        )
        return [delivery for delivery in claimed if delivery.id not in self._unwritten]

    async def _leave_chats(self) -> None:
        """Let others speak to the chats that are not being spoken to."""
        if self._peer is not None and self._in_hand:
            busy = tuple(self._under_way)
            await self._store.leave_chats(self._peer, tuple(self._messengers), besides=busy)
            self._in_hand = bool(busy)

    def _give_back(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self._under_way.pop(delivery.chat_id, None)

    async def _take_turn(
        self, delivery: Delivery, to: Addressee | None, composer: Composer
    ) -> Telling | None:
        """Wait until the chat may be spoken to, or put the message off."""
        try:
            if to is None:
                await self._settle(delivery, Refused("the chat is gone"))
                return None
            chat = to.chat
            self._under_way[chat.id] = chat.platform
            if delivery.kind is not DeliveryKind.EDIT and await self._left_for_later(delivery, to, composer):
                return None
            messenger = self._messengers[chat.platform]
            wait = messenger.wait(chat)
            if wait > PATIENCE:
                await self._settle(delivery, PutOff(self._clock.now() + wait))
                return None
            urgency = Urgency.EDIT if delivery.kind is DeliveryKind.EDIT else Urgency.NEWS
            asked = self._clock.now()
            async with messenger.turn(chat, urgency):
                self._observe(Waited(chat.platform, urgency, self._clock.now() - asked))
                return await self._deliver(delivery, to, composer)
        except Exception:
            # Surely nothing was sent. A story that our code trips over is tried again later, and holds up no other.
            log.exception("delivery_failed", delivery=delivery.id)
            await self._settle(delivery, Tripped("Sokuho failed on this story; the log says how"))
            return None
        finally:
            self._give_back([delivery])

    async def _left_for_later(self, delivery: Delivery, to: Addressee, composer: Composer) -> bool:
        """Hold a message in quiet hours, or beyond the number an hour; then fold it with the others that were held.

        One of many that come late is folded with those.
        """
        chat, now = to.chat, self._clock.now()
        until = quiet_until(chat.quiet, ZoneInfo(chat.time_zone), now)
        if until is not None and chat.quiet and chat.quiet.confirmed:
            until = None if await composer.confirmed(delivery, chat) else until
        limits = [one.hourly for one in to.subscriptions if one.topic_id in delivery.topic_ids]
        if until is None and any(limits):
            until = hourly_until(
                await self._store.sent_lately(chat.id, delivery.topic_ids, now - HOUR), limits
            )
        if until is None:
            if delivery.held:
                occasion, most = (Occasion.HOURLY, 1) if any(limits) else (Occasion.QUIET, MOST_HELD)
                return await self._store.fold_held(chat.id, occasion, most, now) > 0
            return (
                to.owed > MOST_LATE and await self._store.fold_late(chat.id, MOST_LATE, now - LATE, now) > 0
            )
        await self._settle(delivery, PutOff(until, held=True))
        if await self._store.chat(chat.id) != chat:
            # It was changed before this one was held, so nobody else looks at it anew.
            await self._settle(delivery, PutOff(now, held=True))
        return True

    async def _deliver(self, delivery: Delivery, to: Addressee, composer: Composer) -> Telling | None:
        """Compose, call, settle. Raises only for what fails before the call."""
        chat = to.chat
        if delivery.state is DeliveryState.UNCERTAIN:
            found = await self._found_out(delivery, chat)
            if found is not None:
                await self._settle(delivery, found)
                return None
        prepared = await self._prepare(delivery, to, composer)
        if not isinstance(prepared, tuple):
            if prepared is not None:
                await self._settle(delivery, prepared)
            return None
        saved, said = prepared
        before = delivery.text if delivery.attempts == 0 else None
        outcome = await self._call(saved, chat, before, said)
        self._probe(Point.CALLED)
        # The revision that was claimed: the text may hold more, never less.
        await self._settle(replace(saved, wanted_revision=delivery.wanted_revision), outcome)
        self._probe(Point.SETTLED)
        if isinstance(outcome, Refused) and outcome.pause_chat:
            await self._pause(chat, outcome.reason)
        if not isinstance(outcome, Sent) or said.story is None:
            return None
        return Telling(
            saved,
            delivery.kind,
            said.story,
            outcome.message_id,
            saved.text or "",
            self._clock.now(),
            said.answers,
        )

    async def _found_out(self, delivery: Delivery, chat: Chat) -> Event | None:
        """What became of a message that may have been sent; None where it is to be sent again, as a possible repeat."""
        found = await self._messengers[chat.platform].find(chat, delivery.key, delivery.created)
        if found is not None:
            log.info("uncertain_settled", delivery=delivery.id, arrived=isinstance(found, Sent))
            return found
        return None if chat.repeats else LeftOut()

    async def _prepare(
        self, delivery: Delivery, to: Addressee, composer: Composer
    ) -> tuple[Delivery, Said] | Sent | Refused | ToldElsewhere | None:
        """The message with its text saved, and what it says; or what happens to it where no call is needed.

        None where it is not to be sent any more.
        """
        if delivery.kind is DeliveryKind.EDIT and delivery.message_id is None:
            return Refused("its chat has moved, and the message stayed behind")
        messenger = self._messengers[to.chat.platform]
        worded = await composer.word(delivery, to, messenger)
        if worded is None and delivery.answers is not None:
            return ToldElsewhere(delivery.answers, "it brings nothing new")
        if worded is None:
            return Refused(
                "nothing is left to tell: its outlets are blocked here, or its topics not followed any more"
            )
        text = worded.text
        self._probe(Point.COMPOSED)
        if text is None:
            return Refused("it fits into no message, however short")
        # After an attempt the saved text is what was to be shown, which says nothing of what is.
        if delivery.message_id and text == delivery.text and delivery.attempts == 0:
            return Sent(delivery.message_id)
        saved = await self._store.begin_send(delivery.id, text, heads=worded.said.heads, peer=self._peer)
        self._probe(Point.SAVED)
        return None if saved is None else (saved, worded.said)

    async def _call(self, delivery: Delivery, chat: Chat, before: str | None, said: Said) -> Outcome | Gone:
        messenger, text = self._messengers[chat.platform], delivery.text or ""
        try:
            if delivery.kind is DeliveryKind.EDIT and delivery.message_id:
                return await messenger.edit(chat, delivery.message_id, text, before, actions=said.actions)
            return await messenger.send(
                chat,
                text,
                key=delivery.key,
                answers=said.answers,
                # What takes the place of a message that is gone has been heard before.
                silent=delivery.silent or delivery.sent_at is not None,
                actions=said.actions,
            )
        except Exception:
            # A messenger never raises by contract; if it does, what became of the message is not known.
            log.exception("messenger_failed", chat=chat.id, delivery=delivery.id)
            return Unknown("the messenger failed; the log says how")

    async def _settle(self, delivery: Delivery, event: Event) -> None:
        if type(event) in _OUTCOMES:
            platform, kind = self._under_way.get(delivery.chat_id), delivery.kind.value
            name = _OUTCOMES[type(event)]
            self._observe(Settled(platform, delivery.chat_id, kind, name, self._clock.now()))
        if not isinstance(event, Sent | PutOff | ToldElsewhere):
            log.warning("not_delivered", delivery=delivery.id, chat=delivery.chat_id, reason=event.reason)
        await self._write(settle(delivery, event, self._clock.now()))

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
