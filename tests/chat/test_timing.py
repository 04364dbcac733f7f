"""`/digest` and `/quiet`: what can be typed, what is answered, and where it shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from bot.domain.chats import Chat, Digests
from bot.domain.documents import Document
from bot.domain.schedules import HOURLY, WEEKDAYS, Quiet, Schedule
from tests.chat.newsroom import NOW, Newsroom

EIGHT = Schedule(time(8))


async def current(room: Newsroom) -> Chat:
    chat = await room.store.chat(room.chat.id)
    assert chat is not None
    return chat


def commands(said: Document) -> list[str]:
    return [action.command for action in said.actions]


@pytest.mark.parametrize(
    ("typed", "digests"),
    [
        ("/digest 08:00", Digests(EIGHT, NOW, datetime(2025, 8, 8, 8, tzinfo=UTC))),
        ("/digest only 8am", Digests(EIGHT, NOW, datetime(2025, 8, 8, 8, tzinfo=UTC), only=True)),
        ("/digest 8 only", Digests(EIGHT, NOW, datetime(2025, 8, 8, 8, tzinfo=UTC), only=True)),
        ("/digest hourly", Digests(HOURLY, NOW, datetime(2025, 8, 8, 14, tzinfo=UTC))),
        (
            "/digest weekdays 18:00",
            Digests(Schedule(time(18), WEEKDAYS), NOW, datetime(2025, 8, 7, 18, tzinfo=UTC)),
        ),
    ],
)
async def test_a_digest_is_asked_for(room: Newsroom, typed: str, digests: Digests) -> None:
    """Its first period is a whole one."""
    said = await room.say(typed)
    assert said.changed
    assert (await current(room)).digests == digests


async def test_the_answer_says_when_it_comes_and_what_comes_besides(room: Newsroom) -> None:
    await room.say("/settings timezone Asia/Tokyo")
    said = (await room.say("/digest 8:00")).plain
    assert "A digest comes every day at 08:00; the next one Sat 9 Aug 08:00 JST." in said
    assert "Bulletins come at once as well; where nothing is new, no digest comes." in said
    assert "UTC" not in said
    said = (await room.say("/digest only mon,thu 9")).plain
    assert "A digest comes on Mon, Thu at 09:00; the next one Mon 11 Aug 09:00 JST." in said
    assert "No bulletin comes at once" in said


async def test_a_chat_without_a_zone_is_told_that_times_are_those_of_utc(room: Newsroom) -> None:
    assert "/settings timezone Asia/Tokyo" in (await room.say("/digest 8")).plain
    assert "timezone" not in (await room.say("/digest hourly")).plain


async def test_a_changed_schedule_keeps_what_is_yet_to_be_told(room: Newsroom) -> None:
    """Another time begins anew; the same time with or without bulletins goes on as it was."""
    await room.say("/digest 08:00")
    before = (await current(room)).digests
    assert before is not None
    room.clock.at = NOW.replace(hour=20)
    await room.say("/digest only")
    assert (await current(room)).digests == replace(before, only=True)
    await room.say("/digest 7:00")
    changed = (await current(room)).digests
    assert changed == Digests(Schedule(time(7)), room.clock.at, before.since)
    said = await room.say("/digest 7am")
    assert said.plain.startswith("👌 Nothing to change.")
    assert not said.changed


async def test_buttons_offer_what_is_usual_and_the_other_way(room: Newsroom) -> None:
    """Each can be pressed."""
    offered = commands(await room.say("/digest"))
    assert offered == ["/digest 08:00", "/digest weekdays 08:00", "/digest 18:00", "/digest hourly"]
    await room.say("/digest 08:00")
    offered = commands(await room.say("/digest"))
    assert offered[0] == "/digest only 08:00"
    assert offered[-1] == "/digest off"
    assert "/digest 08:00" not in offered
    await room.say(offered[0])
    assert commands(await room.say("/digest"))[:2] == ["/digest 08:00", "/digest only weekdays 08:00"]
    for command in [*commands(await room.say("/digest")), *commands(await room.say("/quiet"))]:
        assert (await room.say(command)).changed, command


async def test_digests_are_ended(room: Newsroom) -> None:
    await room.say("/digest 08:00")
    said = await room.say("/digest OFF")
    assert said.plain == "✅ No more digests; bulletins come at once."
    assert (await current(room)).digests is None
    assert (await room.say("/digest off")).plain.startswith("👌 Nothing to change")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/digest 25:00", "🤔 “25:00” is no time of day; try 08:00.\n/digest 08:00 — "),
        ("/digest weekdays", "🤔 At what time?"),
        ("/digest only", "🤔 At what time?"),
        ("/digest 8:00 18:00", "🤔 A chat has one digest: give one time, or hourly."),
        ("/quiet 1-2-3", "🤔 Quiet hours begin once and end once."),
        (
            "/digest weekdys 8",
            "🤔 I do not understand “weekdys” here. Did you mean weekdays?\n/digest weekdays",
        ),
        ("/digest " + "x" * 500, "🤔 I do not understand “xxx"),
        ("/quiet 22", "🤔 At what time?\n/quiet 22:00-07:00 — "),
        ("/quiet 22-25", "🤔 “25” is no time of day; try 08:00."),
        ("/quiet 7-7", "🤔 From 07:00 to 07:00 is all day; for that there is /pause."),
        ("/quiet confirmed", "🤔 This chat has no quiet hours yet."),
        ("/quiet confrmed on", "🤔 I do not understand “confrmed” here. Did you mean confirmed?"),
    ],
)
async def test_what_is_typed_wrongly_is_pointed_at_and_changes_nothing(
    room: Newsroom, typed: str, said: str
) -> None:
    before = await room.state()
    answer = await room.say(typed)
    assert answer.plain.startswith(said)
    assert len(answer.plain) < 500
    assert await room.state() == before


async def test_quiet_hours_are_set_and_ended(room: Newsroom) -> None:
    """What is confirmed may be let through, whatever the hours."""
    said = await room.say("/quiet 22-7")
    assert said.changed
    assert "Bulletins and digests wait from 22:00 to 07:00 (UTC)." in said.plain
    assert (await current(room)).quiet == Quiet(time(22), time(7))
    said = await room.say("/quiet confirmed on")
    assert "What several outlets confirm (❗️) comes all the same." in said.plain
    await room.say("/quiet 23:30-06:00")
    assert (await current(room)).quiet == Quiet(time(23, 30), time(6), confirmed=True)
    assert (await room.say("/quiet 23:30-6")).plain.startswith("👌 Nothing to change.")
    assert (await room.say("/quiet confirmed maybe")).plain.startswith("🤔 Shall it be on, or off?")
    assert (await room.say("/quiet off")).plain == "✅ No more quiet hours; bulletins come at once."
    assert (await current(room)).quiet is None
    assert (await room.say("/quiet off")).plain.startswith("👌 Nothing to change.")


async def test_both_show_among_the_settings_and_in_the_status(room: Newsroom) -> None:
    settings = (await room.say("/settings")).plain
    assert "🗞 No digests; /digest" in settings
    assert "🌙 No quiet hours; /quiet" in settings
    assert "🌙" not in (await room.say("/status")).plain
    for typed in ("/digest only weekdays 7:30", "/quiet 12:00-15:00", "/quiet confirmed on"):
        await room.say(typed)
    settings = (await room.say("/settings")).plain
    assert "🗞 A digest on weekdays at 07:30, and nothing else; /digest" in settings
    assert "🌙 Quiet 12:00 to 15:00, but not for ❗️; /quiet" in settings
    status = (await room.say("/status")).plain
    assert "🗞 The next digest comes Mon 11 Aug 07:30 UTC" in status
    assert "🌙 Quiet hours 12:00 to 15:00, now until 15:00 UTC" in status
    assert "🌙 Quiet hours 12:00 to 15:00, now until 15:00 UTC" in (await room.say("/quiet")).plain


async def test_a_digest_within_quiet_hours_is_announced_for_their_end(room: Newsroom) -> None:
    await room.say("/quiet 22-7")
    assert "the next one Sat 9 Aug 07:00 UTC" in (await room.say("/digest 6:00")).plain


async def test_a_chat_of_digests_is_promised_no_bulletins(room: Newsroom) -> None:
    """Neither when it follows a topic, nor when it comes back."""
    await room.say("/digest only 8:00")
    said = (await room.say("/subscribe ukraine-ceasefire")).plain
    assert "What is new on it comes in this chat's digest." in said
    await room.say("/pause")
    assert "The next one tells what came meanwhile." in (await room.say("/resume")).plain
