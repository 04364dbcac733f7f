"""Slack over HTTP: signed posts are answered as what comes through a socket is, and all others refused."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.e2e.platforms import SIGNING_SECRET, Newsroom
from tests.e2e.posted import posted_to
from tests.fakes.slack_posts import Posts, body_of, signed
from tests.fakes.slack_server import SlackServer

Stage = tuple[SlackServer, Newsroom, Posts]


@pytest.fixture
async def stage(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Stage]:
    async with SlackServer() as slack:
        slack.channel("C1", "news")
        slack.dm("D1", "U1")
        async with posted_to(tmp_path, f"127.0.0.1:{unused_tcp_port}", slack) as (room, posts):
            yield slack, room, posts
            assert room.failed == []


JSON = {"Content-Type": "application/json"}


async def test_commands_mentions_and_presses_are_answered(stage: Stage) -> None:
    """Each is acknowledged at once, with nothing."""
    slack, _, posts = stage
    await slack.slash("/sokuho", "subscribe", channel="C1")
    await slack.until(lambda: len(slack.said) == 1)
    await slack.press("C1", slack.said[0].ts, "＋ Ukraine ceasefire")
    await slack.until(lambda: len(slack.said) == 2)
    assert "Subscribed to" in slack.said[1].plain
    await slack.mention("C1", "<@BOT> topics")
    await slack.direct("D1", "topics")
    await slack.until(lambda: len(slack.said) == 4)
    assert posts.statuses == [200] * 4
    assert all(sent.acked and not sent.response for sent in slack.envelopes)
    assert slack.late == []


async def test_a_command_in_a_thread_is_answered_there(stage: Stage) -> None:
    slack, _, _ = stage
    await slack.mention("C1", "<@BOT> topics", thread_ts="1700000000.000100")
    await slack.until(lambda: slack.said)
    assert slack.said[0].thread_ts == "1700000000.000100"


async def test_slack_asks_whether_the_address_is_ours(stage: Stage) -> None:
    _, _, posts = stage
    body = json.dumps({"type": "url_verification", "challenge": "c-1", "token": "t"}).encode()
    assert await posts.post(body, {**JSON, **signed(SIGNING_SECRET, body)}) == (200, '{"challenge": "c-1"}')
    assert (await posts.post(body, JSON))[0] == 401


async def test_an_event_that_is_sent_again_is_worked_on_once(stage: Stage) -> None:
    """Slack does so after three seconds without an answer, with a new signature."""
    slack, _, posts = stage
    first = await slack.mention("C1", "<@BOT> topics")
    await slack.retry(first)
    await slack.mention("C1", "<@BOT> status")
    await slack.until(lambda: len(slack.said) == 2)
    assert "On offer" in slack.said[0].plain
    assert "On offer" not in slack.said[1].plain
    assert posts.statuses == [200] * 3


async def test_a_post_that_is_replayed_does_nothing(stage: Stage) -> None:
    """Whoever overheard one can do nothing with it within the five minutes for which it is good; it is logged."""
    slack, _, posts = stage
    sent = await slack.slash("/sokuho", "topics", channel="C1")
    body, kind = body_of(sent)
    headers = {"Content-Type": kind, **signed(SIGNING_SECRET, body, time.time() - 60)}
    assert (await posts.post(body, headers))[0] == 200
    with capture_logs() as logs:
        assert await posts.post(body, headers) == (200, "")
    assert [log["event"] for log in logs] == ["request_refused"]
    await slack.until(lambda: len(slack.said) == 2)
    await slack.mention("C1", "<@BOT> status")
    await slack.until(lambda: len(slack.said) == 3)
    assert "On offer" not in slack.said[-1].plain
    assert SIGNING_SECRET not in str(logs)


BODY = json.dumps({"type": "event_callback", "team_id": "T1", "event": {"type": "app_mention"}}).encode()
FORGED = {
    "nothing": {},
    "no signature": {"X-Slack-Request-Timestamp": "1"},
    "another secret": signed("another", BODY),
    "another body": signed(SIGNING_SECRET, BODY + b" "),
    "old": signed(SIGNING_SECRET, BODY, time.time() - 3600),
    "to come": signed(SIGNING_SECRET, BODY, time.time() + 3600),
    "a time that is none": {**signed(SIGNING_SECRET, BODY), "X-Slack-Request-Timestamp": "now"},
    "an empty signature": {**signed(SIGNING_SECRET, BODY), "X-Slack-Signature": ""},
    "no ASCII": {**signed(SIGNING_SECRET, BODY), "X-Slack-Signature": "v0=é"},
    "another version": {**signed(SIGNING_SECRET, BODY), "X-Slack-Signature": "v1=00"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
async def test_what_slack_did_not_sign_is_refused(stage: Stage, headers: dict[str, str]) -> None:
    """That is logged, and nothing is done."""
    slack, room, posts = stage
    with capture_logs() as logs:
        assert await posts.post(BODY, {**JSON, **headers}) == (401, "")
    assert [log["event"] for log in logs] == ["request_refused"]
    assert slack.said == []
    assert await room.store.chats("slack") == ()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 404),
        (b"{", 400),
        (b"\xff", 401),
        (b"[]", 400),
        (b"null", 400),
        (b'{"type": "event_callback"}', 404),
        (b'{"type": "event_callback", "team_id": "T9", "event": {"type": "app_mention"}}', 200),
        (b"[" * 100_000, 400),
        (b" " * (1024 * 1024 + 1), 413),
    ],
    ids=["empty", "half", "no UTF-8", "list", "null", "no event", "unknown workspace", "deep", "long"],
)
async def test_what_is_signed_and_cannot_be_read_breaks_nothing(
    stage: Stage, body: bytes, status: int
) -> None:
    slack, room, posts = stage
    with capture_logs():
        assert (await posts.post(body, {**JSON, **signed(SIGNING_SECRET, body)}))[0] == status
    assert await room.store.chats("slack") == ()
    await slack.mention("C1", "<@BOT> topics")
    await slack.until(lambda: slack.said)
