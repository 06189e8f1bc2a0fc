"""Where Pythons lie on a machine, in the order in which hermes looks."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hermes.system import dirs

OWN_PYTHONS = "HERMES_RUNNER_PYTHONS"

_NAME = re.compile(r"(?:python|pypy)(?P<version>3(?:\.\d+)?)?(?P<flags>[td]*)(?:\.exe)?", re.IGNORECASE)

_SYSTEM = (Path("/usr/bin"), Path("/usr/local/bin"))
_FRAMEWORKS = (
    Path("/Library/Frameworks/Python.framework/Versions"),
    Path("/Library/Frameworks/PythonT.framework/Versions"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place to look at: its name, the folders (or files) that it means here, and the candidates found in them."""

    name: str
    where: tuple[str, ...]
    candidates: tuple[str, ...]
    explicit: bool = False


def is_python_name(name: str) -> bool:
    """Tell whether a file name is one that interpreters have ("python3.12", "pypy3", "python.exe")."""
    return _NAME.fullmatch(name) is not None


def version_hint(name: str) -> str | None:
    """Return the "3.12" of "python3.12", None where a name says no minor version."""
    match = _NAME.fullmatch(name)
    return match["version"] if match and "." in (match["version"] or "") else None


def places(
    environ: Mapping[str, str],
    *,
    platform: str = sys.platform,
    own: str | None = None,
    registered: Callable[[], list[str]] | None = None,
) -> tuple[Place, ...]:
    """Return every place, the ones without a Python too; `own` is the interpreter that runs hermes.

    `registered` lists the interpreters of the Windows registry (`windows.registered`).
    """
    windows = platform == "win32"
    named = [entry for entry in environ.get(OWN_PYTHONS, "").split(os.pathsep) if entry]
    on_path = environ.get("PATH", "").split(os.pathsep)
    found = [
        Place(
            name=OWN_PYTHONS,
            where=tuple(named),
            candidates=tuple(path for entry in named for path in _named_by_user(entry)),
            explicit=True,
        ),
        _folders("PATH", (folder for folder in map(Path, on_path) if folder.is_absolute())),
        *(
            _installs(name, folder, windows=windows)
            for name, folder in _version_managers(environ, windows=windows).items()
        ),
    ]
    if windows:
        listed = registered() if registered else []
        found.append(Place(name="the registry", where=("Software\\Python",), candidates=tuple(listed)))
    else:
        found.append(_folders("the system", _SYSTEM))
    if platform == "darwin":
        frameworks = [one / "bin" for root in _FRAMEWORKS for one in _entries(root)]
        found.append(_folders("macOS", [Path("/opt/homebrew/bin"), *frameworks]))
    if own:
        found.append(Place(name="the Python that runs hermes", where=(own,), candidates=(own,)))
    return tuple(found)


def in_folder(folder: Path) -> tuple[str, ...]:
    """Return the interpreters in a folder, or in its `bin`, by name."""
    return _by_name(folder) or _by_name(folder / "bin")


def _version_managers(environ: Mapping[str, str], *, windows: bool) -> dict[str, Path]:
    """Return the folder that holds one folder per installed Python, for each manager; shims are not looked at here."""
    home = dirs.home(environ)
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    roaming = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
    local = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / ("pyenv-win" if windows else "")
    uv = roaming / "uv" / "data" / "python" if windows else data / "uv" / "python"
    mise = local / "mise" if windows else data / "mise"
    return {
        "pyenv": pyenv / "versions",
        "uv": Path(environ.get("UV_PYTHON_INSTALL_DIR") or uv),
        "asdf": Path(environ.get("ASDF_DATA_DIR") or home / ".asdf") / "installs" / "python",
        "mise": Path(environ.get("MISE_DATA_DIR") or mise) / "installs" / "python",
    }


def _installs(name: str, folder: Path, *, windows: bool) -> Place:
    versions = _entries(folder)
    return Place(
        name=name,
        where=(str(folder),),
        candidates=tuple(path for one in versions for path in _by_name(one if windows else one / "bin")),
    )


def _folders(name: str, folders: Iterable[Path]) -> Place:
    unique = tuple(dict.fromkeys(folders))
    return Place(
        name=name,
        where=tuple(map(str, unique)),
        candidates=tuple(path for folder in unique for path in _by_name(folder)),
    )


def _named_by_user(entry: str) -> tuple[str, ...]:
    path = Path(entry).absolute()
    # Not Path.is_dir: until Python 3.14 it raises for what lies in a folder that this user may not look into.
    return in_folder(path) if os.path.isdir(path) else (str(path),)  # noqa: PTH112


def _by_name(folder: Path) -> tuple[str, ...]:
    return tuple(str(path) for path in _entries(folder) if is_python_name(path.name) and os.path.isfile(path))  # noqa: PTH113


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
