"""One Slack app, in one workspace or in many: listens (see `ways`), answers (`hearing`), and is the outbox's messenger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog

from bot.chat.lanes import Turn, supervised
from bot.chat.pacing import Pace
from bot.chat.reception import Reception
from bot.chat.slack.errors import FAILURES, TOKEN_REFUSED, UNINSTALLED, code_of, refusal
from bot.chat.slack.hearing import Hearing
from bot.chat.slack.installing import Installer, OAuthApp
from bot.chat.slack.messenger import SlackMessenger, windows_of
from bot.chat.slack.ways import Way
from bot.chat.slack.workspaces import Workspace, Workspaces
from bot.domain.facts import Observer, no_observer
from bot.ports import Clock, Store

log = structlog.get_logger(__name__)

API = "https://slack.com/api/"
RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0)
INSTALLED_SECONDS = 15.0
"""Between two looks at where the app is installed, by a process that does not hear of it."""


class SlackBot:
    """`installed`: the token for the one workspace, or the app that workspaces install by themselves.

    `way` is how it listens; what comes over HTTP comes to `routes`, which are to be served before `start`. `fail` is
    told, in a sentence, of what ends the bot for good.
    """

    def __init__(
        self,
        installed: str | OAuthApp,
        way: Way,
        store: Store,
        clock: Clock,
        fail: Callable[[str], None],
        *,
        api: str = API,
        pace: Pace = windows_of,
        turn: Turn | None = None,
        observe: Observer = no_observer,
    ) -> None:
        """`turn`: when to listen, where other processes of ours may."""
        self._turn = turn
        self._way = way
        self._fail = fail
        self._workspaces = Workspaces(api)
        self._token = installed if isinstance(installed, str) else None
        self._installer = (
            None
            if isinstance(installed, str)
            else Installer(installed, store, clock, self._workspaces, self._welcome)
        )
        self.routes = [*way.routes, *(self._installer.routes if self._installer else ())]
        self._hearing: Hearing | None = None
        self._serving: asyncio.Task[None] | None = None
        self.name = ""
        self.messenger = SlackMessenger(self._workspaces, pace, observe)
        self._reception: Reception

    @property
    def connected(self) -> bool:
        return self._way.connected

    async def start(self, reception: Reception, *, listens: bool = True) -> str | None:
        """Begin to listen; answers what stands against it, if anything. A network that is away is waited for.

        Where it is not to listen, it can speak from now on.
        """
        self._reception = reception
        forget = None if self._installer is None else self._installer.forget
        self._hearing = Hearing(self._workspaces, self.messenger, reception, forget)
        try:
            await self._introduce()
        except FAILURES as error:
            if code_of(error) in TOKEN_REFUSED:
                await self._workspaces.close()
                return refusal(code_of(error))
            log.warning("slack_unreachable", error=code_of(error) or type(error).__name__)
        if listens:
            await reception.open("slack")
        serving = partial(self._serve, self._hearing if listens else None)
        self._serving = asyncio.create_task(supervised("Slack", serving, self._fail))
        return None

    async def stop(self) -> None:
        """Stop listening and finish what is under way."""
        if self._serving is not None:
            self._serving.cancel()
            with suppress(asyncio.CancelledError):
                await self._serving
        await self._way.close()
        if self._hearing is not None:
            await self._hearing.drain()
        await self._workspaces.close()

    async def _introduce(self) -> None:
        """Find out where the app is installed, and that all tokens are taken."""
        if self._token is not None:
            workspace = await self._workspaces.introduce(self._token)
            self.name = f"@sokuho in {workspace.name}"
            await self._way.check(workspace.client)
            self._workspaces.known = True
            await self._welcome(workspace)
        elif self._installer is not None:
            await self._installer.load()
            self.name = f"@sokuho in {len(self._workspaces)} workspaces"
            self._workspaces.known = True

    async def _welcome(self, workspace: Workspace) -> None:
        """What the token stood in the way of is possible again."""
        await self._reception.mended("slack", {*TOKEN_REFUSED, UNINSTALLED}, workspace.team)

    async def _serve(self, hearing: Hearing | None) -> None:
        """Connect, and see to it that we stay so; without `hearing`, know where the app is installed."""
        failures = 0
        while not self._workspaces.known:
            try:
                await self._introduce()
            except FAILURES as error:
                if code_of(error) in TOKEN_REFUSED:
                    self._fail(refusal(code_of(error)))
                    return
                log.warning("slack_unreachable", error=code_of(error) or type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
        if hearing is None:
            await self._keep_up()
        elif self._turn is None:
            await self._listen(hearing)
        else:
            await asyncio.gather(self._keep_up(), self._turn(partial(self._listen, hearing)))

    async def _listen(self, hearing: Hearing) -> None:
        try:
            problem = await self._way.listen(hearing.app(), self._workspaces.client(self._token))
        finally:
            await self._way.close()
        if problem is not None:
            self._fail(problem)

    async def _keep_up(self) -> None:
        """Other processes of ours hear of it where a workspace installs the app."""
        while self._installer is not None:
            await asyncio.sleep(INSTALLED_SECONDS)
            try:
                await self._installer.keep_up()
            except Exception:
                # The next look is soon.
                log.exception("installations_not_read")
