"""What an interpreter says about itself: asked once, and remembered by the identity of its file."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import packaging
from packaging.version import Version

from hermes.errors import HermesError
from hermes.model.interpreter import FileIdentity, Interpreter
from hermes.system import files, wheeltags
from hermes.system.processes import Completed, Processes

SHAPE = 1
"""The version of what is remembered; another one means to ask again."""

TIMEOUT = 60.0

_MARK = "hermes-runner answers: "

# Parsed by Python 2.7 and later, so that old ones can say that they are too old; hence no f-strings and no functions.
_SCRIPT = (
    r"""
import json, sys
answer = {}
if sys.version_info < (3, 8):
    answer["refused"] = "Python %d.%d is too old: hermes builds for 3.8 and later" % sys.version_info[:2]
else:
    import importlib.machinery, os, platform, struct, sysconfig
    variable = sysconfig.get_config_var
    libc = ""
    if sys.platform.startswith("linux"):
        try:
            libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
        except (AttributeError, OSError, ValueError):
            pass
        if not libc:
            import re, subprocess
            with open("/proc/self/maps") as maps:
                loaders = [line.split()[-1] for line in maps if "/ld-musl-" in line]
            if loaders:
                printed = subprocess.run(loaders[:1], stderr=subprocess.PIPE, universal_newlines=True).stderr
                libc = "musl " + (re.findall(r"Version (\d+\.\d+)", printed) or [""])[0]
    debug = variable("Py_DEBUG")
    if debug is None:
        debug = hasattr(sys, "gettotalrefcount") or "_d.pyd" in importlib.machinery.EXTENSION_SUFFIXES
    own = sys.implementation.version
    level = "" if own.releaselevel == "final" else own.releaselevel[0] + str(own.serial)
    answer = {
        "implementation": sys.implementation.name,
        "version": platform.python_version(),
        "build": " ".join(sys.version.split()),
        "abi": variable("SOABI") or sys.implementation.cache_tag or "",
        "suffix": variable("EXT_SUFFIX") or "",
        "platform": sysconfig.get_platform(),
        "libc": libc.strip(),
        "free_threaded": bool(variable("Py_GIL_DISABLED")),
        "debug": bool(debug),
        "pointer_bytes": struct.calcsize("P"),
        "macos": [platform.mac_ver()[0], platform.mac_ver()[2]],
        "base_prefix": sys.base_prefix,
        "executable": getattr(sys, "_base_executable", None) or sys.executable,
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": "%d.%d.%d%s" % (own.major, own.minor, own.micro, level),
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
    }
sys.stdout.write("\n"""
    + _MARK
    + r"""" + json.dumps(answer) + "\n")
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a file is no interpreter to use; `lasting` if the same file will always say so."""

    reason: str
    lasting: bool = False


def interpreter(
    path: str, *, processes: Processes, environ: Mapping[str, str], memory: Path | None
) -> Interpreter | Refusal:
    """Return the interpreter in a file (no link), as remembered in the folder `memory` or as it says now."""
    try:
        identity = files.file_identity(Path(path))
    except OSError as error:
        return Refusal(reason=error.strerror or str(error))
    remembered = _recall(memory, path, identity)
    if remembered is not None:
        return remembered
    answer = ask(path, processes=processes, environ=environ, directory=Path(path).parent)
    result = answer if isinstance(answer, Refusal) else _interpreter(path, identity, answer)
    if isinstance(result, Interpreter) or result.lasting:
        _remember(memory, path, identity, result)
    return result


def ask(
    path: str, *, processes: Processes, environ: Mapping[str, str], directory: Path
) -> Mapping[str, object] | Refusal:
    """Run an executable as a Python, in a folder that shims may go by, and return its answer."""
    try:
        completed = processes.run(
            [path, "-I", "-S", "-c", _SCRIPT], env=_scrubbed(environ), cwd=directory, timeout=TIMEOUT
        )
    except HermesError as error:
        if error.exit_status in {130, 143}:
            raise
        return Refusal(reason=error.message)
    return _read(completed)


def _read(completed: Completed) -> Mapping[str, object] | Refusal:
    line = completed.stdout.rpartition(f"\n{_MARK}")[2] if f"\n{_MARK}" in completed.stdout else ""
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        said = " ".join((completed.stderr.strip() or completed.stdout.strip()).splitlines()[:1])
        if "Unknown option: -I" in completed.stderr:
            return Refusal(reason="it is older than Python 3.4: hermes builds for 3.8 and later", lasting=True)
        ended = f"exit status {completed.status}" if completed.status >= 0 else f"signal {-completed.status}"
        return Refusal(reason=f"{ended}: {said}" if said else f"{ended}, and it is no Python")
    if "refused" in answer:
        return Refusal(reason=str(answer["refused"]), lasting=True)
    return answer


def _interpreter(path: str, identity: FileIdentity, answer: Mapping[str, object]) -> Interpreter | Refusal:
    try:
        markers = answer["markers"]
        if not isinstance(markers, dict):
            return Refusal(reason="its answer cannot be understood")
        return Interpreter(
            path=path,
            real_path=path,
            identity=identity,
            implementation=str(answer["implementation"]),
            version=_version(answer["version"]),
            build=str(answer["build"]),
            abi=str(answer["abi"]),
            platform=str(answer["platform"]),
            libc=str(answer["libc"]),
            free_threaded=bool(answer["free_threaded"]),
            base_prefix=str(answer["base_prefix"]),
            markers={str(name): str(value) for name, value in markers.items()},
            tags=wheeltags.tags_of(wheeltags.build_of(answer)),
        )
    except (KeyError, TypeError, ValueError):
        return Refusal(reason="its answer cannot be understood")


def _scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if not name.upper().startswith("PYTHON") and name != "__PYVENV_LAUNCHER__"
    }
    # Without it a Python built against an old SDK takes every macOS since 11 for 10.16.
    return kept | {"SYSTEM_VERSION_COMPAT": "0"}


