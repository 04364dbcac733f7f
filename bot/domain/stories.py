"""Stories: the reports of one event. Which story a report joins is found by `bot.domain.clustering`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from bot.domain.chats import Chat
from bot.domain.entries import Entry, digest_of_words, words_of
from bot.domain.matching import Match
from bot.domain.speech import phrase

OPENED = "opened the story"
"""The reason of a story's first report, which needs none."""

SAME_HEADLINE = phrase("the same headline")
"""Why a reprint joined a story: it tells the same in the same words."""

CLOSES_AFTER = timedelta(hours=72)
"""A story that nobody reported on for this long takes no more reports."""


@dataclass(frozen=True, slots=True)
class Report:
    """An entry as part of a story. `concepts` are those its title names, in order of appearance."""

    entry: Entry
    concepts: tuple[str, ...] = ()
    reason: str = OPENED


@dataclass(frozen=True, slots=True)
class Story:
    """The reports of one event, oldest first. Its id is the id of the entry that opened it.

    `merged_into`: it turned out to be the same as this older story, where its reports stand now; here are those that it had.
    """

    id: int
    opened: datetime
    last_report: datetime
    reports: tuple[Report, ...]
    matches: tuple[Match, ...] = ()
    merged_into: int | None = None

    @property
    def outlets(self) -> tuple[str, ...]:
        """Each outlet once, in the order in which they reported."""
        return tuple(dict.fromkeys(report.entry.outlet for report in self.reports))


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an entry went and why. `story_id` equals `entry_id` where it opened a story.

    `reason` has concepts by their ids (`bot.domain.describing.describe_joining`).
    `merges`: by it a younger story (the first id) turned out to be the same as an older one.
    """

    entry_id: int
    story_id: int
    key: str
    reason: str
    merges: tuple[int, int] | None = None

    @property
    def opened(self) -> bool:
        return self.story_id == self.entry_id


def story_key(entry: Entry) -> str:
    """Two entries with one key are exact repeats: the same words in the title, whatever case and punctuation."""
    return key_of_words(entry.title) or digest_of_words([str(entry.id)])


@lru_cache(maxsize=10_000)  # each report is compared with all titles of its story
def key_of_words(title: str) -> str | None:
    """The same for titles of the same words; None where there are none."""
    words = words_of(title)
    return digest_of_words(words) if words else None


def may_see(entry: Entry, chat: Chat) -> bool:
    """Whether it is from a feed that everybody is told of, or from one that this chat named."""
    return not entry.private or entry.feed_id in chat.feeds


def of_chat(story: Story, chat: Chat) -> Story:
    """The story without what other chats' feeds report."""
    return replace(story, reports=tuple(one for one in story.reports if may_see(one.entry, chat)))


def readable(story: Story, chat: Chat) -> Story:
    """The story as this chat wants to see it: `of_chat`, without the outlets it blocks."""
    seen = of_chat(story, chat).reports
    kept = tuple(report for report in seen if report.entry.outlet not in chat.blocked_outlets)
    return replace(story, reports=kept)
