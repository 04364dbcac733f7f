"""What says nothing of an event is no evidence of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.boilerplate import blanked


@pytest.mark.parametrize(
    ("text", "outlet", "left"),
    [
        ("Talks go on. Read more", "X", "Talks go on."),
        ("Talks go on. Continue reading about Ukraine...", "X", "Talks go on."),
        (
            "Talks go on. The post Truce near appeared first on Ukraine Today.",
            "Ukraine Today",
            "Talks go on.",
        ),
        ("協議は続く。続きを読む", "X", "協議は続く。"),
        ("Переговоры идут. Читать далее на сайте", "X", "Переговоры идут."),
        ("Les pourparlers continuent. Lire la suite", "X", "Les pourparlers continuent."),
        ("Live: talks go on", "X", "talks go on"),
        ("Watch: Leaders meet", "X", "Leaders meet"),
        ("Talks go on - Kyiv Independent", "Kyiv Independent", "Talks go on -"),
        (
            "The Kyiv Independent was told that Kyiv waits",
            "Kyiv Independent",
            "The" + " " * 18 + "was told that Kyiv waits",
        ),
        ("Reuters in Kyiv reports", "Reuters", "Reuters in Kyiv reports"),
        ("They read the treaty and follow talks", "X", "They read the treaty and follow talks"),
        ("Live ammunition was used", "X", "Live ammunition was used"),
        ("Iran–Iraq talks latest: both meet", "X", "Iran–Iraq talks latest: both meet"),
    ],
)
def test_boilerplate(text: str, outlet: str, left: str) -> None:
    assert blanked(text, outlet).strip() == left


@given(st.text(max_size=300), st.text(max_size=20))
def test_nothing_moves(text: str, outlet: str) -> None:
    """What is left stands where it stood."""
    shown = blanked(text, outlet)
    assert len(shown) == len(text)
    assert all(new in (old, " ") for old, new in zip(text, shown, strict=True))
