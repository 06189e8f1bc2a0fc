"""The package under test on top of a shared environment: what a job sees of both, what is reused, what is refused."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from fakes import overlays, wheels
from fakes.index import Index
from fakes.overlays import Lab
from hermes.errors import InstallationError
from hermes.model.plan import EnvironmentSpec
from hermes.store import check, manifest
from hermes.store.store import Built

Mode = Literal["editable", "wheel"]
MODES: tuple[Mode, ...] = ("editable", "wheel")

TOOL = """\
import importlib.metadata
import sys


def main():
    names = sorted(entry.name for entry in importlib.metadata.entry_points(group="hermes.tests"))
    print(sys.prefix, *names)
"""


SCRIPTS = "[console_scripts]\ntool = tool_kit:main\nmine = tool_kit:main\n\n[hermes.tests]\nkit = tool_kit\n"


def _shared_wheels(folder: Path) -> list[Path]:
    return [
        wheels.make_wheel(
            folder,
            "tool-kit",
            "2.0",
            files={
                "tool_kit.py": TOOL,
                "space/shared.py": "where = 'environment'\n",
                "shadowed.py": "where = 'below'\n",
            },
            entry_points=SCRIPTS,
            data_files={"share/both/kit.txt": "kit\n", "etc/kit.conf": "conf\n", "lib/cmake/kit.cmake": "cmake\n"},
            scripts={"kit-binary": b"\x7fELF no script\n", "kit-shell": "#!/bin/sh\necho shell\n"},
        ),
        wheels.make_wheel(
            folder,
            "hooked",
            "1.0",
            files={
                "hooked.pth": "extra-modules\nimport hooked_start\n",
                "hooked_start.py": "import sys\nsys.hooked = True\n",
                "extra-modules/from_pth.py": "where = 'path line of a .pth'\n",
            },
        ),
    ]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("overlay") / "with space 北京"
    root.mkdir()
    with Index(folder=root / "index") as index:
        yield Lab.make(root, index)


@pytest.fixture(scope="module")
def spec(lab: Lab) -> EnvironmentSpec:
    return lab.spec("test", _shared_wheels(lab.root / "wheels"))


@pytest.fixture(scope="module", params=MODES)
def top(lab: Lab, spec: EnvironmentSpec, request: pytest.FixtureRequest) -> Built:
    root = overlays.write(lab.root / f"checkout-{request.param}", overlays.MINE)
    return lab.overlay(spec, overlays.project(root), request.param)


def test_modules_of_both_are_there_and_those_of_the_package_come_first(top: Built) -> None:
    expression = "[space.own.where, space.shared.where, shadowed.where]"
    imports = "space.own, space.shared, shadowed"
    assert overlays.answer(top.tree, expression, imports=imports) == ["overlay", "environment", "overlay"]


@pytest.mark.parametrize("options", [(), ("-I",), ("-E",), ("-s", "-B")])
def test_start_up_files_of_the_environment_are_read(top: Built, options: tuple[str, ...]) -> None:
    value = overlays.answer(top.tree, "[sys.hooked, from_pth.where]", *options, imports="sys, from_pth")
    assert value == [True, "path line of a .pth"]


def test_metadata_of_both_is_found(top: Built) -> None:
    expression = "[m.version('mine'), m.version('tool-kit'), sorted(d.name for d in m.distributions())]"
    value = overlays.answer(top.tree, expression, imports="importlib.metadata as m")
    assert value == ["1.0", "2.0", ["hooked", "mine", "tool-kit"]]


def test_plugins_of_both_are_found_by_a_program_of_the_environment(top: Built) -> None:
    assert overlays.run(top.tree, "tool").stdout == f"{top.tree} kit mine\n"


def test_console_scripts_of_both_run_the_interpreter_of_the_overlay(top: Built) -> None:
    assert overlays.run(top.tree, "mine").stdout == f"mine 1.0 {top.tree}\n"
    assert not (top.tree / "bin/tool").is_symlink()
    assert overlays.run(top.tree, "kit-shell").stdout == "shell\n"


def test_programs_that_are_no_scripts_are_links(top: Built) -> None:
    binary = top.tree / "bin/kit-binary"
    assert binary.is_symlink()
    assert binary.read_bytes().startswith(b"\x7fELF")


def test_data_files_of_both_are_below_the_prefix(top: Built) -> None:
    paths = ("share/both/kit.txt", "share/both/mine.txt", "etc/kit.conf", "lib/cmake/kit.cmake")
    expression = f"[open(os.path.join(sys.prefix, path)).read() for path in {paths}]"
    assert overlays.answer(top.tree, expression, imports="os, sys") == ["kit\n", "mine\n", "conf\n", "cmake\n"]


def test_children_and_virtual_environments_work_from_inside(top: Built, tmp_path: Path) -> None:
    expression = "subprocess.check_output([sys.executable, '-I', '-c', 'import mine, tool_kit; print(1)'], text=True)"
    assert overlays.answer(top.tree, expression, imports="subprocess, sys") == "1\n"
    made = overlays.run(top.tree, "python", "-m", "venv", "--without-pip", str(tmp_path / "inner"))
    assert made.status == 0, made.stderr
    expression = "[sys.prefix, [name for name in ('mine', 'tool_kit') if importlib.util.find_spec(name)]]"
    value = overlays.answer(tmp_path / "inner", expression, imports="sys, importlib.util")
    assert value == [str(tmp_path / "inner"), []]


@pytest.mark.parametrize("options", [(), ("-I",)])
def test_bytecode_goes_to_the_folder_of_the_environment(
    lab: Lab, spec: EnvironmentSpec, top: Built, options: tuple[str, ...]
) -> None:
    environment = lab.built(spec)
    prefix = overlays.answer(top.tree, "sys.pycache_prefix", *options, imports="sys, tool_kit, mine")
    assert prefix == str(environment.bytecode)
    assert [*top.tree.rglob("__pycache__"), *environment.tree.rglob("__pycache__")] == []
    assert list(environment.bytecode.rglob("tool_kit.*.pyc"))


def test_a_session_may_send_bytecode_elsewhere(top: Built, tmp_path: Path) -> None:
    completed = overlays.run(
        top.tree, "python", "-c", "import sys; print(sys.pycache_prefix)", PYTHONPYCACHEPREFIX=str(tmp_path)
    )
    assert completed.stdout == f"{tmp_path}\n"


def test_an_overlay_is_what_its_receipt_says(top: Built) -> None:
    assert check.full(top.tree, top.receipt) == ()
    assert {entry.owner for entry in top.receipt.entries} == {"skeleton", "overlay"}
    assert not any(entry.mode & 0o222 for entry in top.receipt.entries if entry.kind != "link")


@pytest.mark.parametrize("mode", MODES)
def test_the_environment_stays_as_it_was(lab: Lab, spec: EnvironmentSpec, mode: Mode, tmp_path: Path) -> None:
    environment = lab.built(spec)
    before = manifest.scan(environment.tree)
    lab.overlay(spec, overlays.project(overlays.write(tmp_path / "other", overlays.MINE)), mode)
    assert manifest.scan(environment.tree) == before
    assert check.full(environment.tree, environment.receipt) == ()


class TestReuse:
    @pytest.fixture
    def files(self, tmp_path: Path) -> dict[str, str]:
        """Sources like nobody else's."""
        return {**overlays.MINE, "README": "hello", "src/own.py": f"where = {str(tmp_path)!a}\n"}

    @pytest.fixture
    def root(self, lab: Lab, tmp_path: Path, files: dict[str, str]) -> Path:
        """A checkout of them, with nothing said yet."""
        lab.said()
        return overlays.write(tmp_path / "checkout", files)

    def test_an_unchanged_checkout_builds_nothing(self, lab: Lab, spec: EnvironmentSpec, root: Path) -> None:
        lab.overlay(spec, overlays.project(root), "wheel")
        assert lab.said() == ["built wheel", "built overlay"]
        os.utime(root / "src/mine.py", (1, 1))
        lab.overlay(spec, overlays.project(root), "wheel")
        assert lab.said() == ["reused wheel", "reused overlay"]

    def test_a_second_checkout_builds_no_wheel(
        self, lab: Lab, spec: EnvironmentSpec, root: Path, files: dict[str, str], tmp_path: Path
    ) -> None:
        first = lab.overlay(spec, overlays.project(root), "wheel")
        lab.said()
        second = overlays.write(tmp_path / "second", files)
        assert lab.overlay(spec, overlays.project(second), "wheel").path == first.path
        assert lab.said() == ["reused wheel", "reused overlay"]
        lab.overlay(spec, overlays.project(second), "editable")
        assert lab.said() == ["built overlay"]

    def test_an_edit_with_its_old_time_makes_a_new_wheel(self, lab: Lab, spec: EnvironmentSpec, root: Path) -> None:
        first = lab.overlay(spec, overlays.project(root), "wheel")
        module = root / "src/space/own.py"
        status = module.stat()
        module.write_text("where = 'changed'\n", encoding="utf-8")
        os.utime(module, ns=(status.st_atime_ns, status.st_mtime_ns))
        lab.said()
        second = lab.overlay(spec, overlays.project(root), "wheel")
        assert lab.said() == ["built wheel", "built overlay"]
        for built, expected in ((first, "overlay"), (second, "changed")):
            assert overlays.answer(built.tree, "space.own.where", imports="space.own") == expected

    def test_an_edit_that_changes_no_wheel_builds_no_overlay(self, lab: Lab, spec: EnvironmentSpec, root: Path) -> None:
        lab.overlay(spec, overlays.project(root), "wheel")
        lab.said()
        (root / "README").write_text("other", encoding="utf-8")
        lab.overlay(spec, overlays.project(root), "wheel")
        assert lab.said() == ["built wheel", "reused overlay"]

    def test_an_edited_module_needs_no_new_editable_install(self, lab: Lab, spec: EnvironmentSpec, root: Path) -> None:
        built = lab.overlay(spec, overlays.project(root), "editable")
        lab.said()
        (root / "src/space/own.py").write_text("where = 'edited'\n", encoding="utf-8")
        assert lab.overlay(spec, overlays.project(root), "editable").path == built.path
        assert lab.said() == ["reused overlay"]
        assert overlays.answer(built.tree, "space.own.where", imports="space.own") == "edited"

    def test_changed_metadata_needs_one(self, lab: Lab, spec: EnvironmentSpec, root: Path) -> None:
        built = lab.overlay(spec, overlays.project(root), "editable")
        with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write('[project]\nname = "mine"\nversion = "1.0"\n')
        assert lab.overlay(spec, overlays.project(root), "editable").path != built.path

    def test_a_wheel_for_a_platform_is_kept_per_interpreter(
        self, lab: Lab, spec: EnvironmentSpec, root: Path, files: dict[str, str], tmp_path: Path
    ) -> None:
        platform = lab.interpreter.tags[0]
        overlays.write(root, {"tag": platform})
        first = lab.overlay(spec, overlays.project(root), "wheel")
        assert lab.said() == ["built wheel", "built overlay"]
        second = overlays.write(tmp_path / "second", {**files, "tag": platform})
        assert lab.overlay(spec, overlays.project(second), "wheel").path == first.path
        assert lab.said() == ["reused wheel", "reused overlay"]

    def test_rebuilding_builds_both(self, lab: Lab, spec: EnvironmentSpec, root: Path) -> None:
        first = lab.overlay(spec, overlays.project(root), "wheel")
        lab.said()
        again = lab.overlay(spec, overlays.project(root), "wheel", rebuild=True)
        assert lab.said() == ["built wheel", "built overlay"]
        assert again.receipt.address == first.receipt.address

    def test_a_wheel_is_built_outside_of_the_checkout(self, lab: Lab, spec: EnvironmentSpec, root: Path) -> None:
        before = manifest.scan(root)
        lab.overlay(spec, overlays.project(root), "wheel")
        assert manifest.scan(root) == before


