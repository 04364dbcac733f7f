"""Chats, topics and subscriptions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from bot.domain.chats import Chat, Platform, Subscription
from bot.domain.topics import Topic, TopicSpec
from bot.storage.database import AnyRow, Part, batches, insert_into, reads, writes
from bot.storage.rows import CHAT, chat_of, chat_values
from bot.storage.schema import chats, deliveries, matches, offered, subscriptions, topics

_live = select(topics).where(topics.c.live)
_FOLLOWED = select(subscriptions).join(topics).where(topics.c.live)


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
        language: str = "",
    ) -> Chat:
        made = Chat(0, platform, address, title, time_zone=time_zone, language=language)
        new = chat_values(made) | {"created": now}
        connection.execute(insert_into(connection, chats).on_conflict_do_nothing(), new)
        here = select(*CHAT).where(chats.c.platform == platform, chats.c.address == address)
        return chat_of(connection.execute(here).one())

    @reads
    def chat(self, connection: Connection, chat_id: int) -> Chat | None:
        row = connection.execute(select(*CHAT).where(chats.c.id == chat_id)).one_or_none()
        return None if row is None else chat_of(row)

    @writes
    def save_chat(self, connection: Connection, chat: Chat) -> None:
        write_chat(connection, chat)

    @writes
    def pause_chat(self, connection: Connection, chat_id: int, reason: str, now: datetime) -> None:
        awake = update(chats).where(chats.c.id == chat_id, chats.c.paused_at.is_(None))
        connection.execute(awake.values(paused_at=now, pause_reason=reason))

    @writes
    def sync_topics(
        self, connection: Connection, specs: Sequence[TopicSpec], now: datetime
    ) -> tuple[Topic, ...]:
        if specs:
            _put_topics(connection, specs, now)
        configured = [spec.slug for spec in specs]
        connection.execute(update(topics).where(offered, topics.c.slug.not_in(configured)).values(live=False))
        return _in_order(connection.execute(_live.where(offered)))

    @reads
    def topics(self, connection: Connection, ids: Iterable[int] | None = None) -> tuple[Topic, ...]:
        if ids is None:
            return _in_order(connection.execute(_live))
        return _in_order(
            row for some in batches(ids) for row in connection.execute(_live.where(topics.c.id.in_(some)))
        )

    @reads
    def visible_topics(self, connection: Connection, chat_id: int) -> tuple[Topic, ...]:
        # Two statements, each with an index of its own.
        own = connection.execute(_live.where(topics.c.chat_id == chat_id))
        return (*_in_order(own), *_in_order(connection.execute(_live.where(offered))))

    @reads
    def chats_topics(self, connection: Connection, after: int, limit: int) -> tuple[Topic, ...]:
        page = _live.where(~offered, topics.c.id > after).order_by(topics.c.id).limit(limit)
        return tuple(map(_topic, connection.execute(page)))

    @reads
    def changed_topics(self, connection: Connection) -> Mapping[int, Topic | None]:
        changed = select(topics).where(~topics.c.backfilled).order_by(topics.c.id)
        return {row.id: _topic(row) if row.live else None for row in connection.execute(changed)}

    @writes
    def unmatch(self, connection: Connection, topic_ids: Collection[int]) -> None:
        connection.execute(delete(matches).where(matches.c.topic_id.in_(list(topic_ids))))

    @writes
    def add_topic(self, connection: Connection, chat_id: int, spec: TopicSpec, now: datetime) -> Topic | None:
        if _holder(connection, chat_id, spec.slug) is not None:
            return None
        values = _topic_values(spec) | {"chat_id": chat_id, "live": True, "created": now}
        made = connection.execute(insert(topics).values(values).returning(topics))
        return _topic(made.one())

    @writes
    def change_topic(self, connection: Connection, topic_id: int, spec: TopicSpec) -> Topic | None:
        here = topics.c.id == topic_id
        before = connection.execute(_live.where(here, ~offered)).one_or_none()
        if before is None or _holder(connection, before.chat_id, spec.slug) not in (None, topic_id):
            return None
        values: dict[str, Any] = {"slug": spec.slug, "name": spec.name, "query": spec.query}
        if spec.query != before.query:
            connection.execute(delete(matches).where(matches.c.topic_id == topic_id))
            values["backfilled"] = False
        return _topic(connection.execute(update(topics).where(here).values(values).returning(topics)).one())

    @writes
    def remove_topic(self, connection: Connection, topic_id: int) -> None:
        own = update(topics).where(topics.c.id == topic_id, ~offered).values(live=False, backfilled=False)
        if connection.execute(own).rowcount:
            connection.execute(delete(subscriptions).where(subscriptions.c.topic_id == topic_id))

    @writes
    def subscribe(self, connection: Connection, chat_id: int, topic_id: int, now: datetime) -> bool:
        new = {"chat_id": chat_id, "topic_id": topic_id, "since": now}
        once = insert_into(connection, subscriptions).on_conflict_do_nothing()
        made = connection.scalar(
            once.returning(subscriptions.c.topic_id), new
        )  # an INSERT need not count rows
        return made is not None

    @writes
    def unsubscribe(self, connection: Connection, chat_id: int, topic_id: int) -> bool:
        gone = delete(subscriptions).where(
            subscriptions.c.chat_id == chat_id, subscriptions.c.topic_id == topic_id
        )
        return connection.execute(gone).rowcount > 0

    @writes
    def save_subscriptions(self, connection: Connection, changed: Iterable[Subscription]) -> None:
        for one in changed:
            here = (subscriptions.c.chat_id == one.chat_id) & (subscriptions.c.topic_id == one.topic_id)
            how = {"wait_for": one.wait_for, "updates": one.updates, "sound": one.sound, "hourly": one.hourly}
            connection.execute(update(subscriptions).where(here).values(how))
            _look_at_held(connection, one.chat_id)

    @reads
    def subscriptions(
        self, connection: Connection, chat_id: int | None = None, *, to: Iterable[int] | None = None
    ) -> tuple[Subscription, ...]:
        if to is None:
            return followed_by(connection, None if chat_id is None else (chat_id,))
        wanted = _FOLLOWED
        if chat_id is not None:
            wanted = wanted.where(subscriptions.c.chat_id == chat_id)
        parts = [wanted.where(topics.c.id.in_(some)) for some in batches(to)]
        return _as_subscriptions(row for part in parts for row in connection.execute(part))

    @reads
    def subscribed_chats(self, connection: Connection, topic_ids: Iterable[int]) -> tuple[Chat, ...]:
        found: dict[int, Chat] = {}
        for some in batches(topic_ids):
            subscribed = (
                select(subscriptions.c.chat_id).join(topics).where(topics.c.live, topics.c.id.in_(some))
            )
            rows = connection.execute(select(*CHAT).where(chats.c.id.in_(subscribed)))
            found.update((row.id, chat_of(row)) for row in rows)
        return tuple(found[chat_id] for chat_id in sorted(found))


def followed_by(connection: Connection, chat_ids: Collection[int] | None) -> tuple[Subscription, ...]:
    """The subscriptions of some chats, or of all, to live topics."""
    wanted = _FOLLOWED if chat_ids is None else _FOLLOWED.where(subscriptions.c.chat_id.in_(chat_ids))
    return _as_subscriptions(connection.execute(wanted))


def _as_subscriptions(rows: Iterable[AnyRow]) -> tuple[Subscription, ...]:
    found = (Subscription(*row) for row in rows)
    return tuple(sorted(found, key=lambda one: (one.chat_id, one.topic_id)))


def write_chat(connection: Connection, chat: Chat) -> None:
    """Write the settings; what is due by them, digest or message that is held, is looked at anew."""
    look = {"digest_due": chat.digests.set_at if chat.digests else None}
    connection.execute(update(chats).where(chats.c.id == chat.id).values(chat_values(chat) | look))
    _look_at_held(connection, chat.id)


def _look_at_held(connection: Connection, chat_id: int) -> None:
    held = update(deliveries).where(deliveries.c.chat_id == chat_id, deliveries.c.held)
    connection.execute(held.values(due=deliveries.c.created))


def _in_order(rows: Iterable[AnyRow]) -> tuple[Topic, ...]:
    """What is on offer as it is configured, then what is chats' own by age."""
    return tuple(
        map(_topic, sorted(rows, key=lambda row: (row.chat_id is not None, row.position or 0, row.id)))
    )


def _holder(connection: Connection, chat_id: int, slug: str) -> int | None:
    """The topic that has this slug in a chat, or on offer."""
    for whose in (offered, topics.c.chat_id == chat_id):
        taken = select(topics.c.id).where(whose, topics.c.slug == slug, topics.c.live)
        holder: int | None = connection.scalar(taken)
        if holder is not None:
            return holder
    return None


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
