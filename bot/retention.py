"""Forgets what is long over, a little at a time, so that nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot.ports import Clock, Forgotten, Store

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
BATCH = 50
"""Stories in a transaction: about 25 ms in which nobody else writes."""
PAUSE = 0.05
"""Seconds between two batches, in which others write."""


class Retention:
    """`work` forgets all that is older than `keep`; what is unsent stays, whatever its age."""

    def __init__(self, store: Store, clock: Clock, keep: timedelta, *, pause: float = PAUSE) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep
        self._pause = pause

    async def work(self) -> None:
        before = self._clock.now() - self._keep
        try:
            forgotten = await self._all(self._store.forget_stories, before)
            texts = await self._all(self._store.forget_texts, before)
            rest = 0
            while batch := await self._store.forget_rest(before, BATCH):
                rest += batch
                await asyncio.sleep(self._pause)
        except Exception:
            # What is left is forgotten the next time.
            log.exception("not_forgotten")
            return
        if forgotten or texts or rest:
            log.info("forgotten", before=before.isoformat(), stories=forgotten, texts=texts, rest=rest)

    async def _all(
        self, forget: Callable[[datetime, int, int], Awaitable[Forgotten]], before: datetime
    ) -> int:
        count, after = 0, 0
        while (batch := await forget(before, after, BATCH)).last is not None:
            count, after = count + batch.count, batch.last
            await asyncio.sleep(self._pause)
        return count
