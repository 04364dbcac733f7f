"""All that is particular to SQLite: its file, its settings and its ways of failing."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from bot.storage.database import Database, StoreProblem
from bot.storage.hold import take_hold
from bot.storage.migrating import Fit, judge, upgrade
from bot.storage.sharing import SharedCommits

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another program, such as a backup, that has the file locked."""

READERS = 3

OTHER_FILE = "name another file in SOKUHO_DATABASE_URL"


async def open_sqlite(file: Path, *, durable: bool) -> Database | StoreProblem:
    """The database in `file`, made or upgraded as needed and held against other processes.

    Where not `durable`, a power cut may cost all of it and nobody is kept out: for a file that is thrown away.
    """
    prepared = await asyncio.to_thread(_prepare, file, durable=durable)
    if isinstance(prepared, StoreProblem):
        return prepared
    database = SharedCommits(
        reader=_engine(prepared.file, "BEGIN", durable=durable, size=READERS),
        writer=_engine(prepared.file, "BEGIN IMMEDIATE", durable=durable, size=1),
        release=prepared.release,
        readers=READERS,
    )
    try:
        # An empty transaction proves at least that the file can be written.
        await database.write(upgrade if prepared.outdated else _nothing)
    except DBAPIError as error:
        await database.close()
        return _problem(prepared.file, error.orig or error)
    return database


@dataclass(frozen=True, slots=True)
class _Prepared:
    file: Path
    outdated: bool
    release: Callable[[], None]


def _prepare(file: Path, *, durable: bool) -> _Prepared | StoreProblem:
    """Make the folder, take the hold and look at the file before anything of it is touched."""
    release: Callable[[], None] = _nothing
    try:
        file = file.expanduser().resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            return StoreProblem(f"{file} is a folder. Please {OTHER_FILE}.")
        if durable:
            hold = take_hold(file)
            if isinstance(hold, StoreProblem):
                return hold
            release = hold.release
        fit = look(file)
    except (OSError, sqlite3.Error) as error:
        release()
        return _problem(file, error)
    match fit:
        case Fit.CURRENT | Fit.OUTDATED:
            return _Prepared(file, fit is Fit.OUTDATED, release)
        case Fit.NEWER:
            sentence = f"{file} was written by a newer Sokuho. Upgrade this one, or {OTHER_FILE}."
        case Fit.FOREIGN:
            sentence = f"{file} is the database of another program. Please {OTHER_FILE}."
    release()
    return StoreProblem(sentence)


def _nothing(*_: Connection) -> None:
    """Nothing to release; nothing to upgrade."""


def look(file: Path) -> Fit:
    """How the database in a file fits this version. May raise sqlite3.Error."""
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        version = None
        if "alembic_version" in tables:
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    return judge(tables, version)


def _engine(file: Path, begin: str, *, durable: bool, size: int) -> Engine:
    """An engine of `size` connections that opens each transaction with `begin`.

    A transaction that first reads and then writes cannot wait for the lock, so who will write says so at once with
    BEGIN IMMEDIATE. The driver's own habit, BEGIN before the first change, is switched off.
    Reference: SQLAlchemy 2.1, dialects/sqlite, «Transactions with SQLite and the sqlite3 driver».
    """
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        # A connection is used by one thread at a time.
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        json_serializer=partial(json.dumps, ensure_ascii=False),
    )
    pragmas = {
        "journal_mode": "WAL",
        # A message that was recorded as sent must not be owed again after a power cut.
        "synchronous": "FULL" if durable else "OFF",
        "foreign_keys": "ON",
        "query_only": "ON" if begin == "BEGIN" else "OFF",
    }

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def emit_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _problem(file: Path, error: BaseException) -> StoreProblem:
    match error:
        case sqlite3.Error(sqlite_errorcode=sqlite3.SQLITE_NOTADB):
            return StoreProblem(f"{file} is no database. Move it away, or {OTHER_FILE}.")
        case sqlite3.Error(sqlite_errorcode=sqlite3.SQLITE_CORRUPT):
            return StoreProblem(f"{file} is damaged. Restore it from a backup, or {OTHER_FILE}.")
        case sqlite3.Error(sqlite_errorcode=sqlite3.SQLITE_BUSY):
            return StoreProblem(f"{file} is locked by another program. Close that one and start again.")
        case OSError(strerror=str(reason)):
            return StoreProblem(
                f"{file} cannot be opened: {reason}. Make its folder writable, or {OTHER_FILE}."
            )
        case _:
            return StoreProblem(f"{file} cannot be opened: {error}. Make it writable, or {OTHER_FILE}.")
