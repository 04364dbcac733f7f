"""The open stories with their reports: what each is about, who tells it, and what brings something new to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.asides import asides_in
from bot.domain.clustering import Joining, OpenStories, PlacedReport
from bot.domain.lexicon import HAPPENINGS, Lexicon
from bot.domain.matching import Evidence
from bot.domain.profiles import Profile

TOPIC_SHARE = 0.4
"""A story has a topic while at least this share of the reports that tell it fit the topic by their own words."""

DEVELOPS = 2
"""What a report has to bring that is new to be a development: a kind of event counts 2, an actor or a number 1."""


@dataclass(frozen=True, slots=True)
class KnownReport:
    """A report of an open story as the desk remembers it: with the topics it fits by its own words (not `in_passing`).

    `repeat`: it tells the story in words that an earlier report had. `outlet`: whose it is, which its voice may own.
    `feed_id`: the feed, where only chats name it.
    """

    placed: PlacedReport
    topics: frozenset[int] = frozenset()
    repeat: bool = False
    outlet: str = ""
    feed_id: int | None = None


class Ledger:
    """The open stories with their reports. Changed only by `put`, `merge`, `forget` and `refit`; all else reads.

    All of it follows from the reports of the last days, so that a restart goes on exactly where it was.

    What a feed reports that only chats name is kept aside, by feed: asked with its `feed_id`, a story has those reports
    too, and without it nobody's. So whoever names a feed changes nothing of what others hear, and how.
    """

    def __init__(self, known: Iterable[KnownReport] = ()) -> None:
        self.alike = OpenStories()
        self._stories: dict[int, dict[int, KnownReport]] = {}
        self._aside: dict[int, Ledger] = {}
        for one in known:
            self.put(one)

    def place(
        self, profile: Profile, at: datetime, *, title: str, voice: str, feed_id: int | None = None
    ) -> Joining:
        """`OpenStories.place`: a story that everybody may hear of, else one that only this feed tells. That merges none."""
        joining = self.alike.place(profile, at, title=title, voice=voice)
        if feed_id is None:
            return joining
        aside = self._aside.get(feed_id)
        if joining.likeness is None and aside is not None:
            joining = aside.alike.place(profile, at, title=title, voice=voice)
        return replace(joining, merges=None)

    def reports(self, story_id: int, feed_id: int | None = None) -> Sequence[KnownReport]:
        """Those of a story, in the order in which they came."""
        reports = self._stories.get(story_id, {})
        aside = None if feed_id is None else self._aside.get(feed_id)
        if aside is not None:
            reports = dict(sorted({**reports, **aside._stories.get(story_id, {})}.items()))  # noqa: SLF001 (its own)
        return tuple(reports.values())

    def topics(self, story_id: int, feed_id: int | None = None) -> frozenset[int]:
        """What a story is about: topics that enough of the reports that tell it fit."""
        known = self.reports(story_id, feed_id)
        telling = [one for one in known if one.placed.profile.tells] or known
        fitting = Counter(topic for one in telling for topic in one.topics)
        return frozenset(topic for topic, fit in fitting.items() if fit >= TOPIC_SHARE * len(telling))

    def voices(self, story_id: int, feed_id: int | None = None) -> Mapping[str, str]:
        """By outlet that tells a story in its own words, whose voice that is; those of one voice are not independent.

        Opinion, live blogs, round-ups and teasers are no voices, so a story of nothing else has none.
        """
        known = self.reports(story_id, feed_id)
        telling = (one for one in known if one.placed.profile.tells and not one.repeat)
        return {one.outlet: one.placed.voice for one in telling}

    def put(self, known: KnownReport) -> None:
        if known.feed_id is not None:
            self._aside.setdefault(known.feed_id, Ledger()).put(replace(known, feed_id=None))
            return
        self._stories.setdefault(known.placed.story_id, {})[known.placed.entry_id] = known
        self._drop(self.alike.put(known.placed))

    def merge(self, younger: int, older: int) -> None:
        """The reports of one story stand in another from now on."""
        moved = {
            id_: replace(one, placed=replace(one.placed, story_id=older))
            for id_, one in self._stories.pop(younger, {}).items()
        }
        both = {**self._stories.get(older, {}), **moved}
        if both:
            self._stories[older] = dict(sorted(both.items()))
        self._drop(self.alike.merge(younger, older))
        for aside in self._aside.values():
            aside.merge(younger, older)

    def forget(self, now: datetime) -> None:
        """Drop what is too old to be joined."""
        self._drop(self.alike.forget(now))
        for feed_id, aside in list(self._aside.items()):
            aside.forget(now)
            if not aside._stories:  # noqa: SLF001 (its own)
                del self._aside[feed_id]

    def _drop(self, forgotten: Iterable[PlacedReport]) -> None:
        for report in forgotten:
            reports = self._stories[report.story_id]
            del reports[report.entry_id]
            if not reports:
                del self._stories[report.story_id]

    def refit(self, topic_id: int, entry_ids: AbstractSet[int]) -> None:
        """The reports that fit a topic are these, since its query has changed or was searched for."""
        for reports in self._stories.values():
            for id_, one in reports.items():
                topics = one.topics | {topic_id} if id_ in entry_ids else one.topics - {topic_id}
                if topics != one.topics:
                    reports[id_] = replace(one, topics=topics)
        for aside in self._aside.values():
            aside.refit(topic_id, entry_ids)


def in_passing(title: str, reasons: Sequence[Evidence]) -> bool:
    """Whether all that speaks for a topic stands where a title does not tell of its event (`… after talks with the union`).

    Such an entry fits the topic, and its story may be of another one.
    """
    asides = tuple(asides_in(title))
    return bool(reasons) and all(
        one.part == "title" and any(start <= one.start < end for start, end in asides) for one in reasons
    )


def develops(placed: PlacedReport, known: Iterable[KnownReport], lexicon: Lexicon) -> bool:
    """Whether a report brings a new kind of event, or at least two new actors or numbers, to a story.

    What every report of the story has said so far is known; what does not tell (`Profile.tells`) brings nothing.
    """
    if not placed.profile.tells:
        return False
    terms: set[str] = set()
    kinds: set[str] = set()
    for one in known:
        terms.update(one.placed.profile.shared)
    for term in terms:
        kinds.update(_kinds(term, lexicon))
    new = 0
    for term in placed.profile.shared:
        if term in terms:
            continue
        sort, _, value = term.partition(":")
        concept = lexicon.concepts.get(value) if sort == "c" else None
        if sort == "n":
            new += 1
        elif concept is not None and concept.kind in HAPPENINGS:
            new += DEVELOPS if concept.kind == "event" and not _kinds(term, lexicon) & kinds else 0
        elif concept is not None and not any(f"c:{id_}" in terms for id_ in lexicon.closure.get(value, ())):
            new += 1
    return new >= DEVELOPS


def _kinds(term: str, lexicon: Lexicon) -> frozenset[str]:
    """The families of kinds of event that a term stands for."""
    concept = lexicon.concepts.get(term.removeprefix("c:"))
    if concept is None or concept.kind not in HAPPENINGS:
        return frozenset()
    return frozenset({concept.family or concept.id, concept.id, *lexicon.closure.get(concept.id, ())})
