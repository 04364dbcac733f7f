"""`ports.ChatStore`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.domain.chats import Chat, Subscription
from bot.domain.topics import Topic, TopicSpec
from bot.ports import Store
from bot.storage.sql import SqlStore
from tests.contract.conftest import explained, listening
from tests.contract.records import HOUR, NOON, a_chat, a_story, a_topic, match

TRUCE = TopicSpec("ukraine-ceasefire", "Ukraine ceasefire", "ukraine ceasefire")
SUMMIT = TopicSpec("us-russia-summit", "US–Russia summit", "US–Russia summit")
OWN = TopicSpec("tea", "Tea", "茶 | tea")


async def test_a_new_chat_has_default_settings(store: Store) -> None:
    """One chat for each platform and address."""
    made = await store.ensure_chat("telegram", "-100", "News", NOON)
    assert made == Chat(made.id, "telegram", "-100", "News")
    assert (await store.ensure_chat("slack", "-100", "", NOON)).id != made.id
    spoken_to = await store.ensure_chat("slack", "-200", "", NOON, language="ru")
    assert spoken_to.language == "ru"
    assert await store.ensure_chat("slack", "-200", "", NOON, language="ja") == spoken_to
    assert await store.chat(made.id) == made
    assert await store.chat(999) is None


async def test_a_known_chat_keeps_its_settings(store: Store) -> None:
    """All that `save_chat` writes is read again, also by `ensure_chat`."""
    made = await a_chat(store)
    other = await a_chat(store, "there")
    changed = replace(
        made,
        title="Название",
        languages=("ja", "en"),
        time_zone="Asia/Tokyo",
        blocked_outlets=frozenset({"B", "A"}),
        preferred_outlets=frozenset({"C"}),
        paused_at=NOON,
        pause_reason="the bot was blocked",
        language="ru",
    )
    await store.save_chat(changed)
    assert await store.chat(made.id) == changed
    assert await store.ensure_chat(made.platform, made.address, "", NOON + HOUR) == changed
    assert await store.chat(other.id) == other
    await store.save_chat(made)
    assert await store.chat(made.id) == made


async def test_a_new_chat_may_have_a_time_zone(store: Store) -> None:
    """It is the one it is made with; a known chat keeps its own, UTC too."""
    made = await store.ensure_chat("console", "here", "", NOON, time_zone="Asia/Tokyo")
    assert made.time_zone == "Asia/Tokyo"
    await store.save_chat(replace(made, time_zone="UTC"))
    again = await store.ensure_chat("console", "here", "", NOON, time_zone="Asia/Tokyo")
    assert again == replace(made, time_zone="UTC")


async def test_pausing_a_chat_leaves_its_settings(store: Store) -> None:
    """One that is paused already keeps its time and reason; other chats are not touched."""
    chat, other = await a_chat(store), await a_chat(store, "there")
    changed = replace(chat, languages=("ja",), time_zone="Asia/Tokyo", blocked_outlets=frozenset({"A"}))
    await store.save_chat(changed)
    await store.pause_chat(chat.id, "the bot was blocked", NOON)
    paused = replace(changed, paused_at=NOON, pause_reason="the bot was blocked")
    assert await store.chat(chat.id) == paused
    await store.pause_chat(chat.id, "the chat was archived", NOON + HOUR)
    assert await store.chat(chat.id) == paused
    assert await store.chat(other.id) == other


async def test_topics_on_offer_come_in_the_configured_order(store: Store) -> None:
    """Then those of chats. A changed query is taken over under the old id."""
    await store.sync_topics([TRUCE, SUMMIT], NOON)
    chat = await a_chat(store)
    own = await store.add_topic(chat.id, OWN, NOON)
    changed = replace(TRUCE, name="Truce", query="truce")
    await store.sync_topics([SUMMIT, changed], NOON)
    assert [(topic.id, topic.spec) for topic in (await store.topics())[:2]] == [(2, SUMMIT), (1, changed)]
    assert (await store.topics())[2] == own
    assert own is not None
    assert (own.spec, own.chat_id) == (OWN, chat.id)


async def test_a_withdrawn_topic_comes_back_with_its_subscribers(store: Store) -> None:
    """While it is withdrawn, it is not live and its subscriptions are kept out of sight."""
    await store.sync_topics([TRUCE, SUMMIT], NOON)
    truce, summit = await store.topics()
    chat = await a_chat(store)
    await store.subscribe(chat.id, truce.id, NOON)
    await store.sync_topics([SUMMIT], NOON)
    assert await store.topics() == (summit,)
    assert await store.subscriptions() == ()
    assert await store.subscribed_chats([truce.id]) == ()
    await store.sync_topics([TRUCE, SUMMIT], NOON)
    assert await store.topics() == (truce, summit)
    assert await store.subscriptions(chat.id) == (Subscription(chat.id, truce.id, NOON),)


async def test_a_slug_is_taken_in_its_chat(store: Store) -> None:
    """By an own topic or one on offer; another chat may use it."""
    await store.sync_topics([TRUCE], NOON)
    here, there = await a_chat(store), await a_chat(store, "there")
    assert await store.add_topic(here.id, TRUCE, NOON) is None
    own = await store.add_topic(here.id, OWN, NOON)
    assert own is not None
    assert await store.add_topic(here.id, replace(OWN, query="other"), NOON) is None
    assert await store.add_topic(there.id, OWN, NOON) is not None
    await store.sync_topics([], NOON)
    assert await store.add_topic(here.id, TRUCE, NOON) is not None


async def test_a_removed_topic_is_gone_and_its_slug_free(store: Store) -> None:
    """Its subscriptions end; a new topic of that name is another one."""
    chat = await a_chat(store)
    own = await store.add_topic(chat.id, OWN, NOON)
    assert own is not None
    await store.subscribe(chat.id, own.id, NOON)
    story = await a_story(store, topic=own)
    await store.remove_topic(own.id)
    assert await store.topics() == ()
    assert await store.subscriptions(chat.id) == ()
    assert await store.unsubscribe(chat.id, own.id) is False
    again = await store.add_topic(chat.id, OWN, NOON)
    assert again is not None
    assert again.id != own.id
    kept = await store.story(story.id)
    assert kept is not None
    assert [match.topic_id for match in kept.matches] == [own.id]


async def test_a_topic_on_offer_is_not_a_chats_to_remove(store: Store) -> None:
    """Only the configuration withdraws it."""
    topic, chat = await a_topic(store), await a_chat(store)
    await store.subscribe(chat.id, topic.id, NOON)
    await store.remove_topic(topic.id)
    assert await store.topics() == (topic,)
    assert len(await store.subscriptions()) == 1


async def test_a_chat_subscribes_once(store: Store) -> None:
    """The answers tell whether anything changed; the first time is kept."""
    topic, chat = await a_topic(store), await a_chat(store)
    assert await store.subscribe(chat.id, topic.id, NOON) is True
    assert await store.subscribe(chat.id, topic.id, NOON + HOUR) is False
    assert await store.subscriptions() == (Subscription(chat.id, topic.id, NOON),)
    assert await store.unsubscribe(chat.id, topic.id) is True
    assert await store.unsubscribe(chat.id, topic.id) is False
    assert await store.subscriptions() == ()


async def test_how_a_chat_hears_of_a_topic_is_kept(store: Store) -> None:
    """Of that chat and topic alone; a subscription that has ended is not begun anew."""
    topic, other = await store.sync_topics([TRUCE, SUMMIT], NOON)
    here, there = await a_chat(store, "1"), await a_chat(store, "2")
    for chat in (here, there):
        await store.subscribe(chat.id, topic.id, NOON)
    await store.subscribe(here.id, other.id, NOON)
    wanted = Subscription(here.id, topic.id, NOON, wait_for=2, updates="loud", sound=False, hourly=3)
    await store.save_subscriptions([wanted, Subscription(there.id, other.id, NOON, hourly=1)])
    assert await store.subscriptions() == (
        wanted,
        Subscription(here.id, other.id, NOON),
        Subscription(there.id, topic.id, NOON),
    )


async def test_subscribed_chats_come_once_each(store: Store) -> None:
    """Though subscribed to several of the topics; paused chats are among them."""
    await store.sync_topics([TRUCE, SUMMIT], NOON)
    truce, summit = await store.topics()
    both, one, none = await a_chat(store, "both"), await a_chat(store, "one"), await a_chat(store, "none")
    await store.save_chat(replace(one, paused_at=NOON))
    for chat, topic in ((both, truce), (both, summit), (one, summit)):
        await store.subscribe(chat.id, topic.id, NOON)
    assert await store.subscribed_chats([truce.id, summit.id]) == (both, replace(one, paused_at=NOON))
    assert await store.subscribed_chats([truce.id]) == (both,)
    assert await store.subscribed_chats([]) == ()
    assert await store.subscriptions(none.id) == ()
    assert [(s.chat_id, s.topic_id) for s in await store.subscriptions()] == [
        (both.id, truce.id),
        (both.id, summit.id),
        (one.id, summit.id),
    ]


async def test_a_chat_sees_its_own_topics_and_those_on_offer(store: Store) -> None:
    """Its own first, and nobody else's; none that was withdrawn or removed."""
    on_offer = await store.sync_topics([SUMMIT, TRUCE], NOON)
    assert on_offer == await store.topics()
    here, there = await a_chat(store), await a_chat(store, "there")
    tea, salt = [
        await store.add_topic(here.id, TopicSpec(name, name, name), NOON) for name in ("tea", "salt")
    ]
    theirs = await store.add_topic(there.id, OWN, NOON)
    assert await store.visible_topics(here.id) == (tea, salt, *on_offer)
    assert await store.visible_topics(there.id) == (theirs, *on_offer)
    assert await store.visible_topics(999) == on_offer
    assert tea is not None
    await store.remove_topic(tea.id)
    (summit,) = await store.sync_topics([SUMMIT], NOON)
    assert await store.visible_topics(here.id) == (salt, summit)


