"""What is new of a story that a chat was told: the answer to the message that told it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.bulletins import Bulletin, Kind
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.composing import assemble, by_arrival, compose, reads
from bot.domain.gists import gist_of
from bot.domain.quoting import Quote
from bot.domain.stories import Report, Story
from bot.domain.telling import MOST_READ, NEW_ACROSS, NEW_ENOUGH, Said, Teller
from bot.domain.topics import Topic

LEAST_NEW = 0.3
"""Which part (by weight, 0 to 1) has to be new of a title that is said to bring a development, if it has no new number."""


def compose_update(
    story: Story,
    chat: Chat,
    topics: Sequence[Topic],
    catalog: Catalog,
    *,
    told: datetime,
    kind: Kind = Kind.UPDATE,
    of: int | None = None,
    possible_repeat: bool = False,
) -> Bulletin | None:
    """The answer to what a chat was last told of a story at `told`: only what is new since. None where nothing is.

    `of`: the entry that brings the development, the correction or the retraction, where it is known; else it is looked
    for among the reports that came since. What is corrected or retracted is told by that report alone.
    """
    before = tuple(one for one in story.reports if one.entry.seen <= told and one.entry.id != of)
    since = tuple(one for one in story.reports if one.entry.seen > told or one.entry.id == of)
    if not since:
        return None
    news = replace(story, reports=since, opened=since[0].entry.seen)
    if kind is not Kind.UPDATE:
        report = next((one for one in since if one.entry.id == of), since[-1])
        teller = Teller(catalog, report.entry.language)
        headline, lead = teller.open(report)
        teller.spread((report,))
        news = replace(news, reports=(report,), opened=report.entry.seen)
    else:
        known = _known(replace(story, reports=before), chat, catalog) if before else ()
        brings = _development(since, known, chat, catalog, of)
        if brings is None:
            return None
        report, quote = brings
        teller = Teller(catalog, report.entry.language, known)
        headline, lead = teller.open(report, quote)
        teller.spread(by_arrival(news, report, chat, None)[0])
    return assemble(
        news,
        report,
        chat,
        topics,
        catalog,
        headline=headline,
        lead=lead,
        facts=tuple(teller.facts),
        kind=kind,
        possible_repeat=possible_repeat,
    )


def _known(story: Story, chat: Chat, catalog: Catalog) -> tuple[Said, ...]:
    """What a chat knows of a story: what its bulletin said, and the titles of its reports."""
    told = compose(story, chat, (), catalog)
    texts = [
        (told.headline.text, told.tongue),
        *((report.entry.title, report.entry.language) for report in story.reports[:MOST_READ]),
    ]
    texts += [(text, told.tongue) for text in (told.lead, *(fact.text for fact in told.facts)) if text]
    return tuple(Said(gist_of(text, language, catalog.lexicon), language) for text, language in texts)


def _development(
    since: Sequence[Report], known: Sequence[Said], chat: Chat, catalog: Catalog, of: int | None
) -> tuple[Report, Quote | None] | None:
    """The report that brings most that is new, and the sentence that does so where its title does not."""
    teller = Teller(catalog, "", known)
    languages = {said.language for said in known}
    best: tuple[tuple[bool, bool, float, int], Report, Quote | None] | None = None
    for report in since[:MOST_READ]:
        entry = report.entry
        if not reads(chat, entry.language) and any(reads(chat, language) for language in languages):
            continue
        own = [quote for quote in teller.sentences(report) if not (quote.follows or quote.recalls)]
        for quote in filter(None, (teller.title(report), *own)):
            novelty = teller.novelty(quote.text, report)
            if not _is_news(teller, quote, report, novelty) and not (
                entry.id == of and quote.place < 0 and _develops(teller, report, quote, own)
            ):
                continue
            number = _brings_number(teller, quote, report)
            rank = (entry.id == of, quote.place < 0, novelty + number, -entry.id)
            if best is None or rank > best[0]:
                best = rank, report, quote if quote.place >= 0 else None
    return (best[1], best[2]) if best else None


def _is_news(teller: Teller, quote: Quote, report: Report, novelty: float) -> bool:
    """Whether a sentence by itself, or a title by a number, tells what the chat does not know."""
    return novelty >= NEW_ENOUGH or (quote.place < 0 and _brings_number(teller, quote, report))


def _brings_number(teller: Teller, quote: Quote, report: Report) -> bool:
    language = report.entry.language
    numbers = teller.gist(quote.text, language).beyond(teller.told(language)).numbers
    return bool(numbers) and teller.novelty(quote.text, report) > 0


def _develops(teller: Teller, report: Report, title: Quote, sentences: Sequence[Quote]) -> bool:
    """Whether a title that is said to bring a development may head it: it does not repeat what is known, or its text tells more.

    Where all that is known is in other languages, it has to bring names, kinds of event or numbers: else it translates that.
    """
    language = report.entry.language
    gist = teller.gist(title.text, language)
    told = teller.told(language)
    if told.weight:
        new = gist.novelty(told) >= LEAST_NEW
    else:
        new = gist.beyond(teller.told_anywhere).certain >= NEW_ACROSS
    if new:
        return True
    return any(teller.novelty(quote.text, report) >= NEW_ENOUGH for quote in sentences)
