"""The embedded work queue."""

from __future__ import annotations

import asyncio

import pytest

from bot.ports import Stage
from bot.work import LocalQueue


async def heard(queue: LocalQueue, stage: Stage) -> bool:
    """Whether a stage that waits now is woken without anybody saying a further word."""
    waiting = asyncio.create_task(queue.wait(stage))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if waiting.done():
        return True
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    return False


async def test_a_word_is_heard_once_by_its_own_stage() -> None:
    """Words not yet heard fall into one, and each is for one stage."""
    queue = LocalQueue()
    assert not await heard(queue, Stage.DESK)
    queue.wake(Stage.DESK)
    queue.wake(Stage.DESK)
    assert not await heard(queue, Stage.OUTBOX)
    assert await heard(queue, Stage.DESK)
    assert not await heard(queue, Stage.DESK)


async def test_who_waits_is_woken() -> None:
    """A word said while a stage waits wakes it."""
    queue = LocalQueue()
    waiting = asyncio.create_task(queue.wait(Stage.POLL))
    await asyncio.sleep(0)
    queue.wake(Stage.POLL)
    await waiting
