"""`ports.PlaceStore`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.chats import Chat, Subscription
from bot.domain.deliveries import Delivery, DeliveryState, Sent, settle
from bot.domain.entries import Entry
from bot.domain.topics import Topic, TopicSpec
from bot.ports import Store
from tests.contract.records import HOUR, NOON, a_story, a_topic
from tests.contract.records import begun as as_begun

TEA = TopicSpec("tea", "Tea", "tea")
COFFEE = TopicSpec("coffee", "Coffee", "coffee")


async def at(store: Store, address: str) -> Chat:
    """A chat on Telegram, made if it is not there."""
    return await store.ensure_chat("telegram", address, f"At {address}", NOON)


async def own(store: Store, chat: Chat, spec: TopicSpec) -> Topic:
    topic = await store.add_topic(chat.id, spec, NOON)
    assert topic is not None
    return topic


async def send(store: Store, chat: Chat) -> Delivery:
    """Send what the chat is owed first; answers the delivery."""
    owed = next(one for one in await store.claim_deliveries(NOON + HOUR, 50) if one.chat_id == chat.id)
    begun = await as_begun(store, owed.id, "Text")
    await store.settle(settle(begun, Sent(f"m{owed.id}"), NOON))
    return begun


async def owed(store: Store, chat: Chat) -> list[int | None]:
    """The stories that the chat is owed, in the order in which it will be told."""
    stories: list[int | None] = []
    while due := [one for one in await store.claim_deliveries(NOON + HOUR, 50) if one.chat_id == chat.id]:
        stories.append(due[0].story_id)
        await send(store, chat)
    return stories


async def told(store: Store, chat: Chat, *stories: Entry) -> list[int]:
    return [
        one.story_id for one in await store.told([story.id for story in stories]) if one.chat_id == chat.id
    ]


async def test_a_chat_is_found_by_its_address(store: Store) -> None:
    """To the letter, and on its own platform."""
    chat = await at(store, "-100")
    await store.save_chat(replace(chat, invited=True, previews=True, steered_by="everyone"))
    assert await store.chat_at("telegram", "-100") == replace(
        chat, invited=True, previews=True, steered_by="everyone"
    )
    assert await store.chat_at("slack", "-100") is None
    for other in ("-10", "-1000", "-100/", "", "-100%", "%"):
        assert await store.chat_at("telegram", other) is None


PLACES = [
    "-1",
    "-1/7",
    "-1/8",
    "-10",
    "-10/7",
    "-100/1",
    "T_1/C1",
    "T_1/C2",
    "TX1/C1",
    "T%/C1",
    "TX/C1",
    "T/C1",
    "t_1/C1",
]


@pytest.mark.parametrize(
    ("place", "within"),
    [
        ("-1", ["-1", "-1/7", "-1/8"]),
        ("-1/7", ["-1/7"]),
        ("-10", ["-10", "-10/7"]),
        ("-100", ["-100/1"]),
        ("-1000", []),
        ("T_1", ["T_1/C1", "T_1/C2"]),
        ("T%", ["T%/C1"]),
        ("T", ["T/C1"]),
        ("t_1", ["t_1/C1"]),
        ("", []),
        ("%", []),
    ],
)
async def test_a_place_has_its_parts(store: Store, place: str, within: list[str]) -> None:
    """Those behind its name and a slash; signs that a database would take for wildcards are letters, and case counts."""
    for address in PLACES:
        await at(store, address)
    await store.ensure_chat("slack", "-1", "", NOON)
    assert [chat.address for chat in await store.chats("telegram", place)] == within


async def test_every_chat_of_a_platform(store: Store) -> None:
    """In the order in which they came."""
    made = [await at(store, address) for address in PLACES]
    other = await store.ensure_chat("slack", "T1/C1", "", NOON)
    assert await store.chats("telegram") == tuple(made)
    assert await store.chats("slack") == (other,)
    assert await store.chats("console") == ()


async def test_a_chat_that_moves_keeps_all_it_has(store: Store) -> None:
    """Under its new address it is the same chat: settings, subscriptions, topics, messages."""
    offered, chat, other = await a_topic(store), await at(store, "-5"), await at(store, "-55")
    kept = replace(chat, languages=("ja",), invited=True, paused_at=NOON, pause_reason="the bot was blocked")
    await store.save_chat(kept)
    topic = await own(store, chat, TEA)
    await store.subscribe(chat.id, offered.id, NOON)
    assert await store.move_chats("telegram", "-5", "-1005") == 1
    assert await store.chat_at("telegram", "-1005") == replace(kept, address="-1005")
    assert await store.chat_at("telegram", "-5") is None
    assert topic in await store.topics()
    assert await store.subscriptions(chat.id) == (Subscription(chat.id, offered.id, NOON),)
    assert await store.chats("telegram", "-55") == (other,)
    assert await store.move_chats("telegram", "-5", "-1005") == 0


async def test_a_place_moves_with_its_parts(store: Store) -> None:
    chats = [await at(store, address) for address in ("-5", "-5/1", "-5/2", "-55", "-55/1")]
    assert await store.move_chats("telegram", "-5", "-1005") == 3
    assert [(await store.chat(chat.id) or chat).address for chat in chats] == [
        "-1005",
        "-1005/1",
        "-1005/2",
        "-55",
        "-55/1",
    ]


async def test_only_the_platforms_own_chats_move(store: Store) -> None:
    slack = await store.ensure_chat("slack", "-5", "", NOON)
    assert await store.move_chats("telegram", "-5", "-1005") == 0
    assert await store.chat_at("slack", "-5") == slack


async def test_a_move_to_where_a_chat_is_changes_nothing(store: Store) -> None:
    chat, topic = await at(store, "-5"), await a_topic(store)
    await store.subscribe(chat.id, topic.id, NOON)
    await store.move_chats("telegram", "-5", "-5")
    assert await store.chat_at("telegram", "-5") == chat
    assert len(await store.subscriptions(chat.id)) == 1


async def meeting(store: Store) -> tuple[Chat, Chat]:
    """A chat that is about to move, and one that is there already."""
    return await at(store, "-5"), await at(store, "-1005")


async def moved(store: Store, older: Chat, newer: Chat) -> Chat:
    """The one chat that is there after the move."""
    assert await store.move_chats("telegram", "-5", "-1005") == 1
    assert await store.chats("telegram") == (replace(older, address="-1005"),)
    assert await store.chat(newer.id) is None
    assert await store.subscriptions(newer.id) == ()
    return replace(older, address="-1005")


async def test_a_chat_that_is_there_already_is_merged_into_the_one_that_comes(store: Store) -> None:
    """It keeps its id and settings, and takes over subscriptions, each once, the first time kept."""
    older, newer = await meeting(store)
    await store.sync_topics([TEA, COFFEE], NOON)
    tea, coffee = await store.topics()
    await store.subscribe(older.id, tea.id, NOON)
    await store.subscribe(newer.id, tea.id, NOON + HOUR)
    await store.subscribe(newer.id, coffee.id, NOON + HOUR)
    chat = await moved(store, older, newer)
    assert set(await store.subscriptions()) == {
        Subscription(chat.id, tea.id, NOON),
        Subscription(chat.id, coffee.id, NOON + HOUR),
    }


async def test_topics_of_both_chats_are_the_merged_ones(store: Store) -> None:
    """Where both made one of a name, that of the chat that comes counts; the other goes with its subscriptions."""
    older, newer = await meeting(store)
    tea = await own(store, older, TEA)
    other_tea = await own(store, newer, replace(TEA, query="green tea"))
    coffee = await own(store, newer, COFFEE)
    for topic in (other_tea, coffee):
        await store.subscribe(newer.id, topic.id, NOON)
    chat = await moved(store, older, newer)
    assert await store.topics() == (tea, replace(coffee, chat_id=chat.id))
    assert await store.subscriptions() == (Subscription(chat.id, coffee.id, NOON),)


async def test_a_topic_that_was_removed_gives_way_to_one_that_is_there(store: Store) -> None:
    """Its name is free in the chat that comes, so the other's topic stays."""
    older, newer = await meeting(store)
    await store.remove_topic((await own(store, older, TEA)).id)
    tea = await own(store, newer, TEA)
    await store.subscribe(newer.id, tea.id, NOON)
    chat = await moved(store, older, newer)
    assert await store.topics() == (replace(tea, chat_id=chat.id),)
    assert await store.subscriptions() == (Subscription(chat.id, tea.id, NOON),)


