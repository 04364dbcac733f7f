"""`/settings`, `/pause` and `/resume`: what holds for one chat."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.misuse import misuse, subcommand
from bot.chat.commands.wording import clip, count, moment, nearest
from bot.domain.bulletins import clock_time
from bot.domain.chats import Chat
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong

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
    return document("⏸ Paused: no bulletins here until /resume. Commands still work.", actions=again)


@steering
async def resume(invocation: Invocation) -> Document:
    chat = invocation.chat
    if chat.paused_at is None:
        return document("▶️ Bulletins are not paused here.", actions=(Action("Latest bulletins", "/latest"),))
    missed = await invocation.store.resume_chat(chat.id, invocation.now)
    since = moment(chat.paused_at, invocation.now, invocation.zone)
    if not missed:
        return document(f"▶️ Bulletins are on again. Nothing was missed since {since}.")
    number = count(missed, "story was", "stories were")
    return document(
        f"▶️ Bulletins are on again. {number} missed since {since}.",
        "One message follows that names them.",
        actions=(Action("Latest bulletins", "/latest"),),
    )


async def settings(invocation: Invocation) -> Document:
    if not invocation.args:
        return document(line(strong("Settings of this chat")), *_overview(invocation), *_how(invocation))
    return await subcommand(
        invocation,
        {
            "languages": _languages,
            "timezone": _time_zone,
            "block": _block,
            "unblock": _unblock,
            "prefer": _prefer,
            "unprefer": _unprefer,
            "previews": _previews,
            "who": _who,
        },
    )


def _overview(invocation: Invocation) -> tuple[Line, ...]:
    chat = invocation.chat
    local = invocation.now.astimezone(invocation.zone)
    return (
        line(f"🗣 Reads {_reading(chat, invocation)}"),
        line(f"🕑 Time zone {chat.time_zone}, now {clock_time(local)}"),
        line(f"🚫 Blocked outlets: {_named(chat.blocked_outlets)}"),
        line(f"⭐️ Preferred outlets: {_named(chat.preferred_outlets)}"),
        *_of_platform(chat),
        line("⏸ Bulletins are paused; /resume" if chat.paused else "▶️ Bulletins are on; /pause"),
    )


def _of_platform(chat: Chat) -> tuple[Line, ...]:
    """What only some platforms have."""
    if chat.platform not in ("telegram", "slack"):
        return ()
    previews = line(f"🖼 Previews of links: {'on' if chat.previews else 'off'}")
    return (
        (previews, line(f"🔑 Changed by {chat.steered_by}")) if chat.platform == "telegram" else (previews,)
    )


def _how(invocation: Invocation) -> tuple[Line, ...]:
    return (
        line(faint("To change one:")),
        *(line(code(usage.form)) for usage in invocation.command.usage[1:]),
    )


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
    return document(f"✅ {said}")


@steering
async def _languages(invocation: Invocation) -> Document:
    words = list(filter(None, re.split(r"[\s,、;]+", invocation.args.casefold())))
    known = invocation.catalog.language_names
    choices = ", ".join(f"{code_} ({name})" for code_, name in known.items())
    if not words:
        return document(
            f"🗣 This chat reads {_reading(invocation.chat, invocation)}.",
            "Type languages in the order you like them, or any: /settings languages en ja",
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
    return await _save(invocation, chat, f"This chat reads {_reading(chat, invocation)}.")


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
            "Type another as Area/City, or the city alone: /settings timezone Asia/Tokyo",
        )
    zones = _zones()
    zone = zones.get(typed.casefold().replace(" ", "_"))
    if zone is None:
        # Letters such as JST are near to no city, and Etc/GMT+4 is four hours behind.
        cities = [name for name, zone in zones.items() if "/" in zone and not zone.startswith("Etc/")]
        near = tuple(dict.fromkeys(zones[name] for name in nearest(typed.replace(" ", "_"), cities)))
        return document(
            f"🤔 I know no time zone “{clip(typed)}”." + (f" Did you mean {near[0]}?" if near else ""),
            "Type it as Area/City: Asia/Tokyo, Europe/Kyiv, America/New_York, or UTC.",
            actions=[Action(name, f"/settings timezone {name}") for name in near],
        )
    chat = replace(invocation.chat, time_zone=zone)
    local = clock_time(invocation.now.astimezone(ZoneInfo(zone)))
    return await _save(invocation, chat, f"Times are those of {zone}, where it is {local}.")


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
            "Type /settings previews on, or /settings previews off.",
            actions=(_switch("Previews", "previews", "off" if invocation.chat.previews else "on"),),
        )
    said = "Links in bulletins show a preview." if wanted else "Links in bulletins show no preview."
    return await _save(invocation, replace(invocation.chat, previews=wanted), said)


@steering
async def _who(invocation: Invocation) -> Document:
    if invocation.chat.platform != "telegram":
        return document("🔑 Everybody here may change the settings; only Telegram groups tell admins apart.")
    wanted = invocation.args.casefold()
    if wanted not in ("admins", "everyone"):
        other = "everyone" if invocation.chat.steered_by == "admins" else "admins"
        return document(
            f"🔑 In a group, settings are changed by {invocation.chat.steered_by}.",
            "Type /settings who admins, or /settings who everyone.",
            actions=(_switch("Changed by", "who", other),),
        )
    chat = replace(invocation.chat, steered_by="admins" if wanted == "admins" else "everyone")
    return await _save(invocation, chat, f"In a group, settings are changed by {chat.steered_by}.")


def _switch(label: str, word: str, value: str) -> Action:
    return Action(f"{label}: {value}", f"/settings {word} {value}")


async def _outlet(invocation: Invocation, word: str) -> str | Document:
    """The outlet that the arguments name, by any of its names."""
    typed = invocation.args
    if not typed:
        return misuse(invocation, f"Which outlet? /settings {word} OUTLET")
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
        return misuse(invocation, f"Which outlet? /settings {word} OUTLET")
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
    return document(
        f"🤔 I find no outlet “{clip(typed)}”."
        + (f" Did you mean {near[0]}?" if near else " /feeds lists them."),
        actions=[Action(name, f"{command} {name}") for name in near],
    )
