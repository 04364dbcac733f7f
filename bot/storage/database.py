"""How a transaction is run: each method of the store is a plain function of a connection, within one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Row, String, Table
from sqlalchemy.dialects import postgresql, sqlite

P = ParamSpec("P")
T = TypeVar("T")
PartT = TypeVar("PartT", bound="Part")
AnyRow: TypeAlias = Row[*tuple[Any, ...]]

SHARE = 100
"""Writes that may share a commit."""

BATCH = 5_000
"""Values in one IN list; SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535."""


@dataclass(frozen=True, slots=True)
class StoreProblem:
    """Why a store cannot be opened. `sentence` is for a person: what is wrong and what to do."""

    sentence: str


class Database:
    """Two ways into one database: `writer` takes the write lock as it begins, `reader` never does.

    Each transaction runs in a thread of its engine's, whole: a hop between threads costs more than most statements do.
    Writes that wait for the one before share a commit, and with it the wait for the disk.
    """

    def __init__(self, reader: Engine, writer: Engine, release: Callable[[], None], *, readers: int) -> None:
        """`release` gives back the hold on the database; `readers` is how many reads may go on at once."""
        self.reader = reader
        self.writer = writer
        self._release = release
        self._reading = ThreadPoolExecutor(readers, "sokuho-reads")
        self._writing = ThreadPoolExecutor(1, "sokuho-writes")
        self._waiting: list[_Write] = []
        self._committing: asyncio.Task[None] | None = None

    async def read(self, body: Callable[[Connection], T]) -> T:
        """Run `body` on one snapshot."""
        return await _finished(asyncio.get_running_loop().run_in_executor(self._reading, self._read, body))

    async def write(self, body: Callable[[Connection], T]) -> T:
        """Run `body` in one transaction: all of it is committed, or nothing.

        Where the caller is cancelled, it is done whole or not begun by the time that this returns.
        """
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Write(body, result))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_waiting())
        return await _finished(result)

    async def close(self) -> None:
        if self._committing is not None:
            await self._committing
        self._reading.shutdown()
        self._writing.shutdown()
        self.reader.dispose()
        self.writer.dispose()
        self._release()

    def _read(self, body: Callable[[Connection], T]) -> T:
        with self.reader.connect() as connection:
            return body(connection)

    async def _commit_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            writes, self._waiting = self._waiting[:SHARE], self._waiting[SHARE:]
            try:
                outcomes = await loop.run_in_executor(
                    self._writing, self._write, [one.body for one in writes]
                )
            except Exception as error:  # noqa: BLE001 - it is each writer's
                outcomes = [error] * len(writes)
            for one, outcome in zip(writes, outcomes, strict=True):
                one.settle(outcome)
        self._committing = None

    def _write(self, bodies: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        """What each body answers, or the exception that it raises. Raises where nothing at all could be committed."""
        with self.writer.begin() as connection:
            if len(bodies) == 1:
                return [bodies[0](connection)]
            return [_within(connection, body) for body in bodies]


@dataclass(frozen=True, slots=True)
class _Write:
    """A write that waits for its turn."""

    body: Callable[[Connection], Any]
    result: asyncio.Future[Any]

    def settle(self, outcome: object) -> None:
        if isinstance(outcome, Exception):
            self.result.set_exception(outcome)
        else:
            self.result.set_result(outcome)


def _within(connection: Connection, body: Callable[[Connection], Any]) -> object:
    """What the body answers, or raises, with all that it changed undone."""
    try:
        with connection.begin_nested():
            return body(connection)
    except Exception as error:  # noqa: BLE001 - it is the caller's
        return error


async def _finished(work: asyncio.Future[T]) -> T:
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
