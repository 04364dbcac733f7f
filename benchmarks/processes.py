"""Processes of the bot as they are run, on one PostgreSQL, and what they and the server take: processor, memory, connections.

They share the machine with the doubles that they work against and with whatever else goes on, so what is measured is
processor time, where it can be.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import create_engine, text

from benchmarks.memory import MIB, private_bytes
from tests.e2e.platforms import addresses_of
from tests.e2e.test_run import environment_of
from tests.fakes import postgres
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_limits import Limits
from tests.fakes.telegram_server import TelegramServer
from tests.torture.scale import Fleet

START_SECONDS = 120.0
SETTLED_SECONDS = 3.0
"""After the last process is heard of, until its parsers and workers are there."""
LOOK_SECONDS = 0.05
NOBODYS = "http://127.0.0.1:9/"
"""The feed that a configuration has to name, and that no database has."""
BENCH = "bench"
"""By which the server knows the connections of this process."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Progress:
    """What goes on, on standard error."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = time.perf_counter()
        self._console = Console(stderr=True, highlight=False)

    def say(self, step: str) -> None:
        self._console.print(f"{self._what}, {time.perf_counter() - self._began:4.0f} s: {step}")


class Outsider:
    """The database as somebody beside the bot sees it, by a connection of its own."""

    def __init__(self, url: str) -> None:
        os.environ["PGAPPNAME"] = BENCH  # libpq reads it at each connection
        engine = create_engine(
            url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        self._connection = engine.connect()
        self._pid = int(self.one("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))

    def run(self, statement: str, **values: object) -> list[Any]:
        result = self._connection.execute(text(statement), values)
        return list(result) if result.returns_rows else []

    def one(self, statement: str, **values: object) -> Any:  # noqa: ANN401 - whatever the database has
        return self.run(statement, **values)[0][0]

    async def until(self, statement: str, seconds: float, **values: object) -> None:
        """Return once the statement answers true."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(self.one, statement, **values):  # noqa: ASYNC110 - a database has no events
                await asyncio.sleep(LOOK_SECONDS)

    @property
    def connections(self) -> int:
        """Those to this database of whoever is not this process."""
        others = "datname = current_database() AND application_name <> :bench"
        return int(self.one(f"SELECT count(*) FROM pg_stat_activity WHERE {others}", bench=BENCH))  # noqa: S608 - a constant

    def bytes_of(self, *tables: str) -> int:
        """With their indexes and what was moved out of line."""
        return sum(int(self.one("SELECT pg_total_relation_size(:name)", name=name)) for name in tables)

    @property
    def written(self) -> int:
        """Bytes of its log so far."""
        return int(self.one("SELECT pg_current_wal_insert_lsn() - '0/0'"))

    @property
    def cpu(self) -> float:
        """Seconds of the processor that the server has taken."""
        return seconds_of(self._pid)

    def close(self) -> None:
        self._connection.close()
        self._connection.engine.dispose()


@dataclass(frozen=True, slots=True)
class Crew:
    """Processes that run, and the database that they share."""

    fleet: Fleet
    database: Outsider
    began: float

    @property
    def cpu(self) -> float:
        """Seconds of the processor that they and those they began have taken."""
        return sum(seconds_of(process.pid) for process in self.fleet.running.values())

    @property
    def since_start(self) -> Took:
        """All that they have done so far; what of it the server took is not known."""
        return Took(time.monotonic() - self.began, self.cpu, 0.0, 0)

    @property
    def mib(self) -> float:
        """Of memory that they and those they began have to themselves."""
        family = _family()
        return sum(
            private_bytes(one) / MIB
            for process in self.fleet.running.values()
            for one in family.of(process.pid)
        )


