"""The double's reading of Telegram HTML."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.telegram_html import Entity, UnparsableError, parse


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("é<br/>", 'Unsupported start tag "br/" at byte offset 2'),
        ("<!-- x -->", 'Unsupported start tag "!--"'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("AT&T", 'Character "&" must be escaped'),
        ("3 < 4", 'Character "<" must be escaped'),
        ("4 > 3", 'Character ">" must be escaped'),
        ("x&nbsp;y", 'Unsupported entity "&nbsp;"'),
        ("&#0;", "Unsupported entity"),
        ("&#xD800;", "Unsupported entity"),
        ("<a>x</a>", 'must have attribute "href"'),
        ('<a href="javascript:x()">x</a>', "cannot be used"),
        ('<a href="/relative">x</a>', "cannot be used"),
        ('<a href="http://a.example" title="t">x</a>', "Unexpected attribute"),
        ('<span class="loud">x</span>', 'must have class "tg-spoiler"'),
        ("<code><b>x</b></code>", "must not be nested"),
        ("<blockquote>x<blockquote>y</blockquote></blockquote>", "must not be nested"),
    ],
)
def test_what_telegram_would_refuse_or_mend_is_refused(html: str, words: str) -> None:
    with pytest.raises(UnparsableError) as refused:
        parse(html)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("<B>x</B>", "x", [Entity("bold", 0, 1)]),
        ("😀<i>x</i>", "😀x", [Entity("italic", 2, 1)]),
        (" <u> x </u>\n", "x", [Entity("underline", 0, 1)]),
        ("<b></b>x", "x", []),
        ("&lt;&#65;&#x42;&quot;&amp;", '<AB"&', []),
        ("<a href='http://a.example/?q=1&amp;r'>x</a>", "x", [Entity("text_link", 0, 1, "http://a.example/?q=1&r")]),
        ('<span class="tg-spoiler">x</span>', "x", [Entity("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [Entity("expandable_blockquote", 0, 1)]),
        ('<pre><code class="language-py">x</code></pre>', "x", [Entity("pre", 0, 1, language="py")]),
        ("<s>a<b>b</b></s>", "ab", [Entity("strikethrough", 0, 2), Entity("bold", 1, 1)]),
    ],
)  # fmt: skip
def test_what_telegram_shows(html: str, text: str, entities: list[Entity]) -> None:
    assert parse(html) == (text, tuple(entities))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_is_shown_as_it_was(text: str) -> None:
    shown, entities = parse(f"<b>{escape(text, quote=False)}</b>")
    assert shown == text.strip()
    assert [entity.of(shown) for entity in entities] == ([shown] if shown else [])
