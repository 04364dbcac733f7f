"""Topics that are added or changed: in force at once, whatever else happens, and known for the last days."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.chat.commands import answer
from bot.clock import SimulatedClock
from bot.domain.catalog import Catalog
from bot.domain.entries import Entry
from bot.domain.lexicon import Lexicon
from bot.domain.queries import Query, QueryProblem, read_query
from bot.domain.topics import Topic, TopicSpec
from bot.storage import chats
from bot.storage.sql import SqlStore
from tests.contract.conftest import counting
from tests.e2e.world import World, catalog_of, living
from tests.fakes.chats import ScriptedMessenger
from tests.fakes.events import of_its_own

START = datetime(2025, 8, 8, 6, tzinfo=UTC)
TURKEY = of_its_own("Turkey holds a vote")
TOGO = of_its_own("Togo holds a vote")
TOGO_COUNTS = of_its_own("Togo counts its votes")
TURKEY_COUNTS = of_its_own("Turkey counts its votes")


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
        await bring(world, TOGO_COUNTS, TURKEY_COUNTS)
        assert await known(world, "watch") == [TOGO_COUNTS, TOGO]
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


async def own_topic(world: World, text: str) -> int:
    """The chat makes a topic `watch` of its own and follows it; answers its id."""
    services = world.app.services()
    assert (await answer(services, world.chat, f"/topics add Watch = {text}")).changed
    assert (await answer(services, world.chat, "/subscribe watch")).changed
    (topic,) = [one for one in await services.store.visible_topics(world.chat.id) if one.chat_id]
    return topic.id


async def test_a_topic_that_a_chat_changes_matches_anew_and_keeps_its_subscribers(tmp_path: Path) -> None:
    """What it matched is forgotten, what it matches of the last days is known, and the next report is told of."""
    messenger = ScriptedMessenger()
    async with living(tmp_path, watching(), SimulatedClock(START), messenger=messenger) as world:
        topic_id = await own_topic(world, "Turkey")
        await bring(world, TURKEY, TOGO)
        assert await known(world, "watch") == [TURKEY]
        assert len(messenger.calls) == 1
        said = await answer(world.app.services(), world.chat, "/topics edit watch = Togo")
        assert said.changed
        assert "• Togo (country" in said.plain
        assert await known(world, "watch") == [TOGO]
        assert [s.topic_id for s in await world.app.parts.store.subscriptions(world.chat.id)] == [topic_id]
        await world.app.step()
        assert len(messenger.calls) == 1  # of what came before, nobody is told
        assert "Turkey holds a vote" in (await answer(world.app.services(), world.chat, "/why")).plain
        await bring(world, TOGO_COUNTS, TURKEY_COUNTS)
        assert await known(world, "watch") == [TOGO_COUNTS, TOGO]
        assert "Togo counts" in messenger.calls[-1].text
        assert len(messenger.calls) == 2
        # Narrowed, it hears of less; another name leaves all that as it is.
        assert (await answer(world.app.services(), world.chat, "/topics narrow watch: -football")).changed
        assert (await answer(world.app.services(), world.chat, "/topics rename watch = West Africa")).changed
        await bring(world, *map(of_its_own, ("Togo wins at football", "Togo elects a president")))
        assert "elects" in messenger.calls[-1].text
        assert len(messenger.calls) == 3
        assert (await answer(world.app.services(), world.chat, "/topics remove West Africa")).changed
        await bring(world, of_its_own("Togo mourns"))
        assert len(messenger.calls) == 3


async def test_one_topic_among_thousands_is_changed_without_a_look_at_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that a person types and nothing that a report leads to reads the other chats' topics."""
    messenger = ScriptedMessenger()
    async with living(tmp_path, watching(), SimulatedClock(START), messenger=messenger) as world:
        store = world.app.parts.store
        assert isinstance(store, SqlStore)
        others = await store.ensure_chat("console", "others", "", START)
        for number in range(2_000):
            await store.add_topic(others.id, TopicSpec(f"t{number}", f"T{number}", "Armenia"), START)
        await world.app.desk.adopt(watching())
        read: list[int | None] = []
        to_topic = chats._topic

        def reading(row: Any) -> Topic:
            read.append(row.chat_id)
            return to_topic(row)

        monkeypatch.setattr(chats, "_topic", reading)
        with counting(store) as statements:
            await own_topic(world, "Turkey")
            for typed in ("/topics", "/topics show watch", "/topics edit watch = Togo", "/latest", "/start"):
                await answer(world.app.services(), world.chat, typed)
            await bring(world, TOGO)
            await answer(world.app.services(), world.chat, "/why")
            await answer(world.app.services(), world.chat, "/topics remove watch")
        assert len(messenger.calls) == 1
        assert set(read) == {world.chat.id}
        assert statements.count < 200


