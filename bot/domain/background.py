"""What was before an event: the thread that a story goes on with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.bulletins import MAX_HEADLINE, Background, cut_at_word
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.composing import independent, reads
from bot.domain.gists import gist_of
from bot.domain.headlines import best_report, promises
from bot.domain.quoting import headline_of
from bot.domain.stories import Report, Story
from bot.domain.telling import MOST_READ, NEW_OF_ITS_OWN, fact_of

IN_COMMON = 2
"""Names, kinds of event and topics that a story shares with what it goes on with."""

BACKGROUND_WITHIN = timedelta(days=30)
"""Earlier stories are no background of what happens so long after."""


def pick_background(
    story: Story, earlier: Iterable[Story], chat: Chat, catalog: Catalog
) -> Background | None:
    """Of earlier stories, the one that this one follows from: its headline, with its outlet and when it was.

    It shares at least two names or kinds of event with this story, or one and a topic, and is in a language that the
    chat reads. Of those that share most, the one that most outlets told; of these the latest.
    """
    heads = best_report(story, chat)
    topics = {match.topic_id for match in story.matches}
    named = {concept for report in story.reports[:MOST_READ] for concept in report.concepts}
    said = gist_of(heads.entry.title, heads.entry.language, catalog.lexicon)
    best: tuple[tuple[int, int, datetime], Story, Report] | None = None
    for other in earlier:
        if other.id == story.id or not other.reports:
            continue
        if not timedelta(0) < story.opened - other.opened <= BACKGROUND_WITHIN:
            continue
        report = best_report(other, chat)
        entry = report.entry
        shared = len(named & set(report.concepts))
        same_topic = bool(topics & {match.topic_id for match in other.matches})
        if shared + same_topic < IN_COMMON or not shared or promises(entry.title):
            continue
        if not reads(chat, entry.language) or (
            entry.language == heads.entry.language
            and gist_of(entry.title, entry.language, catalog.lexicon).novelty(said) < NEW_OF_ITS_OWN
        ):
            continue
        rank = (shared + same_topic, independent(other, catalog.outlets), other.opened)
        if best is None or rank > best[0]:
            best = rank, other, report
    if best is None:
        return None
    _, other, report = best
    text = cut_at_word(headline_of(report.entry, catalog.outlets), MAX_HEADLINE)
    return Background(fact_of(text, report), other.opened.astimezone(ZoneInfo(chat.time_zone)))
