"""What the desk makes of a batch: each entry finds its story, then it is decided what each chat is to hear of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.catalog import Catalog
from bot.domain.chats import Chat, Subscription
from bot.domain.clustering import Joining, PlacedReport
from bot.domain.deciding import News, Told, corrects, decide
from bot.domain.entries import Entry
from bot.domain.ledger import KnownReport, Ledger, develops, in_passing
from bot.domain.matching import STORY, Analysis, Evidence, Match
from bot.domain.profiles import Profile
from bot.domain.speech import kept
from bot.domain.stories import OPENED, SAME_HEADLINE, Placement, key_of_words, story_key
from bot.ports import DeskRecord, PendingEntry

UNREAD = Profile("", {}, {}, core=False, tells=False)
"""Of an entry that our code tripped over: it is like nothing."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A pending entry with what it says and the topics it fits by its own words; no `analysis` where that failed."""

    pending: PendingEntry
    analysis: Analysis | None = None
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A judged entry in its story. `matches` are with those that it takes on from the story; `news` is what it is to it."""

    judged: Judged
    placement: Placement | None
    report: PlacedReport
    matches: tuple[Match, ...]
    news: News


@dataclass(frozen=True, slots=True)
class Situation:
    """What has to be known to decide who hears of a batch."""

    chats: Sequence[Chat] = ()
    subscriptions: Sequence[Subscription] = ()
    told: Sequence[Told] = ()


def place_all(judged: Iterable[Judged], ledger: Ledger, catalog: Catalog) -> Iterator[Placed]:
    """Place the entries one after the other; `ledger` holds them from then on, so that later ones see what earlier did.

    Each when it is asked for, and so is what `decide_all` answers: a batch takes long.
    """
    return (_place(one, ledger, catalog) for one in judged)


def decide_all(placed: Iterable[Placed], situation: Situation, now: datetime) -> Iterator[DeskRecord]:
    """What each chat is to hear of each; who was told by an earlier one knows at the later ones."""
    told: dict[int, list[Told]] = {}
    for known in situation.told:
        told.setdefault(known.story_id, []).append(known)
    for one in placed:
        if one.placement is not None and one.placement.merges is not None:
            younger, older = one.placement.merges
            moved = [replace(known, story_id=older) for known in told.pop(younger, ())]
            told.setdefault(older, []).extend(moved)
        about = told.setdefault(one.news.story_id, [])
        intents, revisions = decide(
            one.news, chats=situation.chats, subscriptions=situation.subscriptions, told=about, now=now
        )
        about += [
            Told(
                intent.chat_id,
                intent.story_id,
                now,
                message=intent.brings is None,
                answers=intent.brings is not None,
            )
            for intent in intents
        ]
        analysis = one.judged.analysis
        yield DeskRecord(
            one.news.entry,
            analysis.named if analysis else (),
            one.matches,
            one.placement,
            intents,
            revisions,
            one.report.profile,
            one.report.voice,
            one.news.develops,
        )


def _place(one: Judged, ledger: Ledger, catalog: Catalog) -> Placed:
    entry, stands_in = one.pending.entry, one.pending.story_id
    feed_id = _feed_apart(entry)
    own = frozenset(match.topic_id for match in one.matches)
    profile = ledger.alike.weigh(one.analysis) if one.analysis else UNREAD
    voice = catalog.outlets.owner(entry.outlet)
    if stands_in is not None:
        return _revise(one, stands_in, voice, profile, own, ledger)
    joining = ledger.place(profile, entry.at, title=entry.title, voice=voice, feed_id=feed_id)
    placement = _placement(one, joining, ledger)
    report = PlacedReport(entry.id, placement.story_id, entry.at, entry.seen, voice, entry.title, profile)
    if placement.merges is not None:
        ledger.merge(*placement.merges)
    repeat = placement.reason == SAME_HEADLINE
    brings = (
        not placement.opened
        and not repeat
        and develops(report, ledger.reports(placement.story_id, feed_id), catalog.lexicon)
    )
    ledger.put(KnownReport(report, _told_of(entry, one.matches), repeat, entry.outlet, feed_id))
    of_story = ledger.topics(placement.story_id, feed_id)
    # What speaks for one topic by itself is not about the story's others.
    inherits = joining.certain and not placement.opened and not own
    fitting = ledger.reports(placement.story_id, feed_id) if inherits else ()
    taken_on = _inherited(of_story - own, fitting, joining) if inherits else ()
    news = News(
        entry,
        placement.story_id,
        own | of_story,
        voices=ledger.voices(placement.story_id, feed_id),
        reports=profile.tells,
        develops=brings,
    )
    return Placed(one, placement, report, (*one.matches, *taken_on), news)


def _told_of(entry: Entry, matches: Iterable[Match]) -> frozenset[int]:
    """The topics that it fits by what it tells, and not in passing."""
    return frozenset(match.topic_id for match in matches if not in_passing(entry.title, match.reasons))


def _feed_apart(entry: Entry) -> int | None:
    """The feed whose reports nobody hears of but the chats that name it."""
    return entry.feed_id if entry.private else None


def _revise(
    one: Judged, story_id: int, voice: str, profile: Profile, own: frozenset[int], ledger: Ledger
) -> Placed:
    """It stays where it stands. It is no news to whoever follows the story, but may be the first to fit a topic."""
    entry, feed_id = one.pending.entry, _feed_apart(one.pending.entry)
    reports = ledger.reports(story_id, feed_id)
    known = next(
        (known for known in reports if known.placed.entry_id == entry.id),
        KnownReport(
            PlacedReport(entry.id, story_id, entry.at, entry.seen, voice, entry.title, profile),
            outlet=entry.outlet,
        ),
    )
    before = ledger.topics(story_id, feed_id)
    report = replace(known.placed, title=entry.title, profile=profile)
    if reports:  # else its story has closed, and is not to be joined again
        told_of = _told_of(entry, one.matches)
        ledger.put(replace(known, placed=report, topics=told_of, feed_id=feed_id))
    took_back = corrects(known.placed.title, entry)
    topics = own | before if took_back else own - before
    news = News(
        entry,
        story_id,
        topics,
        ledger.voices(story_id, feed_id),
        reports=profile.tells,
        is_revision=True,
        corrects=took_back,
    )
    return Placed(one, None, report, one.matches, news)


def _placement(one: Judged, joining: Joining, ledger: Ledger) -> Placement:
    entry, found = one.pending.entry, joining.likeness
    key = story_key(entry)
    if found is None:
        return Placement(entry.id, entry.id, key, OPENED)
    story_id = found.story_id
    if joining.merges is not None and story_id == joining.merges[0]:
        story_id = joining.merges[1]
    told = ledger.reports(found.story_id, _feed_apart(entry))
    same_words = any(key_of_words(known.placed.title) == key for known in told)
    shared = kept("shares {terms} with it ({score})", terms=", ".join(found.terms), score=f"{found.score:g}")
    return Placement(entry.id, story_id, key, SAME_HEADLINE if same_words else shared, joining.merges)


def _inherited(topics: Iterable[int], reports: Sequence[KnownReport], joining: Joining) -> tuple[Match, ...]:
    """The topics that a report takes on from the story that it clearly belongs to, with the headline that fits each."""
    score = round(joining.likeness.score, 3) if joining.likeness else 0.0
    taken_on = []
    for topic_id in sorted(topics):
        fits = next(known for known in reports if topic_id in known.topics)
        evidence = Evidence(fits.placed.title, STORY, 0, None, score)
        taken_on.append(Match(topic_id, score, (evidence,), inherited=True))
    return tuple(taken_on)


def stories_of(placed: Iterable[Placed]) -> Mapping[int, frozenset[int]]:
    """By story that is concerned, those that merge included: the topics for which it may be told."""
    topics: dict[int, frozenset[int]] = {}
    for one in placed:
        merges = one.placement.merges if one.placement else None
        for story_id in (one.news.story_id, *(merges or ())):
            topics[story_id] = topics.get(story_id, frozenset()) | one.news.topics
    return topics
