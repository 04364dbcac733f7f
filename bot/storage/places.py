"""Chats by their place on a platform, groups that move to another address, and commands behind buttons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, select, update

from bot.domain.chats import Chat, Platform
from bot.storage.database import Part, insert_into, reads, writes
from bot.storage.rows import CHAT, chat_of
from bot.storage.schema import buttons, chat_feeds, chats, deliveries, digests, subscriptions, topics


class PlacePart(Part):
    """`ports.PlaceStore`."""

    @reads
    def chat_at(self, connection: Connection, platform: Platform, address: str) -> Chat | None:
        row = connection.execute(select(*CHAT).where(_on(platform), chats.c.address == address)).one_or_none()
        return None if row is None else chat_of(row)

    @reads
    def chats(self, connection: Connection, platform: Platform, place: str | None = None) -> tuple[Chat, ...]:
        wanted = select(*CHAT).where(_on(platform)).order_by(chats.c.id)
        if place is not None:
            wanted = wanted.where(_within(place))
        return tuple(chat_of(row) for row in connection.execute(wanted))

    @writes
    def move_chats(self, connection: Connection, platform: Platform, place: str, to: str) -> int:
        moving = connection.execute(
            select(chats.c.id, chats.c.address).where(_on(platform), _within(place))
        ).all()
        for chat_id, address in moving if place != to else ():
            new = to + address.removeprefix(place)
            # Messages are numbered anew there: what was sent is in the old place, out of reach.
            connection.execute(
                update(deliveries).where(deliveries.c.chat_id == chat_id).values(message_id=None)
            )
            there = connection.scalar(select(chats.c.id).where(_on(platform), chats.c.address == new))
            if there not in (None, chat_id):
                _take_over(connection, there, chat_id)
            connection.execute(update(chats).where(chats.c.id == chat_id).values(address=new))
        return len(moving)

    @writes
    def remember_command(self, connection: Connection, key: str, command: str, now: datetime) -> None:
        new = {"key": key, "command": command, "created": now}
        connection.execute(insert_into(connection, buttons).on_conflict_do_nothing(), new)

    @reads
    def remembered_command(self, connection: Connection, key: str) -> str | None:
        command: str | None = connection.scalar(select(buttons.c.command).where(buttons.c.key == key))
        return command


def _on(platform: Platform) -> ColumnElement[bool]:
    return chats.c.platform == platform


def _within(place: str) -> ColumnElement[bool]:
    # No LIKE: SQLite's takes small letters for capitals.
    inside = f"{place}/"
    return (chats.c.address == place) | (func.substr(chats.c.address, 1, len(inside)) == inside)


def _take_over(connection: Connection, newer: int, older: int) -> None:
    """Give all that the newer chat has to the older one, but for what that has already; the newer one is gone."""
    _hand_on(connection, topics, newer, older, topics.c.slug)
    for table, same in (
        (subscriptions, subscriptions.c.topic_id),
        (chat_feeds, chat_feeds.c.feed_id),
        (deliveries, deliveries.c.story_id),
    ):
        _hand_on(connection, table, newer, older, same)
        connection.execute(delete(table).where(table.c.chat_id == newer))
    _hand_on_digests(connection, newer, older)
    left = select(topics.c.id).where(topics.c.chat_id == newer)
    connection.execute(delete(subscriptions).where(subscriptions.c.topic_id.in_(left)))
    connection.execute(update(topics).where(topics.c.chat_id == newer).values(chat_id=older, live=False))
    connection.execute(delete(chats).where(chats.c.id == newer))


def _hand_on_digests(connection: Connection, newer: int, older: int) -> None:
    """What the newer chat was told for a slot that the older one was told for too goes under a name of its own."""
    theirs = digests.alias()
    same = select(theirs.c.id).where(
        theirs.c.chat_id == older,
        theirs.c.schedule == digests.c.schedule,
        theirs.c.slot == digests.c.slot,
    )
    here = digests.c.chat_id == newer
    renamed = update(digests).where(here, same.exists())
    connection.execute(renamed.values(slot=digests.c.slot + f" of {newer}"))
    connection.execute(update(digests).where(here).values(chat_id=older))


def _hand_on(connection: Connection, table: Table, newer: int, older: int, same: Column[Any]) -> None:
    """Give `older` the rows of `newer` that are not the `same` as one it has."""
    kept = select(same).where(table.c.chat_id == older, same.is_not(None))
    if table is topics:
        kept = kept.where(topics.c.live)
    theirs = connection.scalars(kept).all()
    unlike = same.is_(None) | same.not_in(theirs)
    connection.execute(update(table).where(table.c.chat_id == newer, unlike).values(chat_id=older))
