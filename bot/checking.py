"""`sokuho check`: validates the configuration, tries every feed, and says what to fix, line by line.

Of feeds that answer well it says what is odd about them by what is stored, where something is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.progress import Progress

from bot.app import network
from bot.clock import SystemClock
from bot.domain.addresses import shown
from bot.domain.entries import FeedSpec
from bot.domain.polling import Failed, FeedForPoll, Fetched, is_silent, tells_of_burst
from bot.domain.speech import ENGLISH
from bot.ports import FeedStatus, Fetcher, Parser
from bot.settings.environment import Environment
from bot.settings.toml import TomlFile
from bot.storage.looking import feeds_in

AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """What one feed answered: `problem` is None where it is well, else a sentence; `newest` is its newest entry's date."""

    spec: FeedSpec
    entries: int = 0
    newest: datetime | None = None
    problem: str | None = None


async def check_feeds(
    feeds: Sequence[FeedSpec], fetcher: Fetcher, parser: Parser
) -> AsyncIterator[FeedCheck]:
    """Try each feed once; results come as they are had."""
    places = asyncio.Semaphore(AT_ONCE)

    async def check(spec: FeedSpec) -> FeedCheck:
        async with places:
            return await check_feed(spec, fetcher, parser)

    for finished in asyncio.as_completed([asyncio.ensure_future(check(spec)) for spec in feeds]):
        yield await finished


async def check_feed(spec: FeedSpec, fetcher: Fetcher, parser: Parser) -> FeedCheck:
    """Fetch and parse one feed."""
    fetched = await fetcher.fetch(FeedForPoll(0, spec.url, user=spec.user))
    if not isinstance(fetched, Fetched):
        reason = fetched.reason if isinstance(fetched, Failed) else "«not modified» to a first question"
        return FeedCheck(spec, problem=reason)
    parsed = await parser.parse(fetched)
    if isinstance(parsed, Failed):
        return FeedCheck(spec, problem=parsed.reason)
    dates = [entry.published for entry in parsed.entries if entry.published]
    return FeedCheck(
        spec,
        entries=len(parsed.entries),
        newest=max(dates, default=None),
        problem=None if parsed.entries else "a feed without entries; is there a fuller one of this outlet?",
    )


def odd(status: FeedStatus, now: datetime) -> Iterator[str]:
    """What may be wrong with a feed that answers well."""
    if is_silent(status.rate, status.last_new, status.last_success, now) and status.last_new:
        yield f"nothing new since {status.last_new:%Y-%m-%d}, which is unusually long for it"
    if status.last_burst and tells_of_burst(status.last_burst, now):
        yield (
            f"at {status.last_burst:%Y-%m-%d %H:%M} UTC it brought more at once than it lists; some may be missing. "
            "Is there a fuller feed, or can it be asked more often?"
        )


async def check_and_tell(feeds: Sequence[FeedSpec], environment: Environment) -> bool:
    """Try the feeds with progress, then say what to fix, by file and line; answers whether all are well."""
    file = TomlFile.read(environment.config_dir / "feeds.toml")
    lines = {feed.url: file.line(("feeds", index, "url")) for index, feed in enumerate(feeds)}
    stored = {status.spec.url: status for status in feeds_in(environment.store_url)}
    console = Console(stderr=True)
    checks: list[FeedCheck] = []
    async with network(SystemClock(), environment.contact, environment.private_networks) as (fetcher, parser):
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("Trying the feeds", total=len(feeds))
            async for check in check_feeds(feeds, fetcher, parser):
                checks.append(check)
                bar.advance(task)
    failed = [check for check in checks if check.problem]
    for check in sorted(checks, key=lambda check: lines[check.spec.url]):
        for remark in _remarks(check, stored, SystemClock().now()):
            print(
                f"{file.name}:{lines[check.spec.url]}: {check.spec.outlet} <{shown(check.spec.url)}>: {remark}"
            )
    entries = ENGLISH.plural("{n} entry", "{n} entries", sum(check.entries for check in checks))
    print(f"Feeds: {len(checks) - len(failed)} well, {len(failed)} to look at, {entries}.")
    return not failed


def _remarks(check: FeedCheck, stored: Mapping[str, FeedStatus], now: datetime) -> Sequence[str]:
    if check.problem:
        return [check.problem]
    status = stored.get(check.spec.url)
    return list(odd(status, now)) if status else []
