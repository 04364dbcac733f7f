"""Stories: which reports tell of one event, and what each chat is to hear of it.

In this version a story is one entry, its revisions, and exact repeats of it by any outlet; grouping by meaning comes
on top of the same records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.chats import Chat, Subscription
from bot.domain.deliveries import Intent
from bot.domain.entries import Entry, digest_of_words, words_of
from bot.domain.matching import Match
from bot.domain.speech import phrase

SAME_HEADLINE = phrase("the same headline")
"""Why a reprint joined a story: it tells the same in the same words."""

CLOSES_AFTER = timedelta(hours=72)
"""A story that nobody reported on for this long takes no more reports."""


@dataclass(frozen=True, slots=True)
class Report:
    """An entry as part of a story. `concepts` are those its title names, in order of appearance."""

    entry: Entry
    concepts: tuple[str, ...] = ()
    reason: str = "opened the story"


@dataclass(frozen=True, slots=True)
class Story:
    """The reports of one event, oldest first. Its id is the id of the entry that opened it."""

    id: int
    opened: datetime
    last_report: datetime
    reports: tuple[Report, ...]
    matches: tuple[Match, ...] = ()

    @property
    def outlets(self) -> tuple[str, ...]:
        """Each outlet once, in the order in which they reported."""
        return tuple(dict.fromkeys(report.entry.outlet for report in self.reports))


@dataclass(frozen=True, slots=True)
class OpenStory:
    """A story as the desk needs it to place an entry: its key and when it was last reported on."""

    story_id: int
    key: str
    last_report: datetime


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an entry went and why. `story_id` equals `entry_id` where it opened a story."""

    entry_id: int
    story_id: int
    key: str
    reason: str

    @property
    def opened(self) -> bool:
        return self.story_id == self.entry_id


def story_key(entry: Entry) -> str:
    """Two entries with one key are exact repeats: the same words in the title, whatever case and punctuation."""
    return digest_of_words(words_of(entry.title) or [str(entry.id)])


def place(entry: Entry, open_stories: Mapping[str, OpenStory]) -> Placement:
    """Join the open story that tells the same, or open one. `open_stories` is by key."""
    key = story_key(entry)
    story = open_stories.get(key)
    if story is not None and abs(entry.at - story.last_report) <= CLOSES_AFTER:
        return Placement(entry.id, story.story_id, key, SAME_HEADLINE)
    return Placement(entry.id, entry.id, key, "opened the story")


def extend(open_stories: Mapping[str, OpenStory], placement: Placement, entry: Entry) -> dict[str, OpenStory]:
    """The open stories after a placement."""
    last = open_stories.get(placement.key)
    latest = max(entry.at, last.last_report) if last and not placement.opened else entry.at
    return {**open_stories, placement.key: OpenStory(placement.story_id, placement.key, latest)}


def rename(open_stories: Mapping[str, OpenStory], story_id: int, entry: Entry) -> dict[str, OpenStory]:
    """The open stories after a report of one was revised: it answers to the new title too."""
    key = story_key(entry)
    return {**open_stories, key: OpenStory(story_id, key, entry.at)}


@dataclass(frozen=True, slots=True)
class Told:
    """A chat was sent a message about a story, or is owed one."""

    chat_id: int
    story_id: int


@dataclass(frozen=True, slots=True)
class Revise:
    """The message about a story that a chat was sent, or is owed, is to say one thing more."""

    chat_id: int
    story_id: int


def decide(
    entry: Entry,
    story_id: int,
    topic_ids: AbstractSet[int],
    *,
    is_revision: bool,
    chats: Iterable[Chat],
    subscriptions: Sequence[Subscription],
    told: Iterable[Told],
) -> tuple[tuple[Intent, ...], tuple[Revise, ...]]:
    """What each chat is to hear now that `entry` stands in the story, which has the topics `topic_ids`.

    A chat that was not told hears of it; one that was has its message revised when an outlet is added. A revised
    title revises nothing that was sent, but may be the first to match. Paused chats and blocked outlets hear and say
    nothing; a chat that wants only digests gets no message of its own.
    """
    told_chats = {message.chat_id for message in told if message.story_id == story_id}
    followed: dict[int, set[int]] = {}
    for subscription in subscriptions:
        if subscription.topic_id in topic_ids:
            followed.setdefault(subscription.chat_id, set()).add(subscription.topic_id)
    intents: list[Intent] = []
    revisions: list[Revise] = []
    for chat in chats:
        wanted = tuple(sorted(followed.get(chat.id, ())))
        if not wanted or chat.paused or entry.outlet in chat.blocked_outlets or not entry.is_news:
            continue
        if chat.id not in told_chats and chat.hears_at_once:
            intents.append(Intent(chat.id, story_id, wanted))
        elif chat.id in told_chats and not is_revision:
            revisions.append(Revise(chat.id, story_id))
    return tuple(intents), tuple(revisions)


def readable(story: Story, chat: Chat) -> Story:
    """The story as this chat may see it: without the outlets it blocks."""
    kept = tuple(report for report in story.reports if report.entry.outlet not in chat.blocked_outlets)
    return replace(story, reports=kept)
