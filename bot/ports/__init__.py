"""What the edges owe the core: one Protocol each for time, fetching, parsing, storing, waking and speaking.

Instants are aware datetimes in UTC everywhere. Every method of `Store` that writes is one transaction: all of it or
nothing. Tests run one contract suite over every implementation (`tests/contract`).
"""

from __future__ import annotations

from bot.ports.chats import ChatStore, InstallationStore, PlaceStore, ResumeStore
from bot.ports.deliveries import (
    Addressee,
    DeliveryStore,
    DigestLook,
    DigestRecord,
    DigestStore,
    Messenger,
    NoTranslator,
    QueueStatus,
    SentMessage,
    Translator,
)
from bot.ports.desk import DeskRecord, DeskStore, Newsdesk, PendingEntry
from bot.ports.feeds import (
    FeedFinder,
    FeedStatus,
    FeedStore,
    Fetcher,
    FoundFeed,
    HubClient,
    Naming,
    OwnFeedStore,
    Parser,
    PollRecord,
)
from bot.ports.running import (
    OUTBOXES,
    Clock,
    ForgetStore,
    Forgotten,
    NoteStore,
    PeerStore,
    Point,
    Probe,
    Stage,
    WorkQueue,
    no_probe,
)
from bot.ports.store import Store

__all__ = [
    "OUTBOXES",
    "Addressee",
    "ChatStore",
    "Clock",
    "DeliveryStore",
    "DeskRecord",
    "DeskStore",
    "DigestLook",
    "DigestRecord",
    "DigestStore",
    "FeedFinder",
    "FeedStatus",
    "FeedStore",
    "Fetcher",
    "ForgetStore",
    "Forgotten",
    "FoundFeed",
    "HubClient",
    "InstallationStore",
    "Messenger",
    "Naming",
    "Newsdesk",
    "NoTranslator",
    "NoteStore",
    "OwnFeedStore",
    "Parser",
    "PeerStore",
    "PendingEntry",
    "PlaceStore",
    "Point",
    "PollRecord",
    "Probe",
    "QueueStatus",
    "ResumeStore",
    "SentMessage",
    "Stage",
    "Store",
    "Translator",
    "WorkQueue",
    "no_probe",
]
