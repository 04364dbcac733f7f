"""Settings of the process, from the environment and `.env`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self, cast

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from bot.domain.access import Access
from bot.domain.chats import Platform
from bot.domain.polling import Cadence, FeedLimits
from bot.domain.topics import TOPICS_PER_CHAT
from bot.settings.toml import nearest

MAX_PORT = 65_535
PREFIX = "SOKUHO_"
TELEGRAM_API = "https://api.telegram.org"
SLACK_API = "https://slack.com/api/"

_REPOSITORY = Path(__file__).parents[2]


_PLATFORM_CHAT = re.compile(r"(telegram:-?\d+(/\d+)?|slack:[A-Z0-9]+(/[A-Z0-9]+)?)")


def _listed(value: object) -> object:
    """`telegram:-100123, slack:T01/C02` as a set."""
    if not isinstance(value, str):
        return value
    names = frozenset(filter(None, re.split(r"[\s,;]+", value)))
    if not all(map(_PLATFORM_CHAT.fullmatch, names)):
        # It is not repeated: a token may have been copied one line too low.
        raise ValueError("something in it names no chat; write telegram:-100123 or slack:T01/C02")
    return names


def _chat(value: str) -> str:
    if value and not re.fullmatch(r"telegram:-?\d+(/\d+)?|slack:[A-Z0-9]+/[A-Z0-9]+", value):
        raise ValueError("write a chat such as telegram:-100123 or slack:T01/C02")
    return value


def _networks(value: object) -> object:
    """`10.1.2.0/24, 192.168.1.7` as networks."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(map(ip_network, filter(None, re.split(r"[\s,;]+", value))))
    except ValueError as error:
        raise ValueError("write networks such as 10.1.2.0/24 or 192.168.1.7") from error


def _host_and_port(value: str) -> str:
    read = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[\w.-]+):(?P<port>\d{1,5})", value)
    if value and (read is None or int(read["port"]) > MAX_PORT):
        raise ValueError("write a host and a port, such as 127.0.0.1:8080")
    return value


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError("write an address that begins with https://")
    return value


def _hook_secret(value: SecretStr) -> SecretStr:
    # core.telegram.org/bots/api#setwebhook allows one to 256 of these; a short one can be guessed.
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value.get_secret_value()):
        raise ValueError("take 16 to 256 letters, digits, _ and -")
    return value


def _split(value: SecretStr) -> tuple[str, ...]:
    return tuple(filter(None, re.split(r"[\s,;]+", value.get_secret_value())))


def _keys(value: SecretStr) -> SecretStr:
    keys = _split(value)
    if not keys or not all(re.fullmatch(r"[A-Za-z0-9_-]{43}=", key) for key in keys):
        raise ValueError("something in it is no key; `sokuho key` makes one")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]


