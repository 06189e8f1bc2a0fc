from collections.abc import Sequence
from dataclasses import replace

import pytest

from hermes.lockfile import pins, status
from hermes.model.lock import Lock, LockedEnvironment, LockedMetadata, LockedPackage, LockStatus, WantedEnvironment
from hermes.model.project import BUILD_ENVIRONMENT
from unit.lockfile import samples

WANTED = samples.wanted("test", ["coverage>=7", 'coverage[toml]; python_version < "3.12"', "numpy", "pytest>=8.4"])
BUILD = samples.wanted(BUILD_ENVIRONMENT, ["flit-core<5,>=3.12"])
DIGEST = samples.sha("pyproject")


def judged(*wanted: WantedEnvironment, lock: Lock, digest: str | None = DIGEST) -> tuple[str, ...]:
    found = status.status(wanted, lock, metadata_digest=digest, metadata_files=["pyproject.toml"])
    assert found.state == ("stale" if found.reasons else "fresh")
    return found.reasons


def asking(*asks: str, python: Sequence[str] = ("3.11", "3.12")) -> WantedEnvironment:
    return samples.wanted("test", asks or [each.text for each in WANTED.requirements], python)


def changed(
    environment: LockedEnvironment | None = None,
    packages: Sequence[LockedPackage] = (),
    metadata: LockedMetadata | None = None,
) -> Lock:
    """The plain lock with another environment `test`, or other packages, or other metadata."""
    plain = samples.plain()
    environments = {**plain.environments, **({} if environment is None else {"test": environment})}
    others = {(each.name, each.version): each for each in packages}
    return Lock(environments=environments, packages={**plain.packages, **others}, metadata=metadata or plain.metadata)


def without(name: str) -> Lock:
    plain = samples.plain().environments["test"]
    kept = tuple(pin for pin in plain.pins if pin.name != name)
    return changed(replace(plain, pins=kept))


ASKED = [each.text for each in WANTED.requirements]

