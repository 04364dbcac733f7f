"""A feed that one chat names, from `/feeds add` to the message, beside a chat that follows the same topic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.chat.commands import answer
from bot.clock import SimulatedClock
from bot.domain.entries import FeedSpec
from bot.domain.polling import FeedLimits
from bot.ports import Naming
from tests.e2e.world import catalog_of, living
from tests.fakes.chats import read_chat
from tests.fakes.feed_server import FeedServer, Item

START = datetime(2025, 8, 8, 6, tzinfo=UTC)
OLD = [Item(f"Ukraine ceasefire, part {number}", id=f"old{number}", published=START) for number in range(40)]


async def test_from_a_named_feed_to_the_chat_that_named_it(tmp_path: Path) -> None:
    """Nothing of what it had then is told, however fresh; what comes after is, to nobody else, and once."""
    clock = SimulatedClock(START)
    async with FeedServer() as server, living(tmp_path, catalog_of([]), clock) as world:
        app, store = world.app, world.app.parts.store
        (topic, *_) = await store.topics()
        other = await store.ensure_chat("console", "other", "Other", START)
        await store.subscribe(other.id, topic.id, START)
        server.publish("/feed", OLD)
        spec = FeedSpec(server.url("/feed"), "My blog", "en")
        assert await store.name_feed(world.chat.id, spec, FeedLimits(), START) is Naming.ADDED
        await app.step()
        assert read_chat(tmp_path / "chat.jsonl") == []
        server.publish("/feed", [Item("Ukraine ceasefire agreed", id="new"), *OLD])
        for _ in range(2):
            clock.advance_to(clock.now() + timedelta(minutes=5))
            await app.step()
        (message,) = read_chat(tmp_path / "chat.jsonl")
        assert "【Ukraine ceasefire agreed】" in message.text
        assert "My blog" in message.text
        assert await store.sent_messages(other.id, 5) == ()
        shown = (await answer(app.services(), other, f"/latest {topic.spec.slug}")).plain
        assert "agreed" not in shown
        tried = (await answer(app.services(), other, "/topics test Ukraine ceasefire")).plain
        assert "agreed" not in tried
        assert "agreed" in (await answer(app.services(), world.chat, f"/latest {topic.spec.slug}")).plain
