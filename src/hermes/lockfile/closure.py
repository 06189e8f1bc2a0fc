"""What the pins of an environment need of each other, followed from what was asked for along the packages' edges."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hermes.lockfile import markers, requirements
from hermes.model.lock import LockedEnvironment, LockedPackage, Pin

Condition = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A pinned package (`name version`) needs another that is not pinned, or not wherever `marker` holds."""

    asker: str
    needs: str
    marker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """The names that are needed, and what is needed without being pinned."""

    needed: frozenset[str]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A package to look at with one of its extras ("" for none), which was asked for where all conditions hold."""

    name: str
    extra: str
    condition: Condition


def close(
    environment: LockedEnvironment, packages: Mapping[tuple[str, str], LockedPackage], roots: Sequence[str]
) -> Closure:
    """Follow the edges of an environment's pins from the requirements in `roots`."""
    requires_python = environment.requires_python
    pins: dict[str, list[Pin]] = {}
    for pin in environment.pins:
        pins.setdefault(pin.name, []).append(pin)
    pending: deque[_Step] = deque()
    for text in roots:
        asked = requirements.parse(text)
        pending.extend(_ask(asked, [requirements.marker_of(asked)], requires_python))
    done: dict[tuple[str, str], list[Condition]] = {}
    gaps: dict[Gap, None] = {}
    while pending:
        step = pending.popleft()
        conditions = done.setdefault((step.name, step.extra), [])
        if any(condition <= step.condition for condition in conditions):
            continue
        conditions.append(step.condition)
        for pin in pins.get(step.name, ()):
            for asked, together in _edges(step, pin, packages[pin.name, pin.version], requires_python):
                pending.extend(_ask(asked, together, requires_python))
                alternatives = [each.marker for each in pins.get(asked.name, ())]
                if not markers.implied(together, alternatives, requires_python):
                    where = markers.joined(together, "and")
                    gaps[Gap(asker=f"{pin.name} {pin.version}", needs=asked.name, marker=where)] = None
    return Closure(needed=frozenset(name for name, _ in done), gaps=tuple(gaps))


def _edges(
    step: _Step, pin: Pin, package: LockedPackage, requires_python: str
) -> Iterator[tuple[requirements.Parsed, list[str | None]]]:
    """Give the edges of a pinned package that a step takes, with all that must hold for them."""
    for edge in package.dependencies:
        asked = requirements.parse(edge)
        kept, rest = markers.without_extra(requirements.marker_of(asked), step.extra)
        together = [*sorted(step.condition), pin.marker, rest]
        if kept and markers.possible(together, requires_python):
            yield asked, together


def _ask(asked: requirements.Parsed, together: Sequence[str | None], requires_python: str) -> list[_Step]:
    """Give the steps to a package and its extras where all of `together` can hold, else none."""
    if not markers.possible(together, requires_python):
        return []
    condition = frozenset(marker for marker in together if marker is not None)
    extras = [_Step(name=asked.name, extra=extra, condition=condition) for extra in sorted(asked.extras)]
    return [_Step(name=asked.name, extra="", condition=frozenset()), *extras]
