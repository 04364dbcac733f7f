"""Which reports brought a development, and whose headline a message was sent with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("reports", Column("develops", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("deliveries", Column("heads", sa.BigInteger))
