"""`ports.PeerStore`: what several processes have in hand, and what becomes of it where one is gone."""

from __future__ import annotations

import asyncio

from bot.domain.deliveries import DeliveryState, Sent, settle
from bot.domain.entries import IngestPlan
from bot.domain.topics import TopicSpec
from bot.ports import Store
from tests.contract.records import (
    HOUR,
    MINUTE,
    NOON,
    a_chat,
    a_feed,
    a_story,
    a_topic,
    entry,
    feed_spec,
    match,
    new_entry,
    opens,
    poll,
    stored,
)


async def due_feeds(store: Store, peer: str | None) -> list[int]:
    return [feed.id for feed, _ in await store.due_feeds(NOON, 10, peer=peer)]


async def claimed(store: Store, peer: str | None) -> list[int]:
    """The chats that it is to speak to."""
    return [delivery.chat_id for delivery in await store.claim_deliveries(NOON, 10, peer=peer)]


async def live(store: Store, *peers: str) -> None:
    for peer in peers or ("one", "two"):
        await store.beat(peer, NOON + MINUTE)


async def test_a_feed_is_polled_by_one_at_a_time(store: Store) -> None:
    """Who takes it first has it, also twice, until it is filed."""
    feed = await a_feed(store)
    await live(store)
    assert await store.take_feeds("one", NOON, {feed.id}) == {feed.id}
    assert await store.take_feeds("one", NOON, {feed.id}) == {feed.id}
    assert await store.take_feeds("two", NOON, {feed.id}) == frozenset()
    assert (await due_feeds(store, "one"), await due_feeds(store, "two")) == ([feed.id], [])
    await store.record_poll(poll(feed, IngestPlan((new_entry(),)), NOON - HOUR))
    assert await due_feeds(store, "two") == [feed.id]
    assert await store.take_feeds("two", NOON, {feed.id}) == {feed.id}


async def test_a_feed_that_was_polled_meanwhile_is_not_taken(store: Store) -> None:
    """It was found to be due by two, and one of them has polled it before the other one got to it."""
    feed = await a_feed(store)
    await live(store)
    assert (await due_feeds(store, "one"), await due_feeds(store, "two")) == ([feed.id], [feed.id])
    await store.take_feeds("one", NOON, {feed.id})
    await store.record_poll(poll(feed, IngestPlan((new_entry(),)), NOON))
    assert await store.take_feeds("two", NOON, {feed.id}) == frozenset()


async def test_many_who_take_feeds_share_them(store: Store) -> None:
    """Each feed goes to one of those who want all at the same time."""
    await store.sync_feeds([feed_spec(str(number)) for number in range(40)], NOON)
    feeds = {feed.id for feed, _ in await store.due_feeds(NOON, 40)}
    await live(store, *map(str, range(8)))
    shares = await asyncio.gather(*(store.take_feeds(str(peer), NOON, feeds) for peer in range(8)))
    assert sorted(feed for share in shares for feed in share) == sorted(feeds)


async def test_a_chat_is_spoken_to_by_one_at_a_time(store: Store) -> None:
    """Only who has it in hand finds and begins its messages; it is left when nothing is under way."""
    here, there = await a_chat(store), await a_chat(store, "there")
    await a_story(store, here, there)
    await live(store)
    assert await store.take_chats("one", NOON, 1, ["console"]) == 1
    assert await store.take_chats("two", NOON, 10, ["console"]) == 1
    assert await store.take_chats("two", NOON, 10, ["console"]) == 0
    (first,), (second,) = await claimed(store, "one"), await claimed(store, "two")
    assert {first, second} == {here.id, there.id}
    assert await claimed(store, None) == []
    (delivery,) = await store.claim_deliveries(NOON, 10, peer="one")
    assert await store.begin_send(delivery.id, "Text", peer="two") is None
    begun = await store.begin_send(delivery.id, "Text", peer="one")
    assert begun is not None
    await store.leave_chats("one", ["console"], besides=[first])
    assert await store.take_chats("two", NOON, 10, ["console"]) == 0
    await store.settle(settle(begun, Sent("m1"), NOON))
    await store.leave_chats("two", ["telegram"], besides=())
    assert await claimed(store, "two") == [second]
    await store.leave_chats("two", ["console"], besides=())
    assert await claimed(store, "two") == []
    assert await store.take_chats("one", NOON, 10, ["telegram"]) == 0
    assert await store.take_chats("one", NOON, 10, ["console"]) == 1


