"""Tells the operator's chat what is wrong: silent feeds, growing lag, deliveries that fail, platforms that are away.

Looked for every half minute; what is told, and when, is decided in `bot.domain.alerting`. Its state is stored, so that a
program that is restarted over and over neither repeats itself nor falls silent. What is told here does not go through the
outbox, which may be what is wrong.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.domain.addresses import shown
from bot.domain.alerting import Alert, Group, Grouped, Notice, Standing, Timing, due_notice, looked, noticed
from bot.domain.chats import Platform
from bot.domain.deliveries import Sent
from bot.domain.documents import Document, Line, document, faint, line, strong
from bot.domain.facts import Fact, Settled
from bot.domain.pacing import Urgency
from bot.domain.polling import is_silent
from bot.domain.speech import Speech, Speeches, kept, phrase, speech_for
from bot.ports import Clock, FeedStatus, Messenger, QueueStatus, Store

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=30)

FAILS_FOR = timedelta(hours=6)
"""A feed that has not been read for so long is told of."""
FAILS = 5
"""The same of one that never was, by failures in a row."""
LATE = timedelta(minutes=10)
"""What waits for longer than that is late."""
LATELY = timedelta(minutes=30)
"""Deliveries are looked at over so long."""
MOST_FAIL = 0.2
"""Of the chats that were spoken to, the share that may have had a failure."""
FEW = 3
"""Chats of which nothing is concluded."""
RETRY = timedelta(minutes=5)
MOST_REMEMBERED = 20_000
MOST_SHOWN = 8
NOTE = "alerts"

_TITLES = {
    Group.FEEDS: phrase("Feeds"),
    Group.LAG: phrase("Lag"),
    Group.DELIVERIES: phrase("Deliveries"),
    Group.PLATFORMS: phrase("Platforms"),
}

Connected = Mapping[Platform, Callable[[], bool]]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a look sees. `settled`: the deliveries of late."""

    feeds: Sequence[FeedStatus]
    queue: QueueStatus
    settled: Sequence[Settled] = ()
    away: Sequence[Platform] = ()


def alerts_of(situation: Situation, now: datetime) -> tuple[Alert, ...]:
    """All that is wrong. Pure."""
    return (
        *_silent_feeds(situation.feeds, now),
        *_lags(situation, now),
        *_failing_deliveries(situation.settled),
        *(
            Alert(Group.PLATFORMS, name, phrase("is not connected: nothing can be sent there."))
            for name in situation.away
        ),
    )


def _silent_feeds(feeds: Iterable[FeedStatus], now: datetime) -> Iterator[Alert]:
    for feed in feeds:
        name = f"{feed.spec.outlet} ({shown(feed.spec.url)})"
        failing = (
            feed.failures and now - feed.last_success >= FAILS_FOR
            if feed.last_success
            else feed.failures >= FAILS
        )
        if not feed.active or failing:
            yield Alert(Group.FEEDS, name, feed.error or phrase("It cannot be read."))
        elif is_silent(feed.rate, feed.last_new, feed.last_success, now):
            yield Alert(
                Group.FEEDS, name, phrase("It has brought nothing for much longer than is usual for it.")
            )


def _lags(situation: Situation, now: datetime) -> Iterator[Alert]:
    queue = situation.queue
    polls = [one.next_poll for one in situation.feeds if one.active]
    for name, since, detail in (
        ("polls", min(polls, default=None), phrase("Feeds are not asked in time.")),
        ("entries", queue.oldest_entry, phrase("Entries wait to be decided about.")),
        ("messages", queue.oldest_message, phrase("Messages wait to be sent.")),
    ):
        if since is not None and now - since >= LATE:
            yield Alert(Group.LAG, name, detail)


