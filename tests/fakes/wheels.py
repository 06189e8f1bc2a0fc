"""Wheels and source distributions made by the tests themselves: the same arguments give the same bytes."""

import base64
import gzip
import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

FIXED_TIME = (2020, 2, 2, 0, 0, 0)
FIXED_SECONDS = 1580601600


def folded(name: str) -> str:
    """The name as file names carry it: `My.Pkg-x` is `my_pkg_x`."""
    return re.sub(r"[-_.]+", "_", name).lower()


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    entry_points: str = "",
    tag: str = "py3-none-any",
    data_files: Mapping[str, str | bytes] | None = None,
    scripts: Mapping[str, str | bytes] | None = None,
    headers: Mapping[str, str | bytes] | None = None,
    requires_python: str | None = None,
    executables: Sequence[str] = (),
    build: str = "",
    metadata: str = "",
) -> Path:
    """Write one wheel to `folder`.

    `files` go to site-packages (default: one module that knows its version), `data_files` below `sys.prefix`, `scripts`
    to its bin folder, `headers` to its include folder; `executables` are those of `files` with the executable bit;
    `build` is a build tag; `metadata` are more lines for METADATA. Entry points are the text of entry_points.txt.
    """
    stem = f"{folded(name)}-{version}"
    if files is None:
        files = {f"{folded(name)}.py": f'__version__ = "{version}"\n'}
    members = {member: _bytes(content) for member, content in files.items()}
    for scheme, content_by_path in (("data", data_files), ("scripts", scripts), ("headers", headers)):
        for name_below, content in (content_by_path or {}).items():
            members[f"{stem}.data/{scheme}/{name_below}"] = _bytes(content)
    info = f"{stem}.dist-info"
    members[f"{info}/METADATA"] = core_metadata(
        name, version, requires=requires, extras=extras, requires_python=requires_python, more=metadata
    ).encode()
    members[f"{info}/WHEEL"] = _wheel_text(tag, build).encode()
    if entry_points:
        members[f"{info}/entry_points.txt"] = entry_points.encode()
    members[f"{info}/RECORD"] = _record(members, f"{info}/RECORD").encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "-".join(part for part in (stem, build, f"{tag}.whl") if part)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            runs = member in executables or f"{stem}.data/scripts/" in member
            entry = zipfile.ZipInfo(member, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if runs else 0o100644) << 16
            archive.writestr(entry, data)
    return path


def make_sdist(
    folder: Path,
    name: str,
    version: str,
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    build_requires: Sequence[str] = ("flit_core",),
    backend: str = "flit_core.buildapi",
) -> Path:
    """Write one source distribution with static metadata to `folder`."""
    stem = f"{folded(name)}-{version}"
    dependencies = ", ".join(f'"{text}"' for text in requires)
    python = f'requires-python = "{requires_python}"\n' if requires_python else ""
    members: dict[str, bytes] = {
        "PKG-INFO": core_metadata(name, version, requires=requires, requires_python=requires_python).encode(),
        "pyproject.toml": (
            f"[build-system]\nrequires = [{', '.join(f'{text!r}' for text in build_requires)}]\n"
            f'build-backend = "{backend}"\n\n[project]\nname = "{name}"\nversion = "{version}"\n'
            f'description = "made by a test"\ndependencies = [{dependencies}]\n{python}'
        ).encode(),
        f"{folded(name)}.py": f'"""Made by a test."""\n\n__version__ = "{version}"\n'.encode(),
    }
    members.update({member: _bytes(content) for member, content in (files or {}).items()})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.tar.gz"
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for member, content in members.items():
            entry = tarfile.TarInfo(f"{stem}/{member}")
            entry.size, entry.mtime, entry.mode = len(content), FIXED_SECONDS, 0o644
            archive.addfile(entry, io.BytesIO(content))
    path.write_bytes(gzip.compress(raw.getvalue(), mtime=FIXED_SECONDS))
    return path


def core_metadata(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] | None = None,
    requires_python: str | None = None,
    more: str = "",
) -> str:
    """The text of METADATA; `more` are further lines of it."""
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {text}" for text in requires]
    for extra, texts in (extras or {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {_with_extra(text, extra)}" for text in texts]
    lines += more.splitlines()
    return "\n".join(lines) + "\n"


def read_metadata(path: Path) -> bytes:
    """The METADATA of a wheel."""
    with zipfile.ZipFile(path) as archive:
        (member,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(member)


def _with_extra(text: str, extra: str) -> str:
    requirement, _, marker = (part.strip() for part in text.partition(";"))
    return f'{requirement} ; ({marker}) and extra == "{extra}"' if marker else f'{requirement} ; extra == "{extra}"'


def _wheel_text(tag: str, build: str) -> str:
    pythons, abis, platforms = (part.split(".") for part in tag.split("-"))
    tags = [f"Tag: {python}-{abi}-{platform}" for python in pythons for abi in abis for platform in platforms]
    pure = "true" if platforms == ["any"] else "false"
    lines = ["Wheel-Version: 1.0", "Generator: hermes-tests", f"Root-Is-Purelib: {pure}", *tags]
    if build:
        lines.append(f"Build: {build}")
    return "\n".join(lines) + "\n"


def _record(members: Mapping[str, bytes], own_path: str) -> str:
    lines = []
    for path, content in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}")
    return "\n".join([*lines, f"{own_path},,"]) + "\n"


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
