"""The pipeline's decisions: whose entry it is, which queries can be read, and what a batch comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.domain.chats import Chat, Subscription
from bot.domain.deliveries import Intent
from bot.domain.entries import Entry, FeedSpec, ParsedEntry
from bot.domain.indexing import TopicIndex
from bot.domain.matching import Match
from bot.domain.outlets import Outlets
from bot.domain.queries import Query
from bot.domain.stories import OpenStory, Placement, Revise, Told, story_key
from bot.domain.topics import Topic, TopicSpec
from bot.pipeline import Judged, QueryReader, Situation, attributed, decide_all, take_up
from bot.ports import DeskRecord, PendingEntry
from tests.domain.records import HOUR, NOON, chat, entry
from tests.fakes.lexicons import OUTLETS, small_lexicon

KNOWN = Outlets.of(OUTLETS)
FEED = FeedSpec("https://example.org/feed", "Reuters", "en")
AGGREGATOR = replace(FEED, outlet="Google News", aggregator=True)


@pytest.mark.parametrize(
    ("spec", "title", "source", "head", "outlet"),
    [
        (FEED, "Leaders meet - TASS", "TASS", "Leaders meet - TASS", None),
        (FEED, "Leaders meet", None, "Leaders meet", None),
        (AGGREGATOR, "Leaders meet - BBC", "BBC", "Leaders meet", "BBC News"),
        (AGGREGATOR, "Leaders meet - Kyiv Post", "Kyiv Post", "Leaders meet", "Kyiv Post"),
        (AGGREGATOR, "Leaders meet - TASS", None, "Leaders meet", "TASS"),
        (AGGREGATOR, "Leaders meet - Kyiv Post", None, "Leaders meet - Kyiv Post", None),
    ],
)
def test_attribution(spec: FeedSpec, title: str, source: str | None, head: str, outlet: str | None) -> None:
    """An aggregator's entries belong to the outlets they name; a publisher's own are its own, whatever they say."""
    (one,) = attributed([ParsedEntry("1", title, source=source)], spec, KNOWN)
    assert (one.id, one.title, one.source) == ("1", head, outlet)


def test_unreadable_queries_are_left_out_and_logged() -> None:
    """A topic that this lexicon cannot read does not stop the others."""
    texts = ("us russia", "(us", "the", "us russia")
    topics = [Topic(id_, TopicSpec("", "", text), 1, id_ == 4) for id_, text in enumerate(texts, 1)]
    index = TopicIndex(small_lexicon())
    with capture_logs() as logs:
        unsearched = take_up(topics, index, QueryReader(small_lexicon()))
    assert {id_: type(query) for id_, query in unsearched.items()} == {1: Query}
    assert [topic.id for topic in topics if topic.id in index] == [1, 4]
    assert [(log["event"], log["topic"]) for log in logs] == [
        ("topic_unreadable", 2),
        ("topic_unreadable", 3),
    ]


FOLLOWING = (Subscription(1, 10, NOON),)


def judged(of: Entry, *topic_ids: int, story_id: int | None = None) -> Judged:
    return Judged(PendingEntry(of, story_id), ("us",), tuple(Match(id_, 1.0, ()) for id_ in topic_ids))


def outcome(records: tuple[DeskRecord, ...]) -> list[tuple[int, tuple[Intent, ...], tuple[Revise, ...]]]:
    """(story, intents, revisions) of each record; for a revision the story is 0."""
    return [
        (record.placement.story_id if record.placement else 0, record.intents, record.revisions)
        for record in records
    ]


def situation(
    *chats: Chat,
    stories: tuple[OpenStory, ...] = (),
    told: tuple[Told, ...] = (),
    topics: dict[int, int] | None = None,
) -> Situation:
    return Situation(
        {story.key: story for story in stories},
        {story: frozenset({topic}) for story, topic in (topics or {}).items()},
        chats,
        FOLLOWING,
        told,
    )


def test_a_first_report_opens_a_story_and_is_told() -> None:
    """A record keeps what was found, where the entry went, and who is to hear of it."""
    one = judged(entry(id_=5), 10)
    assert decide_all([one], situation(chat())) == (
        DeskRecord(
            one.pending.entry,
            ("us",),
            one.matches,
            Placement(5, 5, story_key(entry()), "opened the story"),
            (Intent(1, 5, (10,)),),
        ),
    )


def test_nothing_waits() -> None:
    """An empty batch comes to nothing."""
    assert decide_all([], situation(chat())) == ()


def test_a_repeat_in_the_same_batch_joins_and_revises() -> None:
    """The second of two equal reports that came together sees what the first led to."""
    batch = [judged(entry(id_=1), 10), judged(entry("LEADERS MEET", id_=2, outlet="TASS"), 10)]
    assert outcome(decide_all(batch, situation(chat()))) == [
        (1, (Intent(1, 1, (10,)),), ()),
        (1, (), (Revise(1, 1),)),
    ]


def test_a_repeat_of_a_story_that_was_told() -> None:
    """A report that joins a story of the store revises its message, and takes on the story's topic."""
    open_story = OpenStory(3, story_key(entry()), NOON - HOUR)
    told = situation(chat(), stories=(open_story,), told=(Told(1, 3),), topics={3: 10})
    assert outcome(decide_all([judged(entry(id_=9))], told)) == [(3, (), (Revise(1, 3),))]


