"""The terminal as a platform: what is sent, edited, typed and chosen there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document as TypedText
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from bot.chat.commands import Services
from bot.chat.console import CommandCompleter, ConsoleChat, ConsoleMessenger, piped_lines, typed_lines
from bot.domain.chats import Chat
from bot.domain.deliveries import NotSent, Sent
from bot.domain.documents import Document, document, faint, line, link, strong
from bot.session import console_chat
from tests.chat.newsroom import Newsroom

CHAT = Chat(1, "console", "console")


def bulletin(*outlets: str, headline: str = "Leaders to meet", mark: str = "⚡️") -> Document:
    sources = [
        part for outlet in outlets for part in (faint(outlet, f"https://example.org/{outlet}"), faint(" · "))
    ]
    return document(
        line(f"{mark} 【", strong(headline, "https://example.org/a"), "】"),
        line("🔸 A fact.  ", link(f"[{outlets[0]}]", f"https://example.org/{outlets[0]}")),
        line(*sources, faint("23:40 JST")),
    )


class Terminal:
    """A console whose output is read piece by piece."""

    def __init__(self) -> None:
        self._out = StringIO()
        self.console = Console(file=self._out, width=80, highlight=False)

    def read(self) -> str:
        """What was drawn since the last look."""
        drawn = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        return drawn


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


async def test_a_bulletin_is_drawn_and_gets_an_id_of_its_own(terminal: Terminal) -> None:
    messenger = ConsoleMessenger(terminal.console)
    first = await messenger.send(CHAT, messenger.render(bulletin("Reuters")))
    assert "【Leaders to meet】" in terminal.read()
    second = await messenger.send(CHAT, messenger.render(bulletin("Reuters")))
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert first.message_id != second.message_id


async def edited(terminal: Terminal, before: Document, after: Document) -> str:
    messenger = ConsoleMessenger(terminal.console)
    sent = await messenger.send(CHAT, messenger.render(before))
    assert isinstance(sent, Sent)
    terminal.read()
    assert await messenger.edit(CHAT, sent.message_id, messenger.render(after)) == sent
    return terminal.read()


async def test_an_edit_names_the_outlets_that_were_added(terminal: Terminal) -> None:
    """One short line instead of the whole bulletin again."""
    drawn = await edited(terminal, bulletin("Reuters"), bulletin("Reuters", "NHK", "TASS", mark="❗️"))
    assert drawn == "↻ Leaders to meet: now also NHK, TASS\n"


async def test_an_edit_of_something_else_shows_the_lines_that_changed(terminal: Terminal) -> None:
    drawn = await edited(terminal, bulletin("Reuters"), bulletin("Reuters", headline="Leaders not to meet"))
    assert drawn.startswith("↻ ⚡️ 【Leaders not to meet】")
    assert "A fact." not in drawn


async def test_an_edit_that_changes_nothing_draws_nothing(terminal: Terminal) -> None:
    assert await edited(terminal, bulletin("Reuters"), bulletin("Reuters")) == ""


async def test_an_edit_after_a_restart_shows_the_whole(terminal: Terminal) -> None:
    """The messenger that drew the message is gone, so what changed is not known."""
    messenger = ConsoleMessenger(terminal.console)
    outcome = await messenger.edit(CHAT, "of-yesterday", messenger.render(bulletin("Reuters", "NHK")))
    assert outcome == Sent("of-yesterday")
    assert "【Leaders to meet】" in terminal.read()


async def test_a_terminal_that_is_gone_is_not_sent_to() -> None:
    class Gone(StringIO):
        def write(self, _: str) -> int:
            raise OSError(5, "Input/output error")

    messenger = ConsoleMessenger(Console(file=Gone()))
    outcome = await messenger.send(CHAT, messenger.render(bulletin("Reuters")))
    assert outcome == NotSent("The terminal cannot be written to: Input/output error.")


class Leaving:
    """Counts how often the program was asked to stop."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def talk(room: Newsroom, terminal: Terminal, leave: Leaving, stdin: int = 0) -> ConsoleChat:
    return ConsoleChat(replace(room.services, stop=leave), room.chat, terminal.console, stdin)


async def lines(*typed: str) -> AsyncIterator[str]:
    for text in typed:
        yield text


