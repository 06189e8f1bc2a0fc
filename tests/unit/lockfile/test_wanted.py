from collections.abc import Mapping, Sequence

import pytest

from hermes.errors import EnvfileError
from hermes.lockfile import pins, wanted
from hermes.model.lock import LockedMetadata, WantedEnvironment
from hermes.model.project import BUILD_ENVIRONMENT, Environment, Package, PackageMode, Project, Requirement, Where
from unit.lockfile import samples


def asked(*texts: str, key: str = "environments.test.requirements") -> tuple[Requirement, ...]:
    return tuple(
        Requirement(text=text, where=Where(file="envfile.toml", line=5 + number, key=key))
        for number, text in enumerate(texts)
    )


def environment(
    name: str = "test",
    *texts: str,
    package: PackageMode = "none",
    extras: Sequence[str] = (),
    python: Sequence[str] = ("3.11",),
    pins_file: str | None = None,
) -> Environment:
    return Environment(
        name=name,
        requirements=asked(*texts),
        pins=pins_file,
        package=package,
        extras=tuple(extras),
        python=tuple(python),
        where=Where(file="envfile.toml", line=3, key=f"environments.{name}"),
    )


def package(
    *, dependencies: Sequence[str] | None = (), extras: Mapping[str, Sequence[str]] | None = None, dynamic: bool = False
) -> Package:
    by_extra = (
        None if dynamic else {name: asked(*texts, key=f"extras.{name}") for name, texts in (extras or {}).items()}
    )
    return Package(
        name="My.Package",
        dependencies=None if dependencies is None else asked(*dependencies, key="project.dependencies"),
        extras=by_extra,
        build_requires=asked("Flit_Core>=3.12", key="build-system.requires"),
        backend="flit_core.buildapi",
        metadata_files=("pyproject.toml",),
    )


def project(*environments: Environment, package: Package | None = None) -> Project:
    return Project(
        root="/project",
        envfile="envfile.toml",
        python=("3.11",),
        layers=(),
        environments={each.name: each for each in environments},
        sessions={},
        package=package,
    )


def texts(found: WantedEnvironment) -> list[str]:
    return [requirement.text for requirement in found.requirements]


def only(given: Project, metadata: LockedMetadata | None = None) -> list[str]:
    """The requirements of the environment `test`."""
    return next(texts(each) for each in wanted.wanted(given, metadata, {}) if each.name == "test")


def test_an_environment_without_the_package_wants_its_requirements() -> None:
    given = project(
        environment("test", "Pytest >= 8", "coverage[TOML]", "pytest>=8"), package=package(dependencies=["click"])
    )
    (found,) = wanted.wanted(given, None, {})
    assert texts(found) == ["coverage[toml]", "pytest>=8"]
    assert found.requirements[1].where.line == 5
    assert (found.name, found.python, found.pinned) == ("test", ("3.11",), None)


def test_the_package_brings_its_dependencies_and_chosen_extras() -> None:
    given = project(
        environment("test", "pytest", package="editable", extras=["CLI"]),
        package=package(dependencies=["click>=8"], extras={"cli": ["rich"], "docs": ["mkdocs"]}),
    )
    assert only(given) == ["click>=8", "pytest", "rich"]


def test_extras_of_extras_are_expanded_with_their_markers() -> None:
    given = project(
        environment("test", package="wheel", extras=["all"]),
        package=package(
            extras={
                "all": ["my-package[cli]", 'my_package[win]; sys_platform == "win32"'],
                "cli": ["rich", "my.package[all]"],
                "win": ["colorama", 'pywin32; python_version < "3.12" or os_name == "nt"'],
            }
        ),
    )
    assert (
        only(given)
        == [
            'colorama; sys_platform == "win32"',
            'pywin32; (python_version < "3.12" or os_name == "nt") and sys_platform == "win32"',
            "rich",
        ]
        + ['rich; sys_platform == "win32"'] * 0
    )


def test_an_environment_may_ask_for_the_package_with_extras() -> None:
    given = project(
        environment("test", "my-package[cli]", package="editable"),
        package=package(dependencies=["click"], extras={"cli": ["rich"]}),
    )
    assert only(given) == ["click", "rich"]


def test_without_the_package_its_name_is_a_name_like_any_other() -> None:
    assert only(project(environment("test", "my-package>=1"), package=package())) == ["my-package>=1"]


