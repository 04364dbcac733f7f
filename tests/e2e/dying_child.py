"""A process that does two rounds of the pipeline and kills itself at a named point: `FOLDER FEED_URL POINT|-`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.clock import SystemClock
from bot.ports import Point
from tests.e2e.world import catalog_of, living


async def main(folder: Path, url: str, point: str) -> None:
    def probe(passed: Point) -> None:
        if passed.value == point:
            os.kill(os.getpid(), signal.SIGKILL)

    async with living(folder, catalog_of([url]), SystemClock(), probe=probe) as world:
        await world.app.step()
        await world.app.step()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
