"""Telegram and Slack at once: what a person does there, through the real client libraries, and what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.commands import answer
from bot.chat.reception import serve_only
from bot.clock import SimulatedClock
from bot.domain.access import OPEN, Access
from bot.domain.chats import Chat
from bot.domain.deliveries import Sent, settle
from bot.domain.documents import Document
from bot.domain.facts import Observer, no_observer
from tests.e2e.platforms import (
    ADA,
    BOB,
    CHANNEL,
    FORUM,
    GROUP,
    HURRY,
    PRIVATE,
    TEAM,
    Newsroom,
    addresses_of,
    doubles,
    serving,
)
from tests.fakes import slack_records, telegram_state
from tests.fakes.events import of_its_own
from tests.fakes.feed_server import FeedServer, Item
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer

TRUCE = of_its_own("Ukraine agrees to ceasefire")
TALKS = "Armenia and Azerbaijan hold talks"
POLL = timedelta(minutes=6)


@dataclass
class Stage:
    """The newsroom, the three servers around it, and the clock it lives by."""

    room: Newsroom
    feeds: FeedServer
    telegram: TelegramServer
    slack: SlackServer
    clock: SimulatedClock

    async def tell(self, chat: int, text: str, **how: object) -> telegram_state.Message:
        """Say something on Telegram; the last message of what the bot says to it."""
        before = len(self.telegram.messages(chat))
        await self.telegram.say(chat, text, **how)  # type: ignore[arg-type]  # the server's own arguments
        await self.telegram.until(lambda: len(self.telegram.messages(chat)) > before)
        return self.telegram.messages(chat)[-1]

    async def type(self, text: str, channel: str = "C1", command: str = "/sokuho") -> slack_records.Message:
        """Type a slash command on Slack; what the bot says to it."""
        before = len(self.slack.said)
        await self.slack.slash(command, text, channel=channel)
        await self.slack.until(lambda: len(self.slack.said) > before)
        return self.slack.said[-1]

    async def write(self, text: str, channel: str = "D1", thread: str | None = None) -> slack_records.Message:
        """Mention the bot in a Slack channel, or write to it directly; what it says to it."""
        before = len(self.slack.said)
        if channel.startswith("D"):
            await self.slack.direct(channel, text, thread_ts=thread)
        else:
            await self.slack.mention(channel, f"<@BOT> {text}", thread_ts=thread)
        await self.slack.until(lambda: len(self.slack.said) > before)
        return self.slack.said[-1]

    async def publish(self, *titles: str, outlet: int = 0) -> None:
        """A feed changes, and is polled the next time."""
        now = self.clock.now()
        items = [Item(title, id=title, published=now) for title in titles]
        self.feeds.publish(("/one", "/two", "/three")[outlet], items)
        self.clock.advance_to(now + POLL)
        await self.room.app.step()

    async def chat(self, platform: str, address: str) -> Chat:
        known = await self.room.store.chat_at(platform, address)  # type: ignore[arg-type]  # a test's own
        assert known is not None
        return known

    async def followed(self, platform: str, address: str) -> set[str]:
        """The slugs that a chat follows."""
        chat = await self.chat(platform, address)
        ids = {s.topic_id for s in await self.room.store.subscriptions(chat.id)}
        return {topic.spec.slug for topic in await self.room.store.topics() if topic.id in ids}


@asynccontextmanager
async def staged(
    folder: Path, access: Access = OPEN, *, hurry: float = HURRY, observe: Observer = no_observer
) -> AsyncIterator[Stage]:
    clock = SimulatedClock(datetime.now(UTC))
    async with doubles() as (feeds, telegram, slack):
        for path in ("/one", "/two", "/three"):
            feeds.publish(path, [])
        urls = [feeds.url(path) for path in ("/one", "/two", "/three")]
        async with serving(
            folder,
            addresses_of(telegram, slack),
            urls,
            clock=clock,
            access=access,
            hurry=hurry,
            observe=observe,
        ) as room:
            await slack.until(lambda: slack.connections)
            await room.app.step()
            yield Stage(room, feeds, telegram, slack, clock)
            assert room.failed == []
            assert slack.problems == []
            assert slack.late == []


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as running:
        yield running


async def test_subscribed_by_command_and_by_button_the_bulletin_is_in_both_chats(stage: Stage) -> None:
    """A feed changes, and on the next poll the message is there, with its links, silent previews and the source."""
    assert "Subscribed" in (await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")).text
    offer = await stage.type("subscribe")
    before = len(stage.slack.said)
    await stage.slack.press("C1", offer.ts, "＋ Ukraine ceasefire")
    await stage.slack.until(lambda: len(stage.slack.said) > before)
    await stage.publish(TRUCE)
    told = stage.telegram.messages(PRIVATE)[-1]
    assert f"【{TRUCE}】" in told.text
    assert "Reuters" in told.text
    assert told.preview is False
    posted = stage.slack.messages("C1")[-1]
    assert f"【{TRUCE}】" in posted.plain
    assert posted.text.startswith("⚡️")
    assert (posted.unfurl_links, posted.unfurl_media, posted.pings) == (False, False, [])


async def test_a_further_source_edits_the_message_on_both(stage: Stage) -> None:
    """No second message: the one that is there names the second outlet."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    await stage.type("subscribe ukraine-ceasefire")
    await stage.publish(TRUCE)
    counts = len(stage.telegram.messages(PRIVATE)), len(stage.slack.messages("C1"))
    await stage.publish(TRUCE, outlet=1)
    await stage.publish()
    assert (len(stage.telegram.messages(PRIVATE)), len(stage.slack.messages("C1"))) == counts
    assert "Reuters · BBC News" in stage.telegram.messages(PRIVATE)[-1].text
    assert "Reuters · BBC News" in stage.slack.messages("C1")[-1].plain