CASES: dict[str, tuple[Sequence[WantedEnvironment], Lock, str | None, Sequence[str]]] = {
    "nothing changed": ([BUILD, WANTED], samples.plain(), DIGEST, []),
    "another order": ([asking(*ASKED[::-1], python=["3.12", "3.11"]), BUILD], samples.plain(), DIGEST, []),
    "another spelling": (
        [BUILD, asking("Coverage >= 7", "coverage[TOML] ; python_version<'3.12'", "NumPy", "pytest >=8.4")],
        samples.plain(),
        DIGEST,
        [],
    ),
    "a package without metadata files to watch": ([BUILD, WANTED], samples.plain(), None, []),
    "a requirement that the lock does not satisfy": (
        [BUILD, asking(*ASKED[:3], "pytest>=8.5")],
        samples.plain(),
        DIGEST,
        [
            (
                "environments.test: pytest 8.4.0 in the lock does not satisfy pytest>=8.5 "
                "(requirements.test, envfile.toml:13)"
            )
        ],
    ),
    "a requirement that the lock satisfies still": (
        [BUILD, asking(*ASKED[:3], "pytest>=8")],
        samples.plain(),
        DIGEST,
        [
            (
                "environments.test: pytest>=8 is asked for (requirements.test, envfile.toml:13), "
                "and pytest>=8.4 was when it was locked"
            )
        ],
    ),
    "a new requirement": (
        [BUILD, asking(*ASKED, "requests")],
        samples.plain(),
        DIGEST,
        ["environments.test: requests is asked for (requirements.test, envfile.toml:14) but is not in the lock"],
    ),
    "a new requirement that was a dependency": (
        [BUILD, asking(*ASKED, "iniconfig")],
        samples.plain(),
        DIGEST,
        [
            (
                "environments.test: iniconfig is asked for (requirements.test, envfile.toml:14), "
                "and nothing of that name was when it was locked"
            )
        ],
    ),
    "a new requirement that is locked for some Pythons only": (
        [BUILD, asking(*ASKED, "tomli")],
        samples.plain(),
        DIGEST,
        [
            (
                "environments.test: tomli is asked for (requirements.test, envfile.toml:14) "
                'but is in the lock only where python_full_version < "3.12"'
            )
        ],
    ),
    "a new requirement for other Pythons": (
        [BUILD, asking(*ASKED, 'tomli; python_version >= "3.12"')],
        samples.plain(),
        DIGEST,
        ["environments.test: tomli is asked for (requirements.test, envfile.toml:14) but is not in the lock"],
    ),
    "a new requirement that holds for no Python here": (
        [BUILD, asking(*ASKED, 'typing-extensions; python_version < "3.9"')],
        samples.plain(),
        DIGEST,
        [
            (
                'environments.test: typing-extensions; python_version < "3.9" is asked for '
                "(requirements.test, envfile.toml:14), and nothing of that name was when it was locked"
            )
        ],
    ),
    "one of two versions does not satisfy": (
        [BUILD, asking("coverage>=7", ASKED[1], "numpy>=2", "pytest>=8.4")],
        samples.plain(),
        DIGEST,
        ["environments.test: numpy 1.26.4 in the lock does not satisfy numpy>=2 (requirements.test, envfile.toml:12)"],
    ),
    "each version satisfies where it is pinned": (
        [BUILD, asking(*ASKED[:2], 'numpy>=2; python_version >= "3.12"', 'numpy<2; python_version < "3.12"', ASKED[3])],
        changed(
            replace(
                samples.plain().environments["test"],
                requirements=(
                    *ASKED[:2],
                    'numpy<2; python_version < "3.12"',
                    'numpy>=2; python_version >= "3.12"',
                    ASKED[3],
                ),
            )
        ),
        DIGEST,
        [],
    ),
    "a requirement that is gone": (
        [BUILD, asking(*ASKED[:3])],
        samples.plain(),
        DIGEST,
        ["environments.test: iniconfig, pytest, tomli are in the lock but nothing asks for them any more"],
    ),
    "a requirement that is gone and locked for nobody else": (
        [BUILD, asking(*ASKED[:2], ASKED[3])],
        samples.plain(),
        DIGEST,
        ["environments.test: numpy is in the lock but nothing asks for it any more"],
    ),
    "a requirement that is gone and still a dependency": (
        [BUILD, WANTED],
        changed(replace(samples.plain().environments["test"], requirements=(*ASKED, "iniconfig>=1"))),
        DIGEST,
        ["environments.test: iniconfig>=1 was asked for when it was locked, and no longer is"],
    ),
    "a new environment": (
        [BUILD, WANTED, samples.wanted("db", ["psycopg"])],
        samples.plain(),
        DIGEST,
        ["environments.db is new"],
    ),
    "an environment that is gone": ([BUILD], samples.plain(), DIGEST, ["environments.test is no longer declared"]),
    "the package is no longer installed": (
        [WANTED],
        samples.plain(),
        DIGEST,
        ["the build environment is no longer declared"],
    ),
    "other Pythons": (
        [BUILD, asking(python=["3.11", "3.13"])],
        samples.plain(),
        DIGEST,
        ["environments.test: python was 3.11, 3.12 when it was locked, is now 3.11, 3.13"],
    ),
    "Pythons by path": (
        [BUILD, asking(python=["./bin/python3", "3.11"])],
        changed(replace(samples.plain().environments["test"], python=("3.11", "./bin/python3"))),
        DIGEST,
        [],
    ),
    "the same range of Pythons": (
        [BUILD, asking(python=[">=3.12,<3.14"])],
        changed(replace(samples.plain().environments["test"], python=("<3.14, >=3.12",))),
        DIGEST,
        [],
    ),
    "changed metadata": (
        [BUILD, WANTED],
        samples.plain(),
        samples.sha("other"),
        ["pyproject.toml changed since its build backend was asked (dynamic dependencies)"],
    ),
    "changed metadata of a package with static dependencies": (
        [BUILD, WANTED],
        changed(metadata=LockedMetadata(digest=DIGEST)),
        samples.sha("other"),
        ["pyproject.toml changed since its build backend was asked (build requirements)"],
    ),
    "metadata that was never asked for": (
        [BUILD, WANTED],
        replace(samples.plain(), metadata=None),
        DIGEST,
        ["the build backend of the package was not asked when the lock was made"],
    ),
    "a removed pin": (
        [BUILD, WANTED],
        without("iniconfig"),
        DIGEST,
        ["environments.test: pytest 8.4.0 needs iniconfig, which is not in the lock"],
    ),
    "a removed pin that some Pythons need": (
        [BUILD, WANTED],
        without("tomli"),
        DIGEST,
        ['environments.test: pytest 8.4.0 needs tomli, which is not in the lock where python_version < "3.12"'],
    ),
    "a removed pin that was asked for": (
        [BUILD, WANTED],
        without("pytest"),
        DIGEST,
        [
            "environments.test: pytest is asked for (requirements.test, envfile.toml:13) but is not in the lock",
            "environments.test: iniconfig, tomli are in the lock but nothing asks for them any more",
        ],
    ),
    "an added pin": (
        [BUILD, WANTED],
        changed(
            replace(
                samples.plain().environments["test"],
                pins=(*samples.plain().environments["test"].pins, samples.pin("flask", "3.0")),
            ),
            [samples.package("flask", "3.0")],
        ),
        DIGEST,
        ["environments.test: flask is in the lock but nothing asks for it any more"],
    ),
    "a build requirement that changed": (
        [samples.wanted(BUILD_ENVIRONMENT, ["flit-core>=4"]), WANTED],
        samples.plain(),
        DIGEST,
        [
            (
                "the build environment: flit-core 3.12.0 in the lock does not satisfy flit-core>=4 "
                "(requirements.test, envfile.toml:10)"
            )
        ],
    ),
    "all at once": (
        [asking("pytest>=9", "flask", python=["3.12"]), samples.wanted("new", [])],
        samples.plain(),
        DIGEST,
        [
            "environments.new is new",
            "environments.test: python was 3.11, 3.12 when it was locked, is now 3.12",
            (
                "environments.test: pytest 8.4.0 in the lock does not satisfy pytest>=9 "
                "(requirements.test, envfile.toml:10)"
            ),
            "environments.test: flask is asked for (requirements.test, envfile.toml:11) but is not in the lock",
            "environments.test: coverage, numpy are in the lock but nothing asks for them any more",
            "the build environment is no longer declared",
        ],
    ),
}