async def test_a_chat_that_is_owed_nothing_now_is_not_taken(store: Store) -> None:
    """Nor one that is paused, or whose message is not due."""
    here, paused = await a_chat(store), await a_chat(store, "paused")
    await a_story(store, paused)
    await store.pause_chat(paused.id, "blocked", NOON)
    await live(store)
    assert await store.take_chats("one", NOON, 10, ["console"]) == 0
    await a_story(store, here)
    assert await store.take_chats("one", NOON - MINUTE, 10, ["console"]) == 0
    assert await store.take_chats("one", NOON, 10, ["console"]) == 1


async def test_what_a_dead_process_had_in_hand_is_free(store: Store) -> None:
    """Who is not heard of any more is buried: its feeds and chats are anybody's, what it was sending is uncertain."""
    feed, chat = await a_feed(store), await a_chat(store)
    await a_story(store, chat)
    await live(store)
    await store.take_feeds("one", NOON, {feed.id})
    await store.take_chats("one", NOON, 10, ["console"])
    (delivery,) = await store.claim_deliveries(NOON, 10, peer="one")
    await store.begin_send(delivery.id, "Text", peer="one")
    assert await store.bury(NOON + MINUTE / 2, "two") == 0
    assert await due_feeds(store, "two") == []
    await store.beat("two", NOON + HOUR)
    assert await store.bury(NOON + MINUTE, "two") == 1
    assert await store.bury(NOON + MINUTE, "two") == 0
    assert await due_feeds(store, "two") == [feed.id]
    assert await store.take_chats("two", NOON + HOUR, 10, ["console"]) == 1
    (again,) = await store.claim_deliveries(NOON + HOUR, 10, peer="two")
    assert (again.id, again.state, again.possible_repeat) == (delivery.id, DeliveryState.UNCERTAIN, True)


async def test_who_was_buried_alive_sends_nothing(store: Store) -> None:
    """It held up for too long: another has its chats now, and what it was about to send is not begun."""
    chat = await a_chat(store)
    await a_story(store, chat)
    await live(store)
    await store.take_chats("one", NOON, 10, ["console"])
    (delivery,) = await store.claim_deliveries(NOON, 10, peer="one")
    await store.bury(NOON + MINUTE, "two")
    await live(store)
    assert await store.begin_send(delivery.id, "Text", peer="one") is None
    await store.take_chats("two", NOON, 10, ["console"])
    assert await store.begin_send(delivery.id, "Text", peer="two") is not None


async def test_who_was_buried_alive_takes_nothing(store: Store) -> None:
    """Until it is heard of again: the next burial would take it away while it works on it."""
    feed, chat = await a_feed(store), await a_chat(store)
    await a_story(store, chat)
    await live(store)
    await store.bury(NOON + MINUTE, "two")
    assert await store.take_feeds("one", NOON, {feed.id}) == frozenset()
    assert await store.take_chats("one", NOON, 10, ["console"]) == 0
    await live(store)
    assert await store.take_feeds("one", NOON, {feed.id}) == {feed.id}
    assert await store.take_chats("one", NOON, 10, ["console"]) == 1


async def test_who_leaves_is_not_waited_for(store: Store) -> None:
    """What it had is free at once, and that of the others is not."""
    feed, chat = await a_feed(store), await a_chat(store)
    await a_story(store, chat)
    await live(store)
    await store.take_feeds("one", NOON, {feed.id})
    await store.take_chats("two", NOON, 10, ["console"])
    assert await store.leave("one", NOON) == 0
    assert (await due_feeds(store, "two"), await claimed(store, "two")) == ([feed.id], [chat.id])


async def test_who_is_alone_takes_over_all(store: Store) -> None:
    """After several processes comes a single one, which knows of no names."""
    feed, chat = await a_feed(store), await a_chat(store)
    await a_story(store, chat)
    await live(store)
    await store.take_feeds("one", NOON, {feed.id})
    await store.take_chats("two", NOON, 10, ["console"])
    assert (await due_feeds(store, None), await claimed(store, None)) == ([], [])
    assert await store.recover(NOON) == 0
    assert (await due_feeds(store, None), await claimed(store, None)) == ([feed.id], [chat.id])


async def test_topics_that_changed_are_found(store: Store) -> None:
    """Made, changed and withdrawn ones, until they were searched for; what they matched can be forgotten."""
    chat = await a_chat(store)
    offered = await a_topic(store)
    await store.backfill([offered.id], ())
    topic = await store.add_topic(chat.id, TopicSpec("togo", "Togo", "Togo"), NOON)
    assert topic is not None
    assert await store.changed_topics() == {topic.id: topic}
    (one,) = await stored(store, entry())
    await store.record_desk([opens(one, match(topic))], NOON)
    await store.backfill([topic.id], ())
    assert await store.changed_topics() == {}
    await store.unmatch([topic.id])
    assert await store.story_counts([topic.id], NOON - HOUR) == {topic.id: 0}
    await store.remove_topic(topic.id)
    assert await store.changed_topics() == {topic.id: None}
