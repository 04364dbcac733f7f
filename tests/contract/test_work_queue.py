"""What the stages may rely on, whichever queue carries their words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.ports import Stage, WorkQueue
from bot.work import LocalQueue

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


@pytest.fixture
def queue() -> WorkQueue:
    return LocalQueue()


async def ended(task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(PATIENCE):
        await task


async def test_words_fall_into_one(queue: WorkQueue) -> None:
    """Three words before anybody has heard one begin one call; one that is said during it begins another."""
    work, other = Work(), Work()
    for _ in range(3):
        queue.wake(Stage.DESK)
    async with serving(queue, Stage.DESK, work) as task, serving(queue, Stage.DIGESTS, other) as beside:
        first = await work.begun()
        queue.wake(Stage.DESK)
        queue.wake(Stage.DESK)
        first.set()
        second = await work.begun()
        queue.stop()
        second.set()
        await ended(task)
        await ended(beside)
    assert (work.calls, work.most_at_once, other.calls) == (2, 1, 0)


async def test_it_goes_on_while_there_is_more(queue: WorkQueue) -> None:
    """One word is enough, however much there is; what comes after the last of it needs another."""
    work = Work(2, 1, 0, 0)
    async with serving(queue, Stage.DESK, work) as task:
        queue.wake(Stage.DESK)
        for _ in range(3):
            (await work.begun()).set()
        queue.wake(Stage.DESK)
        (await work.begun()).set()
        queue.stop()
        await ended(task)
    assert work.calls == 4


async def test_calls_overlap_where_they_may(queue: WorkQueue) -> None:
    """A word is not kept waiting by the calls that earlier ones began."""
    work = Work()
    async with serving(queue, Stage.OUTBOX, work, overlapping=True) as task:
        begun = []
        for _ in range(3):
            queue.wake(Stage.OUTBOX)
            begun.append(await work.begun())
        assert work.at_once == 3
        queue.stop()
        for let in begun:
            let.set()
        await ended(task)


@pytest.mark.parametrize("overlapping", [False, True])
async def test_a_stop_waits_for_what_is_under_way(queue: WorkQueue, overlapping: bool) -> None:
    """And begins no more, though there is more and further words are said."""
    work = Work(True, True)
    async with serving(queue, Stage.OUTBOX, work, overlapping=overlapping) as task:
        queue.wake(Stage.OUTBOX)
        let = await work.begun()
        queue.stop()
        queue.wake(Stage.OUTBOX)
        assert (await asyncio.wait([task], timeout=0.1))[1]
        let.set()
        await ended(task)
    assert (work.calls, work.cancelled) == (1, 0)


@pytest.mark.parametrize("overlapping", [False, True])
async def test_who_is_cancelled_cancels_what_is_under_way(queue: WorkQueue, overlapping: bool) -> None:
    """Nothing of it goes on afterwards."""
    work = Work()
    async with serving(queue, Stage.POLL, work, overlapping=overlapping) as task:
        queue.wake(Stage.POLL)
        await work.begun()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ended(task)
    assert (work.calls, work.at_once, work.cancelled) == (1, 0, 1)
