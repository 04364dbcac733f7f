"""`/start`, `/help` and `/stop`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from bot.chat.commands.base import Command, Invocation
from bot.chat.commands.lookup import topic_actions
from bot.chat.commands.misuse import alone, usage_lines
from bot.chat.commands.wording import clip, did_you_mean, example, nearest
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong
from bot.domain.speech import Speech

_ALSO_CALLED = {
    "add": "topics add",
    "dnd": "quiet",
    "daily": "digest",
    "silence": "quiet",
    "summary": "digest",
    "exit": "stop",
    "follow": "subscribe",
    "news": "latest",
    "quit": "stop",
    "remove": "topics remove",
    "stop": "pause",
    "test": "topics test",
    "alerts": "tune",
    "notify": "tune",
    "sound": "tune sound",
    "updates": "tune updates",
    "unfollow": "unsubscribe",
}
"""What people type from habit elsewhere, for «did you mean»."""


async def start(invocation: Invocation) -> Document:
    topics = await invocation.topics()
    subscribed = await invocation.subscribed()
    following = [topic.spec.name for topic in topics if topic.id in subscribed]
    open_ = [topic for topic in topics if topic.id not in subscribed]
    feeds = invocation.catalog.feeds
    outlets = len({feed.outlet for feed in feeds})
    languages = len({feed.language for feed in feeds})
    speech = invocation.speech
    return document(
        speech.tell(
            "⚡️ {name} (速報, “news flash”) sends one short bulletin for each event you follow.",
            name=strong("Sokuho"),
        ),
        speech.say(
            "It reads {feeds} of {outlets} in {languages}; later reports of an event are added to its bulletin.",
            feeds=speech.plural("{n} feed", "{n} feeds", len(feeds)),
            outlets=speech.plural("{n} outlet", "{n} outlets", outlets),
            languages=speech.plural("{n} language", "{n} languages", languages),
        ),
        (),
        speech.say("This chat follows {topics}.", topics=speech.listed(following))
        if following
        else speech.say("What should this chat follow?"),
        speech.tell(
            "For anything else: {add} or {help}",
            tone=faint,
            add=example(speech),
            help=code("/help"),
        ),
        actions=(*topic_actions("/subscribe", open_, speech), _all_commands(speech)),
        again="/start",
    )


async def help_(invocation: Invocation) -> Document:
    if invocation.args:
        return _about(invocation)
    speech = invocation.speech
    listed = [command for command in invocation.commands if command.group]
    return document(
        speech.say("What you can type:"),
        *(
            row
            for title, group in groupby(listed, key=attrgetter("group"))
            for row in _group(title, group, speech)
        ),
        (),
        speech.tell("More on one: {command}", tone=faint, command=code("/help topics")),
        actions=(
            Action(speech.say("Choose topics"), "/subscribe"),
            Action(speech.say("Latest bulletins"), "/latest"),
        ),
    )


def unknown(
    name: str, commands: tuple[Command, ...], speech: Speech, args: str = "", before: str = "/"
) -> Document:
    """The answer to a command that does not exist. Corrections are offered behind `before`, with `args`."""
    names = [command.name for command in commands]
    habit = _ALSO_CALLED.get(name, "")
    near = (habit,) if habit.partition(" ")[0] in names else nearest(name, names, cutoff=0.7)
    if not near:
        missing = speech.say("🤔 There is no command “{name}”.", name=clip(name))
        return document(missing, actions=(_all_commands(speech),))
    return did_you_mean(speech, [f"{before}{other} {args}".strip() for other in near])


@alone
async def stop(invocation: Invocation) -> Document:
    """Only where there is something to stop: the table leaves it out elsewhere."""
    if invocation.services.stop is not None:
        invocation.services.stop()
    return document(invocation.speech.say("👋 Stopping. What is due waits until the next start."))


def _about(invocation: Invocation) -> Document:
    speech = invocation.speech
    wanted = invocation.args.lstrip("/／").casefold()
    command = next((command for command in invocation.commands if command.name == wanted), None)
    if command is None:
        return unknown(wanted, invocation.commands, speech, before="/help ")
    forms = [usage.form for usage in command.usage]
    examples = [line(code(example)) for example in command.examples if example not in forms]
    return document(
        line(strong(_capital(speech.known(command.summary)))),
        (),
        *usage_lines(command.usage, speech),
        *(((), line(strong(speech.say("For example"))), *examples) if examples else ()),
    )


def _group(title: str, commands: Iterable[Command], speech: Speech) -> Iterator[Line]:
    yield ()
    yield line(strong(speech.known(title)))
    for command in commands:
        yield line(code(f"/{command.name}"), f" — {speech.known(command.summary)}")


def _all_commands(speech: Speech) -> Action:
    return Action(speech.say("All commands"), "/help")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
