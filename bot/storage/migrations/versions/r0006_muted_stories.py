"""Stories of which a chat wants to hear no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("deliveries", Column("muted", sa.Boolean, nullable=False, server_default=sa.false()))
