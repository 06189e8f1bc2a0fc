"""The project that stands in for an envfile when uv resolves: one dependency group per environment, and old pins.

Old pins are handed over as a `uv.lock` with nothing but names and versions. uv prefers these versions, whatever index
the entries name, and asks the index in use for everything else.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import tomli_w
from packaging.markers import Marker
from packaging.requirements import Requirement

from hermes.lockfile import grid
from hermes.model.lock import Lock, Pin, WantedEnvironment
from hermes.uv import ranges

NAME = "hermes-synthetic"
GROUP = "e-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An environment that is being resolved: its dependency group and the Python versions that it is for."""

    group: str
    wanted: WantedEnvironment
    pythons: ranges.Range


def members(wanted: Sequence[WantedEnvironment], pythons: Mapping[str, ranges.Range]) -> tuple[Member, ...]:
    """Give each environment a numbered group: the names of groups are less free than those of environments."""
    return tuple(
        Member(group=f"{GROUP}{number}", wanted=environment, pythons=pythons[environment.name])
        for number, environment in enumerate(wanted)
    )


def project(group: Sequence[Member], *, whole: ranges.Range, interpreter: str) -> str:
    """Write the pyproject.toml for some environments; `whole` is the range of all that are being locked.

    Each minor version is resolved by itself: only then does uv see to it that each gets versions with wheels for it.
    uv insists on an interpreter in the required range, though it does not use it for the result: where the given one
    lies outside, the required range is widened, and only `environments` says what counts.
    """
    required = ranges.hull(whole)
    running = ranges.parse(f"=={interpreter.removesuffix('+')}")
    if not ranges.intersection(required, running):
        required = ranges.hull(ranges.union([required, running]))
    document = {
        "project": {"name": NAME, "version": "0", "requires-python": ranges.specifier(required)},
        "dependency-groups": {
            member.group: [_narrowed(asked.text, member.pythons, whole) for asked in member.wanted.requirements]
            for member in group
        },
        "tool": {"uv": {"package": False, "default-groups": [], "environments": _worlds(whole)}},
    }
    return tomli_w.dumps(document)


def _worlds(whole: ranges.Range) -> list[str]:
    """Write what is resolved for: each minor version by itself, on the platforms that hermes locks for.

    Without them uv would look for a solution on every platform that some package's marker mentions (emscripten).
    """
    platforms = " or ".join(f"sys_platform == '{row[1]}'" for row in grid.KNOWN["platform"])
    return [f"{marker} and ({platforms})" for marker in ranges.markers(ranges.by_minor(whole))]


def preferences(lock: Lock, names: Sequence[str], *, without: AbstractSet[str]) -> str | None:
    """Write old pins as a uv.lock: those of the environments in `names`, then of others where these say nothing.

    None where there are none. A name with several versions keeps their markers, so that each is preferred where it was.
    """
    chosen: dict[str, set[Pin]] = {}
    own = [environment for name, environment in lock.environments.items() if name in names]
    other = [environment for name, environment in lock.environments.items() if name not in names]
    for environments in (own, other):
        settled = frozenset(chosen)
        for pin in (pin for environment in environments for pin in environment.pins):
            if pin.name not in without and pin.name not in settled:
                chosen.setdefault(pin.name, set()).add(pin)
    if not chosen:
        return None
    packages = [
        entry
        for name in sorted(chosen)
        for entry in _entries(name, sorted(chosen[name], key=lambda pin: (pin.version, pin.marker or "")))
    ]
    return tomli_w.dumps({"version": 1, "revision": 3, "requires-python": ">=3", "package": packages})


def _entries(name: str, pins: Sequence[Pin]) -> Iterable[dict[str, object]]:
    for version in dict.fromkeys(pin.version for pin in pins):
        entry: dict[str, object] = {
            "name": name,
            "version": version,
            "source": {"registry": "https://index.invalid/simple"},
        }
        holding = [pin.marker for pin in pins if pin.version == version]
        if len({pin.version for pin in pins}) > 1 and None not in holding:
            entry["resolution-markers"] = sorted({marker for marker in holding if marker})
        yield entry


def _narrowed(text: str, pythons: ranges.Range, whole: ranges.Range) -> str:
    if pythons == whole:
        return text
    requirement = Requirement(text)
    here = " or ".join(f"({marker})" for marker in ranges.markers(pythons))
    requirement.marker = Marker(f"({requirement.marker}) and ({here})" if requirement.marker else here)
    return str(requirement)
