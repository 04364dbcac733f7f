"""What was before an event: the thread that a story goes on with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import log
from zoneinfo import ZoneInfo

from bot.domain.bulletins import MAX_HEADLINE, Background, cut_at_word
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.composing import independent, reads
from bot.domain.gists import PLAIN, gist_of
from bot.domain.headlines import best_report, promises
from bot.domain.lexicon import HAPPENINGS, Lexicon
from bot.domain.quoting import headline_of
from bot.domain.stories import Report, Story
from bot.domain.telling import MOST_READ, NEW_OF_ITS_OWN, fact_of

IN_COMMON = 2
"""Names, kinds of event and topics that a story shares with what it goes on with."""

LEAST_IN_COMMON = 2.0
"""How much those have to say together (`_weights`): what all the stories of a topic name ties none to another."""

LEAST_COMPARED = 10
"""Among fewer earlier stories (as if there were so many) nothing is known to be common."""

WEIGHT_OF_KIND = 0.5
"""A kind of event is shared by chance more often than a name is; what is neither, twice as often again."""

BACKGROUND_WITHIN = timedelta(days=30)
"""Earlier stories are no background of what happens so long after."""


def pick_background(
    story: Story, earlier: Iterable[Story], chat: Chat, catalog: Catalog
) -> Background | None:
    """Of earlier stories, the one that this one follows from: its headline, with its outlet and when it was.

    It shares at least two names or kinds of event with this story, or one and a topic, not only such as most of them
    name, nor only countries, and is in a language that the chat reads. Of those that share most, the one that most outlets told; of these
    the latest.
    """
    known = [(other, best_report(other, chat)) for other in earlier if other.id != story.id and other.reports]
    weights = _weights([report for _, report in known], catalog.lexicon)
    heads = best_report(story, chat)
    topics = {match.topic_id for match in story.matches}
    named = {concept for report in story.reports[:MOST_READ] for concept in report.concepts}
    said = gist_of(heads.entry.title, heads.entry.language, catalog.lexicon)
    best: tuple[tuple[float, int, datetime], Story, Report] | None = None
    for other, report in known:
        if not timedelta(0) < story.opened - other.opened <= BACKGROUND_WITHIN:
            continue
        entry = report.entry
        shared = named & set(report.concepts)
        same_topic = bool(topics & {match.topic_id for match in other.matches})
        tie = sum(weights[concept] for concept in shared)
        if len(shared) + same_topic < IN_COMMON or tie < LEAST_IN_COMMON or promises(entry.title):
            continue
        if all(_is_country(concept, catalog.lexicon) for concept in shared):
            continue
        if not reads(chat, entry.language) or (
            entry.language == heads.entry.language
            and gist_of(entry.title, entry.language, catalog.lexicon).novelty(said) < NEW_OF_ITS_OWN
        ):
            continue
        rank = (round(tie + same_topic, 1), independent(other, catalog.outlets), other.opened)
        if best is None or rank > best[0]:
            best = rank, other, report
    if best is None:
        return None
    _, other, report = best
    text = cut_at_word(headline_of(report.entry, catalog.outlets), MAX_HEADLINE)
    return Background(fact_of(text, report), other.opened.astimezone(ZoneInfo(chat.time_zone)))


def _weights(reports: Sequence[Report], lexicon: Lexicon) -> dict[str, float]:
    """By concept, how much it says that two stories name it: the inverse document frequency among these headlines."""
    counts = Counter(concept for report in reports for concept in set(report.concepts))
    of = max(len(reports), LEAST_COMPARED)
    return {concept: _share(concept, lexicon) * log(of / count) for concept, count in counts.items()}


def _share(concept: str, lexicon: Lexicon) -> float:
    known = lexicon.concepts.get(concept)
    if known is None or known.kind in PLAIN:
        return WEIGHT_OF_KIND**2
    return WEIGHT_OF_KIND if known.kind in HAPPENINGS else 1.0


def _is_country(concept: str, lexicon: Lexicon) -> bool:
    known = lexicon.concepts.get(concept)
    return known is not None and known.kind == "country"
