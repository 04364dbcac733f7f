"""Digests on both platforms: within their limits, and with links to the bulletins that were sent there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.slack.places import message_address as slack_address
from bot.chat.slack.render import bulletin as as_blocks
from bot.chat.telegram.places import message_address as telegram_address
from bot.chat.telegram.render import as_html, fits
from bot.domain.digests import DigestItem, Place, Row, Told, compose_row, divided, lay_out_part
from bot.domain.documents import Document
from tests.domain.records import NOON, chat, entry, report, story
from tests.e2e.platforms import ADA, GROUP
from tests.e2e.test_platforms import TRUCE, staged
from tests.fakes.lexicons import small_catalog

CATALOG = small_catalog()


async def test_a_digest_leads_to_the_bulletins_of_its_chat(tmp_path: Path) -> None:
    """In a supergroup of Telegram and a channel of Slack; a private chat's messages have no addresses."""
    async with staged(tmp_path) as stage:
        for command in ("/subscribe ukraine-ceasefire", "/digest hourly"):
            for place in (GROUP, ADA):
                await stage.tell(place, command, user=ADA)
            await stage.type(command.removeprefix("/"))
        await stage.publish(TRUCE)
        told = next(one for one in stage.telegram.messages(GROUP) if f"【{TRUCE}】" in one.text)
        posted = next(one for one in stage.slack.messages("C1") if f"【{TRUCE}】" in one.plain)
        bulletins = told.id, posted.ts
        stage.clock.advance_to(stage.clock.now() + timedelta(hours=1))
        await stage.room.app.step()
        in_group, in_private = stage.telegram.messages(GROUP)[-1], stage.telegram.messages(ADA)[-1]
        posted = stage.slack.messages("C1")[-1]
        for text in (in_group.text, in_private.text, posted.plain):
            assert text.startswith("🗞 Digest: 1 story since")
        number = str(GROUP).removeprefix("-100")
        assert f'<a href="https://t.me/c/{number}/{bulletins[0]}">{TRUCE}</a>' in in_group.html
        assert "t.me" not in in_private.html
        workspace = f"https://{stage.slack.home.team.lower()}.slack.com"
        assert f"{workspace}/archives/C1/p{str(bulletins[1]).replace('.', '')}" in str(posted.blocks)


@pytest.mark.parametrize(
    ("address", "message_id", "href"),
    [
        ("-1001234567890", "17", "https://t.me/c/1234567890/17"),
        ("-1001234567890/5", "17", "https://t.me/c/1234567890/5/17"),
        ("-1234", "17", None),  # a basic group
        ("1001234567890", "17", None),  # a person
        ("-1001234567890", "", None),
    ],
)
def test_addresses_of_messages_on_telegram(address: str, message_id: str, href: str | None) -> None:
    """core.telegram.org/api/links: private message links, also in topics."""
    assert telegram_address(address, message_id) == href


def test_addresses_of_messages_on_slack() -> None:
    """docs.slack.dev/reference/methods/chat.getPermalink: the example there."""
    address = slack_address("https://ghostbusters.slack.com/", "T1/C1H9RESGA", "135854651500.008")
    assert address == "https://ghostbusters.slack.com/archives/C1H9RESGA/p135854651500008"


@dataclass(frozen=True, slots=True)
class Lengthy:
    """Stories whose lines are as long as lines get."""

    rows: tuple[Row, ...]

    @classmethod
    def of(cls, number: int) -> Lengthy:
        headline = "&<i>語 ceasefire/@all " * 20
        link = "https://example.org/" + "path/" * 60
        reports = [report(entry(headline, outlet="A Herald of & about it", link=link, id_=n)) for n in (1, 2)]
        told = Told(story(*reports), 1, "1")
        composed = compose_row(told, chat(), CATALOG)
        assert composed is not None
        return cls(tuple(Row(DigestItem(n, n % 3), composed.bulletin, "1") for n in range(number)))


@pytest.mark.parametrize("platform", ["telegram", "slack"])
def test_sixty_stories_come_in_messages_within_the_limits(platform: str) -> None:
    """However long they are: every part can be rendered, even as a possible repeat, and holds more than one."""

    def document(rows: tuple[Row, ...] | list[Row]) -> Document:
        place = Place(1, 1, 60, 9, NOON)
        return next(
            lay_out_part(
                rows, place, chat(), [], CATALOG, lambda _: "https://t.me/c/1/2", possible_repeat=True
            )
        )

    def renders(said: Document) -> bool:
        if platform == "slack":
            return as_blocks(said) is not None
        return fits(said.lines) and bool(as_html(said.lines))

    rows = Lengthy.of(60).rows
    parts = divided(rows, lambda some: renders(document(list(some))))
    assert [item for part in parts for item in part] == [row.item for row in rows]
    sizes = [len(part) for part in parts]
    by_id = {row.item.story_id: row for row in rows}
    assert all(renders(document([by_id[item.story_id] for item in part])) for part in parts)
    assert min(sizes[:-1]) > 1
