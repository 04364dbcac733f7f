"""Stories of several reports: what each says, which merged; how chats want to hear of them; updates and corrections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("subscriptions", Column("wait_for", sa.Integer, nullable=False, server_default="1"))
    op.add_column("subscriptions", Column("updates", sa.Text, nullable=False, server_default="silent"))
    op.add_column("subscriptions", Column("sound", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("subscriptions", Column("hourly", sa.Integer, nullable=False, server_default="0"))
    op.add_column("matches", Column("inherited", sa.Boolean, nullable=False, server_default=sa.false()))
    _refer("stories", "merged_into", "stories")
    op.create_index("ix_stories_merged_into", "stories", ["merged_into"])
    op.add_column("reports", Column("profile", sa.JSON))
    op.add_column("reports", Column("voice", sa.Text))
    _refer("reports", "merged_from", "stories")
    op.create_index("ix_reports_merged_from", "reports", ["merged_from"])
    _refer("deliveries", "brings", "entries")
    op.add_column("deliveries", Column("silent", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("deliveries", Column("corrected", sa.Boolean, nullable=False, server_default=sa.false()))
    _refer("deliveries", "answers", "deliveries")
    op.create_index("ix_deliveries_answers", "deliveries", ["answers"])


def _refer(table: str, column: str, to: str) -> None:
    """Add a column that names a row of another table. Alembic would make SQLite's table anew, others of which refer to it."""
    name = f"fk_{table}_{column}_{to}"
    type_ = Id.compile(op.get_bind().dialect)
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {type_} CONSTRAINT {name} REFERENCES {to} (id)")
