"""Runs the real pipeline over recorded entries, under a simulated clock and a temporary store.

In: a JSON object a line, with `source`, `title`, `url`, `published` (RFC 3339) and perhaps `summary` and `language`.
Out: JSON lines in order: what was said in a chat that reads every language and follows every topic, and at the end one
line for every entry. Quality is measured through this interface, so it stays as it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, groupby
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.progress import Progress

from bot.app import App, Parts
from bot.chat.pacing import Unpaced
from bot.clock import SimulatedClock
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.deliveries import REVISED_AFTER, DeliveryKind, Outcome, Sent
from bot.domain.describing import describe_joining
from bot.domain.documents import Action, Document
from bot.domain.entries import EARLIEST_PLAUSIBLE, Entry, ParsedFeed, clean_text
from bot.domain.languages import language_of
from bot.domain.lexicon import Lexicon
from bot.domain.matching import explain
from bot.domain.polling import Failed, FailureKind, FeedForPoll, Fetched, FetchResult
from bot.feeds.plain import html_to_text
from bot.outbox import Telling
from bot.ports import DeskRecord
from bot.storage.database import StoreProblem
from bot.storage.sql import open_store

LATEST = datetime(2200, 1, 1, tzinfo=UTC)

Event = dict[str, Any]
"""A line of output, as it is written."""


def _plausible(published: datetime) -> datetime:
    if not EARLIEST_PLAUSIBLE <= published <= LATEST:
        raise ValueError(f"no news is of the year {published.year}")
    return published


class RecordedEntry(BaseModel):
    """A line of input; fields we do not know are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    source: str
    title: str
    url: str
    published: Annotated[AwareDatetime, AfterValidator(_plausible)]
    summary: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayProblem:
    """A line that cannot be read, or what else stops a replay; a sentence that says what to do."""

    message: str


def read_recording(text: str, name: str) -> tuple[RecordedEntry, ...] | ReplayProblem:
    """The entries of a recording, or the first line that is none."""
    entries = []
    for number, content in enumerate(text.split("\n"), start=1):  # a string may hold other line ends
        if not content.strip():
            continue
        try:
            entries.append(RecordedEntry.model_validate_json(content))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            return ReplayProblem(f"{name}:{number}: {where}: {first['msg']}")
    return tuple(entries)


