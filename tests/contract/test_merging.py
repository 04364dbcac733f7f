"""`ports.DeskStore.record_desk`: two stories turn out to be one, and chats were told of either, of both or of none."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.chats import Chat
from bot.domain.deciding import Revise, Told
from bot.domain.deliveries import (
    REVISED_AFTER,
    Delivery,
    DeliveryState,
    Intent,
    Refused,
    Sent,
    settle,
)
from bot.domain.entries import Entry
from bot.ports import DeskRecord, Store
from tests.contract.records import (
    HOUR,
    NOON,
    a_chat,
    a_story,
    a_topic,
    begun,
    entry,
    joins,
    match,
    opens,
    stored,
)
from tests.contract.test_digests import a_reader, owed

DUE = NOON + REVISED_AFTER


async def two_stories(
    store: Store, *, older: tuple[Chat, ...] = (), younger: tuple[Chat, ...] = ()
) -> tuple[Entry, Entry]:
    """(older, younger), each owed to these chats."""
    return (
        await a_story(store, *older, title="Talks begin"),
        await a_story(store, *younger, title="Leaders sit down", at=NOON),
    )


async def bridge(store: Store, older: Entry, younger: Entry) -> DeskRecord:
    """A report that joins the older story and tells that the younger is the same."""
    (report,) = await stored(store, entry("Talks of leaders", outlet="Bridge"))
    record = joins(report, older)
    assert record.placement is not None
    return replace(record, placement=replace(record.placement, merges=(younger.id, older.id)))


async def send_all(store: Store) -> list[Delivery]:
    """Send what is owed until nothing is; answers it in its order."""
    sent: list[Delivery] = []
    while claimed := await store.claim_deliveries(NOON, 1):
        (delivery,) = claimed
        saved = await begun(store, delivery.id, "Text")
        await store.settle(settle(saved, Sent(f"m{delivery.id}"), NOON))
        sent.append(delivery)
    return sent


async def test_reports_move_and_each_story_still_shows_its_own(store: Store) -> None:
    """The older story has all of them, and its last report; the younger says where it went, and what it had."""
    topic = await a_topic(store)
    older, younger = await two_stories(store)
    (late,) = await stored(store, entry(outlet="Late", seen=NOON + HOUR))
    await store.record_desk([joins(late, younger, match(topic))], NOON)
    record = await bridge(store, older, younger)
    await store.record_desk([record], NOON)
    whole, part = await store.story(older.id), await store.story(younger.id)
    assert whole is not None
    assert part is not None
    assert [one.entry.id for one in whole.reports] == [older.id, younger.id, record.entry.id, late.id]
    assert (whole.merged_into, whole.last_report) == (None, late.at)
    assert (part.merged_into, [one.entry.id for one in part.reports]) == (older.id, [younger.id, late.id])
    assert [story.id for story in await store.latest_stories([topic.id], 5)] == [older.id]


async def test_a_story_that_merged_may_merge_again(store: Store) -> None:
    """All that had come to it goes on to the oldest, and says so."""
    oldest = await a_story(store, title="Oldest")
    older, younger = await two_stories(store)
    await store.record_desk([await bridge(store, older, younger)], NOON)
    await store.record_desk([await bridge(store, oldest, older)], NOON)
    for id_ in (older.id, younger.id):
        story = await store.story(id_)
        assert story is not None
        assert story.merged_into == oldest.id
    whole, part = await store.story(oldest.id), await store.story(younger.id)
    assert whole is not None
    assert part is not None
    assert len(whole.reports) == 5
    assert [one.entry.id for one in part.reports] == [younger.id]


async def test_a_chat_that_was_sent_both_keeps_both(store: Store) -> None:
    """Both messages are revised, after a moment, and nothing is sent anew."""
    chat = await a_chat(store)
    older, younger = await two_stories(store, older=(chat,), younger=(chat,))
    await send_all(store)
    await store.record_desk([await bridge(store, older, younger)], NOON)
    assert await store.claim_deliveries(NOON, 10) == ()
    (first,) = await store.claim_deliveries(DUE, 10)
    assert (first.story_id, first.state, first.wanted_revision) == (older.id, DeliveryState.SENT, 1)
    of_younger = await store.message_about(chat.id, younger.id)
    assert of_younger is not None
    assert of_younger.wanted_revision == 1
    assert await store.told([older.id]) == (Told(chat.id, older.id, NOON, message=True),)


async def test_a_chat_that_was_sent_the_younger_alone_has_it_tell_the_older(store: Store) -> None:
    """By the message that is there, which is revised."""
    chat = await a_chat(store)
    older, younger = await two_stories(store, younger=(chat,))
    await send_all(store)
    await store.record_desk([await bridge(store, older, younger)], NOON)
    (edit,) = await store.claim_deliveries(DUE, 10)
    assert (edit.story_id, edit.state) == (older.id, DeliveryState.SENT)
    assert await store.told([older.id]) == (Told(chat.id, older.id, NOON, message=True),)
    assert await store.told([younger.id]) == ()


async def test_what_is_still_owed_about_the_younger_is_told_by_the_older(store: Store) -> None:
    """It is folded where there is a message about the older, sent or owed; else it tells the older story."""
    knows, waits, fresh = [await a_chat(store, name) for name in ("knows", "waits", "fresh")]
    older = await a_story(store, knows)
    await send_all(store)
    younger = await a_story(store, knows, waits, fresh, title="Leaders sit down")
    again = Intent(waits.id, older.id, ())
    (report,) = await stored(store, entry(outlet="Second"))
    await store.record_desk([replace(joins(report, older), intents=(again,))], NOON)
    await store.record_desk([await bridge(store, older, younger)], NOON)
    sent = await send_all(store)
    assert sorted((one.chat_id, one.story_id) for one in sent) == [(waits.id, older.id), (fresh.id, older.id)]
    assert len(await store.told([older.id])) == 3


async def test_a_refused_message_about_the_older_does_not_swallow_the_younger(store: Store) -> None:
    """The message about the younger takes its place, and tells the story."""
    chat = await a_chat(store)
    older = await a_story(store, chat)
    (first,) = await store.claim_deliveries(NOON, 1)
    refused = await begun(store, first.id, "Text")
    await store.settle(settle(refused, Refused("too long"), NOON))
    younger = await a_story(store, chat, title="Leaders sit down")
    await store.record_desk([await bridge(store, older, younger)], NOON)
    (sent,) = await send_all(store)
    assert (sent.chat_id, sent.story_id) == (chat.id, older.id)
    assert sent.id != first.id
    assert len(await store.told([older.id])) == 1


async def test_a_refused_message_leaves_its_mute_to_the_one_that_takes_its_place(store: Store) -> None:
    """Who wants to hear no more of the older story wants to hear no more of the event."""
    chat = await a_chat(store)
    older = await a_story(store, chat)
    (first,) = await send_all(store)
    assert await store.mute_story(chat.id, older.id, NOON, muted=True)
    await store.settle(settle(first, Refused("gone"), NOON))
    younger = await a_story(store, chat, title="Leaders sit down")
    await send_all(store)
    await store.record_desk([await bridge(store, older, younger)], NOON)
    assert [one.muted for one in await store.told([older.id])] == [True]
    assert await store.claim_deliveries(DUE, 10) == ()


async def test_what_was_decided_in_the_batch_before_stories_merged(store: Store) -> None:
    """A message owed about the younger story by an earlier report of the batch tells the older; what follows revises it."""
    chat, knows = await a_chat(store), await a_chat(store, "knows")
    older = await a_story(store, knows)
    await send_all(store)
    (younger,) = await stored(store, entry("Leaders sit down"))
    joined = await bridge(store, older, younger)
    (last,) = await stored(store, entry(outlet="Last"))
    batch = [
        opens(younger, key="younger", chats=[chat, knows]),
        replace(joined, revisions=(Revise(chat.id, older.id), Revise(knows.id, older.id))),
        joins(last, older, revised_for=[chat, knows]),
    ]
    await store.record_desk(batch, NOON)
    (sent,) = await send_all(store)
    assert (sent.chat_id, sent.story_id, sent.wanted_revision) == (chat.id, older.id, 2)
    (edit,) = [one for one in await store.claim_deliveries(DUE, 10) if one.chat_id == knows.id]
    assert (edit.story_id, edit.state) == (older.id, DeliveryState.SENT)
    assert len(await store.told([older.id])) == 2


async def test_digests_go_on_to_tell_what_they_told(store: Store) -> None:
    """One that told the younger story told the older; one that told both tells both."""
    (one, topic), (both, _) = (
        await a_reader(store, "one", only=True),
        await a_reader(store, "both", only=True),
    )
    older, younger = await two_stories(store)
    assert await store.record_digest(owed(one, topic, (younger,)), NOON)
    assert await store.record_digest(owed(both, topic, (older, younger)), NOON)
    await store.record_desk([await bridge(store, older, younger)], NOON)
    told_older = await store.told([older.id])
    assert {known.chat_id for known in told_older} == {one.id, both.id}
    assert not any(known.message for known in told_older)
    assert [known.chat_id for known in await store.told([younger.id])] == [both.id]
