"""Digests: each slot is told once, whatever happens in between; what is told, in which order and in which messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.locales import load_speeches
from bot.domain.bulletins import Kind
from bot.domain.chats import Chat, Digests
from bot.domain.digests import (
    MOST_STORIES,
    DigestItem,
    LastDigest,
    Place,
    Row,
    Told,
    Untold,
    choose,
    compose_row,
    divided,
    due_slot,
    lay_out_part,
    since,
)
from bot.domain.documents import Document
from bot.domain.matching import Match
from bot.domain.schedules import HOURLY, Schedule, slot_after, slot_by
from bot.domain.speech import ENGLISH, Speech
from bot.domain.stories import Story
from bot.domain.topics import Topic, TopicSpec
from tests.domain.records import HOUR, MINUTE, NOON, chat, entry, report, story
from tests.domain.test_schedules import INSTANTS, SCHEDULES, ZONES
from tests.fakes.lexicons import small_catalog

CATALOG = small_catalog()
BERLIN = ZoneInfo("Europe/Berlin")
EIGHT = Schedule(time(8))
TRUCE = Topic(1, TopicSpec("truce", "Truce", "truce"))
TALKS = Topic(2, TopicSpec("talks", "Talks", "talks"))
TEN_STORIES = Place(1, 1, 10, 0, NOON)


def wish(schedule: Schedule, set_at: datetime, zone: ZoneInfo) -> Digests:
    return Digests(schedule, set_at, slot_by(schedule, zone, set_at).at)


@given(
    SCHEDULES,
    ZONES,
    INSTANTS,
    st.lists(st.integers(1, 20_000).map(lambda n: timedelta(minutes=n)), min_size=1, max_size=12),
    st.lists(st.sampled_from(["look", "look", "zone", "schedule"]), min_size=12, max_size=12),
    st.lists(ZONES, min_size=12, max_size=12),
    st.lists(SCHEDULES, min_size=12, max_size=12),
)
def test_no_slot_is_told_twice_and_periods_follow_each_other(
    schedule: Schedule,
    zone: ZoneInfo,
    start: datetime,
    waits: list[timedelta],
    happens: list[str],
    zones: list[ZoneInfo],
    schedules: list[Schedule],
) -> None:
    """Whenever it is looked, after however long, and whatever the chat's zone and schedule have become."""
    digests, last, now = wish(schedule, start, zone), None, start
    told: list[tuple[str, str]] = []
    for wait, what, other_zone, other in zip(waits, happens, zones, schedules, strict=False):
        now += wait
        match what:
            case "zone":
                zone = other_zone
            case "schedule":
                digests = replace(digests, schedule=other, set_at=now)
        slot = due_slot(digests, zone, last, now)
        if slot is None:
            continue
        assert start < slot.at <= now
        assert since(digests, last) == (last.until if last else digests.since)
        told.append((str(digests.schedule), slot.key))
        last = LastDigest(*told[-1], now)
        assert due_slot(digests, zone, last, now) is None
    if "schedule" not in happens[: len(waits)] and "zone" not in happens[: len(waits)]:
        assert len(told) == len(set(told))


@given(SCHEDULES, ZONES, INSTANTS, st.integers(1, 40))
def test_looking_once_behind_each_slot_tells_each(
    schedule: Schedule, zone: ZoneInfo, start: datetime, slots: int
) -> None:
    """Through changes of clocks; looking again at once tells nothing."""
    digests, last, now = wish(schedule, start, zone), None, start
    assert due_slot(digests, zone, None, now) is None
    for _ in range(slots):
        coming = slot_after(schedule, zone, now)
        assert due_slot(digests, zone, last, coming.at - timedelta(microseconds=1)) is None
        now = coming.at + MINUTE
        assert due_slot(digests, zone, last, now) == coming
        last = LastDigest(str(schedule), coming.key, now)
        assert due_slot(digests, zone, last, now) is None


def test_slots_that_were_missed_are_told_in_one() -> None:
    """Of several the newest is due, and its period begins where the last one ended."""
    digests = wish(EIGHT, datetime(2025, 8, 1, 12, tzinfo=UTC), BERLIN)
    last = LastDigest("08:00", "2025-08-02", datetime(2025, 8, 2, 6, 0, 1, tzinfo=UTC))
    now = datetime(2025, 8, 9, 12, tzinfo=UTC)
    slot = due_slot(digests, BERLIN, last, now)
    assert slot is not None
    assert slot.key == "2025-08-09"
    assert since(digests, last) == last.until


def test_a_changed_schedule_begins_with_its_next_slot_and_leaves_nothing_out() -> None:
    """A time of today that has passed is not made up for; the next digest tells all since the last."""
    digests = wish(Schedule(time(9), frozenset({0})), datetime(2025, 8, 1, tzinfo=UTC), BERLIN)
    last = LastDigest("mon 09:00", "2025-08-04", datetime(2025, 8, 4, 7, tzinfo=UTC))
    changed_at = datetime(2025, 8, 7, 12, tzinfo=UTC)
    digests = replace(digests, schedule=EIGHT, set_at=changed_at)
    assert due_slot(digests, BERLIN, last, changed_at + HOUR) is None
    slot = due_slot(digests, BERLIN, last, changed_at + 24 * HOUR)
    assert slot is not None
    assert slot.key == "2025-08-08"
    assert since(digests, last) == last.until


