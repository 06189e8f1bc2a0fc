import os
from pathlib import Path

import pytest

from hermes.runner import sources
from hermes.runner.sources import Sources


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _digest(root: Path) -> str:
    return sources.wheel_digest(Sources(root=root, files=sources.walk(root)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    _write(tmp_path, {"pyproject.toml": "", "src/pkg/__init__.py": "x = 1\n", "README.md": "hello\n"})
    return tmp_path


def test_a_walk_leaves_out_what_is_never_sources(root: Path) -> None:
    never = (
        *(".git/HEAD", ".venv/pyvenv.cfg", "env/pyvenv.cfg", "env/lib/x.py", "build/lib/pkg.py", "dist/pkg.whl"),
        *("src/pkg/__pycache__/x.pyc", "src/pkg.egg-info/PKG-INFO", ".tox/x", "node_modules/x.js", ".mypy_cache/x"),
        *(".coverage", ".coverage.host.1", "src/pkg/.x.py.swp", "src/pkg/x.py~", "envfile.toml", "envfile.lock"),
        *("src/pkg/_x.cpython-312-x86_64-linux-gnu.so", "src/pkg/_x.abi3.so", "src/pkg/_x.cp312-win_amd64.pyd"),
        *("src/pkg/_x.pypy311-pp73-x86_64-linux-gnu.so", "src/pkg/_x.o"),
    )
    _write(root, dict.fromkeys(never, ""))
    assert sources.walk(root) == ("README.md", "pyproject.toml", "src/pkg/__init__.py")


def test_packages_named_like_output_folders_are_sources(root: Path) -> None:
    _write(root, {"build/__init__.py": "", "src/pkg/dist/data.txt": ""})
    assert {"build/__init__.py", "src/pkg/dist/data.txt"} <= set(sources.walk(root))


def test_a_git_listing_counts_what_is_there_and_leaves_out_untracked_rubbish(root: Path) -> None:
    _write(root, {"build/tracked.py": "", "dist/new.whl": "", "new.py": "", "sub/inner.py": "", "x.egg-info/y": ""})
    tracked = ("pyproject.toml", "build/tracked.py", "gone.py", "sub")
    untracked = ("dist/new.whl", "new.py", "x.egg-info/y")
    listing = "".join([*(f"H {name}\0" for name in tracked), *(f"? {name}\0" for name in untracked)])
    assert sources.from_git(root, listing) == ("build/tracked.py", "new.py", "pyproject.toml", "sub/inner.py")


def test_a_walk_takes_libraries_that_may_have_come_with_the_sources(root: Path) -> None:
    _write(root, {"src/pkg/libvendored.so": "", "src/pkg/envfile.toml": ""})
    assert {"src/pkg/libvendored.so", "src/pkg/envfile.toml"} <= set(sources.walk(root))


def test_a_git_listing_has_native_code_and_hermess_files_only_where_they_are_tracked(root: Path) -> None:
    tracked = ("pyproject.toml", "src/pkg/kept.so", "src/pkg/envfile.lock", "envfile.toml")
    untracked = ("src/pkg/_x.cpython-312-darwin.so", "src/pkg/_y.so", "z.pyd", "lib/z.dylib", "z.o", "envfile.lock")
    _write(root, dict.fromkeys([*tracked, *untracked], ""))
    listing = "".join([*(f"H {name}\0" for name in tracked), *(f"? {name}\0" for name in untracked)])
    assert sources.from_git(root, listing) == tuple(sorted(tracked))


def test_a_git_listing_without_build_instructions_is_of_no_use(root: Path) -> None:
    assert sources.from_git(root, "") is None
    assert sources.from_git(root, "H README.md\0") is None


def test_contents_count_and_times_do_not(root: Path) -> None:
    before = _digest(root)
    module = root / "src/pkg/__init__.py"
    status = module.stat()
    os.utime(module, (1, 1))
    assert _digest(root) == before
    module.write_text("x = 2\n", encoding="utf-8")
    os.utime(module, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert _digest(root) != before


@pytest.mark.parametrize("change", ["rename", "add", "remove", "executable"])
def test_names_and_executable_bits_count(root: Path, change: str) -> None:
    before = _digest(root)
    readme = root / "README.md"
    match change:
        case "rename":
            readme.rename(root / "README.txt")
        case "add":
            (root / "empty").touch()
        case "remove":
            readme.unlink()
        case _:
            readme.chmod(0o755)
    assert _digest(root) != before


def test_the_place_does_not_count(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _write(tmp_path / name, {"setup.py": "x", "pkg.py": "y"})
    assert _digest(tmp_path / "one") == _digest(tmp_path / "two")


def test_the_revision_counts(root: Path) -> None:
    files = sources.walk(root)
    plain = sources.wheel_digest(Sources(root=root, files=files))
    assert sources.wheel_digest(Sources(root=root, files=files, revision="v1-0-gabc")) != plain


def test_a_file_that_vanished_is_no_error(root: Path) -> None:
    assert sources.wheel_digest(Sources(root=root, files=("pyproject.toml", "vanished.py")))


class TestLinks:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        _write(tmp_path, {"outside/LICENSE": "one", "outside/data/a.txt": "a", "project/pyproject.toml": ""})
        project = tmp_path / "project"
        (project / "LICENSE").symlink_to("../outside/LICENSE")
        (project / "data").symlink_to("../outside/data")
        (project / "inside").symlink_to("pyproject.toml")
        (project / "broken").symlink_to("../nowhere")
        return project

    def test_what_lies_outside_counts(self, root: Path) -> None:
        before = _digest(root)
        (root / "../outside/data/a.txt").write_text("b", encoding="utf-8")
        assert _digest(root) != before

    def test_a_copy_stands_by_itself(self, root: Path, tmp_path: Path) -> None:
        target = tmp_path / "deep/er/copy"
        sources.copy(Sources(root=root, files=sources.walk(root)), target)
        assert (target / "LICENSE").read_text(encoding="utf-8") == "one"
        assert not (target / "LICENSE").is_symlink()
        assert (target / "data/a.txt").read_text(encoding="utf-8") == "a"
        assert (target / "inside").readlink() == Path("pyproject.toml")
        assert not os.path.lexists(target / "broken")


def test_a_copy_has_modes(root: Path, tmp_path: Path) -> None:
    (root / "run.sh").write_text("x", encoding="utf-8")
    (root / "run.sh").chmod(0o700)
    target = tmp_path / "copy"
    sources.copy(Sources(root=root, files=sources.walk(root)), target)
    assert (target / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (target / "README.md").stat().st_mode & 0o777 == 0o644
    assert not (target / ".git").exists()


def test_a_copy_of_a_linked_work_tree_leads_to_the_repository(root: Path, tmp_path: Path) -> None:
    linked = tmp_path / "repo/.git/worktrees/one"
    _write(linked, {"HEAD": "ref: refs/heads/one\n", "commondir": "../..\n"})
    found = Sources(root=root, files=("pyproject.toml",), revision="r", git_folder=linked)
    sources.copy(found, tmp_path / "copy")
    made = tmp_path / "copy/.git"
    assert (made / "commondir").read_text(encoding="utf-8") == f"{tmp_path}/repo/.git\n"
    assert (made / "HEAD").read_text(encoding="utf-8") == "ref: refs/heads/one\n"
