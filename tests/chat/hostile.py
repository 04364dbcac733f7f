"""Documents of any kind, of what feeds and people may write, for the properties of every platform's rendering."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.domain.addresses import web_address
from bot.domain.documents import Action, Document, Span, Style, block
from bot.domain.entries import clean_text

HOSTILE = (
    "<b>bold</b>",
    "</code>",
    "<script>alert(1)</script>",
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<@U012AB3CD>",
    "<!subteam^S012|team>",
    "<https://evil.example|Reuters>",
    "&lt;!channel&gt;",
    "&amp;",
    "&#60;",
    "&nbsp;",
    "@channel",
    "@here @everyone",
    "@SokuhoBot",
    "mail@example.org",
    "*bold* _it_ ~no~ `code` ```pre```",
    "[text](https://evil.example)",
    "#hashtag $USD /start https://a.example/b",
    "\u202emoc.elpmaxe\u202c",
    "\u2066turned\u2069",
    "\x00\x1b[31mred\x07",
    "\u200b",
    "\u2060",
    "\n",
    "\r\n",
    "\t",
    "#a" * 120,
    "e\u0301" * 50,
    '"\'">',
)
"""Texts that some platform would obey or refuse."""

LONG = (" " * 5_000, "a" * 5_000, "語" * 3_000, "🏳️‍🌈" * 900, "word " * 900, "&" * 4_096, "a b @c <d> " * 300)
"""Texts for which some platform has no room."""

texts = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
    | st.sampled_from(HOSTILE)
    | st.text("ab @<>&#/.!*_`\n", max_size=30)
)
addresses = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.text("ab/?&=%<>\"'|\\\u3000\u2003\u00a0 é", max_size=20)
).map(lambda text: web_address(f"https://a.example/{text}"))
"""Whatever is let in as the address of an entry."""

no_addresses = st.sampled_from(["javascript:alert(1)", "data:text/html,x", "/relative", "tg://user?id=1", ""])

hrefs = st.none() | addresses | no_addresses | st.just("https://b.example/")
styles = st.sampled_from([style for style in Style if style is not Style.BLOCK])
spans = st.builds(Span, texts, styles, hrefs)
lines = st.lists(spans, max_size=5).map(tuple) | texts.map(lambda text: (block(text),))
long_lines = st.builds(
    lambda before, long, behind: (*before, long, *behind),
    lines,
    st.builds(Span, st.sampled_from(LONG) | st.integers(1, 9_000).map("x".__mul__), styles, hrefs),
    lines,
)
few = st.lists(lines, max_size=8)
with_a_long_one = st.builds(lambda before, long, behind: [*before, long, *behind], few, long_lines, few)
many = st.lists(lines, min_size=1, max_size=3).map(lambda rows: rows * 60)
"""So many spans that they cannot be one message."""

labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100).filter(
    lambda label: clean_text(label) != ""
)
commands = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90) | st.just("語" * 90)
).map("/{}".format)
actions = st.lists(st.builds(Action, labels, commands), max_size=45, unique=True).map(tuple)

documents = st.builds(
    lambda rows, buttons, again: Document(tuple(rows), buttons, again),
    few | with_a_long_one | many,
    actions,
    st.none() | commands,
)


def words(text: str) -> str:
    """The text without its white space."""
    return "".join(text.split())
