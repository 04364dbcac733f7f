"""`/language`: the language in which the bot speaks to a chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from babel import Locale

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.wording import clip
from bot.domain.chats import SPOKEN, spoken
from bot.domain.documents import Action, Document, Line, code, document, faint
from bot.domain.speech import Speech, speech_for


async def language(invocation: Invocation) -> Document:
    if invocation.args:
        return await _speak(invocation)
    speech = invocation.speech
    return document(
        speech.say("🌐 I speak {language} here.", language=own_name(speech.language)),
        _how(speech),
        speech.tell(
            "Which languages the news is read in is set by {command}.",
            tone=faint,
            command=code("/settings languages"),
        ),
        actions=_others(speech),
    )


@steering
async def _speak(invocation: Invocation) -> Document:
    wanted = _meant(invocation.args)
    if wanted is None:
        speech = invocation.speech
        unknown = speech.say("🤔 I do not speak “{name}”.", name=clip(invocation.args))
        return document(unknown, _how(speech), actions=_others(speech))
    chat = replace(invocation.chat, language=wanted)
    speech = speech_for(chat, invocation.services.speeches)
    said = speech.say("I speak {language} here from now on.", language=own_name(wanted))
    if chat != invocation.chat:
        await invocation.store.save_chat(chat)
    return document(f"✅ {said}", actions=(Action(speech.say("All commands"), "/help"),), changed=True)


def own_name(code_: str) -> str:
    """What the language is called in itself: `русский`."""
    return Locale.parse(code_).get_display_name(code_) or code_


def _meant(typed: str) -> str | None:
    """The language that a code, or its name in any language that we speak, means."""
    names = {str(Locale(reader).languages[code_]).casefold(): code_ for reader in SPOKEN for code_ in SPOKEN}
    wanted = typed.strip().casefold()
    return names.get(wanted) or spoken(wanted) or None


def _how(speech: Speech) -> Line:
    names = speech.joined(f"{code_} ({own_name(code_)})" for code_ in SPOKEN)
    return speech.tell("Type one of {languages}: {command}", languages=names, command=code("/language ja"))


def _others(speech: Speech) -> Iterator[Action]:
    return (
        Action(own_name(code_).capitalize(), f"/language {code_}")
        for code_ in SPOKEN
        if code_ != speech.language
    )
