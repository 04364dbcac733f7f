"""What is long over is forgotten, a batch at a time: stories, what was told of them, texts, and commands behind old buttons.

An entry keeps its name, title and fingerprint, by which a feed that lists it still, or lists it again, is seen to repeat
itself; and it is no news any more, so that not even a changed title tells it. What is unsent is never forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, update

from bot.domain.deliveries import DeliveryState
from bot.ports import Forgotten
from bot.storage.database import Part, writes
from bot.storage.schema import (
    buttons,
    deliveries,
    digest_items,
    digests,
    entries,
    matches,
    reports,
    revisions,
    stories,
)

_UNSENT = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNCERTAIN)
_LAST = func.coalesce(deliveries.c.sent_at, deliveries.c.created)


class ForgetPart(Part):
    """`ports.ForgetStore`."""

    @writes
    def forget_stories(self, connection: Connection, before: datetime, after: int, limit: int) -> Forgotten:
        roots = connection.scalars(
            select(stories.c.id)
            .where(
                stories.c.id > after,
                stories.c.id <= _newest(before),
                stories.c.merged_into.is_(None),
                stories.c.last_report < before,
            )
            .order_by(stories.c.id)
            .limit(limit)
        ).all()
        if not roots:
            return Forgotten()
        merged = select(stories.c.id, stories.c.merged_into).where(stories.c.merged_into.in_(roots))
        root_of = {
            **{id_: id_ for id_ in roots},
            **{row.id: row.merged_into for row in connection.execute(merged)},
        }
        kept = {root_of[id_] for id_ in _not_over(connection, list(root_of), before)}
        over = [id_ for id_, root in root_of.items() if root not in kept]
        return Forgotten(_drop_stories(connection, over), last=roots[-1])

    @writes
    def forget_texts(self, connection: Connection, before: datetime, after: int, limit: int) -> Forgotten:
        told = exists().where(reports.c.entry_id == entries.c.id)
        ids = connection.scalars(
            select(entries.c.id)
            .where(
                entries.c.id > after,
                entries.c.id <= _newest(before),
                entries.c.seen < before,
                ~entries.c.waiting,
                (entries.c.summary != "") | entries.c.is_news,
                ~told,
            )
            .order_by(entries.c.id)
            .limit(limit)
        ).all()
        if not ids:
            return Forgotten()
        _empty(connection, ids)
        return Forgotten(len(ids), last=ids[-1])

    @writes
    def forget_rest(self, connection: Connection, before: datetime, limit: int) -> int:
        old = select(buttons.c.key).where(buttons.c.created < before).limit(limit)
        count = connection.execute(delete(buttons).where(buttons.c.key.in_(old))).rowcount
        count += _drop_digests(connection, before, limit)
        folded = deliveries.alias("folded")
        single = (
            select(deliveries.c.id)
            .where(
                deliveries.c.story_id.is_(None),
                deliveries.c.answers.is_(None),
                deliveries.c.state.not_in(_UNSENT),
                before > _LAST,
                ~exists().where(folded.c.folded_into == deliveries.c.id),
                ~exists().where(digest_items.c.delivery_id == deliveries.c.id),
            )
            .limit(limit)
        )
        return count + connection.execute(delete(deliveries).where(deliveries.c.id.in_(single))).rowcount


def _newest(before: datetime) -> ColumnElement[int]:
    """The last entry that can be meant: ids grow with time, so that what is younger need not be looked at."""
    old = select(entries.c.id).where(entries.c.seen < before)
    newest = old.order_by(entries.c.seen.desc(), entries.c.id.desc()).limit(1)
    return func.coalesce(newest.scalar_subquery(), 0)


def _not_over(connection: Connection, story_ids: Sequence[int], before: datetime) -> set[int]:
    """Those with a report, or a message that tells them in whatever way, that is unsent or not that old."""
    lasting = deliveries.c.state.in_(_UNSENT) | (before <= _LAST)
    whole = deliveries.alias("whole")
    answered = deliveries.alias("answered")
    found = [
        select(reports.c.story_id)
        .join(entries, entries.c.id == reports.c.entry_id)
        .where(reports.c.story_id.in_(story_ids), (entries.c.seen >= before) | entries.c.waiting),
        select(deliveries.c.story_id).where(deliveries.c.story_id.in_(story_ids), lasting),
        select(whole.c.story_id)
        .join(deliveries, deliveries.c.id == whole.c.folded_into)
        .where(whole.c.story_id.in_(story_ids), lasting),
        select(answered.c.story_id)
        .join(deliveries, deliveries.c.answers == answered.c.id)
        .where(answered.c.story_id.in_(story_ids), lasting),
        select(digest_items.c.story_id)
        .join(deliveries, deliveries.c.id == digest_items.c.delivery_id)
        .where(digest_items.c.story_id.in_(story_ids), lasting),
    ]
    return {id_ for wanted in found for id_ in connection.scalars(wanted)}


def _drop_stories(connection: Connection, story_ids: Collection[int]) -> int:
    told = connection.scalars(select(deliveries.c.id).where(deliveries.c.story_id.in_(story_ids))).all()
    answers = connection.scalars(select(deliveries.c.id).where(deliveries.c.answers.in_(told))).all()
    messages = [*told, *answers]
    connection.execute(delete(digest_items).where(digest_items.c.story_id.in_(story_ids)))
    connection.execute(
        update(deliveries).where(deliveries.c.folded_into.in_(messages)).values(folded_into=None)
    )
    connection.execute(delete(deliveries).where(deliveries.c.id.in_(messages)))
    reported = connection.scalars(select(reports.c.entry_id).where(reports.c.story_id.in_(story_ids))).all()
    connection.execute(delete(reports).where(reports.c.story_id.in_(story_ids)))
    connection.execute(delete(stories).where(stories.c.id.in_(story_ids)))
    _empty(connection, reported)
    return len(story_ids)


def _empty(connection: Connection, entry_ids: Collection[int]) -> None:
    """Leave of entries what they are known by."""
    connection.execute(delete(matches).where(matches.c.entry_id.in_(entry_ids)))
    connection.execute(delete(revisions).where(revisions.c.entry_id.in_(entry_ids)))
    connection.execute(update(entries).where(entries.c.id.in_(entry_ids)).values(summary="", is_news=False))


def _drop_digests(connection: Connection, before: datetime, limit: int) -> int:
    """But for each chat's last, behind which the next one follows."""
    later = digests.alias("later")
    ids = connection.scalars(
        select(digests.c.id)
        .where(
            digests.c.until < before,
            exists().where(later.c.chat_id == digests.c.chat_id, later.c.id > digests.c.id),
            ~exists().where(
                digest_items.c.digest_id == digests.c.id,
                digest_items.c.delivery_id == deliveries.c.id,
                deliveries.c.state.in_(_UNSENT),
            ),
        )
        .limit(limit)
    ).all()
    connection.execute(delete(digest_items).where(digest_items.c.digest_id.in_(ids)))
    return connection.execute(delete(digests).where(digests.c.id.in_(ids))).rowcount
