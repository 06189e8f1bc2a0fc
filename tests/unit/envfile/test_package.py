# ruff: noqa: E501 - whole messages stand here
from collections.abc import Collection

import pytest

from hermes.envfile import parse
from hermes.errors import EnvfileError
from hermes.model.project import Package, Project, Requirement, Where

ENVFILE = 'python = "3.12"\n[environments.test]\n'
PYPROJECT = """\
[build-system]
requires = ["flit_core >=3.12, <5"]
build-backend = "backend"
backend-path = ["./tools"]

[project]
name = "Tested.Package"
dependencies = [
    "click",
    "tested-package[db]",
]

[project.optional-dependencies]
Cli = ["rich>=15"]
db = [
    "psycopg; os_name == 'posix'",
    "tested_package[cli] ; python_version < '3.13'",
    "tested-package[db]",
]
all = ["tested-package[db, CLI]"]
remote = ["dask @ https://host.invalid/dask.whl"]

[dependency-groups]
dev = ["ruff", { include-group = "Test" }]
test = ["pytest", "Tested-Package[cli]"]
broken = ["x y"]
"""


def project(
    envfile: str = ENVFILE, pyproject: str | None = PYPROJECT, *, setup_py: bool = False, files: Collection[str] = ()
) -> Project:
    return parse.parse(
        envfile,
        file="envfile.toml",
        root="/project",
        pyproject=pyproject,
        has_setup_py=setup_py,
        exists=lambda name: name in files,
        version="0.1.0",
    )


def package(pyproject: str | None, *, setup_py: bool = False, files: Collection[str] = ()) -> Package:
    made = project(pyproject=pyproject, setup_py=setup_py, files=files).package
    assert made is not None
    return made


def problems(envfile: str, pyproject: str | None) -> list[str]:
    with pytest.raises(EnvfileError) as caught:
        project(envfile, pyproject)
    return caught.value.message.splitlines()


def requirement(text: str, line: int, key: str) -> Requirement:
    return Requirement(text=text, where=Where(file="pyproject.toml", line=line, key=key))


def texts(requirements: Collection[Requirement] | None) -> list[str]:
    return [each.text for each in requirements or ()]


def test_a_package_with_static_metadata() -> None:
    found = package(PYPROJECT, files=["pyproject.toml", "setup.cfg"])
    assert (found.name, found.static_metadata) == ("Tested.Package", True)
    assert found.build_requires == (requirement("flit_core<5,>=3.12", 2, "build-system.requires[0]"),)
    assert (found.backend, found.backend_path) == ("backend", ("tools",))
    assert found.metadata_files == ("pyproject.toml", "setup.cfg")
    assert found.dependencies == (
        requirement("click", 9, "project.dependencies[0]"),
        requirement('psycopg; os_name == "posix"', 16, "project.optional-dependencies.db[0]"),
        requirement('rich>=15; python_version < "3.13"', 14, "project.optional-dependencies.Cli[0]"),
    )


def test_extras_that_name_the_package_itself_are_expanded() -> None:
    found = package(PYPROJECT)
    assert found.extras is not None
    assert {name: texts(requirements) for name, requirements in found.extras.items()} == {
        "cli": ["rich>=15"],
        "db": ['psycopg; os_name == "posix"', 'rich>=15; python_version < "3.13"'],
        "all": ["rich>=15", 'psycopg; os_name == "posix"', 'rich>=15; python_version < "3.13"'],
        "remote": [],
    }


def test_markers_on_the_way_to_an_extra_hold_together() -> None:
    found = package(
        '[project]\nname = "p"\n[project.optional-dependencies]\n'
        "a = [\"p[b]; os_name == 'nt' or os_name == 'x'\"]\nb = [\"q; python_version > '3.11'\"]\n"
    )
    assert found.extras is not None
    assert texts(found.extras["a"]) == ['q; (os_name == "nt" or os_name == "x") and python_version > "3.11"']


@pytest.mark.parametrize(
    ("pyproject", "setup_py", "mode"),
    [
        (PYPROJECT, False, "editable"),
        ('[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n', False, "editable"),
        ('[project]\nname = "x"\n', False, "editable"),
        (None, True, "editable"),
        ("[tool.ruff]\n", True, "editable"),
        ("[tool.ruff]\n", False, "none"),
        (None, False, "none"),
    ],
)
def test_the_default_is_editable_where_there_is_something_to_install(
    pyproject: str | None, setup_py: bool, mode: str
) -> None:
    made = project(ENVFILE + '[environments.pinned]\npins = "ci.txt"\n', pyproject, setup_py=setup_py)
    assert [environment.package for environment in made.environments.values()] == [mode, mode]
    assert (made.package is None) == (mode == "none")


