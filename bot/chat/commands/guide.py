"""`/start`, `/help` and `/stop`."""

from __future__ import annotations

from bot.chat.commands.base import Command, Invocation
from bot.chat.commands.misuse import usage_lines
from bot.chat.commands.subscriptions import subscribe_actions
from bot.chat.commands.wording import clip, count, listed, nearest
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong

_ALSO_CALLED = {
    "add": "topics add",
    "exit": "stop",
    "follow": "subscribe",
    "mute": "pause",
    "news": "latest",
    "quit": "stop",
    "remove": "topics remove",
    "stop": "pause",
    "test": "topics test",
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
        line(faint("Anything else: /topics add Taiwan strait · all commands: /help")),
        actions=(*subscribe_actions(open_), Action("All commands", "/help")),
        again="/start",
    )


async def help_(invocation: Invocation) -> Document:
    if invocation.args:
        return _about(invocation)
    return document(
        line(strong("What you can type")),
        *(_row(command) for command in invocation.commands),
        line(faint("More on one: /help topics")),
        actions=(Action("Choose topics", "/subscribe"), Action("Latest bulletins", "/latest")),
    )


def unknown(name: str, commands: tuple[Command, ...], args: str = "", before: str = "/") -> Document:
    """The answer to a command that does not exist. Corrections are offered behind `before`, with `args`."""
    names = [command.name for command in commands]
    habit = _ALSO_CALLED.get(name, "")
    near = (habit,) if habit.partition(" ")[0] in names else nearest(name, names, cutoff=0.7)
    corrections = [f"{before}{other} {args}".strip() for other in near]
    guess = (" Did you mean ", code(clip(corrections[0])), "?") if corrections else ()
    return document(
        line(f"🤔 There is no command /{clip(name)}.", *guess),
        line(faint("There is " + " ".join(f"/{other}" for other in names))),
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
    return document(
        line(strong(f"/{command.name}"), f": {command.summary}"),
        *usage_lines(command),
        line(faint("For example")),
        *(line(code(example)) for example in command.examples),
    )


def _row(command: Command) -> Line:
    return line(code(f"/{command.name}"), f"  {command.summary}")
