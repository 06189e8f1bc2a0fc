"""`hermes fingerprint`, `verify`, `store`, `exec`, `shell` and `lock` in the test's own process."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from fakes import command, projects
from fakes.command import Command
from fakes.index import Index
from fakes.projects import INTERPRETER, PYTHON
from hermes.cli import load
from hermes.lockfile import write
from hermes.store import layout
from hermes.system import filelock

ENVFILE = f"""\
python = ["{PYTHON}"]

[environments.test]
requirements = ["Dotted.Name-x"]

[environments.empty]

[sessions.unit]
environment = "test"
run = "alpha"
tags = ["quick"]
env = {{ GREETING = "hello" }}
"""
KEY = "[0-9a-f]{64}"


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index(folder=tmp_path_factory.mktemp("index")) as index:
        projects.offer(index)
        yield index


@pytest.fixture
def hermes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], offered: Index
) -> Command:
    variables = {"UV_DEFAULT_INDEX": offered.url, "HERMES_RUNNER_PYTHONS": INTERPRETER, "CI": "1"}
    made = Command(folder=command.prepare(tmp_path, monkeypatch, variables), read=capfd.readouterr)
    made.write("envfile.toml", ENVFILE)
    assert made("lock").status == 0
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def addresses(hermes: Command) -> dict[str, str]:
    """Give the addresses of what is stored, by name."""
    return {item["name"]: item["address"] for item in hermes("store", "list", "--json").json["items"]}


def tamper(cache: Path, address: str, name: str) -> None:
    (found,) = (cache / layout.built(address)).rglob(name)
    found.chmod(0o644)
    found.write_text("changed\n", encoding="utf-8")
    found.chmod(0o444)


class TestFingerprint:
    def test_a_line_for_each_environment_and_nothing_is_built(self, hermes: Command, cache: Path) -> None:
        said = hermes("fingerprint")
        assert (said.status, said.err) == (0, "")
        assert re.fullmatch(f"test {PYTHON} {KEY}\nempty {PYTHON} {KEY}\n", said.out)
        assert not list(cache.glob("store/v1/??/*"))

    @pytest.mark.parametrize(
        ("words", "names"), [(["empty"], ["empty"]), (["unit"], ["test"]), (["quick", "test", "e*"], None)]
    )
    def test_names(self, hermes: Command, words: Sequence[str], names: Sequence[str] | None) -> None:
        said = hermes("fingerprint", *words)
        if names is None:
            assert said.status == 2
            assert said.err.startswith("hermes: error: no environment, session, layer, tag or glob matches 'e*'\n")
        else:
            assert [line.split()[0] for line in said.out.splitlines()] == names

    def test_combined(self, hermes: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        combined = hermes("fingerprint", "--combined").out
        assert re.fullmatch(f"{KEY}\n", combined)
        assert hermes("fingerprint", "--json").json["combined"] == combined.strip()
        assert hermes("fingerprint", "--combined", "test").out != combined
        assert hermes("fingerprint", "--combined", "test", "empty").out == combined
        outputs = tmp_path / "outputs"
        outputs.write_text("other=1\n", encoding="utf-8")
        monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
        assert hermes("fingerprint", "--github-output").status == 0
        assert outputs.read_text(encoding="utf-8") == f"other=1\nkey={combined}"

    def test_github_output_outside_of_github(self, hermes: Command) -> None:
        said = hermes("fingerprint", "--github-output")
        assert said.status == 2
        assert said.err == (
            "hermes: error: --github-output: GITHUB_OUTPUT is not set\n"
            "hermes: hint: it is set in a step of GitHub Actions\n"
        )

    def test_explain(self, hermes: Command) -> None:
        lines = hermes("fingerprint", "--explain", "test").out.splitlines()
        assert re.fullmatch(f"test {PYTHON} {KEY}", lines[0])
        assert lines[1:3] == ["├─ interpreter", f"│  ├─ cpython {sys.version.split()[0]}"]
        assert lines[-3] == "└─ files (2)"
        assert lines[-2].startswith("   ├─ alpha 1.0: alpha-1.0-py3-none-any.whl sha256 ")

    def test_recording_changes_no_key_and_is_seen_from_then_on(self, hermes: Command) -> None:
        before = hermes("fingerprint").out
        missing = hermes("fingerprint", "--require-record")
        assert missing.status == 4
        assert missing.err == (
            f"hermes: error: unrecorded: test {PYTHON}\n"
            "hermes: hint: run `hermes fingerprint --record` and commit the lock\n"
        )
        recorded = hermes("fingerprint", "--record", "--require-record")
        assert (recorded.status, recorded.out) == (0, before)
        assert recorded.err.endswith("hermes: envfile.lock written: 2 content digests recorded\n")
        lock = (hermes.folder / load.LOCK).read_bytes()
        assert hermes("fingerprint", "--record").err == ""
        assert (hermes.folder / load.LOCK).read_bytes() == lock
        assert hermes("fingerprint", "--check", "--require-record").out == before
        assert hermes("lock").out == "hermes: envfile.lock is fresh: 2 packages in 2 environments\n"
        checked = hermes("fingerprint", "--check", "--json", "test").json["environments"][0]
        assert re.fullmatch(KEY, checked["content"])
        assert all(re.fullmatch(KEY, file["content"]) for file in checked["files"])
        explained = hermes("fingerprint", "--explain", "--check", "test").out
        assert f"└─ content digest {checked['content']}\n" in explained
        assert ", as recorded\n" in hermes("run", "-v").out

    def test_what_is_not_as_recorded_is_drift(self, hermes: Command) -> None:
        hermes("fingerprint", "--record")
        lock = hermes.folder / load.LOCK
        text = lock.read_text(encoding="utf-8")
        wrong = re.sub(r'content = "[0-9a-f]{64}"', f'content = "{"0" * 64}"', text, count=1)
        lock.write_text(write.seal(wrong), encoding="utf-8")
        said = hermes("fingerprint", "--check")
        assert said.status == 4
        assert f"recorded {'0' * 64}" in said.err
        assert hermes("verify", "test").out.startswith(
            f"test {PYTHON}: drifted\nalpha==1.0:\n  alpha-1.0-py3-none-any.whl"
        )
        assert hermes("fingerprint", "--record").status == 0
        assert lock.read_text(encoding="utf-8") == text

    def test_a_lock_that_may_not_be_written_is_not_recorded_in(self, hermes: Command) -> None:
        said = hermes("fingerprint", "--record", "--locked")
        assert said.status == 2
        assert said.err == "hermes: error: --record writes the lock, and --locked forbids that\n"

    def test_p_and_missing_pythons(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE.replace(f'["{PYTHON}"]', f'["{PYTHON}", "3.99"]'))
        assert hermes("lock").status == 0
        assert hermes("fingerprint").status == 5
        skipped = hermes("fingerprint", "--missing-python", "skip")
        assert [line.split()[1] for line in skipped.out.splitlines()] == [PYTHON, PYTHON]
        assert skipped.err == "hermes: no Python was found for '3.99': Python 3.99 is left out\n"
        assert hermes("fingerprint", "-p", PYTHON).out == skipped.out
        none = hermes("fingerprint", "-p", "3.8")
        assert none.status == 2
        assert none.err == (
            f"hermes: error: no environment is left by -p 3.8\nhermes: hint: they declare: {PYTHON}, 3.99\n"
        )


class TestVerify:
    def test_what_is_built_and_what_is_not(self, hermes: Command) -> None:
        nothing = hermes("verify")
        assert (nothing.status, nothing.out) == (6, f"test {PYTHON}: not built\nempty {PYTHON}: not built\n")
        assert nothing.err.startswith("hermes: nothing was verified, as nothing of it is built: `hermes run`")
        hermes("run")
        said = hermes("verify")
        assert said.status == 0
        assert re.fullmatch(f"test {PYTHON}: verified, \\d+ files\nempty {PYTHON}: not built\n", said.out)
        assert hermes("verify", "empty").status == hermes("verify", "empty", "--json").status == 6

    def test_drift_names_the_distribution_and_the_file(self, hermes: Command, cache: Path) -> None:
        hermes("run")
        tamper(cache, addresses(hermes)["test"], "alpha.py")
        said = hermes("verify", "test")
        assert said.status == 4
        assert said.out.startswith(f"test {PYTHON}: drifted\nalpha==1.0:\n  lib/python{PYTHON}/site-packages/alpha.py ")
        assert said.err == "hermes: hint: `hermes run --rebuild unit` repairs test\n"
        as_json = hermes("verify", "test", "--json")
        assert as_json.status == 4
        (item,) = as_json.json["environments"]
        assert (item["state"], {each["owner"] for each in item["differences"]}) == ("drifted", {"alpha==1.0"})

    def test_everything_in_the_store_without_an_envfile(self, hermes: Command, cache: Path) -> None:
        assert hermes("verify", "--all").out == "nothing is built\n"
        hermes("run")
        (hermes.folder / "envfile.toml").unlink()
        address = addresses(hermes)["test"]
        for words in (["verify", "--all"], ["store", "verify"]):
            said = hermes(*words)
            assert said.status == 0
            assert re.fullmatch(f"environment test {PYTHON} {address[:16]}…: verified, \\d+ files\n", said.out)
        tamper(cache, address, "alpha.py")
        said = hermes("store", "verify", "--json")
        assert said.status == 4
        assert said.err.startswith(
            "hermes: hint: `hermes run --rebuild` in its project repairs it; `hermes store clear`"
        )


class TestStore:
    def test_list_gc_and_clear(self, hermes: Command, cache: Path) -> None:
        assert hermes("store", "list").out == "nothing is stored\n"
        hermes("run")
        listed = hermes("store", "list").out.splitlines()
        assert re.fullmatch(rf"[0-9a-f]{{16}}  environment  test {PYTHON}  \d+ KiB  within the hour", listed[1])
        assert hermes("store", "gc").out == "0 removed, 0 B\n"
        assert hermes("store", "gc", "--max-size", "1G").out == "0 removed, 0 B\n"
        removed = hermes("store", "gc", "--max-size", "0", "--json").json
        assert removed["format"] == "hermes-store-removed-1"
        assert [item["name"] for item in removed["removed"]] == ["test"]
        hermes("fingerprint", "--check")
        assert re.fullmatch(r"2 removed, \d+ KiB\n", hermes("store", "clear").out)
        assert not list(cache.glob("store/v1/??/*"))
        assert list((cache / "wheels/uv").iterdir())
        assert hermes("store", "clear", "--wheels", "--json").json == {
            "format": "hermes-store-removed-1",
            "removed": [],
        }
        assert not (cache / "wheels/uv").exists()
        assert hermes("run").status == 0

    @pytest.mark.parametrize("size", ["big", "", "1X", "inf", "nan", "G"])
    def test_sizes_that_are_none(self, hermes: Command, size: str) -> None:
        said = hermes("store", "gc", "--max-size", size)
        assert (said.status, said.err) == (
            2,
            f"hermes: error: --max-size {size}: expected a size such as 20G or 500M\n",
        )

    def test_what_is_in_use_stays(self, hermes: Command, cache: Path) -> None:
        hermes("fingerprint", "--check")
        address = addresses(hermes)["test"]
        with filelock.shared(cache / layout.use_lock(address), what="a job"):
            assert [item["name"] for item in hermes("store", "gc", "--max-size", "0", "--json").json["removed"]] == [
                "empty"
            ]
            said = hermes("store", "clear")
        assert said.status == 5
        assert said.out == "0 removed, 0 B\n"
        assert said.err == (
            "hermes: error: 1 environment is in use and stays\n"
            "hermes: hint: run it again when the jobs that use them have ended\n"
        )
        assert list(addresses(hermes)) == ["test"]

    def test_a_path_that_stays_the_same(self, hermes: Command, cache: Path) -> None:
        said = hermes("store", "dir", "unit")
        assert said.status == 0
        folder = Path(said.out.strip())
        assert (folder / "bin/python").exists()
        assert hermes("store", "dir", "test", "--json").json == {"format": "hermes-store-dir-1", "path": str(folder)}
        before = folder.resolve()
        hermes.write("envfile.toml", ENVFILE.replace('"Dotted.Name-x"', '"alpha"'))
        assert hermes("lock").status == 0
        assert hermes("store", "dir", "test").out == said.out
        assert folder.resolve() != before
        assert folder.resolve().is_relative_to(cache)


class TestExecAndShell:
    def test_the_callers_folder_variables_and_the_childs_status(
        self, hermes: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (hermes.folder / "below").mkdir()
        monkeypatch.chdir(hermes.folder / "below")
        monkeypatch.setenv("MINE", "1")
        ask = "import os, dotted_name_x; print(os.getcwd(), os.environ['MINE'], 'COVERAGE_FILE' in os.environ)"
        said = hermes("exec", "test", "-q", "--", "python", "-c", f"{ask}; raise SystemExit(7)")
        assert (said.status, said.err) == (7, "")
        assert said.out == f"{hermes.folder / 'below'} 1 False\n"

    def test_a_session_brings_its_variables(self, hermes: Command) -> None:
        assert hermes("exec", "unit", "--", "sh", "-c", "echo $GREETING $VIRTUAL_ENV").out.startswith("hello /")
        assert not hermes("exec", "test", "--", "sh", "-c", "echo $GREETING").out.strip()

    def test_a_signal_is_128_and_its_number(self, hermes: Command) -> None:
        assert hermes("exec", "empty", "--", "sh", "-c", "kill -9 $$").status == 137

    def test_building_is_said_on_standard_error(self, hermes: Command) -> None:
        said = hermes("exec", "test", "--", "alpha")
        assert said.out == "alpha 1.0\n"
        assert re.fullmatch(rf"hermes: environment test on {PYTHON} built in \d+\.\d+ s, unrecorded\n", said.err)
        assert hermes("exec", "test", "--", "alpha").err == ""

    @pytest.mark.parametrize(
        ("words", "status", "message"),
        [
            (["exec", "test"], 2, "no command was given\nhermes: hint: hermes exec test -- python -V\n"),
            (["exec", "test", "--"], 2, "no command was given\nhermes: hint: hermes exec test -- python -V\n"),
            (
                ["exec", "tst", "--", "x"],
                2,
                "no environment or session is called 'tst'\nhermes: hint: did you mean 'test'?\n",
            ),
            (
                ["exec", "zzz", "--", "x"],
                2,
                "no environment or session is called 'zzz'\nhermes: hint: there are: test, empty, unit\n",
            ),
            (
                ["exec", "test", "-p", "3.8", "--", "x"],
                2,
                f"environments.test is not for Python 3.8\nhermes: hint: it declares: {PYTHON}\n",
            ),
            (
                ["exec", "test", "--", "no-such-program"],
                127,
                "cannot run no-such-program: there is no such program on PATH\n",
            ),
            (
                ["exec", "test", "--", "./envfile.toml"],
                126,
                "cannot run ./envfile.toml: Permission denied\nhermes: hint: make it executable (chmod +x)\n",
            ),
            (
                ["shell", "test", "--", "x"],
                2,
                "a shell takes no words after --\nhermes: hint: `hermes exec` runs one command\n",
            ),
        ],
    )
    def test_mistakes(self, hermes: Command, words: Sequence[str], status: int, message: str) -> None:
        said = hermes(*words, "-q") if "--" not in words else hermes("-q", *words)
        assert (said.status, said.err) == (status, f"hermes: error: {message}")

    def test_the_shell_is_the_users(self, hermes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        shell = hermes.write("my-shell", '#!/bin/sh\necho "mine: $(command -v alpha)"\nexit 5\n')
        shell.chmod(0o755)
        monkeypatch.setenv("SHELL", str(shell))
        said = hermes("shell", "test", "-q")
        assert (said.status, said.err) == (5, "")
        assert re.fullmatch(r"mine: /.*/tree/bin/alpha\n", said.out)
        assert hermes("shell", "test").err == (
            f"hermes: start-up files of {shell} may put other folders before the environment's on PATH\n"
        )

    def test_without_one_it_is_sh(self, hermes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SHELL", raising=False)
        reader, writer = os.pipe()
        os.write(writer, b"alpha; exit 6\n")
        os.close(writer)
        kept = os.dup(0)
        try:
            os.dup2(reader, 0)
            said = hermes("shell", "test", "-q")
        finally:
            os.dup2(kept, 0)
            os.close(kept)
            os.close(reader)
        assert (said.status, said.out) == (6, "alpha 1.0\n")


class TestLock:
    def test_what_changed_as_a_table_and_as_json(self, hermes: Command, offered: Index) -> None:
        (hermes.folder / load.LOCK).unlink()
        first = hermes("lock", "--json").json
        assert (first["format"], first["written"]) == ("hermes-lock-1", True)
        assert {(change["package"], change["after"]) for change in first["changes"]} == {
            ("alpha", "1.0"),
            ("dotted-name-x", "1.0"),
        }
        assert hermes("lock", "--json").json == {"format": "hermes-lock-1", "written": False, "changes": []}
        projects.offer_alpha(offered, "1.5")
        try:
            planned = hermes("lock", "--upgrade", "--dry-run")
            assert "would be written" in planned.out
            assert re.search(r"^test +alpha +up +1\.0 +1\.5$", planned.out, flags=re.MULTILINE)
            upgraded = hermes("lock", "--upgrade-package", "alpha", "--diff")
            assert re.search(r"^test +alpha +up +1\.0 +1\.5$", upgraded.out, flags=re.MULTILINE)
        finally:
            offered.remove("alpha-1.5-py3-none-any.whl")
        assert hermes("lock", "--diff").out == (
            "no pin changes\nhermes: envfile.lock is fresh: 2 packages in 2 environments\n"
        )

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--check", "--upgrade"], "--check changes nothing, so it does not go with --upgrade\n"),
            (["--check", "--upgrade-package", "alpha"], "--check changes nothing, so it does not go with --upgrade\n"),
            (
                ["--locked"],
                "--locked forbids writing the lock\nhermes: hint: use `hermes lock --check` or --dry-run\n",
            ),
        ],
    )
    def test_what_does_not_go_together(self, hermes: Command, words: Sequence[str], message: str) -> None:
        said = hermes("lock", *words)
        assert (said.status, said.out, said.err) == (2, "", f"hermes: error: {message}")

    def test_a_dry_run_may_be_locked(self, hermes: Command) -> None:
        assert hermes("lock", "--locked", "--dry-run").status == 0
