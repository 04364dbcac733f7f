"""Digests and quiet hours: what a chat wants, the digests it was told, and messages that wait for the morning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, ForeignKey

revision = "0004"
down_revision = "0003"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Time = sa.BigInteger


def upgrade() -> None:
    op.add_column("chats", Column("digest_schedule", sa.Text))
    op.add_column("chats", Column("digest_set_at", Time))
    op.add_column("chats", Column("digest_since", Time))
    op.add_column("chats", Column("digest_only", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("chats", Column("digest_due", Time))
    op.create_index("ix_chats_digest_due", "chats", ["digest_due"])
    op.add_column("chats", Column("quiet_hours", sa.Text))
    op.add_column("chats", Column("quiet_confirmed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("deliveries", Column("occasion", sa.String(16)))
    op.add_column("deliveries", Column("held", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE deliveries SET occasion = 'pause' WHERE story_id IS NULL")
    held = sa.column("held", sa.Boolean()) == sa.true()
    op.create_index("ix_deliveries_held", "deliveries", ["chat_id"], sqlite_where=held, postgresql_where=held)
    op.create_table(
        "digests",
        Column("id", Id, primary_key=True),
        Column("chat_id", Id, ForeignKey("chats.id"), nullable=False),
        Column("schedule", sa.Text, nullable=False),
        Column("slot", sa.Text, nullable=False),
        Column("since", Time, nullable=False),
        Column("until", Time, nullable=False),
        sa.UniqueConstraint("chat_id", "schedule", "slot"),
    )
    op.create_table(
        "digest_items",
        Column("digest_id", Id, ForeignKey("digests.id"), primary_key=True),
        Column("story_id", Id, ForeignKey("stories.id"), primary_key=True),
        Column("topic_id", Id, ForeignKey("topics.id"), nullable=False),
        Column("position", sa.Integer, nullable=False),
        Column("delivery_id", Id, ForeignKey("deliveries.id")),
    )
    op.create_index("ix_digest_items_story_id", "digest_items", ["story_id"])
    op.create_index("ix_digest_items_delivery_id", "digest_items", ["delivery_id"])
