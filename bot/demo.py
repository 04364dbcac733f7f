"""A recorded day in a minute: a loopback server publishes it, the real pipeline polls it, a console chat shows it.

The day is `config/demo/`, every sentence of it our own. The clock is shifted to that day and runs fast; nothing else
differs from a real run: HTTP, conditional requests, the parser's process, SQLite, the outbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from pathlib import Path
from xml.sax.saxutils import escape

from aiohttp import web
from pydantic import AwareDatetime, Field

from bot.domain.entries import FeedSpec
from bot.domain.outlets import Outlet, Outlets
from bot.ports import Clock
from bot.settings.files import OutletTable
from bot.settings.toml import ConfigProblem, TableModel, TomlFile

FEED_WINDOW = 20
"""How many items a feed shows at a time, the newest first."""


class DemoFeedTable(TableModel):
    path: str
    outlet: str
    language: str
    country: str = ""
    title: str = ""


class DemoEntryTable(TableModel):
    feed: str
    id: str
    published: AwareDatetime
    title: str
    summary: str = ""
    link: str = Field(pattern=r"^https://example\.org/")


class DemoRevisionTable(TableModel):
    feed: str
    id: str
    published: AwareDatetime
    title: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """The day's feeds, outlets, entries in order of time, and later revisions of them."""

    feeds: tuple[DemoFeedTable, ...]
    outlets: tuple[Outlet, ...]
    entries: tuple[DemoEntryTable, ...]
    revisions: tuple[DemoRevisionTable, ...]

    @property
    def begins(self) -> datetime:
        return self.entries[0].published.astimezone(UTC)

    @property
    def ends(self) -> datetime:
        times = [
            *(entry.published for entry in self.entries),
            *(revision.published for revision in self.revisions),
        ]
        return max(times).astimezone(UTC)

    def with_outlets(self, outlets: Outlets) -> Outlets:
        """The demo's outlets beside the real ones."""
        return Outlets.of([*outlets.by_name.values(), *self.outlets])

    def specs(self, server: str) -> tuple[FeedSpec, ...]:
        """The feeds as the configuration would name them, on a server at this address."""
        return tuple(
            FeedSpec(f"{server}/{feed.path}", feed.outlet, feed.language, feed.country, feed.title)
            for feed in self.feeds
        )


def read_day(folder: Path) -> RecordedDay | tuple[ConfigProblem, ...]:
    """The recorded day in `folder`, or what is wrong with its files."""
    feeds_file, outlets_file = TomlFile.read(folder / "feeds.toml"), TomlFile.read(folder / "outlets.toml")
    entry_files = [TomlFile.read(path) for path in sorted(folder.glob("entries*.toml"))]
    feeds = tuple(table for _, table in feeds_file.tables("feeds", DemoFeedTable))
    outlets = tuple(Outlet(**table.model_dump()) for _, table in outlets_file.tables("outlets", OutletTable))
    entries = [table for file in entry_files for _, table in file.tables("entries", DemoEntryTable)]
    revisions = [table for file in entry_files for _, table in file.tables("revisions", DemoRevisionTable)]
    problems = [problem for file in (feeds_file, outlets_file, *entry_files) for problem in file.problems]
    if not entries and not problems:
        problems = [
            ConfigProblem(
                f"{folder.name}/entries.toml", 1, "there is no [[entries]]; the demo has nothing to show"
            )
        ]
    if problems:
        return tuple(problems)
    return RecordedDay(
        feeds,
        outlets,
        tuple(sorted(entries, key=lambda entry: entry.published)),
        tuple(sorted(revisions, key=lambda revision: revision.published)),
    )


@asynccontextmanager
async def publishing(day: RecordedDay, clock: Clock) -> AsyncIterator[str]:
    """A loopback server that shows each feed as it stands at the clock's time; yields its address."""

    async def show(request: web.Request) -> web.Response:
        now = clock.now()
        feed = next((feed for feed in day.feeds if feed.path == request.match_info["path"]), None)
        if feed is None:
            raise web.HTTPNotFound
        body = _as_rss(feed, _shown(day, feed, now)).encode()
        etag = blake2b(body, digest_size=8).hexdigest()
        if request.headers.get("If-None-Match") == f'"{etag}"':
            return web.Response(status=304, headers={"ETag": f'"{etag}"'})
        return web.Response(
            body=body, content_type="application/rss+xml", charset="utf-8", headers={"ETag": f'"{etag}"'}
        )

    application = web.Application()
    application.router.add_get("/{path}", show)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def _shown(day: RecordedDay, feed: DemoFeedTable, now: datetime) -> tuple[DemoEntryTable, ...]:
    """The newest items of a feed at `now`, each in its latest wording."""
    revised = {
        (revision.feed, revision.id): revision for revision in day.revisions if revision.published <= now
    }
    out = [entry for entry in day.entries if entry.feed == feed.path and entry.published <= now]
    return tuple(
        _reworded(entry, revised.get((entry.feed, entry.id))) for entry in reversed(out[-FEED_WINDOW:])
    )


def _reworded(entry: DemoEntryTable, revision: DemoRevisionTable | None) -> DemoEntryTable:
    if revision is None:
        return entry
    return entry.model_copy(update={"title": revision.title, "summary": revision.summary or entry.summary})


def _as_rss(feed: DemoFeedTable, entries: Iterable[DemoEntryTable]) -> str:
    items = "".join(
        f"<item><guid isPermaLink='false'>{escape(entry.id)}</guid><title>{escape(entry.title)}</title>"
        f"<link>{escape(entry.link)}</link><description>{escape(entry.summary)}</description>"
        f"<pubDate>{format_datetime(entry.published)}</pubDate></item>\n"
        for entry in entries
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n<rss version='2.0'><channel>"
        f"<title>{escape(feed.outlet)}</title><link>https://example.org/</link>"
        f"<description>Sokuho's recorded day</description>\n{items}</channel></rss>\n"
    )


def pace(day: RecordedDay, seconds: float) -> float:
    """How fast the clock has to run for the day to pass in `seconds`."""
    return (day.ends - day.begins) / timedelta(seconds=seconds)


def before(day: RecordedDay) -> datetime:
    """Where the demo's clock stands at first: before anything is published."""
    return day.begins - timedelta(hours=1)
