"""The terminal as a platform: bulletins are drawn where a person types, and typed lines are answered."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document as TypedText
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console

from bot.chat.commands import Services, answer, commands_for
from bot.chat.drawing import Look, draw
from bot.chat.pacing import Unpaced
from bot.chat.saved import dump, load
from bot.domain.chats import Chat
from bot.domain.deliveries import NotSent, Outcome, Sent
from bot.domain.documents import Action, Document, Style, document, line
from bot.domain.speech import ENGLISH, ONLY_ENGLISH, Speech, Speeches, speech_for

PROMPT = "› "
_REMEMBERED = 500
"""Messages kept to tell what an edit changes; of an older one the whole is shown again."""

_MOST_DIGITS = 3
"""A longer number is no choice."""


class ConsoleMessenger(Unpaced):
    """`ports.Messenger`: draws each bulletin. What a terminal has shown stays, so an edit says what is new."""

    def __init__(self, console: Console, speeches: Speeches = ONLY_ENGLISH) -> None:
        self._console = console
        self._speeches = speeches
        self._shown: OrderedDict[str, Document] = OrderedDict()

    def render(self, document: Document) -> str:
        """All of the document, as `bot.chat.saved` puts it: a terminal has no limits."""
        return dump(document)

    async def send(
        self,
        chat: Chat,
        text: str,
        *,
        key: str = "",
        answers: str | None = None,
        silent: bool = False,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        del key, answers, silent, actions  # what scrolls by has no buttons; /mute and /why are typed
        message_id = uuid4().hex  # unique across restarts, since messages are found by it
        return self._show(chat, message_id, load(text), Look.BULLETIN)

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        del actions
        if before is not None:
            self._shown.setdefault(message_id, load(before))
        return self._show(chat, message_id, load(text), Look.ASIDE)

    def _show(self, chat: Chat, message_id: str, shown: Document, look: Look) -> Outcome:
        before = self._shown.get(message_id)
        if shown == before:
            return Sent(message_id)
        try:
            speech = speech_for(chat, self._speeches)
            draw(shown if look is Look.BULLETIN else change(before, shown, speech), self._console, look)
        except OSError as error:
            return NotSent(f"The terminal cannot be written to: {error.strerror}.")
        self._shown[message_id] = shown
        self._shown.move_to_end(message_id)
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)
        return Sent(message_id)


def change(before: Document | None, after: Document, speech: Speech = ENGLISH) -> Document:
    """What to say of a message that now reads otherwise: `↻ Leaders to meet…: now also Reuters`.

    Added outlets are named; of any other change the lines that are new are shown.
    """
    old = {span for row in before.lines for span in row} if before is not None else set()
    fresh = [span for row in after.lines for span in row if span not in old]
    headline = next((span for row in after.lines for span in row if span.style is Style.STRONG), None)
    added = [span for span in fresh if span.href and span.style is Style.FAINT]
    if before is None or headline in fresh or not added:
        old_lines = set(before.lines) if before is not None else set()
        new_lines = [row for row in after.lines if row not in old_lines]
        return document(*((line("↻ ", *row) if number == 0 else row) for number, row in enumerate(new_lines)))
    told = (replace(headline, href=None), ": ") if headline is not None else ()
    comma = speech.joined(("", ""))
    outlets = [part for span in added for part in (comma, span)][1:]
    return document(line("↻ ", *told, speech.say("now also "), *outlets))


class ConsoleChat:
    """The conversation with the person at the terminal."""

    def __init__(self, services: Services, chat: Chat, console: Console, stdin: int = 0) -> None:
        """`services.stop` is called when the person leaves (Ctrl-C, Ctrl-D, /stop). `stdin` is a file descriptor."""
        self._services = replace(services, stop=self._leave)
        self._stop = services.stop
        self._chat = chat
        self._console = console
        self._stdin = stdin
        self._left = False
        self._choices: tuple[Action, ...] = ()

    async def run(self) -> None:
        """Answer lines until the person leaves or, where lines come from a pipe, there are no more."""
        if os.isatty(self._stdin) and self._console.is_terminal:
            # raw: what is drawn holds escape sequences of our own, and no others (see `drawing.printable`).
            with patch_stdout(raw=True):
                await self.converse(typed_lines(self._session()))
            self._leave()
        else:
            await self.converse(piped_lines(self._stdin), echo=True)

    async def converse(self, lines: AsyncIterator[str], *, echo: bool = False) -> None:
        """Answer each line. `echo`: show it as well, because nobody saw it typed."""
        async for typed in lines:
            if echo and typed.strip():
                draw(document(line(PROMPT, typed)), self._console, Look.ASIDE)
            await self.say(typed)
            if self._left:
                return

    async def say(self, typed: str) -> None:
        """Answer one line. A number means the choice that was last shown under it."""
        text = typed.strip()
        if not text:
            return
        kept: tuple[Action, ...] = ()
        if text.isdecimal() and len(text) <= _MOST_DIGITS and self._choices:
            chosen = self._choice(int(text))
            if chosen is None:
                draw(document(await self._no_choice(len(self._choices))), self._console)
                return
            # One list often serves several choices; a line that was typed leaves the list behind.
            text, kept = chosen.command, self._choices
            draw(document(f"{PROMPT}{text}"), self._console, Look.ASIDE)
        said = await answer(self._services, self._chat, text)
        self._choices = said.actions or kept
        draw(said, self._console)

    async def _no_choice(self, many: int) -> str:
        chat = await self._services.store.chat(self._chat.id) or self._chat
        speech = speech_for(chat, self._services.speeches)
        if many == 1:
            return speech.say("🤔 The only choice is {last}.", last=many)
        return speech.say("🤔 The choices are 1 to {last}.", last=many)

    def _choice(self, number: int) -> Action | None:
        return self._choices[number - 1] if 1 <= number <= len(self._choices) else None

    def _leave(self) -> None:
        if not self._left and self._stop is not None:
            self._stop()
        self._left = True

    def _session(self) -> PromptSession[str]:
        return PromptSession(
            history=InMemoryHistory(),
            completer=CommandCompleter(self._services, self._chat),
            complete_while_typing=False,
            reserve_space_for_menu=6,
            placeholder=FormattedText(
                [("fg:ansibrightblack", "/help shows what you can type, Tab completes")]
            ),
        )


class CommandCompleter(Completer):
    """Completes commands, their first words, and the names of topics this chat may know of."""

    def __init__(self, services: Services, chat: Chat) -> None:
        self._services = services
        self._chat = chat

    def get_completions(self, *_: object) -> Iterator[Completion]:
        """Nothing: topics are looked up in the store, which takes a coroutine."""
        yield from ()

    async def get_completions_async(
        self,
        document: TypedText,
        complete_event: CompleteEvent,  # noqa: ARG002 - the signature is Completer's
    ) -> AsyncGenerator[Completion, None]:
        typed = document.text_before_cursor.lstrip()
        *before, last = typed.split(" ")
        for text, meaning in await self._candidates(before):
            if text.removeprefix("/").startswith(last.casefold().removeprefix("/")):
                yield Completion(f"{text} ", start_position=-len(last), display=text, display_meta=meaning)

    async def _candidates(self, before: list[str]) -> list[tuple[str, str]]:
        """(what may stand behind the words `before`, what it means)."""
        commands = commands_for(self._services)
        if not before:
            return [(f"/{command.name}", command.summary) for command in commands]
        command = next((command for command in commands if f"/{command.name}" == before[0].casefold()), None)
        if command is None:
            return []
        if command.words and len(before) == 1:
            return [(word, "") for word in command.words]
        if not command.takes_topics:
            return []
        return [
            (topic.spec.slug, topic.spec.name)
            for topic in await self._services.store.visible_topics(self._chat.id)
        ]


async def typed_lines(session: PromptSession[str]) -> AsyncIterator[str]:
    """Lines typed at the prompt, until Ctrl-C or Ctrl-D."""
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            # The program has signal handlers of its own; in the terminal's raw mode Ctrl-C arrives as a key.
            yield await session.prompt_async(PROMPT, handle_sigint=False)


async def piped_lines(descriptor: int) -> AsyncIterator[str]:
    """Lines of a pipe, file or device, until its end.

    Read in a thread, since an event loop cannot wait for files; with `os.read`, since a thread that waits inside
    `sys.stdin` at the end of the program makes the interpreter abort.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def pass_on(typed: str | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody listens any more
            loop.call_soon_threadsafe(lines.put_nowait, typed)

    threading.Thread(target=_read_lines, args=(descriptor, pass_on), name="stdin", daemon=True).start()
    while (typed := await lines.get()) is not None:
        yield typed


def _read_lines(descriptor: int, pass_on: Callable[[str | None], None]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    with contextlib.suppress(OSError):  # what was closed has no more lines
        while chunk := os.read(descriptor, 65_536):
            *whole, rest = (rest + decoder.decode(chunk)).split("\n")
            for typed in whole:
                pass_on(typed)
    if rest:
        pass_on(rest)
    pass_on(None)