def _refusal(lab: Lab, spec: EnvironmentSpec, root: Path, mode: Mode = "wheel", **package: Any) -> str:
    with pytest.raises(InstallationError) as caught:
        lab.overlay(spec, overlays.project(root, **package), mode)
    return f"{caught.value.message}\n{caught.value.hint}"


class TestFailures:
    def test_the_last_words_of_a_failing_backend_are_shown(
        self, lab: Lab, spec: EnvironmentSpec, tmp_path: Path
    ) -> None:
        root = overlays.write(tmp_path, {**overlays.MINE, "fails": str(tmp_path)})
        assert _refusal(lab, spec, root).startswith(
            "build_wheel of the build backend backend failed: cannot be built\n  this package\n  cannot be built"
        )

    def test_a_requirement_that_is_not_locked_is_named(self, lab: Lab, spec: EnvironmentSpec, tmp_path: Path) -> None:
        root = overlays.write(tmp_path, {**overlays.MINE, "asks-for": 'tool-kit>=3 hooked;python_version<"3"'})
        message = _refusal(lab, spec, root)
        assert (
            "needs more than [build-system] requires to build the wheel, and it is not locked: tool-kit>=3" in message
        )
        assert "hooked" not in message
        assert "hermes lock" in message

    def test_a_requirement_that_is_locked_is_fine(self, lab: Lab, spec: EnvironmentSpec, tmp_path: Path) -> None:
        root = overlays.write(tmp_path, {**overlays.MINE, "asks-for": "tool-kit>=2"})
        lab.overlay(spec, overlays.project(root), "wheel", build=spec)

    def test_a_backend_that_is_not_there(self, lab: Lab, spec: EnvironmentSpec, tmp_path: Path) -> None:
        root = overlays.write(tmp_path, {"pyproject.toml": ""})
        message = _refusal(lab, spec, root, backend="flit_core.buildapi", backend_path=())
        assert message.startswith("the build backend flit_core.buildapi cannot be imported: ModuleNotFoundError")

    def test_a_backend_without_editable_installs(self, lab: Lab, spec: EnvironmentSpec, tmp_path: Path) -> None:
        text = overlays.BACKEND.partition("def build_editable")[0]
        root = overlays.write(tmp_path, {**overlays.MINE, "_build/backend.py": text})
        assert _refusal(lab, spec, root, "editable") == (
            "the build backend backend has no build_editable\n"
            'a backend without build_editable can be used with package = "wheel"'
        )

    def test_nothing_is_kept_of_a_failure(self, lab: Lab, spec: EnvironmentSpec, tmp_path: Path) -> None:
        root = overlays.write(tmp_path, {**overlays.MINE, "fails": str(tmp_path)})
        _refusal(lab, spec, root)
        assert not list(lab.cache.rglob("hermes-build-*"))
        lab.said()
        (root / "fails").unlink()
        lab.overlay(spec, overlays.project(root), "wheel")

    def test_an_edit_in_the_installers_cache_is_not_installed(
        self, lab: Lab, spec: EnvironmentSpec, tmp_path: Path
    ) -> None:
        root = overlays.write(tmp_path, {**overlays.MINE, "src/unlike.py": "honest = True\n"})
        lab.overlay(spec, overlays.project(root), "wheel")
        copies = [*(lab.cache / "wheels/uv").rglob("unlike.py")]
        for copy in copies:
            copy.chmod(0o644)
            copy.write_text("honest = False\n", encoding="utf-8")
        other = lab.spec("other", [wheels.make_wheel(tmp_path / "wheels", "more", "1.0")])
        built = lab.overlay(other, overlays.project(root), "wheel")
        assert copies
        assert overlays.answer(built.tree, "unlike.honest", imports="unlike") is True
