"""What each chat is to hear of a story by what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chats import Chat, Digests, Subscription, Updates
from bot.domain.deciding import (
    MOST_UPDATES,
    UPDATES_APART,
    News,
    Revise,
    Told,
    corrects,
    decide,
)
from bot.domain.deliveries import HOUR, Intent, hourly_until
from bot.domain.entries import Entry
from bot.domain.schedules import HOURLY
from tests.domain.records import MINUTE, NOON, chat, entry

FOLLOWING = (Subscription(1, 10, NOON), Subscription(1, 11, NOON), Subscription(2, 10, NOON))
INTENT = Intent(1, 5, (10,))
REVISE = Revise(1, 5)
LATER = NOON + UPDATES_APART


def news(about: Entry | None = None, topics: Sequence[int] = (10,), **rest: object) -> News:
    return News(about or entry(), 5, frozenset(topics), **rest)  # type: ignore[arg-type]  # News's own fields


def told(chat_id: int = 1, story_id: int = 5, at: datetime = NOON, **rest: bool) -> Told:
    """By a message of its own, unless said otherwise."""
    return Told(chat_id, story_id, at, **({"message": True} | rest))


def answers(number: int, at: datetime = NOON) -> list[Told]:
    return [told(at=at, message=False, answers=True) for _ in range(number)]


def decided(
    about: News,
    *before: Told,
    to: Chat | None = None,
    following: Sequence[Subscription] = FOLLOWING,
    now: datetime = LATER,
) -> tuple[tuple[Intent, ...], tuple[Revise, ...]]:
    return decide(about, chats=[to or chat()], subscriptions=following, told=before, now=now)


@pytest.mark.parametrize(
    ("about", "to", "before", "intents", "revisions"),
    [
        # A first report goes to who follows one of its topics, once, with all that it follows.
        (news(), chat(), (), (INTENT,), ()),
        (news(topics=(10, 11, 12)), chat(), (), (Intent(1, 5, (10, 11)),), ()),
        (news(topics=(12,)), chat(), (), (), ()),
        (news(topics=()), chat(), (), (), ()),
        # A chat that was told has its message revised; being told of another story does not count.
        (news(), chat(), (told(),), (), (REVISE,)),
        (news(), chat(), (told(story_id=6), told(2)), (INTENT,), ()),
        # A revision changes nothing that was sent, but may be the first to match.
        (news(is_revision=True), chat(), (told(),), (), ()),
        (news(is_revision=True), chat(), (), (INTENT,), ()),
        # One that takes something back does change it.
        (news(is_revision=True, corrects=True), chat(), (told(),), (), (Revise(1, 5, corrects=True),)),
        # Who is paused hears nothing; what is blocked says nothing; background is not told.
        (news(), chat(paused_at=NOON), (), (), ()),
        (news(), chat(paused_at=NOON), (told(),), (), ()),
        (news(), chat(blocked=["Reuters"]), (), (), ()),
        (news(develops=True), chat(blocked=["Reuters"]), (told(),), (), ()),
        (news(), chat(blocked=["TASS"]), (), (INTENT,), ()),
        (news(entry(is_news=False)), chat(), (), (), ()),
        (news(entry(is_news=False), develops=True), chat(), (told(),), (), ()),
    ],
)
def test_decisions(
    about: News, to: Chat, before: Sequence[Told], intents: tuple[Intent, ...], revisions: tuple[Revise, ...]
) -> None:
    """What a chat is to hear now that an entry stands in a story."""
    assert decided(about, *before, to=to) == (intents, revisions)


@pytest.mark.parametrize(
    ("waits", "voices", "hears"),
    [
        ((2,), {"Reuters": "Reuters"}, False),
        ((2,), {"Reuters": "Reuters", "TASS": "TASS"}, True),
        ((2,), {"BBC News": "BBC News", "BBC Russian": "BBC News"}, False),
        ((3, 2), {"Reuters": "Reuters", "TASS": "TASS"}, True),
        ((3, 1), {"Reuters": "Reuters"}, True),
        # What the chat blocks tells it nothing; of an owner it is the outlet that is blocked, and no other.
        ((2,), {"Reuters": "Reuters", "NHK": "NHK"}, False),
        ((2,), {"Reuters": "Reuters", "TASS": "TASS", "NHK": "NHK"}, True),
        ((2,), {"Reuters": "Reuters", "NHK": "NHK", "NHK World": "NHK"}, True),
        # Who repeats an outlet that is blocked is the first to tell it here.
        ((1,), {"NHK": "NHK"}, True),
        ((2,), {"NHK": "NHK"}, False),
    ],
)
def test_waiting_for_voices(waits: Sequence[int], voices: dict[str, str], hears: bool) -> None:
    """A story is told once so many outlets tell it to this chat; of several subscriptions the least patient counts."""
    following = [Subscription(1, 10 + n, NOON, wait_for=wait) for n, wait in enumerate(waits)]
    intents, _ = decided(news(topics=(10, 11), voices=voices), to=chat(blocked=["NHK"]), following=following)
    assert bool(intents) is hears


@pytest.mark.parametrize(("sounds", "silent"), [((True,), False), ((False,), True), ((False, True), False)])
def test_the_sound_of_a_first_message(sounds: Sequence[bool], silent: bool) -> None:
    """It makes one if any of the subscriptions for which it comes wants that."""
    following = [Subscription(1, 10 + n, NOON, sound=sound) for n, sound in enumerate(sounds)]
    ((intent,), _) = decided(news(topics=(10, 11)), following=following)
    assert intent.silent is silent


@pytest.mark.parametrize(
    ("wishes", "silent"),
    [
        (("off",), None),
        (("silent",), True),
        (("loud",), False),
        (("off", "silent"), True),
        (("silent", "loud"), False),
    ],
)
def test_a_development_is_told_as_the_chat_wants_it(wishes: Sequence[Updates], silent: bool | None) -> None:
    """As an answer for the sake of its entry, and the message is revised in any case."""
    following = [Subscription(1, 10 + n, NOON, updates=wish) for n, wish in enumerate(wishes)]
    topics = tuple(one.topic_id for one in following)
    about = news(entry(id_=9), topics, develops=True)
    answer = () if silent is None else (Intent(1, 5, topics, brings=9, silent=silent),)
    assert decided(about, told(), following=following) == (answer, (REVISE,))


@pytest.mark.parametrize(
    ("before", "now", "answered"),
    [
        ([told()], LATER, True),
        ([told()], LATER - MINUTE, False),
        ([told(), *answers(1)], LATER, True),
        ([told(), *answers(1, NOON + MINUTE)], LATER, False),
        ([told(), *answers(MOST_UPDATES - 1)], LATER, True),
        ([told(), *answers(MOST_UPDATES)], LATER + HOUR, False),
        # What a digest told after it was told by a message.
        ([told(message=False), told()], LATER, True),
        ([told(), told(at=NOON + MINUTE, message=False)], LATER, False),
    ],
)
def test_answers_are_few_and_apart(before: Sequence[Told], now: datetime, answered: bool) -> None:
    """None soon after the chat heard of the story, none after many, none where there is nothing to answer."""
    intents, revisions = decided(news(develops=True), *before, now=now)
    assert [one.brings for one in intents] == ([1] if answered else [])
    assert revisions == (REVISE,)


def test_a_development_of_what_a_digest_told_is_a_bulletin() -> None:
    """There is no message to answer, and nobody is left with what is no longer so; what only repeats is no news."""
    digest = told(message=False)
    assert decided(news(develops=True), digest, now=LATER)[0] == (Intent(1, 5, (10,)),)
    assert decided(news(), digest, now=LATER)[0] == ()
    assert decided(news(develops=True), digest, now=LATER - MINUTE)[0] == ()


@pytest.mark.parametrize("only", [False, True])
def test_a_chat_that_wants_only_digests_gets_no_message(only: bool) -> None:
    """Neither a first one nor an answer; what it was sent before is revised all the same."""
    wants = replace(chat(1), digests=Digests(HOURLY, NOON, NOON, only))
    first, _ = decided(news(), to=wants)
    answer, revisions = decided(news(develops=True), told(), to=wants)
    assert (bool(first), bool(answer)) == (not only, not only)
    assert revisions == (REVISE,)


def test_every_chat_is_decided_about() -> None:
    """Each chat by its own subscriptions and by what it was told."""
    intents, revisions = decide(
        news(topics=(10, 11)),
        chats=[chat(1), chat(2), chat(3)],
        subscriptions=FOLLOWING,
        told=[told(2)],
        now=NOON,
    )
    assert intents == (Intent(1, 5, (10, 11)),)
    assert revisions == (Revise(2, 5),)


@given(
    st.sets(st.integers(10, 13)),
    st.lists(st.builds(Told, st.integers(1, 4), st.integers(4, 6), st.just(NOON), st.booleans())),
    st.booleans(),
    st.booleans(),
    st.lists(st.builds(Subscription, st.integers(1, 4), st.integers(10, 13), st.just(NOON))),
)
def test_nobody_is_told_twice(
    topic_ids: set[int],
    before: list[Told],
    is_revision: bool,
    develops: bool,
    subscriptions: list[Subscription],
) -> None:
    """A chat gets one message at most, a first one only once, and only of topics it follows."""
    chats = [chat(id_) for id_ in range(1, 5)]
    about = news(topics=tuple(topic_ids), is_revision=is_revision, develops=develops)
    intents, revisions = decide(about, chats=chats, subscriptions=subscriptions, told=before, now=LATER)
    for addressed in ([one.chat_id for one in intents], [one.chat_id for one in revisions]):
        assert len(addressed) == len(set(addressed))
    follows = {(one.chat_id, one.topic_id) for one in subscriptions}
    knows = {one.chat_id for one in before if one.story_id == 5}
    for intent in intents:
        assert (intent.chat_id in knows) is (intent.brings is not None)
        assert intent.topic_ids
        assert all((intent.chat_id, topic) in follows and topic in topic_ids for topic in intent.topic_ids)
    assert {one.chat_id for one in revisions} <= knows


@pytest.mark.parametrize(
    ("before", "after", "takes_back"),
    [
        ("Ten die in fire", "Correction: four die in fire", True),
        ("Ten die in fire", "RETRACTED: ten die in fire", True),
        ("В пожаре десять погибших", "Исправлено: в пожаре четверо погибших", True),
        ("火災で10人死亡", "【訂正】火災で4人死亡", True),
        ("Ten die in fire", "Eleven die in fire", False),
        ("Correction: ten die in fire", "Correction: four die in fire", False),
        ("Ten die", "Ten die in house of correctional officer", False),
    ],
)
def test_corrections(before: str, after: str, takes_back: bool) -> None:
    """An outlet says in the new title that the old one was wrong; a title that said so already says nothing new."""
    assert corrects(before, entry(after)) is takes_back


@pytest.mark.parametrize(
    ("sent", "limits", "after"),
    [
        ((), (1,), None),
        ((0,), (1,), 0),
        ((0, 5), (2,), 0),
        ((0, 5, 9), (2,), 5),
        ((0,), (2,), None),
        # Of several subscriptions the one that allows most counts, and most of all one without a limit.
        ((0,), (1, 2), None),
        ((0, 5), (1, 2), 0),
        ((0, 5), (1, 0), None),
        ((0,), (), None),
    ],
)
def test_the_hourly_limit(sent: Sequence[int], limits: Sequence[int], after: int | None) -> None:
    """As soon as the last hour holds fewer than allowed, the next may follow."""
    times = [NOON + timedelta(minutes=minute) for minute in sent]
    expected = None if after is None else NOON + timedelta(minutes=after) + HOUR
    assert hourly_until(times, limits) == expected
