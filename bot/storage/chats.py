"""Chats, topics and subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from bot.domain.chats import Chat, Platform, Subscription
from bot.domain.topics import Topic, TopicSpec
from bot.storage.database import AnyRow, Part, insert_into, reads, writes
from bot.storage.rows import CHAT, chat_of, chat_values
from bot.storage.schema import chats, matches, offered, subscriptions, topics


class ChatPart(Part):
    """`ports.ChatStore`."""

    @writes
    def ensure_chat(
        self,
        connection: Connection,
        platform: Platform,
        address: str,
        title: str,
        now: datetime,
        *,
        time_zone: str = "UTC",
    ) -> Chat:
        new = chat_values(Chat(0, platform, address, title, time_zone=time_zone)) | {"created": now}
        connection.execute(insert_into(connection, chats).on_conflict_do_nothing(), new)
        here = select(*CHAT).where(chats.c.platform == platform, chats.c.address == address)
        return chat_of(connection.execute(here).one())

    @reads
    def chat(self, connection: Connection, chat_id: int) -> Chat | None:
        row = connection.execute(select(*CHAT).where(chats.c.id == chat_id)).one_or_none()
        return None if row is None else chat_of(row)

    @writes
    def save_chat(self, connection: Connection, chat: Chat) -> None:
        connection.execute(update(chats).where(chats.c.id == chat.id).values(chat_values(chat)))

    @writes
    def pause_chat(self, connection: Connection, chat_id: int, reason: str, now: datetime) -> None:
        awake = update(chats).where(chats.c.id == chat_id, chats.c.paused_at.is_(None))
        connection.execute(awake.values(paused_at=now, pause_reason=reason))

    @writes
    def sync_topics(self, connection: Connection, specs: Sequence[TopicSpec], now: datetime) -> None:
        if specs:
            _put_topics(connection, specs, now)
        configured = [spec.slug for spec in specs]
        connection.execute(update(topics).where(offered, topics.c.slug.not_in(configured)).values(live=False))

    @reads
    def topics(self, connection: Connection) -> tuple[Topic, ...]:
        live = select(topics).where(topics.c.live)
        return tuple(
            _topic(row) for row in connection.execute(live.order_by(~offered, topics.c.position, topics.c.id))
        )

    @writes
    def add_topic(self, connection: Connection, chat_id: int, spec: TopicSpec, now: datetime) -> Topic | None:
        taken = select(topics.c.id).where(
            topics.c.slug == spec.slug, topics.c.live, offered | (topics.c.chat_id == chat_id)
        )
        if connection.execute(taken).first():
            return None
        values = _topic_values(spec) | {"chat_id": chat_id, "live": True, "created": now}
        made = connection.execute(insert(topics).values(values).returning(topics))
        return _topic(made.one())

    @writes
    def remove_topic(self, connection: Connection, topic_id: int) -> None:
        own = update(topics).where(topics.c.id == topic_id, ~offered).values(live=False)
        if connection.execute(own).rowcount:
            connection.execute(delete(subscriptions).where(subscriptions.c.topic_id == topic_id))

    @writes
    def subscribe(self, connection: Connection, chat_id: int, topic_id: int, now: datetime) -> bool:
        new = {"chat_id": chat_id, "topic_id": topic_id, "since": now}
        once = insert_into(connection, subscriptions).on_conflict_do_nothing()
        return connection.execute(once, new).rowcount > 0

    @writes
    def unsubscribe(self, connection: Connection, chat_id: int, topic_id: int) -> bool:
        gone = delete(subscriptions).where(
            subscriptions.c.chat_id == chat_id, subscriptions.c.topic_id == topic_id
        )
        return connection.execute(gone).rowcount > 0

    @reads
    def subscriptions(self, connection: Connection, chat_id: int | None = None) -> tuple[Subscription, ...]:
        wanted = (
            select(subscriptions)
            .join(topics)
            .where(topics.c.live)
            .order_by(subscriptions.c.chat_id, subscriptions.c.topic_id)
        )
        if chat_id is not None:
            wanted = wanted.where(subscriptions.c.chat_id == chat_id)
        return tuple(Subscription(*row) for row in connection.execute(wanted))

    @reads
    def subscribed_chats(self, connection: Connection, topic_ids: Iterable[int]) -> tuple[Chat, ...]:
        subscribed = (
            select(subscriptions.c.chat_id)
            .join(topics)
            .where(topics.c.live, topics.c.id.in_(list(topic_ids)))
        )
        rows = connection.execute(select(*CHAT).where(chats.c.id.in_(subscribed)).order_by(chats.c.id))
        return tuple(chat_of(row) for row in rows)


def _put_topics(connection: Connection, specs: Sequence[TopicSpec], now: datetime) -> None:
    _forget_changed(connection, {spec.slug: spec.query for spec in specs})
    into = insert_into(connection, topics)
    newer: dict[str, ColumnElement[Any]] = {
        name: into.excluded[name] for name in ("name", "query", "position", "live")
    }
    # One that was withdrawn has missed what came in meanwhile.
    newer["backfilled"] = topics.c.backfilled & topics.c.live & (topics.c.query == into.excluded.query)
    connection.execute(
        into.on_conflict_do_update(index_elements=["slug"], index_where=offered, set_=newer),
        [
            _topic_values(spec) | {"position": position, "live": True, "created": now}
            for position, spec in enumerate(specs)
        ],
    )


def _forget_changed(connection: Connection, queries: Mapping[str, str]) -> None:
    """Drop what topics on offer matched by another query than they have now."""
    known = connection.execute(select(topics.c.id, topics.c.slug, topics.c.query).where(offered))
    changed = [row.id for row in known if queries.get(row.slug, row.query) != row.query]
    connection.execute(delete(matches).where(matches.c.topic_id.in_(changed)))


def _topic_values(spec: TopicSpec) -> dict[str, Any]:
    return {"slug": spec.slug, "name": spec.name, "query": spec.query, "backfilled": False}


def _topic(row: AnyRow) -> Topic:
    return Topic(row.id, TopicSpec(row.slug, row.name, row.query), row.chat_id, row.backfilled)
