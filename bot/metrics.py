"""`/metrics` for Prometheus: what happens is counted as it is told, what waits is looked up when somebody asks.

Labels have few values, all of them our own: no chat, no feed, no address, nothing that anybody typed.
"""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Sequence
from datetime import datetime, timedelta

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.domain.facts import Decided, Fact, Polled, Settled, Waited
from bot.ports import Clock, FeedStatus, QueueStatus, Store

LAG_SECONDS = (15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 86400)
WAIT_SECONDS = (0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """An `Observer`, and the page that shows what it observed. Each has a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._polls = Counter("sokuho_polls", "Feeds asked.", ["outcome"], registry=self.registry)
        self._entries = self._counter("entries", "New entries stored.")
        self._revisions = self._counter("revisions", "Entries whose text changed.")
        self._judged = self._counter("judged_entries", "Entries that the desk decided about.")
        self._matches = self._counter("matches", "Entries that fitted a topic, once for each topic.")
        self._stories = Counter(
            "sokuho_stories",
            "Stories opened, joined by a report, or merged.",
            ["change"],
            registry=self.registry,
        )
        self._intents = self._counter("intents", "Messages that became owed.")
        self._deliveries = Counter(
            "sokuho_deliveries", "Messages tried.", ["platform", "kind", "outcome"], registry=self.registry
        )
        self._lag = self._histogram("lag_seconds", "From publication to delivery of a message.", LAG_SECONDS)
        self._wait = Histogram(
            "sokuho_limiter_wait_seconds",
            "How long answers and messages waited for their turn.",
            ["platform", "kind"],
            buckets=WAIT_SECONDS,
            registry=self.registry,
        )
        self._feeds = Gauge("sokuho_feeds", "Feeds that are watched.", ["state"], registry=self.registry)
        self._queue = Gauge("sokuho_queue", "What waits.", ["stage"], registry=self.registry)
        self._age = Gauge(
            "sokuho_queue_age_seconds",
            "How late the oldest is that waits.",
            ["stage"],
            registry=self.registry,
        )
        self._failed = Gauge("sokuho_failed_messages", "Messages that were given up.", registry=self.registry)

    def __call__(self, fact: Fact) -> None:
        match fact:
            case Polled(outcome, entries, revisions):
                self._polls.labels(outcome).inc()
                self._entries.inc(entries)
                self._revisions.inc(revisions)
            case Decided():
                self._judged.inc(fact.entries)
                self._matches.inc(fact.matches)
                for change in ("opened", "joined", "merged"):
                    self._stories.labels(change).inc(getattr(fact, change))
                self._intents.inc(fact.intents)
            case Waited(platform, urgency, wait):
                self._wait.labels(platform, urgency.name.lower()).observe(wait.total_seconds())
            case Settled(platform, _, kind, outcome, _):
                self._deliveries.labels(platform or "none", kind, outcome).inc()

    def delivered(self, lag: timedelta) -> None:
        """A message was delivered so long after its report was published."""
        self._lag.observe(lag.total_seconds())

    def page(self, feeds: Sequence[FeedStatus], queue: QueueStatus, now: datetime) -> bytes:
        """All of it, in Prometheus' text format."""
        states = Counted("failing" if one.failures else "well" for one in feeds)
        for state in ("well", "failing"):
            self._feeds.labels(state).set(states[state])
        self._failed.set(queue.failed_messages)
        waiting = (
            ("desk", queue.entries, queue.oldest_entry),
            ("outbox", queue.messages, queue.oldest_message),
        )
        for stage, number, oldest in waiting:
            self._queue.labels(stage).set(number)
            late = now - oldest if oldest else timedelta(0)
            self._age.labels(stage).set(max(late.total_seconds(), 0.0))
        return generate_latest(self.registry)

    def route(self, store: Store, clock: Clock) -> web.RouteDef:
        """`/metrics`, over this store."""

        async def answer(_: web.Request) -> web.Response:
            now = clock.now()
            body = self.page(await store.feed_statuses(counted=False), await store.queue_status(now), now)
            return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

        return web.get("/metrics", answer)

    def _counter(self, name: str, what: str) -> Counter:
        return Counter(f"sokuho_{name}", what, registry=self.registry)

    def _histogram(self, name: str, what: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"sokuho_{name}", what, buckets=buckets, registry=self.registry)
