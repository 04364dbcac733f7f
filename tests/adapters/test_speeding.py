"""feedparser sped up says what feedparser says."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import feedparser

from bot.feeds.speeding import speed_up
from tests.adapters.kinds import KINDS
from tests.fakes.documents import URL

FEEDS = Path(__file__).parents[3] / "shared" / "data" / "feeds"


def told() -> dict[str, Any]:
    """All that feedparser says of each document, entry by entry: as it is, and as it is used here."""
    real = {file.name: file.read_bytes() for file in FEEDS.iterdir()} if FEEDS.is_dir() else {}
    bodies = real | {name: body for name, (body, _) in KINDS.items()}
    documents = {
        f"{name}, {'whole' if whole else 'without HTML'}": feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-location": URL},
            sanitize_html=whole,
            resolve_relative_uris=whole,
        )
        for name, body in bodies.items()
        for whole in (True, False)
    }
    return {name: [one.version, one.bozo, one.feed, one.entries] for name, one in documents.items()}


def test_the_same_in_every_field() -> None:
    """Over all real feeds and every kind of feed, beside a process in which nothing was replaced."""
    speed_up()
    script = "import json; from tests.adapters.test_speeding import told; print(json.dumps(told()))"
    plain = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert json.loads(json.dumps(told())) == json.loads(plain.stdout)


def test_once_is_enough() -> None:
    """Speeding up again replaces nothing that was replaced."""
    speed_up()
    before = feedparser.mixin.make_safe_absolute_uri
    speed_up()
    assert feedparser.mixin.make_safe_absolute_uri is before