def _host() -> str:
    """Return what, beside the file, an answer depends on: the kernel, the C library, the rules for tags."""
    libc = ""
    with suppress(AttributeError, OSError, ValueError):
        libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    return (
        f"{platform.release()}, {platform.version()}, {platform.machine()}, {libc}, packaging {packaging.__version__}"
    )


def _file(memory: Path, path: str) -> Path:
    return memory / f"{hashlib.sha256(os.fsencode(path)).hexdigest()}.json"


def _recall(memory: Path | None, path: str, identity: FileIdentity) -> Interpreter | Refusal | None:
    """Return what is remembered of this state of the file; whatever is wrong with the memory, it is None."""
    if memory is None:
        return None
    try:
        found = json.loads(_file(memory, path).read_bytes())
        if (found["shape"], found["host"], found["path"]) != (SHAPE, _host(), path):
            return None
        if found["identity"] != asdict(identity):
            return None
        if found["refused"] is not None:
            return Refusal(reason=_text(found["refused"]), lasting=True)
        return _restored(found["interpreter"], identity)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def _restored(fields: dict[str, object], identity: FileIdentity) -> Interpreter:
    markers, tags, free_threaded = fields["markers"], fields["tags"], fields["free_threaded"]
    if not isinstance(markers, dict) or not isinstance(tags, list) or not isinstance(free_threaded, bool):
        raise TypeError("not what was remembered")
    return Interpreter(
        path=_text(fields["path"]),
        real_path=_text(fields["real_path"]),
        identity=identity,
        implementation=_text(fields["implementation"]),
        version=_version(fields["version"]),
        build=_text(fields["build"]),
        abi=_text(fields["abi"]),
        platform=_text(fields["platform"]),
        libc=_text(fields["libc"]),
        free_threaded=free_threaded,
        base_prefix=_text(fields["base_prefix"]),
        markers={_text(name): _text(value) for name, value in markers.items()},
        tags=tuple(_text(tag) for tag in tags),
    )


def _version(value: object) -> str:
    text = _text(value)
    Version(text.removesuffix("+"))  # CPython built from a checkout calls itself "3.12.1+"
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _remember(memory: Path | None, path: str, identity: FileIdentity, result: Interpreter | Refusal) -> None:
    if memory is None:
        return
    refused = result.reason if isinstance(result, Refusal) else None
    content = {
        "shape": SHAPE,
        "host": _host(),
        "path": path,
        "identity": asdict(identity),
        "refused": refused,
        "interpreter": asdict(result) if isinstance(result, Interpreter) else None,
    }
    # A memory that cannot be written costs time and nothing else.
    with suppress(OSError):
        memory.mkdir(parents=True, exist_ok=True)
        files.write_atomic(_file(memory, path), json.dumps(content, sort_keys=True), 0o644)
