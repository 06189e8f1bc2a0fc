"""`hermes run` in the test's own process: what it says, what it writes, and how it ends."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fakes import command, projects
from fakes.command import Command, Said
from fakes.index import Index
from fakes.projects import INTERPRETER, PYTHON
from hermes.cli import load

ENVFILE = f"""\
python = ["{PYTHON}"]

[environments.test]
requirements = ["alpha"]

[sessions.unit]
environment = "test"
run = "alpha"
"""
PRIVATE = "hermes: HOME was private"
NO_LOCK = "hermes: there is no envfile.lock yet; making one\n"
TITLE = f"── unit-{PYTHON} ".ljust(78, "─")


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index that is not served: its files."""
    index = Index(folder=tmp_path_factory.mktemp("index"))
    projects.offer(index)
    return index


@pytest.fixture
def hermes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], offered: Index) -> Any:
    with offered:
        variables = {"UV_DEFAULT_INDEX": offered.url, "HERMES_RUNNER_PYTHONS": INTERPRETER}
        yield Command(folder=command.prepare(tmp_path, monkeypatch, variables), read=capfd.readouterr)


def sessions(hermes: Command, text: str) -> None:
    """Write an envfile with the environment `test`, and no package."""
    hermes.write("envfile.toml", f'python = ["{PYTHON}"]\n[environments.test]\nrequirements = ["alpha"]\n\n{text}')


def timeless(text: str) -> str:
    return re.sub(r" *\d+(\.\d+)? (s|min)\b", " TIME", text)


def statuses(said: Said) -> dict[str, tuple[str, str]]:
    return {job["job"].removesuffix(f"-{PYTHON}"): (job["status"], job["reason"]) for job in said.json["jobs"]}


class TestAFirstAndASecondRun:
    def test_what_a_person_sees(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE)
        end = f"\n  unit-{PYTHON}  passed TIME\nhermes: 1 passed, 0 failed\n"
        first = hermes("run")
        assert (first.status, first.err) == (0, "")
        assert timeless(first.out) == (
            f"{NO_LOCK}hermes: environment test on {PYTHON} built in TIME, unrecorded\n{TITLE}\nalpha 1.0\n{end}"
        )
        second = hermes("run", "unit")
        assert timeless(second.out) == f"{TITLE}\nalpha 1.0\n{end}"
        assert hermes("lock", "--check").out == "envfile.lock is fresh\n"

    def test_more_and_less(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE)
        quiet = hermes("run", "-q")
        assert "built" not in quiet.out
        assert "alpha 1.0" in quiet.out
        verbose = timeless(hermes("run", "-v").out)
        assert verbose.startswith(
            f"hermes: 1 jobs: unit-{PYTHON}\nhermes: environment test on {PYTHON} reused in TIME, unrecorded\n"
        )

    def test_what_a_machine_sees(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE)
        said = hermes("run", "--json")
        assert said.status == 0
        assert f"{TITLE}\nalpha 1.0\n" in said.err
        assert said.err.startswith(NO_LOCK)
        printed = said.json
        assert (printed["format"], printed["exit_status"]) == ("hermes-run-1", 0)
        (job,) = printed["jobs"]
        assert (job["job"], job["status"], job["reason"]) == (f"unit-{PYTHON}", "passed", "")
        assert [done["argv"] for done in job["commands"]] == [["alpha"]]
        assert [(ready["environment"], ready["how"]) for ready in printed["environments"]] == [("test", "built")]

    def test_a_dry_run_builds_nothing_and_says_why_it_would(self, hermes: Command, tmp_path: Path) -> None:
        hermes.write("envfile.toml", ENVFILE)
        hermes("lock")
        planned = hermes("run", "--dry-run")
        assert planned.status == 0
        assert planned.out.startswith(f"jobs\n  unit-{PYTHON} (layer unit): environment test\n    alpha\n")
        assert "(1 files): built: nothing in the store has this key on this interpreter\n" in planned.out
        assert not list((tmp_path / "cache").glob("store/v1/??/*"))
        hermes("run")
        assert "(1 files): reused: it is in the store\n" in hermes("run", "--dry-run").out
        as_json = hermes("run", "--dry-run", "--json").json
        assert (as_json["format"], as_json["environments"][0]["state"]) == (
            "hermes-plan-1",
            "reused: it is in the store",
        )

    def test_a_rebuild_builds_anew_and_compares(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE)
        hermes("run")
        said = hermes("run", "--rebuild")
        assert said.status == 0
        assert f"hermes: environment test on {PYTHON} built in " in said.out


