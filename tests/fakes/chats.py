"""Chats outside the program: one whose messages are in a file, as they would be on a platform's servers, and one that
answers as a test wants."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.chat.pacing import Unpaced
from bot.domain.chats import Chat
from bot.domain.deliveries import Gone, NotSent, Outcome, Sent
from bot.domain.documents import Action, Document


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the chat holds it: `edited` counts how often it was replaced; `answers` is the one it answers."""

    id: str
    text: str
    edited: int = 0
    answers: str | None = None
    silent: bool = False


class FileMessenger(Unpaced):
    """A `bot.ports.Messenger` that appends what is said to a file, safe from a kill the moment `send` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def render(self, document: Document) -> str:
        return document.plain

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
        message_id = f"m{len(read_chat(self._path)) + 1}"
        how = {"answers": answers, "silent": silent}
        self._append({"id": message_id, "chat": chat.address, "text": text, **how})
        return Sent(message_id)

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        self._append({"edits": message_id, "chat": chat.address, "text": text})
        return Sent(message_id)

    def _append(self, event: dict[str, str | bool | None]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def read_chat(path: Path) -> list[Said]:
    """The messages in the chat, oldest first, as they read now."""
    messages: dict[str, Said] = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for event in map(json.loads, lines):
        if "edits" in event:
            old = messages[event["edits"]]
            messages[old.id] = replace(old, text=event["text"], edited=old.edited + 1)
        else:
            messages[event["id"]] = Said(
                event["id"], event["text"], answers=event["answers"], silent=event["silent"]
            )
    return list(messages.values())


@dataclass(frozen=True, slots=True)
class Call:
    """What a messenger was asked to do. `edits` is the message to be edited, `before` what it was said to read.

    `answers` is the message that this one answers.
    """

    chat: Chat
    text: str
    edits: str | None = None
    before: str | None = None
    answers: str | None = None
    silent: bool = False


async def _nothing() -> None:
    """Happens during most calls."""


class ScriptedMessenger(Unpaced):
    """A `bot.ports.Messenger` that answers a list of outcomes, one a call, and takes every message after that.

    None takes the message, an exception is raised; only what was taken changes what a chat `reads`. `meanwhile` is
    awaited during each call. `found` is what became of every message that it is asked about, whose keys it keeps.
    """

    def __init__(self, *script: Outcome | Gone | Exception | None) -> None:
        self.found: Sent | NotSent | None = None
        self.looked_for: list[str] = []
        self.calls: list[Call] = []
        self.meanwhile: Callable[[], Awaitable[None]] = _nothing
        self._script = list(script)
        self.messages: dict[str, tuple[str, str]] = {}

    def reads(self, address: str = "console") -> list[str]:
        """The chat's messages, oldest first, as they read now."""
        return [text for chat, text in self.messages.values() if chat == address]

    def render(self, document: Document) -> str:
        return document.plain

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
        outcome = await self.answer(
            Call(chat, text, answers=answers, silent=silent), f"m{len(self.messages) + 1}"
        )
        assert not isinstance(outcome, Gone), "what is sent cannot be gone"
        return outcome

    async def find(self, chat: Chat, key: str, since: datetime) -> Sent | NotSent | None:
        self.looked_for.append(key)
        return self.found

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome | Gone:
        return await self.answer(Call(chat, text, message_id, before), message_id)

    async def answer(self, call: Call, message_id: str) -> Outcome | Gone:
        """What every call comes to."""
        self.calls.append(call)
        await self.meanwhile()
        answer = self._script.pop(0) if self._script else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        self.messages[message_id] = (call.chat.address, call.text)
        return Sent(message_id)


class Shouting:
    """A `bot.ports.Translator` into capitals, which everybody can read; it has none of `refuses` (BCP 47)."""

    def __init__(self, *refuses: str) -> None:
        self.asked: list[tuple[str, str]] = []
        self._refuses = refuses

    async def translate(self, texts: Sequence[str], source: str, target: str) -> tuple[str, ...] | None:
        self.asked.append((source, target))
        return None if source in self._refuses else tuple(text.upper() for text in texts)
