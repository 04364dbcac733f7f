"""What chats on Telegram and Slack need: who steers, who was invited, folded messages, commands behind buttons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, ForeignKey

revision = "0002"
down_revision = "0001"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("chats", Column("steered_by", sa.Text, nullable=False, server_default="admins"))
    op.add_column("chats", Column("invited", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("chats", Column("previews", sa.Boolean, nullable=False, server_default=sa.false()))
    # SQLite changes a column by making the table anew, which it may only where no other table refers to it.
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.alter_column("story_id", existing_type=Id, nullable=True)
        deliveries.add_column(Column("folded_into", Id, ForeignKey("deliveries.id")))
        deliveries.create_index("ix_deliveries_folded_into", ["folded_into"])
    op.create_table(
        "buttons",
        Column("key", sa.Text, primary_key=True),
        Column("command", sa.Text, nullable=False),
        Column("created", sa.BigInteger, nullable=False),
    )
