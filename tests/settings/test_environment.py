"""Settings of the process, from the environment and `.env`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings.environment import Environment, read_environment


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
        ("SOKUHO_LOG_LEVEL", "pa55word", "'debug', 'info', 'warning' or 'error'"),
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


def test_settings_stay_as_they_were_read() -> None:
    """Nobody changes a setting of a running process."""
    with pytest.raises(ValidationError):
        read().contact = "me"
