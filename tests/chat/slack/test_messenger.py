"""Speaking in many workspaces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.chat.slack.errors import UNINSTALLED
from bot.chat.slack.messenger import SlackMessenger
from bot.chat.slack.render import Payload
from bot.chat.slack.workspaces import Workspace, Workspaces
from bot.domain.chats import Chat
from bot.domain.deliveries import NotSent, Refused, Sent
from bot.domain.pacing import Rate, Urgency, Window
from tests.fakes.slack_server import SlackServer

TEXT = Payload("Text", ({"type": "divider"},)).dump()
ONE, TWO = Chat(1, "slack", "T1/C1"), Chat(2, "slack", "T2/C2")


def once(address: str, urgency: Urgency) -> tuple[Window, ...]:
    """One call for each workspace, and then none for an hour."""
    return (Window(address.partition("/")[0], Rate(1, 3600.0), own=False),)


@pytest.fixture
async def workspaces() -> AsyncIterator[Workspaces]:
    async with SlackServer() as slack:
        slack.channel("C1")
        slack.workspace("T2")
        slack.channel("C2", team="T2")
        found = Workspaces(slack.api_url)
        for space in slack.workspaces.values():
            client = found.client(space.token)
            found.add(Workspace(space.team, space.name, space.bot_user, space.bot_id, "", client))
        yield found
        await found.close()


async def test_each_workspace_is_spoken_to_with_its_own_token(workspaces: Workspaces) -> None:
    """In the other's, the channel would not be there."""
    messenger = SlackMessenger(workspaces)
    for chat in (ONE, TWO):
        assert isinstance(await messenger.send(chat, TEXT), Sent)


async def test_a_workspace_that_has_had_its_share_holds_up_no_other(workspaces: Workspaces) -> None:
    messenger = SlackMessenger(workspaces, once)
    async with messenger.turn(ONE, Urgency.NEWS):
        pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), messenger.turn(ONE, Urgency.NEWS):
            raise AssertionError
    async with asyncio.timeout(1), messenger.turn(TWO, Urgency.NEWS):
        pass


async def test_where_the_app_is_not_nothing_is_sent(workspaces: Workspaces) -> None:
    """Its chats stop, for the reason that ends when it is installed again; at a start it may only be late."""
    messenger = SlackMessenger(workspaces)
    gone = Chat(3, "slack", "T3/C3")
    assert await messenger.send(gone, TEXT) == NotSent("Slack could not be reached")
    workspaces.known = True
    assert await messenger.send(gone, TEXT) == Refused(UNINSTALLED, pause_chat=True)
    assert await messenger.edit(gone, "1.2", TEXT) == Refused(UNINSTALLED, pause_chat=True)
    assert messenger.address_of(gone, "1.2") is None