def test_a_repeat_that_is_the_first_to_match() -> None:
    """A report that brings a topic to a story of which the chat has not heard sends its bulletin."""
    open_story = OpenStory(3, story_key(entry()), NOON - HOUR)
    untold = situation(chat(), stories=(open_story,))
    assert outcome(decide_all([judged(entry(id_=9), 10)], untold)) == [(3, (Intent(1, 3, (10,)),), ())]


def test_a_paused_chat_hears_nothing_of_any() -> None:
    """Neither bulletins nor revisions are owed to a chat that is paused."""
    batch = [judged(entry(id_=1), 10), judged(entry(id_=2), 10)]
    paused = situation(chat(paused_at=NOON), told=(Told(1, 1),))
    assert outcome(decide_all(batch, paused)) == [(1, (), ()), (1, (), ())]


def test_a_blocked_outlet_opens_a_story_that_another_tells() -> None:
    """A chat that blocks the first outlet hears of the story from the second."""
    batch = [judged(entry(id_=1), 10), judged(entry(id_=2, outlet="TASS"), 10)]
    assert outcome(decide_all(batch, situation(chat(blocked=["Reuters"])))) == [
        (1, (), ()),
        (1, (Intent(1, 1, (10,)),), ()),
    ]


def test_a_revision_that_is_the_first_to_match() -> None:
    """A revised title that fits a topic at last sends the bulletin of the story in which it stands."""
    revised = judged(entry("Leaders agree", id_=4, revision=1), 10, story_id=3)
    assert outcome(decide_all([revised], situation(chat()))) == [(0, (Intent(1, 3, (10,)),), ())]


def test_a_revision_changes_nothing_that_was_told() -> None:
    """A revised title neither sends nor revises where the story was told."""
    revised = judged(entry("Leaders agree", id_=4, revision=1), 10, story_id=3)
    assert outcome(decide_all([revised], situation(chat(), told=(Told(1, 3),)))) == [(0, (), ())]


def test_a_revision_of_what_was_there_before_a_chat_subscribed() -> None:
    """It is no news to that chat: the story fitted the topic already. A topic that it newly fits is."""
    revised = judged(entry("Leaders agree", id_=4, revision=1), 10, story_id=3)
    fitted = situation(chat(), topics={3: 10})
    assert outcome(decide_all([revised], fitted)) == [(0, (), ())]
    fits_another = judged(entry("Leaders agree", id_=4, revision=1), 10, 11, story_id=3)
    follows_both = replace(fitted, subscriptions=(*FOLLOWING, Subscription(1, 11, NOON)))
    assert outcome(decide_all([fits_another], follows_both)) == [(0, (Intent(1, 3, (11,)),), ())]


def test_a_story_answers_to_the_new_title_of_a_report() -> None:
    """A report with the new title of a revised entry joins its story."""
    batch = [
        judged(entry("Leaders agree", id_=4, revision=1), 10, story_id=3),
        judged(entry("Leaders agree", id_=5), 10),
    ]
    assert [story for story, _, _ in outcome(decide_all(batch, situation(chat())))] == [0, 3]


def test_chats_are_told_apart() -> None:
    """Each chat hears by its own subscriptions and what it was told before."""
    following = (Subscription(1, 10, NOON), Subscription(2, 11, NOON), Subscription(3, 10, NOON))
    about = Situation({}, {}, (chat(1), chat(2), chat(3)), following, (Told(3, 5),))
    (record,) = decide_all([judged(entry(id_=5), 10)], about)
    assert record.intents == (Intent(1, 5, (10,)),)
    assert record.revisions == (Revise(3, 5),)
