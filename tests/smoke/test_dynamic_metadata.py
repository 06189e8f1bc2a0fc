"""Dependencies that only the build backend knows: locked as it gives them, and never tested against other ones."""

from pathlib import Path

import pytest

from fakes.index import Index
from fakes.projects import PYTHON, Hermes

BACKEND = """
import pathlib
from zipfile import ZipFile


def _metadata():
    lines = ["Metadata-Version: 2.1", "Name: sample", "Version: 1", "Provides-Extra: more"]
    lines += [f"Requires-Dist: {need}" for need in pathlib.Path("needs.list").read_text().split()]
    return "\\n".join([*lines, 'Requires-Dist: gamma; extra == "more"']) + "\\n"


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    target = pathlib.Path(folder) / "sample-1.dist-info"
    target.mkdir()
    (target / "METADATA").write_text(_metadata())
    return target.name


def build_wheel(folder, config_settings=None, metadata_directory=None):
    files = {
        "sample.py": "",
        "sample-1.dist-info/METADATA": _metadata(),
        "sample-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(f"{name},,\\n" for name in [*files, "sample-1.dist-info/RECORD"])
    with ZipFile(pathlib.Path(folder) / "sample-1-py3-none-any.whl", "w") as archive:
        for name, text in {**files, "sample-1.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    return "sample-1-py3-none-any.whl"


build_editable = build_wheel
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "sample"
version = "1"
dynamic = ["dependencies", "optional-dependencies"]
"""
ENVFILE = f"""
python = ["{PYTHON}"]

[environments.test]
extras = ["more"]
package = "wheel"

[sessions.unit]
environment = "test"
run = "python -c 'import first, gamma'"
"""


@pytest.fixture
def project(tmp_path: Path, index: Index) -> Path:
    for name in ("first", "second", "gamma"):
        index.make(name, "1.0", files={f"{name}.py": ""})
    folder = tmp_path / "project"
    folder.mkdir()
    texts = {"backend.py": BACKEND, "pyproject.toml": PYPROJECT, "needs.list": "first\n", "envfile.toml": ENVFILE}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def test_extras_and_dependencies_are_asked_of_the_backend(hermes: Hermes, project: Path) -> None:
    hermes.passes("lock", at=project)
    hermes.passes("run", at=project)
    hermes.passes("lock", "--check", at=project)


def test_an_extra_that_the_backend_does_not_know(hermes: Hermes, project: Path) -> None:
    (project / "envfile.toml").write_text(ENVFILE.replace('"more"', '"mere"'))
    ran = hermes("lock", at=project)
    assert ran.status == 2
    assert ran.stderr.startswith("hermes: error: envfile.toml:4: environments.test: the package has no extra 'mere'")


def test_what_no_file_that_hermes_knows_of_tells_is_seen_when_the_package_is_built(
    hermes: Hermes, project: Path
) -> None:
    hermes.passes("run", at=project)
    (project / "needs.list").write_text("first second")
    hermes.passes("lock", "--check", at=project)  # the backend alone could tell, and no process is started

    ran = hermes("run", at=project)
    assert ran.status == 3
    assert "envfile.lock is stale: the package, as it is built now, has other dependencies" in ran.stdout
    assert "second is new" in ran.stdout

    hermes.passes("lock", at=project)
    hermes.passes("run", at=project)
    (project / "needs.list").write_text("first")
    ran = hermes("run", at=project)
    assert (ran.status, "second is gone" in ran.stdout) == (3, True)
