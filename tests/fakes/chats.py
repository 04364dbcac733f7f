"""A chat outside the process: what was said there is in a file, as it would be on a platform's servers."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from bot.domain.chats import Chat
from bot.domain.deliveries import Outcome, Sent
from bot.domain.documents import Document


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the chat holds it: `edited` counts how often it was replaced."""

    id: str
    text: str
    edited: int = 0


class FileMessenger:
    """A `bot.ports.Messenger` that appends what is said to a file, safe from a kill the moment `send` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def render(self, document: Document) -> str:
        return document.plain

    async def send(self, chat: Chat, text: str) -> Outcome:
        message_id = f"m{len(read_chat(self._path)) + 1}"
        self._append({"id": message_id, "chat": chat.address, "text": text})
        return Sent(message_id)

    async def edit(self, chat: Chat, message_id: str, text: str, before: str | None = None) -> Outcome:
        self._append({"edits": message_id, "chat": chat.address, "text": text})
        return Sent(message_id)

    def _append(self, event: dict[str, str]) -> None:
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
            messages[old.id] = Said(old.id, event["text"], old.edited + 1)
        else:
            messages[event["id"]] = Said(event["id"], event["text"])
    return list(messages.values())
