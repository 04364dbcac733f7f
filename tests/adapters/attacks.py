"""What feeds may do to whoever polls them: over HTTP, in compression, and in the document."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

from tests.fakes.hostile_server import Attack

MB = 1_000_000
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
}
"""None of these brings a document to parse."""


def channel(inner: bytes, before: bytes = b"") -> bytes:
    return before + b"<rss version='2.0'><channel><title>t</title>" + inner + b"</channel></rss>"


def doctype(subset: bytes, text: bytes) -> bytes:
    return channel(
        b"<item><title>" + text + b"</title></item>",
        b"<?xml version='1.0'?><!DOCTYPE rss [" + subset + b"]>",
    )


LAUGHS = b"".join(b"<!ENTITY l%d '%s'>" % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
ITEM = b"<item><title>a story</title><link>http://a.example/%d</link></item>"

IN_DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "billion-laughs": (doctype(b"<!ENTITY l0 'ha'>" + LAUGHS, b"&l11;"), ""),
    "entity-of-a-megabyte-often": (doctype(b"<!ENTITY a '" + b"a" * MB + b"'>", b"&a;" * 100_000), ""),
    "entity-that-is-a-file": (doctype(b"<!ENTITY a SYSTEM 'file:///etc/passwd'>", b"&a;"), ""),
    "entity-from-the-net": (doctype(b"<!ENTITY a SYSTEM 'http://127.0.0.1:1/a'>", b"&a;"), ""),
    "parameter-entities": (
        doctype(b"<!ENTITY % a '<!ENTITY b SYSTEM \"file:///etc/passwd\">'>%a;", b"&b;"),
        "",
    ),
    "dtd-that-is-a-file": (
        channel(b"<item><title>x</title></item>", b"<!DOCTYPE rss SYSTEM 'file:///etc/passwd'>"),
        "",
    ),
    "doctype-without-end": (b"<!DOCTYPE rss [" + b"<!ENTITY a 'b'>" * 300_000, ""),
    "path-of-a-file": (b"/etc/passwd", ""),
    "address-of-a-file": (b"file:///etc/passwd", ""),
    "address-of-a-feed": (b"http://127.0.0.1:1/feed", ""),
    "60000-attributes": (channel(b"<item " + b" ".join(b"a%d='1'" % n for n in range(60_000)) + b"/>"), ""),
    "20000-namespaces": (
        channel(b"<item " + b" ".join(b"xmlns:a%d='u%d'" % (n, n) for n in range(20_000)) + b"/>"),
        "",
    ),
    "tags-a-million-deep": (b"<rss version='2.0'><channel>" + b"<a>" * MB, ""),
    "items-in-items": (b"<rss version='2.0'><channel>" + b"<item>" * 500_000, ""),
    "cdata-that-never-ends": (channel(b"<![CDATA[" * 500_000), ""),
    "comments-that-never-end": (channel(b"<!--" * MB), ""),
    "declarations-that-never-end": (b"<?xml " * MB, ""),
    "brackets": (b"<" * (5 * MB), ""),
    "ampersands": (channel(b"<item><title>" + b"&" * (3 * MB) + b"</title></item>"), ""),
    "wishes-that-never-end": (channel(b"<ttl" + b" " * MB + b"<skipHours>" * 100_000), ""),
    "spaces-in-a-tag": (channel(b"<item" + b" " * (8 * MB) + b"></item>"), ""),
    "base-upon-base": (
        b"<rss version='2.0'><channel>" + b"<a xml:base='%s/'>" % (b"a" * 200) * 10_000 + b"<item/>",
        "",
    ),
    "html-a-million-deep": (
        channel(b"<item><title>t</title><description>" + b"&lt;div&gt;" * 500_000 + b"</description></item>"),
        "",
    ),
    "date-of-a-megabyte": (
        channel(b"<item><title>t</title><pubDate>" + b"1:" * MB + b"</pubDate></item>"),
        "",
    ),
    "200000-entries": (channel(b"".join(ITEM % n for n in range(200_000))), ""),
    "title-of-10-mb": (channel(b"<item><title>" + b"word " * (2 * MB) + b"</title></item>"), ""),
    "id-of-10-mb": (channel(b"<item><title>t</title><guid>" + b"x" * (10 * MB) + b"</guid></item>"), ""),
    "nul-bytes": (bytes(10 * MB), ""),
    "utf-16-of-rubbish": (b"\xff\xfe" + b"<\xd8" * (3 * MB), ""),
    "utf-7": (b"<?xml version='1.0' encoding='utf-7'?>+ADw-script+AD4-", ""),
    "charset-that-unpacks": (zlib.compress(bytes(50 * MB)), "application/xml; charset=zlib_codec"),
    "charset-that-is-no-text": (b"6374" * MB, "application/xml; charset=hex_codec"),
    "charset-that-imports": (channel(b""), "application/xml; charset=__main__"),
    "charset-that-lies": (
        channel("<item><title>停戦</title></item>".encode("cp932")),
        "text/xml; charset=utf-16",
    ),
    "idna-charset": (b"a" * (2 * MB), "application/xml; charset=idna"),
    "json-a-million-deep": (b"[" * MB, "application/json"),
    "json-of-one-number": (b"1" * (5 * MB), "application/json"),
}
"""Each with the content type it claims, where that is part of the attack."""

IN_TEXTS = channel(
    b"<item><title>&lt;script&gt;alert(1)&lt;/script&gt;Talks \xe2\x80\xaegnp.exe</title>"
    b"<link>javascript:alert(1)</link><guid isPermaLink='false'>1</guid>"
    b"<description>&lt;img src=x onerror=alert(1)&gt;&lt;iframe src='file:///etc/passwd'&gt;&lt;/iframe&gt;text"
    b"&lt;style&gt;b{}&lt;/style&gt;</description></item>"
    b"<item><title>two</title><link>data:text/html,&lt;script&gt;</link></item>"
    b"<item><title>three</title><link>java&#x0A;script:alert(1)</link></item>"
    b'<item><title>four</title><link>http://a.example/\xe2\x80\xae&lt;b&gt;"onclick=</link></item>'
    b"<item><title>five</title><link>vbscript:x</link><guid>file:///etc/passwd</guid></item>"
)
