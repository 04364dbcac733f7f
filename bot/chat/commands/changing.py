"""`/topics rename`, `edit`, `narrow`, `widen` and `share`: what a chat does with a topic that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.chat.commands.base import Handler, Invocation, steering
from bot.chat.commands.lookup import divided, not_found, not_own, undivided
from bot.chat.commands.misuse import misuse
from bot.chat.commands.understanding import corrections, doubtful, query_problem, understood
from bot.chat.commands.wording import clip, did_you_mean, form
from bot.domain.correcting import doubt, mended
from bot.domain.documents import Action, Document, Line, code, document, faint, line, strong
from bot.domain.lexicon import Lexicon
from bot.domain.queries import Query, QueryProblem, read_query
from bot.domain.refining import Refinement, narrowed, narrower, widened, wider
from bot.domain.speech import Speech
from bot.domain.topics import MAX_NAME, Topic, TopicSpec, definition_of, slug_of


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be done with which topic: `rest` stands behind the divider."""

    topic: Topic
    rest: str
    topics: tuple[Topic, ...]
    """Those that the chat knows of."""


@steering
async def rename(invocation: Invocation) -> Document:
    speech = invocation.speech
    asked = await _asked(invocation, "rename", " = ")
    if isinstance(asked, Document):
        return asked
    spec = replace(asked.topic.spec, name=asked.rest, slug=slug_of(asked.rest))
    if not asked.rest:
        return misuse(invocation, speech.say("What should it be called?"), word="rename")
    if spec == asked.topic.spec:
        return document(speech.tell("🤔 It is called {topic} already.", topic=strong(spec.name)))
    again = f"/topics rename {asked.topic.spec.slug} = NAME"
    problem = name_problem(
        spec, [topic for topic in asked.topics if topic.id != asked.topic.id], again, speech
    )
    if problem is not None:
        return problem
    if asked.topic.chat_id is None:
        return _on_offer(asked.topic, definition_of(spec), speech)
    changed = await invocation.services.newsdesk.change_topic(asked.topic.id, spec)
    if changed is None:
        return _overtaken(asked.topic, speech)
    return document(
        speech.tell("✅ {topic} is now {name}.", topic=strong(asked.topic.spec.name), name=strong(spec.name)),
        line(faint(speech.say("All else about it stays as it was."))),
        actions=(Action(speech.say("Undo"), f"/topics rename {spec.slug} = {asked.topic.spec.name}"),),
        changed=True,
    )


@steering
async def edit(invocation: Invocation) -> Document:
    asked = await _asked(invocation, "edit", " = ")
    if isinstance(asked, Document):
        return asked
    speech = invocation.speech
    if not asked.rest:
        return document(
            speech.tell("🤔 What should {topic} look for?", topic=strong(asked.topic.spec.name)),
            speech.tell("As yet: {query}", query=code(asked.topic.spec.query)),
            line(form(speech, f"/topics edit {asked.topic.spec.slug} = QUERY")),
        )
    lexicon = invocation.catalog.lexicon
    query = read_query(asked.rest, lexicon)
    command = f"/topics edit {asked.topic.spec.slug} = "
    if isinstance(query, QueryProblem):
        meant = corrections(command, mended(asked.rest, query, lexicon))
        return query_problem(query, asked.rest, speech, meant)
    slip = doubt(query, lexicon)
    if slip is not None:
        return doubtful(slip, query, command, command, speech)
    return await _look_for(invocation, asked, query)


@steering
async def narrow(invocation: Invocation) -> Document:
    return await _refine(invocation, "narrow", narrowed)


@steering
async def widen(invocation: Invocation) -> Document:
    return await _refine(invocation, "widen", widened)


async def share(invocation: Invocation) -> Document:
    asked = await _asked(invocation, "share", "")
    if isinstance(asked, Document):
        return asked
    spec, speech = asked.topic.spec, invocation.speech
    if asked.topic.chat_id is None:
        return document(
            speech.tell("{topic} is on offer in every chat. Type there:", topic=strong(spec.name)),
            line(code(f"/subscribe {spec.slug}")),
        )
    return document(
        speech.tell("To have {topic} in another chat too, type there:", topic=strong(spec.name)),
        line(code(f"/topics add {definition_of(spec)}")),
    )


HANDLERS: dict[str, Handler] = {
    "rename": rename,
    "edit": edit,
    "narrow": narrow,
    "widen": widen,
    "share": share,
}


def still_searched(speech: Speech) -> Line:
    return line(faint(speech.say("What came in the last days is still being searched for it.")))


