"""`/digest` and `/quiet`: when a chat wants to be told, and when not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.misuse import misuse
from bot.chat.commands.wording import clip, nearest
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
from bot.domain.speech import Speech, clock_time, phrase

_DIGESTS_OFFERED = (
    (phrase("Every day 08:00"), "08:00"),
    (phrase("Weekdays 08:00"), "weekdays 08:00"),
    (phrase("Every day 18:00"), "18:00"),
    (phrase("Hourly"), "hourly"),
)
_QUIET_OFFERED = ("22:00-07:00", "23:00-08:00")


async def digest(invocation: Invocation) -> Document:
    return await (_set_digest if invocation.args else _show_digest)(invocation)


async def quiet(invocation: Invocation) -> Document:
    return await (_set_quiet if invocation.args else _show_quiet)(invocation)


def digest_line(invocation: Invocation) -> Line:
    """For the list of settings."""
    digests, speech = invocation.chat.digests, invocation.speech
    command = code("/digest")
    if digests is None:
        return speech.tell("🗞 No digests; {command}", command=command)
    when = _when(digests.schedule, speech)
    if digests.only:
        return speech.tell("🗞 A digest {when}, and nothing else; {command}", when=when, command=command)
    return speech.tell("🗞 A digest {when}; {command}", when=when, command=command)


def quiet_line(invocation: Invocation) -> Line:
    """For the list of settings."""
    quiet, speech = invocation.chat.quiet, invocation.speech
    command = code("/quiet")
    if quiet is None:
        return speech.tell("🌙 No quiet hours; {command}", command=command)
    span = _span(quiet, speech)
    if quiet.confirmed:
        mark = invocation.catalog.style.confirmed
        return speech.tell(
            "🌙 Quiet {span}, but not for {mark}; {command}", span=span, mark=mark, command=command
        )
    return speech.tell("🌙 Quiet {span}; {command}", span=span, command=command)


async def own_times(invocation: Invocation) -> tuple[Line, ...]:
    """What this chat waits for: its next digest, and what is held for the end of quiet hours."""
    chat, speech, lines = invocation.chat, invocation.speech, list[Line]()
    if chat.digests is not None:
        following = _next(invocation, chat.digests)
        lines.append(line(speech.say("🗞 The next digest comes {moment}", moment=following)))
    if chat.quiet is not None:
        quiet = speech.say("🌙 Quiet hours {span}", span=_span(chat.quiet, speech))
        until = quiet_until(chat.quiet, invocation.zone, invocation.now)
        if until is not None:
            ends = clock_time(until.astimezone(invocation.zone))
            quiet = speech.say("{quiet}, now until {time}", quiet=quiet, time=ends)
        held = await invocation.store.held_messages(chat.id)
        if held:
            quiet = speech.plural(
                "{quiet}; {n} message held", "{quiet}; {n} messages held", held, quiet=quiet
            )
        lines.append(line(quiet))
    return tuple(lines)


def held_line(invocation: Invocation) -> Iterator[Line]:
    """That a message which is promised comes later, if it does."""
    until = quiet_until(invocation.chat.quiet, invocation.zone, invocation.now)
    if until is not None:
        ends = clock_time(until.astimezone(invocation.zone))
        yield line(
            invocation.speech.say(
                "🌙 These are quiet hours, so it comes when they end, at {time}.", time=ends
            )
        )


async def _show_digest(invocation: Invocation) -> Document:
    digests, speech = invocation.chat.digests, invocation.speech
    if digests is None:
        return document(
            speech.say("🗞 This chat gets no digests; bulletins come at once."),
            speech.tell("A digest besides them: {command}", command=code("/digest 08:00")),
            speech.tell("Nothing but the digest: {command}", command=code("/digest only 08:00")),
            actions=_offered(None, speech),
        )
    return document(*_about_digests(invocation, digests), actions=_offered(digests, speech))


def _offered(digests: Digests | None, speech: Speech) -> Iterator[Action]:
    """Buttons for what is usual, and for what is the other way with the digests that there are."""
    if digests is not None and digests.only:
        yield Action(speech.say("Bulletins at once, too"), f"/digest {digests.schedule}")
    elif digests is not None:
        yield Action(speech.say("Nothing but the digest"), f"/digest only {digests.schedule}")
    only = "only " if digests is not None and digests.only else ""
    for label, typed in _DIGESTS_OFFERED:
        if digests is None or typed != str(digests.schedule):
            yield Action(speech.known(label), f"/digest {only}{typed}")
    if digests is not None:
        yield Action(speech.say("No digests"), "/digest off")


def _about_digests(invocation: Invocation, digests: Digests) -> Iterator[Line]:
    speech = invocation.speech
    yield line(
        speech.say(
            "🗞 A digest comes {when}; the next one {moment}.",
            when=_when(digests.schedule, speech),
            moment=_next(invocation, digests),
        )
    )
    if digests.only:
        yield line(speech.say("No bulletin comes at once; where nothing is new, no digest comes either."))
    else:
        yield line(speech.say("Bulletins come at once as well; where nothing is new, no digest comes."))
    if invocation.chat.time_zone == "UTC" and digests.schedule.at is not None:
        yield speech.tell(
            "Times are those of UTC; for yours: {command}", command=code("/settings timezone Asia/Tokyo")
        )


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
        unchanged = line(invocation.speech.say("👌 Nothing to change."))
        return document(unchanged, *_about_digests(invocation, before))
    if before is None:
        # The first digest tells of a whole period, as the others will.
        digests = Digests(schedule, now, slot_by(schedule, invocation.zone, now).at, only)
    elif before.schedule == schedule:
        digests = replace(before, only=only)
    else:
        digests = replace(before, schedule=schedule, set_at=now, only=only)
    untold, developed = await invocation.store.save_digests(replace(chat, digests=digests), now)
    return document(
        line(invocation.speech.say("✅ Done.")),
        *_about_digests(invocation, digests),
        *_untold(invocation, untold, developed),
        changed=True,
    )


async def _end_digests(invocation: Invocation) -> Document:
    speech = invocation.speech
    if invocation.chat.digests is None:
        state = speech.say("This chat gets no digests.")
        return document(speech.say("👌 Nothing to change. {state}", state=state))
    untold, developed = await invocation.store.save_digests(
        replace(invocation.chat, digests=None), invocation.now
    )
    return document(
        speech.say("✅ No more digests; bulletins come at once."),
        *_untold(invocation, untold, developed),
        changed=True,
    )


def _untold(invocation: Invocation, stories: int, developed: int) -> Iterator[Line]:
    """What came since the last digest: new stories follow, others can be read."""
    speech = invocation.speech
    if developed:
        gone_on = speech.plural(
            "{n} story that a digest told has gone on since: ",
            "{n} stories that digests told have gone on since: ",
            developed,
        )
        yield line(gone_on, code("/latest"))
    if stories:
        yield line(
            speech.plural(
                "One message follows with {n} story since the last digest.",
                "One message follows with {n} stories since the last digest.",
                stories,
            )
        )
        yield from held_line(invocation)


async def _show_quiet(invocation: Invocation) -> Document:
    quiet, speech = invocation.chat.quiet, invocation.speech
    if quiet is None:
        return document(
            speech.say("🌙 This chat has no quiet hours."),
            speech.tell(
                "To have bulletins wait for the morning: {command}", command=code("/quiet 22:00-07:00")
            ),
            actions=[Action(span, f"/quiet {span}") for span in _QUIET_OFFERED],
        )
    mark = invocation.catalog.style.confirmed
    if quiet.confirmed:
        other = Action(speech.say("Let {mark} through: off", mark=mark), "/quiet confirmed off")
    else:
        other = Action(speech.say("Let {mark} through: on", mark=mark), "/quiet confirmed on")
    return document(
        *_about_quiet(invocation, quiet),
        *await own_times(invocation),
        actions=(other, Action(speech.say("No quiet hours"), "/quiet off")),
    )


def _about_quiet(invocation: Invocation, quiet: Quiet) -> Iterator[Line]:
    mark, speech = invocation.catalog.style.confirmed, invocation.speech
    yield line(
        speech.say(
            "🌙 Bulletins and digests wait from {begins} to {ends} ({zone}).",
            begins=f"{quiet.begins:%H:%M}",
            ends=f"{quiet.ends:%H:%M}",
            zone=invocation.chat.time_zone,
        )
    )
    yield line(speech.say("If more than {n} have waited, they come as one message.", n=MOST_HELD))
    if quiet.confirmed:
        yield line(speech.say("What several outlets confirm ({mark}) comes all the same.", mark=mark))
    else:
        yield speech.tell(
            "To let through what several outlets confirm ({mark}): {command}",
            mark=mark,
            command=code("/quiet confirmed on"),
        )


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
    quiet, speech = invocation.chat.quiet, invocation.speech
    if quiet is None:
        return document(
            speech.say("🤔 This chat has no quiet hours yet."),
            speech.tell("Set them first: {command}", command=code("/quiet 22:00-07:00")),
        )
    wanted = {"on": True, "off": False}.get(" ".join(words))
    if wanted is None:
        return misuse(invocation, speech.say("Shall it be on, or off?"), word="confirmed")
    return await _save_quiet(invocation, replace(quiet, confirmed=wanted))


async def _save_quiet(invocation: Invocation, quiet: Quiet) -> Document:
    speech = invocation.speech
    if quiet == invocation.chat.quiet:
        return document(line(speech.say("👌 Nothing to change.")), *_about_quiet(invocation, quiet))
    await invocation.store.save_chat(replace(invocation.chat, quiet=quiet))
    return document(line(speech.say("✅ Done.")), *_about_quiet(invocation, quiet), changed=True)


async def _end_quiet(invocation: Invocation) -> Document:
    chat, speech = invocation.chat, invocation.speech
    if chat.quiet is None:
        state = speech.say("This chat has no quiet hours.")
        return document(speech.say("👌 Nothing to change. {state}", state=state))
    held = await invocation.store.held_messages(chat.id)
    await invocation.store.save_chat(replace(chat, quiet=None))
    waited = speech.plural(
        "What has waited comes now: {n} message.", "What has waited comes now: {n} messages.", held
    )
    return document(
        speech.say("✅ No more quiet hours; bulletins come at once."),
        *((line(waited),) if held else ()),
        changed=True,
    )


def _wrong(invocation: Invocation, problem: TimeProblem, example: str, words: tuple[str, ...]) -> Document:
    """What is wrong with the time that was typed, and how it is done."""
    typed, speech = clip(problem.text), invocation.speech
    match problem.mistake:
        case Mistake.BAD_TIME:
            return misuse(
                invocation, speech.say("“{time}” is no time of day; try 08:00.", time=typed), word=example
            )
        case Mistake.NO_TIME:
            return misuse(invocation, speech.say("At what time?"), word=example)
        case Mistake.MORE_TIMES:
            enough = (
                speech.say("A chat has one digest: give one time, or hourly.")
                if invocation.command.name == "digest"
                else speech.say("Quiet hours begin once and end once.")
            )
            return misuse(invocation, enough, word=example)
        case Mistake.SAME_TIMES:
            all_day = speech.tell(
                "From {time} to {time} is all day; for that there is {command}.",
                time=typed,
                command=code("/pause"),
            )
            return misuse(invocation, all_day, word=example)
        case Mistake.NO_WORD:
            near = nearest(problem.text, words, 1, cutoff=0.7)
            if problem.text in near:  # a word that stands alone: it is the rest that means nothing
                rest = " ".join(word for word in invocation.args.split() if word.casefold() != problem.text)
                unknown = speech.say("I do not understand “{word}” here.", word=clip(rest))
                return misuse(invocation, unknown, word=problem.text)
            if not near:
                unknown = speech.say("I do not understand “{word}” here.", word=typed)
                return misuse(invocation, unknown, word=example)
            guess = speech.say(
                "I do not understand “{word}” here. Did you mean {other}?", word=typed, other=near[0]
            )
            return misuse(invocation, guess, word=near[0])


def _when(schedule: Schedule, speech: Speech) -> str:
    if schedule.at is None:
        return speech.say("every hour")
    at = f"{schedule.at:%H:%M}"
    if schedule.days == EVERY_DAY:
        return speech.say("every day at {time}", time=at)
    if schedule.days == WEEKDAYS:
        return speech.say("on weekdays at {time}", time=at)
    if schedule.days == WEEKENDS:
        return speech.say("on weekends at {time}", time=at)
    return speech.say("on {days} at {time}", days=speech.days(schedule.days), time=at)


def _span(quiet: Quiet, speech: Speech) -> str:
    return speech.say("{begins} to {ends}", begins=f"{quiet.begins:%H:%M}", ends=f"{quiet.ends:%H:%M}")


def _next(invocation: Invocation, digests: Digests) -> str:
    """When the next digest comes, which quiet hours put off: `Sat 9 Aug 08:00 JST`."""
    slot = slot_after(digests.schedule, invocation.zone, invocation.now)
    comes: datetime = quiet_until(invocation.chat.quiet, invocation.zone, slot.at) or slot.at
    return invocation.speech.moment(comes, invocation.now, invocation.zone)
