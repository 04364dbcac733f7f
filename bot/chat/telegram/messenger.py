"""Speaking on Telegram: bulletins for the outbox, and answers; both wait for their turn at the same pacer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import ChatMigrated, TelegramError

from bot.chat.pacing import Pace, Pacer, answers_waited
from bot.chat.telegram.errors import GONE, UNCHANGED, outcome_of
from bot.chat.telegram.places import address_of, is_group, message_address, target_of
from bot.chat.telegram.render import Keyboard, as_html, fits, keyboard, split
from bot.domain.chats import Chat
from bot.domain.deliveries import Gone, NotSent, Outcome, Refused, Sent
from bot.domain.documents import Action, Document
from bot.domain.facts import Observer, no_observer
from bot.domain.pacing import Rate, Urgency, Window
from bot.ports import Clock, PlaceStore

log = structlog.get_logger(__name__)

# The limits are those of the Bots FAQ («My bot is hitting limits, how do I avoid this?»), and a little more.
MARGIN = 1.005
OVERALL = Rate(30, 1.0 * MARGIN)
PER_CHAT = Rate(1, 1.0 * MARGIN)
PER_GROUP = Rate(20, 60.0 * MARGIN)

Call = Callable[[int], Awaitable[object]]
"""A call to the Bot API with the id of the chat it is for; the message is what it answers."""


def windows_of(place: str, urgency: Urgency) -> tuple[Window, ...]:  # noqa: ARG001 - an edit counts like a message
    """What a call to a chat (its id; the topics of a forum are one chat) counts in."""
    windows = (Window("all", OVERALL, own=False), Window(place, PER_CHAT, own=True))
    if is_group(int(place)):
        return (*windows, Window(f"{place} in a minute", PER_GROUP, own=True))
    return windows


class TelegramMessenger:
    """`ports.Messenger`, and the voice of answers. `moved` is told of a group that has become a supergroup."""

    def __init__(
        self,
        bot: Bot,
        store: PlaceStore,
        clock: Clock,
        moved: Callable[[str, str], Awaitable[None]],
        pace: Pace = windows_of,
        observe: Observer = no_observer,
    ) -> None:
        self._bot = bot
        self._store = store
        self._clock = clock
        self._moved = moved
        self._pacer = Pacer(pace, waited=answers_waited("telegram", observe))

    def render(self, document: Document) -> str | None:
        return as_html(document.lines) if fits(document.lines) else None

    def wait(self, chat: Chat) -> timedelta:
        return timedelta(seconds=self._pacer.wait(_place(chat.address)))

    def turn(self, chat: Chat, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        return self._pacer.turn(_place(chat.address), urgency)

    async def send(
        self,
        chat: Chat,
        text: str,
        *,
        key: str = "",  # noqa: ARG002 - there is no room for it
        answers: str | None = None,
        silent: bool = False,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        return await self._send(
            chat.address,
            text,
            reply_to=int(answers) if answers else None,
            board=await self._board(actions),
            previews=chat.previews,
            silent=silent,
        )

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,  # noqa: ARG002 - Telegram knows
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome | Gone:
        board = await self._board(actions)
        return await self._edit(chat.address, message_id, text, board=board, previews=chat.previews)

    async def find(self, chat: Chat, key: str, since: datetime) -> Sent | NotSent | None:  # noqa: ARG002
        return None  # a bot cannot read what it said

    def address_of(self, chat: Chat, message_id: str) -> str | None:
        return message_address(chat.address, message_id)

    async def say(self, address: str, document: Document, *, reply_to: int | None = None) -> None:
        """Send an answer, in as many messages as it takes, buttons below the last. Returns when all is sent, or given up."""
        texts = split(document)
        board = await self._kept(keyboard(document))
        for number, text in enumerate(texts):
            first, last = number == 0, number == len(texts) - 1
            send = partial(
                self._send,
                address,
                text,
                reply_to=reply_to if first else None,
                board=board if last else None,
            )
            await self._pacer.insist(_place(address), send)

    async def turn_page(self, address: str, message_id: int, document: Document, page: int) -> None:
        """Have an answer with buttons show another page of them."""
        board = await self._kept(keyboard(document, page))
        text = split(document)[-1]
        await self._pacer.insist(
            _place(address), lambda: self._edit(address, str(message_id), text, board=board)
        )

    async def _send(
        self,
        address: str,
        text: str,
        *,
        reply_to: int | None = None,
        board: Keyboard | None = None,
        previews: bool = False,
        silent: bool = False,
    ) -> Outcome:
        thread = target_of(address).thread
        reply = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
        return await self._outcome(
            address,
            lambda chat_id: self._bot.send_message(
                chat_id,
                text,
                message_thread_id=thread,
                parse_mode=ParseMode.HTML,
                link_preview_options=_preview(wanted=previews),
                reply_parameters=reply,
                reply_markup=_markup(board),
                disable_notification=silent,
            ),
        )

    async def _edit(
        self,
        address: str,
        message_id: str,
        text: str,
        *,
        board: Keyboard | None = None,
        previews: bool = False,
    ) -> Outcome | Gone:
        outcome = await self._outcome(
            address,
            lambda chat_id: self._bot.edit_message_text(
                text,
                chat_id,
                int(message_id),
                parse_mode=ParseMode.HTML,
                link_preview_options=_preview(wanted=previews),
                reply_markup=_markup(board),
            ),
            follow=False,
        )
        said = outcome.reason.casefold() if isinstance(outcome, Refused) else ""
        if any(part in said for part in GONE):
            return Gone(said)
        return Sent(message_id) if UNCHANGED in said or isinstance(outcome, Sent) else outcome

    async def _outcome(self, address: str, call: Call, *, follow: bool = True) -> Outcome:
        """Make the call; of a group that has moved, once more where it is now, unless it is about a message of before."""
        chat_id = target_of(address).chat_id
        place = _place(address)
        try:
            async with self._pacer.call(place):
                return _sent(await call(chat_id))
        except ChatMigrated as moved:
            await self._moved(address_of(chat_id), address_of(moved.new_chat_id))
            if not follow:
                return Refused("the group has become a supergroup, and its earlier messages stay as they are")
            try:
                async with self._pacer.call(place):
                    return _sent(await call(moved.new_chat_id))
            except TelegramError as error:
                return self._judge(address, error)
        except TelegramError as error:
            return self._judge(address, error)

    def _judge(self, address: str, error: TelegramError) -> Outcome:
        outcome = outcome_of(error)
        if isinstance(outcome, NotSent) and outcome.wait is not None:
            self._pacer.hold(_place(address), outcome.wait.total_seconds())
        return outcome

    async def _board(self, actions: Sequence[Action]) -> Keyboard:
        return await self._kept(keyboard(Document((), tuple(actions))))

    async def _kept(self, board: Keyboard) -> Keyboard:
        """The keyboard, once the commands that have no room on it are kept."""
        for key, command in board.kept.items():
            await self._store.remember_command(key, command, self._clock.now())
        return board


def _place(address: str) -> str:
    return str(target_of(address).chat_id)


def _sent(answered: object) -> Sent:
    return Sent(str(answered.message_id) if isinstance(answered, Message) else "")


def _preview(*, wanted: bool) -> LinkPreviewOptions:
    return LinkPreviewOptions(is_disabled=not wanted)


def _markup(board: Keyboard | None) -> InlineKeyboardMarkup | None:
    rows: Sequence[Sequence[tuple[str, str]]] = board.rows if board else ()
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    )
