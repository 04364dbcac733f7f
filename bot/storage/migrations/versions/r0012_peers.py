"""Several processes on one database: who lives, and what each has in hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "peers",
        Column("name", sa.Text, nullable=False),
        Column("alive_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_peers"),
    )
    for table, name in (("feeds", "polled_by"), ("chats", "spoken_by")):
        op.add_column(table, Column(name, sa.Text))
        in_hand = sa.column(name).is_not(None)
        op.create_index(f"ix_{table}_{name}", table, [name], sqlite_where=in_hand, postgresql_where=in_hand)
    unsearched = sa.column("backfilled", sa.Boolean) == sa.false()
    op.create_index(
        "ix_topics_unsearched", "topics", ["id"], sqlite_where=unsearched, postgresql_where=unsearched
    )
