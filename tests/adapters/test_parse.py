"""From bytes to entries: the pure reading first, then the worker that can be killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import Future
from datetime import UTC, datetime

import pytest
from pebble import ProcessPool

from bot.domain.entries import ParsedEntry, ParsedFeed
from bot.domain.polling import Failed, FailureKind, Fetched
from bot.feeds.parse import FeedParser, ParseLimits
from bot.feeds.reading import read_document
from tests.fakes.documents import JA, URL, channel, entries, item, parsed, why_not
from tests.fakes.feed_server import Item, rss


class TestFields:
    @pytest.mark.parametrize("link", ["/story/1", "1", "?id=1", "#1"])
    def test_a_password_in_the_feeds_address_is_in_no_link(self, link: str) -> None:
        """Links are told to chats; the address with its password is the operator's, or one chat's."""
        read = read_document(
            rss([Item("T", link, "i")]), "application/rss+xml", "https://me:pa55@outlet.example/feed"
        )
        assert isinstance(read, ParsedFeed)
        (entry,) = read.entries
        assert entry.link is not None
        assert entry.link.startswith("https://outlet.example/")

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
        assert (feed.title, feed.items, feed.partial) == ("News", 1, False)
        assert feed.entries == (
            ParsedEntry(
                id="tag:1",
                title="Talks in Geneva",
                link="http://outlet.example/1",
                summary="One two",
                published=datetime(2025, 8, 9, 12, 30, tzinfo=UTC),
                source="Interfax",
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
            ("http://a.example/?e=1&#038;f=2", "http://a.example/?e=1&f=2"),
        ],
    )
    def test_relative_links(self, link: str, resolved: str) -> None:
        """Links are resolved against the address that the body came from, in lenient parsing, too."""
        assert item(f"<title>x</title><link>{link}</link>").link == resolved
        assert item(f"<title>x &nbsp;</title><link>{link}</link>").link == resolved

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

    @pytest.mark.parametrize(
        ("written", "title"),
        [
            ("&#xD83D;&#xDE00; hi", "😀 hi"),
            ("&#55357;&#56832; hi", "😀 hi"),
            ("&#xD800; hi", "\ufffd hi"),
            ("&#xD83D;&#x41; hi", "\ufffdA hi"),
            ("&#1114112; hi", "\ufffd hi"),
            ("&#x110000; hi", "\ufffd hi"),
            (f"&#{'9' * 5000}; hi", "\ufffd hi"),
            ("&#x000000000041;&#57344;&#x1F600; hi", "A😀 hi"),
        ],
    )
    @pytest.mark.parametrize("wrapped", ["{}", "<![CDATA[{}]]>"])
    def test_references_to_no_character(self, wrapped: str, written: str, title: str) -> None:
        """One of them, and feedparser reads nothing of the feed; an emoji in two halves is that emoji."""
        document = channel(
            f"<item><title>{wrapped.format(written)}</title></item><item><title>b</title></item>"
        )
        assert [entry.title for entry in entries(document)] == [title, "b"]


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

    @pytest.mark.parametrize("source", [RSS_SOURCE, ATOM_SOURCE, RDF_SOURCE], ids=["RSS", "Atom", "RDF"])
    def test_cut_off_within_the_first_entry(self, source: str) -> None:
        """What holds no complete entry is a failure with a reason, and not a feed without entries."""
        result = read_document(source[: source.index("Story 0") + 3].encode(), "application/xml", URL)
        assert isinstance(result, Failed)
        assert result.kind is FailureKind.NOT_A_FEED
        assert "cut off before the end of its first entry" in result.reason

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


HARD = (
    b"<rss version='2.0'><channel><item "
    + b" ".join(b"a%d='1'" % n for n in range(60_000))
    + b"/></channel></rss>"
)


def fetched(body: bytes) -> Fetched:
    return Fetched(body=body, content_type="application/rss+xml", url=URL, digest="")


def crash(body: bytes, content_type: str, url: str, items_seen: bytes) -> ParsedFeed:
    """Ends the worker as a fault in native code would."""
    os._exit(139)


def kill_the_program(body: bytes, content_type: str, url: str, items_seen: bytes) -> ParsedFeed:
    """Leaves the worker alone with endless work."""
    os.kill(os.getppid(), signal.SIGKILL)
    while True:
        pass


def workers() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid}


@pytest.fixture
async def parser() -> AsyncIterator[FeedParser]:
    parser = FeedParser(limits=ParseLimits(seconds=0.5))
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

    async def test_a_document_that_is_lost_with_its_worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody answers for what a killed worker had just taken; it is given to another one."""
        parser = FeedParser(limits=ParseLimits(seconds=0.05, starting_seconds=0.2))
        lost: Future[ParsedFeed] = Future()

        def lose(*_: object, **__: object) -> Future[ParsedFeed]:
            monkeypatch.undo()
            parser._workers[0]._limits = ParseLimits()
            return lost

        monkeypatch.setattr(ProcessPool, "schedule", lose)
        try:
            await assert_works(parser)
        finally:
            await parser.close()
        assert lost.cancelled()

    async def test_what_waits_behind_a_document_is_read_elsewhere(self) -> None:
        """A worker that takes long over one holds up no other, whichever it is, and whether one waits or several."""
        before = workers()
        parser = FeedParser(workers=2)
        await parser.warm()
        for slow in workers() - before:
            os.kill(slow, signal.SIGSTOP)
            try:
                async with asyncio.timeout(20):
                    assert isinstance(await parser.parse(fetched(rss([Item("Story")]))), ParsedFeed)
                    await assert_works(parser)
            finally:
                os.kill(slow, signal.SIGCONT)
        await parser.close()
        assert workers() == before

    async def test_cancelling_gets_through(self, parser: FeedParser) -> None:
        """A parse can be cancelled, and the worker is free again."""
        await parser.warm()
        task = asyncio.create_task(parser.parse(fetched(HARD)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await assert_works(parser)

    async def test_all_have_started(self) -> None:
        """A worker that is slow to start is waited for: one that starts while its pool ends says so on the terminal."""
        before = workers()
        parser = FeedParser(workers=2)
        warming = asyncio.create_task(parser.warm())
        while not (started := workers() - before):  # noqa: ASYNC110 # nobody tells of it
            await asyncio.sleep(0.001)
        slow = started.pop()
        os.kill(slow, signal.SIGSTOP)
        await asyncio.wait({warming}, timeout=1)
        assert not warming.done()
        os.kill(slow, signal.SIGCONT)
        await warming
        await parser.close()
        assert workers() == before

    def test_a_killed_program_leaves_no_worker(self) -> None:
        """A worker ends with its program, however that ended and however hard the document is."""
        script = """
import asyncio
import bot.feeds.parse
from tests.adapters.test_parse import fetched, kill_the_program

bot.feeds.parse.read_document = kill_the_program
asyncio.run(bot.feeds.parse.FeedParser(limits=bot.feeds.parse.ParseLimits(seconds=100)).parse(fetched(b"")))
"""
        # The worker holds the program's output open: that ends only when both are gone.
        subprocess.run([sys.executable, "-c", script], timeout=15, check=False, capture_output=True)

    async def test_what_is_no_feed(self, parser: FeedParser) -> None:
        """A reason comes back from the worker as well as entries do."""
        result = await parser.parse(fetched(b"<html><title>Daily</title></html>"))
        assert isinstance(result, Failed)
        assert result.kind is FailureKind.NOT_A_FEED


async def test_what_a_page_names_is_read_in_the_worker(parser: FeedParser) -> None:
    page = '<html><head><link rel="alternate" type="application/atom+xml" href="/f"></head></html>'
    fetched = Fetched(page.encode(), "text/html", "https://site.example/", "")
    assert await parser.advertised(fetched) == ("https://site.example/f",)
    assert await parser.advertised(Fetched(b"\x00", "", "https://site.example/", "")) == ()
