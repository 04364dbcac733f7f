"""`ports.DeliveryStore.mute_story`: what comes of a story that a chat wants to hear no more of."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.chats import Chat
from bot.domain.deciding import Revise, Told
from bot.domain.deliveries import Delivery, Intent, Sent, settle
from bot.domain.entries import Entry
from bot.ports import DeskRecord, Store
from tests.contract.records import HOUR, MINUTE, NOON, a_chat, a_story, begun, entry, joins, stored
from tests.contract.test_resuming import a_follower

LATER = NOON + HOUR


async def told(store: Store, *chats: Chat, title: str = "Talks begin", at: int = 0) -> Entry:
    """A story that the chats were sent messages of: `m` and the number of the message."""
    story = await a_story(store, *chats, title=title)
    for _ in chats:
        await send(store, (await store.claim_deliveries(NOON, 1))[0], at=at)
    return story


async def send(store: Store, owed: Delivery, at: int = 0) -> None:
    text = await begun(store, owed.id, "Text")
    now = NOON + at * MINUTE
    await store.settle(settle(text, Sent(f"m{owed.id}"), now))


async def develops(store: Store, story: Entry, *chats: Chat) -> Entry:
    """A further report that has the chats' messages revised and answered."""
    (report,) = await stored(store, entry("A new turn", outlet="Another"))
    record = joins(report, story)
    intents = tuple(Intent(chat.id, story.id, (), brings=report.id) for chat in chats)
    revisions = tuple(Revise(chat.id, story.id) for chat in chats)
    await store.record_desk([replace(record, intents=intents, revisions=revisions)], NOON)
    return report


async def due(store: Store) -> list[tuple[int, bool]]:
    """(chat, whether it is an edit) of what is due later on."""
    return [(one.chat_id, one.message_id is not None) for one in await store.claim_deliveries(LATER, 10)]


async def test_a_muted_story_is_told_as_such_to_its_chat_alone(store: Store) -> None:
    here, there = await a_chat(store), await a_chat(store, "there")
    story = await told(store, here, there)
    assert await store.mute_story(here.id, story.id, NOON, muted=True)
    assert await store.told([story.id]) == (
        Told(here.id, story.id, NOON, message=True, muted=True),
        Told(there.id, story.id, NOON, message=True),
    )
    (message,) = await store.sent_messages(here.id, 10)
    assert message.delivery.muted
    (message,) = await store.sent_messages(there.id, 10)
    assert not message.delivery.muted


async def test_muting_twice_changes_nothing_nor_does_what_was_not_sent(store: Store) -> None:
    here, there = await a_chat(store), await a_chat(store, "there")
    story = await told(store, here)
    assert not await store.mute_story(here.id, story.id, NOON, muted=False)
    assert await store.mute_story(here.id, story.id, NOON, muted=True)
    assert not await store.mute_story(here.id, story.id, NOON, muted=True)
    assert not await store.mute_story(there.id, story.id, NOON, muted=True)
    assert not await store.mute_story(here.id, 999, NOON, muted=True)
    waiting = await a_story(store, here, title="Waits")
    assert not await store.mute_story(here.id, waiting.id, NOON, muted=True)


async def test_what_was_decided_before_it_was_muted_is_not_shown(store: Store) -> None:
    """The edit is not due, and the update finds nothing to answer; with the neighbour both go on."""
    here, there = await a_chat(store), await a_chat(store, "there")
    story = await told(store, here, there)
    await develops(store, story, here, there)
    await store.mute_story(here.id, story.id, NOON, muted=True)
    updates = {one.chat_id: one for one in await store.claim_deliveries(LATER, 10)}
    assert await store.answered(updates[here.id]) is None
    assert await store.answered(updates[there.id]) is not None
    for update in updates.values():
        await send(store, update)
    assert await due(store) == [(there.id, True)]


async def test_an_edit_that_was_claimed_is_not_begun(store: Store) -> None:
    here = await a_chat(store)
    story = await told(store, here)
    (report,) = await stored(store, entry(outlet="Another"))
    await store.record_desk([joins(report, story, revised_for=[here])], NOON)
    (edit,) = await store.claim_deliveries(LATER, 10)
    await store.mute_story(here.id, story.id, NOON, muted=True)
    assert await store.begin_send(edit.id, "Text") is None
    assert (await store.queue_status(LATER)).messages == 0


