"""What each environment asks of the lock: its own requirements and those of the package under test."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from hermes.errors import EnvfileError, LockError
from hermes.lockfile import markers, pins, requirements
from hermes.model.lock import LockedMetadata, WantedEnvironment
from hermes.model.project import BUILD_ENVIRONMENT, Environment, Package, Project, Requirement, Where


def wanted(
    project: Project, metadata: LockedMetadata | None, pinned: Mapping[str, pins.Pins]
) -> tuple[WantedEnvironment, ...]:
    """Say what a project's environments want, sorted by name.

    `metadata` is what the build backend answered, None where it was not asked; `pinned` has the parsed pins files by
    the path that environments name them with. An environment with pins wants exactly these lines; its requirements are
    then what the pins must satisfy. Raises EnvfileError for an extra that the package does not have.
    """
    found = [_environment(project, each, metadata, pinned) for each in project.environments.values()]
    build = _build(project, metadata)
    return tuple(sorted([*found, *build], key=lambda each: each.name))


def _environment(
    project: Project, environment: Environment, metadata: LockedMetadata | None, pinned: Mapping[str, pins.Pins]
) -> WantedEnvironment:
    asked = environment.requirements
    if project.package is not None and environment.package != "none":
        asked = tuple(_Expansion(package=project.package, metadata=metadata).requirements(environment))
    lines = None if environment.pins is None else pinned[environment.pins]
    return WantedEnvironment(
        name=environment.name,
        python=environment.python,
        requirements=_distinct(asked),
        pinned=None if lines is None else lines.lines,
        pins_digest=None if lines is None else lines.digest,
    )


def _build(project: Project, metadata: LockedMetadata | None) -> Iterator[WantedEnvironment]:
    """Give the environment that builds the package, if any environment installs it."""
    package = project.package
    users = [each for each in project.environments.values() if each.package != "none"]
    if package is None or not users:
        return
    dynamic = () if metadata is None else metadata.build_requires
    where = Where(file=_metadata_file(package), line=1, key=f"asked for by {package.backend}")
    yield WantedEnvironment(
        name=BUILD_ENVIRONMENT,
        python=requirements.by_python(text for each in users for text in each.python),
        requirements=_distinct([*package.build_requires, *(Requirement(text=text, where=where) for text in dynamic)]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expansion:
    """A package's requirements, static or as its build backend gave them, extras of extras included."""

    package: Package
    metadata: LockedMetadata | None

    def requirements(self, environment: Environment) -> list[Requirement]:
        """Give an environment's requirements with the package's own in the place of the package."""
        found: list[Requirement] = []
        pending = [*environment.requirements, *self._dependencies()]
        extras: list[tuple[str, str | None, Where]] = [(extra, None, environment.where) for extra in environment.extras]
        done: set[tuple[str, str | None]] = set()
        while pending or extras:
            if pending:
                requirement = pending.pop(0)
                parsed = _parse(requirement)
                marker = requirements.marker_of(parsed)
                if self.package.name is not None and parsed.name == canonicalize_name(self.package.name):
                    extras += [(extra, marker, requirement.where) for extra in sorted(parsed.extras)]
                else:
                    found.append(requirement)
                continue
            extra, condition, where = extras.pop(0)
            extra = canonicalize_name(extra)
            if (extra, condition) not in done:
                done.add((extra, condition))
                pending += [_restricted(each, condition) for each in self._extra(extra, where)]
        return found

    def _dependencies(self) -> Sequence[Requirement]:
        if self.package.dependencies is not None:
            return self.package.dependencies
        return self._dynamic("")

    def _extra(self, extra: str, where: Where) -> Sequence[Requirement]:
        if self.package.extras is not None:
            static: dict[str, Sequence[Requirement]] = {
                canonicalize_name(name): asked for name, asked in self.package.extras.items()
            }
            if extra not in static:
                raise _no_extra(extra, static, where)
            return static[extra]
        if self.metadata is not None and self.metadata.extras is not None and extra not in self.metadata.extras:
            raise _no_extra(extra, self.metadata.extras, where)
        always = {requirement.text for requirement in self._dynamic("")}
        return [requirement for requirement in self._dynamic(extra) if requirement.text not in always]

    def _dynamic(self, extra: str) -> Sequence[Requirement]:
        """Give what the backend's `Requires-Dist` lines ask for with one extra, or with none ("")."""
        asked = None if self.metadata is None else self.metadata.requires_dist
        where = Where(file=_metadata_file(self.package), line=1, key="dynamic dependencies")
        found = []
        for text in asked or ():
            parsed = requirements.parse(text)
            kept, marker = markers.without_extra(requirements.marker_of(parsed), extra)
            if kept:
                line = requirements.build(
                    parsed.name, extras=parsed.extras, specifier=str(parsed.specifier), marker=marker
                )
                found.append(Requirement(text=line, where=where))
        return found


def _restricted(requirement: Requirement, condition: str | None) -> Requirement:
    """Let a requirement hold only where `condition` does."""
    if condition is None:
        return requirement
    parsed = _parse(requirement)
    marker = markers.joined([requirements.marker_of(parsed), condition], "and")
    text = requirements.build(parsed.name, extras=parsed.extras, specifier=str(parsed.specifier), marker=marker)
    return Requirement(text=text, where=requirement.where)


def _distinct(asked: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Spell requirements in the one way, once each, sorted; the first who asks stands for all."""
    found: dict[str, Requirement] = {}
    for requirement in asked:
        parsed = _parse(requirement)
        marker = requirements.marker_of(parsed)
        text = requirements.build(parsed.name, extras=parsed.extras, specifier=str(parsed.specifier), marker=marker)
        found.setdefault(text, Requirement(text=text, where=requirement.where))
    return tuple(found[text] for text in sorted(found))


def _parse(requirement: Requirement) -> requirements.Parsed:
    try:
        parsed = requirements.parse(requirement.text)
        requirements.marker_of(parsed)
    except LockError as error:
        raise EnvfileError(f"{requirement.where}: {error.message}") from None
    return parsed


def _no_extra(extra: str, known: Iterable[str], where: Where) -> EnvfileError:
    names = ", ".join(sorted(known)) or "none"
    return EnvfileError(f"{where}: the package has no extra {extra!r}; its extras are: {names}")


def _metadata_file(package: Package) -> str:
    return package.metadata_files[0] if package.metadata_files else "pyproject.toml"
