"""What an update of the Bot API means to us, as Telegram's JSON comes in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from bot.chat.commands import COMMAND_NAMES
from bot.chat.telegram.updates import (
    ALLOWED,
    Author,
    Meaning,
    Membership,
    Moved,
    Pressed,
    Said,
    read,
    text_for_us,
)

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _spans_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `TelegramBot` sets it: without, PTB warns of what is to come (FACTS)."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


ANN = {"id": 7, "is_bot": False, "first_name": "Ann", "last_name": "Lee"}
OTHER_BOT = {"id": 8, "is_bot": True, "first_name": "Other", "username": "OtherBot"}
US = {"id": 9, "is_bot": True, "first_name": "Sokuho", "username": "SokuhoBot"}
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
AS_CHANNEL = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
SERVICE = {"id": 777000, "is_bot": False, "first_name": "Telegram"}

PRIVATE = {"id": 7, "type": "private", "first_name": "Ann", "last_name": "Lee"}
GROUP = {"id": -5, "type": "group", "title": "Friends"}
SUPERGROUP = {"id": -100123, "type": "supergroup", "title": "News room"}
FORUM = {**SUPERGROUP, "is_forum": True}
CHANNEL = {"id": -100777, "type": "channel", "title": "Daily"}

DATE = 1_754_700_000
BULLETIN = {"message_id": 40, "date": DATE, "from": US, "text": "⚡️ 【Truce】"}
OPENING = {
    "message_id": 11,
    "date": DATE,
    "from": ANN,
    "forum_topic_created": {"name": "Ukraine", "icon_color": 1},
}


def message(
    chat: Json, text: str | None = "/topics", *, kind: str = "message", sender: Json = ANN, **fields: Any
) -> Json:
    said = {"message_id": 50, "date": DATE, "chat": chat, **fields}
    if kind != "channel_post":
        said["from"] = sender
    if text is not None:
        said["text"] = text
    return {"update_id": 1, kind: said}


def answering(other: Json, chat: Json) -> Json:
    return {**other, "chat": chat}


def meaning(update: Json) -> Meaning | None:
    made = Update.de_json(update, None)
    return read(made, "SokuhoBot", COMMAND_NAMES)


def said(
    address: str, title: str, text: str | None = "/topics", author: Author | None = None, **fields: Any
) -> Said:
    wanted = {"private": False, "message_id": 50, "reply_to": None, **fields}
    return Said(address=address, title=title, author=author or Author(7), text=text, **wanted)


AUTHOR_CHAT = Author(None, chat_itself=True)
NOBODY_KNOWN = Author(None)
PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
ORIGIN = {"type": "user", "date": DATE, "sender_user": ANN}

HEARD: dict[str, tuple[Json, Meaning | None]] = {
    "in a private chat": (message(PRIVATE), said("7", "Ann Lee", private=True)),
    "plain words in a private chat": (message(PRIVATE, "hi"), said("7", "Ann Lee", "hi", private=True)),
    "another bot's command in a private chat": (
        message(PRIVATE, "/topics@OtherBot"),
        said("7", "Ann Lee", "/topics@OtherBot", private=True),
    ),
    "in a group": (message(GROUP), said("-5", "Friends")),
    "in a supergroup": (message(SUPERGROUP), said("-100123", "News room")),
    "in a forum's topic": (
        message(FORUM, message_thread_id=11, is_topic_message=True),
        said("-100123/11", "News room"),
    ),
    "in a forum's topic, where every message answers the one that opened it": (
        message(FORUM, message_thread_id=11, is_topic_message=True, reply_to_message=answering(OPENING, FORUM)),
        said("-100123/11", "News room"),
    ),
    "an answer to a bulletin in a topic": (
        message(FORUM, "/why", message_thread_id=11, is_topic_message=True,
                reply_to_message=answering(BULLETIN, FORUM)),
        said("-100123/11", "News room", "/why", reply_to="40"),
    ),
    "in General": (message(FORUM), said("-100123", "News room")),
    "an answer in General, whose thread is no topic": (
        message(FORUM, "/why", message_thread_id=40, reply_to_message=answering(BULLETIN, FORUM)),
        said("-100123", "News room", "/why", reply_to="40"),
    ),
    "an answer in a supergroup, whose thread is no topic": (
        message(SUPERGROUP, "/why", message_thread_id=40, reply_to_message=answering(BULLETIN, SUPERGROUP)),
        said("-100123", "News room", "/why", reply_to="40"),
    ),
    "a channel's post": (
        message(CHANNEL, kind="channel_post", sender_chat=CHANNEL),
        said("-100777", "Daily", author=AUTHOR_CHAT),
    ),
    "a channel's post that is signed": (
        message(CHANNEL, kind="channel_post", sender_chat=CHANNEL, author_signature="Ann"),
        said("-100777", "Daily", author=AUTHOR_CHAT),
    ),
    "news in a channel": (message(CHANNEL, "Good morning", kind="channel_post", sender_chat=CHANNEL), None),
    "an edited message": (message(PRIVATE, kind="edited_message", edit_date=DATE), None),
    "an edited channel post": (message(CHANNEL, kind="edited_channel_post", edit_date=DATE), None),
    "named for us": (message(GROUP, "/topics@sokuhobot add x"), said("-5", "Friends", "/topics@sokuhobot add x")),
    "named for another bot": (message(GROUP, "/topics@OtherBot"), None),
    "named for us, though there is no such command": (
        message(GROUP, "/nonsense@SokuhoBot"),
        said("-5", "Friends", "/nonsense@SokuhoBot"),
    ),
    "a command of some other bot": (message(GROUP, "/ban"), None),
    "a command very like ours": (message(GROUP, "/subscibe x"), said("-5", "Friends", "/subscibe x")),
    "a bare slash": (message(GROUP, "/"), None),
    "a path": (message(GROUP, "/etc/passwd"), None),
    "talk in a group": (message(GROUP, "I follow topics"), None),
    "a Japanese slash": (message(GROUP, "／topics"), said("-5", "Friends", "／topics")),
    "a mention": (message(GROUP, "@SokuhoBot latest"), said("-5", "Friends", "/latest")),
    "a mention alone": (message(GROUP, "@sokuhobot"), said("-5", "Friends", "")),
    "a mention with a comma": (message(GROUP, "@SokuhoBot, latest"), said("-5", "Friends", "/latest")),
    "a mention with a command": (message(GROUP, "@SokuhoBot /latest"), said("-5", "Friends", "/latest")),
    "a mention within talk": (message(GROUP, "ask @SokuhoBot"), None),
    "a mention of another whose name begins like ours": (message(GROUP, "@SokuhoBot2 latest"), None),
    "a mention of yet another": (message(GROUP, "@SokuhoBot_dev latest"), None),
    "an anonymous admin": (
        message(GROUP, sender_chat=GROUP, sender=ANONYMOUS),
        said("-5", "Friends", author=AUTHOR_CHAT),
    ),
    "somebody who speaks as a channel": (
        message(SUPERGROUP, sender_chat=CHANNEL, sender=AS_CHANNEL),
        said("-100123", "News room", author=NOBODY_KNOWN),
    ),
    "a channel's post, repeated in its group": (
        message(SUPERGROUP, sender_chat=CHANNEL, is_automatic_forward=True,
                forward_origin={"type": "channel", "date": DATE, "chat": CHANNEL, "message_id": 3},
                sender=SERVICE),
        None,
    ),
    "another bot's talk": (message(GROUP, sender=OTHER_BOT), None),
    "another bot's talk in a private chat": (message(PRIVATE, sender=OTHER_BOT), None),
    "a command that is passed on in a group": (message(GROUP, forward_origin=ORIGIN), None),
    "a command that is passed on in private": (
        message(PRIVATE, forward_origin=ORIGIN),
        said("7", "Ann Lee", private=True),
    ),
    "a photo in private": (message(PRIVATE, None, photo=PHOTO), said("7", "Ann Lee", None, private=True)),
    "a photo with a text in private": (
        message(PRIVATE, None, photo=PHOTO, caption="/topics"),
        said("7", "Ann Lee", None, private=True),
    ),
    "a photo in a group": (message(GROUP, None, photo=PHOTO, caption="/topics"), None),
    "a sticker in private": (
        message(PRIVATE, None, sticker={
            "file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "is_animated": False,
            "is_video": False, "type": "regular",
        }),
        said("7", "Ann Lee", None, private=True),
    ),
    "somebody who came": (message(GROUP, None, new_chat_members=[ANN]), None),
    "somebody who left": (message(GROUP, None, left_chat_member=ANN), None),
    "a pinned message in private": (message(PRIVATE, None, pinned_message=answering(BULLETIN, PRIVATE)), None),
    "a topic that is opened": (message(FORUM, None, message_thread_id=11, is_topic_message=True,
                                       forum_topic_created={"name": "x", "icon_color": 1}), None),
    "a timer that is set": (
        message(PRIVATE, None, message_auto_delete_timer_changed={"message_auto_delete_time": 60}),
        None,
    ),
    "a group that becomes a supergroup": (
        message(GROUP, None, migrate_to_chat_id=-100123), Moved("-5", "-100123"),
    ),
    "a supergroup that was a group": (
        message(SUPERGROUP, None, migrate_from_chat_id=-5), Moved("-5", "-100123"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("update", "wanted"), HEARD.values(), ids=HEARD)
def test_what_is_said(update: Json, wanted: Meaning | None) -> None:
    """In a private chat everything is for us, elsewhere our commands and mentions alone."""
    assert meaning(update) == wanted


def pressed(under: Json | None, **fields: Any) -> Json:
    query = {"id": "q1", "from": ANN, "chat_instance": "c", "data": "/latest", **fields}
    if under is not None:
        query["message"] = under
    return {
        "update_id": 1,
        "callback_query": {name: value for name, value in query.items() if value is not None},
    }


def press(address: str, title: str, *, private: bool = False, in_channel: bool = False) -> Pressed:
    return Pressed("q1", address, title, private, 40, Author(7), "/latest", in_channel)


PRESSES: dict[str, tuple[Json, Meaning | None]] = {
    "in a private chat": (pressed(answering(BULLETIN, PRIVATE)), press("7", "Ann Lee", private=True)),
    "in a group": (pressed(answering(BULLETIN, GROUP)), press("-5", "Friends")),
    "in a forum's topic": (
        pressed({**answering(BULLETIN, FORUM), "message_thread_id": 11, "is_topic_message": True}),
        press("-100123/11", "News room"),
    ),
    "in a channel": (pressed(answering(BULLETIN, CHANNEL)), press("-100777", "Daily", in_channel=True)),
    "under a message that is too old to be seen": (
        pressed({"message_id": 40, "date": 0, "chat": GROUP}),
        press("-5", "Friends"),
    ),
    "under an inline message": (pressed(None, inline_message_id="i"), None),
    "of a game": (pressed(answering(BULLETIN, GROUP), data=None, game_short_name="g"), None),
}


@pytest.mark.parametrize(("update", "wanted"), PRESSES.values(), ids=PRESSES)
def test_what_is_pressed(update: Json, wanted: Meaning | None) -> None:
    """A button is pressed where its message is, by whoever pressed it, however old the message."""
    assert meaning(update) == wanted


RIGHTS = dict.fromkeys(
    (
        "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
        "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories"
    ).split(),
    False,
)
MAY = dict.fromkeys(
    (
        "can_send_messages can_send_audios can_send_documents can_send_photos can_send_videos can_send_video_notes "
        "can_send_voice_notes can_send_polls can_send_other_messages can_add_web_page_previews can_change_info "
        "can_invite_users can_pin_messages can_manage_topics can_edit_tag can_react_to_messages"
    ).split(),
    True,
)


def standing(status: str, **fields: Any) -> Json:
    more: dict[str, Json] = {
        "administrator": RIGHTS,
        "creator": {"is_anonymous": False},
        "restricted": {"is_member": True, "until_date": 0, **MAY},
        "kicked": {"until_date": 0},
    }
    return {"user": US, "status": status, **more.get(status, {}), **fields}


LEFT, MEMBER, KICKED = standing("left"), standing("member"), standing("kicked")
ADMIN = standing("administrator")
POSTS, POSTS_NOT = (standing("administrator", can_post_messages=posts) for posts in (True, False))
MUTED, HEARABLE = (standing("restricted", can_send_messages=may) for may in (False, True))
AWAY = standing("restricted", is_member=False)

STANDINGS: dict[str, tuple[Json, Json, Json, Membership]] = {
    "blocked by a person": (
        PRIVATE, MEMBER, KICKED, Membership("7", "Ann Lee", "bot was blocked by the user", welcome=False),
    ),
    "unblocked by a person": (PRIVATE, KICKED, MEMBER, Membership("7", "Ann Lee", None, welcome=False)),
    "brought into a group": (GROUP, LEFT, MEMBER, Membership("-5", "Friends", None, welcome=True)),
    "brought into a supergroup as admin": (
        SUPERGROUP, LEFT, ADMIN, Membership("-100123", "News room", None, welcome=True),
    ),
    "brought back into a group": (GROUP, KICKED, MEMBER, Membership("-5", "Friends", None, welcome=True)),
    "made admin of a group": (GROUP, MEMBER, ADMIN, Membership("-5", "Friends", None, welcome=False)),
    "admin no more": (GROUP, ADMIN, MEMBER, Membership("-5", "Friends", None, welcome=False)),
    "removed from a group": (
        GROUP, MEMBER, KICKED, Membership("-5", "Friends", "bot was kicked from the group chat", welcome=False),
    ),
    "removed from a supergroup": (
        SUPERGROUP, ADMIN, KICKED,
        Membership("-100123", "News room", "bot was kicked from the supergroup chat", welcome=False),
    ),
    "left a group": (
        GROUP, MEMBER, LEFT, Membership("-5", "Friends", "bot is not a member of the group chat", welcome=False),
    ),
    "muted in a supergroup": (
        SUPERGROUP, MEMBER, MUTED,
        Membership("-100123", "News room", "bot may not send messages in this chat", welcome=False),
    ),
    "restricted, but not in speaking": (
        SUPERGROUP, MEMBER, HEARABLE, Membership("-100123", "News room", None, welcome=False),
    ),
    "heard again": (SUPERGROUP, MUTED, MEMBER, Membership("-100123", "News room", None, welcome=False)),
    "restricted and gone": (
        SUPERGROUP, HEARABLE, AWAY,
        Membership("-100123", "News room", "bot is not a member of the supergroup chat", welcome=False),
    ),
    "made admin of a channel": (CHANNEL, LEFT, POSTS, Membership("-100777", "Daily", None, welcome=False)),
    "admin of a channel that may not post": (
        CHANNEL, POSTS, POSTS_NOT, Membership("-100777", "Daily", "bot may not post in this channel", welcome=False),
    ),
    "removed from a channel": (
        CHANNEL, POSTS, KICKED, Membership("-100777", "Daily", "bot was kicked from the channel chat", welcome=False),
    ),
    "left a channel": (
        CHANNEL, POSTS, LEFT, Membership("-100777", "Daily", "bot is not a member of the channel chat", welcome=False),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("chat", "old", "new", "wanted"), STANDINGS.values(), ids=STANDINGS)
def test_where_we_stand(chat: Json, old: Json, new: Json, wanted: Membership) -> None:
    """Whether we may speak from now on; where we may not, Telegram's own words say why."""
    change = {"chat": chat, "from": ANN, "date": DATE, "old_chat_member": old, "new_chat_member": new}
    assert meaning({"update_id": 1, "my_chat_member": change}) == wanted


