"""What of an entry can be quoted: its headline without furniture, and its whole sentences that speak of the event.

What gives a sentence away is in `bot.domain.phrases`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.boilerplate import begins_with_call, without_calls, without_furniture
from bot.domain.entries import Entry, has_letters
from bot.domain.outlets import Outlets, fold_name
from bot.domain.phrases import (
    ATTRIBUTED,
    ATTRIBUTION,
    BYLINE,
    CREDITS,
    DATELINE,
    LINKS,
    OF_ITSELF,
    ORPHANS,
    RECALLING_WORD,
    RECALLS,
    SAYS_WHOSE,
    SERVICE,
    SPEAKER_UNNAMED,
    STANDS_FOR,
)
from bot.domain.sentences import closed, is_balanced, open_at_end, shortened_at_clause, split_sentences
from bot.domain.text import is_run

MAX_SENTENCE = 320
"""A longer sentence (characters) is shortened at the end of a clause, or not quoted."""

READ = 3_000
"""Characters of a text that are looked at: what stands further down is no news."""

MOST_SENTENCES = 12
"""Sentences of an entry that are considered."""

_ENDS = re.compile(r"""[.!?。！？؟।։…:：][\s"'”’»」』)）\]]*$""")
"""How a whole sentence ends. A source that ends none so writes without; of one that does, the rest was cut off."""

_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])[\s\"'”’»」』)）]*$")
_ASKS = re.compile(r"[?？؟][\s\"'”’»」』)）]*$")
_LEADS_IN = re.compile(r"[:：]\s*$")
_JAPANESE_PAST = re.compile(r"[ただ]。?$")
_OPENS_QUOTE = "“\"«「『‘'„"
_QUOTED = re.compile('“[^”]*”|«[^»]*»|"[^"]*"')
_NAME_BEHIND_FIRST = re.compile(r"\w\W+(?:\w+\W+)*?[A-ZА-ЯЁІЇЄҐ]")
_JAPANESE_SPEECH_ALONE = re.compile(r"「(?:[^「」]|「[^」]*」)*」(?:など)?と[^、。「はが]{1,12}。?")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that can be quoted. `place` counts the sentences of its entry from 0, without those that are the title.

    `follows`: it points at the sentence before it, and is not understood without. `recalls`: it tells of what was
    before the event. Where the next sentence says whose word it is, that belongs to it.
    """

    text: str
    place: int
    follows: bool = False
    recalls: bool = False


def headline_of(entry: Entry, outlets: Outlets) -> str:
    """The title without a live blog's furniture, credits and the name of its outlet behind it; may be empty."""
    told = without_furniture(entry.title)
    if told and not entry.title.startswith(told):
        told = told[0].upper() + told[1:]
    title = _without_outlet(told, entry.outlet, outlets)
    stripped = closed(CREDITS.sub("", title).strip())
    return stripped if any(map(str.isalnum, stripped)) else entry.title


def opening_of(entry: Entry, outlets: Outlets) -> str:
    """What stands for an entry in one line: its headline, or where that says nothing its first sentence, else its outlet."""
    if has_letters(entry.title):
        return headline_of(entry, outlets)
    return next((quote.text for quote in quotes_of(entry)), entry.title or entry.outlet)


def _without_outlet(title: str, outlet: str, outlets: Outlets) -> str:
    """`Leaders meet | World News | Reuters` is `Leaders meet`. The outlet may be named by any name it has."""
    for _ in range(3):
        found = re.search(r"\s*(?:\s[-–—]|[|｜：])\s*(?P<tail>[^|｜]{2,40})$", title)
        if found is None:
            break
        tail = found["tail"].strip()
        bar = found[0].lstrip()[:1] in "|｜"
        if not (
            fold_name(tail) in outlets.by_name or outlets.resolve(tail) == outlets.resolve(outlet) or bar
        ):
            break
        title = title[: found.start()].rstrip()
    return title


def quotes_of(entry: Entry) -> tuple[Quote, ...]:
    """The summary's sentences that can be quoted and that the title does not already say in the same words.

    The last one of a text that is longer than what is looked at is left out.
    """
    return tuple(_quotes(entry))


def _quotes(entry: Entry) -> Iterator[Quote]:
    title = _words(entry.title)
    text = _without_dateline(_without_title(entry.summary[:READ], entry.title))
    sentences = split_sentences(text, entry.language)
    if len(entry.summary) > READ:
        sentences = sentences[:-1]
    sentences = tuple(sentence for sentence in sentences[:MOST_SENTENCES] if _words(sentence) != title)
    punctuates = entry.language in ("ja", "zh") or any(_ENDS.search(sentence) for sentence in sentences)
    read = ""
    for place, sentence in enumerate(sentences):
        within, read = bool(open_at_end(read)), read + sentence
        text = CREDITS.sub("", without_calls(sentence)).strip()
        # Within a quotation that goes over several sentences, somebody's word would pass for the source's own.
        if within or is_of_itself(text, entry.outlet):
            continue
        if _can_be_quoted(text, punctuates=punctuates):
            quote = _quote(text, place, entry)
            if quote is not None:
                yield _attributed(quote, sentences[place + 1 : place + 2], entry.language)


