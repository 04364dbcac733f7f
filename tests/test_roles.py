"""What one process alone does: taking it, standing by, losing it, giving it back; and when another one is dead."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from structlog.testing import capture_logs

from bot import roles
from bot.roles import (
    ALIVE_FOR,
    ALL_ROLES,
    BEAT_SECONDS,
    CUT_OFF_FOR,
    SETTLED_FOR,
    LostHoldError,
    Role,
    Sign,
    Witness,
    Work,
    dead,
    read_roles,
    while_held,
)
from tests.fakes.work import until_told

NOON = datetime(2025, 8, 9, 12, tzinfo=UTC)
BEAT = timedelta(seconds=BEAT_SECONDS)


class AwayError(Exception):
    """The database is away."""


@dataclass(slots=True)
class FakeHold:
    """One of those that want the same: `taken` says who has it. `away`: nobody reaches the database."""

    name: str
    taken: ClassVar[list[str]] = []
    away: bool = False

    def take(self) -> bool:
        self._reach()
        if not self.taken:
            self.taken.append(self.name)
        return self.taken == [self.name]

    def keep(self) -> None:
        self._reach()
        if not self.take():
            raise LostHoldError

    def release(self) -> None:
        if self.taken == [self.name]:
            self.taken.clear()

    def _reach(self) -> None:
        if self.away:
            raise AwayError


@dataclass(slots=True)
class Worker:
    """A process that wants to do the work: `runs` counts how often it began, `working` says whether it does."""

    hold: FakeHold
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    end: asyncio.Event = field(default_factory=asyncio.Event)
    runs: int = 0
    working: bool = False
    breaks: bool = False

    def begin(self) -> asyncio.Task[None]:
        return asyncio.create_task(while_held(self.hold, Work(self._work, "work"), self.stop))

    async def _work(self) -> None:
        self.runs, self.working = self.runs + 1, True
        try:
            if self.breaks:
                self.breaks = False
                raise AwayError
            await self.end.wait()
        finally:
            self.working = False

    async def until(self, *, working: bool) -> None:
        async with asyncio.timeout(10):
            while self.working != working:  # noqa: ASYNC110 - it is a flag
                await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeHold.taken.clear()
    for name in ("LOOK_SECONDS", "TRY_SECONDS", "OUTAGE_SECONDS"):
        monkeypatch.setattr(roles, name, 0.01)


@pytest.fixture
def one() -> Worker:
    return Worker(FakeHold("one"))


@pytest.fixture
def two() -> Worker:
    return Worker(FakeHold("two"))


async def test_who_stands_by_takes_over(one: Worker, two: Worker) -> None:
    """Never do two work at once; the first one's end lets the second one begin."""
    first = one.begin()
    await one.until(working=True)
    second = two.begin()
    await asyncio.sleep(0.05)
    assert not two.working
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert not one.working
    await two.until(working=True)
    two.end.set()
    await second
    assert FakeHold.taken == []


async def test_whose_hold_is_lost_stops_and_stands_by(one: Worker) -> None:
    """Another was faster after an outage; once that one is gone, it begins anew."""
    task = one.begin()
    await one.until(working=True)
    FakeHold.taken[:] = ["two"]
    await one.until(working=False)
    assert FakeHold.taken == ["two"]
    FakeHold.taken.clear()
    await one.until(working=True)
    assert one.runs == 2
    one.end.set()
    await task


async def test_an_outage_alone_stops_nobody(one: Worker) -> None:
    """Nobody else can take the hold meanwhile. It is told of once, not at each look, and so is its end."""
    with capture_logs() as logs:
        task = one.begin()
        await one.until(working=True)
        one.hold.away = True
        await until_told(logs, "hold_not_reached")
        await asyncio.sleep(0.05)
        assert one.working
        one.hold.away = False
        await until_told(logs, "hold_reached")
        one.end.set()
        await task
    assert one.runs == 1
    assert [log["event"] for log in logs] == ["took", "hold_not_reached", "hold_reached"]


async def test_who_begins_in_an_outage_waits_for_its_end(one: Worker) -> None:
    one.hold.away = True
    task = one.begin()
    await asyncio.sleep(0.05)
    assert not one.working
    one.hold.away = False
    await one.until(working=True)
    one.end.set()
    await task


async def test_work_that_fails_is_begun_anew(one: Worker) -> None:
    one.breaks = True
    task = one.begin()
    async with asyncio.timeout(10):
        while one.runs < 2:  # noqa: ASYNC110 - it is a number
            await asyncio.sleep(0.005)
    one.end.set()
    await task


async def test_a_stop_ends_standing_by(one: Worker) -> None:
    """At once, however long it would have waited."""
    FakeHold.taken[:] = ["two"]
    task = one.begin()
    await asyncio.sleep(0.03)
    one.stop.set()
    await asyncio.wait_for(task, 10)
    assert (one.runs, FakeHold.taken) == (0, ["two"])


def test_who_has_just_begun_does_not_judge() -> None:
    """Others are heard of a little later after an outage; but for longer than a dead one counts as alive nobody waits."""
    witness = Witness()
    judged = [witness.heard(NOON + number * BEAT) for number in range(5)]
    assert judged[:2] == [False, False]
    assert judged[-1]
    assert 4 * BEAT < ALIVE_FOR


def test_an_outage_makes_a_witness_begin_anew() -> None:
    witness = Witness()
    assert [witness.heard(NOON + number * BEAT) for number in range(5)][-1]
    back = NOON + 5 * BEAT + ALIVE_FOR
    assert [witness.heard(back + number * BEAT) for number in range(5)] == [*[False] * 4, True]


MINUTE = timedelta(minutes=1)


def sign(name: str, silent: timedelta, connected: timedelta | None = MINUTE) -> Sign:
    """Of a process that was last heard of so long before noon."""
    return Sign(name, NOON - silent + ALIVE_FOR, connected)


@pytest.mark.parametrize(
    ("other", "gone"),
    [
        (sign("other", BEAT), False),
        (sign("other", ALIVE_FOR - BEAT), False),
        (sign("other", ALIVE_FOR), True),
        (sign("other", BEAT, None), False),
        (sign("other", CUT_OFF_FOR, None), True),
    ],
)
def test_who_is_dead(other: Sign, *, gone: bool) -> None:
    """Who is silent for long; for less, where the connection has ended: one that is made anew with the next beat says nothing."""
    assert dead([sign("judge", BEAT), other], "judge", NOON) == ({"other"} if gone else frozenset())
    assert BEAT < CUT_OFF_FOR


@pytest.mark.parametrize("own", [None, SETTLED_FOR - BEAT])
def test_who_has_just_connected_holds_no_lost_connection_against_others(own: timedelta | None) -> None:
    """The server was perhaps started anew, and with it all connections ended."""
    judge, cut_off, silent = sign("judge", BEAT, own), sign("a", CUT_OFF_FOR, None), sign("b", ALIVE_FOR)
    assert dead([judge, cut_off, silent], "judge", NOON) == {"b"}
    assert dead([cut_off, silent], "judge", NOON) == {"b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("poll", {Role.POLL}),
        ("Desk, send", {Role.DESK, Role.SEND}),
        ("poll desk send chat", ALL_ROLES),
    ],
)
def test_roles_are_read(text: str, expected: frozenset[Role]) -> None:
    assert read_roles(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("sned", "no role sned"), ("", "--roles poll,send")])
def test_what_names_no_role_is_told(text: str, expected: str) -> None:
    problem = read_roles(text)
    assert isinstance(problem, str)
    assert expected in problem
