"""Nothing is lost, whatever is killed; what may have been said twice says so."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.ports import Point
from tests.fakes.chats import read_chat
from tests.fakes.feed_server import FeedServer, Item

ROOT = Path(__file__).parents[2]


async def run_child(folder: Path, url: str, point: str) -> int:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.e2e.dying_child", str(folder), url, point, cwd=ROOT
    )
    return await child.wait()


@pytest.mark.parametrize("point", list(Point), ids=lambda point: point.value)
async def test_killed_at_any_point_no_bulletin_is_missing(point: Point, tmp_path: Path) -> None:
    """SIGKILL at each named point, then a new start: the bulletin is there, once, or marked as a possible repeat."""
    async with FeedServer() as server:
        server.publish("/feed", [Item("Ukraine agrees to ceasefire", id="a", published=datetime.now(UTC))])
        assert await run_child(tmp_path, server.url("/feed"), point.value) == -signal.SIGKILL
        assert await run_child(tmp_path, server.url("/feed"), "-") == 0
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
