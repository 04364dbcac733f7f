"""Workspaces install the app themselves: by OAuth, after which their token is sealed and stored.

The dance is slack-bolt's (docs.slack.dev/authentication/installing-with-oauth); what it keeps is kept in our store.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models import Installation as Granted
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.chat.posts import Route, refused
from bot.chat.slack.errors import FAILURES
from bot.chat.slack.manifest import CALLBACK_PATH, INSTALL_PATH, SCOPES
from bot.chat.slack.vault import Vault
from bot.chat.slack.workspaces import Workspace, Workspaces
from bot.domain.installations import Installation
from bot.ports import Clock, InstallationStore

log = structlog.get_logger(__name__)

STATE_LIFE = timedelta(minutes=10)
"""How long somebody may look at Slack's question whether to install the app."""

ROUNDED = timedelta(seconds=1)
"""Slack's times of events are whole seconds."""

DONE = "Sokuho is installed in {name}. In a channel there, type /invite @Sokuho, then /sokuho subscribe."
NOT_DONE = "Sokuho was not installed ({reason}). Begin anew at {url}."


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The app as Slack knows it, where the web reaches us, and the keys for tokens: the first seals, all open."""

    client_id: str
    client_secret: str = field(repr=False)
    url: str
    keys: Sequence[str] = field(repr=False)


class Installer:
    """Serves the two pages of an installation, and keeps what comes of it. `welcome` is told of a workspace that is in."""

    def __init__(
        self,
        app: OAuthApp,
        store: InstallationStore,
        clock: Clock,
        workspaces: Workspaces,
        welcome: Callable[[Workspace], Awaitable[None]],
    ) -> None:
        self.routes: list[Route] = [
            web.get(INSTALL_PATH, self._begin),
            web.get(CALLBACK_PATH, self._finish),
        ]
        self._app = app
        self._store = store
        self._clock = clock
        self._workspaces = workspaces
        self._welcome = welcome
        self._vault = Vault(app.keys)
        # The library's log names the codes that it tries.
        quiet = logging.Logger(__name__)  # noqa: LOG001 - one that nobody configures
        quiet.disabled = True
        self._flow = AsyncOAuthFlow(
            client=workspaces.client(),
            logger=quiet,
            settings=AsyncOAuthSettings(
                client_id=app.client_id,
                client_secret=app.client_secret,
                scopes=SCOPES,
                user_scopes=(),
                redirect_uri=f"{app.url.rstrip('/')}{CALLBACK_PATH}",
                install_page_rendering_enabled=False,
                installation_store=_Installations(self._save),
                state_store=_States(store, clock),
                state_expiration_seconds=int(STATE_LIFE.total_seconds()),
                callback_options=AsyncCallbackOptions(success=self._done, failure=self._not_done),
                logger=quiet,
            ),
        )

    async def load(self) -> None:
        """Take up the workspaces that are installed. Tokens are sealed anew, so that an old key can go."""
        for installation in await self._store.installations():
            token = self._take_up(installation)
            if token is None:
                log.error("installation_sealed", team=installation.team, hint="SOKUHO_ENCRYPTION_KEYS")
            else:
                await self._keep(installation, token)

    async def keep_up(self) -> None:
        """Take up what other processes of ours have installed or removed."""
        installations = await self._store.installations()
        for installation in installations:
            self._take_up(installation)
        for team in self._workspaces.teams - {installation.team for installation in installations}:
            self._workspaces.remove(team)

    def _take_up(self, installation: Installation) -> str | None:
        """The token there; None where none of our keys opens it."""
        token = self._vault.open(installation.team, installation.sealed)
        if token is not None:
            self._workspaces.add(
                Workspace(
                    installation.team,
                    installation.name,
                    installation.bot_user,
                    installation.bot_id,
                    installation.url,
                    self._workspaces.client(token),
                )
            )
        return token

    async def forget(self, team: str, at: datetime) -> bool:
        """The workspace has removed the app at that time; False where it has installed it again since."""
        if not await self._store.remove_installation(team, at + ROUNDED):
            return False
        self._workspaces.remove(team)
        return True

    async def _begin(self, request: web.Request) -> web.Response:
        return await self._answer(request, self._flow.handle_installation)

    async def _finish(self, request: web.Request) -> web.Response:
        return await self._answer(request, self._flow.handle_callback)

    async def _answer(
        self, request: web.Request, page: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]
    ) -> web.Response:
        if not self._workspaces.known:
            return web.Response(
                status=503, text="Sokuho is starting, or ending. Please try again in a moment."
            )
        asked = AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))
        try:
            answered = await to_aiohttp_response(await page(asked))
        except FAILURES as error:
            return refused(request, 502, f"Slack could not be asked ({type(error).__name__})")
        # The address of the second page holds a code.
        answered.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        return answered

    async def _save(self, granted: Granted) -> None:
        if not granted.bot_token or not granted.team_id:
            raise BoltError("for a workspace alone, not for an organisation")
        workspace = await self._workspaces.introduce(granted.bot_token)
        installation = Installation(
            workspace.team,
            workspace.name,
            workspace.bot_user,
            workspace.bot_id,
            workspace.url,
            "",
            self._clock.now(),
        )
        await self._keep(installation, granted.bot_token)
        log.info("workspace_installed", team=workspace.team)
        await self._welcome(workspace)

    async def _keep(self, installation: Installation, token: str) -> None:
        sealed = self._vault.seal(installation.team, token)
        await self._store.save_installation(replace(installation, sealed=sealed))

    async def _done(self, args: AsyncSuccessArgs) -> BoltResponse:
        return _page(200, DONE.format(name=args.installation.team_name or "the workspace"))

    async def _not_done(self, args: AsyncFailureArgs) -> BoltResponse:
        # The reason may be what somebody wrote into the address.
        reason = args.reason if args.reason.replace("_", "").isalnum() else "unknown"
        log.warning("install_failed", reason=reason[:40])
        url = f"{self._app.url.rstrip('/')}{INSTALL_PATH}"
        return _page(args.suggested_status_code, NOT_DONE.format(reason=reason[:40], url=url))


def _page(status: int, text: str) -> BoltResponse:
    return BoltResponse(status=status, body=text, headers={"Content-Type": "text/plain; charset=utf-8"})


class _Installations(AsyncInstallationStore):
    """Only saves: what is stored is found in `Workspaces`."""

    def __init__(self, save: Callable[[Granted], Awaitable[None]]) -> None:
        self._save = save

    async def async_save(self, installation: Granted) -> None:
        await self._save(installation)


class _States(AsyncOAuthStateStore):
    """What ties the two pages of an installation to one browser: good once, and for `STATE_LIFE`."""

    def __init__(self, store: InstallationStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def async_issue(self, *_: object, **__: object) -> str:
        state = secrets.token_urlsafe(32)
        now = self._clock.now()
        await self._store.expect_install(_key(state), now + STATE_LIFE, now)
        return state

    async def async_consume(self, state: str) -> bool:
        return await self._store.take_install(_key(state), self._clock.now())


def _key(state: str) -> str:
    """What is stored of it: a stolen database continues nobody's installation."""
    return sha256(state.encode()).hexdigest()
