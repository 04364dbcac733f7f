"""JSON Feed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entries import ParsedEntry, ParsedFeed
from bot.feeds.reading import MAX_SUMMARY, read_document
from tests.fakes.documents import JA, URL, parsed, why_not

VERSION = "https://jsonfeed.org/version/1.1"


def feed(*items: Any, **fields: Any) -> ParsedFeed:
    return parsed(json.dumps({"version": VERSION, "title": "News", "items": items, **fields}))


def entry(**fields: Any) -> ParsedEntry:
    (only,) = feed({"id": "1", **fields}).entries
    return only


def test_an_item() -> None:
    """Every field comes out, as plain text and in UTC."""
    assert entry(
        title=f"{JA} &amp; <b>talks</b>",
        url="/2025/1",
        content_html="<p>One</p><p>two</p><script>x</script>",
        date_published="2025-08-09T21:30:00+09:00",
    ) == ParsedEntry(
        id="1",
        title=f"{JA} & talks",
        link="http://outlet.example/2025/1",
        summary="One two",
        published=datetime(2025, 8, 9, 12, 30, tzinfo=UTC),
    )
    assert feed().title == "News"


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"id": 17}, "id", "17"),
        ({"id": 1.5}, "id", "1.5"),
        ({"id": None}, "id", None),
        ({"id": ["x"]}, "id", None),
        ({"id": " "}, "id", None),
        ({"url": "javascript:alert(1)", "external_url": "http://a.example/x"}, "link", "http://a.example/x"),
        ({"url": 5}, "link", None),
        ({"summary": "", "content_text": "a < b"}, "summary", "a < b"),
        ({"summary": "short", "content_html": "<p>long</p>"}, "summary", "short"),
        ({"content_text": "word " * 9_000}, "summary", ("word " * 9_000)[: MAX_SUMMARY - 1]),
        ({"title": {"a": 1}}, "title", ""),
        ({"date_published": "soon", "date_modified": "2025-08-09T12:00:00Z"}, "published", datetime(2025, 8, 9, 12, tzinfo=UTC)),
        ({"date_published": "0001-01-01T00:00:00+10:00"}, "published", None),
        ({"date_published": 1754742600}, "published", None),
    ],
)  # fmt: skip
def test_fields(fields: dict[str, Any], name: str, value: object) -> None:
    """Ids may be numbers; the first link, text and date that is one counts; what is of a wrong type is absent."""
    assert getattr(entry(**{"title": "x", **fields}), name) == value


@pytest.mark.parametrize(
    "document",
    ['{"version": 1}', '{"items": []}', "{}", '{"version": "https://jsonfeed.org/version/1.1"', "[]", '"x"'],
)
def test_what_is_none(document: str) -> None:
    """Other JSON is no feed."""
    assert "JSON" in why_not(document) or "text" in why_not(document)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "title", "url", "items", "date_published", "summary"]), inner
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_anything_in_it(items: Any) -> None:
    """Whatever stands for the items, it is read or left out."""
    body = json.dumps({"version": VERSION, "items": items}).encode()
    assert isinstance(read_document(body, "application/feed+json", URL), ParsedFeed)


def test_characters_that_no_database_takes() -> None:
    """One such item would keep all that its feed brings from being stored; its id stays one of its own."""
    bad = feed(
        *(
            {"id": f"1{c}", "url": f"https://a.example/{c}", "title": c, "content_text": c}
            for c in ("\0", "\ud800")
        ),
        hubs=[{"type": "WebSub", "url": "https://hub.example/\ud800"}],
    )
    for one in bad.entries:
        text = f"{one.id}{one.link}{one.title}{one.summary}"
        text.encode()
        assert "\0" not in text
    assert len({one.id for one in bad.entries}) == 2
    assert bad.hub is None
