"""The life of a process with both bots: two rounds, unless it kills itself at the n-th pass of a named point."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import SimulatedClock
from bot.domain.chats import Platform
from bot.ports import Point
from tests.e2e.platforms import PRIVATE, TEAM, Addresses, serving


async def two_rounds(
    folder: Path, addresses: Addresses, urls: Sequence[str], *, die_at: Point | None, n: int, minutes: float
) -> None:
    """It begins `minutes` after now. Both chats follow every topic on offer."""
    passes = 0

    def probe(passed: Point) -> None:
        nonlocal passes
        passes += passed is die_at
        if passed is die_at and passes == n:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = SimulatedClock(datetime.now(UTC) + timedelta(minutes=minutes))
    async with serving(folder, addresses, urls, clock=clock, probe=probe) as room:
        places: tuple[tuple[Platform, str], ...] = (("telegram", str(PRIVATE)), ("slack", f"{TEAM}/C1"))
        for platform, address in places:
            chat = await room.store.ensure_chat(platform, address, "", clock.now())
            for topic in await room.store.topics():
                await room.store.subscribe(chat.id, topic.id, clock.now())
        for _ in range(2):
            await room.app.step()
        # What was put off or retried comes due.
        clock.advance_to(clock.now() + timedelta(minutes=1))
        await room.app.work_off()
