"""Having feeds pushed that name a hub: asking hubs, answering what they ask back, and taking what they push."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog

from bot.domain.addresses import host_of
from bot.domain.entries import FeedSpec
from bot.domain.polling import FeedForPoll, Fetched
from bot.domain.websub import LEASE, Push
from bot.ports import Clock, HubClient, Store

log = structlog.get_logger(__name__)

ASKED_AT_ONCE = 8


class Taker(Protocol):
    """Whoever takes up a document of a feed that came by itself."""

    async def take(self, feed: FeedForPoll, spec: FeedSpec, fetched: Fetched) -> None:
        """Read it and store what it brought."""
        ...


class Subscriber:
    """Keeps subscriptions at hubs alive; `callback` is the public address below which hubs reach it, without a token."""

    def __init__(self, store: Store, hubs: HubClient, taker: Taker, clock: Clock, callback: str) -> None:
        self._store = store
        self._hubs = hubs
        self._taker = taker
        self._clock = clock
        self._callback = callback

    async def work(self) -> int:
        """Ask the hubs that are due; answers how many."""
        due = await self._store.pushes_due(self._clock.now(), ASKED_AT_ONCE)
        await asyncio.gather(*map(self._ask, due))
        return len(due)

    async def _ask(self, push: Push) -> None:
        if not push.token:
            push = replace(push, token=secrets.token_urlsafe(24), secret=secrets.token_urlsafe(32))
        # Saved first: the hub may ask back before it has answered.
        await self._store.save_push(push.asked(self._clock.now(), accepted=True))
        if not await self._hubs.ask_hub(push, f"{self._callback}/{push.token}"):
            log.info("hub_failed", feed=push.feed_id, hub=host_of(push.hub.url))
            await self._store.save_push(push.asked(self._clock.now(), accepted=False))

    async def asked_back(self, token: str, mode: str, topic: str, lease: str) -> bool:
        """A hub asks whether a change is meant (`subscribe`), or tells that it was `denied`; whether that is so."""
        found = await self._store.pushed_feed(token)
        if found is None or found[0].hub.topic != topic or mode not in ("subscribe", "denied"):
            return False
        push, now = found[0], self._clock.now()
        if mode == "denied":
            await self._store.save_push(push.denied(now))
            return True
        seconds = int(lease) if lease.isdecimal() and len(lease) < 10 else LEASE.total_seconds()  # noqa: PLR2004 - 30 years
        await self._store.save_push(push.granted(timedelta(seconds=seconds), now))
        return True

    async def knows(self, token: str) -> bool:
        """Whether there is a subscription with this token."""
        return await self._store.pushed_feed(token) is not None

    async def pushed(self, token: str, body: bytes, content_type: str, signature: str) -> None:
        """A hub pushes a document. One that is not signed with the subscription's secret is dropped."""
        found = await self._store.pushed_feed(token)
        if found is None:
            return
        push, feed, spec = found
        if not push.signed(signature, body):
            log.warning("push_not_signed", feed=feed.id)
            return
        address = feed.address(self._clock.now())
        digest = hashlib.blake2b(body, digest_size=16).hexdigest()
        await self._taker.take(feed, spec, Fetched(body, content_type, address, digest))
