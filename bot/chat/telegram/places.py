"""A Telegram chat's address: its id, and the topic of a forum behind a slash (`-100123/7`); General has none."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """Where a message goes, in the Bot API's terms."""

    chat_id: int
    thread: int | None


def address_of(chat_id: int, thread: int | None = None) -> str:
    return f"{chat_id}" if thread is None else f"{chat_id}/{thread}"


def target_of(address: str) -> Target:
    chat_id, _, thread = address.partition("/")
    return Target(int(chat_id), int(thread) if thread else None)


def message_address(address: str, message_id: str) -> str | None:
    """Where members can open a message: only channels and supergroups have such addresses (core.telegram.org/api/links)."""
    chat_id, thread = target_of(address)
    number = str(chat_id).removeprefix("-100")
    if not str(chat_id).startswith("-100") or not message_id.isdecimal():
        return None
    return "/".join(("https://t.me/c", number, *((str(thread),) if thread else ()), message_id))


def is_group(chat_id: int) -> bool:
    """Whether it is a group or channel: people have positive ids."""
    return chat_id < 0
