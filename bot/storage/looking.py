"""A look at the feeds of a database, whoever works on it: nothing of it is made, upgraded or held."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.ports import FeedStatus
from bot.storage import postgresql, sqlite
from bot.storage.feeds import statuses_in
from bot.storage.migrating import Fit


def feeds_in(url: str) -> tuple[FeedStatus, ...]:
    """How feeds are doing by the store at a database URL; none where there is none that this version could read."""
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            return _feeds_in_file(Path(address.database or ""))
        return _feeds_at(address.set(drivername="postgresql+psycopg"))
    except (ArgumentError, ModuleNotFoundError, DBAPIError, sqlite3.Error, OSError):
        return ()


def _feeds_in_file(file: Path) -> tuple[FeedStatus, ...]:
    if not file.is_file() or sqlite.look(file) is not Fit.CURRENT:
        return ()
    query = {"mode": "ro", "uri": "true"}
    with _connection(URL.create("sqlite", database=file.resolve().as_uri(), query=query)) as connection:
        return statuses_in(connection, counted=False)


def _feeds_at(address: URL) -> tuple[FeedStatus, ...]:
    with _connection(address) as connection:
        return statuses_in(connection, counted=False) if postgresql.look(connection) is Fit.CURRENT else ()


def _connection(address: URL) -> Connection:
    """One that is closed with nothing changed."""
    return create_engine(address, poolclass=NullPool).connect()
