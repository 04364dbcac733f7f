"""`/mute`, `/unmute`, `/more` and `/less`: what is done with a bulletin, in answer to it or with the last one."""

from __future__ import annotations

import pytest

from bot.domain.documents import Document
from tests.chat.newsroom import Newsroom

TITLE = "Ukraine and Russia talk of a ceasefire in Iran"
"""Names who is asked for, and somebody beside them."""


async def told(room: Newsroom, title: str = TITLE, slug: str = "ukraine-ceasefire") -> str:
    """The chat was sent a bulletin for a topic that it follows; the message's id."""
    await room.say(f"/subscribe {slug}")
    return await room.deliver(await room.publish(title), [await room.topic_id(slug)])


async def muted(room: Newsroom) -> list[str]:
    """The titles of stories that the chat has muted."""
    sent = await room.store.sent_messages(room.chat.id, 50)
    return [one.story.reports[0].entry.title for one in sent if one.delivery.muted]


def commands(said: Document) -> dict[str, str]:
    return {action.label: action.command for action in said.actions}


async def test_a_bulletin_is_muted_in_answer_to_it(room: Newsroom) -> None:
    """The answer says which, all see it, and it can be undone."""
    message = await told(room)
    await told(room, "Truce in Ukraine is near")
    said = await room.say("/mute", reply_to=message)
    assert await muted(room) == [TITLE]
    assert said.changed
    assert f"Muted: {TITLE}" in said.plain
    assert "last bulletin" not in said.plain
    undone = await room.say(commands(said)["Undo"], reply_to="the answer")
    assert undone.changed
    assert f"No longer muted: {TITLE}" in undone.plain
    assert await muted(room) == []


async def test_without_one_the_last_bulletin_is_muted(room: Newsroom) -> None:
    await told(room)
    await told(room, "Truce in Ukraine is near")
    said = await room.say("/mute")
    assert await muted(room) == ["Truce in Ukraine is near"]
    assert "Muted: Truce in Ukraine is near" in said.plain
    assert "That was the last bulletin." in said.plain


async def test_a_story_is_muted_and_unmuted_once(room: Newsroom) -> None:
    message = await told(room)
    await room.say("/mute", reply_to=message)
    again = await room.say("/mute", reply_to=message)
    assert "This is muted already" in again.plain
    assert not again.changed
    assert (await room.say("/unmute", reply_to=message)).changed
    again = await room.say("/unmute", reply_to=message)
    assert "no story that is muted here" in again.plain
    assert not again.changed


async def test_what_is_muted_is_told_by_why_and_listed(room: Newsroom) -> None:
    message = await told(room)
    assert "muted" not in (await room.say("/why", reply_to=message)).plain
    assert "No story is muted here" in (await room.say("/unmute")).plain
    await room.say("/mute", reply_to=message)
    assert "🔕 muted" in (await room.say("/why", reply_to=message)).plain
    listed = await room.say("/unmute")
    assert [action.label for action in listed.actions] == [f"{TITLE[:39]}…"]
    await room.say(listed.actions[0].command)
    assert await muted(room) == []


@pytest.mark.parametrize(
    ("typed", "reply_to", "expected"),
    [
        ("/mute", None, "No bulletin has been sent"),
        (
            "/mute",
            "m99",
            "That message is not a bulletin. Answer to a bulletin, or type /mute for the last one.",
        ),
        ("/more", None, "No bulletin has been sent"),
        (
            "/less",
            "m99",
            "That message is not a bulletin. Answer to a bulletin, or type /less for the last one.",
        ),
        ("/mute armenia", None, "To hear nothing of a topic: /unsubscribe armenia"),
        ("/unmute 7", None, "no story that is muted here"),
        ("/unmute x", None, "no story that is muted here"),
        ("/unmute " + "9" * 400, None, "no story that is muted here"),
        ("/unmute", "m99", "No story is muted here"),
    ],
)
async def test_where_there_is_no_bulletin_that_is_said(
    room: Newsroom, typed: str, reply_to: str | None, expected: str
) -> None:
    said = await room.say(typed, reply_to=reply_to)
    assert expected in said.plain
    assert not said.changed


async def test_another_chats_bulletins_are_its_own(room: Newsroom) -> None:
    """Neither by the message's id nor by the story's is anything done to them."""
    story = await room.publish(TITLE)
    message = await room.deliver(story, [await room.topic_id("ukraine-ceasefire")], room.neighbour)
    for typed in ("/mute", "/more", "/less"):
        assert "not a bulletin" in (await room.say(typed, reply_to=message)).plain
    await room.say("/mute", chat=room.neighbour)
    assert TITLE not in (await room.say(f"/unmute {story.id}")).plain
    (sent,) = await room.store.sent_messages(room.neighbour.id, 10)
    assert sent.delivery.muted


