"""What a job gets to see: its environment variables, its private folders, and the programs on its PATH.

At level `env` everything is denied that is not named here or by the session. At level `none` the caller's variables
pass, and any program may be called. The folders are made at both levels.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from hermes.envfile import substitute
from hermes.envfile.substitute import Values
from hermes.errors import ProvisionError
from hermes.model.project import Command, Session
from hermes.runner import startup
from hermes.system import files

UMASK = 0o022
"""The umask of a job at level `env`."""

PASSED = (
    *("TERM", "COLUMNS", "LINES", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PY_COLORS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"),
    # Without these no program starts on Windows.
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
)
"""The caller's variables that every job gets, unkeyed. CI and its kin are not here: they change what is tested."""

FIXED = {
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "315532800",  # 1980-01-01, the first day that a zip archive can hold
}
"""What is the same in every job at level `env`."""

# fmt: off
BASE_PROGRAMS = (
    "[", "awk", "basename", "cat", "chmod", "cmp", "comm", "cp", "cut", "date", "dd", "df", "diff", "dirname",
    "du", "echo", "egrep", "env", "expand", "expr", "false", "fgrep", "find", "fold", "grep", "gunzip", "gzip",
    "head", "id", "install", "join", "kill", "link", "ln", "ls", "md5sum", "mkdir", "mkfifo", "mktemp", "mv",
    "nice", "nl", "nohup", "nproc", "od", "paste", "pr", "printf", "ps", "pwd", "readlink", "realpath", "rm",
    "rmdir", "sed", "seq", "sh", "sha1sum", "sha256sum", "sha512sum", "shuf", "sleep", "sort", "split", "stat",
    "stty", "sum", "sync", "tac", "tail", "tar", "tee", "test", "timeout", "touch", "tr", "true", "truncate",
    "tty", "uname", "unexpand", "uniq", "unlink", "wc", "which", "whoami", "xargs", "yes",
)
# fmt: on
"""The base programs: what a POSIX shell script can count on, from the system's own folders."""

_SYSTEM_FOLDERS = "/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFolders:
    """The folders of one job: below `base`, and below `short` those for sockets, whose paths must be short."""

    base: Path
    short: Path

    @property
    def home(self) -> Path:
        """HOME, with the XDG folders in it."""
        return self.base / "home"

    @property
    def tmp(self) -> Path:
        """TMPDIR, and `{tmp}`."""
        return self.short / "tmp"

    @property
    def outputs(self) -> Path:
        """The `{outputs}`: kept until the session's next run."""
        return self.base / "outputs"

    @property
    def runtime(self) -> Path:
        """XDG_RUNTIME_DIR."""
        return self.short / "run"

    @property
    def externals(self) -> Path:
        """Links to the declared externals."""
        return self.base / "externals"

    @property
    def programs(self) -> Path:
        """Links to the base programs."""
        return self.base / "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What commands may call: paths in `project` and `folders`, names that `provided` knows, base programs.

    `provided` tells whether a name is a program of the environment; `path` is the caller's PATH.
    """

    project: Path
    folders: tuple[Path, ...]
    path: str
    provided: Callable[[str], bool]


def base_environment(
    session: Session, *, job: str, caller: Mapping[str, str], folders: JobFolders, tree: Path, bytecode: Path
) -> dict[str, str]:
    """Return a job's variables before the session's own `env` is added: `Values.env` of its substitutions."""
    programs = startup.programs(tree)
    own = {
        "VIRTUAL_ENV": str(tree),
        "PYTHONPYCACHEPREFIX": str(bytecode),
        "COVERAGE_FILE": str(folders.outputs / ".coverage"),
        "HERMES_RUNNER_SESSION": session.name,
        "HERMES_RUNNER_JOB": job,
    }
    if session.isolation == "none":
        path = caller.get("PATH", os.defpath)
        return {**caller, **own, "PATH": os.pathsep.join(filter(None, [str(programs), path]))}
    asked = (*session.pass_env, *session.pass_env_unkeyed, *session.secrets)
    return {
        **_passed(caller, asked),
        **FIXED,
        **_private(folders),
        # A name that is written out wins over what hermes sets; a glob that happens to match does not.
        **{name: caller[name] for name in asked if name in caller},
        **own,
        "PATH": os.pathsep.join(map(str, (programs, folders.externals, folders.programs))),
    }


def job_environment(session: Session, base: Mapping[str, str], values: Values) -> dict[str, str]:
    """Return all of a job's variables: those of `base_environment`, and the session's own `env`, substituted."""
    known = replace(values, env=base)
    return {**base, **{name: substitute.expand(text, known) for name, text in session.env.items()}}


def external_problems(sessions: Iterable[Session], path: str) -> tuple[str, ...]:
    """Say which declared externals are not to be found on the caller's PATH."""
    return tuple(
        f"{session.where}: externals: no program {name!r} on PATH"
        for session in sessions
        if session.isolation != "none"
        for name in session.externals
        if shutil.which(name, path=path) is None
    )


