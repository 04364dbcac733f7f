"""What the documents say that there is, is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
