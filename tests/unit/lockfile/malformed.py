"""Locks that are not as hermes writes them: what is wrong, on which line, and what to do."""

from hermes.lockfile import write
from unit.lockfile import samples

PLAIN = write.dump(samples.plain())
PYTEST = f'{{ name = "pytest-8.4.0-py3-none-any.whl", sha256 = "{samples.sha("pytest-8.4.0-py3-none-any.whl")}" }}'
TWICE = '    { name = "pytest", version = "8.4.0" },\n    { name = "pytest", version = "8.1.0" },\n'

ANEW = "run `hermes lock`: it makes the lock anew and keeps the pins that it can read"
HAND = "do not edit a lock by hand: change envfile.toml and run `hermes lock`"


def edited(old: str, new: str, *, sealed: bool = True) -> str:
    """The plain lock with its first `old` replaced and, so that the digest is not what is noticed, sealed again."""
    assert old in PLAIN
    text = PLAIN.replace(old, new, 1)
    return write.seal(text) if sealed else text


def conflict() -> str:
    lines = PLAIN.splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if '"pytest", version' in line)
    theirs = lines[place].replace("8.4.0", "8.5.0")
    lines[place] = f"<<<<<<< HEAD\n{lines[place]}=======\n{theirs}>>>>>>> branch\n"
    return "".join(lines)