def squeezed(text: str) -> str:
    """Words alone: platforms drop blanks at the ends of lines."""
    return " ".join(text.replace("\N{WORD JOINER}", "").split())


AS_IN_THE_CONSOLE = [
    "/start",
    "/why",
    "/topics",
    "/topics add Taiwan strait",
    "/topics test Ukraine ceasefire",
    "/topics show taiwan-strait",
    "/topics remove taiwan-strait",
    "/latest",
    "/latest ukraine-ceasefire",
    "/feeds",
    "/feeds NHK",
    "/status",
    "/settings",
    "/settings languages en",
    "/settings timezone Asia/Tokyo",
    "/settings block TASS",
    "/help topics",
    "/pause",
    "/pause",
    "/resume",
    "/resume",
    "/unsubscribe ukraine-ceasefire",
    "/unsubscribe",
]


async def test_commands_do_there_what_they_do_in_the_console(stage: Stage, tmp_path: Path) -> None:
    """Every answer has the words that the console shows for the same state."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    await stage.write("subscribe ukraine-ceasefire")
    terminal = await stage.room.store.ensure_chat("console", "console", "", stage.clock.now())
    services = stage.room.app.services()
    await answer(services, terminal, "/subscribe ukraine-ceasefire")
    await stage.publish(TRUCE)
    # What was sent to the terminal, had it been served: `/why` explains the last bulletin.
    for owed in await stage.room.store.claim_deliveries(stage.clock.now(), 10):
        begun = await stage.room.store.begin_send(owed.id, "text")
        assert begun is not None
        await stage.room.store.settle(settle(begun, Sent("m1"), stage.clock.now()))
    for command in AS_IN_THE_CONSOLE:
        shown: Document = await answer(services, terminal, command)
        expected = squeezed(shown.plain)
        on_telegram = squeezed((await stage.tell(PRIVATE, command)).text)
        on_slack = squeezed((await stage.write(command.removeprefix("/"))).plain)
        if command == "/settings":
            # The platforms' own settings stand before the last line.
            expected, of_platform = (
                expected.split(" ▶️")[0],
                ("🖼 Previews of links: off", "🔑 In a group, only admins change settings"),
            )
            assert expected in on_telegram
            assert all(words in on_telegram for words in of_platform)
            assert expected in on_slack
            continue
        assert on_telegram == expected, command
        assert on_slack.replace("/sokuho help", "/help").replace("/sokuho status", "/status") == expected


async def test_why_answers_to_the_bulletin_that_is_meant(stage: Stage) -> None:
    """On Telegram a reply to it, on Slack a mention in its thread, whose answer stays there."""
    for topic in ("ukraine-ceasefire", "armenia-azerbaijan"):
        await stage.tell(GROUP, f"/subscribe {topic}", user=ADA)
        await stage.type(f"subscribe {topic}")
    await stage.publish(TRUCE)
    await stage.publish(TRUCE, TALKS)
    first = next(
        m for m in stage.telegram.messages(GROUP) if f"【{TRUCE}】" in m.text and "Subscribed" not in m.text
    )
    said = await stage.tell(GROUP, "/why", user=BOB, reply_to=first.id)
    assert f"Why this was sent: {TRUCE}" in said.text
    assert TALKS in (await stage.tell(GROUP, "/why", user=BOB)).text
    posted = next(
        m for m in stage.slack.messages("C1") if f"【{TRUCE}】" in m.plain and "Subscribed" not in m.plain
    )
    explained = await stage.write("why", "C1", thread=posted.ts)
    assert f"Why this was sent: {TRUCE}" in explained.plain
    assert explained.thread_ts == posted.ts


async def test_in_a_group_only_admins_change_settings_and_anybody_may_ask(stage: Stage) -> None:
    """An anonymous admin is one too; somebody who speaks as a channel of his own is not; `/settings who` opens it."""
    assert "only admins" in (await stage.tell(GROUP, "/subscribe ukraine", user=BOB)).text
    assert await stage.followed("telegram", str(GROUP)) == set()
    assert "On offer" in (await stage.tell(GROUP, "/topics", user=BOB)).text
    assert "Subscribed" in (await stage.tell(GROUP, "/subscribe ukraine", user=ADA)).text
    said = await stage.tell(GROUP, "/subscribe us-russia-summit", anonymous_admin=True)
    assert "Subscribed" in said.text
    assert "only admins" in (await stage.tell(GROUP, "/pause", user=BOB, as_channel=CHANNEL)).text
    assert "changed by everyone" in (await stage.tell(GROUP, "/settings who everyone", user=ADA)).text
    assert "Paused" in (await stage.tell(GROUP, "/pause", user=BOB)).text


async def test_a_button_asks_who_presses_it(stage: Stage) -> None:
    """A member's press on an admin's offer is refused in a pop-up that only he sees; the admin's works."""
    offer = await stage.tell(GROUP, "/subscribe", user=ADA)
    count = len(stage.telegram.messages(GROUP))
    query = await stage.telegram.press(offer.id, GROUP, "＋ Ukraine ceasefire", user=BOB)
    await stage.telegram.until(lambda: query in stage.telegram.answers)
    assert stage.telegram.answers[query]["show_alert"]
    assert "only admins" in stage.telegram.answers[query]["text"]
    assert len(stage.telegram.messages(GROUP)) == count
    await stage.telegram.press(offer.id, GROUP, "＋ Ukraine ceasefire", user=ADA)
    await stage.telegram.until(lambda: len(stage.telegram.messages(GROUP)) > count)
    assert await stage.followed("telegram", str(GROUP)) == {"ukraine-ceasefire"}