def test_a_slot_that_was_told_is_told_in_no_other_zone() -> None:
    """Its date begins anew further west."""
    set_at = datetime(2025, 8, 1, tzinfo=UTC)
    digests, tokyo, new_york = (
        wish(EIGHT, set_at, BERLIN),
        ZoneInfo("Asia/Tokyo"),
        ZoneInfo("America/New_York"),
    )
    eight_in_tokyo = datetime(2025, 8, 9, 23, tzinfo=UTC)
    slot = due_slot(digests, tokyo, None, eight_in_tokyo)
    assert slot is not None
    assert slot.key == "2025-08-10"
    last = LastDigest("08:00", slot.key, eight_in_tokyo)
    for hours in range(36):
        assert due_slot(digests, new_york, last, eight_in_tokyo + hours * HOUR) is None


def told(id_: int, *outlets: str, topics: dict[int, float] | None = None, last: datetime = NOON) -> Story:
    """A story by these outlets, each in its own words."""
    reports = [
        report(entry(f"Story {id_} as of {outlet}", id_=id_ * 10 + place, outlet=outlet, published=last))
        for place, outlet in enumerate(outlets)
    ]
    matches = tuple(Match(topic, score, ()) for topic, score in (topics or {1: 1.0}).items())
    return replace(story(*reports), id=id_, matches=matches)


def chosen(*stories: Story, of: Chat | None = None) -> list[DigestItem]:
    rows, _ = choose(list(map(Untold, stories)), [TRUCE, TALKS], of or chat(), CATALOG)
    return [row.item for row in rows]


def test_stories_stand_by_topic_then_by_outlets_then_by_age() -> None:
    """Topics in their order; within one what more independent outlets report, then the newest."""
    stories = (
        told(1, "Reuters", last=NOON - HOUR),
        told(2, "Reuters"),
        told(3, "Reuters", "TASS", last=NOON - 2 * HOUR),
        told(4, "Reuters", "TASS", "NHK", topics={2: 1.0}),
    )
    assert chosen(*stories) == [DigestItem(3, 1), DigestItem(2, 1), DigestItem(1, 1), DigestItem(4, 2)]


def test_a_story_of_two_topics_stands_once_where_it_fits_best() -> None:
    assert chosen(told(1, "TASS", topics={1: 0.5, 2: 0.9})) == [DigestItem(1, 2)]
    assert chosen(told(1, "TASS", topics={1: 0.9, 2: 0.9})) == [DigestItem(1, 1)]


def test_what_the_chat_does_not_follow_or_blocks_is_not_told() -> None:
    stories = told(1, "TASS"), told(2, "TASS", "NHK"), told(3, "NHK", topics={7: 1.0})
    assert chosen(*stories, of=chat(blocked=["TASS"])) == [DigestItem(2, 1)]


def test_the_most_reported_stories_are_named_and_the_others_counted() -> None:
    few = [told(number, "TASS", topics={1: 1.0}) for number in range(1, MOST_STORIES + 1)]
    much = [told(number, "TASS", "NHK", topics={2: 1.0}) for number in range(100, 103)]
    rows, unnamed = choose(list(map(Untold, (*few, *much))), [TRUCE, TALKS], chat(), CATALOG)
    assert len(rows) == MOST_STORIES
    assert {row.item.story_id for row in rows} >= {100, 101, 102}
    assert [item.story_id for item in unnamed] == [3, 2, 1]


def row(number: int = 1, message_id: str | None = None, *outlets: str) -> Row:
    named = outlets or ("Reuters",)
    composed = compose_row(Told(told(number, *named), 1, message_id), chat(), CATALOG)
    assert composed is not None
    return composed


def test_what_has_developed_since_it_was_told_is_told_by_that() -> None:
    """As an update, in its place by how many tell of it; and not at all where there are only other words for the same."""
    agreed, signed = "Ukraine and Russia agree to ceasefire", "Strike on Kharkiv kills 12 after the ceasefire"
    first = report(entry(agreed, id_=1, seen=NOON - HOUR))
    news = report(entry(signed, id_=2, outlet="TASS", seen=NOON + HOUR))
    grown = replace(story(first, news), matches=(Match(1, 1.0, ()),))
    (line,), _ = choose([Untold(grown, NOON)], [TRUCE, TALKS], chat(), CATALOG)
    assert line.bulletin.headline.text == signed
    assert line.bulletin.kind is Kind.UPDATE
    assert CATALOG.style.update in laid_out(line).plain
    assert choose([Untold(replace(grown, reports=(first,)), NOON)], [TRUCE], chat(), CATALOG) == ((), ())
    whole = compose_row(Told(grown, 1), chat(), CATALOG)
    assert whole is not None
    assert whole.bulletin.kind is Kind.FIRST


