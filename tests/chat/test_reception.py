"""Who may use the bot, and what becomes of chats that come, go and move."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.chat.reception import AWAY, CLOSED, Heard, Reception, serve_only
from bot.domain.access import OPEN, Access
from bot.domain.chats import Chat, Platform
from bot.domain.documents import Document, document
from bot.domain.flooding import Tolerance
from tests.chat.newsroom import NOW, Newsroom

CODE = "open sesame"
INVITING = Access(invite_code=CODE)
BLOCKED = "bot was blocked by the user"


def reception(room: Newsroom, access: Access = OPEN) -> Reception:
    return Reception(room.services, access)


async def says(
    room: Newsroom,
    text: str,
    access: Access = OPEN,
    *,
    platform: Platform = "telegram",
    address: str = "77",
    reply_to: str | None = None,
) -> Document:
    said = await reception(room, access).answer(Heard(platform, address, "Strangers", text, reply_to))
    assert said is not None
    return said


async def at(room: Newsroom, address: str = "77", platform: Platform = "telegram") -> Chat | None:
    return await room.store.chat_at(platform, address)


async def paused(room: Newsroom, chat: Chat) -> str | None:
    """Why the chat is paused; None where it is not."""
    now = await room.store.chat(chat.id)
    assert now is not None
    return (now.pause_reason or "by its own wish") if now.paused else None


async def owed(room: Newsroom, chat: Chat) -> int:
    """Of how many stories the one message tells that the chat is owed."""
    room.clock.at += timedelta(minutes=1)
    due = [
        message
        for message in await room.store.claim_deliveries(room.clock.now(), 10)
        if message.chat_id == chat.id
    ]
    if not due:
        return 0
    (message,) = due
    assert message.story_id is None
    return (await room.store.folded_stories(message.id, 10))[1]


async def follows(room: Newsroom, chat: Chat) -> None:
    await room.store.subscribe(chat.id, await room.topic_id("ukraine-ceasefire"), NOW - timedelta(days=1))


async def test_an_open_bot_answers_everybody(room: Newsroom) -> None:
    """A chat is made with its title when it first says something, and found again."""
    assert "Sokuho" in (await says(room, "/start")).plain
    made = await at(room)
    assert made == Chat(made.id if made else 0, "telegram", "77", "Strangers")
    await says(room, "/topics")
    assert await at(room) == made


@pytest.mark.parametrize(
    "text", ["/topics", "hello", "/start", "/start@SokuhoBot", "/pause", "/subscribe ukraine", ""]
)
async def test_a_bot_that_needs_a_code_tells_strangers_so(room: Newsroom, text: str) -> None:
    """With what to send, and the name by which its operator can let the chat in; nothing is kept of them."""
    said = await says(room, text, INVITING)
    assert "/start CODE" in said.plain
    assert "telegram:77" in said.plain
    assert CODE not in said.plain
    assert said.actions == ()
    assert await at(room) is None


@pytest.mark.parametrize(
    "text",
    [
        f"/start {CODE}",
        f"/START@SokuhoBot {CODE}",
        f"／start {CODE}",
        f"  /start   {CODE}  ",
        f"start {CODE}",
    ],
)
async def test_the_code_lets_a_chat_in_for_good(room: Newsroom, text: str) -> None:
    """The answer is the usual welcome, and from then on it is a chat like any other."""
    assert "Sokuho" in (await says(room, text, INVITING)).plain
    chat = await at(room)
    assert chat is not None
    assert chat.invited
    assert "/start CODE" not in (await says(room, "/topics", INVITING)).plain


@pytest.mark.parametrize("wrong", ["sesame", f"{CODE}!", CODE.upper(), "öpen", "*", "\x00"])
async def test_a_wrong_code_lets_nobody_in(room: Newsroom, wrong: str) -> None:
    said = await says(room, f"/start {wrong}", INVITING)
    assert "invite code is not the right one" in said.plain
    assert await at(room) is None


async def test_the_code_given_again_changes_nothing(room: Newsroom) -> None:
    """Somebody else in the group may send it too; and a chat that was let in needs none."""
    await says(room, f"/start {CODE}", INVITING)
    await says(room, "/pause", INVITING)
    before = await at(room)
    assert "/start CODE" not in (await says(room, f"/start {CODE}", INVITING)).plain
    assert "/start CODE" not in (await says(room, "/start wrong", INVITING)).plain
    assert await at(room) == before


async def test_the_code_of_one_chat_lets_in_no_other(room: Newsroom) -> None:
    """Not even another topic of the same forum, which is a chat of its own."""
    await says(room, f"/start {CODE}", INVITING, address="-100/7")
    for other in ("-100", "-100/8", "-1001", "77"):
        assert "/start CODE" in (await says(room, "/topics", INVITING, address=other)).plain
        assert await at(room, other) is None


async def test_a_code_that_was_taken_away_lets_nobody_in_any_more(room: Newsroom) -> None:
    """With a list alone, only what is listed counts; with another code, those who were invited stay."""
    await says(room, f"/start {CODE}", INVITING)
    listed = Access(listed=frozenset({"telegram:5"}))
    said = await says(room, "/topics", listed)
    assert "serves only chats that its operator lists" in said.plain
    assert "telegram:77" in said.plain
    assert "/start CODE" not in (await says(room, "/topics", Access(invite_code="another"))).plain


@pytest.mark.parametrize(
    ("platform", "address", "admitted"),
    [
        ("telegram", "5", True),
        ("telegram", "-100123", True),
        ("telegram", "-100123/7", True),
        ("telegram", "-1001234", False),
        ("telegram", "-100123456/7", False),
        ("telegram", "6/5", False),
        ("slack", "T01/C02", True),
        ("slack", "T01/D09", True),
        ("slack", "T012/C02", False),
        ("slack", "T03/C04", True),
        ("slack", "T03/C05", False),
        ("slack", "5", False),
    ],
)
async def test_a_list_lets_in_chats_and_the_parts_of_places(
    room: Newsroom, platform: Platform, address: str, *, admitted: bool
) -> None:
    """A forum with its topics, a workspace with its channels; no code is spoken of where there is none."""
    listed = frozenset({"telegram:5", "telegram:-100123", "slack:T01", "slack:T03/C04"})
    said = await says(room, "/topics", Access(listed=listed), platform=platform, address=address)
    assert ("its operator lists" not in said.plain) is admitted
    assert (await at(room, address, platform) is not None) is admitted
    assert "CODE" not in said.plain


async def test_with_a_code_and_a_list_either_is_enough(room: Newsroom) -> None:
    both = Access(invite_code=CODE, listed=frozenset({"telegram:5"}))
    assert "/start CODE" not in (await says(room, "/topics", both, address="5")).plain
    assert "/start CODE" in (await says(room, "/topics", both)).plain
    assert "Sokuho" in (await says(room, f"/start {CODE}", both)).plain


async def test_a_chat_that_is_closed_out_is_paused_and_told_so(room: Newsroom) -> None:
    """At the next start, with the reason; what it had stays."""
    await follows(room, room.chat)
    await reception(room, INVITING).open("telegram")
    assert await paused(room, room.chat) == CLOSED
    assert len(await room.store.subscriptions(room.chat.id)) == 1
    assert "/start CODE" in (await says(room, "/resume", INVITING, address="1")).plain
    assert await paused(room, room.chat) == CLOSED


async def test_a_chat_that_is_let_in_again_hears_what_it_missed(room: Newsroom) -> None:
    """Of a bot that is open again, at the start, as one message."""
    await follows(room, room.chat)
    await reception(room, INVITING).open("telegram")
    room.clock.at += timedelta(hours=3)
    await room.publish("Truce in Ukraine is near")
    await reception(room, OPEN).open("telegram")
    assert await paused(room, room.chat) is None
    assert await owed(room, room.chat) == 1


async def test_a_chat_that_gives_the_code_later_hears_what_it_missed(room: Newsroom) -> None:
    await follows(room, room.chat)
    await reception(room, INVITING).open("telegram")
    room.clock.at += timedelta(hours=3)
    await room.publish("Truce in Ukraine is near")
    await says(room, f"/start {CODE}", INVITING, address="1")
    chat = await room.store.chat(room.chat.id)
    assert chat is not None
    assert (chat.invited, chat.paused) == (True, False)
    assert await owed(room, room.chat) == 1


async def test_opening_resumes_nobody_who_paused_for_another_reason(room: Newsroom) -> None:
    """A chat's own wish, and a bot that was put out, are not the operator's to end."""
    await says(room, "/pause", address="1")
    await room.store.pause_chat(room.neighbour.id, BLOCKED, NOW)
    await reception(room, INVITING).open("telegram")
    await reception(room, OPEN).open("telegram")
    assert await paused(room, room.chat) == "by its own wish"
    assert await paused(room, room.neighbour) == BLOCKED


async def test_opening_concerns_one_platform_alone(room: Newsroom) -> None:
    slack = await room.store.ensure_chat("slack", "T1/C1", "", NOW)
    await reception(room, INVITING).open("telegram")
    assert await paused(room, slack) is None
    await reception(room, Access(listed=frozenset({"slack:T1"}))).open("slack")
    assert await paused(room, slack) is None


async def test_a_chat_that_put_us_out_and_lets_us_back_in_hears_what_it_missed(room: Newsroom) -> None:
    await follows(room, room.chat)
    await reception(room).left("telegram", "1", BLOCKED)
    assert await paused(room, room.chat) == BLOCKED
    assert await paused(room, room.neighbour) is None
    room.clock.at += timedelta(hours=1)
    await room.publish("Truce in Ukraine is near")
    assert await reception(room).returned("telegram", "1") == 1
    assert await paused(room, room.chat) is None
    assert await owed(room, room.chat) == 1
    assert await reception(room).returned("telegram", "1") == 0


async def test_coming_back_ends_no_pause_that_somebody_wished(room: Newsroom) -> None:
    """Nor the operator's, nor one that was asked for in the chat before we were put out."""
    await says(room, "/pause", address="1")
    await reception(room).left("telegram", "1", BLOCKED)
    await room.store.pause_chat(room.neighbour.id, CLOSED, NOW)
    for address in ("1", "2"):
        assert await reception(room).returned("telegram", address) == 0
    assert await paused(room, room.chat) == "by its own wish"
    assert await paused(room, room.neighbour) == CLOSED