async def test_a_removed_topic_of_the_chat_that_was_there_stays_removed(store: Store) -> None:
    older, newer = await meeting(store)
    tea = await own(store, older, TEA)
    await store.remove_topic((await own(store, newer, TEA)).id)
    await store.remove_topic((await own(store, newer, COFFEE)).id)
    await moved(store, older, newer)
    assert await store.topics() == (tea,)


async def test_no_story_is_told_twice_to_the_merged_chat(store: Store) -> None:
    """Messages of both are its own; of two about one story, that of the chat that comes counts."""
    older, newer = await meeting(store)
    both = await a_story(store, older, newer, title="Both")
    of_newer = await a_story(store, newer, title="Newer")
    of_older = await a_story(store, older, title="Older")
    chat = await moved(store, older, newer)
    assert sorted(await told(store, chat, both, of_newer, of_older)) == [both.id, of_newer.id, of_older.id]
    assert sorted(await owed(store, chat), key=str) == sorted([both.id, of_newer.id, of_older.id], key=str)


async def test_messages_are_taken_over_whatever_the_chat_that_comes_has_caught_up_with(store: Store) -> None:
    """A message for what was missed has no story, and hides none."""
    older, newer = await meeting(store)
    await store.pause_chat(older.id, "blocked", NOON)
    missed = await a_story(store, older, title="Missed")
    assert await store.resume_chat(older.id, NOON) == 1
    of_newer = await a_story(store, newer, title="Newer")
    chat = await moved(store, older, newer)
    assert sorted(await told(store, chat, missed, of_newer)) == [missed.id, of_newer.id]
    assert set(await owed(store, chat)) == {None, of_newer.id}


