"""`ports.DeliveryStore`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.chats import Chat
from bot.domain.deciding import Told
from bot.domain.deliveries import (
    ORDER_TRIES,
    REVISED_AFTER,
    UNCERTAIN_WAIT,
    Delivery,
    DeliveryState,
    Intent,
    NotSent,
    PutOff,
    Refused,
    Sent,
    Settlement,
    Tripped,
    Unknown,
    retry_wait,
    settle,
)
from bot.domain.entries import Entry
from bot.ports import QueueStatus, Store
from bot.storage.sql import SqlStore
from tests.contract.conftest import explained, listening
from tests.contract.records import HOUR, MINUTE, NOON, a_chat, a_story, a_topic, entry, joins, stored
from tests.contract.records import begun as as_begun


async def send(store: Store, delivery: Delivery, message_id: str = "m1") -> Delivery:
    """Send it and settle; answers what was begun."""
    begun = await as_begun(store, delivery.id, f"Text {message_id}")
    await store.settle(settle(begun, Sent(message_id), NOON))
    return begun


async def revise(store: Store, story: Entry, *chats: Chat) -> None:
    """A further report has the chats' messages about the story say more from NOON on."""
    (report,) = await stored(store, entry(outlet="Another"))
    await store.record_desk([joins(report, story, revised_for=chats)], NOON - REVISED_AFTER)


async def due(store: Store) -> list[int | None]:
    return [delivery.story_id for delivery in await store.claim_deliveries(NOON, 10)]


async def test_a_chat_has_one_message_due_at_a_time(store: Store) -> None:
    """The oldest of each chat, in order of age, limited; claiming takes nothing."""
    here, there = await a_chat(store), await a_chat(store, "there")
    first = await a_story(store, here, title="First")
    second = await a_story(store, here, there, title="Second")
    assert await due(store) == [first.id, second.id]
    assert await due(store) == [first.id, second.id]
    assert len(await store.claim_deliveries(NOON, 1)) == 1
    assert await store.claim_deliveries(NOON - MINUTE, 10) == ()


async def test_begin_send_saves_the_text_before_the_call(store: Store) -> None:
    """The attempt counts, and the chat has nothing more due until it is settled."""
    topic, chat = await a_topic(store), await a_chat(store)
    first = await a_story(store, chat, topic=topic, title="First")
    second = await a_story(store, chat, title="Second")
    (owed,) = await store.claim_deliveries(NOON, 10)
    begun = await as_begun(store, owed.id, "⚡️ Text")
    assert begun == replace(owed, state=DeliveryState.SENDING, text="⚡️ Text", attempts=1)
    assert begun.topic_ids == (topic.id,)
    assert await due(store) == []
    await store.settle(settle(begun, Sent("m1"), NOON))
    assert await due(store) == [second.id]
    ((sent),) = await store.sent_messages(chat.id, 10)
    assert sent.delivery == replace(
        begun, state=DeliveryState.SENT, message_id="m1", sent_at=NOON, attempts=0
    )
    assert sent.story.id == first.id


async def test_what_was_not_sent_is_due_again_later(store: Store) -> None:
    """With the reason; meanwhile the chat's next message waits, so that the order is kept."""
    chat = await a_chat(store)
    first = await a_story(store, chat, title="First")
    second = await a_story(store, chat, title="Second")
    (owed,) = await store.claim_deliveries(NOON, 10)
    begun = await as_begun(store, owed.id, "Text")
    await store.settle(settle(begun, NotSent("slow down", MINUTE), NOON))
    assert await due(store) == []
    (again,) = await store.claim_deliveries(NOON + MINUTE, 10)
    assert again.story_id == first.id
    assert (again.state, again.reason, again.attempts) == (DeliveryState.PENDING, "slow down", 1)
    assert (again.possible_repeat, again.text) == (False, "Text")
    await send(store, again)
    assert await due(store) == [second.id]


