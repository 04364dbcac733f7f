"""From bytes to entries: the pure reading first, then the worker that can be killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.entries import ParsedEntry, ParsedFeed
from bot.domain.polling import Failed, FailureKind, Fetched
from bot.feeds.decode import decode
from bot.feeds.discover import advertised_feeds
from bot.feeds.parse import FeedParser, read_document
from bot.feeds.plain import html_to_text, shorten, title_to_text
from tests.fakes.feed_server import Item, rss

URL = "http://outlet.example/feeds/news.xml"
JA = "米ロ首脳、15日にアラスカで会談へ ウクライナ停戦を協議"
RU = "Лидеры России и США встретятся на Аляске 15 августа"
UK = "Україна не віддасть землю окупантам, заявив президент"
PT = "Presidência da República não comenta a reunião"


def entries(
    document: bytes | str, content_type: str = "application/xml", url: str = URL
) -> tuple[ParsedEntry, ...]:
    return parsed(document, content_type, url).entries


def parsed(document: bytes | str, content_type: str = "application/xml", url: str = URL) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    result = read_document(body, content_type, url)
    assert isinstance(result, ParsedFeed), result
    return result


def why_not(document: bytes | str) -> str:
    result = read_document(document.encode() if isinstance(document, str) else document, "text/html", URL)
    assert isinstance(result, Failed), result
    assert result.kind is FailureKind.NOT_A_FEED
    return result.reason


def channel(inner: str, declaration: str = "") -> str:
    return f'{declaration}<rss version="2.0"><channel><title>News</title>{inner}</channel></rss>'


def item(inner: str) -> ParsedEntry:
    (entry,) = entries(channel(f"<item>{inner}</item>"))
    return entry


class TestFields:
    def test_an_rss_item(self) -> None:
        """Every field of an RSS item comes out, as plain text and in UTC."""
        (entry,) = entries(
            rss(
                [
                    Item(
                        title="Leaders &amp; envoys",
                        link="http://outlet.example/1",
                        id="tag:1",
                        summary="<p>First.</p><p>Second.</p>",
                        published=datetime(2025, 8, 9, 12, 30, tzinfo=UTC),
                        source="Reuters",
                    )
                ]
            )
        )
        assert entry == ParsedEntry(
            id="tag:1",
            title="Leaders & envoys",
            link="http://outlet.example/1",
            summary="First. Second.",
            published=datetime(2025, 8, 9, 12, 30, tzinfo=UTC),
            source="Reuters",
        )

    def test_an_atom_entry(self) -> None:
        """Atom's title, summary, links, dates and source come out the same."""
        feed = parsed(
            """<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>
            <entry><id>tag:1</id><title type="html">&lt;b&gt;Talks&lt;/b&gt; in Geneva</title>
            <link rel="enclosure" href="http://outlet.example/a.mp3"/><link href="../1"/>
            <content type="html">&lt;p&gt;One&lt;br/&gt;two</content>
            <updated>2025-08-09T14:30:00+02:00</updated>
            <source><title>Interfax</title></source></entry></feed>"""
        )
        assert feed == ParsedFeed(
            title="News",
            entries=(
                ParsedEntry(
                    id="tag:1",
                    title="Talks in Geneva",
                    link="http://outlet.example/1",
                    summary="One two",
                    published=datetime(2025, 8, 9, 12, 30, tzinfo=UTC),
                    source="Interfax",
                ),
            ),
        )

    def test_rdf_with_japanese(self) -> None:
        """RSS 1.0, as Japanese outlets still serve it, is read; the table of contents is no entry."""
        feed = parsed(
            f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
            xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="http://o.example/"><title>速報</title>
            <items><rdf:Seq><rdf:li rdf:resource="http://o.example/1"/></rdf:Seq></items></channel>
            <item rdf:about="http://o.example/1"><title>{JA}</title><link>http://o.example/1</link>
            <dc:date>2025-08-09T21:30:00+09:00</dc:date></item></rdf:RDF>"""
        )
        (entry,) = feed.entries
        assert (feed.title, entry.title, entry.id) == ("速報", JA, "http://o.example/1")
        assert entry.published == datetime(2025, 8, 9, 12, 30, tzinfo=UTC)

    def test_missing_and_empty_are_the_same(self) -> None:
        """A missing id and an empty one are None; so are a missing date, link and source."""
        for inner in (
            "<title>x</title>",
            "<title>x</title><guid></guid><link></link><pubDate></pubDate><source/>",
        ):
            assert item(inner) == ParsedEntry(id=None, title="x")

    def test_an_entry_that_says_nothing_is_none(self) -> None:
        """An item without title, text, link and id is dropped; with any of them it is kept."""
        kept = entries(
            channel(
                "<item/><item><pubDate>Sat, 09 Aug 2025 12:30:00 GMT</pubDate></item><item><title>t</title></item>"
                "<item><description>d</description></item><item><link>http://a.example/</link></item>"
                '<item><guid isPermaLink="false">g</guid></item>'
            )
        )
        assert len(kept) == 4
        assert [entry.title for entry in kept] == ["t", "", "", ""]

    @pytest.mark.parametrize(
        "link", ["javascript:alert(1)", "file:///etc/passwd", "tag:x,2025:1", "http://[::1", ""]
    )
    def test_only_web_links(self, link: str) -> None:
        """A link that is not http(s) is no link; the entry stays."""
        assert item(f"<title>x</title><guid isPermaLink='false'>1</guid><link>{link}</link>").link is None

    @pytest.mark.parametrize(
        ("link", "resolved"),
        [
            ("/a", "http://outlet.example/a"),
            ("b?x=1&amp;y=2", "http://outlet.example/feeds/b?x=1&y=2"),
            ("//cdn.example/c", "http://cdn.example/c"),
            (" http://a.example/d\n", "http://a.example/d"),
        ],
    )
    def test_relative_links(self, link: str, resolved: str) -> None:
        """Links are resolved against the address that the body came from."""
        assert item(f"<title>x</title><link>{link}</link>").link == resolved

    def test_links_follow_xml_base(self) -> None:
        """… unless the document names another base."""
        (entry,) = entries(
            '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://base.example/x/"><title>t</title>'
            '<entry><title>x</title><link href="y"/></entry></feed>'
        )
        assert entry.link == "http://base.example/x/y"

    @pytest.mark.parametrize(
        ("date", "instant"),
        [
            ("Sat, 09 Aug 2025 21:30:00 +0900", datetime(2025, 8, 9, 12, 30, tzinfo=UTC)),
            ("2025-08-09T12:30:00Z", datetime(2025, 8, 9, 12, 30, tzinfo=UTC)),
            ("Sat, 09 Aug 12025 21:30:00 GMT", None),
            ("0000-00-00T00:00:00Z", None),
            ("99999999999999999999", None),
            ("yesterday", None),
            ("2025年8月9日", None),
            ("2025/08/09 12:30", None),
            ("2025.08.09", None),
            ("1754742600", None),
            ("1754742600000", None),
            ("2025-08-09 12:30:00 +0900", datetime(2025, 8, 9, 3, 30, tzinfo=UTC)),
            ("20250809T000000Z", datetime(2025, 8, 9, tzinfo=UTC)),
        ],
    )
    def test_dates(self, date: str, instant: datetime | None) -> None:
        """Dates are UTC; what is no date is None and hurts nothing."""
        assert item(f"<title>x</title><pubDate>{date}</pubDate>").published == instant

    def test_published_before_updated(self) -> None:
        """The date of publication counts; that of the last change only without it, or where it cannot be read."""
        atom = (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><title>x</title>{}'
            "<updated>2025-08-09T14:00:00Z</updated></entry></feed>"
        )
        hours = []
        for published in ("<published>2025-08-09T12:00:00Z</published>", "<published>noon</published>", ""):
            (entry,) = entries(atom.format(published))
            assert entry.published
            hours.append(entry.published.hour)
        assert hours == [12, 14, 14]

    def test_a_feed_without_entries_is_a_feed(self) -> None:
        """Nothing yet is not a failure."""
        assert parsed(channel("")) == ParsedFeed(title="News", entries=())

    def test_a_path_in_the_body_is_not_opened(self) -> None:
        """A body that reads like a file name or an address is only text."""
        assert "It begins: «/etc/passwd»" in why_not("/etc/passwd")
        assert "It begins: «http://127.0.0.1/" in why_not("http://127.0.0.1/feed.xml")

    @pytest.mark.parametrize("leading", ["\n\n", "\ufeff", " \t", "\x00\x0b"])
    def test_rubbish_before_the_declaration(self, leading: str) -> None:
        """Blank lines, marks and control characters do not make a feed unreadable."""
        document = leading + channel(
            "<item><title>a\x0bb\x1f &amp; c</title></item>", '<?xml version="1.0"?>'
        )
        assert entries(document)[0].title == "a b & c"


class TestText:
    @pytest.mark.parametrize(
        ("markup", "text"),
        [
            ("<p>One</p><p>two</p>", "One two"),
            ("one<br>two<br/>three", "one two three"),
            ("<ul><li>one<li>two</ul>", "one two"),
            ("<h2>Head</h2>text", "Head text"),
            ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
            ("w<b>or</b>d, 停<i>戦</i>", "word, 停戦"),
            ("a &amp; b &lt; c &nbsp;&quot;d&quot; &#8364;", 'a & b < c "d" €'),
            ("AT&T &amp;amp; co", "AT&T &amp; co"),
            ("<script>alert('x')</script>a<style>p {}</style>b", "ab"),
            ("<p>a<noscript><img src=x></noscript>b<iframe>c</iframe></p>", "ab"),
            ("a<!-- b -->c", "ac"),
            ("a <a href='http://x.example' title='<p>'>b</a> c", "a b c"),
            ("cut <a href='http://x.exa", "cut"),
            ("5 < 6 > 4", "5 < 6 > 4"),
            ("1 \u202e2\u200b\x00", "1 2"),
            ("", ""),
        ],
    )
    def test_html_to_text(self, markup: str, text: str) -> None:
        """What a reader would see, with words apart and scripts gone."""
        assert html_to_text(markup) == text

    @pytest.mark.parametrize(
        ("title", "text"),
        [
            ("<Exclusive> Kyiv says no", "<Exclusive> Kyiv says no"),
            ("<速報>停戦", "<速報>停戦"),
            ("<b>Kyiv</b> says <I>no</I>", "Kyiv says no"),
            ("<script>alert(1)</script>Kyiv", "Kyiv"),
            ("<SCRIPT SRC=x></SCRIPT ><img src=x onerror=alert(1)>Kyiv", "Kyiv"),
            ("R&D &amp; <br>more", "R&D & more"),
        ],
    )
    def test_titles(self, title: str, text: str) -> None:
        """HTML goes from titles; angle brackets that are no HTML stay."""
        assert title_to_text(title) == text

    def test_a_script_in_a_title(self) -> None:
        """Escaped markup in a feed's title is markup all the same."""
        assert item("<title>&lt;script&gt;alert(1)&lt;/script&gt;Kyiv</title>").title == "Kyiv"

    @given(st.text(alphabet="<>/!-&;pbscriptx '\"=", max_size=60))
    def test_no_tag_survives(self, markup: str) -> None:
        """No HTML tag is left, whatever is nested in what."""
        assert "<script" not in html_to_text(markup.replace("&", "")).lower()
        assert "<p>" not in html_to_text(markup.replace("&", "")).lower()

    def test_long_texts_end_well(self) -> None:
        """A text above the limit ends with a sentence, else a word, else at the limit."""
        assert shorten("One two. Three four.", 20) == "One two. Three four."
        assert shorten("One two. Three four.", 19) == "One two. Three"
        assert shorten("Once upon a time. Three four.", 20) == "Once upon a time."
        assert shorten("停戦。合意した。署名はまだ", 8) == "停戦。合意した。"
        assert shorten("x" * 30, 20) == "x" * 20

    @given(st.text(), st.integers(1, 50))
    def test_never_longer(self, text: str, limit: int) -> None:
        """The limit holds, and what is left is the text's beginning."""
        short = shorten(text, limit)
        assert len(short) <= limit
        assert text.startswith(short)

    def test_summaries_are_capped(self) -> None:
        """A book in a description becomes 4,000 characters, cut after a sentence."""
        summary = item(f"<title>x</title><description>{'A sentence of news. ' * 1_000}</description>").summary
        assert 3_900 < len(summary) <= 4_000
        assert summary.endswith("news.")

    def test_the_content_where_there_is_no_summary(self) -> None:
        """Without a summary, or with an empty one, the content is the summary."""
        content = (
            '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">Full</content:encoded>'
        )
        assert item(f"<title>x</title>{content}").summary == "Full"
        assert (
            item(f"<title>x</title><description>&lt;img src='x'&gt;</description>{content}").summary == "Full"
        )


class TestEncodings:
    @pytest.mark.parametrize("content_type", ["text/xml", "application/rss+xml", "text/html", ""])
    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            (JA, "shift_jis"),
            (JA, "euc-jp"),
            (JA, "iso2022_jp"),
            (RU, "windows-1251"),
            (UK, "windows-1251"),
            (RU, "koi8-r"),
            (JA, "utf-8"),
            (RU, "utf-16"),
            (JA, "utf-16-le"),
        ],
    )
    def test_undeclared(self, text: str, encoding: str, content_type: str) -> None:
        """A single headline in an encoding that nobody declares comes out right."""
        (entry,) = entries(channel(f"<item><title>{text}</title></item>").encode(encoding), content_type)
        assert entry.title == text

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [(JA, "shift_jis"), (JA, "euc-jp"), (JA, "iso-2022-jp"), (RU, "windows-1251"), (PT, "iso-8859-1")],
    )
    def test_declared(self, text: str, encoding: str) -> None:
        """A declaration in the XML or in the HTTP header is believed."""
        document = channel(
            f"<item><title>{text}</title></item>", f'<?xml version="1.0" encoding="{encoding}"?>'
        )
        assert entries(document.encode(encoding), "text/xml")[0].title == text
        document = channel(f"<item><title>{text}</title></item>")
        assert entries(document.encode(encoding), f'text/xml; charset="{encoding}"')[0].title == text

    @pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "us-ascii", "nonsense", "shift_jis"])
    def test_utf8_declared_as_something_else(self, declared: str) -> None:
        """UTF-8 is known by itself, whatever the header says."""
        assert (
            entries(channel(f"<item><title>{JA}</title></item>"), f"text/xml; charset={declared}")[0].title
            == JA
        )

    @pytest.mark.parametrize(
        ("text", "encoding"), [(JA, "utf-8"), (RU, "utf-8"), (JA, "euc-jp"), (JA, "shift_jis")]
    )
    def test_one_broken_byte(self, text: str, encoding: str) -> None:
        """A byte that does not belong costs a character, not the document."""
        declaration = f'<?xml version="1.0" encoding="{encoding}"?>'
        document = channel(
            f"<item><title>{text}</title><description>{text}X</description></item>", declaration
        )
        broken = document.encode(encoding).replace(b"X</description>", b"\xff</description>")
        (entry,) = entries(broken)
        assert entry.title == text
        assert entry.summary.startswith(text)

    @given(st.binary(max_size=200), st.text(max_size=30))
    def test_any_bytes_become_text(self, body: bytes, content_type: str) -> None:
        """No bytes and no header make the decoding fail."""
        assert isinstance(decode(body, content_type), str)


