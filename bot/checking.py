"""`sokuho check`: validates the configuration, tries every feed, and says what to fix, line by line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.progress import Progress

from bot.app import network
from bot.clock import SystemClock
from bot.domain.addresses import shown
from bot.domain.entries import FeedSpec
from bot.domain.polling import Failed, FeedForPoll, Fetched
from bot.domain.speech import ENGLISH
from bot.ports import Fetcher, Parser
from bot.settings.environment import Environment
from bot.settings.toml import TomlFile

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


async def check_and_tell(feeds: Sequence[FeedSpec], environment: Environment) -> bool:
    """Try the feeds with progress, then say what to fix, by file and line; answers whether all are well."""
    file = TomlFile.read(environment.config_dir / "feeds.toml")
    lines = {feed.url: file.line(("feeds", index, "url")) for index, feed in enumerate(feeds)}
    console = Console(stderr=True)
    checks: list[FeedCheck] = []
    async with network(SystemClock(), environment.contact, environment.private_networks) as (fetcher, parser):
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("Trying the feeds", total=len(feeds))
            async for check in check_feeds(feeds, fetcher, parser):
                checks.append(check)
                bar.advance(task)
    failed = [check for check in checks if check.problem]
    for check in sorted(failed, key=lambda check: lines[check.spec.url]):
        print(
            f"{file.name}:{lines[check.spec.url]}: {check.spec.outlet} <{shown(check.spec.url)}>: {check.problem}"
        )
    entries = ENGLISH.plural("{n} entry", "{n} entries", sum(check.entries for check in checks))
    print(f"Feeds: {len(checks) - len(failed)} well, {len(failed)} to look at, {entries}.")
    return not failed
