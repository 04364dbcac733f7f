"""What an update of the Bot API means to us: somebody said something, pressed a button, let us in or put us out.

Pure: whatever comes in is read into a record, or into nothing. Edited messages mean nothing, so an edited command is not
run again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from telegram import CallbackQuery, ChatMember, ChatMemberUpdated, Message, Update
from telegram import Chat as TelegramChat
from telegram.constants import ChatMemberStatus, ChatType

from bot.chat.commands.wording import nearest
from bot.chat.telegram.places import address_of
from bot.domain.speech import phrase

ALLOWED = ["message", "channel_post", "callback_query", "my_chat_member"]
"""The kinds of updates that are asked for."""

_COMMAND = re.compile(r"[/／]\s*(?P<name>[^\s@]*)(?:@(?P<bot>\S+))?")


@dataclass(frozen=True, slots=True)
class Author:
    """Who said it, and the language of their client. `chat_itself`: a channel in its posts, or an anonymous admin of a group."""

    user_id: int | None
    chat_itself: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A text for us: a command, or in a private chat anything. `text` is None where there is none, as with a picture."""

    address: str
    title: str
    private: bool
    message_id: int
    author: Author
    text: str | None
    reply_to: str | None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button under one of our messages. `in_channel`: where those who read it cannot say anything."""

    query_id: str
    address: str
    title: str
    private: bool
    message_id: int
    author: Author
    data: str
    in_channel: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A group has become a supergroup."""

    place: str
    to: str


@dataclass(frozen=True, slots=True)
class Membership:
    """We may speak there from now on (`reason` None), or not any more. `welcome`: a group that we were brought into.

    `language` is that of the client of whoever did it.
    """

    place: str
    title: str
    reason: str | None
    welcome: bool
    language: str | None = None


Meaning = Said | Pressed | Moved | Membership


def read(update: Update, username: str, commands: Collection[str]) -> Meaning | None:
    """What the update means to the bot `@username` that knows `commands`; None where it is not for us."""
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    message = update.message or update.channel_post
    return None if message is None else _message(message, username, commands)


def _message(message: Message, username: str, commands: Collection[str]) -> Meaning | None:
    here = message.chat
    if message.migrate_to_chat_id is not None:
        return Moved(address_of(here.id), address_of(message.migrate_to_chat_id))
    if message.migrate_from_chat_id is not None:
        return Moved(address_of(message.migrate_from_chat_id), address_of(here.id))
    private = here.type == ChatType.PRIVATE
    author = _author(message)
    if author is None:
        return None
    text = message.text
    if not private:
        # What is passed on from elsewhere was said to somebody else.
        text = (
            None if message.forward_origin or not text else text_for_us(text, username.casefold(), commands)
        )
        if text is None:
            return None
    elif text is None and message.effective_attachment is None:
        return None  # a service message, such as a pinned one
    return Said(
        _address(message),
        _title(here),
        private,
        message.message_id,
        author,
        text,
        _answered(message),
    )


def _author(message: Message) -> Author | None:
    """None where nobody is to be answered: another bot, or a channel's post that its group repeats."""
    sender, user = message.sender_chat, message.from_user
    if message.is_automatic_forward:
        return None
    if sender is not None:
        # An anonymous admin speaks as the group, a channel's admins as the channel. Whoever speaks as a channel of
        # his own is just anybody.
        return Author(None, chat_itself=sender.id == message.chat.id)
    if user is None or user.is_bot:
        return None
    return Author(user.id, language=user.language_code)


def text_for_us(text: str, username: str, commands: Collection[str]) -> str | None:
    """What a text in a group asks of us, where it does. Other bots may live there, and people talk to each other.

    A command that nobody is named for is ours where it is one of `commands`, or is very like one.
    """
    typed = text.strip()
    if re.match(rf"@{re.escape(username)}(?!\w)", typed, re.IGNORECASE):
        rest = typed[len(username) + 1 :].lstrip(" ,:")
        return rest if _COMMAND.match(rest) or not rest else f"/{rest}"
    command = _COMMAND.match(typed)
    if command is None:
        return None
    if command["bot"] is not None:
        return typed if command["bot"].casefold() == username else None
    name = command["name"].casefold()
    known = name in commands or (len(name) > 3 and nearest(name, commands, 1, cutoff=0.75))  # noqa: PLR2004 - letters
    return typed if known else None


def _pressed(query: CallbackQuery) -> Pressed | None:
    message = query.message
    if message is None or query.data is None:
        return None
    here = message.chat
    if not isinstance(message, Message) and here.is_forum:
        return None  # of which topic it was, Telegram does not say
    address = _address(message) if isinstance(message, Message) else address_of(here.id)
    return Pressed(
        query.id,
        address,
        _title(here),
        here.type == ChatType.PRIVATE,
        message.message_id,
        Author(query.from_user.id, language=query.from_user.language_code),
        query.data,
        here.type == ChatType.CHANNEL,
    )


def _membership(change: ChatMemberUpdated) -> Membership:
    here, old, new = change.chat, change.old_chat_member, change.new_chat_member
    reason = _silence(new, here)
    outside = old.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
    welcome = reason is None and outside and here.type in (ChatType.GROUP, ChatType.SUPERGROUP)
    return Membership(address_of(here.id), _title(here), reason, welcome, change.from_user.language_code)


# Worded as Telegram words its refusals.
_KICKED: Mapping[str, str] = {
    ChatType.GROUP: phrase("bot was kicked from the group chat"),
    ChatType.SUPERGROUP: phrase("bot was kicked from the supergroup chat"),
    ChatType.CHANNEL: phrase("bot was kicked from the channel chat"),
}
_NO_MEMBER: Mapping[str, str] = {
    ChatType.PRIVATE: phrase("bot is not a member of the private chat"),
    ChatType.GROUP: phrase("bot is not a member of the group chat"),
    ChatType.SUPERGROUP: phrase("bot is not a member of the supergroup chat"),
    ChatType.CHANNEL: phrase("bot is not a member of the channel chat"),
}


def _silence(member: ChatMember, here: TelegramChat) -> str | None:
    """Why a member of this standing (we) cannot speak in this chat; None if it can."""
    match member.status:
        case ChatMemberStatus.BANNED if here.type == ChatType.PRIVATE:
            return phrase("bot was blocked by the user")
        case ChatMemberStatus.BANNED:
            return _KICKED[here.type]
        case ChatMemberStatus.LEFT:
            return _NO_MEMBER[here.type]
        case ChatMemberStatus.RESTRICTED if getattr(member, "is_member", True) is False:
            return _NO_MEMBER[here.type]
        case ChatMemberStatus.RESTRICTED if getattr(member, "can_send_messages", True) is False:
            return phrase("bot may not send messages in this chat")
        case ChatMemberStatus.ADMINISTRATOR if here.type == ChatType.CHANNEL and not getattr(
            member, "can_post_messages", True
        ):
            return phrase("bot may not post in this channel")
        case _:
            return None


def _address(message: Message) -> str:
    # A reply in General carries a thread id that is no topic (FACTS).
    thread = message.message_thread_id if message.is_topic_message else None
    return address_of(message.chat.id, thread)


def _answered(message: Message) -> str | None:
    """The message that this one answers; in a topic, every message answers the one that opened it, which says nothing."""
    to = message.reply_to_message
    if to is None or to.forum_topic_created is not None:
        return None
    return str(to.message_id)


def _title(chat: TelegramChat) -> str:
    return chat.title or chat.full_name or ""
