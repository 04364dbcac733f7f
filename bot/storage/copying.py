"""All of one database into another, empty one, of whatever kind each is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Enum,
    Table,
    Text,
    cast,
    exists,
    func,
    select,
    text,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator

from bot.storage.database import Database, StoreProblem
from bot.storage.schema import metadata
from bot.storage.sql import file_of, open_database

ROWS = 5_000
"""That are copied at once."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told of a table's name, how many of its rows are copied, and how many there are."""


async def copy_database(source: str, target: str, progress: Progress) -> StoreProblem | None:
    """Copy all from one database URL to another, in one transaction: all is there afterwards, or nothing.

    Neither may be in use. Older tables are upgraded on both sides; but for that, the source stays as it is.
    """
    if source.startswith("sqlite"):
        file = file_of(source)
        if isinstance(file, StoreProblem):
            return file
        if not file.exists():
            return StoreProblem(f"There is no database in {file}.")
    if source == target:
        return StoreProblem("The database to copy to is the one to copy from. Name an empty one.")
    old = await open_database(source)
    if isinstance(old, StoreProblem):
        return _with(old, "the address to copy from")
    try:
        new = await open_database(target)
        if isinstance(new, StoreProblem):
            return _with(new, "the address to copy to")
        try:
            return await new.write(lambda connection: _copy(old, connection, progress))
        except DBAPIError as error:
            return StoreProblem(f"Nothing was copied: {' '.join(str(error.orig).split())}")
        finally:
            await new.close()
    finally:
        await old.close()


def _with(problem: StoreProblem, address: str) -> StoreProblem:
    """What stands against one of two databases, which is not the one that Sokuho runs on."""
    said = problem.sentence.replace("SOKUHO_DATABASE_URL", address)
    return StoreProblem(said[:1].upper() + said[1:])


def _copy(old: Database, target: Connection, progress: Progress) -> StoreProblem | None:
    tables = metadata.sorted_tables  # what is referred to before what refers to it
    if any(target.scalar(select(exists().select_from(table))) for table in tables):
        return StoreProblem("The database to copy to holds something already. Name an empty one.")
    with old.reader.connect() as source:
        for table in tables:
            _copy_table(table, source, target, progress)
    return None


def _copy_table(table: Table, source: Connection, target: Connection, progress: Progress) -> None:
    total = source.scalar(select(func.count()).select_from(table)) or 0
    progress(table.name, 0, total)
    # What refers to a row of the same table is filled in once all of them are there.
    later = [key.parent for key in table.foreign_keys if key.column.table is table]
    columns = [column for column in table.columns if column not in later]
    names = ", ".join(_quoted(column, target) for column in columns)
    places = ", ".join(f":{column.name}" for column in columns)
    into = text(f"INSERT INTO {table.name} ({names}) VALUES ({places})")  # noqa: S608 - the names are ours
    done = 0
    for rows in _pages(columns, source):
        target.execute(into, rows)
        done += len(rows)
        progress(table.name, done, total)
    for column in later:
        _refer(column, source, target)
    if table.autoincrement_column is not None and target.dialect.name == "postgresql" and total:
        numbered = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"  # noqa: S608
        target.execute(text(numbered))


def _refer(column: Column[Any], source: Connection, target: Connection) -> None:
    (key,) = column.table.primary_key.columns
    fill = text(
        f"UPDATE {column.table.name} SET {_quoted(column, target)} = :{column.name}"  # noqa: S608 - the names are ours
        f" WHERE {_quoted(key, target)} = :{key.name}"
    )
    for rows in _pages([key, column], source):
        referring = [row for row in rows if row[column.name] is not None]
        if referring:
            target.execute(fill, referring)


def _pages(columns: list[Column[Any]], source: Connection) -> Iterator[list[dict[str, Any]]]:
    """The rows as they are stored, in order."""
    key = columns[0].table.primary_key.columns
    stored = select(*(_stored(column).label(column.name) for column in columns)).order_by(*key)
    for rows in source.execution_options(yield_per=ROWS).execute(stored).mappings().partitions():
        yield [{name: _fit(value) for name, value in row.items()} for row in rows]


def _stored(column: Column[Any]) -> ColumnElement[Any]:
    """What stands in a column, not what it means: JSON is text, an instant a number."""
    type_ = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if isinstance(type_, JSON):
        return cast(column, Text)
    return type_coerce(column, Text() if isinstance(type_, Enum) else type_)


def _fit(value: object) -> object:
    """SQLite's texts may have zero bytes, which PostgreSQL's have not."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _quoted(column: Column[Any], connection: Connection) -> str:
    return connection.dialect.identifier_preparer.format_column(column)
