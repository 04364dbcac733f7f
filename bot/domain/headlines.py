"""Which report heads a bulletin: whose title says most of what happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.domain.boilerplate import has_furniture
from bot.domain.chats import Chat
from bot.domain.gists import numbers_of, words_of
from bot.domain.sentences import is_balanced
from bot.domain.stories import Report, Story

MOST_COMPARED = 60
"""Titles of a story, the earliest, that are compared; with every report the story is better known than before."""

_TEASER = re.compile(
    r"^(?:how|why|what|(?-i:Who|I|My)|when|where|which|here[’']s|here are|inside|meet the|this is|these are|the (?:story|truth) (?:of|behind|about)"
    r"|(?:comment|editorial|letters?|column)\s*[:|]|pictured|\d+ (?:things|takeaways|charts|ways|reasons|questions)|everything you)\b"
    r"|\b(?:explained|explainer|what we know|what to know|takeaways|timeline|in maps|in pictures|in photos|live updates?|as it happened"
    r"|latest updates?|podcast|newsletter|news bulletin|q&a|fact[- ]check|at a glance|round-?up|editorial|need to know|things to (?:know|watch)"
    r"|(?:morning|evening|daily|weekly|news|markets?) (?:rundown|briefing|brief|wrap|digest|edition)|daily open|the week in\b"
    r"|\bhere are|\band (?:how|why|what)\b|\bphotos of"
    r"|here[’']s (?:what|why|how)|this is (?:what|why|how)|(?:analysis|opinion)(?= ?\||$))\b"
    r"|^[a-z]+ \d{1,2}(?:, \d{4})?\s*[:–—-]|\bnews\s*$|\bthese\b|\. And,? "
    r"|^(?:как|почему|что|зачем|кто|чем|где|когда|мнение|колонка|разбор|названа?ы?|раскрыт[аоы]?|появил[аио]сь)(?!\w)"
    r"|(?:главное к|трансляция|подкаст|стал[аио] известн)"
    r"|^(?:як|чому|що|навіщо|хто)(?!\w)"
    r"|(?:とは$|まとめ|解説|なぜ|ポッドキャスト|写真特集|社説|コラム|ライブ中継|のか$|理由$|知っておくべき|を読み解く|ニュース速報)"
    r"|^(?:warum|wie|was|wer|pourquoi|comment|qui|por qué|cómo|qué|quién)\b",
    re.IGNORECASE,
)
"""Titles that promise to tell, or are not of one event: questions, explainers, opinion, live pages, round-ups."""

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
        not any(map(str.isalpha, title))
        or has_furniture(title)
        or _TEASER.search(title)
        or _ASKS.search(title)
        or _CUT_OFF.search(title)
    )


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
