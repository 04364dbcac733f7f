"""When an operator is told of what is wrong: once, together, again after hours, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import chain, pairwise, repeat

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alerting import Alert, Group, Grouped, Notice, Timing, due_notice, looked, noticed
from tests.domain.records import HOUR, MINUTE, NOON

TIMING = Timing(wait=2 * MINUTE, interval=15 * MINUTE, repeat=6 * HOUR, quiet=5 * MINUTE)

Wrong = Callable[[int], Iterable[str]]


def told(wrong: Wrong, minutes: int, group: Group = Group.FEEDS) -> list[tuple[int, str, str]]:
    """(minute, what is wrong, what is over) of each message, where one looks each minute."""
    groups: dict[Group, Grouped] = {}
    messages = []
    for minute in range(minutes):
        now = NOON + minute * MINUTE
        groups = looked(groups, [Alert(group, name, "") for name in wrong(minute)], now, TIMING)
        for one, state in list(groups.items()):
            notice = due_notice(one, state, now, TIMING)
            if notice is not None:
                messages.append((minute, " ".join(sorted(notice.wrong)), " ".join(sorted(notice.over))))
                groups[one] = noticed(notice, now)
    return messages


def between(begin: int, end: int, names: str) -> Wrong:
    return lambda minute: names.split() if begin <= minute < end else ()


def test_what_comes_together_is_told_together() -> None:
    """After the wait; and over is told once, an interval after at the earliest."""
    wrong: Wrong = lambda minute: ["a"] * (minute < 30) + ["b"] * (1 <= minute < 30)  # noqa: E731
    assert told(wrong, 120) == [(2, "a b", ""), (34, "", "a b")]


def test_what_passes_by_itself_is_not_told() -> None:
    assert told(between(0, 2, "a"), 60) == []


def test_what_stands_is_repeated_after_hours() -> None:
    assert [minute for minute, _, _ in told(lambda _: ["a"], 15 * 60)] == [2, 362, 722]


def test_what_is_added_waits_for_the_interval() -> None:
    wrong: Wrong = lambda minute: ["a"] + ["b"] * (minute >= 4) + ["c"] * (minute >= 9)  # noqa: E731
    assert told(wrong, 60) == [(2, "a", ""), (17, "a b c", "")]


def test_what_is_over_for_some_is_told_with_what_stands() -> None:
    wrong: Wrong = lambda minute: ["a"] + ["b"] * (minute < 20)  # noqa: E731
    assert told(wrong, 60) == [(2, "a b", ""), (24, "a", "b")]


def test_what_comes_and_goes_is_one_alert() -> None:
    """A gap shorter than the quiet is none."""
    wrong: Wrong = lambda minute: ["a"] if minute % 4 < 3 else []  # noqa: E731
    assert told(wrong, 300) == [(2, "a", "")]


def test_a_group_that_flaps_is_told_once_an_interval() -> None:
    wrong: Wrong = lambda minute: ["a"] if minute % 12 < 4 else []  # noqa: E731
    minutes = [minute for minute, _, _ in told(wrong, 600)]
    assert all(later - earlier >= 15 for earlier, later in pairwise(minutes))


def test_groups_are_told_apart() -> None:
    alerts = [Alert(Group.FEEDS, "a", ""), Alert(Group.LAG, "a", "")]
    groups = looked({}, alerts, NOON, TIMING)
    groups = looked(groups, alerts, NOON + 2 * MINUTE, TIMING)
    notices = [due_notice(one, state, NOON + 2 * MINUTE, TIMING) for one, state in groups.items()]
    assert [notice and notice.group for notice in notices] == [Group.FEEDS, Group.LAG]


def test_what_could_not_be_told_is_told_at_the_next_look() -> None:
    """With what came meanwhile: nothing is marked as told until it is."""
    groups: dict[Group, Grouped] = {}
    for minute in range(5):
        now = NOON + minute * MINUTE
        groups = looked(groups, [Alert(Group.LAG, "a", "")], now, TIMING)
        notice = due_notice(Group.LAG, groups[Group.LAG], now, TIMING)
        assert (notice is not None) == (minute >= 2)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.integers(1, 40)), max_size=20))
def test_never_a_flood_and_nothing_forgotten(runs: list[tuple[set[str], int]]) -> None:
    """However it flaps: an interval between messages, and what stood for an interval and a wait has been told."""
    looks = list(chain.from_iterable(repeat(names, minutes) for names, minutes in runs))
    messages = told(lambda minute: looks[minute] if minute < len(looks) else (), len(looks) + 60)
    minutes = [minute for minute, _, _ in messages]
    assert all(later - earlier >= 15 for earlier, later in pairwise(minutes))
    for name in "abc":
        for begin in range(len(looks) - 20):
            if all(name in look for look in looks[begin : begin + 20]):
                known = [wrong for minute, wrong, _ in messages if minute < begin + 20]
                assert known
                assert name in known[-1].split()
    if messages:
        assert messages[-1][1] == "", "it ends well"


def test_a_group_is_forgotten_once_all_is_well() -> None:
    notice = Notice(Group.LAG, {}, {})
    groups = {Group.LAG: noticed(notice, NOON)}
    assert looked(groups, [], NOON + 14 * MINUTE, TIMING) == groups
    assert looked(groups, [], NOON + 15 * MINUTE, TIMING) == {}
    assert timedelta(0) < TIMING.wait < TIMING.interval < TIMING.repeat
