"""The key of an environment: one digest of everything that determines it, computed without building it.

The exact text that is digested, what is left out and why, stands in docs/fingerprint.md; tests/vectors/key.json holds
examples. Whoever changes a line of it gives it a new name in the first line.
"""

import hashlib
from collections.abc import Iterable, Sequence

from hermes.model.interpreter import Interpreter
from hermes.model.plan import SelectedFile

KEY = "hermes-key-1"
"""The format of the key's text."""

ENVIRONMENT_FORMAT = 1
"""What hermes itself puts into an environment (layout, start-up files): raised whenever that changes."""

ADDRESS = "hermes-address-1"
COMBINED = "hermes-combined-1"


def key(interpreter: Interpreter, files: Iterable[SelectedFile], creator: str = "uv") -> str:
    """Return the key, 64 hex digits; paths, times, users and hosts are not in it."""
    return _digest(key_text(interpreter, files, creator))


def key_text(interpreter: Interpreter, files: Iterable[SelectedFile], creator: str = "uv") -> str:
    """Return the text whose digest the key is."""
    return _text(KEY, ingredients(interpreter, files, creator))


def ingredients(
    interpreter: Interpreter, files: Iterable[SelectedFile], creator: str = "uv"
) -> tuple[tuple[str, str], ...]:
    """Return what the key is made of, as (name, value), in the order in which it is digested."""
    ordered = sorted(files, key=lambda file: (file.package, file.version, file.file, file.sha256))
    return (
        ("format", str(ENVIRONMENT_FORMAT)),
        ("creator", creator),
        ("implementation", interpreter.implementation),
        ("version", interpreter.version),
        ("build", interpreter.build),
        ("abi", interpreter.abi),
        ("platform", interpreter.platform),
        ("libc", interpreter.libc),
        ("free-threaded", "yes" if interpreter.free_threaded else "no"),
        *((f"file {file.package}", f"{file.version} {file.file} {file.sha256}") for file in ordered),
    )


def address(key: str, interpreter: Interpreter) -> str:
    """Return where an environment lies in the store: its key, on this very interpreter file."""
    return _digest(address_text(key, interpreter))


def address_text(key: str, interpreter: Interpreter) -> str:
    """Return the text whose digest the address is; the device is left out, since its number may change at a boot."""
    identity = interpreter.identity
    fields = (
        ("key", key),
        ("interpreter", interpreter.real_path),
        ("size", str(identity.size)),
        ("mtime_ns", str(identity.mtime_ns)),
        ("inode", str(identity.inode)),
    )
    return _text(ADDRESS, fields)


def combined(keys: Iterable[tuple[str, str, str]]) -> str:
    """Return one digest over (environment, python as requested, key) of a selection, whatever its order."""
    return _digest(combined_text(keys))


def combined_text(keys: Iterable[tuple[str, str, str]]) -> str:
    """Return the text whose digest the combined key is."""
    fields = []
    for environment, python, digest in sorted(set(keys)):
        fields += [("environment", environment), ("python", python), ("key", digest)]
    return _text(COMBINED, fields)


def _text(form: str, fields: Sequence[tuple[str, str]]) -> str:
    lines = [form, *(f"{name} {_escaped(value)}" for name, value in fields)]
    return "".join(f"{line}\n" for line in lines)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
