"""Saying what a query means, what is wrong with one, and why an entry fits one."""

from __future__ import annotations

from collections.abc import Iterable

from bot.chat.commands.wording import clip, pointed
from bot.chat.locales import language_of_chat, said_in
from bot.domain.chats import Chat
from bot.domain.correcting import Doubt
from bot.domain.documents import Action, Document, Line, code, document, line
from bot.domain.lexicon import Lexicon
from bot.domain.queries import AllOf, Query, QueryProblem, describe_query


def understood(query: Query, lexicon: Lexicon) -> tuple[Line, ...]:
    """What a report has to have, a line for each part of the query."""
    all_of = " all of" if isinstance(query.root, AllOf) else ""
    parts = (line(f"• {part}") for part in describe_query(query, lexicon))
    return (line(f"A report fits if it has{all_of}:"), *parts)


def query_problem(problem: QueryProblem, text: str, chat: Chat, offered: tuple[Action, ...] = ()) -> Document:
    """What is wrong, in the chat's language, with a caret under the place. `offered`: what may have been meant."""
    said = said_in(problem.template, language_of_chat(chat)).format(**dict(problem.values))
    return document(f"🤔 {said}", *(pointed(text, problem.position) if text else ()), actions=offered)


def corrections(command: str, texts: Iterable[str]) -> tuple[Action, ...]:
    """Buttons that run the command (`/topics test `) with each of these queries instead."""
    return tuple(Action(clip(text), command + text) for text in texts)


def doubtful(doubt: Doubt, query: Query, command: str, as_typed: str) -> Document:
    """A word is nearly a known one, so it is asked what is meant before anything is made of it.

    Before a corrected query stands `command`, before one that is meant as it was typed `as_typed`.
    """
    return document(
        line("🤔 Did you mean ", code(clip(doubt.meant[0])), "?"),
        *pointed(query.text, doubt.position),
        actions=(
            *corrections(command, doubt.meant),
            Action(clip(f"No, “{doubt.word}”"), as_typed + doubt.kept),
        ),
    )
