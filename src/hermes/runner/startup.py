"""Start-up files of an overlay: where bytecode goes, and the way to the environment that it stands on.

Python reads the `.pth` files of a folder sorted by name. The rule for bytecode comes first, so that nothing that
another one imports (an editable install's finder) leaves bytecode in the tree; the way to the shared environment comes
last, so that all that the overlay itself adds to `sys.path` stands before it.
"""

import os
from pathlib import Path

FIRST = "00_hermes_runner.pth"
LAST = "zz_hermes_runner.pth"


def site_packages(tree: Path) -> Path:
    """Return the site-packages folder of a built tree."""
    for pattern in ("lib/*/site-packages", "Lib/site-packages"):
        for folder in tree.glob(pattern):
            return folder
    raise FileNotFoundError(f"no site-packages in {tree}")


def programs(tree: Path) -> Path:
    """Return the folder of programs of a built tree."""
    scripts = tree / "Scripts"
    return scripts if scripts.is_dir() else tree / "bin"


def python(tree: Path) -> Path:
    """Return the interpreter of a built tree."""
    folder = programs(tree)
    return folder / ("python.exe" if folder.name == "Scripts" else "python")


def write(tree: Path, *, environment: Path, bytecode: Path) -> None:
    """Make an overlay's Python see an environment after its own packages, and keep bytecode in a folder outside.

    `site.addsitedir` reads the `.pth` files of the environment too; a plain path in a `.pth` would not. Paths are
    written as ASCII: until Python 3.13 the encoding of these files was the locale's.
    """
    site = _literal(site_packages(environment))
    lines = {
        FIRST: f"import sys; sys.pycache_prefix = sys.pycache_prefix or {_literal(bytecode)}\n",
        LAST: f"import site; site.addsitedir({site})\n",
    }
    for name, line in lines.items():
        (site_packages(tree) / name).write_text(line, encoding="ascii")


def _literal(path: Path) -> str:
    """Return a path as a Python literal in ASCII, for a Python with UTF-8, whatever hermes itself runs with."""
    return ascii(os.fsencode(path).decode("utf-8", "surrogateescape"))
