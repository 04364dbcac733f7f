"""What of a bulletin is put into another language, and what it is then: nothing is translated without saying so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.bulletins import MAX_HEADLINE, Bulletin, cut_at_word
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat


@dataclass(frozen=True, slots=True)
class ToTranslate:
    """Sentences of one language that a chat would have in another (BCP 47)."""

    texts: tuple[str, ...]
    source: str
    target: str


def to_translate(bulletin: Bulletin, chat: Chat) -> ToTranslate | None:
    """What a chat cannot read of a bulletin; None where it reads all of it, or what it reads is not known."""
    if bulletin.language is None or not chat.languages:
        return None
    return ToTranslate(tuple(_texts(bulletin)), bulletin.tongue, chat.languages[0])


def translated(bulletin: Bulletin, asked: ToTranslate, texts: Sequence[str], catalog: Catalog) -> Bulletin:
    """The bulletin with `texts` in place of what was asked for, and saying that it is a machine's translation.

    As it was where the translation is not of as many texts, or one is empty.
    """
    if len(texts) != len(asked.texts) or not all(text.strip() for text in texts):
        return bulletin
    rest = iter(texts)
    return replace(
        bulletin,
        headline=replace(bulletin.headline, text=cut_at_word(next(rest), MAX_HEADLINE)),
        lead=next(rest) if bulletin.lead else None,
        facts=tuple(replace(fact, text=next(rest)) for fact in bulletin.facts),
        background=replace(bulletin.background, fact=replace(bulletin.background.fact, text=next(rest)))
        if bulletin.background
        else None,
        translated_into=catalog.language_names.get(asked.target, asked.target),
    )


def _texts(bulletin: Bulletin) -> list[str]:
    told = [bulletin.headline.text, *([bulletin.lead] if bulletin.lead else [])]
    told += [fact.text for fact in bulletin.facts]
    return [*told, bulletin.background.fact.text] if bulletin.background else told
