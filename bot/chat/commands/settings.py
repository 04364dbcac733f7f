"""`/settings`, `/pause` and `/resume`: what holds for one chat."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

from bot.chat.commands.base import Handler, Invocation, steering
from bot.chat.commands.misuse import misuse, subcommand
from bot.chat.commands.timing import digest_line, held_line, quiet_line
from bot.chat.commands.wording import clip, count, moment, nearest
from bot.domain.bulletins import clock_time
from bot.domain.chats import Chat, Steering
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong

_STEERING: Mapping[Steering, str] = {
    "admins": "In a group, only admins change settings",
    "everyone": "In a group, everyone may change settings",
}

_LIKENESS = (0.85, 0.8, 0.6)
"""How like a time zone (0 to 1) has to be what was typed: the first that leaves one zone, else the last."""

_RECENT_MESSAGES = 50
"""Messages whose outlets are known besides the configured ones: an aggregator brings others."""


@steering
async def pause(invocation: Invocation) -> Document:
    chat = invocation.chat
    again = (Action("Resume", "/resume"),)
    if chat.paused_at is not None:
        why = f" ({chat.pause_reason})" if chat.pause_reason else ""
        since = moment(chat.paused_at, invocation.now, invocation.zone)
        return document(f"⏸ Bulletins have been paused here since {since}{why}.", actions=again)
    await invocation.store.save_chat(replace(chat, paused_at=invocation.now, pause_reason=None))
    return document(
        line("⏸ Paused: no bulletins here until ", code("/resume"), ". Commands still work."),
        actions=again,
        changed=True,
    )


@steering
async def resume(invocation: Invocation) -> Document:
    chat = invocation.chat
    if chat.paused_at is None:
        return document("▶️ Bulletins are not paused here.", actions=(Action("Latest bulletins", "/latest"),))
    missed = await invocation.store.resume_chat(chat.id, invocation.now)
    since = moment(chat.paused_at, invocation.now, invocation.zone)
    if not missed and not chat.hears_at_once:
        return document("▶️ Digests are on again. The next one tells what came meanwhile.", changed=True)
    if not missed:
        return document(f"▶️ Bulletins are on again. Nothing was missed since {since}.", changed=True)
    number = count(missed, "story was", "stories were")
    return document(
        f"▶️ Bulletins are on again. {number} missed since {since}.",
        "One message follows that names them.",
        *held_line(invocation),
        changed=True,
    )


async def settings(invocation: Invocation) -> Document:
    if not invocation.args:
        return document(
            line(strong("Settings of this chat")),
            *_overview(invocation),
            (),
            *_how(invocation),
            actions=_switches(invocation),
        )
    handlers: dict[str, Handler] = {
        "languages": _languages,
        "timezone": _time_zone,
        "block": _block,
        "unblock": _unblock,
        "prefer": _prefer,
        "unprefer": _unprefer,
        "previews": _previews,
        "who": _who,
    }
    return await subcommand(invocation, {word: handlers[word] for word in invocation.command.words})


def _overview(invocation: Invocation) -> tuple[Line, ...]:
    chat = invocation.chat
    local = invocation.now.astimezone(invocation.zone)
    return (
        line(f"🗣 Reads {_reading(chat, invocation)}"),
        line(f"🕑 Time zone {chat.time_zone}, now {clock_time(local)}"),
        digest_line(invocation),
        quiet_line(invocation),
        line(f"🚫 Blocked outlets: {_named(chat.blocked_outlets)}"),
        line(f"⭐️ Preferred outlets: {_named(chat.preferred_outlets)}"),
        *_of_platform(invocation),
        line("⏸ Bulletins are paused; ", code("/resume"))
        if chat.paused
        else line("▶️ Bulletins are on; ", code("/pause")),
    )


def _of_platform(invocation: Invocation) -> Iterator[Line]:
    """What only some platforms have."""
    chat, words = invocation.chat, invocation.command.words
    if "previews" in words:
        yield line(f"🖼 Previews of links: {'on' if chat.previews else 'off'}")
    if "who" in words:
        yield line(f"🔑 {_STEERING[chat.steered_by]}")


def _switches(invocation: Invocation) -> Iterator[Action]:
    """Buttons for the settings that have two values."""
    chat, words = invocation.chat, invocation.command.words
    if "previews" in words:
        yield _other_previews(chat)
    if "who" in words:
        yield _other_steering(chat)


def _other_previews(chat: Chat) -> Action:
    value = "off" if chat.previews else "on"
    return Action(f"Previews: {value}", f"/settings previews {value}")


def _other_steering(chat: Chat) -> Action:
    if chat.steered_by == "admins":
        return Action("Open to all", "/settings who everyone")
    return Action("Admins only", "/settings who admins")


def _how(invocation: Invocation) -> Iterator[Line]:
    """The ways to change what has no button, and is there to be changed."""
    chat = invocation.chat
    idle = {"unblock": not chat.blocked_outlets, "unprefer": not chat.preferred_outlets}
    yield line("To change one:")
    for usage in invocation.command.usage:
        if usage.word and not usage.only_on and not idle.get(usage.word):
            yield line(code(usage.form))


def _reading(chat: Chat, invocation: Invocation) -> str:
    if not chat.languages:
        return "any language"
    names = invocation.catalog.language_names
    return ", then ".join(names.get(code_, code_) for code_ in chat.languages)


def _named(outlets: Iterable[str]) -> str:
    return ", ".join(sorted(outlets)) or "none"


async def _save(invocation: Invocation, chat: Chat, said: str) -> Document:
    if chat == invocation.chat:
        return document(f"👌 Nothing to change. {said}")
    await invocation.store.save_chat(chat)
    return document(f"✅ {said}", changed=True)


@steering
async def _languages(invocation: Invocation) -> Document:
    words = list(filter(None, re.split(r"[\s,、;]+", invocation.args.casefold())))
    known = invocation.catalog.language_names
    choices = ", ".join(f"{code_} ({name})" for code_, name in known.items())
    if not words:
        return document(
            f"🗣 This chat reads {_reading(invocation.chat, invocation)}.",
            line("Type languages in the order you like them, or any: ", code("/settings languages en ja")),
            line(faint(f"Available: {choices}.")),
        )
    if words == ["any"]:
        chat = replace(invocation.chat, languages=())
        return await _save(invocation, chat, f"This chat reads {_reading(chat, invocation)}.")
    codes = _language_codes(known)
    unknown = next((word for word in words if word not in codes), None)
    if unknown is not None:
        near = nearest(unknown, codes, 1)
        guess = f" Did you mean {near[0]} ({codes[near[0]]})?" if near else ""
        return document(
            f"🤔 “{clip(unknown)}” is not a language that is read here.{guess}",
            f"Available: {choices}, or any.",
        )
    chat = replace(invocation.chat, languages=tuple(dict.fromkeys(codes[word] for word in words)))
    said = f"This chat reads {_reading(chat, invocation)}."
    return await _save(
        invocation, chat, f"{said} Reports in other languages still come, marked with their language."
    )


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
    typed = invocation.args
    if not typed:
        return document(
            f"🕑 This chat's time zone is {invocation.chat.time_zone}.",
            line("Type another as Area/City, or the city alone: ", code("/settings timezone Asia/Tokyo")),
        )
    zone = _zones().get(typed.casefold().replace(" ", "_"))
    if zone is None:
        near = _near_zones(typed)
        spelt = "Type it as Area/City: Asia/Tokyo, Europe/Kyiv, America/New_York, or UTC."
        return document(
            f"🤔 I know no time zone “{clip(typed)}”." + (f" Did you mean {near[0]}?" if near else ""),
            *(() if len(near) == 1 else (spelt,)),
            actions=[Action(f"Use {name}", f"/settings timezone {name}") for name in near],
        )
    chat = replace(invocation.chat, time_zone=zone)
    local = clock_time(invocation.now.astimezone(ZoneInfo(zone)))
    return await _save(invocation, chat, f"Times are those of {zone}, where it is {local}.")


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
async def _block(invocation: Invocation) -> Document:
    outlet = await _outlet(invocation, "block")
    if isinstance(outlet, Document):
        return outlet
    chat = invocation.chat
    changed = replace(
        chat,
        blocked_outlets=chat.blocked_outlets | {outlet},
        preferred_outlets=chat.preferred_outlets - {outlet},
    )
    return await _save(
        invocation,
        changed,
        f"{outlet} is blocked{', and no longer preferred' if outlet in chat.preferred_outlets else ''}: none of its reports come here.",
    )


@steering
async def _prefer(invocation: Invocation) -> Document:
    outlet = await _outlet(invocation, "prefer")
    if isinstance(outlet, Document):
        return outlet
    chat = invocation.chat
    changed = replace(
        chat,
        blocked_outlets=chat.blocked_outlets - {outlet},
        preferred_outlets=chat.preferred_outlets | {outlet},
    )
    return await _save(
        invocation,
        changed,
        f"{outlet} is preferred{', and no longer blocked' if outlet in chat.blocked_outlets else ''}: where it reports, its words head the bulletin.",
    )


@steering
async def _unblock(invocation: Invocation) -> Document:
    outlet = _among(invocation, "unblock", "blocked", invocation.chat.blocked_outlets)
    if isinstance(outlet, Document):
        return outlet
    left = invocation.chat.blocked_outlets - {outlet}
    return await _save(
        invocation, replace(invocation.chat, blocked_outlets=left), f"{outlet} is not blocked any more."
    )


@steering
async def _unprefer(invocation: Invocation) -> Document:
    outlet = _among(invocation, "unprefer", "preferred", invocation.chat.preferred_outlets)
    if isinstance(outlet, Document):
        return outlet
    left = invocation.chat.preferred_outlets - {outlet}
    return await _save(
        invocation, replace(invocation.chat, preferred_outlets=left), f"{outlet} is not preferred any more."
    )


@steering
async def _previews(invocation: Invocation) -> Document:
    wanted = {"on": True, "off": False}.get(invocation.args.casefold())
    if wanted is None:
        state = "on" if invocation.chat.previews else "off"
        return document(
            f"🖼 Previews of links are {state} here.",
            line("Type ", code("/settings previews on"), ", or ", code("/settings previews off"), "."),
            actions=(_other_previews(invocation.chat),),
        )
    said = "Links in bulletins show a preview." if wanted else "Links in bulletins show no preview."
    return await _save(invocation, replace(invocation.chat, previews=wanted), said)


@steering
async def _who(invocation: Invocation) -> Document:
    wanted = invocation.args.casefold()
    if wanted not in ("admins", "everyone"):
        return document(
            f"🔑 In a group, settings are changed by {invocation.chat.steered_by}.",
            line("Type ", code("/settings who admins"), ", or ", code("/settings who everyone"), "."),
            actions=(_other_steering(invocation.chat),),
        )
    chat = replace(invocation.chat, steered_by="admins" if wanted == "admins" else "everyone")
    return await _save(invocation, chat, f"In a group, settings are changed by {chat.steered_by}.")


async def _outlet(invocation: Invocation, word: str) -> str | Document:
    """The outlet that the arguments name, by any of its names."""
    typed = invocation.args
    if not typed:
        return misuse(invocation, "Which outlet?", word=word)
    table = invocation.catalog.outlets
    names = {status.spec.outlet for status in await invocation.store.feed_statuses()}
    names |= {outlet.name for outlet in table.by_name.values()}
    for message in await invocation.store.sent_messages(invocation.chat.id, _RECENT_MESSAGES):
        names.update(message.story.outlets)
    return _named_outlet(table.resolve(typed), typed, names, f"/settings {word}")


def _among(invocation: Invocation, word: str, state: str, outlets: Collection[str]) -> str | Document:
    """The one of `outlets` that the arguments name."""
    typed = invocation.args
    if not typed:
        return misuse(invocation, "Which outlet?", word=word)
    if not outlets:
        return document(f"👌 No outlet is {state} in this chat.")
    found = _named_outlet(invocation.catalog.outlets.resolve(typed), typed, outlets, f"/settings {word}")
    if isinstance(found, str):
        return found
    return document(*found.lines, f"Now {state}: {_named(outlets)}.", actions=found.actions)


def _named_outlet(resolved: str, typed: str, names: Collection[str], command: str) -> str | Document:
    folded = {name.casefold(): name for name in names}
    if resolved.casefold() in folded:
        return folded[resolved.casefold()]
    near = nearest(typed, names)
    hint = (f"Did you mean {near[0]}?",) if near else (code("/feeds"), " lists them.")
    return document(
        line(f"🤔 I find no outlet “{clip(typed)}”. ", *hint),
        actions=[Action(name, f"{command} {name}") for name in near],
    )
