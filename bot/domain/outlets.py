"""Outlets: the publishers behind entries, under whatever name a feed or an aggregator gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher. `owner`: outlets of one owner are one voice. `agency`: its copy is reprinted by others."""

    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    owner: str = ""
    country: str = ""
    agency: bool = False


@dataclass(frozen=True, slots=True)
class Outlets:
    """Every known outlet, by each of its names."""

    by_name: Mapping[str, Outlet]

    @classmethod
    def of(cls, outlets: Iterable[Outlet]) -> Outlets:
        table = {}
        for outlet in outlets:
            for name in (outlet.name, *outlet.aliases, *outlet.domains):
                table[fold_name(name)] = outlet
        return cls(MappingProxyType(table))

    def resolve(self, name: str) -> str:
        """The outlet's name as we write it, or `name` itself where we do not know it."""
        outlet = self.by_name.get(fold_name(name))
        return outlet.name if outlet else name.strip()

    def owner(self, name: str) -> str:
        outlet = self.by_name.get(fold_name(name))
        return (outlet.owner or outlet.name) if outlet else name

    def unpack(self, title: str, source: str | None) -> tuple[str, str | None]:
        """(title, outlet) of an aggregator's entry: it names the real outlet as `source` or behind the title's last dash.

        `Leaders meet - Reuters` is Reuters' `Leaders meet`. Without a `source`, the suffix has to be an outlet we
        know, since a headline may hold a dash of its own.
        """
        head, dash, tail = title.rpartition(" - ")
        if source:
            same = dash and head and self.resolve(tail) == self.resolve(source)
            return (head if same else title), self.resolve(source)
        if dash and head and fold_name(tail) in self.by_name:
            return head, self.resolve(tail)
        return title, None


def outlet_of_feed(title: str, host: str, outlets: Outlets) -> str:
    """What to call the outlet of a feed that a chat named: the known one of its domain, else its title, else its site.

    A title that is the name of a known outlet counts only on that one's site: anybody can call a feed Reuters.
    """
    site = host.removeprefix("www.")
    labels = site.split(".")
    places = (".".join(labels[start:]) for start in range(len(labels) - 1))
    known = next((outlets.by_name[place] for place in places if place in outlets.by_name), None)
    if known is not None:
        return known.name
    return site if not title or fold_name(title) in outlets.by_name else title


def fold_name(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(name.casefold().removeprefix("www.").split())
