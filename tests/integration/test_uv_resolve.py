from pathlib import Path

import pytest

from fakes.index import Index
from fakes.uv import real_uv, running_interpreter, wants
from hermes.errors import LockError, ResolutionError
from hermes.model.lock import Lock, LockedEnvironment, Pin, PinnedRequirement, WantedEnvironment
from hermes.uv import resolve
from hermes.uv.resolve import Resolution

pytest_plugins = ("fakes.plugin",)

ALL = ("3.11", "3.12", "3.13")


class Desk:
    """Resolves with the real uv, again and again in the same folders."""

    def __init__(self, folder: Path, index: Index) -> None:
        self.folder = folder
        self.environ = {"UV_DEFAULT_INDEX": index.url}

    def resolve(
        self,
        *wanted: WantedEnvironment,
        old: Resolution | None = None,
        upgrade: bool = False,
        upgrade_packages: frozenset[str] = frozenset(),
        offline: bool = False,
    ) -> Resolution:
        lock = None if old is None else Lock(environments=old.environments, packages=old.packages)
        return resolve.resolve(
            real_uv(self.folder / "cache", self.environ, offline=offline),
            wanted,
            preferences=lock,
            upgrade=upgrade,
            upgrade_packages=upgrade_packages,
            interpreter=running_interpreter(),
            workdir=self.folder / "work",
        )


@pytest.fixture
def desk(tmp_path: Path, index: Index) -> Desk:
    return Desk(tmp_path, index)


def pins(environment: LockedEnvironment) -> list[str]:
    return [f"{pin.name}=={pin.version}{f' ; {pin.marker}' if pin.marker else ''}" for pin in environment.pins]


def test_three_environments_over_three_pythons(desk: Desk, index: Index) -> None:
    index.make("num", "1.0", requires_python=">=3.8")
    index.make("num", "2.0", requires_python=">=3.12")
    index.make(
        "Alpha.Pkg",
        "1.0",
        requires=["beta>=1", "winny ; sys_platform == 'win32'", "tom ; python_version < '3.13'"],
        extras={"x": ["num ; python_version >= '3.12'"]},
    )
    for name in ("beta", "winny", "tom"):
        index.make(name, "1.0")

    resolution = desk.resolve(
        wants("test", "alpha-pkg[x]", "num"), wants("gap", "tom", "num", python=("3.11", "3.13")), wants("empty")
    )

    assert list(resolution.environments) == ["test", "gap", "empty"]
    test, gap, empty = resolution.environments.values()
    assert pins(test) == [
        "alpha-pkg==1.0",
        "beta==1.0",
        'num==1.0 ; python_full_version < "3.12"',
        'num==2.0 ; python_full_version >= "3.12"',
        'tom==1.0 ; python_full_version < "3.13"',
        'winny==1.0 ; sys_platform == "win32"',
    ]
    assert test.requires_python == "<3.14,>=3.11"
    assert test.requirements == ("alpha-pkg[x]", "num")
    assert pins(gap) == [
        'num==1.0 ; python_full_version < "3.12"',
        'num==2.0 ; python_full_version >= "3.13"',
        "tom==1.0",
    ]
    assert gap.requires_python == "!=3.12.*,<3.14,>=3.11"
    assert pins(empty) == []
    alpha = resolution.packages["alpha-pkg", "1.0"]
    assert alpha.dependencies == (
        "beta",
        'num; python_full_version >= "3.12" and extra == "x"',
        'tom; python_full_version < "3.13"',
        'winny; sys_platform == "win32"',
    )
    assert [(file.name, len(file.sha256)) for file in alpha.files] == [("alpha_pkg-1.0-py3-none-any.whl", 64)]
    assert set(resolution.packages) == {
        ("alpha-pkg", "1.0"), ("beta", "1.0"), ("num", "1.0"), ("num", "2.0"), ("tom", "1.0"), ("winny", "1.0")
    }  # fmt: skip


def test_only_wheels_are_locked(desk: Desk, index: Index) -> None:
    index.make("mixed", "1.0")
    index.make_sdist("mixed", "1.0")
    index.make_sdist("mixed", "2.0")

    resolution = desk.resolve(wants("test", "mixed"))

    assert [file.name for file in resolution.packages["mixed", "1.0"].files] == ["mixed-1.0-py3-none-any.whl"]


