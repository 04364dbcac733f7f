"""What nobody knows of a message, and what becomes of it: with the real clients, on both platforms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.deliveries import REVISED_AFTER
from tests.e2e.platforms import PRIVATE
from tests.e2e.test_platforms import TRUCE, Stage, staged

REPEAT = "possibly a repeat"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as running:
        yield running


async def later(stage: Stage, wait: timedelta = MINUTE) -> None:
    stage.clock.advance_to(stage.clock.now() + wait)
    await stage.room.app.work_off()


def told(stage: Stage, channel: str) -> list[str]:
    return [said.plain for said in stage.slack.messages(channel) if TRUCE in said.plain]


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("scope", [True, False])
async def test_slack_is_asked_where_the_app_may(stage: Stage, scope: bool, arrived: bool) -> None:
    """Then the bulletin is there once, unmarked; where it may not, a repeat says so."""
    if scope:
        stage.slack.home.scopes.add("channels:history")
    await stage.type("subscribe ukraine-ceasefire")
    stage.slack.cut_next("chat.postMessage", "C1", after_effect=arrived)
    await stage.publish(TRUCE)
    await later(stage)
    said = told(stage, "C1")
    assert len(said) == (2 if arrived and not scope else 1)
    assert [REPEAT in text for text in said] == ([False] * (len(said) - 1) + [not scope])
    # Whichever way it came to be known, it is revised in place.
    await stage.publish(TRUCE, outlet=1)
    await later(stage, REVISED_AFTER)
    assert "Reuters · BBC News" in told(stage, "C1")[-1]
    assert len(told(stage, "C1")) == len(said)


async def test_an_app_that_may_look_once_a_minute_marks_the_others(stage: Stage) -> None:
    """A 429 to a look holds up nothing, and costs no message."""
    await stage.type("subscribe ukraine-ceasefire")
    stage.slack.cut_next("chat.postMessage", "C1", after_effect=True)
    stage.slack.home.scopes.add("channels:history")
    stage.slack.limit_next("conversations.history", 60)
    await stage.publish(TRUCE)
    await later(stage)
    assert [REPEAT in text for text in told(stage, "C1")] == [False, True]


async def test_a_chat_that_wants_no_repeats_gets_none(stage: Stage) -> None:
    """On a platform that cannot be asked: it is there once if it arrived, and not at all if it did not."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    await stage.tell(PRIVATE, "/settings repeats off")
    stage.telegram.cut_next("sendMessage", after_effect=True)
    await stage.publish(TRUCE)
    await later(stage)
    assert [TRUCE in message.text for message in stage.telegram.messages(PRIVATE)] == [False, False, True]


async def test_a_bulletin_that_somebody_deleted_comes_anew(stage: Stage) -> None:
    """When it has more to say; an update of one that was deleted stands by itself in the channel."""
    await stage.tell(PRIVATE, "/subscribe ukraine-ceasefire")
    await stage.type("subscribe ukraine-ceasefire")
    await stage.publish(TRUCE)
    first = stage.telegram.messages(PRIVATE)[-1]
    stage.telegram.chats[PRIVATE].messages.pop(first.id)
    stage.slack.messages("C1")[-1].deleted = True
    await stage.publish(TRUCE, outlet=1)
    await later(stage, REVISED_AFTER)
    anew = stage.telegram.messages(PRIVATE)[-1]
    assert "Reuters · BBC News" in anew.text
    assert anew.silent
    assert anew.id != first.id
    assert "Reuters · BBC News" in told(stage, "C1")[-1]
    assert REPEAT not in anew.text + told(stage, "C1")[-1]
