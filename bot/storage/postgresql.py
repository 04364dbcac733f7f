"""All that is particular to PostgreSQL: its connections, its transactions and its ways of failing."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection, IsolationLevel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bot.storage.advisory import AdvisoryHold, key_of
from bot.storage.database import Database, StoreProblem, finished
from bot.storage.migrating import Fit, judge, upgrade

T = TypeVar("T")

READERS = 4
WRITERS = 6
"""With the one that keeps the hold, eleven connections a process; a server as it comes takes a hundred."""

TRIES = 20
LONGEST_WAIT = 0.25
"""Seconds between two of them, at most."""

AGAIN = frozenset({"40001", "40P01"})
"""SQLSTATEs of a transaction that met another one, and goes through when it is run again."""

NOT_PERMITTED = "42501"
"""SQLSTATE of what the user has no right to."""

NOTICED_AFTER = 2.0
"""Seconds within which a server on this machine surely knows that a process that had the hold was killed."""

CONNECTING = {
    "connect_timeout": 10,
    # Milliseconds without an acknowledgement after which a connection counts as lost.
    "tcp_user_timeout": 30_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""How this side of a connection notices that the other one is gone: libpq's parameters, in seconds but for one."""

WATCHING = {
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 2,
    # Milliseconds, and of what was sent and is not acknowledged.
    "tcp_user_timeout": 15_000,
}
"""How the server notices it, in seconds. By itself it takes hours; so, what a machine without power held and had locked is
free after a quarter of a minute."""

STORE = "store"
"""The hold of who works on the database; alone, or with others who share it."""

NOT_INSTALLED = StoreProblem(
    'PostgreSQL needs more than is installed here. Install it: pip install "sokuho[postgres]".'
)


class ConcurrentTransactions(Database):
    """Several writes at once. One that is to be alone is serializable: where it meets another, it is run again.

    Reference: PostgreSQL 18, 13.2.3 «Serializable Isolation Level», 13.5 «Serialization Failure Handling».
    """

    def __init__(self, reader: Engine, writer: Engine, release: Callable[[], None]) -> None:
        super().__init__(reader, writer, release, readers=READERS)
        self._writing = ThreadPoolExecutor(WRITERS, "sokuho-writes")

    async def write(self, body: Callable[[Connection], T], *, alone: bool = True) -> T:
        level: IsolationLevel = "SERIALIZABLE" if alone else "READ COMMITTED"
        return await finished(
            asyncio.get_running_loop().run_in_executor(self._writing, self._write, body, level)
        )

    async def close(self) -> None:
        self._writing.shutdown()
        await super().close()

    def _write(self, body: Callable[[Connection], T], level: IsolationLevel) -> T:
        for number in range(1, TRIES):
            try:
                return self._once(body, level)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in AGAIN:
                    raise
            # Those that met must not meet again: each waits for some other time.
            time.sleep(random.uniform(0, min(LONGEST_WAIT, 0.002 * 2**number)))  # noqa: S311 - no secret
        return self._once(body, level)

    def _once(self, body: Callable[[Connection], T], level: IsolationLevel) -> T:
        with self.writer.connect().execution_options(isolation_level=level) as connection, connection.begin():
            return body(connection)


async def open_postgresql(
    url: URL, *, durable: bool, life: AdvisoryHold | None = None
) -> Database | StoreProblem:
    """The database at `url`, its tables made or upgraded as needed, held against other processes.

    Where not `durable`, a crash of the server may cost the last transactions and nobody is kept out. With `life`, those
    are let in who share it too.
    """
    return await asyncio.to_thread(_open, _driven(url), life, durable=durable)


def hold_in(url: URL, name: str) -> AdvisoryHold:
    """The hold of a name in the database at `url`, for those who share it."""
    return AdvisoryHold(_engine(_driven(url), "READ COMMITTED", size=0, durable=True), name)


def life_in(url: URL, peer: str) -> AdvisoryHold:
    """The hold on the store of a process that shares it."""
    return AdvisoryHold(_engine(_driven(url), "READ COMMITTED", size=0, durable=True), STORE, peer=peer)


