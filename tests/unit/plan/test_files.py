from collections.abc import Sequence

import pytest

from fakes import plans
from hermes.errors import LockError, ProvisionError
from hermes.model.lock import LockedFile
from hermes.plan import files
from unit.lockfile import samples

PYTHON = plans.interpreter("3.12.1")
RANKS = {tag: rank for rank, tag in enumerate(PYTHON.tags)}


def locked(*names: str) -> list[LockedFile]:
    return [LockedFile(name=name, sha256=samples.sha(name)) for name in sorted(names)]


def best(*names: str) -> str | None:
    """The answer, which must not depend on the order of the files."""
    found = [files.best(order, RANKS) for order in (locked(*names), locked(*names)[::-1])]
    (answer,) = {each.name if each else None for each in found}
    return answer


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a-1-py3-none-any.whl"], "a-1-py3-none-any.whl"),
        (["a-1-py2.py3-none-any.whl"], "a-1-py2.py3-none-any.whl"),
        (
            ["a-1-py3-none-any.whl", "a-1-cp312-cp312-manylinux_2_17_x86_64.whl"],
            "a-1-cp312-cp312-manylinux_2_17_x86_64.whl",
        ),
        (
            ["a-1-cp312-abi3-manylinux_2_28_x86_64.whl", "a-1-cp312-cp312-linux_x86_64.whl"],
            "a-1-cp312-cp312-linux_x86_64.whl",
        ),
        # One of several compressed tags may be the best.
        (
            [
                "a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
                "a-1-cp312-cp312-manylinux_2_17_x86_64.whl",
            ],
            "a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
        ),
        (["a-1-1-py3-none-any.whl", "a-1-2-py3-none-any.whl", "a-1-py3-none-any.whl"], "a-1-2-py3-none-any.whl"),
        (["a-1-2-py3-none-any.whl", "a-1-10-py3-none-any.whl"], "a-1-10-py3-none-any.whl"),
        # A build number decides between equals only.
        (["a-1-9-py3-none-any.whl", "a-1-cp312-none-any.whl"], "a-1-cp312-none-any.whl"),
        (["a-1.tar.gz", "a-1-py3-none-any.whl"], "a-1-py3-none-any.whl"),
        (["a-1.tar.gz"], None),
        (["a-1-cp311-cp311-linux_x86_64.whl", "a-1-cp312-cp312-win_amd64.whl"], None),
        ([], None),
    ],
)
def test_the_best_file(names: Sequence[str], expected: str | None) -> None:
    assert best(*names) == expected


def test_equals_are_told_apart_by_name() -> None:
    names = ["a-1-py3-none-any.whl", "a-1-py2.py3-none-any.whl"]
    assert best(*names) == "a-1-py2.py3-none-any.whl"


def test_one_file_of_each_package_whose_marker_holds_sorted_by_package() -> None:
    chosen = files.choose(samples.plain(), "test", plans.interpreter("3.11.7"))
    assert [(file.package, file.version, file.file) for file in chosen] == [
        ("coverage", "7.6.1", "coverage-7.6.1-py3-none-any.whl"),
        ("iniconfig", "2.0.0", "iniconfig-2.0.0-py3-none-any.whl"),
        ("numpy", "1.26.4", "numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.whl"),
        ("pytest", "8.4.0", "pytest-8.4.0-py3-none-any.whl"),
        ("tomli", "2.0.1", "tomli-2.0.1-py3-none-any.whl"),
    ]


def test_hash_and_recorded_content_come_along() -> None:
    chosen = {file.package: file for file in files.choose(samples.plain(), "test", PYTHON)}
    assert "tomli" not in chosen
    assert chosen["numpy"].sha256 == samples.sha("numpy-2.4.1-cp312-cp312-manylinux_2_28_x86_64.whl")
    assert chosen["numpy"].content == samples.sha("content")
    assert chosen["pytest"].content is None


def test_a_package_that_two_pins_select_is_refused() -> None:
    pins = [samples.pin("six", "1"), samples.pin("six", "2", 'sys_platform == "linux"')]
    lock = samples.lock(
        [samples.environment("test", *pins)], [samples.package("six", "1"), samples.package("six", "2")]
    )
    with pytest.raises(LockError) as caught:
        files.choose(lock, "test", PYTHON)
    assert caught.value.message == "environments.test: six is locked twice for Python 3.12.1"
    assert caught.value.hint == "run `hermes lock`"


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (0, ""),
        (1, "n-1-cp310-cp310-win_amd64.whl"),
        (3, "n-1-cp310-cp310-win_amd64.whl, n-1-cp311-cp311-win_amd64.whl, n-1-cp312-cp312-win_amd64.whl"),
        (5, "n-1-cp310-cp310-win_amd64.whl, n-1-cp311-cp311-win_amd64.whl, n-1-cp312-cp312-win_amd64.whl and 2 more"),
    ],
)
def test_a_package_without_a_file_that_fits_is_named_with_what_is_locked(count: int, named: str) -> None:
    wheels = [samples.wheel("n", "1", f"cp31{minor}-cp31{minor}-win_amd64") for minor in range(count)]
    lock = samples.lock([samples.environment("test", samples.pin("n", "1"))], [samples.package("n", "1", files=wheels)])
    with pytest.raises(ProvisionError) as caught:
        files.choose(lock, "test", PYTHON)
    assert caught.value.message == (
        f"environments.test: n 1 has no wheel for cpython 3.12.1 on linux-x86_64 (locked: {named})"
    )
    assert caught.value.hint == "choose another version of n, or leave this Python out with `python = [...]`"
