"""The open stories as the desk remembers them, and what is a development of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.clustering import MOST_REPORTS, WINDOW, PlacedReport
from bot.domain.ledger import KnownReport, Ledger, develops, in_passing
from bot.domain.matching import Evidence, Part
from bot.domain.profiles import Profile
from tests.domain.records import HOUR, MINUTE, NOON
from tests.fakes.lexicons import small_lexicon


def known(
    id_: int,
    *topics: int,
    story: int = 1,
    voice: str = "",
    tells: bool = True,
    repeat: bool = False,
    says: str = "",
) -> KnownReport:
    """A report seen `id_` hours after noon that `says` terms of any language."""
    at = NOON + id_ * HOUR
    profile = Profile("en", {f"word{id_}": 1.0}, dict.fromkeys(says.split(), 1.0), tells=tells)
    placed = PlacedReport(id_, story, at, at, voice or f"Outlet {id_}", f"Report {id_}", profile)
    return KnownReport(placed, frozenset(topics), repeat, f"Outlet {id_}")


@pytest.mark.parametrize(
    ("reports", "topics"),
    [
        ([known(1, 10)], {10}),
        ([known(1, 10), known(2)], {10}),
        ([known(1, 10), known(2), known(3)], set()),
        ([known(1, 10), known(2, 10, 11), known(3), known(4), known(5)], {10}),
        # Opinion and round-ups neither bring a topic nor take one away.
        ([known(1, 10), known(2, tells=False), known(3, tells=False)], {10}),
        ([known(1), known(2, 10, tells=False)], set()),
        # But where there is nothing else, they are all there is.
        ([known(1, 10, tells=False)], {10}),
        ([], set()),
    ],
)
def test_a_story_has_a_topic_while_those_do_that_tell_it(
    reports: list[KnownReport], topics: set[int]
) -> None:
    """Of the reports that are news, enough fit it by their own words."""
    assert Ledger(reports).topics(1) == topics


@pytest.mark.parametrize(
    ("places", "passing"),
    [
        ([("title", 22)], True),
        ([("title", 0)], False),
        ([("title", 0), ("title", 22)], False),
        ([("title", 22), ("summary", 22)], False),
        ([], False),
    ],
)
def test_what_a_title_says_in_passing(places: list[tuple[Part, int]], *, passing: bool) -> None:
    """Its story is not of that, unless something else in the entry speaks for it."""
    reasons = [Evidence("talks", part, start, None, 1.0) for part, start in places]
    assert in_passing("Mayor resigns after talks on truce", reasons) is passing


def test_voices() -> None:
    """Each outlet with its owner; who only repeats another's headline is none."""
    ledger = Ledger(
        [known(1, voice="BBC"), known(2, voice="BBC"), known(3), known(4, repeat=True), known(5, story=5)]
    )
    assert ledger.voices(1) == {"Outlet 1": "BBC", "Outlet 2": "BBC", "Outlet 3": "Outlet 3"}
    assert (ledger.voices(5), ledger.voices(9)) == ({"Outlet 5": "Outlet 5"}, {})


def test_a_report_that_is_put_again_is_replaced() -> None:
    """It keeps its place."""
    ledger = Ledger([known(1, 10), known(2)])
    ledger.put(known(1, 11))
    assert ledger.reports(1) == (known(1, 11), known(2))
    assert ledger.topics(1) == {11}


def test_stories_that_merged_are_one() -> None:
    """With the reports of both in the order in which they came; a third joins what is left."""
    ledger = Ledger([known(1, 10), known(2, story=2), known(3), known(4, story=2)])
    ledger.merge(2, 1)
    assert [one.placed.entry_id for one in ledger.reports(1)] == [1, 2, 3, 4]
    assert {one.placed.story_id for one in ledger.reports(1)} == {1}
    assert ledger.reports(2) == ()
    assert ledger.topics(1) == frozenset()  # one of four fits it


