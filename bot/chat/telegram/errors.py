"""What became of a call to the Bot API, by the error it raised.

The order of the tests matters: `BadRequest` and `TimedOut` are both `NetworkError` (FACTS), and a plain `NetworkError`
tells only by its cause whether anything was sent.
"""

from __future__ import annotations

from datetime import timedelta

import aiohttp
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.domain.deliveries import NotSent, Outcome, Refused, Unknown

TOKEN_WAIT = timedelta(minutes=5)
"""A token that is refused is the operator's to mend; meanwhile nothing can be sent to anybody."""

_NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""The latter also where no connection was free."""

_CHAT_IS_CLOSED = (
    "chat not found",
    "message thread not found",
    "not enough rights",
    "have no rights to send a message",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "topic_closed",
    "topic_deleted",
    "user is deactivated",
    "peer_id_invalid",
)
"""Parts of 400 texts, in small letters since PTB changes their case, after which no message to this chat is taken.
Source: FACTS, and Client.cpp of tdlib/telegram-bot-api."""

UNCHANGED = "message is not modified"

GONE = ("message to edit not found", "message_id_invalid")
"""Parts of 400 texts, in small letters, of a message that somebody deleted. Source: Client.cpp."""


def outcome_of(error: TelegramError) -> Outcome:
    """Of a call to send or edit; `ChatMigrated` is the caller's, who knows where to send it instead."""
    match error:
        case RetryAfter():
            return NotSent("Telegram asked to slow down", seconds_of(error.retry_after))
        case Forbidden():
            return Refused(reason_of(error), pause_chat=True)
        case BadRequest():
            text = error.message.casefold()
            return Refused(reason_of(error), pause_chat=any(part in text for part in _CHAT_IS_CLOSED))
        case InvalidToken():
            # Its text holds the token.
            return NotSent("Telegram refused the bot's token", TOKEN_WAIT)
        case TimedOut() | NetworkError():
            reason = f"Telegram could not be reached ({type(error.__cause__ or error).__name__})"
            return NotSent(reason) if isinstance(error.__cause__, _NEVER_CONNECTED) else Unknown(reason)
        case _:
            return Unknown(f"Telegram answered in an unknown way ({type(error).__name__})")


def reason_of(error: TelegramError) -> str:
    """What Telegram said, for people: `bot was blocked by the user`."""
    text = error.message.removeprefix("Forbidden: ").removeprefix("Bad Request: ")
    return text[:1].lower() + text[1:]


def seconds_of(wait: int | timedelta) -> timedelta:
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
