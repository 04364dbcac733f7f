"""Chats that come back after a pause: what they missed becomes one message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.domain.deliveries import DeliveryState
from bot.domain.stories import Story
from bot.storage.database import AnyRow, Part, reads, writes
from bot.storage.schema import chats, deliveries, entries, matches, reports, stories, subscriptions, topics
from bot.storage.stories import load_stories


class ResumePart(Part):
    """`ports.ResumeStore`."""

    @writes
    def resume_chat(self, connection: Connection, chat_id: int, now: datetime) -> int:
        here = select(chats.c.paused_at, chats.c.blocked_outlets).where(chats.c.id == chat_id)
        chat = connection.execute(here).one_or_none()
        if chat is None or chat.paused_at is None:
            return 0
        connection.execute(
            update(chats).where(chats.c.id == chat_id).values(paused_at=None, pause_reason=None)
        )
        owed = connection.execute(
            select(deliveries.c.id, deliveries.c.story_id).where(
                deliveries.c.chat_id == chat_id,
                deliveries.c.state == DeliveryState.PENDING,
                ~deliveries.c.possible_repeat,  # such a one has to say so itself
            )
        ).all()
        missed = _missed(connection, chat_id, chat.paused_at, chat.blocked_outlets)
        if not owed and not missed:
            return 0
        return _fold(connection, chat_id, owed, missed, now)

    @reads
    def folded_stories(
        self, connection: Connection, delivery_id: int, limit: int
    ) -> tuple[tuple[Story, ...], int]:
        folded = select(stories.c.id).join(deliveries, deliveries.c.story_id == stories.c.id)
        folded = folded.where(deliveries.c.folded_into == delivery_id)
        newest = folded.order_by(stories.c.last_report.desc(), stories.c.id.desc()).limit(limit)
        ids = connection.scalars(newest).all()
        found = load_stories(connection, ids)
        total = connection.scalar(select(func.count()).select_from(folded.subquery())) or 0
        return tuple(found[id_] for id_ in ids), total


def _missed(
    connection: Connection, chat_id: int, since: datetime, blocked: Sequence[str]
) -> dict[int, tuple[int, ...]]:
    """By id: stories that nobody told this chat of since, with the topics for which it would have been."""
    rows = connection.execute(
        select(stories.c.id, matches.c.topic_id)
        .join_from(stories, reports, reports.c.story_id == stories.c.id)
        .join(matches, matches.c.entry_id == reports.c.entry_id)
        .join(entries, entries.c.id == reports.c.entry_id)
        .join(subscriptions, subscriptions.c.topic_id == matches.c.topic_id)
        .join(topics, topics.c.id == matches.c.topic_id)
        .where(
            subscriptions.c.chat_id == chat_id,
            topics.c.live,
            entries.c.is_news,
            entries.c.outlet.not_in(blocked),
            entries.c.seen >= since,
            entries.c.seen >= subscriptions.c.since,
            stories.c.id.not_in(
                select(deliveries.c.story_id).where(
                    deliveries.c.chat_id == chat_id, deliveries.c.story_id.is_not(None)
                )
            ),
        )
        .distinct()
        .order_by(stories.c.id, matches.c.topic_id)
    )
    found: dict[int, tuple[int, ...]] = {}
    for story_id, topic_id in rows:
        found[story_id] = (*found.get(story_id, ()), topic_id)
    return found


def _fold(
    connection: Connection,
    chat_id: int,
    owed: Sequence[AnyRow],
    missed: dict[int, tuple[int, ...]],
    now: datetime,
) -> int:
    """Owe one message that tells all of it; answers of how many stories."""
    message = {
        "chat_id": chat_id,
        "topic_ids": (),
        "state": DeliveryState.PENDING,
        "created": now,
        "due": now,
        "attempts": 0,
        "wanted_revision": 0,
        "sent_revision": 0,
        "possible_repeat": False,
    }
    id_ = connection.execute(insert(deliveries).values(message).returning(deliveries.c.id)).scalar_one()
    told = {"state": DeliveryState.FOLDED, "folded_into": id_}
    waiting = [row.id for row in owed if row.story_id is not None]
    connection.execute(update(deliveries).where(deliveries.c.id.in_(waiting)).values(told))
    earlier = [row.id for row in owed if row.story_id is None]
    # A message of this kind that was still owed from the time before is told within this one.
    connection.execute(
        update(deliveries).where(deliveries.c.folded_into.in_(earlier)).values(folded_into=id_)
    )
    connection.execute(delete(deliveries).where(deliveries.c.id.in_(earlier)))
    if missed:
        connection.execute(
            insert(deliveries),
            [
                message | told | {"story_id": story_id, "topic_ids": topic_ids}
                for story_id, topic_ids in missed.items()
            ],
        )
    return connection.scalar(select(func.count()).where(deliveries.c.folded_into == id_)) or 0
