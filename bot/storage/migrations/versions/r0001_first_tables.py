"""The first tables. Constraints take their names from the convention in `bot.storage.schema`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, ForeignKey

revision = "0001"
down_revision = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Time = sa.BigInteger
Duration = sa.BigInteger


def upgrade() -> None:
    _feeds_and_entries()
    _chats_and_topics()
    _stories()
    _deliveries()


def _feeds_and_entries() -> None:
    op.create_table(
        "feeds",
        Column("id", Id, primary_key=True),
        Column("url", sa.Text, nullable=False),
        Column("outlet", sa.Text, nullable=False),
        Column("language", sa.Text, nullable=False),
        Column("country", sa.Text, nullable=False),
        Column("title", sa.Text, nullable=False),
        Column("aggregator", sa.Boolean, nullable=False),
        Column("verified", sa.Boolean, nullable=False),
        Column("interval", Duration),
        Column("position", sa.Integer, nullable=False),
        Column("active", sa.Boolean, nullable=False),
        Column("gone", sa.Boolean, nullable=False),
        Column("etag", sa.Text),
        Column("last_modified", sa.Text),
        Column("body_digest", sa.Text),
        Column("last_poll", Time),
        Column("last_success", Time),
        Column("last_new", Time),
        Column("next_poll", Time, nullable=False),
        Column("failures", sa.Integer, nullable=False),
        Column("error", sa.Text),
        sa.UniqueConstraint("url"),
    )
    op.create_index("ix_feeds_next_poll", "feeds", ["next_poll"])
    op.create_table(
        "entries",
        Column("id", Id, primary_key=True),
        Column("feed_id", Id, ForeignKey("feeds.id")),
        Column("key", sa.Text),
        Column("fingerprint", sa.Text),
        Column("title", sa.Text, nullable=False),
        Column("summary", sa.Text, nullable=False),
        Column("link", sa.Text),
        Column("outlet", sa.Text, nullable=False),
        Column("language", sa.Text, nullable=False),
        Column("published", Time),
        Column("seen", Time, nullable=False),
        Column("revision", sa.Integer, nullable=False),
        Column("is_news", sa.Boolean, nullable=False),
        Column("waiting", sa.Boolean, nullable=False),
        sa.UniqueConstraint("feed_id", "key"),
    )
    op.create_index("ix_entries_feed_id_fingerprint", "entries", ["feed_id", "fingerprint"])
    op.create_index("ix_entries_seen", "entries", ["seen"])
    waits = sa.column("waiting", sa.Boolean) == sa.true()
    op.create_index("ix_entries_waiting", "entries", ["id"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "entry_keys",
        Column("feed_id", Id, ForeignKey("feeds.id"), primary_key=True),
        Column("key", sa.Text, primary_key=True),
        Column("entry_id", Id, ForeignKey("entries.id"), nullable=False),
    )
    op.create_table(
        "revisions",
        Column("entry_id", Id, ForeignKey("entries.id"), primary_key=True),
        Column("revision", sa.Integer, primary_key=True),
        Column("fingerprint", sa.Text),
        Column("title", sa.Text, nullable=False),
        Column("summary", sa.Text, nullable=False),
        Column("link", sa.Text),
        Column("replaced", Time, nullable=False),
    )


def _chats_and_topics() -> None:
    op.create_table(
        "chats",
        Column("id", Id, primary_key=True),
        Column("platform", sa.Text, nullable=False),
        Column("address", sa.Text, nullable=False),
        Column("title", sa.Text, nullable=False),
        Column("languages", sa.JSON, nullable=False),
        Column("time_zone", sa.Text, nullable=False),
        Column("blocked_outlets", sa.JSON, nullable=False),
        Column("preferred_outlets", sa.JSON, nullable=False),
        Column("paused_at", Time),
        Column("pause_reason", sa.Text),
        Column("created", Time, nullable=False),
        sa.UniqueConstraint("platform", "address"),
    )
    op.create_table(
        "topics",
        Column("id", Id, primary_key=True),
        Column("chat_id", Id, ForeignKey("chats.id")),
        Column("slug", sa.Text, nullable=False),
        Column("name", sa.Text, nullable=False),
        Column("query", sa.Text, nullable=False),
        Column("position", sa.Integer),
        Column("live", sa.Boolean, nullable=False),
        Column("backfilled", sa.Boolean, nullable=False),
        Column("created", Time, nullable=False),
    )
    offered = sa.column("chat_id").is_(None)
    op.create_index(
        "uq_topics_offered", "topics", ["slug"], unique=True, sqlite_where=offered, postgresql_where=offered
    )
    lives = sa.column("live", sa.Boolean) == sa.true()
    op.create_index(
        "uq_topics_of_chat",
        "topics",
        ["chat_id", "slug"],
        unique=True,
        sqlite_where=lives,
        postgresql_where=lives,
    )
    op.create_table(
        "subscriptions",
        Column("chat_id", Id, ForeignKey("chats.id"), primary_key=True),
        Column("topic_id", Id, ForeignKey("topics.id"), primary_key=True),
        Column("since", Time, nullable=False),
    )
    op.create_index("ix_subscriptions_topic_id", "subscriptions", ["topic_id"])


def _stories() -> None:
    op.create_table(
        "matches",
        Column("entry_id", Id, ForeignKey("entries.id"), primary_key=True),
        Column("topic_id", Id, ForeignKey("topics.id"), primary_key=True),
        Column("score", sa.Float, nullable=False),
        Column("reasons", sa.JSON, nullable=False),
    )
    op.create_index("ix_matches_topic_id", "matches", ["topic_id"])
    op.create_table(
        "stories",
        Column("id", Id, ForeignKey("entries.id"), primary_key=True, autoincrement=False),
        Column("key", sa.Text, nullable=False),
        Column("opened", Time, nullable=False),
        Column("last_report", Time, nullable=False),
    )
    op.create_index("ix_stories_key_last_report", "stories", ["key", "last_report"])
    op.create_table(
        "reports",
        Column("entry_id", Id, ForeignKey("entries.id"), primary_key=True, autoincrement=False),
        Column("story_id", Id, ForeignKey("stories.id"), nullable=False),
        Column("key", sa.Text, nullable=False),
        Column("concepts", sa.JSON, nullable=False),
        Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_reports_story_id", "reports", ["story_id"])
    op.create_index("ix_reports_key", "reports", ["key"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        Column("id", Id, primary_key=True),
        Column("chat_id", Id, ForeignKey("chats.id"), nullable=False),
        Column("story_id", Id, ForeignKey("stories.id"), nullable=False),
        Column("topic_ids", sa.JSON, nullable=False),
        Column("state", sa.String(16), nullable=False),
        Column("created", Time, nullable=False),
        Column("due", Time, nullable=False),
        Column("attempts", sa.Integer, nullable=False),
        Column("text", sa.Text),
        Column("message_id", sa.Text),
        Column("sent_at", Time),
        Column("wanted_revision", sa.Integer, nullable=False),
        Column("sent_revision", sa.Integer, nullable=False),
        Column("possible_repeat", sa.Boolean, nullable=False),
        Column("reason", sa.Text),
        sa.UniqueConstraint("story_id", "chat_id"),
    )
    op.create_index("ix_deliveries_chat_id_sent_at", "deliveries", ["chat_id", "sent_at"])
    op.create_index("ix_deliveries_state_due", "deliveries", ["state", "due"])
    unshown = sa.column("wanted_revision") > sa.column("sent_revision")
    op.create_index(
        "ix_deliveries_unshown",
        "deliveries",
        ["state", "due"],
        sqlite_where=unshown,
        postgresql_where=unshown,
    )
