"""What went wrong with a fetch, as a sentence that a person can act on.

No sentence repeats an exception's own text: those quote addresses, and addresses hold passwords.
"""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from bot.domain.polling import Failed, FailureKind

_GONE = 410
_SERVER_ERRORS = 500

_MEANINGS = {
    401: "The server wants a user name and a password (HTTP 401). Write them as https://user:password@host/…",
    402: "The server wants to be paid for this feed (HTTP 402).",
    403: "The server refuses this reader (HTTP 403). It may block programs, or the network this one runs in.",
    404: "There is nothing at this address (HTTP 404). Check it, or look for the feed on the outlet's site.",
    406: "The server does not offer this address as a feed (HTTP 406).",
    410: "The outlet has withdrawn this feed for good (HTTP 410). Remove it from the configuration.",
    429: "The server asks for fewer requests (HTTP 429).",
    451: "The server may not show this feed here, for legal reasons (HTTP 451).",
}


def refused(status: int, wait: timedelta | None = None) -> Failed:
    """For an answer that is no body: an HTTP status outside 200 to 299."""
    if status in _MEANINGS:
        reason = _MEANINGS[status]
    elif status >= _SERVER_ERRORS:
        reason = f"The server has a problem of its own (HTTP {status}). It usually passes."
    else:
        reason = f"The server answers HTTP {status} instead of a feed."
    if wait is not None:
        reason += f" It says when to come back: in {_spoken(wait)}."
    return Failed(FailureKind.GONE if status == _GONE else FailureKind.REFUSED, reason, wait)


def explained(error: Exception) -> Failed:
    """For what aiohttp raises when there is no answer, or half of one."""
    return Failed(FailureKind.UNREACHABLE, _sentence(error))


def _sentence(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorError():
            return _no_connection(error)
        case aiohttp.ClientPayloadError() | aiohttp.ClientResponseError() if "content-encoding" in str(error):
            return "The answer is compressed in a way that cannot be undone."
        case aiohttp.ClientPayloadError():
            return "The answer broke off half-way."
        case aiohttp.ClientResponseError():
            return "The server's answer is not proper HTTP."
        case aiohttp.ClientConnectionError() | OSError():
            return "The server closed the connection without an answer."
        case _:
            return "The address cannot be read. Check it for typing mistakes."


def _no_connection(error: aiohttp.ClientConnectorError) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return (
                f"The name {error.host} cannot be found (DNS). Check the address, and this machine's network."
            )
        case aiohttp.ClientConnectorCertificateError():
            return f"The certificate of {error.host} is not valid, so the connection is not safe."
        case aiohttp.ClientConnectorSSLError():
            return f"No secure connection (TLS) to {error.host} comes about. Try the address with http://."
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return f"{error.host} takes no connection at port {error.port}. Check the address; it may also be down."
        case _:
            return f"{error.host} cannot be reached ({error.os_error.strerror or 'no connection'})."


def _spoken(wait: timedelta) -> str:
    seconds = int(wait.total_seconds())
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size or seconds == size:
            count = round(seconds / size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"
