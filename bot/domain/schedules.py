"""When a chat is to be told: schedules of digests and their slots, and quiet hours.

People say local times; what is due is an instant. A local time that does not exist on a day is the next moment that
does, one that exists twice is the first of the two, and a date that a zone skipped altogether has no slot.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
WEEKENDS = EVERY_DAY - WEEKDAYS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HALF = 12
"""Hours of a clock that says am and pm."""

_NAMED = {
    "daily": EVERY_DAY,
    "weekdays": WEEKDAYS,
    "weekday": WEEKDAYS,
    "weekends": WEEKENDS,
    "weekend": WEEKENDS,
}
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY = 3
"""Letters of a day's name that have to be typed."""

_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})?)?(?P<half>[ap]\.?m\.?)?")
_FILLERS = frozenset({"at", "on", "and", "every", "day", "from", "till", "until", "to"})
_DAYS_LOOKED_AT = 16
"""Every schedule has a slot within so many days, even where a zone has skipped its day of the week."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When digests come: at a local time `at` on days of the week (0 is Monday), or each UTC hour where it is None."""

    at: time | None
    days: frozenset[int] = EVERY_DAY

    def __str__(self) -> str:
        """The canonical spelling, which `read_schedule` reads: `hourly`, `08:00`, `weekdays 07:30`, `mon,thu 09:00`."""
        if self.at is None:
            return "hourly"
        if self.days == EVERY_DAY:
            return f"{self.at:%H:%M}"
        name = {WEEKDAYS: "weekdays", WEEKENDS: "weekends"}.get(self.days)
        return f"{name or ','.join(DAYS[day] for day in sorted(self.days))} {self.at:%H:%M}"


HOURLY = Schedule(None)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours in local time, from `begins` until before `ends`, past midnight where that is earlier.

    `confirmed`: bulletins about what several outlets confirm come all the same.
    """

    begins: time
    ends: time
    confirmed: bool = False

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


class Mistake(Enum):
    """What is wrong with a schedule or with quiet hours, as typed."""

    NO_TIME = "no time"
    BAD_TIME = "bad time"
    NO_WORD = "unknown word"
    MORE_TIMES = "more times"
    SAME_TIMES = "same times"


@dataclass(frozen=True, slots=True)
class TimeProblem:
    """`text` is the part that was meant, where there is one."""

    mistake: Mistake
    text: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One time that a schedule names: `key` is the local date, or the UTC hour, and `at` the instant."""

    key: str
    at: datetime


def read_schedule(text: str) -> Schedule | TimeProblem:
    """`08:00`, `8am`, `hourly`, `weekdays 7:30`, `mon,thu 9:00`, `mon-fri 8`, `weekends 10`, in any order and case."""
    words = [word for word in _words(text) if word not in _FILLERS]
    if words in (["hourly"], ["hour"]):
        return HOURLY
    days: set[int] = set()
    times: list[str] = []
    for word in words:
        named = _days(word)
        if named is not None:
            days |= named
        elif word[0].isdigit():
            times.append(word)
        else:
            return TimeProblem(Mistake.NO_WORD, word)
    if len(times) != 1:
        return TimeProblem(Mistake.MORE_TIMES if times else Mistake.NO_TIME)
    at = _time(times[0])
    return (
        TimeProblem(Mistake.BAD_TIME, times[0]) if at is None else Schedule(at, frozenset(days) or EVERY_DAY)
    )