METADATA = LockedMetadata(
    digest=samples.sha("m"),
    requires_dist=(
        "click>=8",
        'rich; extra == "cli"',
        'colorama; sys_platform == "win32" and extra == "cli"',
        'my-package[cli]; extra == "all"',
        'tomli; python_version < "3.11"',
    ),
    extras=("all", "cli"),
    build_requires=("setuptools-scm>=8",),
)


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ([], ["click>=8", 'tomli; python_version < "3.11"']),
        (["cli"], ["click>=8", 'colorama; sys_platform == "win32"', "rich", 'tomli; python_version < "3.11"']),
        (["all"], ["click>=8", 'colorama; sys_platform == "win32"', "rich", 'tomli; python_version < "3.11"']),
    ],
)
def test_dynamic_dependencies_come_from_what_the_backend_answered(extras: list[str], expected: list[str]) -> None:
    given = project(
        environment("test", package="editable", extras=extras), package=package(dependencies=None, dynamic=True)
    )
    assert only(given, METADATA) == expected


def test_static_dependencies_go_with_dynamic_extras() -> None:
    given = project(
        environment("test", package="editable", extras=["cli"]), package=package(dependencies=["attrs"], dynamic=True)
    )
    assert only(given, METADATA) == ["attrs", 'colorama; sys_platform == "win32"', "rich"]


def test_dynamic_dependencies_are_none_until_the_backend_was_asked() -> None:
    given = project(
        environment("test", package="editable", extras=["cli"]), package=package(dependencies=None, dynamic=True)
    )
    assert only(given) == []


def test_the_build_environment_is_wanted_for_every_python_that_installs_the_package() -> None:
    given = project(
        environment("a", package="editable", python=["3.11", "3.9"]),
        environment("b", package="wheel", python=["3.10", "3.11"]),
        environment("c", python=["3.13"]),
        package=package(),
    )
    build = wanted.wanted(given, METADATA, {})[0]
    assert (build.name, build.python) == (BUILD_ENVIRONMENT, ("3.9", "3.10", "3.11"))
    assert texts(build) == ["flit-core>=3.12", "setuptools-scm>=8"]
    assert str(build.requirements[1].where) == "pyproject.toml:1: asked for by flit_core.buildapi"


@pytest.mark.parametrize("given", [project(environment(), package=package()), project(environment(package="wheel"))])
def test_nothing_is_built_where_nothing_is_installed(given: Project) -> None:
    assert [each.name for each in wanted.wanted(given, None, {})] == ["test"]


def test_an_environment_with_pins_wants_its_lines_and_has_requirements_to_check_them_by() -> None:
    found = pins.parse("ci.txt", {"ci.txt": f"click==8.1 --hash=sha256:{'a' * 64}"}.get)
    given = project(
        environment("test", package="editable", pins_file="ci.txt"), package=package(dependencies=["click>=8"])
    )
    build, test = wanted.wanted(given, None, {"ci.txt": found})
    assert (test.pinned, test.pins_digest, texts(test)) == (found.lines, found.digest, ["click>=8"])
    assert (build.pinned, build.pins_digest) == (None, None)


@pytest.mark.parametrize(
    ("given", "metadata", "message"),
    [
        (
            project(environment(package="wheel", extras=["clo"]), package=package(extras={"cli": [], "docs": []})),
            None,
            "envfile.toml:3: environments.test: the package has no extra 'clo'; its extras are: cli, docs",
        ),
        (
            project(environment(package="wheel", extras=["clo"]), package=package()),
            None,
            "envfile.toml:3: environments.test: the package has no extra 'clo'; its extras are: none",
        ),
        (
            project(environment(package="wheel", extras=["clo"]), package=package(dynamic=True)),
            METADATA,
            "envfile.toml:3: environments.test: the package has no extra 'clo'; its extras are: all, cli",
        ),
        (
            project(environment(package="wheel"), package=package(dependencies=["a @ https://example.org/a.whl"])),
            None,
            "envfile.toml:5: project.dependencies: a is asked for by URL, and a lock holds no URLs",
        ),
    ],
)
def test_what_cannot_be_wanted_is_an_error_with_its_place(
    given: Project, metadata: LockedMetadata | None, message: str
) -> None:
    with pytest.raises(EnvfileError) as caught:
        wanted.wanted(given, metadata, {})
    assert caught.value.message == message
