"""What can happen to a message, and what follows from it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from bot.domain.deliveries import (
    RETRY_AFTER,
    UNCERTAIN_WAIT,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Event,
    Gone,
    Interrupted,
    LeftOut,
    NotSent,
    Outcome,
    PutOff,
    Refused,
    Sent,
    Settlement,
    ToldElsewhere,
    Tripped,
    Unknown,
    retry_wait,
    settle,
    state_after,
)
from tests.domain.records import MINUTE, NOON

DOCS = Path(__file__).parents[2] / "docs" / "delivery.md"
SECOND = timedelta(seconds=1)

EVENTS: dict[str, Event] = {
    "sent": Sent("m1"),
    "not sent": NotSent("slow down"),
    "refused": Refused("too long"),
    "refused, and anything else": Refused("blocked", pause_chat=True),
    "unknown": Unknown("timed out"),
    "interrupted": Interrupted(),
    "gone": Gone("message to edit not found"),
    "tripped": Tripped("a flaw"),
    "put off": PutOff(NOON + MINUTE),
    "told elsewhere": ToldElsewhere(8, "it brings nothing new"),
    "left out": LeftOut(),
}
"""What can happen, by its name in the docs."""


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


def follows(state: DeliveryState, event: Event) -> str:
    """How the docs put what follows."""
    after = []
    for possible_repeat in (False, True):
        try:
            after.append(state_after(delivery(state, possible_repeat=possible_repeat), event).value)
        except ValueError:
            return "—"
    first, repeat = after
    return first if first == repeat else f"{first} / {repeat}"


def test_the_docs_have_every_state_and_all_that_follows() -> None:
    """The table of docs/delivery.md is what the one function says, cell by cell."""
    rows = [
        [cell.strip().strip("`") for cell in row.strip("|").split("|")]
        for row in re.findall(r"^\|.*\|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    heading = next(number for number, row in enumerate(rows) if row[0] == "what happens")
    states = [DeliveryState(name) for name in rows[heading][1:]]
    assert set(states) == set(DeliveryState)
    told = {row[0]: row[1:] for row in rows[heading + 2 : heading + 2 + len(EVENTS)]}
    assert told == {name: [follows(state, event) for state in states] for name, event in EVENTS.items()}


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize(("state", "event"), list(product(DeliveryState, EVENTS.values())))
def test_what_is_not_sent_yet_stays_owed_unless_something_says_otherwise(
    state: DeliveryState, event: Event, repeat: bool
) -> None:
    """No event loses a message: it is owed, sent, or there is a reason and, where it may have arrived, the mark."""
    before = delivery(state, possible_repeat=repeat)
    try:
        after = settle(before, event, NOON)
    except ValueError:
        assert follows(state, event) == "—"
        return
    assert after.state is state_after(before, event)
    if after.state in (DeliveryState.FAILED, DeliveryState.FOLDED, DeliveryState.LEFT):
        assert after.reason
    if after.state is DeliveryState.UNCERTAIN and not isinstance(event, PutOff | Tripped):
        assert after.possible_repeat
    if repeat and state is DeliveryState.SENDING:
        assert after.possible_repeat, "an earlier call may have sent it, whatever came of this one"


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize(
    ("outcome", "attempts", "due_in", "becomes_repeat", "reason"),
    [
        (Sent("m1"), 1, 0 * SECOND, False, None),
        (NotSent("refused connection"), 1, RETRY_AFTER[0], False, "refused connection"),
        (NotSent("refused connection"), 3, RETRY_AFTER[2], False, "refused connection"),
        (NotSent("busy"), 99, RETRY_AFTER[-1], False, "busy"),
        (NotSent("flood", 90 * SECOND), 1, 90 * SECOND, False, "flood"),
        (NotSent("flood", SECOND), 2, RETRY_AFTER[1], False, "flood"),
        (Unknown("timed out"), 1, UNCERTAIN_WAIT, True, "timed out"),
        (Unknown("timed out"), 4, RETRY_AFTER[3], True, "timed out"),
    ],
)
def test_settling_a_first_send(
    outcome: Outcome, attempts: int, due_in: timedelta, becomes_repeat: bool, reason: str | None, repeat: bool
) -> None:
    """Sent is done; what surely was not sent is tried again; what may have been is uncertain, marked so for good."""
    settled = settle(delivery(attempts=attempts, possible_repeat=repeat), outcome, NOON)
    assert (settled.delivery_id, settled.due, settled.reason) == (7, NOON + due_in, reason)
    assert settled.possible_repeat is (repeat or becomes_repeat)
    assert settled.attempts == (0 if isinstance(outcome, Sent) else attempts)


def test_what_was_sent_is_kept() -> None:
    """A sent message has its id, its time and the revision whose text it shows, and starts its attempts anew."""
    assert settle(delivery(attempts=3), Sent("m1"), NOON) == Settlement(
        7, DeliveryState.SENT, NOON, "m1", NOON, 4, possible_repeat=False, attempts=0
    )


def test_a_refused_message_has_failed() -> None:
    """What a platform will never take is not tried again, and keeps the reason."""
    assert settle(delivery(), Refused("message is too long"), NOON) == Settlement(
        7, DeliveryState.FAILED, NOON, reason="message is too long"
    )


def test_what_a_chat_refuses_because_it_takes_nothing_is_still_owed() -> None:
    """The chat is paused meanwhile, so nothing is tried; it is owed when the chat is resumed."""
    refused = Refused("bot was blocked by the user", pause_chat=True)
    assert settle(delivery(), refused, NOON) == Settlement(
        7,
        DeliveryState.PENDING,
        NOON + RETRY_AFTER[0],
        reason="bot was blocked by the user",
        attempts=1,
    )


@pytest.mark.parametrize(
    ("found", "state", "possible_repeat", "message_id"),
    [
        (Sent("m1"), DeliveryState.SENT, False, "m1"),
        (NotSent("Slack does not have it"), DeliveryState.PENDING, False, None),
        (LeftOut(), DeliveryState.LEFT, True, None),
    ],
)
def test_what_is_uncertain_is_settled(
    found: Event, state: DeliveryState, possible_repeat: bool, message_id: str | None
) -> None:
    """At once; where the platform knows, it is no repeat any more."""
    uncertain = delivery(DeliveryState.UNCERTAIN, possible_repeat=True)
    settled = settle(uncertain, found, NOON)
    assert (settled.state, settled.due) == (state, NOON)
    assert (settled.possible_repeat, settled.message_id) == (possible_repeat, message_id)


def test_a_message_that_is_put_off_counts_no_attempt() -> None:
    """Its state and all that is known of it stay."""
    waiting = replace(delivery(), state=DeliveryState.UNCERTAIN, possible_repeat=True, attempts=3, reason="?")
    assert settle(waiting, PutOff(NOON + MINUTE), NOON) == Settlement(
        7, DeliveryState.UNCERTAIN, NOON + MINUTE, possible_repeat=True, attempts=3, reason="?"
    )


def test_a_message_that_our_code_trips_over_counts_an_attempt() -> None:
    """Though no call was made: so it waits longer each time."""
    waiting = replace(delivery(DeliveryState.PENDING), attempts=2)
    assert settle(waiting, Tripped("a flaw"), NOON) == Settlement(
        7, DeliveryState.PENDING, NOON + RETRY_AFTER[2], reason="a flaw", attempts=3
    )


@pytest.mark.parametrize(
    ("outcome", "attempts", "due_in", "revision", "left", "reason"),
    [
        (Sent("m0"), 2, 0 * SECOND, 4, 0, None),
        (Refused("message can't be edited"), 2, 0 * SECOND, 4, 0, "message can't be edited"),
        (Refused("blocked", pause_chat=True), 2, RETRY_AFTER[1], None, 2, "blocked"),
        (NotSent("busy"), 2, RETRY_AFTER[1], None, 2, "busy"),
        (NotSent("flood", 5 * MINUTE), 1, 5 * MINUTE, None, 1, "flood"),
        (NotSent("flood", SECOND), 1, RETRY_AFTER[0], None, 1, "flood"),
        (Unknown("timed out"), 1, RETRY_AFTER[0], None, 1, "timed out"),
    ],
)
def test_settling_an_edit(
    outcome: Outcome, attempts: int, due_in: timedelta, revision: int | None, left: int, reason: str | None
) -> None:
    """A message once sent stays sent: an edit that went wrong is tried again, one that never will be is given up."""
    before = delivery(DeliveryState.SENT, attempts, message_id="m0", possible_repeat=True, sent_revision=1)
    settled = settle(before, outcome, NOON)
    assert (settled.state, settled.due) == (DeliveryState.SENT, NOON + due_in)
    assert (settled.sent_revision, settled.attempts, settled.reason) == (revision, left, reason)
    assert settled.sent_at in (None, before.sent_at)
    assert settled.possible_repeat


def test_an_edit_of_a_message_that_is_gone_is_a_message_anew() -> None:
    """It has no id any more, and is no repeat: nobody can see the first one."""
    before = delivery(DeliveryState.SENT, 2, message_id="m0", possible_repeat=True)
    assert settle(before, Gone("message to edit not found"), NOON) == Settlement(
        7, DeliveryState.PENDING, NOON, reason="message to edit not found", gone=True
    )


def test_a_message_has_a_key_of_its_own() -> None:
    """Also where a database was made anew and counts from one again."""
    one = delivery()
    others = [replace(one, id=8), replace(one, created=one.created + timedelta(microseconds=1))]
    assert one.key not in {other.key for other in others}


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
