"""The desk's work: what waits for it, and what it decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, distinct, func, insert, select, tuple_, update

from bot.domain.clustering import PlacedReport
from bot.domain.deciding import Told
from bot.domain.deliveries import REVISED_AFTER, DeliveryState, Intent
from bot.domain.entries import Entry, time_of
from bot.domain.ledger import KnownReport, in_passing
from bot.domain.matching import Match
from bot.domain.stories import SAME_HEADLINE, Story, story_key
from bot.ports import DeskRecord, PendingEntry
from bot.storage.backing import restored_at
from bot.storage.database import Part, batches, insert_into, reads, writes
from bot.storage.merging import merge_stories
from bot.storage.rows import ENTRY, entry_of
from bot.storage.schema import (
    deliveries,
    digest_items,
    digests,
    entries,
    matches,
    reports,
    stories,
    topics,
    unshown,
)
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
    def known_reports(self, connection: Connection, since: datetime) -> tuple[KnownReport, ...]:
        recent = (
            select(
                entries.c.id,
                entries.c.published,
                entries.c.seen,
                entries.c.title,
                entries.c.outlet,
                entries.c.feed_id,
                entries.c.private,
                reports.c.story_id,
                reports.c.profile,
                reports.c.voice,
                reports.c.reason,
            )
            .join_from(entries, reports, reports.c.entry_id == entries.c.id)
            .where(entries.c.seen >= since, reports.c.profile.is_not(None))
            .order_by(entries.c.id)
        )
        fitting: dict[int, set[int]] = defaultdict(set)
        for entry_id, topic_id in _fitting(connection, _fits(since)):
            fitting[entry_id].add(topic_id)
        return tuple(
            KnownReport(
                PlacedReport(
                    row.id,
                    row.story_id,
                    time_of(row.published, row.seen),
                    row.seen,
                    row.voice,
                    row.title,
                    row.profile,
                ),
                frozenset(fitting[row.id]),
                row.reason == SAME_HEADLINE,
                row.outlet,
                row.feed_id if row.private else None,
            )
            for row in connection.execute(recent)
        )

    @reads
    def told(self, connection: Connection, story_ids: Iterable[int]) -> tuple[Told, ...]:
        wanted = list(story_ids)
        stands = deliveries.c.state != DeliveryState.FAILED
        teller = deliveries.alias("teller")
        at = func.coalesce(teller.c.created, deliveries.c.created)
        first = connection.execute(
            select(deliveries.c.chat_id, deliveries.c.story_id, at, deliveries.c.muted)
            .join_from(deliveries, teller, deliveries.c.folded_into == teller.c.id, isouter=True)
            .where(deliveries.c.story_id.in_(wanted), stands)
            .order_by(deliveries.c.id)
        ).all()
        answered = deliveries.alias("answered")
        answers = connection.execute(
            select(deliveries.c.chat_id, answered.c.story_id, deliveries.c.created)
            .join(answered, deliveries.c.answers == answered.c.id)
            .where(answered.c.story_id.in_(wanted), stands)
            .order_by(deliveries.c.id)
        )
        in_digests = connection.execute(
            select(digests.c.chat_id, digest_items.c.story_id, digests.c.until)
            .join(digest_items)
            .where(digest_items.c.story_id.in_(wanted))
            .order_by(digests.c.id, digest_items.c.position)
        )
        return (
            *(
                Told(chat_id, story_id, at, message=True, muted=muted)
                for chat_id, story_id, at, muted in first
            ),
            *(Told(*row, answers=True) for row in answers),
            *(Told(*row) for row in in_digests),
        )

    @writes
    def record_desk(self, connection: Connection, records: Sequence[DeskRecord], now: datetime) -> None:
        if not records:
            return
        _replace_matches(connection, records)
        _place(connection, records)
        # What was decided before two stories merged names the younger one, what was decided after it the older.
        since_merging: list[DeskRecord] = []
        for record in records:
            if record.placement is not None and record.placement.merges is not None:
                _tell(connection, since_merging, now)
                since_merging = []
                merge_stories(connection, *record.placement.merges, now)
            since_merging.append(record)
        _tell(connection, since_merging, now)
        _let_go(connection, records)

    @writes
    def backfill(
        self, connection: Connection, topic_ids: Iterable[int], found: Sequence[tuple[int, Match]]
    ) -> None:
        if found:
            into = insert_into(connection, matches)
            newer = {name: into.excluded[name] for name in ("score", "reasons", "inherited")}
            connection.execute(
                into.on_conflict_do_update(index_elements=["entry_id", "topic_id"], set_=newer),
                [_match_row(entry_id, match) for entry_id, match in found],
            )
        connection.execute(update(topics).where(topics.c.id.in_(list(topic_ids))).values(backfilled=True))

    @reads
    def fitting(
        self, connection: Connection, topic_ids: Iterable[int], since: datetime
    ) -> Mapping[int, frozenset[int]]:
        wanted = list(topic_ids)
        found: dict[int, set[int]] = {topic_id: set() for topic_id in wanted}
        for some in batches(wanted):
            for entry_id, topic_id in _fitting(connection, _fits(since).where(matches.c.topic_id.in_(some))):
                found[topic_id].add(entry_id)
        return {topic_id: frozenset(entry_ids) for topic_id, entry_ids in found.items()}

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
        self,
        connection: Connection,
        topic_ids: Iterable[int],
        limit: int,
        *,
        before: datetime | None = None,
        feeds: Collection[int] = (),
    ) -> tuple[Story, ...]:
        matched = (
            select(reports.c.story_id)
            .join_from(reports, matches, reports.c.entry_id == matches.c.entry_id)
            .join(entries, entries.c.id == reports.c.entry_id)
            .where(matches.c.topic_id.in_(list(topic_ids)))
            .where(~entries.c.private | entries.c.feed_id.in_(list(feeds)))
        )
        newest = (
            select(stories.c.id)
            .where(stories.c.id.in_(matched))
            .order_by(stories.c.last_report.desc(), stories.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            newest = newest.where(stories.c.opened < before)
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
            .join(entries, entries.c.id == reports.c.entry_id)
            .where(~entries.c.private, matches.c.topic_id.in_(wanted), stories.c.opened >= since)
            .group_by(matches.c.topic_id)
        )
        return dict.fromkeys(wanted, 0) | {row.topic_id: row.stories for row in rows}


def _fits(since: datetime) -> Select[Any]:
    """(entry, topic, reasons, title) of the entries seen since that fit topics by their own words."""
    fits = select(matches.c.entry_id, matches.c.topic_id, matches.c.reasons, entries.c.title).join(entries)
    return fits.where(entries.c.seen >= since, ~matches.c.inherited)


def _fitting(connection: Connection, fits: Select[Any]) -> Iterator[tuple[int, int]]:
    """(entry, topic) of those that do not do so in passing."""
    for row in connection.execute(fits):
        if not in_passing(row.title, row.reasons):
            yield row.entry_id, row.topic_id


def _match_row(entry_id: int, match: Match) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "topic_id": match.topic_id,
        "score": match.score,
        "reasons": match.reasons,
        "inherited": match.inherited,
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
            revised.append(
                {
                    "entry": entry.id,
                    "concepts": record.concepts,
                    "key": story_key(entry),
                    "profile": record.profile,
                    "voice": record.voice,
                }
            )
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
                "profile": record.profile,
                "voice": record.voice,
                "develops": record.develops,
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


def _tell(connection: Connection, records: Sequence[DeskRecord], now: datetime) -> None:
    _owe(connection, records, now)
    _ask_revisions(connection, records, now)
    _look_at_held(connection, records, now)


def _owe(connection: Connection, records: Sequence[DeskRecord], now: datetime) -> None:
    restored = restored_at(connection) if any(record.intents for record in records) else None
    owed = [
        (intent, _owed(intent, now, possible_repeat=restored is not None and record.entry.at <= restored))
        for record in records
        for intent in record.intents
    ]
    first = [row | {"story_id": intent.story_id} for intent, row in owed if intent.brings is None]
    if first:
        into = insert_into(connection, deliveries)
        # A message that was refused may be tried anew once there is more to tell; any other stands.
        told_once = into.on_conflict_do_update(
            index_elements=["story_id", "chat_id"],
            set_={name: into.excluded[name] for name in ("state", "due", "attempts", "topic_ids")},
            where=deliveries.c.state == DeliveryState.FAILED,
        )
        connection.execute(told_once, first)
    for intent, row in owed:
        if intent.brings is not None:
            answered = select(deliveries.c.id).where(
                deliveries.c.chat_id == intent.chat_id, deliveries.c.story_id == intent.story_id
            )
            answer = row | {"brings": intent.brings, "answers": connection.scalar(answered)}
            if answer["answers"] is not None:
                connection.execute(insert(deliveries), answer)


def _owed(intent: Intent, now: datetime, *, possible_repeat: bool) -> dict[str, Any]:
    return {
        "chat_id": intent.chat_id,
        "topic_ids": intent.topic_ids,
        "state": DeliveryState.PENDING,
        "created": now,
        "due": now,
        "attempts": 0,
        "wanted_revision": 0,
        "sent_revision": 0,
        "possible_repeat": possible_repeat,
        "silent": intent.silent,
    }


def _ask_revisions(connection: Connection, records: Sequence[DeskRecord], now: datetime) -> None:
    wanted = [one for record in records for one in record.revisions]
    if not wanted:
        return
    message = (deliveries.c.chat_id == bindparam("chat")) & (deliveries.c.story_id == bindparam("story"))
    rows = [{"chat": one.chat_id, "story": one.story_id} for one in wanted]
    # Before the number is counted up: one that shows all that it should waits for what comes with the next thing.
    shown = (deliveries.c.state == DeliveryState.SENT) & ~unshown
    later = update(deliveries).where(message, shown).values(due=now + REVISED_AFTER)
    connection.execute(later, rows)
    more = update(deliveries).where(message).values(wanted_revision=deliveries.c.wanted_revision + 1)
    connection.execute(more, rows)
    taken_back = [{"chat": one.chat_id, "story": one.story_id} for one in wanted if one.corrects]
    if taken_back:
        connection.execute(update(deliveries).where(message).values(corrected=True, due=now), taken_back)


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
