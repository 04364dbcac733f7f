"""The workspaces in which the app is installed, and how to speak in each."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

CALL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Workspace:
    """`client` speaks there as `bot_user`. `url` is the workspace's web address, empty where that is not known."""

    team: str
    name: str
    bot_user: str
    bot_id: str
    url: str
    client: AsyncWebClient


class Workspaces:
    """By the id of the team. One session serves them all; its time-out is the one that counts."""

    def __init__(self, api: str) -> None:
        self._api = api
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        self._by_team: dict[str, Workspace] = {}
        self.known = False
        """Whether all that there are have been found; until then one that is missing may only be late."""

    def __len__(self) -> int:
        return len(self._by_team)

    @property
    def teams(self) -> frozenset[str]:
        return frozenset(self._by_team)

    def get(self, team: str | None) -> Workspace | None:
        return None if team is None else self._by_team.get(team)

    def only(self) -> Workspace | None:
        """The one workspace, where there is one."""
        return next(iter(self._by_team.values())) if len(self._by_team) == 1 else None

    def client(self, token: str | None = None) -> AsyncWebClient:
        # Retries are ours to decide: the library's post twice (FACTS).
        return AsyncWebClient(token, base_url=self._api, session=self._session, retry_handlers=[])

    def add(self, workspace: Workspace) -> None:
        self._by_team[workspace.team] = workspace

    def remove(self, team: str) -> None:
        self._by_team.pop(team, None)

    async def introduce(self, token: str) -> Workspace:
        """The workspace that a token is for, by Slack's own word; raises what its client does."""
        client = self.client(token)
        me = await client.auth_test()
        workspace = Workspace(
            str(me["team_id"]),
            str(me["team"]),
            str(me["user_id"]),
            str(me.get("bot_id") or ""),
            str(me.get("url") or ""),
            client,
        )
        self.add(workspace)
        return workspace

    async def close(self) -> None:
        self.known = False
        await self._session.close()


class Authorizing(AsyncAuthorize):
    """For Bolt: as whom to work on what comes, so that it passes over what the bot itself said.

    Bolt takes whom something is from for whom it is for where workspaces share a channel, so nothing is refused here:
    `listening.team_of` finds whose it is.
    """

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,  # noqa: ARG002 - Bolt's signature, as are the next
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,  # noqa: ARG002
        actor_team_id: str | None = None,  # noqa: ARG002
        actor_user_id: str | None = None,  # noqa: ARG002
    ) -> AuthorizeResult:
        workspace = self._workspaces.get(team_id)
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            bot_id=None if workspace is None else workspace.bot_id,
            bot_user_id=None if workspace is None else workspace.bot_user,
        )
