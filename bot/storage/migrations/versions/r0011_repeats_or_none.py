"""Chats that want no message twice, even where nobody knows whether it arrived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("chats", Column("repeats", sa.Boolean, nullable=False, server_default=sa.true()))
