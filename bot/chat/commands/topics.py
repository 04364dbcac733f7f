"""`/topics`: this chat's topics and those on offer; `add`, `remove`, `show` and `test` of one (`changing` has the rest)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.chat.commands.base import Invocation, steering
from bot.chat.commands.changing import HANDLERS, name_problem, own_name, refinements, still_searched
from bot.chat.commands.history import expected
from bot.chat.commands.lookup import find_topic, not_found, not_own, topic_actions
from bot.chat.commands.misuse import misuse, subcommand
from bot.chat.commands.trial import try_out
from bot.chat.commands.tuning import known_settings, unusual
from bot.chat.commands.understanding import corrections, doubtful, query_problem, understood
from bot.chat.commands.wording import clip, example, form
from bot.domain.correcting import doubt, mended
from bot.domain.documents import Action, Document, Line, Span, code, document, faint, line, strong
from bot.domain.queries import QueryProblem, read_query
from bot.domain.speech import Speech
from bot.domain.topics import Topic, TopicSpec, definition_of, slug_of, split_definition


async def topics(invocation: Invocation) -> Document:
    if not invocation.args:
        return await _list(invocation)
    own = {"add": _add, "remove": _remove, "show": _show, "test": try_out, "list": _list}
    return await subcommand(invocation, own | HANDLERS, _unknown)


async def _list(invocation: Invocation) -> Document:
    speech = invocation.speech
    topics = await invocation.topics()
    subscribed = {one.topic_id: one for one in await invocation.store.subscriptions(invocation.chat.id)}
    known = known_settings(invocation)
    tuned = {id_: unusual(one, known, speech) for id_, one in subscribed.items()}
    followed = [topic for topic in topics if topic.id in subscribed]
    offered = [topic for topic in topics if topic.id not in subscribed and topic.chat_id is None]
    own = [topic for topic in topics if topic.id not in subscribed and topic.chat_id is not None]
    lines: list[Line] = []
    for title, group in (
        (speech.say("Subscribed"), followed),
        (speech.say("On offer"), offered),
        (speech.say("Made in this chat"), own),
    ):
        if group:
            lines.extend(
                (line(strong(title)), *(_listing(topic, tuned.get(topic.id)) for topic in group), ())
            )
    lines.append(speech.tell("Make your own: {command}", tone=faint, command=example(speech)))
    return document(*lines, actions=topic_actions("/subscribe", [*offered, *own], speech), again="/topics")


def _listing(topic: Topic, tuned: str | None) -> Line:
    return line(f"• {topic.spec.name}", *_slug(topic.spec), *((faint(f"  🎛 {tuned}"),) if tuned else ()))


def _slug(spec: TopicSpec) -> tuple[Span, ...]:
    """What to type for the topic, where that is not its name."""
    return () if slug_of(spec.name) == spec.slug else (Span("  "), code(spec.slug))


async def _unknown(invocation: Invocation) -> Document | None:
    """`/topics armenia` means to see that topic; other words may be meant as a new one."""
    topics = await invocation.topics()
    topic = find_topic(invocation.args, topics)
    if isinstance(topic, Topic):
        return await _show(invocation)
    query = clip(invocation.args, 200)
    if isinstance(read_query(query, invocation.catalog.lexicon), QueryProblem):
        return None
    speech = invocation.speech
    return document(
        speech.say("🤔 To follow “{words}”, say what to do with it:", words=query),
        actions=(
            Action(speech.say("Make it a topic"), f"/topics add {query}"),
            Action(speech.say("See what it would match"), f"/topics test {query}"),
        ),
    )


@steering
async def _add(invocation: Invocation) -> Document:
    speech = invocation.speech
    spec = split_definition(invocation.args)
    if not spec.query:
        return _what(speech)
    topics = await invocation.topics()
    lexicon = invocation.catalog.lexicon
    query = read_query(spec.query, lexicon)
    named = "/topics add " + (f"{spec.name} = " if spec.name != spec.query else "")
    if isinstance(query, QueryProblem):
        meant = corrections(named, mended(spec.query, query, lexicon))
        return query_problem(query, spec.query, speech, meant)
    problem = _problem(invocation, spec, topics)
    if problem is not None:
        return problem
    slip = doubt(query, lexicon)
    if slip is not None:
        return doubtful(slip, query, named, f"/topics add {spec.name} = ", speech)
    topic = await invocation.services.newsdesk.add_topic(invocation.chat.id, spec)
    if topic is None:
        return document(
            speech.say("🤔 There is a topic {topic} already.", topic=spec.slug),
            speech.tell("Choose another name: {command}", command=form(speech, "/topics add NAME = QUERY")),
        )
    return document(
        speech.tell("✅ Made the topic {topic}. This chat does not follow it yet.", topic=strong(spec.name)),
        (),
        *understood(query, lexicon, speech),
        *(() if topic.backfilled else ((), still_searched(speech))),
        actions=(
            *_instead(spec, [topic for topic in topics if topic.id in await invocation.subscribed()], speech),
            Action(speech.say("Subscribe"), f"/subscribe {spec.slug}"),
            Action(speech.say("See what it would match"), f"/topics test {spec.slug}"),
            *refinements(topic, topics, lexicon, speech),
        ),
        changed=True,
    )


def _instead(spec: TopicSpec, followed: Iterable[Topic], speech: Speech) -> Iterator[Action]:
    """A button that has a chat follow its own copy of a topic, where it follows that."""
    for topic in followed:
        if topic.chat_id is None and spec.name.startswith(own_name(topic)):
            command = f"/subscribe {spec.slug} instead of {topic.spec.slug}"
            yield Action(clip(speech.say("Follow it instead of {topic}", topic=topic.spec.name), 40), command)


def _what(speech: Speech) -> Document:
    return document(
        speech.say("🤔 What should the topic look for?"),
        (),
        speech.tell("For example: {command}", command=example(speech)),
        speech.tell("With a name of its own: {command}", command=example(speech, speech.say("Strait"))),
    )


def _problem(invocation: Invocation, spec: TopicSpec, topics: Sequence[Topic]) -> Document | None:
    """What stands against a new topic, but for its query, if anything."""
    speech = invocation.speech
    problem = name_problem(spec, topics, "/topics add NAME = QUERY", speech)
    limit = invocation.services.topics_per_chat
    if problem is None and sum(topic.chat_id is not None for topic in topics) >= limit:
        return document(
            speech.plural(
                "🤔 This chat has {n} topic of its own, which is the limit.",
                "🤔 This chat has {n} topics of its own, which is the limit.",
                limit,
            ),
            speech.tell("Remove one first: {command}", command=form(speech, "/topics remove TOPIC")),
        )
    return problem


@steering
async def _remove(invocation: Invocation) -> Document:
    topics = await invocation.topics()
    topic = _one_of(invocation, topics, "remove")
    if isinstance(topic, Document):
        return topic
    spec, speech = topic.spec, invocation.speech
    if topic.chat_id is None:
        return document(
            speech.tell("🤔 {topic} is on offer to everyone and cannot be removed.", topic=strong(spec.name)),
            actions=(Action(speech.say("Unsubscribe instead"), f"/unsubscribe {spec.slug}"),),
        )
    was_subscribed = topic.id in await invocation.subscribed()
    await invocation.services.newsdesk.remove_topic(topic.id)
    name = strong(spec.name)
    return document(
        speech.tell(
            "✅ Removed the topic {topic}. This chat was subscribed to it; that has ended too.", topic=name
        )
        if was_subscribed
        else speech.tell("✅ Removed the topic {topic}.", topic=name),
        actions=(Action(speech.say("Make it again"), f"/topics add {definition_of(spec)}"),),
        changed=True,
    )


async def _show(invocation: Invocation) -> Document:
    topics = await invocation.topics()
    topic = _one_of(invocation, topics, "show")
    if isinstance(topic, Document):
        return topic
    spec, speech = topic.spec, invocation.speech
    lexicon = invocation.catalog.lexicon
    query = read_query(spec.query, lexicon)
    meaning = (
        query_problem(query, spec.query, speech).lines
        if isinstance(query, QueryProblem)
        else understood(query, lexicon, speech)
    )
    subscribed = topic.id in await invocation.subscribed()
    return document(
        line(
            strong(spec.name),
            *_slug(spec),
            faint(f" · {speech.say('subscribed') if subscribed else speech.say('not subscribed')}"),
        ),
        speech.tell("Query: {query}", query=code(spec.query)),
        (),
        *meaning,
        (),
        line(faint(await expected(invocation, (topic,)))),
        actions=(
            *_actions(topic, speech, subscribed=subscribed),
            *refinements(topic, topics, lexicon, speech),
            *_own(topic, speech),
        ),
    )


def _actions(topic: Topic, speech: Speech, *, subscribed: bool) -> tuple[Action, ...]:
    slug = topic.spec.slug
    toggle = (
        Action(speech.say("Unsubscribe"), f"/unsubscribe {slug}")
        if subscribed
        else Action(speech.say("Subscribe"), f"/subscribe {slug}")
    )
    trial = Action(speech.say("See what it would match"), f"/topics test {slug}")
    return (
        (toggle, trial, Action(speech.say("How it comes"), f"/tune {slug}"))
        if subscribed
        else (toggle, trial)
    )


def _own(topic: Topic, speech: Speech) -> tuple[Action, ...]:
    """What a chat may do with a topic of its own alone."""
    if topic.chat_id is None:
        return ()
    slug = topic.spec.slug
    return (
        Action(speech.say("Share it"), f"/topics share {slug}"),
        Action(speech.say("Remove it"), f"/topics remove {slug}"),
    )


def _one_of(invocation: Invocation, topics: Sequence[Topic], word: str) -> Topic | Document:
    """The topic that the arguments name, or what to say where they do not."""
    if not invocation.args:
        return misuse(invocation, invocation.speech.say("Which topic?"), word=word)
    topic = find_topic(invocation.args, topics)
    if isinstance(topic, Topic):
        return topic
    return (not_own if word == "remove" else not_found)(topic, topics, f"/topics {word}", invocation.speech)
