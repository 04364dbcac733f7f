"""Killed anywhere between a poll and a settled message, on both platforms: nothing is lost, and repeats say so."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.ports import Point
from tests.e2e.children import live
from tests.e2e.dying_bots import two_rounds
from tests.e2e.platforms import PRIVATE, Addresses, addresses_of, doubles
from tests.e2e.world import OF_A_BULLETIN
from tests.fakes.feed_server import Item
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer

TRUCE = "Ukraine agrees to ceasefire"
REPEAT = "possibly a repeat"
IN_FLIGHT = (Point.SAVED, Point.CALLED, Point.SETTLED)
"""From here on a call may be under way in the other chat."""


async def run_child(
    folder: Path, point: Point | None, n: int, addresses: Addresses, *urls: str, minutes: int = 0
) -> int:
    return await live(two_rounds, folder, addresses, urls, die_at=point, n=n, minutes=minutes)


def told(telegram: TelegramServer, slack: SlackServer) -> tuple[list[str], list[str]]:
    """What each chat holds about the truce."""
    return (
        [message.text for message in telegram.messages(PRIVATE) if TRUCE in message.text],
        [message.plain for message in slack.messages("C1") if TRUCE in message.plain],
    )


@pytest.mark.parametrize(
    ("point", "n"),
    [*((point, 1) for point in OF_A_BULLETIN), *((point, 2) for point in (Point.COMPOSED, *IN_FLIGHT))],
    ids=lambda value: value.value if isinstance(value, Point) else str(value),
)
async def test_killed_at_any_point_both_chats_are_told(point: Point, n: int, tmp_path: Path) -> None:
    """Once, or once more with the mark of a possible repeat, and that only where a call may have been under way."""
    async with doubles() as (feeds, telegram, slack):
        feeds.publish("/feed", [Item(TRUCE, id="a", published=datetime.now(UTC))])
        addresses, url = addresses_of(telegram, slack), feeds.url("/feed")
        first = await run_child(tmp_path, point, n, addresses, url)
        assert first == -signal.SIGKILL
        assert await run_child(tmp_path, None, 1, addresses, url, minutes=10) == 0
        for said in told(telegram, slack):
            marked = [text for text in said if REPEAT in text]
            assert said
            assert len(said) - len(marked) <= 1, "a repeat that does not say so"
            assert len(said) <= 2
            if point not in IN_FLIGHT and n == 1:
                assert (len(said), len(marked)) == (1, 0)
        if point is Point.SAVED and n == 1:
            # One of the two was saved and not called yet.
            assert any(len(said) == 1 and REPEAT in said[0] for said in told(telegram, slack))


@pytest.mark.parametrize(("fault", "after_effect"), [("cut", False), ("cut", True), ("503", True)])
async def test_what_became_of_a_call_is_unknown(fault: str, after_effect: bool, tmp_path: Path) -> None:
    """The connection is cut before or after the message was posted, or Slack fails behind it: told again, marked."""
    async with doubles() as (feeds, telegram, slack):
        feeds.publish("/feed", [Item(TRUCE, id="a", published=datetime.now(UTC))])
        if fault == "cut":
            telegram.cut_next("sendMessage", after_effect=after_effect)
            slack.cut_next("chat.postMessage", after_effect=after_effect)
        else:
            telegram.fail_next("sendMessage", 503, "Service Unavailable")
            slack.fail_next("chat.postMessage", 503, after_effect=after_effect)
        addresses = addresses_of(telegram, slack)
        assert await run_child(tmp_path, None, 1, addresses, feeds.url("/feed")) == 0
        for platform, said in zip(("telegram", "slack"), told(telegram, slack), strict=True):
            twice = after_effect and not (fault == "503" and platform == "telegram")
            assert len(said) == (2 if twice else 1), platform
            assert REPEAT in said[-1]
            assert REPEAT not in said[0] or not twice


async def test_what_was_slowed_down_was_surely_not_sent(tmp_path: Path) -> None:
    """The message waits for as long as the platform asked, and says nothing of a repeat when it comes."""
    async with doubles() as (feeds, telegram, slack):
        feeds.publish("/feed", [Item(TRUCE, id="a", published=datetime.now(UTC))])
        telegram.fail_next("sendMessage", 429, "Too Many Requests: retry after 1", {"retry_after": 1})
        slack.limit_next("chat.postMessage", 1)
        assert await run_child(tmp_path, None, 1, addresses_of(telegram, slack), feeds.url("/feed")) == 0
        for said in told(telegram, slack):
            assert len(said) == 1
            assert REPEAT not in said[0]
