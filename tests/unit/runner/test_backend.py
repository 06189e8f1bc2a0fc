from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from hermes.model.project import Package
from hermes.runner import backend
from hermes.runner.backend import Backend
from hermes.system.processes import Processes

MARKERS = {"python_version": "3.12", "sys_platform": "linux"}


@pytest.mark.parametrize(
    ("requires", "missing"),
    [
        ([], ()),
        (["setuptools>=70"], ()),
        (["Set.up_Tools.SCM[toml]>=8"], ()),
        (["setuptools>=90", "wheel"], ("setuptools>=90", "wheel")),
        (['tomli; python_version < "3.11"'], ()),
        (['tomli; python_version > "3.11"'], ('tomli; python_version > "3.11"',)),
        (['wheel; extra == "x"'], ()),
    ],
)
def test_requirements_that_nothing_satisfies_are_named(requires: list[str], missing: tuple[str, ...]) -> None:
    there = {"setuptools": Version("84.2.1"), "set-up-tools-scm": Version("9.0rc1")}
    assert backend.unmet(requires, there, MARKERS) == missing


def test_what_is_installed_is_read_from_the_names_of_folders(tmp_path: Path) -> None:
    site = tmp_path / "lib/python3.12/site-packages"
    for name in ("My.Dotted_name-1.0", "plain-2.0.post1", "odd-one"):
        (site / f"{name}.dist-info").mkdir(parents=True)
    assert backend.installed(tmp_path) == {"my-dotted-name": Version("1.0"), "plain": Version("2.0.post1")}


OUTPUT = """\
running build_ext
Traceback (most recent call last):
  File "/t/site-packages/pyproject_hooks/_in_process/_in_process.py", line 389, in <module>
    main()
    ~~~~^^
  File "/t/site-packages/pyproject_hooks/_in_process/_in_process.py", line 373, in main
    json_out["return_val"] = hook(**hook_input["kwargs"])
                             ~~~~^^^^^^^^^^^^^^^^^^^^^^^^
  File "/p/_build/backend.py", line 4, in build_wheel
    raise RuntimeError("boom")
RuntimeError: boom

"""


def test_the_last_words_of_a_backend_are_its_own() -> None:
    assert backend.last_words(OUTPUT) == (
        "running build_ext",
        "Traceback (most recent call last):",
        '  File "/p/_build/backend.py", line 4, in build_wheel',
        '    raise RuntimeError("boom")',
        "RuntimeError: boom",
    )
    assert backend.last_words("\n  \n") == ()


def test_hooks_get_variables_of_hermess_own_making(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org")
    fields: dict[str, Any] = {name: Path(f"/{name}") for name in ("source", "tree", "bytecode", "work")}
    package = Package(name="x", dependencies=(), extras={}, build_requires=(), backend="b")
    variables = backend.environment(Backend(processes=Processes(), package=package, markers=MARKERS, **fields))
    assert variables["PATH"] == "/tree/bin:/usr/local/bin:/usr/bin:/bin"
    assert (variables["HOME"], variables["TMPDIR"]) == ("/work/home", "/work/tmp")
    assert (variables["PIP_NO_INDEX"], variables["UV_OFFLINE"]) == ("1", "1")
    assert variables["SOURCE_DATE_EPOCH"] == "315532800"
    assert "PIP_INDEX_URL" not in variables
