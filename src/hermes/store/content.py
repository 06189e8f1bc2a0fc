"""Who owns what in a built tree, and the content digest of what each distribution installed."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hermes.errors import InstallationError
from hermes.model.plan import SelectedFile
from hermes.model.receipt import Entry, InstalledFile
from hermes.store import normalform, skeleton
from hermes.store.normalform import NormalFile, Scheme

_SHOWN = 20
"""Problems of one installation that its message lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Distribution:
    """An installed distribution: its folder in site-packages, what it says of itself, and its rows of RECORD."""

    folder: str
    package: str
    version: str
    rows: tuple[tuple[str, str], ...]

    @property
    def owner(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(slots=True, kw_only=True)
class _Tree:
    """A tree while its owners are being found."""

    root: Path
    entries: Mapping[str, Entry]
    scheme: Scheme
    owners: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    problems: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()


def own(
    tree: Path, entries: Sequence[Entry], selected: Sequence[SelectedFile]
) -> tuple[tuple[Entry, ...], tuple[InstalledFile, ...], Mapping[str, Mapping[str, str]]]:
    """Return the entries with their owners, what each selected file installed, and its paths by the file's sha256.

    The paths are those of the normal form, each with "class sha256". Raises InstallationError where the tree holds
    anything but what was selected: a line for each problem, with the distributions and files.
    """
    where = normalform.find_scheme(entries)
    if where is None:
        raise InstallationError(f"{tree} has no site-packages folder", hint="this is a bug of hermes: please report it")
    state = _Tree(root=tree, entries={entry.path: entry for entry in entries}, scheme=where)
    distributions = _distributions(state, selected)
    for distribution in distributions:
        _claim(state, distribution)
    _claim_unlisted(state, distributions)
    _find_conflicts(state)
    owned = _owned(state)
    if state.problems:
        raise _refused(state.problems)
    installed, paths = _digested(state, distributions, selected)
    return owned, installed, paths


def fold(installed: Sequence[InstalledFile]) -> str:
    """Return the content digest of an environment."""
    return normalform.fold(installed)


def _distributions(state: _Tree, selected: Sequence[SelectedFile]) -> list[_Distribution]:
    prefix = f"{state.scheme.site}/"
    folders = sorted(
        path
        for path, entry in state.entries.items()
        if entry.kind == "folder" and path.startswith(prefix) and path.endswith(".dist-info")
        if "/" not in path.removeprefix(prefix)
    )
    found = [distribution for folder in folders if (distribution := _distribution(state, folder))]
    state.problems.extend(_not_as_selected(found, selected))
    return found


def _not_as_selected(found: Sequence[_Distribution], selected: Sequence[SelectedFile]) -> Iterator[str]:
    wanted = {file.package: file for file in selected}
    first: dict[str, _Distribution] = {}
    for distribution in found:
        package = distribution.package
        if first.setdefault(package, distribution) is not distribution:
            yield f"{package} is installed twice: {first[package].folder}, {distribution.folder}"
        elif package not in wanted:
            yield f"{distribution.owner} is installed, and was not selected ({distribution.folder})"
        elif not _same_version(distribution.version, wanted[package].version):
            yield f"{distribution.owner} is installed, {wanted[package].version} was selected"
    for package, file in wanted.items():
        if package not in first:
            yield f"{package}=={file.version} was selected ({file.file}), and is not installed"


def _distribution(state: _Tree, folder: str) -> _Distribution | None:
    name, version = _identity(state, folder)
    if not name or not version:
        state.problems.append(f"{folder}/METADATA is missing, or gives no name and version")
        return None
    record = f"{folder}/RECORD"
    if _kind(state, record) != "file":
        state.problems.append(f"{record} is missing: nobody knows what {name} {version} installed")
        return None
    try:
        text = state.read(record).decode("utf-8")
        rows = tuple(
            (row[0], row[1] if len(row) > 1 else "") for row in csv.reader(io.StringIO(text, newline="")) if row
        )
    except (ValueError, csv.Error) as error:
        state.problems.append(f"{record} cannot be read: {error}")
        return None
    return _Distribution(folder=folder, package=canonicalize_name(name), version=version, rows=rows)


def _identity(state: _Tree, folder: str) -> tuple[str, str]:
    if _kind(state, f"{folder}/METADATA") != "file":
        return "", ""
    fields: dict[str, str] = {}
    for line in state.read(f"{folder}/METADATA").decode("utf-8", "replace").splitlines():
        if not line.strip():
            break
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), value.strip())
    return fields.get("name", ""), fields.get("version", "")


def _same_version(left: str, right: str) -> bool:
    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return left == right


def _claim(state: _Tree, distribution: _Distribution) -> None:
    """Note which files a distribution owns: those in its RECORD."""
    for recorded, recorded_hash in distribution.rows:
        path = _resolve(state, recorded)
        if path is None:
            state.problems.append(
                f"{distribution.owner}: its RECORD names {recorded!r}, which is outside the environment"
            )
        elif skeleton.owns(path, state.scheme):
            state.problems.append(f"{distribution.owner} installs {path}, which is the environment's own")
        elif _kind(state, path) == "file":
            state.owners[path][distribution.owner] = recorded_hash
        elif _kind(state, path) == "link":
            state.problems.append(f"{distribution.owner}: {path} is a link, and wheels hold none")
        elif not _may_be_absent(recorded):
            state.problems.append(f"{distribution.owner}: {path} is in its RECORD and is not there")


def _claim_unlisted(state: _Tree, distributions: Sequence[_Distribution]) -> None:
    """Note the owners of what lies in a .dist-info folder and in no RECORD: signatures, and installers' notes."""
    folders = {distribution.folder: distribution.owner for distribution in distributions}
    depth = state.scheme.site.count("/") + 2
    for path, entry in state.entries.items():
        owner = folders.get("/".join(path.split("/")[:depth]))
        if owner and entry.kind == "file" and path not in state.owners:
            state.owners[path][owner] = ""


