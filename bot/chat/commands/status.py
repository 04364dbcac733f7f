"""`/feeds` and `/status`: what is read, what fails and why, and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.chat.commands.base import Invocation
from bot.chat.commands.misuse import alone
from bot.chat.commands.own_feeds import add, how_to_add, own_feeds, remove
from bot.chat.commands.timing import own_times
from bot.chat.commands.wording import clip, form, nearest
from bot.domain.addresses import shown, typed_address
from bot.domain.documents import Action, Document, Line, document, faint, line, strong
from bot.domain.polling import is_silent, tells_of_burst
from bot.domain.speech import Speech
from bot.ports import FeedStatus, QueueStatus

_CHANGES = {"add": add, "remove": remove}
_MOST_FAILING = 10
_MOST_DETAILS = 12
_MOST_ODD = 3


async def feeds(invocation: Invocation) -> Document:
    speech = invocation.speech
    word, _, rest = invocation.args.partition(" ")
    if word.casefold() in _CHANGES:
        return await _CHANGES[word.casefold()](replace(invocation, args=rest.strip()))
    statuses = await invocation.store.feed_statuses(invocation.chat.id)
    if not statuses:
        none = speech.say("No feed is configured. The operator lists them in config/feeds.toml.")
        return document(none, *how_to_add(invocation))
    if invocation.args:
        return _part(invocation, statuses)
    failing = _failing(statuses)
    return document(
        line(strong(_headcount(statuses, speech))),
        *_capped([_problem(status, invocation) for status in failing], _MOST_FAILING, speech),
        *(((),) if failing else ()),
        *_well([status for status in statuses if not status.own], invocation),
        *_own(own_feeds(statuses), invocation),
        (),
        *how_to_add(invocation),
        speech.tell("More on one: {command}", tone=faint, command=form(speech, "/feeds NAME")),
    )


@alone
async def status(invocation: Invocation) -> Document:
    speech = invocation.speech
    statuses = await invocation.store.feed_statuses(invocation.chat.id)
    queue = await invocation.store.queue_status(invocation.now)
    failing = _failing(statuses)
    failed = speech.plural(
        "❌ {n} message could not be sent", "❌ {n} messages could not be sent", queue.failed_messages
    )
    see = speech.plural("See the {n} failing feed", "See the {n} failing feeds", len(failing))
    return document(
        *_opening(invocation, statuses, queue),
        f"📡 {_headcount(statuses, speech)}",
        *_oddities(statuses, invocation),
        f"🕑 {_polls(statuses, invocation)}",
        f"🗞 {_entries(statuses, queue, invocation)}",
        f"📨 {_messages(queue, invocation)}",
        *((failed,) if queue.failed_messages else ()),
        *await own_times(invocation),
        actions=(
            *((Action(speech.say("Resume"), "/resume"),) if invocation.chat.paused else ()),
            *((Action(see, "/feeds"),) if failing else ()),
        ),
    )


def _opening(invocation: Invocation, statuses: Sequence[FeedStatus], queue: QueueStatus) -> Iterator[Line]:
    """What matters most: a paused chat is told nothing, however well all else is."""
    chat, speech = invocation.chat, invocation.speech
    verdict = _verdict(statuses, queue, speech)
    if not chat.paused:
        yield line(strong(verdict or speech.say("🟢 All is well")))
        return
    reason = f" ({speech.known(chat.pause_reason)})" if chat.pause_reason else ""
    yield line(strong(speech.say("⏸ Bulletins are paused in this chat")), reason)
    yield line(verdict or speech.say("🟢 All else is well"))


def _failing(statuses: Sequence[FeedStatus]) -> list[FeedStatus]:
    """Those that fail, the longest first."""
    return sorted((s for s in statuses if s.failures), key=lambda s: -s.failures)


def _headcount(statuses: Sequence[FeedStatus], speech: Speech) -> str:
    outlets = len({status.spec.outlet for status in statuses})
    failing = len(_failing(statuses))
    return speech.say(
        "{feeds} of {outlets}, {failing}",
        feeds=speech.plural("{n} feed", "{n} feeds", len(statuses)),
        outlets=speech.plural("{n} outlet", "{n} outlets", outlets),
        failing=speech.plural("{n} failing", "{n} failing", failing)
        if failing
        else speech.say("none failing"),
    )


def _oddities(statuses: Sequence[FeedStatus], invocation: Invocation) -> Iterator[str]:
    """What may be wrong with feeds that answer well."""
    speech = invocation.speech
    silent = _outlets(status for status in statuses if _silent(status, invocation))
    if silent:
        outlets = speech.listed(silent, _MOST_ODD)
        yield f"🔇 {speech.say('Silent for unusually long: {outlets}', outlets=outlets)}"
    burst = _outlets(status for status in statuses if tells_of_burst(status.last_burst, invocation.now))
    if burst:
        said = speech.say(
            "More at once than the feed lists, so that some may be missing: {outlets}",
            outlets=speech.listed(burst, _MOST_ODD),
        )
        yield f"🌊 {said}"


def _outlets(statuses: Iterable[FeedStatus]) -> list[str]:
    return list(dict.fromkeys(status.spec.outlet for status in statuses))


def _silent(status: FeedStatus, invocation: Invocation) -> bool:
    return not status.failures and is_silent(
        status.rate, status.last_new, status.last_success, invocation.now
    )


def _remarks(status: FeedStatus, invocation: Invocation) -> Iterator[Line]:
    """What is odd about one feed, or has to be set right in the configuration."""
    speech = invocation.speech
    if _silent(status, invocation):
        yield line("🔇 ", speech.say("Silent for unusually long"))
    if status.last_burst is not None and tells_of_burst(status.last_burst, invocation.now):
        ago = speech.ago(status.last_burst, invocation.now)
        yield line(
            "🌊 ", speech.say("{ago} it brought more at once than it lists; some may be missing", ago=ago)
        )
    if status.move is not None and status.move.holds(invocation.now):
        address = shown(status.move.url)
        yield line(
            "↪️ ", speech.say("It has moved for good; configure its new address: {address}", address=address)
        )


def _problem(status: FeedStatus, invocation: Invocation) -> tuple[Line, Line]:
    speech = invocation.speech
    worked = (
        speech.say("last worked {ago}", ago=speech.ago(status.last_success, invocation.now))
        if status.last_success
        else speech.say("never worked yet")
    )
    failures = speech.plural("{n} failure", "{n} failures", status.failures)
    error = clip(speech.known(status.error), 200) if status.error else speech.say("no reason given")
    return (
        line("❌ ", strong(status.spec.outlet), f": {error}"),
        line(faint(f"{failures} · {worked} · {_when(status, invocation)}")),
    )


def _well(statuses: Sequence[FeedStatus], invocation: Invocation) -> Iterator[Line]:
    """The outlets whose feeds work, or are yet to be asked, by language."""
    working = [status for status in statuses if not status.failures]
    names = invocation.catalog.language_names
    for language in dict.fromkeys(status.spec.language for status in working):
        group = [status for status in working if status.spec.language == language]
        feeds = Counter(status.spec.outlet for status in group)
        waiting = {status.spec.outlet for status in group if status.last_poll is None}
        outlets = invocation.speech.joined(
            f"{outlet}{f' ({number})' if number > 1 else ''}{' ⏳' if outlet in waiting else ''}"
            for outlet, number in feeds.items()
        )
        yield line("✅ ", strong(names.get(language, language)), f": {outlets}")
    if any(status.last_poll is None for status in working):
        yield line(faint(f"⏳ {invocation.speech.say('not asked yet')}"))


def _own(own: Sequence[FeedStatus], invocation: Invocation) -> Iterator[Line]:
    """The feeds that this chat named, which fail or not."""
    if own:
        yield ()
        yield line(strong(invocation.speech.say("Watched for this chat alone:")))
    for status in own:
        mark = "❌ " if status.failures else "✅ " if status.last_poll else "⏳ "
        yield line(mark, status.spec.outlet, faint(f" · {shown(status.spec.url)}"))


def _part(invocation: Invocation, statuses: Sequence[FeedStatus]) -> Document:
    speech, wanted = invocation.speech, invocation.args.casefold()
    chosen = [status for status in statuses if any(wanted in name.casefold() for name in _names(status))]
    if chosen:
        rows = [_details(status, invocation) for status in sorted(chosen, key=lambda s: -s.failures)]
        return document(*_capped(rows, _MOST_DETAILS, speech))
    if typed_address(invocation.args):
        watch = Action(speech.say("Watch it for this chat"), f"/feeds add {invocation.args}")
        return document(
            speech.say("🤔 No feed of “{site}” is watched.", site=clip(invocation.args)), actions=(watch,)
        )
    near = nearest(invocation.args, {status.spec.outlet for status in statuses})
    missing = speech.say(
        "🤔 No feed has “{name}” in its outlet, title or address.", name=clip(invocation.args)
    )
    if not near:
        return document(missing, actions=(Action(speech.say("All feeds"), "/feeds"),))
    return document(
        missing,
        speech.say("Did you mean {other}?", other=near[0]),
        actions=[Action(outlet, f"/feeds {outlet}") for outlet in near],
    )


def _names(status: FeedStatus) -> tuple[str, str, str]:
    # Not by what is not shown: a token could be found letter by letter.
    return status.spec.outlet, status.spec.title, shown(status.spec.url)


def _details(status: FeedStatus, invocation: Invocation) -> tuple[Line, ...]:
    address = line(faint(shown(status.spec.url)))
    return *_state(status, invocation), *_remarks(status, invocation), address


def _state(status: FeedStatus, invocation: Invocation) -> tuple[Line, Line]:
    if status.failures:
        return _problem(status, invocation)
    speech, now = invocation.speech, invocation.now
    asked = (
        speech.say("asked {ago}", ago=speech.ago(status.last_poll, now))
        if status.last_poll
        else speech.say("not asked yet")
    )
    news = (
        speech.say("last news {ago}", ago=speech.ago(status.last_new, now))
        if status.last_new
        else speech.say("no news yet")
    )
    entries = speech.plural("{n} entry", "{n} entries", status.entries)
    return (
        line("✅ " if status.last_poll else "⏳ ", strong(status.spec.outlet)),
        line(faint(f"{asked} · {news} · {entries}")),
    )


def _capped(groups: Sequence[tuple[Line, ...]], limit: int, speech: Speech) -> Iterator[Line]:
    """The lines of the first so many, and how many there are besides."""
    for group in groups[:limit]:
        yield from group
    if len(groups) > limit:
        yield speech.tell(
            "… and {n} more; {command} shows one",
            tone=faint,
            n=len(groups) - limit,
            command=form(speech, "/feeds NAME"),
        )


def _verdict(statuses: Sequence[FeedStatus], queue: QueueStatus, speech: Speech) -> str | None:
    """What is not well, if anything."""
    failing = _failing(statuses)
    if not statuses or not any(status.last_poll for status in statuses):
        return speech.say("⏳ Just started: no feed has been read yet")
    if len(failing) == len(statuses):
        return speech.say("🔴 Every feed fails: is the network there?")
    if failing:
        outlets = list(dict.fromkeys(status.spec.outlet for status in failing))
        return speech.say("🟡 Running, with failures: {outlets}", outlets=speech.listed(outlets, 2))
    if queue.failed_messages:
        return speech.say("🟡 Running, with failures")
    return None


def _polls(statuses: Sequence[FeedStatus], invocation: Invocation) -> str:
    speech = invocation.speech
    last = max((status.last_poll for status in statuses if status.last_poll), default=None)
    due = min((status.next_poll for status in statuses if status.active), default=None)
    asked = (
        speech.say("Feeds last asked {ago}", ago=speech.ago(last, invocation.now))
        if last
        else speech.say("No feed asked yet")
    )
    if due is None:
        return asked
    wait = due - invocation.now
    if wait.total_seconds() > 0:
        return speech.say("{asked}, next in {span}", asked=asked, span=speech.lasting(wait))
    return speech.say("{asked}, next due now", asked=asked)


def _entries(statuses: Sequence[FeedStatus], queue: QueueStatus, invocation: Invocation) -> str:
    speech = invocation.speech
    total = sum(status.entries for status in statuses)
    if not total:
        return speech.say("No entry yet")
    known = speech.plural("{n} entry", "{n} entries", total)
    newest = max((status.last_new for status in statuses if status.last_new), default=None)
    if newest:
        ago = speech.ago(newest, invocation.now)
        known = speech.say("{entries}, the newest {ago}", entries=known, ago=ago)
    if queue.entries:
        return speech.plural(
            "{known}; {n} still to be read", "{known}; {n} still to be read", queue.entries, known=known
        )
    return speech.say("{known}; all have been read", known=known)


def _messages(queue: QueueStatus, invocation: Invocation) -> str:
    speech = invocation.speech
    if not queue.messages:
        return speech.say("No message is waiting")
    waiting = speech.plural("{n} message to be sent", "{n} messages to be sent", queue.messages)
    if queue.oldest_message is None:
        return waiting
    late = speech.lasting(invocation.now - queue.oldest_message)
    return speech.say("{messages}, {span} late", messages=waiting, span=late)


def _when(status: FeedStatus, invocation: Invocation) -> str:
    speech = invocation.speech
    if not status.active:
        if status.own:
            return speech.say("not asked again")
        return speech.say("not asked again; take it out of the configuration, or correct its address")
    wait = status.next_poll - invocation.now
    if wait.total_seconds() > 0:
        return speech.say("next try in {span}", span=speech.lasting(wait))
    return speech.say("next try now")
