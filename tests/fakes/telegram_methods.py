"""The methods of the Bot API that the double knows, but getUpdates and its webhook: each a function of the world.

They raise `ApiError` in the words of the real server. A `#section` is one of core.telegram.org/bots/api, Client.cpp is
github.com/tdlib/telegram-bot-api.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.fakes.telegram_html import Entity, UnparsableError, parse, trimmed, utf16
from tests.fakes.telegram_state import BOT, Chat, Json, Message, bad_request, checked_markup, member, wire
from tests.fakes.telegram_world import World

Method = Callable[[World, Json], Any]

_ACTIONS = set(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker "
    "find_location record_video_note upload_video_note".split()
)  # #sendchataction
_WHAT_THE_BOT_CAN = {"can_join_groups": True, "supports_inline_queries": False}  # #getme
_GIFTS = "unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels"
_CHAT_FULL_INFO = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": dict.fromkeys(_GIFTS.split(), False),
}  # #chatfullinfo


def _get_me(world: World, _: Json) -> Json:
    return BOT | _WHAT_THE_BOT_CAN | {"can_read_all_group_messages": not world.privacy}


def _send_message(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    chat.check_writable()
    html, text, entities = _text(params)
    markup = checked_markup(params.get("reply_markup"))
    thread = integer(params, "message_thread_id", 0) or None
    if thread is not None and thread not in chat.topics:  # General too: it is no topic (FACTS.md)
        raise bad_request("message thread not found")
    reply = params.get("reply_parameters", {})  # #replyparameters
    replied = chat.messages.get(integer(reply, "message_id", 0))
    if replied is not None and thread is None:
        thread = replied.thread  # tdlib/telegram-bot-api#447: a reply goes where the message is
    if replied is not None and thread != replied.thread:
        replied = None  # in another topic
    if reply and replied is None and not flag(reply, "allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    in_channel = chat.type == "channel"  # there nobody is the sender but the channel (#message, from)
    message = world.add(
        chat,
        sender=None if in_channel else BOT,
        sender_chat=chat.id if in_channel else None,
        thread=thread,
        reply_to=replied.id if replied is not None else None,
    )
    message.html, message.text, message.entities, message.markup = html, text, entities, markup
    message.silent = flag(params, "disable_notification")
    message.preview = _previews(params)
    message.by_bot = True
    return wire(message, world.chats)


def _edit_message_text(world: World, params: Json) -> Json:
    message = _editable(world, params)
    html, text, entities = _text(params)
    markup = _inline(params)  # without a keyboard the edit takes away the one that was there
    _check_modified((text, entities, markup), (message.text, message.entities, message.markup))
    message.html, message.text, message.entities, message.markup = html, text, entities, markup
    message.preview = _previews(params)
    return _edited(world, message)


def _edit_message_reply_markup(world: World, params: Json) -> Json:
    message = _editable(world, params)
    markup = _inline(params)
    _check_modified(markup, message.markup)
    message.markup = markup
    return _edited(world, message)


def _answer_callback_query(world: World, params: Json) -> bool:
    query_id = str(params.get("callback_query_id"))
    if query_id not in world.queries:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(str(params.get("text", ""))) > 200:  # #answercallbackquery
        raise bad_request("MESSAGE_TOO_LONG")
    world.queries.discard(query_id)
    world.answers[query_id] = params
    return True


def _set_my_commands(world: World, params: Json) -> bool:
    commands = [
        (str(each.get("command", "")), str(each.get("description", "")))
        for each in params.get("commands", [])
    ]
    # Numbers and lengths: #setmycommands and #botcommand. Strict here: to set none is to delete them.
    if not 1 <= len(commands) <= 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    if not all(re.fullmatch(r"[a-z0-9_]{1,32}", command) for command, _ in commands):
        raise bad_request("BOT_COMMAND_INVALID")
    if not all(1 <= len(description) <= 256 for _, description in commands):
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(world, params)] = commands
    return True


def _get_my_commands(world: World, params: Json) -> list[Json]:
    return [
        {"command": command, "description": description}
        for command, description in world.commands.get(_scope(world, params), [])
    ]


def _delete_my_commands(world: World, params: Json) -> bool:
    world.commands.pop(_scope(world, params), None)
    return True


def _set_my_description(world: World, params: Json) -> bool:
    return _describe(world, "description", 512, params)


def _set_my_short_description(world: World, params: Json) -> bool:
    return _describe(world, "short_description", 120, params)


def _get_chat(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    chat.check_reachable()
    return chat.wire() | _CHAT_FULL_INFO


def _get_chat_member(world: World, params: Json) -> Json:
    chat = _chat(world, params)
    chat.check_reachable()
    user_id = integer(params, "user_id", 0)
    if user_id == BOT["id"]:
        return member(BOT, chat.bot)
    if user_id not in world.users:
        raise bad_request("user not found")
    return member(world.users[user_id], chat.members.get(user_id, "left"))


def _leave_chat(world: World, params: Json) -> bool:
    chat = _chat(world, params)
    if chat.type == "private":  # tdlib, set_dialog_participant_status
        raise bad_request("chat member status can't be changed in private chats")
    chat.check_reachable()
    world.become(chat, "left", BOT)
    return True


def _send_chat_action(world: World, params: Json) -> bool:
    chat = _chat(world, params)
    chat.check_writable()
    if params.get("action") not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    thread = integer(params, "message_thread_id", 0)
    if thread and thread not in chat.topics:
        raise bad_request("message thread not found")
    world.actions.append((chat.id, params["action"]))
    return True


METHODS: dict[str, Method] = {
    "getMe": _get_me,
    "sendMessage": _send_message,
    "editMessageText": _edit_message_text,
    "editMessageReplyMarkup": _edit_message_reply_markup,
    "answerCallbackQuery": _answer_callback_query,
    "setMyCommands": _set_my_commands,
    "getMyCommands": _get_my_commands,
    "deleteMyCommands": _delete_my_commands,
    "setMyDescription": _set_my_description,
    "setMyShortDescription": _set_my_short_description,
    "getChat": _get_chat,
    "getChatMember": _get_chat_member,
    "leaveChat": _leave_chat,
    "sendChatAction": _send_chat_action,
}


def integer(params: Json, name: str, default: int) -> int:
    try:
        return int(params.get(name, default))
    except (TypeError, ValueError):
        raise bad_request(f"{name} must be an integer") from None


def flag(params: Json, name: str) -> bool:
    return str(params.get(name, "")).lower() in {"true", "yes", "1"}


def chat_id_of(params: Json) -> int:
    try:
        return int(params.get("chat_id", 0))
    except (TypeError, ValueError):
        return 0  # a username, which no chat of the double has


def _chat(world: World, params: Json) -> Chat:
    if "chat_id" not in params:
        raise bad_request("chat_id is empty")
    chat = world.chats.get(chat_id_of(params))
    if chat is None:
        raise bad_request("chat not found")
    return chat


def _editable(world: World, params: Json) -> Message:
    chat = _chat(world, params)
    chat.check_reachable()
    message = chat.messages.get(integer(params, "message_id", 0))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.by_bot:
        raise bad_request("message can't be edited")
    return message


def _edited(world: World, message: Message) -> Json:
    message.edits += 1
    message.edited_at = datetime.now(UTC)
    return wire(message, world.chats)


def _scope(world: World, params: Json) -> tuple[str, str]:
    scope = params.get("scope", {"type": "default"})  # #botcommandscope
    needed = {"chat": 1, "chat_administrators": 1, "chat_member": 2}
    ids = [scope[name] for name in ("chat_id", "user_id") if name in scope]
    wide = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
    if scope["type"] not in wide | needed.keys() or len(ids) != needed.get(scope["type"], 0):
        raise bad_request("can't parse BotCommandScope")
    if ids:
        _chat(world, scope).check_reachable()
    language = str(params.get("language_code", ""))
    if not re.fullmatch(r"([a-z]{2})?", language):  # "a two-letter ISO 639-1 language code"
        raise bad_request("invalid language code specified")
    return ":".join(map(str, [scope["type"], *ids])), language


def _describe(world: World, name: str, limit: int, params: Json) -> bool:
    text = str(params.get(name, ""))
    if len(text) > limit:  # #setmydescription, #setmyshortdescription
        raise bad_request(f"BOT_{name.upper()}_TOO_LONG")
    world.descriptions[name, str(params.get("language_code", ""))] = text
    return True


def _previews(params: Json) -> bool:
    return not params.get("link_preview_options", {}).get("is_disabled", False)  # #linkpreviewoptions


def _inline(params: Json) -> Json | None:
    markup = checked_markup(params.get("reply_markup"))
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    return markup


def _check_modified(new: object, old: object) -> None:
    if new == old:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a "
            "current content and reply markup of the message"
        )


def _text(params: Json) -> tuple[str, str, tuple[Entity, ...]]:
    """The text as sent, plain, and its entities, within the limits of #sendmessage."""
    sent = str(params.get("text", ""))
    mode = str(params.get("parse_mode", ""))
    if mode.lower() == "html":
        try:
            text, entities = parse(sent)
        except UnparsableError as error:
            raise bad_request(f"can't parse entities: {error}") from None
    elif mode:
        raise bad_request("unsupported parse_mode")  # Markdown is not spoken here
    else:
        known = Entity.__slots__
        given = [
            Entity(**{name: each[name] for name in known if name in each})
            for each in params.get("entities", [])
        ]
        text, entities = trimmed(sent, given)
    if not text:
        raise bad_request("message text is empty")
    if (
        utf16(text) > 4096
    ):  # "1-4096 characters after entities parsing"; in the smallest reading of "characters"
        raise bad_request("message is too long")
    if len(entities) > 100:  # limits.tginfo.me: the real server keeps 100 and drops the rest, silently
        raise bad_request("too many entities")
    return sent, text, entities
