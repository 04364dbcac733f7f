"""Workspaces that installed the app, and those on the way there."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.domain.installations import Installation
from bot.storage.database import Part, insert_into, reads, writes
from bot.storage.schema import install_states, installations


class InstallationPart(Part):
    """`ports.InstallationStore`."""

    @reads
    def installations(self, connection: Connection) -> tuple[Installation, ...]:
        rows = connection.execute(select(installations).order_by(installations.c.team))
        return tuple(Installation(**row._asdict()) for row in rows)

    @writes
    def save_installation(self, connection: Connection, installation: Installation) -> None:
        new = asdict(installation)
        connection.execute(
            insert_into(connection, installations).on_conflict_do_update(
                index_elements=[installations.c.team], set_=new
            ),
            new,
        )

    @writes
    def remove_installation(self, connection: Connection, team: str, until: datetime) -> bool:
        gone = connection.execute(
            delete(installations).where(installations.c.team == team, installations.c.installed <= until)
        )
        return bool(gone.rowcount)

    @writes
    def expect_install(self, connection: Connection, key: str, until: datetime, now: datetime) -> None:
        connection.execute(delete(install_states).where(install_states.c.until <= now))
        connection.execute(insert_into(connection, install_states), {"key": key, "until": until})

    @writes
    def take_install(self, connection: Connection, key: str, now: datetime) -> bool:
        taken = connection.execute(
            delete(install_states).where(install_states.c.key == key, install_states.c.until > now)
        )
        return bool(taken.rowcount)
