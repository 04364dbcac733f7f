"""The chats of the double of the Bot API: what a test sets up, and what a person does in them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from tests.fakes.telegram_state import (
    ANONYMOUS_ADMIN,
    BOT,
    CHANNEL_BOT,
    Chat,
    Json,
    Message,
    Status,
    commands_in,
    member,
    wire,
)

# "all update types except chat_member, message_reaction, and message_reaction_count" (#getupdates)
DEFAULT_UPDATES = frozenset(
    "message edited_message channel_post edited_channel_post callback_query my_chat_member".split()
)


@dataclass(slots=True)
class World:
    """Its dictionaries are what a test may read, and `chats[...].bot` what it may change, without an update."""

    privacy: bool = False
    """Keep from the bot what privacy mode would: core.telegram.org/bots/features#privacy-mode."""

    chats: dict[int, Chat] = field(default_factory=dict)
    users: dict[int, Json] = field(default_factory=dict)
    pending: list[Json] = field(default_factory=list)
    """The updates that the bot has not confirmed."""
    allowed: frozenset[str] = DEFAULT_UPDATES
    queries: set[str] = field(default_factory=set)
    """The callback queries that can be answered."""
    answers: dict[str, Json] = field(default_factory=dict)
    """The parameters of answerCallbackQuery by the id of the query."""
    commands: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    """(command, description) by scope (`default`, `chat:7`, `chat_member:7:8`) and language code ("" for all)."""
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)
    """By `description` or `short_description`, and language code."""
    actions: list[tuple[int, str]] = field(default_factory=list)
    """Chat and action of each sendChatAction."""

    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _last_update: int = 1000
    _last_query: int = 0

    # ---- the state a test sets up

    def user(self, user_id: int, name: str | None = None, language_code: str | None = None) -> Json:
        """Make a person known, or known anew."""
        shown: Json = {"id": user_id, "is_bot": False, "first_name": name or f"User {user_id}"}
        if language_code is not None:
            shown["language_code"] = language_code
        self.users[user_id] = shown
        return shown

    def private(
        self,
        user_id: int,
        name: str | None = None,
        language_code: str | None = None,
        *,
        bot: Status = "member",
    ) -> Chat:
        """A person and the chat with them. `bot`: "left" if never started, "kicked" if blocked, "deactivated"."""
        shown = self.user(user_id, name, language_code)
        chat = Chat(user_id, "private", shown["first_name"], bot, members={user_id: "member"})
        self.chats[user_id] = chat
        return chat

    def group(
        self,
        chat_id: int,
        title: str = "A group",
        type: Literal["group", "supergroup"] = "group",  # noqa: A002 - the API's own word
        *,
        is_forum: bool = False,
        bot: Status = "member",
    ) -> Chat:
        """A group; a forum is always a supergroup, and the number 1 is that of its General topic."""
        kind: Literal["group", "supergroup"] = "supergroup" if is_forum else type
        chat = self.chats[chat_id] = Chat(chat_id, kind, title, bot, is_forum, last_id=1 if is_forum else 0)
        return chat

    def channel(self, chat_id: int, title: str = "A channel", *, bot: Status = "administrator") -> Chat:
        chat = self.chats[chat_id] = Chat(chat_id, "channel", title, bot)
        return chat

    def member(self, chat_id: int, user_id: int, status: Status = "member") -> None:
        """Say what a person is in a group or channel, without an update."""
        self._person(user_id)
        self.chats[chat_id].members[user_id] = status

    def topic(self, chat_id: int, name: str = "A topic") -> int:
        """A topic of a forum that was there before the bot looked; the id of its thread."""
        chat = self.chats[chat_id]
        made = self.add(chat, sender=ANONYMOUS_ADMIN, sender_chat=chat.id)
        made.service = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        made.thread = made.id
        chat.topics.add(made.id)
        return made.id

    def delete_topic(self, chat_id: int, thread: int) -> None:
        """Delete a topic with its messages, of which Telegram tells the bot nothing."""
        chat = self.chats[chat_id]
        chat.topics.discard(thread)
        for message in [message for message in chat.messages.values() if message.thread == thread]:
            del chat.messages[message.id]

    def delete_message(self, chat_id: int, message_id: int) -> None:
        """Delete a message, of which Telegram tells the bot nothing."""
        del self.chats[chat_id].messages[message_id]

    def expire_queries(self) -> None:
        """From now on no callback query that was not answered can be."""
        self.queries.clear()

    # ---- what a person does

    async def say(
        self,
        chat_id: int,
        text: str,
        *,
        user: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
        edited: bool = False,
        anonymous_admin: bool = False,
        as_channel: int | None = None,
    ) -> int:
        """Write a message, or edit the last that the same sender wrote there; its id.

        In a private chat and in a channel the sender is understood; in a group it must be said.
        """
        chat = self._heard(chat_id)
        sender, sender_chat = self._sender(chat, user, anonymous_admin=anonymous_admin, as_channel=as_channel)
        if thread is not None and thread not in chat.topics:
            raise ValueError(f"there is no topic {thread} in {chat_id}")
        if edited:
            message = [
                each
                for each in chat.messages.values()
                if (each.sender, each.sender_chat) == (sender, sender_chat) and not each.service
            ][-1]
            message.edits += 1
            message.edited_at = datetime.now(UTC)
        else:
            message = self.add(chat, sender=sender, sender_chat=sender_chat, thread=thread, reply_to=reply_to)
        message.text, message.entities = text, commands_in(text)
        kind = "channel_post" if chat.type == "channel" else "message"
        if not self._is_private(chat, message):
            self._push(f"edited_{kind}" if edited else kind, wire(message, self.chats))
        return message.id

    async def press(self, message_id: int, chat_id: int, button: str, *, user: int | None = None) -> str:
        """Press the button with this label or callback data; the id of the query."""
        message = self.chats[chat_id].messages[message_id]
        cells = [
            cell
            for row in (message.markup or {}).get("inline_keyboard", [])
            for cell in row
            if "callback_data" in cell and button in (cell["text"], cell["callback_data"])
        ]
        if not cells:
            raise ValueError(f"message {message_id} of {chat_id} has no button {button!r}: {message.buttons}")
        return self._query(message, cells[0]["callback_data"], user)

    async def press_forged(self, data: str, chat_id: int, message_id: int, *, user: int | None = None) -> str:
        """Send callback data that need not be on any button of the message, as a modified client can."""
        return self._query(self.chats[chat_id].messages[message_id], data, user)

    async def change_membership(self, chat_id: int, status: Status, *, user: int | None = None) -> None:
        """Make the bot this in the chat: in a private one, "kicked" if it is blocked and "member" if no longer."""
        chat = self.chats[chat_id]
        by = ANONYMOUS_ADMIN
        if user is not None or chat.type == "private":
            by = self._person(user if user is not None else chat_id)
        self.become(chat, status, by)

    async def migrate(self, group_id: int, supergroup_id: int, *, user: int | None = None) -> None:
        """Make a group a supergroup: two service messages, and the old id is answered with the new."""
        group = self._heard(group_id)
        new = self.group(supergroup_id, group.title, "supergroup", bot=group.bot)
        new.members = dict(group.members)
        sender = self._person(user) if user is not None else ANONYMOUS_ADMIN
        for chat, name, other in (
            (group, "migrate_to_chat_id", new.id),
            (new, "migrate_from_chat_id", group.id),
        ):
            message = self.add(chat, sender=sender)
            message.service = {name: other}
            self._push("message", wire(message, self.chats))
        group.migrated_to = new.id

    # ---- what a test asks

    def messages(self, chat_id: int, thread: int | None = None) -> list[Message]:
        """The bot's messages that are in the chat (in one topic, if `thread` is given), oldest first."""
        return [
            message
            for message in self.chats[chat_id].messages.values()
            if message.by_bot and thread in (None, message.thread)
        ]

    # ---- what the methods of the API do to it

    def add(
        self,
        chat: Chat,
        *,
        sender: Json | None,
        sender_chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
    ) -> Message:
        message = Message(chat.next_id(), chat.id, datetime.now(UTC), thread=thread, reply_to=reply_to)
        message.sender, message.sender_chat = sender, sender_chat
        chat.messages[message.id] = message
        return message

    def become(self, chat: Chat, status: Status, by: Json) -> None:
        old, chat.bot = chat.bot, status
        change = {
            "chat": chat.wire(),
            "from": by,
            "date": int(time.time()),
            "old_chat_member": member(BOT, old),
            "new_chat_member": member(BOT, status),
        }
        self._push("my_chat_member", change)  # #chatmemberupdated

    def changed(self) -> None:
        """Let everybody look again who waits for something."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Wait for the next `changed`."""
        await self._changed.wait()

    def _heard(self, chat_id: int) -> Chat:
        chat = self.chats[chat_id]
        if chat.bot in {"left", "kicked", "deactivated"} or chat.migrated_to is not None:
            raise ValueError(f"the bot hears nothing in {chat_id}")
        return chat

    def _person(self, user_id: int) -> Json:
        return self.users.get(user_id) or self.user(user_id)

    def _sender(
        self, chat: Chat, user: int | None, *, anonymous_admin: bool, as_channel: int | None
    ) -> tuple[Json | None, int | None]:
        if chat.type == "channel":
            return None, chat.id
        if anonymous_admin:
            return ANONYMOUS_ADMIN, chat.id
        if as_channel is not None:
            return CHANNEL_BOT, as_channel
        if user is None and chat.type != "private":
            raise ValueError(f"who writes in {chat.id}?")
        person = self._person(user if user is not None else chat.id)
        chat.members.setdefault(person["id"], "member")
        return person, None

    def _is_private(self, chat: Chat, message: Message) -> bool:
        """Does privacy mode keep it from the bot? It passes on commands and what answers the bot."""
        if not self.privacy or chat.type in {"private", "channel"} or chat.bot == "administrator":
            return False
        replied = chat.messages.get(message.reply_to or 0)
        return not message.text.startswith("/") and not (replied is not None and replied.by_bot)

    def _query(self, message: Message, data: str, user: int | None) -> str:
        chat = self.chats[message.chat_id]
        if user is None and chat.type != "private":
            raise ValueError(f"who presses in {chat.id}?")
        self._last_query += 1
        query_id = str(self._last_query)
        self.queries.add(query_id)
        query = {
            "id": query_id,
            "from": self._person(user if user is not None else chat.id),
            "message": wire(message, self.chats),
            "chat_instance": str(chat.id),
            "data": data,
        }
        self._push("callback_query", query)  # #callbackquery
        return query_id

    def _push(self, kind: str, content: Json) -> None:
        # #getupdates: what is not allowed when it happens is not kept for later.
        if kind in self.allowed:
            self._last_update += 1
            self.pending.append({"update_id": self._last_update, kind: content})
            self.changed()
