"""Telegram's limits on sending, as exact sliding windows.

The real ones are vaguer ("30 messages per second or so", short bursts may pass). A bot that keeps to these keeps to
those: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls each window holds; None switches that one off."""

    per_second: int | None = 30
    per_chat_per_second: int | None = 1
    group_per_minute: int | None = 20


@dataclass(frozen=True, slots=True)
class TooMany:
    """A call that was answered 429. `rule` is the name in `Limits`, or "penalty" for one that did not wait."""

    method: str
    chat_id: int
    rule: str
    retry_after: int


@dataclass(slots=True)
class Meter:
    """Counts the calls that were let through. `clock` is in seconds and never goes back."""

    limits: Limits
    clock: Callable[[], float]
    _passed: defaultdict[tuple[str, int], deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _penalties: dict[int, float] = field(default_factory=dict)

    def admit(self, method: str, chat_id: int, *, group: bool) -> TooMany | None:
        """Count this call, or say why it is one too many; then its chat (or all, by the bot's own limit) waits."""
        now = self.clock()
        until = max(self._penalties.get(chat_id, now), self._penalties.get(0, now))
        if until > now:
            return TooMany(method, chat_id, "penalty", math.ceil(until - now))
        rules = [
            ("per_second", 0, self.limits.per_second, 1),
            ("per_chat_per_second", chat_id, self.limits.per_chat_per_second, 1),
            ("group_per_minute", chat_id, self.limits.group_per_minute if group else None, 60),
        ]
        for rule, subject, count, span in rules:
            passed = self._passed[rule, subject]
            while passed and passed[0] <= now - span:
                passed.popleft()
            if count is not None and len(passed) >= count:
                retry_after = max(1, math.ceil(passed[0] + span - now))
                self._penalties[subject] = now + retry_after
                return TooMany(method, chat_id, rule, retry_after)
        for rule, subject, _, _ in rules:
            self._passed[rule, subject].append(now)
        return None
