"""`/digest` and `/quiet`: when a chat wants to be told, and when not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.misuse import misuse
from bot.chat.commands.wording import clip, count, moment, nearest
from bot.domain.bulletins import clock_time
from bot.domain.chats import Digests
from bot.domain.deliveries import MOST_HELD
from bot.domain.documents import Action, Document, Line, code, document, line
from bot.domain.schedules import (
    DAYS,
    EVERY_DAY,
    WEEKDAYS,
    WEEKENDS,
    Mistake,
    Quiet,
    Schedule,
    TimeProblem,
    quiet_until,
    read_quiet,
    read_schedule,
    slot_after,
    slot_by,
)

_DIGESTS_OFFERED = (
    ("Every day 08:00", "08:00"),
    ("Weekdays 08:00", "weekdays 08:00"),
    ("Every day 18:00", "18:00"),
    ("Hourly", "hourly"),
)
_QUIET_OFFERED = ("22:00-07:00", "23:00-08:00")


async def digest(invocation: Invocation) -> Document:
    return await (_set_digest if invocation.args else _show_digest)(invocation)


async def quiet(invocation: Invocation) -> Document:
    return await (_set_quiet if invocation.args else _show_quiet)(invocation)


def digest_line(invocation: Invocation) -> Line:
    """For the list of settings."""
    digests = invocation.chat.digests
    if digests is None:
        return line("🗞 No digests; ", code("/digest"))
    instead = ", and nothing else" if digests.only else ""
    return line(f"🗞 A digest {_when(digests.schedule)}{instead}; ", code("/digest"))


def quiet_line(invocation: Invocation) -> Line:
    """For the list of settings."""
    quiet = invocation.chat.quiet
    if quiet is None:
        return line("🌙 No quiet hours; ", code("/quiet"))
    but = f", but not for {invocation.catalog.style.confirmed}" if quiet.confirmed else ""
    return line(f"🌙 Quiet {_span(quiet)}{but}; ", code("/quiet"))


async def own_times(invocation: Invocation) -> tuple[Line, ...]:
    """What this chat waits for: its next digest, and what is held for the end of quiet hours."""
    chat, lines = invocation.chat, list[Line]()
    if chat.digests is not None:
        lines.append(line(f"🗞 The next digest comes {_next(invocation, chat.digests)}"))
    if chat.quiet is not None:
        until = quiet_until(chat.quiet, invocation.zone, invocation.now)
        held = await invocation.store.held_messages(chat.id)
        now = f", now until {clock_time(until.astimezone(invocation.zone))}" if until else ""
        waiting = f"; {count(held, 'message')} held" if held else ""
        lines.append(line(f"🌙 Quiet hours {_span(chat.quiet)}{now}{waiting}"))
    return tuple(lines)


def held_line(invocation: Invocation) -> Iterator[Line]:
    """That a message which is promised comes later, if it does."""
    until = quiet_until(invocation.chat.quiet, invocation.zone, invocation.now)
    if until is not None:
        ends = clock_time(until.astimezone(invocation.zone))
        yield line(f"🌙 These are quiet hours, so it comes when they end, at {ends}.")


async def _show_digest(invocation: Invocation) -> Document:
    digests = invocation.chat.digests
    if digests is None:
        return document(
            "🗞 This chat gets no digests; bulletins come at once.",
            line("A digest besides them: ", code("/digest 08:00")),
            line("Nothing but the digest: ", code("/digest only 08:00")),
            actions=_offered(None),
        )
    return document(*_about_digests(invocation, digests), actions=_offered(digests))


def _offered(digests: Digests | None) -> Iterator[Action]:
    """Buttons for what is usual, and for what is the other way with the digests that there are."""
    if digests is not None:
        other = "" if digests.only else "only "
        yield Action(
            "Bulletins at once, too" if digests.only else "Nothing but the digest",
            f"/digest {other}{digests.schedule}",
        )
    only = "only " if digests is not None and digests.only else ""
    for label, typed in _DIGESTS_OFFERED:
        if digests is None or typed != str(digests.schedule):
            yield Action(label, f"/digest {only}{typed}")
    if digests is not None:
        yield Action("No digests", "/digest off")


def _about_digests(invocation: Invocation, digests: Digests) -> Iterator[Line]:
    yield line(f"🗞 A digest comes {_when(digests.schedule)}; the next one {_next(invocation, digests)}.")
    if digests.only:
        yield line("No bulletin comes at once; where nothing is new, no digest comes either.")
    else:
        yield line("Bulletins come at once as well; where nothing is new, no digest comes.")
    if invocation.chat.time_zone == "UTC" and digests.schedule.at is not None:
        yield line("Times are those of UTC; for yours: ", code("/settings timezone Asia/Tokyo"))


@steering
async def _set_digest(invocation: Invocation) -> Document:
    chat, now = invocation.chat, invocation.now
    words = invocation.args.casefold().split()
    if words == ["off"]:
        return await _end_digests(invocation)
    only = "only" in words
    typed = " ".join(word for word in words if word != "only")
    # `/digest only` keeps the times that there are.
    schedule = chat.digests.schedule if only and not typed and chat.digests else read_schedule(typed)
    if isinstance(schedule, TimeProblem):
        return _wrong(invocation, schedule, "08:00", ("weekdays", "weekends", "hourly", "off", "only", *DAYS))
    before = chat.digests
    if before is not None and (before.schedule, before.only) == (schedule, only):
        return document(line("👌 Nothing to change."), *_about_digests(invocation, before))
    if before is None:
        # The first digest tells of a whole period, as the others will.
        digests = Digests(schedule, now, slot_by(schedule, invocation.zone, now).at, only)
    elif before.schedule == schedule:
        digests = replace(before, only=only)
    else:
        digests = replace(before, schedule=schedule, set_at=now, only=only)
    untold = await invocation.store.save_digests(replace(chat, digests=digests), now)
    return document(
        line("✅ Done."),
        *_about_digests(invocation, digests),
        *_untold(invocation, untold),
        changed=True,
    )


async def _end_digests(invocation: Invocation) -> Document:
    if invocation.chat.digests is None:
        return document("👌 Nothing to change. This chat gets no digests.")
    untold = await invocation.store.save_digests(replace(invocation.chat, digests=None), invocation.now)
    return document("✅ No more digests; bulletins come at once.", *_untold(invocation, untold), changed=True)


def _untold(invocation: Invocation, stories: int) -> Iterator[Line]:
    if stories:
        yield line(f"One message follows with {count(stories, 'story', 'stories')} since the last digest.")
        yield from held_line(invocation)


async def _show_quiet(invocation: Invocation) -> Document:
    quiet = invocation.chat.quiet
    if quiet is None:
        return document(
            "🌙 This chat has no quiet hours.",
            line("To have bulletins wait for the morning: ", code("/quiet 22:00-07:00")),
            actions=[Action(span, f"/quiet {span}") for span in _QUIET_OFFERED],
        )
    other = "off" if quiet.confirmed else "on"
    mark = invocation.catalog.style.confirmed
    return document(
        *_about_quiet(invocation, quiet),
        *await own_times(invocation),
        actions=(
            Action(f"Let {mark} through: {other}", f"/quiet confirmed {other}"),
            Action("No quiet hours", "/quiet off"),
        ),
    )


def _about_quiet(invocation: Invocation, quiet: Quiet) -> Iterator[Line]:
    mark = invocation.catalog.style.confirmed
    yield line(f"🌙 Bulletins and digests wait from {_span(quiet)} ({invocation.chat.time_zone}).")
    yield line(f"If more than {MOST_HELD} have waited, they come as one message.")
    if quiet.confirmed:
        yield line(f"What several outlets confirm ({mark}) comes all the same.")
    else:
        yield line(f"To let through what several outlets confirm ({mark}): ", code("/quiet confirmed on"))


@steering
async def _set_quiet(invocation: Invocation) -> Document:
    chat = invocation.chat
    words = invocation.args.casefold().split()
    if words == ["off"]:
        return await _end_quiet(invocation)
    if words[0] == "confirmed":
        return await _set_confirmed(invocation, words[1:])
    quiet = read_quiet(invocation.args)
    if isinstance(quiet, TimeProblem):
        return _wrong(invocation, quiet, "22:00-07:00", ("confirmed", "off"))
    return await _save_quiet(
        invocation, replace(quiet, confirmed=chat.quiet is not None and chat.quiet.confirmed)
    )


async def _set_confirmed(invocation: Invocation, words: list[str]) -> Document:
    quiet = invocation.chat.quiet
    if quiet is None:
        return document(
            "🤔 This chat has no quiet hours yet.", line("Set them first: ", code("/quiet 22:00-07:00"))
        )
    wanted = {"on": True, "off": False}.get(" ".join(words))
    if wanted is None:
        return misuse(invocation, "Shall it be on, or off?", word="confirmed")
    return await _save_quiet(invocation, replace(quiet, confirmed=wanted))


async def _save_quiet(invocation: Invocation, quiet: Quiet) -> Document:
    if quiet == invocation.chat.quiet:
        return document(line("👌 Nothing to change."), *_about_quiet(invocation, quiet))
    await invocation.store.save_chat(replace(invocation.chat, quiet=quiet))
    return document(line("✅ Done."), *_about_quiet(invocation, quiet), changed=True)


async def _end_quiet(invocation: Invocation) -> Document:
    chat = invocation.chat
    if chat.quiet is None:
        return document("👌 Nothing to change. This chat has no quiet hours.")
    held = await invocation.store.held_messages(chat.id)
    await invocation.store.save_chat(replace(chat, quiet=None))
    waited = (line(f"What has waited comes now: {count(held, 'message')}."),) if held else ()
    return document("✅ No more quiet hours; bulletins come at once.", *waited, changed=True)


def _wrong(invocation: Invocation, problem: TimeProblem, example: str, words: tuple[str, ...]) -> Document:
    """What is wrong with the time that was typed, and how it is done."""
    typed = clip(problem.text)
    match problem.mistake:
        case Mistake.BAD_TIME:
            return misuse(invocation, f"“{typed}” is no time of day; try 08:00.", word=example)
        case Mistake.NO_TIME:
            return misuse(invocation, "At what time?", word=example)
        case Mistake.MORE_TIMES:
            enough = (
                "A chat has one digest: give one time, or hourly."
                if invocation.command.name == "digest"
                else "Quiet hours begin once and end once."
            )
            return misuse(invocation, enough, word=example)
        case Mistake.SAME_TIMES:
            return misuse(
                invocation,
                f"From {typed} to {typed} is all day; for that there is ",
                code("/pause"),
                ".",
                word=example,
            )
        case Mistake.NO_WORD:
            near = nearest(problem.text, words, 1, cutoff=0.7)
            guess = f" Did you mean {near[0]}?" if near else ""
            return misuse(
                invocation, f"I do not understand “{typed}” here.{guess}", word=near[0] if near else example
            )


def _when(schedule: Schedule) -> str:
    if schedule.at is None:
        return "every hour"
    at = f"at {schedule.at:%H:%M}"
    if schedule.days == EVERY_DAY:
        return f"every day {at}"
    if schedule.days == WEEKDAYS:
        return f"on weekdays {at}"
    if schedule.days == WEEKENDS:
        return f"on weekends {at}"
    return f"on {', '.join(DAYS[day].capitalize() for day in sorted(schedule.days))} {at}"


def _span(quiet: Quiet) -> str:
    return f"{quiet.begins:%H:%M} to {quiet.ends:%H:%M}"


def _next(invocation: Invocation, digests: Digests) -> str:
    """When the next digest comes, which quiet hours put off: `Sat 9 Aug 08:00 JST`."""
    slot = slot_after(digests.schedule, invocation.zone, invocation.now)
    comes: datetime = quiet_until(invocation.chat.quiet, invocation.zone, slot.at) or slot.at
    return moment(comes, invocation.now, invocation.zone)
