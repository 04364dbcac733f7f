"""Topics that are added or changed: in force at once, whatever else happens, and known for the last days."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat.commands import answer
from bot.clock import SimulatedClock
from bot.domain.catalog import Catalog
from bot.domain.entries import Entry
from bot.domain.topics import TopicSpec
from tests.e2e.world import World, catalog_of, living
from tests.fakes.chats import ScriptedMessenger

START = datetime(2025, 8, 8, 6, tzinfo=UTC)
TURKEY = "Turkey holds a vote"
TOGO = "Togo holds a vote"


def watching(*topics: tuple[str, str]) -> Catalog:
    """The small catalog with these topics (slug and query) on offer, and no feeds."""
    return replace(
        catalog_of([]), topics=tuple(TopicSpec(slug, slug.title(), query) for slug, query in topics)
    )


async def bring(world: World, *titles: str) -> None:
    """Reports come in, and what follows from them is sent."""
    now = world.app.parts.clock.now()
    await world.app.parts.store.add_entries(
        [
            Entry(0, None, title, "", "https://example.org/1", "Reuters", "en", now - timedelta(hours=1), now)
            for title in titles
        ]
    )
    await world.app.step()


async def known(world: World, slug: str) -> list[str]:
    """The stories that a topic knows, the newest first."""
    store = world.app.parts.store
    ids = [topic.id for topic in await store.topics() if topic.spec.slug == slug]
    assert len(ids) == 1
    return [story.reports[0].entry.title for story in await store.latest_stories(ids, 10)]


@dataclass
class SlowFirst:
    """Stands in for `asyncio.to_thread`: what is handed over first begins only once it is let go."""

    to_thread: Callable[..., Any]
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.begun.is_set():
            self.begun.set()
            await self.let_go.wait()
        return await self.to_thread(*args, **kwargs)


@pytest.mark.parametrize("slow", ["reload", "command"])
async def test_a_topic_added_during_a_reload_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    """Whichever is slower: both the chat's topic and the configuration's match the next entry."""
    messenger = ScriptedMessenger()
    before, after = watching(("summit", "US Russia summit")), watching(("togo", "Togo"))
    async with living(tmp_path, before, SimulatedClock(START), messenger=messenger) as world:
        services, desk = world.app.services(), world.app.desk

        async def reload() -> None:
            await desk.adopt(after)

        async def command() -> None:
            await answer(services, world.chat, "/topics add Ankara = Turkey")

        first, second = (reload, command) if slow == "reload" else (command, reload)
        gate = SlowFirst(asyncio.to_thread)
        monkeypatch.setattr("bot.pipeline.asyncio.to_thread", gate)
        slow_one = asyncio.create_task(first())
        await gate.begun.wait()
        other = asyncio.create_task(second())
        for _ in range(50):  # more than the other needs, if it does not wait for the slow one
            await services.store.topics()
        gate.let_go.set()
        await asyncio.gather(slow_one, other)

        await answer(services, world.chat, "/subscribe ankara togo")
        await bring(world, TURKEY, TOGO)
        assert await known(world, "ankara") == [TURKEY]
        assert await known(world, "togo") == [TOGO]
    assert [next(title for title in (TURKEY, TOGO) if title in text) for text in messenger.reads()] == [
        TURKEY,
        TOGO,
    ]


@pytest.mark.parametrize("stopped", [False, True], ids=["while it runs", "while it is stopped"])
async def test_a_changed_query_forgets_the_old_and_knows_the_new(tmp_path: Path, stopped: bool) -> None:
    """Of the stored entries the topic has those that it asks for now; nothing is sent for them."""
    messenger, clock = ScriptedMessenger(), SimulatedClock(START)
    before, after = watching(("watch", "Turkey")), watching(("watch", "Togo"))
    async with living(tmp_path, before, clock, messenger=messenger) as world:
        await bring(world, TURKEY, TOGO)
        assert await known(world, "watch") == [TURKEY]
        assert len(messenger.calls) == 1
        if not stopped:
            await world.app.desk.adopt(after)
            await world.app.step()
            assert await known(world, "watch") == [TOGO]
    async with living(tmp_path, after, clock, messenger=messenger) as world:
        await world.app.step()
        assert await known(world, "watch") == [TOGO]
        assert len(messenger.calls) == 1
        await bring(world, "Togo counts its votes", "Turkey counts its votes")
        assert await known(world, "watch") == ["Togo counts its votes", TOGO]
    assert len(messenger.calls) == 2
    assert "Togo counts" in messenger.calls[-1].text


async def test_an_unchanged_query_keeps_what_it_matched(tmp_path: Path) -> None:
    """A new start and a reload of the same configuration forget nothing, however old it is."""
    messenger, clock = ScriptedMessenger(), SimulatedClock(START)
    configured = watching(("watch", " Turkey "))
    async with living(tmp_path, configured, clock, messenger=messenger) as world:
        await bring(world, TURKEY)
    clock.advance_to(START + timedelta(days=30))
    async with living(tmp_path, configured, clock, messenger=messenger) as world:
        await world.app.desk.adopt(configured)
        await world.app.desk.refresh_topics()
        assert await known(world, "watch") == [TURKEY]


async def test_a_change_that_was_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between taking over a query and searching the stored entries for it, the next start searches."""
    clock = SimulatedClock(START)
    before, after = watching(("vote", "Turkey")), watching(("vote", "Togo"))
    async with living(tmp_path, before, clock, messenger=ScriptedMessenger()) as world:
        await bring(world, TURKEY, TOGO)

        async def killed(*_: object) -> None:
            raise asyncio.CancelledError

        monkeypatch.setattr(world.app.parts.store, "backfill", killed)
        with pytest.raises(asyncio.CancelledError):
            await world.app.desk.adopt(after)
    async with living(tmp_path, after, clock, messenger=ScriptedMessenger()) as world:
        assert await known(world, "vote") == [TOGO]
