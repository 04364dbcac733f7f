"""Which report heads a bulletin: whose title says most of what happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.domain.boilerplate import has_furniture
from bot.domain.chats import Chat
from bot.domain.entries import has_letters
from bot.domain.gists import numbers_of, words_of
from bot.domain.sentences import is_balanced
from bot.domain.stories import Report, Story

MOST_COMPARED = 60
"""Titles of a story, the earliest, that are compared; with every report the story is better known than before."""

_RUBRIC = re.compile(
    r"^\W*(?:opinion|comment|editorial|column|analysis|podcast|watch live|live(?: updates?| blog| coverage)?|morning (?:rundown|briefing)"
    r"|evening briefing|the papers|newspaper headlines|letters?|quiz|мнение|колонка|онлайн|прямой эфир|論説|ライブ"
    r"|commentary|contributor|insight|explainer|playbook|first thing|photos|in pictures|fact sheet"
    r"|(?:jeremy )?bowen|(?:steve )?rosenberg|(?:laura )?kuenssberg|(?:anthony )?zurcher|chris mason|lyse doucet"
    r"|faisal islam|frank gardner|katya adler|james landale|ros atkins)\s*(?:[:|–—-]|$)",
    re.IGNORECASE,
)
"""What stands before a title that is not of one event, or is all of it: opinion, live pages, round-ups.

