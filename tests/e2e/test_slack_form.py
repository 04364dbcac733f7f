"""The form of the settings on Slack: who may open it, what it changes, and what it says of a mistake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.chats import Chat
from tests.e2e.platforms import TEAM, Newsroom
from tests.e2e.posted import posted_to
from tests.fakes.slack_records import View
from tests.fakes.slack_server import SlackServer

Stage = tuple[SlackServer, Newsroom]


@pytest.fixture
async def stage(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Stage]:
    async with SlackServer() as slack:
        slack.channel("C1", "news")
        async with posted_to(tmp_path, f"127.0.0.1:{unused_tcp_port}", slack) as (room, _):
            yield slack, room
            assert room.failed == []


async def opened(slack: SlackServer) -> View:
    await slack.slash("/sokuho", "settings form", channel="C1")
    await slack.until(lambda: slack.views)
    return slack.views[-1]


async def chat_of(room: Newsroom) -> Chat:
    chat = await room.store.chat_at("slack", f"{TEAM}/C1")
    assert chat is not None
    return chat


async def test_a_button_below_the_settings_opens_it(stage: Stage) -> None:
    """Filled in as the chat is set; nothing is said in the channel."""
    slack, _ = stage
    await slack.slash("/sokuho", "settings", channel="C1")
    await slack.until(lambda: slack.said)
    await slack.press_forged("C1", action_id="do:0", value="/settings form")
    await slack.until(lambda: slack.views)
    assert "Change in a form" in [button.label for button in slack.said[0].buttons]
    assert len(slack.said) == 1
    (view,) = slack.views
    assert [block["block_id"] for block in view.view["blocks"]] == ["language", "zone", "digest", "quiet"]
    zone = view.view["blocks"][1]["element"]
    assert zone["initial_value"] == "UTC"


async def test_what_is_changed_is_set_and_shown_to_all(stage: Stage) -> None:
    """In one message, in the language that was chosen; what was not touched stays."""
    slack, room = stage
    view = await opened(slack)
    sent = await slack.fill_in(
        view, language="ja", zone="Asia/Tokyo", digest="only weekdays 7:30", quiet="22-7"
    )
    assert sent.acked
    assert not sent.response
    await slack.until(lambda: slack.messages("C1"))
    chat = await chat_of(room)
    assert (chat.language, chat.time_zone, str(chat.quiet)) == ("ja", "Asia/Tokyo", "22:00-07:00")
    assert chat.digests is not None
    assert (str(chat.digests.schedule), chat.digests.only) == ("weekdays 07:30", True)
    (shown,) = slack.messages("C1")
    assert "Asia/Tokyo" in shown.plain
    assert "日本語" in shown.plain


async def test_a_field_that_is_emptied_ends_what_it_set(stage: Stage) -> None:
    slack, room = stage
    await slack.fill_in(await opened(slack), digest="08:00", quiet="22:00-07:00")
    await slack.until(lambda: slack.messages("C1"))
    await slack.slash("/sokuho", "settings form", channel="C1")
    await slack.until(lambda: len(slack.views) == 2)
    await slack.fill_in(slack.views[-1], digest="", quiet="off")
    await slack.until(lambda: len(slack.messages("C1")) == 2)
    chat = await chat_of(room)
    assert (chat.digests, chat.quiet) == (None, None)


async def test_a_mistake_is_shown_below_its_field(stage: Stage) -> None:
    """What was right is set all the same; put right and sent again, the rest is, too."""
    slack, room = stage
    view = await opened(slack)
    sent = await slack.fill_in(view, zone="Asia/Tokio", digest="25:00", quiet="22:00-07:00")
    assert sent.response is not None
    assert sent.response["response_action"] == "errors"
    errors = sent.response["errors"]
    assert set(errors) == {"zone", "digest"}
    assert "Did you mean Asia/Tokyo?" in errors["zone"]
    assert "25:00" in errors["digest"]
    chat = await chat_of(room)
    assert (chat.time_zone, str(chat.quiet), chat.digests) == ("UTC", "22:00-07:00", None)
    again = await slack.fill_in(view, zone="Asia/Tokyo", digest="08:00", quiet="22:00-07:00")
    assert not again.response
    assert (await chat_of(room)).time_zone == "Asia/Tokyo"


async def test_what_is_only_written_otherwise_is_no_change(stage: Stage) -> None:
    slack, _ = stage
    view = await opened(slack)
    assert not (await slack.fill_in(view, zone="utc", digest=" off ", quiet="OFF")).response
    await slack.slash("/sokuho", "status", channel="C1")
    await slack.until(lambda: slack.said)
    assert slack.messages("C1") == []


async def test_a_stranger_of_a_shared_channel_gets_no_form(stage: Stage) -> None:
    """Nor can he send one that somebody else opened."""
    slack, room = stage
    view = await opened(slack)
    slack.strangers["U9"] = "T9"
    await slack.press_forged("C1", action_id="do:0", value="/settings form", user="U9")
    await slack.until(lambda: slack.said)
    assert "only the workspace that has Sokuho" in slack.said[-1].plain
    assert len(slack.views) == 1
    view.user = "U9"
    sent = await slack.fill_in(view, zone="Asia/Tokyo")
    assert sent.response is not None
    assert "only the workspace" in sent.response["errors"]["zone"]
    assert (await chat_of(room)).time_zone == "UTC"


async def test_where_it_cannot_be_opened_the_settings_are_told(stage: Stage) -> None:
    """By a mention there is nothing that would open it, and a trigger is soon too old."""
    slack, _ = stage
    await slack.mention("C1", "<@BOT> settings form")
    await slack.until(lambda: slack.said)
    assert "Settings of this chat" in slack.said[0].plain
    slack.fail_next("views.open", "expired_trigger_id")
    await slack.slash("/sokuho", "settings form", channel="C1")
    await slack.until(lambda: len(slack.said) == 2)
    assert "Settings of this chat" in slack.said[1].plain


async def test_a_form_for_a_chat_that_is_not_known_changes_nothing(stage: Stage) -> None:
    """One that was forged, or whose workspace is another."""
    slack, room = stage
    view = await opened(slack)
    for address in ("T9/C1", f"{TEAM}/C9", "", "x"):
        view.view["private_metadata"] = address
        assert (await slack.fill_in(view, zone="Asia/Tokyo")).acked
    assert (await chat_of(room)).time_zone == "UTC"
    assert len(await room.store.chats("slack")) == 1
