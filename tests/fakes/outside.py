"""The internet, as far as the guard is concerned: this machine's loopback."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.polling import FeedForPoll, FetchResult
from bot.ports import Fetcher


@dataclass(frozen=True, slots=True)
class Outside:
    """A `bot.ports.Fetcher` for which loopback is public: what chats name is asked for there, too."""

    fetcher: Fetcher

    async def fetch(self, feed: FeedForPoll) -> FetchResult:
        return await self.fetcher.fetch(replace(feed, public_only=False))