async def test_topics_by_their_ids(store: Store) -> None:
    """Live ones, in the order of all of them, however many are asked for."""
    truce, summit = await store.sync_topics([TRUCE, SUMMIT], NOON)
    chat = await a_chat(store)
    own, gone = [
        await store.add_topic(chat.id, TopicSpec(name, name, name), NOON) for name in ("tea", "salt")
    ]
    assert own is not None
    assert gone is not None
    await store.remove_topic(gone.id)
    assert await store.topics([own.id, gone.id, summit.id, 999]) == (summit, own)
    assert await store.topics(range(40_000, 0, -1)) == (truce, summit, own)
    assert await store.topics([]) == ()


async def test_chats_topics_by_the_page(store: Store) -> None:
    """Each once, by id; what is on offer or gone is not among them."""
    await store.sync_topics([TRUCE], NOON)
    chats = [await a_chat(store, str(number)) for number in range(3)]
    made = [
        await store.add_topic(chat.id, TopicSpec(f"t{number}", "T", "t"), NOON)
        for number in range(3)
        for chat in chats
    ]
    gone = made.pop(4)
    assert gone is not None
    await store.remove_topic(gone.id)
    found: list[Topic] = []
    while page := await store.chats_topics(found[-1].id if found else 0, 3):
        assert len(page) <= 3
        found += page
    assert found == made


