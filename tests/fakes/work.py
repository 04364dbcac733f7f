"""Work that lasts until a test lets it end, and a stage that is served meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from bot.ports import Stage, WorkQueue

PATIENCE = 30.0
"""Seconds until what should have happened counts as missing."""


class Work:
    """Calls that last until they are let, in order, and what became of them."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)
        self._begun: asyncio.Queue[asyncio.Event] = asyncio.Queue()
        self.calls = 0
        self.at_once = 0
        self.most_at_once = 0
        self.cancelled = 0

    async def __call__(self) -> object:
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        let = asyncio.Event()
        self._begun.put_nowait(let)
        try:
            await let.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        return self._answers.pop(0) if self._answers else None

    async def begun(self) -> asyncio.Event:
        """Wait until the next call has begun; what is answered ends it once it is set."""
        async with asyncio.timeout(PATIENCE):
            return await self._begun.get()


@asynccontextmanager
async def serving(
    queue: WorkQueue, stage: Stage, work: Callable[[], Awaitable[object]], *, overlapping: bool = False
) -> AsyncIterator[asyncio.Task[None]]:
    """Serve a stage meanwhile; it is stopped at the end, at the latest."""
    task = asyncio.create_task(queue.serve(stage, work, overlapping=overlapping))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def ended(task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(PATIENCE):
        await task


async def until_told(logs: Sequence[Mapping[str, object]], event: str) -> None:
    """Wait until a line of that name was logged."""
    async with asyncio.timeout(PATIENCE):
        while event not in [line["event"] for line in logs]:  # noqa: ASYNC110 - nobody tells of a line
            await asyncio.sleep(0.02)
