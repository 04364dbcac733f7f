"""feedparser sped up says what feedparser says."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import feedparser
import pytest

from bot.feeds.speeding import speed_up

FEEDS = Path(__file__).parents[3] / "shared" / "data" / "feeds"


def told(folder: Path) -> list[Any]:
    """All that feedparser says of each document, entry by entry."""
    documents = [feedparser.parse(io.BytesIO(file.read_bytes())) for file in sorted(folder.iterdir())]
    return [[document.version, document.feed, document.entries] for document in documents]


@pytest.mark.skipif(not FEEDS.is_dir(), reason="../shared/data/feeds is not there")
def test_the_same_in_every_field() -> None:
    """Over all real feeds, beside a process in which nothing was replaced."""
    speed_up()
    script = f"import json, pathlib; from tests.adapters.test_speeding import told; print(json.dumps(told(pathlib.Path({str(FEEDS)!r}))))"
    plain = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert json.loads(json.dumps(told(FEEDS))) == json.loads(plain.stdout)


def test_once_is_enough() -> None:
    """Speeding up again replaces nothing that was replaced."""
    speed_up()
    before = feedparser.mixin.make_safe_absolute_uri
    speed_up()
    assert feedparser.mixin.make_safe_absolute_uri is before