def name_problem(spec: TopicSpec, others: Sequence[Topic], usage: str, speech: Speech) -> Document | None:
    """What is wrong with the name of a topic, if anything. `usage`: how to give another one."""
    if len(spec.name) > MAX_NAME:
        return document(
            speech.plural(
                "🤔 That name has {n} character; {limit} is the limit.",
                "🤔 That name has {n} characters; {limit} is the limit.",
                len(spec.name),
                limit=MAX_NAME,
            ),
            speech.tell("A short one: {command}", command=form(speech, usage)),
        )
    if not spec.slug:
        return document(
            speech.say("🤔 A topic needs a name with letters or figures in it."), line(form(speech, usage))
        )
    if "=" in spec.name or "＝" in spec.name:
        return document(
            speech.say("🤔 A name has no = in it: a query stands behind that."), line(form(speech, usage))
        )
    taken = next((topic for topic in others if topic.spec.slug == spec.slug), None)
    if taken is None:
        return None
    slug, name = strong(taken.spec.slug), taken.spec.name
    return document(
        speech.tell("🤔 There is a topic {topic} on offer already.", topic=slug)
        if taken.chat_id is None
        else speech.tell("🤔 There is a topic {topic} in this chat already.", topic=slug),
        speech.tell("Choose another name: {command}", command=form(speech, usage)),
        actions=(
            Action(speech.say("Show {topic}", topic=name), f"/topics show {taken.spec.slug}"),
            Action(speech.say("Subscribe to {topic}", topic=name), f"/subscribe {taken.spec.slug}"),
        ),
    )


def refinements(
    topic: Topic, topics: Sequence[Topic], lexicon: Lexicon, speech: Speech
) -> tuple[Action, ...]:
    """Buttons that narrow the topic and widen it; of one on offer, they make the chat a copy."""
    return (
        *narrowing_or_widening(topic, topics, "narrow", lexicon, speech),
        *narrowing_or_widening(topic, topics, "widen", lexicon, speech),
    )


def narrowing_or_widening(
    topic: Topic, topics: Sequence[Topic], word: str, lexicon: Lexicon, speech: Speech
) -> Iterator[Action]:
    """Buttons that do either of it."""
    for refined in (narrower if word == "narrow" else wider)(topic.spec.query, lexicon):
        how = refined.how(speech)
        label = (
            speech.say("Narrow: {how}", how=how) if word == "narrow" else speech.say("Widen: {how}", how=how)
        )
        yield offered(topic, topics, refined, speech, label)


def offered(
    topic: Topic, topics: Sequence[Topic], refined: Refinement, speech: Speech, label: str = ""
) -> Action:
    """A button that has the topic look for this instead; of one on offer, it makes the chat a copy."""
    how = refined.how(speech)
    if topic.chat_id is None:
        label = speech.say("Our own, {how}", how=how)
    return Action(clip(label or how[0].upper() + how[1:], 40), _command(topic, topics, refined.query))


def _command(topic: Topic, topics: Sequence[Topic], query: str) -> str:
    """What makes the topic look for this; one on offer cannot be changed, so the chat gets its own."""
    if topic.chat_id is not None:
        return f"/topics edit {topic.spec.slug} = {query}"
    return f"/topics add {_own_name(topic, topics)} = {query}"


def own_name(topic: Topic) -> str:
    """What the name of a chat's copy of a topic begins with."""
    return f"Our {topic.spec.name.replace('=', ' ')}"[: MAX_NAME - 5].strip()


def _own_name(topic: Topic, topics: Sequence[Topic]) -> str:
    """A name for a chat's copy of a topic that no topic has yet: `Our Ukraine ceasefire`."""
    taken = {other.spec.slug for other in topics}
    name = own_name(topic)
    names = (name, *(f"{name} {number}" for number in range(2, len(topics) + 3)))
    return next(name for name in names if slug_of(name) not in taken)


async def _refine(
    invocation: Invocation, word: str, join: Callable[[str, str, Lexicon], Query | QueryProblem]
) -> Document:
    asked = await _asked(invocation, word, ": ")
    if isinstance(asked, Document):
        return asked
    spec, lexicon, speech = asked.topic.spec, invocation.catalog.lexicon, invocation.speech
    before = read_query(spec.query, lexicon)
    if isinstance(before, QueryProblem):
        return query_problem(before, spec.query, speech)
    if not asked.rest:
        return _how_to_refine(asked, word, lexicon, speech)
    query = join(spec.query, asked.rest, lexicon)
    if isinstance(query, QueryProblem):
        return query_problem(query, asked.rest, speech)
    if query.root != before.root:
        return await _look_for(invocation, asked, query)
    alone = read_query(asked.rest, lexicon)
    if isinstance(alone, QueryProblem):
        return query_problem(alone, asked.rest, speech)
    return document(
        speech.tell("🤔 That changes nothing: {topic} asks for it already.", topic=strong(spec.name))
    )


