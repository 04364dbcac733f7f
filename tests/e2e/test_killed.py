"""Nothing is lost, whatever is killed; what may have been said twice says so."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.ports import Point
from tests.e2e.children import live
from tests.e2e.dying_child import two_rounds
from tests.e2e.newsday import AGREED, BROKEN
from tests.e2e.world import OF_A_BULLETIN
from tests.fakes import postgres
from tests.fakes.chats import read_chat
from tests.fakes.feed_server import FeedServer, Item


async def run_child(
    folder: Path, point: Point | None, *urls: str, minutes: int = 0, database: str | None = None
) -> int:
    return await live(two_rounds, folder, urls, die_at=point, minutes=minutes, database=database)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Where the store is; None: a file of SQLite."""
    if request.param == "sqlite":
        yield None
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url


@pytest.mark.parametrize("point", OF_A_BULLETIN, ids=lambda point: point.value)
async def test_killed_at_any_point_no_bulletin_is_missing(
    point: Point, tmp_path: Path, database: str | None
) -> None:
    """SIGKILL at each named point, then a new start: the bulletin is there, once, or marked as a possible repeat."""
    async with FeedServer() as server:
        server.publish("/feed", [Item("Ukraine agrees to ceasefire", id="a", published=datetime.now(UTC))])
        url = server.url("/feed")
        assert await run_child(tmp_path, point, url, database=database) == -signal.SIGKILL
        assert await run_child(tmp_path, None, url, database=database) == 0
    said = [message.text for message in read_chat(tmp_path / "chat.jsonl")]
    marked = [text for text in said if "possibly a repeat" in text]
    assert all("Ukraine agrees to ceasefire" in text for text in said)
    match point:
        case Point.SAVED:
            assert said == marked
            assert len(said) == 1
        case Point.CALLED:
            assert (len(said), len(marked)) == (2, 1)
        case _:
            assert (len(said), len(marked)) == (1, 0)


@pytest.mark.parametrize("point", [Point.SAVED, Point.CALLED], ids=lambda point: point.value)
async def test_killed_during_an_edit_the_message_grows_all_the_same(point: Point, tmp_path: Path) -> None:
    """SIGKILL around the edit that adds an outlet: after a new start the one message names both."""
    report = Item("Ukraine agrees to ceasefire", id="a", published=datetime.now(UTC))
    async with FeedServer() as server:
        urls = server.url("/one"), server.url("/two")
        server.publish("/one", [report])
        server.publish("/two", [])
        assert await run_child(tmp_path, None, *urls) == 0
        server.publish("/two", [report])
        assert await run_child(tmp_path, point, *urls, minutes=10) == -signal.SIGKILL
        assert await run_child(tmp_path, None, *urls, minutes=20) == 0
    [message] = read_chat(tmp_path / "chat.jsonl")
    assert "Reuters · BBC News" in message.text
    assert "possibly a repeat" not in message.text


@pytest.mark.parametrize(
    "point",
    [Point.DECIDED, Point.COMPOSED, Point.SAVED, Point.CALLED, Point.SETTLED],
    ids=lambda point: point.value,
)
async def test_killed_while_an_answer_is_owed_it_is_told(point: Point, tmp_path: Path) -> None:
    """SIGKILL between the decision about a development and the settled answer: it is there, and a repeat says so."""
    now = datetime.now(UTC)
    paths = ("/one", "/two", "/three")
    async with FeedServer() as server:
        urls = [server.url(path) for path in paths]
        for path, title in zip(paths, AGREED, strict=False):
            server.publish(path, [Item(title, id=title, published=now)])
        assert await run_child(tmp_path, None, *urls) == 0
        later = [Item(title, id=title, published=now) for title in (BROKEN, AGREED[0])]
        server.publish("/one", later)
        assert await run_child(tmp_path, point, *urls, minutes=40) == -signal.SIGKILL
        assert await run_child(tmp_path, None, *urls, minutes=50) == 0
    first, *answers = read_chat(tmp_path / "chat.jsonl")
    assert "Reuters" in first.text
    assert first.answers is None
    assert all(one.answers == first.id and "kills 12" in one.text for one in answers)
    marked = ["possibly a repeat" in one.text for one in answers]
    assert marked == {Point.SAVED: [True], Point.CALLED: [False, True]}.get(point, [False])
