"""`ports.DigestStore`, and what quiet hours hold."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, time

import pytest

from bot.domain.chats import Chat, Digests
from bot.domain.deliveries import (
    MOST_HELD,
    Delivery,
    Occasion,
    PutOff,
    Refused,
    Sent,
    Unknown,
    settle,
)
from bot.domain.digests import DigestItem, LastDigest, Part, Place
from bot.domain.entries import Entry, IngestPlan, Revision
from bot.domain.schedules import HOURLY, Quiet, Schedule, Slot
from bot.domain.topics import Topic
from bot.ports import DigestRecord, Store
from tests.contract.records import (
    HOUR,
    MINUTE,
    NOON,
    a_chat,
    a_feed,
    a_story,
    entry,
    joins,
    match,
    new_entry,
    opens,
    poll,
    stored,
)
from tests.contract.records import begun as as_begun
from tests.contract.test_resuming import a_follower, catch_up, ids

DAY = 24 * HOUR
TODAY = Slot("2025-08-09", NOON - HOUR)
NEXT = NOON + 23 * HOUR
WISH = Digests(Schedule(time(11)), NOON - DAY, NOON - DAY)
NIGHT = Quiet(time(22), time(7))


async def a_reader(store: Store, address: str = "here", *, only: bool = False) -> tuple[Chat, Topic]:
    """A chat that has followed the only topic for a day, and wants digests of it."""
    chat, topic = await a_follower(store, address)
    chat = replace(chat, digests=replace(WISH, only=only))
    await store.save_chat(chat)
    return chat, topic


def owed(
    chat: Chat,
    topic: Topic,
    *parts: Collection[Entry],
    unnamed: Collection[Entry] = (),
    slot: Slot = TODAY,
    until: datetime = NOON,
) -> DigestRecord:
    def items(some: Collection[Entry]) -> tuple[DigestItem, ...]:
        return tuple(DigestItem(one.id, topic.id) for one in some)

    return DigestRecord(chat, NEXT, slot, NOON - DAY, until, tuple(map(items, parts)), items(unnamed))


async def untold(store: Store, chat: Chat, since: datetime = NOON - DAY) -> list[int]:
    stories, _ = await store.untold_stories(chat.id, since, NOON + HOUR)
    return [one.story.id for one in stories]


async def due(store: Store, now: datetime = NOON) -> list[int]:
    return [look.chat.id for look in await store.due_digests(now, 10, ["console"])]


async def owed_to(store: Store, chat: Chat, now: datetime = NOON) -> list[Delivery]:
    return [one for one in await store.claim_deliveries(now, 10) if one.chat_id == chat.id]


async def test_a_wish_and_quiet_hours_are_settings(store: Store) -> None:
    """They are kept, and can be taken back."""
    chat = await a_chat(store)
    assert (chat.digests, chat.quiet) == (None, None)
    for changed in (
        replace(chat, digests=replace(WISH, only=True), quiet=replace(NIGHT, confirmed=True)),
        replace(chat, digests=replace(WISH, schedule=HOURLY), quiet=NIGHT),
        chat,
    ):
        await store.save_chat(changed)
        assert await store.chat(chat.id) == changed


async def test_a_schedule_is_looked_at_when_it_was_set_and_when_its_next_slot_comes(store: Store) -> None:
    """And whenever a setting changes, since the time zone is one of them; not while the chat is paused."""
    nobody = await a_chat(store, "nobody")
    chat, _ = await a_reader(store)
    assert await due(store) == [chat.id]
    assert await store.due_digests(NOON, 10, ["telegram"]) == ()
    assert not await store.record_digest(DigestRecord(chat, NEXT), NOON)
    assert await due(store, NEXT - MINUTE) == []
    assert await due(store, NEXT) == [chat.id]
    moved = replace(chat, time_zone="Asia/Tokyo")
    await store.save_chat(moved)
    assert await due(store) == [chat.id]
    await store.pause_chat(chat.id, "blocked", NOON)
    assert await due(store, NEXT) == []
    await store.resume_chat(chat.id, NOON)
    await store.save_chat(replace(moved, digests=None))
    assert await due(store, NEXT) == []
    assert nobody.digests is None


async def test_the_longest_overdue_come_first_and_no_more_than_asked_for(store: Store) -> None:
    chats = [(await a_reader(store, address))[0] for address in "abc"]
    for hours, chat in zip((3, 1, 2), chats, strict=True):
        await store.record_digest(DigestRecord(chat, NOON + hours * HOUR), NOON)
    looks = await store.due_digests(NOON + 5 * HOUR, 2, ["console"])
    assert [look.chat for look in looks] == [chats[1], chats[2]]


async def test_a_digest_is_owed_once_for_a_slot(store: Store) -> None:
    """In as many messages as it has parts, which are told in order; the slot is remembered."""
    chat, topic = await a_reader(store)
    assert await store.last_digest(chat.id) is None
    one, two, three, four = [await a_story(store, topic=topic, title=title) for title in "abcd"]
    record = owed(chat, topic, [two, one], [three], unnamed=[four])
    assert await store.record_digest(record, NOON)
    assert not await store.record_digest(record, NOON)
    last = LastDigest("11:00", TODAY.key, NOON)
    assert await store.last_digest(chat.id) == last
    assert [look.last for look in await store.due_digests(NEXT, 10, ["console"])] == [last]
    expected = (ids(two, one), Place(1, 2, 4, 1, NOON - DAY)), (ids(three), Place(2, 2, 4, 1, NOON - DAY))
    for stories, place in expected:
        (message,) = await owed_to(store, chat)
        assert (message.story_id, message.occasion) == (None, Occasion.DIGEST)
        part = await store.digest_part(message.id)
        assert isinstance(part, Part)
        assert [told.story.id for told in part.told] == stories
        assert {told.topic_id for told in part.told} == {topic.id}
        assert part.place == place
        await store.settle(settle(await as_begun(store, message.id, "Text"), Sent("m"), NOON))
    assert await owed_to(store, chat) == []


async def test_a_part_waits_for_the_one_before(store: Store) -> None:
    """While that is tried again; where it is refused for good, the next one goes on. Bulletins wait for neither."""
    chat, topic = await a_reader(store)
    one, two = [await a_story(store, topic=topic, title=title) for title in "ab"]
    await store.record_digest(owed(chat, topic, [one], [two]), NOON)
    (first,) = await owed_to(store, chat)
    begun = await as_begun(store, first.id, "Text")
    await store.settle(settle(begun, Unknown("timed out"), NOON))
    assert await owed_to(store, chat) == []
    bulletin = await a_story(store, chat, topic=topic, title="c")
    (message,) = await owed_to(store, chat)
    assert message.story_id == bulletin.id
    await store.settle(settle(await as_begun(store, message.id, "B"), Sent("m"), NOON))
    (again,) = await owed_to(store, chat, NOON + HOUR)
    assert (again.id, again.possible_repeat) == (first.id, True)
    begun = await as_begun(store, again.id, "Text")
    await store.settle(settle(begun, Refused("too long"), NOON + HOUR))
    (second,) = await owed_to(store, chat, NOON + HOUR)
    part = await store.digest_part(second.id)
    assert part is not None
    assert part.place.number == 2


async def test_a_slot_without_news_is_over(store: Store) -> None:
    chat, topic = await a_reader(store)
    assert not await store.record_digest(owed(chat, topic), NOON)
    assert await owed_to(store, chat) == []
    assert await store.last_digest(chat.id) == LastDigest("11:00", TODAY.key, NOON)
    story = await a_story(store, topic=topic)
    assert not await store.record_digest(owed(chat, topic, [story]), NOON)
    assert await owed_to(store, chat) == []


async def test_nothing_is_recorded_for_a_chat_that_was_changed_since(store: Store) -> None:
    """It is looked at again, as it is now."""
    chat, topic = await a_reader(store)
    story = await a_story(store, topic=topic)
    await store.save_chat(replace(chat, digests=replace(WISH, schedule=HOURLY)))
    assert not await store.record_digest(owed(chat, topic, [story]), NOON)
    assert await store.last_digest(chat.id) is None
    assert await due(store) == [chat.id]
    assert not await store.record_digest(replace(owed(chat, topic), chat=replace(chat, id=999)), NOON)


async def test_what_a_digest_has_told_or_counted_is_not_told_again(store: Store) -> None:
    """Nor as a bulletin; a further report of it makes no difference."""
    chat, topic = await a_reader(store)
    named, counted, new = [await a_story(store, topic=topic, title=title) for title in "abc"]
    assert await untold(store, chat) == ids(named, counted, new)
    await store.record_digest(owed(chat, topic, [named], unnamed=[counted]), NOON)
    (report,) = await stored(store, entry("a", seen=NOON + MINUTE, outlet="Another"))
    await store.record_desk([joins(report, named, match(topic), key="a")], NOON + MINUTE)
    assert await untold(store, chat) == ids(new)
    assert {told.story_id for told in await store.told(ids(named, counted, new))} == set(ids(named, counted))
    other, _ = await a_reader(store, "there")
    assert await untold(store, other) == ids(named, counted, new)


async def test_what_concerns_the_chat_since_then_is_untold(store: Store) -> None:
    """Whether it had a bulletin of it or not; nothing from before, of blocked outlets, or of what it does not follow."""
    chat, topic = await a_reader(store)
    await a_story(store, topic=topic, title="Before", at=NOON - 3 * HOUR)
    with_bulletin = await a_story(store, chat, topic=topic, title="Sent")
    without = await a_story(store, topic=topic, title="Not sent")
    await a_story(store, title="Of no topic")
    await store.save_chat(replace(chat, blocked_outlets=frozenset({"Blocked"})))
    (blocked,) = await stored(store, entry("Blocked", outlet="Blocked"))
    await store.record_desk([opens(blocked, match(topic), key="B")], NOON)
    assert await untold(store, chat, NOON - HOUR) == ids(with_bulletin, without)
    await store.unsubscribe(chat.id, topic.id)
    assert await untold(store, chat) == []
    await store.subscribe(chat.id, topic.id, NOON + MINUTE)
    assert await untold(store, chat) == []


async def test_what_was_stored_late_is_told_in_the_next_digest(store: Store) -> None:
    """A poll bears the time at which it ended, and may be stored behind a digest of that moment."""
    chat, topic = await a_reader(store)
    await store.record_digest(owed(chat, topic), NOON)
    late = await a_story(store, topic=topic, at=NOON - MINUTE)
    assert await untold(store, chat, NOON) == ids(late)


async def test_what_the_desk_has_not_looked_at_is_left_to_the_next_digest(store: Store) -> None:
    """The period ends before it."""
    chat, topic = await a_reader(store)
    early = await a_story(store, topic=topic, title="Early", at=NOON - HOUR)
    waiting, late = await stored(
        store, entry("Waiting", seen=NOON - 30 * MINUTE), entry("Late", seen=NOON - MINUTE)
    )
    await store.record_desk([opens(late, match(topic), key="late")], NOON)
    stories, until = await store.untold_stories(chat.id, NOON - DAY, NOON)
    assert ([one.story.id for one in stories], until) == (ids(early), waiting.seen)
    await store.record_desk([opens(waiting, match(topic), key="waiting")], NOON)
    stories, until = await store.untold_stories(chat.id, NOON - DAY, NOON)
    assert ([one.story.id for one in stories], until) == (ids(early, waiting, late), NOON)


async def test_a_revision_that_waits_for_the_desk_holds_up_no_digest(store: Store) -> None:
    """Its entry was seen long ago."""
    chat, topic = await a_reader(store)
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry(),)), NOON - 5 * HOUR))
    (pending,) = await store.pending_entries(1)
    await store.record_desk([opens(pending.entry, match(topic))], NOON - 5 * HOUR)
    change = Revision(pending.entry.id, "fp", "Corrected", "", None)
    await store.record_poll(poll(feed, IngestPlan((), (change,)), NOON - HOUR))
    assert len(await store.pending_entries(1)) == 1
    stories, until = await store.untold_stories(chat.id, NOON - DAY, NOON)
    assert ([one.story.id for one in stories], until) == (ids(pending.entry), NOON)


async def test_a_story_in_a_digest_knows_its_bulletin(store: Store) -> None:
    chat, topic = await a_reader(store)
    sent, unsent = (
        await a_story(store, chat, topic=topic, title="a"),
        await a_story(store, topic=topic, title="b"),
    )
    (message,) = await owed_to(store, chat)
    await store.settle(settle(await as_begun(store, message.id, "T"), Sent("m7"), NOON))
    await store.record_digest(owed(chat, topic, [sent, unsent]), NOON)
    (digest,) = await owed_to(store, chat)
    part = await store.digest_part(digest.id)
    assert part is not None
    assert [told.message_id for told in part.told] == ["m7", None]
    assert await store.digest_part(message.id) is None


@pytest.mark.parametrize("after", [None, WISH], ids=["no digests", "bulletins too"])
async def test_whoever_wanted_only_digests_is_owed_the_rest_when_that_ends(
    store: Store, after: Digests | None
) -> None:
    """What came since the last digest, in one message, however the wish ends."""
    chat, topic = await a_reader(store, only=True)
    told = await a_story(store, topic=topic, title="Told")
    await store.record_digest(owed(chat, topic, [told]), NOON)
    (digest,) = await owed_to(store, chat)
    await store.settle(settle(await as_begun(store, digest.id, "T"), Sent("m"), NOON))
    rest = await a_story(store, topic=topic, title="Rest", at=NOON + HOUR)
    changed = replace(chat, digests=after)
    assert await store.save_digests(changed, NOON + 2 * HOUR) == (1, 0)
    assert await store.chat(chat.id) == changed
    message, stories = await catch_up(store, chat)
    assert (message.occasion, stories) == (Occasion.DIGESTS_END, ids(rest))


async def test_nothing_is_owed_where_bulletins_came_anyway_or_do_not_come_yet(store: Store) -> None:
    chat, topic = await a_reader(store)
    await a_story(store, topic=topic)
    hourly = Digests(HOURLY, NOON, NOON)
    for digests in (hourly, None, hourly, replace(hourly, only=True), replace(WISH, only=True)):
        assert await store.save_digests(replace(chat, digests=digests), NOON) == (0, 0)
        assert await owed_to(store, chat) == []
    assert await store.save_digests(replace(chat, id=999), NOON) == (0, 0)


async def test_a_chat_of_digests_is_told_what_it_missed_in_the_next_one(store: Store) -> None:
    """A pause owes it no message besides; another chat's next digest begins where its pause ends."""
    only, topic = await a_reader(store, only=True)
    both, _ = await a_reader(store, "there")
    for chat in (only, both):
        await store.pause_chat(chat.id, "blocked", NOON - 2 * HOUR)
    missed = await a_story(store, topic=topic, at=NOON - HOUR)
    assert await store.resume_chat(only.id, NOON) == 0
    assert await store.resume_chat(both.id, NOON) == 1
    assert await store.chat(only.id) == only
    assert await untold(store, only) == ids(missed)
    resumed = await store.chat(both.id)
    assert resumed == replace(both, digests=replace(WISH, since=NOON))


