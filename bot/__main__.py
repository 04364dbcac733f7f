"""The command line: run | health | key | demo | replay | check | lexicon | db | opml.

Imports are made inside the commands, so that `--help` and mistakes answer at once.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from rich.progress import TaskID

    from bot.domain.catalog import Catalog
    from bot.settings.environment import Environment
    from bot.settings.toml import ConfigProblem

cli = typer.Typer(
    name="sokuho",
    help="Watches news feeds and pushes one short bulletin per event to the chats that follow the topic.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
opml = typer.Typer(help="Take feeds from an OPML file, or give them as one.", no_args_is_help=True)
db = typer.Typer(help="Look after the database.", no_args_is_help=True)
cli.add_typer(opml, name="opml")
cli.add_typer(db, name="db")

MISTAKE = 1
"""The exit status where something has to be mended; 2 is a command line that cannot be read."""


@cli.command()
def run(
    roles: Annotated[
        str | None,
        typer.Option(
            help="What this one of several processes on one PostgreSQL does: poll, desk, send, chat."
        ),
    ] = None,
) -> None:
    """Poll the real feeds and tell the chats; without tokens, the chat is this terminal."""
    from bot.live import run_live
    from bot.roles import read_roles

    wanted = None if roles is None else read_roles(roles)
    if isinstance(wanted, str):
        _fail(wanted)
    environment = _environment()
    catalog = _catalog(environment)
    problem = asyncio.run(run_live(environment, catalog, wanted))
    if problem:
        _fail(problem)


@cli.command()
def health() -> None:
    """Ask the Sokuho that runs here whether it is alive (SOKUHO_HTTP says where); for a container's health check."""
    from bot.health import ask

    problem = ask(_environment().http)
    if problem:
        _fail(problem)
    typer.echo("Alive.")


@cli.command()
def key() -> None:
    """Make a key for SOKUHO_ENCRYPTION_KEYS; to change keys, put a new one before the old one, and start."""
    from cryptography.fernet import Fernet

    typer.echo(Fernet.generate_key().decode())


@cli.command()
def demo(
    fast: Annotated[bool, typer.Option("--fast", help="The day in a quarter of a minute, then end.")] = False,
) -> None:
    """Show a recorded day in a minute: no account, no network."""
    from bot.session import run_demo

    environment = _environment()
    problem = asyncio.run(run_demo(environment, fast=fast))
    if problem:
        _fail(problem)


@cli.command()
def replay(
    file: Annotated[Path, typer.Argument(help="Recorded entries, a JSON object a line.")],
    topics: Annotated[Path | None, typer.Option(help="Topics to follow, as in config/topics.toml.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Report a story for every entry.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where to write; default: standard output.")] = None,
) -> None:
    """Run the pipeline over recorded entries under a simulated clock."""
    from bot.replay import replay_file
    from bot.settings.files import load_catalog

    environment = _environment()
    catalog = _loaded(load_catalog(environment.config_dir, topics_file=topics, feeds=()))
    problem = replay_file(file, catalog, out=out, every_story=every)
    if problem:
        _fail(problem)


@cli.command()
def check(
    offline: Annotated[bool, typer.Option("--offline", help="The configuration only.")] = False,
) -> None:
    """Validate the configuration and try every feed; say what to fix, line by line."""
    from bot.checking import check_and_tell
    from bot.domain.speech import ENGLISH

    environment = _environment()
    catalog = _catalog(environment)
    typer.echo(
        f"Configuration: {ENGLISH.plural('{n} feed', '{n} feeds', len(catalog.feeds))}, "
        f"{ENGLISH.plural('{n} topic', '{n} topics', len(catalog.topics))}, "
        f"{ENGLISH.plural('{n} concept', '{n} concepts', len(catalog.lexicon.concepts))}, "
        f"{ENGLISH.plural('{n} process', '{n} processes', len(catalog.lexicon.processes))}. No mistakes."
    )
    if not offline and not asyncio.run(check_and_tell(catalog.feeds, environment)):
        raise typer.Exit(MISTAKE)


@cli.command()
def lexicon(
    missing: Annotated[str | None, typer.Option(help="List what has no label in this language.")] = None,
) -> None:
    """Show how much of the lexicon there is in each language."""
    from bot.coverage import print_coverage
    from bot.settings.languages import known_language

    if missing is not None and not known_language(missing):
        _fail(f"There is no language {missing!r}; use a code such as en, ja, ru or uk.")
    print_coverage(_catalog(_environment()).lexicon, missing)


@opml.command("export")
def opml_export(
    out: Annotated[Path | None, typer.Option(help="Where to write; default: standard output.")] = None,
) -> None:
    """Write the configured feeds as OPML."""
    from bot.clock import SystemClock
    from bot.domain.speech import ENGLISH
    from bot.feeds.opml import export_opml

    catalog = _catalog(_environment())
    text = export_opml(catalog.feeds, title="Sokuho", created=SystemClock().now())
    if out is None:
        sys.stdout.write(text)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            _fail(f"{out} cannot be written: {error.strerror}")
        written = ENGLISH.plural("{n} feed", "{n} feeds", len(catalog.feeds))
        typer.echo(f"{written} written to {out}.")


