"""`/feeds add` and `/feeds remove`: the feeds that a chat names itself."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.misuse import misuse
from bot.chat.commands.wording import clip, nearest
from bot.domain.addresses import shown, typed_address, user_of
from bot.domain.documents import Action, Document, Line, Span, code, document, faint, line, strong
from bot.domain.entries import FeedSpec
from bot.domain.outlets import outlet_of_feed
from bot.domain.polling import Failed
from bot.domain.speech import Speech
from bot.ports import FeedStatus, FoundFeed, Naming

_LONGEST_NAME = 60
_ON_A_BUTTON = 40
_MOST_OFFERED = 8


@steering
async def add(invocation: Invocation) -> Document:
    speech, limits = invocation.speech, invocation.services.feed_limits
    finder = invocation.services.finder
    if finder is None or not limits.per_chat or not limits.all_chats:
        return document(speech.say("🚫 Chats name no feeds here; the operator lists them all."))
    if not invocation.args:
        return misuse(invocation, speech.say("Which site or feed?"), word="add")
    address = typed_address(invocation.args)
    if address and user_of(address):
        # The database keeps the addresses that chats name, and is no place for a password.
        return document(
            speech.say("🔒 I take no address with a password in it, since I would have to keep that."),
            speech.say("The operator can have such a feed watched for everybody, in config/feeds.toml."),
            whisper=True,
        )
    statuses = await invocation.store.feed_statuses(invocation.chat.id)
    known = next((status for status in statuses if status.spec.url == address), None)
    if known is not None:
        return _named(Naming.ALREADY if known.own else Naming.FOR_ALL, known.spec.outlet, invocation)
    if sum(status.own for status in statuses) >= limits.per_chat:
        return _named(Naming.FULL, "", invocation)
    found = await finder.find(invocation.args)
    if isinstance(found, Failed):
        return document(
            speech.tell("🤔 No feed at {address}.", address=strong(clip(shown(address or invocation.args)))),
            speech.known(found.reason),
        )
    if len(found) > 1:
        return _which(found, statuses, speech)
    spec = _spec(found[0], invocation)
    naming = await invocation.store.name_feed(invocation.chat.id, spec, limits, invocation.now)
    return _named(naming, spec.outlet, invocation, found[0])


@steering
async def remove(invocation: Invocation) -> Document:
    speech = invocation.speech
    own = own_feeds(await invocation.store.feed_statuses(invocation.chat.id))
    if not own:
        return document(speech.say("This chat has named no feed. Those of the operator are for everybody."))
    if not invocation.args:
        return document(speech.say("Which of this chat's feeds?"), actions=_removals(own))
    meant = _meant(invocation.args, own)
    if not meant:
        near = nearest(invocation.args, {status.spec.outlet for status in own})
        guessed = [status for status in own if status.spec.outlet in near] or own
        return document(
            speech.say("🤔 This chat has named no feed “{name}”.", name=clip(invocation.args)),
            actions=_removals(guessed),
        )
    if len(meant) > 1:
        return document(
            speech.say("🤔 “{name}” could be any of these. Which one?", name=clip(invocation.args)),
            actions=_removals(meant),
        )
    gone = meant[0]
    await invocation.store.drop_feed(invocation.chat.id, gone.id)
    return document(
        speech.tell("✅ {outlet} is not watched for this chat any more.", outlet=strong(gone.spec.outlet)),
        line(faint(shown(gone.spec.url))),
        actions=(Action(speech.say("Watch it again"), f"/feeds add {gone.spec.url}"),),
        changed=True,
    )


def own_feeds(statuses: Sequence[FeedStatus]) -> tuple[FeedStatus, ...]:
    """Those that the chat named itself."""
    return tuple(status for status in statuses if status.own)


def how_to_add(invocation: Invocation) -> tuple[Line, ...]:
    """That a chat may name feeds, where it may."""
    services = invocation.services
    if services.finder is None or not services.feed_limits.per_chat or not services.feed_limits.all_chats:
        return ()
    command = code("/feeds add www.example.org")
    return (
        invocation.speech.tell("Have a site watched for this chat: {command}", tone=faint, command=command),
    )


def _named(naming: Naming, outlet: str, invocation: Invocation, found: FoundFeed | None = None) -> Document:
    speech = invocation.speech
    name = strong(outlet)
    match naming:
        case Naming.ADDED:
            return _added(name, found, speech)
        case Naming.ALREADY:
            return document(speech.tell("✅ {outlet} is watched for this chat already.", outlet=name))
        case Naming.FOR_ALL:
            return document(speech.tell("✅ {outlet} is watched for every chat already.", outlet=name))
        case Naming.FULL:
            most = invocation.services.feed_limits.per_chat
            full = speech.plural(
                "🤔 A chat may name {n} feed, and this one has.",
                "🤔 A chat may name {n} feeds, and this one has.",
                most,
            )
            return document(full, actions=(Action(speech.say("Remove one"), "/feeds remove"),))
        case Naming.ALL_FULL:
            most = invocation.services.feed_limits.all_chats
            return document(
                speech.plural(
                    "🤔 All chats together may name {n} feed here, and they have. The operator can allow more.",
                    "🤔 All chats together may name {n} feeds here, and they have. The operator can allow more.",
                    most,
                ),
                speech.say("What another chat has named can be watched here, too."),
            )


def _added(name: Span, found: FoundFeed | None, speech: Speech) -> Document:
    address = () if found is None else (line(faint(shown(found.address))),)
    return document(
        speech.tell("✅ {outlet} is watched for this chat from now on, and for no other.", outlet=name),
        *address,
        (),
        speech.say("What it publishes after this is told where it fits a topic that this chat follows."),
        actions=(Action(speech.say("Topics"), "/topics"), Action(speech.say("All feeds"), "/feeds")),
        changed=True,
    )


def _which(found: Sequence[FoundFeed], statuses: Sequence[FeedStatus], speech: Speech) -> Document:
    """Several feeds of a site, as buttons; those that are watched already are left out."""
    watched = {status.spec.url for status in statuses}
    new = [one for one in found if one.address not in watched][:_MOST_OFFERED]
    if not new:
        return document(speech.say("✅ Every feed that this site names is watched already."))
    lines: list[Line] = []
    for one in new:
        lines.append(line("• ", strong(clip(one.title or shown(one.address), _LONGEST_NAME))))
        lines.append(line(faint(shown(one.address))))
    return document(
        speech.say("This site has several feeds. Which one?"),
        *lines,
        actions=[
            Action(clip(one.title or shown(one.address), _ON_A_BUTTON), f"/feeds add {one.address}")
            for one in new
        ],
    )


def _spec(found: FoundFeed, invocation: Invocation) -> FeedSpec:
    host = urlsplit(found.address).hostname or ""
    title = clip(found.title, _LONGEST_NAME)
    return FeedSpec(
        url=found.address,
        outlet=outlet_of_feed(title, host, invocation.catalog.outlets),
        language=found.language or invocation.speech.language,
        title=title,
    )


def _removals(statuses: Sequence[FeedStatus]) -> list[Action]:
    return [
        Action(
            clip(f"{status.spec.outlet} · {shown(status.spec.url)}", _ON_A_BUTTON),
            f"/feeds remove {status.spec.url}",
        )
        for status in statuses
    ]


def _meant(typed: str, own: Sequence[FeedStatus]) -> Sequence[FeedStatus]:
    """By its address, else by its outlet's whole name, else by a part of either."""
    address, name = typed_address(typed), typed.casefold()
    exact = [status for status in own if status.spec.url in (address, typed)]
    whole = [status for status in own if name == status.spec.outlet.casefold()]
    parts = (status.spec.outlet + "\n" + status.spec.url for status in own)
    some = [status for status, text in zip(own, parts, strict=True) if name in text.casefold()]
    return exact or whole or some
