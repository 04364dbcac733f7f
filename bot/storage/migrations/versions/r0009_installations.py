"""Workspaces that install the app of their own accord."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, Text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "installations",
        Column("team", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("bot_user", Text, nullable=False),
        Column("bot_id", Text, nullable=False),
        Column("url", Text, nullable=False),
        Column("sealed", Text, nullable=False),
        Column("installed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("team", name="pk_installations"),
    )
    op.create_table(
        "install_states",
        Column("key", Text, nullable=False),
        Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_install_states"),
    )
