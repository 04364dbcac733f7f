"""Telling a story sentence by sentence, each of which adds to what was told before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from bot.domain.bulletins import MAX_HEADLINE, Background, Fact, cut_at_word
from bot.domain.catalog import Catalog
from bot.domain.entries import has_letters
from bot.domain.gists import Gist, gist_of
from bot.domain.headlines import promises
from bot.domain.quoting import Quote, claim_of, headline_of, is_of_itself, quotes_of
from bot.domain.sentences import is_balanced
from bot.domain.stories import Report

MOST_READ = 60
"""Reports of a story whose sentences are considered; the earliest."""

NEW_ENOUGH = 0.6
"""Which part of a sentence (by weight, 0 to 1) nobody may have said so far, if it is of another report."""

NEW_OF_ITS_OWN = 0.4
"""The same for the report that heads the bulletin: one text seldom says a thing twice."""

NEW_ACROSS = 2
"""Names, kinds of event and numbers that a sentence in another language has to add: its words cannot be compared."""

LEAST_SAID = 3.0
"""The weight of a sentence of another report below which it says too little to be a fact."""

TITLE = -1
"""The place of a title among the sentences of its entry."""

_FADES = 0.95
"""By how much a sentence weighs less than the one before it: news is told from the top."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that was told, and the language it is in."""

    gist: Gist
    language: str


