"""How the bots share a platform's patience: among chats, among programs, and with the operator."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.slack.ways import SECOND as SECOND_ON_SLACK
from bot.chat.telegram.ways import REFUSED, Polling
from bot.chat.telegram.ways import SECOND as SECOND_ON_TELEGRAM
from bot.domain.access import Access
from bot.domain.facts import Fact, Waited
from bot.domain.pacing import Urgency
from tests.e2e.platforms import (
    ADA,
    GROUP,
    PRIVATE,
    TEAM,
    addresses_of,
    doubles,
    peopled_telegram,
    serving,
)
from tests.e2e.test_platforms import TRUCE, Stage, staged
from tests.fakes.slack_records import REAL_LIMITS
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_limits import Limits, Meter

QUICK = 10.0
LENIENT = QUICK * 2
"""The doubles count less strictly than the bots, since at this speed a busy machine's delays are long."""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as running:
        yield running


async def test_a_chat_that_is_told_to_wait_holds_up_no_other(stage: Stage) -> None:
    """A 429 for one chat of each platform: in the others the bulletin is there after the same step, and answers come."""
    others = range(100, 110)
    for number in others:
        stage.telegram.private(number)
        await stage.tell(number, "/subscribe ukraine-ceasefire")
        stage.slack.channel(f"C{number}", f"c{number}")
        await stage.type("subscribe ukraine-ceasefire", f"C{number}")
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    await stage.type("subscribe ukraine-ceasefire")
    stage.telegram.fail_next("sendMessage", 429, parameters={"retry_after": 3600}, chat_id=PRIVATE)
    stage.slack.limit_next("chat.postMessage", 3600, channel="C1")
    await stage.publish(TRUCE)
    for number in others:
        assert TRUCE in stage.telegram.messages(number)[-1].text
        assert TRUCE in stage.slack.messages(f"C{number}")[-1].plain
    assert len(stage.telegram.messages(PRIVATE)) == len(stage.slack.messages("C1")) == 1
    assert "On offer" in (await stage.tell(GROUP, "/topics", user=ADA)).text
    owed = await stage.room.store.claim_deliveries(stage.clock.now() + timedelta(hours=2), 10)
    assert len(owed) == 2
    assert await stage.room.store.claim_deliveries(stage.clock.now() + timedelta(minutes=50), 10) == ()


async def test_an_answer_that_was_slowed_down_is_said_in_the_end(stage: Stage) -> None:
    stage.telegram.fail_next("sendMessage", 429, parameters={"retry_after": 1}, times=2)
    assert "On offer" in (await stage.tell(PRIVATE, "/topics")).text
    stage.slack.limit_next("chat.postMessage", 1, times=2)
    assert "On offer" in (await stage.write("topics")).plain


async def test_at_the_bots_pace_no_limit_is_broken(tmp_path: Path) -> None:
    """Sixty chats hear of one event, and people type meanwhile; the doubles count as the platforms do."""

    def hurried() -> float:
        return time.monotonic() * LENIENT

    async with staged(tmp_path, hurry=QUICK) as stage:
        stage.telegram._meter = Meter(Limits(), hurried)
        stage.slack.limits, stage.slack.clock = REAL_LIMITS, hurried
        for number in range(1, 61):
            stage.telegram.private(5000 + number)
            chat = await stage.room.store.ensure_chat("telegram", f"{5000 + number}", "", stage.clock.now())
            channel = f"C{5000 + number}"
            stage.slack.channel(channel, "c")
            there = await stage.room.store.ensure_chat("slack", f"{TEAM}/{channel}", "", stage.clock.now())
            for one in (chat, there):
                await stage.room.store.subscribe(one.id, 1, stage.clock.now())
        for number in range(1, 20):
            await stage.telegram.say(5000 + number, "/status")
            await stage.telegram.say(GROUP, "/topics", user=ADA)
        await stage.publish(TRUCE)
        await stage.telegram.until(lambda: len(stage.telegram.messages(GROUP)) == 19)
        for number in range(1, 61):
            assert any(TRUCE in m.text for m in stage.telegram.messages(5000 + number))
            assert any(TRUCE in m.plain for m in stage.slack.messages(f"C{5000 + number}"))
        assert stage.telegram.too_many == []
        assert stage.slack.too_many == 0


