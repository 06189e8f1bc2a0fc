"""A built tree held against its receipt: the quick check reads no file, the full one reads every byte."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from hermes.model.receipt import Difference, Entry, Receipt
from hermes.store import manifest, normalform, skeleton
from hermes.store.manifest import Found
from hermes.store.normalform import Scheme

UNLOCKED = "nothing that is locked"
"""The owner of what was added where no single distribution keeps its files."""

BYTECODE = "bytecode"
"""What a bytecode folder inside an environment is: to be removed and named, and by itself no drift."""


def quick(tree: Path, receipt: Receipt) -> tuple[Difference, ...]:
    """Compare names, kinds, modes, sizes, times, inodes and targets; of a tree that is gone, everything is missing."""
    return _compare(receipt, _found(tree), changed=frozenset())


def full(tree: Path, receipt: Receipt) -> tuple[Difference, ...]:
    """Compare all that the quick check compares, and the bytes of every file."""
    there = _found(tree)
    files = [entry for entry in receipt.entries if entry.kind == "file" and _kind(there.get(entry.path)) == "file"]
    digests = _digests(tree, [entry.path for entry in files])
    changed = {entry.path for entry, digest in zip(files, digests, strict=True) if entry.sha256 != digest}
    return _compare(receipt, there, changed=changed)


def drift(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return the differences that make an environment another one: all but bytecode folders."""
    return tuple(difference for difference in differences if difference.what != BYTECODE)


def _found(tree: Path) -> Mapping[str, Found]:
    return {item.path: item for item in manifest.walk(tree, unreadable_is_empty=True)}


def _digests(tree: Path, paths: Sequence[str]) -> Sequence[str | None]:
    try:
        return manifest.digest(tree, paths)
    except OSError:
        return [_digest_or_none(tree, path) for path in paths]


def _digest_or_none(tree: Path, path: str) -> str | None:
    try:
        return manifest.digest(tree, [path])[0]
    except OSError:
        return None


def _kind(found: Found | None) -> str:
    return found.kind if found else ""


def _compare(receipt: Receipt, there: Mapping[str, Found], *, changed: Iterable[str]) -> tuple[Difference, ...]:
    where = normalform.find_scheme(receipt.entries)
    known = {entry.path: entry for entry in receipt.entries}
    differences = [
        Difference(path=entry.path, owner=entry.owner, what=what)
        for entry in receipt.entries
        if not _is_idle(entry, where)
        for what in _changes(entry, there.get(entry.path), changed)
    ]
    for path in there.keys() - known.keys():
        if manifest.is_bytecode(there[path]):
            differences.append(Difference(path=path, owner=_keeper(path, known), what=BYTECODE))
        elif not (where and skeleton.is_idle(path, where)):
            differences.append(Difference(path=path, owner=_keeper(path, known), what="added"))
    return tuple(sorted(differences, key=lambda difference: (difference.path, difference.what)))


def _changes(entry: Entry, found: Found | None, changed: Iterable[str]) -> Iterator[str]:
    if found is None:
        yield "missing"
        return
    if found.kind != entry.kind:
        yield "kind"
        return
    if found.target != entry.target:
        yield "target"
    if found.mode != entry.mode:
        yield "mode"
    if entry.kind != "file":
        return
    if found.size != entry.size or entry.path in changed:
        yield "changed"
    elif found.inode != entry.inode:
        yield "replaced"
    elif found.mtime_ns != entry.mtime_ns:
        yield "touched"


def _is_idle(entry: Entry, where: Scheme | None) -> bool:
    return entry.owner == skeleton.OWNER and where is not None and skeleton.is_idle(entry.path, where)


def _keeper(path: str, known: Mapping[str, Entry]) -> str:
    """Return the distribution in whose folder a path lies that the receipt does not know."""
    folder = path.rpartition("/")[0]
    while folder and folder not in known:
        folder = folder.rpartition("/")[0]
    owner = known[folder].owner if folder else skeleton.OWNER
    return UNLOCKED if owner == skeleton.OWNER else owner
