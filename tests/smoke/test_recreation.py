"""Environments recreated elsewhere have the same keys and contents; whatever differs is named, with exit status 4."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fakes import projects
from fakes.index import Index
from fakes.projects import PYTHON, Checkout, Hermes
from fakes.unprivileged import Unprivileged
from hermes.lockfile import write

HARD_NAME = f"""it's a "project" 試験 🧪 {"long " * 30}"""
SITE = f"lib/python{PYTHON}/site-packages"


@pytest.mark.parametrize(
    ("umask", "variables"),
    [
        pytest.param(
            0o077,
            {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
            id="private-ascii",
        ),
        pytest.param(0o000, {"TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR"}, id="open-turkish"),
    ],
)
def test_another_folder_umask_locale_and_zone_give_the_same_keys_and_contents(
    tmp_path: Path, hermes: Hermes, umask: int, variables: Mapping[str, str]
) -> None:
    first = Checkout.package(tmp_path / "first")
    hermes.passes("lock", at=first.folder)
    hermes.passes("fingerprint", "--record", at=first.folder)
    prints = hermes.prints(at=first.folder)
    hermes.passes("store", "clear", at=first.folder)
    second = first.copy(tmp_path / HARD_NAME / "project")

    for cache in (hermes.cache, tmp_path / HARD_NAME / "cache"):
        elsewhere = hermes.elsewhere(umask=umask, **variables).with_cache(cache)
        assert elsewhere.prints(at=second.folder) == prints
        ran = elsewhere.passes("run", "--locked", at=second.folder)
        assert ran.stdout.count("alpha 1.0\nmine is new\n") == 2
        assert elsewhere.passes("verify", "--all", at=second.folder).stdout.count(": verified, ") == 6
    assert second.lock.read_bytes() == first.lock.read_bytes()


def test_another_user_gets_the_same_keys_and_contents(
    tmp_path: Path, index: Index, hermes: Hermes, nobody: Unprivileged
) -> None:
    if not nobody.argv:
        pytest.skip("only root can run something as another user")
    theirs = projects.for_another_user(nobody, index)
    with_their_python = hermes.only(nobody.python)
    mine = Checkout.package(tmp_path / "mine", python=projects.minor_of(nobody.python))
    with_their_python.passes("lock", at=mine.folder)
    with_their_python.passes("fingerprint", "--record", at=mine.folder)
    copied = mine.copy(nobody.folder / "theirs")
    projects.give(nobody.folder, nobody)

    assert theirs.prints(at=copied.folder) == with_their_python.prints(at=mine.folder)
    assert theirs.passes("run", "--locked", at=copied.folder).stdout.count("alpha 1.0\nmine is new\n") == 2
    assert theirs.passes("store", "clear", "--wheels", at=copied.folder).stdout.startswith("6 removed, ")
    owners = {path.stat().st_uid for path in nobody.folder.rglob("*") if not path.is_symlink()}
    assert len(owners) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One thing done to a built tree, what `verify` says of it, and what the quick check says, if that is other."""

    name: str
    do: Callable[[Path], None]
    named: tuple[str, ...]
    quickly: tuple[str, ...] | None = None


@contextmanager
def unlocked(path: Path) -> Iterator[Path]:
    """Let a file and its folder be written, and put their modes back in the end."""
    there = [each for each in (path, path.parent) if each.exists()]
    modes = [each.stat().st_mode for each in there]
    for each, mode in zip(there, modes, strict=True):
        each.chmod(mode | 0o200)
    yield path
    for each, mode in zip(there, modes, strict=True):
        if each.exists():
            each.chmod(mode)


def flip(path: Path, *, keep_time: bool = False) -> None:
    """Change one byte of a file in its place."""
    found = path.stat()
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    with unlocked(path):
        path.write_bytes(data)
    if keep_time:
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def put(path: Path, text: str) -> None:
    """Put a file where none is, or another in place of one that is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with unlocked(path.parent / "any"):
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o555)


def remove(path: Path) -> None:
    with unlocked(path):
        path.unlink()


