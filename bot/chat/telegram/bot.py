"""One Telegram bot: listens (see `ways`), answers, and is the outbox's messenger."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog
from telegram import Bot, Update
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot.chat.commands import COMMAND_NAMES, COMMANDS
from bot.chat.lanes import Lanes, Turn, always, supervised
from bot.chat.pacing import Pace
from bot.chat.paging import read_data
from bot.chat.reception import Heard, Reception
from bot.chat.telegram.menu import menus
from bot.chat.telegram.messenger import TelegramMessenger, windows_of
from bot.chat.telegram.places import target_of
from bot.chat.telegram.request import AiohttpRequest, ForgivingRequest
from bot.chat.telegram.updates import Author, Membership, Moved, Pressed, Said, read
from bot.chat.telegram.ways import LONG_POLL, REFUSED, Hook, Polling, Way, Webhook
from bot.domain.documents import Document, document
from bot.domain.facts import Observer, no_observer
from bot.domain.speech import Speech
from bot.ports import Clock, Store

log = structlog.get_logger(__name__)

API = "https://api.telegram.org"

CONNECTIONS = 64
CALL_SECONDS = 20.0
"""For Telegram's answer to a call."""

ASK_SECONDS = 4.0
"""How long a question about a member may take, which somebody waits for."""

WELCOME_SECONDS = 3.0
"""Before a group is greeted: that it is one we know, under a new id, may be told a moment later."""

DRAIN_SECONDS = 5.0
MAX_ALERT = 200
"""Characters of a pop-up above a button."""


class _DiscreetBot(Bot):
    """PTB's own tells its token to whoever looks at it."""

    def __repr__(self) -> str:
        return "Bot[token=***]"

    __str__ = __repr__


