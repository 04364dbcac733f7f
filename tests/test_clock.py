"""Clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import ShiftedClock, SimulatedClock, SystemClock

THEN = datetime(2025, 8, 8, 12, tzinfo=UTC)


def test_the_system_clock_tells_utc() -> None:
    """The real time, aware."""
    assert SystemClock().now().utcoffset() == timedelta(0)
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_shifted_clock_stands_until_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows its start until it is let run, and then goes at its own rate."""
    seconds = iter([100.0, 100.5, 102.0])
    monkeypatch.setattr("bot.clock.time.monotonic", lambda: next(seconds))
    clock = ShiftedClock(THEN, rate=60)
    assert clock.now() == THEN
    clock.run()
    assert clock.now() == THEN + timedelta(seconds=30)
    assert clock.now() == THEN + timedelta(minutes=2)


def test_a_shifted_clock_stands_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it was not looked at; it goes on where the next limit lets it."""
    monkeypatch.setattr("bot.clock.time.monotonic", iter([100.0, 101.0, 200.0, 201.0, 202.0]).__next__)
    clock = ShiftedClock(THEN, rate=60)
    clock.limit(THEN + timedelta(minutes=2))
    clock.run()
    assert clock.now() == THEN + timedelta(minutes=1)
    assert clock.now() == THEN + timedelta(minutes=2)
    clock.limit(THEN + timedelta(minutes=5))
    assert clock.now() == THEN + timedelta(minutes=5)
    clock.limit(THEN + timedelta(hours=5))
    assert clock.now() == THEN + timedelta(seconds=102 * 60)


def test_a_simulated_clock_goes_where_it_is_told_but_not_back() -> None:
    """It stands still in between."""
    clock = SimulatedClock(THEN)
    assert clock.now() == clock.now() == THEN
    clock.advance_to(THEN + timedelta(hours=1))
    clock.advance_to(THEN)
    assert clock.now() == THEN + timedelta(hours=1)
