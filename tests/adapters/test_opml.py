"""Lists of feeds out and in again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entries import FeedSpec, clean_text
from bot.feeds.opml import OpmlProblem, export_opml, import_opml

NOW = datetime(2025, 8, 9, 12, 0, tzinfo=UTC)

BBC = FeedSpec("https://feeds.bbci.example/news/rss.xml", "BBC News", "en", "gb", "World & more")
NHK = FeedSpec("https://nhk.example/rss?cat=1&x=2", "NHK", "ja", interval=timedelta(minutes=2))
AGGREGATOR = FeedSpec("https://agg.example/ru", "Aggregator", "ru", aggregator=True, verified=False)


def problem(document: str | bytes) -> OpmlProblem:
    result = import_opml(document)
    assert isinstance(result, OpmlProblem), result
    return result


def opml(body: str) -> str:
    return f'<?xml version="1.0"?>\n<opml version="2.0">\n<head/>\n<body>\n{body}\n</body>\n</opml>'


# Text as the domain has it: clean, and without the code points that no XML may hold.
texts = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=30).filter(
    lambda t: clean_text(t) == t
)
specs = st.builds(
    FeedSpec,
    url=st.from_regex(r"https?://[a-z]{1,8}\.example/[a-z0-9/?&=%_.;~-]{0,30}", fullmatch=True),
    outlet=texts.filter(bool),
    language=st.sampled_from(["", "en", "ja", "uk", "zh-Hant"]),
    country=st.sampled_from(["", "gb", "jp"]),
    title=texts,
    aggregator=st.booleans(),
    verified=st.booleans(),
    interval=st.none() | st.integers(1, 10**7).map(lambda seconds: timedelta(seconds=seconds)),
)


class TestRoundTrip:
    @pytest.mark.parametrize("form", ["text", "bytes"])
    def test_what_goes_out_comes_in(self, form: str) -> None:
        """An export is imported as the same feeds in the same order."""
        exported = export_opml([BBC, NHK, AGGREGATOR], "Feeds", NOW)
        assert import_opml(exported if form == "text" else exported.encode()) == (BBC, NHK, AGGREGATOR)

    @given(st.lists(specs, unique_by=lambda spec: spec.url, max_size=5), st.text())
    def test_any_feeds_come_back(self, feeds: list[FeedSpec], title: str) -> None:
        """… whatever their names, under any title."""
        assert import_opml(export_opml(feeds, title, NOW)) == tuple(feeds)

    def test_others_can_read_it(self) -> None:
        """The export is OPML 2.0: head with title and date, an rss outline with text and xmlUrl for each feed."""
        root = ET.fromstring(export_opml([BBC, NHK], "My <feeds>", NOW))  # noqa: S314 - our own document
        assert (root.tag, root.get("version")) == ("opml", "2.0")
        assert root.findtext("head/title") == "My <feeds>"
        assert root.findtext("head/dateCreated") == "Sat, 09 Aug 2025 12:00:00 +0000"
        outlines = [
            (outline.get("type"), outline.get("text"), outline.get("xmlUrl"))
            for outline in root.iterfind("body/outline")
        ]
        assert outlines == [("rss", "World & more", BBC.url), ("rss", "NHK", NHK.url)]


class TestImport:
    def test_the_list_of_another_program(self) -> None:
        """Folders at any depth, spellings of xmlUrl, feed: addresses and missing names are all taken."""
        assert import_opml(
            opml(
                """<outline text="News"><outline text="World"><outline text="Daily" type="rss" category="/a"
                     xmlUrl="https://daily.example/rss" htmlUrl="https://daily.example/" language="en-us"/>
                   </outline></outline>
                   <outline title="Titled" xmlurl="feed://titled.example/rss"/>
                   <outline XMLURL=" feed:https://unnamed.example/rss "/>
                   <outline text="A folder, empty"/><outline type="link" text="x" url="https://no.example/"/>
                   <outline text="Daily again" xmlUrl="https://daily.example/rss"/>"""
            )
        ) == (
            FeedSpec("https://daily.example/rss", "Daily", "en-us"),
            FeedSpec("http://titled.example/rss", "Titled", "", title="Titled"),
            FeedSpec("https://unnamed.example/rss", "unnamed.example", ""),
        )

    def test_plain_attributes(self) -> None:
        """Outlet, country and aggregator may be written without our namespace, as people do by hand."""
        assert import_opml(
            opml('<outline text="T" outlet="O" country="am" aggregator="true" xmlUrl="http://a.example/"/>')
        ) == (FeedSpec("http://a.example/", "O", "", "am", aggregator=True),)

    def test_other_encodings(self) -> None:
        """A list in Shift_JIS is read as well as one in UTF-8 with a mark."""
        document = '<?xml version="1.0" encoding="{}"?>\n<opml><body><outline text="共同通信" xmlUrl="http://k.example/"/></body></opml>'
        for encoding in ("shift_jis", "utf-8-sig"):
            feeds = import_opml(document.format(encoding).encode(encoding))
            assert feeds == (FeedSpec("http://k.example/", "共同通信", ""),)

    def test_names_are_cleaned(self) -> None:
        """Direction overrides and line breaks do not get in by a name."""
        feeds = import_opml(opml('<outline text="Re&#x202e;uters&#10;  x" xmlUrl="http://a.example/"/>'))
        assert feeds == (FeedSpec("http://a.example/", "Reuters x", ""),)

    def test_an_empty_list(self) -> None:
        """A list without feeds is no problem."""
        assert import_opml(opml("")) == ()


class TestProblems:
    @pytest.mark.parametrize(
        ("document", "line", "words"),
        [
            ("", 1, "not valid XML"),
            ("no xml", 1, "not valid XML"),
            (opml("<outline>"), 6, "not valid XML: mismatched tag"),
            (opml("<outline text='\x01'/>"), 5, "not valid XML"),
            ("\n\n" + opml("<outline>"), 8, "mismatched tag"),
            ("<rss>\n</rss>", 1, "This is not OPML: it begins with <rss>"),
            ('<feed xmlns="http://www.w3.org/2005/Atom"/>', 1, "begins with <feed>"),
            (opml('<outline xmlUrl="ftp://a.example/"/>'), 5, "ftp://a.example/ is not a web address"),
            (opml('\n<outline xmlUrl="javascript:alert(1)"/>'), 6, "is not a web address"),
            (opml('<outline xmlUrl="http://a.example/" interval="soon"/>'), 5, "«soon» is no interval"),
            (opml('<outline xmlUrl="http://a.example/" interval="-5"/>'), 5, "is no interval"),
            (opml('<outline xmlUrl="http://a.example/" interval="nan"/>'), 5, "is no interval"),
        ],
    )
    def test_each_is_told_with_its_line(self, document: str, line: int, words: str) -> None:
        """What cannot be imported is told with the line to look at; nothing is imported by halves."""
        found = problem(document)
        assert found.line == line
        assert words in found.message

    @pytest.mark.parametrize(
        "declaration",
        [
            "<!DOCTYPE opml>",
            '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
            '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE opml SYSTEM "http://a.example/opml.dtd">',
        ],
    )
    def test_hostile_documents(self, declaration: str) -> None:
        """A document type is refused before any entity of it is read."""
        found = problem(
            f'<?xml version="1.0"?>\n{declaration}\n<opml><body><outline text="&b;&a;"/></body></opml>'
        )
        assert found == OpmlProblem(
            2, "A document type declaration (<!DOCTYPE …>) is not accepted; delete it."
        )

    def test_deep_nesting(self) -> None:
        """A hundred thousand folders in each other are only folders."""
        feed = '<outline text="x" xmlUrl="http://a.example/"/>'
        assert import_opml(opml("<outline>" * 100_000 + feed + "</outline>" * 100_000)) == (
            FeedSpec("http://a.example/", "x", ""),
        )

    def test_secrets_are_not_shown(self) -> None:
        """A password in a bad address is not repeated."""
        assert "secret" not in problem(opml('<outline xmlUrl="ftp://me:secret@a.example/"/>')).message

    @given(st.text() | st.binary())
    def test_any_document(self, document: str | bytes) -> None:
        """Whatever it is, the answer is feeds or a problem."""
        result = import_opml(document)
        assert isinstance(result, tuple) or result.line >= 1