@pytest.mark.parametrize(("wanted", "lock", "digest", "reasons"), CASES.values(), ids=CASES)
def test_a_lock_is_fresh_or_stale_with_reasons(
    wanted: Sequence[WantedEnvironment], lock: Lock, digest: str | None, reasons: Sequence[str]
) -> None:
    assert judged(*wanted, lock=lock, digest=digest) == tuple(reasons)


def test_no_lock_is_missing() -> None:
    expected = LockStatus(state="missing", reasons=("there is no envfile.lock",))
    assert status.status([WANTED], None, metadata_digest=None) == expected


EXTRAS = samples.lock(
    [
        samples.environment(
            "test",
            samples.pin("a", "1"),
            samples.pin("b", "1"),
            samples.pin("c", "1", 'python_version < "3.12"'),
            asks=('a[all]; python_version < "3.12"', "a"),
        )
    ],
    [
        samples.package("a", "1", 'a[x]; extra == "all"', 'c; extra == "x"', 'd; extra == "never"', "b"),
        samples.package("b", "1", "a[y]"),
        samples.package("c", "1", 'b; sys_platform == "win32"'),
    ],
)


def test_edges_of_extras_are_followed_where_the_extra_is_asked_for() -> None:
    wanted = samples.wanted("test", ['a[all]; python_version < "3.12"', "a"])
    assert judged(wanted, lock=EXTRAS) == ()
    everywhere = samples.wanted("test", ["a[all]", "a"])
    assert judged(everywhere, lock=EXTRAS) == (
        (
            "environments.test: a[all] is asked for (requirements.test, envfile.toml:10), and "
            'a[all]; python_version < "3.12" was when it was locked'
        ),
        "environments.test: a 1 needs c, which is not in the lock",
    )


def pinned(text: str, *asks: str) -> WantedEnvironment:
    found = pins.parse("ci.txt", {"ci.txt": text}.get)
    wanted = samples.wanted("pinned", asks, python=["3.11"])
    return replace(wanted, pinned=found.lines, pins_digest=found.digest)


def requirement(name: str, version: str, letter: str, marker: str = "") -> str:
    return f"{name}=={version}{marker} --hash=sha256:{letter * 64}\n"


def hashed(name: str, version: str, letter: str) -> LockedPackage:
    return samples.package(name, version, files=[replace(samples.wheel(name, version), sha256=letter * 64)])


