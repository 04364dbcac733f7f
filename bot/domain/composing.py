"""What a bulletin says of a story: extractive, each sentence a source's own with its address, nothing said twice.

    reports -> headline (bot.domain.headlines) -> lead -> facts, by novelty (bot.domain.gists) -> background

A message only grows: what it says is chosen from the reports that had come when it was sent, and each later report may
add to that, in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.bulletins import (
    MAX_HEADLINE,
    NAMED_SOURCES,
    Background,
    Bulletin,
    Fact,
    Kind,
    Source,
    cut_at_word,
    flags_of,
)
from bot.domain.catalog import Catalog, StyleGuide
from bot.domain.chats import Chat
from bot.domain.gists import Gist, gist_of
from bot.domain.headlines import best_report, promises
from bot.domain.outlets import Outlets
from bot.domain.quoting import Quote, headline_of, quotes_of
from bot.domain.stories import SAME_HEADLINE, Report, Story
from bot.domain.topics import Topic, hashtag_of

MOST_READ = 60
"""Reports of a story whose sentences are considered; the earliest."""

NEW_ENOUGH = 0.6
"""Which part of a sentence (by weight, 0 to 1) nobody may have said so far, if it is of another report."""

NEW_OF_ITS_OWN = 0.4
"""The same for the report that heads the bulletin: one text seldom says a thing twice."""

NEW_ACROSS = 2
"""Names, kinds of event and numbers that a sentence in another language has to add: its words cannot be compared."""

LEAST_SAID = 2.0
"""The weight of a sentence of another report below which it says too little to be a fact."""

BACKGROUND_WITHIN = timedelta(days=30)
"""Earlier stories are no background of what happens so long after."""


def compose(
    story: Story,
    chat: Chat,
    topics: Sequence[Topic],
    catalog: Catalog,
    *,
    first_sent: datetime | None = None,
    possible_repeat: bool = False,
    background: Background | None = None,
) -> Bulletin:
    """The bulletin of a story for a chat that follows `topics`. `story` holds at least one report.

    `first_sent`: of a message that was sent, when. It only grows, so no report that came later heads it. `background`:
    what to say of the time before where no source of the story does (`pick_background`).
    """
    report = best_report(story, chat, first_sent)
    teller = _Teller(catalog, _tongue_of(report))
    headline, lead = teller.open(report)
    in_time, late = _by_arrival(story, report, chat, first_sent)
    teller.spread(in_time)
    teller.append(late)
    own = teller.recalled(in_time)
    return _bulletin(
        story,
        report,
        chat,
        topics,
        catalog,
        headline=headline,
        lead=lead,
        facts=tuple(teller.facts),
        background=own or background,
        possible_repeat=possible_repeat,
    )


def compose_update(
    story: Story,
    chat: Chat,
    topics: Sequence[Topic],
    catalog: Catalog,
    *,
    told: datetime,
    kind: Kind = Kind.UPDATE,
    of: int | None = None,
    possible_repeat: bool = False,
) -> Bulletin | None:
    """The answer to what a chat was last told of a story at `told`: only what is new since. None where nothing is.

    `of`: the entry that brings the development, the correction or the retraction, where it is known; else it is looked
    for among the reports that came since. What is corrected or retracted is told by that report alone.
    """
    before = tuple(one for one in story.reports if one.entry.seen <= told and one.entry.id != of)
    since = tuple(one for one in story.reports if one not in before)
    if not since:
        return None
    news = replace(story, reports=since, opened=since[0].entry.seen)
    if kind is not Kind.UPDATE:
        report = next((one for one in since if one.entry.id == of), since[-1])
        teller = _Teller(catalog, _tongue_of(report))
        headline, lead = teller.open(report)
        teller.spread((report,))
        news = replace(news, reports=(report,), opened=report.entry.seen)
    else:
        known = _known(replace(story, reports=before), chat, catalog) if before else ()
        brings = _development(since, known, chat, catalog, of)
        if brings is None:
            return None
        report, quote = brings
        teller = _Teller(catalog, _tongue_of(report), known)
        headline, lead = teller.open(report, quote)
        teller.spread(_by_arrival(news, report, chat, None)[0])
    return _bulletin(
        news,
        report,
        chat,
        topics,
        catalog,
        headline=headline,
        lead=lead,
        facts=tuple(teller.facts),
        kind=kind,
        possible_repeat=possible_repeat,
    )


def pick_background(
    story: Story, earlier: Iterable[Story], chat: Chat, catalog: Catalog
) -> Background | None:
    """Of earlier stories, the one that this one follows from: its headline, with its outlet and when it was.

    It shares at least two names or kinds of event with this story, or one and a topic, and is in a language that the
    chat reads. Of those that share most, the one that most outlets told; of these the latest.
    """
    heads = best_report(story, chat)
    topics = {match.topic_id for match in story.matches}
    named = {concept for report in story.reports[:MOST_READ] for concept in report.concepts}
    said = gist_of(heads.entry.title, heads.entry.language, catalog.lexicon)
    best: tuple[tuple[int, int, datetime], Story, Report] | None = None
    for other in earlier:
        if other.id == story.id or not other.reports:
            continue
        if not timedelta(0) < story.opened - other.opened <= BACKGROUND_WITHIN:
            continue
        report = best_report(other, chat)
        entry = report.entry
        shared = len(named & set(report.concepts))
        same_topic = bool(topics & {match.topic_id for match in other.matches})
        if shared + same_topic < 2 or not shared or promises(entry.title):
            continue
        if not _reads(chat, entry.language) or (
            entry.language == heads.entry.language
            and gist_of(entry.title, entry.language, catalog.lexicon).novelty(said) < NEW_OF_ITS_OWN
        ):
            continue
        rank = (shared + same_topic, _independent(other, catalog.outlets), other.opened)
        if best is None or rank > best[0]:
            best = rank, other, report
    if best is None:
        return None
    _, other, report = best
    text = cut_at_word(headline_of(report.entry, catalog.outlets), MAX_HEADLINE)
    return Background(_fact(text, report), other.opened.astimezone(ZoneInfo(chat.time_zone)))


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence that was told, and the language it is in."""

    gist: Gist
    language: str


