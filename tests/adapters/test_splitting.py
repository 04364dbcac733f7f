"""Reading only what is new of a document, with the whole document as the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entries import ParsedFeed
from bot.domain.polling import Failed
from bot.feeds.reading import read_document
from bot.feeds.splitting import outline_of, without
from tests.fakes.documents import JA, URL, channel

FEEDS = Path(__file__).parents[3] / "shared" / "data" / "feeds"


def read(document: str | bytes, seen: bytes = b"", url: str = URL) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    result = read_document(body, "application/xml", url, seen)
    assert isinstance(result, ParsedFeed), result
    return result


def item(n: int, inner: str = "", title: str | None = None) -> str:
    return (
        f"<item><title>{title or f'Story {n}'}</title><link>http://a.example/{n}</link>"
        f'<guid isPermaLink="false">{n}</guid>{inner}</item>'
    )


def titles(feed: ParsedFeed) -> list[str]:
    return [entry.title for entry in feed.entries]


def after(old: str, new: str) -> ParsedFeed:
    """What is read of `new` by who read `old` before."""
    return read(new, read(old).items_seen)


class TestDivided:
    def test_only_what_is_new_is_read(self) -> None:
        """Items that are new or changed come out, the others do not; all of them count."""
        old = channel("".join(map(item, range(5))))
        new = channel(item(7) + item(6) + item(0) + item(1, title="Corrected") + item(2))
        feed = after(old, new)
        assert titles(feed) == ["Story 7", "Story 6", "Corrected"]
        assert feed.items == 5
        assert titles(read(new, feed.items_seen)) == []

    def test_what_stands_around_the_items_may_change(self) -> None:
        """A new build date or title of the feed makes no item new."""
        old = channel("<lastBuildDate>one</lastBuildDate>" + item(1))
        assert titles(after(old, channel("<lastBuildDate>two</lastBuildDate><ttl>5</ttl>" + item(1)))) == []

    def test_what_is_read_in_part_is_what_the_whole_says(self) -> None:
        """Relative links, namespaces declared far above, marked-up text and ids are as in the whole document."""
        head = (
            '<?xml version="1.0"?><rss version="2.0" xmlns:x="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:d="http://purl.org/dc/elements/1.1/" xml:base="http://base.example/&gt;/"><channel><title>t</title>'
        )
        inner = "<d:date>2025-08-09T12:00:00Z</d:date><x:encoded><![CDATA[<p>停戦 <item>&amp; a</item>]]></x:encoded>"
        items = [f"<item><title>{JA} {n}</title><link>/{n}</link>{inner}</item>" for n in range(4)]
        new = read(f"{head}{''.join(items)}</channel></rss>")
        part = after(f"{head}{''.join(items[2:])}</channel></rss>", f"{head}{''.join(items)}</channel></rss>")
        assert part.entries == new.entries[:2]
        assert part.entries[0].link == "http://base.example/0"
        assert part.entries[0].published
        assert part.items_seen == new.items_seen


class TestDoubt:
    """Whatever might mean something else in part than whole is read whole."""

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('<rss version="2.0"><channel>', '<rss version="2.0" xml:base="http://b.example/"><channel>'),
            ("<rss version='2.0'><channel x='1>2'>", "<rss version='2.0'><channel x='1>3'>"),
            ('<rss version="2.0"><channel>', '<rss version="2.0"><channel><image><x/></image><!-- > -->'),
        ],
    )
    def test_another_frame(self, old: str, new: str) -> None:
        """Tags around the items that changed may change what the items say; what is beside them does not."""
        document = "{}" + item(1) + item(2) + "</channel></rss>"
        feed = after(document.format(old), document.format(new))
        assert len(feed.entries) == (0 if "<image>" in new else 2)

    def test_another_address(self) -> None:
        """Relative links depend on where the document came from."""
        document = channel("<item><title>x</title><link>/1</link></item>")
        elsewhere = read(document, read(document).items_seen, "http://elsewhere.example/")
        assert elsewhere.entries[0].link == "http://elsewhere.example/1"

    @pytest.mark.parametrize(
        "document",
        [
            channel(item(1, "<description>a &nbsp; b</description>") + item(2)),
            channel(item(1) + "<item><undeclared:x/><title>b</title></item>"),
            channel(item(1) + item(2))[:-10],
            "<!DOCTYPE rss [<!ENTITY a 'b'>]>" + channel(item(1) + item(2, "<author>&a;</author>")),
            channel(item(1, "<item><title>inner</title></item>")),
            f"<rss version='2.0'><channel>{item(1)}</channel><channel>{item(2)}</channel></rss>",
        ],
    )
    def test_not_well_formed_or_odd(self, document: str) -> None:
        """Nothing is remembered of such a document, so all of it is read each time."""
        feed = read(document)
        assert feed.items_seen == b""
        assert read(document, feed.items_seen).entries == feed.entries

    def test_an_item_that_breaks_the_document(self) -> None:
        """If what is new is not well-formed, feedparser reads all of it leniently, and so it is."""
        old = channel(item(1) + item(2))
        new = channel(item(3, "<description>a &nbsp; b</description>") + item(1) + item(2))
        assert titles(after(old, new)) == ["Story 3", "Story 1", "Story 2"]

    @pytest.mark.parametrize(
        "shared", ["<guid isPermaLink='false'>1</guid>", "<link>http://a.example/1</link>"]
    )
    def test_a_name_that_two_items_share(self, shared: str) -> None:
        """A new item with the id or link of one that is still there: only both together say that it names neither."""
        old = channel(item(1) + item(2))
        new = channel(f"<item><title>Other</title>{shared}</item>" + item(1) + item(2))
        feed = after(old, new)
        assert titles(feed) == ["Other", "Story 1", "Story 2"]
        assert feed.items_seen == b""

    @given(st.binary(max_size=80))
    def test_rubbish_in_place_of_what_was_remembered(self, rubbish: bytes) -> None:
        """Whatever the store gives back, no item is lost but by a digest that fits."""
        document = channel(item(1) + item(2))
        assert len(read(document, rubbish).entries) == 2
        assert len(read(document, read(document).items_seen[:8] + rubbish).entries) == 2


INNER = st.sampled_from(
    [
        "",
        "<description>停戦 &lt;b&gt;x&lt;/b&gt;</description>",
        "<description><![CDATA[<item>q</item>]]></description>",
        "<pubDate>Sat, 09 Aug 2025 12:00:00 GMT</pubDate>",
        "<image><title>of an image</title></image>",
        "<source url='http://s.example/'>TASS</source>",
        "<a:entry xmlns:a='http://www.w3.org/2005/Atom'><a:title>t</a:title></a:entry>",
        "<svg xmlns='http://www.w3.org/2000/svg'><title>s</title></svg>",
        "<description>&nbsp;</description>",
        "<x:y xmlns:x='http://x.example/' z='>'/>",
        "<!-- </item> -->",
    ]
)
ITEMS = st.lists(st.tuples(st.integers(0, 12), INNER), max_size=6, unique_by=lambda pair: pair[0])


@given(old=ITEMS, new=ITEMS)
def test_any_document_after_any_other(old: Sequence[tuple[int, str]], new: Sequence[tuple[int, str]]) -> None:
    """What is left out was there before, and what is read reads as in the whole document, in its order."""
    before, whole = (
        read(channel("".join(item(*one) for one in old))),
        read(channel("".join(item(*one) for one in new))),
    )
    part = read(channel("".join(item(*one) for one in new)), before.items_seen)
    unseen = tuple(entry for entry, one in zip(whole.entries, new, strict=False) if one not in old)
    assert part.entries in (whole.entries, unseen)
    assert part.items == whole.items


def seen_before(data: bytes) -> Iterator[tuple[bytes, list[int]]]:
    """The document as it may have been before: without a third of its items; and the places of those."""
    outline = outline_of(data, URL)
    assert outline is not None
    for third in range(3):
        new = [n for n in range(len(outline.ranges)) if n % 3 == third]
        yield without(data, [outline.ranges[n] for n in new]), new


@pytest.mark.skipif(not FEEDS.is_dir(), reason="../shared/data/feeds is not there")
def test_real_feeds() -> None:
    """Of every real feed, what is read in part is what the whole document says; hardly any has to be read whole."""
    divided, read_whole = 0, []
    for file in sorted(FEEDS.iterdir()):
        body = file.read_bytes()
        whole = read_document(body, "application/xml", URL)
        if isinstance(whole, Failed):
            continue
        if not whole.items_seen or whole.items != len(whole.entries):
            read_whole.append(file.name)
            continue
        divided += 1
        data = body.removeprefix(b"\xef\xbb\xbf").lstrip()
        if outline_of(data, URL) is None:
            continue  # not in UTF-8
        for old, new in seen_before(data):
            before = read_document(old, "application/xml", URL)
            if isinstance(before, ParsedFeed):
                part = read(data, before.items_seen)
                assert part.entries == tuple(whole.entries[n] for n in new), file.name
    assert divided >= 100
    assert len(read_whole) <= 5, read_whole
