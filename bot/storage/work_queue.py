"""The work queue of several processes: words as Procrastinate's jobs, on the PostgreSQL that has the store.

A word is a job in the queue of its stage, and its `queueing_lock` keeps a second one from waiting beside it. The job's
life is the work's: a stage that is one and ordered has a `lock`, so that nobody begins the next job while one is under
way, and what a dead process leaves under way is given to others.

Reference: https://procrastinate.readthedocs.io/en/stable/ (workers, locks, queueing locks, stalled jobs).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import URL

from bot.ports import Stage
from bot.roles import Outage
from bot.storage.postgresql import CONNECTING, WATCHING
from bot.storage.serving import LET_GO_SECONDS, LOOK, PULSE, Pauses, Pulse, Serving, says_more
from bot.storage.work_tables import SCHEMA

log = structlog.get_logger(__name__)

ORDERED = frozenset({Stage.DESK, Stage.DIGESTS})
"""Stages of which at most one call goes on at a time, in whichever process."""

CONNECTIONS = 4
"""Shared by the stages; each that is served listens on one more."""

PATIENCE = 5.0
"""Seconds until a connection is there, or the server counts as away."""


class ProcrastinateQueue:
    """`ports.WorkQueue` for many processes. Made by `open_procrastinate`; to be closed."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], pulse: Pulse) -> None:
        self._pool = pool
        self._pulse = pulse
        self._app = App(connector=PsycopgConnector())
        self._noted: set[Stage] = set()
        self._word = asyncio.Event()
        self._stop = asyncio.Event()
        self._outage = Outage("queue_is_away", "queue_is_back")
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to say what is noted, and to look for what dead processes left."""
        await self._app.open_async(self._pool)
        self._tasks = [asyncio.create_task(self._speak()), asyncio.create_task(self._look_after())]

    def wake(self, stage: Stage) -> None:
        self._noted.add(stage)
        self._word.set()

    async def serve(
        self, stage: Stage, work: Callable[[], Awaitable[object]], *, overlapping: bool = False
    ) -> None:
        serving = Serving(stage, work, self._pulse, self._stop, self._outage.lasts, overlapping=overlapping)
        await serving.app.open_async(self._pool)
        await serving.run()

    def stop(self) -> None:
        self._stop.set()

    async def close(self) -> None:
        """Say what is noted still, where the server is there, and give back every connection."""
        self.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(ConnectorException, TimeoutError):
            async with asyncio.timeout(LET_GO_SECONDS):
                await self._say()
        await self._pool.close()

    async def _speak(self) -> None:
        pauses = Pauses()
        while True:
            await self._word.wait()
            try:
                await self._say()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                self._outage.lasts(error)
                await asyncio.sleep(pauses.next())
            else:
                pauses.reset()

    async def _say(self) -> None:
        """Defer a job for each stage that was noted; what could not be said stays noted."""
        self._word.clear()
        if not self._noted:
            return
        noted, self._noted = self._noted, set()
        try:
            # One that waits already is as good. The server would write an error into its log for each that is refused.
            waiting = {job.queue for job in await self._app.job_manager.list_jobs_async(status="todo")}
            for stage in tuple(noted):
                if stage.value not in waiting:
                    await self._defer(stage)
                noted.discard(stage)
        finally:
            self._noted |= noted
            if self._noted:
                self._word.set()

    async def _defer(self, stage: Stage) -> None:
        lock = stage.value if stage in ORDERED else None
        job = self._app.configure_task(LOOK, queue=stage.value, lock=lock, queueing_lock=stage.value)
        with suppress(AlreadyEnqueued):
            await job.defer_async()

    async def _look_after(self) -> None:
        """Cross off what dead processes left under way, and say its word anew."""
        pauses = Pauses()
        while True:
            try:
                stalled = await self._app.job_manager.get_stalled_jobs(
                    seconds_since_heartbeat=self._pulse.dead_after
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                self._outage.lasts(error)
                await asyncio.sleep(pauses.next())
                continue
            pauses.reset()
            self._outage.over()
            for job in stalled:
                await self._take_over(job)
            await asyncio.sleep(self._pulse.every)

    async def _take_over(self, job: Job) -> None:
        # Not retried: it could not wait beside a newer word, and workers are told of new jobs only.
        with suppress(ConnectorException):  # somebody was faster, or the server is away
            await self._app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)
            log.warning("stalled_work", stage=job.queue, policy="begun anew by whoever serves it")
            with suppress(ValueError):  # another version's stage
                self.wake(Stage(job.queue))


async def open_procrastinate(url: URL, pulse: Pulse = PULSE) -> ProcrastinateQueue:
    """The queue on the database at `url`, where `open_store` made its tables. It need not be there just now."""
    for name in ("procrastinate.worker", "procrastinate.utils"):
        logging.getLogger(name).addFilter(says_more)
    dialect = url.set(drivername="postgresql+psycopg").get_dialect()()
    _, settings = dialect.create_connect_args(url)
    settings = {**CONNECTING, **settings}
    # A crash of the server may cost the last words, which are said again; nobody waits for a disk.
    ours = {"search_path": SCHEMA, "synchronous_commit": "off"} | WATCHING
    options = (f"-c {name}={value}" for name, value in ours.items())
    settings["options"] = " ".join([settings.get("options", ""), *options])
    pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
        kwargs=settings,
        min_size=1,
        max_size=CONNECTIONS,
        timeout=PATIENCE,
        # Its own attempts come ever more seldom, up to minutes; given up, each asker begins a new one.
        reconnect_timeout=1.0,
        configure=_commit_at_once,
        check=AsyncConnectionPool.check_connection,
        open=False,
        name="sokuho-work",
    )
    await pool.open()
    queue = ProcrastinateQueue(pool, pulse)
    await queue.start()
    return queue


async def _commit_at_once(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)
