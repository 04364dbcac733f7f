"""`/feeds` and `/status`: what is read, what fails and why, and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.chat.commands.base import Invocation
from bot.chat.commands.timing import own_times
from bot.chat.commands.wording import ago, clip, count, lasting, listed, nearest
from bot.domain.addresses import shown
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong
from bot.ports import FeedStatus, QueueStatus

_MOST_FAILING = 10
_MOST_DETAILS = 12


async def feeds(invocation: Invocation) -> Document:
    statuses = await invocation.store.feed_statuses()
    if not statuses:
        return document("No feed is configured. The operator lists them in config/feeds.toml.")
    if invocation.args:
        return _part(invocation, statuses)
    failing = _failing(statuses)
    return document(
        line(strong(_headcount(statuses))),
        *_capped([_problem(status, invocation) for status in failing], _MOST_FAILING),
        *(((),) if failing else ()),
        *_well(statuses, invocation),
        (),
        line(faint("More on one: "), code("/feeds NAME")),
    )


async def status(invocation: Invocation) -> Document:
    statuses = await invocation.store.feed_statuses()
    queue = await invocation.store.queue_status(invocation.now)
    failing = _failing(statuses)
    failed = f"❌ {count(queue.failed_messages, 'message')} could not be sent"
    return document(
        *_opening(invocation, statuses, queue),
        f"📡 {_headcount(statuses)}",
        f"🕑 {_polls(statuses, invocation)}",
        f"🗞 {_entries(statuses, queue, invocation)}",
        f"📨 {_messages(queue, invocation)}",
        *((failed,) if queue.failed_messages else ()),
        *await own_times(invocation),
        actions=(
            *((Action("Resume", "/resume"),) if invocation.chat.paused else ()),
            *((Action(f"See the {count(len(failing), 'failing feed')}", "/feeds"),) if failing else ()),
        ),
    )


def _opening(invocation: Invocation, statuses: Sequence[FeedStatus], queue: QueueStatus) -> Iterator[Line]:
    """What matters most: a paused chat is told nothing, however well all else is."""
    chat = invocation.chat
    verdict = _verdict(statuses, queue)
    if not chat.paused:
        yield line(strong(verdict or "🟢 All is well"))
        return
    reason = f" ({chat.pause_reason})" if chat.pause_reason else ""
    yield line(strong("⏸ Bulletins are paused in this chat"), reason)
    yield line(verdict or "🟢 All else is well")


def _failing(statuses: Sequence[FeedStatus]) -> list[FeedStatus]:
    """Those that fail, the longest first."""
    return sorted((s for s in statuses if s.failures), key=lambda s: -s.failures)


def _headcount(statuses: Sequence[FeedStatus]) -> str:
    outlets = len({status.spec.outlet for status in statuses})
    failing = len(_failing(statuses))
    state = f"{failing} failing" if failing else "none failing"
    return f"{count(len(statuses), 'feed')} of {count(outlets, 'outlet')}, {state}"


def _problem(status: FeedStatus, invocation: Invocation) -> tuple[Line, Line]:
    worked = (
        f"last worked {ago(status.last_success, invocation.now)}"
        if status.last_success
        else "never worked yet"
    )
    return (
        line("❌ ", strong(status.spec.outlet), f": {clip(status.error or 'no reason given', 200)}"),
        line(faint(f"{count(status.failures, 'failure')} · {worked} · {_when(status, invocation)}")),
    )


def _well(statuses: Sequence[FeedStatus], invocation: Invocation) -> Iterator[Line]:
    """The outlets whose feeds work, or are yet to be asked, by language."""
    working = [status for status in statuses if not status.failures]
    names = invocation.catalog.language_names
    for language in dict.fromkeys(status.spec.language for status in working):
        group = [status for status in working if status.spec.language == language]
        feeds = Counter(status.spec.outlet for status in group)
        waiting = {status.spec.outlet for status in group if status.last_poll is None}
        outlets = ", ".join(
            f"{outlet}{f' ({number})' if number > 1 else ''}{' ⏳' if outlet in waiting else ''}"
            for outlet, number in feeds.items()
        )
        yield line("✅ ", strong(names.get(language, language)), f": {outlets}")
    if any(status.last_poll is None for status in working):
        yield line(faint("⏳ not asked yet"))


def _part(invocation: Invocation, statuses: Sequence[FeedStatus]) -> Document:
    wanted = invocation.args.casefold()
    chosen = [status for status in statuses if any(wanted in name.casefold() for name in _names(status))]
    if chosen:
        rows = [_details(status, invocation) for status in sorted(chosen, key=lambda s: -s.failures)]
        return document(*_capped(rows, _MOST_DETAILS))
    near = nearest(invocation.args, {status.spec.outlet for status in statuses})
    return document(
        f"🤔 No feed has “{clip(invocation.args)}” in its outlet, title or address."
        + (f" Did you mean {near[0]}?" if near else ""),
        actions=[Action(outlet, f"/feeds {outlet}") for outlet in near] or [Action("All feeds", "/feeds")],
    )


def _names(status: FeedStatus) -> tuple[str, str, str]:
    return status.spec.outlet, status.spec.title, status.spec.url


def _details(status: FeedStatus, invocation: Invocation) -> tuple[Line, ...]:
    return *_state(status, invocation), line(faint(shown(status.spec.url)))


def _state(status: FeedStatus, invocation: Invocation) -> tuple[Line, Line]:
    if status.failures:
        return _problem(status, invocation)
    asked = f"asked {ago(status.last_poll, invocation.now)}" if status.last_poll else "not asked yet"
    news = f"last news {ago(status.last_new, invocation.now)}" if status.last_new else "no news yet"
    return (
        line("✅ " if status.last_poll else "⏳ ", strong(status.spec.outlet)),
        line(faint(f"{asked} · {news} · {count(status.entries, 'entry', 'entries')}")),
    )


def _capped(groups: Sequence[tuple[Line, ...]], limit: int) -> Iterator[Line]:
    """The lines of the first so many, and how many there are besides."""
    for group in groups[:limit]:
        yield from group
    if len(groups) > limit:
        yield line(faint(f"… and {len(groups) - limit} more; "), code("/feeds NAME"), faint(" shows one"))


def _verdict(statuses: Sequence[FeedStatus], queue: QueueStatus) -> str | None:
    """What is not well, if anything."""
    failing = _failing(statuses)
    if not statuses or not any(status.last_poll for status in statuses):
        return "⏳ Just started: no feed has been read yet"
    if len(failing) == len(statuses):
        return "🔴 Every feed fails: is the network there?"
    if failing:
        outlets = list(dict.fromkeys(status.spec.outlet for status in failing))
        return f"🟡 Running, with failures: {listed(outlets, 2)}"
    if queue.failed_messages:
        return "🟡 Running, with failures"
    return None


def _polls(statuses: Sequence[FeedStatus], invocation: Invocation) -> str:
    last = max((status.last_poll for status in statuses if status.last_poll), default=None)
    due = min((status.next_poll for status in statuses if status.active), default=None)
    late = invocation.now - due if due is not None else None
    asked = f"Feeds last asked {ago(last, invocation.now)}" if last else "No feed asked yet"
    if due is None or late is None:
        return asked
    return f"{asked}, next {'in ' + lasting(-late) if late.total_seconds() < 0 else 'due now'}"


def _entries(statuses: Sequence[FeedStatus], queue: QueueStatus, invocation: Invocation) -> str:
    total = sum(status.entries for status in statuses)
    newest = max((status.last_new for status in statuses if status.last_new), default=None)
    age = f", the newest {ago(newest, invocation.now)}" if newest else ""
    read = f"{queue.entries:,} still to be read" if queue.entries else "all have been read"
    return f"{count(total, 'entry', 'entries')}{age}; {read}" if total else "No entry yet"


def _messages(queue: QueueStatus, invocation: Invocation) -> str:
    if not queue.messages:
        return "No message is waiting"
    lag = f", {lasting(invocation.now - queue.oldest_message)} late" if queue.oldest_message else ""
    return f"{count(queue.messages, 'message')} to be sent{lag}"


def _when(status: FeedStatus, invocation: Invocation) -> str:
    if not status.active:
        return "not asked again; take it out of the configuration, or correct its address"
    wait = status.next_poll - invocation.now
    return f"next try in {lasting(wait)}" if wait.total_seconds() > 0 else "next try now"