def _resolve(state: _Tree, recorded: str) -> str | None:
    """Return the path in the tree that a path in a RECORD (relative to site-packages) means, None if it leads out."""
    if recorded.startswith(("/", "\\")) or recorded[1:2] == ":":
        return None
    parts = state.scheme.site.split("/")
    for part in recorded.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    first = state.entries.get(parts[0]) if parts else None
    if first is not None and first.kind == "link" and first.path == "lib64":
        parts[0] = first.target
    return "/".join(parts)


def _may_be_absent(recorded: str) -> bool:
    folders = recorded.split("/")[:-1]
    if "__pycache__" in folders or recorded.endswith("/"):
        return True
    # A script in the .data folder whose name an entry point has as well: installers list it and write the other one.
    return bool(folders) and folders[0].endswith(".data")


def _find_conflicts(state: _Tree) -> None:
    """Note what two distributions own with different bytes: which of them is there is a matter of chance."""
    for path, hashes in sorted(state.owners.items()):
        if len(hashes) > 1 and (len(set(hashes.values())) > 1 or "" in hashes.values()):
            owners = " and ".join(sorted(hashes))
            state.problems.append(f"{owners} both install {path}, with different bytes")


def _owned(state: _Tree) -> tuple[Entry, ...]:
    owners = {path: min(hashes) for path, hashes in state.owners.items()}
    for path, entry in state.entries.items():
        if entry.kind == "folder" or path in owners:
            continue
        if skeleton.owns(path, state.scheme):
            owners[path] = skeleton.OWNER
        else:
            state.problems.append(f"{path} belongs to nothing that is locked")
    below = _owners_below(owners)
    shared = {folder for top in (state.scheme.site, state.scheme.scripts) for folder in (top, *_parents(top))}
    for path, entry in state.entries.items():
        if entry.kind == "folder":
            owners[path] = skeleton.OWNER if path in shared else _folder_owner(path, below)
    return tuple(replace(entry, owner=owners.get(path, "")) for path, entry in state.entries.items())


def _owners_below(owners: Mapping[str, str]) -> Mapping[str, AbstractSet[str]]:
    below: dict[str, set[str]] = defaultdict(set)
    for path, owner in owners.items():
        for folder in _parents(path):
            below[folder].add(owner)
    return below


def _folder_owner(path: str, below: Mapping[str, AbstractSet[str]]) -> str:
    """Return the one distribution that has files in a folder; the environment's own name where there are several.

    An empty folder is as the nearest one around it that is not.
    """
    owners = next((below[folder] for folder in (path, *_parents(path)) if folder in below), frozenset[str]())
    return next(iter(owners)) if len(owners) == 1 else skeleton.OWNER


def _parents(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _digested(
    state: _Tree, distributions: Sequence[_Distribution], selected: Sequence[SelectedFile]
) -> tuple[tuple[InstalledFile, ...], Mapping[str, Mapping[str, str]]]:
    files = {file.package: file for file in selected}
    by_owner: dict[str, list[str]] = defaultdict(list)
    for path, hashes in state.owners.items():
        for owner in hashes:
            by_owner[owner].append(path)
    installed = []
    paths: dict[str, Mapping[str, str]] = {}
    for distribution in sorted(distributions, key=lambda distribution: distribution.package):
        file = files[distribution.package]
        normal = _normal_files(state, distribution, by_owner[distribution.owner])
        paths[file.sha256] = {item.path: f"{item.kind} {item.sha256}" for item in normal}
        installed.append(
            InstalledFile(
                package=file.package,
                version=file.version,
                file=file.file,
                sha256=file.sha256,
                content=normalform.content(normal),
            )
        )
    return tuple(installed), paths


def _normal_files(state: _Tree, distribution: _Distribution, paths: Sequence[str]) -> list[NormalFile]:
    scripts = _scripts(state, distribution)
    normal = []
    for path in sorted(paths):
        entry = state.entries[path]
        name = normalform.normal_path(path, state.scheme)
        if normalform.why_left_out(name):
            continue
        sha256 = entry.sha256
        if name.startswith("scripts/") and _is_script(state.root / path):
            data = state.read(path)
            if normalform.is_generated(name.removeprefix("scripts/"), data, scripts):
                continue
            sha256 = normalform.digest_bytes(normalform.normal_script(data, str(state.root)))
        kind = normalform.file_class(name, executable=bool(entry.mode & 0o111))
        normal.append(NormalFile(path=name, sha256=sha256, kind=kind))
    return normal


def _is_script(path: Path) -> bool:
    # Some distributions install programs of tens of megabytes there, whose digest is known already.
    with path.open("rb") as file:
        return file.read(2) in {b"#!", b"MZ"}


def _scripts(state: _Tree, distribution: _Distribution) -> Mapping[str, str]:
    path = f"{distribution.folder}/entry_points.txt"
    if _kind(state, path) != "file":
        return {}
    return normalform.entry_points(state.read(path).decode("utf-8", "replace"))


def _kind(state: _Tree, path: str) -> str:
    entry = state.entries.get(path)
    return entry.kind if entry else ""


def _refused(problems: Sequence[str]) -> InstallationError:
    lines = sorted(problems)[:_SHOWN]
    more = len(problems) - len(lines)
    text = "".join(f"\n  {line}" for line in lines) + (f"\n  and {more} more" if more else "")
    return InstallationError(
        f"what was installed is not what was selected:{text}",
        hint="nothing was kept; look at the wheels of the distributions that are named, or lock other versions",
    )
