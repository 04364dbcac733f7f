"""How a transaction is run: each method of the store is a plain function of a connection, within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, String, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

P = ParamSpec("P")
T = TypeVar("T")
PartT = TypeVar("PartT", bound="Part")
AnyRow: TypeAlias = Row[*tuple[Any, ...]]

BATCH = 5_000
"""Values in one IN list; SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535."""


@dataclass(frozen=True, slots=True)
class StoreProblem:
    """Why a store cannot be opened. `sentence` is for a person: what is wrong and what to do."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Database:
    """Two ways into one database: `writer` takes the write lock as it begins, `reader` never does."""

    reader: AsyncEngine
    writer: AsyncEngine
    release: Callable[[], None]
    """Gives back the hold on the database."""

    async def read(self, body: Callable[[Connection], T]) -> T:
        """Run `body` on one snapshot."""
        async with self.reader.connect() as connection:
            return await connection.run_sync(body)

    async def write(self, body: Callable[[Connection], T]) -> T:
        """Run `body` in one transaction: all of it is committed, or nothing."""
        async with self.writer.begin() as connection:
            return await connection.run_sync(body)

    async def close(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()
        self.release()


class Part:
    """A noun's share of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database


def reads(
    body: Callable[Concatenate[PartT, Connection, P], T],
) -> Callable[Concatenate[PartT, P], Coroutine[Any, Any, T]]:
    """Make an async method that runs `body` on one snapshot."""

    @wraps(body)
    async def method(part: PartT, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await part._database.read(lambda connection: body(part, connection, *args, **kwargs))  # noqa: SLF001 (its own)

    return method


def writes(
    body: Callable[Concatenate[PartT, Connection, P], T],
) -> Callable[Concatenate[PartT, P], Coroutine[Any, Any, T]]:
    """Make an async method that runs `body` in one transaction."""

    @wraps(body)
    async def method(part: PartT, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await part._database.write(lambda connection: body(part, connection, *args, **kwargs))  # noqa: SLF001 (its own)

    return method


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, which the two dialects spell alike but do not share."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column's value, looked up by no index.

    SQLite knows nothing of how many rows have a value, and would rather go by `column` through the rows of years than
    by time through those of the last hours.
    """
    nothing: Any = "" if isinstance(column.type, String) else 0
    value: ColumnElement[Any] = column + nothing
    return value


def batches(values: Iterable[T]) -> Iterator[list[T]]:
    """The values once each, in lists that fit into a statement."""
    rest = iter(dict.fromkeys(values))
    while batch := list(islice(rest, BATCH)):
        yield batch
