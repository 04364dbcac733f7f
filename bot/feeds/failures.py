"""What went wrong with a fetch, as a sentence that a person can act on.

No sentence repeats an exception's own text: those quote addresses, and addresses hold passwords.
"""

from __future__ import annotations

from datetime import timedelta

import aiohttp

from bot.domain.polling import Failed, FailureKind
from bot.domain.speech import kept, phrase
from bot.feeds.guard import PrivateAddressError

_GONE = 410
_TOO_MANY = 429
_UNAVAILABLE = 503
_SERVER_ERRORS = 500

_MEANINGS = {
    401: phrase(
        "The server wants a user name and a password (HTTP 401). Write them as https://user:password@host/…"
    ),
    402: phrase("The server wants to be paid for this feed (HTTP 402)."),
    403: phrase(
        "The server refuses this reader (HTTP 403). It may block programs, or the network this one runs in."
    ),
    404: phrase(
        "There is nothing at this address (HTTP 404). Check it, or look for the feed on the outlet's site."
    ),
    406: phrase("The server does not offer this address as a feed (HTTP 406)."),
    410: phrase("The outlet has withdrawn this feed for good (HTTP 410). Remove it from the configuration."),
    429: phrase("The server asks for fewer requests (HTTP 429)."),
    451: phrase("The server may not show this feed here, for legal reasons (HTTP 451)."),
}


def refused(status: int, wait: timedelta | None = None, host: str = "") -> Failed:
    """For an answer of `host` that is no body: an HTTP status outside 200 to 299. `wait`: what it asks for.

    Too many requests are those for all feeds of a host, and one that says when it will be available again means itself.
    """
    if status in _MEANINGS:
        reason = _MEANINGS[status]
    elif status >= _SERVER_ERRORS:
        reason = kept(
            "The server has a problem of its own (HTTP {status}). It usually passes.", status=str(status)
        )
    else:
        reason = kept("The server answers HTTP {status} instead of a feed.", status=str(status))
    if wait is not None:
        reason = kept("{reason} It says when to come back: in {span}.", reason=reason, span=_spoken(wait))
    busy = status == _TOO_MANY or (status == _UNAVAILABLE and wait is not None)
    kind = FailureKind.GONE if status == _GONE else FailureKind.REFUSED
    return Failed(kind, reason, wait, host if busy else "")


def explained(error: Exception) -> Failed:
    """For what aiohttp raises when there is no answer, or half of one."""
    return Failed(FailureKind.UNREACHABLE, _sentence(error))


def _sentence(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorError():
            return _no_connection(error)
        case aiohttp.ClientPayloadError() | aiohttp.ClientResponseError() if "content-encoding" in str(error):
            return phrase("The answer is compressed in a way that cannot be undone.")
        case aiohttp.ClientPayloadError():
            return phrase("The answer broke off half-way.")
        case aiohttp.ClientResponseError():
            return phrase("The server's answer is not proper HTTP.")
        case aiohttp.ClientConnectionError() | OSError():
            return phrase("The server closed the connection without an answer.")
        case _:
            return phrase("The address cannot be read. Check it for typing mistakes.")


def _no_connection(error: aiohttp.ClientConnectorError) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return kept(
                "The name {host} cannot be found (DNS). Check the address, and this machine's network.",
                host=error.host,
            )
        case aiohttp.ClientConnectorCertificateError():
            return kept(
                "The certificate of {host} is not valid, so the connection is not safe.", host=error.host
            )
        case aiohttp.ClientConnectorSSLError():
            return kept(
                "No secure connection (TLS) to {host} comes about. Try the address with http://.",
                host=error.host,
            )
        case aiohttp.ClientConnectorError(os_error=PrivateAddressError(may_be_allowed=True)):
            return kept(
                "{host} is in a private network. Where that is meant, allow it in SOKUHO_PRIVATE_NETWORKS.",
                host=error.host,
            )
        case aiohttp.ClientConnectorError(os_error=PrivateAddressError()):
            return kept("{host} is in a private network, where no feeds are looked for.", host=error.host)
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return kept(
                "{host} takes no connection at port {port}. Check the address; it may also be down.",
                host=error.host,
                port=str(error.port),
            )
        case _:
            why = error.os_error.strerror or "no connection"
            return kept("{host} cannot be reached ({why}).", host=error.host, why=why)


def _spoken(wait: timedelta) -> str:
    seconds = int(wait.total_seconds())
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size or seconds == size:
            count = round(seconds / size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"
