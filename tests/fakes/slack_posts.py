"""What the Slack double posts to an app's address, signed, instead of sending it through a socket.

docs.slack.dev/authentication/verifying-requests-from-slack, docs.slack.dev/apis/events-api/using-http-request-urls
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack_records import Envelope


def signed(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers that show a body to come from Slack, at a time (seconds since the epoch)."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def body_of(envelope: Envelope) -> tuple[bytes, str]:
    """What stands in a post, and its type: events are JSON, commands a form, presses JSON in a form."""
    match envelope.kind:
        case "events_api":
            return json.dumps(envelope.payload).encode(), "application/json"
        case "slash_commands":
            return urlencode(envelope.payload).encode(), "application/x-www-form-urlencoded"
        case _:
            form = urlencode({"payload": json.dumps(envelope.payload)})
            return form.encode(), "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Posts:
    """`url` is the app's address for events, commands and presses alike; `statuses` are its answers."""

    url: str
    secret: str
    statuses: list[int] = field(default_factory=list)

    async def bring(self, envelope: Envelope, clock: Callable[[], float]) -> None:
        """Post it; answered with 200 it is acknowledged, with the answer's body as its response."""
        body, kind = body_of(envelope)
        headers = {"Content-Type": kind, **signed(self.secret, body)}
        if envelope.retry_attempt:
            headers |= {
                "X-Slack-Retry-Num": str(envelope.retry_attempt),
                "X-Slack-Retry-Reason": "http_timeout",
            }
        status, text = await self.post(body, headers)
        envelope.link = 0
        if status == 200:
            envelope.acked_after = clock() - envelope.sent_at
            envelope.response = json.loads(text) if text.startswith("{") else None

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Any request at all; answers its status and body."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=BytesIO(body), headers=headers) as answered,
        ):
            self.statuses.append(answered.status)
            return answered.status, await answered.text()