async def test_a_message_that_is_never_taken_holds_up_no_other_for_ever(store: Store) -> None:
    """Nor does one that our own code has yet to compose."""
    chat = await a_chat(store)
    first = await a_story(store, chat, title="First")
    second = await a_story(store, chat, title="Second")
    now = NOON
    for attempt in range(1, ORDER_TRIES + 1):
        (owed,) = await store.claim_deliveries(now, 10)
        assert owed.story_id == first.id
        await store.settle(settle(await as_begun(store, owed.id, "Text"), NotSent("no"), now))
        assert await store.claim_deliveries(now, 10) == ()
        now += retry_wait(attempt)
    (owed,) = await store.claim_deliveries(now, 10)
    await store.settle(settle(await as_begun(store, owed.id, "Text"), NotSent("no"), now))
    (other,) = await store.claim_deliveries(now, 10)
    assert other.story_id == second.id
    await store.settle(settle(other, Tripped("it has a flaw"), now))
    third = await a_story(store, chat, title="Third", at=now)
    (other,) = await store.claim_deliveries(now, 10)
    assert other.story_id == third.id


async def test_an_unknown_outcome_is_sent_again_as_a_possible_repeat(store: Store) -> None:
    """The mark stays once it is sent."""
    chat = await a_chat(store)
    await a_story(store, chat)
    (owed,) = await store.claim_deliveries(NOON, 10)
    begun = await as_begun(store, owed.id, "Text")
    await store.settle(settle(begun, Unknown("timed out"), NOON))
    assert await store.claim_deliveries(NOON, 10) == ()
    (again,) = await store.claim_deliveries(NOON + HOUR, 10)
    assert (again.state, again.possible_repeat) == (DeliveryState.UNCERTAIN, True)
    begun = await as_begun(store, again.id, "Text")
    assert begun.state is DeliveryState.SENDING
    assert await store.claim_deliveries(NOON + HOUR, 10) == ()
    await store.settle(settle(begun, Sent("m1"), NOON))
    (sent,) = await store.sent_messages(chat.id, 10)
    assert sent.delivery.possible_repeat
    assert sent.delivery.reason is None


async def test_a_refused_message_is_not_due_again(store: Store) -> None:
    """It counts as failed, as long as there is no more to tell."""
    chat = await a_chat(store)
    await a_story(store, chat)
    (owed,) = await store.claim_deliveries(NOON, 10)
    begun = await as_begun(store, owed.id, "Text")
    await store.settle(settle(begun, Refused("blocked"), NOON))
    assert await store.claim_deliveries(NOON + HOUR, 10) == ()
    assert await store.sent_messages(chat.id, 10) == ()
    assert (await store.queue_status(NOON)).failed_messages == 1


async def test_a_refused_message_is_owed_anew_when_it_is_intended_again(store: Store) -> None:
    """At once, with the topics of now, and as if never tried; what may have been sent before stays marked."""
    topic, chat = await a_topic(store), await a_chat(store)
    story = await a_story(store, chat)
    (owed,) = await store.claim_deliveries(NOON, 10)
    begun = await as_begun(store, owed.id, "Text")
    await store.settle(settle(begun, Unknown("timed out"), NOON))
    (owed,) = await store.claim_deliveries(NOON + HOUR, 10)
    begun = await as_begun(store, owed.id, "Text")
    await store.settle(settle(begun, Refused("forbidden"), NOON))
    (report,) = await stored(store, entry(outlet="Another"))
    again = replace(joins(report, story), intents=(Intent(chat.id, story.id, (topic.id,)),))
    await store.record_desk([again], NOON + MINUTE)
    assert await store.claim_deliveries(NOON, 10) == ()
    (anew,) = await store.claim_deliveries(NOON + MINUTE, 10)
    assert (anew.id, anew.state, anew.attempts, anew.topic_ids) == (
        owed.id,
        DeliveryState.PENDING,
        0,
        (topic.id,),
    )
    assert anew.possible_repeat
    assert (await store.queue_status(NOON)).failed_messages == 0
    assert await store.told([story.id]) == (Told(chat.id, story.id, NOON, message=True),)


