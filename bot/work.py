"""The embedded work queue: one process, one event a stage."""

from __future__ import annotations

import asyncio

from bot.ports import Stage


class LocalQueue:
    """`ports.WorkQueue` within one event loop. What is due is in the store, so nothing is lost with it."""

    def __init__(self) -> None:
        self._events = {stage: asyncio.Event() for stage in Stage}

    def wake(self, stage: Stage) -> None:
        self._events[stage].set()

    async def wait(self, stage: Stage) -> None:
        await self._events[stage].wait()
        self._events[stage].clear()