def test_what_pep_517_says_where_pyproject_says_nothing() -> None:
    for pyproject, file in ((None, "setup.py"), ("[tool.x]\n", "pyproject.toml")):
        found = package(pyproject, setup_py=True, files=["setup.py"])
        assert (found.name, found.dependencies, found.extras, found.static_metadata) == (None, None, None, False)
        assert found.backend == "setuptools.build_meta:__legacy__"
        assert texts(found.build_requires) == ["setuptools>=40.8.0"]
        assert str(found.build_requires[0].where) == f"{file}:1: build-system.requires"
        assert found.metadata_files == ("setup.py",)


@pytest.mark.parametrize(
    ("dynamic", "dependencies", "extras", "static"),
    [
        ('["version"]', True, True, True),
        ('["dependencies"]', False, True, False),
        ('["version", "optional-dependencies"]', True, False, False),
    ],
)
def test_dynamic_metadata_is_not_known(*, dynamic: str, dependencies: bool, extras: bool, static: bool) -> None:
    found = package(f'[project]\nname = "x"\ndynamic = {dynamic}\n')
    assert (found.dependencies is not None, found.extras is not None) == (dependencies, extras)
    assert found.static_metadata is static


def test_files_that_setuptools_reads_metadata_from() -> None:
    named = ["pyproject.toml", "reqs/base.txt", "reqs/cli.txt", "VERSION"]
    found = package(
        '[project]\nname = "x"\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\n'
        'dependencies = { file = ["reqs/base.txt", "../other.txt", "none.txt"] }\n'
        'optional-dependencies.cli = { file = "./reqs/cli.txt" }\nversion = { file = "VERSION" }\n',
        files=[*named, "../other.txt"],
    )
    assert sorted(found.metadata_files) == sorted(named)


def test_dependency_groups_and_what_they_say_of_the_package_itself() -> None:
    made = project(ENVFILE + 'dependency-groups = ["DEV"]\nextras = ["db"]\n').environments["test"]
    assert made.requirements == (
        requirement("ruff", 24, "dependency-groups.dev[0]"),
        requirement("pytest", 25, "dependency-groups.test[0]"),
    )
    assert made.extras == ("cli", "db")


def test_the_package_is_a_requirement_like_any_other_where_it_is_not_installed() -> None:
    made = project(ENVFILE + 'package = "none"\nrequirements = ["tested-package[cli]>=1"]\n').environments["test"]
    assert (texts(made.requirements), made.extras) == (["tested-package[cli]>=1"], ())


def test_what_nobody_uses_may_be_wrong() -> None:
    assert project(ENVFILE + 'package = "none"\n', '[project]\ndependencies = ["x y"]\n').environments
    assert project(ENVFILE, '[project]\nname = "x"\n[dependency-groups]\na = 5\n').environments


def test_extras_are_unknown_where_the_backend_knows_them() -> None:
    made = project(ENVFILE + 'extras = ["Any.Thing"]\n', '[project]\nname = "x"\ndynamic = ["optional-dependencies"]\n')
    assert made.environments["test"].extras == ("any-thing",)


def test_extras_that_are_not_declared() -> None:
    assert problems(ENVFILE + 'extras = [\n"cil",\n"docs"]\n', PYPROJECT) == [
        'envfile.toml:4: environments.test.extras[0]: there is no extra "cil" in pyproject.toml; did you mean "cli"?',
        (
            'envfile.toml:5: environments.test.extras[1]: there is no extra "docs" in pyproject.toml; '
            'expected "cli", "db", "all" or "remote"'
        ),
    ]


def test_an_extra_that_is_used_has_to_be_right() -> None:
    assert problems(ENVFILE + 'extras = ["remote"]\n', PYPROJECT) == [
        (
            'pyproject.toml:21: project.optional-dependencies.remote[0]: "dask @ https://host.invalid/dask.whl" names a '
            'URL, a repository or a path: only requirements that an index answers are supported, such as "dask>=1"'
        )
    ]


def test_a_dependency_group_that_is_used_has_to_be_right() -> None:
    (problem,) = problems(ENVFILE + 'dependency-groups = ["broken"]\n', PYPROJECT)
    assert problem.startswith('pyproject.toml:26: dependency-groups.broken[0]: "x y" is not a requirement')
    assert problems(ENVFILE + 'dependency-groups = ["dev"]\n', "dependency-groups = 5\n") == [
        (
            'envfile.toml:3: environments.test.dependency-groups[0]: there is no group "dev" in [dependency-groups] of '
            "pyproject.toml; none is declared"
        ),
        "pyproject.toml:1: dependency-groups: expected a table of groups, not the number 5",
    ]


def test_the_package_itself_with_a_version_is_no_requirement() -> None:
    (problem,) = problems(ENVFILE + 'package = "wheel"\nrequirements = ["tested_package>=1"]\n', PYPROJECT)
    assert problem == (
        'envfile.toml:4: environments.test.requirements[0]: "tested_package>=1" names the package under test, which is '
        'installed from the project (package = "wheel"): expected it without version and marker, or not at all'
    )


