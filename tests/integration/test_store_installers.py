"""One wheel, installed by uv and by pip, here and there: the same content digest (pitfall L10)."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from uv import find_uv_bin

from fakes import wheels
from hermes.errors import InstallationError
from hermes.model.interpreter import Interpreter
from hermes.model.plan import SelectedFile
from hermes.model.receipt import InstalledFile
from hermes.store import content, manifest
from hermes.system import files

NAMES = ("Every.Thing", "second")


@pytest.fixture(scope="module")
def selected(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Path, SelectedFile]:
    """A wheel with everything that a wheel can have, and another one."""
    folder = tmp_path_factory.mktemp("wheels")
    everything = wheels.make_wheel(
        folder,
        "Every.Thing",
        "1.0",
        files={
            "every/__init__.py": "def main() -> None: ...\n",
            "every/native.so": b"\x7fELF",
            "every/sourceless.pyc": b"\x00",
            "every/__pycache__/stale.cpython-312.pyc": b"\x00",
            "every/data/ü 数据.txt": "text\n",
        },
        executables=["every/native.so"],
        data_files={"share/every/words.txt": "words\n", "etc/every.conf": "a = 1\n"},
        scripts={
            "every-placeholder": "#!python\nprint('placeholder')\n",
            "every-window": "#!pythonw\nprint('window')\n",
            "every-arguments": "#!python -s\nprint('arguments')\n",
            "every-shell": "#!/bin/sh\necho shell\n",
            "every-env": "#!/usr/bin/env python3\nprint('env')\n",
            "every-binary": b"\x7fELF",
            "every-clash": "#!python\nprint('shadowed by an entry point')\n",
        },
        headers={"every.h": "#define EVERY\n"},
        entry_points="[console_scripts]\nevery = every:main\nevery-clash = every:main [extra]\n\n"
        "[gui_scripts]\nevery-gui = every:main\n",
    )
    second = wheels.make_wheel(folder, "second", "2.0")
    return {
        path: SelectedFile(package=package, version=version, file=path.name, sha256=wheels.sha256_of(path))
        for path, package, version in ((everything, "every-thing", "1.0"), (second, "second", "2.0"))
    }


@pytest.fixture(scope="module")
def expected(
    selected: Mapping[Path, SelectedFile], tmp_path_factory: pytest.TempPathFactory
) -> tuple[InstalledFile, ...]:
    tree = tmp_path_factory.mktemp("first") / "tree"
    _uv(tree, list(selected), sys.executable, "--relocatable")
    return _installed(tree, selected)


def test_by_uv_not_relocatable_in_another_order_place_umask_locale_and_zone(
    selected: Mapping[Path, SelectedFile], expected: tuple[InstalledFile, ...], tmp_path: Path
) -> None:
    tree = tmp_path / "a place with spaces, ü" / "deeper" / ("long" * 30) / "tree"
    tree.parent.mkdir(parents=True)
    before = os.umask(0o077)
    try:
        variables = {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "UV_LINK_MODE": "copy"}
        _uv(tree, list(selected)[::-1], sys.executable, variables=variables)
    finally:
        os.umask(before)
    assert _installed(tree, selected) == expected


def test_by_uv_with_hard_links_bytecode_and_read_only_files(
    selected: Mapping[Path, SelectedFile], expected: tuple[InstalledFile, ...], tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    variables = {"UV_LINK_MODE": "hardlink", "UV_COMPILE_BYTECODE": "1"}
    _uv(tree, list(selected), sys.executable, "--relocatable", variables=variables)
    assert manifest.remove_bytecode(tree)
    files.make_read_only(tree)
    assert _installed(tree, selected) == expected


def test_by_pip_in_an_environment_of_virtualenv(
    selected: Mapping[Path, SelectedFile], expected: tuple[InstalledFile, ...], tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    options = ["--no-download", "--no-seed", "--no-periodic-update", "--app-data", str(tmp_path / "data")]
    _run([sys.executable, "-m", "virtualenv", *options, str(tree)])
    pip = ["install", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check", *map(str, selected)]
    _run([sys.executable, "-m", "pip", "--python", str(tree / "bin/python"), *pip])
    manifest.remove_bytecode(tree)
    assert _installed(tree, selected) == expected


def test_on_every_python(
    selected: Mapping[Path, SelectedFile],
    expected: tuple[InstalledFile, ...],
    pythons: Mapping[str, Interpreter],
    tmp_path: Path,
) -> None:
    for minor, python in pythons.items():
        tree = tmp_path / minor
        _uv(tree, list(selected), python.path, "--relocatable")
        assert _installed(tree, selected) == expected, minor


def test_what_was_installed_besides_is_refused(selected: Mapping[Path, SelectedFile], tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    extra = wheels.make_wheel(tmp_path, "extra", "3.0")
    _uv(tree, [*selected, extra], sys.executable)
    with pytest.raises(InstallationError, match=r"extra==3\.0 is installed, and was not selected"):
        _installed(tree, selected)


def test_a_path_of_two_wheels_is_refused_whichever_came_last(tmp_path: Path) -> None:
    paths = [wheels.make_wheel(tmp_path, name, "1.0", files={"both.py": f"{name}\n"}) for name in ("left", "right")]
    chosen = {
        path: SelectedFile(package=path.name[:-22], version="1.0", file=path.name, sha256=wheels.sha256_of(path))
        for path in paths
    }
    for order in (paths, paths[::-1]):
        tree = tmp_path / f"{order[0].name}-first"
        for path in order:
            _uv(tree, [path], sys.executable)
        with pytest.raises(InstallationError, match=r"left==1\.0 and right==1\.0 both install .*/both\.py"):
            _installed(tree, chosen)


def _installed(tree: Path, selected: Mapping[Path, SelectedFile]) -> tuple[InstalledFile, ...]:
    _, installed, _ = content.own(tree, manifest.scan(tree), list(selected.values()))
    return installed


def _uv(
    tree: Path, wheels_: Sequence[Path], python: str, *options: str, variables: Mapping[str, str] | None = None
) -> None:
    environ = {**os.environ, "UV_CACHE_DIR": str(tree.parent / "uv"), "UV_OFFLINE": "1", **(variables or {})}
    if not tree.exists():
        _run([find_uv_bin(), "venv", "-q", "--no-project", "--python", python, *options, str(tree)], environ)
    install = ["pip", "install", "-q", "--no-index", "--no-deps", "--python", str(tree), *map(str, wheels_)]
    _run([find_uv_bin(), *install], environ)


def _run(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
