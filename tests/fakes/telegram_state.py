"""What the double of the Bot API remembers - users, chats, messages - and the JSON in which the Bot API shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from tests.fakes.telegram_html import Entity, usable_link, utf16

Json = dict[str, Any]

ChatType = Literal["private", "group", "supergroup", "channel"]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked", "deactivated"]
"""As in #chatmember. A person who blocked the bot has "kicked" it; one who deleted the account is "deactivated"."""

BOT: Json = {"id": 1_000_001, "is_bot": True, "first_name": "Sokuho", "username": "sokuho_bot"}
# #message: "for backward compatibility", an anonymous administrator and a channel that writes in a group are these.
ANONYMOUS_ADMIN: Json = {
    "id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot",
}  # fmt: skip
CHANNEL_BOT: Json = {
    "id": 136_817_688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot",
}  # fmt: skip

_COMMAND = re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")

_MEMBER_CANNOT = (
    "can_change_info can_invite_users can_pin_messages can_send_messages can_send_polls can_send_other_messages "
    "can_add_web_page_previews can_manage_topics can_send_audios can_send_documents can_send_photos can_send_videos "
    "can_send_video_notes can_send_voice_notes can_edit_tag can_react_to_messages"
).split()
_ADMINISTRATOR_CAN = (
    "can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_promote_members "
    "can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories"
).split()


class ApiError(Exception):
    """An answer with `ok: false` (core.telegram.org/bots/api#making-requests)."""

    def __init__(self, status: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def bad_request(reason: str) -> ApiError:
    return ApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> ApiError:
    return ApiError(403, f"Forbidden: {reason}")


class Button(NamedTuple):
    """A button of an inline keyboard. `value` is its callback data or its address."""

    label: str
    value: str


@dataclass(slots=True)
class Message:
    """A message as its readers have it now. `sender` is None in a channel; `html` is what the bot sent, unparsed."""

    id: int
    chat_id: int
    at: datetime
    text: str = ""
    html: str = ""
    entities: tuple[Entity, ...] = ()
    markup: Json | None = None
    thread: int | None = None
    reply_to: int | None = None
    silent: bool = False
    preview: bool = True
    edits: int = 0
    edited_at: datetime | None = None
    sender: Json | None = None
    sender_chat: int | None = None
    by_bot: bool = False
    service: Json = field(default_factory=dict)

    @property
    def buttons(self) -> list[list[Button]]:
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [[Button(cell["text"], _value(cell)) for cell in row] for row in rows]

    @property
    def links(self) -> list[tuple[str, str]]:
        """The text and the address of each link, in order."""
        return [(entity.of(self.text), entity.url) for entity in self.entities if entity.url is not None]

    def marked(self, kind: str) -> list[str]:
        """What the entities of one kind cover: `marked("bold")`."""
        return [entity.of(self.text) for entity in self.entities if entity.type == kind]


@dataclass(slots=True)
class Chat:
    """`bot` is what the bot is here: a test may set it to change it without an update."""

    id: int
    type: ChatType
    title: str
    bot: Status
    is_forum: bool = False
    members: dict[int, Status] = field(default_factory=dict)
    topics: set[int] = field(default_factory=set)
    messages: dict[int, Message] = field(default_factory=dict)
    migrated_to: int | None = None
    last_id: int = 0

    def wire(self) -> Json:
        """The chat as in a message (#chat)."""
        name = "first_name" if self.type == "private" else "title"
        return {"id": self.id, "type": self.type, name: self.title} | (
            {"is_forum": True} if self.is_forum else {}
        )

    def next_id(self) -> int:
        """A new message id. They begin anew in each chat, so a message is known only by both numbers (#message)."""
        self.last_id += 1
        return self.last_id

    def check_reachable(self) -> None:
        """Raise what every method that acts in the chat answers where the bot is not (FACTS.md; Client.cpp)."""
        if self.migrated_to is not None:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": self.migrated_to},  # #responseparameters
            )
        if self.bot == "deactivated":
            raise forbidden("user is deactivated")
        if self.type == "private":
            if self.bot == "kicked":
                raise forbidden("bot was blocked by the user")
            if self.bot == "left":
                raise forbidden("bot can't initiate conversation with a user")
        elif self.bot == "kicked":
            raise forbidden(f"bot was kicked from the {self.type} chat")
        elif self.bot == "left":
            raise forbidden(f"bot is not a member of the {self.type} chat")

    def check_writable(self) -> None:
        """`check_reachable`, and what only sending needs (Client.cpp, AccessRights::Write)."""
        self.check_reachable()
        if self.bot == "restricted":
            raise bad_request("not enough rights to send text messages to the chat")
        if self.type == "channel" and self.bot not in {"administrator", "creator"}:
            raise bad_request("need administrator rights in the channel chat")


