"""Bulletins: what is said about a story, free of any platform.

Extractive: every sentence is a source's own, whole, and links to it. What does not fit is left out from the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sentencex import segment

from bot.domain.catalog import Catalog, StyleGuide
from bot.domain.chats import Chat, language_of_chat
from bot.domain.documents import Document, Line, Span, code, document, faint, line, link, strong
from bot.domain.entries import Entry
from bot.domain.lexicon import Lexicon
from bot.domain.naming import name_in
from bot.domain.outlets import Outlets
from bot.domain.speech import ENGLISH, Speech, clock_time
from bot.domain.stories import SAME_HEADLINE, Report, Story
from bot.domain.topics import Topic, hashtag_of

MAX_SENTENCE = 320
"""A longer sentence (characters) is not quoted: it would have to be cut."""

MAX_HEADLINE = 300
"""A longer headline (characters) is no headline; it is cut at a word, and says so."""

NAMED_SOURCES = 10
"""Outlets that are named; the rest are counted."""


_ENDS = re.compile(r"""[.!?。！？؟।։…:：][\s"'”’»」』)）\]]*$""")
"""How a whole sentence ends. A source that ends none so writes without; of one that does, the rest was cut off."""

_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])$")


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of a source."""

    text: str
    outlet: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Source:
    outlet: str
    href: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """`at` is when the story was first reported, in the chat's zone. `language` is set where the chat does not read it."""

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


def compose(
    story: Story,
    chat: Chat,
    topics: Sequence[Topic],
    catalog: Catalog,
    *,
    first_sent: datetime | None = None,
    possible_repeat: bool = False,
) -> Bulletin:
    """The bulletin of a story for a chat that follows `topics`. `story` holds at least one report.

    `first_sent`: of a message that was sent, when. It only grows, so no report that came later heads it.
    """
    report = best_report(story, chat, first_sent)
    entry = report.entry
    sentences = list(_sentences(entry))
    headline = entry.title or (sentences.pop(0) if sentences else entry.outlet)
    lead = sentences.pop(0) if sentences else None
    local = story.opened.astimezone(ZoneInfo(chat.time_zone))
    sources = _sources(story)
    readable = tuple(
        source for source in sources if _reads(chat, source.language) or source.outlet == entry.outlet
    )
    named = readable[:NAMED_SOURCES]
    independent = _independent(story, catalog.outlets)
    return Bulletin(
        marks=_marks(report, independent, catalog.style),
        flags=_flags(report, catalog.lexicon, catalog.style.max_flags),
        headline=Fact(cut_at_word(headline, MAX_HEADLINE), entry.outlet, entry.link),
        lead=lead,
        facts=tuple(Fact(text, entry.outlet, entry.link) for text in sentences[: catalog.style.max_facts]),
        sources=named,
        elsewhere=_elsewhere(sources, readable, catalog),
        independent=independent,
        at=local,
        hashtags=tuple(
            hashtag_of(name_in(topic, catalog.lexicon, language_of_chat(chat))) for topic in topics
        ),
        language=None
        if _reads(chat, entry.language)
        else catalog.language_names.get(entry.language, entry.language),
        possible_repeat=possible_repeat,
        unnamed=len(readable) - len(named),
    )


def lay_out(bulletin: Bulletin, style: StyleGuide, speech: Speech = ENGLISH) -> Document:
    """The bulletin as a message; what is not a source's own is said in `speech`."""
    return document(*_lines(bulletin, style, speech))


def shortened(bulletin: Bulletin) -> Iterator[Bulletin]:
    """The bulletin, and ever shorter ones for a platform on which it does not fit; the last one fits everywhere.

    Facts go first, from the end, then the lead, then the names of all but the first outlets.
    """
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
    *,
    possible_repeat: bool = False,
) -> Iterator[Document]:
    """What a chat missed, as one message of a line a story, and ever shorter ones; the last one fits everywhere."""
    zone = ZoneInfo(chat.time_zone)
    heading = speech.plural(
        "While bulletins were paused here: {n} story", "While bulletins were paused here: {n} stories", total
    )
    closing = ((), _repeat_line(catalog.style, speech)) if possible_repeat else ()
    rows = [_missed(story, chat, catalog, zone, speech) for story in stories]
    for shown in range(len(rows), -1, -1):
        left = total - shown
        more = (
            (speech.tell("… and {n} more: {latest}", tone=faint, n=left, latest=code("/latest")),)
            if left
            else ()
        )
        yield document(line("📬 ", strong(heading)), (), *rows[:shown], *more, *closing)


def _missed(story: Story, chat: Chat, catalog: Catalog, zone: ZoneInfo, speech: Speech) -> Line:
    """A story in a line: `🇺🇦 Headline — Outlet, Fri 21:50`."""
    report = best_report(story, chat)
    entry = report.entry
    headline = cut_at_word(entry.title or entry.outlet, MAX_HEADLINE)
    flags = "".join(_flags(report, catalog.lexicon, catalog.style.max_flags))
    opening = f"{catalog.style.fact} {flags} " if flags else f"{catalog.style.fact} "
    at = speech.weekday(story.opened.astimezone(zone))
    return line(
        opening,
        link(headline, entry.link),
        faint(unbroken(f" — {speech.say('{outlet}, {time}', outlet=entry.outlet, time=at)}")),
    )


