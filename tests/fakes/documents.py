"""Documents for the tests of reading them, and short ways to read them."""

from __future__ import annotations

from bot.domain.entries import ParsedEntry, ParsedFeed
from bot.domain.polling import Failed, FailureKind
from bot.feeds.reading import read_document

URL = "http://outlet.example/feeds/news.xml"
JA = "米ロ首脳、15日にアラスカで会談へ ウクライナ停戦を協議"
RU = "Лидеры России и США встретятся на Аляске 15 августа"
UK = "Україна не віддасть землю окупантам, заявив президент"
PT = "Presidência da República não comenta a reunião"


def entries(
    document: bytes | str, content_type: str = "application/xml", url: str = URL
) -> tuple[ParsedEntry, ...]:
    return parsed(document, content_type, url).entries


def parsed(
    document: bytes | str, content_type: str = "application/xml", url: str = URL, seen: bytes = b""
) -> ParsedFeed:
    """What is read of a document, by who knew one by `seen` before."""
    body = document.encode() if isinstance(document, str) else document
    result = read_document(body, content_type, url, seen)
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