The names are those under which the BBC's editors comment.
"""

_NO_REPORT = re.compile(
    r"\b(?:live(?: updates?|[ -]?blog)|as it happened|latest updates?|podcast|newsletter|news bulletin|q&a|round-?up|editorial"
    r"|(?:morning|evening|daily|weekly|news|markets?) (?:rundown|briefing|brief|wrap|digest|edition)|daily open|the week in|photos of"
    r"|\d+ (?:things|takeaways|charts|ways|reasons|questions)|(?:analysis|opinion)(?= ?\||$))\b"
    r"|^pictured\b|^[a-z]+ \d{1,2}(?:, \d{4})?\s*[:–—-]|\bnews\s*$|\. And,? "
    r"|^(?:мнение|колонка)(?!\w)|(?:главное к|трансляция|подкаст)"
    r"|(?:まとめ|ポッドキャスト|写真特集|社説|コラム|ライブ中継|ライブ配信|ニュース速報)",
    re.IGNORECASE,
)
"""The same anywhere in it."""

_TEASER = re.compile(
    r"^(?:how|why|what|(?-i:Who|I|My)|when|where|which|here[’']s|here are|inside|meet the|this is|these are|everything you"
    r"|the (?:story|truth) (?:of|behind|about))\b"
    r"|\b(?:explained|explainer|what we know|what to know|takeaways|timeline|in maps|in pictures|in photos|fact[- ]check|at a glance"
    r"|need to know|things to (?:know|watch)|here are|and (?:how|why|what)|these|here[’']s (?:what|why|how)|this is (?:what|why|how))\b"
    r"|\w{3}[’'”\")]*[.?] [“‘\"']?(?-i:But|Now|Then|Yet|Still|Again|Not|He|She|They|It|That|This|Those|Some|Many|Others)\b"
    r"|^(?:как|почему|что|зачем|кто|чем|где|когда|разбор|названа?ы?|раскрыт[аоы]?|появил[аио]сь)(?!\w)"
    r"|стал[аио] известн"
    r"|^(?:як|чому|що|навіщо|хто)(?!\w)"
    r"|(?:とは$|解説|なぜ|のか$|理由$|知っておくべき|を読み解く)"
    r"|^(?:warum|wie|was|wer|pourquoi|comment|qui|por qué|cómo|qué|quién)\b",
    re.IGNORECASE,
)
"""Titles that promise to tell of an event, and do not: questions, explainers, and those that go on as a tale does."""

_ASKS = re.compile(r"[?？؟][\s\"'”’»」』)）]*$")
_CUT_OFF = re.compile(r"(?:…|\.\.\.)[\s\"'”’»」』)）]*$")
_SPEECH_ALONE = re.compile(
    r"^(?:[“\"«「『‘'][^”\"»」』]*[”\"»」』’'][.!?。]?|[^:：]{1,30}[:：]\s*[“\"«「『‘'].*[”\"»」』’'])$"
)
_WITHHOLDS = re.compile(
    r"(?<!\w)(?:интересно|ж[её]стко|резко|эмоционально|остроумно|неожиданно|странно) (?:ответил|высказал|отреагировал|прокомментировал)"
    r"|(?<!\w)(?:рассказал[аи]?|объяснил[аи]?|раскрыл[аи]?|назвал[аи]?),? (?:как|почему|зачем|о том|что будет|секрет|детали|причин)"
    r"|^(?:СМИ|Эксперт\w*|Уч[её]ны[ей]|Подробности|Новые (?:сведения|подробности))(?=\s)"
    r"|\b(?:this is what|one thing|the reason|on (?:how|why|what))\b|\b(?:reveals?|explains?|opens up|speaks out|breaks silence|weighs in|reacts)\b",
    re.IGNORECASE,
)
"""Titles that tell that something was said, and not what."""

_LONGEST = 160
_ENOUGH_WORDS = 4


def best_report(story: Story, chat: Chat, by: datetime | None = None) -> Report:
    """Whose title heads the bulletin.

    In the chat's first language that has one, of an outlet it prefers, the one that tells most, the earliest; a teaser
    only where there is nothing else.
    A chat that reads every language is told in that of the first report, or of the first that it prefers. `by`: of those
    that had come by then, if any had.
    """
    in_time = (
        tuple(report for report in story.reports if by is None or report.entry.seen <= by) or story.reports
    )
    leads = next((one for one in in_time if one.entry.outlet in chat.preferred_outlets), in_time[0])
    languages = chat.languages or (leads.entry.language,)

    def order(report: Report) -> int:
        language = report.entry.language
        return languages.index(language) if language in languages else len(languages)

    first = min(map(order, in_time))
    candidates = [report for report in in_time if order(report) == first][:MOST_COMPARED]
    shares = _shares(candidates)

    def rank(report: Report) -> tuple[bool, bool, float, int]:
        title = report.entry.title
        preferred = report.entry.outlet in chat.preferred_outlets
        return promises(title), not preferred, -_tells(report, shares), report.entry.id

    return min(candidates, key=rank)


def promises(title: str) -> bool:
    """Whether a title does not tell what happened: it asks, teases, comments, or is none."""
    return bool(
        not has_letters(title)
        or has_furniture(title)
        or not reports(title)
        or _TEASER.search(title)
        or _ASKS.search(title)
        or _CUT_OFF.search(title)
    )


def reports(title: str) -> bool:
    """Whether a title is of one event, however little it tells: opinion, live pages, podcasts and round-ups are not."""
    return not (_RUBRIC.match(title) or _NO_REPORT.search(title))


def teases(title: str) -> bool:
    """Whether a title is there and only promises to tell; one without any letters has promised nothing."""
    return has_letters(title) and promises(title)


def _shares(reports: Sequence[Report]) -> dict[str, float]:
    """By word, in which part of the other titles it stands: the words of the event stand in most. A reprint adds none."""
    titles = dict.fromkeys(tuple(words_of(one.entry.title, one.entry.language)) for one in reports)
    counts = Counter(word for words in titles for word in set(words))
    others = len(titles) - 1
    return {word: (count - 1) / others for word, count in counts.items()} if others else {}


def _tells(report: Report, shares: dict[str, float]) -> int:
    """How much a title tells, in coarse steps, so that of two that tell about as much the earlier one is taken."""
    title = report.entry.title
    words = set(words_of(title, report.entry.language))
    score = 1.5 * sum(shares.get(word, 0.0) for word in words)
    score += min(len(words), 10) / 5
    score += 0.4 * min(len(report.concepts), 4)
    score += 0.7 * bool(numbers_of(title))
    score -= 1.5 * bool(_SPEECH_ALONE.match(title.strip()) or not is_balanced(title))
    score -= 1.5 * bool(_WITHHOLDS.search(title))
    score -= 1.5 * (len(title) > _LONGEST)
    score -= 1.5 * (len(words) < _ENOUGH_WORDS)
    return round(score / 0.75)
