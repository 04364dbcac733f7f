"""From a line that a person typed to the answer."""

from __future__ import annotations

import re

import structlog

from bot.chat.commands.base import Command, Invocation, MaySteer, Services, anybody
from bot.chat.commands.guide import unknown
from bot.chat.commands.table import commands_for
from bot.chat.commands.wording import clip
from bot.domain.chats import Chat
from bot.domain.documents import Action, Document, code, document
from bot.domain.entries import clean_text
from bot.domain.speech import ENGLISH, Speech, speech_for

log = structlog.get_logger(__name__)

_COMMAND = re.compile(r"[/／]\s*(?P<name>[^\s@]*)(?:@\S*)?\s*(?P<args>.*)")
"""`/topics@SokuhoBot add x`; a Japanese keyboard writes ／."""


async def answer(
    services: Services,
    chat: Chat,
    text: str,
    reply_to: str | None = None,
    may_steer: MaySteer = anybody,
) -> Document:
    """The answer to what a person typed in a chat, whatever it is. `reply_to`: the message it answers, if any.

    Settings are read anew, so `chat` need not be of this moment. A bug is logged here, once, and answered kindly.
    """
    speech, name = ENGLISH, ""
    try:
        chat = await services.store.chat(chat.id) or chat
        speech = speech_for(chat, services.speeches)
        typed = clean_text(text)
        commands = commands_for(services, chat.platform)
        parsed = _COMMAND.fullmatch(typed)
        if parsed is None:
            return _no_command(typed, commands, speech)
        name = parsed["name"].casefold() or "help"
        command = next((command for command in commands if command.name == name), None)
        if command is None:
            return unknown(name, commands, speech, parsed["args"])
        now, args = services.clock.now(), parsed["args"]
        return await command.handler(
            Invocation(services, chat, command, commands, args, now, reply_to, may_steer)
        )
    except Exception:  # whatever breaks in one command must not end the conversation
        log.exception("command_failed", command=name, chat=chat.id, platform=chat.platform)
        return document(
            speech.tell(
                "😔 Something went wrong here with {command}. It is in the log; bulletins go on.",
                command=code(f"/{name}"),
            ),
            speech.say("Please try again in a moment."),
            actions=(Action(speech.say("Is all well?"), "/status"),),
        )


def _no_command(typed: str, commands: tuple[Command, ...], speech: Speech) -> Document:
    """Plain words: a command without its slash, or something to follow."""
    word, _, rest = typed.partition(" ")
    command = next((command for command in commands if command.name == word.casefold()), None)
    if command is not None:
        slashed = f"/{command.name} {rest}".strip()
        return document(speech.say("Commands begin with a slash:"), actions=(Action(clip(slashed), slashed),))
    if not any(char.isalnum() for char in typed):
        return document(speech.say("Type a command, for example:"), actions=(Action("/help", "/help"),))
    return document(
        speech.say(
            "To follow “{words}” in the news, make it a topic; commands begin with a slash.",
            words=clip(typed),
        ),
        actions=(
            Action(speech.say("Make it a topic"), f"/topics add {typed}"),
            Action(speech.say("See what it would match"), f"/topics test {typed}"),
            Action(speech.say("All commands"), "/help"),
        ),
    )
