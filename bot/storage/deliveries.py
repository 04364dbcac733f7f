"""The outbox: what is owed, what is being sent and what was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import get_args

from sqlalchemy import (
    Boolean,
    Connection,
    Text,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from bot.domain.chats import Platform, Subscription
from bot.domain.deliveries import (
    ORDER_TRIES,
    Delivery,
    DeliveryState,
    Occasion,
    Settlement,
)
from bot.ports import Addressee, QueueStatus, SentMessage
from bot.storage.chats import followed_by
from bot.storage.database import Part, reads, unindexed, writes, writes_rows
from bot.storage.merging import one_event
from bot.storage.rows import CHAT, DELIVERY, chat_of, delivery_of
from bot.storage.schema import State, chats, deliveries, entries, unshown
from bot.storage.stories import load_stories

SENT = deliveries.c.state == DeliveryState.SENT
SENDING = deliveries.c.state == DeliveryState.SENDING
LEFT = deliveries.c.state == DeliveryState.LEFT
FIRST_SEND = deliveries.c.state.in_([DeliveryState.PENDING, DeliveryState.UNCERTAIN])
EDIT = SENT & unshown & ~deliveries.c.muted
TOLD = deliveries.c.state.in_([DeliveryState.SENT, DeliveryState.LEFT, DeliveryState.FOLDED])
"""By a message of its own, perhaps, or as a line of another."""

IN_HAND = chats.c.spoken_by.is_not_distinct_from(bindparam("peer", type_=Text))
"""Of the process `peer`; of nobody, where there is but one."""

UNPAUSED = exists().where(chats.c.id == deliveries.c.chat_id, chats.c.paused_at.is_(None))
"""Of the one row: SQLite would gather the chats of a «chat_id IN» anew for each message."""

IN_LINE = (
    or_(
        deliveries.c.attempts == 0,
        deliveries.c.text.is_not(None) & (deliveries.c.attempts <= ORDER_TRIES),
    )
    & ~deliveries.c.held
    & deliveries.c.occasion.is_distinct_from(Occasion.DIGEST)
)
"""It was put off, or a call was made for it that is soon to be made again: what came later waits, so that the chat hears
all in order.

Not for ever, since there may be something about this one message that the platform does not take; nor for one that our
own code trips over, or a part of a digest.
"""

# What is said most often is put together once: that costs more than it does to run it.
_ours = exists().where(chats.c.id == deliveries.c.chat_id, IN_HAND)
BEGIN = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("begun"), or_(FIRST_SEND, EDIT), UNPAUSED, _ours)
    .values(
        text=bindparam("said"),
        heads=bindparam("headed"),
        attempts=deliveries.c.attempts + 1,
        state=case((SENT, deliveries.c.state), else_=literal(DeliveryState.SENDING, State)),
    )
    .returning(*DELIVERY)
)
_FOUND = ("sent_at", "sent_revision", "folded_into")
SETTLED = (
    *("state", "due", "message_id", "sent_at", "sent_revision", "possible_repeat"),
    *("reason", "attempts", "held", "folded_into"),
)
SETTLE = (
    update(deliveries)
    # What was folded into another message while it waited for its turn is told there.
    .where(deliveries.c.id == bindparam("settled"), deliveries.c.state != DeliveryState.FOLDED)
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("state", "due", "possible_repeat", "reason", "attempts", "held")
        }
        # What was not found out stays as it was.
        | {
            name: func.coalesce(bindparam(f"new_{name}", type_=deliveries.c[name].type), deliveries.c[name])
            for name in _FOUND
        }
        | {
            "message_id": case(
                (bindparam("gone", type_=Boolean), null()),
                else_=func.coalesce(bindparam("new_message_id", type_=Text), deliveries.c.message_id),
            )
        }
    )
)

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

_come = deliveries.c.due <= bindparam("now")
_first_in_line = (
    # Ids alone: else the rows of all that are owed are sorted whole, with their texts.
    select(func.coalesce(func.min(deliveries.c.id).filter(FIRST_SEND), func.min(deliveries.c.id)).label("id"))
    .where(
        or_(FIRST_SEND & or_(_come, IN_LINE) & ~FOLLOWS_A_PART & ~FOLLOWS_A_CATCH_UP, EDIT & _come),
        deliveries.c.chat_id.not_in(select(deliveries.c.chat_id).where(SENDING)),
        deliveries.c.chat_id.not_in(bindparam("besides", expanding=True)),
        deliveries.c.chat_id.in_(
            select(chats.c.id).where(
                chats.c.paused_at.is_(None),
                chats.c.platform.in_(bindparam("platforms", expanding=True)),
                IN_HAND,
            )
        ),
    )
    .group_by(deliveries.c.chat_id)
    .subquery()
)
"""By chat: its first send that is first, or where it has none, its edit that is."""
CLAIM = (
    select(*DELIVERY)
    .join(_first_in_line, _first_in_line.c.id == deliveries.c.id)
    .where(_come)
    .order_by(case((FIRST_SEND, 0), else_=1), deliveries.c.id)
    .limit(bindparam("most"))
)

OWED = (
    select(deliveries.c.chat_id, func.count())
    .where(
        # By the few chats that are asked about, not through all that is owed. What has a time was sent once, and there
        # is an index to pass over it.
        unindexed(deliveries.c.state) == DeliveryState.PENDING.value,
        deliveries.c.chat_id.in_(bindparam("chats", expanding=True)),
        deliveries.c.sent_at.is_(None),
        deliveries.c.story_id.is_not(None),
    )
    .group_by(deliveries.c.chat_id)
)
"""How many bulletins."""


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
        peer: str | None = None,
    ) -> tuple[Delivery, ...]:
        asked = {
            "now": now,
            "most": limit,
            "besides": list(besides),
            "platforms": list(get_args(Platform) if platforms is None else platforms),
            "peer": peer,
        }
        return tuple(delivery_of(row) for row in connection.execute(CLAIM, asked))

    @reads
    def addressees(self, connection: Connection, chat_ids: Collection[int]) -> Mapping[int, Addressee]:
        followed: dict[int, list[Subscription]] = {}
        for one in followed_by(connection, chat_ids):
            followed.setdefault(one.chat_id, []).append(one)
        bulletins_of = {row[0]: row[1] for row in connection.execute(OWED, {"chats": list(chat_ids)})}
        rows = connection.execute(select(*CHAT).where(chats.c.id.in_(chat_ids)))
        return {
            chat.id: Addressee(chat, tuple(followed.get(chat.id, ())), bulletins_of.get(chat.id, 0))
            for chat in map(chat_of, rows)
        }

    @writes_rows
    def begin_send(
        self,
        connection: Connection,
        delivery_id: int,
        text: str,
        *,
        heads: int | None = None,
        peer: str | None = None,
    ) -> Delivery | None:
        values = {"begun": delivery_id, "said": text, "headed": heads, "peer": peer}
        row = connection.execute(BEGIN, values).one_or_none()
        return None if row is None else delivery_of(row)

    @writes_rows
    def settle(self, connection: Connection, settlement: Settlement) -> None:
        write_settlement(connection, settlement)

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
                deliveries.c.answers == delivery.answers, deliveries.c.id < delivery.id, or_(SENT, LEFT)
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


def write_settlement(connection: Connection, settlement: Settlement) -> None:
    """Write what follows from a call."""
    new = {f"new_{name}": getattr(settlement, name) for name in SETTLED}
    connection.execute(SETTLE, new | {"settled": settlement.delivery_id, "gone": settlement.gone})