class TestTheLock:
    @pytest.mark.parametrize("value", ["true", "1", "yes", " True "])
    def test_in_ci_none_is_made(self, hermes: Command, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        hermes.write("envfile.toml", ENVFILE)
        monkeypatch.setenv("CI", value)
        said = hermes("run")
        assert (said.status, said.out) == (3, "")
        assert said.err == (
            "hermes: error: there is no envfile.lock, and none is made because CI is set\n"
            "hermes: hint: run `hermes lock`, commit it\n"
        )
        assert not (hermes.folder / load.LOCK).exists()

    @pytest.mark.parametrize("value", ["", "0", "no", "false", "False"])
    def test_what_is_no_ci(self, hermes: Command, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        hermes.write("envfile.toml", ENVFILE)
        monkeypatch.setenv("CI", value)
        said = hermes("run", "--dry-run")
        assert said.status == 0
        assert said.out.startswith(NO_LOCK)
        assert (hermes.folder / load.LOCK).exists()

    def test_none_is_made_when_it_may_not_be_written(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE)
        said = hermes("run", "--locked")
        assert said.status == 3
        assert said.err == (
            "hermes: error: there is no envfile.lock, and none is made because --locked\n"
            "hermes: hint: run `hermes lock`, commit it\n"
        )
        assert hermes("lock").status == 0
        assert hermes("run", "--locked").status == 0

    @pytest.mark.parametrize("line", ["run", "run --dry-run", "fingerprint", "verify", "exec test -- x", "shell test"])
    def test_a_stale_one_stops_everything_with_the_reasons(self, hermes: Command, line: str) -> None:
        hermes.write("envfile.toml", ENVFILE)
        hermes("lock")
        hermes.write("envfile.toml", ENVFILE.replace('"alpha"]', '"alpha>=2", "Dotted.Name-x"]'))
        said = hermes(*line.split())
        assert (said.status, said.out) == (3, "")
        assert said.err == (
            "hermes: error: envfile.lock is stale:\n"
            "  environments.test: alpha 1.0 in the lock does not satisfy alpha>=2"
            " (environments.test.requirements[0], envfile.toml:4)\n"
            "  environments.test: dotted-name-x is asked for (environments.test.requirements[1], envfile.toml:4)"
            " but is not in the lock\n"
            "hermes: hint: run `hermes lock`\n"
        )


class TestWords:
    def test_they_take_the_place_of_posargs(self, hermes: Command) -> None:
        sessions(
            hermes,
            '[sessions.unit]\nenvironment = "test"\nrun = "printf %s, {posargs:by default}"\n'
            '[sessions.other]\nenvironment = "test"\nrun = [["printf", "%s;", "other"]]\n',
        )
        assert "\nby,default,\n" in hermes("run", "unit").out
        assert "\nby,default,\n" in hermes("run", "unit", "--").out
        assert "\n--locked,a b,*,\n" in hermes("run", "--", "--locked", "a b", "*").out

    def test_they_are_refused_where_no_session_takes_them(self, hermes: Command) -> None:
        sessions(hermes, '[sessions.unit]\nenvironment = "test"\nrun = "alpha"\n[sessions.lint]\nrun = "alpha"\n')
        said = hermes("run", "--", "-x")
        assert (said.status, said.out) == (2, "")
        assert said.err == (
            "hermes: error: words were given after --, but unit, lint takes none\n"
            "hermes: hint: put {posargs} into the command of the session that should get them\n"
        )
        assert not (hermes.folder / load.LOCK).exists()

    def test_they_select(self, hermes: Command) -> None:
        sessions(
            hermes,
            '[defaults]\nenvironment = "test"\n[sessions.unit]\nrun = "true"\n'
            '[sessions.slow]\nrun = "true"\ntags = ["night"]\ndefault = false\n',
        )
        assert list(statuses(hermes("run", "--json"))) == ["unit"]
        assert list(statuses(hermes("run", "--json", "tag:night"))) == ["slow"]
        said = hermes("run", "nigth")
        assert said.status == 2
        assert said.err.endswith("hermes: hint: did you mean 'night'?\n")


class TestPythons:
    def test_a_missing_one_stops_the_run_before_it_begins(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE.replace(f'["{PYTHON}"]', f'["{PYTHON}", "3.99"]'))
        hermes("lock")
        said = hermes("run")
        assert (said.status, said.out) == (5, "")
        assert said.err.startswith("hermes: error: no Python was found for '3.99'; looked at\n")
        assert "hermes: hint: install 3.99, or let HERMES_RUNNER_PYTHONS name it; " in said.err
        assert "`--missing-python skip` leaves out what needs it\n" in said.err

    def test_what_is_left_out_is_named(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE.replace(f'["{PYTHON}"]', f'["{PYTHON}", "3.99"]'))
        said = hermes("run", "--missing-python", "skip")
        assert said.status == 0
        assert timeless(said.out).endswith(
            f"\n  unit-3.99  skipped               no Python was found for '3.99'\n  unit-{PYTHON}  passed TIME\n"
            "hermes: 1 passed, 0 failed, 1 skipped\n"
        )

    def test_nothing_ran_is_no_success(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE.replace(f'["{PYTHON}"]', f'["{PYTHON}", "3.99"]'))
        said = hermes("run", "-p", "3.99", "--missing-python", "skip")
        assert said.status == 6
        assert said.out.endswith("hermes: 0 passed, 0 failed, 1 skipped\n")

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (
                ["-p", "3.8"],
                f"-p 3.8 leaves no Python of the selected sessions\nhermes: hint: they declare: {PYTHON}, >=3.11\n",
            ),
            (["-p", "three"], '-p: "three" is not a Python: expected a Python such as '),
        ],
    )
    def test_p_that_leaves_nothing(self, hermes: Command, words: Sequence[str], message: str) -> None:
        hermes.write("envfile.toml", ENVFILE.replace(f'["{PYTHON}"]', f'["{PYTHON}", ">=3.11"]'))
        said = hermes("run", *words)
        assert said.status == 2
        assert said.err.startswith(f"hermes: error: {message}")

    def test_one_of_another_system_is_not_looked_for(self, hermes: Command) -> None:
        sessions(
            hermes,
            '[sessions.unit]\nenvironment = "test"\nrun = "alpha"\n'
            '[sessions.elsewhere]\npython = "3.99"\nonly-on = ["macos"]\nrun = "true"\n',
        )
        said = hermes("run", "--json")
        assert said.status == 0, said.err
        jobs = {job["job"]: (job["status"], job["reason"]) for job in said.json["jobs"]}
        assert jobs == {
            "elsewhere-3.99": ("skipped", "only on macos; this is linux"),
            f"unit-{PYTHON}": ("passed", ""),
        }

    def test_one_that_cannot_be_downloaded(self, hermes: Command) -> None:
        sessions(hermes, '[sessions.unit]\npython = "3.99"\nrun = "true"\n')
        hermes.write("envfile.toml", "python-downloads = true\n" + (hermes.folder / "envfile.toml").read_text())
        said = hermes("lock")
        assert said.status == 0, said.err
        said = hermes("run", "unit")
        assert (said.status, said.out) == (5, "")
        assert said.err.startswith("hermes: error: Python 3.99 could not be downloaded:\n")
        offline = hermes("run", "unit", "--offline")
        assert offline.status == 5
        assert offline.err.startswith("hermes: error: no Python was found for '3.99'; looked at\n")
        skipped = hermes("run", "unit", "--missing-python", "skip")
        assert skipped.status == 6
        assert skipped.err.startswith("hermes: Python 3.99 could not be downloaded:\n")
        assert "unit-3.99  skipped               no Python was found for '3.99'\n" in skipped.out

    def test_locking_needs_any_one(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE.replace(f'["{PYTHON}"]', '["3.99"]'))
        assert hermes("lock").status == 0
        none = hermes("run")
        assert none.status == 5
        assert none.err.startswith("hermes: error: no Python was found for '3.99'; looked at\n")
        hermes.write("envfile.toml", f'python = ["3.99", "{PYTHON}"]\n')
        nothing = hermes("lock")
        assert (nothing.status, nothing.err) == (
            3,
            "hermes: error: the envfile declares no environment, so there is nothing to lock\n",
        )

    def test_one_that_two_requests_find_runs_a_session_once(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE.replace(f'["{PYTHON}"]', f'["{PYTHON}", "{INTERPRETER}"]'))
        assert list(statuses(hermes("run", "--json"))) == ["unit"]


