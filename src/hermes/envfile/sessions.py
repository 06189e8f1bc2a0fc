"""Make sessions of checked tables: defaults filled in, the environment named or made, names looked up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hermes.envfile import environments, substitute, table, values, wording
from hermes.envfile.document import Problem
from hermes.envfile.environments import Checked, Sources, each, texts
from hermes.envfile.positions import Path
from hermes.model.project import Command, Environment, Session, Where

_PASSED = ("pass-env", "pass-env-unkeyed", "secrets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What sessions refer to: environments and sessions by name (None: it is there, but wrong), layers, defaults.

    `layers` is None where the envfile's are wrong.
    """

    sources: Sources
    environments: Mapping[str, Environment | None]
    sessions: frozenset[str]
    layers: tuple[str, ...] | None
    defaults: Checked


def make(
    checked: Checked, name: str, surroundings: Surroundings, problems: list[Problem]
) -> tuple[Session, Environment | None]:
    """Make a session, and the environment that it carries, if it names none."""
    return _Maker(checked, name, surroundings, problems).make()


def check_environment(name: str, path: Path, surroundings: Surroundings, problems: list[Problem]) -> None:
    """Look whether there is an environment that the value at `path` names."""
    if name not in surroundings.environments:
        meant = wording.meant(name, surroundings.environments)
        if not surroundings.environments:
            meant = f": the envfile declares none; add [{wording.key_path(('environments', name))}]"
        message = f"there is no environment {wording.quoted(name)}{meant}"
        problems.append(Problem(where=surroundings.sources.document.where(path), message=message))


class _Maker:
    """Makes one session."""

    def __init__(self, checked: Checked, name: str, surroundings: Surroundings, problems: list[Problem]) -> None:
        self.checked = checked
        self.name = name
        self.path: Path = ("sessions", name)
        self.around = surroundings
        self.problems = problems

    def wrong(self, path: Path, message: str) -> None:
        self.problems.append(Problem(where=self.around.sources.document.where(path), message=message))

    def make(self) -> tuple[Session, Environment | None]:
        named, environment, carried = self.environment()
        self.check_passed()
        session = Session(
            name=self.name,
            environment=named,
            layer=self.layer(),
            python=self.python(environment),
            run=tuple(self.commands()),
            env=self.variables(),
            pass_env=self.names("pass-env"),
            pass_env_unkeyed=self.names("pass-env-unkeyed"),
            secrets=self.names("secrets"),
            externals=self.names("externals"),
            caches=self.names("caches"),
            directory=values.canonical_path(self.rule("directory", ".")),
            directory_where=self.said("directory"),
            only_on=self.names("only-on"),
            tags=self.names("tags"),
            default=self.rule("default", True),
            allow_failure=self.rule("allow-failure", False),
            isolation=self.rule("isolation", "env"),
            where=self.around.sources.document.where(self.path),
        )
        return session, environment if carried else None

    def rules(self, key: str) -> tuple[Checked, Path]:
        """Find where a key is said: in the session, else in [defaults]."""
        return (self.checked, self.path) if key in self.checked else (self.around.defaults, ("defaults",))

    def rule(self, key: str, otherwise: Any) -> Any:
        value = self.rules(key)[0].get(key)
        return otherwise if value is None else value

    def said(self, key: str) -> Where | None:
        """Find where a key stands, if anything says it."""
        checked, path = self.rules(key)
        return self.around.sources.document.where((*path, key)) if key in checked else None

    def names(self, key: str) -> tuple[str, ...]:
        return texts(self.rules(key)[0], key)

    def variables(self) -> dict[str, str]:
        """Add the session's variables to those of [defaults]."""
        both = {**(self.around.defaults.get("env") or {}), **(self.checked.get("env") or {})}
        return {name: value for name, value in both.items() if value is not None}

    def environment(self) -> tuple[str, Environment | None, bool]:
        """Give the environment's name, the environment where it is known, and whether the session carries it."""
        own = any(key in self.checked for key in table.OWN_KEYS)
        if "environment" in self.checked or ("environment" in self.around.defaults and not own):
            checked, path = self.rules("environment")
            name = checked["environment"] or ""
            if name:
                check_environment(name, (*path, "environment"), self.around, self.problems)
            return name, self.around.environments.get(name), False
        if self.name in self.around.environments:
            self.wrong(
                self.path,
                f"the session carries its own environment, which has its name, but there is [environments.{self.name}] "
                f"too: expected environment = {wording.quoted(self.name)}, or another name for one of them",
            )
        made = environments.make(self.checked, self.path, self.name, self.around.sources, self.problems)
        return self.name, made, True

    def python(self, environment: Environment | None) -> tuple[str, ...]:
        """Give the environment's Pythons, or those of them that the session chooses."""
        chosen = list(each(self.checked, "python", self.path))
        if environment is None or not environment.python:
            return tuple(text for _, text in chosen)
        built = {values.canonical_python(text): text for text in environment.python}
        for path, text in chosen:
            if values.canonical_python(text) not in built:
                self.wrong(
                    path,
                    f"expected some of the Pythons of environment {wording.quoted(environment.name)}, "
                    f"{wording.listed(environment.python, 'and')}, not {wording.quoted(text)}",
                )
        narrowed = (built.get(values.canonical_python(text), text) for _, text in chosen)
        return tuple(narrowed) if chosen else environment.python

    def layer(self) -> str | None:
        layers = self.around.layers
        if "layer" not in self.checked:
            return self.name if self.name in (layers or ()) else None
        layer: str | None = self.checked["layer"]
        if layer is not None and layers is not None and layer not in layers:
            message = f"there is no layer {wording.quoted(layer)}{wording.meant(layer, layers)}"
            self.wrong((*self.path, "layer"), message)
        return layer

    def check_passed(self) -> None:
        """Look whether a variable is passed in two ways: keyed, unkeyed or secret."""
        seen: dict[str, str] = {}
        for key in _PASSED:
            checked, path = self.rules(key)
            for place, name in each(checked, key, path):
                if seen.setdefault(name, key) != key:
                    self.wrong(
                        place, f"{wording.quoted(name)} stands in {seen[name]} too: expected it in one of the two"
                    )

    def commands(self) -> Iterator[Command]:
        for place, item in each(self.checked, "run", self.path):
            command = _command(item, self.around.sources.document.where(place))
            templates = command.words if command.shell is None else (command.shell,)
            for session in (name for template in templates for name in substitute.sessions_named(template)):
                if session not in self.around.sessions:
                    meant = wording.meant(session, sorted(self.around.sessions))
                    self.wrong(place, f"{{outputs.{session}}}: there is no session {wording.quoted(session)}{meant}")
            yield command


def _command(item: Any, where: Where) -> Command:
    """Make a command of a checked item: a string, a list of words, or a table."""
    table_of = item if isinstance(item, dict) else {"run": item}
    shell, run = table_of.get("shell"), table_of.get("run")
    words = substitute.split(run) if isinstance(run, str) else [word for word in run or () if word is not None]
    ignore = bool(table_of.get("ignore-failure"))
    return Command(words=tuple(words), shell=shell, ignore_failure=ignore, where=where)