def test_problems_of_pyproject_stand_after_those_of_the_envfile() -> None:
    pyproject = """\
[build-system]
build-backend = 5

[project]
dependencies = [
    "click",
    "local @ file:///x",
]
optional-dependencies = ["x"]
"""
    assert problems(ENVFILE + "extra = 1\n", pyproject) == [
        'envfile.toml:3: environments.test.extra: unknown key; did you mean "extras"?',
        'pyproject.toml:1: build-system: "requires" is missing: expected a list of requirements',
        (
            'pyproject.toml:2: build-system.build-backend: expected an object such as "hatchling.build", not the number 5: '
            "put it in quotes"
        ),
        'pyproject.toml:4: project: "name" is missing: expected a name (letters, digits, . _ and -)',
        (
            'pyproject.toml:7: project.dependencies[1]: "local @ file:///x" names a URL, a repository or a path: only '
            'requirements that an index answers are supported, such as "local>=1"'
        ),
        "pyproject.toml:9: project.optional-dependencies: expected a table of names, not a list",
    ]


def test_an_extra_of_the_package_itself_that_is_not_there() -> None:
    pyproject = '[project]\nname = "p"\n[project.optional-dependencies]\nall = ["p[cil]"]\ncli = []\n'
    assert problems(ENVFILE + 'extras = ["all"]\n', pyproject) == [
        'pyproject.toml:4: project.optional-dependencies.all[0]: p has no extra "cil"; did you mean "cli"?'
    ]


def test_a_syntax_error_of_pyproject_is_reported_alone() -> None:
    assert problems(ENVFILE + "extra = 1\n", "[project\n") == [
        "pyproject.toml:1:9: this is not TOML: Expected ']' at the end of a table declaration"
    ]


REQUIRES = '[project]\nname = "x"\nversion = "1"\nrequires-python = "{}"\n'


@pytest.mark.parametrize(
    ("specifier", "python"),
    [
        (">=3.11", "3.11"),
        (">=3.11.4,<3.12", "3.11"),
        ("==3.12.*", "pypy3.12"),
        (">=3.13", "3.13t"),
        (">=3.12.1", "3.12.1"),
        (">=3.12", "<3.12"),
        (">=3.12", "./python"),
        ("three", "3.8"),
    ],
)
def test_pythons_that_requires_python_admits(specifier: str, python: str) -> None:
    made = project(f'[environments.test]\npython = "{python}"\n', REQUIRES.format(specifier))
    assert made.environments["test"].python == (python,)


@pytest.mark.parametrize(
    ("specifier", "python"), [(">=3.12", "3.11"), ("<3.12", "3.12"), (">3.12.1", "3.12.1"), ("!=3.12.*", "pypy3.12")]
)
def test_pythons_that_requires_python_does_not_admit(specifier: str, python: str) -> None:
    normal = f'[environments.test]\npython = ["3.10", "{python}"]\n'
    found = problems(normal, REQUIRES.format(specifier))
    assert (
        f'envfile.toml:2: environments.test.python[1]: "{python}" is not admitted by project.requires-python '
        f"{specifier} (pyproject.toml:4)"
    ) in found


def test_the_pythons_of_the_top_are_held_against_it_where_the_package_is_installed() -> None:
    top = 'python = ["3.11", "3.12"]\n'
    assert problems(top + "[environments.a]\n[environments.b]\n", REQUIRES.format(">=3.12")) == [
        'envfile.toml:1: python[0]: "3.11" is not admitted by project.requires-python >=3.12 (pyproject.toml:4)'
    ]
    project(top + '[environments.a]\npackage = "none"\n', REQUIRES.format(">=3.12"))


FLIT = '[build-system]\nrequires = []\nbuild-backend = "flit_core.buildapi"\n[project]\nname = "x"\n'


def test_programs_of_a_package() -> None:
    found = package(FLIT + 'scripts = { one = "x:one" }\ngui-scripts.two = "x:two"\n')
    assert found.scripts == ("one", "two")
    assert package(FLIT).scripts == ()


@pytest.mark.parametrize(
    "pyproject",
    [
        FLIT + 'dynamic = ["scripts"]\n',
        FLIT + '[tool.setuptools]\nscript-files = ["bin/x"]\n',
        FLIT + '[tool.hatch.build.targets.wheel.shared-scripts]\n"a" = "b"\n',
        FLIT + "[tool.hatch.build.hooks.custom]\n",
        FLIT.replace("flit_core.buildapi", "maturin"),
        '[project]\nname = "x"\n',
        '[build-system]\nrequires = []\nbuild-backend = "setuptools.build_meta"\n',
    ],
)
def test_programs_that_pyproject_alone_does_not_say(pyproject: str) -> None:
    assert package(pyproject).scripts is None


def test_a_setup_file_may_say_more_programs() -> None:
    assert package(FLIT, setup_py=True).scripts is None
    assert package(FLIT, files=["setup.cfg"]).scripts is None
