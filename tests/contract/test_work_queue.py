"""What the stages may rely on, whichever queue carries their words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.ports import Stage, WorkQueue
from bot.work import LocalQueue
from tests.fakes import postgres
from tests.fakes.work import Work, ended, serving


@pytest.fixture(params=["local", "postgresql"])
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[WorkQueue]:
    if request.param == "local":
        yield LocalQueue()
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    with server.database(await server.template()) as url:
        async with postgres.work_queue(url) as queue:
            yield queue


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
