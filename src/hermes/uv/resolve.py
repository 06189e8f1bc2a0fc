"""From what environments want to pins, edges and files, by `uv lock` on a synthetic project.

Environments are resolved together where they agree: first all at once, then each alone (one that fails alone is the
user's to mend), then each joins the first bucket that it can be resolved with. What builds the package is always
resolved by itself: its versions need not be those that tests run with.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hermes.errors import ResolutionError
from hermes.model.interpreter import Interpreter
from hermes.model.lock import Lock, LockedEnvironment, LockedPackage, Pin, WantedEnvironment
from hermes.model.project import BUILD_ENVIRONMENT
from hermes.model.request import parse_request
from hermes.uv import answer, explain, merge, pins, ranges, synthetic
from hermes.uv.command import Uv
from hermes.uv.synthetic import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Environments by name, packages by (normalised name, version), and what the user should be told."""

    environments: Mapping[str, LockedEnvironment]
    packages: Mapping[tuple[str, str], LockedPackage]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bucket:
    """Environments that were resolved together, and the uv.lock that came of it."""

    members: tuple[Member, ...]
    locked: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolver:
    uv: Uv
    interpreter: Interpreter
    folder: Path
    whole: ranges.Range
    preferences: Lock | None
    without: AbstractSet[str]
    known: Sequence[str] = field(repr=False)


def resolve(
    uv: Uv,
    wanted: Sequence[WantedEnvironment],
    *,
    preferences: Lock | None,
    upgrade: bool,
    upgrade_packages: AbstractSet[str],
    interpreter: Interpreter,
    workdir: Path,
    specifiers: Mapping[str, str] | None = None,
) -> Resolution:
    """Resolve environments for their whole Python ranges.

    `preferences` are pins to keep where the requirements allow it, all but `upgrade_packages`, none with `upgrade`.
    `specifiers` says which versions the requests are that are paths. `workdir` is scratch. Raises ResolutionError in
    the user's terms, LockError for a line of a pins file that the index does not know.
    """
    if not wanted:
        return Resolution(environments={}, packages={})
    pythons = {environment.name: _pythons(environment, specifiers or {}) for environment in wanted}
    resolver = _Resolver(
        uv=uv,
        interpreter=interpreter,
        folder=workdir,
        whole=ranges.union(pythons.values()),
        preferences=None if upgrade else preferences,
        without=frozenset(canonicalize_name(name) for name in upgrade_packages),
        known=_known(wanted, preferences),
    )
    workdir.mkdir(parents=True, exist_ok=True)
    declared = synthetic.members([each for each in wanted if each.pinned is None], pythons)
    building = tuple(member for member in declared if member.wanted.name == BUILD_ENVIRONMENT)
    testing = tuple(member for member in declared if member.wanted.name != BUILD_ENVIRONMENT)
    buckets = [*_buckets(resolver, building), *_buckets(resolver, testing)]

    environments: dict[str, LockedEnvironment] = {}
    packages: dict[tuple[str, str], LockedPackage] = {}
    named: list[LockedPackage] = []
    for bucket in buckets:
        merge.packages(packages, answer.packages(bucket.locked, pythons=resolver.whole).values())
        for member in bucket.members:
            environments[member.wanted.name] = _locked(member.wanted, member.pythons, _export(resolver, bucket, member))
    for environment in (each for each in wanted if each.pinned is not None):
        found = pins.resolve(uv, environment, pythons[environment.name], interpreter, workdir)
        merge.packages(packages, found.packages)
        named.extend(found.packages)
        environments[environment.name] = _locked(environment, pythons[environment.name], found.pins)
    present = {(pin.name, pin.version) for environment in environments.values() for pin in environment.pins}
    kept = {key: package for key, package in sorted(packages.items()) if key in present}
    kept = merge.restricted(kept, named)
    return Resolution(
        environments={environment.name: environments[environment.name] for environment in wanted},
        packages=merge.carried_over(kept, preferences, changeable=upgrade or upgrade_packages),
        warnings=tuple(dict.fromkeys(warning for bucket in buckets for warning in bucket.warnings)),
    )


def _pythons(wanted: WantedEnvironment, specifiers: Mapping[str, str]) -> ranges.Range:
    found = []
    for text in wanted.python:
        specifier = parse_request(text).specifier() or specifiers.get(text)
        if specifier is None:
            raise ResolutionError(
                f"{explain.label(wanted.name)}: which Python {text} is cannot be told: it was not found",
                hint="install it, or ask for a version instead of a path",
            )
        found.append(ranges.parse(specifier))
    pythons = ranges.union(found)
    if not pythons:
        raise ResolutionError(
            f"{explain.label(wanted.name)}: no version of Python is in {', '.join(wanted.python)}",
            hint="widen the environment's `python`",
        )
    return pythons


