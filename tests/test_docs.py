"""What the documents say that there is, is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.domain.polling import MAX_INTERVAL
from bot.feeds.fetch import IDLE_AT_MOST, LARGE_BODY, FetchLimits
from bot.feeds.parse import HELD_UP_SECONDS, ParseLimits
from bot.feeds.reading import MAX_ENTRIES, MAX_ID, MAX_SUMMARY, MAX_TITLE
from bot.polling import POLLS_AT_ONCE
from tests.hostile.lab import LATE, PROGRAM_MIB

ROOT = Path(__file__).parents[1]
DECISIONS = ROOT / "docs" / "decisions"


def test_decisions_are_numbered_and_listed_in_order() -> None:
    """Two branches may take the same number, or leave a gap."""
    files = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    listed = re.findall(r"^\| \[(\d+)\]\((.+?)\)", (DECISIONS / "README.md").read_text("utf-8"), re.MULTILINE)
    assert listed == [(name[:4], name) for name in files]
    for name in files:
        assert (DECISIONS / name).read_text("utf-8").startswith(f"# {name[:4]} "), name


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("docs/**/*.md")), ids=lambda page: str(page.relative_to(ROOT))
)
def test_decisions_that_are_cited_exist(page: Path) -> None:
    for number in re.findall(r"decision (\d{4})", page.read_text("utf-8")):
        assert list(DECISIONS.glob(f"{number}-*.md")), number


def test_what_shows_security_exists() -> None:
    """Every test that the page on security names."""
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    sources = {path: path.read_text("utf-8") for path in ROOT.glob("tests/**/*.py")}
    for name in re.findall(r"`(test_\w+)`", page):
        assert any(f"def {name}" in source for source in sources.values()), name
    for place in re.findall(r"`(tests/[^`]+)`", page):
        assert list(ROOT.glob(place)), place
    for row in re.findall(r"`bad_inputs`((?: «[^»]+»,?)+)", page):
        for name in re.findall(r"«([^»]+)»", row):
            assert any(f'"{name}' in source for source in sources.values()), name


def test_the_limits_of_feeds_are_those_of_the_code() -> None:
    """What the page on security says that each attack is held within."""
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    table = page.partition("Each is held within")[2].partition("\n## ")[0]
    fetch, parse = FetchLimits(), ParseLimits()
    assert (fetch.large, fetch.per_host, LARGE_BODY) == (4, 4, 2**20), "«four» in two rows"
    for limit in (
        f"{fetch.seconds:g} s, {fetch.redirects} redirects",
        f"{fetch.body_bytes // 2**20} MiB unpacked",
        f"less than {PROGRAM_MIB:g} MiB more",
        f"| {parse.seconds:g} s, then the process is killed",
        f"after {HELD_UP_SECONDS:g} s |",
        f"| {parse.memory_bytes // 2**20} MiB of address space",
        f"within {MAX_INTERVAL.total_seconds() / 3600:g} h",
        f"{MAX_ENTRIES:,} entries; a title of {MAX_TITLE:,} characters, a text of {MAX_SUMMARY:,}, an id of {MAX_ID:,}",
        f"late by {LATE:g} s at most",
        f"{POLLS_AT_ONCE} polls at a time, {IDLE_AT_MOST} idle connections",
    ):
        assert limit in table, limit
