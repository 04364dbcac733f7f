"""How often a feed brings something, what it asks of who polls it, what it is known by, and who pushes it."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("feeds", Column("host", sa.Text, nullable=False, server_default=""))
    op.add_column("feeds", Column("rate", sa.Float, nullable=False, server_default="0"))
    op.add_column("feeds", Column("wished_every", sa.BigInteger))
    op.add_column("feeds", Column("skip_hours", sa.JSON))
    op.add_column("feeds", Column("skip_days", sa.JSON))
    op.add_column("feeds", Column("moved_to", sa.Text))
    op.add_column("feeds", Column("moved_since", sa.BigInteger))
    op.add_column("feeds", Column("moved_polls", sa.Integer))
    op.add_column("feeds", Column("items_seen", sa.LargeBinary))
    op.add_column("feeds", Column("last_burst", sa.BigInteger))
    op.add_column("feeds", Column("hub", sa.Text))
    op.add_column("feeds", Column("hub_topic", sa.Text))
    op.add_column("feeds", Column("push_token", sa.Text))
    op.add_column("feeds", Column("push_secret", sa.Text))
    op.add_column("feeds", Column("push_ask_at", sa.BigInteger))
    op.add_column("feeds", Column("push_until", sa.BigInteger))
    op.add_column("feeds", Column("push_failures", sa.Integer))
    op.create_index("ix_feeds_push_token", "feeds", ["push_token"], unique=True)
    connection = op.get_bind()
    for id_, url in connection.execute(sa.text("SELECT id, url FROM feeds")).all():
        host = sa.text("UPDATE feeds SET host = :host WHERE id = :id")
        connection.execute(host, {"id": id_, "host": urlsplit(url).hostname or ""})
