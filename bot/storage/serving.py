"""A stage served by Procrastinate's workers, whatever becomes of the database meanwhile."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString

from procrastinate import App, PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from bot.ports import Stage

LOOK = "look"
"""The one task there is; it takes no arguments, since what is due is in the store."""

OVERLAPPING = 100
"""Calls of one stage at once in a process."""

ASK_SECONDS = 1.0
"""How often a worker asks for jobs of which it was told nothing: those whose notice was lost, or whose lock was freed."""

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 4.0
"""Seconds before what failed is tried again."""

LET_GO_SECONDS = 3.0
"""How long a cancelled stage waits for its calls to be crossed off; if they are not, they count as stalled."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """How often a process says that it lives, and when it counts as dead; in seconds."""

    every: float = 2.0
    dead_after: float = 10.0


PULSE = Pulse()


class Serving:
    """A stage served by one worker at a time; a worker that met an error of the database is replaced.

    What a worker had registered may be gone after an error: its own row, its heartbeat, its ear, or that a job ended.
    """

    def __init__(
        self,
        stage: Stage,
        work: Callable[[], Awaitable[object]],
        pulse: Pulse,
        stop: asyncio.Event,
        lost: Callable[[Exception], None],
        *,
        overlapping: bool,
    ) -> None:
        self._stage = stage
        self._work = work
        self._pulse = pulse
        self._stop = stop
        self._lost = lost
        self._overlapping = overlapping
        self._failed = asyncio.Event()
        self._cancelled = False
        self._under_way: set[asyncio.Task[Any]] = set()
        connector = _Watched(self._fail)
        self.app = App(connector=connector)
        self.app.job_manager = _Jobs(connector)
        self.app.task(name=LOOK)(self._look)

    async def run(self) -> None:
        workers: set[asyncio.Task[None]] = set()
        try:
            await self._keep_a_worker(workers)
            await _ended(workers)
        except asyncio.CancelledError:
            self._cancelled = True
            for job in self._under_way:
                job.cancel()
            await _ended(workers, LET_GO_SECONDS)
            for worker in workers:
                worker.cancel()
            raise

    async def _keep_a_worker(self, workers: set[asyncio.Task[None]]) -> None:
        pauses = Pauses()
        stopped = asyncio.create_task(self._stop.wait())
        try:
            while not self._stop.is_set():
                self._failed.clear()
                begun = time.monotonic()
                failed = asyncio.create_task(self._failed.wait())
                worker = asyncio.create_task(self._worker())
                workers.add(worker)
                try:
                    await asyncio.wait([worker, failed, stopped], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    failed.cancel()
                    worker.cancel()  # it fetches no more, and ends when its jobs have ended
                if not self._overlapping:
                    await _ended(workers)
                if time.monotonic() - begun > LONGEST_PAUSE:
                    pauses.reset()
                await asyncio.wait([stopped], timeout=pauses.next())
                workers.difference_update([each for each in workers if each.done()])
        finally:
            stopped.cancel()

    async def _worker(self) -> None:
        try:
            await self.app.run_worker_async(
                queues=[self._stage.value],
                name="",  # with which its lines would go by a logger of their own
                concurrency=OVERLAPPING if self._overlapping else 1,
                fetch_job_polling_interval=ASK_SECONDS,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=self._pulse.every,
                stalled_worker_timeout=self._pulse.dead_after,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, another worker is begun
            self._fail(error)

    async def _look(self) -> None:
        """The job, which is as long as the work."""
        work = asyncio.ensure_future(self._to_its_end())
        self._under_way.add(work)
        try:
            await work
        finally:
            self._under_way.discard(work)

    async def _to_its_end(self) -> None:
        while not self._over and await self._work() and not self._overlapping:
            pass

    @property
    def _over(self) -> bool:
        return self._cancelled or self._stop.is_set()

    def _fail(self, error: Exception) -> None:
        self._failed.set()
        self._lost(error)


class _Watched(PsycopgConnector):
    """Tells of every failure: a worker lives on, deaf or without a heartbeat, after some of them."""

    def __init__(self, fail: Callable[[Exception], None]) -> None:
        super().__init__()
        self._fail = fail

    async def execute_query_async(self, query: LiteralString, **arguments: object) -> None:
        with _telling(self._fail):
            await super().execute_query_async(query, **arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: object) -> dict[str, Any]:
        with _telling(self._fail):
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
            return row

    async def execute_query_all_async(
        self, query: LiteralString, **arguments: object
    ) -> list[dict[str, Any]]:
        with _telling(self._fail):
            rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
            return rows

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        with _telling(self._fail):
            await super().listen_notify(on_notification, channels)


class _Jobs(JobManager):
    """What could not be crossed off is left: once its worker is gone it counts as stalled, and is said anew."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: FBT001 - theirs
        with suppress(ConnectorException):
            await super().finish_job(job, status, delete_job)


class Pauses:
    """Longer from one to the next, and never those of another process: not all come back at once."""

    def __init__(self) -> None:
        self._longest = FIRST_PAUSE

    def next(self) -> float:
        """Seconds."""
        pause = random.uniform(self._longest / 2, self._longest)  # noqa: S311 - no secret
        self._longest = min(2 * self._longest, LONGEST_PAUSE)
        return pause

    def reset(self) -> None:
        self._longest = FIRST_PAUSE


@contextmanager
def _telling(fail: Callable[[Exception], None]) -> Iterator[None]:
    try:
        yield
    except UniqueViolation:
        raise
    except Exception as error:
        fail(error)
        raise


async def _ended(tasks: Iterable[asyncio.Task[None]], within: float | None = None) -> None:
    """Wait for them, whatever becomes of them; who is cancelled meanwhile does not cancel them."""
    if waited := set(tasks):
        await asyncio.wait(waited, timeout=within)


def says_more(record: logging.LogRecord) -> bool:
    """Whether a line of Procrastinate's says more than that the database is away, which the queue says once."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectorException))
