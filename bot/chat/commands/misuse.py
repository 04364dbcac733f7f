"""Answers to a command typed wrongly, made from its row of the table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import wraps

from bot.chat.commands.base import Handler, Invocation, Usage
from bot.chat.commands.wording import clip, did_you_mean, form, nearest
from bot.domain.documents import Action, Document, Line, code, document, line
from bot.domain.speech import Speech

_SHORTEST_BEGINNING = 3
"""A first word may be cut short to this many letters."""

_ALSO_CALLED = {
    "delete": "remove",
    "del": "remove",
    "rm": "remove",
    "create": "add",
    "new": "add",
    "change": "edit",
    "modify": "edit",
    "name": "rename",
    "restrict": "narrow",
    "broaden": "widen",
    "export": "share",
    "tz": "timezone",
    "mute": "block",
    "unmute": "unblock",
}
"""What people type from habit elsewhere, for «did you mean»."""


_MOST_USAGES = 3


def misuse(invocation: Invocation, message: str | Line, *, word: str) -> Document:
    """The `message` of what is wrong, and the ways to type the command that are near to its first `word`."""
    command = invocation.command
    words = [usage.word for usage in command.usage if usage.word]
    near = (word,) if word in words else nearest(word, words, _MOST_USAGES)
    usages = [usage for usage in command.usage if usage.word in near]
    speech = invocation.speech
    how = Action(speech.say("How to use {command}", command=f"/{command.name}"), f"/help {command.name}")
    said = (message,) if isinstance(message, str) else message
    return document(line("🤔 ", *said), *usage_lines(usages[:_MOST_USAGES], speech), actions=(how,))


def alone(handler: Handler) -> Handler:
    """Make a handler that is typed with nothing behind it say so, where something is: it may be what was wanted."""

    @wraps(handler)
    async def guarded(invocation: Invocation) -> Document:
        if not invocation.args:
            return await handler(invocation)
        speech = invocation.speech
        unknown = speech.say("I do not understand “{word}” here.", word=clip(invocation.args))
        return document(line(f"🤔 {unknown}"), *usage_lines(invocation.command.usage, speech))

    return guarded


def usage_lines(usages: Iterable[Usage], speech: Speech) -> Iterator[Line]:
    for usage in usages:
        yield line(form(speech, usage.form), f" — {speech.known(usage.does)}")


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
        return did_you_mean(invocation.speech, [f"{path} {near} {rest}".strip()])
    answer = await otherwise(invocation) if otherwise is not None else None
    unknown = invocation.speech.tell(
        "I know no {command} “{word}”. Available: {words}.",
        command=code(path),
        word=clip(word),
        words=invocation.speech.listed(list(handlers)),
    )
    return answer or misuse(invocation, unknown, word=word.casefold())


def _meant(word: str, names: tuple[str, ...]) -> str | None:
    if word in names:
        return word
    begun = [name for name in names if len(word) >= _SHORTEST_BEGINNING and name.startswith(word)]
    return begun[0] if len(begun) == 1 else None
