"""Stories with all their reports and matches, in four queries however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select

from bot.domain.matching import Match
from bot.domain.stories import Report, Story
from bot.storage.rows import ENTRY, entry_of
from bot.storage.schema import entries, matches, reports, stories


def load_stories(connection: Connection, story_ids: Iterable[int]) -> dict[int, Story]:
    """By id: those of the stories that are stored, entries in their newest revision."""
    wanted = list(story_ids)
    told = _reports(connection, wanted)
    why = _matches(connection, wanted)
    rows = connection.execute(select(stories).where(stories.c.id.in_(wanted)))
    return {
        row.id: Story(
            row.id, row.opened, row.last_report, tuple(told[row.id]), tuple(why[row.id]), row.merged_into
        )
        for row in rows
    }


def _reports(connection: Connection, story_ids: list[int]) -> dict[int, list[Report]]:
    """Of each story, oldest first; of one that was merged into another, those that it had."""
    found: dict[int, list[Report]] = defaultdict(list)
    for stands in (reports.c.story_id, reports.c.merged_from):
        rows = connection.execute(
            select(*ENTRY, stands.label("story"), reports.c.concepts, reports.c.reason)
            .join_from(reports, entries, reports.c.entry_id == entries.c.id)
            .where(stands.in_(story_ids))
        )
        for row in rows:
            found[row.story].append(Report(entry_of(row), row.concepts, row.reason))
    for of_story in found.values():
        of_story.sort(key=lambda report: (report.entry.at, report.entry.id))
    return found


def _matches(connection: Connection, story_ids: list[int]) -> dict[int, list[Match]]:
    """Of all entries of each story."""
    found: dict[int, list[Match]] = defaultdict(list)
    rows = connection.execute(
        select(
            reports.c.story_id, matches.c.topic_id, matches.c.score, matches.c.reasons, matches.c.inherited
        )
        .join_from(reports, matches, reports.c.entry_id == matches.c.entry_id)
        .where(reports.c.story_id.in_(story_ids))
        .order_by(matches.c.entry_id, matches.c.topic_id)
    )
    for row in rows:
        found[row.story_id].append(Match(row.topic_id, row.score, row.reasons, row.inherited))
    return found