@dataclass
class _Teller:
    """Gathers what a bulletin says, and knows what was said. `language`: that of the headline."""

    catalog: Catalog
    language: str
    before: Sequence[_Said] = ()
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
        quotes = list(self._of(report))
        title = quote.text if quote else headline_of(entry, self.catalog.outlets)
        if not title and quotes:
            quote = quotes[0]
            title = quote.text
        self._heads = entry.id
        self._say(title, report, quote.place if quote else -1)
        self._quoted.add((entry.id, -1))
        return _fact(cut_at_word(title or entry.outlet, MAX_HEADLINE), report), self._lead(report, quotes)

    def spread(self, reports: Sequence[Report]) -> None:
        """Facts out of these reports: first one of each owner that has not spoken, then in turn until there are enough.

        Those of the report that heads the bulletin come first, in its order.
        """
        begun = len(self.facts)
        own: list[tuple[int, Fact]] = []
        others: list[Fact] = []
        for again in range(1 + self.catalog.style.max_facts):
            before = len(own) + len(others)
            for report in reports:
                if begun + len(own) + len(others) >= self.catalog.style.max_facts:
                    break
                if not again and self.catalog.outlets.owner(report.entry.outlet) in self._owners:
                    continue
                quote = self._best(report)
                if quote is None:
                    continue
                self._say(quote.text, report, quote.place)
                fact = _fact(quote.text, report)
                if report.entry.id == self._heads:
                    own.append((quote.place, fact))
                else:
                    others.append(fact)
            if again and len(own) + len(others) == before:
                break
        self.facts += [fact for _, fact in sorted(own, key=lambda one: one[0])] + others

    def append(self, reports: Iterable[Report]) -> None:
        """A fact of each of these reports, behind those that are there, as long as there is room."""
        for report in reports:
            if self.full:
                return
            quote = self._best(report)
            if quote is not None:
                self._say(quote.text, report, quote.place)
                self.facts.append(_fact(quote.text, report))

    def recalled(self, reports: Iterable[Report]) -> Background | None:
        """A sentence that tells of the time before, in the headline's language."""
        for report in reports:
            if report.entry.language != self.language:
                continue
            for quote in self._of(report):
                if quote.recalls and not quote.follows and self._novelty(quote.text, report) >= NEW_ENOUGH:
                    return Background(_fact(quote.text, report))
        return None

    def _lead(self, report: Report, quotes: Sequence[Quote]) -> str | None:
        """The first sentence that can stand there: one that needs no other, if there is such a one near the top."""
        fresh = [
            quote
            for quote in quotes
            if (report.entry.id, quote.place) not in self._quoted
            and self._novelty(quote.text, report) >= NEW_OF_ITS_OWN / 2
        ]
        choice = sorted(fresh, key=lambda quote: (quote.recalls, quote.follows, quote.place))
        if not choice or choice[0].recalls:
            return None
        # What stands before the lead is not told behind it.
        self._quoted.update((report.entry.id, quote.place) for quote in quotes if quote.place < choice[0].place)
        self._say(choice[0].text, report, choice[0].place)
        return choice[0].text

    def _best(self, report: Report) -> Quote | None:
        """What this report has to add."""
        entry = report.entry
        own = entry.id == self._heads
        best: tuple[float, Quote] | None = None
        for quote in self._candidates(report):
            if (entry.id, quote.place) in self._quoted or quote.recalls:
                continue
            if quote.follows and (entry.id, quote.place - 1) not in self._quoted:
                continue
            novelty = self._novelty(quote.text, report)
            if entry.language == self.language and novelty < (NEW_OF_ITS_OWN if own else NEW_ENOUGH):
                continue
            if novelty == 0:
                continue
            if own:
                return quote
            if self._gist(quote.text, entry.language).weight < LEAST_SAID:
                continue
            if best is None or novelty * _FADES ** max(quote.place, 0) > best[0]:
                best = novelty * _FADES ** max(quote.place, 0), quote
        return best[1] if best else None

    def _candidates(self, report: Report) -> Iterator[Quote]:
        entry = report.entry
        if entry.id != self._heads and entry.title and not promises(entry.title):
            title = headline_of(entry, self.catalog.outlets)
            if len(title) <= MAX_HEADLINE:
                yield Quote(title, -1)
        yield from self._of(report)

    def _of(self, report: Report) -> tuple[Quote, ...]:
        entry = report.entry
        if entry.id not in self._quotes:
            self._quotes[entry.id] = quotes_of(entry)
        return self._quotes[entry.id]

    def _novelty(self, text: str, report: Report) -> float:
        """Which part of it is new, 0 to 1; of another language than all that was said, 1 if enough of it is, else 0."""
        if tuple(text.casefold().split()) in self._texts:
            return 0.0
        language = report.entry.language
        gist = self._gist(text, language)
        for other, told in self._told.items():
            if other != language and gist.beyond(told).certain < NEW_ACROSS:
                return 0.0
        return gist.novelty(self._told.get(language, Gist()))

    def _gist(self, text: str, language: str) -> Gist:
        if text not in self._gists:
            self._gists[text] = gist_of(text, language, self.catalog.lexicon)
        return self._gists[text]

    def _say(self, text: str, report: Report, place: int) -> None:
        entry = report.entry
        self._texts.add(tuple(text.casefold().split()))
        self._quoted.add((entry.id, place))
        self._owners.add(self.catalog.outlets.owner(entry.outlet))
        self._remember(self._gist(text, entry.language), entry.language)

    def _remember(self, gist: Gist, language: str) -> None:
        self._told[language] = self._told.get(language, Gist()) | gist


