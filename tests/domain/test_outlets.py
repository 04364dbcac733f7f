"""Outlets under all their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.outlets import Outlets
from tests.fakes.lexicons import OUTLETS

KNOWN = Outlets.of(OUTLETS)


@pytest.mark.parametrize(
    ("name", "resolved", "owner"),
    [
        ("BBC News", "BBC News", "BBC News"),
        ("BBC", "BBC News", "BBC News"),
        ("bbc  world ", "BBC News", "BBC News"),
        ("www.bbc.co.uk", "BBC News", "BBC News"),
        ("BBC.com", "BBC News", "BBC News"),
        ("BBC Russian", "BBC Russian", "BBC News"),
        ("ТАСС", "TASS", "TASS"),
        ("тасс", "TASS", "TASS"),
        ("NHKニュース", "NHK", "NHK"),
        ("Kyiv Post", "Kyiv Post", "Kyiv Post"),
        (" Kyiv Post ", "Kyiv Post", " Kyiv Post "),
    ],
)
def test_names(name: str, resolved: str, owner: str) -> None:
    """Any name, alias or domain of an outlet, in any case, is the outlet; what is unknown stays as it is."""
    assert KNOWN.resolve(name) == resolved
    assert KNOWN.owner(name) == owner


@pytest.mark.parametrize(
    ("title", "source", "head", "outlet"),
    [
        # Without a source, only an outlet that we know is taken off the end.
        ("Leaders meet - Reuters", None, "Leaders meet", "Reuters"),
        ("Leaders meet - reuters.com", None, "Leaders meet", "Reuters"),
        ("Leaders meet - BBC", None, "Leaders meet", "BBC News"),
        ("Talks - what next - BBC", None, "Talks - what next", "BBC News"),
        ("Leaders meet - Kyiv Post", None, "Leaders meet - Kyiv Post", None),
        ("Talks - what next", None, "Talks - what next", None),
        ("Leaders meet-Reuters", None, "Leaders meet-Reuters", None),
        ("Reuters", None, "Reuters", None),
        (" - Reuters", None, " - Reuters", None),
        (" - Reuters", "Reuters", " - Reuters", "Reuters"),
        ("", None, "", None),
        # A source names the outlet; the suffix goes where it says the same.
        ("Leaders meet - Reuters", "Reuters", "Leaders meet", "Reuters"),
        ("Leaders meet - BBC", "BBC News", "Leaders meet", "BBC News"),
        ("Leaders meet - Kyiv Post", "Kyiv Post", "Leaders meet", "Kyiv Post"),
        ("Talks - what next", "BBC", "Talks - what next", "BBC News"),
        ("Leaders meet - Reuters", "Kyiv Post", "Leaders meet - Reuters", "Kyiv Post"),
        ("Leaders meet", "Reuters", "Leaders meet", "Reuters"),
        ("Leaders meet - Reuters", "", "Leaders meet", "Reuters"),
    ],
)
def test_unpacking(title: str, source: str | None, head: str, outlet: str | None) -> None:
    """An aggregator's entry belongs to the outlet that it names, and its title loses that name."""
    assert KNOWN.unpack(title, source) == (head, outlet)


@given(st.text(max_size=40), st.none() | st.text(max_size=20))
def test_unpacking_loses_nothing_but_the_suffix(title: str, source: str | None) -> None:
    """Whatever stands in a title, its beginning stays."""
    head, _ = KNOWN.unpack(title, source)
    assert title.startswith(head)
