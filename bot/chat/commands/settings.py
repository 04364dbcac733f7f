"""`/settings`: what holds for one chat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, reduce
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

from bot.chat.commands.base import Handler, Invocation, saved, steering
from bot.chat.commands.language import own_name
from bot.chat.commands.misuse import subcommand
from bot.chat.commands.outlets import block, named, prefer, unblock, unprefer
from bot.chat.commands.timing import digest_line, quiet_line
from bot.chat.commands.wording import clip, form, nearest
from bot.domain.chats import Chat, Steering
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong
from bot.domain.speech import Speech, clock_time, phrase

_STEERING: Mapping[Steering, str] = {
    "admins": phrase("In a group, only admins change settings"),
    "everyone": phrase("In a group, everyone may change settings"),
}

_STEERED: Mapping[Steering, str] = {
    "admins": phrase("In a group, settings are changed by admins."),
    "everyone": phrase("In a group, settings are changed by everyone."),
}

_REPEATS: Mapping[bool, str] = {
    True: phrase("What may not have arrived is sent again, marked as a possible repeat."),
    False: phrase("What may not have arrived is left out: nothing is sent twice."),
}

_LIKENESS = (0.85, 0.8, 0.6)
"""How like a time zone (0 to 1) has to be what was typed: the first that leaves one zone, else the last."""


async def settings(invocation: Invocation) -> Document:
    if not invocation.args:
        return _all(invocation)
    handlers: dict[str, Handler] = {
        "languages": _languages,
        "timezone": _time_zone,
        "block": block,
        "unblock": unblock,
        "prefer": prefer,
        "unprefer": unprefer,
        "previews": _previews,
        "form": _form,
        "repeats": _repeats,
        "who": _who,
    }
    return await subcommand(invocation, {word: handlers[word] for word in invocation.command.words})


def _all(invocation: Invocation) -> Document:
    return document(
        line(strong(invocation.speech.say("Settings of this chat"))),
        *_overview(invocation),
        (),
        *_how(invocation),
        actions=_switches(invocation),
    )


@steering
async def _form(invocation: Invocation) -> Document:
    """What is said where no form can be opened: it takes a slash command or a press, at once."""
    return _all(invocation)


def _overview(invocation: Invocation) -> tuple[Line, ...]:
    chat, speech = invocation.chat, invocation.speech
    local = invocation.now.astimezone(invocation.zone)
    return (
        line(speech.say("🗣 Reads {languages}", languages=_reading(chat, invocation))),
        speech.tell(
            "🌐 Is spoken to in {language}; {command}",
            language=own_name(speech.language),
            command=code("/language"),
        ),
        line(speech.say("🕑 Time zone {zone}, now {time}", zone=chat.time_zone, time=clock_time(local))),
        digest_line(invocation),
        quiet_line(invocation),
        line(speech.say("🚫 Blocked outlets: {outlets}", outlets=named(chat.blocked_outlets, speech))),
        line(speech.say("⭐️ Preferred outlets: {outlets}", outlets=named(chat.preferred_outlets, speech))),
        *_of_platform(invocation),
        speech.tell("⏸ Bulletins are paused; {command}", command=code("/resume"))
        if chat.paused
        else speech.tell("▶️ Bulletins are on; {command}", command=code("/pause")),
    )


def _of_platform(invocation: Invocation) -> Iterator[Line]:
    """What only some platforms have."""
    chat, words, speech = invocation.chat, invocation.command.words, invocation.speech
    if "previews" in words:
        yield line(
            speech.say("🖼 Previews of links: on") if chat.previews else speech.say("🖼 Previews of links: off")
        )
    if "repeats" in words:
        yield line(f"🔁 {speech.known(_REPEATS[chat.repeats])}")
    if "who" in words:
        yield line(f"🔑 {speech.known(_STEERING[chat.steered_by])}")


def _switches(invocation: Invocation) -> Iterator[Action]:
    """Buttons for the settings that have two values."""
    chat, words, speech = invocation.chat, invocation.command.words, invocation.speech
    if "form" in words:
        yield Action(speech.say("Change in a form"), "/settings form")
    if "previews" in words:
        yield _other_previews(chat, speech)
    if "repeats" in words:
        yield _other_repeats(chat, speech)
    if "who" in words:
        yield _other_steering(chat, speech)


def _other_previews(chat: Chat, speech: Speech) -> Action:
    if chat.previews:
        return Action(speech.say("Previews: off"), "/settings previews off")
    return Action(speech.say("Previews: on"), "/settings previews on")


def _other_repeats(chat: Chat, speech: Speech) -> Action:
    if chat.repeats:
        return Action(speech.say("Repeats: off"), "/settings repeats off")
    return Action(speech.say("Repeats: on"), "/settings repeats on")


def _other_steering(chat: Chat, speech: Speech) -> Action:
    if chat.steered_by == "admins":
        return Action(speech.say("Open to all"), "/settings who everyone")
    return Action(speech.say("Admins only"), "/settings who admins")


def _how(invocation: Invocation) -> Iterator[Line]:
    """The ways to change what has no button, and is there to be changed."""
    chat = invocation.chat
    idle = {"unblock": not chat.blocked_outlets, "unprefer": not chat.preferred_outlets}
    yield line(invocation.speech.say("To change one:"))
    for usage in invocation.command.usage:
        if usage.word and not usage.only_on and not idle.get(usage.word):
            yield line(form(invocation.speech, usage.form))


def _reading(chat: Chat, invocation: Invocation) -> str:
    say = invocation.speech.say
    if not chat.languages:
        return say("any language")
    names = invocation.catalog.language_names
    in_order = (names.get(code_, code_) for code_ in chat.languages)
    return reduce(lambda first, next_: say("{first}, then {next}", first=first, next=next_), in_order)


@steering
async def _languages(invocation: Invocation) -> Document:
    speech = invocation.speech
    words = list(filter(None, re.split(r"[\s,、;]+", invocation.args.casefold())))
    known = invocation.catalog.language_names
    choices = speech.joined(f"{code_} ({name})" for code_, name in known.items())
    if not words:
        return document(
            speech.say("🗣 This chat reads {languages}.", languages=_reading(invocation.chat, invocation)),
            speech.tell(
                "Type languages in the order you like them, or {any}: {command}",
                any=code("any"),
                command=code("/settings languages en ja"),
            ),
            speech.tell("Available: {languages}.", tone=faint, languages=choices),
        )
    if words == ["any"]:
        chat = replace(invocation.chat, languages=())
        said = speech.say("This chat reads {languages}.", languages=_reading(chat, invocation))
        return await saved(invocation, chat, said)
    codes = _language_codes(known)
    unknown = next((word for word in words if word not in codes), None)
    if unknown is not None:
        near = nearest(unknown, codes, 1)
        told = [speech.say("🤔 “{word}” is not a language that is read here.", word=clip(unknown))]
        if near:
            told.append(speech.say("Did you mean {other}?", other=f"{near[0]} ({codes[near[0]]})"))
        return document(
            " ".join(told),
            speech.tell("Available: {languages}, or {any}.", languages=choices, any=code("any")),
        )
    chat = replace(invocation.chat, languages=tuple(dict.fromkeys(codes[word] for word in words)))
    said = speech.say(
        "This chat reads {languages}. Reports in other languages still come, marked with their language.",
        languages=_reading(chat, invocation),
    )
    return await saved(invocation, chat, said)


def _language_codes(known: Mapping[str, str]) -> dict[str, str]:
    """By all that a person may call a language (`ja`, `japanese`, `日本語`): its code."""
    english = Locale("en").languages
    return {
        name.casefold(): code_
        for code_, own_name in known.items()
        for name in (code_, own_name, english.get(code_, code_))
    }


@steering
async def _time_zone(invocation: Invocation) -> Document:
    typed, speech = invocation.args, invocation.speech
    if not typed:
        return document(
            speech.say("🕑 This chat's time zone is {zone}.", zone=invocation.chat.time_zone),
            speech.tell(
                "Type another as {form}, or the city alone: {command}",
                form="Area/City",
                command=code("/settings timezone Asia/Tokyo"),
            ),
        )
    zone = _zones().get(typed.casefold().replace(" ", "_"))
    if zone is None:
        near = _near_zones(typed)
        told = [speech.say("🤔 I know no time zone “{name}”.", name=clip(typed))]
        if near:
            told.append(speech.say("Did you mean {other}?", other=near[0]))
        spelt = speech.say(
            "Type it as {form}: {examples}.",
            form="Area/City",
            examples=speech.joined(("Asia/Tokyo", "Europe/Kyiv", "America/New_York", "UTC")),
        )
        return document(
            " ".join(told),
            *(() if len(near) == 1 else (spelt,)),
            actions=[
                Action(speech.say("Use {zone}", zone=name), f"/settings timezone {name}") for name in near
            ],
        )
    chat = replace(invocation.chat, time_zone=zone)
    local = clock_time(invocation.now.astimezone(ZoneInfo(zone)))
    return await saved(
        invocation, chat, speech.say("Times are those of {zone}, where it is {time}.", zone=zone, time=local)
    )


def _near_zones(typed: str) -> tuple[str, ...]:
    """The time zones that may be meant; one where that is clear."""
    zones = _zones()
    # Letters such as JST are near to no city, and Etc/GMT+4 is four hours behind.
    cities = [name for name, zone in zones.items() if "/" in zone and not zone.startswith("Etc/")]
    near: tuple[str, ...] = ()
    for likeness in _LIKENESS:
        names = nearest(typed.replace(" ", "_"), cities, cutoff=likeness)
        near = tuple(dict.fromkeys(zones[name] for name in names))
        if len(near) == 1:
            break
    return near


@cache
def _zones() -> dict[str, str]:
    """Every time zone by its name and by its city, folded; a city of two areas only by its full name."""
    names = sorted(available_timezones())
    by_city: dict[str, list[str]] = {}
    for name in names:
        by_city.setdefault(name.rpartition("/")[2].casefold(), []).append(name)
    cities = {city: found[0] for city, found in by_city.items() if len(found) == 1}
    return cities | {name.casefold(): name for name in names}


@steering
async def _previews(invocation: Invocation) -> Document:
    speech = invocation.speech
    wanted = {"on": True, "off": False}.get(invocation.args.casefold())
    if wanted is None:
        return document(
            speech.say("🖼 Previews of links are on here.")
            if invocation.chat.previews
            else speech.say("🖼 Previews of links are off here."),
            _either(speech, "/settings previews on", "/settings previews off"),
            actions=(_other_previews(invocation.chat, speech),),
        )
    said = (
        speech.say("Links in bulletins show a preview.")
        if wanted
        else speech.say("Links in bulletins show no preview.")
    )
    return await saved(invocation, replace(invocation.chat, previews=wanted), said)


@steering
async def _repeats(invocation: Invocation) -> Document:
    speech = invocation.speech
    wanted = {"on": True, "off": False}.get(invocation.args.casefold())
    if wanted is None:
        return document(
            f"🔁 {speech.known(_REPEATS[invocation.chat.repeats])}",
            _either(speech, "/settings repeats on", "/settings repeats off"),
            actions=(_other_repeats(invocation.chat, speech),),
        )
    chat = replace(invocation.chat, repeats=wanted)
    return await saved(invocation, chat, speech.known(_REPEATS[wanted]))


@steering
async def _who(invocation: Invocation) -> Document:
    wanted, speech = invocation.args.casefold(), invocation.speech
    if wanted not in ("admins", "everyone"):
        return document(
            f"🔑 {speech.known(_STEERED[invocation.chat.steered_by])}",
            _either(speech, "/settings who admins", "/settings who everyone"),
            actions=(_other_steering(invocation.chat, speech),),
        )
    chat = replace(invocation.chat, steered_by="admins" if wanted == "admins" else "everyone")
    return await saved(invocation, chat, speech.known(_STEERED[chat.steered_by]))


def _either(speech: Speech, one: str, other: str) -> Line:
    return speech.tell("Type {one}, or {other}.", one=code(one), other=code(other))