async def test_a_place_goes_and_comes_back_with_all_its_parts(room: Newsroom) -> None:
    """The topics of a forum, the channels of a workspace; no place whose name only begins alike."""
    topics = [
        await room.store.ensure_chat("telegram", address, "", NOW) for address in ("-10", "-10/1", "-10/2")
    ]
    other = await room.store.ensure_chat("telegram", "-100/1", "", NOW)
    await reception(room).left("telegram", "-10", "bot was kicked from the supergroup chat")
    assert [await paused(room, chat) is not None for chat in (*topics, other)] == [True, True, True, False]
    assert await reception(room).returned("telegram", "-10") == 3
    assert [await paused(room, chat) for chat in topics] == [None] * 3


async def test_a_group_that_moves_keeps_what_it_has(room: Newsroom) -> None:
    """Under its new address it is the same chat, and the old one is a stranger's."""
    await follows(room, room.chat)
    await reception(room).moved("telegram", "1", "-100500")
    moved = await at(room, "-100500")
    assert moved is not None
    assert moved.id == room.chat.id
    assert len(await room.store.subscriptions(moved.id)) == 1
    assert await at(room, "1") is None
    await reception(room).moved("telegram", "1", "-100500")
    assert await at(room, "-100500") == moved


async def test_a_group_that_moves_keeps_its_invitation(room: Newsroom) -> None:
    await says(room, f"/start {CODE}", INVITING, address="-5")
    await reception(room, INVITING).moved("telegram", "-5", "-1005")
    assert "/start CODE" not in (await says(room, "/topics", INVITING, address="-1005")).plain