RSS_SOURCE = channel(
    "".join(
        f"<item><title>Story {n}</title><link>http://a.example/{n}</link><guid>http://a.example/{n}</guid>"
        f"<description><![CDATA[<item>a quoted {n}</item> <b>text</b> <item>]]></description></item>\n"
        for n in range(3)
    ),
    '<?xml version="1.0" encoding="utf-8"?>',
)
ATOM_SOURCE = (
    '<?xml version="1.0"?><atom:feed xmlns:atom="http://www.w3.org/2005/Atom"><atom:title>t</atom:title>'
    + "".join(
        f"<!-- <atom:entry> --><atom:entry><atom:title>Story {n}</atom:title><atom:id>{n}</atom:id>"
        f"<atom:content>停戦 {n}</atom:content></atom:entry>"
        for n in range(3)
    )
    + "</atom:feed>"
)
RDF_SOURCE = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    "<channel><title>t</title><items><rdf:Seq/></items></channel>"
    + "".join(
        f'<item rdf:about="http://a.example/{n}"><title>Story {n}</title><description>停 &nbsp; {n}</description></item>'
        for n in range(3)
    )
    + "</rdf:RDF><!-- served in 5 s -->"
)


class TestTruncation:
    @pytest.mark.parametrize(
        ("source", "end"), [(RSS_SOURCE, "</item>"), (ATOM_SOURCE, "</atom:entry>"), (RDF_SOURCE, "</item>")]
    )
    def test_cut_anywhere(self, source: str, end: str) -> None:
        """Cut after any byte, a document gives exactly its complete entries, unaltered, and says that it was cut."""
        complete = entries(source)
        assert len(complete) == 3
        body = source.encode()
        plain = body.replace(b"</item> <b>", b"#" * 11)  # what a CDATA section quotes closes nothing
        for cut in range(body.index(b"title>"), len(body), 7):
            ended = plain[:cut].count(end.encode())
            result = read_document(body[:cut], "application/xml", URL)
            found = result.entries if isinstance(result, ParsedFeed) else ()
            assert found == complete[:ended], body[:cut][-60:]
            if isinstance(result, ParsedFeed) and result.partial:
                assert ended < 3

    def test_the_partial_entry_is_reported(self) -> None:
        """A document that ends within an entry is marked."""
        cut = parsed(RSS_SOURCE[: RSS_SOURCE.index("Story 2") + 3])
        assert cut.partial
        assert [entry.title for entry in cut.entries] == ["Story 0", "Story 1"]

    @pytest.mark.parametrize(
        "document",
        [
            RSS_SOURCE,
            ATOM_SOURCE,
            RDF_SOURCE,
            channel("<item><title>a</title></item><item/>"),
            channel("<item><title>a</title><item><title>nested</title></item></item>"),
            channel("<item><title>a&nbsp;b</title></item><!-- <item> -->"),
            channel("<item><title>never closed</title><item><title>neither</title>"),
            channel("<item><title>a & b</title><description><![CDATA[<item>]]></description></item>"),
            channel("<item><title>a & b</title><media:item>x</media:item></item>"),
            channel("<ITEM><title>a & b</title></ITEM>"),
        ],
    )
    def test_a_complete_document_loses_nothing(self, document: str) -> None:
        """No complete document, however sloppy, is taken for a truncated one."""
        assert not parsed(document).partial


