"""Settings of the process, from the environment and `.env`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.domain.access import OPEN, Access
from bot.settings.environment import Environment, idle_settings, read_environment


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("SOKUHO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read() -> Environment:
    environment = read_environment()
    assert isinstance(environment, Environment), environment
    return environment


def test_without_any_setting_it_runs() -> None:
    """The defaults are the project's own configuration and SQLite in a data folder."""
    environment = read()
    assert (environment.config_dir / "feeds.toml").is_file()
    assert environment.store_url == "sqlite:///data/sokuho.db"
    assert (environment.poll_minutes, environment.log_level, environment.contact) == (5, "warning", "")


def test_variables_and_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` in the current folder is read, other programs' variables in it are left alone, and the environment wins."""
    Path(".env").write_text(
        "SOKUHO_POLL_MINUTES=7.5\nSOKUHO_LOG_LEVEL=debug\nOTHER=1\nSOKUHO_CONTACT=Ünï <me@example.org>\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("SOKUHO_LOG_LEVEL", "info")
    monkeypatch.setenv("SOKUHO_DATA_DIR", "elsewhere")
    environment = read()
    assert (environment.poll_minutes, environment.log_level) == (7.5, "info")
    assert environment.contact == "Ünï <me@example.org>"
    assert environment.store_url == "sqlite:///elsewhere/sokuho.db"


def test_how_many_topics_a_chat_may_make(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read().topics_per_chat == 50
    for value in (1, 10_000):
        monkeypatch.setenv("SOKUHO_TOPICS_PER_CHAT", str(value))
        assert read().topics_per_chat == value


def test_private_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address alone is a network of one."""
    assert read().private_networks == ()
    monkeypatch.setenv("SOKUHO_PRIVATE_NETWORKS", "10.1.2.0/24, 192.168.1.7;fd00::/8")
    assert list(map(str, read().private_networks)) == ["10.1.2.0/24", "192.168.1.7/32", "fd00::/8"]


@pytest.mark.parametrize(
    ("value", "operator"),
    [
        ("telegram:-100123", ("telegram", "-100123")),
        ("telegram:-100123/7", ("telegram", "-100123/7")),
        ("slack:T01/C02", ("slack", "T01/C02")),
    ],
)
def test_the_operators_chat(monkeypatch: pytest.MonkeyPatch, value: str, operator: tuple[str, str]) -> None:
    assert read().operator is None
    monkeypatch.setenv("SOKUHO_OPERATOR_CHAT", value)
    assert read().operator == operator


def test_a_setting_without_a_value_is_not_set() -> None:
    """A line of `.env` that was left to be filled in stands for the default."""
    Path(".env").write_text("SOKUHO_DATABASE_URL=\nSOKUHO_POLL_MINUTES=\n", encoding="utf-8")
    environment = read()
    assert environment.store_url == "sqlite:///data/sokuho.db"
    assert environment.poll_minutes == 5


SECRET = "postgresql://me:pa55word@db/sokuho"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's address holds a password: it is used, and not printed."""
    monkeypatch.setenv("SOKUHO_DATABASE_URL", SECRET)
    environment = read()
    assert environment.store_url == SECRET
    for shown in (repr(environment), str(environment), environment.model_dump_json()):
        assert "pa55word" not in shown


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SOKUHO_POLL_MINUTES", "pa55word", "valid number"),
        ("SOKUHO_POLL_MINUTES", "0", "greater than 0"),
        ("SOKUHO_POLL_MINUTES", "1441", "less than or equal to 1440"),
        ("SOKUHO_POLL_MINUTES", "nan", ""),
        ("SOKUHO_TOPICS_PER_CHAT", "many", "valid integer"),
        ("SOKUHO_TOPICS_PER_CHAT", "0", "greater than or equal to 1"),
        ("SOKUHO_TOPICS_PER_CHAT", "10001", "less than or equal to 10000"),
        ("SOKUHO_LOG_LEVEL", "pa55word", "'debug', 'info', 'warning' or 'error'"),
        ("SOKUHO_LOG_FORMAT", "pa55word", "'auto', 'json' or 'text'"),
        ("SOKUHO_PRIVATE_NETWORKS", "10.0.0.0/8, pa55word", "such as 10.1.2.0/24"),
        ("SOKUHO_PRIVATE_NETWORKS", "10.1.2.3/8", "such as 10.1.2.0/24"),
        ("SOKUHO_FEEDS_PER_CHAT", "-1", "greater than or equal to 0"),
        ("SOKUHO_KEEP_DAYS", "13", "greater than or equal to 14"),
        ("SOKUHO_DRAIN_SECONDS", "-1", "greater than or equal to 0"),
        ("SOKUHO_OPERATOR_CHAT", "pa55word", "such as telegram:-100123"),
        ("SOKUHO_OPERATOR_CHAT", "slack:T01", "such as telegram:-100123 or slack:T01/C02"),
    ],
)
def test_wrong_values(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    """A wrong value is named with what would be right, and not repeated: it may be a secret in the wrong place."""
    monkeypatch.setenv(name, value)
    told = read_environment()
    assert isinstance(told, str)
    assert told.startswith(f"{name}: ")
    assert says in told
    assert "pa55word" not in told


def test_several_wrong_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told on a line of its own."""
    monkeypatch.setenv("SOKUHO_POLL_MINUTES", "x")
    monkeypatch.setenv("SOKUHO_LOG_LEVEL", "x")
    told = read_environment()
    assert isinstance(told, str)
    assert sorted(line.split(":")[0] for line in told.splitlines()) == [
        "SOKUHO_LOG_LEVEL",
        "SOKUHO_POLL_MINUTES",
    ]


KEY = "pa55word" + "A" * 35 + "="

TOKENS = {
    "SOKUHO_TELEGRAM_TOKEN": "123456:pa55word",
    "SOKUHO_SLACK_BOT_TOKEN": "xoxb-pa55word",
    "SOKUHO_SLACK_APP_TOKEN": "xapp-pa55word",
    "SOKUHO_INVITE_CODE": "pa55word sesame",
    "SOKUHO_DATABASE_URL": SECRET,
}


def test_without_tokens_there_is_no_platform() -> None:
    """Only the console; open to everybody, asked by nobody, and with nothing to hide."""
    environment = read()
    assert environment.telegram_token is environment.slack_bot_token is environment.slack_app_token is None
    assert environment.telegram_api == "https://api.telegram.org"
    assert environment.slack_api == "https://slack.com/api/"
    assert environment.access == OPEN
    assert environment.http == ""
    assert environment.secrets == ()


def test_every_secret_is_to_be_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is used, known to the logs, and not printed."""
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    environment = read()
    assert sorted(environment.secrets) == sorted(TOKENS.values())
    for secret in (environment.telegram_token, environment.slack_bot_token, environment.slack_app_token):
        assert secret is not None
        assert secret.get_secret_value() in TOKENS.values()
    assert environment.access == Access(TOKENS["SOKUHO_INVITE_CODE"])
    for shown in (repr(environment), str(environment), environment.model_dump_json()):
        assert "pa55word" not in shown


@pytest.mark.parametrize(
    ("value", "listed"),
    [
        ("telegram:-100123", {"telegram:-100123"}),
        ("telegram:-100123/7, slack:T01/C02", {"telegram:-100123/7", "slack:T01/C02"}),
        ("telegram:5 slack:T01;slack:T02,", {"telegram:5", "slack:T01", "slack:T02"}),
        ("telegram:5\n\ttelegram:6\n", {"telegram:5", "telegram:6"}),
        (" , ", set()),
        ("", set()),
    ],
)
def test_chats_that_are_let_in(monkeypatch: pytest.MonkeyPatch, value: str, listed: set[str]) -> None:
    """Separated by commas, blanks or lines; a place stands for its parts."""
    monkeypatch.setenv("SOKUHO_CHATS", value)
    assert read().access == Access(None, frozenset(listed))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOKUHO_HTTP", "127.0.0.1:8080"),
        ("SOKUHO_HTTP", "0.0.0.0:80"),
        ("SOKUHO_HTTP", "[::1]:8080"),
        ("SOKUHO_HTTP", "localhost:65535"),
        ("SOKUHO_HTTP", "sokuho_app.internal:8080"),
        ("SOKUHO_TELEGRAM_API", "http://127.0.0.1:8081"),
        ("SOKUHO_TELEGRAM_API", "https://bots.example/api"),
        ("SOKUHO_SLACK_API", "http://[::1]:9000/api/"),
    ],
)
def test_addresses_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(read(), name.removeprefix("SOKUHO_").lower()) == value


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SOKUHO_CHATS", "-100123", "names no chat; write telegram:-100123 or slack:T01/C02"),
        ("SOKUHO_CHATS", "telegram:5, @channel", "names no chat"),
        ("SOKUHO_CHATS", "telegram:news", "names no chat"),
        ("SOKUHO_CHATS", "telegram: 5", "names no chat"),
        ("SOKUHO_CHATS", "slack:general", "names no chat"),
        ("SOKUHO_CHATS", "slack:#general", "names no chat"),
        ("SOKUHO_CHATS", "discord:5", "names no chat"),
        ("SOKUHO_HTTP", "8080", "write a host and a port, such as 127.0.0.1:8080"),
        ("SOKUHO_HTTP", "localhost", "write a host and a port"),
        ("SOKUHO_HTTP", "http://localhost:8080", "write a host and a port"),
        ("SOKUHO_HTTP", "::1:8080", "write a host and a port"),
        ("SOKUHO_HTTP", "localhost:99999", "write a host and a port"),
        ("SOKUHO_HTTP", "localhost:pa55word", "write a host and a port"),
        ("SOKUHO_TELEGRAM_API", "api.telegram.org", "write an address that begins with https://"),
        ("SOKUHO_TELEGRAM_API", "123456:pa55word", "write an address that begins with https://"),
        ("SOKUHO_SLACK_API", "ftp://slack.com/api/", "write an address that begins with https://"),
        ("SOKUHO_SLACK_API", "https://", "write an address that begins with https://"),
        ("SOKUHO_SLACK_API", "https://a b", "write an address that begins with https://"),
    ],
)
def test_wrong_chats_and_addresses(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    """One sentence says which variable is wrong and what would be right."""
    monkeypatch.setenv(name, value)
    told = read_environment()
    assert isinstance(told, str)
    (sentence,) = told.splitlines()
    assert sentence.startswith(f"{name}: ")
    assert says in sentence
    assert "pa55word" not in sentence


@pytest.mark.parametrize("token", [TOKENS["SOKUHO_TELEGRAM_TOKEN"], TOKENS["SOKUHO_SLACK_BOT_TOKEN"]])
def test_a_token_in_the_list_of_chats_is_not_repeated(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """Whoever copies it one line too low has it in no log."""
    monkeypatch.setenv("SOKUHO_CHATS", token)
    told = read_environment()
    assert isinstance(told, str)
    assert "names no chat" in told
    assert "pa55word" not in told


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("SOKUHO_SLACK_BOT_TOKEN", "SOKUHO_SLACK_APP_TOKEN"),
        ("SOKUHO_SLACK_APP_TOKEN", "SOKUHO_SLACK_BOT_TOKEN"),
    ],
)
def test_slack_needs_both_of_its_tokens(monkeypatch: pytest.MonkeyPatch, given: str, missing: str) -> None:
    monkeypatch.setenv(given, TOKENS[given])
    told = read_environment()
    assert told == f"{missing} is missing; Slack needs both of its tokens"


def test_settings_stay_as_they_were_read() -> None:
    """Nobody changes a setting of a running process."""
    with pytest.raises(ValidationError):
        read().contact = "me"


MANY = {
    "SOKUHO_HTTP": "127.0.0.1:8080",
    "SOKUHO_PUBLIC_URL": "https://bot.example",
    "SOKUHO_SLACK_CLIENT_ID": "1.2",
    "SOKUHO_SLACK_CLIENT_SECRET": "pa55word of the app",
    "SOKUHO_SLACK_SIGNING_SECRET": "pa55word that signs",
    "SOKUHO_ENCRYPTION_KEYS": f"{KEY}, {KEY.replace('A', 'B')}",
    "SOKUHO_TELEGRAM_TOKEN": "123456:pa55word",
    "SOKUHO_TELEGRAM_WEBHOOK_SECRET": "pa55word-that-Telegram-has",
}
"""Both platforms post, and many workspaces may install the app."""


def test_platforms_may_post_and_workspaces_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what they prove themselves with is printed, and each key is to be hidden by itself."""
    for name, value in MANY.items():
        monkeypatch.setenv(name, value)
    environment = read()
    assert environment.keys == (KEY, KEY.replace("A", "B"))
    hidden = {value for value in MANY.values() if "pa55word" in value} | set(environment.keys)
    assert set(environment.secrets) == hidden
    for shown in (repr(environment), str(environment), environment.model_dump_json()):
        assert "pa55word" not in shown


ONE = {"SOKUHO_SLACK_BOT_TOKEN": "xoxb-pa55word"}


@pytest.mark.parametrize(
    ("left_out", "put_in", "says"),
    [
        ("SOKUHO_HTTP", {}, "SOKUHO_HTTP is missing"),
        ("SOKUHO_PUBLIC_URL", {}, "SOKUHO_PUBLIC_URL is missing"),
        ("SOKUHO_TELEGRAM_TOKEN", {}, "SOKUHO_TELEGRAM_TOKEN is missing"),
        ("SOKUHO_SLACK_CLIENT_ID", {}, "SOKUHO_SLACK_CLIENT_ID is missing"),
        ("SOKUHO_SLACK_CLIENT_SECRET", {}, "SOKUHO_SLACK_CLIENT_SECRET is missing"),
        ("SOKUHO_SLACK_SIGNING_SECRET", {}, "SOKUHO_SLACK_SIGNING_SECRET is missing"),
        ("SOKUHO_ENCRYPTION_KEYS", {}, "SOKUHO_ENCRYPTION_KEYS is missing"),
        ("", {"SOKUHO_ENCRYPTION_KEYS": "pa55word"}, "something in it is no key"),
        ("", {"SOKUHO_ENCRYPTION_KEYS": f"{KEY},pa55word"}, "something in it is no key"),
        ("", {"SOKUHO_TELEGRAM_WEBHOOK_SECRET": "pa55word"}, "take 16 to 256 letters"),
        ("", {"SOKUHO_TELEGRAM_WEBHOOK_SECRET": "pa55word with a blank"}, "take 16 to 256 letters"),
        ("", {"SOKUHO_PUBLIC_URL": "bot.example"}, "write an address that begins with https://"),
        ("", {"SOKUHO_PUBLIC_URL": "http://bot.example"}, "SOKUHO_PUBLIC_URL has to begin with https://"),
        ("", ONE, "take one of them out"),
        ("", {"SOKUHO_SLACK_APP_TOKEN": "xapp-pa55word"}, "take one of them out"),
    ],
)
def test_what_is_missing_or_too_much_for_posts_is_told(
    monkeypatch: pytest.MonkeyPatch, left_out: str, put_in: dict[str, str], says: str
) -> None:
    """By its name, with no value."""
    for name, value in {**MANY, **put_in}.items():
        if name != left_out:
            monkeypatch.setenv(name, value)
    told = read_environment()
    assert isinstance(told, str)
    assert says in told
    assert "pa55word" not in told


def test_one_workspace_may_post_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the token of its installation; the address is asked for all the same."""
    for name in ("SOKUHO_HTTP", "SOKUHO_PUBLIC_URL", "SOKUHO_SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, MANY[name])
    assert "SOKUHO_SLACK_BOT_TOKEN is missing" in str(read_environment())
    monkeypatch.setenv("SOKUHO_SLACK_BOT_TOKEN", "xoxb-pa55word")
    assert read().slack_signing_secret is not None


def test_a_server_of_ones_own_may_post_within_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the platforms themselves ask for https."""
    telegram = {name: value for name, value in MANY.items() if "SLACK" not in name}
    own = {"SOKUHO_PUBLIC_URL": "http://10.1.2.3", "SOKUHO_TELEGRAM_API": "http://10.1.2.4:8081"}
    for name, value in {**telegram, **own}.items():
        monkeypatch.setenv(name, value)
    assert read().public_url == "http://10.1.2.3"


def test_a_name_with_a_slip_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment and from `.env`, with the name that was meant, and never with its value."""
    Path(".env").write_text("sokuho_telegram_tokn=pa55word\nOTHER=1\nSOKUHO_CONTACT=me\n", encoding="utf-8")
    monkeypatch.setenv("SOKUHO_ZZZZZZZZZZ", "pa55word")
    monkeypatch.setenv("SOKUHO_LOG_LEVEL", "info")
    assert idle_settings(read()) == (
        "SOKUHO_TELEGRAM_TOKN is no setting; did you mean SOKUHO_TELEGRAM_TOKEN?",
        "SOKUHO_ZZZZZZZZZZ is no setting, and does nothing.",
    )


def test_an_address_that_nobody_listens_at_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOKUHO_PUBLIC_URL", "https://bot.example")
    assert idle_settings(read()) == (
        "SOKUHO_PUBLIC_URL does nothing without SOKUHO_HTTP, which says where to listen.",
    )
    monkeypatch.setenv("SOKUHO_HTTP", "127.0.0.1:8080")
    assert idle_settings(read()) == ()
