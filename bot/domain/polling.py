"""When a feed is asked next, and what its last answer means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

DEFAULT_INTERVAL = timedelta(minutes=5)
FEEDS_PER_CHAT = 20
"""Feeds that one chat may name, unless the operator says otherwise."""

MAX_INTERVAL = timedelta(hours=24)
BACK_OFF_CAP = timedelta(hours=6)
JITTER = 0.2
"""A wait is lengthened by up to this share of itself, so that feeds that failed together do not return together."""


@dataclass(frozen=True, slots=True)
class FeedForPoll:
    """A feed that is due, with what the last poll left behind.

    `public_only`: only chats name it, so it is asked for nowhere but on the public internet.
    """

    id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    failures: int = 0
    polled_before: bool = False
    public_only: bool = False


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


@dataclass(frozen=True, slots=True)
class NotModified:
    ask_again_in: timedelta | None = None


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


FetchResult = Fetched | NotModified | Failed


def next_poll(
    now: datetime, *, interval: timedelta, asked: timedelta | None, failures: int, spread: float
) -> datetime:
    """When to ask again.

    The configured interval or what the server asks, whichever is longer; doubled per failure in a row, up to a cap.
    `spread` is a random number in [0, 1) from the caller; it lengthens waits after failures by up to `JITTER`, and
    leaves regular ones alone. Reference: FACTS «Fetching».
    """
    wait = max(interval, asked or timedelta(0))
    if failures:
        backed_off = min(interval * 2 ** min(failures, 16), max(BACK_OFF_CAP, interval))
        wait = max(wait, backed_off) * (1 + JITTER * spread)
    return now + min(wait, MAX_INTERVAL)
