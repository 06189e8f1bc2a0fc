"""Extras that name the package itself, `all = ["pkg[cli,db]"]`: what they stand for, without the package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packaging.markers import Marker
from packaging.requirements import Requirement as Parsed

from hermes.envfile import values, wording
from hermes.envfile.document import Problem
from hermes.model.project import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """The extras of a package by normalised name, and what is wrong with an extra, which counts where it is used."""

    package: str | None
    requirements: Mapping[str, Sequence[Requirement]] = field(default_factory=dict)
    wrong: Mapping[str, Sequence[Problem]] = field(default_factory=dict)

    def expand(self, requirements: Sequence[Requirement], problems: list[Problem]) -> tuple[Requirement, ...]:
        """Put in the place of each requirement of the package itself what its extras require."""
        found: dict[str, Requirement] = {}
        for requirement in self._walk(requirements, None, (), problems):
            found.setdefault(requirement.text, requirement)
        return tuple(found.values())

    def expand_extra(self, extra: str, problems: list[Problem]) -> tuple[Requirement, ...]:
        """Give what an extra (normalised) requires."""
        problems += self.wrong.get(extra, ())
        return self.expand(self.requirements[extra], problems)

    def _walk(
        self,
        requirements: Sequence[Requirement],
        marker: Marker | None,
        above: tuple[str, ...],
        problems: list[Problem],
    ) -> list[Requirement]:
        found: list[Requirement] = []
        for requirement in requirements:
            parsed = Parsed(requirement.text)
            parsed.marker = _both(marker, parsed.marker)
            if self.package is None or values.name_key(parsed.name) != values.name_key(self.package):
                found.append(Requirement(text=str(parsed), where=requirement.where))
                continue
            for extra in sorted(map(values.name_key, parsed.extras)):
                if extra not in self.requirements:
                    message = (
                        f"{self.package} has no extra {wording.quoted(extra)}{wording.meant(extra, self.requirements)}"
                    )
                    problems.append(Problem(where=requirement.where, message=message))
                elif extra not in above:
                    problems += self.wrong.get(extra, ())
                    found += self._walk(self.requirements[extra], parsed.marker, (*above, extra), problems)
        return found


def _both(first: Marker | None, second: Marker | None) -> Marker | None:
    if first is None or second is None:
        return first or second
    return first & second
