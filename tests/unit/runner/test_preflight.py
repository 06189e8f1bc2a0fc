from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from fakes import plans, trees
from fakes.trees import Distribution
from fakes.uv import completed, fake_uv
from hermes.errors import UsageError
from hermes.model.plan import Job, Plan
from hermes.model.project import Package
from hermes.model.receipt import Entry, Receipt
from hermes.runner import preflight
from hermes.runner.environments import Provider
from hermes.runner.job import Workshop
from hermes.store.records import WheelRecords
from hermes.store.store import Built, Store
from hermes.system.clock import Clock
from hermes.system.processes import Processes

TOOL = Distribution(name="tool", version="1.0", files={"../../../bin/tool": "#!/bin/sh\n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A cache, with the environments in it that a test builds."""

    cache: Path
    caller: Mapping[str, str] = field(default_factory=dict)

    def problems(self, *jobs: Job, package: Package | None = None, posargs: tuple[str, ...] = ()) -> tuple[str, ...]:
        plan = plans.plan(*jobs)
        return preflight.program_problems(plan, self.workshop(plan, package, posargs))

    def workshop(self, plan: Plan, package: Package | None, posargs: tuple[str, ...]) -> Workshop:
        project = plans.project(*{job.session.name: job.session for job in plan.jobs}.values(), package=package)
        provider = Provider(
            store=Store(self.cache, clock=Clock()),
            records=WheelRecords(self.cache / "records"),
            uv=fake_uv(self.cache, lambda *_: completed()),
            clock=Clock(),
            wheels=self.cache / "wheels",
            emit=lambda _: None,
        )
        return Workshop(
            project=project,
            provider=provider,
            processes=Processes(),
            clock=Clock(),
            caller=self.caller,
            cache=self.cache,
            posargs=posargs,
        )

    def build(self, python: str = "3.12") -> Built:
        address = plans.spec("test", python).address

        def describe(tree: Path, entries: tuple[Entry, ...]) -> Receipt:
            return trees.describe(tree, entries, TOOL, address=address)

        store = Store(self.cache, clock=Clock())
        return store.get_or_build(address, lambda tree: trees.make(tree, TOOL), describe)[0]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(cache=tmp_path / "cache")


def calling(*words: str, python: str = "3.12", **fields: Any) -> Job:
    return plans.job("unit", python, run=(plans.command(*words),), **fields)


@pytest.mark.parametrize(
    "words",
    [
        ("tool", "x"),
        ("python",),
        ("sh", "-c", "x"),
        ("git",),
        ("./run.sh",),
        ("{project}/tools/run",),
        ("{python}", "-V"),
        ("{tmp}/made",),
        ("{posargs:tool}",),
        ("{posargs}", "tool"),
        ("{outputs.unit}",),
    ],
)
def test_what_can_be_called_in_an_environment_that_is_built(shop: Shop, words: tuple[str, ...]) -> None:
    shop.build()
    assert shop.problems(calling(*words, externals=("git",))) == ()


def test_each_problem_once_for_all_pythons(shop: Shop) -> None:
    shop.build("3.11")
    shop.build("3.12")
    (problem,) = shop.problems(calling("docker", python="3.11"), calling("docker", python="3.12"))
    assert problem == (
        "envfile.toml:7: sessions.unit: 'docker' is no program of environments.test, no declared external and no "
        'base program (a program of this machine is declared: externals = ["docker"])'
    )


def test_words_given_on_the_command_line_are_looked_at(shop: Shop) -> None:
    shop.build()
    assert len(shop.problems(calling("{posargs:tool}"), posargs=("docker",))) == 1


def test_an_environment_that_is_not_built_may_have_it(shop: Shop) -> None:
    assert shop.problems(calling("docker")) == ()
    assert shop.problems(calling("/usr/bin/docker")) == (
        "envfile.toml:7: sessions.unit: /usr/bin/docker is neither in the project nor in the environment",
    )


def test_level_none_may_call_anything(shop: Shop) -> None:
    shop.build()
    assert shop.problems(calling("docker", isolation="none")) == ()


def test_a_program_that_was_taken_away_is_left_to_the_check_for_drift(shop: Shop) -> None:
    program = shop.build().tree / "bin/tool"
    program.parent.chmod(0o755)
    program.unlink()
    assert shop.problems(calling("tool")) == ()


@pytest.mark.parametrize(("scripts", "count"), [(("mine",), 0), (None, 0), (("other",), 1)])
def test_programs_of_the_package_under_test(shop: Shop, scripts: tuple[str, ...] | None, count: int) -> None:
    shop.build()
    package = replace(plans.package(), scripts=scripts)
    assert len(shop.problems(replace(calling("mine"), package="wheel"), package=package)) == count
    assert len(shop.problems(calling("mine"), package=package)) == 1


def test_a_variable_that_is_not_there_is_told_with_its_line(shop: Shop) -> None:
    with pytest.raises(UsageError, match=r"^envfile\.toml:7: sessions\.unit: \{env\.TOOL\}: the session has no "):
        shop.problems(calling("{env.TOOL}"))


def test_a_shell_is_a_base_program(shop: Shop) -> None:
    shop.build()
    command = replace(plans.command(), shell="docker | cat")
    assert shop.problems(plans.job("unit", run=(command,))) == ()
