"""The tables of the work queue: Procrastinate's own, in a schema beside the store's.

They hold nothing but words not yet heard, so they are neither copied nor backed up.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from bot.storage.database import StoreProblem

SCHEMA = "sokuho_work"
"""Of their own, since the store takes a schema with tables that it does not know for another program's."""


def fit_work_tables(connection: Connection) -> StoreProblem | None:
    """Make the tables, or bring them to the installed Procrastinate, within the caller's transaction; or say why not.

    Which of its migrations was applied last stands in `version`: Procrastinate keeps no note of that. Their names sort
    in the order in which they are applied. The caller sees to it that no other process does the same meanwhile.
    """
    migrations = {file.name: file for file in sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))}
    newest = max(migrations)
    at = _version(connection)
    if at == newest:
        return None
    if at is not None and at > newest:
        return StoreProblem("The work queue's tables were made by a newer Sokuho. Upgrade this one.")
    if at is None:
        # Where somebody made it for us, we may not be allowed to make any.
        if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": SCHEMA}) is None:
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        connection.execute(text(f"CREATE TABLE {SCHEMA}.version (migration text PRIMARY KEY)"))
        missing = [SchemaManager.get_schema()]
    else:
        missing = [file.read_text(encoding="utf-8") for name, file in migrations.items() if name > at]
    before = connection.scalar(text("SHOW search_path"))
    _search(connection, SCHEMA)
    for script in missing:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(
                script
            )  # by the driver, for which percent signs are no places and statements may be many
    _search(connection, before)
    connection.execute(text(f"DELETE FROM {SCHEMA}.version"))  # noqa: S608 - the name is ours
    connection.execute(text(f"INSERT INTO {SCHEMA}.version VALUES (:newest)"), {"newest": newest})  # noqa: S608
    return None


def _version(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.version"}) is None:
        return None
    found: str | None = connection.scalar(text(f"SELECT migration FROM {SCHEMA}.version"))  # noqa: S608
    return found


def _search(connection: Connection, path: str) -> None:
    """Until the end of the transaction."""
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": path})
