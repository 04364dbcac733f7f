"""Saying what a query means, what is wrong with one, and how well an entry fits one."""

from __future__ import annotations

from bot.chat.commands.wording import pointed
from bot.domain.describing import describe_query
from bot.domain.documents import Document, Line, document, line
from bot.domain.lexicon import Lexicon
from bot.domain.matching import THRESHOLD, Match
from bot.domain.queries import AllOf, Query, QueryProblem
from bot.domain.speech import Speech


def understood(query: Query, lexicon: Lexicon, speech: Speech) -> tuple[Line, ...]:
    """What a report has to have, a line for each part of the query."""
    parts = [line(f"• {part}") for part in describe_query(query, lexicon, speech)]
    if isinstance(query.root, AllOf):
        return line(speech.say("A report fits if it has all of:")), *parts
    return line(speech.say("A report fits if it has:")), *parts


def query_problem(problem: QueryProblem, text: str, speech: Speech) -> Document:
    """What is wrong, with a caret under the place."""
    said = speech.say(problem.template, **dict(problem.values))
    return document(f"🤔 {said}", *(pointed(text, problem.position) if text else ()))


def scored(match: Match, speech: Speech) -> str:
    return speech.say("score {score} ({least} is enough)", score=match.score, least=THRESHOLD)
