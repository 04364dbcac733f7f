"""A process with both bots that does two rounds and kills itself at the n-th pass of a named point.

`FOLDER POINT|- N MINUTES ADDRESSES FEED_URL…`; ADDRESSES as JSON. Both chats follow every topic on offer.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import SimulatedClock
from bot.domain.chats import Platform
from bot.ports import Point
from tests.e2e.platforms import PRIVATE, TEAM, Addresses, serving


async def main(
    folder: Path, point: str, n: int, minutes: float, addresses: Addresses, urls: Sequence[str]
) -> None:
    passes = 0

    def probe(passed: Point) -> None:
        nonlocal passes
        passes += passed.value == point
        if passed.value == point and passes == n:
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


if __name__ == "__main__":
    where, at, number, later, doubles, *feeds = sys.argv[1:]
    asyncio.run(main(Path(where), at, int(number), float(later), Addresses(**json.loads(doubles)), feeds))
