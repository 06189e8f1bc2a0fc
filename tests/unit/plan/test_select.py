from collections.abc import Sequence
from typing import Any

import pytest

from fakes import plans
from hermes.errors import UsageError
from hermes.plan import select

PROJECT = plans.project(
    plans.session("lint", tags=("quick",)),
    plans.session("unit"),
    plans.session("unit-slow", layer="unit", tags=("slow",)),
    plans.session("api", layer="integration", tags=("slow", "net")),
    plans.session("smoke", default=False),
    # Its name is the name of a tag and of a layer that others bear: the session wins.
    plans.session("net", layer=None),
)


def chosen(*words: str) -> list[str]:
    return [session.name for session in select.select(PROJECT, words)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["lint", "unit", "unit-slow", "api", "net"]),
        (["smoke"], ["smoke"]),
        (["unit"], ["unit"]),
        (["layer:unit"], ["unit", "unit-slow"]),
        (["integration"], ["api"]),
        (["slow"], ["unit-slow", "api"]),
        (["tag:slow"], ["unit-slow", "api"]),
        (["net"], ["net"]),
        (["tag:net"], ["api"]),
        (["unit*"], ["unit", "unit-slow"]),
        (["[lu]*"], ["lint", "unit", "unit-slow"]),
        (["?ni?"], ["unit"]),
        (["*"], ["lint", "unit", "unit-slow", "api", "smoke", "net"]),
        (["api", "lint", "tag:quick"], ["lint", "api"]),
    ],
)
def test_words(words: Sequence[str], expected: Sequence[str]) -> None:
    assert chosen(*words) == expected


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("untt", "did you mean 'unit'?"),
        ("integrations", "did you mean 'integration'?"),
        ("quik", "did you mean 'quick'?"),
        ("zzz", "there are: lint, unit, unit-slow, api, smoke, net, integration, quick, slow"),
        ("Unit", "did you mean 'unit'?"),
        ("layer:intgration", "did you mean 'layer:integration'?"),
        ("layer:", "there are: layer:unit, layer:integration, layer:smoke"),
        ("layer:zzz", "there are: layer:unit, layer:integration, layer:smoke"),
        ("tag:slo", "did you mean 'tag:slow'?"),
        ("tag:zzz", "there are: tag:quick, tag:slow, tag:net"),
        ("zzz*", "there are: lint, unit, unit-slow, api, smoke, net, integration, quick, slow"),
    ],
)
def test_a_word_that_matches_nothing_is_an_error_with_what_was_meant(word: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen("unit", word)
    assert caught.value.message == f"no session, layer, tag or glob matches {word!r}"
    assert caught.value.hint == hint


def test_there_may_be_nothing_to_choose_from() -> None:
    with pytest.raises(UsageError) as caught:
        select.select(plans.project(plans.session("lint")), ["tag:slow"])
    assert caught.value.hint == "there are: none"


def test_words_that_the_caller_takes_besides_are_suggested_too() -> None:
    with pytest.raises(UsageError) as caught:
        select.select(PROJECT, ["surce"], also=["source"])
    assert caught.value.message == "no environment, session, layer, tag or glob matches 'surce'"
    assert caught.value.hint == "did you mean 'source'?"


def test_a_layer_without_sessions_matches_nothing() -> None:
    with pytest.raises(UsageError, match="'smoke'"):
        select.select(plans.project(plans.session("unit")), ["smoke"])


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ([], ["3.11", "3.12", "3.12.1", "3.13t", "pypy3.11", ">=3.12", "./tools/python"]),
        (["3.12"], ["3.12", "3.12.1", ">=3.12", "./tools/python"]),
        (["3.12.1"], ["3.12.1", ">=3.12", "./tools/python"]),
        (["3.1"], [">=3.12", "./tools/python"]),
        (["3.13t"], ["3.13t", ">=3.12", "./tools/python"]),
        (["3.13"], [">=3.12", "./tools/python"]),
        (["pypy3.11"], ["pypy3.11", ">=3.12", "./tools/python"]),
        (["3.11", "3.13t"], ["3.11", "3.13t", ">=3.12", "./tools/python"]),
    ],
)
def test_what_p_leaves_before_interpreters_are_known(wanted: Sequence[str], left: Sequence[str]) -> None:
    requests = ["3.11", "3.12", "3.12.1", "3.13t", "pypy3.11", ">=3.12", "./tools/python"]
    assert select.narrow(requests, wanted) == tuple(left)


def test_p_takes_nothing_but_pythons() -> None:
    with pytest.raises(UsageError, match=r'^-p: "three" is not a Python: expected a Python such as "3\.12"'):
        select.narrow(["3.12"], ["3.12", "three"])


@pytest.mark.parametrize(
    ("request_", "wanted", "found", "expected"),
    [
        (">=3.12", [], {}, True),
        (">=3.12", ["3.13"], {}, True),
        (">=3.12", ["3.12"], {}, False),
        (">=3.12", ["3.12", "3.13"], {}, True),
        (">=3.12", ["3.13.0"], {}, True),
        (">=3.12", ["3.13.1"], {}, False),
        (">=3.12", [">=3.12"], {}, True),
        ("./a/python", ["./a/python"], {}, True),
        ("./a/python", ["./b/python"], {}, False),
        ("./a/python", ["3.13"], {}, True),
        ("./a/python", ["3.13t"], {}, False),
        ("./a/python", ["3.13t"], {"free_threaded": True}, True),
        ("./a/python", ["pypy3.13"], {"implementation": "pypy"}, True),
    ],
)
def test_what_p_leaves_of_a_range_or_path(
    request_: str, wanted: Sequence[str], found: dict[str, Any], expected: bool
) -> None:
    probed: dict[str, Any] = {"implementation": "cpython", "version": "3.13.0", "free_threaded": False} | found
    assert select.fits(request_, wanted, **probed) is expected