async def test_the_topics_of_a_forum_are_chats_of_their_own(stage: Stage) -> None:
    """A command is answered where it was typed, and the bulletin comes there; General is the forum itself."""
    thread = stage.telegram.topic(FORUM, "Ukraine")
    await stage.tell(FORUM, "/subscribe ukraine-ceasefire", user=ADA, thread=thread)
    assert stage.telegram.messages(FORUM)[-1].thread == thread
    general = await stage.tell(FORUM, "/subscribe armenia-azerbaijan", user=ADA)
    assert general.thread is None
    await stage.publish(TRUCE, TALKS)
    assert TRUCE in stage.telegram.messages(FORUM, thread=thread)[-1].text
    assert TALKS in [m for m in stage.telegram.messages(FORUM) if m.thread is None][-1].text
    stage.telegram.delete_topic(FORUM, thread)
    await stage.publish(TRUCE, TALKS, of_its_own("Ukraine ceasefire broken"))
    chat = await stage.chat("telegram", f"{FORUM}/{thread}")
    assert chat.pause_reason == "message thread not found"
    assert not (await stage.chat("telegram", str(FORUM))).paused


async def test_a_channel_is_steered_by_its_own_posts(stage: Stage) -> None:
    """A command that is posted in the channel is answered there; other posts are left alone."""
    said = await stage.tell(CHANNEL, "/subscribe ukraine-ceasefire", as_channel=CHANNEL)
    assert "Subscribed to Ukraine ceasefire" in said.text
    await stage.telegram.say(CHANNEL, "Good morning", as_channel=CHANNEL)
    await stage.publish(TRUCE)
    assert len(stage.telegram.messages(CHANNEL)) == 2
    assert TRUCE in stage.telegram.messages(CHANNEL)[-1].text