def test_what_is_too_old_is_forgotten() -> None:
    """Reports seen before the window, and stories that have none left."""
    ledger = Ledger([known(1, 10), known(2), known(3, story=3)])
    ledger.forget(NOON + HOUR + WINDOW)
    assert len(ledger.reports(1)) == 2
    ledger.forget(NOON + HOUR + WINDOW + MINUTE)
    assert ledger.reports(1) == (known(2),)
    assert ledger.topics(1) == frozenset()
    ledger.forget(NOON + 3 * HOUR + WINDOW + MINUTE)
    assert (ledger.reports(1), ledger.reports(3)) == ((), ())


class Watched(datetime):
    """An instant that counts how often it is compared."""

    looks = 0

    def __lt__(self, other: Any) -> bool:
        Watched.looks += 1
        return bool(super().__lt__(other))


def test_forgetting_costs_by_what_is_forgotten() -> None:
    """Not by all that is known: a batch comes every few seconds."""
    ledger = Ledger()
    for number in range(300):
        one = known(number, story=number // 3)
        at = one.placed.seen
        seen = Watched(at.year, at.month, at.day, at.hour, tzinfo=UTC)
        ledger.put(replace(one, placed=replace(one.placed, seen=seen)))
    Watched.looks = 0
    ledger.forget(NOON + WINDOW)
    ledger.forget(NOON + WINDOW + HOUR + MINUTE)
    assert len(ledger.reports(0)) == 1
    assert Watched.looks < 60


def test_of_a_story_that_everybody_reports_on_the_newest_reports_are_known() -> None:
    """However many come, also by merging, and after a restart the same ones."""
    reports = [known(number, 10, story=number % 2) for number in range(2 * MOST_REPORTS + 8)]
    ledger = Ledger(reports)
    newest = [one.placed.entry_id for one in reports]
    assert [one.placed.entry_id for one in ledger.reports(0)] == newest[::2][-MOST_REPORTS:]
    ledger.merge(1, 0)
    assert [one.placed.entry_id for one in ledger.reports(0)] == newest[-MOST_REPORTS:]
    assert Ledger(replace(one, placed=replace(one.placed, story_id=0)) for one in reports).reports(
        0
    ) == ledger.reports(0)
    # A revision of one that is known no more changes nothing.
    ledger.put(replace(reports[0], topics=frozenset({11})))
    assert [one.placed.entry_id for one in ledger.reports(0)] == newest[-MOST_REPORTS:]
    assert len(ledger.alike.reports) == MOST_REPORTS


def test_a_query_that_changed_fits_other_reports() -> None:
    """Those that were found, in whatever story, and no others; other topics stay."""
    ledger = Ledger([known(1, 10, 11), known(2, 10), known(3, story=3)])
    ledger.refit(10, {2, 3})
    assert [one.topics for one in (*ledger.reports(1), *ledger.reports(3))] == [{11}, {10}, {10}]


KNOWN = "c:ua c:ru c:ceasefire n:15"


@pytest.mark.parametrize(
    ("says", "new"),
    [
        (KNOWN, False),
        (f"{KNOWN} n:300", False),
        (f"{KNOWN} n:300 n:20", True),
        (f"{KNOWN} c:az n:300", True),
        (f"{KNOWN} c:az c:am", True),
        # Who stands for somebody that was named is not new.
        (f"{KNOWN} c:zelensky c:az", False),
        (f"{KNOWN} c:putin", False),
        # A kind of event is a development by itself, unless one of its family was told.
        (f"{KNOWN} c:strike", True),
        (f"{KNOWN} c:peace-deal", False),
        ("s:istanbul s:ankara c:nobody-knows", False),
    ],
)
def test_developments(says: str, new: bool) -> None:
    """A new kind of event, or two new actors or numbers."""
    assert develops(known(9, says=says).placed, [known(1, says=KNOWN)], small_lexicon()) is new


def test_what_any_report_said_is_known() -> None:
    """Not only the first one's; and opinion brings nothing."""
    told = [known(1, says=KNOWN), known(2, says="c:strike n:300")]
    assert not develops(known(9, says="c:strike n:300").placed, told, small_lexicon())
    opinion = replace(
        known(9, says="c:summit n:7 n:8").placed,
        profile=replace(known(9, tells=False).placed.profile, shared={"c:summit": 1.0}),
    )
    assert not develops(opinion, told, small_lexicon())
