"""Projects, interpreters, plans and events for pure tests: each with plain values where a test names none."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from packaging.tags import parse_tag

from hermes.model.event import CommandFinished, EnvironmentReady, JobFinished, Status
from hermes.model.interpreter import FileIdentity, Interpreter
from hermes.model.plan import EnvironmentSpec, Job, Plan, SelectedFile
from hermes.model.project import Command, Environment, Package, Project, Session, Where

WHERE = Where(file="envfile.toml", line=7, key="sessions.unit")
LAYERS = ("unit", "integration", "smoke")


def command(*words: str, **fields: Any) -> Command:
    return Command(words=words, where=WHERE, **fields)


def session(name: str, **fields: Any) -> Session:
    """Make a session of the environment `test` on 3.12; `layer` is that of its own name, as in an envfile."""
    plain: dict[str, Any] = {
        "environment": "test",
        "layer": name if name in LAYERS else None,
        "python": ("3.12",),
        "run": (command("pytest", "-q"),),
        "env": {},
        "where": Where(file="envfile.toml", line=7, key=f"sessions.{name}"),
    }
    return Session(name=name, **(plain | fields))


def environment(name: str, **fields: Any) -> Environment:
    where = Where(file="envfile.toml", line=3, key=f"environments.{name}")
    return Environment(name=name, where=where, **({"python": ("3.11", "3.12")} | fields))


def package() -> Package:
    return Package(name="mine", dependencies=(), extras={}, build_requires=(), backend="backend")


def project(
    *sessions: Session,
    environments: Sequence[Environment] | None = None,
    layers: Sequence[str] = LAYERS,
    package: Package | None = None,
) -> Project:
    """Make a project of sessions; without more it has the environments that these name."""
    declared = [environment(each.environment) for each in sessions] if environments is None else environments
    return Project(
        root="/project",
        envfile="/project/envfile.toml",
        python=("3.11", "3.12"),
        layers=tuple(layers),
        environments={each.name: each for each in declared},
        sessions={each.name: each for each in sessions},
        package=package,
    )


def tags(*texts: str) -> tuple[str, ...]:
    """Give wheel tags, best first; "py2.py3-none-any" stands for two."""
    return tuple(str(tag) for text in texts for tag in sorted(parse_tag(text), key=str))


def interpreter(version: str = "3.12.1", **fields: Any) -> Interpreter:
    """Make a CPython on Linux for which wheels of its own version, of abi3 and pure ones fit, in this order."""
    minor = ".".join(version.split(".")[:2])
    short = f"cp{minor.replace('.', '')}"
    platforms = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "linux_x86_64")
    plain: dict[str, Any] = {
        "path": f"/opt/{version}/bin/python",
        "real_path": f"/opt/{version}/bin/python{minor}",
        "identity": FileIdentity(size=14000, mtime_ns=17, inode=4711, device=1),
        "implementation": "cpython",
        "version": version,
        "build": f"{version} (main) [GCC 12.2.0]",
        "abi": f"cpython-{minor.replace('.', '')}-x86_64-linux-gnu",
        "platform": "linux-x86_64",
        "libc": "glibc 2.36",
        "free_threaded": False,
        "base_prefix": f"/opt/{version}",
        "markers": {
            "python_version": minor,
            "python_full_version": version,
            "sys_platform": "linux",
            "implementation_name": "cpython",
        },
        "tags": tags(
            *(f"{short}-{short}-{platform}" for platform in platforms),
            *(f"{short}-abi3-{platform}" for platform in platforms),
            f"{short}-none-any",
            "py3-none-any",
        ),
    }
    return Interpreter(**(plain | fields))


def selected(name: str, version: str = "1.0", *, content: str | None = None) -> SelectedFile:
    file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    return SelectedFile(package=name, version=version, file=file, sha256=f"{name[0]}{'0' * 63}", content=content)


def spec(name: str = "test", python: str = "3.12", *files: SelectedFile, **fields: Any) -> EnvironmentSpec:
    digests = [sha256(f"{kind} {name} {python}".encode()).hexdigest() for kind in ("key", "address")]
    plain: dict[str, Any] = {
        "interpreter": interpreter(f"{python}.1"),
        "files": files,
        "key": digests[0],
        "address": digests[1],
    }
    return EnvironmentSpec(name=name, python=python, **(plain | fields))


def job(name: str, python: str = "3.12", **fields: Any) -> Job:
    """Make a job of a session that `session` makes of the other fields."""
    made = session(name, python=(python,), **fields)
    return Job(
        id=f"{name}-{python}",
        session=made,
        python=python,
        package="none",
        environment=(made.environment, python),
    )


def plan(*jobs: Job, layers: Sequence[str] = LAYERS, **fields: Any) -> Plan:
    specs: Mapping[tuple[str, str], EnvironmentSpec] = {each.environment: spec(*each.environment) for each in jobs}
    return Plan(jobs=jobs, layers=tuple(layers), **({"skipped": (), "environments": specs} | fields))


def ready(environment: str = "test", **fields: Any) -> EnvironmentReady:
    plain: dict[str, Any] = {
        "python": "3.12",
        "how": "built",
        "layer": "environment",
        "key": "k" * 64,
        "record": "unrecorded",
        "seconds": 1.5,
    }
    return EnvironmentReady(environment=environment, **(plain | fields))


def ran(job: str, *argv: str, **fields: Any) -> CommandFinished:
    return CommandFinished(job=job, argv=argv, **({"status": 0, "ignored": False, "seconds": 0.25} | fields))


def ended(job: str, status: Status = Status.PASSED, reason: str = "", **fields: Any) -> JobFinished:
    session, _, python = job.rpartition("-")
    plain: dict[str, Any] = {
        "session": session,
        "python": python,
        "status": status,
        "reason": reason,
        "allowed": False,
        "exit_status": 0,
        "seconds": 0.5,
    }
    return JobFinished(job=job, **(plain | fields))
