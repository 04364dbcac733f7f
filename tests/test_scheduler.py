"""Chores are done from time to time."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.scheduler import Chore, do_chore


async def test_a_chore_that_is_cut_off_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """It ends with whoever has it done, and nothing is said of that."""
    begun = asyncio.Event()
    ended: list[str] = []

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.append("cut off")

    doing = asyncio.create_task(do_chore(Chore(0.01, work)))
    await begun.wait()
    with caplog.at_level(logging.INFO, logger="apscheduler.executors.default"):
        doing.cancel()
        await asyncio.wait([doing])
        await asyncio.sleep(0.01)
    assert ended == ["cut off"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
