"""`ports.OwnFeedStore`: whose feeds they are, when they are polled, and that nobody else hears of what they bring."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.chats import Chat, Digests
from bot.domain.entries import Entry, IngestPlan
from bot.domain.polling import FeedLimits
from bot.domain.profiles import Profile
from bot.domain.schedules import Schedule, read_schedule
from bot.ports import Naming, PollRecord, Store
from tests.contract.records import (
    HOUR,
    MINUTE,
    NOON,
    a_chat,
    a_topic,
    feed_spec,
    match,
    new_entry,
    opens,
    poll,
)


async def named(store: Store, chat: Chat, name: str = "own", most: int = 9) -> Naming:
    return await store.name_feed(chat.id, feed_spec(name), FeedLimits(most), NOON)


async def due(store: Store) -> list[str]:
    return [spec.url for _, spec in await store.due_feeds(NOON + HOUR, 10)]


async def brought(store: Store, name: str = "a") -> Entry:
    """A news entry of the only feed there is."""
    ((feed, _),) = await store.due_feeds(NOON + HOUR, 10)
    await store.record_poll(replace(poll(feed, IngestPlan((new_entry(name),))), private=feed.public_only))
    return (await store.pending_entries(10))[-1].entry


async def test_a_feed_is_polled_once_while_somebody_names_it(store: Store) -> None:
    here, there = await a_chat(store, "here"), await a_chat(store, "there")
    assert await named(store, here) is Naming.ADDED
    assert await named(store, there) is Naming.ADDED
    assert await named(store, there) is Naming.ALREADY
    ((feed, _),) = await store.due_feeds(NOON, 10)
    assert feed.public_only
    assert await store.drop_feed(here.id, feed.id)
    assert not await store.drop_feed(here.id, feed.id)
    assert await due(store) == [feed.url]
    await store.drop_feed(there.id, feed.id)
    assert await due(store) == []


async def test_one_that_is_shared_is_not_asked_anew(store: Store) -> None:
    """A second chat changes neither its due time nor its validators; but once nobody names it, all is forgotten."""
    here, there = await a_chat(store, "here"), await a_chat(store, "there")
    await named(store, here)
    ((feed, _),) = await store.due_feeds(NOON, 10)
    record = PollRecord(feed.id, NOON, NOON + MINUTE, IngestPlan(), keep_validators=False, etag='"1"')
    await store.record_poll(record)
    await named(store, there)
    assert await store.due_feeds(NOON, 10) == ()
    ((again, _),) = await store.due_feeds(NOON + MINUTE, 10)
    assert (again.etag, again.polled_before) == ('"1"', True)
    for chat in (here, there):
        await store.drop_feed(chat.id, feed.id)
    await named(store, there)
    ((anew, _),) = await store.due_feeds(NOON, 10)
    assert (anew.id, anew.etag, anew.polled_before) == (feed.id, None, False)


async def test_no_more_than_so_many(store: Store) -> None:
    chat = await a_chat(store)
    assert await named(store, chat, "one", most=1) is Naming.ADDED
    assert await named(store, chat, "two", most=1) is Naming.FULL
    assert await named(store, chat, "one", most=1) is Naming.ALREADY
    assert len(await due(store)) == 1


async def test_what_is_configured_is_everybodys(store: Store) -> None:
    """It is not named; one that was named and is configured then is asked as any other, and stays a chat's after that."""
    chat = await a_chat(store)
    await named(store, chat, "own")
    await store.sync_feeds([feed_spec("own"), feed_spec("all")], NOON)
    assert await named(store, chat, "all") is Naming.FOR_ALL
    assert [feed.public_only for feed, _ in await store.due_feeds(NOON, 10)] == [False, False]
    assert not any(status.own for status in await store.feed_statuses(chat.id))
    await store.sync_feeds([], NOON)
    ((feed, spec),) = await store.due_feeds(NOON, 10)
    assert feed.public_only
    assert spec.url == feed_spec("own").url


async def test_who_is_shown_it(store: Store) -> None:
    here, there = await a_chat(store, "here"), await a_chat(store, "there")
    await store.sync_feeds([feed_spec("all")], NOON)
    await named(store, here)
    mine = await store.feed_statuses(here.id)
    assert [(status.spec.url, status.own) for status in mine] == [
        (feed_spec("all").url, False),
        (feed_spec("own").url, True),
    ]
    assert len(await store.feed_statuses(there.id)) == len(await store.feed_statuses()) == 1
    assert (await store.chat(here.id)) == replace(here, feeds=frozenset({mine[1].id}))
    assert (await store.chat(there.id)) == there


async def test_its_entries_are_private(store: Store) -> None:
    """While it is not in the configuration; those that came then stay so."""
    await named(store, await a_chat(store))
    assert (await brought(store)).private
    await store.sync_feeds([feed_spec("own")], NOON)
    assert not (await brought(store, "b")).private
    assert [one.private for one in reversed(await store.entries_since(NOON, 10))] == [True, False]


async def test_nobody_else_is_told(store: Store) -> None:
    """Neither in a digest, nor after a pause, nor as the latest; and nobody's counts hold it."""
    here, there = await a_chat(store, "here"), await a_chat(store, "there")
    topic = await a_topic(store)
    await named(store, here)
    schedule = read_schedule("8:00")
    assert isinstance(schedule, Schedule)
    for chat in (here, there):
        await store.subscribe(chat.id, topic.id, NOON - HOUR)
        await store.save_digests(replace(chat, digests=Digests(schedule, NOON, NOON)), NOON)
        await store.pause_chat(chat.id, "", NOON - MINUTE)
    await store.record_desk([opens(await brought(store), match(topic))], NOON)
    told = {
        chat.address: (
            len((await store.untold_stories(chat.id, NOON, NOON + HOUR))[0]),
            await store.resume_chat(chat.id, NOON + HOUR),
        )
        for chat in (here, there)
    }
    assert told == {"here": (1, 1), "there": (0, 0)}
    own = (await store.chat(here.id) or here).feeds
    assert len(await store.latest_stories([topic.id], 5, feeds=own)) == 1
    assert await store.latest_stories([topic.id], 5) == ()
    assert await store.story_counts([topic.id], NOON - HOUR) == {topic.id: 0}


async def test_a_report_is_remembered_with_its_feed(store: Store) -> None:
    """So that after a restart it is kept aside as before."""
    await named(store, await a_chat(store))
    entry = await brought(store)

    record = replace(opens(entry), profile=Profile("en", {}, {}), voice="v")
    await store.record_desk([record], NOON)
    (known,) = await store.known_reports(NOON - HOUR)
    assert known.feed_id == entry.feed_id


async def test_a_group_that_moves_takes_its_feeds_along(store: Store) -> None:
    old = await store.ensure_chat("telegram", "-1", "", NOON)
    new = await store.ensure_chat("telegram", "-2", "", NOON)
    await named(store, old, "one")
    for name in ("one", "two"):
        await named(store, new, name)
    await store.move_chats("telegram", "-1", "-2")
    assert len(await due(store)) == 2
    moved = await store.chat_at("telegram", "-2")
    assert moved is not None
    assert len(moved.feeds) == 2
