"""The desk as a process sees it that does not decide: topics are changed in the store, and the desk takes that up."""

from __future__ import annotations

import asyncio

from bot.domain.catalog import Catalog
from bot.domain.topics import Topic, TopicSpec
from bot.ports import Clock, Stage, Store, WorkQueue

LOOKS = 20
LOOK_SECONDS = 0.05
"""A person who made a topic waits for a second at most until the stored entries were searched."""


class RemoteDesk:
    """A `ports.Newsdesk` beside the one that decides."""

    def __init__(self, store: Store, clock: Clock, queue: WorkQueue, catalog: Catalog) -> None:
        self._store = store
        self._clock = clock
        self._queue = queue
        self._catalog = catalog

    def catalog(self) -> Catalog:
        return self._catalog

    def adopt(self, catalog: Catalog) -> None:
        """Work by this configuration from now on."""
        self._catalog = catalog

    async def add_topic(self, chat_id: int, spec: TopicSpec) -> Topic | None:
        return await self._searched(await self._store.add_topic(chat_id, spec, self._clock.now()))

    async def change_topic(self, topic_id: int, spec: TopicSpec) -> Topic | None:
        return await self._searched(await self._store.change_topic(topic_id, spec))

    async def remove_topic(self, topic_id: int) -> None:
        await self._store.remove_topic(topic_id)
        self._queue.wake(Stage.TOPICS)

    async def _searched(self, topic: Topic | None) -> Topic | None:
        if topic is None or topic.backfilled:
            return topic
        self._queue.wake(Stage.TOPICS)
        for _ in range(LOOKS):
            await asyncio.sleep(LOOK_SECONDS)
            found = await self._store.topics([topic.id])
            if found and found[0].backfilled:
                return found[0]
        return topic