class TestNoFeeds:
    def test_a_web_page(self) -> None:
        """A web page is named by its title."""
        page = "<!DOCTYPE html><html><head><title>Daily &amp; News</title></head><body><p>x</p></body></html>"
        assert why_not(page) == "This is a web page («Daily & News»), not a feed, and it advertises none."

    def test_a_web_page_with_a_feed(self) -> None:
        """… and the feed it advertises is named, too."""
        page = (
            "<html><head><title>Daily</title><link rel=stylesheet href=x.css>"
            '<LINK REL="Alternate" type="application/rss+xml" href="/rss.xml"></head></html>'
        )
        assert why_not(page).endswith("It advertises this feed: http://outlet.example/rss.xml")

    def test_advertised_feeds(self) -> None:
        """All feeds of a page, in order, each once, relative to its base; nothing but web addresses."""
        page = """<head><base href="https://b.example/x/">
            <link rel="alternate" type="application/atom+xml" href="atom">
            <link rel="alternate" type="application/atom+xml" href="atom">
            <link rel="alternate" type="application/rss+xml; charset=utf-8" href="http://c.example/rss">
            <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
            <link rel="alternate" hreflang="ja" href="/ja"><link rel="alternate" type="application/rss+xml">"""
        assert advertised_feeds(page, URL) == ("https://b.example/x/atom", "http://c.example/rss")

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            ("", "empty"),
            (" \n ", "empty"),
            (
                '{"version": "https://jsonfeed.org/version/1.1", "items": []}',
                "JSON Feed, which is not read yet",
            ),
            ('{"error": "no such feed"}', "This is JSON, not a feed"),
            ("{'error': 1}", "not valid JSON"),
            ('<?xml version="1.0"?><!-- a --><catalog><book/></catalog>', "XML (<catalog>)"),
            ('<?xml version="1.0"?><opml version="2.0"><body/></opml>', "OPML"),
            ('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url/></urlset>', "sitemap"),
            ("Too many requests", "«Too many requests»"),
            ("Blocked. <a href='/'>Home</a>", "a piece of HTML"),
            ("<html><body>x", "a web page"),
            (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not even text"),
            ("<?a?>" * 50, "This is text"),
        ],
    )
    def test_what_it_seems_to_be(self, document: bytes | str, words: str) -> None:
        """What is no feed is called what it is."""
        assert words in why_not(document)

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=300) | st.text(alphabet="<>/!-[]&;?\"'= abitemrsfdCDATA\x00停", max_size=200))
    def test_any_document(self, document: bytes | str) -> None:
        """Whatever the bytes, the answer is a feed or a reason."""
        body = document.encode() if isinstance(document, str) else document
        for beginning in (b"", b"<rss version='2.0'><channel><item>"):
            result = read_document(beginning + body, "", URL)
            assert isinstance(result, ParsedFeed) or result.reason


