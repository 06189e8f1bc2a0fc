"""Names of what lies in the store, relative to hermes's cache root, joined with "/"."""

STORE_VERSION = 1
"""Stands in the store's path: another version is another store, and neither touches the other."""

RECEIPT_FORMAT = 1
"""Stands in each receipt: one of another format is not trusted."""

RECORD_FORMAT = 1
"""Stands in each wheel record: one of another format is not trusted."""

STORE = f"store/v{STORE_VERSION}"
STAGING = f"{STORE}/staging"
LOCKS = f"{STORE}/locks"
STAGING_LOCK = f"{LOCKS}/staging.lock"

TREE = "tree"
BYTECODE = "bytecode"
RECEIPT = "receipt.json"

LOCK_SUFFIX = ".lock"
USE_SUFFIX = ".use"

_HEX = frozenset("0123456789abcdef")
_SHARD = 2


def is_address(text: str) -> bool:
    """Say whether this is a store address (or any sha256): 64 lower-case hex digits."""
    return len(text) == 64 and _HEX.issuperset(text)  # noqa: PLR2004 - the length of a sha256 in hex


def is_shard(name: str) -> bool:
    """Say whether this is the name of a folder that holds the built environments of one prefix."""
    return len(name) == _SHARD and _HEX.issuperset(name)


def built(address: str) -> str:
    """Return the folder of a built environment."""
    return f"{STORE}/{_checked(address)[:_SHARD]}/{address}"


def build_lock(address: str) -> str:
    """Return the file that is locked while an environment is built, or taken away."""
    return f"{LOCKS}/{_checked(address)}{LOCK_SUFFIX}"


def use_lock(address: str) -> str:
    """Return the file that is locked, shared, while jobs use an environment; its mtime is the last use."""
    return f"{LOCKS}/{_checked(address)}{USE_SUFFIX}"


def staged(name: str) -> str:
    """Return the folder in which one builder works."""
    return f"{STAGING}/{name}"


def staged_lock(name: str) -> str:
    """Return the file that a builder keeps locked while its folder in staging is its own; it lies beside the folder."""
    return f"{STAGING}/{name}{LOCK_SUFFIX}"


def _checked(address: str) -> str:
    if not is_address(address):
        raise ValueError(f"{address!r} is not a store address: expected 64 lower-case hex digits")
    return address