class Environment(BaseSettings):
    """Read from `SOKUHO_…` variables, or from `.env` in the current folder."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    config_dir: Path = Field(
        default=_REPOSITORY / "config", description="where feeds.toml and the others are"
    )
    data_dir: Path = Field(default=Path("data"), description="where the database is kept")
    database_url: SecretStr | None = Field(default=None, description="default: SQLite in the data folder")
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="auto: text on a terminal, JSON elsewhere"
    )
    poll_minutes: Annotated[float, Field(gt=0, le=1440)] = Field(
        default=5, description="between two polls of a busy feed"
    )
    poll_minutes_at_most: Annotated[float, Field(gt=0, le=1440)] = Field(
        default=30, description="between two polls of a quiet feed"
    )
    topics_per_chat: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=TOPICS_PER_CHAT, description="topics that one chat may make"
    )
    feeds_per_chat: Annotated[int, Field(ge=0, le=1_000)] = Field(
        default=FeedLimits().per_chat, description="feeds that one chat may name; 0: none"
    )
    feeds_of_all_chats: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=FeedLimits().all_chats, description="feeds that all chats together may name; 0: none"
    )
    contact: str = Field(default="", description="an address for feed operators, sent in the User-Agent")
    private_networks: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)
    ] = Field(default=(), description="private networks in which configured feeds may be: 10.1.2.0/24")
    telegram_token: SecretStr | None = Field(default=None, description="from @BotFather")
    telegram_api: WebAddress = Field(default=TELEGRAM_API, description="a Bot API server")
    slack_bot_token: SecretStr | None = Field(default=None, description="xoxb-…")
    slack_app_token: SecretStr | None = Field(default=None, description="xapp-…, for Socket Mode")
    slack_signing_secret: SecretStr | None = Field(
        default=None, description="has Slack post events to SOKUHO_PUBLIC_URL, signed with it"
    )
    slack_client_id: str = Field(default="", description="of an app that workspaces install by themselves")
    slack_client_secret: SecretStr | None = Field(default=None, description="of the same app")
    encryption_keys: Annotated[SecretStr, AfterValidator(_keys)] | None = Field(
        default=None, description="for what workspaces entrust to us: the first seals, all open; `sokuho key`"
    )
    slack_api: WebAddress = Field(default=SLACK_API, description="Slack's Web API")
    invite_code: SecretStr | None = Field(default=None, description="lets a chat in that gives it")
    chats: Annotated[frozenset[str], NoDecode, BeforeValidator(_listed)] = Field(
        default=frozenset(), description="chats that are let in: telegram:-100123, slack:T01/C02"
    )
    operator_chat: Annotated[str, AfterValidator(_chat)] = Field(
        default="", description="the chat that hears what is wrong: telegram:-100123, slack:T01/C02"
    )
    keep_days: Annotated[int, Field(ge=14, le=36_500)] = Field(
        default=90, description="days after which what is over is forgotten"
    )
    drain_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        default=10, description="how long a stop waits for calls under way"
    )
    http: Annotated[str, AfterValidator(_host_and_port)] = Field(
        default="",
        description="host:port of /healthz, /readyz and /metrics, and of what the platforms post to",
    )
    public_url: Annotated[str, AfterValidator(_web_address)] | Literal[""] = Field(
        default="", description="https://…, where the web reaches what is served at SOKUHO_HTTP"
    )
    telegram_webhook_secret: Annotated[SecretStr, AfterValidator(_hook_secret)] | None = Field(
        default=None, description="has Telegram post updates to SOKUHO_PUBLIC_URL, with this to prove itself"
    )

    @model_validator(mode="after")
    def _slack_is_whole(self) -> Self:
        """One workspace with its token, by socket or by signed posts; or an app that workspaces install."""
        many = {
            "SLACK_CLIENT_ID": self.slack_client_id or None,
            "SLACK_CLIENT_SECRET": self.slack_client_secret,
            "ENCRYPTION_KEYS": self.encryption_keys,
        }
        if self.slack_client_id or self.slack_client_secret is not None:
            if self.slack_bot_token is not None:
                raise ValueError(
                    "SOKUHO_SLACK_BOT_TOKEN is for one workspace, SOKUHO_SLACK_CLIENT_ID for many; take one of them out"
                )
            missing = [name for name, value in many.items() if value is None]
            if self.slack_signing_secret is None:
                missing.append("SLACK_SIGNING_SECRET")
            if missing:
                raise ValueError(f"SOKUHO_{missing[0]} is missing; an app that workspaces install needs it")
        elif self.slack_signing_secret is not None and self.slack_bot_token is None:
            raise ValueError(
                "SOKUHO_SLACK_BOT_TOKEN is missing, or SOKUHO_SLACK_CLIENT_ID for many workspaces"
            )
        if self.slack_signing_secret is not None and self.slack_app_token is not None:
            raise ValueError(
                "SOKUHO_SLACK_APP_TOKEN is for Socket Mode, SOKUHO_SLACK_SIGNING_SECRET for posts; take one of them out"
            )
        one = self.slack_bot_token is not None, self.slack_app_token is not None
        if self.slack_signing_secret is None and one[0] != one[1]:
            missing_token = "SLACK_APP_TOKEN" if one[0] else "SLACK_BOT_TOKEN"
            raise ValueError(f"SOKUHO_{missing_token} is missing; Slack needs both of its tokens")
        return self

    @model_validator(mode="after")
    def _posts_need_an_address(self) -> Self:
        if self.telegram_webhook_secret is None and self.slack_signing_secret is None:
            return self
        for name, value in (("HTTP", self.http), ("PUBLIC_URL", self.public_url)):
            if not value:
                raise ValueError(
                    f"SOKUHO_{name} is missing; what the platforms post has to come in somewhere"
                )
        if self.telegram_webhook_secret is not None and self.telegram_token is None:
            raise ValueError("SOKUHO_TELEGRAM_TOKEN is missing; without it there is no bot to post to")
        # A Bot API server of one's own may post to plain http within a network of one's own.
        posts_from_outside = (
            self.telegram_webhook_secret is not None and self.telegram_api == TELEGRAM_API
        ) or (self.slack_signing_secret is not None and self.slack_api == SLACK_API)
        if posts_from_outside and not self.public_url.startswith("https://"):
            raise ValueError(
                "SOKUHO_PUBLIC_URL has to begin with https://; the platforms post to nothing else"
            )
        return self

    @property
    def access(self) -> Access:
        """Who may use the bot."""
        return Access(None if self.invite_code is None else self.invite_code.get_secret_value(), self.chats)

    @property
    def operator(self) -> tuple[Platform, str] | None:
        """The platform and the address of the chat that hears what is wrong."""
        platform, _, address = self.operator_chat.partition(":")
        return (cast("Platform", platform), address) if address else None

    @property
    def cadence(self) -> Cadence:
        """How often feeds are polled."""
        return Cadence(timedelta(minutes=self.poll_minutes), timedelta(minutes=self.poll_minutes_at_most))

    @property
    def feed_limits(self) -> FeedLimits:
        """How many feeds chats may name."""
        return FeedLimits(self.feeds_per_chat, self.feeds_of_all_chats)

    @property
    def keys(self) -> tuple[str, ...]:
        """For what is stored sealed, the one that seals first."""
        return () if self.encryption_keys is None else _split(self.encryption_keys)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must stand in no log."""
        return self.keys + tuple(
            value.get_secret_value()
            for value in (getattr(self, name) for name in type(self).model_fields)
            if isinstance(value, SecretStr)
        )

    @property
    def store_url(self) -> str:
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'sokuho.db'}"


def read_environment() -> Environment | str:
    """The settings, or a sentence a line about what to mend. Values are not repeated: they may be secrets."""
    try:
        return Environment()
    except ValidationError as error:
        return "\n".join(
            _sentence(problem["loc"], problem["msg"])
            for problem in error.errors(include_input=False, include_url=False)
        )


def idle_settings(environment: Environment) -> tuple[str, ...]:
    """A sentence on each setting that was given and does nothing: a slip in its name, or another one is missing."""
    sources = EnvSettingsSource(Environment), DotEnvSettingsSource(Environment)
    return tuple(_idle(environment, {name.upper() for source in sources for name in source.env_vars}))


def _idle(environment: Environment, given: Iterable[str]) -> Iterator[str]:
    known = [f"{PREFIX}{name}".upper() for name in Environment.model_fields]
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in known:
            near = nearest(name, known)
            yield f"{name} is no setting" + (f"; did you mean {near}?" if near else ", and does nothing.")
    if environment.public_url and not environment.http:
        yield "SOKUHO_PUBLIC_URL does nothing without SOKUHO_HTTP, which says where to listen."


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"SOKUHO_{'_'.join(map(str, place)).upper()}: {message}" if place else message
