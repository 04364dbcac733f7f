"""The desk's decisions: whose entry it is, which queries can be read, where a batch goes and what it comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.chat.locales import load_speeches
from bot.domain.chats import Chat, Subscription
from bot.domain.clustering import WINDOW, Joining, Likeness
from bot.domain.deciding import Revise, Told
from bot.domain.deliveries import Intent
from bot.domain.describing import describe_joining
from bot.domain.entries import Entry, FeedSpec, ParsedEntry
from bot.domain.indexing import TopicIndex
from bot.domain.ledger import KnownReport, Ledger
from bot.domain.matching import Evidence, Match, analyse
from bot.domain.outlets import Outlets
from bot.domain.queries import Query
from bot.domain.stories import CLOSES_AFTER, OPENED, SAME_HEADLINE, Placement, story_key
from bot.domain.topics import Topic, TopicSpec
from bot.pipeline import QueryReader, paced, take_up
from bot.placing import Judged, Placed, Situation, decide_all, place_all, stories_of
from bot.polling import attributed
from bot.ports import DeskRecord, PendingEntry
from tests.domain.records import MINUTE, NOON, chat, entry
from tests.fakes.events import of_its_own
from tests.fakes.lexicons import OUTLETS, small_catalog, small_lexicon

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


async def test_others_have_the_event_loop_between_two_entries() -> None:
    """However long each takes to make."""
    happened: list[str] = []

    async def others() -> None:
        while True:
            happened.append("others")
            await asyncio.sleep(0)

    others_work = asyncio.create_task(others())

    def make() -> Iterator[str]:
        for one in "ab":
            happened.append(f"{one} is made")
            yield one

    async for one in paced(make()):
        happened.append(f"{one} is dealt with")  # noqa: PERF401 - beside what others append
    others_work.cancel()
    of_each = [[f"{one} is made", f"{one} is dealt with", "others"] for one in "ab"]
    assert happened == [*of_each[0], *of_each[1]]


FOLLOWING = (Subscription(1, 10, NOON),)
TRUCE = "Ukraine ceasefire agreed"


def judged(of: Entry, *topic_ids: int, story_id: int | None = None) -> Judged:
    matches = tuple(Match(id_, 1.0, ()) for id_ in topic_ids)
    return Judged(PendingEntry(of, story_id), analyse(of, small_lexicon()), matches)


def placed(ledger: Ledger, *batch: Judged) -> tuple[Placed, ...]:
    return tuple(place_all(batch, ledger, small_catalog()))


def outcome(
    batch: Iterable[Judged], situation: Situation, ledger: Ledger | None = None
) -> list[tuple[int, tuple[Intent, ...], tuple[Revise, ...]]]:
    """(story, intents, revisions) of each record; for a revision the story is 0."""
    records = decide_all(placed(ledger or Ledger(), *batch), situation, NOON)
    return [
        (record.placement.story_id if record.placement else 0, record.intents, record.revisions)
        for record in records
    ]


def situation(*chats: Chat, told: tuple[Told, ...] = ()) -> Situation:
    return Situation(chats, FOLLOWING, told)


def told(story_id: int) -> Told:
    return Told(1, story_id, NOON, message=True)


def standing(of: Entry, *topics: int) -> Ledger:
    """A ledger in which an entry has opened a story."""
    ledger = Ledger()
    placed(ledger, judged(of, *topics))
    return ledger


def test_a_first_report_opens_a_story_and_is_told() -> None:
    """A record keeps what was found, where the entry went, how it was weighed, and who is to hear of it."""
    one = judged(entry("Russia speaks", id_=5, outlet="BBC Russian"), 10)
    (record,) = decide_all(placed(Ledger(), one), situation(chat()), NOON)
    assert record == DeskRecord(
        one.pending.entry,
        ("ru",),
        one.matches,
        Placement(5, 5, story_key(one.pending.entry), OPENED),
        (Intent(1, 5, (10,)),),
        profile=record.profile,
        voice="BBC News",
    )
    assert record.profile is not None
    assert "c:ru" in record.profile.shared


def test_a_title_that_only_promises_to_tell_is_told_to_nobody() -> None:
    teaser = judged(entry("What we know about the Ukraine ceasefire"), 10)
    assert outcome([teaser], situation(chat())) == [(1, (), ())]


def test_nothing_waits() -> None:
    """An empty batch comes to nothing."""
    assert outcome([], situation(chat())) == []


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
def test_a_repeat_joins_until_the_story_is_long_silent(silence: timedelta, joins: bool) -> None:
    """Then it opens one."""
    at = NOON + silence
    repeat = entry("LEADERS MEET", id_=2, published=at, seen=max(at, NOON))
    (one,) = placed(standing(entry()), judged(repeat))
    assert one.placement is not None
    assert (one.placement.story_id, one.placement.reason) == ((1, SAME_HEADLINE) if joins else (2, OPENED))
    assert one.placement.opened is not joins


def test_other_words_for_the_same_join_and_something_else_does_not() -> None:
    """The reason names what a report shares with its story, to each reader in the language that is spoken with them."""
    ledger = standing(entry("Ukraine and Russia agree to ceasefire at Istanbul summit"))
    same, other = placed(
        ledger,
        judged(entry("Russia, Ukraine agree ceasefire at summit in Istanbul", id_=2, outlet="TASS")),
        judged(entry("Storm nears Japan", id_=3)),
    )
    assert same.placement is not None
    assert other.placement is not None
    assert (same.placement.story_id, other.placement.story_id) == (1, 3)
    assert same.placement.reason.startswith("shares ")
    assert "Istanbul".lower() in same.placement.reason.lower()
    speeches, lexicon = load_speeches(), small_lexicon()
    for language, names in (
        ("en", ("shares", "Ukraine")),
        ("ja", ("共通点", "ウクライナ")),
        ("ru", ("общее", "Украина")),
    ):
        told = describe_joining(same.placement.reason, lexicon, speeches[language])
        assert all(name in told for name in names), told
        assert "c:" not in told
        assert ", " in told or language == "ja"
    told = describe_joining("shares c:ua, c:ru, 15 with it (0.5)", lexicon, speeches["ja"])
    assert told == "共通点：ウクライナ、ロシア、15（0.5）"
    assert describe_joining("shares c:gone with it (0.5)", lexicon) == "shares gone with it (0.5)"
    assert describe_joining(SAME_HEADLINE, lexicon, speeches["ja"]) == speeches["ja"].known(SAME_HEADLINE)


def test_a_repeat_in_the_same_batch_joins_and_revises() -> None:
    """The second of two equal reports that came together sees what the first led to."""
    batch = [judged(entry(id_=1), 10), judged(entry("LEADERS MEET", id_=2, outlet="TASS"), 10)]
    assert outcome(batch, situation(chat())) == [(1, (Intent(1, 1, (10,)),), ()), (1, (), (Revise(1, 1),))]


def test_a_repeat_of_a_story_that_was_told() -> None:
    """A report that joins a story revises its message, and takes on the story's topic, with its headline as reason."""
    ledger = standing(entry(id_=3), 10)
    (one,) = placed(ledger, judged(entry(id_=9, outlet="TASS")))
    assert [(match.topic_id, match.inherited) for match in one.matches] == [(10, True)]
    assert [evidence.text for evidence in one.matches[0].reasons] == ["Leaders meet"]
    (record,) = decide_all([one], situation(chat(), told=(told(3),)), NOON)
    assert (record.intents, record.revisions) == ((), (Revise(1, 3),))


