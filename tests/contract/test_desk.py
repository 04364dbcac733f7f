"""`ports.DeskStore`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.clustering import PlacedReport
from bot.domain.deciding import Told
from bot.domain.deliveries import DeliveryState, Intent, Settlement
from bot.domain.entries import IngestPlan, Revision
from bot.domain.ledger import KnownReport
from bot.domain.matching import Evidence
from bot.domain.profiles import Profile
from bot.domain.stories import Report, Story
from bot.domain.topics import TopicSpec
from bot.ports import DeskRecord, PendingEntry, Store
from bot.storage.sql import SqlStore
from tests.contract.conftest import counting
from tests.contract.records import (
    HOUR,
    MINUTE,
    NOON,
    a_chat,
    a_feed,
    a_story,
    a_topic,
    entry,
    joins,
    match,
    new_entry,
    opens,
    poll,
    stored,
)
from tests.contract.records import begun as as_begun


async def test_added_entries_wait_in_their_order(store: Store) -> None:
    """They are answered with ids, in order, and otherwise as given."""
    given = (entry("One"), replace(entry("Two"), published=None, link=None, is_news=False), entry("Three"))
    added = await store.add_entries(given)
    assert added == tuple(replace(one, id=kept.id) for one, kept in zip(given, added, strict=True))
    assert len({one.id for one in added}) == 3
    assert await store.pending_entries(10) == tuple(PendingEntry(one, None) for one in added)
    assert await store.pending_entries(2) == tuple(PendingEntry(one, None) for one in added[:2])
    assert await store.add_entries([]) == ()


async def test_a_story_is_opened(store: Store) -> None:
    """With its report and matches, evidence and all; the entry no longer waits."""
    topic = await a_topic(store)
    (opening,) = await stored(store, entry())
    await store.record_desk([opens(opening, match(topic))], NOON)
    assert await store.pending_entries(10) == ()
    assert await store.story(opening.id) == Story(
        id=opening.id,
        opened=opening.at,
        last_report=opening.at,
        reports=(Report(opening, ("am", "az"), "opened the story"),),
        matches=(match(topic),),
    )
    assert await store.story(999) is None


async def test_a_report_joins_a_story(store: Store) -> None:
    """Reports are told oldest first, with the matches of all; the last report is the latest, in whatever order they come."""
    topic = await a_topic(store)
    opening, older, newer = await stored(
        store, entry(), entry(seen=NOON - HOUR, outlet="Older"), entry(seen=NOON + HOUR, outlet="Newer")
    )
    await store.record_desk([opens(opening, match(topic, 1.0))], NOON)
    await store.record_desk([joins(newer, opening, match(topic, 0.9)), joins(older, opening)], NOON)
    story = await store.story(opening.id)
    assert story is not None
    assert [report.entry for report in story.reports] == [older, opening, newer]
    assert [report.reason for report in story.reports] == [
        "the same headline",
        "opened the story",
        "the same headline",
    ]
    assert [one.score for one in story.matches] == [1.0, 0.9]
    assert (story.opened, story.last_report) == (opening.at, newer.at)


async def test_one_batch_may_open_a_story_and_join_it(store: Store) -> None:
    """The desk looks at several entries at a time; a chat that is owed the story has it revised."""
    topic, chat = await a_topic(store), await a_chat(store)
    opening, joining = await stored(store, entry(), entry(outlet="Second"))
    records = [
        opens(opening, match(topic), chats=[chat]),
        joins(joining, opening, match(topic), revised_for=[chat]),
    ]
    await store.record_desk(records, NOON)
    story = await store.story(opening.id)
    assert story is not None
    assert story.outlets == ("The Daily", "Second")
    (owed,) = await store.claim_deliveries(NOON, 10)
    assert (owed.wanted_revision, owed.sent_revision) == (1, 0)


async def test_matches_replace_earlier_ones(store: Store) -> None:
    """A revised title may fit other topics than the old one did; the entry stays in its story with new concepts."""
    await store.sync_topics([TopicSpec("a", "A", "a"), TopicSpec("b", "B", "b")], NOON)
    a, b = await store.topics()
    (opening,) = await stored(store, entry())
    await store.record_desk([opens(opening, match(a))], NOON)
    await store.record_desk([DeskRecord(opening, ("ru",), (match(b),), placement=None)], NOON)
    story = await store.story(opening.id)
    assert story is not None
    assert story.matches == (match(b),)
    assert [report.concepts for report in story.reports] == [("ru",)]
    assert await store.latest_stories([a.id], 5) == ()


async def test_an_entry_revised_since_it_was_read_keeps_waiting(store: Store) -> None:
    """The desk's decision about the old text stands, and the new text is looked at next."""
    feed = await a_feed(store)
    await store.record_poll(poll(feed, IngestPlan((new_entry(),))))
    (read,) = await store.pending_entries(10)
    change = Revision(read.entry.id, "fp", "Corrected", "", None)
    await store.record_poll(poll(feed, IngestPlan(revisions=(change,))))
    await store.record_desk([opens(read.entry)], NOON)
    (still,) = await store.pending_entries(10)
    assert (still.entry.title, still.story_id) == ("Corrected", read.entry.id)
    await store.record_desk([DeskRecord(still.entry, (), (), None)], NOON)
    assert await store.pending_entries(10) == ()


