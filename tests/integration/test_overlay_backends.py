"""Overlays with a real build backend (the setuptools that virtualenv brings along), and git as backends use it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import virtualenv

from fakes import overlays, wheels
from fakes.index import Index
from fakes.overlays import Lab
from hermes.errors import InstallationError
from hermes.model.lock import LockedMetadata
from hermes.model.plan import EnvironmentSpec
from hermes.model.project import Package, Project
from hermes.runner import metadata, sources
from hermes.store import check, manifest
from hermes.system.processes import Processes

PATH = "/usr/bin:/bin"

SETUPTOOLS = {
    "pyproject.toml": (
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n'
        '[project]\nname = "real"\ndynamic = ["version", "dependencies", "optional-dependencies"]\n\n'
        '[project.scripts]\nreal = "real:main"\n\n'
        '[tool.setuptools.dynamic]\nversion = { attr = "real.VERSION" }\ndependencies = { file = ["requires.txt"] }\n'
        'optional-dependencies.cli = { file = ["requires-cli.txt"] }\n\n'
        '[tool.setuptools.package-data]\nreal = ["*.json"]\n'
    ),
    "requires.txt": "Tabulate >= 0.9\n",
    "requires-cli.txt": "rich\n",
    "src/real/__init__.py": (
        "import importlib.resources\n\nVERSION = '1.0'\n\n\ndef main():\n"
        "    print(VERSION, importlib.resources.files('real').joinpath('data.json').read_text())\n"
    ),
    "src/real/data.json": "{}",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("backends")
    with Index(folder=root / "index") as index:
        yield Lab.make(root, index)


@pytest.fixture(scope="module")
def spec(lab: Lab) -> EnvironmentSpec:
    return lab.spec("test", [wheels.make_wheel(lab.root / "wheels", "below", "1.0")])


@pytest.fixture(scope="module")
def build(lab: Lab) -> EnvironmentSpec:
    real = max((Path(virtualenv.__file__).parent / "seed/wheels/embed").glob("setuptools-*.whl"))
    spec = lab.spec(".build", [wheels.make_wheel(lab.root / "wheels", *real.name.split("-")[:2])])
    sha256 = wheels.sha256_of(real)
    lab.index.change(real.name, served=real.read_bytes(), hashes=(("sha256", sha256),), metadata=None)
    return replace(spec, files=(replace(spec.files[0], sha256=sha256),))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return overlays.write(tmp_path / "checkout", SETUPTOOLS)


def _real(root: Path) -> Project:
    return overlays.project(
        root,
        name="real",
        backend="setuptools.build_meta",
        backend_path=(),
        build_requires=("setuptools",),
        dependencies=None,
        extras=None,
        static_metadata=False,
    )


def _ask(lab: Lab, package: Package, root: Path, tree: Path, digest: str) -> LockedMetadata:
    return metadata.ask(
        package,
        digest=digest,
        root=root,
        tree=tree,
        processes=Processes(),
        store=lab.provider.store,
        environ={"PATH": PATH},
        markers=lab.interpreter.markers,
    )


class TestSetuptools:
    def test_an_editable_install_runs_the_sources(
        self, lab: Lab, spec: EnvironmentSpec, build: EnvironmentSpec, root: Path
    ) -> None:
        built = lab.overlay(spec, _real(root), "editable", build=build)
        assert overlays.run(built.tree, "real").stdout == "1.0 {}\n"
        (root / "src/real/data.json").write_text("[]", encoding="utf-8")
        assert overlays.run(built.tree, "real").stdout == "1.0 []\n"
        assert overlays.answer(built.tree, "real.__file__", "-I", imports="real, below").startswith(str(root))
        assert check.full(built.tree, built.receipt) == ()

    def test_a_version_that_a_module_holds_needs_a_new_install(
        self, lab: Lab, spec: EnvironmentSpec, build: EnvironmentSpec, root: Path
    ) -> None:
        lab.overlay(spec, _real(root), "editable", build=build)
        module = root / "src/real/__init__.py"
        module.write_text(module.read_text(encoding="utf-8").replace("1.0", "2.0"), encoding="utf-8")
        built = lab.overlay(spec, _real(root), "editable", build=build)
        assert overlays.answer(built.tree, "m.version('real')", imports="importlib.metadata as m") == "2.0"

    def test_a_wheel_is_installed_as_users_get_it(
        self, lab: Lab, spec: EnvironmentSpec, build: EnvironmentSpec, root: Path
    ) -> None:
        before = manifest.scan(root)
        built = lab.overlay(spec, _real(root), "wheel", build=build)
        assert overlays.run(built.tree, "real").stdout == "1.0 {}\n"
        assert overlays.answer(built.tree, "real.__file__", imports="real").startswith(str(built.tree))
        assert manifest.scan(root) == before

    def test_metadata_is_asked_for_without_touching_the_checkout(
        self, lab: Lab, build: EnvironmentSpec, root: Path
    ) -> None:
        before = manifest.scan(root)
        package = _real(root).package
        assert package is not None
        answers = _ask(lab, package, root, lab.built(build).tree, "d" * 64)
        assert (answers.requires_dist, answers.extras) == (("Tabulate>=0.9", 'rich; extra == "cli"'), ("cli",))
        assert (answers.digest, answers.build_requires) == ("d" * 64, ())
        assert not metadata.unanswered(package, answers)
        assert manifest.scan(root) == before

    def test_without_setuptools_it_is_named(self, lab: Lab, spec: EnvironmentSpec, root: Path) -> None:
        with pytest.raises(InstallationError, match=r"setuptools\.build_meta cannot be imported: ModuleNotFoundError"):
            lab.overlay(spec, _real(root), "wheel")


def test_static_metadata_is_not_asked_for(lab: Lab, tmp_path: Path) -> None:
    root = overlays.write(tmp_path, {**overlays.MINE, "asks-for": "Below>=1"})
    package = overlays.project(root).package
    assert package is not None
    tree = lab.built(lab.spec(".build", [])).tree
    answers = _ask(lab, package, root, tree, "d")
    assert (answers.requires_dist, answers.extras, answers.build_requires) == (None, None, ("Below>=1",))
    assert not metadata.unanswered(package, answers)


def test_dynamic_metadata_waits_for_requirements_that_are_not_there(lab: Lab, tmp_path: Path) -> None:
    root = overlays.write(tmp_path, {**overlays.MINE, "asks-for": "Below>=1"})
    package = overlays.project(root, dependencies=None).package
    assert package is not None
    tree = lab.built(lab.spec(".build", [])).tree
    answers = _ask(lab, package, root, tree, "d")
    assert answers.build_requires == ("Below>=1",)
    assert metadata.unanswered(package, answers)


@pytest.mark.skipif(shutil.which("git", path=PATH) is None, reason="no git in /usr/bin or /bin")
class TestGit:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = overlays.write(
            tmp_path / "checkout",
            {
                "pyproject.toml": "",
                ".gitignore": "*.log\nignored/\n",
                "src/pkg.py": "",
                "build/tracked.txt": "",
            },
        )
        self._git(root, "init", "--quiet")
        self._git(root, "add", "--force", ".")
        self._git(root, "commit", "--quiet", "--message", "first")
        overlays.write(root, {"new.py": "", "debug.log": "", "ignored/x.py": "", "dist/pkg.whl": ""})
        return root

    def _git(self, root: Path, *words: str) -> None:
        author = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        env = {"PATH": PATH, "HOME": str(root.parent), **author}
        assert Processes().run(["git", *words], env=env, cwd=root).status == 0

    def _find(self, root: Path, *requires: str, path: str = PATH) -> sources.Sources:
        package = overlays.project(root, build_requires=requires).package
        assert package is not None
        return sources.find(root, package, processes=Processes(), path=path)

    def test_it_says_what_the_sources_are(self, root: Path) -> None:
        expected = (".gitignore", "build/tracked.txt", "new.py", "pyproject.toml", "src/pkg.py")
        assert self._find(root).files == expected

    def test_without_it_the_folder_is_walked(self, root: Path) -> None:
        files = (".gitignore", "debug.log", "ignored/x.py", "new.py", "pyproject.toml", "src/pkg.py")
        assert self._find(root, path="/nowhere").files == files

    def test_a_project_below_the_repository_is_a_part_of_it(self, root: Path) -> None:
        overlays.write(root, {"part/setup.py": "", "part/a.log": "", "part/pkg.py": ""})
        assert self._find(root / "part").files == ("pkg.py", "setup.py")
        overlays.write(root, {"ignored/part/setup.py": ""})
        assert self._find(root / "ignored/part").files == ("setup.py",)

    def test_the_commit_counts_where_a_backend_reads_the_version_from_it(self, root: Path) -> None:
        assert self._find(root, "setuptools").revision == ""
        before = self._find(root, "setuptools", "setuptools_scm[toml]>=8")
        self._git(root, "commit", "--quiet", "--allow-empty", "--message", "second")
        after = self._find(root, "setuptools", "setuptools_scm[toml]>=8")
        assert (len(before.revision), before.git_folder) == (40, root / ".git")
        assert sources.wheel_digest(before) != sources.wheel_digest(after)

    def test_hermess_own_files_count_only_where_git_would_miss_them(self, root: Path, tmp_path: Path) -> None:
        overlays.write(root, {"envfile.toml": "", "envfile.lock": ""})
        self._git(root, "add", "envfile.toml")
        self._git(root, "commit", "--quiet", "--message", "second")
        assert not {"envfile.toml", "envfile.lock"} & set(self._find(root).files)
        found = self._find(root, "setuptools_scm")
        assert "envfile.toml" in found.files
        assert "envfile.lock" not in found.files
        sources.copy(found, tmp_path / "copy")
        described = Processes().run(
            ["git", "describe", "--always", "--dirty"],
            env={"PATH": PATH, "HOME": str(tmp_path), "GIT_OPTIONAL_LOCKS": "0"},
            cwd=tmp_path / "copy",
        )
        assert "dirty" not in described.stdout

    def test_a_copy_can_ask_for_its_version(self, root: Path, tmp_path: Path) -> None:
        self._git(root, "tag", "v1.0")
        index = (root / ".git/index").read_bytes()
        sources.copy(self._find(root, "hatch-vcs"), tmp_path / "copy")
        env = {"PATH": PATH, "HOME": str(tmp_path), "GIT_OPTIONAL_LOCKS": "0"}
        described = Processes().run(["git", "describe", "--tags", "--dirty"], env=env, cwd=tmp_path / "copy")
        assert described.stdout == "v1.0\n"
        assert (root / ".git/index").read_bytes() == index
