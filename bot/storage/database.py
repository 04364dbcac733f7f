"""How a transaction is run: each method of the store is a plain function of a connection, within one transaction."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Insert, Row, String, Table
from sqlalchemy.dialects import postgresql, sqlite

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


class Database(ABC):
    """Two ways into one database: `writer` for transactions that change something, `reader` for those that may not.

    Each transaction runs in a thread, whole: a hop between threads costs more than most statements do.
    """

    def __init__(self, reader: Engine, writer: Engine, release: Callable[[], None], *, readers: int) -> None:
        """`release` gives back the hold on the database; `readers` is how many reads may go on at once."""
        self.reader = reader
        self.writer = writer
        self._release = release
        self._reading = ThreadPoolExecutor(readers, "sokuho-reads")

    async def read(self, body: Callable[[Connection], T]) -> T:
        """Run `body` on one snapshot."""
        return await finished(asyncio.get_running_loop().run_in_executor(self._reading, self._read, body))

    @abstractmethod
    async def write(self, body: Callable[[Connection], T], *, alone: bool = True) -> T:
        """Run `body` in one transaction: all of it is committed, or nothing.

        `alone`: as if no other transaction went on meanwhile; else each of its statements may find what others
        committed since the one before. It may be run several times until one run is committed, so it changes nothing
        but the database. Where the caller is cancelled, it is done whole or not begun by the time that this returns.
        """

    async def close(self) -> None:
        """Wait for what goes on, and give all back."""
        self._reading.shutdown()
        self.reader.dispose()
        self.writer.dispose()
        self._release()

    def _read(self, body: Callable[[Connection], T]) -> T:
        with self.reader.connect() as connection:
            return body(connection)


async def finished(work: asyncio.Future[T]) -> T:
    """What the work answers. Who is cancelled waits all the same: a thread cannot be stopped half-way."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        work.exception()  # nobody else will look at it
        raise


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
    """Make an async method that runs `body` in one transaction, as if it were alone.

    It may run more than once, so an argument that it goes through is a collection, not an iterator.
    """

    @wraps(body)
    async def method(part: PartT, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await part._database.write(lambda connection: body(part, connection, *args, **kwargs))  # noqa: SLF001 (its own)

    return method


def writes_rows(
    body: Callable[Concatenate[PartT, Connection, P], T],
) -> Callable[Concatenate[PartT, P], Coroutine[Any, Any, T]]:
    """Make an async method that runs `body` in one transaction, beside others.

    For what happens most often, where what becomes of a row follows from that row alone, as a statement that changes it
    finds it, or from one that was read FOR UPDATE.
    """

    @wraps(body)
    async def method(part: PartT, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await part._database.write(  # noqa: SLF001 (its own)
            lambda connection: body(part, connection, *args, **kwargs), alone=False
        )

    return method


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, which the two dialects spell alike but do not share."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_many(connection: Connection, insert: Insert, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of plain texts and numbers that have every column of the table, in its order.

    `Connection.execute` takes longer to look at the values of many rows than a database to store them.
    """
    compiled = insert.compile(dialect=connection.dialect)
    named = [] if compiled.positional else [dict(zip(compiled.params, row, strict=True)) for row in rows]
    connection.exec_driver_sql(str(compiled), named or list(rows))


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