def _attributed(quote: Quote, next_: Sequence[str], language: str) -> Quote:
    """With the sentence behind it, if that says whose word it is (Об этом заявил министр Орлов)."""
    pattern = ATTRIBUTION.get(language)
    if not (
        pattern and next_ and pattern.match(next_[0]) and is_balanced(next_[0]) and _ENDS.search(next_[0])
    ):
        return quote
    if SAYS_WHOSE[language].search(quote.text):
        return quote
    both = f"{quote.text} {next_[0]}"
    return replace(quote, text=both) if len(both) <= MAX_SENTENCE else quote


def claim_of(text: str, language: str) -> str:
    """What a quotation claims, without who says so: two outlets that name their source in other words say the same."""
    behind, within = ATTRIBUTION.get(language), ATTRIBUTED.get(language)
    if behind:
        *claims, last = split_sentences(text, language) or ("",)
        text = " ".join(claims) if claims and behind.match(last) else text
    return (within.sub("", text).strip() or text) if within else text


def _can_be_quoted(text: str, *, punctuates: bool) -> bool:
    whole = not _CUT_OFF.search(text) and (not punctuates or _ENDS.search(text))
    return bool(
        whole
        and _says_something(text)
        and is_balanced(text)
        and not _ASKS.search(text)
        and not _LEADS_IN.search(text)
        and not begins_with_call(text)
        and not SERVICE.search(text)
        and not BYLINE.fullmatch(text)
        and not _is_bare_speech(text)
    )


def _quote(sentence: str, place: int, entry: Entry) -> Quote | None:
    """The sentence without what ties it to the one before, and shortened where it is too long; None: it cannot be."""
    language = entry.language
    recalls = _tells_of_the_past(sentence, entry)
    text = sentence
    for pattern in (LINKS.get(language), RECALLING_WORD if recalls else None):
        tie = pattern.match(text) if pattern else None
        if tie and len(text) - tie.end() > 1:
            text = text[tie.end() :]
            text = text[0].upper() + text[1:]
            recalls = recalls or _tells_of_the_past(text, entry)
    if len(text) > MAX_SENTENCE:
        shorter = shortened_at_clause(text, MAX_SENTENCE)
        if shorter is None:
            return None
        text = shorter
    orphans = ORPHANS.get(language)
    bare = text.lstrip(_OPENS_QUOTE)
    follows = bool(orphans and orphans.match(bare)) or _stands_for_somebody(text, bare, language)
    return Quote(text, place, follows, recalls)


def _stands_for_somebody(text: str, bare: str, language: str) -> bool:
    """Whether a pronoun within it means somebody that it does not name."""
    early, speaker = STANDS_FOR.get(language), SPEAKER_UNNAMED.get(language)
    if early and early.match(bare):
        return True
    own = _QUOTED.sub("", text)
    found = speaker.search(own) if speaker else None
    return found is not None and _NAME_BEHIND_FIRST.search(own[: found.start()]) is None


def is_of_itself(text: str, outlet: str) -> bool:
    """Whether it tells of its outlet's own work. `The Post looks at what comes next`: what the outlet does, not what happened."""
    name = re.split(r"\W", outlet.removeprefix("The "), maxsplit=1)[0]
    return bool(name) and re.match(rf"(?:The )?{re.escape(name)}(?: \w+)? {OF_ITSELF}", text) is not None


def _says_something(text: str) -> bool:
    """Whether there are two words in it; scripts without spaces have longer ones."""
    words = _words(text)
    return len(words) > 1 or (len(words) == 1 and is_run(words[0][0]) and len(words[0]) > 1)


def _tells_of_the_past(sentence: str, entry: Entry) -> bool:
    pattern = RECALLS.get(entry.language)
    found = pattern.match(sentence) if pattern else None
    over = found is not None and (found["year"] is None or int(found["year"]) < entry.at.year)
    return over and (entry.language != "ja" or _JAPANESE_PAST.search(sentence) is not None)


def _is_bare_speech(text: str) -> bool:
    """Whether all of it is somebody's words, and it does not say whose: 「…」と述べた is one, too."""
    inner = text.strip(" .,!。！")
    return _JAPANESE_SPEECH_ALONE.fullmatch(text) is not None or (
        len(inner) > 1
        and any(
            inner[0] == opening and inner[-1] == closing and closing not in inner[1:-1]
            for opening, closing in ("“”", "«»", "「」", '""', "『』")
        )
    )


def _without_title(text: str, title: str) -> str:
    """A text before which its feed has set the title again, without that."""
    rest = text.removeprefix(title)
    repeated = len(_words(title)) > 2 and rest != text and rest[:1] in (" ", "\n")  # noqa: PLR2004 - a phrase, not a name
    return rest.lstrip() if repeated and rest.lstrip()[:1].isupper() else text


def _without_dateline(text: str) -> str:
    """The text from its first word on: without by whom and from where."""
    for pattern in (BYLINE, DATELINE):
        found = pattern.match(text.lstrip())
        if found:
            text = text.lstrip()[found.end() :]
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))
