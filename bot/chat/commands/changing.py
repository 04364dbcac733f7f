"""`/topics rename`, `edit`, `narrow`, `widen` and `share`: what a chat does with a topic that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.chat.commands.base import Handler, Invocation, steering
from bot.chat.commands.lookup import divided, not_found, not_own, undivided
from bot.chat.commands.misuse import misuse
from bot.chat.commands.understanding import corrections, doubtful, query_problem, understood
from bot.chat.commands.wording import clip
from bot.domain.correcting import doubt, mended
from bot.domain.documents import Action, Document, code, document, faint, line, strong
from bot.domain.lexicon import Lexicon
from bot.domain.queries import Query, QueryProblem, read_query
from bot.domain.refining import Refinement, narrowed, narrower, widened, wider
from bot.domain.topics import MAX_NAME, Topic, TopicSpec, definition_of, slug_of

STILL_SEARCHED = line(faint("What came in the last days is still being searched for it."))

_NARROW, _WIDEN = "Narrow: ", "Widen: "


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be done with which topic: `rest` stands behind the divider."""

    topic: Topic
    rest: str
    topics: tuple[Topic, ...]
    """Those that the chat knows of."""


@steering
async def rename(invocation: Invocation) -> Document:
    asked = await _asked(invocation, "rename", " = ")
    if isinstance(asked, Document):
        return asked
    spec = replace(asked.topic.spec, name=asked.rest, slug=slug_of(asked.rest))
    if not asked.rest:
        return misuse(invocation, "What should it be called?", word="rename")
    if spec == asked.topic.spec:
        return document(line("🤔 It is called ", strong(spec.name), " already."))
    again = f"/topics rename {asked.topic.spec.slug} = NAME"
    problem = name_problem(spec, [topic for topic in asked.topics if topic.id != asked.topic.id], again)
    if problem is not None:
        return problem
    if asked.topic.chat_id is None:
        return _on_offer(asked.topic, (Action("Make our own", f"/topics add {definition_of(spec)}"),))
    changed = await invocation.services.newsdesk.change_topic(asked.topic.id, spec)
    if changed is None:
        return _overtaken(asked.topic)
    return document(
        line("✅ ", strong(asked.topic.spec.name), " is now ", strong(spec.name), "."),
        line(faint("All else about it stays as it was.")),
        actions=(Action("Undo", f"/topics rename {spec.slug} = {asked.topic.spec.name}"),),
        changed=True,
    )


@steering
async def edit(invocation: Invocation) -> Document:
    asked = await _asked(invocation, "edit", " = ")
    if isinstance(asked, Document):
        return asked
    if not asked.rest:
        return document(
            line("🤔 What should ", strong(asked.topic.spec.name), " look for?"),
            line("As yet: ", code(asked.topic.spec.query)),
            line(code(f"/topics edit {asked.topic.spec.slug} = QUERY")),
        )
    lexicon = invocation.catalog.lexicon
    query = read_query(asked.rest, lexicon)
    command = f"/topics edit {asked.topic.spec.slug} = "
    if isinstance(query, QueryProblem):
        meant = corrections(command, mended(asked.rest, query, lexicon))
        return query_problem(query, asked.rest, invocation.chat, meant)
    slip = doubt(query, lexicon)
    if slip is not None:
        return doubtful(slip, query, command, command)
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
    spec = asked.topic.spec
    if asked.topic.chat_id is None:
        return document(
            line(strong(spec.name), " is on offer in every chat. Type there:"),
            line(code(f"/subscribe {spec.slug}")),
        )
    return document(
        line("To have ", strong(spec.name), " in another chat too, type there:"),
        line(code(f"/topics add {definition_of(spec)}")),
    )


HANDLERS: dict[str, Handler] = {
    "rename": rename,
    "edit": edit,
    "narrow": narrow,
    "widen": widen,
    "share": share,
}


def name_problem(spec: TopicSpec, others: Sequence[Topic], usage: str) -> Document | None:
    """What is wrong with the name of a topic, if anything. `usage`: how to give another one."""
    if len(spec.name) > MAX_NAME:
        return document(
            f"🤔 That name has {len(spec.name)} characters; {MAX_NAME} is the limit.",
            line("A short one: ", code(usage)),
        )
    if not spec.slug:
        return document("🤔 A topic needs a name with letters or figures in it.", line(code(usage)))
    if "=" in spec.name or "＝" in spec.name:
        return document("🤔 A name has no = in it: a query stands behind that.", line(code(usage)))
    taken = next((topic for topic in others if topic.spec.slug == spec.slug), None)
    if taken is None:
        return None
    whose = "on offer" if taken.chat_id is None else "in this chat"
    return document(
        line("🤔 There is a topic ", strong(taken.spec.slug), f" {whose} already."),
        line("Choose another name: ", code(usage)),
        actions=(
            Action(f"Show {taken.spec.name}", f"/topics show {taken.spec.slug}"),
            Action(f"Subscribe to {taken.spec.name}", f"/subscribe {taken.spec.slug}"),
        ),
    )


def refinements(topic: Topic, topics: Sequence[Topic], lexicon: Lexicon) -> tuple[Action, ...]:
    """Buttons that narrow the topic and widen it; of one on offer, they make the chat a copy."""
    return (
        *narrowing_or_widening(topic, topics, "narrow", lexicon),
        *narrowing_or_widening(topic, topics, "widen", lexicon),
    )