async def test_an_edited_command_is_not_run_again(stage: Stage) -> None:
    await stage.tell(PRIVATE, "/topics add Grain")
    await stage.telegram.say(PRIVATE, "/topics add Grain deal", edited=True)
    assert "Grain" in (await stage.tell(PRIVATE, "/topics")).text
    topics = await stage.room.store.topics()
    assert [topic.spec.name for topic in topics if topic.chat_id is not None] == ["Grain"]


async def test_a_chat_that_blocks_the_bot_is_paused_and_hears_what_it_missed_in_one_message(
    stage: Stage,
) -> None:
    """Whether Telegram tells of it or the next bulletin is refused; two stories later it is unblocked."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire armenia-azerbaijan")
    stage.telegram.chats[PRIVATE].bot = "kicked"  # Telegram's word of it has not come yet
    count = len(stage.telegram.messages(PRIVATE))
    await stage.publish(TRUCE)
    assert (await stage.chat("telegram", str(PRIVATE))).pause_reason == "bot was blocked by the user"
    await stage.publish(TRUCE, TALKS)
    await stage.telegram.change_membership(PRIVATE, "member")
    # Whatever is said next is behind it.
    await stage.tell(PRIVATE, "/status")
    await stage.room.app.step()
    said = stage.telegram.messages(PRIVATE)[count:]
    [missed] = [message for message in said if "While bulletins were paused" in message.text]
    assert TRUCE in missed.text
    assert TALKS in missed.text
    assert not any("【" in message.text for message in said)
    assert len(missed.buttons) == 0
    await stage.publish(TRUCE, TALKS, of_its_own("Ukraine truce monitors named"))
    assert "Ukraine truce monitors named" in stage.telegram.messages(PRIVATE)[-1].text


async def test_a_group_that_removes_the_bot_is_paused_until_it_is_brought_back(stage: Stage) -> None:
    """It says hello when it is brought in, and what was missed when it was there before."""
    await stage.tell(GROUP, "/subscribe ukraine-ceasefire", user=ADA)
    await stage.telegram.change_membership(GROUP, "kicked", user=ADA)
    await stage.telegram.until(lambda: not stage.telegram.pending)
    await stage.telegram.until(lambda: stage.telegram.polling)
    assert "kicked" in ((await stage.chat("telegram", str(GROUP))).pause_reason or "")
    await stage.publish(TRUCE)
    count = len(stage.telegram.messages(GROUP))
    await stage.telegram.change_membership(GROUP, "member", user=ADA)
    await stage.telegram.until(lambda: len(stage.telegram.messages(GROUP)) > count)
    await stage.room.app.step()
    said = [message.text for message in stage.telegram.messages(GROUP)[count:]]
    assert any("This chat follows Ukraine ceasefire" in text for text in said)
    assert sum(TRUCE in text for text in said) == 1


async def test_a_group_that_becomes_a_supergroup_keeps_all_it_has(stage: Stage) -> None:
    """Both by the service messages, and where a bulletin meets the new address first."""
    stage.telegram.group(-55, "Small")
    stage.telegram.member(-55, ADA, "administrator")
    await stage.tell(-55, "/subscribe ukraine-ceasefire", user=ADA)
    await stage.telegram.migrate(-55, -100055)
    await stage.publish(TRUCE)
    assert TRUCE in stage.telegram.messages(-100055)[-1].text
    await stage.tell(-100055, "/why", user=ADA)
    assert await stage.room.store.chat_at("telegram", "-55") is None
    assert await stage.followed("telegram", "-100055") == {"ukraine-ceasefire"}


async def test_pages_of_topics_are_turned_in_place(stage: Stage) -> None:
    """Ten more topics than a page has buttons: the message is edited, on both platforms, and nothing else is said."""
    for number in range(10):
        await stage.tell(PRIVATE, f"/topics add Topic {number} = word{number}")
        await stage.write(f"topics add Topic {number} = word{number}")
    offer = await stage.tell(PRIVATE, "/subscribe")
    assert [button.label for button in offer.buttons[-1]] == ["◀", "1 / 2", "▶"]
    count = len(stage.telegram.messages(PRIVATE))
    await stage.telegram.press(offer.id, PRIVATE, "▶")
    await stage.telegram.until(lambda: stage.telegram.messages(PRIVATE)[-1].edits)
    assert len(stage.telegram.messages(PRIVATE)) == count
    labels = [button.label for row in stage.telegram.messages(PRIVATE)[-1].buttons for button in row]
    assert labels[-3:] == ["◀", "2 / 2", "▶"]
    posted = await stage.write("subscribe")
    await stage.slack.press("D1", posted.ts, "▶")
    await stage.slack.until(lambda: posted.edits)
    assert [button.label for button in posted.buttons][-3:] == ["◀", "2 / 2", "▶"]


async def test_a_button_for_a_long_command_works_after_a_restart(tmp_path: Path) -> None:
    """What has no room in a button's 64 bytes is kept in the store."""
    question = "停戦 ウクライナ 米国 ロシア 首脳会談 アラスカ 和平 交渉"
    async with doubles() as (_, telegram, slack):
        async with serving(tmp_path, addresses_of(telegram, slack)) as room:
            await telegram.say(PRIVATE, f"/topics test {question}")
            await telegram.until(lambda: telegram.messages(PRIVATE))
            assert room.failed == []
        offer = telegram.messages(PRIVATE)[-1]
        async with serving(tmp_path, addresses_of(telegram, slack)) as room:
            await telegram.press(offer.id, PRIVATE, "Make it a topic")
            await telegram.until(lambda: len(telegram.messages(PRIVATE)) > 1)
            names = [topic.spec.name for topic in await room.store.topics()]
    assert question in names