def test_each_python_gets_a_version_that_has_wheels_for_it(desk: Desk, index: Index) -> None:
    for version, minors in (("1.0", ("11", "12")), ("2.0", ("11", "12", "13")), ("3.0", ("11", "12"))):
        for minor in minors:
            index.make("num", version, tag=f"cp3{minor}-cp3{minor}-manylinux_2_28_x86_64")

    free = desk.resolve(wants("test", "num"), wants("one", "num", python=("3.12",)))
    narrow = desk.resolve(wants("test", "num"), wants("old", "num<2", python=("3.11",)))
    with pytest.raises(ResolutionError) as caught:
        desk.resolve(wants("test", "num<2"))

    assert pins(free.environments["test"]) == ["num==2.0"]
    assert pins(free.environments["one"]) == ["num==2.0"]
    assert pins(narrow.environments["test"]) == [
        'num==1.0 ; python_full_version < "3.12"',
        'num==2.0 ; python_full_version >= "3.12"',
    ]
    assert caught.value.message.splitlines()[:2] == [
        "environments.test: num has no wheel that fits Python 3.13",
        "  num<2 (envfile.toml:7: environments.test.requirements[0])",
    ]


def test_a_python_that_is_not_there_is_resolved_for_all_the_same(desk: Desk, index: Index) -> None:
    index.make("tom", "1.0")
    index.make("new", "1.0", requires=["tom ; python_version < '3.14'"], requires_python=">=3.14")

    resolution = desk.resolve(wants("test", "new", python=("3.14", "3.15.1")))

    assert pins(resolution.environments["test"]) == ["new==1.0"]
    assert resolution.environments["test"].requires_python == "<3.15.2,>=3.14"
    assert resolution.packages["new", "1.0"].dependencies == ()


def test_environments_that_conflict_are_resolved_apart(desk: Desk, index: Index) -> None:
    for version in ("1.0", "2.0"):
        index.make("alpha", version)
    index.make("beta", "1.0", requires=["alpha<2"])
    index.make("gamma", "1.0", requires=["alpha>=2"])

    resolution = desk.resolve(
        wants("old", "beta"), wants("new", "gamma"), wants("any", "alpha"), wants(".build", "alpha<2")
    )

    assert pins(resolution.environments["old"]) == ["alpha==1.0", "beta==1.0"]
    assert pins(resolution.environments["new"]) == ["alpha==2.0", "gamma==1.0"]
    assert pins(resolution.environments["any"]) == ["alpha==1.0"]
    assert pins(resolution.environments[".build"]) == ["alpha==1.0"]


def test_the_build_environment_does_not_hold_others_back(desk: Desk, index: Index) -> None:
    for version in ("1.0", "2.0"):
        index.make("alpha", version)

    resolution = desk.resolve(wants("test", "alpha"), wants(".build", "alpha<2"))

    assert pins(resolution.environments["test"]) == ["alpha==2.0"]
    assert pins(resolution.environments[".build"]) == ["alpha==1.0"]


def test_pins_are_kept_though_the_index_has_newer_ones(desk: Desk, index: Index) -> None:
    index.make("alpha", "1.0")
    index.make("beta", "1.0")
    index.make("num", "1.0", requires_python=">=3.8")
    index.make("num", "2.0", requires_python=">=3.12")
    wanted = wants("test", "alpha", "beta", "num")
    first = desk.resolve(wanted)
    index.make("alpha", "2.0")
    index.make("beta", "2.0")
    index.make("num", "1.1", requires_python=">=3.8")
    index.make("num", "2.1", requires_python=">=3.12")

    assert desk.resolve(wanted, old=first) == first
    one = desk.resolve(wanted, old=first, upgrade_packages=frozenset({"Beta"}))
    assert pins(one.environments["test"]) == [
        "alpha==1.0",
        "beta==2.0",
        'num==1.0 ; python_full_version < "3.12"',
        'num==2.0 ; python_full_version >= "3.12"',
    ]
    everything = desk.resolve(wanted, old=first, upgrade=True)
    assert pins(everything.environments["test"]) == [
        "alpha==2.0",
        "beta==2.0",
        'num==1.1 ; python_full_version < "3.12"',
        'num==2.1 ; python_full_version >= "3.12"',
    ]