class TestHowJobsEnd:
    def test_gates_allowed_and_ignored_failures(self, hermes: Command) -> None:
        sessions(
            hermes,
            """
            [defaults]
            environment = "test"
            [sessions.lint]
            run = [{ run = "sh -c 'exit 3'", ignore-failure = true }, "alpha"]
            [sessions.beta]
            layer = "unit"
            allow-failure = true
            run = "false"
            [sessions.elsewhere]
            layer = "unit"
            only-on = ["windows"]
            externals = ["no-such-program"]
            run = "alpha"

            [sessions.integration]
            run = ["false", "alpha"]
            [sessions.smoke]
            run = "alpha"
            """,
        )
        passed = hermes("run", "lint", "beta", "elsewhere", "--json")
        assert passed.status == 0
        assert statuses(passed) == {
            "elsewhere": ("skipped", "only on windows; this is linux"),
            "lint": ("passed", ""),
            "beta": ("failed", "false: exit status 1"),
        }
        said = hermes("run")
        assert said.status == 1
        assert "hermes: sh -c exit 3: exit status 3, ignored\nalpha 1.0\n" in said.out
        (private,) = (line for line in said.out.splitlines() if line.startswith(PRIVATE))
        assert [line.split(maxsplit=1) for line in timeless(said.out.replace(private, "")).splitlines()[-7:]] == [
            [f"elsewhere-{PYTHON}", "skipped               only on windows; this is linux"],
            [f"lint-{PYTHON}", "passed TIME"],
            [f"beta-{PYTHON}", "failed TIME  false: exit status 1 (allowed)"],
            [f"integration-{PYTHON}", "failed TIME  false: exit status 1"],
            [f"smoke-{PYTHON}", f"skipped               layer integration did not pass: integration-{PYTHON} failed"],
            [],
            ["hermes:", "1 passed, 2 failed (1 allowed), 2 skipped"],
        ]

    def test_a_session_of_another_system_alone_is_no_success(self, hermes: Command) -> None:
        sessions(hermes, '[sessions.unit]\nenvironment = "test"\nonly-on = ["macos"]\nrun = "alpha"\n')
        said = hermes("run", "--json")
        assert said.status == 6
        assert statuses(said) == {"unit": ("skipped", "only on macos; this is linux")}

    def test_no_session_runs_by_default(self, hermes: Command) -> None:
        sessions(hermes, '[sessions.unit]\nenvironment = "test"\ndefault = false\nrun = "alpha"\n')
        said = hermes("run")
        assert said.status == 6
        assert said.out.endswith("\nhermes: 0 passed, 0 failed\n")

    def test_a_program_that_was_not_declared(self, hermes: Command) -> None:
        sessions(hermes, '[sessions.unit]\nenvironment = "test"\nrun = ["alpha", "git status"]\n')
        problem = "envfile.toml:7: sessions.unit.run[1]: 'git' is no program of environments.test, "
        first = hermes("run")
        assert first.status == 2
        assert "alpha 1.0" not in first.out
        title = "a command begins with a program that it cannot call:\n"
        assert f"hermes: unit-{PYTHON}: {title}{problem}" in first.out
        assert first.out.count(problem) == 1
        second = hermes("run")
        assert (second.status, second.out) == (2, "")
        assert second.err.startswith(f"hermes: error: {title}{problem}")

    def test_an_external_that_is_not_there(self, hermes: Command) -> None:
        sessions(hermes, '[sessions.unit]\nenvironment = "test"\nexternals = ["no-such"]\nrun = "no-such"\n')
        said = hermes("run")
        assert (said.status, said.out) == (5, "")
        assert "externals: no program 'no-such' on PATH\n" in said.err

    def test_a_package_that_cannot_be_had_stops_its_own_jobs(self, hermes: Command, offered: Index) -> None:
        sessions(
            hermes,
            '[sessions.unit]\nenvironment = "test"\nrun = "alpha"\n'
            '[sessions.lint]\nrequirements = ["wheel-maker"]\nrun = "true"\n',
        )
        hermes("lock")
        lock = hermes.folder / load.LOCK
        broken = offered.change("wheel_maker-1.0-py3-none-any.whl")
        try:
            offered.change(broken.name, served=broken.served + b"more")
            said = hermes("run", "--json")
        finally:
            offered.change(broken.name, served=broken.served)
        assert said.status == 5
        assert statuses(said)["unit"] == ("passed", "")
        status, reason = statuses(said)["lint"]
        assert status == "error"
        assert reason.startswith("wheel_maker-1.0-py3-none-any.whl (wheel-maker 1.0) ")
        assert "://" not in lock.read_text(encoding="utf-8")

    def test_drift_stops_the_run(self, hermes: Command, tmp_path: Path) -> None:
        sessions(hermes, '[sessions.unit]\nenvironment = "test"\nrun = "alpha"\n[sessions.smoke]\nrun = "true"\n')
        hermes("run")
        (installed,) = (tmp_path / "cache").glob("store/v1/??/*/tree/lib/*/site-packages/alpha.py")
        installed.chmod(0o644)
        said = hermes("run", "--json")
        assert said.status == 4
        status, reason = statuses(said)["unit"]
        assert status == "drifted"
        assert "alpha==1.0:\n  " in reason
        assert "alpha.py has another mode\n" in reason
        assert statuses(said)["smoke"] == ("skipped", f"an environment of unit-{PYTHON} drifted")


