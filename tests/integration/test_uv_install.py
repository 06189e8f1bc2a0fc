import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.index import Hosted, Index
from fakes.uv import real_uv, running_interpreter
from hermes.errors import InstallationError, InterpreterError
from hermes.model.plan import SelectedFile
from hermes.uv import install
from hermes.uv.command import Uv

pytest_plugins = ("fakes.plugin",)


@pytest.fixture
def uv(tmp_path: Path, index: Index) -> Uv:
    return real_uv(tmp_path / "cache", {"UV_DEFAULT_INDEX": index.url})


@pytest.fixture
def target(uv: Uv, tmp_path: Path) -> Path:
    folder = tmp_path / "address" / "tree"
    folder.parent.mkdir()
    install.create(uv, running_interpreter(), folder)
    return folder


def selected(hosted: Hosted, *, sha256: str | None = None) -> SelectedFile:
    package, version = hosted.name.split("-")[:2]
    return SelectedFile(
        package=package.replace("_", "-"),
        version=version,
        file=hosted.name,
        sha256=sha256 or dict(hosted.hashes)["sha256"],
    )


def site(target: Path) -> Path:
    (folder,) = target.glob("lib/*/site-packages")
    return folder


def installed(target: Path) -> list[str]:
    return sorted(path.name for path in site(target).iterdir() if path.suffix == ".dist-info")


def snapshot(target: Path) -> list[str]:
    return sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.name != ".lock")


def test_an_environment_is_relocatable_and_sends_bytecode_away(uv: Uv, target: Path, tmp_path: Path) -> None:
    (site(target) / "alpha.py").write_text("")
    before = snapshot(target)
    moved = tmp_path / "elsewhere" / "tree"
    moved.parent.mkdir()
    target.rename(moved)

    subprocess.run([str(moved / "bin" / "python"), "-I", "-c", "import alpha, wave"], check=True, env={})

    assert snapshot(moved) == before
    assert list((moved.parent / "bytecode").rglob("alpha.*.pyc"))
    for path in moved.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert str(tmp_path) not in path.read_text(errors="replace")
    assert uv.cache.is_dir()


def test_bytecode_goes_where_the_caller_says_if_he_does(target: Path, tmp_path: Path) -> None:
    program = [str(target / "bin" / "python"), "-c", "import sys; print(sys.pycache_prefix)"]

    told = subprocess.run(program, check=True, env={"PYTHONPYCACHEPREFIX": "/x"}, capture_output=True, text=True)

    assert told.stdout == "/x\n"
    assert not (tmp_path / "address" / "bytecode").exists()


def test_an_environment_of_another_python_than_was_meant_is_refused(uv: Uv, tmp_path: Path) -> None:
    meant = replace(running_interpreter(), version="3.11.99")

    with pytest.raises(InterpreterError) as caught:
        install.create(uv, meant, tmp_path / "tree")

    assert caught.value.message == (
        f"the environment made with {meant.path} has version {running_interpreter().version} instead of 3.11.99"
    )


def test_a_python_that_is_gone_is_an_error(uv: Uv, tmp_path: Path) -> None:
    gone = replace(running_interpreter(), path=str(tmp_path / "python"))

    with pytest.raises(InstallationError, match=r"^no environment could be made with .*/python:\n"):
        install.create(uv, gone, tmp_path / "tree")


def test_files_come_from_the_index_once_and_from_the_cache_after_that(
    uv: Uv, target: Path, index: Index, tmp_path: Path
) -> None:
    files = [selected(index.make("alpha", "1.0", requires=["nothere"])), selected(index.make("Beta.X", "2.0"))]
    install.install(uv, target, files)
    asked = index.count()
    index.down()
    other = tmp_path / "other" / "tree"
    other.parent.mkdir()

    install.create(uv, running_interpreter(), other)
    install.install(uv, other, files)

    assert installed(target) == installed(other) == ["alpha-1.0.dist-info", "beta_x-2.0.dist-info"]
    assert index.count() == asked
    assert (site(target) / "alpha.py").samefile(site(other) / "alpha.py")
    assert not list(target.rglob("*.pyc"))


def test_nothing_to_install_asks_nobody(uv: Uv, target: Path, index: Index) -> None:
    install.install(uv, target, [])

    assert index.count() == 0


def test_the_selected_one_of_several_wheels_is_installed(uv: Uv, target: Path, index: Index) -> None:
    index.make("alpha", "1.0", tag="py3-none-any", files={"alpha.py": "generic"})
    mine = index.make("alpha", "1.0", tag="py2.py3-none-any", files={"alpha.py": "mine"})

    install.install(uv, target, [selected(mine)])

    assert (site(target) / "alpha.py").read_text() == "mine"


def test_a_flipped_hash_is_refused_with_a_cold_and_with_a_warm_cache(uv: Uv, target: Path, index: Index) -> None:
    good = selected(index.make("alpha", "1.0"))
    other = selected(index.make("beta", "1.0"))
    flipped = replace(good, sha256=("1" if good.sha256[0] == "0" else "0") + good.sha256[1:])
    before = snapshot(target)
    expected = (
        "alpha-1.0-py3-none-any.whl (alpha 1.0) is not the file that was locked\n"
        f"  the lock has sha256 {flipped.sha256}\n"
        f"  the file has sha256 {good.sha256}"
    )

    with pytest.raises(InstallationError) as cold:
        install.install(uv, target, [other, flipped])
    assert snapshot(target) == before
    install.install(uv, target, [good, other])
    install.install(uv, target, [other])
    with pytest.raises(InstallationError) as warm:
        install.install(uv, target, [other, flipped])
    index.down()
    with pytest.raises(InstallationError) as offline:
        install.install(replace(uv, offline=True), target, [other, flipped])

    assert cold.value.message == warm.value.message == offline.value.message == expected
    assert installed(target) == ["beta-1.0.dist-info"]


