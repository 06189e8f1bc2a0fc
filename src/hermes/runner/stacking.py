"""What an overlay shows of the environment below it: console scripts as copies, other programs and data files as links.

A relocatable script finds its interpreter beside its own real path. A link to one would run the interpreter of the
environment below, which does not see the package under test; a copy runs the overlay's. What the overlay has itself
is never replaced.
"""

import os
import shutil
from pathlib import Path

from hermes.runner import startup

_SKELETON = frozenset({"pyvenv.cfg", ".gitignore", ".lock", "CACHEDIR.TAG", "__pycache__"})


def show(overlay: Path, environment: Path) -> None:
    """Make programs and data files of an environment visible in an overlay on top of it."""
    programs = startup.programs(environment)
    _show_programs(startup.programs(overlay), programs)
    _merge(overlay, environment, leave_out=frozenset({programs, startup.site_packages(environment)}))


def _show_programs(mine: Path, below: Path) -> None:
    for program in sorted(below.iterdir()):
        target = mine / program.name
        if os.path.lexists(target) or program.name in _SKELETON:
            continue
        if program.is_file() and not program.is_symlink() and _is_script(program):
            shutil.copyfile(program, target)
            target.chmod(0o755 if os.access(program, os.X_OK) else 0o644)
        else:
            target.symlink_to(program)


def _is_script(program: Path) -> bool:
    with program.open("rb") as file:
        return file.read(2) == b"#!"


def _merge(mine: Path, below: Path, *, leave_out: frozenset[Path]) -> None:
    """Link what only `below` has into `mine`; folders that both have are merged."""
    for item in sorted(below.iterdir()):
        target = mine / item.name
        if item in leave_out or item.name in _SKELETON:
            continue
        if not os.path.lexists(target):
            if any(folder.is_relative_to(item) for folder in leave_out):
                target.mkdir()
            else:
                target.symlink_to(item)
                continue
        if target.is_dir() and item.is_dir() and not target.is_symlink() and not item.is_symlink():
            _merge(target, item, leave_out=leave_out)
