from typing import Any

import pytest

from fakes import plans
from hermes.errors import ProvisionError, UsageError
from hermes.model.interpreter import Interpreter
from hermes.model.plan import Plan
from hermes.model.project import BUILD_ENVIRONMENT, Project, Session
from hermes.plan import fingerprint, jobs
from unit.lockfile import samples

PYTHONS = {
    "3.11": plans.interpreter("3.11.7"),
    "3.12": plans.interpreter("3.12.1"),
    "3.12.1": plans.interpreter("3.12.1"),
    "3.13t": plans.interpreter("3.13.0", free_threaded=True),
    ">=3.12": plans.interpreter("3.13.0"),
    "./python": plans.interpreter("3.13.0", free_threaded=True, real_path="/project/python"),
}
LOCK = samples.lock(
    [
        samples.environment("test", samples.pin("six", "1")),
        samples.environment("other"),
        samples.environment(BUILD_ENVIRONMENT),
    ],
    [samples.package("six", "1")],
)


def made(project: Project, *sessions: Session, **fields: Any) -> Plan:
    selected = [jobs.Selected(session=session, python=session.python) for session in sessions]
    plain: dict[str, Any] = {"interpreters": PYTHONS, "missing": {}, "system": "linux"}
    return jobs.make(project, LOCK, selected, **(plain | fields))


def planned(*sessions: Session, **fields: Any) -> Plan:
    return made(plans.project(*sessions), *sessions, **fields)


def ids(plan: Plan) -> list[str]:
    return [job.id for job in plan.jobs]


def test_what_has_no_gate_comes_first_then_layer_by_layer_else_as_in_the_envfile() -> None:
    sessions = [
        plans.session("smoke"),
        plans.session("lint"),
        plans.session("integration"),
        plans.session("b", layer="unit"),
        plans.session("unit"),
        plans.session("docs"),
    ]
    assert ids(planned(*sessions)) == [
        "lint-3.12",
        "docs-3.12",
        "b-3.12",
        "unit-3.12",
        "integration-3.12",
        "smoke-3.12",
    ]


def test_the_order_of_layers_is_that_of_the_envfile() -> None:
    sessions = [plans.session("unit"), plans.session("smoke")]
    plan = made(plans.project(*sessions, layers=("smoke", "unit")), *sessions)
    assert ids(plan) == ["smoke-3.12", "unit-3.12"]
    assert plan.layers == ("smoke", "unit")


@pytest.mark.parametrize(
    ("request_", "label"),
    [
        ("3.11", "3.11"),
        ("3.12.1", "3.12.1"),
        ("3.13t", "3.13t"),
        (">=3.12", "3.13"),
        ("./python", "3.13t"),
    ],
)
def test_labels_of_jobs(request_: str, label: str) -> None:
    plan = planned(plans.session("unit", python=(request_,)))
    assert [(job.id, job.python, job.environment) for job in plan.jobs] == [
        (f"unit-{label}", label, ("test", request_))
    ]
    assert plan.environments["test", request_].python == label


def test_an_interpreter_that_two_requests_find_runs_a_session_once() -> None:
    assert ids(planned(plans.session("unit", python=("3.12", "3.12.1")))) == ["unit-3.12"]


def test_two_interpreters_of_one_minor_version_have_names_of_their_own() -> None:
    older = plans.interpreter("3.13.0rc1", real_path="/project/python")
    plan = planned(plans.session("unit", python=(">=3.12", "./python")), interpreters={**PYTHONS, "./python": older})
    assert ids(plan) == ["unit-3.13", "unit-3.13.0rc1"]


def test_two_interpreters_of_one_version_cannot_be_told_apart() -> None:
    def python(path: str) -> Interpreter:
        return plans.interpreter("3.12.1", real_path=path)

    found = {"./a": python("/a"), "./b": python("/b"), "./c": python("/c")}
    with pytest.raises(UsageError) as caught:
        planned(plans.session("unit", python=("./a", "./b", "./c")), interpreters=found)
    assert caught.value.message == (
        "envfile.toml:7: sessions.unit: python: ./c is one more Python 3.12.1: /c, besides /b"
    )


