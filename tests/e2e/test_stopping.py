"""A stop waits for the calls under way, for so long and no longer, and loses nothing either way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import SimulatedClock
from bot.domain.deliveries import UNCERTAIN_WAIT
from tests.e2e.world import catalog_of, living
from tests.fakes.chats import ScriptedMessenger
from tests.fakes.feed_server import FeedServer, Item

START = datetime(2025, 8, 8, 6, tzinfo=UTC)


class _Slow(ScriptedMessenger):
    """Answers a call when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.called, self.let = asyncio.Event(), asyncio.Event()
        self.meanwhile = self._until_let

    async def _until_let(self) -> None:
        self.called.set()
        await self.let.wait()


@pytest.mark.parametrize(("answers", "drain", "uncertain"), [(True, 60.0, 0), (False, 0.0, 1)])
async def test_a_call_under_way(tmp_path: Path, answers: bool, drain: float, uncertain: int) -> None:
    """It is waited for and noted; one that outlasts the limit is known to be uncertain at the next start."""
    clock, messenger, stop = SimulatedClock(START), _Slow(), asyncio.Event()
    async with FeedServer() as server:
        server.publish("/feed", [])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock, messenger=messenger) as world:
            app = world.app
            app.parts = replace(app.parts, drain_seconds=drain, tick_seconds=0.01)
            await app.step()
            server.publish("/feed", [Item("Ukraine ceasefire agreed", id="1")])
            clock.advance_to(START + timedelta(minutes=5))
            running = asyncio.create_task(app.run(stop))
            await messenger.called.wait()
            stop.set()
            if answers:
                messenger.let.set()
            await running
            assert len(messenger.reads()) == answers
            assert await app.parts.store.recover(clock.now()) == uncertain
            left = await app.parts.store.claim_deliveries(clock.now() + UNCERTAIN_WAIT, 9)
            assert [one.possible_repeat for one in left] == [True] * uncertain
