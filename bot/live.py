"""A run: the real feeds, told to Telegram and Slack, or else to this terminal. Ends on /stop, Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

from rich.console import Console

from bot.app import App, ConfigWatcher, Parts, network, pass_over
from bot.chat.console import ConsoleChat, ConsoleMessenger
from bot.chat.drawing import draw, make_console
from bot.chat.lanes import Listen, Turn, always
from bot.chat.locales import load_speeches
from bot.chat.reception import Reception, serve_only
from bot.chat.slack.bot import SlackBot
from bot.chat.slack.installing import OAuthApp
from bot.chat.slack.ways import Posts, SocketMode
from bot.chat.telegram.bot import TelegramBot
from bot.chat.telegram.ways import Hook
from bot.clock import SystemClock
from bot.domain.catalog import Catalog
from bot.domain.chats import Platform
from bot.domain.deliveries import DeliveryKind
from bot.domain.documents import document, line, strong
from bot.domain.facts import Fact, Observer, lag
from bot.domain.speech import ENGLISH
from bot.feeds.finding import SiteFinder
from bot.feeds.websub import PATH as WEBSUB_PATH
from bot.feeds.websub import routes_of
from bot.health import Check, serving_health
from bot.metrics import Metrics
from bot.outbox import Telling
from bot.ports import Clock, Messenger, Store
from bot.retention import EVERY as FORGET_EVERY
from bot.retention import Retention
from bot.roles import ALL_ROLES, Role, Sharing, Work, peer_name, while_held
from bot.scheduler import Chore
from bot.session import attend, console_chat, opened_store, stop_on_signals
from bot.settings.environment import Environment
from bot.storage.database import StoreProblem
from bot.storage.sql import open_shared
from bot.watching import EVERY as LOOK_EVERY
from bot.watching import Watch


async def run_live(
    environment: Environment, catalog: Catalog, roles: frozenset[Role] | None = None
) -> str | None:
    """`sokuho run`: answers what stops it from starting or from going on, if anything.

    With `roles`, it is one of several processes on one database.
    """
    clock, console, does = SystemClock(), make_console(), roles or ALL_ROLES
    stop, problems = asyncio.Event(), list[str]()

    def fail(sentence: str) -> None:
        problems.append(sentence)
        stop.set()

    async with (
        _opened(environment.store_url, roles) as opened,
        network(
            clock,
            environment.contact,
            environment.private_networks,
            warm=Role.POLL in does,
        ) as (fetcher, parser),
    ):
        if isinstance(opened, StoreProblem):
            return opened.sentence
        store, sharing = opened
        metrics = Metrics()
        bots = _platform_bots(environment, store, clock, fail, partial(_turn, sharing, stop), metrics)
        if sharing is not None and not bots:
            return "--roles is for Telegram and Slack, and there is no token for either. See the README."
        messengers: dict[Platform, Messenger] = {name: bot.messenger for name, bot in bots.items()}
        operator = environment.operator
        if operator is not None and operator[0] not in bots:
            return f"SOKUHO_OPERATOR_CHAT is on {operator[0]}, and there is no token for that."
        listens = Role.CHAT in does
        watch = (
            _watch(operator, store, clock, bots, listens=listens) if operator and Role.SEND in does else None
        )
        retention = Retention(store, clock, timedelta(days=environment.keep_days))
        app = App(
            Parts(
                catalog=catalog,
                store=store,
                clock=clock,
                fetcher=fetcher,
                parser=parser,
                messengers=messengers or {"console": ConsoleMessenger(console, load_speeches())},
                cadence=environment.cadence,
                topics_per_chat=environment.topics_per_chat,
                finder=SiteFinder(fetcher, parser),
                feed_limits=environment.feed_limits,
                observe=partial(_observe, (metrics, watch) if watch else (metrics,)),
                chores=tuple(_chores(retention if Role.DESK in does else None, watch)),
                drain_seconds=environment.drain_seconds,
                listener=partial(_count_lag, metrics),
                hubs=fetcher if Role.POLL in does and environment.http and environment.public_url else None,
                sharing=sharing,
                callback=f"{environment.public_url.rstrip('/')}{WEBSUB_PATH}",
            )
        )
        if listens:
            await serve_only(store, app.parts.messengers, clock.now())
        await app.start()
        pass_over()
        watcher = ConfigWatcher(
            environment.config_dir, app.adopt, lambda text: draw(document(*text.splitlines()), console)
        )
        reception = Reception(app.services(), environment.access)
        routes = [
            metrics.route(store, clock),
            *(routes_of(app.subscriber) if app.subscriber else ()),
            *(route for bot in bots.values() if listens for route in bot.routes),
        ]
        try:
            # The server first and last: nothing is posted to a bot that is not there.
            async with (
                serving_health(environment.http, _checks(app, bots if listens else {}), routes),
                _started(bots.values(), reception, listens=listens) as problem,
            ):
                if problem:
                    return problem
                _greet(catalog, bots, console)
                if bots:
                    stop_on_signals(stop)
                    await app.run(stop, watcher.check)
                else:
                    talk = ConsoleChat(app.services(stop.set), await console_chat(store, clock), console)
                    await attend(app, talk, stop, first="/start", reload=watcher.check)
        except OSError as error:
            return f"SOKUHO_HTTP ({environment.http}) cannot be listened at: {error.strerror}."
    return "\n".join(problems) or None


def _turn(sharing: Sharing | None, stop: asyncio.Event, name: str, *, posted: bool) -> Turn | None:
    """When to listen. What is posted, any process of ours may hear; what is asked for, one at a time."""
    if sharing is None:
        return None
    if posted:
        return always

    async def while_ours(listen: Listen) -> None:
        await while_held(sharing.hold(name), Work(listen, name), stop)

    return while_ours


def _platform_bots(
    environment: Environment,
    store: Store,
    clock: Clock,
    fail: Callable[[str], None],
    turn: Callable[..., Turn | None],
    observe: Observer,
) -> dict[Platform, TelegramBot | SlackBot]:
    """The bots that there are tokens for."""
    bots: dict[Platform, TelegramBot | SlackBot] = {}
    if environment.telegram_token is not None:
        token, api = environment.telegram_token.get_secret_value(), environment.telegram_api.rstrip("/")
        secret = environment.telegram_webhook_secret
        hook = None if secret is None else Hook(environment.public_url, secret.get_secret_value())
        telegram_turn = turn("telegram updates", posted=hook is not None)
        bots["telegram"] = TelegramBot(
            token, store, clock, fail, api=api, hook=hook, turn=telegram_turn, observe=observe
        )
    slack_turn = turn("slack socket", posted=environment.slack_signing_secret is not None)
    way = _slack_way(environment, shared=slack_turn is not None)
    if way is not None:
        api = f"{environment.slack_api.rstrip('/')}/"
        bots["slack"] = SlackBot(
            _slack_installed(environment), way, store, clock, fail, api=api, turn=slack_turn, observe=observe
        )
    return bots


def _slack_way(environment: Environment, *, shared: bool) -> SocketMode | Posts | None:
    """How Slack is listened to, if it is."""
    if environment.slack_signing_secret is not None:
        return Posts(environment.slack_signing_secret.get_secret_value())
    if environment.slack_app_token is not None:
        return SocketMode(environment.slack_app_token.get_secret_value(), shared=shared)
    return None


def _slack_installed(environment: Environment) -> str | OAuthApp:
    """The token for one workspace, or the app that many may install."""
    if environment.slack_bot_token is not None:
        return environment.slack_bot_token.get_secret_value()
    secret = environment.slack_client_secret
    return OAuthApp(
        environment.slack_client_id,
        "" if secret is None else secret.get_secret_value(),
        environment.public_url,
        environment.keys,
    )


@asynccontextmanager
async def _started(
    bots: Iterable[TelegramBot | SlackBot], reception: Reception, *, listens: bool
) -> AsyncIterator[str | None]:
    """All of the bots, listening or not, or what stands against one; they are stopped at the end."""
    async with AsyncExitStack() as stack:
        problem = None
        for bot in bots:
            problem = problem or await bot.start(reception, listens=listens)
            stack.push_async_callback(bot.stop)
        yield problem


def _checks(app: App, bots: Mapping[Platform, TelegramBot | SlackBot]) -> dict[str, Check]:
    """What `/readyz` looks at."""

    async def database() -> bool:
        await app.parts.store.queue_status(app.parts.clock.now())
        return True

    def connected(bot: TelegramBot | SlackBot) -> Check:
        async def check() -> bool:
            return bot.connected

        return check

    return {"database": database, **{name: connected(bot) for name, bot in bots.items()}}


def _watch(
    operator: tuple[Platform, str],
    store: Store,
    clock: Clock,
    bots: Mapping[Platform, TelegramBot | SlackBot],
    *,
    listens: bool,
) -> Watch:
    def connected(bot: TelegramBot | SlackBot) -> Callable[[], bool]:
        return lambda: bot.connected

    return Watch(
        store,
        {name: bot.messenger for name, bot in bots.items()},
        clock,
        operator,
        speeches=load_speeches(),
        connected={name: connected(bot) for name, bot in bots.items() if listens},
    )


def _chores(retention: Retention | None, watch: Watch | None) -> Iterator[Chore]:
    if retention:
        yield Chore(FORGET_EVERY.total_seconds(), retention.work, "forgetting")
    if watch:
        yield Chore(LOOK_EVERY.total_seconds(), watch.look, "watch")


def _observe(observers: Iterable[Observer], fact: Fact) -> None:
    for observer in observers:
        observer(fact)


def _count_lag(metrics: Metrics, telling: Telling) -> None:
    """Of new messages that were not held back on purpose."""
    delivery = telling.delivery
    if telling.kind is not DeliveryKind.EDIT and not delivery.held:
        metrics.delivered(lag(telling.story, delivery.created, telling.at))


def _greet(catalog: Catalog, bots: Mapping[Platform, TelegramBot | SlackBot], console: Console) -> None:
    feeds = ENGLISH.plural("{n} feed", "{n} feeds", len(catalog.feeds))
    first = f" watches {feeds}. The first round takes a moment and is quiet "
    away = "not reached yet; it is tried until it is there"
    rows = [line(f"{platform.capitalize()}: {bot.name or away}") for platform, bot in bots.items()]
    end = [line("Ctrl-C ends it.")] if bots else []
    draw(document(line(strong("Sokuho"), first), "but for what is fresh.", *rows, *end), console)


@asynccontextmanager
async def _opened(
    url: str, roles: frozenset[Role] | None
) -> AsyncIterator[tuple[Store, Sharing | None] | StoreProblem]:
    """The store, and how it is shared, if it is."""
    if roles is None:
        async with opened_store(url) as store:
            yield store if isinstance(store, StoreProblem) else (store, None)
        return
    peer = peer_name()
    shared = await open_shared(url, peer)
    if isinstance(shared, StoreProblem):
        yield shared
        return
    try:
        yield shared.store, Sharing(peer, roles, shared.queue, shared.hold, shared.life)
    finally:
        await shared.queue.close()
        await shared.store.close()
