"""Saying what a query means, what is wrong with one, and why an entry fits one."""

from __future__ import annotations

from bot.chat.commands.wording import pointed
from bot.chat.locales import language_of_chat, said_in
from bot.domain.chats import Chat
from bot.domain.documents import Document, Line, document, line
from bot.domain.lexicon import Lexicon
from bot.domain.queries import AllOf, Query, QueryProblem, describe_query


def understood(query: Query, lexicon: Lexicon) -> tuple[Line, ...]:
    """What a report has to have, a line for each part of the query."""
    all_of = " all of" if isinstance(query.root, AllOf) else ""
    parts = (line(f"• {part}") for part in describe_query(query, lexicon))
    return (line(f"A report fits if it has{all_of}:"), *parts)


def query_problem(problem: QueryProblem, text: str, chat: Chat) -> Document:
    """What is wrong, in the chat's language, with a caret under the place."""
    said = said_in(problem.template, language_of_chat(chat)).format(**dict(problem.values))
    return document(f"🤔 {said}", *(pointed(text, problem.position) if text else ()))
