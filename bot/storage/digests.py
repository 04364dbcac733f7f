"""Digests: whose schedule is to be looked at, what is to be told, and what was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from bot.domain.chats import Chat, Platform
from bot.domain.deliveries import Occasion
from bot.domain.digests import DigestItem, LastDigest, Part, Place, Told, Untold
from bot.ports import DigestLook, DigestRecord
from bot.storage.chats import write_chat
from bot.storage.database import Part as StorePart
from bot.storage.database import insert_into, reads, unindexed, writes
from bot.storage.own_feeds import heard_by
from bot.storage.resuming import fold, in_a_digest, new_message, not_told
from bot.storage.rows import CHAT, chat_of
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

STORED_LATE = timedelta(minutes=5)
"""An entry is stored at most so long after it was seen: one of shortly before the last digest may be untold."""


class DigestPart(StorePart):
    """`ports.DigestStore`."""

    @writes
    def save_digests(self, connection: Connection, chat: Chat, now: datetime) -> tuple[int, int]:
        row = connection.execute(select(*CHAT).where(chats.c.id == chat.id)).one_or_none()
        before = None if row is None else chat_of(row)
        write_chat(connection, chat)
        if before is None or before.digests is None or before.hears_at_once or not chat.hears_at_once:
            return 0, 0
        last = _last(connection, chat.id)
        since = max(before.digests.since, last.until) if last else before.digests.since
        begins, blocked = since - STORED_LATE, sorted(chat.blocked_outlets)
        developed = _developed(connection, chat.id, begins, now, blocked)
        untold = not_told(connection, chat.id, begins, blocked)
        new = fold(connection, chat.id, (), untold, Occasion.DIGESTS_END, now) if untold else 0
        return new, len(developed)

    @reads
    def last_digest(self, connection: Connection, chat_id: int) -> LastDigest | None:
        return _last(connection, chat_id)

    @reads
    def due_digests(
        self, connection: Connection, now: datetime, limit: int, platforms: Collection[Platform]
    ) -> tuple[DigestLook, ...]:
        due = (
            select(*CHAT)
            .where(
                chats.c.digest_due <= now,
                chats.c.paused_at.is_(None),
                unindexed(chats.c.platform).in_(list(platforms)),
            )
            .order_by(chats.c.digest_due, chats.c.id)
            .limit(limit)
        )
        return tuple(
            DigestLook(chat_of(row), _last(connection, row.id)) for row in connection.execute(due).all()
        )

    @reads
    def untold_stories(
        self, connection: Connection, chat_id: int, since: datetime, now: datetime
    ) -> tuple[tuple[Untold, ...], datetime]:
        blocked = connection.scalar(select(chats.c.blocked_outlets).where(chats.c.id == chat_id)) or ()
        waiting = connection.scalar(
            select(entries.c.seen)
            .join_from(entries, reports, entries.c.id == reports.c.entry_id, isouter=True)
            .where(entries.c.waiting, reports.c.entry_id.is_(None))  # a revision stands in its story
            .order_by(entries.c.id)  # entries are numbered as they are seen
            .limit(1)
        )
        until = now if waiting is None else min(now, waiting)
        wanted = (
            select(stories.c.id)
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
                entries.c.seen >= since - STORED_LATE,
                entries.c.seen >= subscriptions.c.since,
                entries.c.seen < until,
                ~in_a_digest(chat_id),
                ~_muted(chat_id),
            )
            .distinct()
        )
        developed = _developed(connection, chat_id, since - STORED_LATE, until, blocked)
        found = load_stories(connection, {*connection.scalars(wanted), *developed})
        return tuple(Untold(found[id_], developed.get(id_)) for id_ in sorted(found)), until

    @writes
    def record_digest(self, connection: Connection, record: DigestRecord, now: datetime) -> bool:
        here = chats.c.id == record.chat.id
        row = connection.execute(select(*CHAT).where(here)).one_or_none()
        if row is None or chat_of(row) != record.chat:
            return False
        connection.execute(update(chats).where(here).values(digest_due=record.next_look))
        return record.slot is not None and _owe(connection, record, now)

    @reads
    def digest_part(self, connection: Connection, delivery_id: int) -> Part | None:
        digest = connection.execute(
            select(digests)
            .join(digest_items, digest_items.c.digest_id == digests.c.id)
            .where(digest_items.c.delivery_id == delivery_id)
            .distinct()
        ).one_or_none()
        if digest is None:
            return None
        items = connection.execute(
            select(digest_items, deliveries.c.message_id)
            .join(
                deliveries,
                (deliveries.c.story_id == digest_items.c.story_id) & (deliveries.c.chat_id == digest.chat_id),
                isouter=True,
            )
            .where(digest_items.c.digest_id == digest.id)
            .order_by(digest_items.c.position)
        ).all()
        messages = list(dict.fromkeys(item.delivery_id for item in items if item.delivery_id is not None))
        mine = [item for item in items if item.delivery_id == delivery_id]
        found = load_stories(connection, [item.story_id for item in mine])
        earlier = (
            select(digest_items.c.story_id, func.max(digests.c.until))
            .join(digests)
            .where(
                digests.c.chat_id == digest.chat_id,
                digests.c.id < digest.id,
                digest_items.c.story_id.in_(found),
            )
            .group_by(digest_items.c.story_id)
        )
        before = {row[0]: row[1] for row in connection.execute(earlier)}
        return Part(
            tuple(
                Told(found[item.story_id], item.topic_id, item.message_id, before.get(item.story_id))
                for item in mine
            ),
            Place(
                number=messages.index(delivery_id) + 1,
                parts=len(messages),
                total=len(items),
                unnamed=sum(item.delivery_id is None for item in items),
                since=digest.since,
            ),
        )


def _muted(chat_id: int) -> ColumnElement[bool]:
    """Whether the chat wants to hear no more of a story (of `stories`)."""
    muted = select(deliveries.c.story_id).where(
        deliveries.c.chat_id == chat_id, deliveries.c.muted, deliveries.c.story_id.is_not(None)
    )
    return stories.c.id.in_(muted)


def _developed(
    connection: Connection, chat_id: int, since: datetime, until: datetime, blocked: Sequence[str]
) -> dict[int, datetime]:
    """By id: stories that digests told the chat, with what was seen before when, and that have developed since."""
    told = (
        select(func.max(digests.c.until))
        .join_from(digests, digest_items)
        .where(digests.c.chat_id == chat_id, digest_items.c.story_id == stories.c.id)
        .scalar_subquery()
    )
    fits = reports.alias("fits")
    followed = (
        select(matches.c.entry_id)
        .join_from(fits, matches, matches.c.entry_id == fits.c.entry_id)
        .join(subscriptions, subscriptions.c.topic_id == unindexed(matches.c.topic_id))
        .join(topics, topics.c.id == matches.c.topic_id)
        .where(fits.c.story_id == stories.c.id, subscriptions.c.chat_id == chat_id, topics.c.live)
    )
    rows = connection.execute(
        select(stories.c.id, told)
        .join_from(stories, reports, reports.c.story_id == stories.c.id)
        .join(entries, entries.c.id == reports.c.entry_id)
        .where(
            reports.c.develops,
            entries.c.is_news,
            entries.c.outlet.not_in(blocked),
            entries.c.seen >= since,
            entries.c.seen < until,
            entries.c.seen >= told,
            followed.exists(),
            ~_muted(chat_id),
        )
        .distinct()
    )
    return {row[0]: row[1] for row in rows}


def _last(connection: Connection, chat_id: int) -> LastDigest | None:
    newest = select(digests.c.schedule, digests.c.slot, digests.c.until).where(digests.c.chat_id == chat_id)
    row = connection.execute(
        newest.order_by(digests.c.until.desc(), digests.c.id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else LastDigest(*row)


def _owe(connection: Connection, record: DigestRecord, now: datetime) -> bool:
    """Note the slot and owe its messages; False where it is noted already, or there is nothing to tell."""
    slot = {
        "chat_id": record.chat.id,
        "schedule": str(record.chat.digests.schedule) if record.chat.digests else "",
        "slot": record.slot.key if record.slot else "",
        "since": record.since,
        "until": record.until,
    }
    once = insert_into(connection, digests).on_conflict_do_nothing().returning(digests.c.id)
    digest_id = connection.scalar(once, slot)
    if digest_id is None or not record.parts:
        return False
    message = new_message(record.chat.id, now) | {"occasion": Occasion.DIGEST}
    placed: list[tuple[DigestItem, int | None]] = []
    for part in record.parts:
        id_ = connection.scalar(insert(deliveries).values(message).returning(deliveries.c.id))
        placed.extend((item, id_) for item in part)
    placed.extend((item, None) for item in record.unnamed)
    connection.execute(
        insert(digest_items),
        [
            {
                "digest_id": digest_id,
                "story_id": item.story_id,
                "topic_id": item.topic_id,
                "position": position,
                "delivery_id": id_,
            }
            for position, (item, id_) in enumerate(placed)
        ],
    )
    return True