def test_what_has_a_topic_of_its_own_takes_on_no_other() -> None:
    ledger = standing(entry(id_=3), 10)
    (one,) = placed(ledger, judged(entry(id_=9, outlet="TASS"), 11))
    assert [match.topic_id for match in one.matches] == [11]


def test_what_is_said_in_passing_is_not_what_a_story_is_of() -> None:
    """The report that says it is told for it; those of the same event are not."""
    opening = entry("Mayor Orr of Patras resigns over ferry fire after Ukraine ceasefire talks")
    passing = Match(10, 1.0, (Evidence("ceasefire", "title", 56, None, 1.0),))
    first, second = placed(
        Ledger(),
        replace(judged(opening), matches=(passing,)),
        judged(entry("Mayor Orr of Patras resigns over ferry fire, aide says", id_=2)),
    )
    assert first.news.topics == {10}
    assert second.report.story_id == 1
    assert (second.news.topics, second.matches) == (frozenset(), ())


def test_a_repeat_that_is_the_first_to_match() -> None:
    """A report that brings a topic to a story of which the chat has not heard sends its bulletin."""
    ledger = standing(entry(id_=3))
    assert outcome([judged(entry(id_=9), 10)], situation(chat()), ledger) == [(3, (Intent(1, 3, (10,)),), ())]


