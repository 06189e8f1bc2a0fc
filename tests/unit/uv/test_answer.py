import pytest

from hermes.errors import ResolutionError
from hermes.model.lock import LockedFile, LockedPackage, Pin
from hermes.uv import answer, ranges

PYTHONS = ranges.parse(">=3.11,<3.14")
ONE, TWO = "1" * 64, "2" * 64

LOCK = f"""
version = 1
revision = 3
requires-python = ">=3.11, <3.14"

[[package]]
name = "alpha"
version = "1.1"
source = {{ registry = "https://index.invalid/simple/" }}
dependencies = [
    {{ name = "beta", extra = ["z", "q"] }},
    {{ name = "num", version = "1.0", source = {{ registry = "https://index.invalid/simple/" }}, marker = "python_full_version < '3.12'" }},
    {{ name = "num", version = "2.0", source = {{ registry = "https://index.invalid/simple/" }}, marker = "python_full_version >= '3.12'" }},
    {{ name = "old", marker = "python_full_version < '3.8'" }},
]
sdist = {{ url = "https://index.invalid/alpha-1.1.tar.gz", hash = "md5:00" }}
wheels = [
    {{ url = "https://index.invalid/b/alpha-1.1%2Blocal-py3-none-any.whl#frag", hash = "sha256:{ONE}", size = 967 }},
    {{ url = "https://index.invalid/a/alpha-1.1-cp311-cp311-win_amd64.whl", hash = "sha256:{TWO}" }},
]

[package.optional-dependencies]
x = [{{ name = "tom", marker = "sys_platform == 'linux'" }}]

[[package]]
name = "hermes-synthetic"
version = "0"
source = {{ virtual = "." }}
"""  # noqa: E501 - as uv writes it


def test_a_lock_becomes_packages_with_edges_and_files() -> None:
    assert answer.packages(LOCK, pythons=PYTHONS) == {
        ("alpha", "1.1"): LockedPackage(
            name="alpha",
            version="1.1",
            dependencies=(
                "beta[q,z]",
                'num; python_full_version < "3.12"',
                'num; python_full_version >= "3.12"',
                'tom; sys_platform == "linux" and extra == "x"',
            ),
            files=(
                LockedFile(name="alpha-1.1+local-py3-none-any.whl", sha256=ONE),
                LockedFile(name="alpha-1.1-cp311-cp311-win_amd64.whl", sha256=TWO),
            ),
        )
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (f"sha256:{TWO}", "md5:22", "alpha-1.1-cp311-cp311-win_amd64.whl of alpha 1.1 has no sha256 on the index, o"),
        (f"sha256:{TWO}", "sha256:22", "alpha-1.1-cp311-cp311-win_amd64.whl of alpha 1.1 has no sha256 on the index"),
        ("/a/alpha-1.1-cp311-cp311-win_amd64", "/a/alpha-1.1%2Blocal-py3-none-any", "the index offers alpha-1.1+local"),
        ('registry = "https://index.invalid/simple/" }\ndep', 'git = "https://g.invalid/" }\ndep', "alpha does not"),
        ("wheels = [", "whls = [", "alpha 1.1 has no wheel that could be installed, only sources"),
    ],
)  # fmt: skip
def test_files_that_could_not_be_verified_are_refused(old: str, new: str, said: str) -> None:
    assert old in LOCK

    with pytest.raises(ResolutionError) as caught:
        answer.packages(LOCK.replace(old, new), pythons=PYTHONS)

    assert caught.value.message.startswith(said)
    assert caught.value.hint


def test_an_export_becomes_pins() -> None:
    text = (
        "# a comment\n\n"
        "zeta==1.0\n"
        "Num_Py==2.0 ; python_full_version >= '3.12'\n"
        "num-py==1.0 ; python_full_version < '3.12' and sys_platform == 'linux'\n"
        "here==1 ; python_full_version >= '3.11'\n"
    )

    assert answer.pins(text, pythons=PYTHONS) == (
        Pin(name="here", version="1"),
        Pin(name="num-py", version="1.0", marker='python_full_version < "3.12" and sys_platform == "linux"'),
        Pin(name="num-py", version="2.0", marker='python_full_version >= "3.12"'),
        Pin(name="zeta", version="1.0"),
    )


def test_a_pylock_becomes_packages_and_pins() -> None:
    text = f"""
lock-version = "1.0"
[[packages]]
name = "alpha"
version = "1.0"
marker = "python_full_version < '3.12'"
wheels = [{{ url = "https://i.invalid/alpha-1.0-py3-none-any.whl", hashes = {{ sha512 = "00", sha256 = "{ONE}" }} }}]
"""

    assert answer.pylock_packages(text) == {
        ("alpha", "1.0"): LockedPackage(
            name="alpha", version="1.0", files=(LockedFile(name="alpha-1.0-py3-none-any.whl", sha256=ONE),)
        )
    }
    assert answer.pylock_pins(text, pythons=PYTHONS) == (
        Pin(name="alpha", version="1.0", marker='python_full_version < "3.12"'),
    )
    with pytest.raises(ResolutionError, match="only md5"):
        answer.pylock_packages(text.replace("sha512", "md5").replace(f', sha256 = "{ONE}"', ""))
