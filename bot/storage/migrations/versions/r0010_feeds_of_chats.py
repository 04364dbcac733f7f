"""Feeds that chats name themselves; and notes, of which the first is when a backup was restored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, ForeignKey

revision = "0010"
down_revision = "0009"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("entries", Column("private", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "chat_feeds",
        Column("chat_id", Id, ForeignKey("chats.id"), primary_key=True),
        Column("feed_id", Id, ForeignKey("feeds.id"), primary_key=True),
        Column("since", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_chat_feeds_feed_id", "chat_feeds", ["feed_id"])
    op.create_table(
        "notes", Column("name", sa.Text, primary_key=True), Column("value", sa.Text, nullable=False)
    )
