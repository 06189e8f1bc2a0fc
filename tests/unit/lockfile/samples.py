"""Locks for the tests of this folder: a plain one, builders, and hypothesis strategies for any."""

import hashlib
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from hermes.model.lock import Lock, LockedEnvironment, LockedFile, LockedMetadata, LockedPackage, Pin, WantedEnvironment
from hermes.model.project import Requirement, Where


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def wheel(name: str, version: str, tag: str = "py3-none-any", content: str | None = None) -> LockedFile:
    filename = f"{name.replace('-', '_')}-{version}-{tag}.whl"
    return LockedFile(name=filename, sha256=sha(filename), content=content)


def package(name: str, version: str, *edges: str, files: Sequence[LockedFile] | None = None) -> LockedPackage:
    chosen = (wheel(name, version),) if files is None else tuple(files)
    return LockedPackage(name=name, version=version, dependencies=edges, files=chosen)


def pin(name: str, version: str, marker: str | None = None) -> Pin:
    return Pin(name=name, version=version, marker=marker)


def environment(
    name: str,
    *pins: Pin,
    python: Sequence[str] = ("3.11", "3.12"),
    asks: Sequence[str] = (),
    pins_digest: str | None = None,
    requires_python: str = ">=3.11",
) -> LockedEnvironment:
    return LockedEnvironment(
        name=name,
        python=tuple(python),
        requires_python=requires_python,
        requirements=tuple(asks),
        pins_digest=pins_digest,
        pins=pins,
    )


def lock(
    environments: Sequence[LockedEnvironment], packages: Sequence[LockedPackage], metadata: LockedMetadata | None = None
) -> Lock:
    return Lock(
        environments={each.name: each for each in environments},
        packages={(each.name, each.version): each for each in packages},
        metadata=metadata,
    )


def wanted(
    name: str, asks: Mapping[str, str] | Sequence[str], python: Sequence[str] = ("3.11", "3.12")
) -> WantedEnvironment:
    """An environment that asks for requirements, each from its own line of a group."""
    group = "requirements.test"
    asked = tuple(
        Requirement(text=text, where=Where(file="envfile.toml", line=10 + number, key=group))
        for number, text in enumerate(asks)
    )
    return WantedEnvironment(name=name, python=tuple(python), requirements=asked)


def plain() -> Lock:
    """pytest and coverage[toml] for two Pythons, and the build environment of a package with dynamic metadata."""
    test = environment(
        "test",
        pin("coverage", "7.6.1"),
        pin("iniconfig", "2.0.0"),
        pin("numpy", "1.26.4", 'python_full_version < "3.12"'),
        pin("numpy", "2.4.1", 'python_full_version >= "3.12"'),
        pin("pytest", "8.4.0"),
        pin("tomli", "2.0.1", 'python_full_version < "3.12"'),
        asks=("coverage>=7", 'coverage[toml]; python_version < "3.12"', "numpy", "pytest>=8.4"),
    )
    build = environment(".build", pin("flit-core", "3.12.0"), asks=("flit-core<5,>=3.12",))
    packages = [
        package("coverage", "7.6.1", 'tomli; python_full_version <= "3.11.0a6" and extra == "toml"'),
        package("flit-core", "3.12.0"),
        package("iniconfig", "2.0.0"),
        package("numpy", "1.26.4", files=[wheel("numpy", "1.26.4", "cp311-cp311-manylinux_2_17_x86_64")]),
        package(
            "numpy",
            "2.4.1",
            files=[
                wheel("numpy", "2.4.1", "cp312-cp312-macosx_14_0_arm64"),
                wheel("numpy", "2.4.1", "cp312-cp312-manylinux_2_28_x86_64", content=sha("content")),
            ],
        ),
        package("pytest", "8.4.0", "iniconfig", 'tomli; python_version < "3.12"'),
        package("tomli", "2.0.1"),
    ]
    metadata = LockedMetadata(digest=sha("pyproject"), requires_dist=("click>=8",), extras=("cli",), build_requires=())
    return lock([build, test], packages, metadata)


NAMES = ("alpha", "beta-two", "gamma", "delta3")
VERSIONS = ("1.0", "2.0.1", "2.0.10", "3.0rc1", "1!4.0.post1", "5.0+local.1")
MARKERS = (
    None,
    'python_full_version < "3.12"',
    'sys_platform == "win32"',
    'platform_machine != "arm64" and (os_name == "posix" or implementation_name == "pypy")',
)


def _files(name: str, version: str) -> st.SearchStrategy[tuple[LockedFile, ...]]:
    tags = st.lists(
        st.sampled_from(["py3-none-any", "cp311-cp311-win_amd64", "cp313-cp313t-linux_x86_64"]), min_size=1, unique=True
    )
    contents = st.sampled_from([None, sha("x"), sha("y")])
    return st.tuples(tags, contents).map(
        lambda drawn: tuple(
            sorted((wheel(name, version, tag, drawn[1]) for tag in drawn[0]), key=lambda each: each.name)
        )
    )


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    """Any lock that hermes could have written: each environment pins each of some packages once."""
    environments = []
    for name in sorted(draw(st.sets(st.sampled_from([".build", "test", "a b", 'quo"te', "ünï", "x.y"]), max_size=3))):
        names = sorted(draw(st.sets(st.sampled_from(NAMES), min_size=1)))
        pins = tuple(pin(each, draw(st.sampled_from(VERSIONS)), draw(st.sampled_from(MARKERS))) for each in names)
        digest = draw(st.sampled_from([None, sha("pins")]))
        python = draw(st.sampled_from([("3.9", "3.11"), ("3.13t", "pypy3.11"), ("<3.14,>=3.12",)]))
        asks = tuple(sorted(draw(st.sets(st.sampled_from(["alpha>=1", "gamma[x,y]", 'delta3; python_version < "3"'])))))
        environments.append(environment(name, *pins, python=python, asks=asks, pins_digest=digest))
    keys = sorted({(each.name, each.version) for found in environments for each in found.pins})
    edges = st.sets(st.sampled_from(["gamma", "beta-two[extra]", 'alpha; sys_platform == "win32"']))
    packages = [package(*key, *sorted(draw(edges)), files=draw(_files(*key))) for key in keys]
    metadata = LockedMetadata(
        digest=sha("m"),
        requires_dist=draw(st.sampled_from([None, (), ('click; extra == "cli"', "rich>=1")])),
        extras=draw(st.sampled_from([None, (), ("cli", "dev")])),
        build_requires=draw(st.sampled_from([(), ("setuptools>=61", "wheel")])),
    )
    return lock(environments, packages, draw(st.sampled_from([None, metadata])))