def narrowing_or_widening(
    topic: Topic, topics: Sequence[Topic], word: str, lexicon: Lexicon
) -> Iterator[Action]:
    find, verb = (narrower, _NARROW) if word == "narrow" else (wider, _WIDEN)
    return offered(topic, topics, find(topic.spec.query, lexicon), verb)


def offered(
    topic: Topic, topics: Sequence[Topic], refinements: Iterable[Refinement], verb: str = ""
) -> Iterator[Action]:
    """Buttons that have the topic look for this instead; of one on offer, they make the chat a copy."""
    for refined in refinements:
        label = verb if topic.chat_id is not None else "Our own, "
        how = refined.how if label else refined.how[0].upper() + refined.how[1:]
        yield Action(clip(f"{label}{how}", 40), _command(topic, topics, refined.query))


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
    spec, lexicon = asked.topic.spec, invocation.catalog.lexicon
    before = read_query(spec.query, lexicon)
    if isinstance(before, QueryProblem):
        return query_problem(before, spec.query, invocation.chat)
    if not asked.rest:
        return _how_to_refine(asked, word, lexicon)
    query = join(spec.query, asked.rest, lexicon)
    if isinstance(query, QueryProblem):
        return query_problem(query, asked.rest, invocation.chat)
    if query.root != before.root:
        return await _look_for(invocation, asked, query)
    alone = read_query(asked.rest, lexicon)
    if isinstance(alone, QueryProblem):
        return query_problem(alone, asked.rest, invocation.chat)
    return document(line("🤔 That changes nothing: ", strong(spec.name), " asks for it already."))


def _how_to_refine(asked: _Asked, word: str, lexicon: Lexicon) -> Document:
    spec = asked.topic.spec
    command = f"/topics {word} {spec.slug}"
    how = (
        (
            line(code(f"{command}: WORDS"), " — only reports that have these too"),
            line(code(f"{command}: -WORD"), " — no report that has this"),
        )
        if word == "narrow"
        else (line(code(f"{command}: WORDS"), " — also reports that have these instead"),)
    )
    return document(
        line(strong(spec.name), " looks for ", code(spec.query)),
        *how,
        *((NOT_OURS,) if asked.topic.chat_id is None else ()),
        actions=tuple(narrowing_or_widening(asked.topic, asked.topics, word, lexicon)),
    )


NOT_OURS = line(
    faint("It is on offer to everyone, so that makes a topic of this chat's own, to follow instead.")
)


async def _look_for(invocation: Invocation, asked: _Asked, query: Query) -> Document:
    """Have the topic look for something else, and say what was understood."""
    topic, lexicon = asked.topic, invocation.catalog.lexicon
    if query.text == topic.spec.query:
        return document(line("🤔 ", strong(topic.spec.name), " looks for that already."))
    if topic.chat_id is None:
        return _on_offer(topic, (Action("Make our own", _command(topic, asked.topics, query.text)),))
    spec = replace(topic.spec, query=query.text)
    changed = await invocation.services.newsdesk.change_topic(topic.id, spec)
    if changed is None:
        return _overtaken(topic)
    undo = f"/topics edit {spec.slug} = {topic.spec.query}"
    more = [action for action in refinements(changed, asked.topics, lexicon) if action.command != undo]
    return document(
        line("✅ ", strong(spec.name), " looks for something else now: ", code(spec.query)),
        (),
        *understood(query, lexicon),
        *(() if changed.backfilled else ((), STILL_SEARCHED)),
        actions=(
            Action("See what it would match", f"/topics test {spec.slug}"),
            *more,
            Action("Undo", undo),
        ),
        changed=True,
    )


def _on_offer(topic: Topic, actions: tuple[Action, ...]) -> Document:
    return document(
        line("🤔 ", strong(topic.spec.name), " is on offer to everyone and cannot be changed."),
        line("This chat can have one of its own:"),
        actions=actions,
    )


def _overtaken(topic: Topic) -> Document:
    """Somebody else in the chat was faster."""
    return document(
        line("🤔 ", strong(topic.spec.name), " was changed or removed meanwhile, or that name taken."),
        actions=(Action("All topics", "/topics"),),
    )


async def _asked(invocation: Invocation, word: str, divider: str) -> _Asked | Document:
    """The topic and what stands behind the `divider`, or what to say where no topic is named."""
    topics = await invocation.topics()
    if not invocation.args:
        return misuse(invocation, "Which topic?", word=word)
    topic, rest = divided(invocation.args, topics) if divider else divided(invocation.args, topics, "")
    if isinstance(topic, Topic):
        return _Asked(topic, rest, topics)
    command = f"/topics {word}"
    meant = undivided(invocation.args, topics) if divider and not rest else None
    if meant is not None:
        corrected = f"{command} {meant[0].spec.slug}{divider}{meant[1]}"
        return document(
            line("🤔 Did you mean ", code(clip(corrected)), "?"),
            actions=(Action(clip(corrected), corrected),),
        )
    behind = f"{divider}{rest}" if rest else ""
    return (not_own if divider else not_found)(topic, topics, command, behind=behind)
