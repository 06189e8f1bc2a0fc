import json

from fakes import plans
from hermes.report import fingerprint

SPEC = plans.spec("test", "3.12", plans.selected("pytest", "8.4.0"), plans.selected("six", content="abc" * 21 + "d"))
KEY = SPEC.key
THREADED = plans.interpreter("3.13.0", free_threaded=True, libc="", platform="macosx-14.0-arm64")


def test_the_ingredients_of_a_key() -> None:
    assert fingerprint.tree(SPEC).splitlines() == [
        f"test 3.12 {KEY}",
        "├─ interpreter",
        "│  ├─ cpython 3.12.1",
        "│  ├─ build 3.12.1 (main) [GCC 12.2.0]",
        "│  ├─ abi cpython-312-x86_64-linux-gnu",
        "│  └─ platform linux-x86_64, glibc 2.36",
        "└─ files (2)",
        "   ├─ pytest 8.4.0: pytest-8.4.0-py3-none-any.whl sha256 p000000000000000…",
        "   └─ six 1.0: six-1.0-py3-none-any.whl sha256 s000000000000000… content abcabcabcabcabca…",
    ]


def test_the_ingredients_of_a_fingerprint() -> None:
    assert fingerprint.tree(SPEC, "c" * 64).splitlines()[6:] == [
        "├─ files (2)",
        "│  ├─ pytest 8.4.0: pytest-8.4.0-py3-none-any.whl sha256 p000000000000000…",
        "│  └─ six 1.0: six-1.0-py3-none-any.whl sha256 s000000000000000… content abcabcabcabcabca…",
        f"└─ content digest {'c' * 64}",
    ]


def test_an_environment_with_no_files_on_another_kind_of_python() -> None:
    spec = plans.spec("lint", "3.13t", interpreter=THREADED)
    assert fingerprint.tree(spec).splitlines() == [
        f"lint 3.13t {spec.key}",
        "├─ interpreter",
        "│  ├─ cpython 3.13.0",
        "│  ├─ build 3.13.0 (main) [GCC 12.2.0]",
        "│  ├─ abi cpython-313-x86_64-linux-gnu (free-threaded)",
        "│  └─ platform macosx-14.0-arm64",
        "└─ files (0)",
    ]


def test_fingerprints_as_json() -> None:
    other = plans.spec("lint", "3.13t", interpreter=THREADED)
    printed = json.loads(json.dumps(fingerprint.as_json([SPEC, other], "f" * 64, {SPEC.address: "c" * 64})))
    assert printed == {
        "format": "hermes-fingerprint-1",
        "combined": "f" * 64,
        "environments": [
            {
                "environment": "test",
                "python": "3.12",
                "key": KEY,
                "content": "c" * 64,
                "interpreter": {
                    "implementation": "cpython",
                    "version": "3.12.1",
                    "build": "3.12.1 (main) [GCC 12.2.0]",
                    "abi": "cpython-312-x86_64-linux-gnu",
                    "platform": "linux-x86_64",
                    "libc": "glibc 2.36",
                    "free_threaded": False,
                },
                "files": [
                    {
                        "package": "pytest",
                        "version": "8.4.0",
                        "file": "pytest-8.4.0-py3-none-any.whl",
                        "sha256": f"p{'0' * 63}",
                        "content": None,
                    },
                    {
                        "package": "six",
                        "version": "1.0",
                        "file": "six-1.0-py3-none-any.whl",
                        "sha256": f"s{'0' * 63}",
                        "content": "abc" * 21 + "d",
                    },
                ],
            },
            {
                "environment": "lint",
                "python": "3.13t",
                "key": other.key,
                "content": None,
                "interpreter": {
                    "implementation": "cpython",
                    "version": "3.13.0",
                    "build": "3.13.0 (main) [GCC 12.2.0]",
                    "abi": "cpython-313-x86_64-linux-gnu",
                    "platform": "macosx-14.0-arm64",
                    "libc": "",
                    "free_threaded": True,
                },
                "files": [],
            },
        ],
    }


def test_without_contents_nothing_is_compared() -> None:
    bare = fingerprint.without_contents(SPEC)
    assert [file.content for file in bare.files] == [None, None]
    assert (bare.key, bare.address, len(bare.files)) == (SPEC.key, SPEC.address, 2)
