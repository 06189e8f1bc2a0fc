import pytest

from hermes.lockfile import metadata

PYPROJECT = """
[build-system]
requires = ["setuptools>=61"]
[project]
name = "sample"
dynamic = ["dependencies"]
[tool.setuptools.dynamic]
dependencies = { file = "requirements.txt" }
[tool.ruff]
line-length = 100
"""


def files(pyproject: str = PYPROJECT, **others: str) -> dict[str, str]:
    return {"pyproject.toml": pyproject, "requirements.txt": "click\n", **others}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("line-length = 100", "line-length = 120"),
        ("[build-system]", "# a comment\n[build-system]"),
        ('name = "sample"', 'name = "sample"\nversion = "1"\nclassifiers = ["Typing :: Typed"]'),
        ("[tool.ruff]", "[tool.mypy]\nstrict = true\n[tool.ruff]"),
    ],
)
def test_what_no_backend_reads_changes_nothing(old: str, new: str) -> None:
    assert metadata.digest(files(PYPROJECT.replace(old, new))) == metadata.digest(files())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("setuptools>=61", "setuptools>=77"),
        ('dynamic = ["dependencies"]', 'dynamic = ["dependencies", "version"]'),
        ("requirements.txt", "needs.txt"),
        ("[tool.ruff]", "[tool.uv.build-backend]\nmodule-root = ''\n[tool.ruff]"),
    ],
)
def test_what_a_backend_may_read_changes_it(old: str, new: str) -> None:
    assert metadata.digest(files(PYPROJECT.replace(old, new))) != metadata.digest(files())


def test_another_file_counts_as_a_whole() -> None:
    assert metadata.digest({**files(), "requirements.txt": "click \n"}) != metadata.digest(files())