async def test_parts_of_a_digest_that_were_owed_in_a_pause_are_sent_behind_it(store: Store) -> None:
    """In order, and besides the message for what was missed."""
    chat, topic = await a_reader(store)
    one, two = [await a_story(store, topic=topic, title=title, at=NOON - HOUR) for title in "ab"]
    await store.record_digest(owed(chat, topic, [one], [two]), NOON - HOUR)
    await store.pause_chat(chat.id, "blocked", NOON)
    missed = await a_story(store, topic=topic, title="c", at=NOON + MINUTE)
    assert await store.resume_chat(chat.id, NOON + HOUR) == 1
    told = []
    while messages := await owed_to(store, chat, NOON + HOUR):
        part = await store.digest_part(messages[0].id)
        folded, _ = await store.folded_stories(messages[0].id, 10)
        told.append([one.story.id for one in part.told] if part else [story.id for story in folded])
        begun = await as_begun(store, messages[0].id, "T")
        await store.settle(settle(begun, Sent("m"), NOON + HOUR))
    assert told == [ids(one), ids(two), ids(missed)]


async def test_a_group_that_moves_takes_its_digests_along(store: Store) -> None:
    """Those of a chat at the new address too, also where both were told for one slot."""
    telegram: list[Chat] = []
    topic = (await a_follower(store))[1]
    for address in ("-1", "-1001"):
        chat = await store.ensure_chat("telegram", address, "", NOON)
        await store.save_chat(replace(chat, digests=WISH))
        await store.subscribe(chat.id, topic.id, NOON - DAY)
        telegram.append(replace(chat, digests=WISH))
    older, newer = telegram
    one, two = [await a_story(store, topic=topic, title=title) for title in "ab"]
    assert await store.record_digest(owed(older, topic, [one]), NOON)
    assert await store.record_digest(owed(newer, topic, [two]), NOON)
    assert await store.move_chats("telegram", "-1", "-1001") == 1
    assert await untold(store, older) == []
    (message,) = await owed_to(store, older)
    part = await store.digest_part(message.id)
    assert part is not None
    assert [told.story.id for told in part.told] == ids(one)


