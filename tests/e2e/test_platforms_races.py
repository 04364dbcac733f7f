"""What happens at the same time, or in an order that nobody expects: promises hold all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.platforms import ADA, BOB, GROUP, PRIVATE, TEAM, addresses_of, doubles, serving
from tests.e2e.test_platforms import TRUCE, Stage, staged


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as running:
        yield running


async def test_an_edit_after_a_migration_touches_no_other_message(stage: Stage) -> None:
    """Messages are numbered anew in the supergroup, so what was sent before is out of reach."""
    stage.telegram.group(-55, "Small")
    stage.telegram.member(-55, ADA, "administrator")
    await stage.tell(-55, "/subscribe ukraine-ceasefire", user=ADA)
    await stage.publish(TRUCE)
    await stage.telegram.migrate(-55, -100055)
    for _ in range(6):
        await stage.tell(-100055, "/status", user=ADA)
    before = [message.text for message in stage.telegram.messages(-100055)]
    await stage.publish(TRUCE, outlet=1)
    assert [message.text for message in stage.telegram.messages(-100055)] == before


@pytest.mark.parametrize("resumed", [False, True])
async def test_what_waits_for_its_turn_when_a_chat_pauses_is_told_once(stage: Stage, resumed: bool) -> None:
    """A bulletin that was claimed before the pause does not come after it, nor beside the message that tells what was missed."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    chat = await stage.chat("telegram", str(PRIVATE))
    begin = stage.room.store.begin_send

    async def begin_send(delivery_id: int, text: str, **more: Any) -> object:
        stage.room.store.begin_send = begin  # type: ignore[method-assign]
        await stage.room.store.pause_chat(chat.id, "said so", stage.clock.now())
        if resumed:
            await stage.room.store.resume_chat(chat.id, stage.clock.now())
        return await begin(delivery_id, text, **more)

    stage.room.store.begin_send = begin_send  # type: ignore[method-assign,assignment]
    await stage.publish(TRUCE)
    told = [message.text for message in stage.telegram.messages(PRIVATE) if TRUCE in message.text]
    assert len(told) == int(resumed)
    assert all("While bulletins were paused" in text for text in told)


async def test_a_shared_slack_channel_is_one_chat_whoever_speaks(stage: Stage) -> None:
    """Slack Connect: an event names the workspace of the person, not that of the app."""
    await stage.type("subscribe ukraine-ceasefire")
    stage.slack.workspace("T2")
    count = len(stage.slack.said)
    said = {"type": "app_mention", "user": "U9", "text": "<@UBOT> subscribe armenia", "channel": "C1"}
    await stage.slack.event({**said, "ts": "1700000900.000100", "event_ts": "1700000900.000100"}, team="T2")
    await stage.slack.until(lambda: len(stage.slack.said) > count)
    assert [chat.address for chat in await stage.room.store.chats("slack")] == [f"{TEAM}/C1"]


async def test_a_slack_token_that_is_back_brings_its_chats_back(tmp_path: Path) -> None:
    """Revoked while running, new at the next start: channels go on, and hear what they missed."""
    async with staged(tmp_path) as stage:
        await stage.type("subscribe ukraine-ceasefire")
        envelope = await stage.slack.revoked()
        await stage.slack.until(lambda: envelope.acked)
        stage.slack.home.error = None
        await stage.tell(PRIVATE, "/status")
    async with staged(tmp_path) as stage:
        assert (await stage.chat("slack", f"{TEAM}/C1")).pause_reason is None


@pytest.mark.parametrize("error", ["ratelimited", "internal_error", 503])
async def test_slack_that_is_busy_at_the_start_is_waited_for(tmp_path: Path, error: str | int) -> None:
    """It says nothing about the token."""
    async with doubles() as (_, telegram, slack):
        slack.fail_next("auth.test", error, times=1)
        async with serving(tmp_path, addresses_of(telegram, slack)) as room:
            await slack.until(lambda: slack.connections, timeout=10)
            await slack.direct("D1", "topics")
            await slack.until(lambda: slack.messages("D1"))
            assert room.failed == []


async def test_a_command_that_was_worked_on_while_stopping_is_not_run_again(tmp_path: Path) -> None:
    async with doubles() as (_, telegram, slack):
        telegram.delay("getChatMember", 0.5)
        async with serving(tmp_path, addresses_of(telegram, slack)):
            await telegram.until(lambda: telegram.polling)
            await telegram.say(GROUP, "/topics add Grain", user=ADA)
            await telegram.until(lambda: telegram.calls_of("getUpdates")[-1].status == 200)
        telegram.delay("getChatMember", 0)
        count = len(telegram.messages(GROUP))
        async with serving(tmp_path, addresses_of(telegram, slack)) as room:
            await telegram.say(PRIVATE, "/status")
            await telegram.until(lambda: telegram.messages(PRIVATE))
            assert len(telegram.messages(GROUP)) == count
            assert [topic.spec.name for topic in await room.store.topics() if topic.chat_id] == ["Grain"]


async def test_where_telegram_does_not_say_who_is_an_admin_nobody_is_told_that_he_is_none(
    stage: Stage,
) -> None:
    stage.telegram.fail_next("getChatMember", 502, "Bad Gateway")
    assert "could not be found out" in (await stage.tell(GROUP, "/subscribe ukraine", user=ADA)).text
    stage.telegram.fail_next("getChatMember", 400, "Bad Request: user not found")
    assert "only admins" in (await stage.tell(GROUP, "/subscribe ukraine", user=BOB)).text
    assert await stage.followed("telegram", str(GROUP)) == set()


async def test_what_is_not_followed_any_more_is_not_sent(stage: Stage) -> None:
    """A bulletin that waited for a slow chat, and the chat has unsubscribed meanwhile."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    stage.telegram.fail_next("sendMessage", 500, "Internal Server Error", chat_id=PRIVATE)
    await stage.publish(TRUCE)
    await stage.tell(PRIVATE, "/unsubscribe ukraine-ceasefire")
    await stage.publish()
    assert not any("【" in message.text for message in stage.telegram.messages(PRIVATE))
