import tomllib
from pathlib import Path

import pytest

from hermes.runner import editable, sources
from hermes.runner.sources import Sources

STATIC = '[project]\nname = "pkg"\nversion = "1"\nreadme = "README.md"\n'
DYNAMIC = '[project]\nname = "pkg"\ndynamic = ["version"]\n'


def _depends_on(
    files: list[str], pyproject: str = STATIC, other: tuple[str, ...] = (), backend_path: tuple[str, ...] = ()
) -> tuple[str, ...]:
    return editable.depends_on(files, pyproject=tomllib.loads(pyproject), other=other, backend_path=backend_path)


def test_modules_and_tests_do_not_count_but_metadata_and_native_sources_do() -> None:
    files = [
        *("README.md", "pyproject.toml", "setup.cfg", "MANIFEST.in", "src/pkg/__init__.py", "src/pkg/a.py"),
        *("src/pkg/fast.pyx", "src/native/lib.c", "Cargo.toml", "meson.build", "tests/test_a.py", "tests/data.json"),
    ]
    assert _depends_on(files) == (
        *("Cargo.toml", "MANIFEST.in", "README.md", "meson.build", "setup.cfg", "src/native/lib.c", "src/pkg/fast.pyx"),
    )


def test_modules_with_a_version_count_where_metadata_is_dynamic() -> None:
    files = ["src/pkg/__init__.py", "src/pkg/__about__.py", "src/pkg/_version.py", "src/pkg/work.py"]
    assert _depends_on(files) == ()
    assert _depends_on(files, DYNAMIC) == ("src/pkg/__about__.py", "src/pkg/__init__.py", "src/pkg/_version.py")
    assert _depends_on(files, "") == ("src/pkg/__about__.py", "src/pkg/__init__.py", "src/pkg/_version.py")


@pytest.mark.parametrize(
    "table",
    [
        '[tool.hatch.version]\npath = "src/pkg/numbers.py"\n',
        '[tool.setuptools.dynamic]\nversion = { attr = "pkg.numbers.VERSION" }\n',
        '[tool.setuptools.dynamic]\nversion = { file = ["src/pkg/numbers.py"] }\n',
    ],
)
def test_files_and_modules_that_a_backend_is_told_of_count(table: str) -> None:
    assert _depends_on(["src/pkg/numbers.py", "src/pkg/b.py"], DYNAMIC + table) == ("src/pkg/numbers.py",)


def test_files_that_only_other_tools_name_do_not_count() -> None:
    assert _depends_on(["src/pkg/a.py"], STATIC + '[tool.ruff]\nexclude = ["src/pkg/a.py"]\n') == ()


def test_files_that_setup_py_names_count() -> None:
    assert _depends_on(["notes.txt", "pkg.py"], other=('open("notes.txt")',)) == ("notes.txt",)


@pytest.mark.parametrize(
    "table",
    [
        '[tool.flit.external-data]\ndirectory = "data"\n',
        '[tool.hatch.build.targets.wheel.shared-data]\n"./data/" = "share/pkg"\n',
        '[tool.setuptools.data-files]\n"share/pkg" = ["data/*.txt"]\n',
    ],
)
def test_data_files_count(table: str) -> None:
    assert _depends_on(["data/a.txt", "other/b.txt"], STATIC + table) == ("data/a.txt",)


def test_an_in_tree_backend_counts() -> None:
    assert _depends_on(["_build/backend.py", "pkg.py"], backend_path=("_build",)) == ("_build/backend.py",)
    assert _depends_on(["backend.py", "pkg/a.py"], backend_path=(".",)) == ("backend.py",)


def test_packages_are_folders_and_modules_without_one() -> None:
    files = ["setup.py", "src/one.py", "src/pkg/a.py", "src/pkg/b.py", "src/pkg/sub/c.pyi", "docs/x.md"]
    assert editable.packages(files) == ("setup.py", "src/one.py", "src/pkg/", "src/pkg/sub/")


class TestDigest:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        for name, text in {
            "pyproject.toml": STATIC,
            "README.md": "r",
            "src/pkg/__init__.py": "",
            "setup.py": "",
        }.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    def _digest(self, root: Path) -> str:
        return editable.digest(Sources(root=root, files=sources.walk(root)))

    def test_an_edited_module_leaves_it(self, root: Path) -> None:
        before = self._digest(root)
        (root / "src/pkg/__init__.py").write_text("x = 1\n", encoding="utf-8")
        (root / "src/pkg/more.py").write_text("", encoding="utf-8")
        assert self._digest(root) == before

    @pytest.mark.parametrize("name", ["README.md", "setup.py", "src/other/__init__.py", "src/fast.c", "src/module.py"])
    def test_metadata_native_sources_and_new_packages_change_it(self, root: Path, name: str) -> None:
        before = self._digest(root)
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("changed\n", encoding="utf-8")
        assert self._digest(root) != before

    def test_settings_of_linters_leave_it_and_those_of_backends_change_it(self, root: Path) -> None:
        before = self._digest(root)
        pyproject = root / "pyproject.toml"
        pyproject.write_text(STATIC + "[tool.ruff]\nline-length = 120\n", encoding="utf-8")
        assert self._digest(root) == before
        pyproject.write_text(STATIC + "[tool.setuptools]\nzip-safe = false\n", encoding="utf-8")
        assert self._digest(root) != before
