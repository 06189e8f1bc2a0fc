"""What pyproject.toml tells of the package under test (metadata where it is static, backend) and its groups."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hermes.envfile import check, document, table, values
from hermes.envfile.document import Document, Problem
from hermes.envfile.extras import Extras
from hermes.envfile.groups import Groups
from hermes.envfile.positions import Path
from hermes.envfile.shapes import Key, Listing, Names, Table, Text
from hermes.model.project import Package, Requirement, Where

FILE = "pyproject.toml"
DEFAULT_BACKEND = "setuptools.build_meta:__legacy__"
DEFAULT_BUILD_REQUIRES = "setuptools>=40.8.0"

_PLAIN_BACKENDS = frozenset(
    {
        "flit_core.buildapi",
        "hatchling.build",
        "pdm.backend",
        "poetry.core.masonry.api",
        "setuptools.build_meta",
        "uv_build",
    }
)
"""Backends that take programs from [project], and from keys of [tool] with "script", "hook" or "cmdclass" in them."""

_REQUIREMENTS = Listing(expected="a list of requirements", item=table.REQUIREMENT)
_BUILD_SYSTEM = Table(
    expected="a table",
    keys={
        "requires": Key(shape=_REQUIREMENTS, meaning="What building needs.", required=True),
        "build-backend": Key(
            shape=Text(expected='an object such as "hatchling.build"', pattern=r"[\w.]+(?::[\w.]+)?"),
            meaning="What builds.",
        ),
        "backend-path": Key(
            shape=Listing(expected="a list of folders", item=Text(expected="a folder", problem=values.path_problem)),
            meaning="Where a backend in the project lies.",
        ),
    },
    open=True,
)
_NAME = Text(expected="a name (letters, digits, . _ and -)", pattern=r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PROJECT = Table(
    expected="a table",
    keys={
        "name": Key(shape=_NAME, meaning="What it is called.", required=True),
        "dependencies": Key(shape=_REQUIREMENTS, meaning="What it needs."),
        "dynamic": Key(
            shape=Listing(expected="a list of strings", item=Text(expected="a string")),
            meaning="What the backend says.",
        ),
    },
    open=True,
)
_NAMED = Names(expected="a table of names", name=_NAME, item=Table(expected="", keys={}), same=values.name_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiresPython:
    """The Pythons that the package is for: a PEP 440 specifier, and where it stands."""

    specifier: str
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Pyproject:
    """The package under test, if there is one, and the dependency groups.

    `wrong` is what is wrong with the package, `wrong_extras` with each of its extras: it counts where they are used.
    """

    package: Package | None = None
    requires_python: RequiresPython | None = None
    groups: Groups
    wrong: Sequence[Problem] = ()
    wrong_extras: Mapping[str, Sequence[Problem]] = field(default_factory=dict)


def metadata_candidates(pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the files, relative to the project, that dynamic metadata may be read from, whether they exist or not."""
    dynamic = _table(_table(_table(pyproject.get("tool")).get("setuptools")).get("dynamic"))
    named = sorted({name for name in _files(dynamic) if values.path_problem(name) is None})
    return tuple(dict.fromkeys([FILE, "setup.py", "setup.cfg", *map(values.canonical_path, named)]))


def read(text: str | None, *, has_setup_py: bool, exists: Callable[[str], bool], problems: list[Problem]) -> Pyproject:
    """Read the text of pyproject.toml (None: there is none); a TOML syntax error is an EnvfileError.

    `exists` says whether there is a file of this name, relative to the project.
    """
    content = Document(file="setup.py") if text is None else document.read(text, file=FILE)
    groups = _groups(content, problems)
    if not has_setup_py and not {"build-system", "project"} & content.values.keys():
        return Pyproject(groups=groups)
    wrong: list[Problem] = []
    build = _part(content, "build-system", _BUILD_SYSTEM, wrong)
    project = _part(content, "project", _PROJECT, wrong)
    dynamic = (
        set(project.get("dynamic") or ()) if "project" in content.values else {"dependencies", "optional-dependencies"}
    )
    extras = _extras(content, project.get("name"), wrong)
    wrong_extras: dict[str, list[Problem]] = {name: [] for name in extras.requirements}
    static = {name: extras.expand_extra(name, wrong_extras[name]) for name in extras.requirements}
    dependencies = _requirements(content, ("project", "dependencies"), project.get("dependencies"))
    package = Package(
        name=project.get("name"),
        dependencies=None if "dependencies" in dynamic else extras.expand(dependencies, wrong),
        extras=None if "optional-dependencies" in dynamic else static,
        build_requires=_build_requires(content, build),
        backend=build.get("build-backend") or DEFAULT_BACKEND,
        backend_path=tuple(values.canonical_path(folder) for folder in build.get("backend-path") or () if folder),
        metadata_files=tuple(name for name in metadata_candidates(content.values) if exists(name)),
        static_metadata=not dynamic & {"dependencies", "optional-dependencies"},
        scripts=None if has_setup_py or exists("setup.cfg") else _scripts(content.values, dynamic),
    )
    return Pyproject(
        package=package,
        requires_python=_requires_python(content),
        groups=groups,
        wrong=wrong,
        wrong_extras=wrong_extras,
    )


