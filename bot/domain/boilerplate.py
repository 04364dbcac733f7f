"""What stands in an entry without saying anything of its event: calls to read on, and the outlet's own name."""

from __future__ import annotations

import re
from functools import lru_cache

_CALLS = re.compile(
    r"the post\b.{0,300}?\b(?:first )?appeared (?:first )?on\b.*$"
    r"|(?:\b(?:read (?:more|on|next|also|the full (?:story|article|report))|continue reading|keep reading|click here"
    r"|sign up (?:for|to)|subscribe (?:to|for)|follow (?:us|our)|more on this story|related(?: topics| articles)?:"
    r"|lire (?:la suite|aussi|plus)|à lire aussi|weiterlesen|lesen sie (?:auch|mehr)|mehr zum thema|leer más|lee también"
    r"|seguir leyendo|devamını oku|читать (?:далее|также|полностью)|читайте (?:также|нас)|подробнее|подписывайтесь"
    r"|читати (?:далі|також)|читайте також|підписуйтесь)\b|続きを読む|あわせて読みたい|記事全文|阅读全文|閱讀全文|继续阅读|繼續閱讀"
    r"|더 ?보기|전문 보기|اقرأ (?:أيضا|أيضًا|المزيد)|بیشتر بخوانید|להמשך קריאה|לקריאה נוספת|կարդալ ավելին)"
    r"[^.!?。！？\n]*[.!?。！？]*",
    re.IGNORECASE | re.DOTALL,
)
"""Sentences that call for something to be done, in the languages of the lexicon; each to its end."""

_FURNITURE = re.compile(
    r"^\s*(?:(?:live(?: updates?| blog| now)?|[\w' ]{1,20} live(?=\s*[:：|｜])|watch(?: live)?|listen|podcast|analysis|opinion|editorial|breaking(?: news)?"
    r"|exclusive|explainer|video|photos|in pictures|live[- ]ticker|en direct|directo|en vivo|онлайн|видео|фото|мнение|срочно|відео"
    r"|терміново|速報|動画|写真)\s*[:：|｜–—-]\s*"
    r"|[【\[〈<＜](?:速報|独自|動画|写真|解説|詳報|深掘り|社説|コラム|live|video|watch|видео|фото|відео|фото)[】\]〉>＞]\s*)",
    re.IGNORECASE,
)
"""What a live blog or a video puts before its headline."""

_GOES_ON = re.compile(
    r"^\s*(?:(?:[\w'’ -]{1,40} live|(?:the|[\w'’ -]{2,40}) latest)\s*[:|｜]\s*|breaking news[.!]\s)",
    re.IGNORECASE,
)
"""What a page that goes on puts before its headline. It may name the event, so it is evidence of it."""

_FURNITURE_BEHIND = re.compile(
    r"(?:\s+[|–—-]|\s*[|:])\s*(?:live(?: updates?| blog)?|updated|as it happened|(?:in )?(?:pictures|photos|video)|opinion|analysis|editorial"
    r"|podcast|explainer|онлайн|видео|фото|відео|動画|写真|解説|ポッドキャスト)\s*$",
    re.IGNORECASE,
)

SHORTEST_NAME = 4
"""A shorter name of an outlet may stand for anything else, too."""


def blanked(text: str, outlet: str) -> str:
    """The text with blanks in place of such words, so that what is left stands where it stood."""
    for pattern in (_FURNITURE, _CALLS, _name(outlet)):
        if pattern is not None:
            text = pattern.sub(lambda found: " " * len(found[0]), text)
    return text


def without_furniture(title: str) -> str:
    """A headline without what a live blog or a video puts before or behind it."""
    return _FURNITURE_BEHIND.sub("", _GOES_ON.sub("", _FURNITURE.sub("", title)))


def has_furniture(title: str) -> bool:
    begins = _FURNITURE.match(title) or _GOES_ON.match(title)
    return begins is not None or _FURNITURE_BEHIND.search(title) is not None


def begins_with_call(sentence: str) -> bool:
    return _CALLS.match(sentence) is not None


def without_calls(sentence: str) -> str:
    """A sentence without the call that a feed has set behind it: such a call begins with a capital where it can."""
    for found in _CALLS.finditer(sentence):
        if found.start() and not found[0][0].islower():
            return sentence[: found.start()].rstrip(" |»>–—-")
    return sentence


@lru_cache(maxsize=4096)
def _name(outlet: str) -> re.Pattern[str] | None:
    """The outlet's name where it stands alone: news of the Kyiv Independent is no news of Kyiv."""
    if len(outlet) < SHORTEST_NAME or " " not in outlet.strip():
        return None
    return re.compile(rf"(?<!\w){re.escape(outlet.strip())}(?!\w)", re.IGNORECASE)
