"""What decides, and what it decides by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.catalog import Catalog
from bot.domain.deciding import Revise, Told
from bot.domain.deliveries import Intent
from bot.domain.entries import Entry
from bot.domain.ledger import KnownReport
from bot.domain.matching import Match
from bot.domain.profiles import Profile
from bot.domain.stories import Placement, Story
from bot.domain.topics import Topic, TopicSpec


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """An entry, or a new revision of one, that the desk has yet to look at."""

    entry: Entry
    story_id: int | None
    """Where it already stands, if it is a revision."""


@dataclass(frozen=True, slots=True)
class DeskRecord:
    """All that the desk decided about one entry."""

    entry: Entry
    concepts: tuple[str, ...]
    matches: tuple[Match, ...]
    placement: Placement | None
    """None for a revision, which stays where it is."""
    intents: tuple[Intent, ...] = ()
    revisions: tuple[Revise, ...] = ()
    profile: Profile | None = None
    """As it is to be remembered; `voice` is the owner of its outlet."""
    voice: str = ""
    develops: bool = False
    """It brings something new to its story."""


class DeskStore(Protocol):
    async def add_entries(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Store entries that came from no feed (a replay's) and have them wait for the desk; answers them with ids."""
        ...

    async def pending_entries(self, limit: int) -> tuple[PendingEntry, ...]:
        """What waits for the desk, in the order in which it was seen."""
        ...

    async def known_reports(self, since: datetime) -> tuple[KnownReport, ...]:
        """The reports seen at or after `since`, in the order in which they came: what the desk remembers of them.

        Their topics are those that the entries fit by their own words.
        """
        ...

    async def told(self, story_ids: Iterable[int]) -> tuple[Told, ...]:
        """The messages about these stories that were sent or are owed: updates and digests too, failed ones left out."""
        ...

    async def record_desk(self, records: Sequence[DeskRecord], now: datetime) -> None:
        """Store matches, stories, merges, intents and wanted revisions; the entries no longer wait.

        Where stories merge, the reports of the younger stand in the older one, and so do its messages to chats that
        were not told of the older one. A chat with messages about both has both revised; one that was not sent yet is
        told within the other. Revisions are due `REVISED_AFTER` the first one that is not shown.

        Matches of an entry replace its earlier ones. An intent for a chat that already has a message about the
        story changes nothing, unless that one failed: then it is pending again. One that is held for quiet hours and is
        to be revised is due at once. An entry revised since it was read keeps waiting.
        """
        ...

    async def backfill(self, topic_ids: Iterable[int], matches: Sequence[tuple[int, Match]]) -> None:
        """Add `matches` (entry id, match) that stored entries have with these topics, which are backfilled from then on."""
        ...

    async def fitting(self, topic_ids: Iterable[int], since: datetime) -> Mapping[int, frozenset[int]]:
        """By topic: the entries (ids) seen at or after `since` that fit it by their own words, and not `in_passing`."""
        ...

    async def entries_since(
        self, since: datetime, limit: int, *, before: Entry | None = None
    ) -> tuple[Entry, ...]:
        """Entries seen at or after `since`, the newest first; those that come behind `before`, to go on from there."""
        ...

    async def watching_since(self, since: datetime) -> datetime | None:
        """When the first of the entries seen at or after `since` was seen; None if there is none."""
        ...

    async def story(self, story_id: int) -> Story | None:
        """A story with its reports, oldest first, and the matches of all of them.

        One that was merged into another has the reports that it had until then.
        """
        ...

    async def latest_stories(
        self,
        topic_ids: Iterable[int],
        limit: int,
        *,
        before: datetime | None = None,
        feeds: Collection[int] = (),
    ) -> tuple[Story, ...]:
        """Stories with a match of one of the topics, the one last reported on first; only those opened `before`.

        What only chats' feeds (ids) report counts where it is one of `feeds`.
        """
        ...

    async def story_counts(self, topic_ids: Iterable[int], since: datetime) -> Mapping[int, int]:
        """By topic: how many stories it matched that were opened at or after `since`, those of chats' own feeds aside."""
        ...


class Newsdesk(Protocol):
    """What the commands need of the desk."""

    def catalog(self) -> Catalog:
        """The configuration as it stands now; it changes on a reload."""
        ...

    async def add_topic(self, chat_id: int, spec: TopicSpec) -> Topic | None:
        """`ChatStore.add_topic`, in force from the next entry on; then it is searched for in the stored entries of late.

        That may go on after the answer: the topic is `backfilled` where it is done.
        """
        ...

    async def change_topic(self, topic_id: int, spec: TopicSpec) -> Topic | None:
        """`ChatStore.change_topic`, in force and searched for likewise."""
        ...

    async def remove_topic(self, topic_id: int) -> None:
        """`ChatStore.remove_topic`, in force from the next entry on."""
        ...
