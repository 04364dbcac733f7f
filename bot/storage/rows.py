"""Rows to records and back, for the tables that several nouns read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, select

from bot.domain.chats import Chat, Digests
from bot.domain.deliveries import Delivery
from bot.domain.entries import Entry
from bot.domain.schedules import Quiet, Schedule, read_quiet, read_schedule
from bot.storage.database import AnyRow
from bot.storage.schema import chat_feeds, chats, deliveries, entries

ENTRY = (
    entries.c.id,
    entries.c.feed_id,
    entries.c.title,
    entries.c.summary,
    entries.c.link,
    entries.c.outlet,
    entries.c.language,
    entries.c.published,
    entries.c.seen,
    entries.c.revision,
    entries.c.is_news,
    entries.c.private,
)
"""The columns of an `Entry`, in the order of its fields."""

_named = select(func.aggregate_strings(cast(chat_feeds.c.feed_id, String), " "))
CHAT = (
    *(column for column in chats.c if column.name not in ("created", "digest_due", "spoken_by")),
    _named.where(chat_feeds.c.chat_id == chats.c.id).scalar_subquery().label("feeds"),
)

SPEC = ("url", "outlet", "language", "country", "title", "aggregator", "verified", "interval")
"""The fields of a `FeedSpec`, which are columns too."""

DELIVERY = tuple(deliveries.c)
_DELIVERY_FIELDS = tuple(column.name for column in DELIVERY)


def entry_of(row: AnyRow) -> Entry:
    """The entry in a row that begins with `ENTRY`."""
    return Entry(*row[: len(ENTRY)])


def chat_of(row: AnyRow) -> Chat:
    """The chat in a row of `CHAT`."""
    fields = row._asdict()
    for name in ("blocked_outlets", "preferred_outlets"):
        fields[name] = frozenset(fields[name])
    fields["feeds"] = frozenset(map(int, (fields["feeds"] or "").split()))
    fields["digests"] = _digests(
        *(fields.pop(f"digest_{name}") for name in ("schedule", "set_at", "since", "only"))
    )
    fields["quiet"] = _quiet(fields.pop("quiet_hours"), confirmed=fields.pop("quiet_confirmed"))
    return Chat(**fields)


def _digests(schedule: str | None, set_at: datetime, since: datetime, only: bool) -> Digests | None:  # noqa: FBT001 - a column
    if schedule is None:
        return None
    read = read_schedule(schedule)
    if not isinstance(read, Schedule):
        raise ValueError(f"{schedule!r} is no schedule")  # noqa: TRY004 - a text
    return Digests(read, set_at, since, only)


def _quiet(hours: str | None, *, confirmed: bool) -> Quiet | None:
    if hours is None:
        return None
    read = read_quiet(hours)
    if not isinstance(read, Quiet):
        raise ValueError(f"{hours!r} are no quiet hours")  # noqa: TRY004 - a text
    return replace(read, confirmed=confirmed)


def chat_values(chat: Chat) -> dict[str, Any]:
    """A chat's columns, by name."""
    return {
        "platform": chat.platform,
        "address": chat.address,
        "title": chat.title,
        "languages": chat.languages,
        "time_zone": chat.time_zone,
        "blocked_outlets": sorted(chat.blocked_outlets),
        "preferred_outlets": sorted(chat.preferred_outlets),
        "paused_at": chat.paused_at,
        "pause_reason": chat.pause_reason,
        "steered_by": chat.steered_by,
        "invited": chat.invited,
        "previews": chat.previews,
        "language": chat.language,
        "digest_schedule": str(chat.digests.schedule) if chat.digests else None,
        "digest_set_at": chat.digests.set_at if chat.digests else None,
        "digest_since": chat.digests.since if chat.digests else None,
        "digest_only": chat.digests is not None and chat.digests.only,
        "quiet_hours": str(chat.quiet) if chat.quiet else None,
        "quiet_confirmed": chat.quiet is not None and chat.quiet.confirmed,
        "repeats": chat.repeats,
    }


def delivery_of(row: AnyRow) -> Delivery:
    """The delivery in a row that begins with `DELIVERY`."""
    return Delivery(**dict(zip(_DELIVERY_FIELDS, row, strict=False)))