def test_pins_of_environments_that_conflict_are_kept_in_each(desk: Desk, index: Index) -> None:
    for version in ("1.0", "1.1", "2.0", "2.1"):
        index.make("alpha", version)
    wanted = (wants("old", "alpha<2"), wants("new", "alpha>=2"))
    first = desk.resolve(*wanted)
    index.make("alpha", "1.2")
    index.make("alpha", "2.2")

    assert desk.resolve(*wanted, old=first) == first
    assert pins(first.environments["old"]) == ["alpha==1.1"]
    assert pins(first.environments["new"]) == ["alpha==2.1"]


def test_a_file_that_changed_on_the_index_is_refused_unless_it_is_upgraded(desk: Desk, index: Index) -> None:
    hosted = index.make("alpha", "1.0")
    wanted = wants("test", "alpha")
    first = desk.resolve(wanted)
    index.change(hosted.name, hashes=(("sha256", "1" * 64),))

    with pytest.raises(ResolutionError) as caught:
        desk.resolve(wanted, old=first)

    assert caught.value.message == (
        "alpha-1.0-py3-none-any.whl of alpha 1.0 is not the file that was locked: the lock has sha256 "
        f"{dict(hosted.hashes)['sha256']}, the index now {'1' * 64}"
    )
    again = desk.resolve(wanted, old=first, upgrade_packages=frozenset({"alpha"}))
    assert again.packages["alpha", "1.0"].files[0].sha256 == "1" * 64


@pytest.mark.parametrize(
    ("hashes", "said"),
    [((("md5", "0" * 32),), "has no sha256 on the index, only md5"), ((), "has no sha256 on the index: what is")],
)
def test_a_file_without_a_sha256_is_refused_by_name(
    desk: Desk, index: Index, hashes: tuple[tuple[str, str], ...], said: str
) -> None:
    hosted = index.make("alpha", "1.0")
    index.change(hosted.name, hashes=hashes)

    with pytest.raises(ResolutionError, match=r"^alpha-1\.0-py3-none-any\.whl of alpha 1\.0 " + said):
        desk.resolve(wants("test", "alpha"))


def test_a_conflict_names_requirements_lines_and_chains(desk: Desk, index: Index) -> None:
    for version in ("1.0", "2.0"):
        index.make("alpha", version)
    index.make("beta", "1.0", requires=["alpha<2"])
    index.make("gamma", "1.0", requires=["alpha>=2"])
    index.make("delta", "1.0", requires=["gamma"])

    with pytest.raises(ResolutionError) as caught:
        desk.resolve(wants("fine", "alpha"), wants("test", "beta", "delta>=0.1"))

    told = caught.value.message.partition("\nuv says:\n")
    assert told[0].splitlines() == [
        "environments.test: no version of alpha is right for all who ask for it",
        "  beta (envfile.toml:7: environments.test.requirements[0]) needs alpha<2",
        "  delta>=0.1 (envfile.toml:8: environments.test.requirements[1]) needs gamma, which needs alpha>=2",
    ]
    assert "hermes-synthetic" not in told[2]
    assert "Because" in told[2]


def test_an_index_that_is_down_is_not_a_missing_package(desk: Desk, index: Index) -> None:
    index.down()

    with pytest.raises(ResolutionError) as caught:
        desk.resolve(wants("test", "alpha"), wants("other", "beta"))

    assert caught.value.message.startswith(f"the package index gave no answer: {index.url}")
    assert "Connection refused" in caught.value.message
    with pytest.raises(ResolutionError, match=r"^environments\.test: alpha is not in the wheel cache"):
        desk.resolve(wants("test", "alpha"), offline=True)


def test_credentials_are_used_and_never_told(tmp_path: Path, index: Index) -> None:
    index.credentials = ("me", "s3cr%t/word")
    index.make("alpha", "1.0", requires=["nothere"])
    desk = Desk(tmp_path, index)
    desk.environ = {"UV_DEFAULT_INDEX": index.url_with_credentials}
    with pytest.raises(ResolutionError) as missing:
        desk.resolve(wants("test", "alpha"))
    desk.environ = {"UV_DEFAULT_INDEX": index.url_with_credentials.replace("s3cr", "wr0ng")}
    with pytest.raises(ResolutionError) as refused:
        desk.resolve(wants("test", "alpha"), wants("other", "alpha"))
    index.down()
    with pytest.raises(ResolutionError) as down:
        desk.resolve(wants("test", "fresh"))

    assert missing.value.message.startswith("environments.test: the index has no package called nothere\n")
    assert refused.value.message.startswith(f"the package index at {index.url} wants credentials that it accepts")
    assert down.value.message.startswith("the package index gave no answer: http://")
    for error in (missing, refused, down):
        text = f"{error.value.message} {error.value.hint}"
        assert "s3cr" not in text
        assert "wr0ng" not in text
        assert "me:" not in text.replace("name:", "")


