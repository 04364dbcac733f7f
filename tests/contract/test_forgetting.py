"""`ports.ForgetStore`: what is long over goes, with all that hangs on it; what is unsent, or was told of late, stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.chats import Chat
from bot.domain.deliveries import Delivery, Intent, Refused, Sent, settle
from bot.domain.entries import Entry, IngestPlan, ParsedEntry, Revision
from bot.ports import DeskRecord, Forgotten
from bot.storage.sql import SqlStore
from tests.contract.conftest import everything
from tests.contract.records import (
    HOUR,
    MINUTE,
    NOON,
    a_chat,
    a_feed,
    a_story,
    a_topic,
    begun,
    entry,
    joins,
    match,
    new_entry,
    opens,
    poll,
    stored,
)

DAY = timedelta(days=1)
LATER = NOON + 90 * DAY


async def told(store: SqlStore, at: datetime = NOON) -> Delivery:
    """The next message is sent."""
    (message,) = await store.claim_deliveries(at, 1)
    sent = await begun(store, message.id, "text")
    await store.settle(settle(sent, Sent(f"m{message.id}"), at))
    return sent


async def forget(store: SqlStore, before: datetime = LATER, limit: int = 100) -> tuple[int, int, int]:
    """All of it; answers (stories, texts, rest)."""
    counts = []
    for one in (store.forget_stories, store.forget_texts):
        count, after = 0, 0
        while (batch := await one(before, after, limit)).last is not None:
            count, after = count + batch.count, batch.last
        counts.append(count)
    rest = 0
    while batch_of_rest := await store.forget_rest(before, limit):
        rest += batch_of_rest
    return counts[0], counts[1], rest


async def left(store: SqlStore, *tables: str) -> dict[str, int]:
    rows = await everything(store)
    return {table: len(rows[table]) for table in tables}


TOLD = ("stories", "reports", "matches", "deliveries")


async def test_a_story_goes_with_all_that_was_told_of_it(store: SqlStore) -> None:
    chat, topic = await a_chat(store), await a_topic(store)
    opening = await a_story(store, chat, topic=topic)
    await told(store)
    (more,) = await stored(store, entry("Talks go on"))
    update = DeskRecord(
        more,
        (),
        (match(topic),),
        joins(more, opening).placement,
        (Intent(chat.id, opening.id, (topic.id,), brings=more.id),),
    )
    await store.record_desk([update], NOON + MINUTE)
    await told(store, NOON + HOUR)
    assert await forget(store) == (1, 0, 0)
    assert await left(store, *TOLD, "entries") == dict.fromkeys(TOLD, 0) | {"entries": 2}


async def test_what_is_not_over_stays_whole(store: SqlStore) -> None:
    """A message that is owed, however old; one that was told late; a report that came late."""
    topic = await a_topic(store)
    owed, late, growing = [
        await a_story(store, *chats, topic=topic, title=title)
        for title, chats in (
            ("Owed", [await a_chat(store, "a")]),
            ("Late", [await a_chat(store, "b")]),
            ("Grows", []),
        )
    ]
    claimed = {one.story_id: one for one in await store.claim_deliveries(NOON, 9)}
    sent = await begun(store, claimed[late.id].id, "text")
    await store.settle(settle(sent, Sent("m"), LATER + MINUTE))
    (report,) = await stored(store, entry("Grows on", seen=LATER + HOUR))
    await store.record_desk([joins(report, growing)], LATER + HOUR)
    assert await forget(store) == (0, 0, 0)
    assert await left(store, "stories", "deliveries") == {"stories": 3, "deliveries": 2}
    assert (await store.claim_deliveries(LATER, 9))[0].story_id == owed.id


async def test_stories_that_merged_go_together(store: SqlStore) -> None:
    chat, topic = await a_chat(store), await a_topic(store)
    older = await a_story(store, chat, topic=topic, title="One")
    younger = await a_story(store, chat, topic=topic, title="Two")
    for _ in range(2):
        await told(store)
    (bridge,) = await stored(store, entry("Three"))
    record = joins(bridge, older, match(topic))
    assert record.placement is not None
    merging = replace(record, placement=replace(record.placement, merges=(younger.id, older.id)))
    await store.record_desk([merging], NOON)
    assert await forget(store) == (2, 0, 0)
    assert await left(store, *TOLD) == dict.fromkeys(TOLD, 0)


async def test_what_was_folded_waits_for_its_message(store: SqlStore) -> None:
    """A chat that resumes is owed one message about several stories; until it is sent, they stay."""
    chat, topic = await a_chat(store), await a_topic(store)
    await store.subscribe(chat.id, topic.id, NOON - HOUR)
    await store.pause_chat(chat.id, "", NOON - MINUTE)
    for title in ("One", "Two"):
        await a_story(store, topic=topic, title=title)
    assert await store.resume_chat(chat.id, NOON) == 2
    assert await forget(store) == (0, 0, 0)
    await told(store)
    assert await forget(store) == (2, 0, 1)
    assert await left(store, *TOLD) == dict.fromkeys(TOLD, 0)


async def test_a_message_that_was_refused_is_over(store: SqlStore) -> None:
    chat: Chat = await a_chat(store)
    await a_story(store, chat)
    (message,) = await store.claim_deliveries(NOON, 1)
    refused = settle(await begun(store, message.id, "text"), Refused("no"), NOON)
    await store.settle(refused)
    assert await forget(store) == (1, 0, 0)


async def test_an_entry_is_known_for_ever(store: SqlStore) -> None:
    """By the same keys, so that a feed that lists it still repeats itself; and a change of it is no news."""
    feed = await a_feed(store)
    new = new_entry("a", link="https://the.example/a")
    await store.record_poll(poll(feed, IngestPlan((new, new_entry("b", is_news=False)))))
    (one,) = await store.pending_entries(9)
    await store.record_desk([opens(one.entry)], NOON)
    listed = [ParsedEntry(name, f"Title {name}", None, f"Summary {name}") for name in "ab"]
    before = (await store.known_entries({feed.id: listed}))[feed.id]
    assert await forget(store) == (1, 1, 0)
    known = (await store.known_entries({feed.id: listed}))[feed.id]
    assert {key: (one.entry_id, one.fingerprint, one.title, one.link) for key, one in known.items()} == {
        key: (one.entry_id, one.fingerprint, one.title, one.link) for key, one in before.items()
    }
    change = Revision(one.entry.id, "other", "Quite another title", "Summary", None)
    await store.record_poll(poll(feed, IngestPlan(revisions=(change,)), LATER))
    assert await store.pending_entries(9) == ()
    assert await forget(store) == (0, 1, 0)


async def test_what_waits_for_the_desk_stays(store: SqlStore) -> None:
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry("a"),))))
    assert await forget(store) == (0, 0, 0)
    (pending,) = await store.pending_entries(9)
    assert pending.entry.summary


async def test_old_buttons_go(store: SqlStore) -> None:
    await store.remember_command("old", "/topics", NOON)
    await store.remember_command("new", "/topics", LATER)
    assert await forget(store) == (0, 0, 1)
    assert await store.remembered_command("old") is None
    assert await store.remembered_command("new") == "/topics"


async def test_it_goes_by_small_batches(store: SqlStore) -> None:
    """And past what stays."""
    chats = [await a_chat(store, str(number)) for number in range(5)]
    stories: list[Entry] = [await a_story(store, *[chats[n]] * (n == 1), title=str(n)) for n in range(5)]
    first = await store.forget_stories(LATER, 0, 2)
    assert first == Forgotten(1, stories[1].id)
    assert await forget(store, limit=2) == (3, 0, 0)