async def hold(store: Store, chat: Chat, until: datetime, times: int) -> None:
    """Put off so many messages that the chat is owed."""
    for _ in range(times):
        (message,) = await owed_to(store, chat)
        await store.settle(settle(message, PutOff(until, held=True), NOON))


async def test_what_is_held_is_due_when_quiet_hours_end_or_the_settings_change(store: Store) -> None:
    """Until then it does not count as late."""
    chat, topic = await a_follower(store)
    await a_story(store, chat, topic=topic)
    await hold(store, chat, NOON + 8 * HOUR, 1)
    assert await owed_to(store, chat, NOON + 8 * HOUR - MINUTE) == []
    assert [one.held for one in await owed_to(store, chat, NOON + 8 * HOUR)] == [True]
    assert (await store.queue_status(NOON)).messages == 0
    assert (await store.queue_status(NOON + 8 * HOUR)).messages == 1
    assert await store.held_messages(chat.id) == 1
    await store.save_chat(replace(chat, quiet=NIGHT))
    assert [one.held for one in await owed_to(store, chat)] == [True]
    (message,) = await owed_to(store, chat)
    await store.settle(settle(await as_begun(store, message.id, "T"), Sent("m"), NOON))
    assert await store.held_messages(chat.id) == 0


async def test_a_further_report_has_a_held_message_looked_at_again(store: Store) -> None:
    """It may be confirmed by now; messages that wait for another reason are left alone."""
    chat, topic = await a_follower(store)
    story, tried = [await a_story(store, chat, topic=topic, title=title) for title in "ab"]
    await hold(store, chat, NOON + 8 * HOUR, 1)
    (other,) = await owed_to(store, chat)
    await store.settle(settle(other, PutOff(NOON + 8 * HOUR), NOON))
    reports = await stored(store, *(entry(title, outlet="Another") for title in "ab"))
    for report, joined in zip(reports, (story, tried), strict=True):
        record = joins(report, joined, match(topic), key=report.title, revised_for=[chat])
        await store.record_desk([record], NOON + HOUR)
    assert [one.story_id for one in await owed_to(store, chat, NOON + HOUR)] == [story.id]


