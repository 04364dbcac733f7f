"""What holds for the store as a whole: all or nothing, and all of it after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, StatementError

from bot.domain.deliveries import Intent
from bot.domain.entries import IngestPlan, Revision
from bot.domain.polling import FeedLimits
from bot.domain.topics import TopicSpec
from bot.ports import Naming, Store
from bot.storage.sql import SqlStore
from tests.contract.conftest import FaultError, checked_out, counting, everything
from tests.contract.records import (
    HOUR,
    NOON,
    a_chat,
    a_feed,
    a_story,
    a_topic,
    entry,
    feed_spec,
    joins,
    match,
    new_entry,
    opens,
    poll,
    stored,
)
from tests.contract.records import begun as as_begun
from tests.contract.test_digests import a_reader, owed


async def nothing_or_all(store: SqlStore, write: Callable[[], Awaitable[object]]) -> int:
    """Break `write` before each of its statements in turn, until it goes through; answers how many there were."""
    before = await everything(store)
    for number in count(1):
        with counting(store, break_at=number):
            try:
                await write()
            except FaultError:
                assert await everything(store) == before
                assert checked_out(store) == 0
                continue
        assert await everything(store) != before
        return number - 1
    raise AssertionError


async def test_a_poll_is_stored_whole_or_not_at_all(store: SqlStore) -> None:
    """Wherever it breaks, no entry, key, revision or due time of it is there, and the next try goes through."""
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry("a"),))))
    (pending,) = await store.pending_entries(1)
    change = Revision(pending.entry.id, "fp", "Corrected", "", None)
    plan = IngestPlan((new_entry("b"), new_entry("c")), (change,), aliases=(("id:alias", pending.entry.id),))
    record = replace(poll(feed, plan), keep_validators=False, etag="e")
    assert await nothing_or_all(store, lambda: store.record_poll(record)) >= 8


async def test_the_desks_work_is_stored_whole_or_not_at_all(store: SqlStore) -> None:
    """Wherever it breaks, the entries still wait, and there is no story, match or message of it."""
    topic, chat, other = await a_topic(store), await a_chat(store), await a_chat(store, "there")
    told = await a_story(store, chat, topic=topic)
    opening, joining = await stored(store, entry("New"), entry())
    joined = joins(joining, told, match(topic), revised_for=[chat])
    records = [
        opens(opening, match(topic), key="new", chats=[chat]),
        replace(joined, intents=(Intent(other.id, told.id, (topic.id,)),)),
    ]
    assert await nothing_or_all(store, lambda: store.record_desk(records, NOON)) >= 8


async def test_configuration_is_stored_whole_or_not_at_all(store: SqlStore) -> None:
    """A half-taken configuration would stop feeds or topics."""
    await store.sync_feeds([feed_spec("old")], NOON)
    await a_topic(store)
    assert await nothing_or_all(store, lambda: store.sync_feeds([feed_spec("new")], NOON)) == 2
    assert await nothing_or_all(store, lambda: store.sync_topics([TopicSpec("n", "N", "n")], NOON)) == 5


async def test_a_removed_topic_goes_with_its_subscriptions(store: SqlStore) -> None:
    """Or stays with them."""
    chat = await a_chat(store)
    topic = await store.add_topic(chat.id, TopicSpec("tea", "Tea", "tea"), NOON)
    assert topic is not None
    await store.subscribe(chat.id, topic.id, NOON)
    assert await nothing_or_all(store, lambda: store.remove_topic(topic.id)) == 2


async def test_a_topic_is_changed_with_what_it_matched_forgotten_or_stays(store: SqlStore) -> None:
    """A new query beside matches of the old one would be taken for what it matches."""
    chat = await a_chat(store)
    topic = await store.add_topic(chat.id, TopicSpec("tea", "Tea", "tea"), NOON)
    assert topic is not None
    await a_story(store, topic=topic)
    changed = TopicSpec("tea", "Tea", "green tea")
    assert await nothing_or_all(store, lambda: store.change_topic(topic.id, changed)) == 5


async def test_a_chat_moves_with_all_it_has_or_stays(store: SqlStore) -> None:
    """Merged with one that is there already: nobody loses a subscription, a topic or a message half-way."""
    older, newer = [await store.ensure_chat("telegram", address, "", NOON) for address in ("-5", "-1005")]
    for chat in (older, newer):
        for name in ("tea", f"of {chat.id}"):
            topic = await store.add_topic(chat.id, TopicSpec(name, name, name), NOON)
            assert topic is not None
            await store.subscribe(chat.id, topic.id, NOON)
    await a_story(store, older, newer)
    assert await nothing_or_all(store, lambda: store.move_chats("telegram", "-5", "-1005")) >= 10


async def test_a_chat_is_resumed_with_what_it_missed_or_stays_paused(store: SqlStore) -> None:
    """Wherever it breaks, what it is owed is still owed, and what it missed can be told."""
    topic, chat = await a_topic(store), await a_chat(store)
    await store.subscribe(chat.id, topic.id, NOON - HOUR)
    for _ in range(2):
        await store.pause_chat(chat.id, "blocked", NOON)
        await a_story(store, chat, topic=topic, title="Owed")
        await a_story(store, topic=topic, title="Missed")
        assert await nothing_or_all(store, lambda: store.resume_chat(chat.id, NOON)) >= 9


async def test_a_digest_is_owed_whole_or_not_at_all(store: SqlStore) -> None:
    """With its slot, all of its messages and all that they tell; so is what is owed when a chat wants no more."""
    chat, topic = await a_reader(store, only=True)
    told = [await a_story(store, topic=topic, title=title) for title in "abc"]
    record = owed(chat, topic, told[:1], told[1:2], unnamed=told[2:])
    assert await nothing_or_all(store, lambda: store.record_digest(record, NOON)) >= 6
    await a_story(store, topic=topic, title="d", at=NOON + HOUR)
    assert await nothing_or_all(store, lambda: store.save_digests(replace(chat, digests=None), NOON)) >= 7


async def test_a_restart_finds_everything(home: Callable[[], Awaitable[SqlStore]]) -> None:
    """Closed and opened again, the store is as it was, to the row."""
    store = await home()
    feed = await a_feed(store)
    topic, chat = await a_topic(store), await a_chat(store)
    await store.subscribe(chat.id, topic.id, NOON)
    await store.record_poll(poll(feed, IngestPlan((new_entry(),))))
    await a_story(store, chat, topic=topic)
    (owed,) = await store.claim_deliveries(NOON, 1)
    await as_begun(store, owed.id, "Text")
    before = await everything(store)
    await store.close()

    store = await home()
    try:
        assert await everything(store) == before
        assert await store.recover(NOON + HOUR) == 1
        assert len(await store.pending_entries(10)) == 1
    finally:
        await store.close()


async def test_many_may_ask_and_write_at_once(store: Store) -> None:
    """Writers take turns and nobody is told that the database is busy."""
    feed = await a_feed(store)
    plans = [IngestPlan((new_entry(str(number)),)) for number in range(20)]
    polls = [store.record_poll(poll(feed, plan)) for plan in plans]
    reads = [store.entries_since(NOON, 50) for _ in range(20)]
    counts, _ = await asyncio.gather(asyncio.gather(*polls), asyncio.gather(*reads))
    assert sum(counts) == len(await store.pending_entries(50)) == 20


async def test_a_cancelled_write_leaves_no_trace_or_all_of_it(store: SqlStore) -> None:
    """A stop in the middle of a transaction neither blocks the writer nor tears the transaction."""
    feed = await a_feed(store)
    for steps in range(1, 40, 3):
        before = len(await store.entries_since(NOON, 100))
        plan = IngestPlan((new_entry(f"a{steps}"), new_entry(f"b{steps}")))
        task = asyncio.ensure_future(store.record_poll(poll(feed, plan)))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert len(await store.entries_since(NOON, 100)) - before in (0, 2)
        assert checked_out(store) == 0


async def test_a_naive_datetime_is_refused(store: Store) -> None:
    """Nobody can know what it means."""
    with pytest.raises(StatementError, match="no time zone"):
        await store.sync_feeds([feed_spec()], NOON.replace(tzinfo=None))


async def test_writes_that_wait_share_a_commit_and_no_fault(store: SqlStore) -> None:
    """Each is told of itself: what fails leaves no trace, and takes nobody with it."""
    chat = await a_chat(store)
    commits: list[object] = []
    event.listen(store._database.writer, "commit", commits.append)
    names = [f"there {number}" for number in range(20)]
    outcomes = await asyncio.gather(
        *(store.ensure_chat("console", name, "", NOON) for name in names[:10]),
        store.subscribe(chat.id, 999, NOON),
        *(store.ensure_chat("console", name, "", NOON) for name in names[10:]),
        return_exceptions=True,
    )
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [type(error) for error in failed] == [IntegrityError]
    assert isinstance(outcomes[10], IntegrityError)
    assert {chat.address for chat in await store.chats("console")} >= set(names)
    assert await store.subscriptions() == ()
    if store._database.writer.dialect.name == "sqlite":  # PostgreSQL's share one by themselves
        assert len(commits) < len(names)


async def test_a_commit_that_fails_is_everybodys_failure(store: SqlStore) -> None:
    """Nobody is told that something is stored which is not."""

    def fail(_: object) -> None:
        raise FaultError

    event.listen(store._database.writer, "commit", fail)
    writes = [store.ensure_chat("console", str(number), "", NOON) for number in range(3)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    event.remove(store._database.writer, "commit", fail)
    assert [type(outcome) for outcome in outcomes] == [FaultError] * 3
    assert await store.chats("console") == ()
    await store.ensure_chat("console", "1", "", NOON)
    assert len(await store.chats("console")) == 1


async def test_what_follows_from_what_was_read_holds_when_it_is_written(store: Store) -> None:
    """Of many who take the last free place at once, one gets it and the others hear that it is taken."""
    chat = await a_chat(store)
    made = await asyncio.gather(
        *(store.add_topic(chat.id, TopicSpec("tea", f"Tea {n}", "tea"), NOON) for n in range(12))
    )
    assert [topic.chat_id for topic in made if topic is not None] == [chat.id]
    named = await asyncio.gather(
        *(store.name_feed(chat.id, feed_spec(str(n)), FeedLimits(2), NOON) for n in range(12))
    )
    assert sorted(map(str, named)) == sorted(map(str, [Naming.ADDED] * 2 + [Naming.FULL] * 10))


async def test_a_change_that_comes_twice_at_once_is_made_once(store: SqlStore) -> None:
    """A poll and a push may bring the same document."""
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry("a"), new_entry("b")))))
    ids = [pending.entry.id for pending in await store.pending_entries(10)]
    for number in range(1, 6):  # in the first round, some wait for their connection
        changes = tuple(Revision(id_, f"fp {number}", "Corrected", "", None) for id_ in ids)
        orders = [changes, changes[::-1]] * 6
        await asyncio.gather(*(store.record_poll(poll(feed, IngestPlan((), order))) for order in orders))
        assert [pending.entry.revision for pending in await store.pending_entries(10)] == [number] * 2
    assert len((await everything(store))["revisions"]) == 10


async def test_a_message_is_begun_once(store: Store) -> None:
    """However many would send it at once."""
    await a_story(store, await a_chat(store))
    (owed,) = await store.claim_deliveries(NOON, 10)
    begun = await asyncio.gather(*(store.begin_send(owed.id, f"Text {n}") for n in range(12)))
    assert len([one for one in begun if one is not None]) == 1
