"""Every kind of store there is, and a look behind the Protocol: what is stored, and what breaks half-way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.pool import QueuePool

from bot.storage.schema import metadata
from bot.storage.sql import SqlStore
from tests.fakes import postgres
from tests.fakes.stores import open_temporary_store


@pytest.fixture(params=["sqlite", "postgresql"])
async def home(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[[], Awaitable[SqlStore]]]:
    """For each kind of store: what opens the one and same store each time."""
    if request.param == "sqlite":
        yield partial(open_temporary_store, tmp_path)
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    with server.database(await server.template()) as url:
        yield partial(postgres.opened, url)


@pytest.fixture
async def store(home: Callable[[], Awaitable[SqlStore]]) -> AsyncIterator[SqlStore]:
    """An empty store; after the test, every connection must be back in its pool."""
    store = await home()
    try:
        yield store
        assert checked_out(store) == 0
    finally:
        await store.close()


def engines(store: SqlStore) -> tuple[Engine, Engine]:
    return store._database.reader, store._database.writer


def checked_out(store: SqlStore) -> int:
    """How many connections are in use."""
    pools = [engine.pool for engine in engines(store)]
    return sum(pool.checkedout() for pool in pools if isinstance(pool, QueuePool))


async def everything(store: SqlStore) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""

    def read(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }

    return await store._database.read(read)


class FaultError(Exception):
    """What a test breaks a transaction with."""


@dataclass(slots=True)
class Statements:
    """Counts the statements, and breaks at the one numbered `break_at`."""

    break_at: int | None = None
    count: int = 0

    def __call__(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("BEGIN"):  # which SQLite is told, and PostgreSQL's driver says by itself
            return
        self.count += 1
        if self.count == self.break_at:
            raise FaultError


@contextmanager
def counting(store: SqlStore, *, break_at: int | None = None) -> Iterator[Statements]:
    """Count what is executed, and raise FaultError before statement `break_at`."""
    statements = Statements(break_at)
    with listening(store, statements):
        yield statements


@contextmanager
def listening(store: SqlStore, listener: Callable[..., None]) -> Iterator[None]:
    """Have a listener told of each statement before it is executed."""
    for engine in engines(store):
        event.listen(engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        for engine in engines(store):
            event.remove(engine, "before_cursor_execute", listener)


async def explained(store: SqlStore, statements: Sequence[tuple[str, Any]]) -> list[str]:
    """How the database goes about statements; what it goes through from end to end stands as `SCAN topics`."""

    def explain(connection: Connection) -> list[str]:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            # With so few rows it would, whatever indexes there are; now it does only where there is none.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        return [
            str(row[-1]).strip().replace("Seq Scan on", "SCAN")
            for statement, parameters in statements
            for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)
        ]

    return await store._database.read(explain)
