"""When a feed is asked next, and what its last answer means."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from bot.domain.websub import PUSHED_INTERVAL, Hub

DEFAULT_INTERVAL = timedelta(minutes=5)
"""The shortest time between two polls of a feed, where nothing else is configured."""

DEFAULT_CEILING = timedelta(minutes=30)
MAX_INTERVAL = timedelta(hours=24)
BACK_OFF_CAP = timedelta(hours=6)
JITTER = 0.1
"""Waits are spread over this share of themselves, so that feeds polled together do not return together."""

RATE_HALF_LIFE = timedelta(hours=24)
"""What a feed brought counts half of this later: a night does not make a feed slow, a silent week does."""

POLLS_PER_ENTRY = 2
"""Polls in the mean time between two entries: on average an entry waits a quarter of that time to be found."""

MOVE_HOLDS_POLLS = 10
MOVE_HOLDS_FOR = timedelta(hours=24)
MOVE_FAILURES = 3
"""A permanent redirect is kept after it was met so often and for so long, and forgotten after so many failures."""

SILENT_AT_LEAST = timedelta(days=2)
SILENT_AT_MOST = timedelta(days=14)
SILENT_GAPS = 10
"""A feed is silent after so many times the usual time between two entries, and within these bounds."""

BURST_TOLD = timedelta(days=1)
"""How long it is told that a feed brought more at once than its document holds."""

LEAST_KNOWN = timedelta(hours=1)
"""The time that a first document speaks of at the least, however young its oldest entry is."""

HOST_RESTS = timedelta(minutes=1)
HOST_RESTS_AT_MOST = timedelta(hours=1)
"""How long a host is left alone that says no more than «too many requests», and however long it asks for."""

HOST_IS_BACK_OVER = timedelta(minutes=5)
"""The time over which the feeds of a host that has rested are asked again, at most; as long as it rested, at most."""

_DECAY = math.log(2) / RATE_HALF_LIFE.total_seconds()


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a feed may be asked and how long a quiet one may be left, and the share by which waits are spread."""

    floor: timedelta = DEFAULT_INTERVAL
    ceiling: timedelta = DEFAULT_CEILING
    spread: float = JITTER


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """How many feeds a chat may name, and all chats together, where a feed that several name counts once."""

    per_chat: int = 20
    all_chats: int = 1_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a feed asks of those who poll it, in the document itself.

    `every`: the shortest wait (`ttl`, `sy:updatePeriod`). `skip_hours`: hours of the day in UTC, 0 to 23, and
    `skip_days`: days of the week, 0 for Monday, in which it is not to be asked.
    """

    every: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    """A permanent redirect: where to, since when, and how many polls in a row met it."""

    url: str
    since: datetime
    polls: int = 1

    def holds(self, now: datetime) -> bool:
        """Whether the new address is asked itself by now."""
        return self.polls >= MOVE_HOLDS_POLLS and now - self.since >= MOVE_HOLDS_FOR


@dataclass(frozen=True, slots=True)
class FeedForPoll:
    """A feed that is due, with what the last poll left behind.

    `public_only`: only chats name it, so it is asked for nowhere but on the public internet. `rate`: entries a second, see
    `rate_after`. `items_seen`: what the parser knows its last document by.
    """

    id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    failures: int = 0
    last_success: datetime | None = None
    rate: float = 0.0
    wishes: Wishes = field(default_factory=Wishes)
    move: Move | None = None
    items_seen: bytes = b""
    pushed_until: datetime | None = None
    """Until when a hub has promised to push what is new."""
    public_only: bool = False
    user: str = field(default="", repr=False)
    """`name:password` for the server of the configured address, as it is written in one."""

    @property
    def polled_before(self) -> bool:
        """Only a success tells what is old: the first one after failures is still a first poll."""
        return self.last_success is not None

    def address(self, now: datetime) -> str:
        """The address to ask: the configured one, or where it has long been redirecting to."""
        return self.move.url if self.move and self.move.holds(now) else self.url


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body of at most the cap, decompressed. `digest` tells an unchanged body. `ask_again_in`: what caching asks."""

    body: bytes
    content_type: str
    url: str
    """The address the body came from, after redirects."""
    digest: str
    etag: str | None = None
    last_modified: str | None = None
    ask_again_in: timedelta | None = None
    moved_to: str | None = None
    """Where permanent redirects lead, before any that is not."""
    hub: Hub | None = None
    """As named by a `Link` header."""


@dataclass(frozen=True, slots=True)
class NotModified:
    ask_again_in: timedelta | None = None
    moved_to: str | None = None


class FailureKind(Enum):
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed out"
    REFUSED = "refused"
    GONE = "gone"
    TOO_LARGE = "too large"
    NOT_A_FEED = "not a feed"
    TOO_HARD = "took too long to parse"


@dataclass(frozen=True, slots=True)
class Failed:
    """`reason` is a sentence for a person: what happened and, where it helps, what to do."""

    kind: FailureKind
    reason: str
    ask_again_in: timedelta | None = None
    busy_host: str = ""
    """The host, where it said that it is asked for too much: that is of all its feeds."""


@dataclass(frozen=True, slots=True)
class HostRest:
    """A host of which no feed is to be asked between two times."""

    host: str
    since: datetime
    until: datetime

    def back(self, feed_id: int) -> datetime:
        """When a feed that was due meanwhile is asked: not all of them at once."""
        over = min(self.until - self.since, HOST_IS_BACK_OVER)
        return self.until + over * _share(feed_id, self.until)


FetchResult = Fetched | NotModified | Failed


