"""Holds on PostgreSQL that end with the process, however it ends: advisory locks, each on a connection of its own.

Reference: PostgreSQL 18, 13.3.5 «Advisory Locks». The server frees them when the connection ends. A pooler that hands
connections on after each transaction breaks them: name the server itself.
"""

from __future__ import annotations

import hashlib
import os
import socket
from threading import Lock

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from bot.roles import LostHoldError

HOLDER = text(
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database"
    " WHERE datname = current_database()) AND ((classid::bigint << 32) | objid::bigint) = :key"
)


def key_of(name: str) -> int:
    """The number of our advisory lock of a name; others that use the server may have some too."""
    return int.from_bytes(hashlib.sha256(f"sokuho {name}".encode()).digest()[:8], "big") >> 1


class AdvisoryHold:
    """At most one process of all that use a database has the hold of a name."""

    def __init__(self, engine: Engine, name: str, *, shared: bool = False) -> None:
        """`engine` makes a connection each time that it is asked for one, and does not keep it afterwards.

        `shared`: others who share may have it too; who wants it alone gets it only while nobody has it.
        """
        self._lock = text(f"SELECT pg_try_advisory_lock{'_shared' if shared else ''}(:key)")
        self._engine = engine
        self._key = key_of(name)
        self._connection: Connection | None = None
        self._turn = Lock()

    def take(self) -> bool:
        """Whether it is ours. May raise DBAPIError."""
        with self._turn:
            return self._take()

    def keep(self) -> None:
        """Take it again where its connection was lost. Raises LostHoldError where another process was faster."""
        with self._turn:
            if not self._stands() and not self._take():
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
        self._drop()
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            name = f"process {os.getpid()} on {socket.gethostname()}"
            connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name})
            taken = connection.scalar(self._lock, {"key": self._key})
        except BaseException:
            connection.close()
            raise
        if not taken:
            connection.close()
            return False
        self._connection = connection
        return True

    def _stands(self) -> bool:
        try:
            return self._connection is not None and self._connection.scalar(text("SELECT 1")) == 1
        except DBAPIError:
            return False

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