_FADES = 0.95
"""By how much a sentence weighs less than the one before it: news is told from the top."""


def _known(story: Story, chat: Chat, catalog: Catalog) -> tuple[_Said, ...]:
    """What a chat knows of a story: what its bulletin said, and the titles of its reports."""
    told = compose(story, chat, (), catalog)
    texts = [(told.headline.text, told.tongue), *((report.entry.title, report.entry.language) for report in story.reports[:MOST_READ])]
    texts += [(text, told.tongue) for text in (told.lead, *(fact.text for fact in told.facts)) if text]
    return tuple(_Said(gist_of(text, language, catalog.lexicon), language) for text, language in texts)


def _development(
    since: Sequence[Report], known: Sequence[_Said], chat: Chat, catalog: Catalog, of: int | None
) -> tuple[Report, Quote | None] | None:
    """The report that brings most that is new, and the sentence that does so where its title does not."""
    teller = _Teller(catalog, "", known)
    languages = {said.language for said in known}
    best: tuple[tuple[bool, bool, float, int], Report, Quote | None] | None = None
    for report in since[:MOST_READ]:
        entry = report.entry
        if not _reads(chat, entry.language) and any(_reads(chat, language) for language in languages):
            continue
        for quote in teller._candidates(report):
            if quote.follows or quote.recalls:
                continue
            novelty = teller._novelty(quote.text, report)
            gist = teller._gist(quote.text, entry.language)
            number = novelty > 0 and bool(gist.beyond(teller._told.get(entry.language, Gist())).numbers)
            if entry.id != of and novelty < NEW_ENOUGH and not (number and quote.place < 0):
                continue
            rank = (entry.id == of, quote.place < 0, novelty + number, -entry.id)
            if best is None or rank > best[0]:
                best = rank, report, quote if quote.place >= 0 else None
    return (best[1], best[2]) if best else None


