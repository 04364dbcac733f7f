"""Topics that one process changes while another is the desk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.clock import SimulatedClock
from bot.domain.topics import TopicSpec
from bot.pipeline import Desk
from bot.ports import Stage
from bot.remote import RemoteDesk
from bot.work import LocalQueue
from tests.e2e.test_topics_change import (
    START,
    TOGO,
    TOGO_COUNTS,
    TURKEY,
    TURKEY_COUNTS,
    bring,
    known,
    watching,
)
from tests.e2e.world import World, living
from tests.fakes.chats import ScriptedMessenger


class ToTheDesk(LocalQueue):
    """The word that topics changed reaches the desk of another process."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.heard: list[asyncio.Task[None]] = []

    def wake(self, stage: Stage) -> None:
        if stage is Stage.TOPICS:
            self.heard.append(asyncio.create_task(self._desk.take_up_changes()))


def remote(world: World) -> tuple[RemoteDesk, ToTheDesk]:
    queue = ToTheDesk(world.app.desk)
    parts = world.app.parts
    return RemoteDesk(parts.store, parts.clock, queue, parts.catalog), queue


async def test_the_desk_takes_up_what_another_process_changes(tmp_path: Path) -> None:
    """Made: searched for at once, and in force. Changed: the old is forgotten. Withdrawn: it matches nothing more."""
    clock, messenger = SimulatedClock(START), ScriptedMessenger()
    async with living(tmp_path, watching(), clock, messenger=messenger) as world:
        await bring(world, TURKEY, TOGO)
        desk, queue = remote(world)
        made = await desk.add_topic(world.chat.id, TopicSpec("watch", "Watch", "Turkey"))
        assert made is not None
        assert made.backfilled
        assert await known(world, "watch") == [TURKEY]
        await bring(world, TURKEY_COUNTS)
        assert await known(world, "watch") == [TURKEY_COUNTS, TURKEY]
        changed = await desk.change_topic(made.id, TopicSpec("watch", "Watch", "Togo"))
        assert changed is not None
        assert changed.backfilled
        assert await known(world, "watch") == [TOGO]
        store = world.app.parts.store
        await desk.remove_topic(made.id)
        await asyncio.gather(*queue.heard)
        assert await store.changed_topics() == {}
        before = await store.story_counts([made.id], START)
        await bring(world, TOGO_COUNTS)
        assert await store.story_counts([made.id], START) == before
        assert await desk.add_topic(world.chat.id, TopicSpec("watch", "Watch", "Togo")) is not None
        assert await desk.add_topic(world.chat.id, TopicSpec("watch", "Watch", "Togo")) is None


async def test_what_was_decided_meanwhile_is_forgotten_with_the_rest(tmp_path: Path) -> None:
    """A batch that went by the old query may be stored after the query was changed, and before the desk hears of it."""
    async with living(tmp_path, watching(), SimulatedClock(START), messenger=ScriptedMessenger()) as world:
        desk, queue = remote(world)
        made = await desk.add_topic(world.chat.id, TopicSpec("watch", "Watch", "Turkey"))
        assert made is not None
        await world.app.parts.store.change_topic(made.id, TopicSpec("watch", "Watch", "Togo"))
        await bring(world, TURKEY, TOGO)
        assert await known(world, "watch") == [TURKEY]
        queue.wake(Stage.TOPICS)
        await asyncio.gather(*queue.heard)
        await world.app.desk._search_stored()
        assert await known(world, "watch") == [TOGO]
