"""The tables. What the code asks of them is in the module of each noun; how they came to be in `migrations/`.

Instants are microseconds since the epoch, so that they sort and compare alike in every database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text
from sqlalchemy.engine import Dialect

from bot.domain.deliveries import DeliveryState, Occasion
from bot.domain.matching import Evidence
from bot.domain.profiles import Profile

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class UtcTime(sa.TypeDecorator[datetime]):
    """An aware datetime, in and out; naive ones are refused, because nobody can know what they mean."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"{value!r} has no time zone")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND


class Duration(sa.TypeDecorator[timedelta]):
    """A timedelta, as microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, _dialect: Dialect) -> int | None:
        return None if value is None else value // MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> timedelta | None:
        return None if value is None else value * MICROSECOND


class Listed(sa.TypeDecorator[tuple[Any, ...]]):
    """A short tuple of texts or numbers, as a JSON array."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: Iterable[Any] | None, _dialect: Dialect) -> list[Any] | None:
        return None if value is None else list(value)

    def process_result_value(self, value: list[Any] | None, _dialect: Dialect) -> tuple[Any, ...] | None:
        return None if value is None else tuple(value)


class EvidenceList(sa.TypeDecorator[tuple[Evidence, ...]]):
    """The reasons of a match, as a JSON array of objects."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(
        self, value: Iterable[Evidence] | None, _dialect: Dialect
    ) -> list[dict[str, Any]] | None:
        return None if value is None else [asdict(evidence) for evidence in value]

    def process_result_value(
        self, value: list[dict[str, Any]] | None, _dialect: Dialect
    ) -> tuple[Evidence, ...] | None:
        return None if value is None else tuple(Evidence(**fields) for fields in value)


class ProfileText(sa.TypeDecorator[Profile]):
    """A profile, as a JSON object."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Profile | None, _dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else asdict(value)

    def process_result_value(self, value: dict[str, Any] | None, _dialect: Dialect) -> Profile | None:
        return None if value is None else Profile(**value)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    }
)

Id = sa.BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the key is an INTEGER."""


def _named(values: type[Enum]) -> sa.Enum:
    """One of the values of an enumeration, as text."""
    return sa.Enum(
        values, native_enum=False, length=16, values_callable=lambda all_: [one.value for one in all_]
    )


State = _named(DeliveryState)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("outlet", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("aggregator", Boolean, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("interval", Duration),
    Column(
        "position", Integer, nullable=False
    ),  # in the configuration, behind all of it where only chats name it
    Column("active", Boolean, nullable=False),  # is in the configuration
    Column("gone", Boolean, nullable=False),  # the server said 410
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_digest", Text),
    Column("last_poll", UtcTime),
    Column("last_success", UtcTime),
    Column("last_new", UtcTime),
    Column("next_poll", UtcTime, nullable=False, index=True),
    Column("failures", Integer, nullable=False),
    Column("error", Text),
    Column("host", Text, nullable=False, server_default=""),  # of the configured address
    Column("rate", Float, nullable=False, server_default="0"),  # entries a second
    Column("wished_every", Duration),
    Column("skip_hours", Listed),
    Column("skip_days", Listed),
    Column("moved_to", Text),
    Column("moved_since", UtcTime),
    Column("moved_polls", Integer),
    Column("items_seen", sa.LargeBinary),
    Column("last_burst", UtcTime),
    Column("hub", Text),
    Column("hub_topic", Text),
    Column("push_token", Text),
    Column("push_secret", Text),
    Column("push_ask_at", UtcTime),
    Column("push_until", UtcTime),
    Column("push_failures", Integer),
    Column("polled_by", Text),  # the process that asks it, where there are several
    Index("ix_feeds_push_token", "push_token", unique=True),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", ForeignKey(feeds.c.id)),
    Column("key", Text),  # with the fingerprint, absent where the entry came from no feed
    Column("fingerprint", Text),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("link", Text),
    Column("outlet", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("published", UtcTime),
    Column("seen", UtcTime, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("is_news", Boolean, nullable=False),
    Column("waiting", Boolean, nullable=False),  # for the desk
    Column("private", Boolean, nullable=False, server_default=sa.false()),  # only chats named its feed
    sa.UniqueConstraint("feed_id", "key"),
    Index(None, "feed_id", "fingerprint"),
)
_waits = entries.c.waiting == sa.true()
Index("ix_entries_waiting", entries.c.id, sqlite_where=_waits, postgresql_where=_waits)

entry_keys = Table(
    "entry_keys",
    metadata,
    Column("feed_id", ForeignKey(feeds.c.id), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("entry_id", ForeignKey(entries.c.id), nullable=False),
)
"""All that a feed's entries answer to: the key each was first known by, weaker ones and aliases."""