def test_environments_are_there_once_with_key_and_address() -> None:
    plan = planned(plans.session("unit"), plans.session("lint"), plans.session("docs", environment="other"))
    assert set(plan.environments) == {("test", "3.12"), ("other", "3.12")}
    spec = plan.environments["test", "3.12"]
    assert [file.package for file in spec.files] == ["six"]
    assert spec.key == fingerprint.key(PYTHONS["3.12"], spec.files)
    assert spec.address == fingerprint.address(spec.key, PYTHONS["3.12"])


class TestThePackage:
    PROJECT = plans.project(
        plans.session("unit"),
        plans.session("lint", environment="other"),
        environments=[plans.environment("test", package="wheel"), plans.environment("other", package="none")],
        package=plans.package(),
    )

    def test_its_jobs_need_what_builds_it(self) -> None:
        plan = made(self.PROJECT, *self.PROJECT.sessions.values())
        assert [(job.id, job.package, job.build) for job in plan.jobs] == [
            ("lint-3.12", "none", None),
            ("unit-3.12", "wheel", (BUILD_ENVIRONMENT, "3.12")),
        ]
        assert set(plan.environments) == {("other", "3.12"), ("test", "3.12"), (BUILD_ENVIRONMENT, "3.12")}

    def test_without_overlays_nothing_builds_it(self) -> None:
        plan = made(self.PROJECT, *self.PROJECT.sessions.values(), overlays=False)
        assert [(job.package, job.build) for job in plan.jobs] == [("none", None), ("none", None)]
        assert set(plan.environments) == {("other", "3.12"), ("test", "3.12")}

    def test_there_may_be_none_to_install(self) -> None:
        session = plans.session("unit")
        project = plans.project(session, environments=[plans.environment("test", package="editable")])
        assert [(job.package, job.build) for job in made(project, session).jobs] == [("none", None)]


class TestSkips:
    def test_a_session_of_another_system_is_skipped_on_every_python(self) -> None:
        session = plans.session("unit", python=("3.11", "3.12"), only_on=("macos", "windows"))
        plan = planned(session)
        assert plan.jobs == ()
        assert plan.environments == {}
        assert [(skip.id, skip.session, skip.python, skip.reason) for skip in plan.skipped] == [
            ("unit-3.11", "unit", "3.11", "only on macos, windows; this is linux"),
            ("unit-3.12", "unit", "3.12", "only on macos, windows; this is linux"),
        ]

    def test_a_session_of_this_system_runs(self) -> None:
        assert ids(planned(plans.session("unit", only_on=("linux",)))) == ["unit-3.12"]

    def test_a_missing_python_skips_its_jobs_alone(self) -> None:
        plan = planned(plans.session("unit", python=("3.10", "3.12")), missing={"3.10": "no Python was found"})
        assert ids(plan) == ["unit-3.12"]
        assert [(skip.id, skip.reason) for skip in plan.skipped] == [("unit-3.10", "no Python was found")]

    def test_another_system_is_the_reason_before_a_missing_python(self) -> None:
        plan = planned(plans.session("unit", python=("3.10",), only_on=("macos",)), missing={"3.10": "not found"})
        assert [skip.reason for skip in plan.skipped] == ["only on macos; this is linux"]


def test_a_package_without_a_file_for_an_interpreter_stops_the_plan() -> None:
    foreign = samples.package("six", "1", files=[samples.wheel("six", "1", "cp312-cp312-win_amd64")])
    lock = samples.lock([samples.environment("test", samples.pin("six", "1"))], [foreign])
    session = plans.session("unit")
    with pytest.raises(ProvisionError, match=r"^environments\.test: six 1 has no wheel for cpython 3\.12\.1"):
        jobs.make(
            plans.project(session),
            lock,
            [jobs.Selected(session=session, python=("3.12",))],
            interpreters=PYTHONS,
            missing={},
            system="linux",
        )
