"""Matching for phrases that name no process, on the project's own headlines."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.headlines import Score
from benchmarks.phrases import Outcome, judge_phrases, read_phrases
from bot.domain.queries import Means, Query, nodes_of, read_query
from tests.fakes.shipped import shipped_catalog

LEAST = 0.75
LEAST_OF_A_PHRASE = 0.7


@cache
def outcomes() -> tuple[Outcome, ...]:
    return tuple(judge_phrases(shipped_catalog()))


def test_phrases_are_understood_without_a_process() -> None:
    """F1 over all phrases together, those held out among them."""
    score = Score.of(outcome.judged for outcome in outcomes())
    assert score.f1 >= LEAST, score


@pytest.mark.parametrize("phrase", [phrase.text for phrase in read_phrases() if not phrase.held_out])
def test_no_phrase_is_left_behind(phrase: str) -> None:
    """None is bought with another; those held out have no floor, or they would not be."""
    score = Score.of(outcome.judged for outcome in outcomes() if outcome.phrase.text == phrase)
    assert score.f1 >= LEAST_OF_A_PHRASE, score


@pytest.mark.parametrize("phrase", [phrase.text for phrase in read_phrases()])
def test_the_phrases_name_no_process(phrase: str) -> None:
    """One that does is judged elsewhere, by the evidence of its process."""
    query = read_query(phrase, shipped_catalog().lexicon)
    assert isinstance(query, Query)
    assert not any(isinstance(node, Means) and node.process for node in nodes_of(query.root))
