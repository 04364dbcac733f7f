"""Having a feed pushed by a hub: whom to ask for it, when to ask again, and what a hub's answer changes.

Reference: https://www.w3.org/TR/websub/.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LEASE = timedelta(days=7)
"""What a hub is asked for; it may grant another."""

SHORTEST_LEASE = timedelta(minutes=10)
LONGEST_LEASE = timedelta(days=30)
RENEWED_AT = 0.8
"""The share of a lease after which it is asked for again."""

ANSWER_WITHIN = timedelta(minutes=10)
"""A hub that has not asked back by then is asked once more."""

AGAIN_AFTER = timedelta(hours=1)
AGAIN_AT_MOST = timedelta(days=1)
"""What a hub that fails is left alone for: at first, doubled each time, and at most."""

PUSHED_INTERVAL = timedelta(hours=1)
"""How often a feed is polled at the least while it is pushed: hubs forget and lose."""

_METHODS = ("sha512", "sha384", "sha256", "sha1")


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a feed says that it can be subscribed to, and the address it calls its own there."""

    url: str
    topic: str


@dataclass(frozen=True, slots=True)
class Push:
    """A subscription at a hub. `token` is the secret part of our address; `secret` signs what is pushed.

    `ask_at`: when the hub is to be asked (again). `until`: when what it granted ends, None before that. `feed_host`: of
    the feed's configured address, the one place in a private network where its hub is asked.
    """

    feed_id: int
    hub: Hub
    token: str
    secret: str
    ask_at: datetime
    until: datetime | None = None
    failures: int = 0
    feed_host: str = ""

    def asked(self, now: datetime, *, accepted: bool) -> Push:
        """After the hub was asked. Until it asks back, it is taken to have failed, though not for long."""
        wait = min(AGAIN_AFTER * 2 ** min(self.failures, 16), AGAIN_AT_MOST)
        first = accepted and not self.failures
        return replace(self, ask_at=now + (ANSWER_WITHIN if first else wait), failures=self.failures + 1)

    def granted(self, lease: timedelta, now: datetime) -> Push:
        """After the hub asked back, and said for how long it will push."""
        span = min(max(lease, SHORTEST_LEASE), LONGEST_LEASE)
        return replace(self, ask_at=now + span * RENEWED_AT, until=now + span, failures=0)

    def denied(self, now: datetime) -> Push:
        """After the hub said that it will not, or no longer, push."""
        return replace(self, ask_at=now + AGAIN_AT_MOST, until=None)

    def signed(self, signature: str, body: bytes) -> bool:
        """Whether a `X-Hub-Signature` such as `sha256=…` shows that the body comes from who knows the secret."""
        method, _, digest = signature.partition("=")
        if method.lower() not in _METHODS:
            return False
        expected = hmac.new(self.secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
        return hmac.compare_digest(expected.encode(), digest.strip().lower().encode(errors="replace"))
