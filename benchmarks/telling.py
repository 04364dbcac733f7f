"""What a chat is told of a labelled stream: whether every story, and in how few messages.

A labelled story counts as told where a message, an edit of one or an update names a report of it. Its new messages are
those of kind `new` that name one. Beside it stands what a bot does that sends a message for each matching entry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

Event = Mapping[str, Any]


def print_telling(events: Sequence[Event], stories: Mapping[str, str], console: Console) -> None:
    """`events` are a replay's, `stories` the labels: by address, the story that an entry belongs to."""
    sizes = Counter(stories.values())
    wanted = {story for story, size in sizes.items() if size > 1}
    messages = [event for event in events if event["event"] == "message"]
    entries = [event for event in events if event["event"] == "entry" and event["topics"]]
    told = {stories[url] for event in messages for url in event["entries"] if url in stories} & wanted
    new = _by_story((event["entries"] for event in messages if event["kind"] == "new"), stories)
    each = _by_story(([event["url"]] for event in entries), stories)
    table = Table(title=f"Telling: {len(wanted)} labelled stories of two or more reports")
    for column in ("by", "told", "new messages a story", "new", "edits", "updates"):
        table.add_column(column, justify="left" if column == "by" else "right")
    kinds = Counter(event["kind"] for event in messages)
    table.add_row(
        "Sokuho",
        f"{len(told) / max(len(wanted), 1):.2f}",
        f"{_mean(new, told):.2f}",
        *(str(kinds[kind]) for kind in ("new", "edit", "update")),
    )
    reached = wanted & each.keys()
    table.add_row(
        "a message an entry",
        f"{len(reached) / max(len(wanted), 1):.2f}",
        f"{_mean(each, reached):.2f}",
        str(len(entries)),
        "0",
        "0",
    )
    console.print(table)
    for story in sorted(wanted - told):
        console.print(f"  not told: {story} ({sizes[story]} reports)")


def _by_story(messages: Iterable[Iterable[str]], stories: Mapping[str, str]) -> dict[str, int]:
    """How many of the messages name a report of each story."""
    counts: dict[str, int] = defaultdict(int)
    for urls in messages:
        for story in {stories[url] for url in urls if url in stories}:
            counts[story] += 1
    return counts


def _mean(counts: Mapping[str, int], of: Iterable[str]) -> float:
    chosen = [counts.get(story, 0) for story in of]
    return sum(chosen) / len(chosen) if chosen else 0.0
