"""What a chat does with a topic that it has: rename, edit, narrow, widen and share it."""

from __future__ import annotations

import pytest

from bot.domain.chats import Subscription
from bot.domain.documents import Document, Style
from bot.domain.topics import Topic, TopicSpec
from tests.chat.newsroom import NOW, Newsroom

GRAIN = TopicSpec("grain", "Grain", "Ukraine grain")


def offered(said: Document) -> list[str]:
    return [action.command for action in said.actions]


def codes(said: Document) -> list[str]:
    return [span.text for row in said.lines for span in row if span.style is Style.CODE]


async def own(room: Newsroom) -> list[Topic]:
    return [topic for topic in await room.store.topics() if topic.chat_id == room.chat.id]


async def grain(room: Newsroom) -> Topic:
    """A topic of the chat, which follows it and was sent a bulletin for it."""
    await room.say("/topics add Grain = Ukraine grain")
    await room.say("/subscribe grain")
    (topic,) = await own(room)
    await room.deliver(await room.publish("Grain leaves a Ukrainian port"), [topic.id])
    return topic


@pytest.mark.parametrize(
    ("typed", "spec"),
    [
        ("rename grain = Black Sea", TopicSpec("black-sea", "Black Sea", GRAIN.query)),
        ("rename Grain: GRAIN!", TopicSpec("grain", "GRAIN!", GRAIN.query)),
        ("rename gra = 穀物", TopicSpec("穀物", "穀物", GRAIN.query)),
        ("ren grain ＝ Ours: the deal", TopicSpec("ours-the-deal", "Ours: the deal", GRAIN.query)),
        ("edit grain = Ukraine (grain | зерно)", TopicSpec("grain", "Grain", "Ukraine (grain | зерно)")),
        ("edit grain: title:Ukraine", TopicSpec("grain", "Grain", "title:Ukraine")),
        ("edit GRAIN = a=b", TopicSpec("grain", "Grain", "a=b")),
        ("narrow grain: port", TopicSpec("grain", "Grain", "Ukraine grain port")),
        ("narrow grain：-futures", TopicSpec("grain", "Grain", "Ukraine grain -futures")),
        ("narrow grain = corn | wheat", TopicSpec("grain", "Grain", "Ukraine grain (corn | wheat)")),
        ("nar grain: title:port", TopicSpec("grain", "Grain", "Ukraine grain title:port")),
        ("narrow grain: lang:ja", TopicSpec("grain", "Grain", "Ukraine grain lang:ja")),
        ("widen grain: wheat", TopicSpec("grain", "Grain", "Ukraine grain | wheat")),
        ("widen grain = | wheat", TopicSpec("grain", "Grain", "Ukraine grain | wheat")),
    ],
)
async def test_a_topic_is_changed(room: Newsroom, typed: str, spec: TopicSpec) -> None:
    """However the topic and the divider are typed. It stays the same topic: followed, and with what was sent for it."""
    before = await grain(room)
    sent = await room.store.sent_messages(room.chat.id, 10)
    said = await room.say(f"/topics {typed}")
    assert said.changed
    assert said.plain.startswith("✅ ")
    assert [(topic.id, topic.spec, topic.backfilled) for topic in await own(room)] == [
        (before.id, spec, True)
    ]
    assert await room.store.subscriptions(room.chat.id) == (Subscription(room.chat.id, before.id, NOW),)
    after = await room.store.sent_messages(room.chat.id, 10)
    assert [message.delivery for message in after] == [message.delivery for message in sent]
    forgotten = spec.query != GRAIN.query
    assert (after[0].story.matches == ()) is forgotten
    if forgotten:
        assert f"Grain looks for something else now: {spec.query}\n\nA report fits if it has" in said.plain
    else:
        assert f"Grain is now {spec.name}." in said.plain


@pytest.mark.parametrize(
    "typed",
    ["rename grain = Black Sea", "edit grain = Armenia", "narrow grain: -futures", "widen grain: wheat"],
)
async def test_a_change_can_be_undone_by_a_button(room: Newsroom, typed: str) -> None:
    await grain(room)
    said = await room.say(f"/topics {typed}")
    (undo,) = [action.command for action in said.actions if action.label == "Undo"]
    assert (await room.say(undo)).changed
    assert [topic.spec for topic in await own(room)] == [GRAIN]


async def test_refining_goes_on_from_what_it_became(room: Newsroom) -> None:
    """Without parentheses piling up."""
    await grain(room)
    for typed in ("narrow grain: port", "narrow grain: -futures", "widen grain: Odesa", "narrow grain: ship"):
        assert (await room.say(f"/topics {typed}")).changed
    (topic,) = await own(room)
    assert topic.spec.query == "(Ukraine grain port -futures | Odesa) ship"


async def test_without_words_buttons_are_offered(room: Newsroom) -> None:
    """And how to say it in words; each button does what it says."""
    await grain(room)
    said = await room.say("/topics narrow grain")
    assert codes(said) == ["Ukraine grain", "/topics narrow grain: WORDS", "/topics narrow grain: -WORD"]
    assert [(action.label, action.command) for action in said.actions] == [
        ("Narrow: only in titles", "/topics edit grain = title:(Ukraine grain)")
    ]
    assert not said.changed
    assert (await room.say(offered(said)[0])).changed
    said = await room.say("/topics widen grain")
    assert codes(said) == ["title:(Ukraine grain)", "/topics widen grain: WORDS"]
    assert [(action.label, action.command) for action in said.actions] == [
        ("Widen: anywhere in the text", "/topics edit grain = Ukraine grain")
    ]
    assert (await room.say(offered(said)[0])).changed
    assert [topic.spec for topic in await own(room)] == [GRAIN]


