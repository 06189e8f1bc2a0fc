"""Programs that are functions: nothing is started, every call is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hermes.errors import HermesError, Interrupted, Terminated
from hermes.system.processes import Completed, Finished, Processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One program that was started; `input` is what its standard input held."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None
    input: str | None
    umask: int | None
    kind: Literal["run", "foreground"]
    stdout: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a program does: it ends with a status, hangs, or hermes is asked to stop while it runs."""

    status: int = 0
    stdout: str = ""
    stderr: str = ""
    hangs: bool = False
    stop: Literal["interrupted", "terminated"] | None = None


Program = Callable[[Call], Answer]


class FakeProcesses(Processes):
    """Answers by `argv[0]`; programs that are not listed do not exist, unless `otherwise` answers for them."""

    def __init__(self, programs: Mapping[str, Program] | None = None, *, otherwise: Program | None = None) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self._programs = dict(programs or {})
        self._otherwise = otherwise

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | Path | None = None,
        input: str | bytes | None = None,  # noqa: A002 - as the real one has it
        timeout: float | None = None,
        umask: int | None = None,
    ) -> Completed:
        text = input.decode() if isinstance(input, bytes) else input
        answer = self._answer(argv, env=env, cwd=cwd, stdin=text, umask=umask, kind="run")
        if answer.stop:
            raise (Interrupted if answer.stop == "interrupted" else Terminated)(
                f"{answer.stop}: everything that hermes started has been stopped"
            )
        if answer.hangs:
            assert timeout is not None, f"{argv[0]} would hang for ever"
            raise HermesError(f"{argv[0]} did not end within {timeout:g} s and was killed")
        return Completed(
            argv=tuple(argv), status=answer.status, stdout=answer.stdout, stderr=answer.stderr, seconds=0.0
        )

    def foreground(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | Path | None = None,
        umask: int | None = None,
        stdout: int | None = None,
    ) -> Finished:
        answer = self._answer(argv, env=env, cwd=cwd, stdin=None, umask=umask, kind="foreground", stdout=stdout)
        assert not answer.hangs, f"{argv[0]} would hang for ever"
        return Finished(
            status=answer.status,
            interrupted=answer.stop == "interrupted",
            terminated=answer.stop == "terminated",
            seconds=0.0,
        )

    def _answer(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | Path | None,
        stdin: str | None,
        umask: int | None,
        kind: Literal["run", "foreground"],
        stdout: int | None = None,
    ) -> Answer:
        folder = None if cwd is None else Path(cwd)
        self.calls.append(
            Call(argv=tuple(argv), env=dict(env), cwd=folder, input=stdin, umask=umask, kind=kind, stdout=stdout)
        )
        if folder is not None and not folder.is_dir():
            raise HermesError(f"cannot run {argv[0]} in {folder}: there is no such folder")
        program = self._programs.get(argv[0], self._otherwise)
        if program is None:
            where = "" if "/" in argv[0] else " on PATH"
            raise HermesError(f"cannot run {argv[0]}: there is no such program{where}")
        return program(self.calls[-1])