@opml.command("import")
def opml_import(
    file: Annotated[Path, typer.Argument(help="An OPML file.")],
    write: Annotated[bool, typer.Option("--write", help="Append to config/ instead of printing.")] = False,
    language: Annotated[str, typer.Option(help="The language of feeds that name none.")] = "en",
) -> None:
    """Take the feeds of an OPML file that are not configured yet."""
    from bot.domain.speech import ENGLISH
    from bot.importing import append_feeds, feeds_to_add
    from bot.settings.languages import known_language

    environment = _environment()
    catalog = _catalog(environment)
    if not known_language(language):
        _fail(f"There is no language {language!r}; use a code such as en, ja, ru or uk.")
    found = feeds_to_add(file, catalog, language)
    if isinstance(found, str):
        _fail(found)
    feeds = ENGLISH.plural("{n} feed", "{n} feeds", len(found.feeds))
    if not found.feeds:
        typer.echo("Nothing to add: every feed of the file is configured already.")
    elif write:
        problems = append_feeds(environment.config_dir, found)
        if problems:
            _fail("\n".join(map(str, problems)))
        typer.echo(
            f"{feeds} added to {environment.config_dir / 'feeds.toml'}; a running Sokuho takes up what is there."
        )
    else:
        typer.echo(f"{found.outlets_toml}\n{found.feeds_toml}".strip())
        typer.echo(f"\n{feeds}; with --write appended to config/.", err=True)


@db.command("upgrade")
def db_upgrade() -> None:
    """Make the database, or bring it up to this version."""
    from bot.storage.database import StoreProblem
    from bot.storage.sql import open_store

    async def upgrade(url: str) -> str | None:
        store = await open_store(url)
        if isinstance(store, StoreProblem):
            return store.sentence
        await store.close()
        return None

    problem = asyncio.run(upgrade(_environment().store_url))
    if problem:
        _fail(problem)
    typer.echo("The database is up to date.")


@db.command("copy")
def db_copy(
    from_: Annotated[str, typer.Option("--from", help="The address of the database to copy.")],
    to: Annotated[
        str | None, typer.Option("--to", help="That of an empty one; without it, SOKUHO_DATABASE_URL.")
    ] = None,
) -> None:
    """Copy all of a database into another one, as from SQLite to PostgreSQL; Sokuho must not be running."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from bot.storage.copying import copy_database

    columns = TextColumn("{task.description:15}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns) as shown:
        bars: dict[str, TaskID] = {}

        def progress(table: str, done: int, total: int) -> None:
            if table not in bars:
                bars[table] = shown.add_task(table, total=total)
            shown.update(bars[table], completed=done)

        target = to or _environment().store_url
        problem = asyncio.run(copy_database(from_, target, progress))
    if problem:
        _fail(problem.sentence)
    typer.echo("All of it is copied. Sokuho runs on the copy once SOKUHO_DATABASE_URL names it.")


@db.command("backup")
def db_backup(
    to: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")],
) -> None:
    """Copy the database while it is in use, as it is at one moment."""
    from bot.storage.backing import back_up

    problem = back_up(_database_file(), to)
    if problem:
        _fail(problem.sentence)
    typer.echo(f"The database is backed up in {to}.")


@db.command("restore")
def db_restore(
    backup: Annotated[Path, typer.Argument(help="A file that `db backup` made.")],
) -> None:
    """Make a backup the database again; Sokuho must not be running. What was there before is kept."""
    from bot.clock import SystemClock
    from bot.storage.backing import restore
    from bot.storage.database import StoreProblem

    kept = restore(backup, _database_file(), SystemClock().now())
    if isinstance(kept, StoreProblem):
        _fail(kept.sentence)
    typer.echo(f"{backup} is the database again." + (f" What was there before is in {kept}." if kept else ""))
    typer.echo("Messages about what was published before this moment are marked as possible repeats.")


def main() -> None:
    """The `sokuho` command."""
    cli()


def _environment() -> Environment:
    from bot.logs import configure_logs
    from bot.settings.environment import Environment, idle_settings, read_environment

    environment = read_environment()
    if not isinstance(environment, Environment):
        _fail(f"The environment has a mistake; mend it, or .env:\n{environment}")
    for sentence in idle_settings(environment):
        typer.echo(f"⚠️ {sentence}", err=True)
    configure_logs(environment.log_level, environment.secrets, environment.log_format)
    return environment


def _database_file() -> Path:
    from bot.storage.database import StoreProblem
    from bot.storage.sql import file_of

    file = file_of(_environment().store_url)
    if isinstance(file, StoreProblem):
        _fail(file.sentence)
    return file


def _catalog(environment: Environment) -> Catalog:
    from bot.settings.files import load_catalog

    return _loaded(load_catalog(environment.config_dir))


def _loaded(catalog: Catalog | tuple[ConfigProblem, ...]) -> Catalog:
    if isinstance(catalog, tuple):
        problems = "\n".join(map(str, catalog))
        _fail(f"The configuration has {len(catalog)} mistake{'s' if len(catalog) > 1 else ''}:\n{problems}")
    return catalog


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(MISTAKE)


if __name__ == "__main__":
    main()