def _known(wanted: Sequence[WantedEnvironment], preferences: Lock | None) -> tuple[str, ...]:
    """Collect the package names that a misspelt one might stand for."""
    asked = {Requirement(each.text).name for environment in wanted for each in environment.requirements}
    locked = {name for name, _ in preferences.packages} if preferences else set()
    return tuple(sorted({canonicalize_name(name) for name in asked | locked}))


def _buckets(resolver: _Resolver, members: Sequence[Member]) -> list[_Bucket]:
    if not members:
        return []
    together = _attempt(resolver, members)
    if isinstance(together, _Bucket):
        return [together]
    if len(members) == 1:
        raise explain.explain(together, members, known=resolver.known)
    alone = [(member, _attempt(resolver, [member])) for member in members]
    errors = [
        explain.explain(failure, [member], known=resolver.known)
        for member, failure in alone
        if isinstance(failure, str)
    ]
    if errors:
        raise ResolutionError("\n".join(error.message for error in errors), hint=errors[0].hint)
    buckets: list[_Bucket] = []
    for single in (outcome for _, outcome in alone if isinstance(outcome, _Bucket)):
        for number, bucket in enumerate(buckets):
            joined = _attempt(resolver, [*bucket.members, *single.members])
            if isinstance(joined, _Bucket):
                buckets[number] = joined
                break
        else:
            buckets.append(single)
    return buckets


def _attempt(resolver: _Resolver, members: Sequence[Member]) -> _Bucket | str:
    """Resolve some environments together: the bucket, or what uv wrote where there is no solution."""
    project = synthetic.project(members, whole=resolver.whole, interpreter=resolver.interpreter.version)
    (resolver.folder / "pyproject.toml").write_text(project, encoding="utf-8")
    lock = resolver.folder / "uv.lock"
    lock.unlink(missing_ok=True)
    if resolver.preferences is not None:
        names = [member.wanted.name for member in members]
        old = synthetic.preferences(resolver.preferences, names, without=resolver.without)
        if old is not None:
            lock.write_text(old, encoding="utf-8")
    completed = resolver.uv.run("lock", "--no-build", "--python", resolver.interpreter.path, cwd=resolver.folder)
    if completed.status == 0:
        return _Bucket(
            members=tuple(members), locked=lock.read_text(encoding="utf-8"), warnings=_warnings(completed.stderr)
        )
    if "No solution found" in completed.stderr:
        return completed.stderr
    raise explain.unreachable(completed.stderr) or ResolutionError(
        f"uv could not resolve the requirements (exit status {completed.status}):\n"
        + explain.clean(completed.stderr, {}),
        hint="if this is not about your requirements, report it with the text above",
    )


def _export(resolver: _Resolver, bucket: _Bucket, member: Member) -> tuple[Pin, ...]:
    project = synthetic.project(bucket.members, whole=resolver.whole, interpreter=resolver.interpreter.version)
    (resolver.folder / "pyproject.toml").write_text(project, encoding="utf-8")
    (resolver.folder / "uv.lock").write_text(bucket.locked, encoding="utf-8")
    words = ["export", "--frozen", "--only-group", member.group, "--format", "requirements.txt"]
    words += ["--no-hashes", "--no-header", "--no-annotate", "--python", resolver.interpreter.path]
    completed = resolver.uv.run(*words, cwd=resolver.folder, offline=True)
    if completed.status != 0:
        raise ResolutionError(
            f"uv could not list the packages of {explain.label(member.wanted.name)} "
            f"(exit status {completed.status}):\n{explain.clean(completed.stderr, {})}",
            hint="report it with the text above",
        )
    return answer.pins(completed.stdout, pythons=member.pythons)


def _locked(wanted: WantedEnvironment, pythons: ranges.Range, found: Iterable[Pin]) -> LockedEnvironment:
    return LockedEnvironment(
        name=wanted.name,
        python=wanted.python,
        requires_python=str(SpecifierSet(ranges.specifier(pythons))),
        requirements=tuple(sorted({asked.text for asked in wanted.requirements})),
        pins_digest=wanted.pins_digest,
        pins=tuple(found),
    )


def _warnings(text: str) -> tuple[str, ...]:
    return tuple(line.removeprefix("warning: ") for line in text.splitlines() if line.startswith("warning: "))
