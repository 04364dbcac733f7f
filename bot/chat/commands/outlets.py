"""`/settings block` and `/settings prefer`: which outlets a chat has no use for, and which it likes best."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from bot.chat.commands.base import Invocation, saved, steering
from bot.chat.commands.misuse import misuse
from bot.chat.commands.wording import clip, nearest
from bot.domain.chats import Chat
from bot.domain.documents import Action, Document, code, document, line
from bot.domain.speech import Speech, phrase

_RECENT_MESSAGES = 50
"""Messages whose outlets are known besides the configured ones: an aggregator brings others."""


@dataclass(frozen=True, slots=True)
class _Liking:
    """One of the two things that a chat can think of an outlet: `word` sets it, `back` takes it back.

    `now` says that it is set, `instead` that it is and the other no longer, `none` that it is of no outlet, `which` of which
    ones, and `over` that it is not any more.
    """

    word: str
    back: str
    now: str
    instead: str
    none: str
    which: str
    over: str


_BLOCKED = _Liking(
    "block",
    "unblock",
    phrase("{outlet} is blocked: none of its reports come here."),
    phrase("{outlet} is blocked, and no longer preferred: none of its reports come here."),
    phrase("👌 No outlet is blocked in this chat."),
    phrase("Now blocked: {outlets}."),
    phrase("{outlet} is not blocked any more."),
)
_PREFERRED = _Liking(
    "prefer",
    "unprefer",
    phrase("{outlet} is preferred: where it reports, its words head the bulletin."),
    phrase("{outlet} is preferred, and no longer blocked: where it reports, its words head the bulletin."),
    phrase("👌 No outlet is preferred in this chat."),
    phrase("Now preferred: {outlets}."),
    phrase("{outlet} is not preferred any more."),
)


@steering
async def block(invocation: Invocation) -> Document:
    return await _set(invocation, _BLOCKED)


@steering
async def prefer(invocation: Invocation) -> Document:
    return await _set(invocation, _PREFERRED)


@steering
async def unblock(invocation: Invocation) -> Document:
    return await _take_back(invocation, _BLOCKED)


@steering
async def unprefer(invocation: Invocation) -> Document:
    return await _take_back(invocation, _PREFERRED)


async def _set(invocation: Invocation, liking: _Liking) -> Document:
    outlet = await _outlet(invocation, liking.word)
    if isinstance(outlet, Document):
        return outlet
    outlets = _outlets(invocation.chat)
    other = _PREFERRED if liking is _BLOCKED else _BLOCKED
    said = liking.instead if outlet in outlets[other] else liking.now
    changed = _with(invocation.chat, {liking: outlets[liking] | {outlet}, other: outlets[other] - {outlet}})
    return await saved(invocation, changed, invocation.speech.say(said, outlet=outlet))


async def _take_back(invocation: Invocation, liking: _Liking) -> Document:
    outlets, speech = _outlets(invocation.chat), invocation.speech
    if invocation.args and not outlets[liking]:
        return document(speech.say(liking.none))
    outlet = _among(invocation, liking.back, liking.which, outlets[liking])
    if isinstance(outlet, Document):
        return outlet
    changed = _with(invocation.chat, outlets | {liking: outlets[liking] - {outlet}})
    return await saved(invocation, changed, speech.say(liking.over, outlet=outlet))


def _outlets(chat: Chat) -> dict[_Liking, frozenset[str]]:
    return {_BLOCKED: chat.blocked_outlets, _PREFERRED: chat.preferred_outlets}


def _with(chat: Chat, outlets: Mapping[_Liking, frozenset[str]]) -> Chat:
    return replace(chat, blocked_outlets=outlets[_BLOCKED], preferred_outlets=outlets[_PREFERRED])


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