def test_an_extra_that_is_not_there_is_a_warning(desk: Desk, index: Index) -> None:
    index.make("alpha", "1.0")

    resolution = desk.resolve(wants("test", "alpha[nope]"))

    assert resolution.warnings == ("The package `alpha==1.0` does not have an extra named `nope`",)


def line(name: str, version: str, *hashes: str, marker: str | None = None, number: int = 1) -> PinnedRequirement:
    return PinnedRequirement(
        name=name, version=version, marker=marker, hashes=hashes, file="requirements/ci.txt", line=number
    )


def pinned(*lines: PinnedRequirement) -> WantedEnvironment:
    return WantedEnvironment(name="ci", python=ALL, pinned=lines, pins_digest="d" * 64)


def test_a_pins_file_selects_exactly_its_hashes(desk: Desk, index: Index) -> None:
    linux = index.make("alpha", "1.0", tag="cp311-cp311-manylinux_2_17_x86_64")
    index.make("alpha", "1.0", tag="cp311-cp311-win_amd64")
    index.make("alpha", "2.0", requires=["unpinned"])
    old = index.make("num", "1.0")
    new = index.make("num", "2.0", requires_python=">=3.12")
    sha = dict(linux.hashes)["sha256"]

    resolution = desk.resolve(
        pinned(
            line("alpha", "1.0", sha, "f" * 64),
            line("num", "1.0", dict(old.hashes)["sha256"], marker='python_version < "3.12"', number=2),
            line("num", "2.0", dict(new.hashes)["sha256"], marker='python_version >= "3.12"', number=3),
            line("ancient", "1.0", "e" * 64, marker='python_version < "3.8"', number=4),
        )
    )

    environment = resolution.environments["ci"]
    assert environment.pins_digest == "d" * 64
    assert environment.pins == (
        Pin(name="alpha", version="1.0"),
        Pin(name="num", version="1.0", marker='python_full_version < "3.12"'),
        Pin(name="num", version="2.0", marker='python_full_version >= "3.12"'),
    )
    assert [file.name for file in resolution.packages["alpha", "1.0"].files] == [linux.name]


def test_a_pin_whose_hashes_the_index_does_not_know_is_refused_with_its_line(desk: Desk, index: Index) -> None:
    index.make("alpha", "1.0")

    with pytest.raises(LockError) as caught:
        desk.resolve(pinned(line("alpha", "1.0", "f" * 64, number=12)))

    assert caught.value.message == (
        "requirements/ci.txt:12: alpha==1.0: none of its hashes belongs to a wheel that the index has "
        "for Python >=3.11,<3.14"
    )


def test_pins_that_the_index_cannot_answer_are_each_named(desk: Desk, index: Index) -> None:
    good = index.make("alpha", "1.0")
    index.make("new", "1.0", requires_python=">=3.13")
    index.make_sdist("source", "1.0")
    lines = [
        line("alpha", "1.0", dict(good.hashes)["sha256"]),
        line("alpha", "7.0", "a" * 64, number=2, marker='sys_platform == "win32"'),
        line("nosuch", "1.0", "a" * 64, number=3),
        line("new", "1.0", "a" * 64, number=4),
        line("source", "1.0", "a" * 64, number=5),
    ]

    with pytest.raises(ResolutionError) as caught:
        desk.resolve(pinned(*lines))

    assert caught.value.message.splitlines() == [
        "requirements/ci.txt:2: alpha==7.0: the index does not have this version",
        "requirements/ci.txt:3: nosuch==1.0: the index has no package of this name",
        "requirements/ci.txt:4: new==1.0: it needs Python >=3.13",
        "requirements/ci.txt:5: source==1.0: it has no wheel that fits the Pythons of the environment",
    ]
