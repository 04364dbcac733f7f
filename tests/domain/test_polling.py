"""When a feed is asked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.polling import (
    BACK_OFF_CAP,
    HOST_IS_BACK_OVER,
    HOST_RESTS,
    HOST_RESTS_AT_MOST,
    MAX_INTERVAL,
    MOVE_HOLDS_FOR,
    MOVE_HOLDS_POLLS,
    Cadence,
    Failed,
    FailureKind,
    FeedForPoll,
    HostRest,
    Move,
    Wishes,
    first_rate,
    interval,
    is_silent,
    move_after,
    next_poll,
    rate_after,
    rest_after,
)
from tests.domain.records import HOUR, MINUTE, NOON

DAY = timedelta(days=1)
EVEN = Cadence(5 * MINUTE, 30 * MINUTE, spread=0)
FEED = FeedForPoll(7, "https://old.example/feed")
NEW = "https://new.example/feed"


def due(
    now: datetime = NOON,
    *,
    cadence: Cadence = EVEN,
    rate: float = 1.0,
    wishes: Wishes | None = None,
    asked: timedelta | None = None,
    failures: int = 0,
    feed_id: int = 1,
) -> datetime:
    return next_poll(
        now,
        cadence=cadence,
        rate=rate,
        wishes=wishes or Wishes(),
        asked=asked,
        failures=failures,
        feed_id=feed_id,
    )


def per_hour(entries: float) -> float:
    return entries / 3600


@pytest.mark.parametrize(
    ("rate", "wait"),
    [
        (per_hour(0), 30 * MINUTE),
        (per_hour(0.1), 30 * MINUTE),
        (per_hour(1), 30 * MINUTE),
        (per_hour(2), 15 * MINUTE),
        (per_hour(4), 7.5 * MINUTE),
        (per_hour(6), 5 * MINUTE),
        (per_hour(10_000), 5 * MINUTE),
    ],
)
def test_the_interval_follows_the_rhythm(rate: float, wait: timedelta) -> None:
    """Two polls in the time between two entries, between floor and ceiling."""
    assert abs(interval(rate, EVEN) - wait) < timedelta(milliseconds=1)


def test_a_floor_above_the_ceiling_counts() -> None:
    """Who asks for an hour between polls at the least is not asked more often because a feed is busy or quiet."""
    odd = Cadence(HOUR, 30 * MINUTE)
    assert [interval(rate, odd) for rate in (0.0, 1e-4, 1e9)] == [HOUR] * 3


@pytest.mark.parametrize(
    ("asked", "every", "failures", "wait"),
    [
        (None, None, 0, 5 * MINUTE),
        (MINUTE, MINUTE, 0, 5 * MINUTE),
        (HOUR, None, 0, HOUR),
        (HOUR, 2 * HOUR, 0, 2 * HOUR),
        (3 * DAY, None, 0, MAX_INTERVAL),
        (None, 3 * DAY, 0, MAX_INTERVAL),
        (None, None, 1, 10 * MINUTE),
        (None, None, 2, 20 * MINUTE),
        (None, None, 8, BACK_OFF_CAP),
        (None, None, 10_000, BACK_OFF_CAP),
        (8 * HOUR, None, 1, 8 * HOUR),
        (None, 8 * HOUR, 1, 8 * HOUR),
    ],
)
def test_next_poll(asked: timedelta | None, every: timedelta | None, failures: int, wait: timedelta) -> None:
    """The longest of rhythm, what is asked in headers and in the document, and the doubling after failures."""
    assert due(asked=asked, wishes=Wishes(every), failures=failures) - NOON == wait


def test_a_quiet_feed_that_fails_is_not_asked_sooner_for_it() -> None:
    """The first failures, doubled from the floor, are no shorter than what the rhythm says."""
    assert due(rate=0, failures=1) - NOON == 30 * MINUTE


@given(
    floor=st.timedeltas(MINUTE, DAY),
    ceiling=st.timedeltas(MINUTE, DAY),
    rate=st.floats(0, 1e9),
    asked=st.none() | st.timedeltas(-DAY, 400 * DAY),
    every=st.none() | st.timedeltas(MINUTE, DAY),
    failures=st.integers(0, 1_000_000),
    feed_id=st.integers(1, 1_000_000),
)
def test_never_at_once_never_below_what_is_asked_and_never_beyond_a_day(
    floor: timedelta,
    ceiling: timedelta,
    rate: float,
    asked: timedelta | None,
    every: timedelta | None,
    failures: int,
    feed_id: int,
) -> None:
    """Whatever a server asks and however often it failed, a feed waits its interval and is asked within a day."""
    at = due(
        cadence=Cadence(floor, ceiling),
        rate=rate,
        wishes=Wishes(every),
        asked=asked,
        failures=failures,
        feed_id=feed_id,
    )
    least = max(floor, asked or floor, every or floor)
    assert NOON + min(least, MAX_INTERVAL) <= at <= NOON + MAX_INTERVAL


def test_feeds_that_were_polled_together_spread() -> None:
    """Waits are lengthened by up to the spread, each feed's by another share, the same whenever it is computed."""
    spread = Cadence(10 * MINUTE, 10 * MINUTE, spread=0.1)
    waits = [due(cadence=spread, feed_id=feed_id) - NOON for feed_id in range(1, 401)]
    assert waits == [due(cadence=spread, feed_id=feed_id) - NOON for feed_id in range(1, 401)]
    assert min(waits) >= 10 * MINUTE
    assert max(waits) < 11 * MINUTE
    by_tenth = [sum(1 for wait in waits if n <= (wait - 10 * MINUTE).seconds // 6 < n + 1) for n in range(10)]
    assert min(by_tenth) > 20


@pytest.mark.parametrize(
    ("rate", "from_", "to"),
    [
        (per_hour(0), 30 / 1.1, 30),  # downwards from the ceiling, which nobody waits longer than
        (per_hour(1.04), 30 / 1.1, 30),
        (per_hour(2), 15, 16.5),
        (per_hour(1_000), 5, 5.5),  # and upwards from the floor
    ],
)
def test_waits_are_spread_within_the_cadence(rate: float, from_: float, to: float) -> None:
    cadence = Cadence(5 * MINUTE, 30 * MINUTE, spread=0.1)
    waits = sorted(due(cadence=cadence, rate=rate, feed_id=feed_id) - NOON for feed_id in range(1, 401))
    assert from_ * MINUTE - timedelta(seconds=1) <= waits[0] < (from_ + 0.02 * (to - from_)) * MINUTE
    assert (to - 0.02 * (to - from_)) * MINUTE < waits[-1] <= to * MINUTE


class TestLeftAlone:
    def test_skipped_hours(self) -> None:
        """What would fall into skipped hours comes when they are over, and not on the stroke."""
        wishes = Wishes(skip_hours=frozenset({12, 13, 14}))
        at = due(wishes=wishes)
        assert NOON + 3 * HOUR <= at < NOON + 3 * HOUR + 10 * MINUTE
        assert due(NOON + 3 * HOUR, wishes=wishes) == NOON + 3 * HOUR + 5 * MINUTE

    def test_hours_across_midnight(self) -> None:
        """Skipped hours may pass into the next day."""
        wishes = Wishes(skip_hours=frozenset({22, 23, 0, 1}))
        at = due(NOON + 10 * HOUR, wishes=wishes)
        assert NOON + 14 * HOUR <= at < NOON + 14 * HOUR + 10 * MINUTE

    def test_skipped_days(self) -> None:
        """A feed that rests on Saturday and Sunday is asked on Monday, even if that is more than a day away."""
        saturday = NOON
        assert saturday.weekday() == 5
        wishes = Wishes(skip_days=frozenset({5, 6}))
        monday = datetime(2025, 8, 11, tzinfo=UTC)
        assert monday <= due(saturday - 12 * HOUR, wishes=wishes) < monday + 10 * MINUTE

    def test_who_names_all_names_none(self) -> None:
        """A feed that wants no poll in any hour, or on any day, is polled."""
        never = Wishes(skip_hours=frozenset(range(24)), skip_days=frozenset(range(7)))
        assert due(wishes=never) == NOON + 5 * MINUTE


class TestRate:
    def test_a_steady_feed(self) -> None:
        """A feed of one entry an hour is found to be that within some days, however it is polled."""
        for step in (HOUR, 10 * MINUTE):
            rate = 0.0
            for n in range(1, 24 * 10 * (HOUR // step)):
                rate = rate_after(rate, step, 1 if n % (HOUR // step) == 0 else 0)
            assert rate * 3600 == pytest.approx(1, rel=0.1)

    def test_a_silent_feed_is_left_alone_more_and_more(self) -> None:
        """Half of the rate is gone after a day of silence; a night changes little, weeks bring it to the ceiling."""
        rate = per_hour(6)
        assert rate_after(rate, DAY, 0) == pytest.approx(rate / 2)
        assert interval(rate_after(rate, 8 * HOUR, 0), EVEN) < 7 * MINUTE
        assert interval(rate_after(rate, 14 * DAY, 0), EVEN) == 30 * MINUTE

    def test_a_first_look(self) -> None:
        """The dates of a feed's entries say how busy it has been; undated and future ones do no harm."""
        hourly = [NOON - n * HOUR for n in range(30)]
        assert first_rate(hourly, NOON) * 3600 == pytest.approx(1, abs=0.1)
        assert first_rate([None, None], NOON) == 0
        assert first_rate([NOON + 400 * DAY], NOON) == first_rate([NOON], NOON)
        assert interval(first_rate([NOON - 300 * DAY] * 30, NOON), EVEN) == 30 * MINUTE

    @pytest.mark.parametrize(("entries", "hours"), [(20, 2), (50, 6), (100, 24), (30, 300)])
    def test_a_first_document_tells_the_rate_however_short_it_is(self, entries: int, hours: int) -> None:
        """What a busy feed's document no longer holds is not silence."""
        steady = [NOON - n * timedelta(hours=hours) / entries for n in range(entries)]
        assert first_rate(steady, NOON) * 3600 == pytest.approx(entries / hours, rel=0.2)

    def test_an_entry_just_now_is_no_flood(self) -> None:
        assert first_rate([NOON], NOON) * 3600 == pytest.approx(1, rel=0.05)

    def test_time_that_runs_backwards(self) -> None:
        """A clock that was set back makes no feed busier."""
        assert rate_after(per_hour(1), -DAY, 0) == per_hour(1)


class TestMoves:
    def test_a_permanent_redirect_is_kept_once_it_has_held(self) -> None:
        """The old address is asked until the redirect was met often enough and for long enough."""
        move: Move | None = None
        step = MOVE_HOLDS_FOR / MOVE_HOLDS_POLLS
        for n in range(MOVE_HOLDS_POLLS + 1):
            now = NOON + n * step
            asked = replace(FEED, move=move).address(now)
            assert asked == (FEED.url if n < MOVE_HOLDS_POLLS else NEW)
            move = move_after(move, NEW, FEED, now)

    @pytest.mark.parametrize(
        "move", [Move(NEW, NOON, MOVE_HOLDS_POLLS - 1), Move(NEW, NOON - MOVE_HOLDS_FOR + MINUTE, 999)]
    )
    def test_neither_often_nor_long_is_enough_alone(self, move: Move) -> None:
        assert replace(FEED, move=move).address(NOON) == FEED.url

    def test_a_redirect_that_ends_or_changes_begins_anew(self) -> None:
        """One answer without it, or with another address, and what was counted is forgotten."""
        nearly = Move(NEW, NOON - DAY, MOVE_HOLDS_POLLS - 1)
        assert move_after(nearly, None, FEED, NOON) is None
        assert move_after(nearly, "https://third.example/", FEED, NOON) == Move(
            "https://third.example/", NOON
        )
        assert move_after(nearly, FEED.url, FEED, NOON) is None

    def test_a_move_that_is_followed_stays(self) -> None:
        """The new address answers for itself; should it move too, that is judged from the old one again."""
        held = Move(NEW, NOON - 2 * DAY, MOVE_HOLDS_POLLS)
        assert move_after(held, None, FEED, NOON) == held
        assert move_after(held, "https://third.example/", FEED, NOON) == Move("https://third.example/", NOON)


class TestSilence:
    @pytest.mark.parametrize(
        ("entries_a_day", "silent_after"),
        [(0, 14 * DAY), (0.5, 14 * DAY), (2, 5 * DAY), (100, 2 * DAY)],
    )
    def test_a_feed_is_silent_after_many_of_its_usual_gaps(
        self, entries_a_day: float, silent_after: timedelta
    ) -> None:
        """Ten gaps, but no sooner than two days and no later than two weeks; polls meanwhile change nothing."""
        rate = per_hour(entries_a_day / 24)
        for polled in (timedelta(0), DAY):
            then = rate_after(rate, polled, 0)
            for wait, silent in ((silent_after - HOUR, False), (silent_after + HOUR, True)):
                assert is_silent(then, NOON, NOON + polled, NOON + wait) == silent

    def test_a_feed_that_has_yet_to_bring_something(self) -> None:
        """Nothing is usual for it."""
        assert not is_silent(0, None, NOON, NOON + 99 * DAY)
        assert not is_silent(0, None, None, NOON)


class TestRestingHosts:
    @pytest.mark.parametrize(
        ("asked", "rests"),
        [(None, HOST_RESTS), (20 * MINUTE, 20 * MINUTE), (DAY, HOST_RESTS_AT_MOST)],
    )
    def test_as_long_as_it_asks(self, asked: timedelta | None, rests: timedelta) -> None:
        """A host that is asked for too much is left alone for as long as it says, within bounds."""
        refusal = Failed(FailureKind.REFUSED, "Too many.", asked, "a.example")
        assert rest_after(refusal, NOON) == HostRest("a.example", NOON, NOON + rests)

    def test_only_where_it_asks(self) -> None:
        """Other failures are the feed's own."""
        assert rest_after(Failed(FailureKind.REFUSED, "No.", HOUR), NOON) is None

    def test_its_feeds_do_not_come_back_at_once(self) -> None:
        """None before the end; they are spread over as long as it rested, but for minutes at most."""
        for rest, over in ((2 * MINUTE, 2 * MINUTE), (HOUR, HOST_IS_BACK_OVER)):
            held = HostRest("a.example", NOON, NOON + rest)
            back = [held.back(feed) - held.until for feed in range(200)]
            assert min(back) >= timedelta(0)
            assert over * 0.9 < max(back) < over
            assert len(set(back)) > 190
