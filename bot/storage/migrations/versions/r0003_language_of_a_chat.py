"""The language in which the bot speaks to a chat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("chats", Column("language", sa.Text, nullable=False, server_default=""))