def swap(path: Path, target: str) -> None:
    with unlocked(path.parent / "any"):
        path.unlink()
        path.symlink_to(target)


def add_distribution(tree: Path) -> None:
    site = tree / SITE
    with unlocked(site / "any"):
        put(site / "extra.py", "")
        put(site / "extra-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
        put(site / "extra-1.0.dist-info/RECORD", "extra.py,,\nextra-1.0.dist-info/METADATA,,\n")


def edit_pyvenv(tree: Path) -> None:
    config = tree / "pyvenv.cfg"
    text = config.read_text(encoding="utf-8")
    with unlocked(config):
        config.write_text(
            text.replace("include-system-site-packages = false", "include-system-site-packages = true"),
            encoding="utf-8",
        )


ALPHA, DOTTED, ITSELF, UNLOCKED = (
    "alpha==1.0:",
    "dotted-name-x==1.0:",
    "the environment itself:",
    "nothing that is locked:",
)

EDITS = (
    Edit(
        name="a byte of a file",
        do=lambda tree: flip(tree / SITE / "alpha.py"),
        named=(ALPHA, f"  {SITE}/alpha.py was changed"),
        quickly=(ALPHA, f"  {SITE}/alpha.py has another modification time"),
    ),
    Edit(
        name="a byte of a file whose time is put back",
        do=lambda tree: flip(tree / SITE / "alpha.py", keep_time=True),
        named=(ALPHA, f"  {SITE}/alpha.py was changed"),
        quickly=(),
    ),
    Edit(
        name="a file is added to a package",
        do=lambda tree: put(tree / SITE / "dotted_name_x/added.py", ""),
        named=(DOTTED, f"  {SITE}/dotted_name_x/added.py was added"),
    ),
    Edit(
        name="a file is added to no package",
        do=lambda tree: put(tree / SITE / "sitecustomize.py", ""),
        named=(UNLOCKED, f"  {SITE}/sitecustomize.py was added"),
    ),
    Edit(
        name="a file is deleted",
        do=lambda tree: remove(tree / "share/dotted/notes.txt"),
        named=(DOTTED, "  share/dotted/notes.txt is missing"),
    ),
    Edit(
        name="a program that the job calls is deleted",
        do=lambda tree: remove(tree / "bin/alpha"),
        named=(ALPHA, "  bin/alpha is missing"),
    ),
    Edit(
        name="a mode is changed",
        do=lambda tree: (tree / SITE / "dotted_name_x/tool.sh").chmod(0o444),
        named=(DOTTED, f"  {SITE}/dotted_name_x/tool.sh has another mode"),
    ),
    Edit(
        name="a file is replaced by its like",
        do=lambda tree: put(tree / SITE / "alpha.py", (tree / SITE / "alpha.py").read_text(encoding="utf-8")),
        named=(ALPHA, f"  {SITE}/alpha.py has another mode", f"  {SITE}/alpha.py is another file (another inode)"),
    ),
    Edit(
        name="a distribution is added",
        do=add_distribution,
        named=(
            UNLOCKED,
            f"  {SITE}/extra-1.0.dist-info was added",
            f"  {SITE}/extra-1.0.dist-info/METADATA was added",
            f"  {SITE}/extra-1.0.dist-info/RECORD was added",
            f"  {SITE}/extra.py was added",
        ),
    ),
    Edit(
        name="a link is swapped",
        do=lambda tree: swap(tree / "bin/python3", "/bin/false"),
        named=(ITSELF, "  bin/python3 leads elsewhere"),
    ),
    Edit(
        name="pyvenv.cfg is edited",
        do=edit_pyvenv,
        named=(ITSELF, "  pyvenv.cfg was changed"),
    ),
    Edit(
        name="bin/python is another program",
        do=lambda tree: put(tree / "bin/python", "#!/bin/sh\nexit 0\n"),
        named=(ITSELF, "  bin/python is of another kind (file, link or folder)"),
    ),
    Edit(
        name="bin/python leads to another program",
        do=lambda tree: swap(tree / "bin/python", "/bin/true"),
        named=(ITSELF, "  bin/python leads elsewhere"),
    ),
    Edit(
        name="the start-up file is edited",
        do=lambda tree: flip(tree / SITE / "_hermes_runner.pth"),
        named=(ITSELF, f"  {SITE}/_hermes_runner.pth was changed"),
        quickly=(ITSELF, f"  {SITE}/_hermes_runner.pth has another modification time"),
    ),
)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checkout, Hermes]]:
    """Lock one project for all edits; each builds it in a cache of its own, since edits spread through hard links."""
    folder = tmp_path_factory.mktemp("edits")
    with Index(folder=folder / "index") as index:
        projects.offer(index)
        hermes = Hermes.make(folder, index)
        checkout = Checkout.plain(folder / "project")
        hermes.passes("lock", at=checkout.folder)
        yield checkout, hermes


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_what_was_changed_after_building_is_named(tmp_path: Path, locked: tuple[Checkout, Hermes], edit: Edit) -> None:
    checkout, hermes = locked[0], locked[1].with_cache(tmp_path / "cache")
    hermes.passes("run", "unit", at=checkout.folder)
    (tree,) = hermes.cache.glob("store/v1/??/*/tree")
    edit.do(tree)

    verified = hermes("verify", at=checkout.folder)
    assert verified.stdout.splitlines() == [f"unit {PYTHON}: drifted", *edit.named]
    assert verified.status == 4

    ran = hermes("run", "unit", at=checkout.folder)
    quickly = edit.named if edit.quickly is None else edit.quickly
    if not quickly:  # what only reading every byte tells
        assert ran.status == 0
        return
    said = [
        f"hermes: unit-{PYTHON}: the environment of unit-{PYTHON} was changed after it was built:",
        *quickly,
        "`hermes verify` reads every byte; `hermes run --rebuild` builds it anew",
    ]
    assert "\n".join(said) in ran.stdout
    assert ran.stdout.splitlines()[-1] == "hermes: 0 passed, 0 failed, 1 drifted"
    assert ran.status == 4

    hermes.passes("run", "unit", "--rebuild", at=checkout.folder)