def test_a_paused_chat_hears_nothing_of_any() -> None:
    """Neither bulletins nor revisions are owed to a chat that is paused."""
    batch = [judged(entry(id_=1), 10), judged(entry(id_=2), 10)]
    paused = situation(chat(paused_at=NOON), told=(told(1),))
    assert outcome(batch, paused) == [(1, (), ()), (1, (), ())]


def test_a_blocked_outlet_opens_a_story_that_another_tells() -> None:
    """A chat that blocks the first outlet hears of the story from the second."""
    batch = [judged(entry(id_=1), 10), judged(entry(id_=2, outlet="TASS"), 10)]
    assert outcome(batch, situation(chat(blocked=["Reuters"]))) == [
        (1, (), ()),
        (1, (Intent(1, 1, (10,)),), ()),
    ]


def test_a_revision_that_is_the_first_to_match() -> None:
    """A revised title that fits a topic at last sends the bulletin of the story in which it stands."""
    revised = judged(entry("Leaders agree", id_=4, revision=1), 10, story_id=4)
    ledger = standing(entry(id_=4))
    assert outcome([revised], situation(chat()), ledger) == [(0, (Intent(1, 4, (10,)),), ())]
    assert outcome([revised], situation(chat())) == [(0, (Intent(1, 4, (10,)),), ())]  # its story is closed


def test_a_revision_changes_nothing_that_was_told() -> None:
    """A revised title neither sends nor revises where the story was told, unless it takes something back."""
    for title, revisions in (("Leaders agree", ()), ("Correction: leaders do not", (Revise(1, 4, True),))):
        revised = judged(entry(title, id_=4, revision=1), 10, story_id=4)
        decided = outcome([revised], situation(chat(), told=(told(4),)), standing(entry(id_=4), 10))
        assert decided == [(0, (), revisions)]


def test_a_revision_of_what_was_there_before_a_chat_subscribed() -> None:
    """It is no news to that chat: the story fitted the topic already. A topic that it newly fits is."""
    revised = judged(entry("Leaders agree", id_=4, revision=1), 10, story_id=4)
    assert outcome([revised], situation(chat()), standing(entry(id_=4), 10)) == [(0, (), ())]
    fits_another = judged(entry("Leaders agree", id_=4, revision=1), 10, 11, story_id=4)
    follows_both = Situation((chat(),), (*FOLLOWING, Subscription(1, 11, NOON)))
    assert outcome([fits_another], follows_both, standing(entry(id_=4), 10)) == [
        (0, (Intent(1, 4, (11,)),), ())
    ]


def test_a_story_answers_to_the_new_title_of_a_report() -> None:
    """A report with the new title of a revised entry joins its story."""
    batch = [
        judged(entry("Leaders agree", id_=4, revision=1), 10, story_id=4),
        judged(entry("Leaders agree", id_=5), 10),
    ]
    decided = outcome(batch, situation(chat()), standing(entry("Storm nears", id_=4)))
    assert [story for story, _, _ in decided] == [0, 4]


def test_chats_are_told_apart() -> None:
    """Each chat hears by its own subscriptions and what it was told before."""
    following = (Subscription(1, 10, NOON), Subscription(2, 11, NOON), Subscription(3, 10, NOON))
    about = Situation((chat(1), chat(2), chat(3)), following, (Told(3, 5, NOON, message=True),))
    (decided,) = outcome([judged(entry(id_=5), 10)], about)
    assert decided == (5, (Intent(1, 5, (10,)),), (Revise(3, 5),))


def test_waiting_for_a_second_voice() -> None:
    """A reprint is none, nor is another feed of the same owner."""
    patient = Situation((chat(),), (replace(FOLLOWING[0], wait_for=2),))
    said = "Ukraine and Russia agree ceasefire at Istanbul summit"
    titles = (
        (said, "BBC News"),
        (said, "TASS"),
        (f"{said} today", "BBC Russian"),
        (f"In Istanbul, {said}", "NHK"),
    )
    batch = [
        judged(entry(title, id_=n, outlet=outlet), 10) for n, (title, outlet) in enumerate(titles, start=1)
    ]
    decided = outcome(batch, patient)
    assert [story for story, _, _ in decided] == [1] * 4
    assert [len(intents) for _, intents, _ in decided] == [0, 0, 0, 1]


def test_what_our_code_tripped_over_is_like_nothing() -> None:
    """It opens a story of its own that nobody follows; so does an entry without a word."""
    broken = Judged(PendingEntry(entry("Ukraine truce", id_=2), None))
    emoji = judged(entry("🙂🙂", id_=3)), judged(entry("🎉", id_=4))
    decided = outcome([broken, *emoji], situation(chat()), standing(entry("Ukraine truce holds", id_=1), 10))
    assert [story for story, _, _ in decided] == [2, 3, 4]
    assert not any(intents or revisions for _, intents, revisions in decided)


