"""What a document asks of those who poll it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.polling import MAX_INTERVAL, Wishes
from tests.fakes.documents import channel, parsed

SY = '<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">{}</sy:updatePeriod>'
TIMES = '<sy:updateFrequency xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">{}</sy:updateFrequency>'
HOUR = timedelta(hours=1)


def wishes(inner: str) -> Wishes:
    return parsed(channel(inner)).wishes


@pytest.mark.parametrize(
    ("inner", "every"),
    [
        ("", None),
        ("<ttl>60</ttl>", HOUR),
        ("<ttl> 15\n</ttl>", HOUR / 4),
        ("<TTL>15</TTL>", HOUR / 4),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>9999999</ttl>", MAX_INTERVAL),
        (SY.format("hourly"), HOUR),
        (SY.format(" Daily ") + TIMES.format(4), 6 * HOUR),
        (SY.format("hourly") + TIMES.format(0), HOUR),
        (SY.format("fortnightly"), None),
        (SY.format("weekly"), MAX_INTERVAL),
        (TIMES.format(4), None),
        ("<ttl>120</ttl>" + SY.format("hourly"), 2 * HOUR),
        ("<item><title>x</title><ttl>60</ttl></item>", None),
        ("<item><title>x</title></item><ttl>60</ttl>", HOUR),
    ],
)
def test_how_often(inner: str, every: timedelta | None) -> None:
    """The longer of ttl and update period, where the feed says them, not an item; nonsense is not asked."""
    assert wishes(inner).every == every


def test_hours_and_days() -> None:
    """Hours are UTC, 24 is midnight; days have English names; what is none is left out."""
    asked = wishes(
        "<skipHours><hour>1</hour><hour>24</hour><hour>77</hour><hour>x</hour></skipHours>"
        "<skipDays><day>Sunday</day><day>SATURDAY</day><day>Caturday</day></skipDays>"
    )
    assert set(asked.skip_hours) == {0, 1}
    assert set(asked.skip_days) == {5, 6}


def test_a_broken_document_may_ask_too() -> None:
    """What cannot be divided still says what it wants."""
    assert wishes("<ttl>60</ttl><item><title>a &nbsp; b</title></item>").every == HOUR