async def test_less_like_this_narrows_the_topic_by_what_the_story_names(room: Newsroom) -> None:
    """By a button that does so; the topic of the chat is changed, and can be changed back."""
    await room.say("/topics add Ours = Ukraine")
    message = await told(room, slug="ours")
    said = await room.say("/less", reply_to=message)
    assert f"Less like {TITLE}" in said.plain
    assert "It came for Ours, which looks for Ukraine" in said.plain
    assert not said.changed
    offered = commands(said)
    assert offered["Leave out Iran"] == "/topics edit ours = Ukraine -Iran"
    assert offered["Narrow: only in titles"] == "/topics edit ours = title:Ukraine"
    changed = await room.say(offered["Leave out Iran"])
    assert changed.changed
    assert "Undo" in commands(changed)
    for label, command in offered.items():
        assert "🤔" not in (await room.say(command)).plain, label


async def test_more_like_this_widens_it(room: Newsroom) -> None:
    await room.say("/topics add Ours = Ukraine grain")
    message = await told(room, "Grain from Ukraine for Iran", slug="ours")
    offered = commands(await room.say("/more", reply_to=message))
    assert offered == {
        "Also “Ukraine Iran”": "/topics edit ours = Ukraine grain | Ukraine Iran",
        "Widen: without “grain”": "/topics edit ours = Ukraine",
    }
    assert (await room.say(offered["Also “Ukraine Iran”"])).changed


async def test_of_a_topic_on_offer_a_copy_is_made(room: Newsroom) -> None:
    message = await told(room)
    said = await room.say("/less", reply_to=message)
    assert "on offer to everyone" in said.plain
    made = await room.say(commands(said)["Our own, leave out Iran"])
    assert "Made the topic Our Ukraine ceasefire" in made.plain
    (own,) = [topic.spec for topic in await room.store.topics() if topic.chat_id == room.chat.id]
    assert own.query.endswith(" -Iran")
    await room.say("/tune ukraine wait 3")
    followed = await room.say(commands(made)["Follow it instead of Ukraine ceasefire"])
    assert "Subscribed to Our Ukraine ceasefire instead of Ukraine ceasefire." in followed.plain
    (ours,) = await room.store.subscriptions(room.chat.id)
    copy = next(topic.id for topic in await room.store.topics() if topic.spec == own)
    assert (ours.topic_id, ours.wait_for) == (copy, 3)
    await room.say(commands(followed)["Undo"])
    (again,) = await room.store.subscriptions(room.chat.id)
    assert (again.topic_id, again.wait_for) == (await room.topic_id("ukraine-ceasefire"), 3)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("armenia instead of nowhere", "I know no topic “nowhere”"),
        ("nowhere instead of armenia", "I know no topic “nowhere”"),
        ("armenia instead of armenia", "instead of itself changes nothing"),
        ("armenia instead of ", "I know no topic"),
    ],
)
async def test_what_cannot_be_followed_instead_is_told(room: Newsroom, typed: str, expected: str) -> None:
    await room.say("/subscribe ukraine-ceasefire")
    before = await room.state()
    assert expected in (await room.say(f"/subscribe {typed}")).plain
    assert await room.state() == before


async def test_how_a_topic_is_heard_of_is_offered_too(room: Newsroom) -> None:
    """Less: with more outlets, without updates, not at all; more: what was turned off."""
    message = await told(room)
    less = commands(await room.say("/less", reply_to=message))
    assert less["Only what 2 outlets have"] == "/tune ukraine-ceasefire wait 2"
    assert less["Without updates"] == "/tune ukraine-ceasefire updates off"
    assert less["Nothing on Ukraine ceasefire"] == "/unsubscribe ukraine-ceasefire"
    await room.say("/tune ukraine wait 2 updates off")
    more = commands(await room.say("/more", reply_to=message))
    assert more["As soon as one outlet has it"] == "/tune ukraine-ceasefire wait 1"
    assert more["With updates on what is new"] == "/tune ukraine-ceasefire updates on"
    assert "Without updates" not in commands(await room.say("/less", reply_to=message))


async def test_a_topic_that_is_not_followed_any_more_is_not_offered(room: Newsroom) -> None:
    message = await told(room)
    await room.say("/unsubscribe ukraine-ceasefire")
    assert commands(await room.say("/less", reply_to=message)) == {"All topics": "/topics"}
