"""The feeds that chats name themselves: whose they are, and who hears of their entries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select

from bot.domain.addresses import host_of
from bot.domain.entries import FeedSpec
from bot.domain.polling import FeedLimits
from bot.ports import Naming
from bot.storage.database import Part, insert_into, writes
from bot.storage.rows import SPEC
from bot.storage.schema import chat_feeds, entries, feeds

BEHIND = 1_000_000_000
"""The position of a feed that is not in the configuration."""

FORGOTTEN = tuple(column.name for column in feeds.c if column.nullable and column.name not in SPEC)
"""What earlier polls left behind."""

named_by_chats = exists().where(chat_feeds.c.feed_id == feeds.c.id)


class OwnFeedPart(Part):
    """`ports.OwnFeedStore`."""

    @writes
    def name_feed(
        self, connection: Connection, chat_id: int, spec: FeedSpec, limits: FeedLimits, now: datetime
    ) -> Naming:
        here = feeds.c.url == spec.url
        known = connection.execute(
            select(feeds.c.id, feeds.c.active, named_by_chats.label("named")).where(here)
        ).one_or_none()
        if known is not None and known.active:
            return Naming.FOR_ALL
        mine = chat_feeds.c.chat_id == chat_id
        own = set(connection.scalars(select(chat_feeds.c.feed_id).where(mine)))
        if known is not None and known.id in own:
            return Naming.ALREADY
        if len(own) >= limits.per_chat:
            return Naming.FULL
        if known is None or not known.named:
            if (
                connection.scalar(select(func.count(chat_feeds.c.feed_id.distinct()))) or 0
            ) >= limits.all_chats:
                return Naming.ALL_FULL
            # Who was not asked for a while is as good as new: what came meanwhile is no news.
            values = {name: getattr(spec, name) for name in SPEC} | dict.fromkeys(FORGOTTEN)
            values |= {"position": BEHIND, "active": False, "gone": False, "next_poll": now, "failures": 0}
            values |= {"rate": 0.0, "host": host_of(spec.url)}
            into = insert_into(connection, feeds)
            connection.execute(into.on_conflict_do_update(index_elements=["url"], set_=values), values)
        feed_id = connection.scalar(select(feeds.c.id).where(here))
        connection.execute(insert(chat_feeds).values(chat_id=chat_id, feed_id=feed_id, since=now))
        return Naming.ADDED

    @writes
    def drop_feed(self, connection: Connection, chat_id: int, feed_id: int) -> bool:
        here = (chat_feeds.c.chat_id == chat_id) & (chat_feeds.c.feed_id == feed_id)
        return connection.execute(delete(chat_feeds).where(here)).rowcount > 0


def heard_by(chat_id: int) -> ColumnElement[bool]:
    """Whether an entry (of `entries`) is from a feed that everybody is told of, or from one that this chat named."""
    own = select(chat_feeds.c.feed_id).where(chat_feeds.c.chat_id == chat_id)
    return ~entries.c.private | entries.c.feed_id.in_(own)
