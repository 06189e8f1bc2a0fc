import tomllib
from pathlib import Path

import pytest

from fakes.uv import wants
from hermes.uv import explain, ranges, synthetic

RECORDED = tomllib.loads((Path(__file__).parent / "data" / "explained.toml").read_text())
"""Texts that uv 0.13.8 wrote, and the whole of what is made of them."""


@pytest.mark.parametrize("title", RECORDED)
def test_uv_in_the_users_terms(title: str) -> None:
    case = RECORDED[title]
    members = synthetic.members(
        [wants(case["environment"], *case["requirements"])], {case["environment"]: ranges.parse(">=3.11,<3.14")}
    )

    error = explain.explain(case["uv"], members, known=["alpha", "beta"])

    assert error.message + "\n" == case["told"]
    assert error.hint == case["hint"]
    assert "hermes-synthetic" not in error.message


def test_a_text_of_an_unknown_form_is_passed_on_without_synthetic_names() -> None:
    members = synthetic.members(
        [wants("test", "alpha"), wants("lint", "beta")],
        {"test": ranges.parse(">=3.11"), "lint": ranges.parse(">=3.11")},
    )

    error = explain.explain("error: hermes-synthetic:e-1 makes no sense\n", members)

    assert error.message == (
        "environments.test and environments.lint: the requirements have no solution\n"
        "uv says:\n"
        "  environments.lint makes no sense"
    )
    assert error.hint == explain.CHANGE


def test_the_environment_that_the_text_is_about_is_the_one_that_is_named() -> None:
    range_ = ranges.parse(">=3.11,<3.14")
    members = synthetic.members([wants("lint", "beta"), wants("test", "alpha==9")], {"test": range_, "lint": range_})
    text = RECORDED["exact-version"]["uv"].replace("e-0", "e-1")

    error = explain.explain(text, members)

    assert error.message.splitlines()[:2] == [
        "environments.test: the index has no alpha==9",
        "  alpha==9 (envfile.toml:7: environments.test.requirements[0])",
    ]


def test_a_server_error_is_told_with_its_status() -> None:
    text = (
        "error: Failed to fetch: `https://index.invalid/simple/alpha/`\n"
        "  cause: HTTP status server error (503 Service Unavailable) for url (https://index.invalid/simple/alpha/)\n"
    )

    error = explain.unreachable(text)

    assert error is not None
    assert error.message == (
        "the package index gave no answer: https://index.invalid/simple/alpha/: 503 Service Unavailable"
    )


def test_of_several_ranges_without_wheels_the_package_is_named_and_a_marker_of_every_platform_is_folded() -> None:
    minor = "python_full_version == '3.13.*'"
    where = " or ".join(f"({minor} and sys_platform == '{name}')" for name in ("darwin", "linux", "win32"))
    text = f"""error: No solution found when resolving dependencies for split (markers: {where})
  cause: Because all of:
             alpha<=1.9.3
             alpha>=1.10.4,<=1.23.1
         have no usable wheels and alpha>=1.23.2,<=1.26.4 has no `{where}`-compatible wheels, we can conclude that \
alpha<=1.26.4 cannot be used.
         And because hermes-synthetic:e-0 depends on alpha<2 and your project requires hermes-synthetic:e-0, we can \
conclude that your project's requirements are unsatisfiable.
"""
    members = synthetic.members([wants("test", "alpha<2")], {"test": ranges.parse(">=3.11,<3.14")})

    error = explain.explain(text, members)

    assert error.message.splitlines()[0] == "environments.test: alpha has no wheel that fits Python 3.13"
    assert f"  No solution found where {minor}" in error.message.splitlines()
