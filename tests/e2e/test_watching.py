"""The operator's chat: what is wrong, in few messages, through kills and while it cannot be reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.locales import load_speeches
from bot.clock import SimulatedClock
from bot.domain.alerting import Group, Grouped, Notice, Standing
from bot.domain.deliveries import Gone, NotSent, Outcome
from bot.domain.facts import Settled
from bot.domain.speech import ENGLISH
from bot.ports import FeedStatus, QueueStatus
from bot.storage.sql import SqlStore
from bot.watching import MOST_SHOWN, Situation, Watch, alerts_of, notice_document, read_groups, written_groups
from tests.contract.records import HOUR, MINUTE, NOON, entry, feed_spec, opens, stored
from tests.fakes.chats import Call, ScriptedMessenger
from tests.fakes.stores import open_temporary_store

DAY = timedelta(days=1)
QUIET = QueueStatus(0, 0, None, 0)
WELL = FeedStatus(1, feed_spec(), True, NOON, NOON, NOON, NOON + 5 * MINUTE, 0, None, 9)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = await open_temporary_store(tmp_path)
    yield store
    await store.close()


class _Phone(ScriptedMessenger):
    """The operator's, which may be out of reach."""

    reached = True

    @property
    def texts(self) -> list[str]:
        return [f"{address}: {text}" for address, text in self.messages.values()]

    @property
    def tries(self) -> int:
        return len(self.calls)

    async def answer(self, call: Call, message_id: str) -> Outcome | Gone:
        if self.reached:
            return await super().answer(call, message_id)
        self.calls.append(call)
        return NotSent("away")


def wrong(situation: Situation) -> list[tuple[Group, str]]:
    return [(alert.group, alert.name) for alert in alerts_of(situation, NOON)]


@pytest.mark.parametrize(
    ("feed", "silent"),
    [
        (WELL, False),
        (replace(WELL, failures=3, last_success=NOON - 5 * HOUR, error="HTTP 503"), False),
        (replace(WELL, failures=9, last_success=NOON - 6 * HOUR, error="HTTP 503"), True),
        (replace(WELL, failures=4, last_success=None, error="no"), False),
        (replace(WELL, failures=5, last_success=None, error="no"), True),
        (replace(WELL, active=False, error="gone"), True),
        (replace(WELL, last_new=NOON - 13 * DAY), False),
        (replace(WELL, last_new=NOON - 15 * DAY), True),
        (replace(WELL, last_new=None), False),
    ],
)
def test_a_silent_feed(feed: FeedStatus, silent: bool) -> None:
    assert bool(wrong(Situation([feed], QUIET))) == silent


def test_what_waits_too_long() -> None:
    late = NOON - 10 * MINUTE
    queue = QueueStatus(1, 1, late, 0, late)
    names = wrong(Situation([replace(WELL, next_poll=late)], queue))
    assert names == [(Group.LAG, "polls"), (Group.LAG, "entries"), (Group.LAG, "messages")]
    almost = late + MINUTE
    assert wrong(Situation([replace(WELL, next_poll=almost)], QueueStatus(1, 1, almost, 0, almost))) == []


def test_deliveries_that_fail() -> None:
    """By chats: not one that blocked the bot, however often, nor two of three."""

    def settled(*outcomes: str) -> list[Settled]:
        return [Settled("telegram", chat, "new", outcome, NOON) for chat, outcome in enumerate(outcomes)]

    assert wrong(Situation([], QUIET, settled(*["sent"] * 12, *["not sent"] * 3))) == [
        (Group.DELIVERIES, "telegram")
    ]
    assert wrong(Situation([], QUIET, settled(*["sent"] * 13, *["not sent"] * 3))) == []
    assert wrong(Situation([], QUIET, settled("uncertain", "refused"))) == []
    assert wrong(Situation([], QUIET, [Settled("slack", 1, "new", "refused", NOON)] * 50)) == []


def test_a_platform_that_is_away() -> None:
    assert wrong(Situation([], QUIET, away=["slack"])) == [(Group.PLATFORMS, "slack")]


async def test_from_a_lag_to_all_is_well(store: SqlStore) -> None:
    """Two messages for an outage, over a restart in the middle of it and a phone that is out of reach at first."""
    clock, phone = SimulatedClock(NOON), _Phone()
    await stored(store, entry())

    def begun() -> Watch:
        return Watch(store, {"telegram": phone}, clock, ("telegram", "-100"), speeches=load_speeches())

    async def pass_(watch: Watch, minutes: int) -> None:
        for _ in range(minutes):
            clock.advance_to(clock.now() + MINUTE)
            await watch.look()

    watch = begun()
    phone.reached = False
    await pass_(watch, 22)
    assert (phone.texts, phone.tries) == ([], 3)
    phone.reached = True
    await pass_(watch, 5)
    await pass_(begun(), 60)
    (text,) = phone.texts
    assert text.startswith("-100: 🔴 Lag: 1 problem")
    assert "Entries wait" in text
    (pending,) = await store.pending_entries(9)
    await store.record_desk([opens(pending.entry)], clock.now())
    await pass_(begun(), 30)
    assert phone.texts[1:] == ["-100: 🟢 Lag: all is well again\n✅ entries"]
    assert await store.note("alerts") == "{}"


async def test_old_deliveries_are_forgotten(store: SqlStore) -> None:
    clock, phone = SimulatedClock(NOON), _Phone()
    watch = Watch(store, {"telegram": phone}, clock, ("telegram", "-100"), speeches=load_speeches())
    for chat in range(9):
        watch(Settled("telegram", chat, "new", "not sent", NOON))
    clock.advance_to(NOON + 31 * MINUTE)
    await watch.look()
    clock.advance_to(NOON + 60 * MINUTE)
    await watch.look()
    assert phone.texts == []


async def test_a_look_that_fails_is_no_end(store: SqlStore) -> None:
    clock = SimulatedClock(NOON)
    watch = Watch(store, {}, clock, ("telegram", "-100"), speeches=load_speeches())
    await stored(store, entry(seen=NOON - HOUR))
    for minute in range(5):
        clock.advance_to(NOON + minute * MINUTE)
        await watch.look()


def test_many_problems_are_one_short_message() -> None:
    standing = {f"Outlet {n}": Standing("HTTP 503", NOON, NOON) for n in range(500)}
    told = notice_document(Notice(Group.FEEDS, standing, standing), ENGLISH, NOON).plain
    assert "500 problems" in told
    assert len(told.splitlines()) == 2 * (MOST_SHOWN + 1) + 1


def test_what_is_noted_is_read_again() -> None:
    groups = {
        Group.LAG: Grouped({"polls": Standing("Späť", NOON, NOON + MINUTE, True)}, NOON),
        Group.FEEDS: Grouped(),
    }
    assert read_groups(written_groups(groups)) == groups
    assert read_groups(None) == {}