async def test_a_topic_gets_another_name(store: Store) -> None:
    """All that it matched, its subscriptions and what was sent for it stay."""
    chat = await a_chat(store)
    own = await store.add_topic(chat.id, OWN, NOON)
    assert own is not None
    await store.subscribe(chat.id, own.id, NOON)
    story = await a_story(store, chat, topic=own)
    await store.backfill([own.id], [])
    spec = replace(OWN, slug="green-tea", name="Green tea")
    assert await store.change_topic(own.id, spec) == replace(own, spec=spec, backfilled=True)
    assert await store.topics() == (replace(own, spec=spec, backfilled=True),)
    assert await store.subscriptions() == (Subscription(chat.id, own.id, NOON),)
    kept = await store.story(story.id)
    assert kept is not None
    assert [match.topic_id for match in kept.matches] == [own.id]
    assert await store.add_topic(chat.id, OWN, NOON) is not None


async def test_a_topic_gets_another_query(store: Store) -> None:
    """It forgets what it matched and is to be backfilled; who follows it and what was sent stays."""
    chat = await a_chat(store)
    own, other = [
        await store.add_topic(chat.id, TopicSpec(name, name, name), NOON) for name in ("tea", "salt")
    ]
    assert own is not None
    assert other is not None
    await store.backfill([own.id, other.id], [])
    await store.subscribe(chat.id, own.id, NOON)
    mine, theirs = await a_story(store, chat, topic=own), await a_story(store, topic=other, title="B")
    owed = await store.claim_deliveries(NOON, 10)
    spec = replace(own.spec, query="green tea")
    assert await store.change_topic(own.id, spec) == Topic(own.id, spec, chat.id, backfilled=False)
    assert await store.subscriptions(chat.id) == (Subscription(chat.id, own.id, NOON),)
    assert await store.claim_deliveries(NOON, 10) == owed
    assert await store.latest_stories([own.id], 10) == ()
    assert [story.id for story in await store.latest_stories([other.id], 10)] == [theirs.id]
    await store.backfill([own.id], [(mine.id, match(own))])
    assert [story.id for story in await store.latest_stories([own.id], 10)] == [mine.id]
    assert all(topic.backfilled for topic in await store.topics())


