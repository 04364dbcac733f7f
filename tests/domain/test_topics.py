"""Topics and their names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.topics import TopicSpec, definition_of, hashtag_of, slug_of, split_definition


@pytest.mark.parametrize(
    ("name", "slug", "hashtag"),
    [
        ("US–Russia summit", "us-russia-summit", "#US_Russia_summit"),
        ("Armenia–Azerbaijan", "armenia-azerbaijan", "#Armenia_Azerbaijan"),
        ("ウクライナ停戦", "ウクライナ停戦", "#ウクライナ停戦"),
        ("Перемирие, скоро?", "перемирие-скоро", "#Перемирие_скоро"),
        ("a_b  c", "a-b-c", "#a_b_c"),
        ("🙂", "", "#"),
    ],
)
def test_names(name: str, slug: str, hashtag: str) -> None:
    """What one types and what one searches for are made from the name's words."""
    assert (slug_of(name), hashtag_of(name)) == (slug, hashtag)


@given(st.text(max_size=100))
def test_a_slug_can_be_typed(name: str) -> None:
    """A slug is short, has no spaces, and making it again changes nothing."""
    slug = slug_of(name)
    assert len(slug) <= 60
    assert not re.search(r"\s", slug)
    assert slug_of(slug) == slug


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("US tariffs", TopicSpec("us-tariffs", "US tariffs", "US tariffs")),
        (" Trade = us (tariff | duty) ", TopicSpec("trade", "Trade", "us (tariff | duty)")),
        ("a = b = c", TopicSpec("a", "a", "b = c")),
        ("= us", TopicSpec("", "", "us")),
        ("us =", TopicSpec("us", "us", "")),
        ("停戦＝ウクライナ停戦", TopicSpec("停戦", "停戦", "ウクライナ停戦")),
    ],
)
def test_definitions(text: str, spec: TopicSpec) -> None:
    """`name = query`, or a query that is its own name."""
    assert split_definition(text) == spec


@given(st.text(st.sampled_from("ab =＝:|"), max_size=20))
def test_a_definition_can_be_written_again(text: str) -> None:
    """What one chat shares is the same topic in another."""
    spec = split_definition(text)
    assert split_definition(definition_of(spec)) == spec