def wire(message: Message, chats: dict[int, Chat], *, with_reply: bool = True) -> Json:
    """The message as in an update or an answer (#message). A message that is replied to does not show its own reply."""
    chat = chats[message.chat_id]
    shown: Json = {
        "message_id": message.id,
        "date": int(message.at.timestamp()),
        "chat": chat.wire(),
        **message.service,
    }
    if message.sender is not None:
        shown["from"] = message.sender
    if message.sender_chat is not None:
        shown["sender_chat"] = chats[message.sender_chat].wire()
    if message.text:
        shown["text"] = message.text
    if message.entities:
        shown["entities"] = [entity.wire() for entity in message.entities]
    if "inline_keyboard" in (message.markup or {}):
        shown["reply_markup"] = message.markup
    if message.edited_at is not None:
        shown["edit_date"] = int(message.edited_at.timestamp())
    shown |= _thread(message, chat)
    replied = _replied(message, chat)
    if replied is not None and with_reply:
        shown["reply_to_message"] = wire(replied, chats, with_reply=False)
    return shown


def _replied(message: Message, chat: Chat) -> Message | None:
    """What it answers. In a topic, what answers nothing answers the message that made the topic (see below)."""
    replied = chat.messages.get(message.reply_to or message.thread or 0)
    return replied if replied is not message else None


def _thread(message: Message, chat: Chat) -> Json:
    """A topic has an id to send to. A thread of replies outside topics has one that cannot be sent to.

    See github.com/tdlib/telegram-bot-api/issues/447 and 356.
    """
    if message.thread is not None:
        return {"message_thread_id": message.thread, "is_topic_message": True}
    replied = _replied(message, chat)
    if replied is not None and chat.type == "supergroup":
        return {"message_thread_id": _root(replied, chat).id}
    return {}


def _root(message: Message, chat: Chat) -> Message:
    while (earlier := chat.messages.get(message.reply_to or 0)) is not None:
        message = earlier
    return message


def commands_in(text: str) -> tuple[Entity, ...]:
    """The `bot_command` entities that a client adds to what a person types (#messageentity)."""
    return tuple(
        Entity("bot_command", utf16(text[: found.start()]), utf16(found[0]))
        for found in _COMMAND.finditer(text)
    )


def member(user: Json, status: Status) -> Json:
    """A ChatMember with the fields that its status requires (#chatmember)."""
    shown: Json = {"user": user, "status": status}
    match status:
        case "creator":
            shown["is_anonymous"] = False
        case "administrator":
            shown |= {"can_be_edited": False, "is_anonymous": False} | dict.fromkeys(_ADMINISTRATOR_CAN, True)
        case "restricted":
            shown |= {"is_member": True, "until_date": 0} | dict.fromkeys(_MEMBER_CANNOT, False)
        case "kicked":
            shown["until_date"] = 0
        case _:
            pass
    return shown


def checked_markup(markup: Any) -> Json | None:
    """A reply markup as sent, or an error. An empty inline keyboard is none (#inlinekeyboardmarkup)."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if markup.keys() & {"keyboard", "remove_keyboard", "force_reply"}:
            return markup
        raise bad_request("can't parse reply keyboard markup JSON object")
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse inline keyboard: Field must be an Array of Arrays")
    # limits.tginfo.me: 100 buttons, 8 a row. The real server cuts or refuses in ways it does not document: strict here.
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise bad_request("reply markup is too long")
    for cell in (cell for row in rows for cell in row):
        _check_button(cell)
    return markup if any(rows) else None


def _check_button(cell: Any) -> None:
    if not isinstance(cell, dict) or not str(cell.get("text", "")).strip():
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    # #inlinekeyboardbutton: besides the text and its looks, "exactly one of the fields".
    actions = cell.keys() - {"text", "icon_custom_emoji_id", "style"}
    if len(actions) != 1:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if "callback_data" in cell and not 1 <= len(str(cell["callback_data"]).encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in cell and not usable_link(str(cell["url"])):
        raise bad_request("BUTTON_URL_INVALID")


def _value(cell: Json) -> str:
    return str(next((cell[name] for name in ("callback_data", "url") if name in cell), ""))
