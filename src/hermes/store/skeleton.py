"""The files that an environment has of its own: what its creator writes, and hermes's start-up files."""

import re

from hermes.store.normalform import Scheme

OWNER = "skeleton"

_IDLE_ROOT = frozenset({".gitignore", ".lock", "CACHEDIR.TAG"})
_IDLE_SCRIPT = re.compile(r"(de)?activate(\.(bat|csh|fish|nu|ps1|xsh))?|activate_this\.py|pydoc\.bat", re.IGNORECASE)
_PYTHON = re.compile(r"(python|pythonw|pypy)(\d+(\.\d+)?)?t?w?(\.exe)?")
_START_UP = frozenset({"_virtualenv.pth", "_virtualenv.py", "_hermes_runner.pth"})


def owns(path: str, where: Scheme) -> bool:
    """Say whether a file or link of a tree is the environment's own."""
    return is_idle(path, where) or changes_execution(path, where)


def is_idle(path: str, where: Scheme) -> bool:
    """Say whether this is a file of the environment's own that nothing reads when Python runs in it."""
    folder, _, name = path.rpartition("/")
    if folder == where.scripts:
        return _IDLE_SCRIPT.fullmatch(name) is not None
    return path in _IDLE_ROOT


def changes_execution(path: str, where: Scheme) -> bool:
    """Say whether this is a file of the environment's own that decides which Python runs, with what at its start."""
    folder, _, name = path.rpartition("/")
    if folder == where.scripts:
        return _PYTHON.fullmatch(name) is not None
    return path in {"pyvenv.cfg", "lib64"} or (folder == where.site and name in _START_UP)
