"""Finding topics by what a person typed: slug, name, or a beginning that only one has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.chat.commands.wording import clip, nearest
from bot.domain.documents import Action, Document, document, strong
from bot.domain.speech import Speech, phrase
from bot.domain.topics import Topic, slug_of

_MOST_OFFERED = 6
"""Topics offered when what was typed means none, or could mean several."""

_MOST_DIVIDERS = 6
_LONGEST_NAME = 12
"""Words of a name that is looked for, and dividers that may be the one: more are no name."""

_LABELS = {
    "/subscribe": "＋ {topic}",
    "/unsubscribe": "－ {topic}",
    "/topics remove": phrase("Remove {topic}"),
    "/topics rename": phrase("Rename {topic}"),
}
"""What a button says that does something with a topic, where its name alone is not enough."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """No topic is meant by `text`, or (`several`) more than one may be. `near` are those it could mean."""

    text: str
    near: tuple[Topic, ...] = ()
    several: bool = False


def find_topic(text: str, topics: Sequence[Topic]) -> Topic | NotFound:
    """The one topic that all of `text` means. Of two equal names the first topic's counts."""
    typed = _fold(text)
    exact = _called(typed, topics)
    if exact is not None:
        return exact
    begun = _begun(typed, topics)
    if len(begun) == 1:
        return begun[0]
    return NotFound(text, begun, several=True) if begun else NotFound(text, _near(typed, topics))


def find_topics(text: str, topics: Sequence[Topic]) -> tuple[Topic, ...] | NotFound:
    """All topics that `text` lists, each once. Names may have spaces; a comma ends one. All are found, or it is a miss."""
    found: dict[int, Topic] = {}
    longest = max((len(name.split("-")) for topic in topics for name in _names(topic)), default=1)
    for part in filter(None, map(str.strip, re.split("[,、;]", text))):
        words = part.split()
        while words:
            topic, used = _leading(words, longest, topics)
            if isinstance(topic, NotFound):
                return topic
            found[topic.id] = topic
            words = words[used:]
    return tuple(found.values()) or NotFound(text)


def divided(text: str, topics: Sequence[Topic], dividers: str = "=:＝：") -> tuple[Topic | NotFound, str]:
    """The topic that is named before a divider, and what stands behind it; of several dividers, one that makes sense.

    A name may have a colon in it, and so may a query.
    """
    places = [place for place, char in enumerate(text) if char in dividers][:_MOST_DIVIDERS]
    parts = [(text[:place].strip(), text[place + 1 :].strip()) for place in places]
    whole = (text.strip(), "")
    for head, rest in (*reversed(parts), whole):
        topic = _called(_fold(head), topics)
        if topic is not None:
            return topic, rest
    for head, rest in parts or (whole,):
        begun = _begun(_fold(head), topics)
        if len(begun) == 1:
            return begun[0], rest
    head, rest = (*parts, whole)[0]
    return find_topic(head, topics), rest


def undivided(text: str, topics: Sequence[Topic]) -> tuple[Topic, str] | None:
    """The topic that the first words mean and the other words, where somebody left the divider out."""
    words = text.split()
    topic, used = _leading(words, len(words[:_LONGEST_NAME]), topics)
    return (topic, " ".join(words[used:])) if isinstance(topic, Topic) and used < len(words) else None


def topic_actions(
    command: str, topics: Iterable[Topic], speech: Speech, behind: str = ""
) -> tuple[Action, ...]:
    """The command (`/subscribe`) with each of the topics, and what stands `behind` them."""
    label = _LABELS.get(command, "{topic}")
    return tuple(
        Action(speech.say(label, topic=topic.spec.name), f"{command} {topic.spec.slug}{behind}")
        for topic in topics
    )


def not_found(
    problem: NotFound,
    topics: Sequence[Topic],
    command: str,
    speech: Speech,
    none: str = phrase("There are no topics yet."),
    *,
    may_add: bool = False,
    behind: str = "",
) -> Document:
    """What to say of a miss. `command` (`/subscribe`) is offered with each of `topics` it may have meant.

    `none`: what to say, in English, where there are no topics. `may_add`: a new topic may be what was wanted. `behind`: what was
    typed behind the topic.
    """
    typed = clip(problem.text)
    near = topic_actions(command, problem.near[:_MOST_OFFERED], speech, behind)
    if problem.several:
        which = speech.say("🤔 “{name}” could be any of these. Which one?", name=typed)
        return document(which, actions=near)
    if near:
        first = strong(problem.near[0].spec.slug)
        guess = speech.tell("🤔 I know no topic “{name}”. Did you mean {other}?", name=typed, other=first)
        return document(guess, actions=near)
    new = Action(speech.say("Make it a topic"), f"/topics add {problem.text}")
    return document(
        speech.say("🤔 I know no topic “{name}”.", name=typed),
        *(() if topics else (speech.known(none),)),
        actions=(
            *((new,) if may_add and slug_of(problem.text) else ()),
            *topic_actions(command, topics[:_MOST_OFFERED], speech, behind),
            *((Action(speech.say("All topics"), "/topics"),) if len(topics) > _MOST_OFFERED else ()),
        ),
    )


def not_own(
    problem: NotFound, topics: Sequence[Topic], command: str, speech: Speech, *, behind: str = ""
) -> Document:
    """What to say of a miss where only a chat's own topic can have been meant."""
    near = tuple(topic for topic in problem.near if topic.chat_id is not None)
    miss = replace(problem, near=near, several=problem.several and len(near) > 1)
    own = [topic for topic in topics if topic.chat_id is not None]
    none = phrase("This chat has made no topic of its own.")
    return not_found(miss, own, command, speech, none, behind=behind)


def _leading(words: Sequence[str], longest: int, topics: Sequence[Topic]) -> tuple[Topic | NotFound, int]:
    """The topic that the first words mean, as many of them as can be, and how many words that took."""
    for used in range(min(longest, len(words)), 1, -1):
        topic = find_topic(" ".join(words[:used]), topics)
        if isinstance(topic, Topic):
            return topic, used
    first = find_topic(words[0], topics)
    if isinstance(first, Topic) or first.several:
        return first, 1
    rest = " ".join(words)
    return NotFound(rest, _near(_fold(rest), topics)), len(words)


def _called(typed: str, topics: Sequence[Topic]) -> Topic | None:
    return next((topic for topic in topics if typed in _names(topic)), None)


def _begun(typed: str, topics: Sequence[Topic]) -> tuple[Topic, ...]:
    return tuple(topic for topic in topics if typed and any(n.startswith(typed) for n in _names(topic)))


def _names(topic: Topic) -> tuple[str, str]:
    return topic.spec.slug, _fold(topic.spec.name)


def _fold(text: str) -> str:
    return slug_of(unicodedata.normalize("NFKC", text))


def _near(typed: str, topics: Sequence[Topic]) -> tuple[Topic, ...]:
    by_name = {name: topic for topic in topics for name in _names(topic)}
    return tuple({by_name[name].id: by_name[name] for name in nearest(typed, by_name)}.values())
