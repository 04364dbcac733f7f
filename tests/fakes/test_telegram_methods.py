"""What the double of the Bot API accepts, refuses and tells of, through the real python-telegram-bot client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from telegram import (
    Bot,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from tests.fakes.telegram_server import TelegramServer

ANN, BOB = 7, 8
GROUP, FORUM, CHANNEL = -20, -1001, -1002

Both = tuple[TelegramServer, Bot]


@pytest.fixture
async def both() -> AsyncIterator[Both]:
    async with TelegramServer() as server, Bot(server.token, base_url=server.base_url) as bot:
        server.private(ANN, "Ann", "uk")
        server.group(GROUP)
        server.group(FORUM, is_forum=True)
        server.channel(CHANNEL)
        yield server, bot


def keyboard(*labels: str, data: str = "x") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data) for label in labels]])


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("é<br/>", 'can\'t parse entities: unsupported start tag "br/" at byte offset 2'),
        (" <b> </b>\n", "message text is empty"),
        ("😀" * 2048 + "x", "message is too long"),
        ("<b>x</b> " * 101, "too many entities"),
    ],
)
async def test_a_text_that_would_not_be_shown_as_meant_is_refused(both: Both, html: str, words: str) -> None:
    server, bot = both
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ANN, html, parse_mode="HTML")
    assert refused.value.message.lower() == words
    assert server.messages(ANN) == []


async def test_a_text_is_kept_as_sent_and_as_read(both: Both) -> None:
    server, bot = both
    html = (
        '\n😀 <b>a &amp; <a href="http://a.example/?q=1&amp;r=2">b</a></b>'
        '<blockquote expandable>q&#x41;</blockquote><pre><code class="language-py">c</code></pre>\n'
    )
    reply = await bot.send_message(
        ANN,
        html,
        parse_mode="HTML",
        disable_notification=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    (sent,) = server.messages(ANN)
    assert (sent.text, sent.html, reply.text) == ("😀 a & bqAc", html, sent.text)
    assert sent.links == [("b", "http://a.example/?q=1&r=2")]
    assert [(entity.type, entity.offset, entity.length) for entity in sent.entities] == [
        ("bold", 3, 5), ("text_link", 7, 1), ("expandable_blockquote", 8, 2), ("pre", 10, 1),
    ]  # fmt: skip
    assert list(reply.parse_entities().values()) == ["a & b", "b", "qA", "c"]
    assert (sent.silent, sent.preview) == (True, False)


async def test_edits_and_keyboards_are_checked(both: Both) -> None:
    server, bot = both
    sent = await bot.send_message(ANN, "x", reply_markup=keyboard("Yes"))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("x", ANN, sent.message_id, reply_markup=keyboard("Yes"))
    await bot.edit_message_reply_markup(ANN, sent.message_id, reply_markup=None)
    await bot.edit_message_text("y", ANN, sent.message_id)
    assert [(each.text, each.buttons, each.edits) for each in server.messages(ANN)] == [("y", [], 2)]
    theirs = await server.say(ANN, "mine")
    for message_id, words in ((theirs, "can't be edited"), (99, "to edit not found")):
        with pytest.raises(BadRequest, match=words):
            await bot.edit_message_text("z", ANN, message_id)
    for markup, words in (
        (keyboard("é", data="é" * 33), "data_invalid"),
        (keyboard(*"123456789"), "too long"),
        (InlineKeyboardMarkup([[InlineKeyboardButton("bare")]]), "Text buttons are unallowed"),
    ):
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await bot.send_message(ANN, "x", reply_markup=markup)


async def test_a_query_is_answered_once(both: Both) -> None:
    server, bot = both
    sent = await bot.send_message(GROUP, "x", reply_markup=keyboard("Yes", data="yes"))
    query = await server.press(sent.message_id, GROUP, "yes", user=ANN)
    forged = await server.press_forged("no", GROUP, sent.message_id, user=BOB)
    updates = await bot.get_updates()
    pressed = [update.callback_query for update in updates if update.callback_query]
    assert [(each.data, each.from_user.id) for each in pressed] == [("yes", ANN), ("no", BOB)]
    assert isinstance(pressed[0].message, Message)
    assert pressed[0].message.reply_markup == keyboard("Yes", data="yes")
    await bot.answer_callback_query(query)
    server.expire_queries()
    for spent in (query, forged, "unknown"):
        with pytest.raises(BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query(spent)


@pytest.mark.parametrize(
    ("chat", "error", "words"),
    [
        (lambda s: s.private(1, bot="kicked"), Forbidden, "Forbidden: bot was blocked by the user"),
        (lambda s: s.private(1, bot="left"), Forbidden, "Forbidden: bot can't initiate"),
        (lambda s: s.private(1, bot="deactivated"), Forbidden, "Forbidden: user is deactivated"),
        (lambda s: s.group(1, bot="kicked"), Forbidden, "Forbidden: bot was kicked from the group chat"),
        (lambda s: s.channel(1, bot="left"), Forbidden, "Forbidden: bot is not a member of the channel chat"),
        (lambda s: s.channel(1, bot="member"), BadRequest, "Need administrator rights in the channel chat"),
        (lambda s: s.group(1, bot="restricted"), BadRequest, "Not enough rights to send text messages"),
        (lambda s: None, BadRequest, "Chat not found"),
    ],
)
async def test_a_chat_that_cannot_be_written_to_says_why(
    both: Both, chat: Callable[[TelegramServer], object], error: type[TelegramError], words: str
) -> None:
    server, bot = both
    chat(server)
    with pytest.raises(error) as refused:
        await bot.send_message(1, "x")
    assert refused.value.message.startswith(words)
    assert type(refused.value) is error


async def test_forum(both: Both) -> None:
    """A topic has a thread; General has none, and a reply in it shows a thread that cannot be sent to."""
    server, bot = both
    topic = server.topic(FORUM)
    root = await server.say(FORUM, "in General", user=ANN)
    await server.say(FORUM, "a reply", user=BOB, reply_to=root)
    await server.say(FORUM, "/topic", user=BOB, thread=topic)
    shown = [update.message for update in await bot.get_updates() if update.message]
    assert [(each.message_thread_id, bool(each.is_topic_message)) for each in shown] == [
        (None, False), (root, False), (topic, True),
    ]  # fmt: skip
    assert shown[2].reply_to_message is not None
    for thread in (1, root, 99):
        with pytest.raises(BadRequest, match=r"(?i)message thread not found"):
            await bot.send_message(FORUM, "x", message_thread_id=thread)
    sent = await bot.send_message(FORUM, "x", message_thread_id=topic)
    assert (sent.message_thread_id, sent.is_topic_message) == (topic, True)
    await bot.send_message(FORUM, "y", reply_parameters=ReplyParameters(sent.message_id))
    assert [each.text for each in server.messages(FORUM, topic)] == ["x", "y"]
    with pytest.raises(BadRequest, match=r"(?i)message to be replied not found"):
        await bot.send_message(FORUM, "x", reply_parameters=ReplyParameters(999))
    await bot.send_message(
        FORUM, "z", reply_parameters=ReplyParameters(999, allow_sending_without_reply=True)
    )
    server.delete_topic(FORUM, topic)
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("z", FORUM, sent.message_id)


async def test_who_speaks_is_shown_as_telegram_shows_it(both: Both) -> None:
    server, bot = both
    await server.say(CHANNEL, "/status")
    await server.say(CHANNEL, "/status now", edited=True)
    await server.say(GROUP, "/mute", anonymous_admin=True)
    await server.say(GROUP, "hi /help@sokuho_bot", as_channel=CHANNEL)
    posted, edited, anonymous, channel = await bot.get_updates()
    assert posted.channel_post is not None
    assert posted.channel_post.from_user is None
    assert posted.channel_post.parse_entities() == {posted.channel_post.entities[0]: "/status"}
    assert edited.edited_channel_post is not None
    assert edited.edited_channel_post.edit_date is not None
    for update, user, chat in ((anonymous, 1087968824, GROUP), (channel, 136817688, CHANNEL)):
        assert update.message is not None
        assert update.message.from_user is not None
        assert update.message.sender_chat is not None
        assert (update.message.from_user.id, update.message.sender_chat.id) == (user, chat)
    assert (await bot.get_chat_member(GROUP, ANN)).status == "left"


async def test_membership_and_migration(both: Both) -> None:
    server, bot = both
    server.member(GROUP, ANN, "administrator")
    assert (await bot.get_chat_member(GROUP, ANN)).status == "administrator"
    await server.change_membership(ANN, "kicked")
    await bot.leave_chat(CHANNEL)
    await server.migrate(GROUP, -1003)
    blocked, left, old, new = await bot.get_updates()
    for update, status in ((blocked, "kicked"), (left, "left")):
        assert update.my_chat_member is not None
        assert update.my_chat_member.new_chat_member.status == status
    assert old.message is not None
    assert new.message is not None
    assert (old.message.chat.id, old.message.migrate_to_chat_id) == (GROUP, -1003)
    assert (new.message.chat.id, new.message.migrate_from_chat_id) == (-1003, GROUP)
    with pytest.raises(ChatMigrated) as migrated:
        await bot.send_message(GROUP, "x")
    assert migrated.value.new_chat_id == -1003
    assert (await bot.get_chat(-1003)).title == "A group"
    assert (await bot.get_chat_member(-1003, ANN)).status == "administrator"


async def test_commands_are_kept_by_scope_and_language(both: Both) -> None:
    server, bot = both
    await bot.set_my_commands([("follow", "Follow a topic")], BotCommandScopeChat(ANN), "uk")
    assert server.commands == {("chat:7", "uk"): [("follow", "Follow a topic")]}
    assert [each.command for each in await bot.get_my_commands(BotCommandScopeChat(ANN), "uk")] == ["follow"]
    assert await bot.get_my_commands() == ()
    await bot.delete_my_commands(BotCommandScopeChat(ANN), "uk")
    assert server.commands == {}
    for command, description in (("Follow", "x"), ("follow", ""), ("follow", "x" * 257)):
        with pytest.raises(BadRequest):
            await bot.set_my_commands([(command, description)])


async def test_privacy_mode_lets_only_commands_and_answers_to_the_bot_through(both: Both) -> None:
    server, bot = both
    server.privacy = True
    sent = await bot.send_message(GROUP, "Which topic?")
    for text, reply_to in (("chat", None), ("/follow", None), ("truce", sent.message_id)):
        await server.say(GROUP, text, user=ANN, reply_to=reply_to)
    await server.say(ANN, "hello")
    heard = [update.message.text for update in await bot.get_updates() if update.message]
    assert heard == ["/follow", "truce", "hello"]
