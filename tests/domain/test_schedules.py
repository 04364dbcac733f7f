"""Schedules and quiet hours: how they are read, and which instants they mean, in any zone and over its changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.schedules import (
    HOURLY,
    WEEKDAYS,
    WEEKENDS,
    Mistake,
    Quiet,
    Schedule,
    TimeProblem,
    moment_of,
    quiet_until,
    read_quiet,
    read_schedule,
    slot_after,
    slot_by,
)

ZONES = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",  # half an hour of daylight saving
        "Asia/Tokyo",
        "Pacific/Apia",  # had no 30 December 2011
        "America/Sao_Paulo",  # put its clocks forward at midnight
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "UTC",
    ]
).map(ZoneInfo)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=30 * 365)).map(
    lambda after: datetime(2005, 1, 1, tzinfo=UTC) + after
)
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
SCHEDULES = st.builds(Schedule, TIMES, st.frozensets(st.integers(0, 6), min_size=1)) | st.just(HOURLY)
QUIET = st.builds(Quiet, TIMES, TIMES).filter(lambda quiet: quiet.begins != quiet.ends)
MINUTE = timedelta(minutes=1)

BERLIN, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")


@pytest.mark.parametrize(
    ("typed", "schedule"),
    [
        ("08:00", Schedule(time(8))),
        ("8", Schedule(time(8))),
        ("8am", Schedule(time(8))),
        ("8 AM", Schedule(time(8))),
        ("12am", Schedule(time(0))),
        ("12:30pm", Schedule(time(12, 30))),
        ("9.15 p.m.", Schedule(time(21, 15))),
        ("8h30", Schedule(time(8, 30))),
        ("８：００", Schedule(time(8))),
        ("Hourly", HOURLY),
        ("every hour", HOURLY),
        ("every day at 8", Schedule(time(8))),
        ("daily 8", Schedule(time(8))),
        ("weekdays 7:30", Schedule(time(7, 30), WEEKDAYS)),
        ("7:30 weekdays", Schedule(time(7, 30), WEEKDAYS)),
        ("mon-fri 7:30", Schedule(time(7, 30), WEEKDAYS)),
        ("weekends 10", Schedule(time(10), WEEKENDS)),
        ("sat, sun 10", Schedule(time(10), WEEKENDS)),
        ("mon,thu 9:00", Schedule(time(9), frozenset({0, 3}))),
        ("Mondays and Thursday 9", Schedule(time(9), frozenset({0, 3}))),
        ("fri–mon 9", Schedule(time(9), frozenset({4, 5, 6, 0}))),
    ],
)
def test_a_schedule_is_read_as_people_write_it(typed: str, schedule: Schedule) -> None:
    assert read_schedule(typed) == schedule


@pytest.mark.parametrize(
    ("typed", "mistake", "text"),
    [
        ("25:00", Mistake.BAD_TIME, "25:00"),
        ("24:00", Mistake.BAD_TIME, "24:00"),
        ("8:60", Mistake.BAD_TIME, "8:60"),
        ("13pm", Mistake.BAD_TIME, "13pm"),
        ("0am", Mistake.BAD_TIME, "0am"),
        ("8:5", Mistake.BAD_TIME, "8:5"),
        ("800", Mistake.BAD_TIME, "800"),
        ("weekdays", Mistake.NO_TIME, ""),
        ("", Mistake.NO_TIME, ""),
        ("8:00 18:00", Mistake.MORE_TIMES, ""),
        ("tomorow 8", Mistake.NO_WORD, "tomorow"),
        ("mo 8", Mistake.NO_WORD, "mo"),
        ("mon-xyz 8", Mistake.NO_WORD, "mon-xyz"),
    ],
)
def test_what_is_no_schedule_is_pointed_at(typed: str, mistake: Mistake, text: str) -> None:
    assert read_schedule(typed) == TimeProblem(mistake, text)


@given(SCHEDULES)
def test_the_canonical_spelling_means_the_same(schedule: Schedule) -> None:
    assert read_schedule(str(schedule)) == schedule


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("22:00-07:00", "22:00-07:00"),
        ("22-7", "22:00-07:00"),
        ("22 – 7", "22:00-07:00"),
        ("10pm to 7 am", "22:00-07:00"),
        ("from 13:00 until 14:30", "13:00-14:30"),
        ("23:30 6", "23:30-06:00"),
        ("２２：００〜７：００", "22:00-07:00"),
    ],
)
def test_quiet_hours_are_read_as_people_write_them(typed: str, spelt: str) -> None:
    assert str(read_quiet(typed)) == spelt


@pytest.mark.parametrize(
    ("typed", "mistake", "text"),
    [
        ("22:00", Mistake.NO_TIME, ""),
        ("22-25", Mistake.BAD_TIME, "25"),
        ("22-22:00", Mistake.SAME_TIMES, "22:00"),
        ("1-2-3", Mistake.MORE_TIMES, ""),
        ("night", Mistake.NO_WORD, "night"),
        ("-", Mistake.NO_TIME, ""),
    ],
)
def test_what_are_no_quiet_hours_is_pointed_at(typed: str, mistake: Mistake, text: str) -> None:
    assert read_quiet(typed) == TimeProblem(mistake, text)


@given(st.text(max_size=30))
def test_anything_can_be_typed(text: str) -> None:
    for read in (read_schedule(text), read_quiet(text)):
        assert isinstance(read, Schedule | Quiet | TimeProblem)


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        ("Europe/Berlin", date(2025, 8, 9), time(8), datetime(2025, 8, 9, 6, tzinfo=UTC)),
        # 2:00 to 3:00 did not exist, then 2:00 to 3:00 did twice.
        ("Europe/Berlin", date(2025, 3, 30), time(2, 30), datetime(2025, 3, 30, 1, tzinfo=UTC)),
        ("Europe/Berlin", date(2025, 10, 26), time(2, 30), datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ("America/New_York", date(2025, 3, 9), time(2), datetime(2025, 3, 9, 7, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2025, 10, 5), time(2, 10), datetime(2025, 10, 4, 15, 30, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 11, 4), time(0), datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_an_instant(zone: str, day: date, at: time, instant: datetime) -> None:
    """The next moment that exists, or the first of two."""
    assert moment_of(day, at, ZoneInfo(zone)) == instant


@given(ZONES, st.dates(date(2005, 1, 1), date(2035, 1, 1)), TIMES)
def test_no_earlier_moment_shows_the_time(zone: ZoneInfo, day: date, at: time) -> None:
    """At the instant the wall shows the time, or a later one; a minute before, an earlier one."""
    instant, wall = moment_of(day, at, zone), datetime.combine(day, at)
    assert instant.astimezone(zone).replace(tzinfo=None) >= wall
    assert (instant - MINUTE).astimezone(zone).replace(tzinfo=None) < wall


@given(SCHEDULES, ZONES, INSTANTS)
def test_slots_follow_each_other_and_now_is_between_two(
    schedule: Schedule, zone: ZoneInfo, now: datetime
) -> None:
    by, after = slot_by(schedule, zone, now), slot_after(schedule, zone, now)
    assert by.at <= now < after.at
    assert by.key != after.key
    assert slot_by(schedule, zone, after.at) == after
    assert slot_after(schedule, zone, by.at) == after


@given(st.builds(Schedule, TIMES), ZONES, INSTANTS)
def test_a_daily_schedule_has_each_date_that_there_was_once(
    schedule: Schedule, zone: ZoneInfo, now: datetime
) -> None:
    """Over a month, whatever the clocks do."""
    keys, instant = [], now
    while instant < now + timedelta(days=31):
        slot = slot_after(schedule, zone, instant)
        keys.append(slot.key)
        instant = slot.at
    first, last = date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])
    dates = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    skipped = {"2011-12-30"} if zone.key == "Pacific/Apia" else set()
    assert keys == [day for day in dates if day not in skipped]


@given(ZONES, INSTANTS)
def test_hours_are_those_of_utc(zone: ZoneInfo, now: datetime) -> None:
    slot = slot_by(HOURLY, zone, now)
    assert slot.key == f"{now:%Y-%m-%dT%HZ}"
    assert slot_after(HOURLY, zone, now).at == slot.at + timedelta(hours=1)


def test_a_date_that_a_zone_skipped_has_no_slot() -> None:
    """Samoa went from 29 to 31 December 2011."""
    before = datetime(2011, 12, 30, 5, tzinfo=UTC)
    assert slot_by(Schedule(time(8)), APIA, before).key == "2011-12-29"
    assert slot_after(Schedule(time(8)), APIA, before).key == "2011-12-31"
    only_fridays = Schedule(time(8), frozenset({4}))
    assert slot_by(only_fridays, APIA, before).key == "2011-12-23"
    assert slot_after(only_fridays, APIA, before).key == "2012-01-06"


@given(QUIET, ZONES, INSTANTS)
def test_quiet_hours_end_once_the_wall_shows_their_end(quiet: Quiet, zone: ZoneInfo, now: datetime) -> None:
    """They end later than now, and when they end they are over."""
    until = quiet_until(quiet, zone, now)
    if until is None:
        return
    assert now < until <= now + timedelta(hours=25)
    assert quiet_until(quiet, zone, until) is None
    assert quiet_until(quiet, zone, until - MINUTE) == until
    assert until.astimezone(zone).time() >= quiet.ends


@given(QUIET, ZONES, INSTANTS)
def test_it_is_quiet_by_the_wall_but_while_clocks_change(quiet: Quiet, zone: ZoneInfo, now: datetime) -> None:
    """Where the offset is the same for a day around, local time alone says it."""
    around = {(now + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(-48, 49)}
    if len(around) > 1:
        return
    wall = now.astimezone(zone).time()
    past = (wall >= quiet.begins, wall < quiet.ends)
    assert (quiet_until(quiet, zone, now) is not None) == (
        all(past) if quiet.begins < quiet.ends else any(past)
    )


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2025-10-25T23:00+02:00", "2025-10-26T02:30+02:00"),
        ("2025-10-26T02:10+02:00", "2025-10-26T02:30+02:00"),
        ("2025-10-26T02:10+01:00", None),  # 2:30 has been once
        ("2025-03-29T23:00+01:00", "2025-03-30T03:00+02:00"),
        ("2025-08-09T12:00+02:00", None),
    ],
)
def test_quiet_hours_over_a_change_of_clocks(local: str, until: str | None) -> None:
    quiet = Quiet(time(22), time(2, 30))
    ends = quiet_until(quiet, BERLIN, datetime.fromisoformat(local))
    assert ends == (datetime.fromisoformat(until) if until else None)


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert quiet_until(None, BERLIN, datetime(2025, 8, 9, 23, tzinfo=UTC)) is None
