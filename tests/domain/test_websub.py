"""When a hub is asked, and what is believed of what it pushes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.polling import Cadence, relaxed
from bot.domain.websub import (
    AGAIN_AT_MOST,
    ANSWER_WITHIN,
    LONGEST_LEASE,
    PUSHED_INTERVAL,
    SHORTEST_LEASE,
    Hub,
    Push,
)
from tests.domain.records import HOUR, MINUTE, NOON

DAY = timedelta(days=1)
PUSH = Push(1, Hub("https://hub.example/", "https://a.example/feed"), "token", "secret", NOON)


def test_a_hub_that_fails_is_asked_less_and_less() -> None:
    """Twice as long each time, up to a day; one that accepts has some minutes to ask back the first time."""
    assert PUSH.asked(NOON, accepted=True).ask_at == NOON + ANSWER_WITHIN
    push, waits = PUSH, []
    for _ in range(8):
        push = push.asked(NOON, accepted=False)
        waits.append(push.ask_at - NOON)
    assert waits[:5] == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR]
    assert set(waits[5:]) == {AGAIN_AT_MOST}
    assert push.asked(NOON, accepted=True).ask_at == NOON + AGAIN_AT_MOST


@pytest.mark.parametrize(
    ("lease", "granted"),
    [
        (10 * DAY, 10 * DAY),
        (timedelta(0), SHORTEST_LEASE),
        (-DAY, SHORTEST_LEASE),
        (999 * DAY, LONGEST_LEASE),
    ],
)
def test_a_lease_is_renewed_before_it_ends(lease: timedelta, granted: timedelta) -> None:
    """What the hub grants counts, within reason."""
    push = replace(PUSH, failures=3).granted(lease, NOON)
    assert (push.until, push.ask_at, push.failures) == (NOON + granted, NOON + granted * 0.8, 0)


def test_a_denial_ends_it_for_a_day() -> None:
    push = PUSH.granted(DAY, NOON).denied(NOON)
    assert (push.until, push.ask_at) == (None, NOON + DAY)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512", "SHA256"])
def test_signatures(method: str) -> None:
    """Every method of the standard is checked; nothing else passes."""
    digest = hmac.new(b"secret", b"body", getattr(hashlib, method.lower())).hexdigest()
    assert PUSH.signed(f"{method}={digest}", b"body")
    assert not PUSH.signed(f"{method}={digest}", b"body!")
    assert not PUSH.signed(f"{method}={digest[:-1]}", b"body")
    assert not replace(PUSH, secret="other").signed(f"{method}={digest}", b"body")


@pytest.mark.parametrize(
    "signature", ["", "=", "sha256", "sha256=", "md5=x", "__doc__=x", "sha256=停戦", "new=x"]
)
def test_what_is_no_signature(signature: str) -> None:
    assert not PUSH.signed(signature, b"body")


def test_polling_relaxes_but_does_not_stop() -> None:
    """While a hub pushes, a feed is polled every hour; afterwards as before; one that is polled less stays so."""
    often = Cadence(5 * MINUTE, 30 * MINUTE)
    assert relaxed(often, None, NOON) == often
    assert relaxed(often, NOON, NOON) == often
    pushed = relaxed(often, NOON + MINUTE, NOON)
    assert (pushed.floor, pushed.ceiling) == (PUSHED_INTERVAL, PUSHED_INTERVAL)
    assert relaxed(Cadence(DAY, DAY), NOON + MINUTE, NOON).floor == DAY