MALFORMED = {
    "empty": ("", 1, "the lock is empty", ANEW),
    "blank": (" \n\n", 1, "the lock is empty", ANEW),
    "another kind of file": (
        "[tool.poetry]\n",
        1,
        "no lock-version: this is not a lock, or it was cut off",
        ANEW,
    ),
    "cut off in a string": (
        PLAIN[: PLAIN.index('"pytest", version') + 4],
        39,
        "the lock ends in the middle of something: it was cut off, or edited by hand",
        ANEW,
    ),
    "cut off in an array": (
        PLAIN[: PLAIN.index('    { name = "pytest", version')],
        38,
        "the lock ends in the middle of something: it was cut off, or edited by hand",
        ANEW,
    ),
    "cut off between packages": (
        PLAIN[: PLAIN.rindex("\n[[packages]]")],
        40,
        "environments.test: tomli 2.0.1 is pinned but has no entry in packages",
        ANEW,
    ),
    "not TOML": (
        edited('name = "tomli"', "name = tomli", sealed=False),
        40,
        "not TOML: Invalid value; was it edited by hand?",
        ANEW,
    ),
    "merge conflict": (
        conflict(),
        39,
        "merge conflict (<<<<<<<): git could not merge this lock",
        "run `hermes lock`: it mends the lock, keeping the pins of both sides that still fit",
    ),
    "the end of a merge conflict that was mended by half": (
        edited("[environments.test]", ">>>>>>> branch\n[environments.test]"),
        25,
        "merge conflict (>>>>>>>): git could not merge this lock",
        "run `hermes lock`: it mends the lock, keeping the pins of both sides that still fit",
    ),
    "Windows line ends": (
        PLAIN.replace("\n", "\r\n"),
        1,
        "the lock has Windows line ends",
        "keep line ends as they are: `envfile.lock text eol=lf` in .gitattributes; then run `hermes lock`",
    ),
    "a later version": (
        edited("lock-version = 1", "lock-version = 2"),
        2,
        "lock-version 2 is unknown: this hermes knows 1",
        "use a newer hermes, or delete the lock and run `hermes lock`",
    ),
    "a version that is no number": (
        edited("lock-version = 1", "lock-version = true"),
        2,
        "lock-version True is unknown: this hermes knows 1",
        "use a newer hermes, or delete the lock and run `hermes lock`",
    ),
    "no digest": (
        "".join(line for line in PLAIN.splitlines(keepends=True) if not line.startswith('digest = "sha256')),
        2,
        "the lock has no digest",
        HAND,
    ),
    "an edited version": (
        edited("coverage>=7", "coverage>=6", sealed=False),
        3,
        "the digest is not that of this lock: it was edited by hand, merged or cut off",
        HAND,
    ),
    "edited, and the digest with it": (
        edited("    { name = ", "    {name = "),
        22,
        "this line is not as hermes writes it: the lock was edited by hand or merged",
        HAND,
    ),
    "unsorted, and the digest with it": (
        edited('    "numpy",\n    "pytest>=8.4",\n', '    "pytest>=8.4",\n    "numpy",\n'),
        31,
        "this line is not as hermes writes it: the lock was edited by hand or merged",
        HAND,
    ),
    "a package without files": (
        edited(f"files = [\n    {PYTEST},\n]", "files = []"),
        93,
        "packages: pytest 8.4.0 has no files",
        ANEW,
    ),
    "a file without a hash": (
        edited(PYTEST, '{ name = "pytest-8.4.0-py3-none-any.whl" }'),
        94,
        "pytest-8.4.0-py3-none-any.whl has no sha256",
        ANEW,
    ),
    "MD5 only": (
        edited(PYTEST, f'{{ name = "pytest-8.4.0-py3-none-any.whl", md5 = "{"0" * 32}" }}'),
        94,
        "pytest-8.4.0-py3-none-any.whl is hashed by md5, and a lock holds sha256 only",
        ANEW,
    ),
    "MD5 as sha256": (
        edited(PYTEST, f'{{ name = "pytest-8.4.0-py3-none-any.whl", sha256 = "{"0" * 32}" }}'),
        94,
        "the hash of pytest-8.4.0-py3-none-any.whl is no sha256 but MD5: 32 hex digits instead of 64",
        ANEW,
    ),
    "a hash that is cut off": (
        edited(PYTEST, f'{{ name = "pytest-8.4.0-py3-none-any.whl", sha256 = "{"0" * 63}" }}'),
        94,
        "the hash of pytest-8.4.0-py3-none-any.whl is no sha256: 63 hex digits instead of 64",
        ANEW,
    ),
    "a hash that is not hex": (
        edited(PYTEST, f'{{ name = "pytest-8.4.0-py3-none-any.whl", sha256 = "{"g" * 64}" }}'),
        94,
        "the hash of pytest-8.4.0-py3-none-any.whl is no sha256: expected 64 hex digits",
        ANEW,
    ),
    "a hash in upper case": (
        edited(PYTEST, f'{{ name = "pytest-8.4.0-py3-none-any.whl", sha256 = "{"A" * 64}" }}'),
        94,
        "the hash of pytest-8.4.0-py3-none-any.whl is not written as 64 lower-case hex digits",
        ANEW,
    ),
    "a URL for a name": (
        edited('name = "pytest-8.4.0', 'name = "https://example.org/pytest-8.4.0'),
        94,
        "packages.files: a URL, and a lock holds no URLs",
        ANEW,
    ),
    "a URL beside a name": (
        edited(PYTEST, f'{PYTEST[:-2]}, url = "https://user:token@example.org/x" }}'),
        94,
        "pytest-8.4.0-py3-none-any.whl has a URL, and a lock holds file names only",
        ANEW,
    ),
    "a path for a name": (
        edited('name = "pytest-8.4.0', 'name = "../pytest-8.4.0'),
        94,
        "'../pytest-8.4.0-py3-none-any.whl' is not a file name",
        ANEW,
    ),
    "a name that is not normalised": (
        edited('name = "pytest"\n', 'name = "PyTest"\n'),
        87,
        "packages.name: 'PyTest' is not normalised, expected 'pytest'",
        ANEW,
    ),
    "a package twice": (
        edited("\n[[packages]]\n", f"\n{PLAIN[PLAIN.rindex('[[packages]]') :]}\n[[packages]]\n"),
        105,
        "packages: tomli 2.0.1 stands there twice",
        ANEW,
    ),
    "a file twice": (
        edited(f"    {PYTEST},\n", f"    {PYTEST},\n    {PYTEST},\n"),
        95,
        "packages: pytest 8.4.0: pytest-8.4.0-py3-none-any.whl stands there twice",
        ANEW,
    ),
    "a file of another package": (
        edited('"pytest-8.4.0-py3', '"pytest_cov-8.4.0-py3'),
        94,
        "pytest_cov-8.4.0-py3-none-any.whl is not a file of pytest 8.4.0",
        ANEW,
    ),
    "a file of another version": (
        edited('"pytest-8.4.0-py3', '"pytest-8.4.1-py3'),
        94,
        "pytest-8.4.1-py3-none-any.whl is not a file of pytest 8.4.0",
        ANEW,
    ),
    "a file that is no wheel": (
        edited("pytest-8.4.0-py3-none-any.whl", "pytest-8.4.0-py3.egg"),
        94,
        "pytest-8.4.0-py3.egg is neither a wheel nor a source distribution",
        ANEW,
    ),
    "a wheel's name that is none": (
        edited("pytest-8.4.0-py3-none-any.whl", "pytest-8.4.0.whl"),
        94,
        "pytest-8.4.0.whl is not the name of a wheel",
        ANEW,
    ),
    "source distributions only": (
        edited("pytest-8.4.0-py3-none-any.whl", "pytest-8.4.0.tar.gz"),
        93,
        "packages: pytest 8.4.0 has no wheel, only a source distribution",
        "ask for a version of pytest that has wheels; source distributions are not supported yet",
    ),
    "a pin without a package": (
        edited('{ name = "pytest", version = "8.4.0" }', '{ name = "pytest", version = "8.4.1" }'),
        39,
        "environments.test: pytest 8.4.1 is pinned but has no entry in packages",
        ANEW,
    ),
    "a package without a pin": (
        edited('    { name = "pytest", version = "8.4.0" },\n', ""),
        85,
        "packages: no environment pins pytest 8.4.0",
        ANEW,
    ),
    "two pins whose markers overlap": (
        edited("marker = 'python_full_version >= \"3.12\"'", "marker = 'python_version >= \"3.11\"'"),
        38,
        (
            "environments.test: numpy is pinned twice for the same Pythons: "
            '1.26.4 where python_full_version < "3.12", and 2.4.1 where python_version >= "3.11"'
        ),
        ANEW,
    ),
    "two pins without markers": (
        edited(
            '"2.0.1", marker = \'python_full_version < "3.12"\' }',
            '"2.0.1" },\n    { name = "tomli", version = "2.0.1" }',
        ),
        41,
        "environments.test: tomli is pinned twice for the same Pythons: 2.0.1 everywhere, and 2.0.1 everywhere",
        ANEW,
    ),
    "an unknown key": (
        edited("[package]\n", "[package]\nsource = 1\n"),
        6,
        "package: unknown key 'source'",
        ANEW,
    ),
    "an unknown table": (
        f"{PLAIN}\n[tool]\n",
        len(PLAIN.splitlines()) + 2,
        "the lock: unknown key 'tool'",
        ANEW,
    ),
    "a missing key": (
        edited('requires-python = ">=3.11"\n', ""),
        15,
        'environments.".build": requires-python is missing',
        ANEW,
    ),
    "an invalid marker": (
        edited('python_full_version >= "3.12"', 'windows == "3.12"'),
        38,
        "environments.test.pins: 'windows == \"3.12\"' is not an environment marker",
        ANEW,
    ),
    "a marker about an extra": (
        edited('python_full_version >= "3.12"', 'extra == "x"'),
        38,
        "environments.test.pins: 'extra == \"x\"' is about an extra, which means nothing to a pin",
        ANEW,
    ),
    "an invalid version": (
        edited('version = "8.4.0"\n', 'version = "eight"\n'),
        88,
        "packages.version: 'eight' is not a version",
        ANEW,
    ),
    "an invalid range": (
        edited('requires-python = ">=3.11"', 'requires-python = "3.11"'),
        17,
        "environments.\".build\".requires-python: '3.11' is not a range of Python versions",
        ANEW,
    ),
    "a range without a Python": (
        edited('requires-python = ">=3.11"', 'requires-python = "<3.11,>=3.12"'),
        17,
        'environments.".build".requires-python: <3.11,>=3.12 holds no Python version',
        ANEW,
    ),
    "an invalid requirement": (
        edited('"coverage>=7"', '"coverage>==7"'),
        29,
        "environments.test.requirements: 'coverage>==7' is not a requirement",
        ANEW,
    ),
    "an edge with a version": (
        edited('    "iniconfig",\n', '    "iniconfig>=2",\n'),
        90,
        "packages.dependencies: iniconfig>=2 carries a version, and edges have none",
        ANEW,
    ),
    "empty pins where something is asked for": (
        edited('pins = [\n    { name = "flit-core", version = "3.12.0" },\n]', "pins = []"),
        21,
        'environments.".build": pins are empty, and flit-core<5,>=3.12 was asked for',
        ANEW,
    ),
    "bytes that are no text": (f"{PLAIN}# \ud800\n", 1, "the lock is not UTF-8 text", ANEW),
    "environments that are no table": (
        "lock-version = 1\nenvironments = 1\n",
        2,
        "environments: expected a table",
        ANEW,
    ),
    "a package that is no table": ("lock-version = 1\npackages = [1]\n", 2, "packages: expected a table", ANEW),
    "no Python": (
        edited('python = ["3.11", "3.12"]', "python = []"),
        16,
        'environments.".build".python: expected at least one Python',
        ANEW,
    ),
    "a requirement twice": (
        edited('    "numpy",\n', '    "numpy",\n    "numpy",\n'),
        32,
        "environments.test.requirements: numpy stands there twice",
        ANEW,
    ),
    "a source distribution of another package": (
        edited("pytest-8.4.0-py3-none-any.whl", "py-8.4.0.tar.gz"),
        94,
        "py-8.4.0.tar.gz is not a file of pytest 8.4.0",
        ANEW,
    ),
    "a range in another alphabet": (
        edited('requires-python = ">=3.11"', 'requires-python = ">=3.11é"'),
        17,
        "environments.\".build\".requires-python: '>=3.11é' is not a range of Python versions",
        ANEW,
    ),
    "a broken header": (
        edited("[environments.test]", "[environments.te st]"),
        25,
        "not TOML: Expected ']' at the end of a table declaration; was it edited by hand?",
        ANEW,
    ),
    "wrong types": (
        edited("[environments.test]", "[[environments.test]]"),
        25,
        "environments.test: expected a table",
        ANEW,
    ),
    "a number for a string": (
        edited('name = "pytest"\n', "name = 8\n"),
        87,
        "packages.name: expected a string",
        ANEW,
    ),
    "a string for an array": (
        edited('python = ["3.11", "3.12"]', 'python = "3.11"'),
        16,
        'environments.".build".python: expected an array',
        ANEW,
    ),
}