async def replay(
    recording: Sequence[RecordedEntry],
    catalog: Catalog,
    write: Callable[[Event], None],
    *,
    every_story: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ReplayProblem | None:
    """Run the recording through and write each event. `progress` is told how many entries are done."""
    if not recording:
        return ReplayProblem("The recording holds no entry.")
    with tempfile.TemporaryDirectory(prefix="sokuho-replay-") as folder:
        store = await open_store(f"sqlite:///{Path(folder) / 'replay.db'}", durable=False)
        if isinstance(store, StoreProblem):
            return ReplayProblem(store.sentence)
        clock = SimulatedClock(recording[0].published.astimezone(UTC))
        log = _Log(write)
        app = App(
            Parts(
                catalog=catalog,
                store=store,
                clock=clock,
                fetcher=_NoNetwork(),
                parser=_NoNetwork(),
                messengers={"replay": _RecordingMessenger()},
                listener=log.told,
            )
        )
        try:
            await app.start()
            await _subscribe_to_all(app)
            log.slugs = {topic.id: topic.spec.slug for topic in await store.topics()}
            done = 0
            for instant, group in groupby(recording, key=lambda recorded: recorded.published):
                shown = clock.now() + REVISED_AFTER
                if done and shown < instant:  # what came before is shown without what comes now
                    clock.advance_to(shown)
                    await app.work_off()
                clock.advance_to(instant.astimezone(UTC))
                batch = list(group)
                entries = await store.add_entries(
                    [_entry(recorded, catalog, clock.now()) for recorded in batch]
                )
                log.arrived(entries, batch)
                log.decided.update({record.entry.id: record for record in await app.work_off()})
                done += len(batch)
                progress(done)
            clock.advance_to(clock.now() + REVISED_AFTER)
            await app.work_off()
        finally:
            await store.close()
        for event in log.entries(catalog.lexicon, every_story=every_story):
            write(event)
    return None


async def _subscribe_to_all(app: App) -> None:
    store, now = app.parts.store, app.parts.clock.now()
    chat = await store.ensure_chat("replay", "replay", "Replay", now)
    for topic in await store.topics():
        await store.subscribe(chat.id, topic.id, now)


def _entry(recorded: RecordedEntry, catalog: Catalog, seen: datetime) -> Entry:
    title, summary = clean_text(recorded.title), html_to_text(recorded.summary or "")
    return Entry(
        id=0,
        feed_id=None,
        title=title,
        summary=summary,
        link=recorded.url,
        outlet=catalog.outlets.resolve(recorded.source),
        language=language_of(title or summary, recorded.language or "en"),
        published=recorded.published.astimezone(UTC),
        seen=seen,
    )


@dataclass(slots=True)
class _Log:
    """Turns what the pipeline does into events."""

    write: Callable[[Event], None]
    slugs: Mapping[int, str] = field(default_factory=dict)
    decided: dict[int, DeskRecord] = field(default_factory=dict)
    _recorded: dict[int, RecordedEntry] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def arrived(self, entries: Sequence[Entry], batch: Sequence[RecordedEntry]) -> None:
        self._recorded.update({entry.id: recorded for entry, recorded in zip(entries, batch, strict=True)})

    def told(self, telling: Telling) -> None:
        edited = telling.message_id if telling.kind is DeliveryKind.EDIT else None
        reports = telling.story.reports
        self.write(
            {
                "event": "message",
                "id": f"{telling.message_id}.{next(self._ids)}" if edited else telling.message_id,
                "at": telling.at.isoformat().replace("+00:00", "Z"),
                "kind": telling.kind.value,
                "edits": edited,
                "reply_to": telling.answers,
                "story": telling.story.id,
                "topics": [self.slugs[id_] for id_ in telling.delivery.topic_ids],
                "sources": list(telling.story.outlets),
                "entries": [self._recorded[report.entry.id].url for report in reports],
                "text": telling.text,
            }
        )

    def _merged(self, story_id: int) -> int:
        """The story that this one turned out to be, if it did."""
        into = {
            record.placement.merges[0]: record.placement.merges[1]
            for record in self.decided.values()
            if record.placement and record.placement.merges
        }
        while story_id in into:
            story_id = into[story_id]
        return story_id

    def entries(self, lexicon: Lexicon, *, every_story: bool) -> Iterator[Event]:
        """One event for every entry, in the order in which they came."""
        for entry_id, recorded in self._recorded.items():
            record = self.decided[entry_id]
            topics = {self.slugs[match.topic_id]: match.score for match in record.matches}
            story_id = record.placement.story_id if record.placement else None
            story_id = self._merged(story_id) if story_id is not None else None
            yield {
                "event": "entry",
                "url": recorded.url,
                "source": recorded.source,
                "title": recorded.title,
                "topics": topics,
                "topics_on_arrival": {
                    self.slugs[match.topic_id]: match.score for match in record.matches if not match.inherited
                },
                "story": story_id if topics or every_story else None,
                "reason": _reason(record, lexicon, self.slugs),
            }


def _reason(record: DeskRecord, lexicon: Lexicon, slugs: Mapping[int, str]) -> str:
    reasons = [
        f"{slugs[match.topic_id]} {match.score}: {', '.join(explain(piece, lexicon) for piece in match.reasons)}"
        for match in record.matches
    ]
    joined = describe_joining(record.placement.reason, lexicon) if record.placement else ""
    return "; ".join([*reasons, joined])


class _RecordingMessenger(Unpaced):
    """A chat that takes everything; messages are numbered."""

    def __init__(self) -> None:
        self._ids = count(1)

    def render(self, document: Document) -> str:
        return document.plain

    async def send(
        self,
        chat: Chat,
        text: str,
        *,
        key: str = "",
        answers: str | None = None,
        silent: bool = False,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        del chat, text, key, answers, silent, actions
        return Sent(f"m{next(self._ids)}")

    async def edit(
        self,
        chat: Chat,
        message_id: str,
        text: str,
        before: str | None = None,
        *,
        actions: Sequence[Action] = (),
    ) -> Outcome:
        del chat, text, before, actions
        return Sent(message_id)


class _NoNetwork:
    """A replay polls nothing."""

    async def fetch(self, feed: FeedForPoll) -> FetchResult:
        return Failed(FailureKind.UNREACHABLE, f"a replay does not poll ({feed.url})")

    async def parse(self, fetched: Fetched, items_seen: bytes = b"") -> ParsedFeed | Failed:  # noqa: ARG002
        return Failed(FailureKind.NOT_A_FEED, f"a replay does not parse ({fetched.url})")


def replay_file(file: Path, catalog: Catalog, *, out: Path | None, every_story: bool) -> str | None:
    """`sokuho replay`: from a file to a file or standard output; answers what went wrong, if anything."""
    try:
        recording = read_recording(file.read_text(encoding="utf-8-sig"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        return f"{file} cannot be read: {error}"
    if isinstance(recording, ReplayProblem):
        return recording.message
    try:
        return _replay_onto(out, recording, catalog, every_story=every_story)
    except BrokenPipeError:
        # Whoever read the output has seen enough. What Python still holds of it must go somewhere at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return None
    except OSError as error:
        return f"{out or 'standard output'} cannot be written: {error.strerror}"


def _replay_onto(
    out: Path | None, recording: Sequence[RecordedEntry], catalog: Catalog, *, every_story: bool
) -> str | None:
    with ExitStack() as stack:
        stream = stack.enter_context(out.open("w", encoding="utf-8")) if out else sys.stdout
        shown = Console(stderr=True)
        bar = stack.enter_context(Progress(console=shown, transient=True, disable=not shown.is_terminal))
        task = bar.add_task("Replaying", total=len(recording))
        problem = asyncio.run(
            replay(
                recording,
                catalog,
                lambda event: print(json.dumps(event, ensure_ascii=False), file=stream),
                every_story=every_story,
                progress=lambda done: bar.update(task, completed=done),
            )
        )
        stream.flush()
    return problem.message if problem else None
