"""How often a platform lets a bot speak."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pacing import Rate, Urgency, free_at


@pytest.mark.parametrize(
    ("rate", "calls", "at"),
    [
        (Rate(1, 1.0), [], float("-inf")),
        (Rate(1, 1.0), [5.0], 6.0),
        (Rate(1, 1.0), [1.0, 5.0], 6.0),
        (Rate(2, 1.0), [5.0], float("-inf")),
        (Rate(2, 1.0), [5.0, 5.5], 6.0),
        (Rate(2, 60.0), [1.0, 2.0, 3.0], 62.0),
        (Rate(3, 60.0), [1.0, 2.0, 3.0], 61.0),
    ],
)
def test_when_one_more_call_fits(rate: Rate, calls: list[float], at: float) -> None:
    """When the oldest of the calls that fill the window is so many seconds ago; at once while there is room."""
    assert free_at(rate, calls) == at


@given(
    st.builds(Rate, st.integers(1, 5), st.integers(1, 40).map(lambda quarters: quarters / 4)),
    st.lists(st.integers(0, 40).map(lambda quarters: quarters / 4), max_size=30),
)
def test_whoever_calls_when_a_call_fits_never_exceeds_the_rate(rate: Rate, waits: list[float]) -> None:
    """However long is waited between two wishes, any stretch of so many seconds holds so many calls at most."""
    now, calls = 0.0, list[float]()
    for wait in waits:
        now = max(now + wait, free_at(rate, calls))
        calls.append(now)
    for start in calls:
        assert sum(start <= call < start + rate.seconds for call in calls) <= rate.calls


def test_answers_go_before_news_and_news_before_edits() -> None:
    assert sorted(Urgency) == [Urgency.ANSWER, Urgency.NEWS, Urgency.EDIT]
