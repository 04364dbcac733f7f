"""`/start`, `/help` and `/stop`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from bot.chat.commands.base import Command, Invocation
from bot.chat.commands.lookup import topic_actions
from bot.chat.commands.misuse import usage_lines
from bot.chat.commands.wording import clip, count, listed, nearest
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong

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

ALL_COMMANDS = Action("All commands", "/help")


async def start(invocation: Invocation) -> Document:
    topics = await invocation.topics()
    subscribed = await invocation.subscribed()
    following = [topic.spec.name for topic in topics if topic.id in subscribed]
    open_ = [topic for topic in topics if topic.id not in subscribed]
    feeds = invocation.catalog.feeds
    outlets = len({feed.outlet for feed in feeds})
    languages = len({feed.language for feed in feeds})
    return document(
        line(
            "⚡️ ",
            strong("Sokuho"),
            " (速報, “news flash”) sends one short bulletin for each event you follow.",
        ),
        f"It reads {count(len(feeds), 'feed')} of {count(outlets, 'outlet')} in {count(languages, 'language')}; "
        "later reports of an event are added to its bulletin.",
        (),
        f"This chat follows {listed(following)}." if following else "What should this chat follow?",
        line(faint("For anything else: "), code("/topics add Taiwan strait"), faint(" or "), code("/help")),
        actions=(*topic_actions("/subscribe", open_), ALL_COMMANDS),
        again="/start",
    )


async def help_(invocation: Invocation) -> Document:
    if invocation.args:
        return _about(invocation)
    listed = [command for command in invocation.commands if command.group]
    return document(
        "What you can type:",
        *(row for title, group in groupby(listed, key=attrgetter("group")) for row in _group(title, group)),
        (),
        line(faint("More on one: "), code("/help topics")),
        actions=(Action("Choose topics", "/subscribe"), Action("Latest bulletins", "/latest")),
    )


def unknown(name: str, commands: tuple[Command, ...], args: str = "", before: str = "/") -> Document:
    """The answer to a command that does not exist. Corrections are offered behind `before`, with `args`."""
    names = [command.name for command in commands]
    habit = _ALSO_CALLED.get(name, "")
    near = (habit,) if habit.partition(" ")[0] in names else nearest(name, names, cutoff=0.7)
    if not near:
        return document(f"🤔 There is no command “{clip(name)}”.", actions=(ALL_COMMANDS,))
    corrections = [f"{before}{other} {args}".strip() for other in near]
    return document(
        line("🤔 Did you mean ", code(clip(corrections[0])), "?"),
        actions=[Action(clip(corrected), corrected) for corrected in corrections],
    )


async def stop(invocation: Invocation) -> Document:
    """Only where there is something to stop: the table leaves it out elsewhere."""
    if invocation.services.stop is not None:
        invocation.services.stop()
    return document("👋 Stopping. What is due waits until the next start.")


def _about(invocation: Invocation) -> Document:
    wanted = invocation.args.lstrip("/／").casefold()
    command = next((command for command in invocation.commands if command.name == wanted), None)
    if command is None:
        return unknown(wanted, invocation.commands, before="/help ")
    forms = [usage.form for usage in command.usage]
    examples = [line(code(example)) for example in command.examples if example not in forms]
    return document(
        line(strong(command.summary[0].upper() + command.summary[1:])),
        (),
        *usage_lines(command.usage),
        *(((), line(strong("For example")), *examples) if examples else ()),
    )


def _group(title: str, commands: Iterable[Command]) -> Iterator[Line]:
    yield ()
    yield line(strong(title))
    for command in commands:
        yield line(code(f"/{command.name}"), f" — {command.summary}")
