"""Bulletins: what is said about a story, free of any platform, and how it is laid out.

What does not fit is left out from the end. What a bulletin says is chosen in `bot.domain.composing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from bot.domain.catalog import Catalog, StyleGuide
from bot.domain.chats import Chat
from bot.domain.deliveries import Occasion
from bot.domain.documents import Document, Line, Span, code, document, faint, line, link, strong
from bot.domain.headlines import best_report
from bot.domain.lexicon import Lexicon
from bot.domain.quoting import opening_of
from bot.domain.speech import ENGLISH, Speech, clock_time
from bot.domain.stories import Report, Story

MAX_HEADLINE = 300
"""A longer headline (characters) is no headline; it is cut at a word, and says so."""

NAMED_SOURCES = 10
"""Outlets that are named; the rest are counted."""


class Kind(Enum):
    """What a bulletin is to those who get it: word of a story, what is new of it, or that something of it was wrong."""

    FIRST = "first"
    UPDATE = "update"
    CORRECTION = "correction"
    RETRACTION = "retraction"


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of a source."""

    text: str
    outlet: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Background:
    """What was before the event: a sentence of a source of the story, or the headline of an earlier story, of `at`."""

    fact: Fact
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    outlet: str
    href: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """`at` is when the story was first reported, in the chat's zone. `language` is set where the chat does not read it.

    `heads` is the entry whose headline it has, `tongue` the language of that (BCP 47). `translated_into`: the language that headline, lead and facts were
    put into by a machine, as it calls itself.
    """

    marks: tuple[str, ...]
    flags: tuple[str, ...]
    headline: Fact
    lead: str | None
    facts: tuple[Fact, ...]
    sources: tuple[Source, ...]
    elsewhere: tuple[tuple[str, int], ...]
    """(language name, outlets): sources in languages that the chat does not read."""
    independent: int
    at: datetime
    hashtags: tuple[str, ...]
    language: str | None = None
    possible_repeat: bool = False
    unnamed: int = 0
    """Outlets beyond `sources`, in languages that the chat reads."""
    kind: Kind = Kind.FIRST
    background: Background | None = None
    tongue: str = ""
    heads: int | None = None
    translated_into: str | None = None


def lay_out(bulletin: Bulletin, style: StyleGuide, speech: Speech = ENGLISH) -> Document:
    """The bulletin as a message; what is not a source's own is said in `speech`."""
    return document(*_lines(bulletin, style, speech))


def shortened(bulletin: Bulletin) -> Iterator[Bulletin]:
    """The bulletin, and ever shorter ones for a platform on which it does not fit; the last one fits everywhere.

    The background goes first, then facts, from the end, then the lead, then the names of all but the first outlets.
    """
    yield bulletin
    if bulletin.background:
        bulletin = replace(bulletin, background=None)
        yield bulletin
    for kept in range(len(bulletin.facts) - 1, -1, -1):
        yield replace(bulletin, facts=bulletin.facts[:kept])
    bare = replace(bulletin, facts=(), lead=None)
    yield bare
    fewest = bulletin.sources[:3]
    unnamed = bulletin.unnamed + len(bulletin.sources) - len(fewest)
    yield replace(bare, sources=fewest, unnamed=unnamed, hashtags=bare.hashtags[:2])


