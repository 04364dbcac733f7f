"""`ports.DeliveryStore`: messages that answer others, when edits are due, and how much a chat heard lately."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.chats import Chat
from bot.domain.deciding import Revise, Told
from bot.domain.deliveries import (
    REVISED_AFTER,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Intent,
    Occasion,
    PutOff,
    Sent,
    ToldElsewhere,
    settle,
)
from bot.domain.entries import Entry
from bot.ports import Store
from tests.contract.records import HOUR, MINUTE, NOON, a_chat, a_story, a_topic, begun, entry, joins, stored


async def send(store: Store, delivery: Delivery, at: datetime = NOON) -> Delivery:
    saved = await begun(store, delivery.id, "Text")
    await store.settle(settle(saved, Sent(f"m{delivery.id}"), at))
    return saved


async def due(store: Store, at: datetime = NOON) -> list[Delivery]:
    return list(await store.claim_deliveries(at, 10))


async def develops(
    store: Store, chat: Chat, story: Entry, at: datetime = NOON, *, silent: bool = True
) -> Entry:
    """A report that the chat is to hear of by an answer; answers the report."""
    (report,) = await stored(store, entry(outlet="Another", seen=at))
    intent = Intent(chat.id, story.id, (1,), brings=report.id, silent=silent)
    record = replace(joins(report, story, revised_for=[chat]), intents=(intent,))
    await store.record_desk([record], at)
    return report


async def test_an_answer_is_owed_besides_the_message(store: Store) -> None:
    """It has no story of its own, but the message that it answers, what it brings, and whether it makes a sound."""
    chat = await a_chat(store)
    story = await a_story(store, chat)
    (first,) = await due(store)
    await send(store, first)
    report = await develops(store, chat, story, NOON + HOUR)
    (answer,) = await due(store, NOON + HOUR)
    assert (answer.kind, answer.answers, answer.brings) == (DeliveryKind.UPDATE, first.id, report.id)
    assert (answer.story_id, answer.silent, answer.topic_ids) == (None, True, (1,))
    assert await store.told([story.id]) == (
        Told(chat.id, story.id, NOON, message=True),
        Told(chat.id, story.id, NOON + HOUR, answers=True),
    )
    assert await store.told([report.id]) == ()


async def test_an_answer_to_nothing_is_not_owed(store: Store) -> None:
    """Where the chat has no message about the story, as where only a digest told it."""
    chat = await a_chat(store)
    story = await a_story(store)
    await develops(store, chat, story)
    assert await due(store) == []


async def test_what_an_answer_follows(store: Store) -> None:
    """The message as it was sent, and when the chat was last told of the story by it or by an earlier answer."""
    chat = await a_chat(store)
    story = await a_story(store, chat)
    (first,) = await due(store)
    await develops(store, chat, story)
    await send(store, first)
    (one,) = await due(store)
    followed = await store.answered(one)
    assert followed is not None
    assert (followed.id, followed.message_id, followed.sent_at) == (first.id, f"m{first.id}", NOON)
    await send(store, one, NOON + MINUTE)
    await develops(store, chat, story, NOON + HOUR)
    another = next(each for each in await due(store, NOON + HOUR) if each.answers)
    followed = await store.answered(another)
    assert followed is not None
    assert (followed.id, followed.sent_at) == (first.id, NOON + MINUTE)


async def test_an_answer_to_what_was_not_sent_follows_nothing(store: Store) -> None:
    """It may be said to be told by that message, and is owed no more."""
    chat = await a_chat(store)
    story = await a_story(store, chat)
    (first,) = await due(store)
    await develops(store, chat, story)
    await store.settle(settle(first, PutOff(NOON + HOUR, held=True), NOON))
    (answer,) = await due(store)
    assert await store.answered(answer) is None
    await store.settle(settle(answer, ToldElsewhere(first.id, "nothing new"), NOON))
    (left,) = await due(store, NOON + HOUR)
    assert left.id == first.id
    assert await store.folded_stories(first.id, 10) == ((), 0)


async def test_the_message_about_a_story(store: Store) -> None:
    """Once it was sent to that chat, and no other."""
    chat, other = await a_chat(store), await a_chat(store, "there")
    story = await a_story(store, chat)
    assert await store.message_about(chat.id, story.id) is None
    (first,) = await due(store)
    await send(store, first)
    message = await store.message_about(chat.id, story.id)
    assert message is not None
    assert (message.id, message.message_id) == (first.id, f"m{first.id}")
    assert await store.message_about(other.id, story.id) is None


async def test_an_edit_is_due_a_minute_after_the_first_thing_more(store: Store) -> None:
    """What comes meanwhile goes with it; what comes after it was made waits anew; a correction waits for nothing."""
    chat = await a_chat(store)
    story = await a_story(store, chat)
    await send(store, (await due(store))[0])

    async def revise(at: datetime, *, corrects: bool = False) -> None:
        (report,) = await stored(store, entry(outlet="Another", seen=at))
        revision = Revise(chat.id, story.id, corrects)
        await store.record_desk([replace(joins(report, story), revisions=(revision,))], at)

    moment = timedelta(seconds=1)
    await revise(NOON)
    await revise(NOON + REVISED_AFTER / 2)
    assert await due(store, NOON + REVISED_AFTER - moment) == []
    (edit,) = await due(store, NOON + REVISED_AFTER)
    assert (edit.state, edit.wanted_revision, edit.sent_revision) == (DeliveryState.SENT, 2, 0)
    await store.settle(settle(edit, Sent("m1"), NOON + REVISED_AFTER))
    await revise(NOON + HOUR)
    assert await due(store, NOON + HOUR + REVISED_AFTER - moment) == []
    await revise(NOON + HOUR + moment, corrects=True)
    (edit,) = await due(store, NOON + HOUR + moment)
    assert edit.corrected
    assert edit.sent_at == NOON


async def test_what_a_chat_was_sent_lately(store: Store) -> None:
    """For the topics asked about, and within the hour: what was sent an hour ago does not count any more."""
    topic, chat = await a_topic(store), await a_chat(store)
    for minute in (0, 10, 20):
        await a_story(store, chat, topic=topic, title=f"Story {minute}", at=NOON)
        await send(store, (await due(store))[0], NOON + minute * MINUTE)
    await a_story(store, chat, title="Of no topic", at=NOON)
    await send(store, (await due(store))[0], NOON + 30 * MINUTE)
    assert await store.sent_lately(chat.id, [topic.id], NOON) == (NOON + 10 * MINUTE, NOON + 20 * MINUTE)
    assert await store.sent_lately(chat.id, [topic.id + 1], NOON) == ()
    assert await store.sent_lately(chat.id + 1, [topic.id], NOON) == ()


async def test_what_was_folded_counts_as_one_message(store: Store) -> None:
    """For all the topics of what it tells, so that it fills an hour as any other does."""
    topic, chat = await a_topic(store), await a_chat(store)
    for title in ("One", "Two"):
        await a_story(store, chat, topic=topic, title=title)
        held = next(one for one in await due(store) if not one.held)
        await store.settle(settle(held, PutOff(NOON + HOUR, held=True), NOON))
    assert await store.fold_held(chat.id, Occasion.HOURLY, 1, NOON + HOUR) == 2
    (folded,) = await due(store, NOON + HOUR)
    assert (folded.story_id, folded.occasion, folded.topic_ids) == (None, Occasion.HOURLY, (topic.id,))
    await send(store, folded, NOON + HOUR)
    assert await store.sent_lately(chat.id, [topic.id], NOON + HOUR - MINUTE) == (NOON + HOUR,)
