"""APScheduler ticks, nothing else: what is due is in the store, a tick only says «look»."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.ports import Stage, WorkQueue

TICK_SECONDS = 1.0
RELOAD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do from time to time that no stage does. It never raises, and never runs twice at once.

    `alone`: its name, where of all processes that share a store one does it.
    """

    seconds: float
    work: Callable[[], Awaitable[None]]
    alone: str = ""


def ticks(queue: WorkQueue, *, seconds: float = TICK_SECONDS) -> Chore:
    """What has every stage look at what has come due."""

    async def wake_all() -> None:
        for stage in Stage:
            queue.wake(stage)

    return Chore(seconds, wake_all, alone="ticks")


async def do_chore(chore: Chore) -> None:
    """Do it from time to time, until cancelled.

    Late ticks are run once rather than skipped: the default grace of one second drops them when the loop is busy.
    """
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )

    async def work() -> None:
        with suppress(asyncio.CancelledError):  # which APScheduler would log as a failure
            await chore.work()

    scheduler.add_job(work, "interval", seconds=chore.seconds)
    scheduler.start()
    try:
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)
