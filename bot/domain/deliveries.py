"""A message owed to a chat: its states, what can happen to it, and what follows from that.

::

    pending ───claim──> sending ──Sent────> sent ──a revision is wanted──> sent (edited in place)
       ^                   │├─────NotSent─> pending (later; nothing was sent)      │Gone: pending (sent anew)
       │                   │├─────Refused─> failed (with the reason); pending again when there is more to tell
       │                   │├─Refused, and the chat takes nothing─> pending; the chat is paused
       │                   │└─Unknown, Interrupted─> uncertain
       │NotSent            └────<───claim────┐ (sent again, marked as a possible repeat)
       └──the platform is asked─────────── uncertain ──Sent──> sent
                                             └──LeftOut──> left (its chat wants no repeats)

    pending, or never intended because the chat was paused ──the chat is resumed──> folded (into one message)
    pending ──its turn comes in quiet hours──> pending (`held`, due when they end) ──many are held──> folded
    pending ──it is one of many that come late──> folded

The text is saved before the call is made, so what a crash leaves in `sending` may or may not have been sent. `settle` is
the one function that says what follows; docs/delivery.md has all of it in a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

RETRY_AFTER = (timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))
"""Waits after the first, second… call that surely sent nothing; the last one repeats."""


ORDER_TRIES = 6
"""Calls for a message, within some eleven minutes, that those behind it in its chat wait for."""

UNCERTAIN_WAIT = timedelta(seconds=10)
"""At the least, after a call of which nobody knows what came of it: one that went on behind our back has ended by then."""


class DeliveryState(Enum):
    PENDING = "pending"
    """Owed, and surely not sent."""
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    """Owed, though an earlier call may have sent it."""
    LEFT = "left"
    """It may have been sent, and its chat wants no repeats."""
    FOLDED = "folded"
    """ToldElsewhere as a line of another message, `folded_into`."""


class Occasion(Enum):
    """Why a message tells several stories in one."""

    DIGEST = "digest"
    """It is a part of a digest, which may tell what was told before; the others tell what was folded into them."""
    PAUSE = "pause"
    QUIET = "quiet"
    HOURLY = "hourly"
    """They came faster than the chat wants to hear of them."""
    BACKLOG = "backlog"
    """They all come late: the bot or the platform was away."""
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
    def key(self) -> str:
        """By which a platform may find it again: no other message ever has it, not even of a database made anew."""
        return f"{self.id}-{self.created:%Y%m%d%H%M%S%f}"

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
class Gone:
    """The message that was to be edited is not there any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call may or may not have sent the message: a time-out, a cut connection."""

    reason: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The program ended during the call."""

    reason: str = "The program ended during the call, so nobody knows whether it arrived."


@dataclass(frozen=True, slots=True)
class Tripped:
    """Our own code failed before the call."""

    reason: str


@dataclass(frozen=True, slots=True)
class PutOff:
    """No call was made, because the chat cannot be spoken to before `until`, or (`held`) does not want to be."""

    until: datetime
    held: bool = False


@dataclass(frozen=True, slots=True)
class ToldElsewhere:
    """No call was made, because another message (`into`) says it all."""

    into: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """It may have been sent, which nobody can find out, and its chat wants no repeats."""

    reason: str = "It may have arrived, and this chat wants no repeats."


Outcome = Sent | NotSent | Refused | Unknown
"""What came of a call."""

Event = Outcome | Gone | Interrupted | Tripped | PutOff | ToldElsewhere | LeftOut
"""What can happen to a message that is owed, or sent and to be edited."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to write after an event. `due` is when the row is looked at again; `attempts` are those since a success.

    None of a message's id, its time, the revision that it shows and what it is told in: that stays as it was. `gone`: it
    has no id any more.
    """

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
    gone: bool = False


