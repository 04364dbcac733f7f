"""`/tune`: how a chat hears of its topics, and where it shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.chats import Subscription
from bot.domain.documents import Document
from tests.chat.newsroom import NOW, Newsroom, open_newsroom


async def settings(room: Newsroom) -> dict[str, Subscription]:
    """By slug."""
    slugs = {topic.id: topic.spec.slug for topic in await room.store.topics()}
    return {slugs[one.topic_id]: one for one in await room.store.subscriptions(room.chat.id)}


async def follow(room: Newsroom) -> dict[str, Subscription]:
    await room.say("/subscribe ukraine-ceasefire, us-russia-summit")
    return await settings(room)


def buttons(said: Document) -> dict[str, str]:
    return {action.label: action.command for action in said.actions}


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ("wait 2", {"wait_for": 2}),
        ("WAIT ２", {"wait_for": 2}),
        ("wait off", {"wait_for": 1}),
        ("updates off", {"updates": "off"}),
        ("updates on", {"updates": "silent"}),
        ("updates Loud", {"updates": "loud"}),
        ("sound off", {"sound": False}),
        ("hourly 3", {"hourly": 3}),
        ("hourly 0", {"hourly": 0}),
        (
            "wait 3 updates off sound no hourly 60",
            {"wait_for": 3, "updates": "off", "sound": False, "hourly": 60},
        ),
    ],
)
async def test_one_topic_is_tuned(room: Newsroom, typed: str, fields: dict[str, object]) -> None:
    """By its name, and no other; settings that were not named stay."""
    before = await follow(room)
    said = await room.say(f"/tune Ukraine ceasefire {typed}")
    usual = replace(before["ukraine-ceasefire"], **fields) == before["ukraine-ceasefire"]  # type: ignore[arg-type]
    assert said.changed is not usual
    assert await settings(room) == before | {
        "ukraine-ceasefire": replace(before["ukraine-ceasefire"], **fields)  # type: ignore[arg-type]
    }


async def test_without_a_topic_all_of_the_chats_are_tuned(room: Newsroom) -> None:
    await follow(room)
    await room.say("/subscribe armenia", chat=room.neighbour)
    await room.say("/tune hourly 2")
    assert {one.hourly for one in (await settings(room)).values()} == {2}
    (neighbours,) = await room.store.subscriptions(room.neighbour.id)
    assert neighbours.hourly == 0


async def test_the_answer_says_what_comes_of_it(room: Newsroom) -> None:
    await follow(room)
    assert (
        "A story comes when 3 independent outlets have it." in (await room.say("/tune ukraine wait 3")).plain
    )
    folded = "At most 2 messages an hour; the surplus comes folded into one message."
    assert folded in (await room.say("/tune ukraine hourly 2")).plain
    again = await room.say("/tune ukraine hourly 2")
    assert "Nothing to change" in again.plain
    assert not again.changed


async def test_undo_sets_each_topic_as_it_was(room: Newsroom) -> None:
    """One button where all were alike, else one for each way."""
    before = await follow(room)
    said = await room.say("/tune wait 3 updates off")
    await room.say(buttons(said)["Undo"])
    assert await settings(room) == before
    await room.say("/tune ukraine wait 2")
    before = await settings(room)
    said = await room.say("/tune wait 4")
    for label, command in buttons(said).items():
        if label.startswith("Undo"):
            await room.say(command)
    assert await settings(room) == before


async def test_buttons_tick_what_holds(room: Newsroom) -> None:
    """An unusual number has a button, too; of several topics a value is ticked where all have it."""
    await follow(room)
    usual = buttons(await room.say("/tune ukraine"))
    assert [label for label in usual if label.startswith("✓")] == [
        "✓ At once",
        "✓ Updates silent",
        "✓ No limit",
    ]
    assert usual["2 outlets"] == "/tune ukraine-ceasefire wait 2"
    await room.say("/tune ukraine wait 7 sound off")
    assert "✓ 7 outlets" in buttons(await room.say("/tune ukraine"))
    assert "Sound on" in buttons(await room.say("/tune ukraine"))
    all_of_them = buttons(await room.say("/tune"))
    assert {"At once", "7 outlets", "✓ No limit"} <= set(all_of_them)
    assert all_of_them["US–Russia summit…"] == "/tune us-russia-summit"
    for command in all_of_them.values():
        assert "🤔" not in (await room.say(command)).plain


async def test_what_is_not_as_usual_is_in_the_list_of_topics(room: Newsroom) -> None:
    await follow(room)
    assert "🎛" not in (await room.say("/topics")).plain
    await room.say("/tune ukraine wait 2 updates off sound off hourly 3")
    said = (await room.say("/topics")).plain
    assert "• Ukraine ceasefire  🎛 once 2 outlets have it, no updates, no sound, 3 an hour" in said
    assert said.count("🎛") == 1
    assert (await room.say("/topics show ukraine")).actions[2].command == "/tune ukraine-ceasefire"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ukraine wait", "Behind “wait” stands a number of outlets, from 1 to 20. It is missing."),
        ("ukraine wait 0.5", "“0.5” is none"),
        ("ukraine wait 21", "“21” is none"),
        ("ukraine hourly 61", "from 1 to 60, or off"),
        ("ukraine updates soft", "Behind “updates” stands off, silent or loud"),
        ("sound", "Behind “sound” stands on or off"),
        (
            "ukraine colour blue",
            "“colour” is nothing that can be set here. What can: wait, updates, sound, hourly",
        ),
        ("ukraine updaets off", "Did you mean /tune ukraine-ceasefire updates off?"),
        ("updaets off", "Did you mean /tune updates off?"),
        ("nowhere wait 2", "I know no topic “nowhere”"),
        ("armenia wait 2", "This chat is not subscribed to Armenia–Azerbaijan."),
        ("ukraine wait " + "9" * 5000, "from 1 to 20"),
    ],
)
async def test_a_slip_is_told_with_what_to_type(room: Newsroom, typed: str, expected: str) -> None:
    before = await follow(room)
    said = await room.say(f"/tune {typed}")
    assert expected in said.plain
    assert await settings(room) == before


async def test_a_miss_keeps_what_was_to_be_set(room: Newsroom) -> None:
    await follow(room)
    said = await room.say("/tune ukrane-ceasefire wait 2")
    assert said.actions[0].command == "/tune ukraine-ceasefire wait 2"


async def test_a_topic_may_be_called_like_a_setting(room: Newsroom) -> None:
    await room.say("/topics add Sound off = Ukraine grain")
    await room.say("/subscribe sound-off")
    assert "How you hear of Sound off" in (await room.say("/tune sound off")).plain
    await room.say("/tune sound off sound off")
    assert not (await settings(room))["sound-off"].sound


async def test_who_follows_nothing_is_led_to_the_topics(room: Newsroom) -> None:
    assert (await room.say("/tune wait 2")).actions[0].command == "/subscribe"


async def test_where_messages_make_no_sound_none_is_offered(tmp_path: Path) -> None:
    async with open_newsroom(tmp_path, "slack") as room:
        await follow(room)
        said = await room.say("/tune ukraine")
        assert "sound" not in said.plain
        assert buttons(said)["✓ Updates on"] == "/tune ukraine-ceasefire updates on"
        assert "What can: wait, updates, hourly" in (await room.say("/tune sound off")).plain
        assert (await settings(room))["ukraine-ceasefire"] == Subscription(
            room.chat.id, await room.topic_id("ukraine-ceasefire"), NOW
        )