class MergingLedger(Ledger):
    """One whose stories 1 and 2 turn out to be one by the next report that joins story 1."""

    def merges(self) -> None:
        known = Likeness(2, 0.9, ("talks",))
        self.alike.place = lambda *_, **__: Joining(known, certain=True, merges=(2, 1))  # type: ignore[method-assign]  # clustering is not what is tested


def test_stories_that_merge_in_a_batch() -> None:
    """Who was told of the younger alone has that message revised; a report of it stands in the older one."""
    ledger = MergingLedger()
    placed(
        ledger,
        judged(entry("Leaders meet", id_=1), 10),
        judged(entry("Storm nears", id_=2, outlet="NHK"), 10),
    )
    ledger.merges()
    batch = placed(ledger, judged(entry("Talks", id_=3, outlet="TASS"), 10))
    assert stories_of(batch) == {1: frozenset({10}), 2: frozenset({10})}
    (record,) = decide_all(batch, situation(chat(), told=(told(2),)), NOON)
    assert record.placement is not None
    assert (record.placement.story_id, record.placement.merges) == (1, (2, 1))
    assert (record.intents, record.revisions) == ((), (Revise(1, 1),))
    assert len(ledger.voices(1)) == 3
    # A new title of a report that moved is looked for, and stays, where it is now.
    placed(ledger, judged(entry("Storm passes", id_=2, outlet="NHK", revision=1), story_id=1))
    assert [one.placed.title for one in ledger.reports(1)] == ["Leaders meet", "Storm passes", "Talks"]
    assert ledger.reports(2) == ()


def test_a_batch_is_decided_like_one_by_one_and_like_after_a_restart() -> None:
    """All that the ledger knows follows from the reports, their topics and profiles."""
    titles = [
        "Ukraine and Russia agree ceasefire at Istanbul summit",
        of_its_own("Armenia and Azerbaijan meet"),
        "At Istanbul summit, Russia and Ukraine agree ceasefire",
        "Storm nears Japan",
        "Ceasefire agreed by Ukraine, Russia at Istanbul summit: 300 prisoners freed",
        "UKRAINE AND RUSSIA AGREE CEASEFIRE AT ISTANBUL SUMMIT",
    ]
    batch = [
        judged(entry(title, id_=n, outlet=outlet), *([10] if n % 2 else []))
        for n, (title, outlet) in enumerate(zip(titles, ("BBC News", "TASS", "NHK") * 2, strict=True), 1)
    ]
    live = Ledger()
    at_once = placed(live, *batch)
    known: list[KnownReport] = []
    for one in batch:
        restarted = Ledger(known)
        (again,) = placed(restarted, one)
        assert again == at_once[len(known)]
        known += [
            report
            for story in {again.news.story_id}
            for report in restarted.reports(story)
            if report.placed.entry_id == one.pending.entry.id
        ]
    assert {one.news.story_id for one in at_once} == {1, 2, 4}


def test_a_story_that_runs_for_two_weeks_is_told_once_and_known_by_its_last_days() -> None:
    """Hundreds of reports in ever other words, each of which names other things besides: one message."""
    agreed = (
        "Ukraine and Russia agree ceasefire at Istanbul summit",
        "At Istanbul summit, Ukraine and Russia agree a ceasefire",
        "Istanbul summit ends with Ukraine, Russia ceasefire agreed",
    )
    besides = "mayor convoy hospital border bridge governor school harvest pipeline radio museum".split()
    days, number = 14, 280
    ledger = Ledger()
    known: list[Told] = []
    most = 0
    for at in range(1, number + 1):
        now = NOON + timedelta(days=days) * at / number
        words = " ".join(besides[(at * step) % len(besides)] for step in (1, 3, 7))
        report = entry(
            f"{agreed[at % 3]}: {words}", id_=at, outlet=f"Outlet {at % 60}", seen=now, published=now
        )
        ledger.forget(now)
        (one,) = placed(ledger, judged(report, 10))
        assert one.news.story_id == 1
        (record,) = decide_all([one], situation(chat(), told=tuple(known)), now)
        known += [
            Told(1, 1, now, message=intent.brings is None, answers=intent.brings is not None)
            for intent in record.intents
        ]
        most = max(most, len(ledger.alike.reports))
    assert len(known) == 1
    assert most <= number * WINDOW / timedelta(days=days) + 1