@asynccontextmanager
async def a_database() -> AsyncIterator[tuple[str, Path]]:
    """The address of one on a server of its own, and a folder; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sokuho-bench-") as folder, postgres.running() as server:
        made = await server.template()
        with server.database(made) as url:
            yield url, Path(folder)


@asynccontextmanager
async def crew(
    folder: Path,
    url: str,
    roles: Sequence[str],
    doubles: tuple[TelegramServer, SlackServer],
    **environment: str,
) -> AsyncIterator[Crew]:
    """A process for each of the `roles` (`poll,desk` is one that does both), all of them begun."""
    variables: Mapping[str, str] = {
        **environment_of(folder, addresses_of(*doubles), [NOBODYS]),
        # Nobody is asked a second time while others are still asked the first.
        "SOKUHO_POLL_MINUTES": "600",
        "SOKUHO_POLL_MINUTES_AT_MOST": "600",
        "SOKUHO_DATABASE_URL": url,
        "SOKUHO_LOG_LEVEL": "warning",
        "SOKUHO_LOG_FORMAT": "json",
        "PGAPPNAME": "",
        **environment,
    }
    database, fleet = Outsider(url), Fleet(variables, folder, roles)
    began = time.monotonic()
    try:
        for number in range(len(roles)):
            await fleet.start(number)
        there = asyncio.ensure_future(
            database.until("SELECT count(*) = :all FROM peers", START_SECONDS, all=len(roles))
        )
        ends = [asyncio.ensure_future(process.wait()) for process in fleet.running.values()]
        await asyncio.wait([there, *ends], return_when=asyncio.FIRST_COMPLETED)
        if any(end.done() for end in ends):
            raise RuntimeError((folder / "1.log").read_text(encoding="utf-8"))
        await there
        await asyncio.sleep(SETTLED_SECONDS)
        yield Crew(fleet, database, began)
        errors = sorted(set(fleet.errors()))
        assert not errors, errors
    finally:
        await fleet.stop()
        database.close()


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of a piece of work, those of the processor that the processes and the server took for it, and bytes logged.

    The server's log is what a disk or a standby server has to bear.
    """

    seconds: float
    ours: float
    server: float
    logged: int

    @property
    def cores(self) -> float:
        """How many of them the processes and the server kept busy."""
        return (self.ours + self.server) / self.seconds


class Timing:
    """Begun at once; `ended` is to be asked when the work is done."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self.began, self._ours = time.monotonic(), crew.cpu
        self._server, self._logged = crew.database.cpu, crew.database.written

    def ended(self, began: float | None = None) -> Took:
        """`began`: when the work really did, by `time.monotonic`."""
        seconds = time.monotonic() - (began or self.began)
        database = self._crew.database
        return Took(
            seconds, self._crew.cpu - self._ours, database.cpu - self._server, database.written - self._logged
        )


def seconds_of(pid: int) -> float:
    """Seconds of the processor that a process and those it began have taken; of the ended ones, those that it awaited."""
    family = _family()
    return sum(family.took[one] for one in family.of(pid)) / _TICKS


@dataclass(frozen=True, slots=True)
class _Family:
    """`began`: by process, those that it began and that run. `took`: ticks of the processor."""

    began: Mapping[int, Sequence[int]]
    took: Mapping[int, int]

    def of(self, pid: int) -> Iterator[int]:
        if pid in self.took:
            yield pid
        for one in self.began.get(pid, ()):
            yield from self.of(one)


def _family() -> _Family:
    """All that run now: proc_pid_stat(5)."""
    began: dict[int, list[int]] = {}
    took: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, fields = int(stat.parent.name), stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        began.setdefault(int(fields[1]), []).append(pid)
        took[pid] = sum(map(int, fields[11:15]))
    return _Family(began, took)


@asynccontextmanager
async def doubles(
    slack: SlackServer | None = None, channels: int = 0, workspaces: int = 1
) -> AsyncIterator[tuple[TelegramServer, SlackServer]]:
    """Both platforms; on Slack, so many channels in each of so many workspaces that have installed the app."""
    async with TelegramServer(limits=Limits()) as telegram, slack or SlackServer() as serving:
        for number in range(1, workspaces + 1):
            team = f"T{number}"
            if team not in serving.workspaces:
                serving.workspace(team)
            for channel in range(channels):
                serving.channel(f"C{team}N{channel}", f"news-{channel}", team=team)
        yield telegram, serving