async def test_slack_is_spoken_to_in_every_way(stage: Stage) -> None:
    """By /sokuho, by a command of its own, by mention in channel and thread, and directly; each is answered there."""
    assert "Subscribed to Ukraine" in (await stage.type("subscribe ukraine-ceasefire")).plain
    assert "Already subscribed" in (await stage.type("ukraine-ceasefire", command="/subscribe")).plain
    mentioned = await stage.write("topics add Tea", "C1")
    assert (mentioned.thread_ts, mentioned.only_for) == (None, None)
    assert "Made the topic Tea" in mentioned.plain
    assert "On offer" in (await stage.write("topics")).plain
    assert "On offer" in (await stage.write("/topics")).plain
    asked = await stage.type("status")
    assert asked.only_for == "U1"
    assert await stage.followed("slack", f"{TEAM}/C1") == {"ukraine-ceasefire"}
    assert await stage.room.store.chat_at("slack", f"{TEAM}/D1") is not None


async def test_a_slack_channel_without_the_bot_is_told_to_invite_it(stage: Stage) -> None:
    """A slash command works there, a bulletin would not; nothing is subscribed."""
    said = await stage.type("subscribe ukraine-ceasefire", "C2")
    assert "/invite @Sokuho" in said.plain
    assert (said.via, said.only_for) == ("response_url", "U1")
    assert await stage.room.store.chat_at("slack", f"{TEAM}/C2") is None


