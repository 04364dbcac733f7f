"""The embedded work queue: one process, one event a stage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.ports import Stage


class LocalQueue:
    """`ports.WorkQueue` within one event loop. What is due is in the store, so nothing is lost with it."""

    def __init__(self) -> None:
        self._events = {stage: asyncio.Event() for stage in Stage}
        self._stopping = False

    def wake(self, stage: Stage) -> None:
        self._events[stage].set()

    async def serve(
        self, stage: Stage, work: Callable[[], Awaitable[object]], *, overlapping: bool = False
    ) -> None:
        async def call() -> object:
            return await work()

        async with asyncio.TaskGroup() as group:
            while await self._heard(stage):
                if overlapping:
                    group.create_task(call())
                    continue
                while not self._stopping and await call():
                    pass

    def stop(self) -> None:
        self._stopping = True
        for event in self._events.values():
            event.set()

    async def _heard(self, stage: Stage) -> bool:
        """Wait for a word; answers whether there is to be any more work."""
        await self._events[stage].wait()
        self._events[stage].clear()
        return not self._stopping
