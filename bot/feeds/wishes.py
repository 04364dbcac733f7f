"""What a document asks of those who poll it.

Sources: RSS 2.0 (`ttl`, `skipHours`, `skipDays`), https://web.resource.org/rss/1.0/modules/syndication/ (`sy:…`).
"""

from __future__ import annotations

import re
from datetime import timedelta

from bot.domain.polling import MAX_INTERVAL, Wishes

_LOOKED_AT = 100_000
"""Characters of a document's beginning; what is said of the whole feed stands there."""

_TTL = re.compile(r"<ttl\b[^>]{0,100}>\s{0,20}(\d{1,7})\s{0,20}</ttl>", re.IGNORECASE)
_PERIOD = re.compile(r"<(?:\w{1,20}:)?updatePeriod\b[^>]{0,100}>\s{0,20}(\w{1,10})\s{0,20}<", re.IGNORECASE)
_FREQUENCY = re.compile(
    r"<(?:\w{1,20}:)?updateFrequency\b[^>]{0,100}>\s{0,20}(\d{1,6})\s{0,20}<", re.IGNORECASE
)
_SKIPS = re.compile(r"<skip(hours|days)\b[^>]{0,100}>(.{0,2000}?)</skip\1>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour>\s{0,20}(\d{1,2})\s{0,20}</hour>", re.IGNORECASE)
_DAY = re.compile(r"<day>\s{0,20}(\w{1,10})\s{0,20}</day>", re.IGNORECASE)

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = {
    name: number
    for number, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
}


def wishes_of(text: str) -> Wishes:
    """What the text of a document, best without its items, asks for; what is not asked sensibly is not asked."""
    head = text[:_LOOKED_AT]
    skips = {kind.lower(): inner for kind, inner in _SKIPS.findall(head)}
    hours = {int(hour) % 24 for hour in _HOUR.findall(skips.get("hours", "")) if int(hour) <= 24}  # noqa: PLR2004 - of a day
    days = {_DAYS.get(day.lower(), -1) for day in _DAY.findall(skips.get("days", ""))}
    return Wishes(_every(head), frozenset(hours), frozenset(days - {-1}))


def _every(head: str) -> timedelta | None:
    ttl, period = _TTL.search(head), _PERIOD.search(head)
    asked = [timedelta(minutes=int(ttl[1]))] if ttl else []
    if period and period[1].lower() in _PERIODS:
        frequency = _FREQUENCY.search(head)
        times = int(frequency[1]) if frequency else 1
        asked.append(_PERIODS[period[1].lower()] / max(times, 1))
    longest = min(max(asked, default=timedelta(0)), MAX_INTERVAL)
    return longest if longest > timedelta(0) else None