async def test_what_came_meanwhile_is_shown_once_it_is_no_longer_muted(store: Store) -> None:
    here = await a_chat(store)
    story = await told(store, here)
    await store.mute_story(here.id, story.id, NOON, muted=True)
    assert await due(store) == []
    assert await store.mute_story(here.id, story.id, LATER, muted=False)
    (edit,) = await store.claim_deliveries(LATER, 10)
    text = await begun(store, edit.id, "More")
    await store.settle(settle(text, Sent("m1"), LATER))
    assert await due(store) == []
    assert await store.told([story.id]) == (Told(here.id, story.id, NOON, message=True),)


async def test_an_update_is_a_message_about_its_story(store: Store) -> None:
    """It is found by its id, and muted with the story."""
    here = await a_chat(store)
    story = await told(store, here)
    await develops(store, story, here)
    (update,) = [one for one in await store.claim_deliveries(NOON, 10) if one.answers is not None]
    await send(store, update, at=1)
    (newest, first) = await store.sent_messages(here.id, 10)
    assert (newest.delivery.id, newest.story.id, first.story.id) == (update.id, story.id, story.id)
    (asked,) = await store.sent_messages(here.id, 1, f"m{update.id}")
    assert asked.story.reports[-1].entry.title == "A new turn"
    await store.mute_story(here.id, story.id, NOON, muted=True)
    assert all(one.delivery.muted for one in await store.sent_messages(here.id, 10))
    await store.mute_story(here.id, story.id, NOON, muted=False)
    assert not any(one.delivery.muted for one in await store.sent_messages(here.id, 10))


async def merge(store: Store, younger: Entry, older: Entry) -> None:
    (report,) = await stored(store, entry("Both in one", outlet="Third"))
    placed = joins(report, older).placement
    assert placed is not None
    merging = replace(placed, merges=(younger.id, older.id))
    await store.record_desk([DeskRecord(report, (), (), merging)], NOON)


async def test_stories_that_merge_are_muted_if_one_was(store: Store) -> None:
    """Whichever it was; the other message is not even revised to say that it goes on elsewhere."""
    here, there = await a_chat(store), await a_chat(store, "there")
    older = await told(store, here, there, title="Talks begin")
    younger = await told(store, here, there, title="Talks open")
    await store.mute_story(here.id, younger.id, NOON, muted=True)
    await store.mute_story(there.id, older.id, NOON, muted=True)
    await merge(store, younger, older)
    assert await due(store) == []
    assert all(one.muted for one in await store.told([older.id, younger.id]))
    assert await store.mute_story(here.id, older.id, LATER, muted=False)
    assert {one.muted for one in await store.told([older.id, younger.id]) if one.chat_id == here.id} == {
        False
    }


async def test_a_message_that_tells_the_older_story_after_merging_stays_muted(store: Store) -> None:
    here = await a_chat(store)
    older = await told(store, title="Talks begin")
    younger = await told(store, here, title="Talks open")
    await store.mute_story(here.id, younger.id, NOON, muted=True)
    await merge(store, younger, older)
    assert await store.told([older.id]) == (Told(here.id, older.id, NOON, message=True, muted=True),)
    assert await due(store) == []


async def test_no_digest_tells_what_is_muted(store: Store) -> None:
    here, topic = await a_follower(store)
    there, _ = await a_follower(store, "there")
    story = await a_story(store, here, there, topic=topic)
    for _ in (here, there):
        await send(store, (await store.claim_deliveries(NOON, 1))[0])
    await store.mute_story(here.id, story.id, NOON, muted=True)
    assert (await store.untold_stories(here.id, NOON - HOUR, LATER))[0] == ()
    assert [one.story.id for one in (await store.untold_stories(there.id, NOON - HOUR, LATER))[0]] == [
        story.id
    ]
    await develops(store, story, here)
    (update,) = [one for one in await store.claim_deliveries(NOON, 10) if one.answers is not None]
    await store.mute_story(here.id, story.id, NOON, muted=False)
    await send(store, update)
    await store.mute_story(here.id, story.id, NOON, muted=True)
    other = await a_story(store, topic=topic, title="Other talks")
    assert [one.story.id for one in (await store.untold_stories(here.id, NOON - HOUR, LATER))[0]] == [
        other.id
    ]
