"""Who may use this bot: everybody, whoever has the invite code, or the chats that the operator lists."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.domain.chats import Chat, Platform


@dataclass(frozen=True, slots=True)
class Access:
    """The operator's rule. Neither code nor list: open to everybody; with both, either is enough.

    `listed` holds `platform:address`; an address also stands for the parts of its place (`telegram:-100123` for every
    topic of that forum, `slack:T01` for every channel of that workspace).
    """

    invite_code: str | None = field(default=None, repr=False)
    listed: frozenset[str] = frozenset()

    @property
    def open(self) -> bool:
        return self.invite_code is None and not self.listed

    def admits(self, platform: Platform, address: str, chat: Chat | None) -> bool:
        """Whether the chat at this address may use the bot. `chat` is what is known of it, None for a stranger."""
        if self.open or (chat is not None and chat.invited and self.invite_code is not None):
            return True
        return any(f"{platform}:{place}" in self.listed for place in places_of(address))

    def accepts(self, code: str) -> bool:
        """Whether `code` is the invite code; takes as long whatever is wrong with it."""
        return self.invite_code is not None and hmac.compare_digest(
            code.strip().encode(), self.invite_code.encode()
        )


OPEN = Access()


def places_of(address: str) -> Iterable[str]:
    """An address, and the place that it is a part of: `-100123/7`, `-100123`."""
    yield address
    place, slash, _ = address.partition("/")
    if slash:
        yield place
