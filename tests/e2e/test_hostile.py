"""The command that puts attacks to a running Sokuho; all of them are put to its parts in `tests/adapters`."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from bot.feeds.fetch import FetchLimits
from bot.feeds.parse import ParseLimits
from tests.hostile.lab import KINDS, Limits, Row, run


async def rows(folder: Path, name: str) -> list[Row]:
    limits = Limits(FetchLimits(seconds=1.5), ParseLimits(seconds=1.5))
    return [row async for row in run(folder, [name], limits, before=1.0)]


async def test_an_attack_is_held(tmp_path: Path) -> None:
    """It is told of as the operator is, its cost is known, and others are polled meanwhile."""
    _, row = await rows(tmp_path, "60000-attributes")
    assert row.well, row.outcome
    assert row.outcome.startswith("The document was given up after 1.5 seconds")
    assert 1.0 < row.seconds < 6.0
    assert row.parser > 10
    assert row.delays


async def test_one_that_is_not_held_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine inside is asked where the guard allows it."""
    monkeypatch.setattr("tests.hostile.lab.OUTSIDE", IPv4Network("127.0.0.0/8"))
    _, row = await rows(tmp_path, "inwards-as-it-is")
    assert not row.well
    assert "a machine inside was asked" in row.outcome


def test_there_are_at_least_forty() -> None:
    names = [name for names in KINDS.values() for name in names]
    assert len(names) == len(set(names)) >= 40
