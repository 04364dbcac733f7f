"""What is told: messages, digests, and the platforms that say them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.chats import Chat, Platform, Subscription
from bot.domain.deliveries import Delivery, Gone, NotSent, Outcome, Sent, Settlement
from bot.domain.digests import DigestItem, LastDigest, Part, Untold
from bot.domain.documents import Action, Document
from bot.domain.pacing import Urgency
from bot.domain.schedules import Slot
from bot.domain.stories import Story


class Messenger(Protocol):
    """A platform's way of speaking to a chat. Never raises for what the platform answers."""

    def render(self, document: Document) -> str | None:
        """The text to save and send; None where it is beyond the platform's limits. Pure.

        It leaves room for the buttons of a bulletin, and has none itself.
        """
        ...

    def wait(self, chat: Chat) -> timedelta:
        """For how long this chat cannot be spoken to, whatever else is going on. Does not wait."""
        ...

    def turn(self, chat: Chat, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        """Entered when the bot may make one call to this chat, and nobody else is making one."""
        ...

    async def send(
        self,
        chat: Chat,
        text: str,
        *,
        key: str = "",
        answers: str | None = None,
        silent: bool = False,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        """Send a rendered text as a new message, within a turn.

        `key`: no other message has it, and `find` finds it again by that, where the platform has room for it.
        `answers`: as an answer to this message, which all of the chat see; if that is gone, as one of its own. `silent`:
        without a sound, where the platform can. `actions`: buttons below it, where the platform has them.
        """
        ...

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome | Gone:
        """Replace a message's text and buttons, within a turn; `Sent` also where it already reads so.

        `before`: how it reads, where known.
        """
        ...

    async def find(self, chat: Chat, key: str, since: datetime) -> Sent | NotSent | None:
        """What became of a message that may have been sent after `since`, within a turn; None where nobody can say."""
        ...

    def address_of(self, chat: Chat, message_id: str) -> str | None:
        """Where people of the chat can open a message that it was sent (https); None where that cannot be said. Pure."""
        ...


class Translator(Protocol):
    """A service that puts sentences into another language. What it makes is always told as such."""

    async def translate(self, texts: Sequence[str], source: str, target: str) -> tuple[str, ...] | None:
        """The texts, one by one, from one language into another (BCP 47); None where it cannot be had, or not in time.

        Never raises for what the service does. Equal texts are given equal translations, so that a message that is
        edited keeps its words.
        """
        ...


class NoTranslator:
    """The translator of a bot that has none: everything is told in its own language."""

    async def translate(self, texts: Sequence[str], source: str, target: str) -> tuple[str, ...] | None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """What waits: entries for the desk, messages for the outbox, and since when the oldest of each does."""

    entries: int
    messages: int
    oldest_message: datetime | None
    failed_messages: int
    oldest_entry: datetime | None = None


@dataclass(frozen=True, slots=True)
class DigestLook:
    """A chat whose schedule is to be looked at, and what it was told last."""

    chat: Chat
    last: LastDigest | None


@dataclass(frozen=True, slots=True)
class DigestRecord:
    """All that was decided at one look at a chat's schedule; `chat` is the one that was looked at.

    `slot` is None where none was due. Else a digest of the stories seen from `since` until before `until` is owed, a
    message for each of the `parts`; the stories of `unnamed` are only counted in it. Without parts there was nothing
    to tell.
    """

    chat: Chat
    next_look: datetime
    slot: Slot | None = None
    since: datetime | None = None
    until: datetime | None = None
    parts: tuple[tuple[DigestItem, ...], ...] = ()
    unnamed: tuple[DigestItem, ...] = ()


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that a chat was sent, with its story (of an update, that of the message it answers), for `/why`."""

    delivery: Delivery
    story: Story


class DigestStore(Protocol):
    async def save_digests(self, chat: Chat, now: datetime) -> tuple[int, int]:
        """`save_chat`, and owe what nobody told a chat that wanted only digests and now hears of stories at once.

        That is one message with the stories that are new since its last digest. Answers how many those are, and how many
        that a digest told have developed since: what of them the next digest would have told is owed by no message.
        """
        ...

    async def last_digest(self, chat_id: int) -> LastDigest | None:
        """What the chat was told last; None where it has been told no digest yet."""
        ...

    async def due_digests(
        self, now: datetime, limit: int, platforms: Collection[Platform]
    ) -> tuple[DigestLook, ...]:
        """Chats on the platforms, not paused, whose schedule is to be looked at by now, the longest overdue first.

        That is so after each change of their settings, and at the `next_look` that was recorded last. Reads only.
        """
        ...

    async def untold_stories(
        self, chat_id: int, since: datetime, now: datetime
    ) -> tuple[tuple[Untold, ...], datetime]:
        """The stories for the next digest of a chat, and before when what was seen is in it.

        These are stories with reports seen at or after `since` that the chat may see, of outlets that it does not block and
        on topics that it followed by then, which no digest told it before and which it has not muted; and of those that one
        did tell, the ones to which such a report has brought a development since. What waits for the desk is left to the
        next digest.
        """
        ...

    async def record_digest(self, record: DigestRecord, now: datetime) -> bool:
        """Owe the digest, if any, and note when to look again; all of it, or nothing where the chat was changed since.

        True where messages are owed: no slot of a schedule is told to a chat twice.
        """
        ...

    async def digest_part(self, delivery_id: int) -> Part | None:
        """What a message of a digest tells, in order; None if it is no such message."""
        ...


@dataclass(frozen=True, slots=True)
class Addressee:
    """A chat to which something is owed, and how it wants to hear of what it follows.

    `owed`: bulletins that surely were not sent to it yet.
    """

    chat: Chat
    subscriptions: tuple[Subscription, ...]
    owed: int


class DeliveryStore(Protocol):
    async def addressees(self, chat_ids: Collection[int]) -> Mapping[int, Addressee]:
        """By id: the chats that there are, as they are now."""
        ...

    async def claim_deliveries(
        self,
        now: datetime,
        limit: int,
        *,
        platforms: Collection[Platform] | None = None,
        besides: Collection[int] = (),
        peer: str | None = None,
    ) -> tuple[Delivery, ...]:
        """Messages that are due, at most one a chat, oldest first: first sends before edits.

        Only those of chats on `platforms` (None: any) that are not among `besides` (ids), and where there are several
        processes, in the hands of `peer`. No part of a digest is due
        while an earlier one is, and no answer before the message that its story was folded into.

        A first send is due when `pending` or `uncertain` and its time has come; an edit when `sent` and not muted, its
        wanted revision is newer than the sent one and its time has come. Reads only: `begin_send` takes it. A chat has no
        message due while one of its messages is `sending`, or an earlier one was put off or is soon to be tried again.
        """
        ...

    async def begin_send(
        self, delivery_id: int, text: str, *, heads: int | None = None, peer: str | None = None
    ) -> Delivery | None:
        """Save the text, count the attempt and set `sending`: committed before the call. For an edit the state stays.

        `heads`: the entry whose headline it has, if it is about one story.

        None where it is not to be sent any more: it was folded into another message, or its chat was paused, or is in
        other hands than those of `peer`.
        """
        ...

    async def settle(self, settlement: Settlement) -> None:
        """Write what follows from a call, or from one that was not made. What was folded meanwhile stays so."""
        ...

    async def answered(self, delivery: Delivery) -> Delivery | None:
        """The message that an update answers; `sent_at` is when the chat was told last.

        Where the story was folded into another message, its row with that one's id: a development answers the message
        that told of it among others. None where that surely was not sent, or the
        story is muted; one that was left out has no id.
        """
        ...

    async def message_about(self, chat_id: int, story_id: int) -> Delivery | None:
        """The chat's own message about a story, if it was sent."""
        ...

    async def sent_lately(
        self, chat_id: int, topic_ids: Iterable[int], since: datetime
    ) -> tuple[datetime, ...]:
        """When messages for one of the topics were sent to a chat after `since`, the earliest first."""
        ...

    async def sent_messages(
        self, chat_id: int, limit: int, message_id: str | None = None
    ) -> tuple[SentMessage, ...]:
        """The chat's newest sent messages about a story, newest first, or the one with `message_id`."""
        ...

    async def mute_story(self, chat_id: int, story_id: int, now: datetime, *, muted: bool) -> bool:
        """Have what a chat was sent about a story neither revised nor answered any more, or (`muted` False) again.

        It holds for what the story was merged into, too. False where nothing changed. What came of a story while it was
        muted is shown by a revision that is due now.
        """
        ...

    async def queue_status(self, now: datetime) -> QueueStatus: ...
