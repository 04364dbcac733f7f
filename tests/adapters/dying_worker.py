"""A process that begins a call of the desk, says so, and does not end it: for a test to kill."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import make_url

from bot.ports import Stage
from bot.storage.serving import Pulse
from bot.storage.work_queue import open_procrastinate


async def main(url: str, pulse: Pulse) -> None:
    async def work() -> None:
        print("begun", flush=True)  # noqa: T201 - what the test waits for
        await asyncio.Event().wait()

    queue = await open_procrastinate(make_url(url), pulse)
    queue.wake(Stage.DESK)
    await queue.serve(Stage.DESK, work)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Pulse(*map(float, sys.argv[2:]))))
