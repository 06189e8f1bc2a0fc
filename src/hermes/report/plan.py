"""A plan as `hermes run --dry-run` shows it: what would run where, and why each environment is built or reused."""

from collections.abc import Mapping

from hermes.model.plan import EnvironmentSpec, Plan
from hermes.model.project import Command
from hermes.report.run import command
from hermes.report.style import Style


def dry_run(plan: Plan, states: Mapping[str, str], style: Style) -> str:
    """Return the jobs in order with their commands, then the environments.

    `states` says by store address in words why an environment would be built or reused.
    """
    lines = [style.paint("bold", "jobs")]
    for job in plan.jobs:
        layer = f" (layer {job.session.layer})" if job.session.layer else ""
        package = "" if job.package == "none" else f" + package as {job.package}"
        lines.append(f"  {job.id}{layer}: environment {job.environment[0]}{package}")
        lines.extend(f"    {template}" for template in map(_template, job.session.run))
    lines.extend(f"  {skip.id}: skipped: {skip.reason}" for skip in plan.skipped)
    lines.append(style.paint("bold", "environments"))
    for spec in plan.environments.values():
        lines.append(f"  {spec.name} {spec.python} ({len(spec.files)} files): {states[spec.address]}")
        lines.append(f"    key {spec.key}")
        lines.append(f"    interpreter {_interpreter(spec)}")
    return "\n".join(lines)


def _template(item: Command) -> str:
    return command(item.words) if item.shell is None else f"sh: {item.shell}"


def _interpreter(spec: EnvironmentSpec) -> str:
    return f"{spec.interpreter.implementation} {spec.interpreter.version} at {spec.interpreter.path}"
