"""`/settings block` and `/settings prefer`: which outlets a chat has no use for, and which it likes best."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from bot.chat.commands.base import Invocation, saved, steering
from bot.chat.commands.misuse import misuse
from bot.chat.commands.wording import clip, nearest
from bot.domain.documents import Action, Document, code, document, line
from bot.domain.speech import Speech, phrase

_RECENT_MESSAGES = 50
"""Messages whose outlets are known besides the configured ones: an aggregator brings others."""


@steering
async def block(invocation: Invocation) -> Document:
    outlet = await _outlet(invocation, "block")
    if isinstance(outlet, Document):
        return outlet
    chat = invocation.chat
    changed = replace(
        chat,
        blocked_outlets=chat.blocked_outlets | {outlet},
        preferred_outlets=chat.preferred_outlets - {outlet},
    )
    said = (
        phrase("{outlet} is blocked, and no longer preferred: none of its reports come here.")
        if outlet in chat.preferred_outlets
        else phrase("{outlet} is blocked: none of its reports come here.")
    )
    return await saved(invocation, changed, invocation.speech.say(said, outlet=outlet))


@steering
async def prefer(invocation: Invocation) -> Document:
    outlet = await _outlet(invocation, "prefer")
    if isinstance(outlet, Document):
        return outlet
    chat = invocation.chat
    changed = replace(
        chat,
        blocked_outlets=chat.blocked_outlets - {outlet},
        preferred_outlets=chat.preferred_outlets | {outlet},
    )
    said = (
        phrase("{outlet} is preferred, and no longer blocked: where it reports, its words head the bulletin.")
        if outlet in chat.blocked_outlets
        else phrase("{outlet} is preferred: where it reports, its words head the bulletin.")
    )
    return await saved(invocation, changed, invocation.speech.say(said, outlet=outlet))


@steering
async def unblock(invocation: Invocation) -> Document:
    blocked, speech = invocation.chat.blocked_outlets, invocation.speech
    if invocation.args and not blocked:
        return document(speech.say("👌 No outlet is blocked in this chat."))
    outlet = _among(invocation, "unblock", phrase("Now blocked: {outlets}."), blocked)
    if isinstance(outlet, Document):
        return outlet
    said = speech.say("{outlet} is not blocked any more.", outlet=outlet)
    return await saved(invocation, replace(invocation.chat, blocked_outlets=blocked - {outlet}), said)


@steering
async def unprefer(invocation: Invocation) -> Document:
    preferred, speech = invocation.chat.preferred_outlets, invocation.speech
    if invocation.args and not preferred:
        return document(speech.say("👌 No outlet is preferred in this chat."))
    outlet = _among(invocation, "unprefer", phrase("Now preferred: {outlets}."), preferred)
    if isinstance(outlet, Document):
        return outlet
    said = speech.say("{outlet} is not preferred any more.", outlet=outlet)
    return await saved(invocation, replace(invocation.chat, preferred_outlets=preferred - {outlet}), said)


def named(outlets: Iterable[str], speech: Speech) -> str:
    return speech.joined(sorted(outlets)) or speech.say("none")


async def _outlet(invocation: Invocation, word: str) -> str | Document:
    """The outlet that the arguments name, by any of its names."""
    typed = invocation.args
    if not typed:
        return misuse(invocation, invocation.speech.say("Which outlet?"), word=word)
    table = invocation.catalog.outlets
    names = {status.spec.outlet for status in await invocation.store.feed_statuses()}
    names |= {outlet.name for outlet in table.by_name.values()}
    for message in await invocation.store.sent_messages(invocation.chat.id, _RECENT_MESSAGES):
        names.update(message.story.outlets)
    return _named_outlet(table.resolve(typed), typed, names, f"/settings {word}", invocation.speech)


def _among(invocation: Invocation, word: str, state: str, outlets: Collection[str]) -> str | Document:
    """The one of `outlets` that the arguments name. `state` says which there are, where they name none."""
    typed, speech = invocation.args, invocation.speech
    if not typed:
        return misuse(invocation, invocation.speech.say("Which outlet?"), word=word)
    resolved = invocation.catalog.outlets.resolve(typed)
    found = _named_outlet(resolved, typed, outlets, f"/settings {word}", speech)
    if isinstance(found, str):
        return found
    return document(*found.lines, speech.say(state, outlets=named(outlets, speech)), actions=found.actions)


def _named_outlet(
    resolved: str, typed: str, names: Collection[str], command: str, speech: Speech
) -> str | Document:
    folded = {name.casefold(): name for name in names}
    if resolved.casefold() in folded:
        return folded[resolved.casefold()]
    near = nearest(typed, names)
    missing = speech.say("🤔 I find no outlet “{name}”.", name=clip(typed))
    hint = (
        line(speech.say("Did you mean {other}?", other=near[0]))
        if near
        else speech.tell("{command} lists them.", command=code("/feeds"))
    )
    return document(
        missing,
        hint,
        actions=[Action(name, f"{command} {name}") for name in near],
    )
