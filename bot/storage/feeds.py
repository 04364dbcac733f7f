"""Feeds: when each is due, what its entries answer to, and what a poll leaves behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    bindparam,
    case,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)

from bot.domain.addresses import host_of
from bot.domain.entries import FeedSpec, KnownEntry, ParsedEntry, fingerprint, keys_of
from bot.domain.polling import FeedForPoll, HostRest, Move, Wishes
from bot.domain.websub import Hub, Push
from bot.ports import FeedStatus, PollRecord
from bot.storage.database import AnyRow, Part, batches, insert_into, reads, writes, writes_rows
from bot.storage.ingest import add_entries, add_keys, revise
from bot.storage.own_feeds import named_by_chats
from bot.storage.rows import SPEC
from bot.storage.schema import EPOCH, chat_feeds, entries, entry_keys, feeds

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
        self,
        connection: Connection,
        now: datetime,
        limit: int,
        *,
        but: Collection[int] = (),
        per_host: int | None = None,
        busy: Collection[str] = (),
        peer: str | None = None,
    ) -> tuple[tuple[FeedForPoll, FeedSpec], ...]:
        free = or_(feeds.c.polled_by.is_(None), feeds.c.polled_by == peer)
        order = (feeds.c.next_poll, feeds.c.position)
        due = select(
            feeds.c.id, func.row_number().over(partition_by=feeds.c.host, order_by=order).label("place")
        ).where(POLLED, free, feeds.c.next_poll <= now, feeds.c.id.not_in(but), feeds.c.host.not_in(busy))
        ranked = due.subquery()
        wanted = select(feeds).join_from(ranked, feeds, feeds.c.id == ranked.c.id).order_by(*order)
        if per_host is not None:
            wanted = wanted.where(ranked.c.place <= per_host)
        return tuple((_feed_for_poll(row), _spec(row)) for row in connection.execute(wanted.limit(limit)))

    @reads
    def known_entries(
        self, connection: Connection, asked: Mapping[int, Collection[ParsedEntry]]
    ) -> Mapping[int, Mapping[str, KnownEntry]]:
        known: dict[int, dict[str, KnownEntry]] = {feed_id: {} for feed_id in asked}
        keys = ((feed_id, key) for feed_id, ones in asked.items() for one in ones for key in keys_of(one))
        for batch in batches(keys):
            named = select(*KNOWN, entry_keys.c.feed_id, entry_keys.c.key.label("name"))
            named = named.join_from(entry_keys, entries)
            wanted = named.where(tuple_(entry_keys.c.feed_id, entry_keys.c.key).in_(batch))
            for row in connection.execute(wanted):
                known[row.feed_id][row.name] = _known(row)
        found = {entry.entry_id for of_feed in known.values() for entry in of_feed.values()}
        texts = (
            (feed_id, fingerprint(one.title, one.summary)) for feed_id, ones in asked.items() for one in ones
        )
        for batch in batches(texts):
            alike = select(*KNOWN, entries.c.feed_id)
            wanted = alike.where(tuple_(entries.c.feed_id, entries.c.fingerprint).in_(batch))
            for row in connection.execute(wanted):
                if row.id not in found:
                    known[row.feed_id][row.key] = _known(row)
        return known

    @writes_rows
    def record_poll(self, connection: Connection, *records: PollRecord) -> int:
        added = add_entries(
            connection,
            [(record.feed_id, record.at, record.plan.new) for record in records if record.plan],
            private={record.feed_id for record in records if record.private},
        )
        for record in records:
            if record.plan:
                revise(connection, record.feed_id, record.plan.revisions, record.at)
                add_keys(connection, record.feed_id, record.plan.aliases)
        connection.execute(_NOTE_POLL, [_note(record, added.get(record.feed_id, 0)) for record in records])
        for record in records:
            if record.rest:
                _let_rest(connection, record.rest, private=record.private)
        return sum(added.values())

    @reads
    def pushes_due(self, connection: Connection, now: datetime, limit: int) -> tuple[Push, ...]:
        due = feeds.c.push_ask_at.is_(None) | (feeds.c.push_ask_at <= now)
        wanted = (
            select(feeds)
            .where(POLLED, feeds.c.active, feeds.c.hub.is_not(None), due)
            .order_by(feeds.c.push_ask_at)
        )
        return tuple(_push(row) for row in connection.execute(wanted.limit(limit)))

    @reads
    def pushed_feed(self, connection: Connection, token: str) -> tuple[Push, FeedForPoll, FeedSpec] | None:
        row = connection.execute(select(feeds).where(POLLED, feeds.c.push_token == token)).one_or_none()
        return (_push(row), _feed_for_poll(row), _spec(row)) if row else None

    @writes
    def save_push(self, connection: Connection, push: Push) -> None:
        connection.execute(
            update(feeds)
            .where(feeds.c.id == push.feed_id)
            .values(
                push_token=push.token,
                push_secret=push.secret,
                push_ask_at=push.ask_at,
                push_until=push.until,
                push_failures=push.failures,
            )
        )

    @reads
    def feed_statuses(
        self, connection: Connection, chat_id: int | None = None, *, counted: bool = True
    ) -> tuple[FeedStatus, ...]:
        return statuses_in(connection, chat_id, counted=counted)


def statuses_in(
    connection: Connection, chat_id: int | None = None, *, counted: bool = True
) -> tuple[FeedStatus, ...]:
    """`ports.FeedStore.feed_statuses`, of whichever database."""
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
            | {"host": host_of(spec.url)}
            for position, spec in enumerate(specs)
        ],
    )


def _let_rest(connection: Connection, rest: HostRest, *, private: bool) -> None:
    """Put off what would be due meanwhile. What chats name may well refuse on purpose: the operator's feeds go on."""
    due = select(feeds.c.id).where(feeds.c.host == rest.host, feeds.c.next_poll < rest.until)
    if private:
        due = due.where(~feeds.c.active)
    back = [{"feed": id_, "back": rest.back(id_)} for id_ in connection.scalars(due.with_for_update())]
    if back:
        put_off = update(feeds).where(feeds.c.id == bindparam("feed"))
        connection.execute(put_off.values(next_poll=bindparam("back")), back)


