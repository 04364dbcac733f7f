"""The demo's recorded day: read like the configuration, and shown as its feeds stood at any time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.demo import FEED_WINDOW, RecordedDay, _shown, before, pace, read_day
from tests.settings.folders import write

OWN = Path(__file__).parents[2] / "config" / "demo"
NOON = datetime(2025, 8, 8, 12, tzinfo=UTC)

FEEDS = '[[feeds]]\npath = "wire"\noutlet = "Wire"\nlanguage = "en"\n[[feeds]]\npath = "other"\noutlet = "O"\nlanguage = "ja"\n'
OUTLETS = '[[outlets]]\nname = "Wire"\n'


def entry(id_: str, at: str, feed: str = "wire", title: str = "Title") -> str:
    return (
        f'[[entries]]\nfeed = "{feed}"\nid = "{id_}"\npublished = 2025-08-08T{at}Z\n'
        f'title = "{title} {id_}"\nlink = "https://example.org/{id_}"\n'
    )


def revision(id_: str, at: str) -> str:
    return (
        f'[[revisions]]\nfeed = "wire"\nid = "{id_}"\npublished = 2025-08-08T{at}Z\ntitle = "Revised {id_}"\n'
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "demo/feeds.toml", FEEDS)
    write(tmp_path, "demo/outlets.toml", OUTLETS)
    entries = entry("late", "14:00:00") + entry("early", "12:00:00") + entry("there", "13:00:00", "other")
    write(tmp_path, "demo/entries.toml", entries + revision("early", "15:00:00"))
    return tmp_path / "demo"


def read(folder: Path) -> RecordedDay:
    day = read_day(folder)
    assert isinstance(day, RecordedDay), day
    return day


def shown(day: RecordedDay, hours: float, feed: int = 0) -> list[str]:
    return [item.title for item in _shown(day, day.feeds[feed], NOON + timedelta(hours=hours))]


def test_a_day(folder: Path) -> None:
    """Entries come in order of time; the day lasts from the first to the last thing that happens."""
    day = read(folder)
    assert [item.id for item in day.entries] == ["early", "there", "late"]
    assert (day.begins, day.ends) == (NOON, NOON + timedelta(hours=3))
    assert before(day) < day.begins
    assert pace(day, 60) == 180
    assert [spec.url for spec in day.specs("http://127.0.0.1:1")] == [
        "http://127.0.0.1:1/wire",
        "http://127.0.0.1:1/other",
    ]


def test_a_feed_shows_what_is_out(folder: Path) -> None:
    """The newest first, each in its latest wording, of this feed alone, and nothing before its time."""
    day = read(folder)
    assert shown(day, -0.1) == []
    assert shown(day, 0) == ["Title early"]
    assert shown(day, 2.5) == ["Title late", "Title early"]
    assert shown(day, 3) == ["Title late", "Revised early"]
    assert shown(day, 3, feed=1) == ["Title there"]


def test_a_feed_has_a_window(folder: Path) -> None:
    """Only the newest items are shown, as real feeds do."""
    write(folder, "entries.toml", "".join(entry(f"{n:02}", f"12:{n:02}:00") for n in range(FEED_WINDOW + 3)))
    titles = shown(read(folder), 1)
    assert len(titles) == FEED_WINDOW
    assert titles[0] == f"Title {FEED_WINDOW + 2:02}"


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ("", "demo/entries.toml:1: there is no [[entries]]; the demo has nothing to show"),
        (
            entry("x", "12:00:00").replace("https://example.org", "https://news.org"),
            "demo/entries.toml:6: “link”: string should match pattern '^https://example\\.org/', not 'https://news.org/x'",
        ),
        (
            entry("x", "12:00:00").replace("Z\n", "\n"),
            "demo/entries.toml:4: “published”: input should have timezone info, not datetime.datetime(2025, 8, 8, 12, 0)",
        ),
    ],
)
def test_mistakes(folder: Path, entries: str, told: str) -> None:
    """A mistake is told with file and line; links lead nowhere real, and times have a zone."""
    write(folder, "entries.toml", entries)
    found = read_day(folder)
    assert isinstance(found, tuple)
    assert [str(problem) for problem in found] == [told]


def test_the_projects_own_day() -> None:
    """The shipped day reads, all of it belongs to its feeds, and every revision to an entry."""
    day = read(OWN)
    paths = {feed.path for feed in day.feeds}
    assert len(paths) == 5
    assert {item.feed for item in day.entries} | {item.feed for item in day.revisions} <= paths
    known = {(item.feed, item.id): item.published for item in day.entries}
    assert len(known) == len(day.entries)
    assert all(known[item.feed, item.id] < item.published for item in day.revisions)
    assert {feed.language for feed in day.feeds} == {"en", "ja", "ru"}
    assert {feed.outlet for feed in day.feeds} <= {outlet.name for outlet in day.outlets}
