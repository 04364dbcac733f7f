"""The store on SQLAlchemy, put together from its nouns, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.storage.advisory import AdvisoryHold
from bot.storage.chats import ChatPart
from bot.storage.database import Database, StoreProblem
from bot.storage.deliveries import DeliveryPart
from bot.storage.desk import DeskPart
from bot.storage.digests import DigestPart
from bot.storage.feeds import FeedPart
from bot.storage.forgetting import ForgetPart
from bot.storage.installations import InstallationPart
from bot.storage.noting import NotePart
from bot.storage.own_feeds import OwnFeedPart
from bot.storage.peers import PeerPart
from bot.storage.places import PlacePart
from bot.storage.postgresql import NOT_INSTALLED, hold_in, life_in, open_postgresql
from bot.storage.resuming import ResumePart
from bot.storage.sqlite import open_sqlite

if TYPE_CHECKING:
    from bot.storage.work_queue import ProcrastinateQueue

EXAMPLE = "sqlite:///data/sokuho.db, or postgresql://user:password@host/name"
POSTGRESQL = ("postgresql", "postgres")
"""How addresses of PostgreSQL begin; libpq takes both."""


class SqlStore(
    FeedPart,
    OwnFeedPart,
    DeskPart,
    ChatPart,
    PlacePart,
    DeliveryPart,
    PeerPart,
    ResumePart,
    DigestPart,
    ForgetPart,
    NotePart,
    InstallationPart,
):
    """`ports.Store`."""

    async def close(self) -> None:
        await self._database.close()


async def open_store(url: str, *, durable: bool = True) -> SqlStore | StoreProblem:
    """Open the store at a database URL.

    `sqlite:///data/sokuho.db`, relative to the working directory, or `postgresql://user:password@host/name`.
    Makes the folder of a file and the tables, upgrades older ones, and holds the database until `close`, so that no
    second process works on it. Where not `durable`, it is faster, unheld and not safe from power cuts: for a temporary
    store.
    """
    database = await open_database(url, durable=durable)
    return database if isinstance(database, StoreProblem) else SqlStore(database)


@dataclass(frozen=True, slots=True)
class SharedStore:
    """A store that several processes work on, and what is to be done by one of them at a time."""

    store: SqlStore
    queue: ProcrastinateQueue
    hold: Callable[[str], AdvisoryHold]
    life: AdvisoryHold
    """The one of this process, which stands while the store is open."""


async def open_shared(url: str, peer: str) -> SharedStore | StoreProblem:
    """Open the store at a URL of PostgreSQL as the process `peer`, together with others that open it so; close its parts."""
    address = _address(url)
    if isinstance(address, StoreProblem):
        return address
    if address.get_backend_name() not in POSTGRESQL:
        return StoreProblem(
            "--roles is for several processes on one PostgreSQL. Name it in SOKUHO_DATABASE_URL, or leave --roles out."
        )
    try:
        from bot.storage.work_queue import open_procrastinate  # noqa: PLC0415 - SQLite needs none of it
    except ModuleNotFoundError:
        return NOT_INSTALLED
    life = life_in(address, peer)
    database = await open_postgresql(address, durable=True, life=life)
    if isinstance(database, StoreProblem):
        return database
    queue = await open_procrastinate(address)
    return SharedStore(SqlStore(database), queue, partial(hold_in, address), life)


async def open_database(url: str, *, durable: bool = True) -> Database | StoreProblem:
    """What the store at a database URL works on."""
    address = _address(url)
    if isinstance(address, StoreProblem):
        return address
    if address.get_backend_name() in POSTGRESQL:
        return await open_postgresql(address, durable=durable)
    file = _file_of(address)
    return file if isinstance(file, StoreProblem) else await open_sqlite(file, durable=durable)


def file_of(url: str) -> Path | StoreProblem:
    """The SQLite file that a database URL names."""
    address = _address(url)
    if isinstance(address, StoreProblem):
        return address
    if address.get_backend_name() in POSTGRESQL:
        return StoreProblem("The database is on PostgreSQL, whose own pg_dump and pg_restore do that.")
    return _file_of(address)


def _address(url: str) -> URL | StoreProblem:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        # The text may hold a password, so it is not repeated.
        return StoreProblem(f"SOKUHO_DATABASE_URL is no database address. It looks like {EXAMPLE}.")


def _file_of(address: URL) -> Path | StoreProblem:
    if address.get_backend_name() != "sqlite":
        return StoreProblem(
            f"SOKUHO_DATABASE_URL names neither SQLite nor PostgreSQL. It looks like {EXAMPLE}."
        )
    if address.database in (None, "", ":memory:"):
        return StoreProblem(f"SOKUHO_DATABASE_URL names no SQLite file. It looks like {EXAMPLE}.")
    return Path(str(address.database))