async def test_a_number_runs_the_choice_of_that_number(room: Newsroom, terminal: Terminal) -> None:
    """The command it stands for is shown, so that a person learns it; older choices hold until there are new ones."""
    chat = talk(room, terminal, Leaving())
    await chat.say("/subscribe ukraine us-russia")
    await chat.say("/unsubscribe")
    assert "[2] － US–Russia summit" in terminal.read()
    await chat.say("2")
    assert terminal.read().startswith(
        "› /unsubscribe us-russia-summit\n  ✅ Unsubscribed from US–Russia summit."
    )
    await chat.say(" １ ")
    assert "Unsubscribed from Ukraine ceasefire." in terminal.read()


async def test_a_typed_line_leaves_old_choices_behind(room: Newsroom, terminal: Terminal) -> None:
    """A number typed later does not run what nobody looks at any more."""
    chat = talk(room, terminal, Leaving())
    await chat.say("/subscribe")
    await chat.say("/latest")
    await chat.say("/pause")
    await chat.say("/why")
    terminal.read()
    await chat.say("3")
    assert "Subscribed" not in terminal.read()


@pytest.mark.parametrize("typed", ["0", "4", "99", "999"])
async def test_a_number_that_is_no_choice_says_which_there_are(
    room: Newsroom, terminal: Terminal, typed: str
) -> None:
    chat = talk(room, terminal, Leaving())
    await chat.say("/subscribe")
    terminal.read()
    await chat.say(typed)
    assert terminal.read() == "  🤔 The choices are 1 to 3.\n"


@pytest.mark.parametrize("typed", ["1", "9" * 5000])
async def test_a_number_without_choices_is_answered(room: Newsroom, terminal: Terminal, typed: str) -> None:
    await talk(room, terminal, Leaving()).say(typed)
    assert "make it a topic" in " ".join(terminal.read().split())


async def test_an_empty_line_is_no_question(room: Newsroom, terminal: Terminal) -> None:
    await talk(room, terminal, Leaving()).say("  ")
    assert terminal.read() == ""


async def test_stop_ends_the_conversation_and_the_program(room: Newsroom, terminal: Terminal) -> None:
    leave = Leaving()
    await talk(room, terminal, leave).converse(lines("/stop", "/help"))
    assert leave.times == 1
    assert "Stopping" in (drawn := terminal.read())
    assert "What you can type" not in drawn


@contextmanager
def pipe_of(text: bytes, *, closed: bool = True) -> Iterator[int]:
    """The reading end of a pipe that holds `text`."""
    reading, writing = os.pipe()
    os.write(writing, text)
    if closed:
        os.close(writing)
    try:
        yield reading
    finally:
        if not closed:
            os.close(writing)
        os.close(reading)


async def test_lines_of_a_pipe_are_echoed_and_answered(room: Newsroom, terminal: Terminal) -> None:
    """A transcript reads as a conversation; the end of the pipe ends the reading and not the program."""
    leave = Leaving()
    with pipe_of("/settings timezone Tokyo\n\n/settings languages 日本語".encode()) as stdin:
        await talk(room, terminal, leave, stdin).run()
    assert terminal.read() == (
        "› /settings timezone Tokyo\n"
        "  ✅ Times are those of Asia/Tokyo, where it is 23:40 JST.\n"
        "› /settings languages 日本語\n"
        "  ✅ This chat reads 日本語. Reports in other languages still come, marked with\n"
        "     their language.\n"
    )
    assert leave.times == 0


async def test_no_input_at_all_ends_the_reading(room: Newsroom, terminal: Terminal) -> None:
    leave = Leaving()
    stdin = os.open(os.devnull, os.O_RDONLY)
    try:
        await talk(room, terminal, leave, stdin).run()
    finally:
        os.close(stdin)
    assert (terminal.read(), leave.times) == ("", 0)


async def test_a_file_is_read_like_a_pipe(tmp_path: Path) -> None:
    """Also one that is not UTF-8, and whose last line has no end."""
    (tmp_path / "typed").write_bytes(b"/one\n\xff\xfe\n/three")
    stdin = os.open(tmp_path / "typed", os.O_RDONLY)
    try:
        assert [typed async for typed in piped_lines(stdin)] == ["/one", "��", "/three"]
    finally:
        os.close(stdin)