async def test_many_topics_are_read_by_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a start they are all in force, whichever page they come on; and each query is read once."""
    monkeypatch.setattr("bot.pipeline.TOPICS_AT_ONCE", 3)
    messenger = ScriptedMessenger()
    async with living(tmp_path, watching(), SimulatedClock(START), messenger=messenger) as world:
        store = world.app.parts.store
        for number in range(10):
            spec = TopicSpec(f"t{number}", f"T{number}", "Togo" if number % 2 else "Turkey")
            topic = await store.add_topic(world.chat.id, spec, START)
            assert topic is not None
            await store.subscribe(world.chat.id, topic.id, START)
        read: list[str] = []

        def reading(text: str, lexicon: Lexicon) -> Query | QueryProblem:
            read.append(text)
            return read_query(text, lexicon)

        monkeypatch.setattr("bot.pipeline.read_query", reading)
        await world.app.desk.adopt(watching(("togo", "Togo"), ("iran", "Iran")))
        assert sorted(read) == ["Iran", "Togo", "Turkey"]
        assert all(topic.backfilled for topic in await store.topics())
        await bring(world, TURKEY, TOGO)
        assert all(
            "#T0 #T2 #T4 #T6 #T8" in text or "#T1 #T3 #T5 #T7 #T9" in text for text in messenger.reads()
        )
    assert len(messenger.calls) == 2


async def searching(world: World, gate: SlowFirst, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the first search of stored entries is held up, and nobody waits for it."""
    monkeypatch.setattr("bot.pipeline.asyncio.to_thread", gate)
    monkeypatch.setattr("bot.pipeline.PATIENCE", timedelta(0))


async def searched(world: World) -> None:
    """Wait until the search that is under way has come to its end."""
    task = world.app.desk._search
    assert task is not None
    await task


async def test_a_new_topic_is_in_force_while_stored_entries_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person is answered and the next report told of; what came before is known once it is done."""
    messenger, gate = ScriptedMessenger(), SlowFirst(asyncio.to_thread)
    async with living(tmp_path, watching(), SimulatedClock(START), messenger=messenger) as world:
        await bring(world, TOGO)
        await searching(world, gate, monkeypatch)
        said = await answer(world.app.services(), world.chat, "/topics add Watch = Togo")
        assert "still being searched for it" in said.plain
        await answer(world.app.services(), world.chat, "/subscribe watch")
        await bring(world, TOGO_COUNTS)
        assert len(messenger.calls) == 1
        assert await known(world, "watch") == [TOGO_COUNTS]
        # Another one that is made meanwhile is searched for as well.
        await answer(world.app.services(), world.chat, "/topics add Second = vote")
        gate.let_go.set()
        await searched(world)
        assert await known(world, "watch") == [TOGO_COUNTS, TOGO]
        assert await known(world, "second") == [TOGO_COUNTS, TOGO]
        assert all(topic.backfilled for topic in await world.app.parts.store.topics())


async def test_a_topic_that_changes_while_it_is_searched_for_is_searched_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that it asked for before is found for it; and one that is removed finds nothing."""
    gate = SlowFirst(asyncio.to_thread)
    async with living(tmp_path, watching(), SimulatedClock(START), messenger=ScriptedMessenger()) as world:
        await bring(world, TOGO, TURKEY)
        await searching(world, gate, monkeypatch)
        for typed in ("add Watch = Togo", "add Gone = Togo", "edit watch = Turkey", "remove gone"):
            assert (await answer(world.app.services(), world.chat, f"/topics {typed}")).changed
        gate.let_go.set()
        await searched(world)
        assert await known(world, "watch") == [TURKEY]
        (watch,) = await world.app.parts.store.topics()
        assert watch.backfilled
        assert await world.app.parts.store.latest_stories([watch.id, watch.id + 1], 10) == (
            await world.app.parts.store.latest_stories([watch.id], 10)
        )


