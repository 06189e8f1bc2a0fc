"""Make environments of checked tables: groups expanded, defaults filled in, the package under test considered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.requirements import Requirement as Parsed

from hermes.envfile import values, wording
from hermes.envfile.document import Document, Problem
from hermes.envfile.groups import Groups
from hermes.envfile.package import Pyproject
from hermes.envfile.positions import Path
from hermes.model.project import Environment, PackageMode, Requirement, Where

Checked = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What environments draw upon; the `python` of the top holds where one says nothing."""

    document: Document
    groups: Groups
    pyproject: Pyproject
    checked: Checked

    @property
    def python(self) -> tuple[str, ...] | None:
        """The Pythons of the top, None where it does not say them at all."""
        return texts(self.checked, "python") if "python" in self.checked else None


def each(checked: Checked, key: str, path: Path) -> Iterator[tuple[Path, Any]]:
    """Give the good items of a list (or the one that stands without brackets), each with its path."""
    value = checked.get(key)
    if isinstance(value, list):
        yield from (((*path, key, index), item) for index, item in enumerate(value) if item is not None)
    elif value is not None:
        yield (*path, key), value


def texts(checked: Checked, key: str) -> tuple[str, ...]:
    """Give the good items of a list of strings."""
    return tuple(item for _, item in each(checked, key, ()))


def make(checked: Checked, path: Path, name: str, sources: Sources, problems: list[Problem]) -> Environment:
    """Make the environment called `name` of the checked table at `path`, which may be a session's."""
    return _Maker(checked, path, sources, problems).make(name)


class _Maker:
    """Makes one environment."""

    def __init__(self, checked: Checked, path: Path, sources: Sources, problems: list[Problem]) -> None:
        self.checked = checked
        self.path = path
        self.sources = sources
        self.problems = problems

    def wrong(self, path: Path, message: str) -> None:
        self.problems.append(Problem(where=self.sources.document.where(path), message=message))

    def make(self, name: str) -> Environment:
        package = self.package()
        requirements, extras = self.split(self.requirements(), package)
        for path, extra in each(self.checked, "extras", self.path):
            if self.checked.get("package", package) == "none":
                self.wrong(
                    path, 'extras belong to the package under test, which is not installed here: package is "none"'
                )
            extras.setdefault(values.name_key(extra), self.sources.document.where(path))
        if package != "none":
            self.problems += self.sources.pyproject.wrong
            self.check_extras(extras)
            self.check_python()
        if self.sources.python is None and "python" not in self.checked:
            self.wrong(("python",), 'is missing: expected the Pythons to test with, such as ["3.12", "3.13"]')
        return Environment(
            name=name,
            requirements=requirements,
            pins=None if self.checked.get("pins") is None else values.canonical_path(self.checked["pins"]),
            package=package,
            extras=tuple(extras),
            python=texts(self.checked, "python") or self.sources.python or (),
            where=self.sources.document.where(self.path),
        )

    def package(self) -> PackageMode:
        """Take the `package` key, or the default; a mode other than "none" needs something to install."""
        there = self.sources.pyproject.package is not None
        mode: PackageMode | None = self.checked.get("package", "editable" if there else "none")
        if mode in {"editable", "wheel"} and not there:
            self.wrong(
                (*self.path, "package"),
                "there is no package to install: expected a pyproject.toml with [build-system] or [project], "
                'or a setup.py, beside the envfile; else "none"',
            )
            return "none"
        return mode or "none"

    def requirements(self) -> Iterator[Requirement]:
        """Expand groups, dependency groups and requirements, in this order."""
        for key, groups in (("groups", self.sources.groups), ("dependency-groups", self.sources.pyproject.groups)):
            for path, name in each(self.checked, key, self.path):
                found = groups.find(name)
                if found is None:
                    self.wrong(path, groups.missing(name))
                else:
                    yield from groups.expand(found, self.problems)
        for path, text in each(self.checked, "requirements", self.path):
            yield Requirement(text=values.canonical_requirement(text), where=self.sources.document.where(path))

    def split(
        self, requirements: Iterator[Requirement], package: PackageMode
    ) -> tuple[tuple[Requirement, ...], dict[str, Where]]:
        """Tell requirements from extras of the package under test, written `package[extra]`; each of both once."""
        tested = self.sources.pyproject.package
        itself = None if tested is None or tested.name is None else values.name_key(tested.name)
        others: dict[str, Requirement] = {}
        extras: dict[str, Where] = {}
        for requirement in requirements:
            parsed = Parsed(requirement.text)
            if package == "none" or values.name_key(parsed.name) != itself:
                others.setdefault(requirement.text, requirement)
            elif parsed.specifier or parsed.marker:
                message = (
                    f"{wording.quoted(requirement.text)} names the package under test, which is installed from the "
                    f'project (package = "{package}"): expected it without version and marker, or not at all'
                )
                self.problems.append(Problem(where=requirement.where, message=message))
            else:
                extras.update((values.name_key(extra), requirement.where) for extra in sorted(parsed.extras))
        return tuple(others.values()), extras

    def check_python(self) -> None:
        """Look whether the package is for the Pythons of the environment, where pyproject.toml says for which it is."""
        wanted = self.sources.pyproject.requires_python
        if wanted is None:
            return
        checked, path = (self.checked, self.path) if "python" in self.checked else (self.sources.checked, ())
        for place, text in each(checked, "python", path):
            if not values.admits(wanted.specifier, text):
                self.wrong(
                    place,
                    f"{wording.quoted(text)} is not admitted by project.requires-python {wanted.specifier} "
                    f"({wanted.where.file}:{wanted.where.line})",
                )

    def check_extras(self, extras: Mapping[str, Where]) -> None:
        """Look whether the package has these extras, where pyproject.toml says which it has."""
        tested = self.sources.pyproject.package
        if tested is None or tested.extras is None:
            return
        for extra, where in extras.items():
            if extra in tested.extras:
                self.problems += self.sources.pyproject.wrong_extras.get(extra, ())
            else:
                message = (
                    f"there is no extra {wording.quoted(extra)} in pyproject.toml{wording.meant(extra, tested.extras)}"
                )
                self.problems.append(Problem(where=where, message=message))
