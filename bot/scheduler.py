"""APScheduler ticks, nothing else: what is due is in the store, a tick only says «look»."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.ports import Stage, WorkQueue

TICK_SECONDS = 1.0
RELOAD_SECONDS = 2.0


def start_ticks(
    queue: WorkQueue, reload: Callable[[], Awaitable[None]] | None, *, seconds: float = TICK_SECONDS
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
    if reload is not None:
        scheduler.add_job(reload, "interval", seconds=RELOAD_SECONDS)
    scheduler.start()
    return scheduler