async def test_a_wanted_revision_is_due_as_an_edit(store: Store) -> None:
    """After first sends; its state stays `sent`, and it is done once the revision was sent."""
    chat = await a_chat(store)
    told = await a_story(store, chat, title="Told")
    (owed,) = await store.claim_deliveries(NOON, 10)
    await send(store, owed)
    await revise(store, told, chat)
    new = await a_story(store, chat, title="New")
    (first,) = await store.claim_deliveries(NOON, 10)
    assert first.story_id == new.id
    await send(store, first, "m2")

    (edit,) = await store.claim_deliveries(NOON, 10)
    assert (edit.id, edit.wanted_revision, edit.sent_revision) == (owed.id, 1, 0)
    begun = await as_begun(store, edit.id, "More")
    assert (begun.state, begun.text, begun.attempts) == (DeliveryState.SENT, "More", 1)
    await store.settle(settle(begun, NotSent("slow down"), NOON))
    assert await store.claim_deliveries(NOON, 10) == ()
    (edit,) = await store.claim_deliveries(NOON + HOUR, 10)
    assert (edit.message_id, edit.sent_at, edit.sent_revision) == ("m1", NOON, 0)
    await store.settle(settle(edit, Sent("m1"), NOON))
    assert await store.claim_deliveries(NOON + HOUR, 10) == ()


async def test_a_revision_wanted_during_the_call_is_still_owed(store: Store) -> None:
    """What the call sent is settled; what came since is an edit."""
    chat = await a_chat(store)
    story = await a_story(store, chat)
    (owed,) = await store.claim_deliveries(NOON, 10)
    begun = await as_begun(store, owed.id, "Text")
    await revise(store, story, chat)
    await store.settle(settle(begun, Sent("m1"), NOON))
    (edit,) = await store.claim_deliveries(NOON, 10)
    assert (edit.state, edit.wanted_revision, edit.sent_revision) == (DeliveryState.SENT, 1, 0)


async def test_edits_of_other_chats_come_after_first_sends(store: Store) -> None:
    """Though the message to be edited is older."""
    here, there = await a_chat(store), await a_chat(store, "there")
    told = await a_story(store, here, title="Told")
    (owed,) = await store.claim_deliveries(NOON, 10)
    await send(store, owed)
    await revise(store, told, here)
    new = await a_story(store, there, title="New")
    assert await due(store) == [new.id, told.id]


async def test_a_paused_chat_has_nothing_due(store: Store) -> None:
    """Neither first sends nor edits; both wait until it resumes, and do not count as late."""
    chat = await a_chat(store)
    told = await a_story(store, chat, title="Told")
    (owed,) = await store.claim_deliveries(NOON, 10)
    await send(store, owed)
    await revise(store, told, chat)
    new = await a_story(store, chat, title="New")
    await store.save_chat(replace(chat, paused_at=NOON))
    assert await due(store) == []
    assert (await store.queue_status(NOON)).messages == 0
    assert (await store.queue_status(NOON)).oldest_message is None
    await store.save_chat(chat)
    assert await due(store) == [new.id]


async def test_what_a_dead_process_left_is_sent_again(store: Store) -> None:
    """As a possible repeat, due a little later; a message that was sent is not touched."""
    chat, other = await a_chat(store), await a_chat(store, "there")
    await a_story(store, chat, other)
    sent, left = await store.claim_deliveries(NOON, 10)
    await send(store, sent)
    await as_begun(store, left.id, "Text")
    assert await store.recover(NOON + HOUR) == 1
    assert await store.recover(NOON + HOUR) == 0
    assert await store.claim_deliveries(NOON + HOUR, 10) == ()
    due = NOON + HOUR + UNCERTAIN_WAIT
    (again,) = await store.claim_deliveries(due, 10)
    assert (again.id, again.possible_repeat, again.attempts) == (left.id, True, 1)
    assert (again.state, again.due) == (DeliveryState.UNCERTAIN, due)
    assert again.reason


