import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.errors import LockError
from hermes.lockfile import read, write
from hermes.model.lock import Lock, LockedFile
from unit.lockfile import malformed, samples

PLAIN = malformed.PLAIN


@pytest.mark.parametrize(("text", "line", "what", "hint"), malformed.MALFORMED.values(), ids=malformed.MALFORMED)
def test_a_malformed_lock_is_refused_with_its_line(text: str, line: int, what: str, hint: str) -> None:
    with pytest.raises(LockError) as caught:
        read.parse(text, file="envfile.lock")
    assert (caught.value.message, caught.value.hint) == (f"envfile.lock:{line}: {what}", hint)
    assert caught.value.exit_status == 3


def test_the_plain_lock_is_read() -> None:
    assert read.parse(PLAIN, file="envfile.lock") == samples.plain()


def test_pins_may_be_empty_where_nothing_that_is_asked_for_can_hold() -> None:
    lock = samples.lock([samples.environment("test", asks=['tomli; python_version < "3.11"'])], [])
    assert read.parse(write.dump(lock), file="envfile.lock") == lock


def test_source_distributions_may_stand_beside_wheels() -> None:
    sdist = LockedFile(name="a-1.0.tar.gz", sha256="0" * 64)
    package = samples.package("a", "1.0", files=[samples.wheel("a", "1.0"), sdist])
    lock = samples.lock([samples.environment("test", samples.pin("a", "1.0"))], [package])
    assert read.parse(write.dump(lock), file="envfile.lock").packages["a", "1.0"].files[1] == sdist


def test_a_changed_hex_digit_with_a_new_digest_is_for_the_installer_to_notice() -> None:
    digit = "0" if samples.sha("pytest-8.4.0-py3-none-any.whl")[0] != "0" else "1"
    changed = digit + samples.sha("pytest-8.4.0-py3-none-any.whl")[1:]
    lock = read.parse(malformed.edited(samples.sha("pytest-8.4.0-py3-none-any.whl"), changed), file="envfile.lock")
    assert lock.packages["pytest", "8.4.0"].files[0].sha256 == changed


def test_any_edit_of_one_character_is_refused() -> None:
    for place, new in itertools.product(range(0, len(PLAIN), 7), ("", "x", "0", " ", '"', "\n")):
        text = PLAIN[:place] + new + PLAIN[place + 1 :]
        if text != PLAIN:
            with pytest.raises(LockError, match=r"envfile\.lock:\d+: "):
                read.parse(text, file="envfile.lock")


FRAGMENTS = (
    *(
        "",
        "\n",
        '"',
        "'",
        "[",
        "]",
        "[[",
        "{",
        "}",
        "=",
        "==",
        "0",
        "#",
        "\\",
        "\x00",
        "\ud800",
        "\r\n",
        "://",
        "é",
        "1e999",
        "nan",
    ),
    *("<<<<<<< ours\n", "=======\n", ">>>>>>> theirs\n", "[environments]\n", "[[packages]]\n", "[package]\n"),
    *(
        "[environments.'']\n",
        "environments = 1\n",
        "packages = [1]\n",
        "python = []\n",
        "name = ['a']\n",
        "files = {}\n",
    ),
    *("true", "1979-05-27", "9" * 5000, "[" * 3000, "(" * 500, "marker = 'extra == \"a\"'", "=== x"),
    *("; python_version < '3'", "-1-py3-none-any.whl"),
)


def tried(text: str) -> tuple[Lock | None, str]:
    try:
        return read.parse(text, file="envfile.lock"), ""
    except LockError as error:
        return None, error.message


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = write.dump(draw(samples.locks()))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 40))
        text = text[:start] + draw(st.sampled_from(FRAGMENTS) | st.text(max_size=3)) + text[end:]
    return text


@given(mutated(), st.booleans())
def test_a_mutated_lock_raises_nothing_but_a_lock_error(text: str, sealed: bool) -> None:
    if sealed and "\ud800" not in text:
        text = write.seal(text)
    lock, problem = tried(text)
    assert problem.startswith("envfile.lock:") if lock is None else write.dump(lock) == text


@given(st.text())
def test_any_text_raises_nothing_but_a_lock_error(text: str) -> None:
    with pytest.raises(LockError):
        read.parse(text, file="envfile.lock")
    read.salvage(text)


@given(mutated())
def test_salvaging_raises_nothing(text: str) -> None:
    read.salvage(text)


def test_salvaging_a_sound_lock_gives_that_lock() -> None:
    assert read.salvage(PLAIN) == samples.plain()


def test_salvaging_ignores_the_digest() -> None:
    lock = read.salvage(malformed.edited("coverage>=7", "coverage>=6", sealed=False))
    assert lock is not None
    assert lock.environments["test"].pins == samples.plain().environments["test"].pins


def test_salvaging_a_conflict_takes_our_side_and_fills_it_up_with_theirs() -> None:
    lock = read.salvage(malformed.conflict())
    assert lock is not None
    assert samples.pin("pytest", "8.4.0") in lock.environments["test"].pins
    old = samples.plain()
    docs = samples.environment("docs", samples.pin("tomli", "2.0.1"))
    ours = write.dump(old)
    theirs = write.dump(replace(old, environments={**old.environments, "docs": docs}))
    lock = read.salvage(f"<<<<<<< ours\n{ours}||||||| base\nnonsense\n=======\n{theirs}>>>>>>> theirs\n")
    assert lock is not None
    assert lock.environments["docs"] == docs


def test_salvaging_a_conflict_keeps_the_pins_that_only_their_side_has() -> None:
    sides = []
    for added in ("apple", "zebra"):
        pins = (samples.pin("alpha", "1.0"), samples.pin(added, "1.0"))
        found = [samples.package(name, "1.0") for name in ("alpha", added)]
        sides.append(write.dump(samples.lock([samples.environment("test", *pins)], found)))
    lock = read.salvage("<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n".format(*sides))
    assert lock is not None
    assert [pin.name for pin in lock.environments["test"].pins] == ["alpha", "apple", "zebra"]
    assert {name for name, _ in lock.packages} == {"alpha", "apple", "zebra"}


def test_salvaging_takes_their_side_where_ours_is_broken() -> None:
    theirs = write.dump(samples.plain())
    lock: Lock | None = read.salvage(f"<<<<<<< ours\nlock-version = \n=======\n{theirs}>>>>>>> theirs\n")
    assert lock == samples.plain()


@pytest.mark.parametrize(
    "text", ["", "no lock", "lock-version = 9", PLAIN[:900], PLAIN.replace('sha256 = "', 'sha256 = "x')]
)
def test_what_is_hopeless_is_not_salvaged(text: str) -> None:
    assert read.salvage(text) is None
