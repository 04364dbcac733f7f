"""What comes in from chats: in order within a chat, side by side between chats."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


async def supervised(platform: str, work: Callable[[], Awaitable[None]], fail: Callable[[str], None]) -> None:
    """Run what has to go on for good; where it breaks, that is logged and told."""
    try:
        await work()
    except Exception:
        log.exception("platform_failed", platform=platform)
        fail(f"Sokuho has failed on {platform}; the log says how.")


Listen = Callable[[], Coroutine[Any, Any, None]]
Turn = Callable[[Listen], Coroutine[Any, Any, None]]
"""Has something done whenever it is this process's turn."""


async def always(listen: Listen) -> None:
    """The turn of a process that need not take turns."""
    await listen()


class Lanes:
    """Runs coroutines, each behind the last one of its key. What breaks is logged here and holds up nothing."""

    def __init__(self, platform: str) -> None:
        self._platform = platform
        self._last: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def submit(self, key: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[None]:
        """Run `work` once all that was submitted under the key before is done."""
        task = asyncio.create_task(self._run(self._last.get(key), work))
        self._last[key] = task
        self._running.add(task)
        task.add_done_callback(lambda done: self._forget(key, done))
        return task

    async def drain(self, seconds: float) -> bool:
        """Wait for what is under way, for at most so long; False where something was given up then."""
        if not self._running:
            return True
        _, late = await asyncio.wait(self._running, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return not late

    async def _run(self, before: asyncio.Task[None] | None, work: Coroutine[Any, Any, object]) -> None:
        try:
            if before is not None:
                await asyncio.wait([before])
            await work
        except Exception:
            log.exception("chat_failed", platform=self._platform)
        finally:
            work.close()

    def _forget(self, key: str, done: asyncio.Task[None]) -> None:
        self._running.discard(done)
        if self._last.get(key) is done:
            del self._last[key]
