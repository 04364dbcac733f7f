"""Settings of the process, from the environment and `.env`."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self, cast

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.access import Access
from bot.domain.chats import Platform
from bot.domain.polling import FEEDS_PER_CHAT, Cadence
from bot.domain.topics import TOPICS_PER_CHAT

MAX_PORT = 65_535

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


WebAddress = Annotated[str, AfterValidator(_web_address)]


class Environment(BaseSettings):
    """Read from `SOKUHO_…` variables, or from `.env` in the current folder."""

    model_config = SettingsConfigDict(
        env_prefix="SOKUHO_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
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
        default=FEEDS_PER_CHAT, description="feeds that one chat may name; 0: none"
    )
    contact: str = Field(default="", description="an address for feed operators, sent in the User-Agent")
    private_networks: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)
    ] = Field(default=(), description="private networks in which configured feeds may be: 10.1.2.0/24")
    telegram_token: SecretStr | None = Field(default=None, description="from @BotFather")
    telegram_api: WebAddress = Field(default="https://api.telegram.org", description="a Bot API server")
    slack_bot_token: SecretStr | None = Field(default=None, description="xoxb-…")
    slack_app_token: SecretStr | None = Field(default=None, description="xapp-…, for Socket Mode")
    slack_api: WebAddress = Field(default="https://slack.com/api/", description="Slack's Web API")
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
        default="", description="host:port of /healthz, /readyz and /metrics"
    )

    public_url: Annotated[str, AfterValidator(_web_address)] | Literal[""] = Field(
        default="", description="https://…, where the web reaches what is served at SOKUHO_HTTP"
    )

    @model_validator(mode="after")
    def _slack_needs_both(self) -> Self:
        if (self.slack_bot_token is None) != (self.slack_app_token is None):
            missing = "SLACK_APP_TOKEN" if self.slack_app_token is None else "SLACK_BOT_TOKEN"
            raise ValueError(f"SOKUHO_{missing} is missing; Slack needs both of its tokens")
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
    def secrets(self) -> tuple[str, ...]:
        """What must stand in no log."""
        return tuple(
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


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"SOKUHO_{'_'.join(map(str, place)).upper()}: {message}" if place else message
