"""All of the store in one."""

from __future__ import annotations

from typing import Protocol

from bot.ports.chats import ChatStore, InstallationStore, PlaceStore, ResumeStore
from bot.ports.deliveries import DeliveryStore, DigestStore
from bot.ports.desk import DeskStore
from bot.ports.feeds import FeedStore, OwnFeedStore
from bot.ports.running import ForgetStore, NoteStore, PeerStore


class Store(
    FeedStore,
    OwnFeedStore,
    DeskStore,
    ChatStore,
    PlaceStore,
    DeliveryStore,
    PeerStore,
    ResumeStore,
    DigestStore,
    ForgetStore,
    NoteStore,
    InstallationStore,
    Protocol,
):
    """The truth: due times, states and all that was ever seen."""

    async def close(self) -> None:
        """Give back every connection and the hold on the database."""
        ...
