"""What a bulletin says of a story: extractive, each sentence a source's own with its address, nothing said twice.

    reports -> headline (headlines.py) -> lead -> facts (telling.py), by novelty (gists.py) -> background

A message only grows: what it says is chosen from the reports that had come when it was sent, and each later report may
add to that, in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.bulletins import NAMED_SOURCES, Background, Bulletin, Fact, Kind, Source, flags_of
from bot.domain.catalog import Catalog, StyleGuide
from bot.domain.chats import Chat, language_of_chat
from bot.domain.headlines import best_report
from bot.domain.naming import name_in
from bot.domain.outlets import Outlets
from bot.domain.stories import SAME_HEADLINE, Report, Story
from bot.domain.telling import MOST_READ, Teller
from bot.domain.topics import Topic, hashtag_of


def compose(
    story: Story,
    chat: Chat,
    topics: Sequence[Topic],
    catalog: Catalog,
    *,
    first_sent: datetime | None = None,
    heads: int | None = None,
    possible_repeat: bool = False,
    background: Background | None = None,
) -> Bulletin:
    """The bulletin of a story for a chat that follows `topics`. `story` holds at least one report.

    `first_sent`: of a message that was sent, when. It only grows, so no report that came later heads it; `heads`: the
    entry that does, whatever came to the story by merging or is preferred now. `background`:
    what to say of the time before where no source of the story does (`pick_background`).
    """
    sent_with = next((one for one in story.reports if one.entry.id == heads), None)
    report = sent_with or best_report(story, chat, first_sent)
    teller = Teller(catalog, report.entry.language)
    headline, lead = teller.open(report)
    in_time, late = by_arrival(story, report, chat, first_sent)
    teller.spread(in_time)
    own = teller.recalled(in_time)
    teller.append(late)
    return assemble(
        story,
        report,
        chat,
        topics,
        catalog,
        headline=headline,
        lead=lead,
        facts=tuple(teller.facts),
        background=own or background,
        possible_repeat=possible_repeat,
    )


def by_arrival(
    story: Story, heads: Report, chat: Chat, sent: datetime | None
) -> tuple[tuple[Report, ...], tuple[Report, ...]]:
    """The reports to quote, of those that the chat reads: which had come when it was sent, and the later ones.

    The former are sorted: the headline's own, then those in its language, reprints last; the others as they came.
    """
    language = heads.entry.language
    readable = [
        report
        for report in story.reports
        if report.entry.language == language or (reads(chat, report.entry.language) and reads(chat, language))
    ]
    in_time: list[Report] = []
    late: list[Report] = []
    for report in readable:
        had_come = sent is None or report.entry.seen <= sent or report is heads
        (in_time if had_come else late).append(report)

    def order(report: Report) -> tuple[bool, int, bool, int]:
        other = report.entry.language
        rank = chat.languages.index(other) if other in chat.languages else len(chat.languages)
        return (
            report is not heads,
            -1 if other == language else rank,
            report.reason == SAME_HEADLINE,
            report.entry.id,
        )

    return tuple(sorted(in_time, key=order)[:MOST_READ]), tuple(late[:MOST_READ])


def assemble(
    story: Story,
    report: Report,
    chat: Chat,
    topics: Sequence[Topic],
    catalog: Catalog,
    *,
    headline: Fact,
    lead: str | None,
    facts: tuple[Fact, ...],
    background: Background | None = None,
    kind: Kind = Kind.FIRST,
    possible_repeat: bool = False,
) -> Bulletin:
    entry = report.entry
    sources = _sources(story)
    readable = tuple(
        source for source in sources if reads(chat, source.language) or source.outlet == entry.outlet
    )
    named = readable[:NAMED_SOURCES]
    voices = independent(story, catalog.outlets)
    return Bulletin(
        marks=_marks(report, story, kind, voices, catalog.style),
        flags=flags_of(report, catalog.lexicon, catalog.style.max_flags),
        headline=headline,
        lead=lead,
        facts=facts,
        sources=named,
        elsewhere=_elsewhere(sources, readable, catalog),
        independent=voices,
        at=story.opened.astimezone(ZoneInfo(chat.time_zone)),
        hashtags=tuple(
            hashtag_of(name_in(topic, catalog.lexicon, language_of_chat(chat))) for topic in topics
        ),
        language=None
        if reads(chat, entry.language)
        else catalog.language_names.get(entry.language, entry.language),
        possible_repeat=possible_repeat,
        unnamed=len(readable) - len(named),
        kind=kind,
        background=background,
        tongue=entry.language,
        heads=entry.id,
    )


def _marks(report: Report, story: Story, kind: Kind, voices: int, style: StyleGuide) -> tuple[str, ...]:
    first = {
        Kind.FIRST: style.confirmed if voices >= style.confirmed_by else style.first,
        Kind.UPDATE: style.update,
        Kind.CORRECTION: style.correction,
        Kind.RETRACTION: style.retraction,
    }[kind]
    event = _event_mark(report, story, style)
    return (first, event) if event else (first,)


def _event_mark(report: Report, story: Story, style: StyleGuide) -> str | None:
    """That of a kind of event that a third of the headlines tell of: a call may be what something came after.

    Of several, the one that most tell of; of these the one in the headline, else the first.
    """

    def of(one: Report) -> str | None:
        events = (style.events[concept] for concept in one.concepts if concept in style.events)
        return next(
            (event.mark for event in events if event.suits(one.entry.title, one.entry.language)), None
        )

    marks = list(map(of, story.reports))
    known = filter(None, dict.fromkeys((of(report), *marks)))
    commonest = max(known, key=marks.count, default=None)
    return commonest if commonest and 3 * marks.count(commonest) >= len(marks) else None


def independent(story: Story, outlets: Outlets) -> int:
    """How many voices report: outlets of one owner are one, and a reprint adds none."""
    own_words = [report for report in story.reports if report.reason != SAME_HEADLINE]
    return max(len({outlets.owner(report.entry.outlet) for report in own_words}), 1)


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


def reads(chat: Chat, language: str) -> bool:
    return not chat.languages or language in chat.languages
