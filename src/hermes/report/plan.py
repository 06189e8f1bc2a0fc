"""A plan as `hermes run --dry-run` shows it: what would run where, and why each environment is built or reused."""

from collections.abc import Mapping

from hermes.model.plan import EnvironmentSpec, Job, Plan
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


def as_json(plan: Plan, states: Mapping[str, str]) -> dict[str, object]:
    """Return a plan in the form that `--json` prints; commands are templates, as the envfile has them."""
    return {
        "format": "hermes-plan-1",
        "jobs": [_job(job) for job in plan.jobs],
        "skipped": [
            {"job": skip.id, "session": skip.session, "python": skip.python, "reason": skip.reason}
            for skip in plan.skipped
        ],
        "environments": [
            {
                "environment": spec.name,
                "python": spec.python,
                "key": spec.key,
                "files": len(spec.files),
                "interpreter": spec.interpreter.path,
                "state": states[spec.address],
            }
            for spec in plan.environments.values()
        ],
    }


def _job(job: Job) -> dict[str, object]:
    return {
        "job": job.id,
        "session": job.session.name,
        "python": job.python,
        "layer": job.session.layer,
        "environment": job.environment[0],
        "package": job.package,
        "commands": [_template(item) for item in job.session.run],
    }


def _template(item: Command) -> str:
    return command(item.words) if item.shell is None else f"sh: {item.shell}"


def _interpreter(spec: EnvironmentSpec) -> str:
    return f"{spec.interpreter.implementation} {spec.interpreter.version} at {spec.interpreter.path}"