async def next_of(typed: AsyncIterator[str]) -> str:
    return await anext(typed)


async def test_waiting_for_a_pipe_can_be_given_up() -> None:
    """The program ends although whoever holds the pipe never closes it."""
    with pipe_of(b"/help\n", closed=False) as stdin:
        typed = piped_lines(stdin)
        assert await next_of(typed) == "/help"
        waiting = asyncio.create_task(next_of(typed))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


@contextmanager
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield keys


@pytest.mark.parametrize("leaving", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
async def test_the_prompt_reads_lines_until_the_person_leaves(leaving: str) -> None:
    with keyboard() as keys:
        keys.send_text(f"/topics\r/status\r{leaving}")
        session: PromptSession[str] = PromptSession()
        assert [typed async for typed in typed_lines(session)] == ["/topics", "/status"]


async def test_the_prompt_can_be_given_up_while_somebody_types() -> None:
    with keyboard() as keys:
        keys.send_text("/top")
        session: PromptSession[str] = PromptSession()
        begun = asyncio.Event()
        session.default_buffer.on_text_changed += lambda _: begun.set()
        reading = asyncio.create_task(next_of(typed_lines(session)))
        await begun.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading


@pytest.mark.parametrize("leaving", ["\x03", "\x04", "/stop\r"], ids=["Ctrl-C", "Ctrl-D", "/stop"])
async def test_leaving_the_terminal_ends_the_program(room: Newsroom, leaving: str) -> None:
    """At a terminal nobody is left to read bulletins, unlike at the end of a pipe."""
    out, leave = StringIO(), Leaving()
    console = Console(file=out, force_terminal=True, width=80, highlight=False)
    master, terminal_end = os.openpty()
    try:
        with keyboard() as keys:
            keys.send_text(f"/settings timezone tokyo\r{leaving}")
            await ConsoleChat(replace(room.services, stop=leave), room.chat, console, terminal_end).run()
    finally:
        os.close(master)
        os.close(terminal_end)
    assert leave.times == 1
    assert "Times are those of Asia/Tokyo" in out.getvalue()


async def completions(services: Services, chat: Chat, typed: str) -> list[str]:
    completer = CommandCompleter(services, chat)
    found = completer.get_completions_async(TypedText(typed), CompleteEvent())
    return [f"{typed[: len(typed) + one.start_position]}{one.text}".strip() async for one in found]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("/su", ["/subscribe"]),
        ("/TOP", ["/topics"]),
        ("uns", ["/unsubscribe"]),
        ("/topics s", ["/topics show", "/topics share"]),
        ("/topics re", ["/topics rename", "/topics remove"]),
        ("/topics narrow g", ["/topics narrow grain"]),
        ("/topics show ukr", ["/topics show ukraine-ceasefire"]),
        ("/subscribe ukraine-ceasefire g", ["/subscribe ukraine-ceasefire grain"]),
        ("/settings t", ["/settings timezone"]),
        ("/status x", []),
        ("/nothing x", []),
        ("/nothing", []),
    ],
)
async def test_commands_and_topics_are_completed(room: Newsroom, typed: str, completed: list[str]) -> None:
    """From the table of commands and the topics this chat may know of; another chat's are no help to it."""
    await room.say("/topics add Grain = Ukraine grain")
    await room.say("/topics add Gold = Ukraine gold", chat=room.neighbour)
    assert await completions(room.services, room.chat, typed) == completed


@pytest.mark.parametrize(
    ("machine", "zone"),
    [("Asia/Tokyo", "Asia/Tokyo"), ("Nowhere/Land", "UTC"), ("local", "UTC"), (None, "UTC")],
)
async def test_a_new_terminal_lives_in_the_machines_time_zone(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, machine: str | None, zone: str
) -> None:
    """Or in UTC, where the machine's is none that is known."""
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: machine)
    assert (await console_chat(room.store, room.clock)).time_zone == zone


async def test_a_time_zone_that_was_chosen_is_kept_over_a_restart(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also UTC, on a machine that lives elsewhere."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setattr("tzlocal.unix._cache_tz_name", None)
    chat = await console_chat(room.store, room.clock)
    await room.say("/settings timezone UTC", chat=chat)
    assert await console_chat(room.store, room.clock) == replace(chat, time_zone="UTC")