async def test_many_that_were_held_become_one_message(store: Store) -> None:
    """More than may come one by one; a possible repeat comes by itself."""
    chat, topic = await a_follower(store)
    stories = [await a_story(store, chat, topic=topic, title=f"T{n}") for n in range(MOST_HELD + 2)]
    (uncertain,) = await owed_to(store, chat)
    begun = await as_begun(store, uncertain.id, "T")
    await store.settle(settle(begun, Unknown("timed out"), NOON - HOUR))
    await hold(store, chat, NOON + 8 * HOUR, MOST_HELD + 1)
    assert await store.fold_held(chat.id, Occasion.QUIET, MOST_HELD, NOON + 8 * HOUR) == 0
    await hold(store, chat, NOON + 8 * HOUR, 1)
    assert await store.fold_held(chat.id, Occasion.QUIET, MOST_HELD, NOON + 8 * HOUR) == MOST_HELD + 1
    claimed = await owed_to(store, chat, NOON + 8 * HOUR)
    assert [one.story_id for one in claimed] == [stories[0].id]
    await store.settle(settle(await as_begun(store, claimed[0].id, "T"), Sent("m"), NOON))
    message, told = await catch_up(store, chat)
    assert message.occasion is Occasion.QUIET
    assert set(told) == set(ids(*stories[1:]))


