"""Feeds: when each is due, what its entries answer to, and what a poll leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, false, func, literal, select, update

from bot.domain.entries import FeedSpec, IngestPlan, KnownEntry
from bot.domain.polling import FeedForPoll
from bot.ports import FeedStatus, PollRecord
from bot.storage.database import AnyRow, Part, batches, insert_into, reads, writes
from bot.storage.ingest import add_entries, add_keys, revise
from bot.storage.own_feeds import named_by_chats
from bot.storage.rows import SPEC
from bot.storage.schema import chat_feeds, entries, entry_keys, feeds

KNOWN = tuple(
    entries.c[name] for name in ("id", "key", "fingerprint", "title", "summary", "link", "seen", "published")
)
"""The columns of a `KnownEntry`, in the order of its fields."""

POLLED = (feeds.c.active | named_by_chats) & ~feeds.c.gone


class FeedPart(Part):
    """`ports.FeedStore`."""

    @writes
    def sync_feeds(self, connection: Connection, specs: Sequence[FeedSpec], now: datetime) -> None:
        if specs:
            _put_feeds(connection, specs, now)
        configured = [spec.url for spec in specs]
        connection.execute(update(feeds).where(feeds.c.url.not_in(configured)).values(active=False))

    @reads
    def due_feeds(
        self, connection: Connection, now: datetime, limit: int
    ) -> tuple[tuple[FeedForPoll, FeedSpec], ...]:
        due = select(feeds).where(POLLED, feeds.c.next_poll <= now)
        rows = connection.execute(due.order_by(feeds.c.next_poll, feeds.c.position).limit(limit))
        return tuple((_feed_for_poll(row), _spec(row)) for row in rows)

    @reads
    def known_entries(
        self, connection: Connection, feed_id: int, keys: Iterable[str], fingerprints: Iterable[str]
    ) -> Mapping[str, KnownEntry]:
        known: dict[str, KnownEntry] = {}
        for batch in batches(keys):
            named = select(*KNOWN, entry_keys.c.key.label("name")).join_from(entry_keys, entries)
            wanted = named.where(entry_keys.c.feed_id == feed_id, entry_keys.c.key.in_(batch))
            known |= {row.name: _known(row) for row in connection.execute(wanted)}
        found = {entry.entry_id for entry in known.values()}
        for batch in batches(fingerprints):
            alike = select(*KNOWN).where(entries.c.feed_id == feed_id, entries.c.fingerprint.in_(batch))
            known |= {row.key: _known(row) for row in connection.execute(alike) if row.id not in found}
        return known

    @writes
    def record_poll(self, connection: Connection, record: PollRecord) -> int:
        plan = record.plan or IngestPlan()
        added = add_entries(connection, record.feed_id, plan.new, record.at)
        revise(connection, record.feed_id, plan.revisions, record.at)
        add_keys(connection, record.feed_id, plan.aliases)
        _note_poll(connection, record, added=added)
        return added

    @reads
    def feed_statuses(
        self, connection: Connection, chat_id: int | None = None, *, counted: bool = True
    ) -> tuple[FeedStatus, ...]:
        stored: ColumnElement[int] = literal(0)
        if counted:
            stored = select(func.count()).where(entries.c.feed_id == feeds.c.id).scalar_subquery()
        own = select(chat_feeds.c.feed_id).where(chat_feeds.c.chat_id == chat_id)
        watched = feeds.c.active if chat_id is None else feeds.c.active | feeds.c.id.in_(own)
        wanted = select(feeds, stored.label("entries")).where(watched)
        in_order = wanted.order_by(~feeds.c.active, feeds.c.position, feeds.c.id)
        return tuple(_status(row) for row in connection.execute(in_order))


def _put_feeds(connection: Connection, specs: Sequence[FeedSpec], now: datetime) -> None:
    insert = insert_into(connection, feeds)
    configured = {name: insert.excluded[name] for name in (*SPEC, "position", "active")}
    # Who configures a feed anew that once said it was gone wants it asked again.
    still_gone = case((feeds.c.active, feeds.c.gone), else_=false())
    connection.execute(
        insert.on_conflict_do_update(index_elements=["url"], set_={**configured, "gone": still_gone}),
        [
            {name: getattr(spec, name) for name in SPEC}
            | {"position": position, "active": True, "gone": False, "next_poll": now, "failures": 0}
            for position, spec in enumerate(specs)
        ],
    )


def _note_poll(connection: Connection, record: PollRecord, *, added: int) -> None:
    values: dict[str, Any] = {
        "last_poll": record.at,
        "next_poll": record.next_poll,
        "error": record.error,
        "gone": record.gone,
    }
    if record.error is None:
        values |= {"last_success": record.at, "failures": 0}
    else:
        values["failures"] = feeds.c.failures + 1
    if added:
        values["last_new"] = record.at
    if not record.keep_validators:
        values |= {name: getattr(record, name) for name in ("etag", "last_modified", "body_digest")}
    connection.execute(update(feeds).where(feeds.c.id == record.feed_id).values(values))


def _feed_for_poll(row: AnyRow) -> FeedForPoll:
    return FeedForPoll(
        id=row.id,
        url=row.url,
        etag=row.etag,
        last_modified=row.last_modified,
        body_digest=row.body_digest,
        failures=row.failures,
        # Only a success tells what is old: the first one after failures is still a first poll.
        polled_before=row.last_success is not None,
        public_only=not row.active,
    )


def _spec(row: AnyRow) -> FeedSpec:
    return FeedSpec(**{name: getattr(row, name) for name in SPEC})


def _known(row: AnyRow) -> KnownEntry:
    return KnownEntry(*row[: len(KNOWN)])


def _status(row: AnyRow) -> FeedStatus:
    return FeedStatus(
        id=row.id,
        spec=_spec(row),
        active=not row.gone,
        last_poll=row.last_poll,
        last_success=row.last_success,
        last_new=row.last_new,
        next_poll=row.next_poll,
        failures=row.failures,
        error=row.error,
        entries=row.entries,
        own=not row.active,
    )
