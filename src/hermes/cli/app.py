"""The real parts, built when they are first needed, and what the commands share of them."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from hermes.cli import load
from hermes.errors import InterpreterError, UsageError
from hermes.model.event import Event
from hermes.model.interpreter import Interpreter
from hermes.model.lock import Lock
from hermes.model.project import Project
from hermes.model.request import parse_request
from hermes.report.style import Style
from hermes.runner import environments
from hermes.runner.environments import Provider
from hermes.store.records import WheelRecords
from hermes.store.store import Store
from hermes.system import dirs, environ, files, interpreters
from hermes.system.clock import Clock
from hermes.system.processes import Processes
from hermes.system.terminal import ColourChoice, Terminal
from hermes.uv import install
from hermes.uv.command import Uv

SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The common options of the command line; `posargs` are the words after `--`, None without one."""

    directory: str = "."
    offline: bool = False
    locked: bool = False
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: ColourChoice = "auto"
    posargs: tuple[str, ...] | None = None


class App:
    """One invocation of hermes: its options and the doors to the outside."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.environ = environ.caller()
        self.clock = Clock()
        self.processes = Processes()
        self.terminal = Terminal(environ=self.environ)
        self.system = SYSTEMS.get(sys.platform, sys.platform)

    @cached_property
    def cache(self) -> Path:
        """The cache root, made and marked."""
        root = dirs.cache_root(self.environ)
        dirs.prepare_root(root)
        return root

    @cached_property
    def project(self) -> Project:
        """The project of the envfile in the start folder or the nearest parent."""
        return load.project(Path(self.options.directory))

    @cached_property
    def store(self) -> Store:
        """The store of built environments."""
        return Store(self.cache, clock=self.clock)

    @cached_property
    def uv(self) -> Uv:
        """The installer, with hermes's own wheel cache."""
        return Uv(
            processes=self.processes,
            cache=self.cache / "wheels" / "uv",
            home=self.cache / "wheels" / "home",
            environ=self.environ,
            offline=self.options.offline,
        )

    def provider(self, emit: Callable[[Event], None]) -> Provider:
        """Return what it takes to have environments, telling `emit` of each."""
        wheels = self.cache / "wheels"
        return Provider(
            store=self.store,
            records=WheelRecords(wheels / "records"),
            uv=self.uv,
            clock=self.clock,
            wheels=wheels,
            emit=emit,
        )

    def clear_wheels(self) -> None:
        """Remove the wheel cache and the wheel records, when nobody is fetching."""
        wheels = self.cache / "wheels"
        with environments.fetch_lock(wheels):
            for name in ("uv", "records"):
                files.remove_tree(wheels / name)

    @cached_property
    def lock_path(self) -> Path:
        """Where the lock stands: beside the envfile."""
        return Path(self.project.root) / load.LOCK

    def read_lock(self) -> Lock | None:
        """Return the lock, or None where there is none. Raises LockError where it is malformed."""
        return load.lock(self.lock_path)

    def find_interpreters(
        self, requests: Sequence[str], *, allow_missing: bool = False, download: bool = True
    ) -> tuple[Mapping[str, Interpreter], Mapping[str, str]]:
        """Return the interpreters found by request, and for the others why not.

        With `download`, those that are not there are fetched where the envfile allows it. Raises InterpreterError
        where one is missing or cannot be fetched, unless that is allowed.
        """
        asked = list(dict.fromkeys(requests))
        found, missing = self._look_for(asked)
        if missing and download and self.project.python_downloads and not self.options.offline:
            self._download(missing, allow_failure=allow_missing)
            found, missing = self._look_for(asked)
        if missing and not allow_missing:
            raise interpreters.missing_error(list(missing.values()))
        return found, {request: f"no Python was found for {request!r}" for request in missing}

    def _download(self, requests: Iterable[str], *, allow_failure: bool) -> None:
        for request in requests:
            if parse_request(request).kind == "path":
                continue
            try:
                install.download(self.uv, request)
            except InterpreterError as error:
                if not allow_failure:
                    raise
                self.note(error.message)

    def _look_for(self, requests: Sequence[str]) -> tuple[dict[str, Interpreter], dict[str, interpreters.Missing]]:
        answers = interpreters.find_all(
            requests,
            interpreters.Search(
                environ=self.environ,
                directory=Path(self.project.root),
                processes=self.processes,
                memory=self.cache / "interpreters",
            ),
        )
        found = {request: answer for request, answer in answers.items() if isinstance(answer, Interpreter)}
        missing = {request: answer for request, answer in answers.items() if isinstance(answer, interpreters.Missing)}
        return found, missing

    def style(self, *, error: bool = False) -> Style:
        """Return how to paint what goes to standard output (or standard error)."""
        stream = sys.stderr if error else sys.stdout
        return Style(
            color=self.terminal.colour(stream, self.options.color),
            width=self.terminal.width(stream),
        )

    def say(self, text: str) -> None:
        """Write a message for a person: on standard error where standard output belongs to JSON."""
        stream = sys.stderr if self.options.json else sys.stdout
        stream.write(text + "\n")
        stream.flush()

    def note(self, text: str) -> None:
        """Write a remark that is no result to standard error."""
        sys.stdout.flush()
        sys.stderr.write(f"hermes: {text}\n")
        sys.stderr.flush()

    def out(self, text: str) -> None:
        """Write a command's result to standard output."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def environment_of(project: Project, word: str) -> str:
    """Return the environment that a word names: an environment, else the environment of a session."""
    if word in project.environments:
        return word
    if word in project.sessions:
        return project.sessions[word].environment
    known = list(dict.fromkeys([*project.environments, *project.sessions]))
    near = get_close_matches(word, known, n=1)
    raise UsageError(
        f"no environment or session is called {word!r}",
        hint=f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}",
    )