class TestOffline:
    def test_without_a_lock(self, hermes: Command) -> None:
        hermes.write("envfile.toml", ENVFILE)
        said = hermes("run", "--offline")
        assert said.status == 5
        assert "--offline" in said.err
        assert "hermes: hint: " in said.err

    def test_with_a_cold_cache_and_then_a_warm_one(self, hermes: Command, offered: Index) -> None:
        hermes.write("envfile.toml", ENVFILE)
        hermes("lock")
        said = hermes("run", "--offline")
        assert said.status == 5
        assert (
            f"hermes: unit-{PYTHON}: alpha-1.0-py3-none-any.whl (alpha 1.0) is not in the wheel cache, and the index "
            "may not be asked (--offline)\nrun the command once without --offline\n"
        ) in said.out
        assert hermes("run").status == 0
        assert hermes("store", "clear").status == 0
        offered.down()
        assert hermes("run", "--offline").status == 0


class TestWhatIsNotSaid:
    SECRET = "hunter2 and\nmore"

    def test_secrets(self, hermes: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("API_TOKEN", self.SECRET)
        sessions(
            hermes,
            '[defaults]\nenvironment = "test"\nsecrets = ["API_TOKEN"]\n'
            "[sessions.unit]\nrun = [\"sh -c 'exit 3' {env.API_TOKEN}\"]\n"
            '[sessions.shell]\nrun = [{ shell = "exit 4; : {env.API_TOKEN}" }]\n'
            '[sessions.program]\nrun = ["{env.API_TOKEN}"]\n'
            "[sessions.ignored]\nrun = [{ run = \"sh -c 'exit 5' {env.API_TOKEN}\", ignore-failure = true }]\n",
        )
        for line, status in (("run", 2), ("run --json", 2), ("run -v", 2), ("run --dry-run", 0), ("list --json", 0)):
            said = hermes(*line.split())
            assert said.status == status, said.err
            assert "hunter2" not in said.out + said.err
        assert statuses(hermes("run", "unit", "--json")) == {"unit": ("failed", "sh -c exit 3 ****: exit status 3")}

    def test_credentials_of_an_index(
        self, hermes: Command, monkeypatch: pytest.MonkeyPatch, offered: Index, tmp_path: Path
    ) -> None:
        offered.credentials = ("me", "hunter2")
        try:
            monkeypatch.setenv("UV_DEFAULT_INDEX", offered.url_with_credentials)
            hermes.write("envfile.toml", ENVFILE)
            said = hermes("run", "-v")
            assert said.status == 0
            monkeypatch.setenv("UV_DEFAULT_INDEX", offered.url_with_credentials.replace("hunter2", "hunter3"))
            refused = hermes("lock", "--upgrade")
            assert refused.status == 5
        finally:
            offered.credentials = None
        assert "hunter" not in said.out + said.err + refused.out + refused.err
        kept = [*(tmp_path / "cache" / "store").rglob("receipt.json"), hermes.folder / load.LOCK]
        assert len(kept) == 2
        assert all("hunter" not in path.read_text(encoding="utf-8") for path in kept)

    def test_variables_of_another_hermes_change_nothing(
        self, hermes: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        ask = "import os; print(sorted(name for name in os.environ if name.startswith('HERMES')))"
        sessions(hermes, f'[sessions.unit]\nenvironment = "test"\nrun = [["python", "-c", {json.dumps(ask)}]]\n')
        before, keys = hermes("run"), hermes("fingerprint").out
        for name in ("HERMES_HOME", "HERMES_SESSION_ID", "HERMES_SESSION_DIR", "HERMES_CONFIG", "HERMES_PROFILE"):
            monkeypatch.setenv(name, str(tmp_path / "of-another-tool"))
        assert "['HERMES_RUNNER_JOB', 'HERMES_RUNNER_SESSION']" in before.out
        after = hermes("run")
        assert timeless(after.out) == timeless("\n".join(before.out.splitlines()[2:]) + "\n")
        assert hermes("fingerprint").out == keys
        assert not (tmp_path / "of-another-tool").exists()
