"""What servers of feeds may do to whoever polls them: over HTTP, in compression, in headers and by redirects."""

from __future__ import annotations

import asyncio
import gzip
import re
import zlib
from collections.abc import AsyncIterator
from ipaddress import IPv4Network

from tests.fakes.hostile_server import Attack

MB = 1_000_000

OUTSIDE = IPv4Network("127.0.0.0/24")
"""Stands in for the internet."""

INSIDE = "127.6.6.6"
"""A machine that nobody may ask."""

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"


def says(*pieces: bytes) -> Attack:
    """Writes these pieces and hangs up."""

    async def attack(_: bytes) -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return attack


def serves(body: bytes, headers: bytes = b"") -> Attack:
    """A proper answer with this body."""
    return says(OK + headers + b"Content-Length: %d\r\n\r\n" % len(body), body)


def holds(*pieces: bytes) -> Attack:
    """Writes these pieces, then nothing, and never hangs up."""

    async def attack(_: bytes) -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        await asyncio.Event().wait()

    return attack


def goes_on(beginning: bytes, piece: bytes, seconds: float = 0) -> Attack:
    """Writes the piece again and again, for ever."""

    async def attack(_: bytes) -> AsyncIterator[bytes]:
        yield beginning
        while True:
            yield piece
            await asyncio.sleep(seconds)

    return attack


def bomb(megabytes: int = 100) -> bytes:
    """Small, until it is unpacked."""
    return gzip.compress(bytes(megabytes * MB), 1)


def redirects(to: bytes) -> Attack:
    return says(b"HTTP/1.1 302 Found\r\nLocation: " + to + b"\r\nContent-Length: 0\r\n\r\n")


def leads_inwards(host: str) -> Attack:
    """Redirects to a feed on this very port of a machine inside, however that is written."""

    async def attack(request: bytes) -> AsyncIterator[bytes]:
        target = f"http://{host}:{_port_in(request)}/good"
        yield b"HTTP/1.1 301 Moved\r\nLocation: " + target.encode() + b"\r\nContent-Length: 0\r\n\r\n"

    return attack


def goes_round() -> Attack:
    """Redirects for good, from one of its hosts to the other and back."""

    async def attack(request: bytes) -> AsyncIterator[bytes]:
        host = "127.0.0.1" if b"Host: 127.0.0.2" in request else "127.0.0.2"
        target = f"http://{host}:{_port_in(request)}/redirects-in-a-ring"
        yield b"HTTP/1.1 308 Moved\r\nLocation: " + target.encode() + b"\r\nContent-Length: 0\r\n\r\n"

    return attack


def _port_in(request: bytes) -> int:
    found = re.search(rb"\r\nHost: [^\r]*:(\d+)\r", request)
    assert found is not None
    return int(found[1])


def leads_on() -> Attack:
    """Redirects to a longer address of its own each time."""

    async def attack(request: bytes) -> AsyncIterator[bytes]:
        path = request.split(b" ")[1]
        yield b"HTTP/1.1 307 Go on\r\nLocation: " + path + b"/on\r\nContent-Length: 0\r\n\r\n"

    return attack


