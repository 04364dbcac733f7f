"""`/feeds add` and `/feeds remove`: what a chat is told of feeds that it names."""

from __future__ import annotations

import pytest

from bot.domain.documents import Document
from bot.domain.polling import Failed, FailureKind, FeedLimits
from bot.ports import FoundFeed
from tests.chat.newsroom import FEEDS, Newsroom


def said(document: Document) -> str:
    return document.plain


async def own(room: Newsroom, *, neighbour: bool = False) -> list[str]:
    chat = room.neighbour if neighbour else room.chat
    return [status.spec.url for status in await room.store.feed_statuses(chat.id) if status.own]


async def test_a_feed_is_watched_for_the_chat_that_names_it(room: Newsroom) -> None:
    told = await room.say("/feeds add blog.example/news")
    assert "A site is watched for this chat from now on" in said(told)
    assert told.changed
    assert await own(room) == ["https://blog.example/news"]
    assert await own(room, neighbour=True) == []
    assert "A site" in said(await room.say("/feeds"))
    assert "A site" not in said(await room.say("/feeds", chat=room.neighbour))


@pytest.mark.parametrize(
    "typed",
    [
        "HTTPS://Blog.Example:443/news",
        "blog.example/news#top",
        "<https://blog.example/news>",
        "feed://blog.example/news",
    ],
)
async def test_one_feed_however_it_is_written(room: Newsroom, typed: str) -> None:
    await room.say("/feeds add blog.example/news")
    assert "watched for this chat already" in said(await room.say(f"/feeds add {typed}"))
    await room.say(f"/feeds add {typed}", chat=room.neighbour)
    assert await own(room) == await own(room, neighbour=True) == ["https://blog.example/news"]


async def test_what_everybody_is_told_of(room: Newsroom) -> None:
    assert "for every chat already" in said(await room.say(f"/feeds add {FEEDS[0].url}"))
    assert await own(room) == []


async def test_several_feeds_are_offered(room: Newsroom) -> None:
    found = [FoundFeed(f"https://news.example/{name}", f"Feed {name}", "en", 1) for name in ("a", "b")]
    room.finder.sites["news.example"] = tuple(found)
    told = await room.say("/feeds add news.example")
    assert [action.command for action in told.actions] == [
        "/feeds add https://news.example/a",
        "/feeds add https://news.example/b",
    ]
    await room.say(told.actions[0].command)
    left = await room.say("/feeds add news.example")
    assert [action.label for action in left.actions] == ["Feed b"]
    await room.say(told.actions[1].command)
    assert "watched already" in said(await room.say("/feeds add news.example"))


async def test_what_is_wrong_is_said(room: Newsroom) -> None:
    room.finder.sites["gone.example"] = Failed(
        FailureKind.REFUSED, "There is nothing at this address (HTTP 404)."
    )
    told = said(await room.say("/feeds add gone.example"))
    assert "No feed at https://gone.example/" in told
    assert "HTTP 404" in told
    assert "no web address" in said(await room.say("/feeds add Reuters"))
    assert "Which site or feed?" in said(await room.say("/feeds add"))
    assert await own(room) == []


@pytest.mark.parametrize("typed", ["https://me:hunter2@blog.example/", "me:hunter2@blog.example/feed"])
async def test_a_password_is_not_taken(room: Newsroom, typed: str) -> None:
    """It would be kept with the address; who typed it is told so, without it, and nobody else."""
    told = await room.say(f"/feeds add {typed}")
    assert "no address with a password" in said(told)
    assert told.whisper
    assert "hunter2" not in repr(told)
    assert await own(room) == []


async def test_a_password_in_what_is_wrong_is_not_repeated(room: Newsroom) -> None:
    room.finder.sites["//me:hunter2@gone.example/"] = Failed(FailureKind.REFUSED, "No.")
    assert "hunter2" not in repr(await room.say("/feeds add //me:hunter2@gone.example/"))


async def test_no_more_than_a_chat_may_name(room: Newsroom) -> None:
    room.feed_limits = FeedLimits(2)
    for name in ("one", "two"):
        await room.say(f"/feeds add {name}.example")
    told = await room.say("/feeds add three.example")
    assert "may name 2 feeds" in said(told)
    assert [action.command for action in told.actions] == ["/feeds remove"]
    await room.say("/feeds remove one.example")
    await room.say("/feeds add three.example")
    assert await own(room) == ["https://two.example/", "https://three.example/"]


async def test_no_more_than_all_chats_may_name(room: Newsroom) -> None:
    """Somebody who brings a hundred chats brings no more feeds; what is watched already costs nothing more."""
    room.feed_limits = FeedLimits(20, 2)
    for name in ("one", "two"):
        await room.say(f"/feeds add {name}.example", chat=room.neighbour)
    told = said(await room.say("/feeds add three.example"))
    assert "All chats together may name 2 feeds here" in told
    assert await own(room) == []
    await room.say("/feeds add two.example")
    assert await own(room) == ["https://two.example/"]


@pytest.mark.parametrize("limits", [FeedLimits(per_chat=0), FeedLimits(all_chats=0)])
async def test_where_chats_may_name_none(room: Newsroom, limits: FeedLimits) -> None:
    room.feed_limits = limits
    assert "name no feeds here" in said(await room.say("/feeds add one.example"))
    assert "/feeds add" not in said(await room.say("/feeds"))


async def test_taking_one_back(room: Newsroom) -> None:
    assert "has named no feed" in said(await room.say("/feeds remove"))
    room.finder.sites |= {
        f"{name}.example": (FoundFeed(f"https://{name}.example/", f"The {name}", "en", 1),)
        for name in ("east", "west")
    }
    await room.say("/feeds add east.example")
    await room.say("/feeds add west.example")
    assert len((await room.say("/feeds remove")).actions) == 2
    assert "Which one?" in said(await room.say("/feeds remove the"))
    assert "no feed “south”" in said(await room.say("/feeds remove south"))
    assert "not watched for this chat any more" in said(await room.say("/feeds remove the east"))
    assert await own(room) == ["https://west.example/"]


async def test_nobody_is_called_what_they_are_not(room: Newsroom) -> None:
    """A title that is a known outlet's name does not make a feed that outlet's."""
    room.finder.sites["evil.example"] = (FoundFeed("https://evil.example/rss", "Reuters", "en", 1),)
    assert "evil.example is watched" in said(await room.say("/feeds add evil.example"))


async def test_an_unknown_address_is_offered(room: Newsroom) -> None:
    told = await room.say("/feeds blog.example")
    assert [action.command for action in told.actions] == ["/feeds add blog.example"]
