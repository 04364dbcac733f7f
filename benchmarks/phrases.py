"""Matching for phrases that name no process (`tests/data/phrases.toml`), beside a keyword rule, and the errors by kind."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.headlines import Headline, Judged, Score, f1_interval, grouped
from bot.domain.catalog import Catalog
from bot.domain.indexing import TopicIndex
from bot.domain.lexicon import Lexicon
from bot.domain.matching import Analysis, analyse
from bot.domain.queries import Literal, Means, Query, nodes_of, read_query
from bot.domain.text import is_run

FILE = Path(__file__).parents[1] / "tests" / "data" / "phrases.toml"

TRAPS: Mapping[str, str] = {
    "place": "something else at the place",
    "event": "the event, elsewhere",
    "words": "words that mean something else",
    "passing": "in passing",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """`held_out` says that nothing was mended for its headlines. `headlines` go with how they say it (nothing for others)."""

    text: str
    held_out: bool
    headlines: tuple[tuple[Headline, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one headline under its phrase: by the bot, and by the keyword rule; `missed` says why, if it was."""

    phrase: Phrase
    judged: Judged
    by_rule: Judged
    missed: str = ""


def read_phrases() -> tuple[Phrase, ...]:
    return tuple(
        Phrase(
            table["phrase"],
            table.get("held_out", False),
            (
                *((_headline(one, frozenset({table["phrase"]})), one["said"]) for one in table["relevant"]),
                *((_headline(one, frozenset()), "") for one in table["others"]),
            ),
        )
        for table in tomllib.loads(FILE.read_text(encoding="utf-8"))["phrases"]
    )


def _headline(table: Mapping[str, str], topics: frozenset[str]) -> Headline:
    return Headline(
        table["language"], table["title"], table.get("summary", ""), topics, table.get("trap", "")
    )


def judge_phrases(catalog: Catalog) -> Iterator[Outcome]:
    """Each headline against its own phrase, typed just so."""
    for phrase in read_phrases():
        query = read_query(phrase.text, catalog.lexicon)
        assert isinstance(query, Query), query
        index = TopicIndex.build({0: query}, catalog.lexicon)
        for headline, said in phrase.headlines:
            analysis = analyse(headline.entry, catalog.lexicon)
            judged = Judged(headline, frozenset({phrase.text} if index.match(analysis) else ()))
            by_rule = Judged(headline, frozenset({phrase.text} if _has_words(headline, phrase.text) else ()))
            why = _why(query, said, analysis, catalog.lexicon) if judged.missed else ""
            yield Outcome(phrase, judged, by_rule, why)


def _has_words(headline: Headline, phrase: str) -> bool:
    """The plain rule: every word of the phrase is there as it was typed, whatever the case."""
    text = f"{headline.title} {headline.summary}"
    return all(
        word in text if is_run(word[0]) else re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)
        for word in phrase.split()
    )


def _why(query: Query, said: str, analysis: Analysis, lexicon: Lexicon) -> str:
    """Why a relevant headline was missed, which its author labelled as `said` in plain or in other words."""
    if said == "other":
        return "said in other words, or implied"
    language = analysis.entry.language
    for node in nodes_of(query.root):
        if isinstance(node, Means) and node.id not in analysis.found:
            known = language in lexicon.concepts[node.id].labels
            return "another form of a label" if known else "no label in the language"
    return "a word that has no labels"


def _understood_as(phrase: str, lexicon: Lexicon) -> str:
    """Its concepts, and the “words” that are none."""
    query = read_query(phrase, lexicon)
    assert isinstance(query, Query), query
    return ", ".join(
        node.id if isinstance(node, Means) else f"“{node.text}”"
        for node in nodes_of(query.root)
        if isinstance(node, Means | Literal)
    )


def print_phrases(catalog: Catalog, console: Console, *, errors: bool) -> None:
    """A table by phrase, and the errors by kind."""
    outcomes = tuple(judge_phrases(catalog))
    by_phrase = grouped(outcomes, lambda outcome: outcome.phrase.text)
    table = Table(title=f"Phrases that name no process: {len(outcomes)} headlines of our own")
    for column in ("phrase", "understood as", "relevant", "by", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column in ("phrase", "understood as", "by") else "right")
    for text, group in by_phrase.items():
        label = f"{text} (held out)" if group[0].phrase.held_out else text
        relevant = str(sum(bool(one.judged.headline.topics) for one in group))
        table.add_row(
            label, _understood_as(text, catalog.lexicon), relevant, "Sokuho", *_cells(_found(group))
        )
        table.add_row("", "", "", "keywords", *_cells(_by_rule(group)))
        table.add_section()
    for name, held_out in (("those mended for", False), ("held out", True)):
        groups = [group for group in by_phrase.values() if group[0].phrase.held_out == held_out]
        if groups:
            _add_total(table, name, groups)
    _add_total(table, "all", list(by_phrase.values()))
    console.print(table)
    console.print(
        "Intervals are 95 % bootstraps over phrases, since the errors of one phrase have one cause."
    )
    for name, kinds in (
        ("missed", Counter(one.missed for one in outcomes if one.missed)),
        ("wrong", Counter(TRAPS[one.judged.headline.trap] for one in outcomes if one.judged.wrong)),
    ):
        listed = ", ".join(f"{kind} ({number})" for kind, number in kinds.most_common())
        console.print(f"{sum(kinds.values())} {name}: {listed or 'none'}")
    if errors:
        for one in outcomes:
            if one.judged.missed or one.judged.wrong:
                headline = one.judged.headline
                kind = "missed" if one.judged.missed else "wrong"
                cause = one.missed or TRAPS[headline.trap]
                console.print(
                    f"{kind:6} {headline.language:8} {one.phrase.text:20} {headline.title} ({cause})",
                    markup=False,
                )


def _found(outcomes: Iterable[Outcome]) -> list[Judged]:
    return [one.judged for one in outcomes]


def _by_rule(outcomes: Iterable[Outcome]) -> list[Judged]:
    return [one.by_rule for one in outcomes]


def _add_total(table: Table, name: str, groups: Sequence[Sequence[Outcome]]) -> None:
    for by, answers in (("Sokuho", _found), ("keywords", _by_rule)):
        judged = [answers(group) for group in groups]
        low, high = f1_interval(judged)
        precision, recall, f1 = _cells(chain.from_iterable(judged))
        relevant = str(sum(bool(one.headline.topics) for group in judged for one in group))
        table.add_row(
            name if by == "Sokuho" else "",
            "",
            relevant if by == "Sokuho" else "",
            by,
            precision,
            recall,
            f"{f1}  [{low:.2f}–{high:.2f}]",
        )
    table.add_section()


def _cells(judged: Iterable[Judged]) -> tuple[str, str, str]:
    score = Score.of(judged)
    return f"{score.precision:.2f}", f"{score.recall:.2f}", f"{score.f1:.2f}"
