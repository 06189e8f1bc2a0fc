import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from fakes.uv import FakeUv, completed, fake_uv, running_interpreter, wants
from hermes.errors import ResolutionError
from hermes.model.lock import WantedEnvironment
from hermes.system.processes import Completed
from hermes.uv import resolve
from hermes.uv.resolve import Resolution


class Answers:
    """Answers as uv does for environments that each ask for versions of alpha: unequal ones have no solution."""

    def __init__(self) -> None:
        self.locked: list[tuple[str, ...]] = []

    def __call__(self, words: Sequence[str], folder: Path) -> Completed:
        groups: Mapping[str, list[str]] = tomllib.loads((folder / "pyproject.toml").read_text())["dependency-groups"]
        if words[0] == "export":
            (text,) = groups[words[words.index("--only-group") + 1]]
            return completed(stdout=f"{text.partition(';')[0].strip()}\n")
        self.locked.append(tuple(text for texts in groups.values() for text in texts))
        asked = {text for texts in groups.values() for text in texts}
        if len(asked) > 1 or "alpha==0" in asked:
            return completed(1, stderr="error: No solution found when resolving dependencies\n")
        (text,) = asked
        version = text.removeprefix("alpha==")
        (folder / "uv.lock").write_text(
            f'[[package]]\nname = "alpha"\nversion = "{version}"\nsource = {{ registry = "x" }}\nwheels = ['
            f'{{ url = "https://index.invalid/alpha-{version}-py3-none-any.whl", hash = "sha256:{"1" * 64}" }}]\n'
        )
        return completed(stderr="warning: mind the gap\n")


def run(
    uv: FakeUv, folder: Path, *wanted: WantedEnvironment, specifiers: Mapping[str, str] | None = None
) -> Resolution:
    return resolve.resolve(
        uv,
        wanted,
        preferences=None,
        upgrade=False,
        upgrade_packages=frozenset(),
        interpreter=running_interpreter(),
        workdir=folder / "work",
        specifiers=specifiers,
    )


def test_environments_join_the_first_bucket_that_they_agree_with(tmp_path: Path) -> None:
    answers = Answers()
    uv = fake_uv(tmp_path, answers)

    resolution = run(
        uv,
        tmp_path,
        wants("a", "alpha==1"),
        wants(".build", "alpha==1"),
        wants("b", "alpha==2"),
        wants("c", "alpha==2"),
        wants("d", "alpha==1"),
    )

    assert {name: environment.pins[0].version for name, environment in resolution.environments.items()} == {
        "a": "1", ".build": "1", "b": "2", "c": "2", "d": "1"
    }  # fmt: skip
    one, two = "alpha==1", "alpha==2"
    assert answers.locked == [
        (one,),
        (one, two, two, one),
        (one,), (two,), (two,), (one,),
        (one, two),
        (one, two), (two, two),
        (one, one),
    ]  # fmt: skip
    assert resolution.warnings == ("mind the gap",)


def test_all_environments_that_fail_alone_are_told(tmp_path: Path) -> None:
    with pytest.raises(ResolutionError) as caught:
        run(
            fake_uv(tmp_path, Answers()),
            tmp_path,
            wants("a", "alpha==0"),
            wants("b", "alpha==2"),
            wants("c", "alpha==0"),
        )

    assert [line for line in caught.value.message.splitlines() if line.startswith("environments")] == [
        "environments.a: the requirements have no solution",
        "environments.c: the requirements have no solution",
    ]


def test_nothing_wanted_is_nothing_asked(tmp_path: Path) -> None:
    uv = fake_uv(tmp_path, Answers())

    assert run(uv, tmp_path) == Resolution(environments={}, packages={})
    assert uv.calls == []


def test_a_path_needs_to_be_known(tmp_path: Path) -> None:
    uv = fake_uv(tmp_path, Answers())
    wanted = wants("test", "alpha==1", python=("./python",))

    with pytest.raises(ResolutionError, match=r"^environments\.test: which Python \./python is cannot be told"):
        run(uv, tmp_path, wanted)
    resolution = run(uv, tmp_path, wanted, specifiers={"./python": "==3.12.*"})

    assert resolution.environments["test"].requires_python == "<3.13,>=3.12"


def test_an_empty_range_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResolutionError, match=r"^environments\.test: no version of Python is in >=3\.13,<3\.11$"):
        run(fake_uv(tmp_path, Answers()), tmp_path, wants("test", "alpha==1", python=(">=3.13,<3.11",)))


@pytest.mark.parametrize("verb", ["lock", "export"])
def test_a_failure_that_is_no_conflict_is_passed_on(tmp_path: Path, verb: str) -> None:
    answers = Answers()

    def answer(words: Sequence[str], folder: Path) -> Completed:
        return completed(2, stderr="error: the disk is full\n") if words[0] == verb else answers(words, folder)

    with pytest.raises(ResolutionError, match=r"\(exit status 2\):\nthe disk is full$"):
        run(fake_uv(tmp_path, answer), tmp_path, wants("test", "alpha==1"))
