"""`make eval` writes out/bulletins/bulletins.html: bulletins composed from real streams, each beside its sources.

Stories are put together by the labels of the data, so that what is read here is the composing alone. The sample is drawn
by a seed; another one shows other stories. What was found by reading is in docs/bulletins-weak.md.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.looks import Scene, drawn_html, page_of, photograph, rendered, telegram_bubble
from bot.domain.background import pick_background
from bot.domain.bulletins import Bulletin, lay_out, shortened
from bot.domain.catalog import Catalog
from bot.domain.chats import Chat
from bot.domain.composing import compose
from bot.domain.entries import Entry, clean_text
from bot.domain.languages import language_of
from bot.domain.matching import Match, analyse
from bot.domain.stories import Report, Story
from bot.domain.topics import Topic
from bot.domain.updates import compose_update
from bot.feeds.plain import html_to_text

DATA = Path(__file__).parents[2] / "shared" / "data"
PAGE = Path("out") / "bulletins" / "bulletins.html"
EACH = 10
"""Bulletins of each kind of data."""

STREAM = "stream_oct2025"

STORY_SIZES = (1, 10, 100, 500)
BEST_OF = 5

NOON = datetime(2025, 11, 24, 12, tzinfo=UTC)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """A story, what was before it, and the chat that is told of it."""

    name: str
    story: Story
    chat: Chat
    topics: tuple[Topic, ...] = ()
    earlier: tuple[Story, ...] = ()

    def bulletins(self, catalog: Catalog) -> Iterator[Bulletin]:
        """What the chat is told; and what is new to it, had it been told after a third of the reports."""
        background = pick_background(self.story, self.earlier, self.chat, catalog)
        yield compose(self.story, self.chat, self.topics, catalog, background=background)
        told = self.story.reports[len(self.story.reports) // 3].entry.seen
        update = compose_update(self.story, self.chat, self.topics, catalog, told=told)
        if update and self.earlier:
            yield update


def print_page(catalog: Catalog, seed: int, *, pictures: bool = False) -> None:
    """Write the page, and say where it is and what composing costs."""
    page = write_page(catalog, seed, pictures=pictures)
    if page is None:
        print(
            "The streams that bulletins are composed from are not here (they are looked for in ../shared/data)."
        )
        return
    costs = ", ".join(
        f"{reports}: {milliseconds_to_compose(catalog, reports):.0f} ms" for reports in STORY_SIZES
    )
    print(f"Bulletins beside their sources: {page}; to read: {page.with_suffix('.txt')}")
    print(f"To compose one, by the reports of its story (best of {BEST_OF}): {costs}.")


def write_page(catalog: Catalog, seed: int, *, pictures: bool = False) -> Path | None:
    """Compose the sample of a seed and write it, also as text beside the page; None where there is no data."""
    samples = tuple(draw(catalog, seed))
    if not samples:
        return None
    made = [(sample, tuple(sample.bulletins(catalog))) for sample in samples]
    scenes = [_scene(sample, bulletins, catalog) for sample, bulletins in made]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page_of(scenes), encoding="utf-8")
    PAGE.with_suffix(".txt").write_text(
        "\n".join(_as_text(number, *one, catalog) for number, one in enumerate(made, start=1)),
        encoding="utf-8",
    )
    if pictures:
        photograph(scenes, PAGE.parent.resolve(), PAGE.stem)
    return PAGE


def draw(catalog: Catalog, seed: int) -> Iterator[Sample]:
    """`EACH` stories of every kind of data that is here."""
    random = Random(seed)  # noqa: S311 - a sample
    kinds = (
        (_labelled(), (("en",), ("en", "ja"), ("ru",), ())),
        (_russian_groups(), (("ru",), ("ru", "en"))),
        (_pairs(), (("en",), ("ja",), ("ja", "en"), ("en", "ja"))),
    )
    for (name, groups), languages in kinds:
        all_of_them = {key: _story(rows, catalog)[0] for key, rows in groups if name == STREAM}
        for number, (key, rows) in enumerate(random.sample(groups, min(EACH, len(groups)))):
            story, topics = _story(rows, catalog)
            reads = languages[number % len(languages)]
            zone = "Asia/Tokyo" if reads[:1] == ("ja",) else "UTC"
            chat = Chat(1, "telegram", "1", languages=reads, time_zone=zone)
            earlier = tuple(other for other_key, other in all_of_them.items() if other_key != key)
            yield Sample(f"{name}: {key}", story, chat, topics, earlier)


def milliseconds_to_compose(catalog: Catalog, reports: int) -> float:
    """How long a story of so many reports, all of other words, takes: the best of `BEST_OF`."""
    told = [row for _, rows in _russian_groups()[1] + _pairs()[1] + _labelled()[1] for row in rows]
    if not told:
        return 0.0
    story, _ = _story(
        [told[number % len(told)] | {"source": f"Outlet {number}"} for number in range(reports)], catalog
    )
    chat = Chat(1, "telegram", "1")
    times = []
    for _ in range(BEST_OF):
        begun = time.perf_counter()
        compose(story, chat, (), catalog)
        times.append(time.perf_counter() - begun)
    return 1000 * min(times)


def _labelled() -> tuple[str, list[tuple[str, list[Row]]]]:
    """The stories of the labelled stream that two lines or more tell."""
    stories = _by_key(_rows(f"{STREAM}.jsonl"), "story")
    return STREAM, [(key, rows) for key, rows in stories.items() if len(rows) > 1]


def _russian_groups() -> tuple[str, list[tuple[str, list[Row]]]]:
    """Texts of one event. The data does not say who published them, nor when."""
    groups: list[list[Row]] = []
    for pair in _rows("pairs_ru.jsonl"):
        if not pair["same_event"]:
            continue
        both = [_unescaped(pair["first"]), _unescaped(pair["second"])]
        group = next((group for group in groups if any(row in group for row in both)), None)
        if group is None:
            groups.append(group := [])
        group += [row for row in both if row not in group]
    named = [
        [
            row | {"source": f"Издание {letter}", "published": (NOON + timedelta(minutes=3 * n)).isoformat()}
            for n, (letter, row) in enumerate(zip("АБВГДЕЖЗ", group, strict=False))
        ]
        for group in groups
    ]
    return "pairs_ru", [(str(number), rows) for number, rows in enumerate(named)]


def _unescaped(row: Row) -> Row:
    """Without the quotation marks of the table that some of these texts were once taken from."""
    summary = row["summary"]
    return row | {"summary": summary[1:].replace('""', '"')} if summary.startswith('"') else row


def _pairs() -> tuple[str, list[tuple[str, list[Row]]]]:
    return "pairs_en_ja_2026", list(_by_key(_rows("pairs_en_ja_2026.jsonl"), "pair").items())


def _rows(name: str) -> list[Row]:
    path = DATA / name
    return [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _by_key(rows: Iterable[Row], key: str) -> Mapping[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row[key]:
            groups.setdefault(row[key], []).append(row)
    return groups


def _story(rows: Sequence[Row], catalog: Catalog) -> tuple[Story, tuple[Topic, ...]]:
    """The story of these lines; of several edits of one headline, the newest, as the store has it."""
    newest: dict[str, Row] = {}
    for row in rows:
        address: str = row.get("url") or row["title"]
        page = address.rsplit("/", 1)[0] if "topics" in row else address
        newest[page] = (newest.get(page, row)) | {"title": row["title"]}
    reports = []
    for number, row in enumerate(newest.values(), start=1):
        at = datetime.fromisoformat(row["published"]).astimezone(UTC) if "published" in row else NOON
        title, summary = clean_text(row["title"]), html_to_text(row.get("summary") or "")
        title, outlet = catalog.outlets.unpack(title, row["source"])
        language = language_of(title, row.get("language", "en"))
        link = row.get("url", f"https://example.org/{number}")
        entry = Entry(number, None, title, summary, link, outlet or row["source"], language, at, at)
        reports.append(Report(entry, analyse(entry, catalog.lexicon).named))
    slugs = {slug for row in rows for slug in row.get("topics", ())}
    topics = tuple(Topic(number, spec) for number, spec in enumerate(catalog.topics) if spec.slug in slugs)
    opened, last = reports[0].entry.at, max(one.entry.at for one in reports)
    matches = tuple(Match(topic.id, 1.0, ()) for topic in topics)
    return Story(hash(rows[0]["title"]), opened, last, tuple(reports), matches), topics


def _scene(sample: Sample, bulletins: Iterable[Bulletin], catalog: Catalog) -> Scene:
    bubbles = ""
    for bulletin in bulletins:
        documents = (lay_out(shorter, catalog.style) for shorter in shortened(bulletin))
        text = next(filter(None, (rendered("telegram", document) for document in documents)))
        bubbles += telegram_bubble(drawn_html(text), bulletin.at)
    sources = "".join(
        f"<p><b>{escape(entry.outlet)}</b> {entry.at:%d %b %H:%M} <b>{escape(entry.title)}</b><br>{escape(entry.summary)}</p>"
        for entry in (report.entry for report in sample.story.reports)
    )
    reads = ", ".join(sample.chat.languages) or "any"
    return Scene(f"{sample.name} (reads {reads})", bubbles, sources)


def _as_text(number: int, sample: Sample, bulletins: Iterable[Bulletin], catalog: Catalog) -> str:
    reads = ", ".join(sample.chat.languages) or "any"
    sources = "\n".join(
        f"    {report.entry.outlet}: {report.entry.title}\n        {report.entry.summary}"
        for report in sample.story.reports
    )
    told = "\n--- what is new\n".join(lay_out(bulletin, catalog.style).plain for bulletin in bulletins)
    return f"=== {number}. {sample.name} (reads {reads})\n{told}\n--- sources\n{sources}\n"
