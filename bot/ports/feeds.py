"""What watches feeds owes, and what a poll leaves behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from bot.domain.entries import FeedSpec, IngestPlan, KnownEntry, ParsedEntry, ParsedFeed
from bot.domain.polling import (
    Failed,
    FeedForPoll,
    FeedLimits,
    Fetched,
    FetchResult,
    HostRest,
    Move,
    Wishes,
)
from bot.domain.websub import Hub, Push


class Fetcher(Protocol):
    async def fetch(self, feed: FeedForPoll) -> FetchResult:
        """Ask for the feed, conditionally. Never raises for what a server or network does."""
        ...


class HubClient(Protocol):
    async def ask_hub(self, push: Push, callback: str) -> bool:
        """Ask the hub to push the feed to `callback`; whether it accepted to look into that. Never raises."""
        ...


class Parser(Protocol):
    async def parse(self, fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed | Failed:
        """Read a body within a deadline, whatever it holds. Never raises for what the body holds.

        `items_seen`: that of the feed's `ParsedFeed` before; items it knows may be left out.
        """
        ...


class FeedFinder(Protocol):
    """Looks for the feeds that a person may mean."""

    async def find(self, typed: str) -> tuple[FoundFeed, ...] | Failed:
        """The feeds at an address, or those of the site there, the likeliest first; or why there is none.

        Asks on the public internet alone, within half a minute. Never raises for what is found.
        """
        ...


@dataclass(frozen=True, slots=True)
class PollRecord:
    """All that one poll of a feed leaves behind.

    `plan` is None where nothing was parsed. A None `etag` with `keep_validators` False forgets the old one, and so do
    the other fields of what it was known by. `error` is None after a success. `gone`: never ask again. `private`: only chats
    name it. None for `rate`
    or `wishes` leaves them as they were, while `move` is as it is to be from now on.
    """

    feed_id: int
    at: datetime
    next_poll: datetime
    plan: IngestPlan | None = None
    error: str | None = None
    gone: bool = False
    private: bool = False
    keep_validators: bool = True
    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    items_seen: bytes = b""
    rate: float | None = None
    wishes: Wishes | None = None
    move: Move | None = None
    hub: Hub | None = None
    """As the document says now; counts where `wishes` does."""
    burst: bool = False
    """Whether all items of the document were new, so that others may have come and gone unseen."""
    rest: HostRest | None = None
    """Of a host that asked for it: none of its feeds is due before that is over; where the poll is `private`, none of
    those that only chats name."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How a feed is doing, for `/feeds` and `/status`."""

    id: int
    spec: FeedSpec
    active: bool
    last_poll: datetime | None
    last_success: datetime | None
    last_new: datetime | None
    next_poll: datetime
    failures: int
    error: str | None
    entries: int
    """How many of its entries are stored."""
    rate: float = 0.0
    """Entries a second, as of the last success; see `bot.domain.polling.rate_after`."""
    last_burst: datetime | None = None
    """When all items of its document were new for the last time: some may have come and gone unseen."""
    move: Move | None = None
    own: bool = False
    """Whether only chats named it, and it is not in the configuration."""


class Naming(Enum):
    """What became of a chat's wish to have a feed watched."""

    ADDED = "added"
    ALREADY = "already named by this chat"
    FOR_ALL = "watched for everybody"
    FULL = "no more feeds for this chat"
    ALL_FULL = "no more feeds for any chat"


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was looked for and read. `address`: where it is, in the one way in which we write it."""

    address: str
    title: str
    language: str
    """BCP 47; of most of its titles, empty where that cannot be told."""
    entries: int


class FeedStore(Protocol):
    async def sync_feeds(self, feeds: Sequence[FeedSpec], now: datetime) -> None:
        """Make `feeds` (by address) the ones that are polled. Others are kept with all they brought, but not polled.

        A feed that is new is due at once; a known one keeps its due time, validators and history.
        """
        ...

    async def due_feeds(
        self,
        now: datetime,
        limit: int,
        *,
        but: Collection[int] = (),
        per_host: int | None = None,
        busy: Collection[str] = (),
        peer: str | None = None,
    ) -> tuple[tuple[FeedForPoll, FeedSpec], ...]:
        """Active feeds whose time has come, the longest overdue first. Reads only.

        Without those of the ids `but` and of the hosts `busy`, those that another process than `peer` polls, and at
        most `per_host` of each other host.
        """
        ...

    async def known_entries(
        self, asked: Mapping[int, Collection[ParsedEntry]]
    ) -> Mapping[int, Mapping[str, KnownEntry]]:
        """By feed: what is known under the keys of these entries (`bot.domain.entries.keys_of`, aliases included).

        Entries of the feed that only have the same text as one of these stand under their own key.
        """
        ...

    async def record_poll(self, *records: PollRecord) -> int:
        """Store new entries, revisions, aliases, validators and the next due times. Answers how many entries are new.

        Entries that are news, and revisions of such, wait for the desk from then on; entries that are not are only
        kept. A success sets `failures` to 0, an error adds one. `at` becomes `seen` of new entries. All of the records,
        each of another feed, are one transaction.
        """
        ...

    async def pushes_due(self, now: datetime, limit: int) -> tuple[Push, ...]:
        """Subscriptions that a hub is to be asked for; token and secret are empty where it never was.

        Those of configured feeds alone: where a hub is, its feed says.
        """
        ...

    async def pushed_feed(self, token: str) -> tuple[Push, FeedForPoll, FeedSpec] | None:
        """The subscription with this token, and its feed; None where there is none, or the feed is not polled."""
        ...

    async def save_push(self, push: Push) -> None:
        """Keep a subscription as it is now."""
        ...

    async def feed_statuses(
        self, chat_id: int | None = None, *, counted: bool = True
    ) -> tuple[FeedStatus, ...]:
        """Every feed of the configuration, in its order; with `chat_id`, those that this chat named behind them.

        Where not `counted`, `entries` is 0: to count them takes long where there are many.
        """
        ...


class OwnFeedStore(Protocol):
    """Feeds that chats name. One is polled while somebody names it, once however many do."""

    async def name_feed(self, chat_id: int, spec: FeedSpec, limits: FeedLimits, now: datetime) -> Naming:
        """Have a feed (by address) watched for a chat, within the limits.

        One that nobody had watched is due at once, and asked as for the first time. Entries that come while a feed is
        not in the configuration are `private`.
        """
        ...

    async def drop_feed(self, chat_id: int, feed_id: int) -> bool:
        """Watch it for this chat no more; False where it was not. What it brought is kept."""
        ...