def program_problems(
    session: Session, commands: Iterable[tuple[Command, Sequence[str]]], reach: Reach
) -> tuple[str, ...]:
    """Say which commands, each given with its substituted words, begin with a program that the job cannot call.

    A name must be a program of the environment, a declared external or a base program; a path must lie in the project,
    the environment or the job's own folders.
    """
    if session.isolation == "none":
        return ()
    problems = []
    for command, words in commands:
        program = words[0] if words else ""
        if not program:
            problems.append(f"{command.where}: nothing is left to run after substitution")
        elif os.sep in program:
            target = Path(os.path.normpath(reach.project / session.directory / program))
            if not any(target.is_relative_to(folder) for folder in (reach.project, *reach.folders)):
                problems.append(f"{command.where}: {program} is neither in the project nor in the environment")
        elif not (program in session.externals or reach.provided(program) or _base_program(program, reach.path)):
            problems.append(
                f"{command.where}: {program!r} is no program of environments.{session.environment}, no declared "
                f'external and no base program (a program of this machine is declared: externals = ["{program}"])'
            )
    return tuple(problems)


def prepare_folders(session: Session, folders: JobFolders, *, path: str, caches: Path) -> None:
    """Make a job's folders: everything in them new and empty, programs and named caches linked.

    `path` is the caller's PATH; `caches` is where named caches persist. Raises ProvisionError, before anything is
    done, for declared externals that are not to be found.
    """
    problems = external_problems([session], path)
    if problems:
        raise ProvisionError("\n".join(problems), hint="install it, or leave it out of externals")
    for folder in (folders.home, folders.tmp, folders.outputs, folders.runtime, folders.externals, folders.programs):
        files.remove_tree(folder)
        folder.mkdir(parents=True)
    folders.runtime.chmod(0o700)  # the XDG base directory specification asks for it
    cache = folders.home / ".cache"
    for folder in (cache, folders.home / ".config", folders.home / ".local/share", folders.home / ".local/state"):
        folder.mkdir(parents=True)
    for name in session.caches:
        (caches / name).mkdir(parents=True, exist_ok=True)
        (cache / name).symlink_to(caches / name)
    for name in session.externals:
        found = shutil.which(name, path=path)
        if found is not None:
            (folders.externals / Path(name).name).symlink_to(Path(found).absolute())
    for name in BASE_PROGRAMS:
        found = _base_program(name, path)
        if found is not None:
            (folders.programs / name).symlink_to(found)


def _passed(caller: Mapping[str, str], asked: Iterable[str]) -> dict[str, str]:
    globs = tuple(asked)
    return {
        name: value
        for name, value in caller.items()
        if name in PASSED or any(fnmatchcase(name, glob) for glob in globs)
    }


def _private(folders: JobFolders) -> dict[str, str]:
    home = folders.home
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TMPDIR": str(folders.tmp),
        "TMP": str(folders.tmp),
        "TEMP": str(folders.tmp),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_RUNTIME_DIR": str(folders.runtime),
    }


def _base_program(name: str, path: str) -> str | None:
    """Find a base program in the system's folders, else on the caller's PATH."""
    search = os.pathsep.join(filter(None, (_SYSTEM_FOLDERS, path)))
    return shutil.which(name, path=search) if name in BASE_PROGRAMS else None
