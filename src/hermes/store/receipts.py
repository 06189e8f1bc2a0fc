"""Receipts as files: compact JSON, one row per entry; whatever is not a whole receipt of this format reads as None."""

from collections.abc import Sequence
from typing import Any, Literal, cast

from hermes.model.receipt import Entry, EntryKind, InstalledFile, Receipt
from hermes.store import sealed
from hermes.store.layout import RECEIPT_FORMAT

_KINDS: tuple[EntryKind, ...] = ("file", "link", "folder")
_RECEIPT_KINDS = ("environment", "overlay", "wheel")
_NAMES = ("address", "key", "kind", "name", "python", "interpreter_path", "content")


def dump(receipt: Receipt) -> bytes:
    """Return the bytes of a receipt."""
    owners = sorted({entry.owner for entry in receipt.entries})
    numbers = {owner: number for number, owner in enumerate(owners)}
    value = {
        **{name: getattr(receipt, name) for name in _NAMES},
        "created": receipt.created,
        "ingredients": receipt.ingredients,
        "installed": [[i.package, i.version, i.file, i.sha256, i.content] for i in receipt.installed],
        "owners": owners,
        "entries": [
            [
                entry.path,
                _KINDS.index(entry.kind),
                entry.mode,
                numbers[entry.owner],
                entry.size,
                entry.mtime_ns,
                entry.inode,
                entry.sha256,
                entry.target,
            ]
            for entry in receipt.entries
        ],
    }
    return sealed.seal(value, format_version=RECEIPT_FORMAT)


def load(data: bytes) -> Receipt | None:
    """Return the receipt that these bytes hold, or None."""
    value = sealed.unseal(data, format_version=RECEIPT_FORMAT)
    try:
        return _receipt(value)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None


def _receipt(value: Any) -> Receipt:
    names = {name: _text(value[name]) for name in _NAMES}
    if names["kind"] not in _RECEIPT_KINDS:
        raise ValueError(names["kind"])
    return Receipt(
        format=RECEIPT_FORMAT,
        address=names["address"],
        key=names["key"],
        kind=cast(Literal["environment", "overlay", "wheel"], names["kind"]),
        name=names["name"],
        python=names["python"],
        interpreter_path=names["interpreter_path"],
        created=float(value["created"]),
        ingredients=tuple((_text(name), _text(text)) for name, text in value["ingredients"]),
        installed=tuple(_installed(row) for row in value["installed"]),
        content=names["content"],
        entries=_entries(value["entries"], [_text(owner) for owner in value["owners"]]),
    )


def _entries(rows: Sequence[Any], owners: Sequence[str]) -> tuple[Entry, ...]:
    entries = []
    for path, kind, mode, owner, size, mtime_ns, inode, sha256, target in rows:
        if not (type(path) is type(sha256) is type(target) is str):
            raise TypeError(path)
        if not (type(kind) is type(mode) is type(owner) is type(size) is type(mtime_ns) is type(inode) is int):
            raise TypeError(path)
        if kind < 0 or owner < 0:
            raise ValueError(path)
        entries.append(
            Entry(
                path=path,
                kind=_KINDS[kind],
                mode=mode,
                owner=owners[owner],
                size=size,
                mtime_ns=mtime_ns,
                inode=inode,
                sha256=sha256,
                target=target,
            )
        )
    return tuple(entries)


def _installed(row: Any) -> InstalledFile:
    package, version, file, sha256, content = map(_text, row)
    return InstalledFile(package=package, version=version, file=file, sha256=sha256, content=content)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(value)
    return value
