import random
import tomllib
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.errors import LockError
from hermes.lockfile import read, write
from hermes.model.lock import Lock, LockedFile, LockedMetadata, LockedPackage
from unit.lockfile import samples

T = TypeVar("T")

SMALL = """\
# Written by `hermes lock`, for envfile.toml: an edit by hand is refused.
lock-version = 1
digest = "sha256:c06e"

[package]
digest = "2e0c"
requires-dist = [
    'rich>=13; extra == "cli"',
]
extras = [
    "cli",
]
build-requires = []

[environments.".build"]
python = ["3.9", "3.11"]
requires-python = ">=3.9"
requirements = [
    "flit-core<4,>=3",
]
pins = [
    { name = "flit-core", version = "3.12.0" },
]

[environments.test]
python = ["3.9", "3.11"]
requires-python = ">=3.9"
requirements = [
    "oslo-config[toml,yaml]>=9",
]
pins-digest = "5c0e"
pins = [
    { name = "oslo-config", version = "9.0", marker = 'python_version < "3.10"' },
    { name = "oslo-config", version = "10.0", marker = 'python_version >= "3.10"' },
]

[[packages]]
name = "flit-core"
version = "3.12.0"
dependencies = []
files = [
    { name = "flit_core-3.12.0-py3-none-any.whl", sha256 = "aaaa", content = "bbbb" },
]

[[packages]]
name = "oslo-config"
version = "9.0"
dependencies = [
    "netaddr",
    'tomli; python_version < "3.11"',
]
files = [
    { name = "oslo.config-9.0-py3-none-any.whl", sha256 = "cccc" },
]

[[packages]]
name = "oslo-config"
version = "10.0"
dependencies = []
files = [
    { name = "oslo.config-10.0-py3-none-any.whl", sha256 = "dddd" },
]
"""


def _shuffled(lock: Lock, seed: int) -> Lock:
    rng = random.Random(seed)

    def mixed(items: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(rng.sample(items, len(items)))

    def mixed_package(package: LockedPackage) -> LockedPackage:
        return replace(package, dependencies=mixed(package.dependencies), files=mixed(package.files))

    environments = [
        replace(
            each,
            python=mixed(each.python),
            requirements=mixed((*each.requirements, *each.requirements)),
            pins=mixed(each.pins),
        )
        for each in mixed(tuple(lock.environments.values()))
    ]
    metadata = lock.metadata
    if metadata is not None:
        asked = None if metadata.requires_dist is None else mixed(metadata.requires_dist)
        metadata = replace(metadata, requires_dist=asked, build_requires=mixed(metadata.build_requires))
    return samples.lock(environments, [mixed_package(each) for each in mixed(tuple(lock.packages.values()))], metadata)


@given(samples.locks(), st.integers())
def test_any_order_of_the_same_things_gives_the_same_bytes(lock: Lock, seed: int) -> None:
    assert write.dump(_shuffled(lock, seed)) == write.dump(lock)


@given(samples.locks())
def test_what_is_written_reads_back_as_it_was(lock: Lock) -> None:
    text = write.dump(lock)
    assert read.parse(text, file="envfile.lock") == lock
    assert write.dump(read.parse(text, file="envfile.lock")) == text


@given(samples.locks())
def test_no_lock_holds_a_url(lock: Lock) -> None:
    assert "://" not in write.dump(lock)


def test_the_layout_is_one_line_per_pin_and_file_with_names_and_markers_in_one_spelling() -> None:
    build = samples.environment(
        ".build",
        samples.pin("Flit_Core", "3.12.0"),
        python=("3.11", "3.9"),
        asks=("Flit_Core >=3, <4",),
        requires_python=">=3.9",
    )
    test = samples.environment(
        "test",
        samples.pin("oslo.config", "10.0", "python_version>='3.10'"),
        samples.pin("oslo.config", "9.0", "(python_version<'3.10')"),
        python=("3.11", "3.9"),
        asks=("Oslo.Config[YAML, toml] >= 9",),
        requires_python=" >=3.9",
        pins_digest="5c0e",
    )
    file = LockedFile
    packages = [
        samples.package("oslo.config", "10.0", files=[file(name="oslo.config-10.0-py3-none-any.whl", sha256="dddd")]),
        samples.package(
            "oslo.config",
            "9.0",
            "tomli ; python_version<'3.11'",
            "NetAddr",
            files=[file(name="oslo.config-9.0-py3-none-any.whl", sha256="cccc")],
        ),
        samples.package(
            "Flit_Core",
            "3.12.0",
            files=[file(name="flit_core-3.12.0-py3-none-any.whl", sha256="aaaa", content="bbbb")],
        ),
    ]
    metadata = LockedMetadata(digest="2e0c", requires_dist=("rich>=13 ; extra=='CLI'",), extras=("CLI",))
    text = write.dump(samples.lock([test, build], packages, metadata))
    assert text.replace(write.digest(text), "sha256:c06e") == SMALL


def test_the_digest_covers_all_but_its_own_line() -> None:
    text = write.dump(samples.plain())
    assert f'digest = "{write.digest(text)}"' in text.splitlines()[2]
    assert write.seal(text) == text
    assert write.digest(text.replace("8.4.0", "8.4.1")) != write.digest(text)
    assert write.seal(text.replace('digest = "sha256:', 'digest = "sha256:0', 1)) == text


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        (
            samples.lock([samples.environment("e", asks=["a @ https://user:token@example.org/a.whl"])], []),
            "a is asked for by URL, and a lock holds no URLs",
        ),
        (
            samples.lock([samples.environment("http://x")], []),
            'a lock holds no URLs, and this is one: [environments."http://…',
        ),
        (samples.lock([samples.environment("e", samples.pin("a", "one"))], []), "'one' is not a version"),
        (
            samples.lock([samples.environment("e", samples.pin("a", "1", "windows"))], []),
            "'windows' is not an environment marker",
        ),
    ],
)
def test_what_no_lock_may_hold_is_not_written(lock: Lock, message: str) -> None:
    with pytest.raises(LockError) as caught:
        write.dump(lock)
    assert caught.value.message == message


@given(st.text(st.characters(codec="utf-8")))
def test_quoted_text_is_a_toml_string(text: str) -> None:

    assert tomllib.loads(f"x = {write.quoted(text)}") == {"x": text}