def read_quiet(text: str) -> Quiet | TimeProblem:
    """`22:00-07:00`, `22-7`, `10pm to 7am`."""
    words = [part for word in _words(text) for part in word.split("-") if part and part not in _FILLERS]
    if strange := next((word for word in words if not word[0].isdigit()), None):
        return TimeProblem(Mistake.NO_WORD, strange)
    times: list[time] = []
    for word in words:
        at = _time(word)
        if at is None:
            return TimeProblem(Mistake.BAD_TIME, word)
        times.append(at)
    if len(times) != 2:  # noqa: PLR2004 - from and until
        return TimeProblem(Mistake.MORE_TIMES if len(times) > 2 else Mistake.NO_TIME)  # noqa: PLR2004
    begins, ends = times
    return TimeProblem(Mistake.SAME_TIMES, f"{begins:%H:%M}") if begins == ends else Quiet(begins, ends)


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time: the first of two, or the first moment after a gap that it falls into."""
    wall = datetime.combine(day, at)
    early, late = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if _wall(early, zone) == wall:
        return early
    # The clocks are put forward somewhere between the two; what stands before that shows an earlier time.
    seconds = range(int(early.timestamp()), int(late.timestamp()) + 1)
    passed = bisect_left(seconds, wall, key=lambda second: _wall(datetime.fromtimestamp(second, UTC), zone))
    return datetime.fromtimestamp(seconds[passed], UTC)


def slot_by(schedule: Schedule, zone: ZoneInfo, now: datetime) -> Slot:
    """The newest slot whose time has come."""
    if schedule.at is None:
        return _hour(now)
    today = now.astimezone(zone).date()
    back = (today - number * DAY for number in range(_DAYS_LOOKED_AT))
    return next(slot for slot in _slots(schedule, zone, back) if slot.at <= now)


def slot_after(schedule: Schedule, zone: ZoneInfo, now: datetime) -> Slot:
    """The first slot whose time has not come."""
    if schedule.at is None:
        return _hour(now + HOUR)
    # The slot of a day may be moved into the next one, by a gap at midnight.
    first = now.astimezone(zone).date() - DAY
    ahead = (first + number * DAY for number in range(_DAYS_LOOKED_AT))
    return next(slot for slot in _slots(schedule, zone, ahead) if slot.at > now)


def quiet_until(quiet: Quiet | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours of now end; None where there are none."""
    if quiet is None:
        return None
    today = now.astimezone(zone).date()
    over_night = DAY if quiet.ends < quiet.begins else timedelta(0)
    for day in (today - DAY, today):
        ends = moment_of(day + over_night, quiet.ends, zone)
        if moment_of(day, quiet.begins, zone) <= now < ends:
            return ends
    return None


def _slots(schedule: Schedule, zone: ZoneInfo, days: Iterator[date]) -> Iterator[Slot]:
    for day in days:
        if schedule.at is not None and day.weekday() in schedule.days and _exists(day, zone):
            yield Slot(day.isoformat(), moment_of(day, schedule.at, zone))


def _exists(day: date, zone: ZoneInfo) -> bool:
    """Whether the zone had that date: some have moved over the date line."""
    return moment_of(day, time.min, zone).astimezone(zone).date() == day


def _hour(now: datetime) -> Slot:
    at = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Slot(f"{at:%Y-%m-%dT%HZ}", at)


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _words(text: str) -> list[str]:
    """The words, with lists and `8 am` put together as they are meant."""
    typed = unicodedata.normalize("NFKC", text).casefold()
    typed = re.sub(r"\s*[-–—−~〜～]\s*", "-", typed)
    typed = re.sub(r"(?<=\d)\s+(?=[ap]\.?m\b)", "", typed)
    return re.findall(r"[^\s,;、&+]+", typed)


def _days(word: str) -> frozenset[int] | None:
    """The days that a word names: `weekdays`, `mon`, `Mondays`, `mon-thu`."""
    if word in _NAMED:
        return _NAMED[word]
    begins, dash, ends = word.partition("-")
    first, last = _day(begins), _day(ends) if dash else _day(begins)
    if first is None or last is None:
        return None
    return frozenset((first + number) % 7 for number in range((last - first) % 7 + 1))


def _day(word: str) -> int | None:
    single = word.removesuffix("s") if word.endswith("days") else word
    found = (
        day for day, name in enumerate(_FULL) if len(single) >= _SHORTEST_DAY and name.startswith(single)
    )
    return next(found, None)


def _time(word: str) -> time | None:
    found = _TIME.fullmatch(word)
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= HALF:
            return None
        hour = hour % HALF + (HALF if found["half"].startswith("p") else 0)
    try:
        return time(hour, minute)
    except ValueError:
        return None
