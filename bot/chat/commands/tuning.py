"""`/tune`: how a chat hears of the topics that it follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, cast, get_args

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.lookup import NotFound, find_topic, find_topics, not_found, undivided
from bot.chat.commands.wording import clip, did_you_mean, nearest
from bot.domain.chats import Subscription, Updates
from bot.domain.documents import Action, Document, code, document, faint, line, strong
from bot.domain.speech import Speech, phrase
from bot.domain.topics import Topic

MOST_AWAITED = 20
MOST_HOURLY = 60

Setting = Literal["wait", "updates", "sound", "hourly"]

_VALUES: Mapping[Setting, str] = {
    "wait": phrase("a number of outlets, from 1 to {most}"),
    "updates": phrase("off, silent or loud"),
    "sound": phrase("on or off"),
    "hourly": phrase("a number of messages, from 1 to {most}, or off"),
}
"""What may stand behind each setting."""

_OFF = ("off", "no", "none", "never", "0")
_ON = ("on", "yes")

_WAITS = (1, 2, 3, 4)
_HOURLY = (0, 1, 3, 10)
"""What buttons offer."""

_SHORT = 20
"""Characters of a label beside which another one has room."""

_MOST_TOPICS = 7
"""Topics that have a button of their own."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The topics that were named, and what was typed for each setting behind them."""

    topics: str
    changes: tuple[tuple[Setting, str], ...] = ()


async def tune(invocation: Invocation) -> Document:
    topics = await _followed(invocation)
    if not topics:
        return document(
            invocation.speech.say("This chat is subscribed to nothing yet, so there is nothing to tune."),
            actions=(Action(invocation.speech.say("Choose topics"), "/subscribe"),),
        )
    asked = _Asked(invocation.args)
    if not isinstance(find_topic(invocation.args, topics), Topic):  # a name may end in such words
        asked = _read(invocation.args, known_settings(invocation))
    chosen = await _named(invocation, asked, topics) if asked.topics else topics
    if isinstance(chosen, Document):
        return chosen
    if asked.changes:
        return await steering(partial(_change, topics=chosen, asked=asked))(invocation)
    return await _show(invocation, chosen, asked)


def known_settings(invocation: Invocation) -> tuple[Setting, ...]:
    """The settings that the chat's platform has: not everywhere does a message make a sound."""
    table = next(command for command in invocation.commands if command.name == "tune")
    return tuple(setting for setting in _VALUES if setting in table.words)


def unusual(subscription: Subscription, known: Sequence[Setting], speech: Speech) -> str:
    """What is not as usual with a subscription, in a few words."""
    parts: list[str] = []
    awaited = subscription.wait_for
    if awaited > 1:
        parts.append(speech.plural("once {n} outlet has it", "once {n} outlets have it", awaited))
    if subscription.updates == "off":
        parts.append(speech.say("no updates"))
    if "sound" in known and subscription.updates == "loud":
        parts.append(speech.say("updates with a sound"))
    if "sound" in known and not subscription.sound:
        parts.append(speech.say("no sound"))
    if subscription.hourly:
        parts.append(speech.plural("{n} an hour", "{n} an hour", subscription.hourly))
    return speech.joined(parts)


async def _followed(invocation: Invocation) -> tuple[Topic, ...]:
    subscribed = await invocation.subscribed()
    return tuple(topic for topic in await invocation.topics() if topic.id in subscribed)


def _read(text: str, known: Sequence[Setting]) -> _Asked:
    """Settings with their values from the end of what was typed: `ukraine wait 2 updates off`."""
    words, changes = text.split(), list[tuple[Setting, str]]()
    while words:
        behind = 1 if words[-1].casefold() in known else 2
        setting = words[-behind].casefold() if behind <= len(words) else ""
        if setting not in known:
            break
        changes.insert(0, (cast("Setting", setting), " ".join(words[len(words) - behind + 1 :])))
        words = words[:-behind]
    return _Asked(" ".join(words).rstrip(":=：＝ "), tuple(changes))


async def _named(
    invocation: Invocation, asked: _Asked, ours: Sequence[Topic]
) -> tuple[Topic, ...] | Document:
    """The topics that were named, or what to say where they were not, or are not followed."""
    topics = await invocation.topics()
    found = find_topics(asked.topics, topics)
    if isinstance(found, NotFound):
        meant = undivided(asked.topics, topics)
        if meant is not None:
            return _no_setting(invocation, meant[1], f"/tune {meant[0].spec.slug}")
        if nearest(asked.topics.split()[0], _VALUES, 1, cutoff=0.7):
            return _no_setting(invocation, asked.topics, "/tune")
        return not_found(found, ours, "/tune", invocation.speech, behind=_typed(asked.changes))
    stranger = next((topic for topic in found if topic not in ours), None)
    if stranger is None:
        return found
    return document(
        invocation.speech.tell(
            "🤔 This chat is not subscribed to {topic}.", topic=strong(stranger.spec.name)
        ),
        actions=(Action(invocation.speech.say("Subscribe"), f"/subscribe {stranger.spec.slug}"),),
    )


