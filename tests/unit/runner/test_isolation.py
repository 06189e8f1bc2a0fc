from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hermes.envfile.substitute import Values
from hermes.errors import ProvisionError
from hermes.model.project import Command, Session, Where
from hermes.runner import isolation
from hermes.runner.isolation import JobFolders

WHERE = Where(file="envfile.toml", line=7, key="sessions.unit")


def _session(**fields: Any) -> Session:
    plain: dict[str, Any] = {
        "name": "unit",
        "environment": "test",
        "layer": None,
        "python": ("3.12",),
        "run": (Command(words=("pytest",), where=WHERE),),
        "env": {},
        "where": WHERE,
    }
    return Session(**(plain | fields))


def _environment(session: Session, caller: Mapping[str, str]) -> dict[str, str]:
    return isolation.base_environment(
        session,
        job="unit-3.12",
        caller=caller,
        folders=JobFolders(base=Path("/work/j"), short=Path("/short/j")),
        tree=Path("/store/tree"),
        bytecode=Path("/store/bytecode"),
    )


def _values(**fields: Any) -> Values:
    plain: dict[str, Any] = {
        "project": "/project",
        "tmp": "/short/j/tmp",
        "outputs": "/work/j/outputs",
        "session_outputs": {},
        "python": "/store/tree/bin/python",
        "python_version": "3.12.1",
        "env": {},
    }
    return Values(**(plain | fields))


class TestVariables:
    def test_all_of_them(self) -> None:
        assert _environment(_session(), {"TERM": "xterm", "EDITOR": "vi", "PATH": "/opt/bin"}) == {
            "TERM": "xterm",
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "SOURCE_DATE_EPOCH": "315532800",
            "HOME": "/work/j/home",
            "USERPROFILE": "/work/j/home",
            "TMPDIR": "/short/j/tmp",
            "TMP": "/short/j/tmp",
            "TEMP": "/short/j/tmp",
            "XDG_CONFIG_HOME": "/work/j/home/.config",
            "XDG_CACHE_HOME": "/work/j/home/.cache",
            "XDG_DATA_HOME": "/work/j/home/.local/share",
            "XDG_STATE_HOME": "/work/j/home/.local/state",
            "XDG_RUNTIME_DIR": "/short/j/run",
            "COVERAGE_FILE": "/work/j/outputs/.coverage",
            "PYTHONPYCACHEPREFIX": "/store/bytecode",
            "VIRTUAL_ENV": "/store/tree",
            "HERMES_RUNNER_SESSION": "unit",
            "HERMES_RUNNER_JOB": "unit-3.12",
            "PATH": "/store/tree/bin:/work/j/externals:/work/j/programs",
        }

    @pytest.mark.parametrize(
        "name",
        [
            "TERM",
            "COLUMNS",
            "NO_COLOR",
            "FORCE_COLOR",
            "CLICOLOR",
            "HTTPS_PROXY",
            "no_proxy",
            "SSL_CERT_DIR",
            "PIP_CERT",
        ],
    )
    def test_what_passes(self, name: str) -> None:
        assert _environment(_session(), {name: "x"})[name] == "x"

    @pytest.mark.parametrize(
        "name",
        [
            *("CI", "GITHUB_ACTIONS", "USER", "EDITOR", "PYTHONPATH", "PYTHONSTARTUP", "PIP_INDEX_URL", "UV_INDEX"),
            *("PYTEST_ADDOPTS", "HERMES_HOME", "HERMES_SESSION_ID", "HERMES_RUNNER_CACHE_DIR", "LD_PRELOAD"),
        ],
    )
    def test_what_does_not_pass(self, name: str) -> None:
        assert name not in _environment(_session(), {name: "x"})

    def test_a_session_asks_by_name_and_by_glob(self) -> None:
        session = _session(pass_env=("PGHOST", "AWS_*"), pass_env_unkeyed=("BUILD_ID",), secrets=("API_TOKEN",))
        caller = dict.fromkeys(("PGHOST", "AWS_REGION", "BUILD_ID", "API_TOKEN", "PGPORT"), "x")
        base = _environment(session, caller)
        assert "PGPORT" not in base
        assert {name for name in caller if name in base} == {"PGHOST", "AWS_REGION", "BUILD_ID", "API_TOKEN"}

    def test_a_name_wins_over_what_is_fixed_and_a_glob_does_not(self) -> None:
        caller = {"TZ": "Europe/Vienna", "HOME": "/home/me", "PATH": "/opt/bin"}
        assert _environment(_session(pass_env=("TZ",)), caller)["TZ"] == "Europe/Vienna"
        base = _environment(_session(pass_env=("*",)), caller)
        assert (base["TZ"], base["HOME"]) == ("UTC", "/work/j/home")
        assert not _environment(_session(pass_env=("PATH",)), caller)["PATH"].startswith("/opt")

    def test_level_none_passes_the_callers(self) -> None:
        caller = {"HOME": "/home/me", "CI": "1", "PATH": "/opt/bin", "PYTHONPATH": "/x", "HERMES_HOME": "/h"}
        base = _environment(_session(isolation="none"), caller)
        assert {**base, **caller, "PATH": base["PATH"]} == base
        assert base["PATH"] == "/store/tree/bin:/opt/bin"
        assert base["PYTHONPYCACHEPREFIX"] == "/store/bytecode"
        assert "TZ" not in base

    @pytest.mark.parametrize("level", ["env", "none"])
    def test_the_sessions_own_variables_come_last_and_are_substituted(self, level: str) -> None:
        session = _session(
            isolation=level,
            pass_env=("NAME",),
            env={"DATA": "{tmp}/{env.NAME}", "TZ": "Asia/Tokyo", "QUOTED": 'a;b="c"#'},
        )
        base = _environment(session, {"NAME": "n"})
        made = isolation.job_environment(session, base, _values())
        assert (made["DATA"], made["TZ"], made["QUOTED"]) == ("/short/j/tmp/n", "Asia/Tokyo", 'a;b="c"#')