revisions = Table(
    "revisions",
    metadata,
    Column("entry_id", ForeignKey(entries.c.id), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("fingerprint", Text),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("link", Text),
    Column("replaced", UtcTime, nullable=False),
)
"""The texts that entries used to have."""

chats = Table(
    "chats",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("languages", Listed, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("blocked_outlets", Listed, nullable=False),
    Column("preferred_outlets", Listed, nullable=False),
    Column("paused_at", UtcTime),
    Column("pause_reason", Text),
    Column("steered_by", Text, nullable=False, server_default="admins"),
    Column("invited", Boolean, nullable=False, server_default=sa.false()),
    Column("previews", Boolean, nullable=False, server_default=sa.false()),
    Column("language", Text, nullable=False, server_default=""),  # empty: nobody chose one
    Column("digest_schedule", Text),  # with the next two, absent where it wants no digests
    Column("digest_set_at", UtcTime),
    Column("digest_since", UtcTime),
    Column("digest_only", Boolean, nullable=False, server_default=sa.false()),
    Column("digest_due", UtcTime, index=True),  # when its schedule is to be looked at
    Column("quiet_hours", Text),
    Column("quiet_confirmed", Boolean, nullable=False, server_default=sa.false()),
    Column("repeats", Boolean, nullable=False, server_default=sa.true()),
    Column("spoken_by", Text),  # the process that speaks to it, where there are several
    Column("created", UtcTime, nullable=False),
    sa.UniqueConstraint("platform", "address"),
)

topics = Table(
    "topics",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", ForeignKey(chats.c.id)),  # absent where it is on offer to all
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("position", Integer),  # in the configuration
    Column("live", Boolean, nullable=False),
    Column("backfilled", Boolean, nullable=False),  # stored entries were searched for its query
    Column("created", UtcTime, nullable=False),
)
offered = topics.c.chat_id.is_(None)
Index("uq_topics_offered", topics.c.slug, unique=True, sqlite_where=offered, postgresql_where=offered)
_lives = topics.c.live == sa.true()
Index(
    "uq_topics_of_chat",
    topics.c.chat_id,
    topics.c.slug,
    unique=True,
    sqlite_where=_lives,
    postgresql_where=_lives,
)

_unsearched = topics.c.backfilled == sa.false()
Index("ix_topics_unsearched", topics.c.id, sqlite_where=_unsearched, postgresql_where=_unsearched)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("chat_id", ForeignKey(chats.c.id), primary_key=True),
    Column("topic_id", ForeignKey(topics.c.id), primary_key=True, index=True),
    Column("since", UtcTime, nullable=False),
    Column("wait_for", Integer, nullable=False, server_default="1"),
    Column("updates", Text, nullable=False, server_default="silent"),
    Column("sound", Boolean, nullable=False, server_default=sa.true()),
    Column("hourly", Integer, nullable=False, server_default="0"),
)

chat_feeds = Table(
    "chat_feeds",
    metadata,
    Column("chat_id", ForeignKey(chats.c.id), primary_key=True),
    Column("feed_id", ForeignKey(feeds.c.id), primary_key=True, index=True),
    Column("since", UtcTime, nullable=False),
)
"""The feeds that chats named themselves."""

matches = Table(
    "matches",
    metadata,
    Column("entry_id", ForeignKey(entries.c.id), primary_key=True),
    Column("topic_id", ForeignKey(topics.c.id), primary_key=True, index=True),
    Column("score", Float, nullable=False),
    Column("reasons", EvidenceList, nullable=False),
    Column("inherited", Boolean, nullable=False, server_default=sa.false()),  # of the story that it stands in
)

stories = Table(
    "stories",
    metadata,
    Column("id", ForeignKey(entries.c.id), primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("opened", UtcTime, nullable=False),
    Column("last_report", UtcTime, nullable=False),
    Column("merged_into", ForeignKey("stories.id"), index=True),
    Index(None, "key", "last_report"),
)

reports = Table(
    "reports",
    metadata,
    Column("entry_id", ForeignKey(entries.c.id), primary_key=True, autoincrement=False),
    Column("story_id", ForeignKey(stories.c.id), nullable=False, index=True),
    Column("key", Text, nullable=False, index=True),  # of the newest title; the story has that of its first
    Column("concepts", Listed, nullable=False),
    Column("reason", Text, nullable=False),
    Column(
        "profile", ProfileText
    ),  # as it was weighed when it came; absent where that was before there were any
    Column("voice", Text),
    Column("merged_from", ForeignKey("stories.id"), index=True),  # where it stood before the stories merged
    Column("develops", Boolean, nullable=False, server_default=sa.false()),  # it brought something new
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", ForeignKey(chats.c.id), nullable=False),
    Column("story_id", ForeignKey(stories.c.id)),  # absent where it tells what was folded into it
    Column("topic_ids", Listed, nullable=False),
    Column("state", State, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("due", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("text", Text),
    Column("message_id", Text),
    Column("sent_at", UtcTime),
    Column("wanted_revision", Integer, nullable=False),
    Column("sent_revision", Integer, nullable=False),
    Column("possible_repeat", Boolean, nullable=False),
    Column("reason", Text),
    Column("folded_into", ForeignKey("deliveries.id"), index=True),
    Column("occasion", _named(Occasion)),  # of one without a story
    Column("held", Boolean, nullable=False, server_default=sa.false()),  # until quiet hours end
    Column("brings", ForeignKey(entries.c.id)),  # the entry for whose sake it answers an earlier message
    Column("silent", Boolean, nullable=False, server_default=sa.false()),
    Column("corrected", Boolean, nullable=False, server_default=sa.false()),
    Column("answers", ForeignKey("deliveries.id"), index=True),
    Column("muted", Boolean, nullable=False, server_default=sa.false()),
    Column("heads", sa.BigInteger),  # the entry whose headline it was sent with
    sa.UniqueConstraint("story_id", "chat_id"),  # no story is owed to a chat twice
    Index(None, "chat_id", "sent_at"),
    Index(None, "state", "due"),
)
unshown = deliveries.c.wanted_revision > deliveries.c.sent_revision
Index(
    "ix_deliveries_unshown",
    deliveries.c.state,
    deliveries.c.due,
    sqlite_where=unshown,
    postgresql_where=unshown,
)

_held = deliveries.c.held == sa.true()
Index("ix_deliveries_held", deliveries.c.chat_id, sqlite_where=_held, postgresql_where=_held)

digests = Table(
    "digests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", ForeignKey(chats.c.id), nullable=False),
    Column("schedule", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    sa.UniqueConstraint("chat_id", "schedule", "slot"),  # no slot is told twice
)
"""Slots that were decided about. One without items had nothing to tell; else its messages are in the outbox."""

digest_items = Table(
    "digest_items",
    metadata,
    Column("digest_id", ForeignKey(digests.c.id), primary_key=True),
    Column("story_id", ForeignKey(stories.c.id), primary_key=True, index=True),
    Column("topic_id", ForeignKey(topics.c.id), nullable=False),
    Column("position", Integer, nullable=False),
    Column("delivery_id", ForeignKey(deliveries.c.id), index=True),  # absent where it is only counted
)

peers = Table(
    "peers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("alive_until", UtcTime, nullable=False),
)
"""The processes that share the database, where there are several."""

Index(
    "ix_feeds_polled_by",
    feeds.c.polled_by,
    sqlite_where=feeds.c.polled_by.is_not(None),
    postgresql_where=feeds.c.polled_by.is_not(None),
)
Index(
    "ix_chats_spoken_by",
    chats.c.spoken_by,
    sqlite_where=chats.c.spoken_by.is_not(None),
    postgresql_where=chats.c.spoken_by.is_not(None),
)

notes = Table(
    "notes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What there is one of: `restored`, and what alerts stand (`bot.watching`)."""

buttons = Table(
    "buttons",
    metadata,
    Column("key", Text, primary_key=True),  # a digest of the command
    Column("command", Text, nullable=False),
    Column("created", UtcTime, nullable=False),
)

installations = Table(
    "installations",
    metadata,
    Column("team", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("bot_user", Text, nullable=False),
    Column("bot_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("sealed", Text, nullable=False),  # the token, encrypted before it comes here
    Column("installed", UtcTime, nullable=False),
)

install_states = Table(
    "install_states",
    metadata,
    Column("key", Text, primary_key=True),  # a digest of what the browser holds
    Column("until", UtcTime, nullable=False),
)
"""Installations that somebody has begun."""
