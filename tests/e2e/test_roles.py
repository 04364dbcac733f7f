"""Several processes on one PostgreSQL: each does its part, nothing is done twice, and who dies is stood in for."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.platforms import ADA, GROUP
from tests.e2e.test_run import PATIENCE, Operator, operating
from tests.fakes import postgres
from tests.fakes.feed_server import Item


@asynccontextmanager
async def running(
    operator: Operator, url: str, roles: Sequence[str]
) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """A process for each of the lists of roles; all have ended cleanly afterwards, but those that were killed."""
    started = [
        await operator.start("run", "--roles", some, SOKUHO_DATABASE_URL=url, SOKUHO_HTTP="")
        for some in roles
    ]
    try:
        yield started
    finally:
        for process in started:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        said = await asyncio.gather(*(asyncio.wait_for(one.communicate(), PATIENCE) for one in started))
        ends = {process.returncode for process in started}
    assert ends <= {0, -signal.SIGKILL}, "\n".join(output.decode() for output, _ in said)


async def subscribed(operator: Operator, url: str) -> None:
    telegram, slack = operator.telegram, operator.slack
    await slack.until(lambda: slack.connections, timeout=PATIENCE)
    await telegram.until(lambda: telegram.polling, timeout=PATIENCE)
    await topics_on_offer(url)
    await telegram.say(GROUP, "/subscribe ukraine-ceasefire", user=ADA)
    await telegram.say(GROUP, "/topics add Togo", user=ADA)
    await telegram.say(GROUP, "/subscribe togo", user=ADA)
    await slack.slash("/sokuho", "subscribe ukraine-ceasefire", channel="C1")
    await telegram.until(lambda: len(telegram.messages(GROUP)) > 2, timeout=PATIENCE)
    await slack.until(lambda: slack.messages("C1"), timeout=PATIENCE)


async def topics_on_offer(url: str) -> None:
    """Wait until the desk has put them into the store, which takes longer than to listen does."""
    store = await postgres.opened(url)
    try:
        async with asyncio.timeout(PATIENCE):
            while not await store.topics():  # noqa: ASYNC110 - another process puts them there
                await asyncio.sleep(0.2)
    finally:
        await store.close()


async def told(operator: Operator, title: str, *, on_slack: bool = True) -> None:
    """Wait until the chats have the bulletin."""
    telegram, slack = operator.telegram, operator.slack
    await telegram.until(lambda: any(f"【{title}" in one for one in group(operator)), timeout=PATIENCE)
    if on_slack:
        await slack.until(lambda: any(f"【{title}" in one for one in channel(operator)), timeout=PATIENCE)


def group(operator: Operator) -> list[str]:
    """The bulletins on Telegram."""
    return [one.text for one in operator.telegram.messages(GROUP) if "【" in one.text]


def channel(operator: Operator) -> list[str]:
    """The bulletins on Slack."""
    return [one.plain for one in operator.slack.messages("C1") if "【" in one.plain]


def publish(operator: Operator, *titles: str) -> None:
    now = datetime.now(UTC)
    operator.feeds.publish("/feed", [Item(title, published=now) for title in titles])


@pytest.fixture
def url(postgresql: postgres.Server) -> Iterator[str]:
    with postgresql.database() as url:
        yield url


async def test_each_does_its_part(tmp_path: Path, url: str) -> None:
    """A topic made in one process is decided by in another; one message a chat; all end cleanly."""
    async with operating(tmp_path) as operator:
        async with running(operator, url, ["poll", "poll", "desk", "send", "send", "chat"]):
            await subscribed(operator, url)
            publish(operator, "Ukraine agrees to ceasefire", "Togo holds an election")
            await told(operator, "Ukraine agrees")
            await told(operator, "Togo holds", on_slack=False)
        assert (len(group(operator)), len(channel(operator))) == (2, 1)


async def test_who_is_killed_is_stood_in_for(tmp_path: Path, url: str) -> None:
    """Who had all that one alone does is killed in the middle; two others go on, and what may come twice says so."""
    async with operating(tmp_path) as operator:
        async with running(operator, url, ["poll,desk,send,chat"]) as (first,):
            await subscribed(operator, url)
            async with running(operator, url, ["desk send", "poll chat"]):
                publish(operator, "Ukraine agrees to ceasefire")
                await told(operator, "Ukraine agrees")
                first.kill()
                await first.wait()
                publish(operator, "Ukraine agrees to ceasefire", "Togo holds an election")
                await told(operator, "Togo holds", on_slack=False)
                await operator.telegram.say(GROUP, "/topics", user=ADA)
                await operator.telegram.until(
                    lambda: "ceasefire" in operator.telegram.messages(GROUP)[-1].text.casefold(),
                    timeout=PATIENCE,
                )
        first_time = [
            [one for one in bulletins if "🔁" not in one]
            for bulletins in (group(operator), channel(operator))
        ]
        assert [len(bulletins) for bulletins in first_time] == [2, 1]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [("poll,sned", "There is no role sned"), (",", "Name some of poll"), ("poll", "on one PostgreSQL")],
)
async def test_what_is_wrong_with_roles(tmp_path: Path, roles: str, expected: str) -> None:
    async with operating(tmp_path) as operator:
        process = await operator.start("run", "--roles", roles)
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 1
        assert expected in output.decode()
        assert "Traceback" not in output.decode()