CLICK = requirement("click", "8.1", "a")
COLORAMA = requirement("colorama", "0.4.6", "b", ' ; sys_platform == "win32"')
TOMLI = requirement("tomli", "2.0", "c", ' ; python_version < "3.11"')


def of_pins() -> Lock:
    environment = samples.environment(
        "pinned",
        samples.pin("click", "8.1"),
        samples.pin("colorama", "0.4.6", 'sys_platform == "win32"'),
        python=["3.11"],
        pins_digest=pinned(CLICK + COLORAMA + TOMLI).pins_digest,
    )
    return samples.lock([environment], [hashed("click", "8.1", "a"), hashed("colorama", "0.4.6", "b")])


PINNED: dict[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "the same": (CLICK + COLORAMA + TOMLI, ["click>=8"], []),
    "markers that mean the same for these Pythons": (
        requirement("click", "8.1", "a", ' ; python_version >= "3.8"')
        + requirement("colorama", "0.4.6", "b", ' ; platform_system == "Windows" and python_version >= "3.8"')
        + TOMLI,
        [],
        ["environments.pinned: its pins changed since it was locked"],
    ),
    "another order and comments": (f"{TOMLI}# why\n{COLORAMA}\n{CLICK}", [], []),
    "another version": (
        requirement("click", "8.2", "a") + COLORAMA + TOMLI,
        [],
        ["environments.pinned: click==8.2 (ci.txt:1) is 8.1 in the lock"],
    ),
    "another marker": (
        CLICK + requirement("colorama", "0.4.6", "b") + TOMLI,
        [],
        [
            "environments.pinned: colorama==0.4.6 (ci.txt:2) is not in the lock",
            (
                'environments.pinned: colorama 0.4.6 where sys_platform == "win32" is in the lock '
                "but no longer in its pins"
            ),
        ],
    ),
    "a new line": (
        CLICK + COLORAMA + TOMLI + requirement("attrs", "25.1", "d"),
        [],
        ["environments.pinned: attrs==25.1 (ci.txt:4) is not in the lock"],
    ),
    "a line that is gone": (
        COLORAMA + TOMLI,
        [],
        ["environments.pinned: click 8.1 is in the lock but no longer in its pins"],
    ),
    "other hashes": (
        requirement("click", "8.1", "e") + COLORAMA + TOMLI,
        [],
        ["environments.pinned: click==8.1 (ci.txt:1) has not all hashes of the lock"],
    ),
    "a line for no Python here that is gone": (
        CLICK + COLORAMA,
        [],
        ["environments.pinned: its pins changed since it was locked"],
    ),
    "a dependency of the package that is not pinned": (
        CLICK + COLORAMA + TOMLI,
        ["rich"],
        ["environments.pinned: rich is asked for (requirements.test, envfile.toml:10) but is not in ci.txt"],
    ),
    "a dependency of the package that the pins contradict": (
        CLICK + COLORAMA + TOMLI,
        ["click>=9"],
        ["environments.pinned: click 8.1 in ci.txt does not satisfy click>=9 (requirements.test, envfile.toml:10)"],
    ),
}


@pytest.mark.parametrize(("text", "asks", "reasons"), PINNED.values(), ids=PINNED)
def test_pins_are_compared_line_by_line(text: str, asks: Sequence[str], reasons: Sequence[str]) -> None:
    assert judged(pinned(text, *asks), lock=of_pins()) == tuple(reasons)


def test_an_environment_takes_up_pins_or_gives_them_up() -> None:
    wanted = pinned(CLICK + COLORAMA + TOMLI)
    environment = of_pins().environments["pinned"]
    never = samples.lock([replace(environment, pins_digest=None)], list(of_pins().packages.values()))
    assert judged(wanted, lock=never) == (
        "environments.pinned: its pins stand in a file now, and did not when it was locked",
    )
    no_more = samples.wanted("pinned", ["click", "colorama"], python=["3.11"])
    assert judged(no_more, lock=of_pins())[0] == (
        "environments.pinned: it took its pins from a file when it was locked, and no longer does"
    )


def test_what_pins_do_not_satisfy_can_be_asked_before_there_is_a_lock() -> None:
    found = status.unanswered(pinned(CLICK, "click>=9", "rich; python_version < '3'"), ">=3.11")
    assert found == ("click 8.1 in ci.txt does not satisfy click>=9 (requirements.test, envfile.toml:10)",)
