"""The commands as a person runs them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.chat.slack.vault import Vault
from bot.domain.entries import FeedSpec, IngestPlan
from bot.settings.files import load_catalog
from bot.storage.sql import SqlStore, open_store
from tests.contract.records import new_entry, poll
from tests.fakes import postgres
from tests.fakes.feed_server import FeedServer, Item
from tests.fakes.shipped import copy_config

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
"""Seconds that a program may take to start or to end on a machine that is busy."""


def sokuho(*arguments: str) -> str:
    result = CliRunner().invoke(cli, list(arguments))
    return f"{result.exit_code}\n{result.output}"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's configuration, in force; the working folder is empty."""
    folder = tmp_path / "config"
    copy_config(folder)
    monkeypatch.setenv("SOKUHO_CONFIG_DIR", str(folder))
    monkeypatch.setenv("SOKUHO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SOKUHO_PRIVATE_NETWORKS", "127.0.0.0/8")  # where the double of the feeds is
    monkeypatch.chdir(tmp_path)
    return folder


async def test_demo_shows_every_topic_and_every_language() -> None:
    """`demo --fast` ends by itself, and its transcript has all three topics and all three languages.

    Reports of one event are one message, so not each topic has one in each language.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "demo",
        "--fast",
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(child.communicate(), PATIENCE)
    shown = output.decode()
    assert child.returncode == 0
    bulletins = re.findall(r"【.*?#[^\n]*", shown, re.DOTALL)
    for hashtag in ("#Ukraine_ceasefire", "#US_Russia_summit", "#Armenia_Azerbaijan"):
        assert any(hashtag in bulletin for bulletin in bulletins), hashtag
    assert any(re.search("Demo (Wire|World)", bulletin) for bulletin in bulletins)
    assert any(re.search("[а-я]{3}", bulletin) for bulletin in bulletins)
    assert any(re.search("[ぁ-ん]", bulletin) for bulletin in bulletins)
    # The reprint is told as a change, or, where both came with one poll, in the bulletin itself.
    assert re.search("now also Demo World|Demo Wire · Demo World", shown)
    assert "The day is over" in shown


def test_check_names_file_line_and_remedy(config: Path) -> None:
    """A mistake in a file stops the start, and says where it is and what to do."""
    path = config / "feeds.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next(index for index, line in enumerate(lines) if line.startswith("outlet"))
    lines[number] = 'outlett = "BBC News"'
    path.write_text("\n".join(lines), encoding="utf-8")
    for command in ("check", "run"):
        said = sokuho(command)
        assert said.startswith("1\n")
        assert f"config/feeds.toml:{number + 1}: unknown key “outlett”" in said
        assert "Did you mean “outlet”?" in said
        assert "“outlet” is missing; add: outlet = …" in said


async def test_check_tries_the_feeds_and_says_which_fail(config: Path) -> None:
    """Feeds that fail are named with their line and the reason, and no secret; the others are counted."""
    async with FeedServer() as server:
        server.publish("/good", [Item("One", id="1"), Item("Two", id="2")])
        server.answer("/gone", status=410)
        gone = server.url("/gone?token=s3cret").replace("//", "//anna:hunter2@")
        server.serve("/page", b"<!doctype html><html><title>No feed</title></html>", content_type="text/html")
        tables = [
            f'[[feeds]]\nurl = "{url}"\noutlet = "BBC News"\nlanguage = "en"\n'
            for url in (server.url("/good"), gone, server.url("/page"))
        ]
        (config / "feeds.toml").write_text("\n".join(tables), encoding="utf-8")
        said = await asyncio.to_thread(sokuho, "check")
    assert said.startswith("1\n")
    assert "config/feeds.toml:7: BBC News" in said
    assert "/gone?token=…>: " in said
    assert "hunter2" not in said
    assert "s3cret" not in said
    assert "config/feeds.toml:12: BBC News" in said
    assert "a web page («No feed»), not a feed" in said
    assert "Feeds: 1 well, 2 to look at, 2 entries." in said


async def test_check_tells_what_is_odd_by_what_is_stored(
    config: Path, tmp_path: Path, postgresql: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feed that fell silent, and one that brought more than it lists, are named, also while Sokuho runs."""
    async with FeedServer() as server:
        urls = [server.url(f"/{name}") for name in ("well", "silent", "burst")]
        for name in ("well", "silent", "burst"):
            server.publish(f"/{name}", [Item("One", id="1")])
        tables = [f'[[feeds]]\nurl = "{url}"\noutlet = "BBC News"\nlanguage = "en"\n' for url in urls]
        (config / "feeds.toml").write_text("\n".join(tables), encoding="utf-8")
        (tmp_path / "data").mkdir()
        with postgresql.database() as database:
            for url in (f"sqlite:///{tmp_path / 'data' / 'sokuho.db'}", database):
                monkeypatch.setenv("SOKUHO_DATABASE_URL", url)
                assert "Feeds: 3 well" in await asyncio.to_thread(sokuho, "check")
                store = await open_store(url)
                assert isinstance(store, SqlStore)
                await store_oddities(store, urls)
                said = await asyncio.to_thread(sokuho, "check")
                await store.close()
                assert said.startswith("0\n")
                assert "feeds.toml:2:" not in said
                assert f"feeds.toml:7: BBC News <{urls[1]}>: nothing new since 20" in said
                assert f"feeds.toml:12: BBC News <{urls[2]}>: at 20" in said