async def test_showing_a_topic_offers_what_can_be_done_with_it(room: Newsroom) -> None:
    await grain(room)
    assert [action.label for action in (await room.say("/topics show grain")).actions] == [
        "Unsubscribe",
        "See what it would match",
        "How it comes",
        "Narrow: only in titles",
        "Widen: without “grain”",
        "Share it",
        "Remove it",
    ]


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("rename armenia = Caucasus", "/topics add Caucasus = Armenia Azerbaijan"),
        ("edit armenia = Armenia", "/topics add Our Armenia–Azerbaijan = Armenia"),
        ("narrow armenia: peace deal", "/topics add Our Armenia–Azerbaijan = Armenia Azerbaijan peace deal"),
        ("widen armenia: Turkey", "/topics add Our Armenia–Azerbaijan = Armenia Azerbaijan | Turkey"),
    ],
)
async def test_of_a_topic_on_offer_a_chat_makes_its_own(room: Newsroom, typed: str, command: str) -> None:
    """It cannot be changed for everyone; the button makes a topic of what was wanted."""
    before = await room.state()
    said = await room.say(f"/topics {typed}")
    assert "Armenia–Azerbaijan is on offer to everyone and cannot be changed." in said.plain
    assert offered(said) == [command]
    assert await room.state() == before
    assert (await room.say(command)).changed
    # A second one gets a name of its own, too.
    if "rename" not in typed:
        again = offered(await room.say(f"/topics {typed}"))
        assert again == [command.replace("Azerbaijan =", "Azerbaijan 2 =")]
        assert (await room.say(again[0])).changed


async def test_a_long_name_leaves_room_for_its_copys(room: Newsroom) -> None:
    name = "N" * 60
    await room.store.sync_topics([TopicSpec("n" * 60, name, "Armenia")], NOW)
    (command,) = offered(await room.say(f"/topics edit {name} = Togo"))
    assert (await room.say(command)).changed


async def test_buttons_for_a_topic_on_offer_make_a_copy(room: Newsroom) -> None:
    said = await room.say("/topics narrow armenia")
    assert [(action.label, action.command) for action in said.actions] == [
        ("Our own, only in titles", "/topics add Our Armenia–Azerbaijan = title:(Armenia Azerbaijan)")
    ]
    assert (await room.say(offered(said)[0])).changed


async def test_a_topic_is_shared_by_a_line_to_copy(room: Newsroom) -> None:
    """In the other chat it makes the same topic; there, it is that chat's own."""
    await room.say("/topics add Grain = Ukraine (grain | зерно) -futures")
    said = await room.say("/topics share grain")
    assert codes(said) == ["/topics add Grain = Ukraine (grain | зерно) -futures"]
    assert not said.changed
    assert "Made the topic Grain." in (await room.say(codes(said)[0], chat=room.neighbour)).plain
    (mine,) = await own(room)
    (theirs,) = [t for t in await room.store.topics() if t.chat_id == room.neighbour.id]
    assert theirs.spec == mine.spec
    await room.say("/topics edit grain = Armenia")
    assert theirs in await room.store.topics()


async def test_a_topic_that_is_its_own_name_is_shared_as_it_was_typed(room: Newsroom) -> None:
    await room.say("/topics add Ukraine grain")
    assert codes(await room.say("/topics share ukraine grain")) == ["/topics add Ukraine grain"]


async def test_a_name_may_have_a_colon(room: Newsroom) -> None:
    """The divider is the one that leaves a name there is before it."""
    await room.say("/topics add Strait: news = Taiwan strait")
    assert (await room.say("/topics narrow Strait: news: Japan")).changed
    assert (await room.say("/topics edit Strait: news = title:Taiwan")).changed
    (topic,) = await own(room)
    assert topic.spec.query == "title:Taiwan"
    assert codes(await room.say("/topics share Strait: news")) == ["/topics add Strait: news = title:Taiwan"]


async def test_a_slip_in_the_name_keeps_what_was_typed_behind_it(room: Newsroom) -> None:
    await room.say("/topics add Grain = Ukraine grain")
    said = await room.say("/topics narrow grein: port")
    assert offered(said) == ["/topics narrow grain: port"]
    assert (await room.say(offered(said)[0])).changed


async def test_a_search_that_goes_on_is_told(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The topic is in force already; what came before is still being looked through."""

    async def not_yet(topic: Topic | None) -> Topic | None:
        return topic

    monkeypatch.setattr(room.desk, "_searched", not_yet)
    for typed in ("/topics add Grain = Ukraine grain", "/topics edit grain = Armenia"):
        assert "still being searched for it" in (await room.say(typed)).plain


async def test_a_topic_that_goes_meanwhile_is_not_changed(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people may be at it."""
    await room.say("/topics add Grain = Ukraine grain")
    topics = await room.store.visible_topics(room.chat.id)
    await room.say("/topics remove grain")

    async def as_it_was(_: int) -> tuple[Topic, ...]:
        return topics

    monkeypatch.setattr(room.store, "visible_topics", as_it_was)
    for typed in ("/topics rename grain = Corn", "/topics narrow grain: port"):
        said = await room.say(typed)
        assert "was changed or removed meanwhile" in said.plain
        assert not said.changed