OVER_HTTP: dict[str, Attack] = {
    "silence": holds(),
    "headers-dripping": goes_on(OK, b"X: y\r\n", 0.05),
    "headers-without-end": goes_on(OK, b"X-Padding: " + b"y" * 8_000 + b"\r\n"),
    "header-without-end": goes_on(OK + b"X: ", b"y" * 60_000),
    "header-of-10-mb": says(OK + b"X: " + b"y" * (10 * MB) + b"\r\n\r\n"),
    "status-line-without-end": goes_on(b"HTTP/1.1 200 ", b"O" * 60_000),
    "continue-without-end": goes_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "body-dripping": goes_on(OK + b"\r\n<rss version='2.0'><channel>", b" ", 0.05),
    "body-without-end": goes_on(OK + b"\r\n", b"<rss>" * 12_000),
    "body-of-10-gb-announced": holds(OK + b"Content-Length: 10000000000\r\n\r\n<rss/>"),
    "length-below-zero": says(OK + b"Content-Length: -1\r\n\r\n<rss/>"),
    "lengths-that-differ": says(OK + b"Content-Length: 5\r\nContent-Length: 500\r\n\r\n<rss/>"),
    "length-with-chunks": says(OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "chunk-of-many-exabytes": holds(OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n<rss/>"),
    "chunk-size-without-end": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 60_000),
    "trailers-without-end": goes_on(
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"y" * 8_000 + b"\r\n"
    ),
    "redirects-without-end": leads_on(),
    "redirect-to-itself": redirects(b"/redirect-to-itself"),
    "redirect-to-a-file": redirects(b"file:///etc/passwd"),
    "redirect-to-a-script": redirects(b"javascript:alert(1)"),
    "redirect-to-data": redirects(b"data:application/rss+xml,<rss/>"),
    "redirect-of-60-kb": redirects(b"http://127.0.0.1/" + b"a" * 60_000),
    "header-split-in-redirect": redirects(b"http://127.0.0.1/%0d%0aX-Injected:%20yes\x0b\x00"),
    "not-http": says(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 1_000),
    "gzip-that-is-none": serves(b"<rss/>", b"Content-Encoding: gzip\r\n"),
    "unknown-compression": serves(b"<rss/>", b"Content-Encoding: br\r\n"),
    "gzip-bomb": serves(bomb(), b"Content-Encoding: gzip\r\n"),
    "gzip-bomb-undeclared": serves(bomb()),
    "gzip-bomb-of-many-members": serves(bomb(1) * 300, b"Content-Encoding: gzip\r\n"),
    "deflate-bomb": serves(zlib.compress(bytes(100 * MB), 1), b"Content-Encoding: deflate\r\n"),
    "gzip-in-gzip": serves(gzip.compress(bomb()), b"Content-Encoding: gzip\r\n"),
    "gzip-cut-short": serves(bomb(1)[:-20], b"Content-Encoding: gzip\r\n"),
    "compressed-twice": serves(gzip.compress(bomb(1)), b"Content-Encoding: gzip, gzip\r\n"),
    "early-hints-without-end": goes_on(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
    "another-protocol": holds(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: rss\r\nConnection: upgrade\r\n\r\n"
    ),
    "100000-headers": says(OK, *(b"X-%d: y\r\n" % n for n in range(100_000)), b"\r\n<rss/>"),
    "folded-header-without-end": goes_on(OK + b"X: y\r\n", b" " + b"y" * 1_000 + b"\r\n"),
    "chunks-of-one-byte": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n" * 10_000),
    "chunk-extension-without-end": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 60_000),
    "chunk-dripping": goes_on(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05),
    "kept-alive-and-dripping": goes_on(
        OK + b"Connection: keep-alive\r\nContent-Length: 9999\r\n\r\n", b" ", 0.05
    ),
    "redirects-in-a-ring": goes_round(),
    "redirect-to-port-0": redirects(b"http://127.0.0.1:0/"),
    "redirect-to-port-70000": redirects(b"http://127.0.0.1:70000/"),
    "redirect-to-no-letters": redirects(b"http://\xff\xfe\xed\xa0\x80/"),
    "redirect-to-marks-upon-marks": redirects(b"file:///" + "\u0301\u0316".encode() * 15_000),
    "redirect-to-a-name-of-60-kb": redirects(b"http://" + b"xn--a." * 10_000 + b"example/"),
    "comes-back-in-300-years": says(
        b"HTTP/1.1 503 Busy\r\nRetry-After: 9999999999\r\nContent-Length: 0\r\n\r\n"
    ),
    "comes-back-in-9999": says(
        b"HTTP/1.1 429 Slow\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 -2359\r\nContent-Length: 0\r\n\r\n"
    ),
}
"""None of these brings a document to parse."""

INWARDS: dict[str, Attack] = {
    f"inwards-{name}": leads_inwards(host)
    for name, host in {
        "as-it-is": INSIDE,
        "as-one-number": "2131101190",
        "in-hexadecimal": "0x7f060606",
        "in-octal": "017701403006",
        "in-parts": "0x7f.6.0x606",
        "in-full-width": "１２７．６．６．６",
        "mapped-to-ipv6": "[::ffff:127.6.6.6]",
        "compatible-with-ipv6": "[::127.6.6.6]",
        "through-nat64": "[64:ff9b::7f06:606]",
        "through-6to4": "[2002:7f06:606::1]",
        "with-a-zone": "[fe80::1%25lo]",
        "to-any": "0.0.0.0",
        "to-the-cloud": "169.254.169.254",
    }.items()
}
"""Redirects to a machine inside, which would answer with a feed."""

GOOD = b"<rss version='2.0'><channel><title>t</title><item><title>A good story</title></item></channel></rss>"


def good_but(headers: bytes) -> Attack:
    """A good feed, and headers that are not."""
    return serves(GOOD, headers)


IN_HEADERS: dict[str, Attack] = {
    "cookies": good_but(b"".join(b"Set-Cookie: %d=%s\r\n" % (n, b'"\\' * 4_000) for n in range(60))),
    "fresh-for-300-years": good_but(b"Cache-Control: max-age=9999999999\r\n"),
    "fresh-for-a-number-without-end": good_but(b"Cache-Control: max-age=" + b"9" * 60_000 + b"\r\n"),
    "fresh-until-9999": good_but(
        b"Expires: Fri, 31 Dec 9999 23:59:59 -2359\r\nDate: Mon, 01 Jan 0001 00:00:00 +2359\r\n"
    ),
    "age-of-rubbish": good_but(
        b"Cache-Control: max-age=60\r\nAge: " + "٣²".encode() + b"9" * 60_000 + b"\r\n"
    ),
    "rules-of-60-kb": good_but(b"Cache-Control: " + b"max-age = ,no- " * 4_000 + b"\r\n"),
    "etag-of-60-kb": good_but(b'ETag: "' + b"e" * 60_000 + b'"\r\n'),
    "etag-that-goes-on": good_but(b'ETag: "a\tb\xff"\r\nLast-Modified: \x01\r\n'),
    "type-of-60-kb": good_but(b"Content-Type: text/xml; " + b"charset=" * 7_000 + b"\r\n"),
    "10000-links": good_but(b"Link: " + b"<a>;rel=hub," * 5_000 + b"\r\n"),
    "links-of-blanks": good_but(b"Link: <http://a.example/>; a=y" + b" " * 60_000 + b'x="\r\n'),
    "link-to-nowhere": good_but(b"Link: <http://[::1>; rel=hub\r\n"),
    "more-than-announced": says(OK + b"Content-Length: %d\r\n\r\n" % len(GOOD), GOOD + b"<rss>" * 200_000),
    "announced-three-times": says(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + OK,
        b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD,
    ),
    "two-answers-to-one-question": says(
        OK + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD, OK + b"Content-Length: 6\r\n\r\n<rss/>"
    ),
}
"""A good feed with headers that mean harm: it is read, or refused, and is asked again within a day."""