def cut_at_word(text: str, length: int) -> str:
    """`text`, or as many of its words as fit into `length` characters with the sign that it was cut."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    words, blank, _ = kept.rpartition(" ")
    return (words if blank and len(words) > length // 2 else kept).rstrip() + "…"


def catch_up(
    stories: Sequence[Story],
    total: int,
    chat: Chat,
    catalog: Catalog,
    speech: Speech = ENGLISH,
    occasion: Occasion = Occasion.PAUSE,
    *,
    possible_repeat: bool = False,
) -> Iterator[Document]:
    """What a chat was not told, as one message of a line a story, and ever shorter ones; the last one fits everywhere."""
    zone = ZoneInfo(chat.time_zone)
    heading = _folded(occasion, total, speech)
    closing = ((), repeat_line(catalog.style, speech)) if possible_repeat else ()
    rows = [_missed(story, chat, catalog, zone, speech) for story in stories]
    for shown in range(len(rows), -1, -1):
        left = total - shown
        more = (
            (speech.tell("… and {n} more: {latest}", tone=faint, n=left, latest=code("/latest")),)
            if left
            else ()
        )
        yield document(line("📬 ", strong(heading)), (), *rows[:shown], *more, *closing)


def _folded(occasion: Occasion, stories: int, speech: Speech) -> str:
    if occasion is Occasion.QUIET:
        return speech.plural("During quiet hours: {n} story", "During quiet hours: {n} stories", stories)
    if occasion is Occasion.HOURLY:
        return speech.plural("More within the hour: {n} story", "More within the hour: {n} stories", stories)
    if occasion is Occasion.BACKLOG:
        return speech.plural(
            "Late, after an interruption: {n} story", "Late, after an interruption: {n} stories", stories
        )
    if occasion is Occasion.DIGESTS_END:
        return speech.plural(
            "Since the last digest: {n} story", "Since the last digest: {n} stories", stories
        )
    return speech.plural(
        "While bulletins were paused here: {n} story",
        "While bulletins were paused here: {n} stories",
        stories,
    )


def _missed(story: Story, chat: Chat, catalog: Catalog, zone: ZoneInfo, speech: Speech) -> Line:
    """A story in a line: `🇺🇦 Headline — Outlet, Fri 21:50`."""
    report = best_report(story, chat)
    entry = report.entry
    headline = cut_at_word(opening_of(entry, catalog.outlets), MAX_HEADLINE)
    flags = "".join(flags_of(report, catalog.lexicon, catalog.style.max_flags))
    opening = f"{catalog.style.fact} {flags} " if flags else f"{catalog.style.fact} "
    at = speech.weekday(story.opened.astimezone(zone))
    return line(
        opening,
        link(headline, entry.link),
        faint(
            f"\N{NO-BREAK SPACE}— {unbroken(speech.say('{outlet}, {time}', outlet=entry.outlet, time=at))}"
        ),
    )


def _lines(bulletin: Bulletin, style: StyleGuide, speech: Speech) -> Iterator[Line]:
    yield line(
        f"{marked(bulletin, style, speech)} ",
        *tongue_of(bulletin, speech),
        "【",
        strong(bulletin.headline.text, bulletin.headline.href),
        "】",
    )
    if bulletin.lead:
        yield ()
        yield line(bulletin.lead)
    for fact in bulletin.facts:
        yield line(f"{style.fact} {fact.text} ", link(unbroken(f"[{fact.outlet}]"), fact.href))
    if bulletin.background:
        yield tuple(_background_line(bulletin.background, style))
    if bulletin.lead or bulletin.facts or bulletin.background:
        yield ()
    yield tuple(_source_line(bulletin, speech))
    if bulletin.hashtags:
        dated = speech.say(
            "{hashtags} ({date})", hashtags=" ".join(bulletin.hashtags), date=f"{bulletin.at:%y%m%d}"
        )
        yield line(faint(dated))
    if bulletin.possible_repeat:
        yield repeat_line(style, speech)


def marked(bulletin: Bulletin, style: StyleGuide, speech: Speech) -> str:
    """What a bulletin opens with: `⚡️ 🇺🇦`, `✏️ Correction 🤝 🇺🇦`. What was wrong is told in a word, too.

    A mark says little to who does not know it, and to a screen reader something else.
    """
    marks = (style.possible_repeat, *bulletin.marks) if bulletin.possible_repeat else bulletin.marks
    words = {style.correction: speech.say("Correction"), style.retraction: speech.say("Retraction")}
    said = "".join(f"{mark} {words[mark]} " if mark in words else mark for mark in marks)
    return " ".join(filter(None, (said.strip(), "".join(bulletin.flags))))


def tongue_of(bulletin: Bulletin, speech: Speech) -> Line:
    """In which language a bulletin is that the chat does not read; nothing is translated without saying so."""
    if bulletin.language is None:
        return ()
    if bulletin.translated_into is None:
        return line(faint(f"〔{bulletin.language}〕"))
    said = speech.say(
        "〔{original} → {into}, machine translation〕",
        original=bulletin.language,
        into=bulletin.translated_into,
    )
    return line(faint(said))


def _background_line(background: Background, style: StyleGuide) -> Iterator[Span]:
    """`ℹ️ What was before [Outlet, 2025-08-07]`: the date only of an earlier story."""
    fact, at = background.fact, background.at
    date = f", {at:%Y-%m-%d}".replace("-", "\N{NON-BREAKING HYPHEN}") if at else ""
    where = f"[{fact.outlet}{date}]"
    yield from line(f"{style.background} {fact.text} ", link(unbroken(where), fact.href))


def unbroken(text: str) -> str:
    """Text that stays on one row: an outlet's name is not torn from its brackets."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def repeat_line(style: StyleGuide, speech: Speech) -> Line:
    """What stands below a message that may have been sent before."""
    why = speech.say("possibly a repeat: the first attempt may have arrived")
    return line(faint(f"{style.possible_repeat} {why}"))


def _source_line(bulletin: Bulletin, speech: Speech) -> Iterator[Span]:
    for source in bulletin.sources:
        yield faint(source.outlet, source.href)
        yield faint(" · ")
    if bulletin.unnamed:
        yield faint(speech.plural("+{n} more", "+{n} more", bulletin.unnamed) + " · ")
    for language, count in bulletin.elsewhere:
        yield faint(f"+{count} {language} · ")
    if bulletin.independent > 1:
        yield faint(speech.plural("{n} independent", "{n} independent", bulletin.independent) + " · ")
    yield faint(clock_time(bulletin.at))


def flags_of(report: Report, lexicon: Lexicon, limit: int) -> tuple[str, ...]:
    """Of the countries the title names, in that order; a leader or a capital stands for the country."""
    flags: dict[str, None] = {}
    for id_ in report.concepts:
        for concept in (id_, *lexicon.closure.get(id_, ())):
            known = lexicon.concepts.get(concept)
            if known is not None and known.flag:
                flags[known.flag] = None
    return tuple(flags)[:limit]
