import os

import pytest

from hermes.system import environ


@pytest.mark.parametrize("value", ["1", "true", "True", "yes", "woodpecker"])
def test_ci_is_set(value: str) -> None:
    assert environ.is_ci({"CI": value})


@pytest.mark.parametrize("value", ["", " ", "0", "no", "No", "false", "FALSE"])
def test_ci_is_set_to_no(value: str) -> None:
    assert not environ.is_ci({"CI": value})


def test_ci_is_not_set() -> None:
    assert not environ.is_ci({})


def test_the_callers_variables_are_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "green")
    copy = environ.caller()
    copy["COLOUR"] = "red"
    assert os.environ["COLOUR"] == "green"
    assert environ.caller()["COLOUR"] == "green"