async def test_what_is_answered_is_what_was_said_in_that_chat(room: Newsroom) -> None:
    """The message that is answered to is looked for among the chat's own."""
    entry = await room.publish("Truce in Ukraine is near")
    message = await room.deliver(entry, [await room.topic_id("ukraine-ceasefire")])
    assert "Truce in Ukraine is near" in (await says(room, "/why", address="1", reply_to=message)).plain
    assert "Truce in Ukraine is near" not in (await says(room, "/why", address="2", reply_to=message)).plain


async def test_chats_of_a_platform_that_is_not_served_are_paused_until_it_is(room: Newsroom) -> None:
    """So that nothing piles up for them; and a chat that paused itself stays so."""
    slack = await room.store.ensure_chat("slack", "T1/C1", "", NOW)
    await says(room, "/pause", address="2")
    await serve_only(room.store, ["slack"], NOW)
    assert [await paused(room, chat) for chat in (room.chat, slack)] == [AWAY, None]
    await serve_only(room.store, ["telegram"], NOW)
    assert [await paused(room, chat) for chat in (room.chat, slack)] == [None, AWAY]
    assert await paused(room, room.neighbour) == "by its own wish"


async def test_a_platform_that_is_away_is_not_brought_back_by_a_chat(room: Newsroom) -> None:
    await room.store.pause_chat(room.chat.id, AWAY, NOW)
    assert await reception(room).returned("telegram", "1") == 0


