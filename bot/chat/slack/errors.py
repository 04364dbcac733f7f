"""What became of a call to Slack's Web API, by the error it raised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.deliveries import NotSent, Outcome, Refused, Unknown
from bot.domain.speech import phrase

TOO_MANY = 429

_CHAT_IS_CLOSED = frozenset(
    "channel_not_found not_in_channel is_archived account_inactive token_revoked token_expired invalid_auth "
    "not_authed missing_scope restricted_action user_is_bot cannot_dm_bot team_access_not_granted "
    "restricted_action_read_only_channel restricted_action_thread_only_channel".split()
)
"""Errors after which nothing is taken in that channel until somebody does something (FACTS)."""

_SURELY_NOT_SENT = frozenset("ratelimited rate_limited message_limit_exceeded".split())

_NOBODY_KNOWS = frozenset("fatal_error internal_error service_unavailable request_timeout".split())
"""The message may have been posted all the same (FACTS)."""

GONE = "message_not_found"
"""Slack's word for a message that somebody deleted."""

TOKEN_REFUSED = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope not_allowed_token_type".split()
)
"""What Slack says of a token that only the operator can mend."""

FAILURES = (SlackApiError, aiohttp.ClientError, TimeoutError, OSError, AttributeError)
"""What a call raises for what the network or Slack does. slack-sdk 3.47 trips over a body of text/plain, such as a
proxy's, with an AttributeError of its own."""

UNINSTALLED = phrase("the app was removed from the workspace")
"""The reason of a pause that ends when it is installed again."""

_REASONS: Mapping[str, str] = {
    "not_in_channel": phrase("I am not in that channel; /invite me there"),
    "is_archived": phrase("the channel is archived"),
    "channel_not_found": phrase("the channel is not there, or I was removed from it"),
}


def outcome_of(error: Exception) -> Outcome:
    """Of a call to post or change a message. The order matters: a refused connection is a `ClientError` too."""
    match error:
        case SlackApiError():
            return _answered(error)
        case aiohttp.ClientConnectorError():
            return NotSent("Slack could not be reached")
        case _:
            return Unknown(f"Slack did not answer ({type(error).__name__})")


def code_of(error: Exception) -> str:
    """Slack's word for what is wrong: `channel_not_found`; empty where it gave none."""
    # Where the body was no JSON, the response is aiohttp's own, or its data a text.
    response = error.response if isinstance(error, SlackApiError) else None
    if not isinstance(response, AsyncSlackResponse) or not isinstance(response.data, dict):
        return ""
    return str(response.get("error") or "")


def _answered(error: SlackApiError) -> Outcome:
    code = code_of(error)
    if not isinstance(error.response, AsyncSlackResponse):
        return Unknown("Slack answered something that is no JSON")
    if error.response.status_code == TOO_MANY or code in _SURELY_NOT_SENT:
        return NotSent("Slack asked to slow down", _wait(error.response.headers))
    if not code or code in _NOBODY_KNOWS:
        return Unknown(f"Slack failed ({code or error.response.status_code})")
    return Refused(_REASONS.get(code, code), pause_chat=code in _CHAT_IS_CLOSED)


def _wait(headers: Mapping[str, str]) -> timedelta:
    asked = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    return timedelta(seconds=int(asked) if asked.isdecimal() else 30)


def refusal(code: str) -> str:
    """What the operator is told of a token that is refused."""
    if code in ("missing_scope", "not_allowed_token_type"):
        return (
            f"Slack says {code}: SOKUHO_SLACK_BOT_TOKEN begins with xoxb-, SOKUHO_SLACK_APP_TOKEN with xapp- and has "
            "the scope connections:write. Make the app from manifest.json, and copy both anew."
        )
    return (
        f"Slack refuses SOKUHO_SLACK_BOT_TOKEN or SOKUHO_SLACK_APP_TOKEN ({code}). "
        "Copy both anew: api.slack.com/apps, «OAuth & Permissions» and «Basic Information»."
    )