def _driven(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg")


def _open(url: URL, life: AdvisoryHold | None, *, durable: bool) -> Database | StoreProblem:
    try:
        plain = _engine(url, "READ COMMITTED", size=0, durable=durable)
    except ModuleNotFoundError:
        return NOT_INSTALLED
    hold = life or (AdvisoryHold(plain, STORE) if durable else None)
    try:
        problem = _held_elsewhere(hold) if hold else None
        problem = problem or _fitted(plain)
    except DBAPIError as error:
        problem = _problem(error)
    except ModuleNotFoundError:
        problem = NOT_INSTALLED
    if problem is not None:
        if hold is not None:
            hold.release()
        return problem
    reader = _engine(url, "REPEATABLE READ", size=READERS, durable=durable)
    writer = _engine(url, "SERIALIZABLE", size=WRITERS, durable=durable)

    @event.listens_for(reader, "connect")
    def only_read(connection: DBAPIConnection, _record: object) -> None:
        connection.read_only = True

    if hold is None:
        return ConcurrentTransactions(reader, writer, _nothing)
    for engine in (reader, writer):
        # A connection that is new after the start stands for one that was lost, and the hold may be lost with it.
        event.listen(engine, "connect", lambda *_: hold.keep())
    return ConcurrentTransactions(reader, writer, hold.release)


def _nothing() -> None:
    """Nothing to release."""


def _engine(url: URL, isolation: IsolationLevel, *, size: int, durable: bool) -> Engine:
    """An engine that keeps `size` connections; where that is 0, it makes one whenever it is asked."""
    settings: dict[str, int | str] = {
        name: value for name, value in CONNECTING.items() if name not in url.query
    }
    if not durable:
        settings["options"] = "-c synchronous_commit=off"
    make = partial(
        create_engine,
        url,
        isolation_level=isolation,
        connect_args=settings,
        json_serializer=partial(json.dumps, ensure_ascii=False),
    )
    # A connection may have been lost while nobody used it, as by a restart of the server.
    kept = {"pool_size": size, "max_overflow": 0, "pool_pre_ping": True}
    engine = make(**kept) if size else make(poolclass=NullPool)
    event.listen(engine, "connect", _be_watched)
    return engine


def _be_watched(connection: DBAPIConnection, _record: object) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in WATCHING.items()))
    connection.commit()


def _held_elsewhere(hold: AdvisoryHold) -> StoreProblem | None:
    until = time.monotonic() + NOTICED_AFTER
    while not hold.take():
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    else:
        return None
    return StoreProblem(
        f"The database is in use by another Sokuho ({hold.holder() or 'unknown'}). "
        "Stop that one, start each of several with --roles, or name another database in SOKUHO_DATABASE_URL."
    )


def _fitted(engine: Engine) -> StoreProblem | None:
    """Bring the tables to this version, or say why that cannot be."""
    from bot.storage.work_tables import fit_work_tables  # noqa: PLC0415 - SQLite needs none of it

    with engine.begin() as connection:
        # Several processes may start at once, and all but the first find the work done.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key_of("tables")})
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            return StoreProblem(f"The database keeps {encoding}. Make one with ENCODING 'UTF8'.")
        match look(connection):
            case Fit.NEWER:
                return StoreProblem("The database was written by a newer Sokuho. Upgrade this one.")
            case Fit.FOREIGN:
                return StoreProblem(
                    "The database has tables of another program. "
                    "Make one for Sokuho alone, and name it in SOKUHO_DATABASE_URL."
                )
            case Fit.OUTDATED:
                upgrade(connection)
            case Fit.CURRENT:
                pass
        return fit_work_tables(connection)


def look(connection: Connection) -> Fit:
    """How the database fits this version."""
    mine = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    tables = set(connection.scalars(mine))
    version: str | None = None
    if "alembic_version" in tables:
        version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return judge(tables, version)


def _problem(error: DBAPIError) -> StoreProblem:
    """The driver's words name the server and the user, and no password."""
    reason = " ".join(str(error.orig or error).split())
    if getattr(error.orig, "sqlstate", None) == NOT_PERMITTED:
        return StoreProblem(
            f"The user in SOKUHO_DATABASE_URL may not do all that is needed there: {reason.partition(' LINE ')[0]}. "
            "Make it the owner: ALTER DATABASE … OWNER TO …"
        )
    return StoreProblem(
        f"The PostgreSQL in SOKUHO_DATABASE_URL cannot be used: {reason.rstrip('.')}. See that it runs, "
        "and that the address is right."
    )
