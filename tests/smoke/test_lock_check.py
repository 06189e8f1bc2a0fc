"""`hermes lock --check`: without network, caches, uv or another process it says fresh or stale, with every reason."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes import overlays, projects
from fakes.index import Index
from fakes.projects import PYTHON, Checkout, Hermes, Ran
from hermes.lockfile import write

MINOR = int(PYTHON.partition(".")[2])
NEXT = f"3.{MINOR + 1}"
BEFORE = f"3.{MINOR - 1}"

ENVFILE = f"""\
python = ["{PYTHON}", "{NEXT}"]

[requirements]
test = ["alpha>=1.0", "beta"]
more = ["gamma"]

[environments.test]
groups = ["test"]
package = "editable"

[environments.lint]
requirements = ["alpha[cli]"]
package = "none"

[environments.pinned]
pins = "requirements/ci.txt"
package = "none"

[sessions.unit]
environment = "test"
run = "mine"
"""
PYPROJECT = """\
[build-system]
requires = ["wheel-maker"]
build-backend = "backend"
backend-path = ["_build"]

[project]
name = "mine"
version = "1.0"
dependencies = ["alpha>=0.5"]

[project.optional-dependencies]
cli = ["gamma"]

[tool.ruff]
line-length = 100
"""
BACKEND = "def build_wheel(*_):\n    raise SystemExit('nobody builds')\n\n\nbuild_editable = build_wheel\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A project with a fresh lock, and the command that made it."""

    hermes: Hermes
    checkout: Checkout


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    folder = tmp_path_factory.mktemp("lock-check")
    with Index(folder=folder / "index") as index:
        projects.offer(index)
        beta = index.make("beta", "2.0", requires=["gamma>=1"])
        index.make("gamma", "1.5")
        index.make("alpha", "1.1", extras={"cli": ["gamma"]})
        index.make("alpha", "1.2", extras={"cli": ["gamma"]})
        hermes = Hermes.make(folder, index)
        project = folder / "project"
        (sha256,) = (digest for _, digest in beta.hashes)
        (gamma,) = (digest for _, digest in index.make("gamma", "1.5").hashes)
        pins = f"beta==2.0 --hash=sha256:{sha256}\ngamma==1.5 \\\n    --hash=sha256:{gamma}  # via beta\n"
        files = {
            "envfile.toml": ENVFILE,
            "pyproject.toml": PYPROJECT,
            "_build/backend.py": BACKEND,
            "requirements/ci.txt": pins,
        }
        overlays.write(project, files)
        checkout = Checkout(folder=project)
        hermes.passes("lock", at=project)
        # What an index has, and whether there is one, counts for nothing.
        index.make("alpha", "3.0")
        index.down()
        yield Locked(hermes=hermes, checkout=checkout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Edits of a project (file, text, another one), and why its lock is then stale; no reasons: it is fresh."""

    edits: Sequence[tuple[str, str, str]]
    reasons: Sequence[str] = ()


TOML, PACKAGE, PINS = "envfile.toml", "pyproject.toml", "requirements/ci.txt"
PYTHONS = f'["{PYTHON}", "{NEXT}"]'
TEST = 'test = ["alpha>=1.0", "beta"]'
ASKED = "(requirements.test[0], envfile.toml:4)"
EVERY_ENVIRONMENT = ("the build environment", "environments.lint", "environments.pinned", "environments.test")

CASES = {
    "nothing": Case(edits=[]),
    "a comment": Case(edits=[(TOML, "[requirements]", "# what tests need\n[requirements]  # groups")]),
    "a group in another order and spelling": Case(edits=[(TOML, TEST, 'test = ["Beta", "alpha >= 1.0"]')]),
    "a group that nobody uses": Case(edits=[(TOML, 'more = ["gamma"]', 'more = ["delta"]')]),
    "a session": Case(edits=[(TOML, 'run = "mine"', 'run = ["mine", "mine {posargs}"]\nenv = { A = "1" }')]),
    "Pythons in another order": Case(edits=[(TOML, PYTHONS, f'["{NEXT}", "{PYTHON}"]')]),
    "settings of ruff": Case(edits=[(PACKAGE, "line-length = 100", "line-length = 120")]),
    "a comment in the pins": Case(edits=[(PINS, "  # via beta", "  # via beta, and so on")]),
    "a requirement added": Case(
        edits=[(TOML, TEST, 'test = ["alpha>=1.0", "beta", "delta"]')],
        reasons=["environments.test: delta is asked for (requirements.test[2], envfile.toml:4) but is not in the lock"],
    ),
    "a requirement added that is there already": Case(
        edits=[(TOML, TEST, 'test = ["alpha>=1.0", "beta", "gamma"]')],
        reasons=[
            (
                "environments.test: gamma is asked for (requirements.test[2], envfile.toml:4), "
                "and nothing of that name was when it was locked"
            )
        ],
    ),
    "a requirement removed": Case(
        edits=[(TOML, TEST, 'test = ["alpha>=1.0"]')],
        reasons=["environments.test: beta, gamma are in the lock but nothing asks for them any more"],
    ),
    "a requirement raised above its pin": Case(
        edits=[(TOML, TEST, 'test = ["alpha>=2", "beta"]')],
        reasons=[f"environments.test: alpha 1.2 in the lock does not satisfy alpha>=2 {ASKED}"],
    ),
    "a requirement raised within its pin": Case(
        edits=[(TOML, TEST, 'test = ["alpha>=1.1", "beta"]')],
        reasons=[f"environments.test: alpha>=1.1 is asked for {ASKED}, and alpha>=1.0 was when it was locked"],
    ),
    "a marker": Case(
        edits=[(TOML, TEST, 'test = ["alpha>=1.0; sys_platform == \'linux\'", "beta"]')],
        reasons=[
            (
                f'environments.test: alpha>=1.0; sys_platform == "linux" is asked for {ASKED}, '
                "and alpha>=1.0 was when it was locked"
            )
        ],
    ),
    "an extra of a requirement": Case(
        edits=[(TOML, '"alpha[cli]"', '"alpha"')],
        reasons=[
            (
                "environments.lint: alpha is asked for (environments.lint.requirements[0], envfile.toml:12), "
                "and alpha[cli] was when it was locked"
            ),
            "environments.lint: gamma is in the lock but nothing asks for it any more",
        ],
    ),
    "an extra of the package": Case(
        edits=[(TOML, 'package = "editable"', 'package = "editable"\nextras = ["cli"]')],
        reasons=[
            (
                "environments.test: gamma is asked for (project.optional-dependencies.cli[0], pyproject.toml:12), "
                "and nothing of that name was when it was locked"
            )
        ],
    ),
    "a Python added": Case(
        edits=[(TOML, PYTHONS, f'["{BEFORE}", "{PYTHON}", "{NEXT}"]')],
        reasons=[
            f"{name}: python was {PYTHON}, {NEXT} when it was locked, is now {BEFORE}, {PYTHON}, {NEXT}"
            for name in EVERY_ENVIRONMENT
        ],
    ),
    "a Python removed": Case(
        edits=[(TOML, PYTHONS, f'["{PYTHON}"]')],
        reasons=[
            f"{name}: python was {PYTHON}, {NEXT} when it was locked, is now {PYTHON}" for name in EVERY_ENVIRONMENT
        ],
    ),
    "an environment added": Case(
        edits=[(TOML, "[environments.lint]", "[environments.docs]\n\n[environments.lint]")],
        reasons=["environments.docs is new"],
    ),
    "an environment removed": Case(
        edits=[(TOML, '[environments.lint]\nrequirements = ["alpha[cli]"]\npackage = "none"\n', "")],
        reasons=["environments.lint is no longer declared"],
    ),
    "an environment renamed": Case(
        edits=[(TOML, "[environments.lint]", "[environments.types]")],
        reasons=["environments.types is new", "environments.lint is no longer declared"],
    ),
    "a dependency of the package added": Case(
        edits=[(PACKAGE, '"alpha>=0.5"', '"alpha>=0.5", "delta"')],
        reasons=[
            "environments.test: delta is asked for (project.dependencies[1], pyproject.toml:9) but is not in the lock",
        ],
    ),
    "a build requirement": Case(
        edits=[(PACKAGE, '"wheel-maker"', '"wheel-maker>=2"')],
        reasons=[
            (
                "the build environment: wheel-maker 1.0 in the lock does not satisfy wheel-maker>=2 "
                "(build-system.requires[0], pyproject.toml:2)"
            ),
            "pyproject.toml changed since its build backend was asked (build requirements)",
        ],
    ),
    "a package that is no longer installed": Case(
        edits=[(TOML, 'package = "editable"', 'package = "none"')],
        reasons=["the build environment is no longer declared"],
    ),
    "a line of the pins": Case(
        edits=[(PINS, "gamma==1.5", "gamma==1.6")],
        reasons=["environments.pinned: gamma==1.6 (requirements/ci.txt:2) is 1.5 in the lock"],
    ),
    "a line of the pins added": Case(
        edits=[(PINS, "gamma==1.5", f"delta==1 --hash=sha256:{'0' * 64}\ngamma==1.5")],
        reasons=["environments.pinned: delta==1 (requirements/ci.txt:2) is not in the lock"],
    ),
    "a hash in the pins": Case(
        edits=[(PINS, "gamma==1.5 \\\n", f"gamma==1.5 --hash=sha256:{'0' * 64} \\\n")],
        reasons=["environments.pinned: its pins changed since it was locked"],
    ),
    "pins no longer": Case(
        edits=[(TOML, 'pins = "requirements/ci.txt"', 'requirements = ["beta"]')],
        reasons=[
            "environments.pinned: it took its pins from a file when it was locked, and no longer does",
            (
                "environments.pinned: beta is asked for (environments.pinned.requirements[0], envfile.toml:16), "
                "and nothing of that name was when it was locked"
            ),
        ],
    ),
}


def copied(locked: Locked, folder: Path, name: str) -> Checkout:
    checkout = locked.checkout.copy(folder / "project")
    for file, old, new in CASES[name].edits:
        checkout.edit(file, old, new)
    return checkout


def state(checkout: Checkout) -> dict[str, tuple[bytes, int]]:
    """Give every file of a project, with its contents and its modification time."""
    found = {}
    for path in sorted(checkout.folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (content, path.stat().st_mtime_ns)
    return found


@pytest.mark.parametrize("name", CASES)
def test_fresh_or_stale_with_every_reason(tmp_path: Path, locked: Locked, name: str) -> None:
    checkout = copied(locked, tmp_path, name)
    before = state(checkout)
    cache = tmp_path / "empty" / "cache"
    ran = locked.hermes.with_cache(cache)("lock", "--check", at=checkout.folder)
    reasons = CASES[name].reasons
    if reasons:
        lines = ["envfile.lock is stale", *(f"  {reason}" for reason in reasons)]
        expected = Ran(status=3, stdout="\n".join([*lines, ""]), stderr="hermes: run `hermes lock`\n")
    else:
        expected = Ran(status=0, stdout="envfile.lock is fresh\n", stderr="")
    assert ran == expected
    assert state(checkout) == before
    assert not cache.parent.exists()


def test_reasons_as_json(tmp_path: Path, locked: Locked) -> None:
    checkout = copied(locked, tmp_path, "an environment renamed")
    ran = locked.hermes("lock", "--check", "--json", at=checkout.folder)
    assert ran.status == 3
    assert ran.stderr == ""
    assert ran.json == {
        "format": "hermes-lock-check-1",
        "state": "stale",
        "reasons": ["environments.types is new", "environments.lint is no longer declared"],
    }


def test_a_lock_that_is_not_there(tmp_path: Path, locked: Locked) -> None:
    checkout = copied(locked, tmp_path, "nothing")
    checkout.lock.unlink()
    ran = locked.hermes("lock", "--check", at=checkout.folder)
    expected = "envfile.lock is missing\n  there is no envfile.lock\n"
    assert ran == Ran(status=3, stdout=expected, stderr="hermes: run `hermes lock`\n")
    assert not checkout.lock.exists()


def test_a_version_edited_by_hand_is_seen_though_the_digest_fits(tmp_path: Path, locked: Locked) -> None:
    checkout = copied(locked, tmp_path, "nothing")
    text = checkout.lock.read_text(encoding="utf-8")
    edited = text.replace('{ name = "alpha", version = "1.2" }', '{ name = "alpha", version = "0.9" }')
    edited = edited.replace('name = "alpha"\nversion = "1.2"', 'name = "alpha"\nversion = "0.9"')
    checkout.lock.write_text(write.seal(edited.replace("alpha-1.2-py3", "alpha-0.9-py3")), encoding="utf-8")
    ran = locked.hermes("lock", "--check", at=checkout.folder)
    expected = (
        f"envfile.lock is stale\n  environments.test: alpha 0.9 in the lock does not satisfy alpha>=1.0 {ASKED}\n"
    )
    assert ran == Ran(status=3, stdout=expected, stderr="hermes: run `hermes lock`\n")


def test_another_hash_of_a_file_that_is_pinned(tmp_path: Path, locked: Locked) -> None:
    checkout = copied(locked, tmp_path, "nothing")
    pins = checkout.folder / PINS
    digests = re.findall("[0-9a-f]{64}", pins.read_text(encoding="utf-8"))
    checkout.edit(PINS, digests[1], "0" * 64)
    ran = locked.hermes("lock", "--check", at=checkout.folder)
    expected = (
        "envfile.lock is stale\n"
        "  environments.pinned: gamma==1.5 (requirements/ci.txt:2) has not all hashes of the lock\n"
    )
    assert ran == Ran(status=3, stdout=expected, stderr="hermes: run `hermes lock`\n")


def test_what_no_lock_can_mend_has_a_line(tmp_path: Path, locked: Locked) -> None:
    checkout = copied(locked, tmp_path, "nothing")
    checkout.edit(PINS, "gamma==1.5", "gamma>=1.5")
    ran = locked.hermes("lock", "--check", at=checkout.folder)
    assert (ran.status, ran.stdout) == (3, "")
    assert ran.stderr.startswith("hermes: error: requirements/ci.txt:2: ")


def test_a_lock_that_was_made_from_stale_is_fresh(tmp_path: Path, locked: Locked, index: Index, hermes: Hermes) -> None:
    index.make("beta", "2.0", requires=["gamma>=1"])
    index.make("gamma", "1.5")
    index.make("alpha", "1.2", extras={"cli": ["gamma"]})
    checkout = copied(locked, tmp_path, "a requirement removed")
    hermes.passes("lock", at=checkout.folder)
    assert hermes.passes("lock", "--check", at=checkout.folder).stdout == "envfile.lock is fresh\n"


class TestAlone:
    """Nothing but the project's files is needed: no network (not even loopback), no PATH, no HOME, no cache."""

    ALONE = ("unshare", "--map-root-user", "--net")
    TRACED = ("strace", "-f", "-qq", "-e", "trace=process,file")

    @pytest.fixture(params=["nothing", "a requirement raised above its pin"])
    def checkout(self, request: pytest.FixtureRequest, tmp_path: Path, locked: Locked) -> Checkout:
        return copied(locked, tmp_path, request.param)

    @staticmethod
    def check(checkout: Checkout, hermes: Hermes, *before: str) -> subprocess.CompletedProcess[str]:
        cache = checkout.folder.parent / "empty" / "cache"
        done = subprocess.run(
            [*before, sys.executable, *hermes.argv, "lock", "--check"],
            # Python's own bytecode is none of hermes's writing.
            env={"PATH": "/nonexistent", "HERMES_RUNNER_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=checkout.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not cache.parent.exists()
        if "alpha>=2" in checkout.envfile.read_text(encoding="utf-8"):
            assert done.returncode == 3, done.stderr
            assert done.stdout == (
                f"envfile.lock is stale\n  environments.test: alpha 1.2 in the lock does not satisfy alpha>=2 {ASKED}\n"
            )
        else:
            assert (done.returncode, done.stdout) == (0, "envfile.lock is fresh\n"), done.stderr
        return done

    def test_in_a_network_namespace_without_loopback(self, checkout: Checkout, locked: Locked) -> None:
        self.check(checkout, locked.hermes, *_program(*self.ALONE))

    def test_no_process_is_started_and_no_file_is_written(self, checkout: Checkout, locked: Locked) -> None:
        trace = checkout.folder.parent / "trace"
        before = state(checkout)
        self.check(checkout, locked.hermes, *_program(*self.TRACED), "-o", str(trace))
        assert state(checkout) == before
        calls = [line.partition(" ")[2].strip() for line in trace.read_text(encoding="utf-8").splitlines()]
        names = [call.partition("(")[0] for call in calls]
        assert len(calls) > 100
        assert [name for name in names if name in STARTS] == ["execve"]
        assert [call for call in calls if call.partition("(")[0] in CHANGES or WRITING.search(call)] == []


STARTS = {"execve", "execveat", "fork", "vfork", "clone", "clone3"}
CHANGES = {
    *("creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "link", "linkat"),
    *("symlink", "symlinkat", "chmod", "fchmodat", "truncate", "utimensat", "mknod", "mknodat", "chown", "fchownat"),
}
WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")


def _program(name: str, *words: str) -> list[str]:
    """Give a command, or skip where this machine does not have it or does not permit what it does."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if path is None:
        pytest.skip(f"{name} is not installed")
    tried = subprocess.run(
        [path, *words, sys.executable, "-c", ""], capture_output=True, text=True, check=False, cwd="/"
    )
    if tried.returncode != 0:
        pytest.skip(f"{name} {' '.join(words)} is not permitted here: {tried.stderr.strip()}")
    return [path, *words]
