"""Which reports tell of one event, and what each chat is to hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chats import Chat, Digests, Subscription
from bot.domain.deliveries import Intent
from bot.domain.entries import Entry
from bot.domain.schedules import HOURLY
from bot.domain.stories import (
    CLOSES_AFTER,
    OpenStory,
    Placement,
    Revise,
    Told,
    decide,
    extend,
    place,
    readable,
    story_key,
)
from tests.domain.records import HOUR, MINUTE, NOON, chat, entry, report, story


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Leaders meet", "LEADERS meet!", True),
        ("“Leaders” — meet", "Leaders meet", True),
        ("ﾄﾗﾝﾌﾟ氏", "トランプ氏", True),
        ("Leaders meet", "Leaders met", False),
        ("10 dead", "11 dead", False),
    ],
)
def test_story_key(one: str, other: str, same: bool) -> None:
    """Exact repeats have the same words in the title, whatever case and punctuation."""
    assert (story_key(entry(one)) == story_key(entry(other, id_=2))) is same


def test_entries_without_words_are_stories_of_their_own() -> None:
    """Titles that hold no word do not make their entries one story."""
    assert story_key(entry("🙂", id_=1)) != story_key(entry("!", id_=2))


@pytest.mark.parametrize(
    ("silence", "joins"),
    [
        (timedelta(0), True),
        (CLOSES_AFTER, True),
        (CLOSES_AFTER + MINUTE, False),
        (-CLOSES_AFTER, True),
        (-CLOSES_AFTER - MINUTE, False),
    ],
)
def test_placing(silence: timedelta, joins: bool) -> None:
    """A repeat joins the story until nobody has reported on it for long; then it opens one."""
    key = story_key(entry())
    repeat = entry("LEADERS MEET", id_=2, published=NOON + silence, seen=NOON + silence + HOUR)
    placement = place(repeat, {key: OpenStory(1, key, NOON)})
    assert placement == (
        Placement(2, 1, key, "the same headline") if joins else Placement(2, 2, key, "opened the story")
    )
    assert placement.opened is not joins


def test_placing_something_else() -> None:
    """Another headline opens another story."""
    key = story_key(entry())
    assert place(entry("Storm nears", id_=2), {key: OpenStory(1, key, NOON)}).opened
    assert place(entry(), {}).opened


def test_the_open_stories_after_a_placement() -> None:
    """A story that was opened can be joined, and an older report does not set its last one back."""
    first, older, newer = (
        entry(id_=id_, published=NOON + age) for id_, age in ((1, 0 * HOUR), (2, -HOUR), (3, HOUR))
    )
    key = story_key(first)
    stories: dict[str, OpenStory] = {}
    last = []
    for one in (first, older, entry(id_=3, published=NOON + HOUR, seen=NOON + HOUR), newer):
        stories = extend(stories, place(one, stories), one)
        last.append(stories[key])
    assert last == [
        OpenStory(1, key, NOON),
        OpenStory(1, key, NOON),
        OpenStory(1, key, NOON + HOUR),
        OpenStory(1, key, NOON + HOUR),
    ]


def test_a_story_opened_anew_starts_its_own_time() -> None:
    """A story that opens under the key of one long silent takes nothing of the old one's."""
    key = story_key(entry())
    late = entry(id_=9, published=NOON - 100 * HOUR)
    old = {key: OpenStory(1, key, NOON)}
    assert extend(old, place(late, old), late)[key] == OpenStory(9, key, NOON - 100 * HOUR)


FOLLOWING = (Subscription(1, 10, NOON), Subscription(1, 11, NOON), Subscription(2, 10, NOON))
INTENT = Intent(1, 5, (10,))
REVISE = Revise(1, 5)


