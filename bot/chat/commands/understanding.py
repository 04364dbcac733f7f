"""Saying what a query means, what is wrong with one, and why an entry fits one."""

from __future__ import annotations

from bot.chat.commands.wording import pointed
from bot.domain.documents import Document, Line, document, line
from bot.domain.lexicon import Lexicon
from bot.domain.queries import AllOf, Query, QueryProblem, describe_query


def understood(query: Query, lexicon: Lexicon) -> tuple[Line, ...]:
    """A line for each part of the query."""
    parts = tuple(line(f"• {part}") for part in describe_query(query, lexicon))
    return (*parts, line("An entry has to have all of these.")) if isinstance(query.root, AllOf) else parts


def query_problem(problem: QueryProblem, text: str) -> Document:
    """What is wrong, with a caret under the place."""
    return document(f"🤔 {problem.message}", *(pointed(text, problem.position) if text else ()))
