"""The desk's work: what waits for it, and what it decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, distinct, func, insert, select, tuple_, union, update

from bot.domain.deliveries import DeliveryState
from bot.domain.entries import Entry
from bot.domain.matching import Match
from bot.domain.stories import OpenStory, Story, Told, story_key
from bot.ports import DeskRecord, PendingEntry
from bot.storage.database import Part, insert_into, reads, writes
from bot.storage.rows import ENTRY, entry_of
from bot.storage.schema import deliveries, digest_items, digests, entries, matches, reports, stories, topics
from bot.storage.stories import load_stories


class DeskPart(Part):
    """`ports.DeskStore`."""

    @writes
    def add_entries(self, connection: Connection, new: Sequence[Entry]) -> tuple[Entry, ...]:
        if not new:
            return ()
        columns = [column.name for column in ENTRY if column.name != "id"]
        ids = connection.scalars(
            insert(entries).returning(entries.c.id, sort_by_parameter_order=True),
            [{name: getattr(entry, name) for name in columns} | {"waiting": True} for entry in new],
        )
        return tuple(replace(entry, id=id_) for entry, id_ in zip(new, ids, strict=True))

    @reads
    def pending_entries(self, connection: Connection, limit: int) -> tuple[PendingEntry, ...]:
        waiting = (
            select(*ENTRY, reports.c.story_id)
            .join_from(entries, reports, entries.c.id == reports.c.entry_id, isouter=True)
            .where(entries.c.waiting)
            .order_by(entries.c.id)  # entries are numbered as they are seen
            .limit(limit)
        )
        return tuple(PendingEntry(entry_of(row), row.story_id) for row in connection.execute(waiting))

    @reads
    def open_stories(
        self, connection: Connection, keys: Iterable[str], since: datetime
    ) -> Mapping[str, OpenStory]:
        wanted = list(keys)
        first = select(stories.c.id, stories.c.key, stories.c.last_report).where(stories.c.key.in_(wanted))
        revised = (
            select(stories.c.id, reports.c.key, stories.c.last_report)
            .join(reports, reports.c.story_id == stories.c.id)
            .where(reports.c.key.in_(wanted))
        )
        named = union(first, revised).subquery()
        rows = connection.execute(
            select(named).where(named.c.last_report >= since).order_by(named.c.last_report, named.c.id)
        )
        return {row.key: OpenStory(row.id, row.key, row.last_report) for row in rows}

    @reads
    def told(self, connection: Connection, story_ids: Iterable[int]) -> tuple[Told, ...]:
        wanted = list(story_ids)
        rows = connection.execute(
            select(deliveries.c.chat_id, deliveries.c.story_id)
            .where(deliveries.c.story_id.in_(wanted), deliveries.c.state != DeliveryState.FAILED)
            .order_by(deliveries.c.id)
        )
        in_digests = connection.execute(
            select(digests.c.chat_id, digest_items.c.story_id)
            .join(digest_items)
            .where(digest_items.c.story_id.in_(wanted))
            .order_by(digests.c.id, digest_items.c.position)
        )
        return tuple(dict.fromkeys(Told(*row) for row in (*rows, *in_digests)))

    @reads
    def story_topics(self, connection: Connection, story_ids: Iterable[int]) -> Mapping[int, frozenset[int]]:
        wanted = list(story_ids)
        rows = connection.execute(
            select(reports.c.story_id, matches.c.topic_id)
            .join_from(reports, matches, reports.c.entry_id == matches.c.entry_id)
            .where(reports.c.story_id.in_(wanted))
        )
        topics: dict[int, set[int]] = {story_id: set() for story_id in wanted}
        for story_id, topic_id in rows:
            topics[story_id].add(topic_id)
        return {story_id: frozenset(of_story) for story_id, of_story in topics.items()}

    @writes
    def record_desk(self, connection: Connection, records: Sequence[DeskRecord], now: datetime) -> None:
        if not records:
            return
        _replace_matches(connection, records)
        _place(connection, records)
        _owe(connection, records, now)
        _ask_revisions(connection, records)
        _look_at_held(connection, records, now)
        _let_go(connection, records)

    @writes
    def backfill(
        self, connection: Connection, topic_ids: Iterable[int], found: Sequence[tuple[int, Match]]
    ) -> None:
        if found:
            into = insert_into(connection, matches)
            newer = {"score": into.excluded.score, "reasons": into.excluded.reasons}
            connection.execute(
                into.on_conflict_do_update(index_elements=["entry_id", "topic_id"], set_=newer),
                [_match_row(entry_id, match) for entry_id, match in found],
            )
        connection.execute(update(topics).where(topics.c.id.in_(list(topic_ids))).values(backfilled=True))

    @reads
    def entries_since(
        self, connection: Connection, since: datetime, limit: int, *, before: Entry | None = None
    ) -> tuple[Entry, ...]:
        newest = (
            select(*ENTRY)
            .where(entries.c.seen >= since)
            .order_by(entries.c.seen.desc(), entries.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            newest = newest.where(tuple_(entries.c.seen, entries.c.id) < (before.seen, before.id))
        return tuple(entry_of(row) for row in connection.execute(newest))

    @reads
    def watching_since(self, connection: Connection, since: datetime) -> datetime | None:
        first: datetime | None = connection.scalar(
            select(func.min(entries.c.seen)).where(entries.c.seen >= since)
        )
        return first

    @reads
    def story(self, connection: Connection, story_id: int) -> Story | None:
        return load_stories(connection, [story_id]).get(story_id)

    @reads
    def latest_stories(
        self, connection: Connection, topic_ids: Iterable[int], limit: int
    ) -> tuple[Story, ...]:
        matched = (
            select(reports.c.story_id)
            .join_from(reports, matches, reports.c.entry_id == matches.c.entry_id)
            .where(matches.c.topic_id.in_(list(topic_ids)))
        )
        newest = (
            select(stories.c.id)
            .where(stories.c.id.in_(matched))
            .order_by(stories.c.last_report.desc(), stories.c.id.desc())
            .limit(limit)
        )
        story_ids = connection.scalars(newest).all()
        found = load_stories(connection, story_ids)
        return tuple(found[story_id] for story_id in story_ids)

    @reads
    def story_counts(
        self, connection: Connection, topic_ids: Iterable[int], since: datetime
    ) -> Mapping[int, int]:
        wanted = list(topic_ids)
        rows = connection.execute(
            select(matches.c.topic_id, func.count(distinct(stories.c.id)).label("stories"))
            .join_from(matches, reports, matches.c.entry_id == reports.c.entry_id)
            .join(stories, reports.c.story_id == stories.c.id)
            .where(matches.c.topic_id.in_(wanted), stories.c.opened >= since)
            .group_by(matches.c.topic_id)
        )
        return dict.fromkeys(wanted, 0) | {row.topic_id: row.stories for row in rows}


def _match_row(entry_id: int, match: Match) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "topic_id": match.topic_id,
        "score": match.score,
        "reasons": match.reasons,
    }


def _replace_matches(connection: Connection, records: Sequence[DeskRecord]) -> None:
    connection.execute(delete(matches).where(matches.c.entry_id.in_([record.entry.id for record in records])))
    rows = [_match_row(record.entry.id, match) for record in records for match in record.matches]
    if rows:
        connection.execute(insert(matches), rows)


def _place(connection: Connection, records: Sequence[DeskRecord]) -> None:
    """Open stories, then have reports join them; a revision keeps its place and names its concepts anew."""
    opened: list[dict[str, Any]] = []
    joined: list[dict[str, Any]] = []
    reported: list[dict[str, Any]] = []
    revised: list[dict[str, Any]] = []
    for record in records:
        entry, placement = record.entry, record.placement
        if placement is None:
            revised.append({"entry": entry.id, "concepts": record.concepts, "key": story_key(entry)})
            continue
        if placement.opened:
            opened.append({"id": entry.id, "key": placement.key, "opened": entry.at, "last_report": entry.at})
        else:
            joined.append({"story": placement.story_id, "reported": entry.at})
        reported.append(
            {
                "entry_id": entry.id,
                "story_id": placement.story_id,
                "key": placement.key,
                "concepts": record.concepts,
                "reason": placement.reason,
            }
        )
    if opened:
        connection.execute(insert(stories), opened)
    if joined:
        earlier = stories.c.last_report < bindparam("reported")
        later = update(stories).where(stories.c.id == bindparam("story"), earlier)
        connection.execute(later.values(last_report=bindparam("reported")), joined)
    if reported:
        connection.execute(insert(reports), reported)
    if revised:
        connection.execute(update(reports).where(reports.c.entry_id == bindparam("entry")), revised)


def _owe(connection: Connection, records: Sequence[DeskRecord], now: datetime) -> None:
    rows = [
        {
            "chat_id": intent.chat_id,
            "story_id": intent.story_id,
            "topic_ids": intent.topic_ids,
            "state": DeliveryState.PENDING,
            "created": now,
            "due": now,
            "attempts": 0,
            "wanted_revision": 0,
            "sent_revision": 0,
            "possible_repeat": False,
        }
        for record in records
        for intent in record.intents
    ]
    if rows:
        owed = insert_into(connection, deliveries)
        # A message that was refused may be tried anew once there is more to tell; any other stands.
        told_once = owed.on_conflict_do_update(
            index_elements=["story_id", "chat_id"],
            set_={name: owed.excluded[name] for name in ("state", "due", "attempts", "topic_ids")},
            where=deliveries.c.state == DeliveryState.FAILED,
        )
        connection.execute(told_once, rows)


def _ask_revisions(connection: Connection, records: Sequence[DeskRecord]) -> None:
    rows = [
        {"chat": wanted.chat_id, "story": wanted.story_id}
        for record in records
        for wanted in record.revisions
    ]
    if rows:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.chat_id == bindparam("chat"), deliveries.c.story_id == bindparam("story"))
            .values(wanted_revision=deliveries.c.wanted_revision + 1),
            rows,
        )


def _look_at_held(connection: Connection, records: Sequence[DeskRecord], now: datetime) -> None:
    """A message that is held for quiet hours may have become one that its chat wants at once."""
    rows = [
        {"chat": wanted.chat_id, "story": wanted.story_id}
        for record in records
        for wanted in record.revisions
    ]
    if rows:
        held = deliveries.c.held & (deliveries.c.story_id == bindparam("story"))
        connection.execute(
            update(deliveries).where(deliveries.c.chat_id == bindparam("chat"), held).values(due=now), rows
        )


def _let_go(connection: Connection, records: Sequence[DeskRecord]) -> None:
    """The entries no longer wait, unless they were revised since the desk read them."""
    connection.execute(
        update(entries)
        .where(entries.c.id == bindparam("entry"), entries.c.revision == bindparam("read"))
        .values(waiting=False),
        [{"entry": record.entry.id, "read": record.entry.revision} for record in records],
    )