def _how_to_refine(asked: _Asked, word: str, lexicon: Lexicon, speech: Speech) -> Document:
    spec = asked.topic.spec
    command = f"/topics {word} {spec.slug}"
    how = (
        (
            (f"{command}: WORDS", speech.say("only reports that have these too")),
            (f"{command}: -WORD", speech.say("no report that has this")),
        )
        if word == "narrow"
        else ((f"{command}: WORDS", speech.say("also reports that have these instead")),)
    )
    return document(
        speech.tell("{topic} looks for {query}", topic=strong(spec.name), query=code(spec.query)),
        *(line(form(speech, typed), f" — {does}") for typed, does in how),
        *((not_ours(speech),) if asked.topic.chat_id is None else ()),
        actions=tuple(narrowing_or_widening(asked.topic, asked.topics, word, lexicon, speech)),
    )


def not_ours(speech: Speech) -> Line:
    return line(faint(speech.say("It is on offer to everyone, so that makes a topic of this chat's own.")))


async def _look_for(invocation: Invocation, asked: _Asked, query: Query) -> Document:
    """Have the topic look for something else, and say what was understood."""
    topic, lexicon, speech = asked.topic, invocation.catalog.lexicon, invocation.speech
    if query.text == topic.spec.query:
        return document(speech.tell("🤔 {topic} looks for that already.", topic=strong(topic.spec.name)))
    if topic.chat_id is None:
        own = f"{_own_name(topic, asked.topics)} = {query.text}"
        return _on_offer(topic, own, speech)
    spec = replace(topic.spec, query=query.text)
    changed = await invocation.services.newsdesk.change_topic(topic.id, spec)
    if changed is None:
        return _overtaken(topic, speech)
    undo = f"/topics edit {spec.slug} = {topic.spec.query}"
    more = [
        action for action in refinements(changed, asked.topics, lexicon, speech) if action.command != undo
    ]
    return document(
        speech.tell(
            "✅ {topic} looks for something else now: {query}",
            topic=strong(spec.name),
            query=code(spec.query),
        ),
        (),
        *understood(query, lexicon, speech),
        *(() if changed.backfilled else ((), still_searched(speech))),
        actions=(
            Action(speech.say("See what it would match"), f"/topics test {spec.slug}"),
            *more,
            Action(speech.say("Undo"), undo),
        ),
        changed=True,
    )


def _on_offer(topic: Topic, own: str, speech: Speech) -> Document:
    """`own`: the definition of what the chat can have instead."""
    return document(
        speech.tell(
            "🤔 {topic} is on offer to everyone and cannot be changed.", topic=strong(topic.spec.name)
        ),
        speech.say("This chat can have one of its own:"),
        actions=(Action(speech.say("Make our own"), f"/topics add {own}"),),
    )


def _overtaken(topic: Topic, speech: Speech) -> Document:
    """Somebody else in the chat was faster."""
    return document(
        speech.tell(
            "🤔 {topic} was changed or removed meanwhile, or that name taken.", topic=strong(topic.spec.name)
        ),
        actions=(Action(speech.say("All topics"), "/topics"),),
    )


async def _asked(invocation: Invocation, word: str, divider: str) -> _Asked | Document:
    """The topic and what stands behind the `divider`, or what to say where no topic is named."""
    topics = await invocation.topics()
    if not invocation.args:
        return misuse(invocation, invocation.speech.say("Which topic?"), word=word)
    topic, rest = divided(invocation.args, topics) if divider else divided(invocation.args, topics, "")
    if isinstance(topic, Topic):
        return _Asked(topic, rest, topics)
    command = f"/topics {word}"
    meant = undivided(invocation.args, topics) if divider and not rest else None
    if meant is not None:
        corrected = f"{command} {meant[0].spec.slug}{divider}{meant[1]}"
        return did_you_mean(invocation.speech, [corrected])
    behind = f"{divider}{rest}" if rest else ""
    return (not_own if divider else not_found)(topic, topics, command, invocation.speech, behind=behind)