async def store_oddities(store: SqlStore, urls: Sequence[str]) -> None:
    """Of the three feeds, the second has been silent for a month, and the third has brought too much at once."""
    now = datetime.now(UTC)
    await store.sync_feeds([FeedSpec(url, "BBC News", "en") for url in urls], now)
    well, silent, burst = (feed for feed, _ in await store.due_feeds(now, 3))
    new = IngestPlan((new_entry(),))
    for feed, at, plan in (
        (well, now, new),
        (silent, now - timedelta(days=30), new),
        (silent, now, None),
        (burst, now, new),
    ):
        await store.record_poll(replace(poll(feed, plan, at), rate=0.0, burst=feed is burst))


def test_check_offline_is_content_with_our_own_configuration(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the repository has no mistake; a setting that does nothing is told, and stops nothing."""
    (config / "feeds.toml").write_text(
        '[[feeds]]\nurl = "https://news.example/feed"\noutlet = "BBC News"\nlanguage = "en"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("SOKUHO_TELEGRAM_TOKN", "123456:hunter2")
    said = sokuho("check", "--offline")
    assert said.startswith("0\n")
    assert "Configuration: 1 feed, " in said
    assert "SOKUHO_TELEGRAM_TOKN is no setting; did you mean SOKUHO_TELEGRAM_TOKEN?" in said
    assert "hunter2" not in said


def test_opml_goes_out_and_comes_in(config: Path, tmp_path: Path) -> None:
    """Exported feeds are known when they come back; unknown ones are printed, or added to the configuration."""
    exported = tmp_path / "feeds.opml"
    assert sokuho("opml", "export", "--out", str(exported)).startswith("0\n")
    assert "Nothing to add" in sokuho("opml", "import", str(exported))
    other = tmp_path / "other.opml"
    other.write_text(
        '<opml version="2.0"><body><outline text="The “New” Times" xmlUrl="https://new.example/feed"/></body></opml>',
        encoding="utf-8",
    )
    assert 'url = "https://new.example/feed"' in sokuho("opml", "import", str(other))
    before = load_catalog(config)
    assert sokuho("opml", "import", str(other), "--write", "--language", "uk").startswith("0\n")
    after = load_catalog(config)
    assert not isinstance(before, tuple)
    assert not isinstance(after, tuple)
    assert len(after.feeds) == len(before.feeds) + 1
    assert (after.feeds[-1].outlet, after.feeds[-1].language) == ("The “New” Times", "uk")


def test_an_opml_file_with_a_mistake_is_named(config: Path, tmp_path: Path) -> None:
    """A file that is no OPML is an answer with its line, and changes nothing."""
    broken = tmp_path / "broken.opml"
    broken.write_text("<opml>\n<body>\n</opml>", encoding="utf-8")
    before = (config / "feeds.toml").read_bytes()
    said = sokuho("opml", "import", str(broken), "--write")
    assert said.startswith("1\n")
    assert "broken.opml:3" in said
    assert (config / "feeds.toml").read_bytes() == before


def test_opml_that_cannot_be_written_is_a_sentence(config: Path, tmp_path: Path) -> None:
    """A folder that is not there is named, without a trace."""
    assert config.exists()
    said = sokuho("opml", "export", "--out", str(tmp_path / "nowhere" / "feeds.opml"))
    assert said.startswith("1\n")
    assert "feeds.opml cannot be written: No such file or directory" in said
    assert "Traceback" not in said


def test_opml_of_no_known_language_is_not_taken(config: Path, tmp_path: Path) -> None:
    """What the configuration would not accept is said before anything is written to it."""
    other = tmp_path / "other.opml"
    other.write_text(
        '<opml version="2.0"><body><outline text="New" xmlUrl="https://new.example/feed"/></body></opml>',
        encoding="utf-8",
    )
    before = (config / "feeds.toml").read_bytes()
    said = sokuho("opml", "import", str(other), "--write", "--language", "klingon!")
    assert said.startswith("1\n")
    assert "There is no language 'klingon!'" in said
    assert (config / "feeds.toml").read_bytes() == before


def test_the_database_is_made_and_upgraded(config: Path, tmp_path: Path) -> None:
    """`db upgrade` works on an empty folder, and again."""
    assert config.exists()
    assert sokuho("db", "upgrade").startswith("0\n")
    assert sokuho("db", "upgrade").startswith("0\n")
    assert (tmp_path / "data" / "sokuho.db").exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SOKUHO_POLL_MINUTES", "often", "SOKUHO_POLL_MINUTES"),
        ("SOKUHO_POLL_MINUTES", "0", "SOKUHO_POLL_MINUTES"),
        ("SOKUHO_LOG_LEVEL", "loud", "SOKUHO_LOG_LEVEL"),
        ("SOKUHO_CONFIG_DIR", "/nowhere", "has 1 mistake:\n/nowhere: there is no such folder"),
        ("SOKUHO_CONFIG_DIR", ".", "has 1 mistake:\n.: this folder holds no configuration"),
        ("SOKUHO_DATABASE_URL", "mongodb://user:hunter2@host/db", "SQLite"),
        ("SOKUHO_DATABASE_URL", "sqlite://", "names no SQLite file"),
        ("SOKUHO_OPERATOR_CHAT", "telegram:-100123", "there is no token"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(
    config: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """A setting that cannot be used stops the start with its name; a secret in it is not shown."""
    (config / "feeds.toml").write_text(
        '[[feeds]]\nurl = "http://127.0.0.1:9/feed"\noutlet = "BBC News"\nlanguage = "en"\n', encoding="utf-8"
    )
    monkeypatch.setenv(name, value)
    shown = sokuho("run")
    assert shown.startswith("1\n")
    assert said in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("ending", ["/stop", "SIGTERM", "SIGINT"])
async def test_run_ends_cleanly(config: Path, tmp_path: Path, ending: str) -> None:
    """`/stop`, SIGTERM and Ctrl-C end the program with status 0 and without a trace; what was polled is kept."""
    async with FeedServer() as server:
        server.publish("/feed", [Item("One", id="1")])
        (config / "feeds.toml").write_text(
            f'[[feeds]]\nurl = "{server.url("/feed")}"\noutlet = "BBC News"\nlanguage = "en"\n',
            encoding="utf-8",
        )
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            cwd=ROOT,
            env={**os.environ, "SOKUHO_CONFIG_DIR": str(config), "SOKUHO_DATA_DIR": str(tmp_path / "data")},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        while b"/help" not in await asyncio.wait_for(child.stdout.readline(), PATIENCE):
            pass
        async with asyncio.timeout(PATIENCE):
            await server.until_asked("/feed")
        if ending == "/stop":
            child.stdin.write(b"/stop\n")
        else:
            child.send_signal(getattr(signal, ending))
        _, errors = await asyncio.wait_for(child.communicate(), PATIENCE)
    assert child.returncode == 0
    assert errors.decode() == ""


def test_the_database_is_backed_up_and_restored(config: Path, tmp_path: Path) -> None:
    assert config.exists()
    assert "no database" in sokuho("db", "backup", "copy.db")
    sokuho("db", "upgrade")
    assert sokuho("db", "backup", "copy.db").startswith("0\n")
    assert "is there already" in sokuho("db", "backup", "copy.db")
    said = sokuho("db", "restore", "copy.db")
    assert said.startswith("0\n")
    assert "possible repeats" in said
    assert len(list((tmp_path / "data").glob("sokuho.db.before-*Z"))) == 1


def test_a_database_is_copied(config: Path, tmp_path: Path, postgresql: postgres.Server) -> None:
    """Into the one that is named, with all its tables told of; a password in an address is not shown."""
    assert config.exists()
    sokuho("db", "upgrade")
    with postgresql.database() as url:
        address = url.replace("postgres:@", "postgres:hunter2@")
        source = f"sqlite:///{tmp_path}/data/sokuho.db"
        said = sokuho("db", "copy", "--from", source, "--to", address)
        assert said.startswith("0\n")
        assert "deliveries" in said
        assert "hunter2" not in said
        assert sokuho("db", "copy", "--from", f"{source}.not").startswith("1\n")
        assert sokuho("db", "copy", "--from", source, "--to", address).startswith("0\n")  # it was empty
        said = sokuho("db", "copy", "--from", source, "--to", "mongodb://user:hunter2@host/db")
        assert "The address to copy to names neither" in said
        assert "hunter2" not in said
        assert "is the one to copy from" in sokuho("db", "copy", "--from", source, "--to", source)


def test_a_user_who_may_not_make_tables(
    config: Path, postgresql: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told how to let him."""
    assert config.exists()
    with postgresql.database() as url:
        role = make_url(url).database
        postgresql.run(f"CREATE ROLE {role} LOGIN")
        monkeypatch.setenv("SOKUHO_DATABASE_URL", url.replace("postgres:", f"{role}:", 1))
        assert "Make it the owner" in sokuho("db", "upgrade")
        postgresql.run(f"ALTER DATABASE {role} OWNER TO {role}")
        assert sokuho("db", "upgrade").startswith("0\n")
    postgresql.run(f"DROP ROLE {role}")


def test_the_database_may_be_on_postgresql(
    config: Path, postgresql: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made and brought up to date; its backups are its own."""
    assert config.exists()
    with postgresql.database() as url:
        monkeypatch.setenv("SOKUHO_DATABASE_URL", url)
        assert sokuho("db", "upgrade").startswith("0\n")
        assert sokuho("db", "upgrade").startswith("0\n")
        assert "pg_dump" in sokuho("db", "backup", "copy.db")


@pytest.mark.parametrize(
    "url", ["postgresql:/me:hunter2@host/db", "postgresql://me:hunt@er2:hunter2@host:port/db"]
)
def test_an_address_that_is_none_is_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A password with a sign that should be escaped may stand where a port should."""
    monkeypatch.setenv("SOKUHO_DATABASE_URL", url)
    said = sokuho("db", "upgrade")
    assert "is no database address" in said
    assert "hunter2" not in said


def test_a_key_is_made_that_opens_what_it_seals() -> None:
    """Each time another one."""
    keys = {sokuho("key").split()[1] for _ in range(2)}
    assert len(keys) == 2
    for key in keys:
        assert Vault([key]).open("T1", Vault([key]).seal("T1", "a token")) == "a token"
