"""`ports.ResumeStore`, and which chats' messages may be claimed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from bot.domain.chats import Chat
from bot.domain.deciding import Told
from bot.domain.deliveries import (
    Delivery,
    DeliveryState,
    Intent,
    NotSent,
    Occasion,
    Refused,
    Sent,
    Unknown,
    settle,
)
from bot.domain.entries import Entry
from bot.domain.topics import Topic, TopicSpec
from bot.ports import QueueStatus, Store
from tests.contract.records import (
    HOUR,
    MINUTE,
    NOON,
    a_chat,
    a_story,
    a_topic,
    entry,
    joins,
    match,
    opens,
    stored,
)
from tests.contract.records import begun as as_begun

BLOCKED = "bot was blocked by the user"


async def a_follower(store: Store, address: str = "here") -> tuple[Chat, Topic]:
    """A chat that has followed the only topic for a day."""
    topic, chat = await a_topic(store), await a_chat(store, address)
    await store.subscribe(chat.id, topic.id, NOON - 24 * HOUR)
    return chat, topic


async def pause(store: Store, chat: Chat) -> None:
    await store.pause_chat(chat.id, BLOCKED, NOON)


async def catch_up(store: Store, chat: Chat, now: int = 9) -> tuple[Delivery, list[int]]:
    """The one message that the chat is owed, and the stories that it tells."""
    claimed = await store.claim_deliveries(NOON + now * HOUR, 10)
    (message,) = [one for one in claimed if one.chat_id == chat.id]
    assert message.story_id is None
    stories, total = await store.folded_stories(message.id, 100)
    assert total == len(stories)
    return message, [story.id for story in stories]


async def nothing_due(store: Store, chat: Chat) -> bool:
    return all(one.chat_id != chat.id for one in await store.claim_deliveries(NOON + 9 * HOUR, 10))


def ids(*entries: Entry) -> list[int]:
    return [one.id for one in entries]


async def test_a_chat_that_resumes_is_told_what_it_missed_in_one_message(store: Store) -> None:
    """Stories that nobody told it of while it was paused, the one last reported on first."""
    chat, topic = await a_follower(store)
    await pause(store, chat)
    one = await a_story(store, topic=topic, title="One", at=NOON + MINUTE)
    two = await a_story(store, topic=topic, title="Two", at=NOON + HOUR)
    assert await store.resume_chat(chat.id, NOON + 2 * HOUR) == 2
    assert await store.chat(chat.id) == chat
    message, stories = await catch_up(store, chat)
    assert stories == ids(two, one)
    at = NOON + 2 * HOUR
    assert message == Delivery(
        message.id, chat.id, None, (topic.id,), DeliveryState.PENDING, at, at, occasion=Occasion.PAUSE
    )


async def test_messages_that_were_still_owed_are_told_in_it_too(store: Store) -> None:
    """They are not sent one by one any more, whatever is missed besides."""
    chat, topic = await a_follower(store)
    owed = await a_story(store, chat, topic=topic, title="Owed", at=NOON - MINUTE)
    await pause(store, chat)
    late = await a_story(store, chat, topic=topic, title="Late", at=NOON + MINUTE)
    missed = await a_story(store, topic=topic, title="Missed", at=NOON + 2 * MINUTE)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 3
    assert (await catch_up(store, chat))[1] == ids(missed, late, owed)


async def test_one_that_could_not_be_sent_is_owed_and_told(store: Store) -> None:
    """The message whose refusal paused the chat, and one that waits behind it."""
    chat, topic = await a_follower(store)
    first = await a_story(store, chat, topic=topic, title="First", at=NOON - HOUR)
    second = await a_story(store, chat, topic=topic, title="Second", at=NOON - MINUTE)
    (owed,) = await store.claim_deliveries(NOON, 10)
    begun = await as_begun(store, owed.id, "Text")
    await store.settle(settle(begun, Refused(BLOCKED, pause_chat=True), NOON))
    await pause(store, chat)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 2
    assert (await catch_up(store, chat))[1] == ids(second, first)


async def test_a_possible_repeat_is_left_alone(store: Store) -> None:
    """It may have been sent, and says so itself: one that is uncertain, and one that was so and was refused since."""
    chat, topic = await a_follower(store)
    uncertain = await a_story(store, chat, topic=topic, title="Uncertain", at=NOON - HOUR)
    (owed,) = await store.claim_deliveries(NOON, 10)
    await store.settle(settle(await as_begun(store, owed.id, "Text"), Unknown("timed out"), NOON))
    await pause(store, chat)
    missed = await a_story(store, topic=topic, title="Missed", at=NOON + MINUTE)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 1
    (again,) = await store.claim_deliveries(NOON + HOUR, 1)
    assert (again.story_id, again.state, again.possible_repeat) == (
        uncertain.id,
        DeliveryState.UNCERTAIN,
        True,
    )
    begun = await as_begun(store, again.id, "Text")
    await store.settle(settle(begun, Refused(BLOCKED, pause_chat=True), NOON + HOUR))
    await store.pause_chat(chat.id, BLOCKED, NOON + HOUR)
    assert await store.resume_chat(chat.id, NOON + 2 * HOUR) == 1
    claimed = {one.story_id async for one in in_turn(store, chat)}
    assert claimed == {uncertain.id, None}
    assert missed.id != uncertain.id


async def in_turn(store: Store, chat: Chat) -> AsyncIterator[Delivery]:
    """Each message that the chat is owed, sent one after the other."""
    while due := [one for one in await store.claim_deliveries(NOON + 9 * HOUR, 10) if one.chat_id == chat.id]:
        yield due[0]
        begun = await as_begun(store, due[0].id, "Text")
        await store.settle(settle(begun, Sent("m"), NOON))


async def test_what_the_chat_was_told_it_did_not_miss(store: Store) -> None:
    """Nor is a story that opened and was reported before the pause, or one whose message failed."""
    chat, topic = await a_follower(store)
    await a_story(store, topic=topic, title="Earlier", at=NOON - MINUTE)
    await a_story(store, chat, topic=topic, title="Told")
    (owed,) = await store.claim_deliveries(NOON, 10)
    await store.settle(settle(await as_begun(store, owed.id, "Text"), Sent("m1"), NOON))
    await a_story(store, chat, topic=topic, title="Failed")
    (owed,) = await store.claim_deliveries(NOON, 10)
    await store.settle(settle(await as_begun(store, owed.id, "x"), Refused("too long"), NOON))
    await pause(store, chat)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 0
    assert await nothing_due(store, chat)
    assert await store.chat(chat.id) == chat


async def test_what_does_not_concern_the_chat_it_did_not_miss(store: Store) -> None:
    """Stories of no topic, of topics it does not follow, or does not any more, or that were withdrawn."""
    chat, topic = await a_follower(store)
    await store.sync_topics([topic.spec, TopicSpec("b", "B", "b"), TopicSpec("c", "C", "c")], NOON)
    _, unfollowed, ended = await store.topics()
    await store.subscribe(chat.id, ended.id, NOON - HOUR)
    await pause(store, chat)
    for number, of in enumerate((None, unfollowed, ended)):
        await a_story(store, topic=of, title=f"T{number}", at=NOON + MINUTE)
    await a_story(store, topic=topic, title="Withdrawn", at=NOON + MINUTE)
    await store.unsubscribe(chat.id, ended.id)
    await store.sync_topics([unfollowed.spec, ended.spec], NOON)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 0


async def test_a_blocked_outlets_story_is_not_missed(store: Store) -> None:
    """But one that another outlet reports too is."""
    chat, topic = await a_follower(store)
    await store.save_chat(replace(chat, blocked_outlets=frozenset({"Blocked", "Loud"})))
    await pause(store, chat)
    at = NOON + MINUTE
    only, both = await stored(
        store, entry("Only", seen=at, outlet="Blocked"), entry("Both", seen=at, outlet="Loud")
    )
    await store.record_desk([opens(only, match(topic), key="o"), opens(both, match(topic), key="b")], at)
    (other,) = await stored(store, entry("Both", seen=at + MINUTE, outlet="The Daily"))
    await store.record_desk([joins(other, both, match(topic), key="b")], at)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 1
    assert (await catch_up(store, chat))[1] == ids(both)


async def test_a_subscription_brings_nothing_from_before_it(store: Store) -> None:
    """A topic that was subscribed to during the pause has been missed from then on."""
    topic, chat = await a_topic(store), await a_chat(store)
    await pause(store, chat)
    await a_story(store, topic=topic, title="Before", at=NOON + MINUTE)
    await store.subscribe(chat.id, topic.id, NOON + HOUR)
    after = await a_story(store, topic=topic, title="After", at=NOON + 2 * HOUR)
    assert await store.resume_chat(chat.id, NOON + 3 * HOUR) == 1
    assert (await catch_up(store, chat))[1] == ids(after)


async def test_an_own_topic_and_one_on_offer_bring_a_story_once(store: Store) -> None:
    chat, offered = await a_follower(store)
    own = await store.add_topic(chat.id, TopicSpec("tea", "Tea", "tea"), NOON)
    assert own is not None
    await store.subscribe(chat.id, own.id, NOON - HOUR)
    await pause(store, chat)
    at = NOON + MINUTE
    (opening,) = await stored(store, entry("Both", seen=at))
    await store.record_desk([opens(opening, match(offered), match(own))], at)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 1
    assert (await catch_up(store, chat))[1] == ids(opening)


async def test_what_was_told_in_one_counts_as_told(store: Store) -> None:
    """A further report makes no new message of it, nor an edit; and it is not missed again."""
    chat, topic = await a_follower(store)
    await pause(store, chat)
    missed = await a_story(store, topic=topic, title="Missed", at=NOON + MINUTE)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 1
    (told,) = await store.told([missed.id])
    assert told.chat_id == chat.id
    message, _ = await catch_up(store, chat)
    await store.settle(settle(await as_begun(store, message.id, "T"), Sent("m9"), NOON))
    (report,) = await stored(store, entry("Missed", seen=NOON + 2 * HOUR, outlet="Another"))
    joined = joins(report, missed, match(topic), key="Missed", revised_for=[chat])
    await store.record_desk([replace(joined, intents=opens(missed, chats=[chat]).intents)], NOON)
    assert await nothing_due(store, chat)
    await store.pause_chat(chat.id, BLOCKED, NOON + 3 * HOUR)
    assert await store.resume_chat(chat.id, NOON + 4 * HOUR) == 0


async def test_a_second_pause_before_it_was_told_folds_the_first(store: Store) -> None:
    """All that was missed is told in the one message that is sent at last."""
    chat, topic = await a_follower(store)
    await pause(store, chat)
    first = await a_story(store, topic=topic, title="First", at=NOON + MINUTE)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 1
    await store.pause_chat(chat.id, BLOCKED, NOON + HOUR)
    second = await a_story(store, topic=topic, title="Second", at=NOON + 2 * HOUR)
    assert await store.resume_chat(chat.id, NOON + 3 * HOUR) == 2
    message, stories = await catch_up(store, chat)
    assert stories == ids(second, first)
    assert message.created == NOON + 3 * HOUR


async def test_a_second_pause_without_news_keeps_what_is_owed(store: Store) -> None:
    chat, topic = await a_follower(store)
    await pause(store, chat)
    missed = await a_story(store, topic=topic, title="Missed", at=NOON + MINUTE)
    await store.resume_chat(chat.id, NOON + HOUR)
    await store.pause_chat(chat.id, BLOCKED, NOON + HOUR)
    assert await nothing_due(store, chat)
    assert await store.resume_chat(chat.id, NOON + 2 * HOUR) == 1
    assert (await catch_up(store, chat))[1] == ids(missed)


async def test_one_that_may_have_been_sent_is_told_again_beside_the_next(store: Store) -> None:
    """A message for what was missed whose outcome is unknown keeps its stories, and says that it may be a repeat."""
    chat, topic = await a_follower(store)
    await pause(store, chat)
    first = await a_story(store, topic=topic, title="First", at=NOON + MINUTE)
    await store.resume_chat(chat.id, NOON + HOUR)
    message, _ = await catch_up(store, chat)
    begun = await as_begun(store, message.id, "Text")
    await store.settle(settle(begun, Unknown("timed out"), NOON + HOUR))
    await store.pause_chat(chat.id, BLOCKED, NOON + HOUR)
    second = await a_story(store, topic=topic, title="Second", at=NOON + 2 * HOUR)
    assert await store.resume_chat(chat.id, NOON + 3 * HOUR) == 1
    told = [
        (one.possible_repeat, [story.id for story in (await store.folded_stories(one.id, 9))[0]])
        async for one in in_turn(store, chat)
    ]
    assert told == [(True, ids(first)), (False, ids(second))]


async def test_a_chat_that_is_not_paused_misses_nothing(store: Store) -> None:
    """Nor does one that nobody knows; what it is owed is sent as ever."""
    chat, topic = await a_follower(store)
    story = await a_story(store, chat, topic=topic)
    assert await store.resume_chat(chat.id, NOON) == 0
    assert await store.resume_chat(999, NOON) == 0
    assert [one.story_id for one in await store.claim_deliveries(NOON, 10)] == [story.id]


async def test_resuming_concerns_one_chat_alone(store: Store) -> None:
    here, topic = await a_follower(store)
    there = await a_chat(store, "there")
    await store.subscribe(there.id, topic.id, NOON - HOUR)
    for chat in (here, there):
        await pause(store, chat)
    await a_story(store, there, topic=topic, title="Missed", at=NOON + MINUTE)
    assert await store.resume_chat(here.id, NOON + HOUR) == 1
    still = await store.chat(there.id)
    assert still is not None
    assert still.paused
    assert await store.resume_chat(there.id, NOON + HOUR) == 1


async def test_more_than_a_message_can_name_are_counted(store: Store) -> None:
    """The newest come first, and all of them are told of."""
    chat, topic = await a_follower(store)
    await pause(store, chat)
    missed = [
        await a_story(store, topic=topic, title=f"T{number}", at=NOON + number * MINUTE)
        for number in range(1, 8)
    ]
    assert await store.resume_chat(chat.id, NOON + HOUR) == 7
    (message,) = await store.claim_deliveries(NOON + HOUR, 10)
    stories, total = await store.folded_stories(message.id, 3)
    assert ([story.id for story in stories], total) == (ids(*reversed(missed[-3:])), 7)
    assert all(story.reports for story in stories)
    assert await store.folded_stories(999, 3) == ((), 0)


async def test_what_waits_for_a_paused_chat_does_not_count_as_late(store: Store) -> None:
    """Once it is resumed, one message waits."""
    chat, topic = await a_follower(store)
    for title in ("One", "Two"):
        await a_story(store, chat, topic=topic, title=title)
    await pause(store, chat)
    assert await store.queue_status(NOON) == QueueStatus(0, 0, None, 0)
    await store.resume_chat(chat.id, NOON + HOUR)
    assert await store.queue_status(NOON + HOUR) == QueueStatus(0, 1, NOON + HOUR, 0)


async def test_the_message_has_no_story_to_explain(store: Store) -> None:
    """Once it is sent it is not among those that `/why` explains, and it is not edited."""
    chat, topic = await a_follower(store)
    await pause(store, chat)
    await a_story(store, topic=topic, title="Missed", at=NOON + MINUTE)
    await store.resume_chat(chat.id, NOON + HOUR)
    message, _ = await catch_up(store, chat)
    await store.settle(settle(await as_begun(store, message.id, "T"), Sent("m9"), NOON))
    assert await store.sent_messages(chat.id, 10) == ()
    assert await store.sent_messages(chat.id, 10, "m9") == ()
    assert await nothing_due(store, chat)


async def test_only_chats_of_the_platforms_that_are_served_have_messages_due(store: Store) -> None:
    """And none of those that are being spoken to already; the limit counts what is left."""
    chats = [
        await store.ensure_chat("telegram", "1", "", NOON),
        await store.ensure_chat("slack", "T1/C1", "", NOON),
        await store.ensure_chat("telegram", "2", "", NOON),
    ]
    telegram, slack, other = (chat.id for chat in chats)
    await a_story(store, *chats)

    async def claimed(**wanted: object) -> list[int]:
        return [one.chat_id for one in await store.claim_deliveries(NOON, 2, **wanted)]  # type: ignore[arg-type]

    assert await claimed() == [telegram, slack]
    assert await claimed(platforms=("telegram",)) == [telegram, other]
    assert await claimed(platforms=("slack", "console")) == [slack]
    assert await claimed(platforms=()) == []
    assert await claimed(besides=[telegram]) == [slack, other]
    assert await claimed(besides=[telegram], platforms=("telegram",)) == [other]
    assert await claimed(besides=[telegram, slack, other, 999]) == []


async def test_an_answer_waits_for_the_message_that_its_story_was_folded_into(store: Store) -> None:
    """It follows that one, which is when the chat was told."""
    chat, topic = await a_follower(store)
    await pause(store, chat)
    story = await a_story(store, topic=topic, at=NOON + HOUR)
    await store.resume_chat(chat.id, NOON + 2 * HOUR)
    message, _ = await catch_up(store, chat)
    assert await store.told([story.id]) == (Told(chat.id, story.id, NOON + 2 * HOUR, message=True),)
    (report,) = await stored(store, entry(outlet="Another", seen=NOON + 3 * HOUR))
    intent = Intent(chat.id, story.id, (topic.id,), brings=report.id)
    await store.record_desk([replace(joins(report, story), intents=(intent,))], NOON + 3 * HOUR)
    later = NOON + 4 * HOUR
    begun = await as_begun(store, message.id, "Text")
    await store.settle(settle(begun, NotSent("busy", 2 * HOUR), NOON + 3 * HOUR))
    assert await store.claim_deliveries(later, 10) == ()
    begun = await as_begun(store, message.id, "Text")
    await store.settle(settle(begun, Sent("m1"), later))
    (answer,) = await store.claim_deliveries(later, 10)
    followed = await store.answered(answer)
    assert followed is not None
    assert (followed.story_id, followed.message_id, followed.sent_at) == (story.id, "m1", later)
    assert await store.mute_story(chat.id, story.id, later, muted=True)
    assert await store.answered(answer) is None
    assert [one.muted for one in await store.told([story.id]) if one.message] == [True]


async def test_an_update_that_was_owed_in_a_pause_still_answers_its_message(store: Store) -> None:
    """The story was told before, so what is missed does not name it."""
    chat, topic = await a_follower(store)
    story = await a_story(store, chat, topic=topic)
    (first,) = await store.claim_deliveries(NOON, 10)
    begun = await as_begun(store, first.id, "Text")
    await store.settle(settle(begun, Sent("m1"), NOON))
    (report,) = await stored(store, entry(outlet="Another"))
    intent = Intent(chat.id, story.id, (topic.id,), brings=report.id)
    await store.record_desk([replace(joins(report, story), intents=(intent,))], NOON)
    await pause(store, chat)
    missed = await a_story(store, topic=topic, title="Missed", at=NOON + HOUR)
    assert await store.resume_chat(chat.id, NOON + 2 * HOUR) == 1
    (update,) = await store.claim_deliveries(NOON + 2 * HOUR, 10)
    assert (update.answers, update.brings) == (first.id, report.id)
    begun = await as_begun(store, update.id, "Text")
    await store.settle(settle(begun, Sent("m2"), NOON))
    assert (await catch_up(store, chat))[1] == ids(missed)


async def test_what_is_late_becomes_one_message(store: Store) -> None:
    """By when it was owed or when its story was published; what is fresh, may be a repeat, or was sent stays by itself."""
    chat, topic = await a_follower(store)
    sent = await a_story(store, chat, topic=topic, title="Sent", at=NOON - HOUR)
    (message,) = await store.claim_deliveries(NOON, 10)
    await store.settle(settle(await as_begun(store, message.id, "T"), Sent("m"), NOON))
    uncertain = await a_story(store, chat, topic=topic, title="Uncertain", at=NOON - HOUR)
    (message,) = await store.claim_deliveries(NOON, 10)
    await store.settle(settle(await as_begun(store, message.id, "T"), Unknown("timed out"), NOON))
    late = [await a_story(store, chat, topic=topic, title=title, at=NOON - HOUR) for title in "ab"]
    # `entry` is published a minute before it is seen.
    old = await a_story(store, chat, topic=topic, title="Old", at=NOON)
    fresh = await a_story(store, chat, topic=topic, title="Fresh", at=NOON + MINUTE)
    assert await store.fold_late(chat.id, 3, NOON - MINUTE, NOON + MINUTE) == 0
    assert await store.fold_late(chat.id, 2, NOON - MINUTE, NOON + MINUTE) == 3
    everything = {one.id for one in (sent, uncertain, *late, old, fresh)}
    assert {told.story_id for told in await store.told(everything)} == everything
    claimed = []
    now = NOON + HOUR
    while due := await store.claim_deliveries(now, 1):
        claimed.append((due[0].story_id, due[0].occasion))
        await store.settle(settle(await as_begun(store, due[0].id, "T"), Sent(f"m{due[0].id}"), now))
    assert claimed == [(uncertain.id, None), (fresh.id, None), (None, Occasion.BACKLOG)]
    assert (await store.addressees([chat.id]))[chat.id].owed == 0


async def test_to_whom_something_is_owed(store: Store) -> None:
    """The chat as it is, what it follows, and how many bulletins it waits for; no chat that is not there."""
    chat, topic = await a_follower(store)
    other, _ = await a_follower(store, "other")
    for title in "ab":
        await a_story(store, chat, topic=topic, title=title, at=NOON)
    found = await store.addressees([chat.id, other.id, 999])
    assert found.keys() == {chat.id, other.id}
    assert (found[chat.id].chat, found[chat.id].owed) == (chat, 2)
    assert found[chat.id].subscriptions == await store.subscriptions(chat.id)
    assert (found[other.id].chat, found[other.id].owed) == (other, 0)
