"""The program `hermes` that says in which step of its work it is, and can be held there.

    python -P steps.py '{"gate": 3, "messages": 4, "hold": ["wheel: hash", 1], "release": 5}' run

Whoever starts it passes descriptors. It begins when nobody can write to `gate` any more, writes a line for each step to
`messages`, and stays in the step that `hold` names (in the second one of this name, for 1) until `release` is closed.
All of them can be left out.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

Function = Callable[..., Any]
Change = Callable[[Function], Function]

LAYERS: dict[str, Callable[..., str]] = {
    "hermes.cli.locking:make": lambda **_: "lock",
    "hermes.cli.locking:save": lambda **_: "lock",
    "hermes.runner.environments:provide": lambda layer="environment", **_: layer,
    "hermes.runner.wheels:provide": lambda **_: "wheel",
    "hermes.runner.overlay:provide": lambda mode, **_: "editable" if mode == "editable" else "overlay",
    "hermes.runner.job:_run_commands": lambda **_: "job",
}
"""Functions that make one layer of what a job stands on, with the layer's name by keyword arguments."""

STEPS = {
    "hermes.uv.resolve:resolve": "resolve",
    "hermes.runner.metadata:ask": "ask the backend",
    "hermes.cli.locking:save": "write",
    "hermes.store.store:Store.get_or_build": "lock the address",
    "hermes.store.store:Store._sweep": "sweep",
    "hermes.uv.install:create": "uv venv",
    "hermes.uv.install:forget": "forget",
    "hermes.uv.install:install": "uv pip sync",
    "hermes.system.files:make_read_only": "make read-only",
    "hermes.store.manifest:scan": "hash",
    "hermes.store.content:own": "owners",
    "hermes.store.records:WheelRecords.put": "wheel record",
    "hermes.store.receipts:dump": "receipt",
    "hermes.store.store:_move": "publish",
    "hermes.system.files:remove_tree": "remove",
    "hermes.runner.sources:find": "find sources",
    "hermes.runner.sources:copy": "copy sources",
    "hermes.runner.backend:build": "call the backend",
    "hermes.uv.install:install_wheel": "install the wheel",
    "hermes.runner.startup:write": "start-up files",
    "hermes.runner.stacking:show": "stack",
}
"""Functions that are steps: one begins when its function is called."""

AFTER = {"hermes.cli.locking:save": "written", "hermes.store.store:_move": "published"}
"""Functions behind whose end another step begins."""

_OF_UV = ("venv", "clean", "sync", "install", "lock", "export")


@dataclass(slots=True)
class Steps:
    """In which step hermes is: says so on `messages`, and stays in the step `hold` until `release` is closed."""

    messages: int
    hold: tuple[str, int] | None = None
    release: int | None = None
    _layers: list[str] = field(default_factory=lambda: ["run"])
    _begun: list[str] = field(default_factory=list)

    def begin(self, step: str) -> None:
        """Say that a step begins, and stay there if that is wanted."""
        name = f"{self._layers[-1]}: {step}"
        here = (name, self._begun.count(name))
        self._begun.append(name)
        os.write(self.messages, f"{name}\n".encode())
        if self.release is not None and self.hold == here:
            os.read(self.release, 1)

    def listen(self) -> None:
        """Let hermes say from now on which steps it takes."""
        for place, step in STEPS.items():
            _change(place, partial(self._step, step=step, after=AFTER.get(place)))
        for place, layer in LAYERS.items():
            _change(place, partial(self._layer, layer=layer))
        _change("hermes.store.store:Store.scratch", self._staging)
        _change("hermes.system.children:start", self._program)

    def _step(self, function: Function, step: str, after: str | None) -> Function:
        active: list[int] = []

        @wraps(function)
        def changed(*arguments: Any, **named: Any) -> Any:
            layer = len(self._layers)
            if layer in active:  # It calls itself.
                return function(*arguments, **named)
            self.begin(step)
            active.append(layer)
            try:
                result = function(*arguments, **named)
            finally:
                active.remove(layer)
            if after is not None:
                self.begin(after)
            return result

        return changed

    def _layer(self, function: Function, layer: Callable[..., str]) -> Function:
        @wraps(function)
        def changed(*arguments: Any, **named: Any) -> Any:
            self._layers.append(layer(**named))
            try:
                return function(*arguments, **named)
            finally:
                self._layers.pop()

        return changed

    def _staging(self, function: Function) -> Function:
        @contextmanager
        def changed(*arguments: Any) -> Iterator[Path]:
            made: AbstractContextManager[Path] = function(*arguments)
            with made as folder:
                self.begin("staging made")
                yield folder

        return changed

    def _program(self, function: Function) -> Function:
        @wraps(function)
        def changed(argv: Sequence[str], **named: Any) -> Any:
            child = function(argv, **named)
            self.begin(f"{_name(argv)} runs")
            return child

        return changed


def _change(place: str, change: Change) -> None:
    """Replace a function, named as "module:name" or "module:class.method"."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    setattr(owner, name, change(getattr(owner, name)))


def _name(argv: Sequence[str]) -> str:
    """Name a program: a command of uv, a hook of a build backend, a look at an interpreter, git, or a job's command."""
    if Path(argv[0]).name == "uv":
        return f"uv {next(word for word in argv if word in _OF_UV)}"
    if Path(argv[0]).name == "git":
        return "git"
    hook = argv[2] if len(argv) > 2 else ""
    if hook.startswith(("build_", "get_requires_", "prepare_metadata_")):
        return hook
    return "interpreter" if "-I" in argv else "command"


def main(options: dict[str, Any], words: Sequence[str]) -> int:
    """Run hermes as the options say and return its exit status."""
    from hermes.cli import main as hermes  # noqa: PLC0415 - before the gate, and only in the program

    # The shell that runs the tests may have them ignored (nohup, `&`), and hermes would leave it at that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if "messages" in options:
        hold = options.get("hold")
        Steps(options["messages"], tuple(hold) if hold else None, options.get("release")).listen()
    if "gate" in options:
        os.read(options["gate"], 1)
    return hermes.main(words)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
