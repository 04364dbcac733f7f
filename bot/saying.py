"""What a message of the outbox says: the documents, in ever shorter versions, that a platform may choose from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from bot.domain.background import pick_background
from bot.domain.bulletins import Bulletin, catch_up, lay_out, shortened
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.composing import compose
from bot.domain.deliveries import Delivery, DeliveryKind, Occasion
from bot.domain.digests import compose_row, lay_out_part
from bot.domain.documents import Action, Document, faint, link
from bot.domain.speech import Speech, Speeches, speech_for
from bot.domain.stories import Story, of_chat, readable
from bot.domain.topics import Topic
from bot.domain.translating import to_translate, translated
from bot.domain.updates import compose_update
from bot.ports import Addressee, Messenger, Newsdesk, Store, Translator

T = TypeVar("T")

MOST_FOLDED = 25
"""Stories that a message for what was missed may name."""

EARLIER_STORIES = 30
"""Stories among which what was before is looked for."""

Address = Callable[[str], str | None]
"""The address of a message, by its id, where it has one."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says. `story`: the one it is about, if it is about one. `answers`: the id of the message it answers.

    `actions`: what its readers may do with it. `heads`: the entry whose headline it has.
    """

    documents: Iterable[Document]
    story: Story | None = None
    answers: str | None = None
    actions: tuple[Action, ...] = ()
    heads: int | None = None


class Reading:
    """What the messages of one round read of the store: what many of them tell is read once.

    It is read behind the claim of those messages, so it is never older than the revision that they want.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._read: dict[tuple[object, ...], asyncio.Future[Any]] = {}

    async def story(self, story_id: int) -> Story | None:
        return await self.once(("story", story_id), lambda: self.store.story(story_id))

    async def topics(self, ids: tuple[int, ...]) -> tuple[Topic, ...]:
        return await self.once(("topics", *ids), lambda: self.store.topics(ids))

    async def earlier(
        self, topic_ids: tuple[int, ...], before: datetime, feeds: frozenset[int]
    ) -> tuple[Story, ...]:
        """Stories on the topics that were opened before, among which what a story goes back to is looked for."""
        return await self.once(
            ("earlier", before, feeds, *topic_ids),
            lambda: self.store.latest_stories(topic_ids, EARLIER_STORIES, before=before, feeds=feeds),
        )

    async def once(self, key: tuple[object, ...], read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `read` answers, to all who ask by the same key."""
        if key not in self._read:
            self._read[key] = asyncio.ensure_future(read())
        # Who gives up waiting leaves the others theirs.
        found: T = await asyncio.shield(self._read[key])
        return found


@dataclass(frozen=True, slots=True)
class Worded:
    """What a message says, as its platform will be given it: `text` is None where it fits into no message."""

    text: str | None
    said: Said


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes messages from what is stored."""

    reading: Reading
    newsdesk: Newsdesk
    translator: Translator
    speeches: Speeches

    async def word(self, delivery: Delivery, to: Addressee, messenger: Messenger) -> Worded | None:
        """None where nothing is left to say. A bulletin for chats that read alike is worded once for all of them."""
        if not self._follows(delivery, to):
            return None
        alike = _alike(delivery, to.chat)
        story = await self.reading.story(delivery.story_id) if alike and delivery.story_id else None
        if alike is None or story is None or story.merged_into is not None:
            return await self._word(delivery, to, messenger)
        return await self.reading.once(alike, lambda: self._word(delivery, to, messenger))

    async def _word(self, delivery: Delivery, to: Addressee, messenger: Messenger) -> Worded | None:
        said = await self._say(delivery, to.chat, partial(messenger.address_of, to.chat))
        if said is None:
            return None
        return Worded(next(filter(None, map(messenger.render, said.documents)), None), said)

    async def _say(self, delivery: Delivery, chat: Chat, address_of: Address) -> Said | None:
        """None where nothing is left to say."""
        if delivery.occasion is Occasion.DIGEST:
            return await self._digest(delivery, chat, address_of)
        if delivery.answers is not None:
            return await self._update(delivery, chat)
        if delivery.story_id is None:
            return await self._folded(delivery, chat)
        return await self._bulletin(delivery, delivery.story_id, chat, address_of)

    async def confirmed(self, delivery: Delivery, chat: Chat) -> bool:
        """Whether it is a bulletin that bears the mark of what several outlets report."""
        story = await self._story(delivery.story_id, chat) if delivery.story_id is not None else None
        if story is None:
            return False
        catalog = self.newsdesk.catalog()
        return catalog.style.confirmed in compose(story, chat, (), catalog).marks

    async def _bulletin(
        self, delivery: Delivery, story_id: int, chat: Chat, address_of: Address
    ) -> Said | None:
        story = await self._story(story_id, chat)
        if story is None:
            return None
        topics = await self.reading.topics(delivery.topic_ids)
        catalog = self.newsdesk.catalog()
        found = await self.reading.earlier(delivery.topic_ids, story.opened, chat.feeds)
        earlier = [of_chat(one, chat) for one in found]
        bulletin = compose(
            story,
            chat,
            topics,
            catalog,
            first_sent=None if delivery.corrected else delivery.sent_at,
            heads=None if delivery.corrected else delivery.heads,
            possible_repeat=delivery.possible_repeat,
            background=pick_background(story, earlier, chat, catalog),
        )
        if delivery.corrected:
            bulletin = replace(bulletin, marks=(catalog.style.correction, *bulletin.marks[1:]))
        said = await self._said(bulletin, story, chat, catalog)
        if story.merged_into is None:
            return said
        goes_on = await self._goes_on(story.merged_into, chat, address_of)
        return replace(said, documents=map(partial(_with_line, goes_on), said.documents))

    async def _update(self, delivery: Delivery, chat: Chat) -> Said | None:
        """An answer to the first message; nothing where that was not sent, since it says all by itself then."""
        first = await self.reading.store.answered(delivery)
        if first is None or first.story_id is None or first.sent_at is None:
            return None
        story = await self._story(first.story_id, chat)
        if story is None:
            return None
        topics = await self.reading.topics(delivery.topic_ids)
        catalog = self.newsdesk.catalog()
        bulletin = compose_update(
            story,
            chat,
            topics,
            catalog,
            told=first.sent_at,
            of=delivery.brings,
            possible_repeat=delivery.possible_repeat,
        )
        if bulletin is None:
            return None
        return await self._said(bulletin, story, chat, catalog, answers=first.message_id)

    async def _said(
        self, bulletin: Bulletin, story: Story, chat: Chat, catalog: Catalog, answers: str | None = None
    ) -> Said:
        """A bulletin laid out in the chat's language, in ever shorter versions, with its buttons."""
        bulletin = await self._in_their_language(bulletin, chat, catalog)
        speech = self._speech(chat)
        documents = (lay_out(shorter, catalog.style, speech) for shorter in shortened(bulletin))
        return Said(documents, story, answers, buttons_of_bulletin(speech), bulletin.heads)

    async def _folded(self, delivery: Delivery, chat: Chat) -> Said | None:
        catalog = self.newsdesk.catalog()
        occasion = delivery.occasion or Occasion.PAUSE
        stories, total = await self.reading.store.folded_stories(delivery.id, MOST_FOLDED)
        kept = [shown for shown in (readable(story, chat) for story in stories) if shown.reports]
        total -= len(stories) - len(kept)
        if not total:
            return None
        speech, repeat = self._speech(chat), delivery.possible_repeat
        return Said(catch_up(kept, total, chat, catalog, speech, occasion, possible_repeat=repeat))

    async def _digest(self, delivery: Delivery, chat: Chat, address_of: Address) -> Said | None:
        part = await self.reading.store.digest_part(delivery.id)
        seen = [replace(one, story=readable(one.story, chat)) for one in part.told] if part else []
        catalog = self.newsdesk.catalog()
        composed = (compose_row(one, chat, catalog) for one in seen if one.story.reports)
        rows = [row for row in composed if row is not None]
        if part is None or not rows:
            return None
        documents = lay_out_part(
            rows,
            part.place,
            chat,
            await self.reading.topics(tuple(sorted({row.item.topic_id for row in rows}))),
            catalog,
            address_of,
            self._speech(chat),
            possible_repeat=delivery.possible_repeat,
        )
        return Said(documents)

    async def _story(self, story_id: int, chat: Chat) -> Story | None:
        """The story as this chat may see it, if there is anything of it that it may."""
        whole = await self.reading.story(story_id)
        story = readable(whole, chat) if whole else None
        return story if story is not None and story.reports else None

    def _follows(self, delivery: Delivery, to: Addressee) -> bool:
        """Whether the chat wants it still: what was sent is revised even where none of its topics are followed."""
        if delivery.kind is DeliveryKind.EDIT or not delivery.topic_ids or delivery.occasion is not None:
            return True
        return any(one.topic_id in delivery.topic_ids for one in to.subscriptions)

    async def _goes_on(self, story_id: int, chat: Chat, address_of: Address) -> Document:
        """Where the story goes on that turned out to be the same as this one."""
        story = await self._story(story_id, chat)
        message = await self.reading.store.message_about(chat.id, story_id)
        if story is None or message is None:
            return Document(())
        # As the chat knows it: what came since has not changed that.
        told = compose(
            story, chat, (), self.newsdesk.catalog(), first_sent=message.sent_at, heads=message.heads
        )
        address = address_of(message.message_id) if message.message_id else None
        goes_on = self._speech(chat).tell(
            "↪️ The same event goes on in: {headline}", tone=faint, headline=link(told.headline.text, address)
        )
        return Document((goes_on,))

    def _speech(self, chat: Chat) -> Speech:
        return speech_for(chat, self.speeches)

    async def _in_their_language(self, bulletin: Bulletin, chat: Chat, catalog: Catalog) -> Bulletin:
        """The bulletin as it is, or translated where the chat cannot read it and there is somebody who can."""
        asked = to_translate(bulletin, chat)
        if asked is None:
            return bulletin
        texts = await self.translator.translate(asked.texts, asked.source, asked.target)
        return bulletin if texts is None else translated(bulletin, asked, texts, catalog)


def _alike(delivery: Delivery, chat: Chat) -> tuple[object, ...] | None:
    """By which bulletins that say the same are known; None where this one is about its chat alone."""
    if delivery.kind is not DeliveryKind.NEW or delivery.story_id is None or delivery.sent_at is not None:
        return None
    reader = replace(chat, id=0, address="", title="", digests=None, quiet=None, invited=False)
    said = delivery.story_id, delivery.topic_ids, delivery.possible_repeat, delivery.corrected, delivery.heads
    return *said, reader


def buttons_of_bulletin(speech: Speech) -> tuple[Action, ...]:
    """What they do is about the message that holds them, so they are the same for all. Short: they stand in one row."""
    return (
        Action(speech.say("🔕 Mute"), "/mute"),
        Action(speech.say("➕ More"), "/more"),
        Action(speech.say("➖ Less"), "/less"),
        Action(speech.say("❓ Why"), "/why"),
    )


def _with_line(more: Document, document: Document) -> Document:
    return replace(document, lines=(*document.lines, *more.lines))