async def test_a_chat_is_owed_a_story_once(store: Store) -> None:
    """A second intent changes nothing while the first is owed or was sent."""
    topic, chat, other = await a_topic(store), await a_chat(store), await a_chat(store, "there")
    opening = await a_story(store, chat, topic=topic)
    (joining,) = await stored(store, entry())
    again = joins(joining, opening)
    intents = (Intent(chat.id, opening.id, (99,)), Intent(other.id, opening.id, (topic.id,)))
    await store.record_desk([replace(again, intents=intents)], NOON + MINUTE)
    first, second = await store.claim_deliveries(NOON + HOUR, 10)
    assert (first.chat_id, first.topic_ids, first.created) == (chat.id, (topic.id,), NOON)
    assert (second.chat_id, second.topic_ids, second.created) == (other.id, (topic.id,), NOON + MINUTE)
    assert first.state is DeliveryState.PENDING
    assert (first.due, first.attempts, first.wanted_revision, first.sent_revision) == (NOON, 0, 0, 0)
    assert await store.told([opening.id]) == (
        Told(chat.id, opening.id, NOON, message=True),
        Told(other.id, opening.id, NOON + MINUTE, message=True),
    )


async def test_a_failed_message_has_not_been_told(store: Store) -> None:
    """But sent and owed ones have, and only of the stories asked about."""
    chat, other = await a_chat(store), await a_chat(store, "there")
    opening = await a_story(store, chat, other)
    unasked = await a_story(store, chat, title="Another")
    (owed, _) = await store.claim_deliveries(NOON, 10)
    await as_begun(store, owed.id, "text")
    await store.settle(Settlement(owed.id, DeliveryState.FAILED, NOON, reason="blocked"))
    assert await store.told([opening.id]) == (Told(other.id, opening.id, NOON, message=True),)
    assert await store.told([unasked.id]) == (Told(chat.id, unasked.id, NOON, message=True),)
    assert await store.told([]) == ()


async def test_what_is_known_of_open_stories(store: Store) -> None:
    """Reports as they were weighed, in order, with the topics they fit by their own words; none of before there were profiles."""
    await store.sync_topics([TopicSpec("a", "A", "a"), TopicSpec("b", "B", "b")], NOON)
    a, b = await store.topics()
    profile = Profile(
        "ja", {"停戦": 2.5, "合意": 1.125}, {"c:ua": 0.875, "n:15": 3.0}, core=False, names={"c:ua": 1.0}
    )
    long_ago, opening, joining, bare = await stored(
        store, entry("Old", seen=NOON - HOUR), entry("One"), entry("Two", seen=NOON + MINUTE), entry("Bare")
    )
    records = [
        replace(opens(long_ago, key="old"), profile=profile, voice="The Daily"),
        replace(opens(opening, match(a), key="one"), profile=profile, voice="The Daily"),
        replace(
            joins(joining, opening, match(a), replace(match(b), inherited=True)),
            profile=replace(profile, core=True),
            voice="An owner",
        ),
        opens(bare, match(b), key="bare"),
    ]
    await store.record_desk(records, NOON)
    placed = PlacedReport(opening.id, opening.id, opening.at, NOON, "The Daily", "One", profile)
    later = PlacedReport(
        joining.id, opening.id, joining.at, joining.seen, "An owner", "Two", replace(profile, core=True)
    )
    known = (
        KnownReport(placed, frozenset({a.id}), outlet=opening.outlet),
        KnownReport(later, frozenset({a.id}), repeat=True, outlet=joining.outlet),
    )
    assert await store.known_reports(NOON) == known
    # A new title is weighed anew; who said it does not change.
    revised = replace(profile, words={"訂正": 1.0})
    await store.record_desk(
        [DeskRecord(opening, (), (match(b),), None, profile=revised, voice="The Daily")], NOON
    )
    assert (await store.known_reports(NOON))[0] == KnownReport(
        replace(placed, profile=revised), frozenset({b.id}), outlet=opening.outlet
    )


