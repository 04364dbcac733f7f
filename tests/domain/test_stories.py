"""What a story is, and what a chat sees of it."""

from __future__ import annotations

import pytest

from bot.domain.stories import readable, story_key
from tests.domain.records import chat, entry, report, story


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Leaders meet", "LEADERS meet!", True),
        ("“Leaders” — meet", "Leaders meet", True),
        ("ﾄﾗﾝﾌﾟ氏", "トランプ氏", True),
        ("Leaders meet", "Leaders met", False),
        ("10 dead", "11 dead", False),
    ],
)
def test_story_key(one: str, other: str, same: bool) -> None:
    """Exact repeats have the same words in the title, whatever case and punctuation."""
    assert (story_key(entry(one)) == story_key(entry(other, id_=2))) is same


def test_entries_without_words_are_stories_of_their_own() -> None:
    """Titles that hold no word do not make their entries one story."""
    assert story_key(entry("🙂", id_=1)) != story_key(entry("!", id_=2))


def test_outlets_in_order() -> None:
    """A story names each outlet once, in the order in which they reported."""
    reports = [report(entry(id_=n, outlet=outlet)) for n, outlet in enumerate(["TASS", "NHK", "TASS"])]
    assert story(*reports).outlets == ("TASS", "NHK")


def test_a_blocked_outlet_is_not_seen() -> None:
    """A chat sees the story without the outlets it blocks."""
    both = story(report(entry(id_=1)), report(entry(id_=2, outlet="TASS")))
    assert readable(both, chat(blocked=["TASS"])).outlets == ("Reuters",)
    assert readable(both, chat()) == both
