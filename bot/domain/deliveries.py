"""The life of a message owed to a chat: its states, and what follows from the outcome of a call.

::

    pending ───claim──> sending ──Sent────> sent ──a revision is wanted──> sent (edited in place)
       ^                   │├─────NotSent─> pending (later; nothing was sent)
       │                   │├─────Refused─> failed (with the reason); pending again when there is more to tell
       │                   │├─Refused, and the chat takes nothing─> pending; the chat is paused
       │                   │└─Unknown, crash─> uncertain
       └───────────────────┴──<──claim, by policy─────┘ (sent again, marked as a possible repeat)

    pending, or never intended because the chat was paused ──the chat is resumed──> folded (into one message)
    pending ──its turn comes in quiet hours──> pending (`held`, due when they end) ──many are held──> folded

The text is saved before the call is made, so what a crash leaves in `sending` may or may not have been sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

RETRY_AFTER = (timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
"""Waits after the first, second… call that surely sent nothing; the last one repeats."""


class DeliveryState(Enum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    FOLDED = "folded"
    """Told as a line of another message, `folded_into`."""


class Occasion(Enum):
    """Why a message tells several stories in one."""

    DIGEST = "digest"
    """It is a part of a digest, which may tell what was told before; the others tell what was folded into them."""
    PAUSE = "pause"
    QUIET = "quiet"
    HOURLY = "hourly"
    """They came faster than the chat wants to hear of them."""
    DIGESTS_END = "digests end"
    """The chat wanted only digests, and now hears of stories at once again."""


class DeliveryKind(Enum):
    """What a message is to its chat (also the `kind` of a replay's message lines)."""

    NEW = "new"
    EDIT = "edit"
    UPDATE = "update"
    """An answer to an earlier message, with what is new."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A message owed: one chat is to hear of one story, because of these topics. At most one NEW per chat and story.

    `brings`: it is an update, for the sake of what this entry says. `silent`: it makes no sound.
    """

    chat_id: int
    story_id: int
    topic_ids: tuple[int, ...]
    brings: int | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the outbox. `text` is what the messenger rendered, saved before it is sent.

    `wanted_revision` counts what the story has to say, `sent_revision` what the chat has been shown. Without
    `story_id` it tells several stories in one message on an `occasion`. `held`: it waits for the end of quiet hours.
    `answers`: it is an update: it has no story of its own, but that of the message that it answers, for the sake of what
    the entry `brings`. `silent`: it makes no sound.
    `corrected`: an outlet took back what it says, so that even its headline is to be made anew.
    `muted`: its chat wants to hear no more of its story, so it is neither revised nor answered. `heads`: the entry whose
    headline it was sent with.
    """

    id: int
    chat_id: int
    story_id: int | None
    topic_ids: tuple[int, ...]
    state: DeliveryState
    created: datetime
    due: datetime
    attempts: int = 0
    text: str | None = None
    message_id: str | None = None
    sent_at: datetime | None = None
    wanted_revision: int = 0
    sent_revision: int = 0
    possible_repeat: bool = False
    reason: str | None = None
    folded_into: int | None = None
    occasion: Occasion | None = None
    held: bool = False
    brings: int | None = None
    silent: bool = False
    corrected: bool = False
    answers: int | None = None
    muted: bool = False
    heads: int | None = None

    @property
    def kind(self) -> DeliveryKind:
        """What the next call is: a first send, the send of an answer, or an edit of what was sent."""
        if self.state is DeliveryState.SENT:
            return DeliveryKind.EDIT
        return DeliveryKind.NEW if self.answers is None else DeliveryKind.UPDATE


@dataclass(frozen=True, slots=True)
class Sent:
    message_id: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call surely sent nothing and may be made again, after `wait` if the platform named one."""

    reason: str
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform will never take this message. `pause_chat`: nor any other for this chat."""

    reason: str
    pause_chat: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call may or may not have sent the message: a time-out, a cut connection."""

    reason: str


Outcome = Sent | NotSent | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to write after a call. `due` is when the row is looked at again; `attempts` are those since a success."""

    delivery_id: int
    state: DeliveryState
    due: datetime
    message_id: str | None = None
    sent_at: datetime | None = None
    sent_revision: int | None = None
    possible_repeat: bool = False
    reason: str | None = None
    attempts: int = 0
    held: bool = False
    folded_into: int | None = None


def settle(delivery: Delivery, outcome: Outcome, *, revision: int, now: datetime) -> Settlement:
    """What follows from the outcome of a first send; `revision` is the one whose text was sent.

    Only what surely was not sent is simply tried again. An unknown outcome is uncertain, and follows the default
    policy, at least once: it is sent again, marked as a possible repeat.
    """
    match outcome:
        case Sent(message_id):
            return Settlement(
                delivery.id, DeliveryState.SENT, now, message_id, now, revision, delivery.possible_repeat
            )
        case NotSent(reason, wait):
            later = now + max(wait or timedelta(0), retry_wait(delivery.attempts))
            return Settlement(
                delivery.id,
                DeliveryState.PENDING,
                later,
                possible_repeat=delivery.possible_repeat,
                reason=reason,
                attempts=delivery.attempts,
            )
        case Unknown(reason):
            later = now + retry_wait(delivery.attempts)
            return Settlement(
                delivery.id,
                DeliveryState.UNCERTAIN,
                later,
                possible_repeat=True,
                reason=reason,
                attempts=delivery.attempts,
            )
        case Refused(reason, pause_chat):
            # It may come back, and then the earlier attempt still may have arrived. Where it is the chat that takes
            # nothing, the message is owed until the chat does again.
            return Settlement(
                delivery.id,
                DeliveryState.PENDING if pause_chat else DeliveryState.FAILED,
                now + retry_wait(delivery.attempts) if pause_chat else now,
                possible_repeat=delivery.possible_repeat,
                reason=reason,
                attempts=delivery.attempts if pause_chat else 0,
            )


def settle_edit(delivery: Delivery, outcome: Outcome, *, revision: int, now: datetime) -> Settlement:
    """What follows from the outcome of an edit. An edit says the same however often it is made, so it is tried again."""
    done = isinstance(outcome, Sent) or (isinstance(outcome, Refused) and not outcome.pause_chat)
    asked = (outcome.wait if isinstance(outcome, NotSent) else None) or timedelta(0)
    return Settlement(
        delivery.id,
        DeliveryState.SENT,
        now if done else now + max(asked, retry_wait(delivery.attempts)),
        delivery.message_id,
        delivery.sent_at,
        revision if done else delivery.sent_revision,
        delivery.possible_repeat,
        None if isinstance(outcome, Sent) else outcome.reason,
        0 if done else delivery.attempts,
    )


def postpone(delivery: Delivery, until: datetime, *, held: bool = False) -> Settlement:
    """No call was made, because the chat cannot be spoken to before `until`, or (`held`) does not want to be."""
    return Settlement(
        delivery.id,
        delivery.state,
        until,
        possible_repeat=delivery.possible_repeat,
        reason=delivery.reason,
        attempts=delivery.attempts,
        held=held,
    )


REVISED_AFTER = timedelta(minutes=1)
"""What comes to a message within this after the first thing more is shown by one edit."""


def untold(delivery: Delivery, into: int | None, reason: str, now: datetime) -> Settlement:
    """No call was made, because another message (`into`) says it all."""
    return Settlement(
        delivery.id, DeliveryState.FOLDED, now, reason=reason, attempts=delivery.attempts, folded_into=into
    )


MOST_HELD = 5
"""Messages that may come one by one when quiet hours end; more are folded into one."""


HOUR = timedelta(hours=1)


def hourly_until(sent: Sequence[datetime], limits: Iterable[int]) -> datetime | None:
    """When a message may follow those that were `sent` within the last hour, the earliest first; None: at once.

    `limits` are those of the subscriptions for which it comes, 0 for none: the one that allows most counts.
    """
    allowed = list(limits)
    most = max(allowed, default=0)
    if not most or 0 in allowed or len(sent) < most:
        return None
    return sent[-most] + HOUR


def retry_wait(attempts: int) -> timedelta:
    """How long to wait after `attempts` calls that came to nothing."""
    return RETRY_AFTER[min(max(attempts, 1), len(RETRY_AFTER)) - 1]