def _by_arrival(
    story: Story, heads: Report, chat: Chat, sent: datetime | None
) -> tuple[tuple[Report, ...], tuple[Report, ...]]:
    """The reports to quote, of those that the chat reads: which had come when it was sent, and the later ones.

    The former are sorted: the headline's own, then those in its language, reprints last; the others as they came.
    """
    language = heads.entry.language
    readable = [
        report
        for report in story.reports
        if report.entry.language == language
        or (_reads(chat, report.entry.language) and _reads(chat, language))
    ]
    in_time = [report for report in readable if sent is None or report.entry.seen <= sent or report is heads]
    late = [report for report in readable if report not in in_time]

    def order(report: Report) -> tuple[bool, int, bool, int]:
        other = report.entry.language
        rank = chat.languages.index(other) if other in chat.languages else len(chat.languages)
        return report is not heads, -1 if other == language else rank, report.reason == SAME_HEADLINE, report.entry.id

    return tuple(sorted(in_time, key=order)[:MOST_READ]), tuple(late[:MOST_READ])


def _bulletin(
    story: Story,
    report: Report,
    chat: Chat,
    topics: Sequence[Topic],
    catalog: Catalog,
    *,
    headline: Fact,
    lead: str | None,
    facts: tuple[Fact, ...],
    background: Background | None = None,
    kind: Kind = Kind.FIRST,
    possible_repeat: bool = False,
) -> Bulletin:
    entry = report.entry
    sources = _sources(story)
    readable = tuple(
        source for source in sources if _reads(chat, source.language) or source.outlet == entry.outlet
    )
    named = readable[:NAMED_SOURCES]
    independent = _independent(story, catalog.outlets)
    return Bulletin(
        marks=_marks(report, story, kind, independent, catalog.style),
        flags=flags_of(report, catalog.lexicon, catalog.style.max_flags),
        headline=headline,
        lead=lead,
        facts=facts,
        sources=named,
        elsewhere=_elsewhere(sources, readable, catalog),
        independent=independent,
        at=story.opened.astimezone(ZoneInfo(chat.time_zone)),
        hashtags=tuple(hashtag_of(topic.spec.name) for topic in topics),
        language=None
        if _reads(chat, entry.language)
        else catalog.language_names.get(entry.language, entry.language),
        possible_repeat=possible_repeat,
        unnamed=len(readable) - len(named),
        kind=kind,
        background=background,
        tongue=entry.language,
    )


def _fact(text: str, report: Report) -> Fact:
    return Fact(text, report.entry.outlet, report.entry.link)


def _tongue_of(report: Report) -> str:
    return report.entry.language


def _marks(report: Report, story: Story, kind: Kind, voices: int, style: StyleGuide) -> tuple[str, ...]:
    first = {
        Kind.FIRST: style.confirmed if voices >= style.confirmed_by else style.first,
        Kind.UPDATE: style.update,
        Kind.CORRECTION: style.correction,
        Kind.RETRACTION: style.retraction,
    }[kind]
    event = _event_mark(report, story, style)
    return (first, event) if event else (first,)


def _event_mark(report: Report, story: Story, style: StyleGuide) -> str | None:
    """That of the first kind of event in the headline, else of one that half of all headlines name."""

    def of(one: Report) -> str | None:
        return next((style.events[concept] for concept in one.concepts if concept in style.events), None)

    own = of(report)
    if own is not None:
        return own
    named = [mark for mark in map(of, story.reports) if mark]
    commonest = max(dict.fromkeys(named), key=named.count, default=None)
    return commonest if commonest and 2 * named.count(commonest) >= len(story.reports) else None


def _independent(story: Story, outlets: Outlets) -> int:
    """How many voices report: outlets of one owner are one, and a reprint adds none."""
    own_words = [report for report in story.reports if report.reason != SAME_HEADLINE]
    return max(len({outlets.owner(report.entry.outlet) for report in own_words}), 1)


def _sources(story: Story) -> tuple[Source, ...]:
    """Each outlet once, with its first report's address."""
    sources: dict[str, Source] = {}
    for report in story.reports:
        entry = report.entry
        sources.setdefault(entry.outlet, Source(entry.outlet, entry.link, entry.language))
    return tuple(sources.values())


def _elsewhere(
    all_: Sequence[Source], named: Sequence[Source], catalog: Catalog
) -> tuple[tuple[str, int], ...]:
    languages = [source.language for source in all_ if source not in named]
    return tuple(
        (catalog.language_names.get(language, language), languages.count(language))
        for language in dict.fromkeys(languages)
    )


def _reads(chat: Chat, language: str) -> bool:
    return not chat.languages or language in chat.languages
