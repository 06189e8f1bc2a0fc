import json
from dataclasses import replace

from fakes import plans
from hermes.model.plan import Job, Plan, Skip
from hermes.report import plan as report
from hermes.report.style import Style

SHELL = replace(plans.command(), shell="make | tee log")
UNIT: Job = replace(
    plans.job("unit", run=(plans.command("pytest", "{posargs:-q tests}"), SHELL)),
    package="wheel",
    build=(".build", "3.12"),
)
PLAN: Plan = plans.plan(
    plans.job("lint", environment="lint"),
    UNIT,
    skipped=(Skip(id="unit-3.10", session="unit", python="3.10", reason="only on macos; this is linux"),),
    environments={
        ("lint", "3.12"): plans.spec("lint"),
        ("test", "3.12"): plans.spec("test", "3.12", plans.selected("six"), plans.selected("pytest")),
    },
)
STATES = {
    plans.spec("lint").address: "reused: it is in the store",
    plans.spec("test").address: "built: nothing in the store has this key on this interpreter",
}
TEXT = f"""\
jobs
  lint-3.12: environment lint
    pytest -q
  unit-3.12 (layer unit): environment test + package as wheel
    pytest {{posargs:-q tests}}
    sh: make | tee log
  unit-3.10: skipped: only on macos; this is linux
environments
  lint 3.12 (0 files): reused: it is in the store
    key {plans.spec("lint").key}
    interpreter cpython 3.12.1 at /opt/3.12.1/bin/python
  test 3.12 (2 files): built: nothing in the store has this key on this interpreter
    key {plans.spec("test").key}
    interpreter cpython 3.12.1 at /opt/3.12.1/bin/python"""


def test_a_plan_as_text() -> None:
    assert report.dry_run(PLAN, STATES, Style()) == TEXT


def test_its_titles_are_bold() -> None:
    expected = TEXT.replace("jobs\n", "\x1b[1mjobs\x1b[0m\n").replace("\nenvironments", "\n\x1b[1menvironments\x1b[0m")
    assert report.dry_run(PLAN, STATES, Style(color=True)) == expected


def test_an_empty_plan() -> None:
    assert report.dry_run(plans.plan(), {}, Style()) == "jobs\nenvironments"


def test_a_plan_as_json() -> None:
    assert json.loads(json.dumps(report.as_json(PLAN, STATES))) == {
        "format": "hermes-plan-1",
        "jobs": [
            {
                "job": "lint-3.12",
                "session": "lint",
                "python": "3.12",
                "layer": None,
                "environment": "lint",
                "package": "none",
                "commands": ["pytest -q"],
            },
            {
                "job": "unit-3.12",
                "session": "unit",
                "python": "3.12",
                "layer": "unit",
                "environment": "test",
                "package": "wheel",
                "commands": ["pytest {posargs:-q tests}", "sh: make | tee log"],
            },
        ],
        "skipped": [
            {"job": "unit-3.10", "session": "unit", "python": "3.10", "reason": "only on macos; this is linux"}
        ],
        "environments": [
            {
                "environment": "lint",
                "python": "3.12",
                "key": plans.spec("lint").key,
                "files": 0,
                "interpreter": "/opt/3.12.1/bin/python",
                "state": "reused: it is in the store",
            },
            {
                "environment": "test",
                "python": "3.12",
                "key": plans.spec("test").key,
                "files": 2,
                "interpreter": "/opt/3.12.1/bin/python",
                "state": "built: nothing in the store has this key on this interpreter",
            },
        ],
    }