class TelegramBot:
    """`fail` is told, in a sentence, of what ends the bot for good: a token that is refused, a second program.

    With a `hook`, Telegram brings updates to `routes`, which are to be served there before `start`; else it is asked.
    """

    def __init__(
        self,
        token: str,
        store: Store,
        clock: Clock,
        fail: Callable[[str], None],
        *,
        api: str = API,
        hook: Hook | None = None,
        pace: Pace = windows_of,
        welcome_after: float = WELCOME_SECONDS,
        turn: Turn | None = None,
        observe: Observer = no_observer,
    ) -> None:
        """`turn`: when to listen, where other processes of ours may."""
        # With it PTB gives waits as timedelta; without, it warns of the change to come (FACTS).
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._bot = _DiscreetBot(
            token,
            base_url=f"{api}/bot",
            base_file_url=f"{api}/file/bot",
            request=AiohttpRequest(CONNECTIONS, seconds=CALL_SECONDS),
            get_updates_request=ForgivingRequest(1, seconds=LONG_POLL + 10),
        )
        self._store = store
        self._fail = fail
        self._lanes = Lanes("telegram")
        self._answers = Lanes("telegram")
        self._listening: asyncio.Task[None] | None = None
        self._way: Way = (
            Polling(self._bot, fail, shared=turn is not None)
            if hook is None
            else Webhook(self._bot, hook, fail)
        )
        self.routes = self._way.routes
        self._welcome_after = welcome_after
        self._turn = turn or always
        self._moved_to: set[str] = set()
        self.messenger = TelegramMessenger(
            self._bot,
            store,
            clock,
            lambda old, new: self._reception.moved("telegram", old, new),
            pace,
            observe,
        )
        self._reception: Reception

    @property
    def name(self) -> str:
        """`@SokuhoBot`, once it is known; empty before."""
        return self._bot.name if self._initialized else ""

    @property
    def connected(self) -> bool:
        return self._way.connected

    @property
    def _initialized(self) -> bool:
        with suppress(RuntimeError):
            return bool(self._bot.bot)
        return False

    async def start(self, reception: Reception, *, listens: bool = True) -> str | None:
        """Begin to listen; answers what stands against it, if anything. A network that is away is waited for.

        Where it is not to listen, it can speak from now on.
        """
        self._reception = reception
        try:
            await self._bot.initialize()
        except InvalidToken:
            await self._bot.shutdown()
            return REFUSED
        except TelegramError as error:
            log.warning("telegram_unreachable", error=type(error).__name__)
        if not listens:
            return None
        await reception.open("telegram")
        listening = partial(self._turn, partial(self._way.listen, self._submit, self._introduced))
        self._listening = asyncio.create_task(supervised("Telegram", listening, self._fail))
        return None

    async def stop(self) -> None:
        """Stop listening, finish what is under way, and tell Telegram what was worked on."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        done = await self._lanes.drain(DRAIN_SECONDS)
        await self._answers.drain(DRAIN_SECONDS)
        if self._initialized:
            await self._way.confirm(done=done)
        await self._bot.shutdown()

    def _submit(self, update: Update) -> asyncio.Task[None]:
        place = str(update.effective_chat.id) if update.effective_chat else ""
        return self._lanes.submit(place, self._take(update))

    def _introduced(self) -> None:
        self._lanes.submit("menus", self._set_menus())

    async def _take(self, update: Update) -> None:
        match read(update, self._bot.username or "", COMMAND_NAMES):
            case Said() as said:
                await self._answer(said)
            case Pressed() as pressed:
                await self._press(pressed)
            case Moved(place, to):
                self._moved_to.add(to)
                await self._reception.moved("telegram", place, to)
            case Membership() as change:
                await self._follow(change)

    async def _answer(self, said: Said) -> None:
        heard = self._heard(said, said.text or "", said.reply_to)
        if said.text is None:
            answer = await self._reception.remark(heard, _only_text)
        else:
            answer = await self._reception.answer(heard)
        if answer is not None:
            self._say(said.address, answer, None if said.private else said.message_id)

    async def _press(self, pressed: Pressed) -> None:
        """Run the command behind a button, as if the person who pressed it had typed it, in answer to its message."""
        data = read_data(pressed.data)
        command, page = data or (None, None)
        if command is not None and command.startswith("#"):
            command = await self._store.remembered_command(command)
        if command is None:
            unknown = await self._reception.remark(self._heard(pressed, "", None), _unknown_button)
            await self._alert(pressed, None if unknown is None else unknown.plain)
            return
        answer = await self._reception.answer(self._heard(pressed, command, str(pressed.message_id)))
        if answer is None:
            await self._alert(pressed, None)
            return
        if answer.whisper or await self._only_reads(pressed, answer):
            await self._alert(pressed, answer.plain)
            return
        await self._alert(pressed, None)
        if page is None:
            self._say(pressed.address, answer, None)
        else:
            turn = self.messenger.turn_page(pressed.address, pressed.message_id, answer, page)
            self._answers.submit(pressed.address, turn)

    async def _only_reads(self, pressed: Pressed, answer: Document) -> bool:
        """Whether it is a reader of a channel, who could not have typed anything there: none of it is shown to others."""
        if not pressed.in_channel or answer.changed:
            return False
        return await self._may_steer(pressed.address, pressed.author, private=False) is not True

    async def _alert(self, pressed: Pressed, text: str | None) -> None:
        """Answer the press itself: end the waiting sign, perhaps with a pop-up that only this person sees."""
        short = None if text is None else text if len(text) <= MAX_ALERT else text[: MAX_ALERT - 1] + "…"
        try:
            await self._bot.answer_callback_query(pressed.query_id, short, show_alert=text is not None)
        except TelegramError as error:
            # A press that waited too long is not answered any more; what it asked for is done all the same.
            log.info("press_not_answered", error=type(error).__name__)

    async def _follow(self, change: Membership) -> None:
        if change.reason is not None:
            await self._reception.left("telegram", change.place, change.reason)
            return
        await self._reception.returned("telegram", change.place)
        if change.welcome:
            self._answers.submit(change.place, self._welcome(change))

    async def _welcome(self, change: Membership) -> None:
        await asyncio.sleep(self._welcome_after)
        if change.place not in self._moved_to:
            heard = Heard(
                "telegram",
                change.place,
                change.title,
                "/start",
                client_language=partial(_told, change.language),
            )
            greeting = await self._reception.answer(heard)
            if greeting is not None:
                await self.messenger.say(change.place, greeting)

    def _heard(self, what: Said | Pressed, text: str, reply_to: str | None) -> Heard:
        may_steer = partial(self._may_steer, what.address, what.author, private=what.private)
        language = partial(_told, what.author.language)
        person = None if what.author.user_id is None else str(what.author.user_id)
        return Heard("telegram", what.address, what.title, text, reply_to, may_steer, language, person)

    async def _may_steer(self, address: str, author: Author, *, private: bool) -> bool | None:
        """Whether the author is an admin of the group, or needs to be none; None where Telegram does not say."""
        if private or author.chat_itself:
            return True
        if author.user_id is None:
            return False
        try:
            member = await self._bot.get_chat_member(
                target_of(address).chat_id, author.user_id, read_timeout=ASK_SECONDS
            )
        except TelegramError as error:
            log.warning("member_unknown", error=type(error).__name__)
            return False if isinstance(error, BadRequest | Forbidden) else None
        return member.status in (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)

    def _say(self, address: str, answer: Document, reply_to: int | None) -> None:
        """Have an answer said in its turn; nobody waits for that here."""
        self._answers.submit(address, self.messenger.say(address, answer, reply_to=reply_to))

    async def _set_menus(self) -> None:
        shown = [command for command in COMMANDS if not command.console_only]
        try:
            for menu in menus(shown, self._reception.speeches):
                await self._bot.set_my_commands(menu.commands, scope=menu.scope, language_code=menu.language)
        except TelegramError as error:
            log.warning("menu_not_set", error=type(error).__name__)


def _only_text(speech: Speech) -> Document:
    return document(speech.say("👀 I can read only text. /help shows what you can type."))


def _unknown_button(speech: Speech) -> Document:
    return document(speech.say("🤔 This button is not known any more. Type /help for what there is."))


async def _told(language: str | None) -> str | None:
    """Telegram tells the language of a person's client with whatever they do."""
    return language