def settle(  # noqa: C901, PLR0912 - a table, an event a line
    delivery: Delivery, event: Event, now: datetime
) -> Settlement:
    """What follows from what happened to a message, whatever its state. `wanted_revision` is the one that was shown.

    Only what surely was not sent is simply tried again. What may have been sent is uncertain, until the platform can
    say what became of it (`Sent`, `NotSent`) or its chat's wish decides.

    Raises ValueError where that cannot happen to such a message (`state_after`).
    """
    state = state_after(delivery, event)
    edit = delivery.state is DeliveryState.SENT
    as_it_was = Settlement(
        delivery.id,
        state,
        now,
        possible_repeat=delivery.possible_repeat,
        reason=delivery.reason,
        attempts=delivery.attempts,
    )
    match event:
        case Sent(message_id):
            # One that is found to have arrived did so once: it was not sent again.
            found = delivery.state is DeliveryState.UNCERTAIN
            return replace(
                as_it_was,
                message_id=message_id,
                sent_at=delivery.sent_at if edit else now,
                sent_revision=delivery.wanted_revision,
                possible_repeat=delivery.possible_repeat and not found,
                reason=None,
                attempts=0,
            )
        case NotSent(reason) if delivery.state is DeliveryState.UNCERTAIN:
            return replace(as_it_was, possible_repeat=False, reason=reason)
        case NotSent(reason, wait):
            later = now + max(wait or timedelta(0), retry_wait(delivery.attempts))
            return replace(as_it_was, due=later, reason=reason)
        case Unknown(reason) if edit:
            return replace(as_it_was, due=now + retry_wait(delivery.attempts), reason=reason)
        case Unknown(reason):
            later = now + max(UNCERTAIN_WAIT, retry_wait(delivery.attempts))
            return replace(as_it_was, due=later, possible_repeat=True, reason=reason)
        case Interrupted(reason):
            return replace(as_it_was, due=now + UNCERTAIN_WAIT, possible_repeat=True, reason=reason)
        case Refused(reason, pause_chat=True):
            # It is owed until the chat takes messages again.
            return replace(as_it_was, due=now + retry_wait(delivery.attempts), reason=reason)
        case Refused(reason) if edit:
            return replace(as_it_was, sent_revision=delivery.wanted_revision, reason=reason, attempts=0)
        case Refused(reason):
            # It may come back, and then the earlier attempt still may have arrived.
            return replace(as_it_was, reason=reason, attempts=0)
        case Gone(reason):
            return replace(as_it_was, reason=reason, attempts=0, possible_repeat=False, gone=True)
        case Tripped(reason):
            # The more often it does, the later it is tried again.
            attempts = delivery.attempts + 1
            return replace(as_it_was, due=now + retry_wait(attempts), reason=reason, attempts=attempts)
        case PutOff(until, held):
            return replace(as_it_was, due=until, held=held)
        case ToldElsewhere(into, reason):
            return replace(as_it_was, reason=reason, folded_into=into)
        case LeftOut(reason):
            # When it was sent, if it was.
            return replace(as_it_was, reason=reason, sent_at=now, possible_repeat=True)


def state_after(delivery: Delivery, event: Event) -> DeliveryState:  # noqa: C901 - a table likewise
    """The state after an event. Raises ValueError where it cannot happen."""
    owed = DeliveryState.UNCERTAIN if delivery.possible_repeat else DeliveryState.PENDING
    match delivery.state, event:
        case DeliveryState.PENDING | DeliveryState.UNCERTAIN | DeliveryState.SENT, PutOff() | Tripped():
            return delivery.state
        case DeliveryState.PENDING | DeliveryState.UNCERTAIN, ToldElsewhere():
            return DeliveryState.FOLDED
        case DeliveryState.PENDING | DeliveryState.UNCERTAIN | DeliveryState.SENDING, Refused(
            pause_chat=pause
        ):
            return owed if pause else DeliveryState.FAILED
        case DeliveryState.UNCERTAIN, Sent():
            return DeliveryState.SENT
        case DeliveryState.UNCERTAIN, NotSent():
            return DeliveryState.PENDING
        case DeliveryState.UNCERTAIN, LeftOut():
            return DeliveryState.LEFT
        case DeliveryState.SENDING, Sent():
            return DeliveryState.SENT
        case DeliveryState.SENDING, NotSent():
            return owed
        case DeliveryState.SENDING, Unknown() | Interrupted():
            return DeliveryState.UNCERTAIN
        case DeliveryState.SENT, Gone():
            return DeliveryState.PENDING
        case DeliveryState.SENT, Sent() | NotSent() | Refused() | Unknown():
            return DeliveryState.SENT
        case _:
            raise ValueError(
                f"{type(event).__name__} cannot happen to a message that is {delivery.state.value}"
            )


REVISED_AFTER = timedelta(minutes=1)
"""What comes to a message within this after the first thing more is shown by one edit."""


MOST_HELD = 5
"""Messages that may come one by one when quiet hours end; more are folded into one."""


LATE = timedelta(minutes=15)
"""A message that comes so long after its story was published is late: the bot, the platform or the feed was away."""

MOST_LATE = 5
"""Late messages that may come one by one; more are folded into one."""

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
