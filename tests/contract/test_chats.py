"""`ports.ChatStore`."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.chats import Chat, Subscription
from bot.domain.topics import TopicSpec
from bot.ports import Store
from tests.contract.records import HOUR, NOON, a_chat, a_story, a_topic

TRUCE = TopicSpec("ukraine-ceasefire", "Ukraine ceasefire", "ukraine ceasefire")
SUMMIT = TopicSpec("us-russia-summit", "US–Russia summit", "US–Russia summit")
OWN = TopicSpec("tea", "Tea", "茶 | tea")


async def test_a_new_chat_has_default_settings(store: Store) -> None:
    """One chat for each platform and address."""
    made = await store.ensure_chat("telegram", "-100", "News", NOON)
    assert made == Chat(made.id, "telegram", "-100", "News")
    assert (await store.ensure_chat("slack", "-100", "", NOON)).id != made.id
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
