"""Rows to records and back, for the tables that several nouns read."""

from __future__ import annotations

from typing import Any

from bot.domain.chats import Chat
from bot.domain.deliveries import Delivery
from bot.domain.entries import Entry
from bot.storage.database import AnyRow
from bot.storage.schema import chats, deliveries, entries

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
)
"""The columns of an `Entry`, in the order of its fields."""

CHAT = tuple(column for column in chats.c if column.name != "created")

DELIVERY = tuple(deliveries.c)


def entry_of(row: AnyRow) -> Entry:
    """The entry in a row that begins with `ENTRY`."""
    return Entry(*row[: len(ENTRY)])


def chat_of(row: AnyRow) -> Chat:
    """The chat in a row of `CHAT`."""
    fields = row._asdict()
    for name in ("blocked_outlets", "preferred_outlets"):
        fields[name] = frozenset(fields[name])
    return Chat(**fields)


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
    }


def delivery_of(row: AnyRow) -> Delivery:
    """The delivery in a row of `DELIVERY`."""
    return Delivery(**row._asdict())
