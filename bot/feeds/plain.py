"""From the HTML of titles and summaries to plain text."""

from __future__ import annotations

import html
import re

import nh3

from bot.domain.entries import clean_text

MAX_TEXT = 4_000
"""Characters: of a longer text nobody keeps the rest."""

_BLOCKS = (
    "address|article|aside|blockquote|br|caption|center|dd|details|div|dl|dt|figcaption|figure|footer|form|h[1-6]"
    "|header|hr|img|li|main|nav|ol|option|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul|video"
)
_BLOCK = re.compile(rf"<(?=/?(?:{_BLOCKS})\b)", re.IGNORECASE)

_PARAGRAPH_END = re.compile(r"</(?:p|div|h[1-6]|li|blockquote)\s*>", re.IGNORECASE)
_PARAGRAPH = "\u2029"
_CLOSING = "\"'»”’)]」』"

_SHORTEST_SENTENCE = 4
"""Fewer words are a label or a name, which needs no full stop."""

_CONTENT_IS_NO_TEXT = {
    "iframe", "math", "noembed", "noframes", "noscript", "object", "plaintext", "script", "select", "style", "svg",
    "template", "textarea", "title", "xmp",
}  # fmt: skip

_KNOWN_TAGS = "|".join(
    sorted({*nh3.ALLOWED_TAGS, *_CONTENT_IS_NO_TEXT, "body", "font", "head", "html", "o:p"})
)
_UNKNOWN_TAG = re.compile(rf"<(?!/?(?:{_KNOWN_TAGS})\b|!)", re.IGNORECASE)

_CLEANER = nh3.Cleaner(tags=set(), clean_content_tags=_CONTENT_IS_NO_TEXT)

_SENTENCE_END = re.compile(r"[.!?…][\"'»”’)\]]*(?=\s)|[。！？][」』”’）]*")


def html_to_text(markup: str) -> str:
    """All that a reader would see, on one line: no tags, no scripts or styles; words in two blocks stay two words.

    A standfirst or a caption without a full stop gets one, as it would grow together with the paragraph behind it. Ends
    somewhere behind `MAX_TEXT` characters, with a paragraph.
    """
    if "<" in markup:
        markup = _PARAGRAPH_END.sub(lambda end: _PARAGRAPH + end[0], markup)
        markup = _BLOCK.sub(" <", markup)
        markup = _CLEANER.clean(markup)
    text = ""
    for paragraph in map(clean_text, html.unescape(markup).split(_PARAGRAPH)):
        text = _behind(text, paragraph) if text and paragraph else text or paragraph
        if len(text) > MAX_TEXT:
            break
    return text


def _behind(text: str, paragraph: str) -> str:
    """A paragraph behind a text, parted from it by a full stop where there is none."""
    if text[-1] >= "\u3041" and text[-1].isalnum():
        return f"{text}。{paragraph}"
    begins = paragraph.lstrip("“«„‘\"'")[:1].isupper()
    if begins and not _ended(text) and len(text.rsplit(". ", 1)[-1].split()) >= _SHORTEST_SENTENCE:
        return f"{text}. {paragraph}"
    return f"{text} {paragraph}"


def _ended(text: str) -> bool:
    """Whether nothing is missing behind it: it ends with a mark, whatever it is, and what closes behind it."""
    last = text.rstrip(_CLOSING)[-1:]
    return bool(last) and not (last.isalnum() or last in "_%")


def title_to_text(title: str) -> str:
    """As `html_to_text`, but angle brackets that are no HTML are the headline's own: «<Exclusive> Kyiv says …»."""
    return html_to_text(_UNKNOWN_TAG.sub("&lt;", title))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, ended after a sentence if one ends in the second half, else after a word."""
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    sentence_ends = [found.end() for found in _SENTENCE_END.finditer(head) if found.end() <= limit]
    if sentence_ends and sentence_ends[-1] >= limit // 2:
        return head[: sentence_ends[-1]]
    word_end = head.rfind(" ")
    return head[: word_end if word_end >= limit // 2 else limit].rstrip()