async def test_a_slack_channel_that_is_left_and_archived_is_paused_and_resumed(stage: Stage) -> None:
    """With what it missed in one message, once the bot is back."""
    await stage.type("subscribe ukraine-ceasefire")
    envelope = await stage.slack.left("C1")
    await stage.slack.until(lambda: envelope.acked)
    await stage.publish(TRUCE)
    chat = await stage.chat("slack", f"{TEAM}/C1")
    assert chat.pause_reason is not None
    count = len(stage.slack.messages("C1"))
    envelope = await stage.slack.joined("C1")
    await stage.slack.until(lambda: envelope.acked)
    assert "Nothing" in (await stage.write("latest armenia-azerbaijan", "C1")).plain
    await stage.room.app.step()
    missed = [m for m in stage.slack.messages("C1")[count:] if "While bulletins were paused" in m.plain]
    assert len(missed) == 1
    assert TRUCE in missed[0].plain
    stage.slack.channels["C1"].archived = True
    await stage.publish(TRUCE, of_its_own("Ukraine truce monitors named"))
    assert (await stage.chat("slack", f"{TEAM}/C1")).pause_reason == "the channel is archived"


async def test_a_private_slack_channel_and_a_direct_message_are_chats_like_any_other(stage: Stage) -> None:
    stage.slack.channel("G7", "backroom", private=True)
    for channel in ("G7", "D1"):
        assert "Subscribed to Ukraine" in (await stage.type("subscribe ukraine-ceasefire", channel)).plain
    await stage.publish(TRUCE)
    assert TRUCE in stage.slack.messages("G7")[-1].plain
    assert TRUCE in stage.slack.messages("D1")[-1].plain


async def test_a_platform_without_its_token_is_owed_nothing_until_it_is_back(stage: Stage) -> None:
    """Then it hears in one message what it missed."""
    await stage.type("subscribe ukraine-ceasefire")
    await serve_only(stage.room.store, ["telegram"], stage.clock.now())
    await stage.publish(TRUCE)
    assert (await stage.room.store.queue_status(stage.clock.now())).messages == 0
    await serve_only(stage.room.store, ["telegram", "slack"], stage.clock.now())
    await stage.room.app.step()
    assert "While bulletins were paused" in stage.slack.messages("C1")[-1].plain
    assert TRUCE in stage.slack.messages("C1")[-1].plain


async def test_slack_repeats_an_event_and_it_is_taken_once(stage: Stage) -> None:
    original = await stage.slack.direct("D1", "topics add Tea")
    await stage.slack.until(lambda: stage.slack.messages("D1"))
    again = await stage.slack.retry(original)
    await stage.slack.until(lambda: again.acked)
    await stage.write("status")
    assert sum("Tea" in message.plain for message in stage.slack.messages("D1")) == 1


async def test_the_bot_does_not_answer_itself_nor_edits(stage: Stage) -> None:
    original = await stage.slack.direct("D1", "topics")
    await stage.slack.until(lambda: stage.slack.messages("D1"))
    for envelope in (
        await stage.slack.bot_message("D1", "topics"),
        await stage.slack.bot_message("D1", "topics", "BOTHER"),
        await stage.slack.edit(original, "topics add Tea"),
    ):
        await stage.slack.until(lambda envelope=envelope: envelope.acked)  # type: ignore[misc]
    await stage.write("status")
    assert len(stage.slack.messages("D1")) == 2


async def test_menus_are_set_by_scope_and_language(stage: Stage) -> None:
    """Members of a group are not shown what only admins may do."""
    await stage.telegram.until(lambda: len(stage.telegram.commands) == 12)
    everyone = dict(stage.telegram.commands["all_group_chats", ""])
    admins = dict(stage.telegram.commands["all_chat_administrators", "ja"])
    assert "subscribe" not in everyone
    assert "latest" in everyone
    assert admins["subscribe"] == "このチャットで話題を購読する"
