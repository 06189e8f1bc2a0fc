import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import trees
from fakes.clock import FakeClock
from fakes.trees import SMALL
from hermes.errors import HermesError, InstallationError, ProvisionError, UsageError
from hermes.model.receipt import Entry, Receipt
from hermes.store import layout, receipts
from hermes.store.store import Built, Store
from hermes.system import refusals
from hermes.system.clock import Clock

A, B, C = "a" * 64, "b" * 64, "c" * 64
DAY = 86400.0
NOW = 1_000_000.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(now=NOW)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def store(root: Path, clock: FakeClock) -> Store:
    return Store(root, clock=clock, lock_timeout=5)


def populate(tree: Path) -> None:
    trees.make(tree, SMALL)


def described(address: str) -> Callable[[Path, tuple[Entry, ...]], Receipt]:
    return lambda tree, entries: trees.describe(tree, entries, SMALL, address=address)


def build(store: Store, address: str) -> Built:
    built, _ = store.get_or_build(address, populate, described(address))
    return built


def refuse(tree: Path) -> None:
    raise AssertionError(tree)


def staging(root: Path) -> list[str]:
    return [path.name for path in (root / layout.STAGING).iterdir()]


def test_what_is_not_built_is_a_miss_and_makes_nothing(store: Store, root: Path) -> None:
    assert store.find(A) is None
    assert store.entries() == ()
    assert not root.exists()


def test_what_was_built_is_found_and_not_built_again(store: Store, root: Path) -> None:
    built, now = store.get_or_build(A, populate, described(A))
    assert now
    assert built.path == root / "store/v1/aa" / A
    assert store.find(A) == built
    assert store.get_or_build(A, refuse, described(A)) == (built, False)
    assert staging(root) == []


def test_a_built_tree_is_read_only_and_its_bytecode_folder_is_not(store: Store) -> None:
    built = build(store, A)
    assert list(built.bytecode.iterdir()) == []
    assert stat.S_IMODE(built.bytecode.stat().st_mode) & stat.S_IWUSR
    for folder, names, files in os.walk(built.tree):
        for name in names + files:
            path = Path(folder, name)
            assert path.is_symlink() or not stat.S_IMODE(path.stat().st_mode) & 0o222, path
    assert {path.name for path in built.path.iterdir()} == {"tree", "bytecode", "receipt.json"}


def test_the_receipt_holds_the_tree_as_it_is_published(store: Store) -> None:
    built = build(store, A)
    entry = next(entry for entry in built.receipt.entries if entry.path.endswith("small/__init__.py"))
    status = (built.tree / entry.path).stat()
    assert (entry.mode, entry.mtime_ns, entry.inode) == (
        stat.S_IMODE(status.st_mode),
        status.st_mtime_ns,
        status.st_ino,
    )


