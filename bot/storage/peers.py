"""Several processes on one database: which of them live, and what each of them has in hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select, update

from bot.domain.chats import Platform
from bot.domain.deliveries import Interrupted, settle
from bot.roles import Sign, dead
from bot.storage.advisory import connected_for
from bot.storage.database import Part, insert_into, writes, writes_rows
from bot.storage.deliveries import EDIT, FIRST_SEND, SENDING, write_settlement
from bot.storage.rows import DELIVERY, delivery_of
from bot.storage.schema import chats, deliveries, feeds, peers


class PeerPart(Part):
    """`ports.PeerStore`."""

    @writes_rows
    def beat(self, connection: Connection, peer: str, until: datetime) -> None:
        into = insert_into(connection, peers)
        newer = {"alive_until": into.excluded.alive_until}
        connection.execute(
            into.on_conflict_do_update(index_elements=["name"], set_=newer),
            {"name": peer, "alive_until": until},
        )

    @writes
    def recover(self, connection: Connection, now: datetime) -> int:
        connection.execute(delete(peers))
        return _free(connection, now)

    @writes
    def bury(self, connection: Connection, now: datetime, judge: str) -> int:
        signs = [Sign(*row) for row in connection.execute(select(peers.c.name, peers.c.alive_until))]
        if any(sign.silent(now) for sign in signs):
            connected = connected_for(connection, [sign.name for sign in signs])
            signs = [replace(sign, connected=connected.get(sign.name)) for sign in signs]
        connection.execute(delete(peers).where(peers.c.name.in_(dead(signs, judge, now))))
        return _free(connection, now)

    @writes
    def leave(self, connection: Connection, peer: str, now: datetime) -> int:
        connection.execute(delete(peers).where(peers.c.name == peer))
        return _free(connection, now)

    @writes_rows
    def take_feeds(
        self, connection: Connection, peer: str, now: datetime, feed_ids: Collection[int]
    ) -> frozenset[int]:
        free = select(feeds.c.id).where(
            feeds.c.id.in_(list(feed_ids)),
            or_(feeds.c.polled_by.is_(None), feeds.c.polled_by == peer),
            # Another process may have polled it since it was found to be due.
            feeds.c.next_poll <= now,
            _lives(peer),
        )
        taken = (
            update(feeds).where(feeds.c.id.in_(free.with_for_update(skip_locked=True))).values(polled_by=peer)
        )
        return frozenset(connection.scalars(taken.returning(feeds.c.id)))

    @writes_rows
    def take_chats(
        self, connection: Connection, peer: str, now: datetime, limit: int, platforms: Collection[Platform]
    ) -> int:
        # Gone through once. Asked of each chat anew, it is as often as a planner thinks that hardly anything is owed,
        # which is what it knows until a while after a story for all chats.
        waiting = (
            select(deliveries.c.chat_id)
            .distinct()
            .where(or_(FIRST_SEND, EDIT), deliveries.c.due <= now)
            .cte("waiting")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        owed = chats.c.id.in_(select(waiting.c.chat_id))
        free = (
            select(chats.c.id)
            .where(
                chats.c.spoken_by.is_(None),
                chats.c.paused_at.is_(None),
                chats.c.platform.in_(platforms),
                owed,
                _lives(peer),
            )
            .limit(limit)
            .with_for_update(skip_locked=True, of=chats)
        )
        taken = update(chats).where(chats.c.id.in_(free)).values(spoken_by=peer).returning(chats.c.id)
        return len(connection.scalars(taken).all())  # SQLite counts no rows of what begins with WITH

    @writes_rows
    def leave_chats(
        self, connection: Connection, peer: str, platforms: Collection[Platform], *, besides: Collection[int]
    ) -> None:
        connection.execute(
            update(chats)
            .where(
                chats.c.spoken_by == peer, chats.c.platform.in_(platforms), chats.c.id.not_in(list(besides))
            )
            .values(spoken_by=None)
        )


def _lives(peer: str) -> ColumnElement[bool]:
    """Who was buried alive has yet to be heard of again: what it took would be taken from it while it works on it."""
    return exists().where(peers.c.name == peer)


def _free(connection: Connection, now: datetime) -> int:
    """Give back what is in the hands of nobody who lives. Answers how many messages were being sent."""
    alive = select(peers.c.name)
    nobodys = select(chats.c.id).where(or_(chats.c.spoken_by.is_(None), chats.c.spoken_by.not_in(alive)))
    interrupted = connection.execute(
        select(*DELIVERY).where(SENDING, deliveries.c.chat_id.in_(nobodys))
    ).all()
    for row in interrupted:
        write_settlement(connection, settle(delivery_of(row), Interrupted(), now))
    for table, column in ((chats, chats.c.spoken_by), (feeds, feeds.c.polled_by)):
        lost = column.is_not(None) & column.not_in(alive)
        connection.execute(update(table).where(lost).values({column: None}))
    return len(interrupted)