def test_an_update_of_another_kind_means_nothing() -> None:
    assert meaning({"update_id": 1}) is None
    assert (
        meaning(
            {
                "update_id": 1,
                "chat_join_request": {"chat": GROUP, "from": ANN, "user_chat_id": 7, "date": DATE},
            }
        )
        is None
    )


def test_what_is_read_is_what_is_asked_for() -> None:
    """Telegram sends `my_chat_member` to those alone who name it, and nothing else than what is named."""
    assert set(ALLOWED) == {"message", "channel_post", "callback_query", "my_chat_member"}


@pytest.mark.parametrize("name", sorted(COMMAND_NAMES))
def test_every_command_is_heard_in_a_group(name: str) -> None:
    """However its letters are set, and with our name or without."""
    for typed in (f"/{name}", f"/{name.upper()} x", f"/{name}@SOKUHOBOT x", f"  /{name}"):
        assert text_for_us(typed, "sokuhobot", COMMAND_NAMES) == typed.strip()
    assert text_for_us(f"/{name}@OtherBot", "sokuhobot", COMMAND_NAMES) is None


@given(st.text(max_size=60) | st.text("/@ sokuhbtSOKUHBT", max_size=25))
def test_no_text_in_a_group_raises(text: str) -> None:
    """Whatever people say to each other."""
    read_ = text_for_us(text, "sokuhobot", COMMAND_NAMES)
    assert read_ is None or read_ == "" or read_[0] in "/／"