def test_an_index_that_serves_other_bytes_is_refused(uv: Uv, target: Path, index: Index, tmp_path: Path) -> None:
    hosted = index.make("alpha", "1.0")
    file = selected(hosted)
    other = Index(folder=tmp_path / "other").make("alpha", "1.0", files={"alpha.py": "evil"})
    index.change(hosted.name, served=other.served)

    with pytest.raises(InstallationError, match=r"^alpha-1\.0-py3-none-any\.whl \(alpha 1\.0\) is not the file"):
        install.install(uv, target, [file])


def test_a_missing_file_is_named_online_and_offline(uv: Uv, target: Path, index: Index) -> None:
    hosted = index.make("alpha", "1.0")
    index.make("alpha", "0.9")
    index.remove(hosted.name)
    never = selected(Index(folder=index.folder).make("never", "1.0"))

    with pytest.raises(InstallationError) as offline:
        install.install(replace(uv, offline=True), target, [selected(hosted)])
    with pytest.raises(InstallationError) as version:
        install.install(uv, target, [selected(hosted)])
    with pytest.raises(InstallationError) as package:
        install.install(uv, target, [never])

    assert offline.value.message == (
        "alpha-1.0-py3-none-any.whl (alpha 1.0) is not in the wheel cache, and the index may not be asked (--offline)"
    )
    assert version.value.message.startswith(
        "the index does not have alpha-1.0-py3-none-any.whl (alpha 1.0), which the lock"
    )
    assert package.value.message.startswith(
        "the index does not have never-1.0-py3-none-any.whl (never 1.0), which the lock"
    )


def test_a_broken_wheel_is_named(uv: Uv, target: Path, index: Index) -> None:
    hosted = index.make("alpha", "1.0")
    index.change(hosted.name, served=b"this is no wheel")

    with pytest.raises(InstallationError, match=r"^alpha-1\.0-py3-none-any\.whl \(alpha 1\.0\) could not be fetched"):
        install.install(uv, target, [selected(hosted)])


def test_an_index_that_is_down_is_said_to_be(uv: Uv, target: Path, index: Index) -> None:
    file = selected(index.make("alpha", "1.0"))
    index.down()

    with pytest.raises(InstallationError) as caught:
        install.install(uv, target, [file])

    assert caught.value.message.startswith(f"the package index gave no answer: {index.url}alpha/: Connection refused")


def test_a_forgotten_package_is_fetched_and_verified_again(uv: Uv, target: Path, index: Index) -> None:
    file = selected(index.make("alpha", "1.0", files={"alpha.py": "right"}))
    install.forget(uv, ["alpha"])
    install.install(uv, target, [file])
    (cached,) = (path for path in uv.cache.rglob("alpha.py") if "archive" in str(path))
    cached.unlink()
    cached.write_text("tampered")

    install.forget(uv, ["alpha", "nosuch"])
    install.install(uv, target, [replace(file, package="alpha")])
    fetched = [path.read_text() for path in uv.cache.rglob("alpha.py")]

    assert (site(target) / "alpha.py").read_text() == "right"
    assert "tampered" not in fetched


def test_a_wheel_of_ones_own_is_installed_without_its_dependencies(uv: Uv, target: Path, index: Index) -> None:
    hosted = index.make("mine", "1.0", requires=["nothere"])
    index.down()

    install.install_wheel(uv, target, index.folder / hosted.name)

    assert installed(target) == ["mine-1.0.dist-info"]


def test_a_wheel_that_is_none_is_named(uv: Uv, target: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken-1.0-py3-none-any.whl"
    broken.write_text("")

    with pytest.raises(InstallationError, match=r"^broken-1\.0-py3-none-any\.whl could not be installed:\n"):
        install.install_wheel(uv, target, broken)


def test_nothing_of_the_caller_changes_what_is_installed(
    uv: Uv, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = selected(index.make("alpha", "1.0"))
    home = tmp_path / "callers-home"
    for place in (home / ".config" / "uv" / "uv.toml", tmp_path / "address" / "uv.toml"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text('index-url = "http://127.0.0.1:9/simple/"\noffline = true\n')
    (home / ".config" / "pip").mkdir()
    (home / ".config" / "pip" / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/simple/\n")
    hostile = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(home / "uv"),
        "UV_COMPILE_BYTECODE": "1",
        "UV_LINK_MODE": "symlink",
        "UV_EXTRA_INDEX_URL": "http://127.0.0.1:9/simple/",
        "UV_FIND_LINKS": "http://127.0.0.1:9/",
        "UV_CONSTRAINT": "/nowhere",
        "UV_PYTHON": "2.7",
        "UV_CONFIG_FILE": str(home / ".config" / "uv" / "uv.toml"),
        "UV_PROJECT_ENVIRONMENT": str(home),
        "UV_EXCLUDE_NEWER": "2001-01-01",
        "UV_NO_BINARY": "1",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple/",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PYTHONPATH": str(home),
        "PYTHONHOME": str(home),
        "PYTHONSTARTUP": str(home),
        "VIRTUAL_ENV": str(home),
        "CONDA_PREFIX": str(home),
        "__PYVENV_LAUNCHER__": str(home),
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    plain, scrubbed = tmp_path / "address" / "plain", tmp_path / "address" / "scrubbed"

    for target, made in ((plain, uv), (scrubbed, replace(uv, environ={**uv.environ, **hostile}))):
        install.create(made, running_interpreter(), target)
        install.install(made, target, [file])

    assert snapshot(plain) == snapshot(scrubbed)
    assert {path.name for path in home.iterdir()} == {".config"}