def _said(name: str) -> BindParameter[Any]:
    """What a poll says of a column."""
    return bindparam(f"new_{name}", type_=feeds.c[name].type)


def _said_if(condition: str, *names: str) -> dict[str, ColumnElement[Any]]:
    """What a poll says of these columns, nothing included, where it says so; else they stay."""
    return {name: case((bindparam(condition), _said(name)), else_=feeds.c[name]) for name in names}


_NOTE_POLL = (
    update(feeds)
    .where(feeds.c.id == bindparam("feed"))
    .values(
        {
            name: _said(name)
            for name in ("last_poll", "next_poll", "error", "gone", "moved_to", "moved_since", "moved_polls")
        }
        | {
            name: func.coalesce(_said(name), feeds.c[name])
            for name in ("last_success", "last_new", "last_burst", "rate")
        }
        | _said_if("known_by", "etag", "last_modified", "body_digest", "items_seen")
        | _said_if("wishes", "wished_every", "skip_hours", "skip_days", "hub", "hub_topic")
        | {"failures": case((bindparam("failed"), feeds.c.failures + 1), else_=0), "polled_by": null()}
    )
)
"""One statement for every kind of poll, so that many are noted at once."""


def _note(record: PollRecord, added: int) -> dict[str, Any]:
    """The parameters of `_NOTE_POLL`."""
    success = record.error is None
    wishes = record.wishes or Wishes()
    values = {
        "last_poll": record.at,
        "next_poll": record.next_poll,
        "error": record.error,
        "gone": record.gone,
        "moved_to": record.move and record.move.url,
        "moved_since": record.move and record.move.since,
        "moved_polls": record.move and record.move.polls,
        "last_success": record.at if success else None,
        "last_new": record.at if added else None,
        "last_burst": record.at if record.burst else None,
        "rate": record.rate,
        "etag": record.etag,
        "last_modified": record.last_modified,
        "body_digest": record.body_digest,
        "items_seen": record.items_seen or None,
        "wished_every": wishes.every,
        "skip_hours": sorted(wishes.skip_hours),
        "skip_days": sorted(wishes.skip_days),
        "hub": record.hub and record.hub.url,
        "hub_topic": record.hub and record.hub.topic,
    }
    return {f"new_{name}": value for name, value in values.items()} | {
        "feed": record.feed_id,
        "known_by": not record.keep_validators,
        "wishes": record.wishes is not None,
        "failed": not success,
    }


def _feed_for_poll(row: AnyRow) -> FeedForPoll:
    return FeedForPoll(
        id=row.id,
        url=row.url,
        etag=row.etag,
        last_modified=row.last_modified,
        body_digest=row.body_digest,
        failures=row.failures,
        last_success=row.last_success,
        rate=row.rate,
        wishes=Wishes(row.wished_every, frozenset(row.skip_hours or ()), frozenset(row.skip_days or ())),
        move=_move(row),
        items_seen=row.items_seen or b"",
        pushed_until=row.push_until,
        public_only=not row.active,
    )


def _move(row: AnyRow) -> Move | None:
    return Move(row.moved_to, row.moved_since, row.moved_polls) if row.moved_to else None


def _push(row: AnyRow) -> Push:
    return Push(
        row.id,
        Hub(row.hub, row.hub_topic),
        row.push_token or "",
        row.push_secret or "",
        row.push_ask_at or EPOCH,
        row.push_until,
        row.push_failures or 0,
        row.host,
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
        rate=row.rate,
        last_burst=row.last_burst,
        move=_move(row),
        own=not row.active,
    )
