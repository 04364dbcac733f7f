"""What documents may do to whoever reads them."""

from __future__ import annotations

import zlib

from tests.hostile.attacks import MB


def channel(inner: bytes, before: bytes = b"") -> bytes:
    return before + b"<rss version='2.0'><channel><title>t</title>" + inner + b"</channel></rss>"


def doctype(subset: bytes, text: bytes) -> bytes:
    return channel(
        b"<item><title>" + text + b"</title></item>",
        b"<?xml version='1.0'?><!DOCTYPE rss [" + subset + b"]>",
    )


def json_feed(items: bytes) -> bytes:
    return b'{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[' + items + b"]}"


def page(*feeds: bytes) -> bytes:
    links = (b"<link rel='alternate' type='application/rss+xml' href='%s'>" % feed for feed in feeds)
    return b"<!doctype html><html><head><title>t</title>" + b"".join(links) + b"</head></html>"


DATES = (
    b"0000-00-00T00:00:00Z",
    b"9999999-01-01",
    b"9999-12-31T23:59:59-23:59",
    b"0001-01-01T00:00:00+23:59",
    b"-1",
    b"31 Feb 2025 99:99:99 +9999",
    b"Mon, 01 Jan 99999 00:00:00 GMT",
    b"1e999",
    b"2025-W99-9",
    b"2025-366",
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
    "json-feed-a-million-deep": (json_feed(b"[" * MB), ""),
    "json-feed-of-numbers": (json_feed(b'{"id":' + b"9" * 4_000 + b'},{"id":1e999},{"id":-NaN}'), ""),
    "json-feed-of-500000-items": (json_feed(b",".join([b'{"id":1,"title":"a"}'] * 500_000)), ""),
    "json-feed-of-halves": (
        json_feed(b'{"id":"\\ud800","title":"\\udfff a","url":"http://a.example/\\ud800"}'),
        "",
    ),
    "attribute-of-14-mb": (channel(b"<item a='" + b"a" * (14 * MB) + b"'><title>t</title></item>"), ""),
    "laughs-in-an-attribute": (
        b"<!DOCTYPE rss [<!ENTITY l0 'ha'>" + LAUGHS + b"]>" + channel(b"<item a='&l11;'/>"),
        "",
    ),
    "laughs-in-utf-16": (doctype(b"<!ENTITY l0 'ha'>" + LAUGHS, b"&l11;").decode().encode("utf-16"), ""),
    "laughs-in-parameters": (
        doctype(
            b"<!ENTITY % p0 'ha'>" + LAUGHS.replace(b"ENTITY l", b"ENTITY % p").replace(b"&l", b"&#37;p"),
            b"a",
        ),
        "",
    ),
    "a-million-items": (channel(b"<item/>" * MB), ""),
    "a-million-instructions": (channel(b"<?a b?>" * MB), ""),
    "stylesheet-that-is-a-file": (
        channel(b"", b"<?xml-stylesheet type='text/xsl' href='file:///etc/passwd'?>"),
        "",
    ),
    "included-file": (
        channel(
            b"<item><title><xi:include xmlns:xi='http://www.w3.org/2001/XInclude' parse='text' href='/etc/passwd'/>"
            b"</title></item>"
        ),
        "",
    ),
    "namespace-of-a-megabyte": (
        channel(b"<item xmlns='" + b"u" * MB + b"'>" + b"<a/>" * 100_000 + b"</item>"),
        "",
    ),
    "namespaces-in-each-of-100000-tags": (channel(b"<a:b xmlns:a='u'/>" * 200_000), ""),
    "100000-links-in-an-item": (
        channel(b"<item><title>t</title>" + b"<link href='a' rel='alternate'/>" * 100_000 + b"</item>"),
        "",
    ),
    "100000-enclosures": (channel(b"<item><enclosure url='http://a.example/'/>" * 100_000), ""),
    "link-of-10-mb": (
        channel(b"<item><title>t</title><link>http://a.example/" + b"a" * (10 * MB) + b"</link></item>"),
        "",
    ),
    "100000-times-the-same": (channel(b"<item><title>t</title><guid>1</guid></item>" * 100_000), ""),
    "utf-32-of-rubbish": (b"\xff\xfe\x00\x00" + b"<\xff\xff\xff" * (2 * MB), ""),
    "utf-8-of-halves": (
        channel(b"<item><title>\xed\xa0\x80\xed\xb0\x80 &#xD800; &#xDFFF; &#0;</title></item>"),
        "",
    ),
    "zeros-between-letters": (
        channel(b"<item><title>t</title></item>").decode().encode("utf-16-be")[:-1],
        "",
    ),
    "control-characters": (channel(b"<item><title>" + bytes(range(32)) * 50_000 + b"</title></item>"), ""),
    "marks-upon-marks": (
        channel(b"<item><title>e" + "\u0301\u0316".encode() * 500_000 + b"</title></item>"),
        "",
    ),
    "letters-that-grow": (channel(b"<item><title>" + "\ufdfa".encode() * MB + b"</title></item>"), ""),
    "characters-by-number": (
        channel(b"<item><title>" + b"&#" + b"9" * MB + b";&amp;#" + b"9" * MB + b";</title></item>"),
        "",
    ),
    "escaped-upon-escaped": (channel(b"<item><title>&" + b"amp;" * MB + b"lt;</title></item>"), ""),
    "paragraphs-without-end": (
        channel(
            b"<item><title>t</title><description>"
            + b"&lt;p&gt;Ab&lt;/p&gt;" * 500_000
            + b"</description></item>"
        ),
        "",
    ),
    "tags-that-never-end": (
        channel(
            b"<item><title>t</title><description>"
            + b"&lt;p title=&quot;" * 500_000
            + b"</description></item>"
        ),
        "",
    ),
    "comments-in-html": (
        channel(b"<item><title>t</title><description>" + b"&lt;!--" * MB + b"</description></item>"),
        "",
    ),
    "dates-that-never-were": (
        channel(b"".join(b"<item><title>t</title><pubDate>%s</pubDate></item>" % date for date in DATES)),
        "",
    ),
    "date-of-digits": (channel(b"<item><title>t</title><pubDate>" + b"9" * MB + b"</pubDate></item>"), ""),
    "date-of-blanks": (
        channel(b"<item><title>t</title><pubDate>2025" + b" " * MB + b"x</pubDate></item>"),
        "",
    ),
    "place-of-a-million-corners": (
        channel(
            b"<item xmlns:georss='http://www.georss.org/georss'><title>t</title><georss:polygon>"
            + b"1 2 " * MB
            + b"</georss:polygon></item>"
        ),
        "",
    ),
    "base64-that-is-none": (
        b"<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><content mode='base64'>"
        + b"A" * (5 * MB)
        + b"=</content></entry></feed>",
        "",
    ),
    "names-itself-as-its-feed": (page(b"names-itself-as-its-feed"), "text/html"),
    "names-100000-feeds": (page(*(b"feed-%d" % n for n in range(100_000))), "text/html"),
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
