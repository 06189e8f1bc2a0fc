"""The rows of the table: what hermes does, what each peer does for the same result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import projects
from measure import Contestant, Step
from tools import INTERPRETERS, VERSIONS, Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row: what is measured, how many pairs by default, who takes part (hermes is the first of each pair)."""

    name: str
    title: str
    pairs: int
    contestants: Callable[[Tools], tuple[Contestant, ...]]


def _warm(tools: Tools) -> tuple[Contestant, ...]:
    return (
        _hermes(tools, "one", "run", "unit"),
        _uv_run(tools, "one"),
        _nox(tools, "one", "-R"),
        _tox(tools, "one", "run"),
        _hatch(tools, "one"),
    )


def _cold(tools: Tools) -> tuple[Contestant, ...]:
    return (
        _hermes(tools, "one", "run", "unit", cold=True),
        _uv_sync(tools, "one"),
        _uv_sync(tools, "one", "--offline"),
        _nox(tools, "one", cold=True),
        _nox(tools, "one", cold=True, offline=True),
        _tox(tools, "one", "run", cold=True),
        _tox(tools, "one", "run", cold=True, offline=True),
        _hatch(tools, "one", cold=True),
    )


def _matrix_warm(tools: Tools) -> tuple[Contestant, ...]:
    return (
        _hermes(tools, "matrix", "run"),
        _uv_run(tools, "matrix"),
        _nox(tools, "matrix", "-R"),
        _nox(tools, "matrix", "-R", "-j2"),
        _tox(tools, "matrix", "run-parallel", "-p2"),
        _hatch(tools, "matrix"),
    )


def _matrix_cold(tools: Tools) -> tuple[Contestant, ...]:
    return (
        _hermes(tools, "matrix", "run", cold=True),
        _uv_sync(tools, "matrix"),
        _uv_sync(tools, "matrix", "--offline"),
        _nox(tools, "matrix", "-j2", cold=True),
        _nox(tools, "matrix", "-j2", cold=True, offline=True),
        _tox(tools, "matrix", "run-parallel", "-p2", cold=True),
        _tox(tools, "matrix", "run-parallel", "-p2", cold=True, offline=True),
        _hatch(tools, "matrix", cold=True),
    )


ROWS = (
    Row(name="warm", title="one job, nothing changed", pairs=40, contestants=_warm),
    Row(name="cold", title="one job, environment deleted, wheel cache kept", pairs=10, contestants=_cold),
    Row(name="matrix-warm", title="nine jobs, nothing changed", pairs=20, contestants=_matrix_warm),
    Row(name="matrix-cold", title="nine jobs, environments deleted, wheel cache kept", pairs=3,
        contestants=_matrix_cold),
)  # fmt: skip


def _hermes(tools: Tools, shape: str, *words: str, cold: bool = False) -> Contestant:
    cache = tools.work / "caches" / "hermes"
    own = {"HERMES_RUNNER_CACHE_DIR": str(cache), INTERPRETERS: str(tools.pythons)}
    step = _step(tools, "hermes", shape, *words, **own)
    before = (_step(tools, "hermes", shape, "store", "clear", **own),) if cold else ()
    return Contestant(name="hermes", shown=f"hermes {' '.join(words)}", steps=(step,), before=before)


def _uv_run(tools: Tools, shape: str) -> Contestant:
    """Run the sessions by `uv run`, an environment per interpreter, one after another."""
    versions, sessions = _size(shape)
    base = projects.folder(tools, "uv", shape)
    words = ("run", "--frozen", "python", "-c", "pass")
    steps = [
        _step(tools, "uv", shape, *words, UV_PROJECT_ENVIRONMENT=str(base / f".venv-{version}"), UV_PYTHON=version)
        for _ in sessions
        for version in versions
    ]
    times = f", {len(steps)} times" if len(steps) > 1 else ""
    return Contestant(name="uv run", shown=f"uv run --frozen python -c pass{times}", steps=tuple(steps))


def _uv_sync(tools: Tools, shape: str, *options: str) -> Contestant:
    """Build each interpreter's environment by `uv venv` and `uv pip sync`, then run the sessions in them."""
    versions, sessions = _size(shape)
    base = projects.folder(tools, "uv", shape)
    built = {version: base / f"plain-{version}" for version in versions}
    steps = []
    for version, folder in built.items():
        python = str(folder / "bin" / "python")
        steps.append(_step(tools, "uv", shape, "venv", "--python", version, str(folder)))
        steps.append(_step(tools, "uv", shape, "pip", "sync", *options, "--python", python, "pins.txt"))
    variables = tools.variables("uv")
    steps += [
        Step(argv=(str(folder / "bin" / "python"), "-c", "pass"), folder=base, variables=variables)
        for _ in sessions
        for folder in built.values()
    ]
    name = " ".join(("uv venv + uv pip sync", *options))
    jobs = len(versions) * len(sessions)
    shown = f"{name}, then python -c pass" + (f" ({len(versions)} environments, {jobs} runs)" if jobs > 1 else "")
    return Contestant(name=name, shown=shown, steps=tuple(steps), clear=tuple(built.values()))


def _nox(tools: Tools, shape: str, *words: str, cold: bool = False, offline: bool = False) -> Contestant:
    return _plain(tools, "nox", shape, words, ".nox" if cold else None, offline=offline)


def _tox(tools: Tools, shape: str, *words: str, cold: bool = False, offline: bool = False) -> Contestant:
    return _plain(tools, "tox", shape, words, ".tox" if cold else None, offline=offline)


def _plain(
    tools: Tools, tool: str, shape: str, words: Sequence[str], built: str | None, *, offline: bool
) -> Contestant:
    """Run a tool once; `built` is its folder of environments, to be cleared. Offline its uv asks no index."""
    own = {"UV_OFFLINE": "1"} if offline else {}
    shown = " ".join((*(f"{name}={value}" for name, value in own.items()), tool, *words))
    clear = (projects.folder(tools, tool, shape) / built,) if built else ()
    return Contestant(name=shown, shown=shown, steps=(_step(tools, tool, shape, *words, **own),), clear=clear)


def _hatch(tools: Tools, shape: str, *, cold: bool = False) -> Contestant:
    """Run each session's script by `hatch run`, which takes all interpreters of its matrix."""
    _, sessions = _size(shape)
    data = tools.work / "caches" / f"hatch-{shape}"
    own = {"HATCH_DATA_DIR": str(data), "HATCH_ENV_TYPE_VIRTUAL_UV_PATH": tools.program("hatch", "uv")}
    steps = [_step(tools, "hatch", shape, "run", f"{session}:work", **own) for session in sessions]
    shown = " && ".join(f"hatch run {session}:work" for session in sessions)
    clear = (data / "env",) if cold else ()
    return Contestant(name="hatch run", shown=shown, steps=tuple(steps), clear=clear)


def _step(tools: Tools, tool: str, shape: str, *words: str, **own: str) -> Step:
    return Step(
        argv=(tools.program(tool), *words),
        folder=projects.folder(tools, tool, shape),
        variables=tools.variables(tool, **own),
    )


def _size(shape: str) -> tuple[Sequence[str], Sequence[str]]:
    if shape == "one":
        return VERSIONS[:1], projects.SESSIONS[:1]
    return VERSIONS, projects.SESSIONS
