"""APScheduler ticks, nothing else: what is due is in the store, a tick only says «look»."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.ports import Stage, WorkQueue

TICK_SECONDS = 1.0
RELOAD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do from time to time that no stage does. It never raises, and never runs twice at once."""

    seconds: float
    work: Callable[[], Awaitable[None]]


def start_ticks(
    queue: WorkQueue, chores: Sequence[Chore] = (), *, seconds: float = TICK_SECONDS
) -> AsyncIOScheduler:
    """A running scheduler in the current event loop; `shutdown(wait=False)` ends it.

    Late ticks are run once rather than skipped: the default grace of one second drops them when the loop is busy.
    """
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )

    async def wake_all() -> None:
        for stage in Stage:
            queue.wake(stage)

    scheduler.add_job(wake_all, "interval", seconds=seconds)
    for chore in chores:
        scheduler.add_job(chore.work, "interval", seconds=chore.seconds)
    scheduler.start()
    return scheduler