async def test_sent_messages_are_newest_first(store: Store) -> None:
    """Of this chat only; one can be asked for by the platform's id."""
    topic, chat, other = await a_topic(store), await a_chat(store), await a_chat(store, "there")
    for number, title in enumerate(("First", "Second", "Third")):
        await a_story(store, chat, topic=topic, title=title)
        (owed,) = await store.claim_deliveries(NOON, 10)
        await as_begun(store, owed.id, title)
        at = NOON + number * MINUTE
        await store.settle(Settlement(owed.id, DeliveryState.SENT, at, f"m{number}", at, 0))
    await a_story(store, chat, title="Not sent")
    await a_story(store, other, title="Elsewhere")
    newest, older = await store.sent_messages(chat.id, 2)
    assert (newest.delivery.text, older.delivery.text) == ("Third", "Second")
    assert newest.story.reports[0].entry.title == "Third"
    assert newest.story.matches[0].topic_id == topic.id
    (asked,) = await store.sent_messages(chat.id, 2, "m0")
    assert asked.story.reports[0].entry.title == "First"
    assert await store.sent_messages(chat.id, 2, "m9") == ()
    assert await store.sent_messages(other.id, 2, "m0") == ()


async def test_the_queue_tells_what_waits(store: Store) -> None:
    """Entries for the desk; messages owed, being sent or to be edited; since when the oldest was owed."""
    assert await store.queue_status(NOON) == QueueStatus(0, 0, None, 0)
    here, there = await a_chat(store), await a_chat(store, "there")
    told = await a_story(store, here, title="Told", at=NOON - HOUR)
    (owed,) = await store.claim_deliveries(NOON, 10)
    assert await store.queue_status(NOON) == QueueStatus(0, 1, NOON - HOUR, 0)
    await send(store, owed)
    await revise(store, told, here)
    assert await store.queue_status(NOON) == QueueStatus(0, 1, None, 0)
    await a_story(store, there, title="New")
    (first, _) = await store.claim_deliveries(NOON, 10)
    await as_begun(store, first.id, "Text")
    await stored(store, entry())
    assert await store.queue_status(NOON) == QueueStatus(1, 2, NOON, 0, NOON)


async def test_a_message_that_is_put_off_keeps_its_place(store: Store) -> None:
    """What came later to the chat waits behind it; one that is held for quiet hours lets others pass."""
    chat = await a_chat(store)
    first, second = [await a_story(store, chat, title=title) for title in ("First", "Second")]
    (owed,) = await store.claim_deliveries(NOON, 10)
    await store.settle(settle(owed, PutOff(NOON + MINUTE), NOON))
    assert await due(store) == []
    (again,) = await store.claim_deliveries(NOON + MINUTE, 10)
    assert again.story_id == first.id
    await store.settle(settle(again, PutOff(NOON + HOUR, held=True), NOON))
    assert await due(store) == [second.id]


async def test_what_a_message_takes_does_not_depend_on_how_many_chats_there_are(store: SqlStore) -> None:
    """Its own rows are found by their indexes, and those of all chats are gone through for none."""
    chat = await a_chat(store)
    await a_story(store, chat)
    (owed,) = await store.claim_deliveries(NOON, 1)
    statements: list[tuple[str, Any]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    with listening(store, listen):
        await store.addressees([chat.id])
        await send(store, owed)
    plans = await explained(store, [one for one in statements if not one[0].startswith(("BEGIN", "PRAGMA"))])
    assert plans
    assert [step for step in plans if step.startswith(("SCAN chats", "SCAN deliveries"))] == []
    assert not any("ix_deliveries_state_due" in step for step in plans)
