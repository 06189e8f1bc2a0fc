"""Fingerprints as `hermes fingerprint` shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hermes.model.plan import EnvironmentSpec


def tree(spec: EnvironmentSpec, content: str | None = None) -> str:
    """Return an environment's key with its ingredients below it."""
    interpreter = spec.interpreter
    rows = [
        f"{spec.name} {spec.python} {spec.key}",
        "├─ interpreter",
        f"│  ├─ {interpreter.implementation} {interpreter.version}",
        f"│  ├─ build {interpreter.build}",
        f"│  ├─ abi {interpreter.abi}{' (free-threaded)' if interpreter.free_threaded else ''}",
        f"│  └─ platform {interpreter.platform}{f', {interpreter.libc}' if interpreter.libc else ''}",
        f"{'├' if content else '└'}─ files ({len(spec.files)})",
    ]
    stem = "│" if content else " "
    for index, file in enumerate(spec.files):
        branch = "└" if index == len(spec.files) - 1 else "├"
        recorded = f" content {file.content[:16]}…" if file.content else ""
        rows.append(
            f"{stem}  {branch}─ {file.package} {file.version}: {file.file} sha256 {file.sha256[:16]}…{recorded}"
        )
    if content:
        rows.append(f"└─ content digest {content}")
    return "\n".join(rows)


def as_json(specs: Sequence[EnvironmentSpec], combined: str, contents: Mapping[str, str]) -> dict[str, object]:
    """Return fingerprints in the form that `--json` prints; `contents` by store address, of what was built."""
    return {
        "format": "hermes-fingerprint-1",
        "combined": combined,
        "environments": [
            {
                "environment": spec.name,
                "python": spec.python,
                "key": spec.key,
                "content": contents.get(spec.address),
                "interpreter": {
                    "implementation": spec.interpreter.implementation,
                    "version": spec.interpreter.version,
                    "build": spec.interpreter.build,
                    "abi": spec.interpreter.abi,
                    "platform": spec.interpreter.platform,
                    "libc": spec.interpreter.libc,
                    "free_threaded": spec.interpreter.free_threaded,
                },
                "files": [
                    {
                        "package": file.package,
                        "version": file.version,
                        "file": file.file,
                        "sha256": file.sha256,
                        "content": file.content,
                    }
                    for file in spec.files
                ],
            }
            for spec in specs
        ],
    }


def without_contents(spec: EnvironmentSpec) -> EnvironmentSpec:
    """Return an environment as if the lock recorded no contents, so that building it compares with none."""
    return replace(spec, files=tuple(replace(file, content=None) for file in spec.files))