async def test_a_change_that_cannot_be_changes_nothing(store: Store) -> None:
    """To a slug that is taken in the chat or on offer; of a topic on offer, one that is gone, or none."""
    (truce,) = await store.sync_topics([TRUCE], NOON)
    here, there = await a_chat(store), await a_chat(store, "there")
    own, _, gone = [
        await store.add_topic(here.id, TopicSpec(name, name, name), NOON) for name in ("tea", "salt", "gone")
    ]
    assert own is not None
    assert gone is not None
    await store.add_topic(there.id, TopicSpec("rice", "rice", "rice"), NOON)
    await store.remove_topic(gone.id)
    before = await store.topics()
    for slug in ("salt", TRUCE.slug):
        assert await store.change_topic(own.id, replace(own.spec, slug=slug, query="x")) is None
    for topic_id in (truce.id, gone.id, 999):
        assert await store.change_topic(topic_id, OWN) is None
    assert await store.topics() == before
    for slug in ("rice", "gone"):
        assert await store.change_topic(own.id, replace(own.spec, slug=slug)) is not None


async def test_subscriptions_to_some_topics(store: Store) -> None:
    """Of all chats or of one, by chat and topic, to live ones alone."""
    truce, summit = await store.sync_topics([TRUCE, SUMMIT], NOON)
    here, there = await a_chat(store), await a_chat(store, "there")
    for chat, topic in ((there, truce), (here, summit), (here, truce)):
        await store.subscribe(chat.id, topic.id, NOON)
    assert [s.chat_id for s in await store.subscriptions(to=[truce.id])] == [here.id, there.id]
    assert [s.topic_id for s in await store.subscriptions(here.id, to=[summit.id, 999])] == [summit.id]
    assert await store.subscriptions(to=range(40_000)) == await store.subscriptions()
    assert await store.subscribed_chats(range(40_000)) == (here, there)
    assert await store.subscriptions(to=[]) == ()
    await store.sync_topics([SUMMIT], NOON)
    assert await store.subscriptions(to=[truce.id]) == ()


async def test_nothing_that_happens_often_goes_through_all_topics(store: SqlStore) -> None:
    """Each statement finds its topics by an index."""
    chat = await a_chat(store)
    (own,) = [await store.add_topic(chat.id, OWN, NOON)]
    assert own is not None
    statements: list[tuple[str, Any]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    with listening(store, listen):
        await store.visible_topics(chat.id)
        await store.topics([own.id])
        await store.add_topic(chat.id, TRUCE, NOON)
        await store.change_topic(own.id, replace(OWN, query="green tea"))
        await store.subscriptions(chat.id)
        await store.subscriptions(to=[own.id])
        await store.subscribed_chats([own.id])
        await store.remove_topic(own.id)
    plans = await explained(store, [one for one in statements if not one[0].startswith(("BEGIN", "PRAGMA"))])
    assert plans
    assert [step for step in plans if step.startswith(("SCAN topics", "SCAN matches"))] == []