def _part(content: Document, key: str, shape: Table, problems: list[Problem]) -> dict[str, Any]:
    if key not in content.values:
        return {}
    return check.check_part(content, content.values[key], shape, (key,), problems) or {}


def _groups(content: Document, problems: list[Problem]) -> Groups:
    """Take the dependency groups; what is wrong with one counts where it is used."""
    path: Path = ("dependency-groups",)
    items: dict[str, Any] = {}
    wrong: dict[str, list[Problem]] = {}
    found = content.values.get("dependency-groups", {})
    if not isinstance(found, dict):
        check.check_part(content, found, table.GROUPS, path, problems)
    for name, group in _table(found).items():
        wrong[name] = []
        items[name] = check.check_part(content, group, table.GROUPS.item, (*path, name), wrong[name])
    return Groups(document=content, path=path, title=f"[dependency-groups] of {FILE}", items=items, wrong=wrong)


def _extras(content: Document, package: str | None, problems: list[Problem]) -> Extras:
    """Take the static extras; what is wrong with one counts where it is used."""
    path: Path = ("project", "optional-dependencies")
    requirements: dict[str, list[Requirement]] = {}
    wrong: dict[str, list[Problem]] = {}
    found = _table(content.values.get("project")).get("optional-dependencies", {})
    check.check_part(content, {} if isinstance(found, dict) else found, _NAMED, path, problems)
    for name, listed in _table(found).items():
        key = values.name_key(name)
        wrong[key] = []
        items = check.check_part(content, listed, _REQUIREMENTS, (*path, name), wrong[key])
        requirements[key] = _requirements(content, (*path, name), items)
    return Extras(package=package, requirements=requirements, wrong=wrong)


def _requirements(content: Document, path: Path, items: Sequence[str | None] | None) -> list[Requirement]:
    return [
        Requirement(text=values.canonical_requirement(item), where=content.where((*path, index)))
        for index, item in enumerate(items or ())
        if item is not None
    ]


def _build_requires(content: Document, build: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """Give the build requirements, or what PEP 517 says where there is no [build-system]."""
    path = ("build-system", "requires")
    if "build-system" in content.values:
        return tuple(_requirements(content, path, build.get("requires")))
    return (Requirement(text=DEFAULT_BUILD_REQUIRES, where=content.where(path)),)


def _requires_python(content: Document) -> RequiresPython | None:
    """Take [project]'s requires-python; one that is no specifier is for the build backend to refuse."""
    specifier = _table(content.values.get("project")).get("requires-python")
    if not isinstance(specifier, str) or values.specifier_problem(specifier) is not None:
        return None
    return RequiresPython(specifier=specifier, where=content.where(("project", "requires-python")))


def _scripts(pyproject: Mapping[str, Any], dynamic: Collection[str]) -> tuple[str, ...] | None:
    """Give the programs of the package; None where something else than [project] may add some."""
    scripts = ("scripts", "gui-scripts")
    backend = _table(pyproject.get("build-system")).get("build-backend")
    tools = set(_keys(pyproject.get("tool")))
    if (
        backend not in _PLAIN_BACKENDS
        or "project" not in pyproject
        or any(key in dynamic for key in scripts)
        or any(word in key for key in tools for word in ("script", "hook", "cmdclass"))
    ):
        return None
    project = _table(pyproject["project"])
    return tuple(name for key in scripts for name in _table(project.get(key)))


def _keys(value: Any) -> Iterator[str]:
    """Give the keys of a table and of all tables in it."""
    for key, inner in _table(value).items():
        yield key
        yield from _keys(inner)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _files(value: Any) -> Iterator[str]:
    """Find the `file` entries of [tool.setuptools.dynamic], each a name or a list of names."""
    for key, inner in _table(value).items():
        if key == "file":
            yield from (name for name in (inner if isinstance(inner, list) else [inner]) if isinstance(name, str))
        else:
            yield from _files(inner)
