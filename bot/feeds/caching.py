"""What a server asks of those who poll it: when to come back, and by which validators to ask whether all is as it was.

Sources: RFC 9111 (freshness), RFC 9110 sections 8.8 (validators) and 10.2.3 (Retry-After).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.domain.polling import MAX_INTERVAL

MAX_VALIDATOR = 1_000
"""A longer ETag is not worth its place in every request."""

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,10}")


def wait_after_answer(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long a good answer stays fresh, by `Cache-Control: max-age` or `Expires`; None where it does not say."""
    rules = headers.get("Cache-Control", "")
    max_age = _MAX_AGE.search(rules)
    if _NO_CACHE.search(rules):
        return None
    if max_age:
        return _bounded(timedelta(seconds=int(max_age[1])) - _age(headers))
    expires = _date(headers.get("Expires"))
    return _bounded(expires - (_date(headers.get("Date")) or now)) if expires else None


def wait_after_refusal(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long `Retry-After` asks to stay away, in seconds or as a date; None where it does not say."""
    asked = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(asked):
        return _bounded(timedelta(seconds=int(asked)))
    date = _date(asked)
    return _bounded(date - (_date(headers.get("Date")) or now)) if date else None


def validator(value: str | None) -> str | None:
    """An ETag or Last-Modified that can be stored and sent back as it is, else None."""
    if value and len(value) <= MAX_VALIDATOR and value.isascii() and value.isprintable():
        return value
    return None


def _age(headers: Mapping[str, str]) -> timedelta:
    age = headers.get("Age", "").strip()
    return timedelta(seconds=int(age)) if _SECONDS.fullmatch(age) else timedelta(0)


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _bounded(wait: timedelta) -> timedelta | None:
    return min(wait, MAX_INTERVAL) if wait > timedelta(0) else None
