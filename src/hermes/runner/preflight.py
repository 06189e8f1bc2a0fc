"""What can be known of a plan's commands before anything is built or run: which programs they begin with."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from hermes.envfile import substitute
from hermes.errors import UsageError
from hermes.model.plan import Job, Plan
from hermes.model.project import Command
from hermes.runner import isolation, job, startup
from hermes.runner.job import Place, Workshop
from hermes.store import layout


def program_problems(plan: Plan, workshop: Workshop) -> tuple[str, ...]:
    """Say which commands begin with a program that their job cannot call, each once.

    What cannot be known yet is left to the start of the job: programs of environments that are not built, and what the
    package under test installs where pyproject.toml does not say.
    """
    return tuple(dict.fromkeys(problem for item in plan.jobs for problem in _problems(item, plan, workshop)))


def _problems(item: Job, plan: Plan, workshop: Workshop) -> tuple[str, ...]:
    if item.session.isolation == "none":
        return ()
    address = plan.environments[item.environment].address
    folder = workshop.cache / layout.built(address)
    place = Place(tree=folder / layout.TREE, bytecode=folder / layout.BYTECODE, trees=())
    folders = job.folders_of(workshop.cache, workshop.project, item.session.name, item.python)
    values = job.values(item, place, workshop, folders, job.variables(item, place, workshop, folders))
    known = [(command, words) for command in item.session.run if (words := _first(command, values)) is not None]
    reach = isolation.Reach(
        project=Path(workshop.project.root),
        folders=(place.tree, folders.base, folders.short),
        path=workshop.caller.get("PATH", ""),
        provided=_provided(item, address, place.tree, workshop),
    )
    return isolation.program_problems(item.session, known, reach)


def _first(command: Command, values: substitute.Values) -> Sequence[str] | None:
    """Return the words of a command up to the one that it begins with; None where that is not known yet."""
    if command.shell is not None:
        return ["sh"]
    for template in command.words:
        if substitute.sessions_named(template):
            return None
        try:
            words = substitute.expand_words([template], values)
        except UsageError as error:
            raise UsageError(f"{command.where}: {error.message}", hint=error.hint) from None
        if words:
            return words
    return []


def _provided(item: Job, address: str, tree: Path, workshop: Workshop) -> Callable[[str], bool]:
    """Return what tells whether an environment, or the package on top of it, has or may have a program."""
    package = workshop.project.package if item.package != "none" else None
    on_top = () if package is None else package.scripts

    def provided(name: str) -> bool:
        program = startup.programs(tree) / name
        if os.access(program, os.X_OK) or on_top is None or name in on_top:
            return True
        # The receipt is large: it is read only for a program that is not there. One that was taken away is drift.
        built = workshop.provider.store.find(address)
        path = program.relative_to(tree).as_posix()
        return built is None or any(entry.path == path for entry in built.receipt.entries)

    return provided
