"""What a title says beside its event."""

from __future__ import annotations

import pytest

from bot.domain.asides import asides_in


@pytest.mark.parametrize(
    ("title", "asides"),
    [
        ("Mayor resigns after ferry fire", ["after ferry fire"]),
        ("Mayor resigns hours after 5,000 march, aide says", ["after 5,000 march"]),
        (
            "Bank cuts rates ahead of vote, amid talks with unions",
            ["ahead of vote", "amid talks with unions"],
        ),
        ("Мэр ушёл в отставку после пожара на пароме", ["после пожара на пароме"]),
        ("Le maire démissionne après l'incendie", ["après l'incendie"]),
        # What leads up to the event sets its scene.
        ("After the fire, the mayor resigns", []),
        ("Aftermath of the ferry fire", []),
        ("Mayor is hereafter unwell", []),
        ("", []),
    ],
)
def test_asides(title: str, asides: list[str]) -> None:
    assert [title[start:end] for start, end in asides_in(title)] == asides
