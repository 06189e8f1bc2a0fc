"""What was edited by hand is refused: hashes in the lock, files in the wheel cache, anything else in the lock."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import projects
from fakes.index import Index
from fakes.projects import PYTHON, Checkout, Hermes
from hermes.lockfile import write
from hermes.model.lock import Lock
from smoke import edited_locks
from smoke.edited_locks import ALPHA

SITE = f"lib/python{PYTHON}/site-packages"
NOT_INSTALLED = (
    "nothing was installed. Either the lock was edited, or the index serves another file than when it was locked: "
    "find out which; if you trust the file, `hermes lock --upgrade-package alpha`"
)
FORGOTTEN = (
    "nothing was installed; alpha went out of the wheel cache, so run again to fetch and verify anew; "
    "`hermes verify --all` tells which built environments share the changed files"
)
TWO = """\
python = ["{python}"]

[environments.first]
requirements = ["alpha"]

[environments.second]
requirements = ["alpha", "Dotted.Name-x"]

[sessions.first]
environment = "first"
run = "alpha"

[sessions.second]
environment = "second"
run = "alpha"
"""


def with_hash(lock: Lock, name: str, sha256: str) -> Lock:
    """Return a lock in which a file has another hash."""
    packages = {
        key: replace(
            package,
            files=tuple(replace(file, sha256=sha256) if file.name == name else file for file in package.files),
        )
        for key, package in lock.packages.items()
    }
    return replace(lock, packages=packages)


def hash_of(lock: Lock, name: str) -> str:
    (found,) = (file.sha256 for package in lock.packages.values() for file in package.files if file.name == name)
    return found


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("digit", [0, 63])
def test_a_hash_changed_by_one_digit_is_refused(tmp_path: Path, hermes: Hermes, digit: int, warm: bool) -> None:
    checkout = Checkout.plain(tmp_path / "project")
    hermes.passes("lock", at=checkout.folder)
    if warm:
        hermes.passes("run", at=checkout.folder)
        hermes.passes("store", "clear", at=checkout.folder)
    lock = checkout.read_lock()
    right = hash_of(lock, ALPHA)
    wrong = right[:digit] + f"{int(right[digit], 16) ^ 1:x}" + right[digit + 1 :]
    checkout.lock.write_text(write.dump(with_hash(lock, ALPHA, wrong)), encoding="utf-8")
    assert hermes("lock", "--check", at=checkout.folder).status == 0  # so that only the installer can notice

    for _ in range(2):
        ran = hermes("run", at=checkout.folder)
        said = [
            f"hermes: unit-{PYTHON}: {ALPHA} (alpha 1.0) is not the file that was locked",
            f"  the lock has sha256 {wrong}",
            f"  the file has sha256 {right}",
            NOT_INSTALLED,
        ]
        assert ran.stdout.splitlines()[:4] == said
        assert ran.status == 5
    assert hermes.stored(at=checkout.folder) == {}
    assert hermes("run", "--offline", at=checkout.folder).status == 5

    checkout.lock.write_text(write.dump(lock), encoding="utf-8")
    hermes.passes("run", at=checkout.folder)


@pytest.mark.parametrize("keep_time", [False, True], ids=["plainly", "with its time put back"])
def test_a_byte_changed_in_the_wheel_cache_is_refused_before_a_first_build(
    tmp_path: Path, hermes: Hermes, keep_time: bool
) -> None:
    checkout = Checkout.plain(tmp_path / "project")
    checkout.envfile.write_text(TWO.format(python=PYTHON), encoding="utf-8")
    hermes.passes("run", "first", at=checkout.folder)
    edit_unpacked(hermes, "alpha.py", keep_time=keep_time)

    ran = hermes("run", "second", at=checkout.folder)
    said = [
        f"hermes: second-{PYTHON}: the wheel cache was changed since these files were verified and unpacked:",
        "  alpha 1.0: site-packages/alpha.py",
        FORGOTTEN,
    ]
    assert ran.stdout.splitlines()[:3] == said
    assert ran.status == 5

    # The environment that shares the file by a hard link is found out as well, and repaired from what is verified.
    verified = hermes("verify", "first", at=checkout.folder)
    changed = ["alpha==1.0:", f"  {SITE}/alpha.py was changed"]
    assert (verified.status, verified.stdout.splitlines()) == (4, [f"first {PYTHON}: drifted", *changed])
    hermes.passes("run", "second", at=checkout.folder)
    hermes.passes("run", "first", "--rebuild", at=checkout.folder)
    hermes.passes("verify", at=checkout.folder)


def test_a_wheel_cache_whose_records_are_gone_is_not_trusted(tmp_path: Path, hermes: Hermes) -> None:
    checkout = Checkout.plain(tmp_path / "project")
    hermes.passes("lock", at=checkout.folder)
    prints = hermes.prints(at=checkout.folder)
    hermes.passes("store", "clear", at=checkout.folder)
    edit_unpacked(hermes, "alpha.py", keep_time=True)
    for record in (hermes.cache / "wheels/records").iterdir():
        record.unlink()

    refused = hermes("run", "--offline", at=checkout.folder)
    assert refused.status == 5
    assert f"{ALPHA} (alpha 1.0) is not in the wheel cache, and the index may not be asked" in refused.stdout
    assert hermes.prints(at=checkout.folder) == prints


def test_an_index_that_serves_another_file_is_refused(tmp_path: Path, index: Index, hermes: Hermes) -> None:
    checkout = Checkout.plain(tmp_path / "project")
    hermes.passes("lock", at=checkout.folder)
    other = index.make("alpha", "1.0", files={"alpha.py": "def main():\n    print('evil')\n"})

    ran = hermes("run", at=checkout.folder)
    assert ran.stdout.startswith(f"hermes: unit-{PYTHON}: {ALPHA} (alpha 1.0) is not the file that was locked\n")
    assert dict(other.hashes)["sha256"] in ran.stdout
    assert ran.status == 5


def edit_unpacked(hermes: Hermes, name: str, *, keep_time: bool) -> None:
    """Change one byte of a file in the unpacked archives of the wheel cache, in its place."""
    (path,) = (hermes.cache / "wheels/uv").glob(f"archive-v0/*/{name}")
    found = path.stat()
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(found.st_mode)
    if keep_time:
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, Hermes, dict[str, edited_locks.Edited]]:
    """Lock one project for all edits of its lock; what is refused touches no cache."""
    folder = tmp_path_factory.mktemp("edited")
    checkout = Checkout.plain(folder / "project")
    with Index(folder=folder / "index") as index:
        projects.offer(index)
        hermes = Hermes.make(folder, index)
        hermes.passes("lock", at=checkout.folder)
    return checkout, hermes, edited_locks.edits(checkout.lock.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", edited_locks.NAMES)
def test_a_lock_that_is_not_as_hermes_wrote_it_is_refused_with_the_line(
    locked: tuple[Checkout, Hermes, dict[str, edited_locks.Edited]], name: str
) -> None:
    checkout, hermes, edits = locked
    edited = edits[name]
    checkout.lock.write_text(edited.text, encoding="utf-8")

    for words in (("run",), ("lock", "--check"), ("verify",)):
        ran = hermes(*words, at=checkout.folder)
        assert (ran.status, ran.stdout, ran.stderr) == (3, "", edited.printed)
    assert checkout.lock.read_text(encoding="utf-8") == edited.text


def test_every_edit_is_tried(locked: tuple[Checkout, Hermes, dict[str, edited_locks.Edited]]) -> None:
    assert tuple(locked[2]) == edited_locks.NAMES


def test_a_lock_that_is_emptied_with_its_requirements_is_stale(tmp_path: Path, hermes: Hermes) -> None:
    checkout = Checkout.plain(tmp_path / "project")
    hermes.passes("lock", at=checkout.folder)
    lock = checkout.read_lock()
    bare = {name: replace(item, requirements=(), pins=()) for name, item in lock.environments.items()}
    checkout.lock.write_text(write.dump(replace(lock, environments=bare, packages={})), encoding="utf-8")

    ran = hermes("run", at=checkout.folder)
    assert (ran.status, ran.stdout) == (3, "")
    assert ran.stderr == (
        "hermes: error: envfile.lock is stale:\n"
        "  environments.unit: dotted-name-x is asked for (sessions.unit.requirements[0], envfile.toml:4) "
        "but is not in the lock\n"
        "hermes: hint: run `hermes lock`\n"
    )
