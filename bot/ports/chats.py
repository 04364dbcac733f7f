"""Who is told: chats, their places and their platforms' installations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.chats import Chat, Platform, Subscription
from bot.domain.deliveries import Occasion
from bot.domain.installations import Installation
from bot.domain.stories import Story
from bot.domain.topics import Topic, TopicSpec


class ChatStore(Protocol):
    async def ensure_chat(
        self,
        platform: Platform,
        address: str,
        title: str,
        now: datetime,
        *,
        time_zone: str = "UTC",
        language: str = "",
    ) -> Chat:
        """The chat at this address, made with default settings if it is new. A known one keeps its settings."""
        ...

    async def chat(self, chat_id: int) -> Chat | None: ...

    async def save_chat(self, chat: Chat) -> None:
        """Write all of a known chat's settings. What is held for quiet hours is due, and digests are looked at, anew."""
        ...

    async def pause_chat(self, chat_id: int, reason: str, now: datetime) -> None:
        """Pause a chat that takes no messages; the rest of its settings stays. One that is paused stays as it is."""
        ...

    async def sync_topics(self, topics: Sequence[TopicSpec], now: datetime) -> tuple[Topic, ...]:
        """Make `topics` (by slug) the ones on offer to every chat; others are withdrawn with their subscriptions kept.

        One whose query changed forgets what it matched. It, new ones and those that come back are to be backfilled.
        Answers those on offer, in this order.
        """
        ...

    async def changed_topics(self) -> Mapping[int, Topic | None]:
        """By id: the topics that stored entries are yet to be searched for, None for one that was withdrawn since."""
        ...

    async def unmatch(self, topic_ids: Collection[int]) -> None:
        """Forget what these topics matched."""
        ...

    async def topics(self, ids: Iterable[int] | None = None) -> tuple[Topic, ...]:
        """Every live topic, or those of `ids` alone: first what is on offer, in the configured order, then by id.

        There may be very many: nothing that happens often may ask for all.
        """
        ...

    async def visible_topics(self, chat_id: int) -> tuple[Topic, ...]:
        """The live topics a chat may know of: its own first, by id, then those on offer. Nobody sees another chat's."""
        ...

    async def chats_topics(self, after: int, limit: int) -> tuple[Topic, ...]:
        """Live topics of chats with ids above `after`, by id: all of them by the page."""
        ...

    async def add_topic(self, chat_id: int, spec: TopicSpec, now: datetime) -> Topic | None:
        """Make a topic of this chat; None where the slug is taken in this chat or on offer."""
        ...

    async def change_topic(self, topic_id: int, spec: TopicSpec) -> Topic | None:
        """Give a chat's topic another name, slug or query; its subscriptions and what was sent for it stay.

        With another query it forgets what it matched and is to be backfilled. None where there is no such topic (any
        more), or the slug is another one's in this chat or on offer.
        """
        ...

    async def remove_topic(self, topic_id: int) -> None:
        """Withdraw a chat's topic and end its subscriptions. What it matched is kept."""
        ...

    async def subscribe(self, chat_id: int, topic_id: int, now: datetime) -> bool:
        """False where it was subscribed already."""
        ...

    async def unsubscribe(self, chat_id: int, topic_id: int) -> bool:
        """False where it was not subscribed."""
        ...

    async def save_subscriptions(self, subscriptions: Iterable[Subscription]) -> None:
        """Write how chats want to hear of topics; what is held is looked at anew. One that has ended stays so."""
        ...

    async def subscriptions(
        self, chat_id: int | None = None, *, to: Iterable[int] | None = None
    ) -> tuple[Subscription, ...]:
        """Those of one chat, or of all, to live topics: to any, or to the topics `to` (ids)."""
        ...

    async def subscribed_chats(self, topic_ids: Iterable[int]) -> tuple[Chat, ...]:
        """Chats with a subscription to one of the topics, each once."""
        ...


class PlaceStore(Protocol):
    async def chat_at(self, platform: Platform, address: str) -> Chat | None:
        """The chat at this address, if it is known."""
        ...

    async def chats(self, platform: Platform, place: str | None = None) -> tuple[Chat, ...]:
        """The chat at `place` and those that are parts of it; without `place`, every chat of the platform."""
        ...

    async def move_chats(self, platform: Platform, place: str, to: str) -> int:
        """The chats within `place` are within `to` from now on, with all they have; answers how many there were.

        A chat that is at the new address already is merged into the one that moves there.
        """
        ...

    async def remember_command(self, key: str, command: str, now: datetime) -> None:
        """Keep the command behind a button that has no room for it."""
        ...

    async def remembered_command(self, key: str) -> str | None: ...


class ResumeStore(Protocol):
    async def resume_chat(self, chat_id: int, now: datetime) -> int:
        """End a chat's pause, and owe it in one message all that it missed; answers how many stories that is.

        Missed are messages still owed, and stories with reports seen since the pause began that it would have been
        told of. They are `folded` into the message, and count as told. A chat that is not paused misses nothing.

        Parts of a digest that are still owed stay as they are. A chat that wants only digests is told in the next one;
        of another the next one tells what comes from now on.
        """
        ...

    async def folded_stories(self, delivery_id: int, limit: int) -> tuple[tuple[Story, ...], int]:
        """The stories that a message tells in one, the one last reported on first, and how many there are in all."""
        ...

    async def fold_held(self, chat_id: int, occasion: Occasion, most: int, now: datetime) -> int:
        """Owe in one message what is held, where that is more than `most` messages.

        Answers how many stories that is, 0 where they are to come one by one. Possible repeats come by themselves.
        """
        ...

    async def fold_late(self, chat_id: int, most: int, before: datetime, now: datetime) -> int:
        """Owe in one message what is owed of stories that were published, or to be told, before a time.

        Only where that is more than `most` messages; answers of how many stories, 0 where they are to come one by one.
        """
        ...

    async def held_messages(self, chat_id: int) -> int:
        """How many messages wait for the end of the chat's quiet hours."""
        ...


class InstallationStore(Protocol):
    """Slack workspaces that installed the app. What it holds of a token was encrypted before."""

    async def installations(self) -> tuple[Installation, ...]: ...

    async def save_installation(self, installation: Installation) -> None:
        """Keep it, in the place of an earlier one of the same workspace."""
        ...

    async def remove_installation(self, team: str, until: datetime) -> bool:
        """Forget a workspace's installation if it was made by then, and not later; answers whether there was one."""
        ...

    async def expect_install(self, key: str, until: datetime, now: datetime) -> None:
        """Somebody has begun an installation, which `key` stands for until then. What has expired is forgotten."""
        ...

    async def take_install(self, key: str, now: datetime) -> bool:
        """Whether `key` is expected; from then on it is not."""
        ...
