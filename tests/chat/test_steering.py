"""Who of a group may change what, and that no chat sees or changes what is another's: every command is gone through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.commands import COMMANDS, MaySteer, answer
from bot.domain.chats import Chat
from bot.domain.documents import Document
from bot.domain.topics import TopicSpec
from bot.storage.sql import SqlStore
from tests.chat.newsroom import NOW, Newsroom, open_newsroom
from tests.contract.conftest import everything

OFFERED = [command for command in COMMANDS if not command.console_only]

ARGUMENTS = {
    "add": ["Iran talks", "Grain deal = Ukraine (grain | зерно)", "x = (", ""],
    "remove": ["mine", "Mine", "ukraine-ceasefire", "nowhere", ""],
    "show": ["mine", "ukraine-ceasefire", ""],
    "test": ["Ukraine truce", "mine", "(", ""],
    "rename": ["mine = Ours", "mine: Mine", "ukraine-ceasefire = Truce", "mine = =", "mine", ""],
    "edit": ["mine = Armenia", "mine: title:Armenia", "ukraine-ceasefire = Armenia", "mine = (", "mine", ""],
    "narrow": ["mine: port", "mine = -port", "ukraine-ceasefire: port", "mine: (", "mine", "mine port", ""],
    "widen": ["mine: corn", "mine = | corn", "ukraine-ceasefire: corn", "mine: -x", "mine", "mine corn", ""],
    "share": ["mine", "ukraine-ceasefire", "nowhere", ""],
    "list": [""],
    "languages": ["ja en", "any", "xx", ""],
    "timezone": ["Asia/Tokyo", "Nowhere", ""],
    "block": ["NHK", "Nobody", ""],
    "unblock": ["TASS", "NHK", ""],
    "prefer": ["NHK", "TASS", ""],
    "unprefer": ["Reuters", ""],
    "previews": ["on", "off", ""],
    "form": [""],
    "repeats": ["on", "off", ""],
    "who": ["everyone", "admins", ""],
    "only": ["8:00", "25:00", ""],
    "weekdays": ["7:30", ""],
    "weekends": ["10", ""],
    "hourly": ["", "3", "off"],
    "off": [""],
    "wait": ["2", "x", ""],
    "updates": ["off", "loud", "x", ""],
    "sound": ["off", "x", ""],
    "confirmed": ["on", "off", ""],
}
"""What people type behind each first word; a new word of a command has to be added here."""

NAMES = ["ukraine-ceasefire", "us-russia-summit, mine", "Ukraine ceasefire", "mine", "nowhere", ","]

ODDLY_TYPED = [
    "/PAUSE",
    "/pause@SokuhoBot",
    "／pause",
    "/ pause",
    "/pause now",
    "  /pause",
    "/settings lang ja",
    "/settings WHO everyone",
    "/settings who\neveryone",
    "/Settings  block  NHK",
    "/topics rem mine",
    "/topics REMOVE mine",
    "/topics delete mine",
    "/subscribe\u00a0armenia",
    "/settings mute NHK",
    "/digest ８：００",
    "/digest 8:00 ONLY",
    "/quiet 22:00 – 7",
    "/tune mine wait ３",
    "/tune Mine: UPDATES Off",
]

ASKING = [
    "/start",
    "/help",
    "/help settings",
    "/subscribe",
    "/unsubscribe",
    "/topics",
    "/topics list",
    "/tune",
    "/tune mine",
    "/topics show mine",
    "/topics share mine",
    "/topics ukraine-ceasefire",
    "/topics test Ukraine truce",
    "/topics test mine",
    "/topics Iran talks",
    "/latest",
    "/latest ukraine-ceasefire",
    "/why",
    "/feeds",
    "/feeds nhk",
    "/status",
    "/settings",
    "/settings foo",
    "/digest",
    "/quiet",
    "/nonsense",
    "plain words",
    "",
]
"""What anybody may ask, whoever steers."""


def typed() -> Iterator[str]:
    """Every command alone, every example, every first word with arguments, names of topics, and odd ways to type them."""
    for command in OFFERED:
        yield f"/{command.name}"
        yield from command.examples
        for word in command.words:
            for argument in ARGUMENTS[word]:
                yield f"/{command.name} {word} {argument}".strip()
        if command.takes_topics:
            for name in NAMES:
                yield f"/{command.name} {name}"
    yield from ODDLY_TYPED
    yield from ASKING


TYPED = tuple(dict.fromkeys(typed()))


async def nobody() -> bool:
    return False


async def say(
    room: Newsroom, chat: Chat, text: str, may_steer: MaySteer, reply_to: str | None = None
) -> Document:
    return await answer(room.services, chat, text, reply_to, may_steer)


async def stored(room: Newsroom) -> dict[str, list[tuple[Any, ...]]]:
    assert isinstance(room.store, SqlStore)
    return await everything(room.store)


def refused(said: Document) -> bool:
    return said.whisper and "🔒" in said.plain


async def furnish(room: Newsroom, chat: Chat, *, paused: bool = False) -> None:
    """A chat with a topic of its own, subscriptions, settings and a bulletin that was sent."""
    entry = await room.publish("Truce in Ukraine is near")
    for text in (
        "/topics add Mine = Ukraine grain",
        "/subscribe mine, ukraine-ceasefire",
        "/settings block TASS",
        "/settings prefer Reuters",
    ):
        assert not refused(await room.say(text, chat=chat)), text
    await room.deliver(entry, [await room.topic_id("ukraine-ceasefire")], chat)
    if paused:
        await room.say("/pause", chat=chat)


@pytest.mark.parametrize("paused", [False, True])
async def test_whoever_may_not_steer_changes_nothing(room: Newsroom, *, paused: bool) -> None:
    """Whatever is typed: either it is refused to that person alone, or it only asks and is answered as ever."""
    await furnish(room, room.chat, paused=paused)
    rows, before, changes = await stored(room), await room.state(), room.desk.changes
    turned_away = []
    for text in TYPED:
        said = await say(room, room.chat, text, nobody)
        assert await room.state() == before, text
        assert room.desk.changes == changes, text
        assert not said.changed, text
        if refused(said):
            assert said.actions == (), text
            turned_away.append(text)
        else:
            assert said == await room.say(text), text
            assert await room.state() == before, text
    assert await stored(room) == rows
    assert len(turned_away) > len(OFFERED)
    assert not set(turned_away) & set(ASKING)


async def test_what_was_refused_is_what_changes_something(room: Newsroom) -> None:
    """To those who may, nothing is refused; and every command that changes something is among what others may not."""
    await furnish(room, room.chat)
    changing = set()
    for text in TYPED:
        if text == "/tune":
            await room.say("/subscribe ukraine-ceasefire")  # all that was followed was given up above
        denied = refused(await say(room, room.chat, text, nobody))
        before = await room.state()
        assert not refused(await room.say(text)), text
        if await room.state() != before:
            assert denied, text
            changing.add(text.split()[0])
    assert {
        "/subscribe",
        "/unsubscribe",
        "/topics",
        "/settings",
        "/pause",
        "/resume",
        "/digest",
        "/quiet",
        "/tune",
        "/mute",
    } <= changing


async def test_where_everyone_steers_nobody_is_asked(room: Newsroom) -> None:
    """Everything is allowed, and whether somebody is an admin is not looked up, since that costs a call."""

    async def never() -> bool:
        raise AssertionError

    await furnish(room, room.chat)
    chat = await room.store.chat(room.chat.id)
    assert chat is not None
    for text in TYPED:
        if "admins" in text:
            continue  # that takes it back
        await room.store.save_chat(replace(await current(room, chat), steered_by="everyone"))
        said = await say(room, chat, text, never)
        assert not refused(said), text
        assert "went wrong" not in said.plain, text


async def current(room: Newsroom, chat: Chat) -> Chat:
    return await room.store.chat(chat.id) or chat


async def test_opening_a_group_to_all_and_closing_it_again(room: Newsroom) -> None:
    """By an admin; from then on everyone may, until somebody takes it back."""
    assert refused(await say(room, room.chat, "/settings who everyone", nobody))
    await room.say("/settings who everyone")
    assert not refused(await say(room, room.chat, "/pause", nobody))
    assert not refused(await say(room, room.chat, "/settings who admins", nobody))
    assert refused(await say(room, room.chat, "/resume", nobody))


async def test_who_steers_is_a_matter_of_telegram_alone(tmp_path: Path) -> None:
    """Slack tells no admins apart, so the setting is nothing to be changed there."""
    async with open_newsroom(tmp_path, "slack") as room:
        before = await stored(room)
        await room.say("/settings who everyone")
        assert await stored(room) == before


PRIVATE = TopicSpec("zanzibar-plan", "Zanzibar plan", "Ukraine cloves")

NAMING = [
    "/subscribe {}",
    "/unsubscribe {}",
    "/latest {}",
    "/topics {}",
    "/topics show {}",
    "/topics remove {}",
    "/topics test {}",
    "/topics share {}",
    "/topics rename {} = Armenia",
    "/topics edit {} = Armenia",
    "/topics narrow {}: Armenia",
    "/topics widen {}: Armenia",
    "/topics widen {}",
    "/tune {}",
    "/tune {} wait 2",
    "/topics rename armenia = {}",
    "/topics rename mine = {}",
    "/topics add {}",
    "/topics add {} = Armenia",
    "/help {}",
    "/feeds {}",
    "/settings block {}",
    "{}",
]


@pytest.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[tuple[Newsroom, Newsroom]]:
    """Two that are alike for the chat, but for its neighbour: in the first that one has all that a chat can have."""
    async with AsyncExitStack() as stack:
        made = []
        for name in ("inhabited", "empty"):
            (tmp_path / name).mkdir()
            room = await stack.enter_async_context(open_newsroom(tmp_path / name))
            made.append(room)
            if name == "inhabited":
                await inhabit(room)
            else:
                await room.publish("Truce in Ukraine: price of cloves", feed=1)
        inhabited, empty = made
        yield inhabited, empty


async def inhabit(room: Newsroom) -> None:
    """Give the neighbour a topic, subscriptions, settings, a bulletin, and a story that only its topic matched."""
    topic = await room.store.add_topic(room.neighbour.id, PRIVATE, NOW)
    assert topic is not None
    entry = await room.publish("Truce in Ukraine: price of cloves", feed=1)
    for text in (
        "/subscribe zanzibar-plan, armenia",
        "/settings block TASS",
        "/settings prefer NHK",
        "/settings timezone Asia/Tokyo",
        "/settings languages ja en",
        "/settings who everyone",
    ):
        await room.say(text, chat=room.neighbour)
    await room.deliver(entry, [topic.id], room.neighbour)


async def state_of(room: Newsroom, chat: Chat) -> tuple[object, ...]:
    """What commands could change of a chat."""
    topics = [topic for topic in await room.store.topics() if topic.chat_id == chat.id]
    return await room.store.chat(chat.id), topics, await room.store.subscriptions(chat.id)


def of_chat(tables: dict[str, list[tuple[Any, ...]]], chat: Chat) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a chat: its own, its topics, subscriptions and messages."""
    place = {"chats": 0, "topics": 1, "subscriptions": 0, "deliveries": 1}
    return {name: [row for row in tables[name] if row[column] == chat.id] for name, column in place.items()}