@given(st.integers(0, 40), st.integers(1, 9))
def test_parts_hold_all_stories_in_order_and_as_many_as_fit(stories: int, room: int) -> None:
    rows = [Row(DigestItem(number, 1), row().bulletin) for number in range(stories)]
    parts = divided(rows, lambda some: len(some) <= room)
    assert [item for part in parts for item in part] == [one.item for one in rows]
    assert all(len(part) == room for part in parts[:-1])
    assert all(parts)


def test_a_story_that_fits_nowhere_is_a_part_of_its_own() -> None:
    assert [len(part) for part in divided([row(1), row(2)], lambda _: False)] == [1, 1]


def laid_out(
    *rows: Row,
    place: Place = TEN_STORIES,
    repeat: bool = False,
    zone: str = "UTC",
    speech: Speech = ENGLISH,
) -> Document:
    address_of = {"m7": "https://chat.example/7"}.get
    to, topics = chat(time_zone=zone), [TRUCE]
    return next(lay_out_part(rows, place, to, topics, CATALOG, address_of, speech, possible_repeat=repeat))


def test_what_a_digest_says() -> None:
    """Each story in a line below its topic: marks, headline, outlet, how many report it, when it began."""
    said = laid_out(row(1, None, "Reuters", "TASS"), row(2), zone="Asia/Tokyo")
    assert said.plain.replace("\N{NO-BREAK SPACE}", " ").splitlines() == [
        "🗞 Digest: 10 stories since Sat 9 Aug 21:00 JST",
        "",
        "Truce",
        "⚡️ Story 1 as of Reuters — Reuters · 2 independent · Sat 12:00",
        "⚡️ Story 2 as of Reuters — Reuters · Sat 12:00",
    ]


@pytest.mark.parametrize(
    ("language", "heading", "topic", "told"),
    [
        ("ja", "🗞 ダイジェスト：10 件（8月9日(土) 12:00 UTC 以降）", "停戦", " · 独立2媒体 · 12:00 (土)"),
        (
            "ru",
            "🗞 Дайджест: 10 сюжетов. Начало периода: сб, 9 авг. 12:00 UTC",
            "Перемирие",
            " · 2 независимых источника · сб 12:00",
        ),
    ],
)
def test_a_digest_is_furnished_in_the_language_of_its_chat(
    language: str, heading: str, topic: str, told: str
) -> None:
    """With the topics' names there; headlines stay their outlets' own."""
    said = laid_out(row(1, None, "Reuters", "TASS"), speech=load_speeches()[language])
    first, _, name, line = said.plain.replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert (first, name) == (heading, topic)
    assert line == f"⚡️ Story 1 as of Reuters — Reuters{told}"


def test_a_story_links_to_its_bulletin_where_that_can_be_opened() -> None:
    """And its outlet to the report then; else the headline does."""
    for message_id, links in (
        ("m7", ["https://chat.example/7", "https://example.org/1"]),
        ("m8", ["https://example.org/1"]),
        (None, ["https://example.org/1"]),
    ):
        said = laid_out(row(1, message_id))
        assert [span.href for one in said.lines for span in one if span.href] == links


def test_only_the_last_part_says_how_many_more_there_are() -> None:
    parts = [laid_out(row(), place=Place(number, 2, 1_300, 1_240, NOON)).plain for number in (1, 2)]
    assert parts[0].startswith("🗞 Digest: 1,300 stories since")
    assert "more:" not in parts[0]
    assert parts[1].startswith("🗞 Digest, part 2 of 2\n")
    assert parts[1].endswith("\n… and 1,240 more: /latest")


def test_a_possible_repeat_says_so() -> None:
    assert "possibly a repeat" in laid_out(row(), repeat=True).plain
    assert "possibly a repeat" not in laid_out(row()).plain


def test_a_part_that_has_grown_too_long_can_be_said_shorter() -> None:
    """At last without links, which cost room too; no story is left out."""
    long = entry("word " * 50, id_=5)
    one = compose_row(Told(story(report(long)), 1), chat(), CATALOG)
    assert one is not None
    versions = list(lay_out_part([one], TEN_STORIES, chat(), [TRUCE], CATALOG, lambda _: None))
    lengths = [len(version.plain) for version in versions]
    assert lengths == sorted(lengths, reverse=True)
    assert all("Reuters" in version.plain for version in versions)
    assert not any(span.href for one in versions[-1].lines for span in one)


def test_hours_are_told_each() -> None:
    digests = wish(HOURLY, NOON + MINUTE, BERLIN)
    assert due_slot(digests, BERLIN, None, NOON + HOUR - MINUTE) is None
    assert due_slot(digests, BERLIN, None, NOON + HOUR) is not None


@pytest.mark.parametrize("hours", [1, 24 * 40])
def test_a_first_digest_tells_of_a_whole_period(hours: int) -> None:
    """From the slot before it was asked for, however late the first one is."""
    digests = wish(EIGHT, NOON, BERLIN)
    assert since(digests, None) == datetime(2025, 8, 9, 6, tzinfo=UTC)
    slot = due_slot(digests, BERLIN, None, NOON + hours * HOUR)
    assert (slot is None) == (hours == 1)