@dataclass
class Teller:
    """Gathers what a bulletin says, and knows what was said. `language`: that of the headline."""

    catalog: Catalog
    language: str
    before: Sequence[Said] = ()
    """What the chat was told earlier."""
    facts: list[Fact] = field(default_factory=list)
    _told: dict[str, Gist] = field(default_factory=dict)
    """By language."""
    _texts: set[tuple[str, ...]] = field(default_factory=set)
    _quoted: set[tuple[int, int]] = field(default_factory=set)
    """(entry, place) of what was said, and of what its entry's title says as well."""
    _owners: set[str] = field(default_factory=set)
    _quotes: dict[int, tuple[Quote, ...]] = field(default_factory=dict)
    _gists: dict[str, Gist] = field(default_factory=dict)
    _opening: dict[str, Gist] = field(default_factory=dict)
    """What was told before the first fact."""
    _heads: int = 0

    def __post_init__(self) -> None:
        for said in self.before:
            self._remember(said.gist, said.language)

    @property
    def full(self) -> bool:
        return len(self.facts) >= self.catalog.style.max_facts

    def open(self, report: Report, quote: Quote | None = None) -> tuple[Fact, str | None]:
        """The headline and the lead, of one report. `quote`: a sentence of it that heads the bulletin."""
        entry = report.entry
        quotes = self.sentences(report)
        title = quote.text if quote else headline_of(entry, self.catalog.outlets)
        if quotes and quote is None and not has_letters(title):
            quote = quotes[0]
            title = quote.text
        self._heads = entry.id
        self._say(title, report, quote.place if quote else TITLE)
        self._quoted.add((entry.id, TITLE))
        lead = self._lead(report, quotes)
        self._opening = dict(self._told)
        return fact_of(cut_at_word(title or entry.outlet, MAX_HEADLINE), report), lead

    def spread(self, reports: Sequence[Report]) -> None:
        """Facts out of these reports: first one of each owner that has not spoken, then in turn until there are enough.

        Those of one report stand together, in its order; those of the report that heads the bulletin come first.
        """
        room = self.catalog.style.max_facts - len(self.facts)
        taken: list[tuple[Report, Quote]] = []
        for again in range(1 + room):
            found = False
            for report in reports:
                if len(taken) >= room:
                    break
                if not again and self.catalog.outlets.owner(report.entry.outlet) in self._owners:
                    continue
                quote = self._best(report)
                if quote is not None:
                    found = True
                    self._say(quote.text, report, quote.place)
                    taken.append((report, quote))
            taken = [one for one in taken if not self._told_without(one, taken)]
            if again and not found:
                break
        order = {report.entry.id: place for place, (report, _) in reversed(list(enumerate(taken)))}
        taken.sort(key=lambda one: (not self._is_own(one[0]), order[one[0].entry.id], one[1].place))
        self.facts += [fact_of(quote.text, report) for report, quote in taken]

    def append(self, reports: Iterable[Report]) -> None:
        """A fact of each of these reports, behind those that are there, as long as there is room."""
        for report in reports:
            if self.full:
                return
            quote = self._best(report)
            if quote is not None:
                self._say(quote.text, report, quote.place)
                self.facts.append(fact_of(quote.text, report))

    def recalled(self, reports: Iterable[Report]) -> Background | None:
        """A sentence that tells of the time before, in the headline's language."""
        for report in reports:
            if report.entry.language != self.language:
                continue
            for quote in self.sentences(report):
                if quote.recalls and not quote.follows and self.novelty(quote.text, report) >= NEW_ENOUGH:
                    self._say(quote.text, report, quote.place)
                    return Background(fact_of(quote.text, report))
        return None

    def _is_own(self, report: Report) -> bool:
        return report.entry.id == self._heads

    def _told_without(self, one: tuple[Report, Quote], taken: Sequence[tuple[Report, Quote]]) -> bool:
        """Whether a short sentence was overtaken by a longer one that says the same and more."""
        report, quote = one
        language = report.entry.language
        others = (
            self.gist(other.text, language)
            for by, other in taken
            if (by, other) != one and by.entry.language == language
        )
        rest = reduce(or_, others, self._opening.get(language, Gist()))
        return not self._is_own(report) and self.gist(quote.text, language).novelty(rest) < NEW_OF_ITS_OWN

    def _lead(self, report: Report, quotes: Sequence[Quote]) -> str | None:
        """The first sentence that can stand there: one that needs no other, if there is such a one.

        It may say the headline again, and more; but to who was told of the story it has to be news.
        """
        fresh = [
            quote
            for quote in quotes
            if (report.entry.id, quote.place) not in self._quoted
            and self.novelty(quote.text, report) >= (NEW_ENOUGH if self.before else NEW_OF_ITS_OWN / 2)
        ]
        choice = sorted(fresh, key=lambda quote: (quote.recalls, quote.follows, quote.place))
        if not choice or choice[0].recalls:
            return None
        # What stands before the lead is not told behind it.
        self._quoted.update(
            (report.entry.id, quote.place) for quote in quotes if quote.place < choice[0].place
        )
        self._say(choice[0].text, report, choice[0].place)
        return choice[0].text

    def _best(self, report: Report) -> Quote | None:
        """What this report has to add: of the one that heads the bulletin the next sentence, else the one with most news."""
        adding = ((self._adds(quote, report), quote) for quote in self._candidates(report))
        worth = [(novelty, quote) for novelty, quote in adding if novelty]
        if self._is_own(report):
            return worth[0][1] if worth else None
        _, best = max(worth, key=lambda one: one[0] * _FADES ** max(one[1].place, 0), default=(0.0, None))
        return best

    def _adds(self, quote: Quote, report: Report) -> float:
        """How new a sentence is, 0 to 1; 0 where it is no fact."""
        entry = report.entry
        told = (entry.id, quote.place) in self._quoted
        orphan = quote.follows and (entry.id, quote.place - 1) not in self._quoted
        if told or orphan or quote.recalls:
            return 0.0
        novelty = self.novelty(quote.text, report)
        if self._is_own(report):
            return novelty if novelty >= NEW_OF_ITS_OWN else 0.0
        says_enough = self.gist(quote.text, entry.language).weight >= LEAST_SAID
        return novelty if novelty >= NEW_ENOUGH and says_enough else 0.0

    def title(self, report: Report) -> Quote | None:
        """The title of a report as a sentence, if it tells what happened."""
        text = headline_of(report.entry, self.catalog.outlets)
        entry = report.entry
        tells = not promises(entry.title) and is_balanced(text) and not is_of_itself(text, entry.outlet)
        return Quote(text, TITLE) if tells and len(text) <= MAX_HEADLINE else None

    def sentences(self, report: Report) -> tuple[Quote, ...]:
        """The sentences of a report that can be quoted, in order."""
        entry = report.entry
        if entry.id not in self._quotes:
            self._quotes[entry.id] = quotes_of(entry)
        return self._quotes[entry.id]

    def _candidates(self, report: Report) -> tuple[Quote, ...]:
        """What can be a fact: sentences; a title only of a report that has none.

        Titles of one event say the same in other words more often than sentences do.
        """
        sentences = self.sentences(report)
        title = None if sentences or self._is_own(report) else self.title(report)
        return (title,) if title else sentences

    def novelty(self, text: str, report: Report) -> float:
        """Which part of it is new, 0 to 1; 0 where it adds too little to what was said in another language.

        The report that heads the bulletin is told in its own words, whatever another language had said.
        """
        if tuple(text.casefold().split()) in self._texts:
            return 0.0
        language = report.entry.language
        gist = self.gist(text, language)
        for other, told in self._told.items():
            if other != language and not self._is_own(report) and gist.beyond(told).certain < NEW_ACROSS:
                return 0.0
        return gist.novelty(self.told(language))

    def told(self, language: str) -> Gist:
        return self._told.get(language, Gist())

    @property
    def told_anywhere(self) -> Gist:
        """What was told in whatever language."""
        return reduce(or_, self._told.values(), Gist())

    def gist(self, text: str, language: str) -> Gist:
        if text not in self._gists:
            self._gists[text] = gist_of(claim_of(text, language), language, self.catalog.lexicon)
        return self._gists[text]

    def _say(self, text: str, report: Report, place: int) -> None:
        entry = report.entry
        self._texts.add(tuple(text.casefold().split()))
        self._quoted.add((entry.id, place))
        self._owners.add(self.catalog.outlets.owner(entry.outlet))
        self._remember(self.gist(text, entry.language), entry.language)

    def _remember(self, gist: Gist, language: str) -> None:
        self._told[language] = self.told(language) | gist


def fact_of(text: str, report: Report) -> Fact:
    return Fact(text, report.entry.outlet, report.entry.link)