def _failing_deliveries(settled: Iterable[Settled]) -> Iterator[Alert]:
    """By chats, since one that was blocked, or is told much, says little of the platform."""
    tried: dict[Platform, set[int]] = {}
    failed: dict[Platform, set[int]] = {}
    for one in settled:
        if one.platform is not None:
            tried.setdefault(one.platform, set()).add(one.chat_id)
            if one.outcome != "sent":
                failed.setdefault(one.platform, set()).add(one.chat_id)
    for platform, chats in failed.items():
        if len(chats) >= FEW and len(chats) >= MOST_FAIL * len(tried[platform]):
            detail = kept(
                "Deliveries to {failed} of {tried} chats failed within {minutes} minutes.",
                failed=str(len(chats)),
                tried=str(len(tried[platform])),
                minutes=str(LATELY // timedelta(minutes=1)),
            )
            yield Alert(Group.DELIVERIES, platform, detail)


class Watch:
    """An `Observer` that `look`s from time to time, and tells the chat at `address` on `platform`."""

    def __init__(
        self,
        store: Store,
        messengers: Mapping[Platform, Messenger],
        clock: Clock,
        operator: tuple[Platform, str],
        *,
        speeches: Speeches,
        connected: Connected | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._store = store
        self._messengers = messengers
        self._clock = clock
        self._operator = operator
        self._speeches = speeches
        self._connected = connected or {}
        self._timing = timing or Timing()
        self._settled: deque[Settled] = deque(maxlen=MOST_REMEMBERED)
        self._groups: dict[Group, Grouped] | None = None
        self._next_try: datetime | None = None
        """When the operator is tried again who could not be reached."""

    def __call__(self, fact: Fact) -> None:
        if isinstance(fact, Settled):
            self._settled.append(fact)

    async def look(self) -> None:
        """See what is wrong, and tell what is to be told. Never raises: the next look is soon."""
        try:
            await self._look(self._clock.now())
        except Exception:
            log.exception("watch_failed")

    async def _look(self, now: datetime) -> None:
        before = self._groups
        if before is None:
            before = read_groups(await self._store.note(NOTE))
        groups = looked(before, alerts_of(await self._situation(now), now), now, self._timing)
        for group, state in list(groups.items()):
            notice = due_notice(group, state, now, self._timing)
            if notice is None or (self._next_try is not None and now < self._next_try):
                continue
            reached = await self._tell(notice)
            self._next_try = None if reached else now + RETRY
            if reached:
                groups[group] = noticed(notice, now)
        if groups != before:
            await self._store.keep_note(NOTE, written_groups(groups))
        self._groups = groups

    async def _situation(self, now: datetime) -> Situation:
        while self._settled and now - self._settled[0].at > LATELY:
            self._settled.popleft()
        away = [name for name, connected in self._connected.items() if not connected()]
        feeds = await self._store.feed_statuses(counted=False)
        queue = await self._store.queue_status(now)
        return Situation(feeds, queue, tuple(self._settled), away)

    async def _tell(self, notice: Notice) -> bool:
        """False where it could not be told; then it is to be, after a while."""
        platform, address = self._operator
        chat = await self._store.ensure_chat(platform, address, "", self._clock.now())
        messenger = self._messengers[platform]
        text = messenger.render(notice_document(notice, speech_for(chat, self._speeches), self._clock.now()))
        if text is None:
            log.error("notice_too_long", group=notice.group.value)
            return True
        async with messenger.turn(chat, Urgency.NEWS):
            outcome = await messenger.send(chat, text)
        log.warning(
            "operator_told" if isinstance(outcome, Sent) else "operator_not_told",
            group=notice.group.value,
            wrong=sorted(notice.wrong),
            over=sorted(notice.over),
        )
        return isinstance(outcome, Sent)


def notice_document(notice: Notice, speech: Speech, now: datetime) -> Document:
    """What the operator is told: what is new first, the longest standing next, and what is over."""
    title = speech.known(_TITLES[notice.group])
    state = (
        speech.plural("{n} problem", "{n} problems", len(notice.wrong))
        if notice.wrong
        else speech.say("all is well again")
    )
    wrong = sorted(notice.wrong.items(), key=lambda pair: (pair[1].told, pair[1].since, pair[0]))
    return document(
        line("🔴 " if notice.wrong else "🟢 ", strong(f"{title}: {state}")),
        *_capped([_wrong_line(name, one, speech, now) for name, one in wrong], speech),
        *_capped([line("✅ ", name) for name in sorted(notice.over)], speech),
    )


def _wrong_line(name: str, one: Standing, speech: Speech, now: datetime) -> Line:
    since = "" if now - one.since < timedelta(minutes=1) else f" · {speech.lasting(now - one.since)}"
    return line("• " if one.told else "❗️ ", strong(name), f": {speech.known(one.detail)}", faint(since))


def _capped(lines: Sequence[Line], speech: Speech) -> Iterator[Line]:
    yield from lines[:MOST_SHOWN]
    if len(lines) > MOST_SHOWN:
        yield line(faint(speech.say("… and {n} more.", n=len(lines) - MOST_SHOWN)))


def written_groups(groups: Mapping[Group, Grouped]) -> str:
    """As a note."""
    return json.dumps(
        {
            group.value: {
                "told_at": state.told_at.isoformat() if state.told_at else None,
                "standing": {
                    name: [one.detail, one.since.isoformat(), one.seen.isoformat(), one.told]
                    for name, one in state.standing.items()
                },
            }
            for group, state in groups.items()
        },
        ensure_ascii=False,
    )


def read_groups(note: str | None) -> dict[Group, Grouped]:
    """From a note."""
    return {
        Group(name): Grouped(
            {
                alert: Standing(detail, datetime.fromisoformat(since), datetime.fromisoformat(seen), told)
                for alert, (detail, since, seen, told) in state["standing"].items()
            },
            datetime.fromisoformat(state["told_at"]) if state["told_at"] else None,
        )
        for name, state in json.loads(note or "{}").items()
    }