def _no_setting(invocation: Invocation, typed: str, before: str) -> Document:
    """What to say of words that are no setting; `before` stands before them."""
    known = known_settings(invocation)
    word, _, value = typed.partition(" ")
    near, speech = nearest(word, known, 1), invocation.speech
    if near and value:
        return did_you_mean(speech, [f"{before} {near[0]} {value}"])
    return document(
        speech.say(
            "🤔 “{word}” is nothing that can be set here. What can: {settings}.",
            word=clip(word),
            settings=speech.joined(known),
        ),
        speech.tell("For example: {command}", command=code(f"{before} wait 2")),
        actions=(_how_to_use(speech),),
    )


def _how_to_use(speech: Speech) -> Action:
    return Action(speech.say("How to use {command}", command="/tune"), "/help tune")


async def _show(invocation: Invocation, topics: Sequence[Topic], asked: _Asked) -> Document:
    """How the chat hears of these topics; buttons change it for all of them."""
    known, settings = known_settings(invocation), await _subscriptions(invocation, topics)
    speech, several = invocation.speech, len(topics) > 1
    rows = [
        line("• ", strong(topic.spec.name), ": ", unusual(one, known, speech) or speech.say("as usual"))
        for topic, one in zip(topics, settings, strict=True)
    ]
    explained = Subscription(0, 0, invocation.now) if several else settings[0]
    command = code(f"/tune {topics[0].spec.slug} wait 5")
    names = "".join(f" {topic.spec.slug}" for topic in topics) if asked.topics else ""
    return document(
        speech.tell("🎛 How you hear of the topics that are followed here")
        if several
        else speech.tell("🎛 How you hear of {topic}", topic=strong(topics[0].spec.name)),
        (),
        *((*rows, (), line(speech.say("Usual is this:"))) if several else ()),
        *(line("• ", _sentence(setting, explained, known, speech)) for setting in known),
        (),
        speech.tell("For one of them: {command}", tone=faint, command=command)
        if several
        else speech.tell("Other numbers: {command}", tone=faint, command=command),
        actions=(
            *_choices(settings, f"/tune{names}", known, speech),
            *(
                Action(clip(f"{topic.spec.name}…", _SHORT), f"/tune {topic.spec.slug}")
                for topic in (topics[:_MOST_TOPICS] if several else ())
            ),
        ),
    )


async def _subscriptions(invocation: Invocation, topics: Iterable[Topic]) -> list[Subscription]:
    """Those to these topics, in their order."""
    ours = {one.topic_id: one for one in await invocation.store.subscriptions(invocation.chat.id)}
    return [ours[topic.id] for topic in topics if topic.id in ours]


def _choices(
    settings: Sequence[Subscription], command: str, known: Sequence[Setting], speech: Speech
) -> Iterator[Action]:
    """Buttons for what is common; what holds for all of the subscriptions is ticked."""
    offered: list[tuple[str, Setting, str]] = [
        (
            speech.say("At once") if number == 1 else speech.plural("{n} outlet", "{n} outlets", number),
            "wait",
            str(number),
        )
        for number in sorted({*_WAITS, *(one.wait_for for one in settings)})
    ]
    if "sound" in known:
        loud = all(one.sound for one in settings)
        offered += [
            (speech.say("Updates silent"), "updates", "silent"),
            (speech.say("Updates loud"), "updates", "loud"),
            (speech.say("Updates off"), "updates", "off"),
            (speech.say("Sound off") if loud else speech.say("Sound on"), "sound", "off" if loud else "on"),
        ]
    else:
        offered += [
            (speech.say("Updates on"), "updates", "on"),
            (speech.say("Updates off"), "updates", "off"),
        ]
    offered += [
        (
            speech.plural("{n} an hour", "{n} an hour", number) if number else speech.say("No limit"),
            "hourly",
            str(number) if number else "off",
        )
        for number in sorted({*_HOURLY, *(one.hourly for one in settings)})
    ]
    for label, setting, value in offered:
        holds = all(_set(one, setting, value) == one for one in settings)
        yield Action(f"✓ {label}" if holds else label, f"{command} {setting} {value}")


