"""Envfile text becomes a Project, or an error with everything that is wrong, each with file, line and key."""

from collections.abc import Callable, Mapping
from typing import Any

from packaging.specifiers import SpecifierSet

from hermes.envfile import check, document, environments, package, sessions, table, wording
from hermes.envfile.document import Document, Problem
from hermes.envfile.environments import Sources
from hermes.envfile.groups import Groups
from hermes.model.project import Environment, Project, Session


def parse(
    text: str,
    *,
    file: str,
    root: str,
    pyproject: str | None,
    has_setup_py: bool,
    exists: Callable[[str], bool],
    version: str,
) -> Project:
    """Parse the envfile `file` of the absolute folder `root`; an EnvfileError has one line per problem.

    `pyproject` is the text of pyproject.toml, None if there is none; `exists` says whether there is a file of this
    name, relative to `root`; `version` is that of hermes.
    """
    content = document.read(text, file=file)
    problems: list[Problem] = []
    checked = check.check(content, table.ENVFILE, problems)
    _check_version(checked.get("requires-hermes"), version, content, problems)
    groups = Groups(
        document=content, path=("requirements",), title="[requirements]", items=checked.get("requirements") or {}
    )
    groups.expand_all(problems)
    tested = package.read(pyproject, has_setup_py=has_setup_py, exists=exists, problems=problems)
    sources = Sources(document=content, groups=groups, pyproject=tested, checked=checked)
    made_environments, made_sessions = _make(checked, sources, problems)
    if problems:
        raise document.error(problems, first=file)
    return Project(
        root=root,
        envfile=file,
        python=sources.python or (),
        python_downloads=bool(checked.get("python-downloads")),
        layers=_layers(checked) or (),
        environments=made_environments,
        sessions=made_sessions,
        package=tested.package,
    )


def _make(
    checked: Mapping[str, Any], sources: Sources, problems: list[Problem]
) -> tuple[dict[str, Environment], dict[str, Session]]:
    """Make all environments, then all sessions with the environments that they carry."""
    declared: dict[str, Environment | None] = {
        name: None if item is None else environments.make(item, ("environments", name), name, sources, problems)
        for name, item in (checked.get("environments") or {}).items()
    }
    items: Mapping[str, Any] = checked.get("sessions") or {}
    surroundings = sessions.Surroundings(
        sources=sources,
        environments=declared,
        sessions=frozenset(items),
        layers=_layers(checked),
        defaults=checked.get("defaults") or {},
    )
    default = surroundings.defaults.get("environment")
    if default is not None:
        sessions.check_environment(default, ("defaults", "environment"), surroundings, problems)
    made = {}
    carried = {}
    for name, item in items.items():
        if item is not None:
            made[name], environment = sessions.make(item, name, surroundings, problems)
            if environment is not None:
                carried[name] = environment
    return {name: each for name, each in declared.items() if each is not None} | carried, made


def _layers(checked: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Give the layers, or None where the envfile's are wrong."""
    if "layers" not in checked:
        return table.DEFAULT_LAYERS
    return None if checked["layers"] is None else environments.texts(checked, "layers")


def _check_version(wanted: str | None, version: str, content: Document, problems: list[Problem]) -> None:
    if wanted is not None and not SpecifierSet(wanted).contains(version, prereleases=True):
        message = f"this is hermes {version}, and the envfile asks for {wording.quoted(wanted)}: install such a version"
        problems.append(Problem(where=content.where(("requires-hermes",)), message=message))
