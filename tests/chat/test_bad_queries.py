"""Queries that are none: each is answered in the chat's language, with a button where it is plain what was meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.commands import history
from bot.chat.locales import load_speeches
from bot.domain.documents import Document
from bot.domain.entries import Entry
from bot.domain.queries import (
    CLOSES_NOTHING,
    CUT_OFF,
    EMPTY,
    HOLLOW,
    MAX_QUERY_LENGTH,
    NOT_CLOSED,
    NOTHING_BEFORE,
    ONLY_CONDITIONS,
    OUT_OF_PLACE,
    QUOTE_NOT_CLOSED,
    SAYS_NOTHING,
    TOO_DEEP,
    TOO_LONG,
)
from tests.chat.newsroom import Newsroom, open_newsroom

TOO_DEEP_BY_FAR = "(" * 240 + "Ukraine" + ")" * 240

BAD = [
    ("x" * 10_000, TOO_LONG),
    ("Ukraine " * 1250 + "!", TOO_LONG),
    ("🔥" * 10_000, TOO_LONG),
    ("(" * 500 + "Ukraine" + ")" * 500, TOO_LONG),
    (TOO_DEEP_BY_FAR, TOO_DEEP),
    ("(" * 500, TOO_DEEP),
    (")" * 500, CLOSES_NOTHING),
    ("|", NOTHING_BEFORE),
    ("| - ( )", NOTHING_BEFORE),
    ("( | )", NOTHING_BEFORE),
    ("OR", NOTHING_BEFORE),
    ("AND", EMPTY),
    ("AND OR NOT", NOTHING_BEFORE),
    ("-", CUT_OFF),
    ("title:", CUT_OFF),
    ("--", CUT_OFF),
    ("--Ukraine", OUT_OF_PLACE),
    ("()", HOLLOW),
    ("((", NOT_CLOSED),
    ('"', QUOTE_NOT_CLOSED),
    ('""', SAYS_NOTHING),
    ("🔥", SAYS_NOTHING),
    ("👨‍👩‍👧‍👦🇺🇦", SAYS_NOTHING),
    ("\u200f\u202e!", SAYS_NOTHING),
    ("-x", ONLY_CONDITIONS),
    ("-\u200fx", ONLY_CONDITIONS),
    ("lang:ja", ONLY_CONDITIONS),
    ("news", SAYS_NOTHING),
    ("the latest news", SAYS_NOTHING),
]


def offered(said: Document) -> list[str]:
    return [action.command for action in said.actions]


@pytest.mark.parametrize("language", ["en", "ja", "ru"])
@pytest.mark.parametrize(
    "command", ["/topics add", "/topics add Ours =", "/topics edit mine =", "/topics test"]
)
async def test_what_is_no_query_is_said_so(room: Newsroom, command: str, language: str) -> None:
    """In the chat's own language, briefly, and nothing is stored."""
    await room.say("/topics add Mine = Ukraine grain")
    await room.say(f"/language {language}")
    before, changes = await room.state(), room.desk.changes
    for query, template in BAD:
        said = await room.say(f"{command} {query}")
        told, *place = said.plain.split("\n")
        expected = load_speeches()[language].say(template, length=len(query), limit=_limit(template))
        assert told == f"🤔 {expected}", query[:20]
        assert sum(map(len, place)) < 200
        assert await room.state() == before
        assert room.desk.changes == changes


def _limit(template: str) -> int:
    return MAX_QUERY_LENGTH if template == TOO_LONG else 20


@pytest.mark.parametrize("marks", ["\u200f\u202e", "\u200b", "\u00a0"])
async def test_marks_that_cannot_be_seen_are_no_query(room: Newsroom, marks: str) -> None:
    said = await room.say(f"/topics add {marks}")
    assert said.plain.startswith("🤔 ")
    assert not said.changed


@pytest.fixture(params=["telegram", "slack"])
async def anywhere(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Newsroom]:
    async with open_newsroom(tmp_path, request.param) as room:
        yield room


@pytest.mark.parametrize(
    ("command", "meant", "kept"),
    [
        ("/topics add ", "/topics add ", "/topics add Turkey Azerbajan = "),
        ("/topics add Ours = ", "/topics add Ours = ", "/topics add Ours = "),
        ("/topics edit mine = ", "/topics edit mine = ", "/topics edit mine = "),
    ],
)
async def test_a_word_that_is_nearly_known_is_asked_about(
    anywhere: Newsroom, command: str, meant: str, kept: str
) -> None:
    """Before anything is stored; either button does at once what it says."""
    room = anywhere
    await room.say("/topics add Mine = Ukraine grain")
    before = await room.state()
    said = await room.say(f"{command}Turkey Azerbajan")
    assert said.plain.splitlines()[0] == "🤔 Did you mean Turkey Azerbaijan?"
    shown, caret = (row[0].text for row in said.lines[1:])
    assert shown[caret.index("^") :].startswith("Azerbajan")
    assert offered(said) == [f"{meant}Turkey Azerbaijan", f'{kept}Turkey "Azerbajan"']
    assert await room.state() == before
    for pressed, query in zip(offered(said), ("Turkey Azerbaijan", 'Turkey "Azerbajan"'), strict=True):
        answer = await room.say(pressed)
        assert answer.changed
        specs = [topic.spec for topic in await room.store.topics() if topic.chat_id == room.chat.id]
        assert specs[-1].query == query
        await room.say(f"/topics remove {specs[-1].slug}")
        await room.say("/topics add Mine = Ukraine grain")


async def test_a_trial_goes_on_and_offers_the_word(anywhere: Newsroom) -> None:
    """A trial stores nothing, so it is made of what was typed, with a button to try the other."""
    said = await anywhere.say("/topics test Turkey Azerbajan")
    assert "(did you mean Azerbaijan?)" in said.plain
    assert offered(said) == ["/topics test Turkey Azerbaijan", "/topics add Turkey Azerbajan"]


@pytest.mark.parametrize(
    "command", ["/topics add ", "/topics add Ours = ", "/topics edit mine = ", "/topics test "]
)
async def test_a_sign_too_many_is_put_right_by_a_button(anywhere: Newsroom, command: str) -> None:
    """The button holds the whole command, which can be run as it is."""
    await anywhere.say("/topics add Mine = Ukraine grain")
    said = await anywhere.say(f"{command}Armenia | | Turkey")
    assert offered(said) == [f"{command}Armenia | Turkey"]
    assert not (await anywhere.say(offered(said)[0])).plain.startswith("🤔")


async def test_a_trial_reads_entries_by_the_page(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never many at once, none twice, none left out; of very many, the newest."""
    for number in range(5):
        await room.publish(f"Truce in Ukraine, report {number}", ago=timedelta(hours=20 - number))
    limits: list[int] = []
    entries_since = room.store.entries_since

    async def counted(*args: object, before: Entry | None = None) -> tuple[Entry, ...]:
        limits.append(args[1])  # type: ignore[arg-type]  # the limit
        return await entries_since(*args, before=before)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(room.store, "entries_since", counted)
    monkeypatch.setattr(history, "_PAGE", 2)
    said = await room.say("/topics test Ukraine truce")
    assert "5 stories would have matched, out of 5 entries" in said.plain
    assert limits == [2, 2, 2, 2]
    monkeypatch.setattr(history, "MOST_ENTRIES", 4)
    said = await room.say("/topics test Ukraine truce")
    assert "4 stories would have matched, out of 4 entries" in said.plain
    assert "report 0" not in said.plain