async def test_a_story_that_developed_since_a_digest_is_told_again(store: Store) -> None:
    """By reports that bring something new, of outlets that the chat does not block; to whom it was not told, it is new."""
    chat, topic = await a_reader(store)
    other, _ = await a_reader(store, "other")
    told, quiet = [await a_story(store, topic=topic, title=title, at=NOON - HOUR) for title in ("A", "B")]
    await store.record_digest(owed(chat, topic, (told, quiet)), NOON)
    assert await untold(store, chat, NOON) == []

    async def joined(story: Entry, at: datetime, outlet: str = "Second", *, develops: bool) -> None:
        (report,) = await stored(store, entry("More", seen=at, outlet=outlet))
        await store.record_desk([replace(joins(report, story), develops=develops)], at)

    await joined(quiet, NOON + MINUTE, develops=False)
    await joined(told, NOON + MINUTE, develops=True)
    stories, _ = await store.untold_stories(chat.id, NOON, NOON + HOUR)
    assert [(one.story.id, one.told) for one in stories] == [(told.id, NOON)]
    stories, _ = await store.untold_stories(other.id, NOON - DAY, NOON + HOUR)
    assert [(one.story.id, one.told) for one in stories] == [(told.id, None), (quiet.id, None)]
    # What it brought is known once that was told.
    again = owed(chat, topic, (told,), slot=Slot("2025-08-10", NOON + DAY), until=NOON + HOUR)
    await store.record_digest(again, NOON + HOUR)
    assert await untold(store, chat, NOON + MINUTE) == []
    parts = await store.claim_deliveries(NOON + DAY, 10)
    first = await as_begun(store, parts[0].id, "Text")
    await store.settle(settle(first, Sent("m1"), NOON))
    (second,) = await store.claim_deliveries(NOON + DAY, 10)
    for delivery, before in ((first, [None, None]), (second, [NOON])):
        part = await store.digest_part(delivery.id)
        assert part is not None
        assert [one.before for one in part.told] == before
    # Not by whom it blocks.
    await store.save_chat(replace(chat, blocked_outlets=frozenset({"Third"})))
    for outlet, tells in (("Third", []), ("Fourth", [told.id])):
        await joined(told, NOON + HOUR, outlet, develops=True)
        stories, _ = await store.untold_stories(chat.id, NOON + HOUR, NOON + 2 * HOUR)
        assert [one.story.id for one in stories] == tells
