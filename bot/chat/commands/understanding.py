"""Saying what a query means, what is wrong with one, and why an entry fits one."""

from __future__ import annotations

from bot.chat.commands.wording import pointed
from bot.domain.documents import Document, Line, document, line
from bot.domain.lexicon import Lexicon
from bot.domain.queries import AllOf, Query, QueryProblem, describe_query


def understood(query: Query, lexicon: Lexicon) -> tuple[Line, ...]:
    """What a report has to have, a line for each part of the query."""
    all_of = " all of" if isinstance(query.root, AllOf) else ""
    parts = (line(f"• {part}") for part in describe_query(query, lexicon))
    return (line(f"A report fits if it has{all_of}:"), *parts)


def query_problem(problem: QueryProblem, text: str) -> Document:
    """What is wrong, with a caret under the place."""
    return document(f"🤔 {problem.message}", *(pointed(text, problem.position) if text else ()))
