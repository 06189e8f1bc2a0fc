"""Python code run as a user without any rights, in a folder of its own: root passes where others fail."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import hermes

NOBODY = 65534


@dataclass(frozen=True, slots=True, kw_only=True)
class Unprivileged:
    """`folder` belongs to the user; `argv` in front of a command runs it as the user; `python` is one they can run."""

    folder: Path
    argv: tuple[str, ...]
    python: str

    def run(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python code that may import hermes, and raise if it fails."""
        done = subprocess.run(
            [*self.argv, self.python, "-c", code, *arguments],
            env={"PYTHONPATH": str(self.folder / "src"), "PATH": os.defpath, "HOME": str(self.folder)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done


@contextmanager
def unprivileged(pythons: Sequence[str]) -> Iterator[Unprivileged | str]:
    """Yield the user's means, or the reason why there are none."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() == 0 and setpriv is None:
        yield "root without setpriv (util-linux) cannot become another user"
        return
    # setpriv keeps root's capabilities up to its own exec, which may therefore start what the user cannot even see.
    reuid = (str(setpriv), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "/usr/bin/env")
    argv = reuid if os.geteuid() == 0 else ()
    with _folder(argv) as folder:
        if folder is None:
            yield "no temporary folder can be reached by another user"
            return
        usable = next((python for python in pythons if _runs([*argv, python, "-I", "-c", ""])), None)
        if usable is None:
            yield "another user can run none of the interpreters"
            return
        shutil.copytree(Path(hermes.__file__).parent, folder / "src" / "hermes")
        if argv:
            os.chown(folder, NOBODY, NOBODY)
        yield Unprivileged(folder=folder, argv=argv, python=usable)


@contextmanager
def _folder(argv: Sequence[str]) -> Iterator[Path | None]:
    # The temporary folder of a hermes job lies in a cache that only its owner may enter.
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        folder = Path(tempfile.mkdtemp(prefix="hermes-nobody-", dir=parent))
        try:
            folder.chmod(0o755)
            if _runs([*argv, "test", "-x", str(folder)]):
                yield folder
                return
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    yield None


def _runs(argv: Sequence[str]) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, check=False, cwd="/").returncode == 0
    except OSError:
        return False
