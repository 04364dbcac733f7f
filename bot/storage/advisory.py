"""Holds on PostgreSQL that end with the process, however it ends: advisory locks, each on a connection of its own.

Reference: PostgreSQL 18, 13.3.5 «Advisory Locks». The server frees them when the connection ends. A pooler that hands
connections on after each transaction breaks them: name the server itself.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterable, Mapping
from datetime import timedelta
from threading import Lock

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from bot.roles import LostHoldError

HOLDERS = (
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database"
    " WHERE datname = current_database())"
)
KEY = "((classid::bigint << 32) | objid::bigint)"
HOLDER = text(f"SELECT application_name {HOLDERS} AND {KEY} = :key")
# Of two connections that one process has, since the server knows nothing yet of the end of the first one, the second.
CONNECTED = text(
    f"SELECT {KEY}, min(clock_timestamp() - backend_start) {HOLDERS} AND {KEY} = ANY(:keys) GROUP BY 1"
)


def key_of(name: str) -> int:
    """The number of our advisory lock of a name; others that use the server may have some too."""
    return int.from_bytes(hashlib.sha256(f"sokuho {name}".encode()).digest()[:8], "big") >> 1


def connected_for(connection: Connection, peers: Iterable[str]) -> Mapping[str, timedelta]:
    """How long the connections have stood that tell of processes (`AdvisoryHold`), of those that have one.

    Of nobody where the database is not PostgreSQL.
    """
    names = {key_of(_life_of(peer)): peer for peer in peers}
    if not names or connection.dialect.name != "postgresql":
        return {}
    return {names[key]: age for key, age in connection.execute(CONNECTED, {"keys": list(names)})}


def _life_of(peer: str) -> str:
    return f"life of {peer}"


class AdvisoryHold:
    """At most one process of all that use a database has the hold of a name."""

    def __init__(self, engine: Engine, name: str, *, peer: str | None = None) -> None:
        """`engine` makes a connection each time that it is asked for one, and does not keep it afterwards.

        With `peer`, others that have such a name may have the hold too, and its connection tells them that this process
        is there; who wants it alone gets it only while nobody has it.
        """
        self._engine = engine
        self._key = key_of(name)
        # A process that was cut off has to get the second one while the server believes in its former connection.
        self._shared = () if peer is None else (self._key, key_of(_life_of(peer)))
        self._connection: Connection | None = None
        self._held = False
        self._turn = Lock()

    def take(self) -> bool:
        """Whether it is ours. May raise DBAPIError. Who does not get it keeps the connection for the next try."""
        with self._turn:
            return self._stands() or self._take()

    def keep(self) -> None:
        """Take it again where its connection was lost. Raises LostHoldError where another process was faster."""
        if not self.take():
            raise LostHoldError

    def holder(self) -> str | None:
        """Who has it, for a person. May raise DBAPIError."""
        with self._engine.connect() as connection:
            found: str | None = connection.scalar(HOLDER, {"key": self._key})
            return found

    def release(self) -> None:
        with self._turn:
            self._drop()

    def _take(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._connected()
            self._held = self._locked(self._connection)
        except BaseException:
            self._drop()
            raise
        return self._held

    def _connected(self) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        name = f"process {os.getpid()} on {socket.gethostname()}"
        try:
            connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name})
        except BaseException:
            connection.close()
            raise
        return connection

    def _locked(self, connection: Connection) -> bool:
        if not self._shared:
            return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key}))
        lock = text("SELECT pg_try_advisory_lock_shared(:key)")
        return all(connection.scalar(lock, {"key": key}) for key in self._shared)

    def _stands(self) -> bool:
        if not self._held or self._connection is None:
            return False
        try:
            return bool(self._connection.scalar(text("SELECT true")))
        except DBAPIError:
            self._drop()
            return False

    def _drop(self) -> None:
        self._held = False
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
