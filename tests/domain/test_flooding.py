"""How many questions of one person are answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flooding import Flow, Hearing, Tolerance, drained_in, pour

NOON = datetime(2025, 8, 8, 12, tzinfo=UTC)
THREE = Tolerance(3, timedelta(seconds=10))


def asked(*seconds: float, tolerance: Tolerance = THREE) -> list[Hearing]:
    """What becomes of questions at these seconds."""
    flow: Flow | None = None
    heard = []
    for second in seconds:
        flow, hearing = pour(flow, NOON + timedelta(seconds=second), tolerance)
        heard.append(hearing)
    return heard


def test_a_burst_is_answered_and_what_is_beyond_it_told_once() -> None:
    assert asked(0, 0, 0, 0, 1, 2) == [
        Hearing.ANSWERED,
        Hearing.ANSWERED,
        Hearing.ANSWERED,
        Hearing.TOLD,
        Hearing.IGNORED,
        Hearing.IGNORED,
    ]


def test_who_asks_at_the_pace_at_which_it_drains_is_always_answered() -> None:
    assert set(asked(*range(0, 3000, 10))) == {Hearing.ANSWERED}


def test_after_it_ran_over_it_has_to_drain() -> None:
    """Room for one more is not enough; asking meanwhile makes it no longer."""
    assert asked(0, 0, 0, 0, 15, 29, 31) == [
        *[Hearing.ANSWERED] * 3,
        Hearing.TOLD,
        Hearing.IGNORED,
        Hearing.IGNORED,
        Hearing.ANSWERED,
    ]


def test_it_is_told_anew_when_it_runs_over_anew() -> None:
    assert asked(0, 0, 0, 0, 30, 30, 30, 30).count(Hearing.TOLD) == 2


def test_how_long_it_takes_is_known() -> None:
    flow, _ = pour(Flow(3.0, NOON), NOON, THREE)
    assert flow.over
    assert drained_in(flow, THREE) == timedelta(seconds=30)


def test_a_clock_that_steps_back_breaks_nothing() -> None:
    assert asked(10, 0, 0, 0)[0] is Hearing.ANSWERED


@given(st.lists(st.floats(0, 100), max_size=60))
def test_no_more_is_answered_than_the_bucket_and_the_time_allow(gaps: list[float]) -> None:
    """Over any span: the burst, and one for each `every` of it."""
    at, moments = 0.0, []
    for gap in gaps:
        at += gap
        moments.append(at)
    heard = asked(*moments)
    assert heard.count(Hearing.ANSWERED) <= 3 + at / 10 + 1e-6
    assert len(heard) == len(moments)