HARD = (
    b"<rss version='2.0'><channel><item "
    + b" ".join(b"a%d='1'" % n for n in range(60_000))
    + b"/></channel></rss>"
)


def fetched(body: bytes) -> Fetched:
    return Fetched(body=body, content_type="application/rss+xml", url=URL, digest="")


def crash(body: bytes, content_type: str, url: str) -> ParsedFeed:
    """Ends the worker as a fault in native code would."""
    os._exit(139)


def kill_the_program(body: bytes, content_type: str, url: str) -> ParsedFeed:
    """Leaves the worker alone with endless work."""
    os.kill(os.getppid(), signal.SIGKILL)
    while True:
        pass


def workers() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid}


@pytest.fixture
async def parser() -> AsyncIterator[FeedParser]:
    parser = FeedParser(deadline=0.5)
    yield parser
    await parser.close()


async def assert_works(parser: FeedParser) -> None:
    results = await asyncio.gather(*(parser.parse(fetched(rss([Item(f"Story {n}")]))) for n in range(5)))
    titles = [result.entries[0].title for result in results if isinstance(result, ParsedFeed)]
    assert titles == [f"Story {n}" for n in range(5)]


class TestWorker:
    async def test_nothing_starts_before_it_is_needed(self, parser: FeedParser) -> None:
        """Making a parser starts no process; closing it ends those that were started."""
        before = workers()
        await parser.close()
        assert workers() == before
        await parser.warm()
        assert len(workers() - before) == 1
        await parser.close()
        assert workers() == before

    async def test_a_document_that_takes_too_long(self, parser: FeedParser) -> None:
        """At the deadline the worker is killed, the document is a failure, and the next ones are parsed."""
        await parser.warm()
        doomed = workers()
        result = await parser.parse(fetched(HARD))
        assert isinstance(result, Failed)
        assert result.kind is FailureKind.TOO_HARD
        assert "0.5 seconds" in result.reason
        await assert_works(parser)
        assert not doomed & workers()

    async def test_a_document_that_crashes_the_worker(
        self, parser: FeedParser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A crash is a failure of that document alone."""
        with monkeypatch.context() as fault:
            fault.setattr("bot.feeds.parse.read_document", crash)
            result = await parser.parse(fetched(b""))
        assert result == Failed(FailureKind.TOO_HARD, "The document made the parser crash (exit code 139).")
        await assert_works(parser)

    async def test_a_worker_killed_between_documents(self, parser: FeedParser) -> None:
        """A worker that somebody kills while it waits is replaced, and nobody notices."""
        before = workers()
        await parser.warm()
        for pid in workers() - before:
            os.kill(pid, signal.SIGKILL)
        await assert_works(parser)

    async def test_cancelling_gets_through(self, parser: FeedParser) -> None:
        """A parse can be cancelled, and the worker is free again."""
        await parser.warm()
        task = asyncio.create_task(parser.parse(fetched(HARD)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await assert_works(parser)

    def test_a_killed_program_leaves_no_worker(self) -> None:
        """A worker ends with its program, however that ended and however hard the document is."""
        script = """
import asyncio
import bot.feeds.parse
from tests.adapters.test_parse import fetched, kill_the_program

bot.feeds.parse.read_document = kill_the_program
asyncio.run(bot.feeds.parse.FeedParser(deadline=100).parse(fetched(b"")))
"""
        # The worker holds the program's output open: that ends only when both are gone.
        subprocess.run([sys.executable, "-c", script], timeout=15, check=False, capture_output=True)

    async def test_what_is_no_feed(self, parser: FeedParser) -> None:
        """A reason comes back from the worker as well as entries do."""
        result = await parser.parse(fetched(b"<html><title>Daily</title></html>"))
        assert isinstance(result, Failed)
        assert result.kind is FailureKind.NOT_A_FEED
