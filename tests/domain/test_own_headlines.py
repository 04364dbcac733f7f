"""Matching on the project's own headlines: no language falls behind, and no phrase."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.headlines import Judged, Score, grouped, judge_all, of_language, read_headlines
from tests.fakes.shipped import shipped_catalog

LEAST = 0.88


@cache
def judged() -> tuple[Judged, ...]:
    return tuple(judge_all(shipped_catalog()))


@pytest.mark.parametrize("language", sorted({headline.language for headline in read_headlines()}))
def test_headlines_of_a_language_are_understood(language: str) -> None:
    """F1 over all phrases, typed in English, just so."""
    score = Score.of(grouped(judged(), of_language)[language])
    assert score.f1 >= LEAST, score


@pytest.mark.parametrize(
    "phrase", ["Ukraine ceasefire", "US–Russia summit", "Gaza ceasefire", "Armenia–Azerbaijan"]
)
def test_the_topics_that_matter_most_are_precise_everywhere(phrase: str) -> None:
    """What is told is wanted: nineteen of twenty."""
    assert Score.of(judged(), phrase).precision >= 0.95
