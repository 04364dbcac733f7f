"""A process among others has it known that it lives, from its start to its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import app
from bot.app import App
from bot.clock import SimulatedClock
from bot.ports import Store
from bot.roles import Sharing
from bot.work import LocalQueue
from tests.e2e.world import catalog_of, living

START = datetime(2025, 8, 8, 6, tzinfo=UTC)


class LostError(Exception):
    """A connection is lost, and cannot be made anew yet."""


@dataclass(slots=True)
class Life:
    """A hold that others have too: `kept` counts the looks at it, of which the first ones fail."""

    failing: int = 0
    kept: int = 0

    def take(self) -> bool:
        return True

    def keep(self) -> None:
        self.kept += 1
        if self.kept <= self.failing:
            raise LostError

    def release(self) -> None:
        """There is nothing to give back."""


async def known(store: Store) -> bool:
    """Whether the process «one» is known to live: it may take something in hand."""
    (feed, _) = (await store.due_feeds(START, 1))[0]
    return await store.take_feeds("one", START, {feed.id}) == {feed.id}


async def test_it_is_seen_and_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again while it runs, also after its connection was lost; what it had in hand is free when it has ended."""
    monkeypatch.setattr(app, "BEAT_SECONDS", 0.01)
    stop, life = asyncio.Event(), Life(failing=2)
    async with living(tmp_path, catalog_of(["http://feeds.invalid/"]), SimulatedClock(START)) as world:
        store = world.app.parts.store
        await world.app.start()
        sharing = Sharing("one", frozenset(), LocalQueue(), hold=lambda _: Life(), life=life)
        one = App(replace(world.app.parts, sharing=sharing))
        assert not await known(store)
        await one.start()
        assert await known(store)
        running = asyncio.create_task(one.run(stop))
        async with asyncio.timeout(10):
            while life.kept < 4:  # noqa: ASYNC110 - it is a number
                await asyncio.sleep(0.005)
        await store.leave("one", START)
        async with asyncio.timeout(10):
            while not await known(store):  # noqa: ASYNC110 - it beats in its own time
                await asyncio.sleep(0.005)
        stop.set()
        await running
        assert not await known(store)