async def test_what_the_chat_that_was_there_has_missed_is_taken_over(store: Store) -> None:
    """Its message for what was missed still tells the stories that were folded into it."""
    older, newer = await meeting(store)
    await store.pause_chat(newer.id, "blocked", NOON)
    one, two = await a_story(store, newer, title="One"), await a_story(store, newer, title="Two")
    assert await store.resume_chat(newer.id, NOON) == 2
    chat = await moved(store, older, newer)
    (message,) = await store.claim_deliveries(NOON, 10)
    assert (message.chat_id, message.story_id) == (chat.id, None)
    stories, total = await store.folded_stories(message.id, 10)
    assert ({story.id for story in stories}, total) == ({one.id, two.id}, 2)


async def test_messages_that_were_sent_are_found_after_the_move(store: Store) -> None:
    """By those who answer to them."""
    older, newer = await meeting(store)
    await a_story(store, newer)
    sent = await send(store, newer)
    chat = await moved(store, older, newer)
    (message,) = await store.sent_messages(chat.id, 10, f"m{sent.id}")
    assert message.delivery.state is DeliveryState.SENT


async def test_the_command_behind_a_button_is_kept(store: Store) -> None:
    """Under its key, as it was first kept; another key has another, or none."""
    long = "/topics add " + "穀物 " * 60
    await store.remember_command("#1", long, NOON)
    await store.remember_command("#1", "/other", NOON + HOUR)
    await store.remember_command("#2", "/latest", NOON)
    assert await store.remembered_command("#1") == long
    assert await store.remembered_command("#2") == "/latest"
    assert await store.remembered_command("#3") is None
