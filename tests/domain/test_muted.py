"""A chat that has muted a story hears no more of it, whatever comes; others do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.chats import Subscription
from bot.domain.deciding import UPDATES_APART, News, Revise, Told, decide
from bot.domain.deliveries import Intent
from tests.domain.records import NOON, chat, entry

FOLLOWING = [Subscription(1, 10, NOON, updates="loud"), Subscription(2, 10, NOON)]
TOLD = Told(1, 5, NOON, message=True)


@pytest.mark.parametrize("what", [{}, {"develops": True}, {"corrects": True, "is_revision": True}])
@pytest.mark.parametrize("also", [[], [replace(TOLD, message=False, answers=True)]])
def test_a_muted_story_is_not_gone_on_with(what: dict[str, Any], also: list[Told]) -> None:
    """No revision, no update, no correction; without being muted there is at least the first of them."""
    news = News(entry(), 5, frozenset({10}), **what)
    for muted in (True, False):
        intents, revisions = decide(
            news,
            chats=[chat()],
            subscriptions=FOLLOWING,
            told=[replace(TOLD, muted=muted), *also],
            now=NOON + UPDATES_APART,
        )
        assert (intents == () and revisions == ()) is muted


def test_another_chat_and_another_story_are_as_ever() -> None:
    muted = [replace(TOLD, muted=True), replace(TOLD, chat_id=2)]
    two = replace(chat(), id=2)
    news = News(entry(), 5, frozenset({10}))
    assert decide(news, chats=[chat(), two], subscriptions=FOLLOWING, told=muted, now=NOON) == (
        (),
        (Revise(2, 5),),
    )
    news = News(entry(), 6, frozenset({10}))
    intents, _ = decide(news, chats=[chat()], subscriptions=FOLLOWING, told=muted, now=NOON)
    assert intents == (Intent(1, 6, (10,)),)