def test_bytecode_stays_while_there_is_space(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build(store, A)
    (built.bytecode / "cut.pyc").write_bytes(b"1")
    monkeypatch.setattr(refusals, "shortage", lambda _: None)
    built.mend_bytecode()
    assert (built.bytecode / "cut.pyc").exists()


def test_bytecode_that_was_written_on_a_full_disk_goes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build(store, A)
    (built.bytecode / "cut.pyc").write_bytes(b"1")
    monkeypatch.setattr(refusals, "shortage", lambda _: "only 3 KiB are left")
    built.mend_bytecode()
    assert list(built.bytecode.iterdir()) == []
    assert {path.name for path in built.path.iterdir()} == {"tree", "bytecode", "receipt.json"}


def test_bytecode_that_is_gone_already_is_no_error(store: Store) -> None:
    built = build(store, A)
    built.bytecode.rmdir()
    built.discard_bytecode()
    assert built.bytecode.is_dir()


def test_a_scratch_folder_is_swept_unless_its_maker_lives(store: Store, root: Path) -> None:
    staging = root / layout.STAGING
    with store.scratch() as folder:
        (folder / "file").touch()
        build(store, A)
        assert folder.is_dir()
    assert list(staging.iterdir()) == []
    (staging / "left").mkdir()
    build(store, B)
    assert list(staging.iterdir()) == []


def test_bytecode_that_came_with_a_wheel_is_not_kept(store: Store) -> None:
    def with_bytecode(tree: Path) -> None:
        populate(tree)
        (tree / trees.SITE / "small/__pycache__").mkdir()
        (tree / trees.SITE / "small/__pycache__/x.pyc").write_bytes(b"forged")

    built, _ = store.get_or_build(A, with_bytecode, described(A))
    assert not (built.tree / trees.SITE / "small/__pycache__").exists()


@pytest.mark.parametrize("error", [InstallationError("no"), KeyboardInterrupt(), OSError("disk")])
def test_nothing_is_kept_of_a_build_that_failed(store: Store, root: Path, error: BaseException) -> None:
    def fail(tree: Path) -> None:
        populate(tree)
        raise error

    with pytest.raises(type(error)):
        store.get_or_build(A, fail, described(A))
    assert (store.find(A), store.entries(), staging(root)) == (None, (), [])
    assert build(store, A)


def test_nothing_is_kept_of_what_could_not_be_described(store: Store, root: Path) -> None:
    def fail(tree: Path, entries: tuple[Entry, ...]) -> Receipt:
        raise InstallationError(f"{tree} has {len(entries)} entries")

    with pytest.raises(InstallationError):
        store.get_or_build(A, populate, fail)
    assert (store.find(A), staging(root)) == (None, [])


def test_a_receipt_for_another_address_is_a_bug_and_publishes_nothing(store: Store, root: Path) -> None:
    with pytest.raises(ValueError, match="the receipt is for"):
        store.get_or_build(A, populate, described(B))
    assert (store.find(A), store.find(B), staging(root)) == (None, None, [])


BROKEN: dict[str, Callable[[Path], object]] = {
    "no receipt": lambda path: (path / "receipt.json").unlink(),
    "an empty receipt": lambda path: (path / "receipt.json").write_bytes(b""),
    "half a receipt": lambda path: os.truncate(path / "receipt.json", 100),
    "a folder for a receipt": lambda path: _folder_for_file(path / "receipt.json"),
    "a receipt of another address": lambda path: (path / "receipt.json").write_bytes(
        receipts.dump(replace(_loaded(path), address=B))
    ),
    "a receipt of a later format": lambda path: (path / "receipt.json").write_bytes(
        (path / "receipt.json").read_bytes().replace(b'"format":1', b'"format":2', 1)
    ),
    "no tree": lambda path: (path / "tree").rename(path / "elsewhere"),
}


def _folder_for_file(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _loaded(path: Path) -> Receipt:
    receipt = receipts.load((path / "receipt.json").read_bytes())
    assert receipt
    return receipt


@pytest.mark.parametrize("name", BROKEN)
def test_what_has_no_whole_receipt_is_a_miss_and_is_replaced(store: Store, root: Path, name: str) -> None:
    path = build(store, A).path
    BROKEN[name](path)
    assert store.find(A) is None
    assert store.entries() == ()
    built, now = store.get_or_build(A, populate, described(A))
    assert now
    assert store.find(A) == built
    assert staging(root) == []


def test_a_file_where_the_folder_belongs_is_a_miss_and_is_replaced(store: Store) -> None:
    path = build(store, A).path
    assert store.remove(A)
    path.write_bytes(b"")
    assert store.find(A) is None
    assert build(store, A).tree.is_dir()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=st.binary(max_size=300))
def test_random_receipts_are_misses(store: Store, data: bytes) -> None:
    path = store._root / layout.built(A)
    (path / "tree").mkdir(parents=True, exist_ok=True)
    (path / "receipt.json").write_bytes(data)
    assert store.find(A) is None


def test_a_folder_of_somebody_else_is_neither_built_in_nor_emptied(store: Store, root: Path) -> None:
    (root / "store/v1/aa" / A / "tree").mkdir(parents=True)
    (root / "thesis.txt").write_text("years of work")
    for act in (lambda: build(store, A), store.clear, store.collect, lambda: store.remove(A)):
        with pytest.raises(HermesError, match=r"hermes did not make|not made by hermes"):
            act()
    with pytest.raises(UsageError), store.using(A):
        pass
    assert (root / "store/v1/aa" / A / "tree").is_dir()
    assert sorted(path.name for path in root.iterdir()) == ["store", "thesis.txt"]


def test_removing_what_is_not_there_is_done_at_once(store: Store, root: Path) -> None:
    assert store.remove(A)
    assert store.clear() == ()
    assert store.collect(max_bytes=0) == ()
    assert not root.exists()


def test_removing_takes_the_folder_and_leaves_its_locks(store: Store, root: Path) -> None:
    path = build(store, A).path
    build(store, B)
    assert store.remove(A)
    assert not path.exists()
    assert [item.address for item in store.entries()] == [B]
    assert staging(root) == []
    assert (root / layout.use_lock(A)).exists()


def test_what_is_used_is_not_removed(store: Store) -> None:
    build(store, A)
    with store.using(A):
        assert not store.remove(A)
        assert store.collect(max_bytes=0) == ()
        assert store.clear() == (A,)
        assert store.find(A)
    assert store.clear() == ()
    assert store.entries() == ()


def test_what_is_being_built_is_not_removed(store: Store, root: Path) -> None:
    def meanwhile(tree: Path) -> None:
        assert not store.remove(A)
        store.collect(max_bytes=0)
        assert store.clear() == (A,)
        populate(tree)

    (root / ".hermes-runner").parent.mkdir()
    (root / ".hermes-runner").touch()
    (root / layout.built(A)).mkdir(parents=True)
    assert store.get_or_build(A, meanwhile, described(A))[1]


def test_using_may_begin_before_there_is_anything(store: Store) -> None:
    with store.using(A), store.using(A):
        assert build(store, A).tree.is_dir()


def test_entries_come_least_recently_used_first(store: Store, clock: FakeClock) -> None:
    for address in (A, B, C):
        build(store, address)
        clock.advance(DAY)
    with store.using(A):
        pass
    assert [item.address for item in store.entries()] == [B, C, A]
    assert [item.last_used for item in store.entries()] == [NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY]
    assert {item.created for item in store.entries()} == {1000.0}


def test_an_entry_is_as_large_as_its_files_and_bytecode(store: Store) -> None:
    built = build(store, A)
    (before,) = store.entries()
    assert before.size == sum(entry.size for entry in built.receipt.entries) > 0
    (built.bytecode / "deep").mkdir()
    (built.bytecode / "deep/x.pyc").write_bytes(b"12345")
    (after,) = store.entries()
    assert after.size == before.size + 5


def test_an_environment_that_was_never_used_counts_from_when_it_was_built(store: Store, root: Path) -> None:
    build(store, A)
    (root / layout.use_lock(A)).unlink()
    assert [item.last_used for item in store.entries()] == [1000.0]


def test_collecting_by_age(store: Store, clock: FakeClock) -> None:
    for address in (A, B, C):
        build(store, address)
        clock.advance(DAY)
    removed = store.collect(max_age_days=1.5)
    assert [item.address for item in removed] == [A, B]
    assert [item.address for item in store.entries()] == [C]
    assert store.collect(max_age_days=1, now=clock.now() + 10 * DAY)[0].address == C


def test_collecting_by_size_takes_the_least_recently_used(store: Store, clock: FakeClock) -> None:
    for address in (A, B, C):
        build(store, address)
        clock.advance(DAY)
    with store.using(A):
        pass
    size = store.entries()[0].size
    assert store.collect(max_bytes=3 * size) == ()
    assert [item.address for item in store.collect(max_bytes=2 * size)] == [B]
    with store.using(C):
        assert [item.address for item in store.collect(max_bytes=size)] == [A]


def test_collecting_without_limits_removes_only_leftovers(store: Store, root: Path) -> None:
    build(store, A)
    (root / layout.built(B) / "tree").mkdir(parents=True)
    (root / layout.STAGING / "0123456789abcdef/built/tree").mkdir(parents=True)
    (root / layout.STAGING / "fedcba9876543210.lock").touch()
    (root / layout.STORE / "aa/notes").mkdir()
    (root / layout.STORE / "bb/something.txt").touch()
    assert store.collect() == ()
    assert [item.address for item in store.entries()] == [A]
    assert not (root / layout.built(B)).exists()
    assert staging(root) == []
    assert (root / layout.STORE / "aa/notes").exists(), "what is no address is not the store's to remove"


def test_a_link_in_the_store_is_never_followed(store: Store, root: Path, tmp_path: Path) -> None:
    build(store, A)
    treasure = tmp_path / "treasure"
    (treasure / B).mkdir(parents=True)
    (root / layout.STORE / "bb").symlink_to(treasure)
    (root / layout.STORE / "aa" / ("a" * 63 + "b")).symlink_to(treasure)
    store.collect(max_bytes=0)
    store.clear()
    assert (treasure / B).is_dir()


class Spoiler(Clock):
    """A clock that, whenever it is read, takes away the receipt that it finds."""

    def __init__(self, receipt: Path) -> None:
        self.receipt = receipt

    def now(self) -> float:
        self.receipt.unlink(missing_ok=True)
        return 0.0


def test_somebody_who_spoils_the_build_is_found_out(root: Path) -> None:
    store = Store(root, clock=Spoiler(root / layout.built(A) / layout.RECEIPT))
    with pytest.raises(ProvisionError, match="was changed while it was being built"):
        build(store, A)


def test_what_is_no_address_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        store.find("../../etc")
