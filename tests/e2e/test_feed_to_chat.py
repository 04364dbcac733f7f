"""From a feed over HTTP to a message in a chat."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import ConfigWatcher
from bot.clock import SimulatedClock
from bot.domain.catalog import Catalog
from bot.settings.files import load_catalog
from tests.e2e.world import INTERVAL, World, catalog_of, living
from tests.fakes.chats import read_chat
from tests.fakes.feed_server import FeedServer, Item, rss
from tests.fakes.shipped import copy_config

START = datetime(2025, 8, 8, 6, tzinfo=UTC)


async def next_round(world: World, clock: SimulatedClock, minutes: float = 5) -> None:
    clock.advance_to(clock.now() + timedelta(minutes=minutes))
    await world.app.step()


def texts(folder: Path) -> list[str]:
    return [message.text for message in read_chat(folder / "chat.jsonl")]


async def test_an_entry_that_appears_is_in_the_chat_on_the_next_poll(tmp_path: Path) -> None:
    """An entry that appears in a feed is told on the next poll, with its outlet and link, and told once."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/feed", [Item("Weather stays fine", id="old")])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            await world.app.step()
            assert texts(tmp_path) == []
            server.publish(
                "/feed", [Item("Ukraine ceasefire agreed", id="new"), Item("Weather stays fine", id="old")]
            )
            await next_round(world, clock)
            await next_round(world, clock)
    [text] = texts(tmp_path)
    assert "【Ukraine ceasefire agreed】" in text
    assert "Reuters" in text
    assert "#Ukraine_ceasefire (250808)" in text


async def test_first_poll_tells_only_what_is_fresh(tmp_path: Path) -> None:
    """Of a feed's first poll only entries of the last hours are news; the rest stays quiet, also later."""
    clock = SimulatedClock(START)
    items = [
        Item("Ukraine truce near", id="fresh", published=START - timedelta(hours=1)),
        Item("Ukraine truce far", id="stale", published=START - timedelta(days=2)),
        Item("Ukraine truce some day", id="undated", published=None),
    ]
    async with FeedServer() as server:
        server.publish("/feed", items)
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            await world.app.step()
            await next_round(world, clock)
    [text] = texts(tmp_path)
    assert "Ukraine truce near" in text


async def test_a_first_answer_that_is_cut_off_is_no_first_poll(tmp_path: Path) -> None:
    """It is a failure; of the whole document that comes next, what is a month old is not told."""
    clock = SimulatedClock(START)
    items = [
        Item(f"Ukraine truce, day {day}", published=START - timedelta(days=30 + day)) for day in range(5)
    ]
    document = rss(items)
    async with FeedServer() as server:
        server.serve("/feed", document[: document.index(b"day 0")])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            await world.app.step()
            [failed] = await world.app.parts.store.feed_statuses()
            assert (failed.failures, failed.last_success) == (1, None)
            server.serve("/feed", document)
            clock.advance_to(failed.next_poll)
            await world.app.step()
            [well] = await world.app.parts.store.feed_statuses()
            assert (well.failures, well.entries) == (0, len(items))
    assert texts(tmp_path) == []


async def test_renamed_ids_and_repeats_send_nothing_twice(tmp_path: Path) -> None:
    """A feed that renames its ids, then its links, then repeats an item is quiet."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/feed", [])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            await world.app.step()
            for id_, link in (("a", "/1"), ("b", "/1"), ("c", "/2"), ("a", "/1")):
                item = Item(
                    "Ukraine ceasefire agreed", id=id_, link=f"https://example.org{link}", summary="It holds."
                )
                server.publish("/feed", [item, item])
                await next_round(world, clock)
    assert len(texts(tmp_path)) == 1


async def test_a_changed_title_is_a_revision(tmp_path: Path) -> None:
    """The same entry with another title is no second report, and its old wording is kept in the store."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/feed", [])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            await world.app.step()
            for title in ("Ukraine ceasefire agreed", "Ukraine ceasefire agreed at last"):
                server.publish("/feed", [Item(title, id="a")])
                await next_round(world, clock)
            [entry] = await world.app.parts.store.entries_since(START, 10)
            assert (entry.title, entry.revision) == ("Ukraine ceasefire agreed at last", 1)
    assert len(texts(tmp_path)) == 1


async def test_a_revision_that_is_the_first_to_match_is_told(tmp_path: Path) -> None:
    """A headline edited into a topic is told then."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/feed", [])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            await world.app.step()
            for title in ("Leaders speak", "Leaders agree on Ukraine ceasefire"):
                server.publish("/feed", [Item(title, id="a")])
                await next_round(world, clock)
    [text] = texts(tmp_path)
    assert "Leaders agree on Ukraine ceasefire" in text


async def test_the_same_headline_of_two_outlets_is_one_message_that_grows(tmp_path: Path) -> None:
    """A reprint adds its outlet to the message that is there."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        for path in ("/one", "/two"):
            server.publish(path, [])
        async with living(tmp_path, catalog_of([server.url("/one"), server.url("/two")]), clock) as world:
            await world.app.step()
            for path in ("/one", "/two"):
                server.publish(path, [Item("Ukraine ceasefire agreed", id="a")])
                await next_round(world, clock)
            await next_round(world, clock, 1)
    [message] = read_chat(tmp_path / "chat.jsonl")
    assert message.edited == 1
    assert "Reuters · BBC News" in message.text


