"""The content-addressed folder of built environments: found by address, or built once, whoever asks at the same time.

What is at an address is trusted if and only if a whole receipt for that address lies beside its tree.

Building takes these steps, and a kill after any of them leaves nothing that a later run would trust:
1. lock `locks/<address>.lock` and look again: whoever waited finds what the other one built;
2. lock `staging/<name>.lock`, for as long as the builder lives, then make `staging/<name>/built/tree` and fill it;
3. take the right to write from everything in the tree, hash it, describe it, write the receipt;
4. move what lies at the address without a whole receipt into staging, rename the built folder to the address.
A folder in staging whose lock is free was left by a killed builder; the next build, or `collect`, removes it.

Using takes no part in this: jobs hold `locks/<address>.use`, shared, and whoever takes a built folder away holds it
exclusively. Taking away is a rename into staging, so that a kill in the middle leaves the whole folder or none.
All locks lie outside of the folders that they protect.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hermes.errors import ProvisionError
from hermes.model.receipt import Entry, Receipt
from hermes.store import layout, manifest, receipts
from hermes.system import dirs, filelock, files, refusals
from hermes.system.clock import Clock

_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A built environment: its folder, which holds `tree` and `bytecode`, and its receipt."""

    path: Path
    receipt: Receipt

    @property
    def tree(self) -> Path:
        """The environment itself, read-only."""
        return self.path / layout.TREE

    @property
    def bytecode(self) -> Path:
        """Where jobs keep the bytecode of the environment's files; may be written and removed at any time."""
        return self.path / layout.BYTECODE

    def discard_bytecode(self) -> None:
        """Remove the bytecode of the environment's files; Python makes it anew."""
        # Jobs may be writing there: moved away, the folder gets no more files while it is removed.
        discarded = self.path / f"{layout.BYTECODE}-{secrets.token_hex(8)}"
        with suppress(FileNotFoundError):
            self.bytecode.rename(discarded)
        files.remove_tree(discarded)
        self.bytecode.mkdir(exist_ok=True)

    def mend_bytecode(self) -> None:
        """Remove the bytecode if the disk is full: Python leaves files cut short then, and fails when it reads them."""
        if refusals.shortage(self.path):
            self.discard_bytecode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A built environment as a list shows it: sizes in bytes (links counted in full), times since the epoch."""

    built: Built
    size: int
    last_used: float

    @property
    def address(self) -> str:
        """Where it lies."""
        return self.built.receipt.address

    @property
    def created(self) -> float:
        """When it was built."""
        return self.built.receipt.created


class Store:
    """The store below a cache root that hermes made."""

    def __init__(self, root: Path, *, clock: Clock, lock_timeout: float = 900.0) -> None:
        self._root = root
        self._clock = clock
        self._lock_timeout = lock_timeout

    def find(self, address: str) -> Built | None:
        """Return what is built at an address; anything without a whole receipt for it is a miss."""
        folder = self._root / layout.built(address)
        receipt = _trusted(folder, address)
        return Built(path=folder, receipt=receipt) if receipt else None

    def get_or_build(
        self,
        address: str,
        populate: Callable[[Path], None],
        describe: Callable[[Path, tuple[Entry, ...]], Receipt],
        *,
        waiting: Callable[[str], None] | None = None,
    ) -> tuple[Built, bool]:
        """Return what is built at an address, and whether that was done now.

        `populate` fills an empty folder; `describe` makes the receipt of it, or raises, and then nothing is kept;
        `waiting` is told whom this has to wait for.
        Hold `using` around this call and the use of what it returns, lest it is collected in between.
        """
        built = self.find(address)
        if built:
            return built, False
        dirs.prepare_root(self._root)
        lock = self._root / layout.build_lock(address)
        what = f"building the environment {address[:12]}"
        with filelock.exclusive(lock, timeout=self._lock_timeout, what=what, clock=self._clock, waiting=waiting):
            built = self.find(address)
            if built:
                return built, False
            self._sweep()
            self._build(address, populate, describe)
            self._touch(address)
        built = self.find(address)
        if built is None:
            raise ProvisionError(
                f"{self._root / layout.built(address)} was changed while it was being built",
                hint="look for what else writes into hermes's cache folder, and run again",
            )
        return built, True

    @contextmanager
    def using(self, address: str) -> Iterator[None]:
        """Keep what is (or will be) built at an address from being removed, and note that it is used now."""
        lock = self._root / layout.use_lock(address)
        dirs.prepare_root(self._root)
        with filelock.shared(lock, what=f"using the environment {address[:12]}", clock=self._clock):
            self._touch(address)
            yield

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make a folder that is this process's own while it lives; it goes in the end, or with a later sweep."""
        dirs.prepare_root(self._root)
        name = secrets.token_hex(8)
        folder, lock = self._root / layout.staged(name), self._root / layout.staged_lock(name)
        with filelock.exclusive(lock, timeout=self._lock_timeout, what="building an environment", clock=self._clock):
            folder.mkdir()
            try:
                yield folder
            finally:
                # What cannot be removed now (a program that was killed may still write there) goes with the next sweep.
                with suppress(ProvisionError):
                    files.remove_tree(folder)
                    lock.unlink(missing_ok=True)

    def entries(self) -> tuple[Stored, ...]:
        """Return what is built, least recently used first."""
        found = [self.find(address) for address in self._addresses()]
        stored = [self._stored(built) for built in found if built]
        return tuple(sorted(stored, key=lambda item: (item.last_used, item.address)))

    def collect(
        self, *, max_age_days: float | None = None, max_bytes: int | None = None, now: float | None = None
    ) -> tuple[Stored, ...]:
        """Remove what was not used for so many days, then the least recently used until the rest is small enough.

        Returns what was removed; what a job uses or somebody builds stays. Leftovers of killed builders go as well.
        """
        self._check_root()
        self._sweep()
        trusted = self.entries()
        for address in self._addresses() - {item.address for item in trusted}:
            self._take_away(address, partial(self._is_untrusted, address))
        oldest = (self._clock.now() if now is None else now) - (max_age_days or 0.0) * _DAY
        total = sum(item.size for item in trusted)
        removed = []
        for item in trusted:
            aged = max_age_days is not None and item.last_used < oldest
            crowded = max_bytes is not None and total > max_bytes
            if (aged or crowded) and self._take_away(item.address, partial(self._is_unused_since, item)):
                removed.append(item)
                total -= item.size
        return tuple(removed)

    def remove(self, address: str) -> bool:
        """Remove what is built at an address; return False, and leave it, where it is being used or built."""
        return self._take_away(address, lambda: True)

    def clear(self) -> tuple[str, ...]:
        """Remove everything that is built; return the addresses that stay, because they are being used or built."""
        self._check_root()
        self._sweep()
        return tuple(address for address in sorted(self._addresses()) if not self.remove(address))

    def _take_away(self, address: str, still_wanted: Callable[[], bool]) -> bool:
        """Remove what is built at an address if, while nobody can use or build it, that is still wanted."""
        folder = self._root / layout.built(address)
        if not os.path.lexists(folder):
            return True
        self._check_root()
        # The locks end before the staging folder does: whoever wants to build need not wait for the removal.
        with self.scratch() as staging, ExitStack() as held:
            for lock in (layout.use_lock(address), layout.build_lock(address)):
                if not held.enter_context(filelock.try_exclusive(self._root / lock)):
                    return False
            if not still_wanted():
                return False
            if os.path.lexists(folder):
                _move(folder, staging / "removed")
        return True

    def _build(
        self,
        address: str,
        populate: Callable[[Path], None],
        describe: Callable[[Path, tuple[Entry, ...]], Receipt],
    ) -> None:
        folder = self._root / layout.built(address)
        with self.scratch() as staging:
            built = staging / "built"
            tree = built / layout.TREE
            tree.mkdir(parents=True)
            (built / layout.BYTECODE).mkdir()
            populate(tree)
            manifest.remove_bytecode(tree)
            files.make_read_only(tree)
            receipt = describe(tree, manifest.scan(tree))
            if receipt.address != address:
                raise ValueError(f"the receipt is for {receipt.address}, and {address} was built")
            files.write_atomic(built / layout.RECEIPT, receipts.dump(receipt))
            folder.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(folder):
                _move(folder, staging / "untrusted")
            _move(built, folder)

    def _sweep(self) -> None:
        """Remove what killed builders left in staging."""
        staging = self._root / layout.STAGING
        if not staging.is_dir() or not dirs.is_root(self._root):
            return
        for name in sorted({item.name.removesuffix(layout.LOCK_SUFFIX) for item in staging.iterdir()}):
            lock = self._root / layout.staged_lock(name)
            with filelock.try_exclusive(lock) as dead, suppress(ProvisionError):
                if dead:
                    files.remove_tree(staging / name)
                    lock.unlink(missing_ok=True)

    def _addresses(self) -> set[str]:
        return {
            folder.name
            for shard in _folders(self._root / layout.STORE)
            if layout.is_shard(shard.name)
            for folder in _folders(shard)
            if layout.is_address(folder.name) and folder.name.startswith(shard.name)
        }

    def _stored(self, built: Built) -> Stored:
        size = sum(entry.size for entry in built.receipt.entries)
        if built.bytecode.is_dir():
            # Jobs write there: a file may go away while this looks.
            size += sum(item.size for item in manifest.walk(built.bytecode, unreadable_is_empty=True))
        return Stored(built=built, size=size, last_used=self._last_used(built.receipt))

    def _is_untrusted(self, address: str) -> bool:
        return self.find(address) is None

    def _is_unused_since(self, item: Stored) -> bool:
        return self._last_used(item.built.receipt) == item.last_used

    def _last_used(self, receipt: Receipt) -> float:
        try:
            return (self._root / layout.use_lock(receipt.address)).stat().st_mtime
        except FileNotFoundError:
            return receipt.created

    def _touch(self, address: str) -> None:
        path, now = self._root / layout.use_lock(address), self._clock.now()
        path.touch()
        os.utime(path, (now, now))

    def _check_root(self) -> None:
        if self._root.is_dir() and not dirs.is_root(self._root):
            raise ProvisionError(
                f"nothing is removed below {self._root}: hermes did not make this folder ({dirs.MARKER} is not in it)",
                hint=f"look at what {dirs.OVERRIDE} names",
            )


def _trusted(folder: Path, address: str) -> Receipt | None:
    try:
        receipt = receipts.load((folder / layout.RECEIPT).read_bytes())
    except OSError:
        return None
    return receipt if receipt and receipt.address == address and (folder / layout.TREE).is_dir() else None


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        raise ProvisionError(
            f"cannot move {source} to {target}: {error.strerror or error}",
            hint="look for what else writes into hermes's cache folder",
        ) from error


def _folders(folder: Path) -> list[Path]:
    try:
        return [item for item in folder.iterdir() if item.is_dir() and not item.is_symlink()]
    except (FileNotFoundError, NotADirectoryError):
        return []