async def test_what_fits_in_passing_is_not_known_as_told(store: Store) -> None:
    """Though it fits: a story is of what its titles tell."""
    topic = await a_topic(store)
    (opening,) = await stored(store, entry("Mayor resigns after talks"))
    passing = replace(match(topic), reasons=(Evidence("talks", "title", 20, None, 1.0),))
    await store.record_desk(
        [replace(opens(opening, passing), profile=Profile("en", {}, {}), voice="x")], NOON
    )
    assert [one.topics for one in await store.known_reports(NOON)] == [frozenset()]
    assert await store.fitting([topic.id], NOON) == {topic.id: frozenset()}


async def test_a_topic_that_is_searched_for_is_fitted_by_own_words(store: Store) -> None:
    """Though an entry had taken it on from its story before."""
    topic = await a_topic(store)
    (opening,) = await stored(store, entry())
    inherited = replace(match(topic, 0.6), inherited=True)
    profile = Profile("en", {}, {})
    await store.record_desk([replace(opens(opening, inherited), profile=profile, voice="x")], NOON)
    assert [one.topics for one in await store.known_reports(NOON)] == [frozenset()]
    assert await store.fitting([topic.id], NOON) == {topic.id: frozenset()}
    await store.backfill([topic.id], [(opening.id, match(topic))])
    assert [one.topics for one in await store.known_reports(NOON)] == [frozenset({topic.id})]
    assert await store.fitting([topic.id], NOON) == {topic.id: {opening.id}}
    assert await store.fitting([topic.id], NOON + MINUTE) == {topic.id: frozenset()}
    assert await store.fitting([], NOON) == {}


async def test_a_younger_topic_matches_older_entries(store: Store) -> None:
    """`backfill` makes them findable under it; a second time it replaces what it found first."""
    opening = await a_story(store)
    topic = await a_topic(store)
    assert not topic.backfilled
    await store.backfill([topic.id], [(opening.id, match(topic, 0.6))])
    await store.backfill([topic.id], [(opening.id, match(topic, 0.8, "перемирие"))])
    (story,) = await store.latest_stories([topic.id], 5)
    assert story.matches == (match(topic, 0.8, "перемирие"),)
    assert await store.topics() == (replace(topic, backfilled=True),)


async def test_a_topic_that_matched_nothing_is_backfilled_too(store: Store) -> None:
    """Those that are named, and no other."""
    await store.sync_topics([TopicSpec("a", "A", "a"), TopicSpec("b", "B", "b")], NOON)
    a, _ = await store.topics()
    await store.backfill([a.id], [])
    await store.backfill([], [])
    assert [topic.backfilled for topic in await store.topics()] == [True, False]


async def test_a_changed_query_forgets_what_it_matched(store: Store) -> None:
    """Its topic alone, which is to be backfilled again; the stories, and what others matched in them, stay."""
    a_spec, b_spec = TopicSpec("a", "A", "a"), TopicSpec("b", "B", "b")
    await store.sync_topics([a_spec, b_spec], NOON)
    a, b = await store.topics()
    opening = await a_story(store, topic=a)
    await store.backfill([a.id, b.id], [(opening.id, match(b))])
    await store.sync_topics([replace(a_spec, query="x"), replace(b_spec, name="B!")], NOON)
    assert [topic.backfilled for topic in await store.topics()] == [False, True]
    assert await store.latest_stories([a.id], 5) == ()
    (story,) = await store.latest_stories([b.id], 5)
    assert story.matches == (match(b),)


async def test_a_topic_that_comes_back_has_missed_something(store: Store) -> None:
    """It keeps what it matched, and is to be backfilled."""
    spec = TopicSpec("a", "A", "a")
    await store.sync_topics([spec], NOON)
    (topic,) = await store.topics()
    opening = await a_story(store, topic=topic)
    await store.backfill([topic.id], [])
    await store.sync_topics([], NOON)
    await store.sync_topics([spec], NOON)
    assert await store.topics() == (topic,)
    assert [story.id for story in await store.latest_stories([topic.id], 5)] == [opening.id]


