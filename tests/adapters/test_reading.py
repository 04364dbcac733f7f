"""The steps of reading a document: encoding, HTML to text, and what a document is that is no feed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.entries import ParsedFeed
from bot.feeds.decode import decode
from bot.feeds.discover import advertised_feeds
from bot.feeds.plain import html_to_text, shorten, title_to_text
from bot.feeds.reading import read_document
from tests.fakes.documents import JA, PT, RU, UK, URL, channel, entries, item, why_not


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

    @pytest.mark.parametrize("declared", ["nonsense", "x-sjis", "utf-8"])
    def test_a_wrong_declaration(self, declared: str) -> None:
        """An encoding that does not exist, or does not fit, is not believed."""
        document = channel(
            f"<item><title>{JA}</title></item>", f"<?xml version='1.0' encoding='{declared}'?>"
        )
        assert entries(document.encode("shift_jis"), f"text/xml; charset={declared}")[0].title == JA

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


class TestText:
    @pytest.mark.parametrize(
        ("markup", "text"),
        [
            ("<p>One</p><p>two</p>", "One two"),
            ("one<br>two<br/>three", "one two three"),
            ("<ul><li>one<li>two</ul>", "one two"),
            ("<h2>Head</h2>text", "Head text"),
            (
                "<p>Talks go on in the valley</p><p>Hale met Orr.</p>",
                "Talks go on in the valley. Hale met Orr.",
            ),
            (
                "<p>Talks go on in “the valley”</p>\n<p>“No,” Hale said.</p>",
                "Talks go on in “the valley”. “No,” Hale said.",
            ),
            (
                "<p>Talks go on in the valley:</p><p>Hale met Orr.</p>",
                "Talks go on in the valley: Hale met Orr.",
            ),
            ("<p>Talks go on in the</p><p>valley</p>", "Talks go on in the valley"),
            ("<p>Talks go on in the valley</p><p>(Reuters)</p>", "Talks go on in the valley (Reuters)"),
            ("<p>World</p><p>Hale met Orr.</p>", "World Hale met Orr."),
            ("<p>協議は続く</p><p>両者が会った。</p>", "協議は続く。両者が会った。"),
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
        """What a reader would see, with words apart and scripts gone; a paragraph that lacks its full stop gets one."""
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

    def test_what_breaks_the_parser(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that feedparser cannot cope with is a failure that names the fault."""

        def fail(*_: object, **__: object) -> None:
            raise RecursionError

        monkeypatch.setattr("feedparser.parse", fail)
        assert why_not(channel("")) == "The document is too broken to be read (RecursionError)."

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=300) | st.text(alphabet="<>/!-[]&;?\"'= abitemrsfdCDATA\x00停", max_size=200))
    def test_any_document(self, document: bytes | str) -> None:
        """Whatever the bytes, the answer is a feed or a reason."""
        body = document.encode() if isinstance(document, str) else document
        for beginning in (b"", b"<rss version='2.0'><channel><item>"):
            result = read_document(beginning + body, "", URL)
            assert isinstance(result, ParsedFeed) or result.reason
