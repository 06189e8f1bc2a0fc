"""The interpreters of this machine that answer the requests of an envfile, found place by place.

An interpreter's own file is asked: links are followed, and a virtual environment is seen through to the Python that it
was made from, as nothing may be built on one that can be removed at any time. Shims (a script, or a link to a program
of another name, as pyenv, asdf and mise put them on PATH) are slow, answer differently in each folder, and fail for
versions that are installed but not activated; so the folders behind them are looked at directly, and a shim is asked
only where a request is still without an answer.
"""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from hermes.errors import InterpreterError
from hermes.model.interpreter import Interpreter
from hermes.model.request import PythonRequest, parse_request
from hermes.system import places, probe, windows
from hermes.system.processes import Processes

_LINKS = 10
"""How many virtual environments and links are followed before hermes gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where and how to look: the caller's variables, the folder that relative paths and shims start from.

    `memory` is the folder of remembered probes (None: remember nothing), `own` the interpreter that runs hermes.
    """

    environ: Mapping[str, str]
    directory: Path
    processes: Processes
    memory: Path | None
    platform: str = sys.platform
    own: str | None = field(default_factory=lambda: getattr(sys, "_base_executable", None) or sys.executable or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A place that was looked at: what it means here, the versions found, what could not be used and why."""

    place: str
    where: tuple[str, ...]
    found: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A request that nothing answers, and where it was looked for."""

    request: str
    looked: tuple[Looked, ...]


def find(request: str, search: Search) -> Interpreter:
    """Return the interpreter for one request; InterpreterError says where it was looked for."""
    found = find_all([request], search)[request]
    if isinstance(found, Missing):
        raise missing_error([found])
    return found


def find_all(requests: Iterable[str], search: Search) -> dict[str, Interpreter | Missing]:
    """Return what answers each request, as `parse_request` takes them.

    Of several the newest, a release before any prerelease, then the one whose place comes first. What the user named
    in HERMES_RUNNER_PYTHONS goes before everything else. Raises ValueError for a text that is no request.
    """
    parsed = {text: parse_request(text) for text in requests}
    found: dict[str, Interpreter | Missing] = {
        text: _at_path(request, search) for text, request in parsed.items() if request.kind == "path"
    }
    sought = {text: request for text, request in parsed.items() if request.kind != "path"}
    if sought:
        survey = _Survey(search)
        survey.look()
        open_ones = [request for request in sought.values() if survey.best(request) is None]
        if open_ones:
            survey.ask_shims(open_ones)
        for text, request in sought.items():
            found[text] = survey.best(request) or Missing(request=text, looked=survey.report())
    return {text: found[text] for text in parsed}


def missing_message(missing: Missing) -> str:
    """Say what was looked for and where, a line per place and per failure."""
    return _message([missing.request], missing.looked)


def missing_error(missing: Sequence[Missing]) -> InterpreterError:
    """Return the error for requests that nothing answers; places that they have in common are listed once."""
    alike: dict[tuple[Looked, ...], list[str]] = {}
    for one in missing:
        alike.setdefault(one.looked, []).append(one.request)
    return InterpreterError(
        "\n".join(_message(requests, looked) for looked, requests in alike.items()),
        hint=f"install {', '.join(one.request for one in missing)}, or let {places.OWN_PYTHONS} name it; with "
        "`python-downloads = true` in the envfile uv may download it; `--missing-python skip` leaves out what needs it",
    )


def _message(requests: Sequence[str], looked: Sequence[Looked]) -> str:
    lines = [f"no Python was found for {', '.join(map(repr, requests))}; looked at"]
    for place in looked:
        where = os.pathsep.join(place.where) or "not set"
        lines.append(f"  {place.place} ({where}): {', '.join(place.found) or 'nothing that can be used'}")
        lines.extend(f"    {failure}" for failure in place.failed)
    return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    interpreter: Interpreter
    explicit: bool


class _Survey:
    """Looks through the places once, for all requests."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._places = places.places(
            search.environ, platform=search.platform, own=search.own, registered=windows.registered
        )
        self._findings: list[_Finding] = []
        self._failed: dict[int, list[str]] = {}
        self._answers: dict[Path, Interpreter | probe.Refusal] = {}
        self._names: dict[int, dict[str, None]] = {}
        self._shims: list[tuple[int, str]] = []

    def look(self) -> None:
        """Ask every interpreter that is one itself; keep the shims for later."""
        for index, place in enumerate(self._places):
            for candidate in place.candidates:
                settled = settle(Path(candidate))
                if _is_shim(settled) and not place.explicit:
                    self._shims.append((index, candidate))
                elif _is_shim(settled):
                    self._ask_shim(index, candidate)
                else:
                    self._ask(index, candidate, settled)

    def ask_shims(self, requests: Sequence[PythonRequest]) -> None:
        """Ask the shims whose names do not exclude that they answer one of the requests."""
        for index, candidate in self._shims:
            hint = places.version_hint(Path(candidate).name)
            if hint is None or any(request.kind == "range" or request.version.startswith(hint) for request in requests):
                self._ask_shim(index, candidate)

    def best(self, request: PythonRequest) -> Interpreter | None:
        """Return the interpreter that answers a request best."""
        fitting = [
            finding
            for finding in self._findings
            if request.matches(
                finding.interpreter.implementation, finding.interpreter.version, finding.interpreter.free_threaded
            )
        ]
        fitting = [finding for finding in fitting if finding.explicit] or fitting
        # Findings stand in the order of their places, and `max` takes the first of equals.
        return max(fitting, key=_rank).interpreter if fitting else None

    def report(self) -> tuple[Looked, ...]:
        """Return what was found and what failed, place by place."""
        return tuple(
            Looked(
                place=place.name,
                where=place.where,
                found=tuple(self._names.get(index, ())),
                failed=tuple(self._failed.get(index, ())),
            )
            for index, place in enumerate(self._places)
        )

    def _ask(self, index: int, candidate: str, settled: Path) -> None:
        known = settled in self._answers
        answer = self._answers[settled] if known else _asked(settled, self._search)
        self._answers[settled] = answer
        if isinstance(answer, probe.Refusal):
            if not known:
                self._failed.setdefault(index, []).append(f"{candidate}: {answer.reason}")
            return
        self._names.setdefault(index, {})[name_of(answer)] = None
        if not known:
            explicit = self._places[index].explicit
            self._findings.append(_Finding(interpreter=answer, explicit=explicit))

    def _ask_shim(self, index: int, candidate: str) -> None:
        behind = _behind(Path(candidate), self._search)
        if isinstance(behind, probe.Refusal):
            self._failed.setdefault(index, []).append(f"{candidate}: {behind.reason}")
        else:
            self._ask(index, candidate, behind)


def name_of(interpreter: Interpreter) -> str:
    """Return an interpreter's name for people: "CPython 3.12.1 (/usr/bin/python3.12)"."""
    family = {"cpython": "CPython", "pypy": "PyPy"}.get(interpreter.implementation, interpreter.implementation)
    threads = " free-threaded" if interpreter.free_threaded else ""
    return f"{family} {interpreter.version}{threads} ({interpreter.path})"


def settle(path: Path) -> Path:
    """Return the file behind an interpreter's path: links followed, virtual environments seen through."""
    real = path.resolve()
    for _ in range(_LINKS):
        base = _base_of_copy(real)
        if base is None:
            break
        real = base.resolve()
    return real


def _base_of_copy(real: Path) -> Path | None:
    """Return the interpreter that a virtual environment was made from, for a copy of it that lies in there."""
    for folder in (real.parent, real.parent.parent):
        try:
            text = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        lines = (line.partition("=") for line in text.splitlines())
        values = {key.strip().lower(): value.strip() for key, equals, value in lines if equals}
        named = [values.get("base-executable"), values.get("executable")]
        if home := values.get("home"):
            named += [str(Path(home) / name) for name in (real.name, "python3", "python", "python.exe")]
        return next((Path(one) for one in named if one and os.path.isfile(one) and Path(one) != real), None)  # noqa: PTH113
    return None


def _is_shim(path: Path) -> bool:
    """Tell whether a settled path is not an interpreter itself: a script, or a program of another name."""
    if not places.is_python_name(path.name):
        return True
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _asked(path: Path, search: Search) -> Interpreter | probe.Refusal:
    return probe.interpreter(str(path), processes=search.processes, environ=search.environ, memory=search.memory)


def _behind(shim: Path, search: Search) -> Path | probe.Refusal:
    """Return the file of the interpreter that a shim starts."""
    if not os.path.exists(shim):  # noqa: PTH110 - Path.exists raises for what this user may not look at
        return probe.Refusal(reason="there is no such file")
    answer = probe.ask(
        str(shim.absolute()), processes=search.processes, environ=search.environ, directory=search.directory
    )
    if isinstance(answer, probe.Refusal):
        return answer
    executable = answer.get("executable")
    if not isinstance(executable, str) or not Path(executable).is_absolute():
        return probe.Refusal(reason="it does not say which interpreter it starts")
    return settle(Path(executable))


def _at_path(request: PythonRequest, search: Search) -> Interpreter | Missing:
    path = search.directory / request.text
    candidates = places.in_folder(path) if os.path.isdir(path) else (str(path),)  # noqa: PTH112 - as above
    failed: dict[Path | str, str] = {}
    for candidate in candidates:
        settled: Path | probe.Refusal = settle(Path(candidate))
        if isinstance(settled, Path) and _is_shim(settled):
            settled = _behind(Path(candidate), search)
        answer = _asked(settled, search) if isinstance(settled, Path) else settled
        if isinstance(answer, Interpreter):
            return answer
        failed.setdefault(settled if isinstance(settled, Path) else candidate, f"{candidate}: {answer.reason}")
    looked = Looked(place="the path", where=(str(path),), found=(), failed=tuple(failed.values()))
    return Missing(request=request.text, looked=(looked,))


def _rank(finding: _Finding) -> tuple[bool, Version]:
    version = Version(finding.interpreter.version.removesuffix("+"))
    return not version.is_prerelease, version
