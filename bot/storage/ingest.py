"""What a poll brings: new entries, revised ones, and the names they answer to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.domain.entries import NewEntry, Revision, text_keys
from bot.storage.database import batches, insert_into, insert_many
from bot.storage.schema import entries, entry_keys, revisions

TEXT = tuple(entries.c[name] for name in ("revision", "fingerprint", "title", "summary", "link"))
"""What a revision replaces; `revisions` has the same columns."""


def add_entries(
    connection: Connection,
    polled: Sequence[tuple[int, datetime, Sequence[NewEntry]]],
    private: Collection[int] = (),
) -> dict[int, int]:
    """Store what is new, of (feed id, when, what), and answer by feed how many were.

    A key that is there already is left as it stands. `private`: feeds (ids) that only chats name.
    """
    new = {(feed_id, entry.key): entry for feed_id, _, entries_ in polled for entry in entries_}
    if not new:
        return {}
    rows = connection.execute(
        insert_into(connection, entries)
        .on_conflict_do_nothing(index_elements=["feed_id", "key"])
        .returning(entries.c.feed_id, entries.c.key, entries.c.id),
        [
            _new_row(entry, feed_id, at, private=feed_id in private)
            for feed_id, at, entries_ in polled
            for entry in entries_
        ],
    )
    ids: dict[tuple[int, str], int] = {(feed_id, key): id_ for feed_id, key, id_ in rows}
    _put_keys(
        connection,
        [
            (name[0], key, ids[name])
            for name, entry in new.items()
            if name in ids
            for key in (entry.key, *text_keys(entry.link, entry.fingerprint))
        ],
    )
    return dict(Counter(feed_id for feed_id, _ in ids))


def revise(connection: Connection, feed_id: int, changes: Iterable[Revision], at: datetime) -> None:
    """Keep the old texts, write the new ones, and have the desk look again at what is news."""
    wanted = {change.entry_id: change for change in changes}
    for batch in batches(wanted):
        # A poll and a push may bring the same change at once: who comes second finds it made.
        here = select(entries.c.id, *TEXT).where(entries.c.id.in_(batch)).order_by(entries.c.id)
        rows = connection.execute(here.with_for_update()).all()
        old = [row for row in rows if row.fingerprint != wanted[row.id].fingerprint]
        if old:
            connection.execute(
                insert(revisions),
                [
                    {"entry_id": row.id, "replaced": at} | {c.name: getattr(row, c.name) for c in TEXT}
                    for row in old
                ],
            )
            _rewrite(connection, feed_id, [wanted[row.id] for row in old])


def add_keys(connection: Connection, feed_id: int, keys: Iterable[tuple[str, int]]) -> None:
    """Have entries answer to (key, entry id) too. A key that another entry answers to already stays with that one."""
    _put_keys(connection, [(feed_id, key, entry_id) for key, entry_id in keys])


def _put_keys(connection: Connection, rows: Sequence[tuple[int, str, int]]) -> None:
    """Rows: feed id, key, entry id."""
    if rows:
        insert_many(connection, insert_into(connection, entry_keys).on_conflict_do_nothing(), rows)


def _new_row(entry: NewEntry, feed_id: int, at: datetime, *, private: bool) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "key": entry.key,
        "fingerprint": entry.fingerprint,
        "title": entry.title,
        "summary": entry.summary,
        "link": entry.link,
        "outlet": entry.outlet,
        "language": entry.language,
        "published": entry.published,
        "seen": at,
        "revision": 0,
        "is_news": entry.is_news,
        "waiting": entry.is_news,
        "private": private,
    }


def _rewrite(connection: Connection, feed_id: int, changes: Sequence[Revision]) -> None:
    connection.execute(
        update(entries)
        .where(entries.c.id == bindparam("entry"))
        .values(revision=entries.c.revision + 1, waiting=entries.c.is_news),
        [
            {
                "entry": change.entry_id,
                "fingerprint": change.fingerprint,
                "title": change.title,
                "summary": change.summary,
                "link": change.link,
            }
            for change in changes
        ],
    )
    add_keys(
        connection,
        feed_id,
        [(key, change.entry_id) for change in changes for key in text_keys(change.link, change.fingerprint)],
    )
