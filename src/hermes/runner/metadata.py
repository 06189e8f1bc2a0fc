"""What the build backend says of the package under test where pyproject.toml leaves it open: asked by `hermes lock`."""

from collections.abc import Mapping
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement

from hermes.model.lock import LockedMetadata
from hermes.model.project import Package
from hermes.runner import backend, sources
from hermes.runner.backend import Backend
from hermes.store.store import Store
from hermes.system.processes import Processes


def ask(
    package: Package,
    *,
    digest: str,
    root: Path,
    tree: Path,
    processes: Processes,
    store: Store,
    environ: Mapping[str, str],
    markers: Mapping[str, str],
) -> LockedMetadata:
    """Return the backend's answers, to be kept with the digest of the files that they were read from.

    `tree` is a built environment with the build requirements, `markers` the PEP 508 environment of its interpreter.
    A package with static metadata is asked for its dynamic build requirements only. Where dynamic metadata needs some
    that are not in `tree`, they are all that is answered: `requires_dist` and `extras` are None then, and `unanswered`
    says so.
    """
    found = sources.find(root, package, processes=processes, path=environ.get("PATH", ""))
    with store.scratch() as folder:
        # Some backends write into the sources when they are asked for metadata, so they get a copy.
        sources.copy(found, folder / "source")
        caller = Backend(
            processes=processes,
            package=package,
            source=folder / "source",
            tree=tree,
            bytecode=folder / "bytecode",
            work=folder / "work",
            markers=markers,
        )
        wheel, in_place = backend.build_requires(caller, "wheel"), backend.build_requires(caller, "editable")
        requires = tuple(sorted({*wheel, *in_place}))
        if is_static(package) or backend.unmet(wheel, backend.installed(tree), caller.markers):
            return LockedMetadata(digest=digest, build_requires=requires)
        text = backend.prepare_metadata(caller, folder / "metadata")
    metadata = Parser().parsestr(text, headersonly=True)
    return LockedMetadata(
        digest=digest,
        requires_dist=tuple(str(Requirement(text)) for text in metadata.get_all("Requires-Dist", [])),
        extras=tuple(metadata.get_all("Provides-Extra", [])),
        build_requires=requires,
    )


def unanswered(package: Package, answers: LockedMetadata) -> bool:
    """Say whether a package has dynamic metadata that these answers do not hold: more has to be installed first."""
    return not is_static(package) and answers.requires_dist is None


def is_static(package: Package) -> bool:
    """Say whether pyproject.toml itself has the package's dependencies and extras."""
    return package.dependencies is not None and package.extras is not None
