"""When a feed is asked next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.polling import BACK_OFF_CAP, JITTER, MAX_INTERVAL, next_poll
from tests.domain.records import HOUR, MINUTE, NOON


@pytest.mark.parametrize(
    ("interval", "asked", "failures", "spread", "wait"),
    [
        (5 * MINUTE, None, 0, 0.0, 5 * MINUTE),
        (5 * MINUTE, None, 0, 0.99, 5 * MINUTE),
        (5 * MINUTE, MINUTE, 0, 0.0, 5 * MINUTE),
        (5 * MINUTE, HOUR, 0, 0.0, HOUR),
        (5 * MINUTE, timedelta(days=3), 0, 0.0, MAX_INTERVAL),
        (timedelta(days=2), None, 0, 0.0, MAX_INTERVAL),
        (5 * MINUTE, None, 1, 0.0, 10 * MINUTE),
        (5 * MINUTE, None, 2, 0.0, 20 * MINUTE),
        (5 * MINUTE, None, 3, 0.5, 40 * MINUTE * (1 + JITTER / 2)),
        (5 * MINUTE, None, 8, 0.0, BACK_OFF_CAP),
        (5 * MINUTE, None, 10_000, 0.0, BACK_OFF_CAP),
        (5 * MINUTE, None, 10_000, 0.5, BACK_OFF_CAP * (1 + JITTER / 2)),
        (12 * HOUR, None, 5, 0.0, 12 * HOUR),
        (5 * MINUTE, 8 * HOUR, 1, 0.0, 8 * HOUR),
        (5 * MINUTE, 24 * HOUR, 1, 0.9, MAX_INTERVAL),
    ],
)
def test_next_poll(
    interval: timedelta, asked: timedelta | None, failures: int, spread: float, wait: timedelta
) -> None:
    """The longer of what is configured and asked, doubled per failure up to a cap; only failures are spread."""
    due = next_poll(NOON, interval=interval, asked=asked, failures=failures, spread=spread)
    assert due - NOON == wait


@given(
    interval=st.timedeltas(MINUTE, timedelta(days=1)),
    asked=st.none() | st.timedeltas(timedelta(days=-1), timedelta(days=400)),
    failures=st.integers(0, 1_000_000),
    spread=st.floats(0, 1, exclude_max=True),
)
def test_the_next_poll_is_never_at_once_and_never_beyond_a_day(
    interval: timedelta, asked: timedelta | None, failures: int, spread: float
) -> None:
    """Whatever a server asks and however often it failed, a feed waits its interval and is asked within a day."""
    due = next_poll(NOON, interval=interval, asked=asked, failures=failures, spread=spread)
    assert NOON + interval <= due <= NOON + MAX_INTERVAL
    more = next_poll(NOON, interval=interval, asked=asked, failures=failures + 1, spread=spread)
    assert more >= due
