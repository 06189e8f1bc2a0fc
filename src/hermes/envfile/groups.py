"""Groups of requirements that include each other, as PEP 735 has them: in the envfile and in pyproject.toml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hermes.envfile import values, wording
from hermes.envfile.document import Document, Problem
from hermes.envfile.positions import Path
from hermes.model.project import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The checked groups at `path` of a document; `title` is what users call them all.

    Names are compared normalised, and kept as they are written. `wrong` holds what is wrong with a group that counts
    only where the group is used.
    """

    document: Document
    path: Path
    title: str
    items: Mapping[str, Any] = field(default_factory=dict)
    wrong: Mapping[str, Sequence[Problem]] = field(default_factory=dict)

    def find(self, name: str) -> str | None:
        """Give the spelling that a group of this name has, if there is one."""
        wanted = values.name_key(name)
        return next((written for written in self.items if values.name_key(written) == wanted), None)

    def expand(self, name: str, problems: list[Problem]) -> list[Requirement]:
        """Give the requirements of a group that exists, in order, with those of the groups that it includes."""
        found: list[Requirement] = []
        self._walk(name, (), set(), found, problems)
        return found

    def expand_all(self, problems: list[Problem]) -> None:
        """Look for what is wrong with any of the groups."""
        for name in self.items:
            self.expand(name, problems)

    def missing(self, name: str) -> str:
        """Say that there is no such group, and which was meant."""
        return f"there is no group {wording.quoted(name)} in {self.title}{wording.meant(name, self.items)}"

    def _walk(
        self, name: str, above: tuple[str, ...], done: set[str], found: list[Requirement], problems: list[Problem]
    ) -> None:
        done.add(name)
        problems += self.wrong.get(name, ())
        for index, item in enumerate(self.items[name] or ()):
            path = (*self.path, name, index)
            if isinstance(item, str):
                where = self.document.where(path)
                found.append(Requirement(text=values.canonical_requirement(item), where=where))
                continue
            wanted = (item or {}).get("include-group")
            if wanted is None:
                continue
            included = self.find(wanted)
            if included is None:
                where = self.document.where((*path, "include-group"))
                problems.append(Problem(where=where, message=self.missing(wanted)))
            elif included in (*above, name):
                problems.append(self._cycle((*above, name), included))
            elif included not in done:
                self._walk(included, (*above, name), done, found, problems)

    def _cycle(self, chain: Sequence[str], again: str) -> Problem:
        """Report a cycle at the include of its first group in the file, wherever the walk came upon it."""
        cycle = list(chain[chain.index(again) :])
        order = list(self.items)
        first = min(range(len(cycle)), key=lambda position: order.index(cycle[position]))
        cycle = cycle[first:] + cycle[:first]
        after = cycle[1] if len(cycle) > 1 else cycle[0]
        index = next(
            index
            for index, item in enumerate(self.items[cycle[0]])
            if isinstance(item, dict) and self.find(item.get("include-group") or "") == after
        )
        where = self.document.where((*self.path, cycle[0], index, "include-group"))
        way = " -> ".join([*cycle, cycle[0]])
        return Problem(where=where, message=f"groups include each other in a circle: {way}; drop one of these includes")