class TestFolders:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> JobFolders:
        return JobFolders(base=tmp_path / "work" / "unit-3.12", short=tmp_path / "short")

    @pytest.fixture
    def path(self, tmp_path: Path) -> str:
        programs = tmp_path / "callers"
        programs.mkdir()
        for name in ("git", "other"):
            (programs / name).write_text("#!/bin/sh\n", encoding="utf-8")
            (programs / name).chmod(0o755)
        return str(programs)

    def test_they_are_new_and_empty_each_time(self, folders: JobFolders, path: str, tmp_path: Path) -> None:
        caches = tmp_path / "caches"
        isolation.prepare_folders(_session(), folders, path=path, caches=caches)
        for folder in (folders.home, folders.tmp, folders.outputs):
            (folder / "left").mkdir()
            (folder / "left/file").touch()
            (folder / "left").chmod(0o500)
        isolation.prepare_folders(_session(), folders, path=path, caches=caches)
        assert [*folders.tmp.iterdir(), *folders.outputs.iterdir()] == []
        assert sorted(item.name for item in folders.home.iterdir()) == [".cache", ".config", ".local"]
        assert folders.runtime.stat().st_mode & 0o777 == 0o700

    def test_named_caches_persist(self, folders: JobFolders, path: str, tmp_path: Path) -> None:
        caches, session = tmp_path / "caches", _session(caches=("browsers",))
        isolation.prepare_folders(session, folders, path=path, caches=caches)
        (folders.home / ".cache/browsers/one").touch()
        isolation.prepare_folders(session, folders, path=path, caches=caches)
        assert (folders.home / ".cache/browsers/one").exists()
        assert (caches / "browsers/one").exists()

    def test_externals_and_base_programs_are_links(self, folders: JobFolders, path: str, tmp_path: Path) -> None:
        isolation.prepare_folders(_session(externals=("git",)), folders, path=path, caches=tmp_path / "caches")
        assert [item.name for item in folders.externals.iterdir()] == ["git"]
        assert (folders.externals / "git").readlink() == Path(path) / "git"
        base = {item.name for item in folders.programs.iterdir()}
        assert {"sh", "cat", "env", "sed", "tar", "["} <= base <= set(isolation.BASE_PROGRAMS)

    def test_a_missing_external_is_an_error(self, folders: JobFolders, path: str, tmp_path: Path) -> None:
        with pytest.raises(ProvisionError) as caught:
            isolation.prepare_folders(_session(externals=("gti",)), folders, path=path, caches=tmp_path / "caches")
        assert str(caught.value) == "envfile.toml:7: sessions.unit: externals: no program 'gti' on PATH"
        assert not folders.base.exists()

    def test_level_none_needs_no_externals(self, folders: JobFolders, path: str, tmp_path: Path) -> None:
        session = _session(externals=("gti",), isolation="none")
        isolation.prepare_folders(session, folders, path=path, caches=tmp_path / "caches")
        assert list(folders.externals.iterdir()) == []


class TestPrograms:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> JobFolders:
        return JobFolders(base=tmp_path / "work", short=tmp_path / "short")

    def _problems(self, folders: JobFolders, tmp_path: Path, *words: str, **fields: Any) -> tuple[str, ...]:
        session = _session(**fields)
        reach = isolation.Reach(
            project=tmp_path / "project",
            folders=(tmp_path / "tree", folders.base, folders.short),
            path=str(tmp_path / "bin"),
            provided=lambda name: name == "pytest",
        )
        return isolation.program_problems(session, [(session.run[0], words)], reach)

    @pytest.mark.parametrize(
        "program",
        ["pytest", "sh", "git", "./run.sh", "scripts/check", "{tmp_path}/tree/bin/python", "{tmp_path}/work/x"],
    )
    def test_what_can_be_called(self, folders: JobFolders, tmp_path: Path, program: str) -> None:
        word = program.format(tmp_path=tmp_path)
        assert self._problems(folders, tmp_path, word, "x", externals=("git",)) == ()

    def test_an_undeclared_program_is_named_with_the_remedy(self, folders: JobFolders, tmp_path: Path) -> None:
        (problem,) = self._problems(folders, tmp_path, "docker", "ps")
        assert problem == (
            "envfile.toml:7: sessions.unit: 'docker' is no program of environments.test, no declared external and no "
            'base program (a program of this machine is declared: externals = ["docker"])'
        )

    @pytest.mark.parametrize("program", ["/usr/bin/git", "../other/tool"])
    def test_a_path_leads_nowhere_else(self, folders: JobFolders, tmp_path: Path, program: str) -> None:
        assert self._problems(folders, tmp_path, program) == (
            f"envfile.toml:7: sessions.unit: {program} is neither in the project nor in the environment",
        )

    def test_a_path_is_relative_to_the_sessions_directory(self, folders: JobFolders, tmp_path: Path) -> None:
        assert self._problems(folders, tmp_path, "../run.sh", directory="backend") == ()

    @pytest.mark.parametrize("words", [(), ("",)])
    def test_nothing_left_to_run(self, folders: JobFolders, tmp_path: Path, words: tuple[str, ...]) -> None:
        problems = self._problems(folders, tmp_path, *words)
        assert problems == ("envfile.toml:7: sessions.unit: nothing is left to run after substitution",)

    def test_level_none_may_call_anything(self, folders: JobFolders, tmp_path: Path) -> None:
        assert self._problems(folders, tmp_path, "docker", isolation="none") == ()