async def test_who_asks_for_too_much_is_told_so_once(room: Newsroom) -> None:
    """Then nothing more is said until it has drained; others go on, wherever they are, and so do bulletins."""
    desk = Reception(room.services, OPEN, Tolerance(2, timedelta(seconds=10)))

    async def asks(person: str, address: str = "77") -> str | None:
        heard = Heard("telegram", address, "", "/topics", person=person)
        said = await desk.answer(heard)
        return None if said is None else said.plain

    assert "On offer" in (await asks("ada") or "")
    assert "On offer" in (await asks("ada", "-100") or "")
    assert (
        await asks("ada") == "🌊 That is more than I can answer at once. In 20 seconds I listen to you again."
    )
    assert await asks("ada", "-100") is None
    assert "On offer" in (await asks("bob") or "")
    room.clock.at += timedelta(seconds=20)
    assert "On offer" in (await asks("ada") or "")


async def test_what_is_no_command_counts_as_well(room: Newsroom) -> None:
    """A flood of pictures or of forged buttons is no better."""
    desk = Reception(room.services, OPEN, Tolerance(1, timedelta(seconds=10)))
    heard = Heard("telegram", "77", "", "", person="ada")
    said = [await desk.remark(heard, lambda _: document("only text")) for _ in range(3)]
    assert [one and one.plain[:9] for one in said] == ["only text", "🌊 That is", None]


async def test_people_are_forgotten_who_asked_nothing_for_long(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a crowd takes no more and more memory."""
    monkeypatch.setattr("bot.chat.reception.MOST_PERSONS", 2)
    desk = Reception(room.services, OPEN)
    for person in ("ada", "bob", "eve"):
        await desk.answer(Heard("telegram", "77", "", "/topics", person=person))
    assert [who for _, who in desk._flows] == ["bob", "eve"]


async def test_a_chat_is_known_where_it_may_use_the_bot(room: Newsroom) -> None:
    """Not one that was never there, nor one that the operator lets in no more."""
    assert await reception(room).chat("telegram", "77") is None
    await says(room, "/start")
    assert await reception(room).chat("telegram", "77") == await at(room)
    assert await reception(room, INVITING).chat("telegram", "77") is None
