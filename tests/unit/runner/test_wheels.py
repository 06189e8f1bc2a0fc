import zipfile
from pathlib import Path
from typing import Any

import pytest

from fakes import wheels as made
from hermes.model.interpreter import FileIdentity, Interpreter
from hermes.model.plan import EnvironmentSpec, SelectedFile
from hermes.model.project import Package
from hermes.model.receipt import Entry
from hermes.runner import wheels
from hermes.runner.sources import Sources
from hermes.store import manifest

PACKAGE = Package(name="mine", dependencies=(), extras={}, build_requires=(), backend="flit_core.buildapi")


def _spec(key: str = "0" * 64, version: str = "3.12") -> EnvironmentSpec:
    interpreter = Interpreter(
        path="/python",
        real_path="/python",
        identity=FileIdentity(size=1, mtime_ns=1, inode=1, device=1),
        implementation="cpython",
        version="3.12.1",
        build="",
        abi="",
        platform="",
        libc="",
        free_threaded=False,
        base_prefix="/",
        markers={},
        tags=(),
    )
    file = SelectedFile(package="flit-core", version=version, file="flit_core.whl", sha256="1" * 64)
    return EnvironmentSpec(
        name=".build", python="3.12", interpreter=interpreter, files=(file,), key=key, address="2" * 64
    )


@pytest.fixture
def found(tmp_path: Path) -> Sources:
    (tmp_path / "pyproject.toml").touch()
    return Sources(root=tmp_path, files=("pyproject.toml",))


class TestAddresses:
    def test_interpreters_share_the_address_of_a_pure_wheel_only(self, found: Sources) -> None:
        one = wheels.addresses(PACKAGE, found, _spec("0" * 64))
        other = wheels.addresses(PACKAGE, found, _spec("f" * 64))
        assert one[0] == other[0]
        assert len({*one, other[1]}) == 3

    def test_sources_pins_and_backend_count(self, found: Sources) -> None:
        before = wheels.addresses(PACKAGE, found, _spec())
        other = Package(name="mine", dependencies=(), extras={}, build_requires=(), backend="other")
        assert not {*wheels.addresses(PACKAGE, found, _spec(version="3.13"))} & {*before}
        assert not {*wheels.addresses(other, found, _spec())} & {*before}
        (found.root / "pyproject.toml").write_text("x", encoding="utf-8")
        assert not {*wheels.addresses(PACKAGE, found, _spec())} & {*before}


class TestContent:
    def _content(self, folder: Path, **arguments: Any) -> str:
        return wheels.content(made.make_wheel(folder, "mine", "1.0", **arguments))

    def test_what_is_in_it_counts(self, tmp_path: Path) -> None:
        plain = self._content(tmp_path, files={"a.py": "1", "b.py": "2"})
        assert self._content(tmp_path, files={"b.py": "2", "a.py": "1"}) == plain
        assert self._content(tmp_path, files={"a.py": "1", "b.py": "3"}) != plain
        assert self._content(tmp_path, files={"a.py": "1", "b.py": "2"}, executables=["a.py"]) != plain
        assert self._content(tmp_path, files={"a.py": "1", "b.py": "2"}, entry_points="[x]\ny = z\n") != plain

    def test_times_and_compression_do_not_count(self, tmp_path: Path) -> None:
        wheel = made.make_wheel(tmp_path, "mine", "1.0")
        again = tmp_path / "again.whl"
        with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(again, "w") as new:
            for item in old.infolist():
                entry = zipfile.ZipInfo(item.filename, (2001, 1, 1, 0, 0, 0))
                entry.external_attr = item.external_attr
                new.writestr(entry, old.read(item))
        assert again.read_bytes() != wheel.read_bytes()
        assert wheels.content(again) == wheels.content(wheel)


@pytest.mark.parametrize(
    ("name", "pure"),
    [
        ("mine-1.0-py3-none-any.whl", True),
        ("mine-1.0-py2.py3-none-any.whl", True),
        ("mine-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", False),
        ("mine-1.0-cp39-abi3-linux_x86_64.whl", False),
        ("mine-1.0-py3-none-linux_x86_64.whl", False),
    ],
)
def test_pure_is_what_any_interpreter_takes(name: str, pure: bool) -> None:
    assert wheels.is_pure(name) is pure


def test_differences_are_what_is_missing_or_changed_below_site_packages(tmp_path: Path) -> None:
    wheel = made.make_wheel(
        tmp_path,
        "mine",
        "1.0",
        files={"same.py": "s", "changed.py": "c", "missing.py": "m", "mine-1.0.data/purelib/pure.py": "p"},
        scripts={"run": "#!python\n"},
    )
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "changed.py").write_text("C", encoding="utf-8")
    (site / "missing.py").unlink()
    installed: dict[str, Entry] = {entry.path: entry for entry in manifest.scan(site)}
    assert wheels.differences(wheel, installed) == ("changed.py", "missing.py", "pure.py")
    (site / "mine-1.0.data/purelib/pure.py").rename(site / "pure.py")
    installed = {entry.path: entry for entry in manifest.scan(site)}
    assert wheels.differences(wheel, installed) == ("changed.py", "missing.py")
