"""Saying what a query means, what is wrong with one, and how well an entry fits one."""

from __future__ import annotations

from collections.abc import Iterable

from bot.chat.commands.wording import clip, pointed
from bot.domain.correcting import Doubt
from bot.domain.describing import describe_query
from bot.domain.documents import Action, Document, Line, code, document, faint, line
from bot.domain.lexicon import Lexicon
from bot.domain.matching import THRESHOLD, Match
from bot.domain.queries import AllOf, Query, QueryProblem
from bot.domain.speech import Speech


def understood(query: Query, lexicon: Lexicon, speech: Speech) -> tuple[Line, ...]:
    """What a report has to have, a line for each part of the query; what was passed over, where anything was."""
    parts = [line(f"• {part}") for part in describe_query(query, lexicon, speech)]
    if query.idle:
        words = speech.joined(f"“{word}”" for word in query.idle)
        passed = speech.say("Passed over: {words}. What stands in quotation marks counts.", words=words)
        parts.append(line(faint(passed)))
    if isinstance(query.root, AllOf):
        return line(speech.say("A report fits if it has all of:")), *parts
    return line(speech.say("A report fits if it has:")), *parts


def query_problem(
    problem: QueryProblem, text: str, speech: Speech, offered: tuple[Action, ...] = ()
) -> Document:
    """What is wrong, with a caret under the place. `offered`: what may have been meant."""
    said = speech.say(problem.template, **dict(problem.values))
    return document(f"🤔 {said}", *(pointed(text, problem.position) if text else ()), actions=offered)


def corrections(command: str, texts: Iterable[str]) -> tuple[Action, ...]:
    """Buttons that run the command (`/topics test `) with each of these queries instead."""
    return tuple(Action(clip(text), command + text) for text in texts)


def doubtful(doubt: Doubt, query: Query, command: str, as_typed: str, speech: Speech) -> Document:
    """A word is nearly a known one, so it is asked what is meant before anything is made of it.

    Before a corrected query stands `command`, before one that is meant as it was typed `as_typed`.
    """
    return document(
        speech.tell("🤔 Did you mean {command}?", command=code(clip(doubt.meant[0]))),
        *pointed(query.text, doubt.position),
        actions=(
            *corrections(command, doubt.meant),
            Action(clip(speech.say("No, “{word}”", word=doubt.word)), as_typed + doubt.kept),
        ),
    )


def scored(match: Match, speech: Speech) -> str:
    return speech.say("score {score} ({least} is enough)", score=match.score, least=THRESHOLD)
