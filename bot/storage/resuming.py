"""What a chat was not told when it came up becomes one message: after a pause, or after quiet hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from bot.domain.deliveries import DeliveryState, Occasion
from bot.domain.stories import Story
from bot.storage.database import AnyRow, Part, reads, unindexed, writes
from bot.storage.own_feeds import heard_by
from bot.storage.schema import (
    chats,
    deliveries,
    digest_items,
    digests,
    entries,
    matches,
    reports,
    stories,
    subscriptions,
    topics,
)
from bot.storage.stories import load_stories


class ResumePart(Part):
    """`ports.ResumeStore`."""

    @writes
    def resume_chat(self, connection: Connection, chat_id: int, now: datetime) -> int:
        here = chats.c.id == chat_id
        chat = connection.execute(select(chats).where(here)).one_or_none()
        if chat is None or chat.paused_at is None:
            return 0
        connection.execute(update(chats).where(here).values(paused_at=None, pause_reason=None))
        owed = connection.execute(
            select(deliveries.c.id, deliveries.c.story_id, deliveries.c.topic_ids).where(
                deliveries.c.chat_id == chat_id,
                deliveries.c.state == DeliveryState.PENDING,
                deliveries.c.occasion.is_distinct_from(Occasion.DIGEST),
                deliveries.c.answers.is_(None),  # an update answers what the chat was told before
                ~deliveries.c.possible_repeat,  # such a one has to say so itself
            )
        ).all()
        if chat.digest_only:
            missed = {}
        else:
            missed = not_told(connection, chat_id, chat.paused_at, chat.blocked_outlets)
            told_now = update(chats).where(here, chats.c.digest_since.is_not(None))
            connection.execute(told_now.values(digest_since=now))
        if not owed and not missed:
            return 0
        return fold(connection, chat_id, owed, missed, Occasion.PAUSE, now)

    @writes
    def fold_held(
        self, connection: Connection, chat_id: int, occasion: Occasion, most: int, now: datetime
    ) -> int:
        owed = connection.execute(
            select(deliveries.c.id, deliveries.c.story_id, deliveries.c.topic_ids).where(
                deliveries.c.chat_id == chat_id,
                deliveries.c.held,
                deliveries.c.state == DeliveryState.PENDING,
                deliveries.c.story_id.is_not(None),
                ~deliveries.c.possible_repeat,
            )
        ).all()
        if len(owed) <= most:
            return 0
        return fold(connection, chat_id, owed, {}, occasion, now)

    @writes
    def fold_late(
        self, connection: Connection, chat_id: int, most: int, before: datetime, now: datetime
    ) -> int:
        owed = connection.execute(
            select(deliveries.c.id, deliveries.c.story_id, deliveries.c.topic_ids)
            # A story's id is that of the entry that opened it.
            .join(entries, entries.c.id == deliveries.c.story_id)
            .where(
                deliveries.c.chat_id == chat_id,
                deliveries.c.state == DeliveryState.PENDING,
                ~deliveries.c.possible_repeat,
                or_(deliveries.c.created <= before, entries.c.published <= before),
            )
        ).all()
        if len(owed) <= most:
            return 0
        return fold(connection, chat_id, owed, {}, Occasion.BACKLOG, now)

    @reads
    def held_messages(self, connection: Connection, chat_id: int) -> int:
        held = select(func.count()).where(deliveries.c.chat_id == chat_id, deliveries.c.held)
        owed = deliveries.c.state.in_([DeliveryState.PENDING, DeliveryState.UNCERTAIN])
        return connection.scalar(held.where(owed)) or 0

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


def not_told(
    connection: Connection, chat_id: int, since: datetime, blocked: Sequence[str]
) -> dict[int, tuple[int, ...]]:
    """By id: stories that nobody told this chat of since, with the topics for which it would have been."""
    rows = connection.execute(
        select(stories.c.id, matches.c.topic_id)
        .join_from(stories, reports, reports.c.story_id == stories.c.id)
        .join(matches, matches.c.entry_id == reports.c.entry_id)
        .join(entries, entries.c.id == reports.c.entry_id)
        .join(subscriptions, subscriptions.c.topic_id == unindexed(matches.c.topic_id))
        .join(topics, topics.c.id == matches.c.topic_id)
        .where(
            subscriptions.c.chat_id == chat_id,
            topics.c.live,
            entries.c.is_news,
            entries.c.outlet.not_in(blocked),
            heard_by(chat_id),
            entries.c.seen >= since,
            entries.c.seen >= subscriptions.c.since,
            stories.c.id.not_in(
                select(deliveries.c.story_id).where(
                    deliveries.c.chat_id == chat_id, deliveries.c.story_id.is_not(None)
                )
            ),
            ~in_a_digest(chat_id),
        )
        .distinct()
        .order_by(stories.c.id, matches.c.topic_id)
    )
    found: dict[int, tuple[int, ...]] = {}
    for story_id, topic_id in rows:
        found[story_id] = (*found.get(story_id, ()), topic_id)
    return found


def in_a_digest(chat_id: int) -> ColumnElement[bool]:
    """Whether a story (of `stories`) was told to the chat in a digest."""
    told = select(digest_items.c.story_id).join(digests).where(digests.c.chat_id == chat_id)
    return told.where(digest_items.c.story_id == stories.c.id).exists()


def new_message(chat_id: int, now: datetime) -> dict[str, Any]:
    """A row of a message that tells several stories; its `occasion` is missing."""
    return {
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


def fold(
    connection: Connection,
    chat_id: int,
    owed: Sequence[AnyRow],
    missed: Mapping[int, tuple[int, ...]],
    occasion: Occasion,
    now: datetime,
) -> int:
    """Owe one message that tells all of it; answers of how many stories."""
    message = new_message(chat_id, now)
    topic_ids = {id_ for ids in (*(row.topic_ids for row in owed), *missed.values()) for id_ in ids}
    telling = message | {"occasion": occasion, "topic_ids": tuple(sorted(topic_ids))}
    id_ = connection.scalar(insert(deliveries).values(telling).returning(deliveries.c.id))
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
