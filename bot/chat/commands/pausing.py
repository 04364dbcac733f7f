"""`/pause` and `/resume`."""

from __future__ import annotations

from dataclasses import replace

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.misuse import alone
from bot.chat.commands.timing import held_line
from bot.domain.documents import Action, Document, code, document


@steering
@alone
async def pause(invocation: Invocation) -> Document:
    chat, speech = invocation.chat, invocation.speech
    again = (Action(speech.say("Resume"), "/resume"),)
    if chat.paused_at is not None:
        since = speech.moment(chat.paused_at, invocation.now, invocation.zone)
        if chat.pause_reason is None:
            return document(
                speech.say("⏸ Bulletins have been paused here since {since}.", since=since), actions=again
            )
        said = speech.say(
            "⏸ Bulletins have been paused here since {since} ({why}).",
            since=since,
            why=speech.known(chat.pause_reason),
        )
        return document(said, actions=again)
    await invocation.store.save_chat(replace(chat, paused_at=invocation.now, pause_reason=None))
    return document(
        speech.tell(
            "⏸ Paused: no bulletins here until {command}. Commands still work.", command=code("/resume")
        ),
        actions=again,
        changed=True,
    )


@steering
@alone
async def resume(invocation: Invocation) -> Document:
    chat, speech = invocation.chat, invocation.speech
    if chat.paused_at is None:
        return document(
            speech.say("▶️ Bulletins are not paused here."),
            actions=(Action(speech.say("Latest bulletins"), "/latest"),),
        )
    missed = await invocation.store.resume_chat(chat.id, invocation.now)
    since = speech.moment(chat.paused_at, invocation.now, invocation.zone)
    if not missed and not chat.hears_at_once:
        return document(
            speech.say("▶️ Digests are on again. The next one tells what came meanwhile."), changed=True
        )
    if not missed:
        nothing = speech.say("▶️ Bulletins are on again. Nothing was missed since {since}.", since=since)
        return document(nothing, changed=True)
    return document(
        speech.plural(
            "▶️ Bulletins are on again. {n} story was missed since {since}.",
            "▶️ Bulletins are on again. {n} stories were missed since {since}.",
            missed,
            since=since,
        ),
        speech.say("One message follows that names them."),
        *held_line(invocation),
        changed=True,
    )