def best_report(story: Story, chat: Chat, by: datetime | None = None) -> Report:
    """Whose words head the bulletin: in the chat's first language that has one, of an outlet it prefers, the earliest.

    `by`: of those that had come by then, if any had.
    """

    def rank(report: Report) -> tuple[int, bool, int]:
        language = report.entry.language
        order = chat.languages.index(language) if language in chat.languages else len(chat.languages)
        return order, report.entry.outlet not in chat.preferred_outlets, report.entry.id

    in_time = [report for report in story.reports if by is None or report.entry.seen <= by]
    return min(in_time or story.reports, key=rank)


def _lines(bulletin: Bulletin, style: StyleGuide, speech: Speech) -> Iterator[Line]:
    marks = (style.possible_repeat, *bulletin.marks) if bulletin.possible_repeat else bulletin.marks
    opening = " ".join(filter(None, ("".join(marks), "".join(bulletin.flags))))
    tongue = (faint(f"〔{bulletin.language}〕"),) if bulletin.language else ()
    yield line(f"{opening} ", *tongue, "【", strong(bulletin.headline.text, bulletin.headline.href), "】")
    if bulletin.lead:
        yield ()
        yield line(bulletin.lead)
    for fact in bulletin.facts:
        yield line(f"{style.fact} {fact.text} ", link(unbroken(f"[{fact.outlet}]"), fact.href))
    if bulletin.lead or bulletin.facts:
        yield ()
    yield tuple(_source_line(bulletin, speech))
    if bulletin.hashtags:
        dated = speech.say(
            "{hashtags} ({date})", hashtags=" ".join(bulletin.hashtags), date=f"{bulletin.at:%y%m%d}"
        )
        yield line(faint(dated))
    if bulletin.possible_repeat:
        yield _repeat_line(style, speech)


def unbroken(text: str) -> str:
    """Text that stays on one row: an outlet's name is not torn from its brackets."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _repeat_line(style: StyleGuide, speech: Speech) -> Line:
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


def _marks(report: Report, voices: int, style: StyleGuide) -> tuple[str, ...]:
    first = style.confirmed if voices >= style.confirmed_by else style.first
    kind = next((style.events[concept] for concept in report.concepts if concept in style.events), None)
    return (first, kind) if kind else (first,)


def _independent(story: Story, outlets: Outlets) -> int:
    """How many voices report: outlets of one owner are one, and a reprint adds none."""
    own_words = [report for report in story.reports if report.reason != SAME_HEADLINE]
    return max(len({outlets.owner(report.entry.outlet) for report in own_words}), 1)


def _flags(report: Report, lexicon: Lexicon, limit: int) -> tuple[str, ...]:
    """Of the countries the title names, in that order; a leader or a capital stands for the country."""
    flags: dict[str, None] = {}
    for id_ in report.concepts:
        for concept in (id_, *lexicon.closure.get(id_, ())):
            known = lexicon.concepts.get(concept)
            if known is not None and known.flag:
                flags[known.flag] = None
    return tuple(flags)[:limit]


def _sources(story: Story) -> tuple[Source, ...]:
    """Each outlet once, with its first report's address."""
    sources: dict[str, Source] = {}
    for report in story.reports:
        entry = report.entry
        sources.setdefault(entry.outlet, Source(entry.outlet, entry.link, entry.language))
    return tuple(sources.values())


def _elsewhere(
    all_: Sequence[Source], named: Sequence[Source], catalog: Catalog
) -> tuple[tuple[str, int], ...]:
    languages = [source.language for source in all_ if source not in named]
    return tuple(
        (catalog.language_names.get(language, language), languages.count(language))
        for language in dict.fromkeys(languages)
    )


def _reads(chat: Chat, language: str) -> bool:
    return not chat.languages or language in chat.languages


def _sentences(entry: Entry) -> Iterator[str]:
    """The summary's sentences that can be quoted whole and say more than the title."""
    title = _words(entry.title)
    sentences = split_sentences(entry.summary, entry.language)
    punctuates = entry.language in ("ja", "zh") or any(_ENDS.search(sentence) for sentence in sentences)
    for sentence in sentences:
        words = _words(sentence)
        cut_off = _CUT_OFF.search(sentence) or (punctuates and not _ENDS.search(sentence))
        if words and words != title and len(sentence) <= MAX_SENTENCE and not cut_off:
            yield sentence


def split_sentences(text: str, language: str) -> tuple[str, ...]:
    """Sentences of a text. sentencex splits Japanese behind a closing quote; what begins with と belongs before it."""
    sentences: list[str] = []
    for piece in (piece.strip() for piece in segment(language, text)):
        if language == "ja" and sentences and piece.startswith("と"):
            sentences[-1] += piece
        elif piece:
            sentences.append(piece)
    return tuple(sentences)


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))