@pytest.mark.parametrize(
    ("about", "topic_ids", "to", "told", "is_revision", "intents", "revisions"),
    [
        # A first report goes to who follows one of its topics, once, with all that it follows.
        (entry(), {10}, chat(), (), False, (INTENT,), ()),
        (entry(), {10, 11, 12}, chat(), (), False, (Intent(1, 5, (10, 11)),), ()),
        (entry(), {12}, chat(), (), False, (), ()),
        (entry(), set(), chat(), (), False, (), ()),
        # A chat that was told has its message revised; being told of another story does not count.
        (entry(), {10}, chat(), (Told(1, 5),), False, (), (REVISE,)),
        (entry(), {10}, chat(), (Told(1, 6), Told(2, 5)), False, (INTENT,), ()),
        # A revision changes nothing that was sent, but may be the first to match.
        (entry(revision=1), {10}, chat(), (Told(1, 5),), True, (), ()),
        (entry(revision=1), {10}, chat(), (), True, (INTENT,), ()),
        # Who is paused hears nothing; what is blocked says nothing; background is not told.
        (entry(), {10}, chat(paused_at=NOON), (), False, (), ()),
        (entry(), {10}, chat(paused_at=NOON), (Told(1, 5),), False, (), ()),
        (entry(), {10}, chat(blocked=["Reuters"]), (), False, (), ()),
        (entry(), {10}, chat(blocked=["Reuters"]), (Told(1, 5),), False, (), ()),
        (entry(), {10}, chat(blocked=["TASS"]), (), False, (INTENT,), ()),
        (entry(is_news=False), {10}, chat(), (), False, (), ()),
        (entry(is_news=False), {10}, chat(), (Told(1, 5),), False, (), ()),
    ],
)
def test_decisions(
    about: Entry,
    topic_ids: set[int],
    to: Chat,
    told: Sequence[Told],
    is_revision: bool,
    intents: tuple[Intent, ...],
    revisions: tuple[Revise, ...],
) -> None:
    """What a chat is to hear now that an entry stands in a story."""
    decided = decide(
        about, 5, topic_ids, is_revision=is_revision, chats=[to], subscriptions=FOLLOWING, told=told
    )
    assert decided == (intents, revisions)


@pytest.mark.parametrize("only", [False, True])
def test_a_chat_that_wants_only_digests_gets_no_new_message(only: bool) -> None:
    """What it was sent before is revised all the same."""
    wants = replace(chat(1), digests=Digests(HOURLY, NOON, NOON, only))
    decided = [
        decide(entry(), 5, {10}, is_revision=False, chats=[wants], subscriptions=FOLLOWING, told=told)
        for told in ([], [Told(1, 5)])
    ]
    assert decided == [(() if only else (Intent(1, 5, (10,)),), ()), ((), (Revise(1, 5),))]


def test_every_chat_is_decided_about() -> None:
    """Each chat by its own subscriptions and by what it was told."""
    intents, revisions = decide(
        entry(),
        5,
        {10, 11},
        is_revision=False,
        chats=[chat(1), chat(2), chat(3)],
        subscriptions=FOLLOWING,
        told=[Told(2, 5)],
    )
    assert intents == (Intent(1, 5, (10, 11)),)
    assert revisions == (Revise(2, 5),)


@given(
    st.sets(st.integers(10, 13)),
    st.lists(st.builds(Told, st.integers(1, 4), st.integers(4, 6))),
    st.booleans(),
    st.lists(st.builds(Subscription, st.integers(1, 4), st.integers(10, 13), st.just(NOON))),
)
def test_nobody_is_told_twice(
    topic_ids: set[int], told: list[Told], is_revision: bool, subscriptions: list[Subscription]
) -> None:
    """A chat hears of a story once at most, and only of topics it follows."""
    chats = [chat(id_) for id_ in range(1, 5)]
    intents, revisions = decide(
        entry(), 5, topic_ids, is_revision=is_revision, chats=chats, subscriptions=subscriptions, told=told
    )
    addressed = [one.chat_id for one in intents] + [one.chat_id for one in revisions]
    assert len(addressed) == len(set(addressed))
    follows = {(one.chat_id, one.topic_id) for one in subscriptions}
    for intent in intents:
        assert Told(intent.chat_id, 5) not in told
        assert intent.topic_ids
        assert all((intent.chat_id, topic) in follows and topic in topic_ids for topic in intent.topic_ids)
    assert all(Told(one.chat_id, 5) in told for one in revisions)


def test_outlets_in_order() -> None:
    """A story names each outlet once, in the order in which they reported."""
    reports = [report(entry(id_=n, outlet=outlet)) for n, outlet in enumerate(["TASS", "NHK", "TASS"])]
    assert story(*reports).outlets == ("TASS", "NHK")


def test_a_blocked_outlet_is_not_seen() -> None:
    """A chat sees the story without the outlets it blocks."""
    both = story(report(entry(id_=1)), report(entry(id_=2, outlet="TASS")))
    assert readable(both, chat(blocked=["TASS"])).outlets == ("Reuters",)
    assert readable(both, chat()) == both
