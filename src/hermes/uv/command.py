"""The door to uv: one process per call, with a scrubbed environment and a wheel cache that nothing else uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from uv import find_uv_bin

from hermes.errors import InstallationError
from hermes.system.processes import Completed, Processes
from hermes.uv import scrub


@dataclass(frozen=True, slots=True, kw_only=True)
class Uv:
    """How to call uv: `cache` is its private cache, `home` an empty folder, `environ` what the caller has set.

    With `offline` uv never asks the network; `retries` is how often it repeats a request that got no answer.
    """

    processes: Processes
    cache: Path
    home: Path
    environ: Mapping[str, str] = field(repr=False)
    offline: bool = False
    retries: int = 3
    executable: str = ""

    def run(self, *arguments: str, cwd: Path, input: str | None = None, offline: bool = False) -> Completed:  # noqa: A002 - the word of subprocess
        """Run uv and wait; what it wrote comes back without credentials. A status other than 0 is no error here."""
        self.home.mkdir(parents=True, exist_ok=True)
        words = [self.executable or find(), "--no-config", "--no-progress", "--color", "never"]
        words += ["--cache-dir", str(self.cache)]
        if arguments[:2] != ("python", "install"):
            words.append("--no-python-downloads")
        # The system's certificates, as pip takes them: uv's own bundle knows nothing of a company's proxy.
        words.append("--offline" if self.offline or offline else "--system-certs")
        completed = self.processes.run([*words, *arguments], env=self.environment(), cwd=str(cwd), input=input)
        hidden = scrub.secrets(self.environ)
        return replace(
            completed,
            argv=tuple(scrub.redact(word, hidden) for word in completed.argv),
            stdout=scrub.redact(completed.stdout, hidden),
            stderr=scrub.redact(completed.stderr, hidden),
        )

    def environment(self) -> Mapping[str, str]:
        """Make the environment variables of uv, and of what hermes runs to look at what uv has made."""
        return scrub.scrubbed(self.environ, home=str(self.home), retries=self.retries)


def find() -> str:
    """Return the path of the uv that is installed beside hermes."""
    try:
        return find_uv_bin()
    except FileNotFoundError as error:
        raise InstallationError(
            f"uv is not where its package should have put it: {error}",
            hint="install hermes-runner again, with its dependencies",
        ) from None