async def test_a_reprint_of_a_revised_headline_joins_as_well(tmp_path: Path) -> None:
    """A story answers to what its reports say now and said before; nobody is told of it twice, and reprints confirm nothing."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        for path in ("/one", "/two", "/three"):
            server.publish(path, [])
        feeds = [server.url(path) for path in ("/one", "/two", "/three")]
        async with living(tmp_path, catalog_of(feeds), clock) as world:
            await world.app.step()
            for path, title in (
                ("/one", "Ukraine ceasefire near"),
                ("/one", "Ukraine ceasefire agreed"),
                ("/two", "Ukraine ceasefire agreed"),
                ("/three", "Ukraine ceasefire near"),
            ):
                server.publish(path, [Item(title, id="a")])
                await next_round(world, clock)
                if path == "/two":
                    await next_round(world, clock, 1)
                    [message] = read_chat(tmp_path / "chat.jsonl")
                    assert "Reuters · BBC News" in message.text
                    assert "independent" not in message.text
            await next_round(world, clock, 1)
    [message] = read_chat(tmp_path / "chat.jsonl")
    assert "Reuters · BBC News · TASS" in message.text


async def test_a_failing_feed_backs_off_and_is_shown_with_the_reason(tmp_path: Path) -> None:
    """Failures are counted, the wait grows, the reason is kept; a success clears all of it."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.answer("/feed", status=500)
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            store = world.app.parts.store
            await world.app.step()
            [first] = await store.feed_statuses()
            assert first.failures == 1
            assert "500" in (first.error or "")
            assert first.next_poll - clock.now() >= 2 * INTERVAL
            clock.advance_to(first.next_poll)
            await world.app.step()
            [second] = await store.feed_statuses()
            assert second.next_poll - clock.now() >= 4 * INTERVAL
            server.publish("/feed", [Item("Well again", id="a")])
            clock.advance_to(second.next_poll)
            await world.app.step()
            [third] = await store.feed_statuses()
            assert (third.failures, third.error) == (0, None)
            assert third.next_poll - clock.now() == INTERVAL


async def test_an_unchanged_feed_is_asked_conditionally(tmp_path: Path) -> None:
    """The second question carries the validators, and the answer is 304."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/feed", [Item("Weather stays fine", id="a")])
        async with living(tmp_path, catalog_of([server.url("/feed")]), clock) as world:
            await world.app.step()
            await next_round(world, clock)
        assert [request.status for request in server.requests_for("/feed")] == [200, 304]


async def test_a_new_topic_knows_the_last_days_and_sends_nothing(tmp_path: Path) -> None:
    """A topic added later finds what was stored before, quietly."""
    clock = SimulatedClock(START)
    async with FeedServer() as server:
        server.publish("/feed", [])
        configured = catalog_of([server.url("/feed")])
        async with living(tmp_path, replace(configured, topics=()), clock) as world:
            await world.app.step()
            server.publish("/feed", [Item("Ukraine ceasefire agreed", id="a")])
            await next_round(world, clock)
            await world.app.desk.adopt(configured)
            ids = [topic.id for topic in await world.app.parts.store.topics()]
            [story] = await world.app.parts.store.latest_stories(ids, 5)
            assert story.reports[0].entry.title == "Ukraine ceasefire agreed"
    assert texts(tmp_path) == []


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A copy of the project's configuration."""
    folder = tmp_path / "config"
    copy_config(folder)
    yield folder
    gc.unfreeze()  # a reload set apart what it read


def loaded(folder: Path) -> Catalog:
    catalog = load_catalog(folder)
    assert isinstance(catalog, Catalog), catalog
    return catalog


async def test_configuration_reloads_without_a_restart(tmp_path: Path, config: Path) -> None:
    """A changed file is taken up, and garbage collections pass over it; a mistake is told, and what was in force stays."""
    told: list[str] = []
    clock = SimulatedClock(START)
    async with living(tmp_path, loaded(config), clock) as world:
        watcher = ConfigWatcher(config, world.app.desk.adopt, told.append)
        await watcher.check()
        assert told == []
        topics = config / "topics.toml"
        text = topics.read_text(encoding="utf-8")
        topics.write_text(
            f'{text}\n[[topics]]\nid = "taiwan"\nname = "Taiwan"\nquery = "Taiwan"\n', encoding="utf-8"
        )
        await watcher.check()
        assert told == []  # an editor may still be saving
        await watcher.check()
        assert "taiwan" in {topic.spec.slug for topic in await world.app.parts.store.topics()}
        assert gc.get_freeze_count() > len(world.app.desk.catalog().lexicon.concepts)
        topics.write_text(f"{text}\n[[topics]]\nid = 7\n", encoding="utf-8")
        await watcher.check()
        await watcher.check()
        assert "taiwan" in {topic.spec.slug for topic in await world.app.parts.store.topics()}
    assert f"topics.toml:{len(text.splitlines()) + 3}" in told[-1]


async def test_an_emptied_file_of_topics_is_a_mistake(tmp_path: Path, config: Path) -> None:
    """An editor that was killed while it saved does not end every subscription; the file is named."""
    told: list[str] = []
    async with living(tmp_path, loaded(config), SimulatedClock(START)) as world:
        before = await world.app.parts.store.topics()
        watcher = ConfigWatcher(config, world.app.desk.adopt, told.append)
        (config / "topics.toml").write_text("", encoding="utf-8")
        await watcher.check()
        await watcher.check()
        assert before
        assert await world.app.parts.store.topics() == before
    [said] = told
    assert "topics.toml" in said
    assert "there is no topic" in said
    assert "in force before stays" in said


async def test_a_file_that_vanishes_while_it_is_looked_at_stops_nothing(tmp_path: Path, config: Path) -> None:
    """A name that leads nowhere is what an editor leaves for a moment: it is listed and cannot be looked at."""
    told: list[str] = []
    async with living(tmp_path, loaded(config), SimulatedClock(START)) as world:
        (config / "lexicon" / "vanishing.toml").symlink_to(config / "nowhere")
        watcher = ConfigWatcher(config, world.app.desk.adopt, told.append)
        await watcher.check()
        assert told == []