async def test_no_command_reads_or_changes_another_chats_topics_or_settings(
    rooms: tuple[Newsroom, Newsroom],
) -> None:
    """Every command, with every argument, and every button that it offers, is answered as if the neighbour were not
    there; and the neighbour's chat, topics, subscriptions and messages stay as they are, to the row."""
    inhabited, empty = rooms
    before, theirs = (
        of_chat(await stored(inhabited), inhabited.neighbour),
        await state_of(inhabited, inhabited.neighbour),
    )
    assert all(before.values())
    texts = [
        *TYPED,
        *(text.format(name) for text in NAMING for name in ("zanzibar-plan", "Zanzibar plan", "zanz")),
    ]
    pressed = set[str]()
    for text in texts:
        said = await inhabited.say(text)
        assert said == await empty.say(text), text
        assert "cloves" not in said.plain.replace("price of cloves", ""), text
        for action in said.actions:
            if action.command not in pressed:
                pressed.add(action.command)
                assert await inhabited.say(action.command) == await empty.say(action.command), action
        assert await state_of(inhabited, inhabited.neighbour) == theirs, text
    assert of_chat(await stored(inhabited), inhabited.neighbour) == before
    assert len(pressed) > len(OFFERED)


async def test_no_answer_to_another_chats_message_explains_it(rooms: tuple[Newsroom, Newsroom]) -> None:
    """Messages have numbers that anybody can guess; `/why` looks among the chat's own."""
    inhabited, empty = rooms
    (sent,) = await inhabited.store.sent_messages(inhabited.neighbour.id, 10)
    for text in ("/why", "/latest", "why"):
        said = await say(inhabited, inhabited.chat, text, nobody, sent.delivery.message_id)
        assert said == await say(empty, empty.chat, text, nobody, sent.delivery.message_id)


async def test_a_neighbours_topic_is_no_reason_to_be_told(rooms: tuple[Newsroom, Newsroom]) -> None:
    """A chat that follows nothing has nobody's topic among those that bring it news."""
    inhabited, _ = rooms
    topics = [topic for topic in await inhabited.store.topics() if topic.chat_id is not None]
    chats = await inhabited.store.subscribed_chats([topic.id for topic in topics])
    assert [chat.id for chat in chats] == [inhabited.neighbour.id]
