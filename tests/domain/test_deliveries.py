"""What follows from the outcome of a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.deliveries import (
    RETRY_AFTER,
    Delivery,
    DeliveryKind,
    DeliveryState,
    NotSent,
    Outcome,
    Refused,
    Sent,
    Settlement,
    Unknown,
    postpone,
    retry_wait,
    settle,
    settle_edit,
)
from tests.domain.records import MINUTE, NOON

SECOND = timedelta(seconds=1)


def delivery(
    state: DeliveryState = DeliveryState.SENDING,
    attempts: int = 1,
    *,
    message_id: str | None = None,
    possible_repeat: bool = False,
    sent_revision: int = 0,
) -> Delivery:
    return Delivery(
        id=7,
        chat_id=1,
        story_id=2,
        topic_ids=(3,),
        state=state,
        created=NOON - MINUTE,
        due=NOON,
        attempts=attempts,
        text="text",
        message_id=message_id,
        sent_at=NOON - MINUTE if message_id else None,
        wanted_revision=4,
        sent_revision=sent_revision,
        possible_repeat=possible_repeat,
    )


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize(
    ("outcome", "attempts", "state", "due_in", "becomes_repeat", "reason"),
    [
        (Sent("m1"), 1, DeliveryState.SENT, 0 * SECOND, False, None),
        (
            NotSent("refused connection"),
            1,
            DeliveryState.PENDING,
            RETRY_AFTER[0],
            False,
            "refused connection",
        ),
        (
            NotSent("refused connection"),
            3,
            DeliveryState.PENDING,
            RETRY_AFTER[2],
            False,
            "refused connection",
        ),
        (NotSent("busy"), 99, DeliveryState.PENDING, RETRY_AFTER[-1], False, "busy"),
        (NotSent("flood", 90 * SECOND), 1, DeliveryState.PENDING, 90 * SECOND, False, "flood"),
        (NotSent("flood", SECOND), 2, DeliveryState.PENDING, RETRY_AFTER[1], False, "flood"),
        (Unknown("timed out"), 1, DeliveryState.UNCERTAIN, RETRY_AFTER[0], True, "timed out"),
        (Unknown("timed out"), 4, DeliveryState.UNCERTAIN, RETRY_AFTER[3], True, "timed out"),
    ],
)
def test_settling_a_first_send(
    outcome: Outcome,
    attempts: int,
    state: DeliveryState,
    due_in: timedelta,
    becomes_repeat: bool,
    reason: str | None,
    repeat: bool,
) -> None:
    """Sent is done; what surely was not sent is tried again; what may have been is uncertain, marked so for good."""
    settled = settle(delivery(attempts=attempts, possible_repeat=repeat), outcome, revision=4, now=NOON)
    assert (settled.delivery_id, settled.state, settled.due) == (7, state, NOON + due_in)
    assert settled.reason == reason
    assert settled.possible_repeat is (repeat or becomes_repeat)


def test_what_was_sent_is_kept() -> None:
    """A sent message has its id, its time and the revision whose text it shows, and starts its attempts anew."""
    assert settle(delivery(attempts=3), Sent("m1"), revision=4, now=NOON) == Settlement(
        7, DeliveryState.SENT, NOON, "m1", NOON, 4, possible_repeat=False, attempts=0
    )


def test_a_refused_message_has_failed() -> None:
    """What a platform will never take is not tried again, and keeps the reason."""
    assert settle(delivery(), Refused("message is too long"), revision=4, now=NOON) == Settlement(
        7, DeliveryState.FAILED, NOON, reason="message is too long"
    )


def test_what_a_chat_refuses_because_it_takes_nothing_is_still_owed() -> None:
    """The chat is paused meanwhile, so nothing is tried; it is owed when the chat is resumed."""
    refused = Refused("bot was blocked by the user", pause_chat=True)
    assert settle(delivery(), refused, revision=4, now=NOON) == Settlement(
        7,
        DeliveryState.PENDING,
        NOON + RETRY_AFTER[0],
        reason="bot was blocked by the user",
        attempts=1,
    )


def test_a_message_that_is_put_off_counts_no_attempt() -> None:
    """Its state and all that is known of it stay."""
    waiting = replace(delivery(), state=DeliveryState.UNCERTAIN, possible_repeat=True, attempts=3, reason="?")
    assert postpone(waiting, NOON + MINUTE) == Settlement(
        7, DeliveryState.UNCERTAIN, NOON + MINUTE, possible_repeat=True, attempts=3, reason="?"
    )


@pytest.mark.parametrize(
    ("outcome", "attempts", "due_in", "revision", "left", "reason"),
    [
        (Sent("m1"), 2, 0 * SECOND, 4, 0, None),
        (Refused("message to edit not found"), 2, 0 * SECOND, 4, 0, "message to edit not found"),
        (Refused("blocked", pause_chat=True), 2, RETRY_AFTER[1], 1, 2, "blocked"),
        (NotSent("busy"), 2, RETRY_AFTER[1], 1, 2, "busy"),
        (NotSent("flood", 5 * MINUTE), 1, 5 * MINUTE, 1, 1, "flood"),
        (NotSent("flood", SECOND), 1, RETRY_AFTER[0], 1, 1, "flood"),
        (Unknown("timed out"), 1, RETRY_AFTER[0], 1, 1, "timed out"),
    ],
)
def test_settling_an_edit(
    outcome: Outcome, attempts: int, due_in: timedelta, revision: int, left: int, reason: str | None
) -> None:
    """A message once sent stays sent: an edit that went wrong is tried again, one that never will be is given up."""
    before = delivery(DeliveryState.SENT, attempts, message_id="m0", possible_repeat=True, sent_revision=1)
    assert settle_edit(before, outcome, revision=4, now=NOON) == Settlement(
        7,
        DeliveryState.SENT,
        NOON + due_in,
        "m0",
        NOON - MINUTE,
        revision,
        possible_repeat=True,
        reason=reason,
        attempts=left,
    )


@pytest.mark.parametrize("state", list(DeliveryState))
def test_kind(state: DeliveryState) -> None:
    """What was sent can only be edited; before that a message is new to its chat."""
    kind = DeliveryKind.EDIT if state is DeliveryState.SENT else DeliveryKind.NEW
    assert delivery(state).kind is kind


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (-1, RETRY_AFTER[0]),
        (0, RETRY_AFTER[0]),
        (1, RETRY_AFTER[0]),
        (4, RETRY_AFTER[3]),
        (5, RETRY_AFTER[3]),
    ],
)
def test_waits(attempts: int, wait: timedelta) -> None:
    """Waits grow with every call that came to nothing; the last one repeats."""
    assert retry_wait(attempts) == wait
