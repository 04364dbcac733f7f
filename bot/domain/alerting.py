"""When an operator is told of what is wrong: grouped, after a wait, again at intervals, and when it is over.

The model is Alertmanager's (https://prometheus.io/docs/alerting/latest/alertmanager/): `group_wait`, `group_interval`,
`repeat_interval`, and `keep_firing_for` against what comes and goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum


class Group(Enum):
    """Alerts of one group are told in one message."""

    FEEDS = "feeds"
    LAG = "lag"
    DELIVERIES = "deliveries"
    PLATFORMS = "platforms"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something is wrong now. `name` is its identity within the group; `detail` a sentence in English, or a kept one."""

    group: Group
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait for what.

    `wait`: from the first alert of a group to its message, so that what belongs together is in it, and what passes by
    itself is not. `interval`: between two messages of a group where something has changed; `repeat`: where nothing has. `quiet`: for how
    long an alert has to be gone to be over.
    """

    wait: timedelta = timedelta(minutes=2)
    interval: timedelta = timedelta(minutes=15)
    repeat: timedelta = timedelta(hours=6)
    quiet: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that stands since `since` and was last seen at `seen`; `told`: the operator knows."""

    detail: str
    since: datetime
    seen: datetime
    told: bool = False


@dataclass(frozen=True, slots=True)
class Grouped:
    """The alerts of a group by name, and when the operator was last told of it."""

    standing: Mapping[str, Standing] = field(default_factory=dict)
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What the operator is told of a group: what is wrong, by name, and what is so no longer."""

    group: Group
    wrong: Mapping[str, Standing]
    over: Mapping[str, Standing]


def looked(
    groups: Mapping[Group, Grouped], alerts: Iterable[Alert], now: datetime, timing: Timing
) -> dict[Group, Grouped]:
    """The groups after a look that found these alerts. What was gone before anybody was told of it is forgotten."""
    found: dict[Group, dict[str, Standing]] = {group: dict(known.standing) for group, known in groups.items()}
    for alert in alerts:
        known = found.setdefault(alert.group, {})
        before = known.get(alert.name)
        known[alert.name] = (
            replace(before, detail=alert.detail, seen=now) if before else Standing(alert.detail, now, now)
        )
    after = {}
    for group, standing in found.items():
        told_at = groups[group].told_at if group in groups else None
        kept = {name: one for name, one in standing.items() if one.told or one.seen == now}
        if kept or (told_at is not None and now < told_at + timing.interval):
            after[group] = Grouped(kept, told_at)
    return after


def due_notice(group: Group, state: Grouped, now: datetime, timing: Timing) -> Notice | None:
    """What the operator is to be told of a group now, if anything."""
    over = {name: one for name, one in state.standing.items() if one.told and _over(one, now, timing)}
    wrong = {name: one for name, one in state.standing.items() if name not in over}
    new = [one for one in wrong.values() if not one.told]
    if not wrong and not over:
        return None
    if new and len(new) == len(wrong) and not over:
        due = min(one.since for one in new) + timing.wait
        due = due if state.told_at is None else max(due, state.told_at + timing.interval)
    else:
        told_at = state.told_at or now
        due = told_at + (timing.interval if new or over else timing.repeat)
    return Notice(group, wrong, over) if now >= due else None


def noticed(notice: Notice, now: datetime) -> Grouped:
    """The group once the operator was told that."""
    return Grouped({name: replace(one, told=True) for name, one in notice.wrong.items()}, now)


def _over(one: Standing, now: datetime, timing: Timing) -> bool:
    return now - one.seen >= timing.quiet