async def _change(invocation: Invocation, topics: Sequence[Topic], asked: _Asked) -> Document:
    known, before = known_settings(invocation), await _subscriptions(invocation, topics)
    speech = invocation.speech
    after = before
    for setting, value in asked.changes:
        changed = [_set(one, setting, value.casefold()) for one in after]
        after = [one for one in changed if one is not None]
        if len(after) < len(changed):
            return _no_value(setting, value, asked, speech)
    different = [one for one, old in zip(after, before, strict=True) if one != old]
    sentences = (line("• ", _sentence(setting, after[0], known, speech)) for setting, _ in asked.changes)
    about = strong(speech.listed([topic.spec.name for topic in topics]))
    if not different:
        return document(speech.tell("👌 Nothing to change for {topics}:", topics=about), *sentences)
    await invocation.store.save_subscriptions(different)
    slugs = {topic.id: topic.spec.slug for topic in topics}
    return document(
        line("✅ ", about, ":"),
        *sentences,
        actions=(
            *_undo([old for old in before if old not in after], slugs, asked, speech),
            Action(speech.say("More settings"), f"/tune {asked.topics}".strip()),
        ),
        changed=True,
    )


def _no_value(setting: Setting, value: str, asked: _Asked, speech: Speech) -> Document:
    values = speech.say(_VALUES[setting], most=MOST_AWAITED if setting == "wait" else MOST_HOURLY)
    example = {"wait": "2", "updates": "off", "sound": "off", "hourly": "3"}[setting]
    command = code(f"/tune {clip(asked.topics)} {setting} {example}".replace("  ", " "))
    return document(
        speech.say(
            "🤔 Behind “{setting}” stands {values}. “{word}” is none.",
            setting=setting,
            values=values,
            word=clip(value),
        )
        if value
        else speech.say(
            "🤔 Behind “{setting}” stands {values}. It is missing.", setting=setting, values=values
        ),
        speech.tell("For example: {command}", command=command),
        actions=(_how_to_use(speech),),
    )


def _undo(
    before: Iterable[Subscription], slugs: Mapping[int, str], asked: _Asked, speech: Speech
) -> Iterator[Action]:
    """Buttons that set what was changed as it was: one, unless it was not the same everywhere."""
    ways: dict[str, list[str]] = {}
    for one in before:
        was = _typed((setting, _value(one, setting)) for setting, _ in asked.changes)
        ways.setdefault(was, []).append(slugs[one.topic_id])
    for was, of in ways.items():
        several = clip(speech.say("Undo for {topics}", topics=speech.joined(of)), 40)
        yield Action(speech.say("Undo") if len(ways) == 1 else several, f"/tune {' '.join(of)}{was}")


def _typed(changes: Iterable[tuple[Setting, str]]) -> str:
    return "".join(f" {setting} {value}".rstrip() for setting, value in changes)


def _set(subscription: Subscription, setting: Setting, value: str) -> Subscription | None:
    """The subscription with the setting as it was typed; None where that makes no sense."""
    number = int(value) if value.isdecimal() and len(value) <= len(str(MOST_HOURLY)) else None
    off = value in _OFF
    match setting:
        case "wait":
            number = 1 if off else number
            return None if number is None or number > MOST_AWAITED else replace(subscription, wait_for=number)
        case "updates":
            wanted = "silent" if value in _ON else "off" if off else value
            updates = next((one for one in get_args(Updates) if one == wanted), None)
            return None if updates is None else replace(subscription, updates=updates)
        case "sound":
            return replace(subscription, sound=not off) if off or value in _ON else None
        case "hourly":
            number = 0 if off else number
            return None if number is None or number > MOST_HOURLY else replace(subscription, hourly=number)


def _value(subscription: Subscription, setting: Setting) -> str:
    """What to type for the setting as it is."""
    match setting:
        case "wait":
            return str(subscription.wait_for)
        case "updates":
            return subscription.updates
        case "sound":
            return "on" if subscription.sound else "off"
        case "hourly":
            return str(subscription.hourly) if subscription.hourly else "off"


def _sentence(setting: Setting, subscription: Subscription, known: Sequence[Setting], speech: Speech) -> str:
    """What the setting has the chat hear."""
    match setting:
        case "wait" if subscription.wait_for == 1:
            return speech.say("A story comes as soon as one outlet has it.")
        case "wait":
            return speech.plural(
                "A story comes when {n} independent outlet has it.",
                "A story comes when {n} independent outlets have it.",
                subscription.wait_for,
            )
        case "updates":
            return _of_updates(subscription, known, speech)
        case "sound" if subscription.sound:
            return speech.say("A new story comes with a sound.")
        case "sound":
            return speech.say("A new story comes without a sound.")
        case "hourly" if not subscription.hourly:
            return speech.say("Any number of messages an hour may come.")
        case "hourly":
            return speech.plural(
                "At most {n} message an hour; the surplus comes folded into one message.",
                "At most {n} messages an hour; the surplus comes folded into one message.",
                subscription.hourly,
            )


def _of_updates(subscription: Subscription, known: Sequence[Setting], speech: Speech) -> str:
    if subscription.updates == "off":
        return speech.say("What is new of a story is only added to its message; no update answers it.")
    if "sound" not in known:
        return speech.say("A real development answers the story's message.")
    if subscription.updates == "loud":
        return speech.say("A real development answers the story's message, with a sound.")
    return speech.say("A real development answers the story's message, without a sound.")
