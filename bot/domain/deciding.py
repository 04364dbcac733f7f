"""What each chat is to hear of a story: a first message, a revision of it, an answer with what is new, or nothing.

::

    a report joins -> is the chat told? no  -> enough voices? -> a message is owed
                                        yes -> the message is revised (sources, ❗️), and, if the report
                                               brings a development, answered with what is new
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.chats import Chat, Subscription, Updates
from bot.domain.clustering import WINDOW, OpenStories, PlacedReport
from bot.domain.deliveries import Intent
from bot.domain.entries import Entry
from bot.domain.lexicon import HAPPENINGS, Lexicon

TOPIC_SHARE = 0.4
"""A story has a topic while at least this share of its core reports fit the topic by their own words."""

UPDATES_APART = timedelta(minutes=30)
"""A chat is not told of a development sooner than this after it was told of the story; revisions carry what comes between."""

MOST_UPDATES = 6
"""Updates of one story that a chat may get; after that it is only revised."""

DEVELOPS = 2
"""What a report has to bring that is new to be a development: a kind of event counts 2, an actor or a number 1."""

CORRECTIONS = re.compile(
    r"\b(?:correction|corrected|retracts|retracted|retraction)\b|\b(?:исправлено|уточнено|виправлено)\b"
    r"|訂正|記事を(?:取り消|撤回)|更正",
    re.IGNORECASE,
)
"""How an outlet says that what it reported was wrong."""


@dataclass(frozen=True, slots=True)
class KnownReport:
    """A report of an open story as the desk remembers it: with the topics it fits by its own words.

    `repeat`: it tells the story in words that an earlier report had.
    """

    placed: PlacedReport
    topics: frozenset[int] = frozenset()
    repeat: bool = False


class Ledger:
    """The open stories with their reports. Changed only by `put`, `merge`, `forget` and `refit`; all else reads.

    All of it follows from the reports of the last days, so that a restart goes on exactly where it was.
    """

    def __init__(self, known: Iterable[KnownReport] = ()) -> None:
        self.alike = OpenStories()
        self._stories: dict[int, dict[int, KnownReport]] = {}
        for one in known:
            self.put(one)

    def reports(self, story_id: int) -> Sequence[KnownReport]:
        """Those of a story, in the order in which they came."""
        return tuple(self._stories.get(story_id, {}).values())

    def topics(self, story_id: int) -> frozenset[int]:
        """What a story is about: topics that enough of its core reports fit."""
        known = self.reports(story_id)
        core = [one for one in known if one.placed.profile.core] or known
        fitting = Counter(topic for one in core for topic in one.topics)
        return frozenset(topic for topic, fit in fitting.items() if fit >= TOPIC_SHARE * len(core))

    def voices(self, story_id: int) -> int:
        """How many independent outlets tell a story; opinion, live blogs and round-ups are no voices, so open none.

        One of a story of which nothing is remembered.
        """
        known = self.reports(story_id)
        core = (one for one in known if one.placed.profile.core and not one.repeat)
        return len({one.placed.voice for one in core}) if known else 1

    def put(self, known: KnownReport) -> None:
        self.alike.put(known.placed)
        self._stories.setdefault(known.placed.story_id, {})[known.placed.entry_id] = known

    def merge(self, younger: int, older: int) -> None:
        """The reports of one story stand in another from now on."""
        self.alike.merge(younger, older)
        moved = {
            id_: replace(one, placed=replace(one.placed, story_id=older))
            for id_, one in self._stories.pop(younger, {}).items()
        }
        both = {**self._stories.get(older, {}), **moved}
        self._stories[older] = dict(sorted(both.items()))

    def forget(self, now: datetime) -> None:
        """Drop what is too old to be joined."""
        self.alike.forget(now)
        for story_id, reports in list(self._stories.items()):
            left = {id_: one for id_, one in reports.items() if now - one.placed.seen <= WINDOW}
            if not left:
                del self._stories[story_id]
            elif len(left) < len(reports):
                self._stories[story_id] = left

    def refit(self, topic_id: int, entry_ids: AbstractSet[int]) -> None:
        """The reports that fit a topic are these, since its query has changed or was searched for."""
        for reports in self._stories.values():
            for id_, one in reports.items():
                topics = one.topics | {topic_id} if id_ in entry_ids else one.topics - {topic_id}
                if topics != one.topics:
                    reports[id_] = replace(one, topics=topics)


@dataclass(frozen=True, slots=True)
class Told:
    """A chat was told of a story, or is to be; `at` is when that was decided.

    `message`: by a message of the story's own, which can be revised and answered. `answers`: by an update. `muted`: it
    wants to hear no more of it.
    """

    chat_id: int
    story_id: int
    at: datetime
    message: bool = False
    answers: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Revise:
    """The message about a story that a chat was sent, or is owed, is to say one thing more. `corrects`: or another thing."""

    chat_id: int
    story_id: int
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """What a report, or its revision, is to the story in which it stands.

    `topics` are those for which it may be told now, `voices` the independent outlets by now, `develops` whether it
    brings something new to those who know of the story, `corrects` whether it says that an earlier text was wrong.
    """

    entry: Entry
    story_id: int
    topics: frozenset[int]
    voices: int = 1
    is_revision: bool = False
    develops: bool = False
    corrects: bool = False


def decide(
    news: News,
    *,
    chats: Iterable[Chat],
    subscriptions: Sequence[Subscription],
    told: Iterable[Told],
    now: datetime,
) -> tuple[tuple[Intent, ...], tuple[Revise, ...]]:
    """What each chat is to hear now.

    A chat that was not told hears of it, once as many voices tell it as its subscription waits for; one that was has
    its message revised, and answered if there is a development. A revised title revises nothing that was sent unless
    it corrects it, but may be the first to match. Paused chats and blocked outlets hear and say nothing; who has muted a
    story hears no more of it.
    """
    messages: dict[int, list[Told]] = {}
    for message in told:
        if message.story_id == news.story_id:
            messages.setdefault(message.chat_id, []).append(message)
    followed: dict[int, list[Subscription]] = {}
    for subscription in subscriptions:
        if subscription.topic_id in news.topics:
            followed.setdefault(subscription.chat_id, []).append(subscription)
    intents: list[Intent] = []
    revisions: list[Revise] = []
    for chat in chats:
        wanted = sorted(followed.get(chat.id, ()), key=lambda one: one.topic_id)
        if not wanted or not _listens(chat, news.entry):
            continue
        before = messages.get(chat.id, [])
        if any(message.muted for message in before):
            continue
        if before and (news.corrects or not news.is_revision):
            revisions.append(Revise(chat.id, news.story_id, news.corrects))
        intent = _answer(news, wanted, before, now) if before else _first(news, wanted)
        if intent is not None and chat.hears_at_once:
            intents.append(intent)
    return tuple(intents), tuple(revisions)


def _listens(chat: Chat, entry: Entry) -> bool:
    return not chat.paused and entry.is_news and entry.outlet not in chat.blocked_outlets


def _first(news: News, wanted: Sequence[Subscription]) -> Intent | None:
    if news.voices < min(one.wait_for for one in wanted):
        return None
    topic_ids = tuple(one.topic_id for one in wanted)
    silent = not any(one.sound for one in wanted)
    return Intent(wanted[0].chat_id, news.story_id, topic_ids, silent=silent)


def _answer(
    news: News, wanted: Sequence[Subscription], before: Sequence[Told], now: datetime
) -> Intent | None:
    updates = _updates(wanted)
    if not news.develops or updates == "off" or not _may_answer(before, now):
        return None
    topic_ids = tuple(one.topic_id for one in wanted)
    return Intent(
        wanted[0].chat_id, news.story_id, topic_ids, brings=news.entry.id, silent=updates == "silent"
    )


def _updates(wanted: Iterable[Subscription]) -> Updates:
    """Of several subscriptions, what the one that wants most wants."""
    settings = {one.updates for one in wanted}
    return "loud" if "loud" in settings else "silent" if "silent" in settings else "off"


def _may_answer(before: Sequence[Told], now: datetime) -> bool:
    answers = sum(message.answers for message in before)
    if not any(message.message for message in before):
        return False  # what a digest told has no message to answer
    return answers < MOST_UPDATES and now - max(message.at for message in before) >= UPDATES_APART


def develops(placed: PlacedReport, known: Iterable[KnownReport], lexicon: Lexicon) -> bool:
    """Whether a report brings a new kind of event, or at least two new actors or numbers, to a story.

    What every report of the story has said so far is known; opinion and round-ups bring nothing.
    """
    if not placed.profile.core:
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
            new += 0 if _kinds(term, lexicon) & kinds else DEVELOPS
        elif concept is not None and not any(f"c:{id_}" in terms for id_ in lexicon.closure.get(value, ())):
            new += 1
    return new >= DEVELOPS


def _kinds(term: str, lexicon: Lexicon) -> frozenset[str]:
    """The families of kinds of event that a term stands for."""
    concept = lexicon.concepts.get(term.removeprefix("c:"))
    if concept is None or concept.kind not in HAPPENINGS:
        return frozenset()
    return frozenset({concept.family or concept.id, concept.id, *lexicon.closure.get(concept.id, ())})


def corrects(before: str, after: Entry) -> bool:
    """Whether a revision of what had the title `before` says that it was wrong."""
    return bool(CORRECTIONS.search(after.title)) and not CORRECTIONS.search(before)