def next_poll(
    now: datetime,
    *,
    cadence: Cadence,
    rate: float,
    wishes: Wishes,
    asked: timedelta | None,
    failures: int,
    feed_id: int,
) -> datetime:
    """When to ask again.

    The interval that fits the feed's rhythm, what its document wishes or what the server asks, whichever is longest;
    the shortest interval is doubled per failure in a row, up to a cap. Waits are spread over `cadence.spread` of
    themselves, by a share that follows from feed and time alone: the rhythm's within the cadence, the others upwards, up to
    `MAX_INTERVAL`. Only hours and days that the feed asks to be left alone in make it longer. Reference: FACTS «Fetching».
    """
    wait = max(asked or timedelta(0), wishes.every or timedelta(0))
    if failures:
        wait = max(wait, min(cadence.floor * 2 ** min(failures, 16), max(BACK_OFF_CAP, cadence.floor)))
    share = _share(feed_id, now)
    spread = max(wait * (1 + cadence.spread * share), _spread(interval(rate, cadence), cadence, share))
    return _outside(wishes, now + min(spread, MAX_INTERVAL), share)


def _spread(wait: timedelta, cadence: Cadence, share: float) -> timedelta:
    """The wait, lengthened by a share of the spread, and no longer than the ceiling where there is room below that."""
    over = 1 + cadence.spread
    latest = min(wait * over, cadence.ceiling) if cadence.floor < cadence.ceiling else wait * over
    earliest = min(wait, max(latest / over, cadence.floor))
    return earliest + (latest - earliest) * share


def rest_after(failed: Failed, now: datetime) -> HostRest | None:
    """The rest that a host asks for by refusing one of its feeds: as long as it says, within bounds."""
    if not failed.busy_host:
        return None
    asked = failed.ask_again_in or HOST_RESTS
    return HostRest(failed.busy_host, now, now + min(asked, HOST_RESTS_AT_MOST))


def relaxed(cadence: Cadence, pushed_until: datetime | None, now: datetime) -> Cadence:
    """The cadence of a feed that may be pushed: polled seldom while it is, since hubs lose things, but never not."""
    if pushed_until is None or pushed_until <= now:
        return cadence
    longest = max(cadence.floor, cadence.ceiling, PUSHED_INTERVAL)
    return replace(cadence, floor=longest, ceiling=longest)


def interval(rate: float, cadence: Cadence) -> timedelta:
    """How long to leave a feed that brings `rate` entries a second, within the cadence."""
    longest = max(cadence.ceiling, cadence.floor)
    if rate * longest.total_seconds() * POLLS_PER_ENTRY <= 1:
        return longest
    return max(cadence.floor, timedelta(seconds=1 / (rate * POLLS_PER_ENTRY)))


def first_rate(published: Iterable[datetime | None], now: datetime) -> float:
    """The rate of a feed that is seen for the first time, by the dates of its entries; those of the future count as now.

    What was before the oldest is not known and counts as no silence; an hour is known of at the least.
    """
    ages = [max((now - date).total_seconds(), 0.0) for date in published if date is not None]
    if not ages:
        return 0.0
    known = 1 - math.exp(-_DECAY * max(*ages, LEAST_KNOWN.total_seconds()))
    return math.fsum(_DECAY * math.exp(-_DECAY * age) for age in ages) / known


def rate_after(rate: float, elapsed: timedelta, new: int) -> float:
    """The rate, in entries a second, once `new` more have come in `elapsed`: a sum that decays by `RATE_HALF_LIFE`."""
    return rate * math.exp(-_DECAY * max(elapsed.total_seconds(), 0.0)) + new * _DECAY


def is_silent(rate: float, last_new: datetime | None, last_success: datetime | None, now: datetime) -> bool:
    """Whether a feed that answers has brought nothing for much longer than is usual for it.

    `rate` is as of `last_success`. What counts is the rate it had when it brought something last: silence lowers it.
    """
    if last_new is None or last_success is None:
        return False
    then = rate * math.exp(_DECAY * max((last_success - last_new).total_seconds(), 0.0))
    longest = SILENT_AT_MOST.total_seconds()
    patience = min(SILENT_GAPS / then, longest) if then * longest > SILENT_GAPS else longest
    return now - last_new > max(timedelta(seconds=patience), SILENT_AT_LEAST)


def tells_of_burst(last_burst: datetime | None, now: datetime) -> bool:
    """Whether it is still told that a feed brought more at once than its document holds."""
    return last_burst is not None and now - last_burst < BURST_TOLD


def move_after(move: Move | None, moved_to: str | None, feed: FeedForPoll, now: datetime) -> Move | None:
    """What is known of a feed's new address after a poll that succeeded and was redirected for good to `moved_to`.

    Another new address begins anew. One that is asked itself already stays, and may itself have moved.
    """
    if move is not None and move.holds(now) and moved_to is None:
        return move
    if moved_to is None or moved_to == feed.url:
        return None
    if move is None or move.url != moved_to:
        return Move(moved_to, now)
    return Move(moved_to, move.since, move.polls + 1)


def _outside(wishes: Wishes, due: datetime, share: float) -> datetime:
    """`due`, or the next time that the feed does not ask to be left alone in; a feed that names them all names none."""
    hours = wishes.skip_hours if len(wishes.skip_hours) < 24 else frozenset[int]()  # noqa: PLR2004 - of a day
    days = wishes.skip_days if len(wishes.skip_days) < 7 else frozenset[int]()  # noqa: PLR2004 - of a week
    moved = due
    while moved.weekday() in days or moved.hour in hours:
        moved = moved.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    # Many ask for the same hours: they are not all to be back when those end.
    return due if moved == due else moved + share * timedelta(minutes=10)


def _share(feed_id: int, now: datetime) -> float:
    """A number in [0, 1) that looks random and is not."""
    digest = hashlib.blake2b(f"{feed_id} {now.timestamp():.0f}".encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48
