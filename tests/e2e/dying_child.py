"""A process that does two rounds of the pipeline and kills itself at a named point: `FOLDER POINT|- MINUTES FEED_URL…`.

It lives `MINUTES` after now, so that feeds which an earlier one has asked are due again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import SimulatedClock
from bot.domain.deliveries import REVISED_AFTER
from bot.ports import Point
from tests.e2e.world import catalog_of, living


async def main(folder: Path, point: str, minutes: float, urls: Sequence[str]) -> None:
    def probe(passed: Point) -> None:
        if passed.value == point:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = SimulatedClock(datetime.now(UTC) + timedelta(minutes=minutes))
    async with living(folder, catalog_of(urls), clock, probe=probe) as world:
        await world.app.step()
        await world.app.step()
        # What came to a message is shown a little later.
        clock.advance_to(clock.now() + REVISED_AFTER)
        await world.app.work_off()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4:]))
