"""The outbox: what is owed, what is being sent and what was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, exists, func, literal, or_, select, update

from bot.domain.chats import Platform
from bot.domain.deliveries import Delivery, DeliveryState, Occasion, Settlement
from bot.ports import QueueStatus, SentMessage
from bot.storage.database import Part, reads, writes
from bot.storage.merging import one_event
from bot.storage.rows import DELIVERY, delivery_of
from bot.storage.schema import State, chats, deliveries, entries, unshown
from bot.storage.stories import load_stories

SENT = deliveries.c.state == DeliveryState.SENT
SENDING = deliveries.c.state == DeliveryState.SENDING
FIRST_SEND = deliveries.c.state.in_([DeliveryState.PENDING, DeliveryState.UNCERTAIN])
EDIT = SENT & unshown & ~deliveries.c.muted
TOLD = deliveries.c.state.in_([DeliveryState.SENT, DeliveryState.FOLDED])
"""By a message of its own, or as a line of another."""

UNPAUSED = deliveries.c.chat_id.in_(select(chats.c.id).where(chats.c.paused_at.is_(None)))

_earlier = deliveries.alias("earlier")
FOLLOWS_A_PART = deliveries.c.occasion.is_not_distinct_from(Occasion.DIGEST) & exists().where(
    _earlier.c.chat_id == deliveries.c.chat_id,
    _earlier.c.occasion == Occasion.DIGEST,
    _earlier.c.id < deliveries.c.id,
    _earlier.c.state.in_([DeliveryState.PENDING, DeliveryState.UNCERTAIN]),
)
"""An earlier part of a digest is yet to be sent."""

_answered = deliveries.alias("answered")
_teller = deliveries.alias("teller")
FOLLOWS_A_CATCH_UP = exists().where(
    _answered.c.id == deliveries.c.answers,
    _teller.c.id == _answered.c.folded_into,
    _teller.c.state.in_([DeliveryState.PENDING, DeliveryState.UNCERTAIN]),
)
"""It is the answer to a message that is yet to be sent, which tells its story among others."""

INTERRUPTED = "The program ended during the call, so nobody knows whether it arrived."


class DeliveryPart(Part):
    """`ports.DeliveryStore`."""

    @reads
    def claim_deliveries(
        self,
        connection: Connection,
        now: datetime,
        limit: int,
        *,
        platforms: Collection[Platform] | None = None,
        besides: Collection[int] = (),
    ) -> tuple[Delivery, ...]:
        come = deliveries.c.due <= now
        served = select(chats.c.id).where(chats.c.paused_at.is_(None))
        if platforms is not None:
            served = served.where(chats.c.platform.in_(platforms))
        busy = select(deliveries.c.chat_id).where(SENDING)
        edits_last = case((FIRST_SEND, 0), else_=1)
        place = func.row_number().over(
            partition_by=deliveries.c.chat_id, order_by=(edits_last, deliveries.c.id)
        )
        due = (
            select(*DELIVERY, edits_last.label("edits_last"), place.label("place"))
            .where(
                or_(FIRST_SEND & come & ~FOLLOWS_A_PART & ~FOLLOWS_A_CATCH_UP, EDIT & come),
                deliveries.c.chat_id.not_in(busy),
                deliveries.c.chat_id.not_in(besides),
                deliveries.c.chat_id.in_(served),
            )
            .subquery()
        )
        first_of_chat = (
            select(*(due.c[column.name] for column in DELIVERY))
            .where(due.c.place == 1)
            .order_by(due.c.edits_last, due.c.id)
            .limit(limit)
        )
        return tuple(delivery_of(row) for row in connection.execute(first_of_chat))

    @writes
    def begin_send(
        self, connection: Connection, delivery_id: int, text: str, *, heads: int | None = None
    ) -> Delivery | None:
        taken = (
            update(deliveries)
            .where(deliveries.c.id == delivery_id, or_(FIRST_SEND, EDIT), UNPAUSED)
            .values(
                text=text,
                heads=heads,
                attempts=deliveries.c.attempts + 1,
                state=case((SENT, deliveries.c.state), else_=literal(DeliveryState.SENDING, State)),
            )
            .returning(*DELIVERY)
        )
        row = connection.execute(taken).one_or_none()
        return None if row is None else delivery_of(row)

    @writes
    def settle(self, connection: Connection, settlement: Settlement) -> None:
        values: dict[str, Any] = {
            "state": settlement.state,
            "due": settlement.due,
            "possible_repeat": settlement.possible_repeat,
            "reason": settlement.reason,
            "attempts": settlement.attempts,
            "held": settlement.held,
        }
        # What a call did not find out stays as it was.
        found = {
            "message_id": settlement.message_id,
            "sent_at": settlement.sent_at,
            "sent_revision": settlement.sent_revision,
            "folded_into": settlement.folded_into,
        }
        values |= {name: value for name, value in found.items() if value is not None}
        connection.execute(
            update(deliveries)
            # What was folded into another message while it waited for its turn is told there.
            .where(deliveries.c.id == settlement.delivery_id, deliveries.c.state != DeliveryState.FOLDED)
            .values(values)
        )

    @writes
    def recover(self, connection: Connection, now: datetime) -> int:
        again = (
            update(deliveries)
            .where(SENDING)
            .values(state=DeliveryState.UNCERTAIN, due=now, possible_repeat=True, reason=INTERRUPTED)
        )
        return connection.execute(again).rowcount

    @reads
    def answered(self, connection: Connection, delivery: Delivery) -> Delivery | None:
        row = connection.execute(
            select(*DELIVERY).where(deliveries.c.id == delivery.answers, TOLD, ~deliveries.c.muted)
        ).one_or_none()
        if row is None:
            return None
        first = delivery_of(row)
        if first.state is DeliveryState.FOLDED:
            told = select(deliveries.c.message_id, deliveries.c.sent_at)
            teller = connection.execute(told.where(deliveries.c.id == first.folded_into, SENT)).one_or_none()
            if teller is None:
                return None
            first = replace(first, message_id=teller.message_id, sent_at=teller.sent_at)
        last = connection.scalar(
            select(func.max(deliveries.c.sent_at)).where(
                deliveries.c.answers == delivery.answers, deliveries.c.id < delivery.id, SENT
            )
        )
        return replace(first, sent_at=last or first.sent_at)

    @reads
    def message_about(self, connection: Connection, chat_id: int, story_id: int) -> Delivery | None:
        about = (deliveries.c.chat_id == chat_id) & (deliveries.c.story_id == story_id)
        row = connection.execute(select(*DELIVERY).where(about, SENT)).one_or_none()
        return None if row is None else delivery_of(row)

    @reads
    def sent_lately(
        self, connection: Connection, chat_id: int, topic_ids: Iterable[int], since: datetime
    ) -> tuple[datetime, ...]:
        sent = (
            select(deliveries.c.sent_at, deliveries.c.topic_ids)
            .where(deliveries.c.chat_id == chat_id, deliveries.c.sent_at > since)
            .order_by(deliveries.c.sent_at)
        )
        wanted = set(topic_ids)
        return tuple(row.sent_at for row in connection.execute(sent) if wanted & set(row.topic_ids))

    @writes
    def mute_story(
        self, connection: Connection, chat_id: int, story_id: int, now: datetime, *, muted: bool
    ) -> bool:
        here = deliveries.c.chat_id == chat_id
        about = deliveries.c.story_id.in_(one_event(connection, story_id))
        first = select(deliveries.c.id).where(here, about, TOLD, deliveries.c.muted != muted)
        told = connection.scalars(first).all()
        connection.execute(
            update(deliveries)
            .where(or_(deliveries.c.id.in_(told), deliveries.c.answers.in_(told) & SENT))
            .values(muted=muted)
        )
        if not muted:
            more = {"wanted_revision": deliveries.c.wanted_revision + 1, "due": now}
            connection.execute(update(deliveries).where(deliveries.c.id.in_(told)).values(more))
        return bool(told)

    @reads
    def sent_messages(
        self, connection: Connection, chat_id: int, limit: int, message_id: str | None = None
    ) -> tuple[SentMessage, ...]:
        answered = deliveries.alias("answered")
        about = func.coalesce(deliveries.c.story_id, answered.c.story_id)
        wanted = (
            select(*DELIVERY, about)
            .join_from(deliveries, answered, deliveries.c.answers == answered.c.id, isouter=True)
            .where(deliveries.c.chat_id == chat_id, SENT, about.is_not(None))
            .order_by(deliveries.c.sent_at.desc(), deliveries.c.id.desc())
            .limit(limit)
        )
        if message_id is not None:
            wanted = wanted.where(deliveries.c.message_id == message_id)
        rows = connection.execute(wanted).all()
        found = load_stories(connection, {row[-1] for row in rows})
        return tuple(SentMessage(delivery_of(row), found[row[-1]]) for row in rows)

    @reads
    def queue_status(self, connection: Connection, now: datetime) -> QueueStatus:
        """An edit counts once its time has come, a first send from the start, unless it is held for quiet hours.

        Messages of paused chats do not count.
        """
        first_sends = or_(FIRST_SEND & ~(deliveries.c.held & (deliveries.c.due > now)), SENDING)
        edits = EDIT & (deliveries.c.due <= now)
        owed = select(func.count()).where(or_(first_sends, edits), UNPAUSED)
        oldest = select(func.min(deliveries.c.created)).where(first_sends, UNPAUSED)
        waiting = select(func.count()).where(entries.c.waiting)
        failed = select(func.count()).where(deliveries.c.state == DeliveryState.FAILED)
        return QueueStatus(
            entries=connection.scalar(waiting) or 0,
            messages=connection.scalar(owed) or 0,
            oldest_message=connection.scalar(oldest),
            failed_messages=connection.scalar(failed) or 0,
            oldest_entry=connection.scalar(select(func.min(entries.c.seen)).where(entries.c.waiting)),
        )