@pytest.mark.parametrize("typed", ["edit watch = Togo", "remove watch", "rename watch = Other"])
async def test_a_topic_that_changes_during_a_reload_is_as_it_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """The reload had read it as it was before."""
    messenger = ScriptedMessenger()
    async with living(tmp_path, watching(), SimulatedClock(START), messenger=messenger) as world:
        await own_topic(world, "Turkey")
        gate = SlowFirst(asyncio.to_thread)
        monkeypatch.setattr("bot.pipeline.asyncio.to_thread", gate)
        reload = asyncio.create_task(world.app.desk.adopt(watching(("iran", "Iran"))))
        await gate.begun.wait()
        await answer(world.app.services(), world.chat, f"/topics {typed}")
        gate.let_go.set()
        await reload
        await bring(world, TURKEY, TOGO)
        expected = {"edit": [TOGO], "remove": [], "rename": [TURKEY]}[typed.split(maxsplit=1)[0]]
        assert [next(one for one in (TURKEY, TOGO) if one in text) for text in messenger.reads()] == expected


async def test_a_chats_change_that_was_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program ends while stored entries are searched: the topic is as it was changed, and searched for then."""
    clock, gate = SimulatedClock(START), SlowFirst(asyncio.to_thread)
    async with living(tmp_path, watching(), clock, messenger=ScriptedMessenger()) as world:
        await own_topic(world, "Turkey")
        await bring(world, TURKEY, TOGO)
        with monkeypatch.context() as patched:
            await searching(world, gate, patched)
            await answer(world.app.services(), world.chat, "/topics edit watch = Togo")
            assert await known(world, "watch") == []
            await world.app.desk.stop()
    async with living(tmp_path, watching(), clock, messenger=ScriptedMessenger()) as world:
        assert await known(world, "watch") == [TOGO]


async def test_a_search_that_fails_is_logged_and_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The topic is in force all the same; the next change takes it up."""
    async with living(tmp_path, watching(), SimulatedClock(START), messenger=ScriptedMessenger()) as world:
        await bring(world, TOGO)
        with monkeypatch.context() as patched, capture_logs() as logs:

            async def broken(*_: object) -> None:
                raise OSError

            patched.setattr(world.app.parts.store, "backfill", broken)
            assert (await answer(world.app.services(), world.chat, "/topics add Watch = Togo")).changed
        assert [log["event"] for log in logs] == ["backfill_failed"]
        assert await known(world, "watch") == []
        assert (await answer(world.app.services(), world.chat, "/topics add Other = Turkey")).changed
        assert await known(world, "watch") == [TOGO]


async def test_a_topic_that_returns_has_all_that_it_had(tmp_path: Path) -> None:
    """Also what is older than a search looks back, as after a restart."""
    clock = SimulatedClock(START)
    offered, withdrawn = watching(("togo", "Togo")), watching()
    async with living(tmp_path, offered, clock, messenger=ScriptedMessenger()) as world:
        await bring(world, TOGO)
        clock.advance_to(START + timedelta(hours=50))
        await bring(world, TURKEY)
        clock.advance_to(START + timedelta(hours=80))
        for configured in (withdrawn, offered):
            await world.app.desk.adopt(configured)
        await searched(world)
        ledger, store = world.app.desk._ledger, world.app.parts.store
        assert ledger is not None
        known = await store.known_reports(START)
        assert [len(one.topics) for one in known] == [1, 0]
        assert [
            one for known_report in known for one in ledger.reports(known_report.placed.story_id)
        ] == list(known)
