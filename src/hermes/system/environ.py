"""The environment variables that hermes was called with, and what they say about where it runs."""

import os
from collections.abc import Mapping


def caller() -> dict[str, str]:
    """Return a copy of the caller's environment variables."""
    return dict(os.environ)


def is_ci(environ: Mapping[str, str]) -> bool:
    """Tell whether this is a continuous integration job: `CI` is set, and not to empty, 0, no or false."""
    return environ.get("CI", "").strip().lower() not in {"", "0", "no", "false"}