async def test_a_second_program_on_the_same_bot_gives_way(tmp_path: Path) -> None:
    """It says so in a sentence; the first one goes on on both platforms."""
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    async with doubles() as (_, telegram, slack):
        addresses = addresses_of(telegram, slack)
        async with serving(tmp_path / "first", addresses) as first:
            await slack.until(lambda: slack.connections)
            await telegram.until(lambda: telegram.polling)
            assert isinstance(first.telegram._way, Polling)
            first.telegram._way._began -= 3600  # it has been running for an hour
            async with serving(tmp_path / "second", addresses) as second:
                await second.failed.until(2)
                assert set(second.failed) == {SECOND_ON_TELEGRAM, SECOND_ON_SLACK}
            await telegram.say(PRIVATE, "/topics")
            await telegram.until(lambda: telegram.messages(PRIVATE))
            await slack.direct("D1", "topics")
            await slack.until(lambda: slack.messages("D1"))
            assert first.failed == []


async def test_a_token_that_is_refused_is_told_without_it(tmp_path: Path) -> None:
    """At the start; what is said names the variable and holds no secret."""
    async with peopled_telegram() as telegram, SlackServer() as slack:
        wrong = addresses_of(telegram, slack)
        for field, sentence in (
            ("telegram_token", REFUSED),
            ("slack_bot_token", "Slack refuses SOKUHO_SLACK_BOT_TOKEN"),
            ("slack_app_token", "Slack refuses SOKUHO_SLACK_BOT_TOKEN or SOKUHO_SLACK_APP_TOKEN"),
        ):
            secret = getattr(wrong, field)[:-3] + "x1y"
            broken = type(wrong)(**{**asdict(wrong), field: secret})
            with pytest.raises(AssertionError) as said:
                async with serving(tmp_path, broken):
                    pass
            assert sentence in str(said.value)
            assert secret not in str(said.value)


async def test_a_private_bot_lets_in_who_has_the_code(tmp_path: Path) -> None:
    """Strangers are answered kindly, on both platforms, and nothing is kept of them."""
    access = Access("open sesame", frozenset({f"slack:{TEAM}/C1", f"telegram:{GROUP}"}))
    async with staged(tmp_path, access) as stage:
        stranger = await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
        assert "/start CODE" in stranger.text
        assert f"telegram:{PRIVATE}" in stranger.text
        assert "not the right one" in (await stage.tell(PRIVATE, "/start please")).text
        assert await stage.room.store.chats("telegram") == ()
        assert "What should this chat follow?" in (await stage.tell(PRIVATE, "/start open sesame")).text
        assert "Subscribed" in (await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")).text
        assert "On offer" in (await stage.tell(GROUP, "/topics", user=ADA)).text
        assert "private" in (await stage.write("topics")).plain
        assert "On offer" in (await stage.type("topics")).plain
        await stage.publish(TRUCE)
        assert TRUCE in stage.telegram.messages(PRIVATE)[-1].text
    # The operator takes the code back: who came by it hears nothing more, until it is listed.
    async with staged(tmp_path, Access(None, frozenset({f"slack:{TEAM}/C1"}))) as stage:
        chat = await stage.chat("telegram", str(PRIVATE))
        assert chat.pause_reason == "this bot is no longer open to this chat"
        assert "private" in (await stage.tell(PRIVATE, "/resume")).text
    async with staged(tmp_path, Access(None, frozenset({f"telegram:{PRIVATE}"}))) as stage:
        assert not (await stage.chat("telegram", str(PRIVATE))).paused


async def test_what_waits_for_the_pace_is_counted_answers_and_bulletins_alike(tmp_path: Path) -> None:
    facts: list[Fact] = []
    async with staged(tmp_path, observe=facts.append) as stage:
        await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
        await stage.type("subscribe ukraine-ceasefire")
        await stage.publish(TRUCE)
    waited = Counter((fact.platform, fact.urgency) for fact in facts if isinstance(fact, Waited))
    assert waited == {
        (platform, urgency): 1
        for platform in ("telegram", "slack")
        for urgency in (Urgency.ANSWER, Urgency.NEWS)
    }
    assert all(fact.wait >= timedelta(0) for fact in facts if isinstance(fact, Waited))
