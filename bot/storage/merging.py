"""Two stories that turned out to be one: the older takes up the reports and messages of the younger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, literal, select, update

from bot.domain.deliveries import REVISED_AFTER, DeliveryState
from bot.storage.schema import State, deliveries, digest_items, reports, stories


def merge_stories(connection: Connection, younger: int, older: int, now: datetime) -> None:
    """Move what stands in `younger` into `older`. Messages that were sent stay, and are revised to say so."""
    connection.execute(
        update(reports)
        .where(reports.c.story_id == younger)
        .values(story_id=older, merged_from=func.coalesce(reports.c.merged_from, younger))
    )
    connection.execute(
        update(stories)
        .where((stories.c.id == younger) | (stories.c.merged_into == younger))
        .values(merged_into=older)
    )
    last = select(stories.c.last_report).where(stories.c.id == younger).scalar_subquery()
    connection.execute(
        update(stories).where(stories.c.id == older, stories.c.last_report < last).values(last_report=last)
    )
    _mute_both(connection, older)  # before any of them gives up its place
    _move_messages(connection, younger, older, now)
    _move_digest_items(connection, younger, older)


def one_event(connection: Connection, story_id: int) -> tuple[int, ...]:
    """The ids of the stories that are the same as this one, itself among them."""
    root = connection.scalar(
        select(func.coalesce(stories.c.merged_into, stories.c.id)).where(stories.c.id == story_id)
    )
    return (
        story_id if root is None else root,
        *connection.scalars(select(stories.c.id).where(stories.c.merged_into == root)),
    )


def _move_messages(connection: Connection, younger: int, older: int, now: datetime) -> None:
    """A chat that heard of the younger story alone has its message tell the older one; else each keeps its own."""
    _give_up_refused(connection, younger, older)
    told = deliveries.alias("told")
    of_older = (
        select(told.c.id)
        .where(
            told.c.story_id == older,
            told.c.chat_id == deliveries.c.chat_id,
        )
        .scalar_subquery()
    )
    of_younger = deliveries.c.story_id == younger
    # One that is not sent yet has nothing to say beside the other.
    connection.execute(
        update(deliveries)
        .where(of_younger, of_older.is_not(None), deliveries.c.state == DeliveryState.PENDING)
        .values(state=literal(DeliveryState.FOLDED, State), folded_into=of_older)
    )
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.story_id.in_([younger, older]),
            deliveries.c.state == DeliveryState.SENT,
            ~deliveries.c.muted,
        )
        .values(wanted_revision=deliveries.c.wanted_revision + 1, due=now + REVISED_AFTER)
    )
    connection.execute(update(deliveries).where(of_younger, of_older.is_(None)).values(story_id=older))


def _mute_both(connection: Connection, story_id: int) -> None:
    """A chat that wants to hear no more of one of the stories wants to hear no more of the event."""
    about = one_event(connection, story_id)
    muted = select(deliveries.c.chat_id).where(deliveries.c.story_id.in_(about), deliveries.c.muted)
    connection.execute(
        update(deliveries)
        .where(deliveries.c.story_id.in_(about), deliveries.c.chat_id.in_(muted))
        .values(muted=True)
    )


def _give_up_refused(connection: Connection, younger: int, older: int) -> None:
    """A message about the older story that was refused leaves its place to one about the younger that was not."""
    instead = deliveries.alias("instead")
    of_younger = (
        select(instead.c.id)
        .where(
            instead.c.story_id == younger,
            instead.c.chat_id == deliveries.c.chat_id,
            instead.c.state != DeliveryState.FAILED,
        )
        .scalar_subquery()
    )
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.story_id == older,
            deliveries.c.state == DeliveryState.FAILED,
            of_younger.is_not(None),
        )
        .values(state=literal(DeliveryState.FOLDED, State), folded_into=of_younger, story_id=None)
    )


def _move_digest_items(connection: Connection, younger: int, older: int) -> None:
    """A digest that told both goes on to tell both; one that told the younger alone told the older one."""
    both = digest_items.alias("both")
    has_older = (
        select(both.c.story_id)
        .where(both.c.digest_id == digest_items.c.digest_id, both.c.story_id == older)
        .exists()
    )
    connection.execute(
        update(digest_items).where(digest_items.c.story_id == younger, ~has_older).values(story_id=older)
    )
