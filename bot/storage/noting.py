"""Notes: texts of which there is one each."""

from __future__ import annotations

from sqlalchemy import Connection, select

from bot.storage.database import Part, insert_into, reads, writes
from bot.storage.schema import notes


class NotePart(Part):
    """`ports.NoteStore`."""

    @reads
    def note(self, connection: Connection, name: str) -> str | None:
        value: str | None = connection.scalar(select(notes.c.value).where(notes.c.name == name))
        return value

    @writes
    def keep_note(self, connection: Connection, name: str, value: str) -> None:
        into = insert_into(connection, notes)
        newer = {"value": into.excluded.value}
        connection.execute(
            into.on_conflict_do_update(index_elements=["name"], set_=newer), {"name": name, "value": value}
        )