def test_what_was_changed_in_an_overlay_is_named(tmp_path: Path, hermes: Hermes) -> None:
    checkout = Checkout.package(tmp_path / "project")
    hermes.passes("run", at=checkout.folder)
    below, above = hermes.trees("source", at=checkout.folder).items()
    put(above[1] / "bin/alpha", "#!/bin/sh\necho evil\n")

    verified = hermes("verify", "source", at=checkout.folder)
    assert verified.status == 4
    assert f"{above[0]}: drifted\n" in verified.stdout
    assert "  bin/alpha was changed\n" in verified.stdout
    assert f"{below[0]}: verified, " in verified.stdout
    assert hermes("run", at=checkout.folder).status == 4
    hermes.passes("run", "--rebuild", at=checkout.folder)
    hermes.passes("verify", at=checkout.folder)


@pytest.mark.parametrize("built", [True, False], ids=["built before", "built now"])
def test_what_is_not_as_the_lock_records_it_is_drift(tmp_path: Path, hermes: Hermes, built: bool) -> None:
    checkout = Checkout.plain(tmp_path / "project")
    hermes.passes("fingerprint", "--record", at=checkout.folder)
    lock = checkout.read_lock()
    package = lock.packages["alpha", "1.0"]
    (file,) = package.files
    other = replace(package, files=(replace(file, content="0" * 64),))
    changed = replace(lock, packages={**lock.packages, ("alpha", "1.0"): other})
    checkout.lock.write_text(write.dump(changed), encoding="utf-8")
    if not built:
        hermes.passes("store", "clear", at=checkout.folder)

    said = f"  alpha 1.0: {file.name} installs {file.content}, recorded {'0' * 64}\n"
    ran = hermes("run", at=checkout.folder)
    assert ran.status == 4
    assert said in ran.stdout
    checked = hermes("fingerprint", "--check", at=checkout.folder)
    assert checked.status == 4
    assert said in checked.stderr
    hermes.passes("fingerprint", "--record", at=checkout.folder)
    assert checkout.read_lock() == lock
