"""What has happened, as the stages tell it to whoever counts or watches. They decide nothing by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.chats import Platform
from bot.domain.pacing import Urgency
from bot.domain.stories import Story


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed was asked. `outcome`: `new`, `nothing new` or the value of a `FailureKind`."""

    outcome: str
    entries: int = 0
    revisions: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """The desk decided about a batch: how many entries it was, what they matched, and the stories that came of it."""

    entries: int
    matches: int
    opened: int
    joined: int
    merged: int
    intents: int


@dataclass(frozen=True, slots=True)
class Waited:
    """Something to say, an answer or a message that is owed, had its turn at the limiter after so long."""

    platform: Platform
    urgency: Urgency
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Settled:
    """A message that is owed was tried. `outcome`: `sent`, `not sent`, `refused` or `uncertain`.

    `kind`: a value of `bot.domain.deliveries.DeliveryKind`.
    """

    platform: Platform | None
    """None where the chat was gone."""
    chat_id: int
    kind: str
    outcome: str
    at: datetime


Fact = Polled | Decided | Waited | Settled
Observer = Callable[[Fact], None]
"""Told of each fact as it is. Must neither fail nor wait."""


def no_observer(_: Fact) -> None:
    """Where nobody counts."""


def lag(story: Story, decided: datetime, told: datetime) -> timedelta:
    """From publication to delivery: how long before a message was `told` the report was published that it is owed for.

    That is the last report seen when it was `decided`.
    """
    seen = [one.entry for one in story.reports if one.entry.seen <= decided]
    cause = max(seen, key=lambda entry: (entry.seen, entry.id), default=None)
    return max(told - (cause.at if cause else decided), timedelta(0))
