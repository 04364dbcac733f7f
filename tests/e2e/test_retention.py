"""What is long over is forgotten, and not told again, whatever its feed still says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import SimulatedClock
from bot.retention import Retention
from tests.e2e.world import World, catalog_of, living
from tests.fakes.chats import read_chat
from tests.fakes.feed_server import FeedServer, Item

START = datetime(2025, 8, 8, 6, tzinfo=UTC)
KEEP = timedelta(days=30)
OLD = Item(
    "Ukraine ceasefire agreed", id="1", link="https://news.example/1", summary="Moscow and Kyiv agree."
)


async def polled(world: World, clock: SimulatedClock, after: timedelta = timedelta(days=1)) -> None:
    clock.advance_to(clock.now() + after)
    await world.app.step()


async def test_nothing_is_told_again(tmp_path: Path) -> None:
    """Listed still, changed in its title, under another id, with another link, after a restart, and listed again."""
    clock = SimulatedClock(START)
    folder = tmp_path / "store"
    folder.mkdir()
    async with FeedServer() as server:
        feeds = catalog_of([server.url("/feed")])
        server.publish("/feed", [Item("Weather stays fine", id="0")])
        async with living(folder, feeds, clock) as world:
            await world.app.step()
            server.publish("/feed", [OLD])
            await polled(world, clock)
            assert len(read_chat(folder / "chat.jsonl")) == 1
            clock.advance_to(clock.now() + KEEP + timedelta(days=1))
            await Retention(world.app.parts.store, clock, KEEP, pause=0).work()
            assert await world.app.parts.store.story(2) is None
            for items in (
                [OLD, Item("Sport", id="9")],
                [Item("Ukraine ceasefire agreed at last", id="1", link=OLD.link, summary="Moscow, Kyiv.")],
                [],
                [OLD],
            ):
                server.publish("/feed", items)
                await polled(world, clock)
        async with living(folder, feeds, clock) as world:
            server.publish("/feed", [Item(OLD.title, id="other", link=OLD.link, summary=OLD.summary)])
            await polled(world, clock)
            assert len(read_chat(folder / "chat.jsonl")) == 1
            server.publish("/feed", [Item("Ukraine ceasefire broken", id="2")])
            await polled(world, clock)
    assert len(read_chat(folder / "chat.jsonl")) == 2