async def test_recent_entries_are_newest_first(store: Store) -> None:
    """At or after the instant, limited."""
    old, same, new = await stored(store, entry(seen=NOON - MINUTE), entry(), entry(seen=NOON + MINUTE))
    assert await store.entries_since(NOON, 10) == (new, same)
    assert await store.entries_since(NOON - HOUR, 2) == (new, same)
    assert old not in await store.entries_since(NOON, 10)


async def test_recent_entries_by_the_page(store: Store) -> None:
    """Each page goes on behind the last entry of the one before; what comes in meanwhile is on none."""
    times = (NOON, NOON, NOON + MINUTE, NOON, NOON - MINUTE)
    made = await stored(store, *(entry(str(number), seen=at) for number, at in enumerate(times)))
    found = list(await store.entries_since(NOON, 1))
    await stored(store, entry("late", seen=NOON + HOUR))
    while page := await store.entries_since(NOON, 2, before=found[-1]):
        found += page
    assert [one.title for one in found] == ["2", "3", "1", "0"]
    assert set(found) < set(made)


async def test_watching_since(store: Store) -> None:
    """The first sight at or after the instant; none without entries."""
    assert await store.watching_since(NOON - HOUR) is None
    await stored(store, entry(seen=NOON - 2 * MINUTE), entry(seen=NOON - MINUTE), entry(seen=NOON))
    assert await store.watching_since(NOON - MINUTE) == NOON - MINUTE
    assert await store.watching_since(NOON + MINUTE) is None


async def test_the_latest_stories_of_topics(store: Store) -> None:
    """The one last reported on first, each once, though several topics and entries match."""
    await store.sync_topics(
        [TopicSpec("a", "A", "a"), TopicSpec("b", "B", "b"), TopicSpec("c", "C", "c")], NOON
    )
    a, b, c = await store.topics()
    revived = await a_story(store, topic=a, title="Revived", at=NOON)
    newer = await a_story(store, topic=b, title="Newer", at=NOON + MINUTE)
    other = await a_story(store, topic=c, title="Other", at=NOON + 2 * MINUTE)
    (joining,) = await stored(store, entry(seen=NOON + HOUR))
    await store.record_desk([joins(joining, revived, match(a), match(b))], NOON)
    assert [story.id for story in await store.latest_stories([a.id, b.id], 10)] == [revived.id, newer.id]
    assert [story.id for story in await store.latest_stories([a.id, b.id, c.id], 2)] == [revived.id, other.id]
    assert await store.latest_stories([], 10) == ()
    before = await store.latest_stories([a.id, b.id, c.id], 10, before=newer.at)
    assert [story.id for story in before] == [revived.id]  # by when it opened, however new its last report


@pytest.mark.parametrize("stories", [1, 12])
async def test_stories_take_the_same_queries_however_many(store: SqlStore, stories: int) -> None:
    """Reports, entries and matches are not fetched story by story."""
    topic = await a_topic(store)
    for number in range(stories):
        await a_story(store, topic=topic, title=f"Story {number}")
    with counting(store) as statements:
        assert len(await store.latest_stories([topic.id], 50)) == stories
    assert statements.count == 5  # the ids, stories, reports, those that moved, matches


async def test_stories_are_counted_by_topic(store: Store) -> None:
    """A story of two entries counts once; those opened before do not; a topic without any counts none."""
    await store.sync_topics([TopicSpec("a", "A", "a"), TopicSpec("b", "B", "b")], NOON)
    a, b = await store.topics()
    opening = await a_story(store, topic=a, at=NOON)
    (joining,) = await stored(store, entry(seen=NOON + MINUTE))
    await store.record_desk([joins(joining, opening, match(a))], NOON)
    await a_story(store, topic=a, title="Second", at=NOON + HOUR)
    await a_story(store, topic=a, title="Too early", at=NOON - HOUR)
    assert await store.story_counts([a.id, b.id], opening.at) == {a.id: 2, b.id: 0}


async def test_nothing_to_record_records_nothing(store: Store) -> None:
    """An empty batch is fine."""
    await store.record_desk([], NOON)
