"""Answers to a command typed wrongly, made from its row of the table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace

from bot.chat.commands.base import Command, Handler, Invocation
from bot.chat.commands.wording import clip, listed, nearest
from bot.domain.documents import Action, Document, Line, code, document, faint, line

_SHORTEST_BEGINNING = 3
"""A first word may be cut short to this many letters."""

_ALSO_CALLED = {
    "delete": "remove",
    "del": "remove",
    "rm": "remove",
    "create": "add",
    "tz": "timezone",
    "mute": "block",
    "unmute": "unblock",
}
"""What people type from habit elsewhere, for «did you mean»."""


def misuse(invocation: Invocation, message: str) -> Document:
    """What is wrong, and every way to type the command."""
    example = line(faint("For example: "), code(invocation.command.examples[-1]))
    return document(f"🤔 {message}", *usage_lines(invocation.command), example)


def usage_lines(command: Command) -> Iterator[Line]:
    for usage in command.usage:
        yield line(code(usage.form), faint(f"  {usage.does}"))


async def subcommand(
    invocation: Invocation,
    handlers: Mapping[str, Handler],
    otherwise: Callable[[Invocation], Awaitable[Document | None]] | None = None,
) -> Document:
    """Run the handler of the first word, on the rest. A wrong word is guessed at, then left to `otherwise`."""
    word, _, rest = invocation.args.partition(" ")
    name = _meant(word.casefold(), tuple(handlers))
    if name is not None:
        return await handlers[name](replace(invocation, args=rest.strip()))
    path = f"/{invocation.command.name}"
    near = _ALSO_CALLED.get(word.casefold()) or next(iter(nearest(word, handlers, 1, cutoff=0.7)), None)
    if near in handlers:
        corrected = f"{path} {near} {rest}".strip()
        return document(
            line("🤔 Did you mean ", code(clip(corrected)), "?"),
            actions=(Action(clip(corrected), corrected),),
        )
    answer = await otherwise(invocation) if otherwise is not None else None
    words = listed(list(handlers))
    return answer or misuse(invocation, f"I know no {path} “{clip(word)}”. Available: {words}.")


def _meant(word: str, names: tuple[str, ...]) -> str | None:
    if word in names:
        return word
    begun = [name for name in names if len(word) >= _SHORTEST_BEGINNING and name.startswith(word)]
    return begun[0] if len(begun) == 1 else None
