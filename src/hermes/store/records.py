"""What each wheel file installed when its verified archive was first unpacked, kept apart from the installer's cache.

The installer checks an archive's hash when it fetches it, and trusts its unpacked copy ever after. A record is what
any later build is held against, so that an edited copy does not install with a clean bill.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hermes.store import layout, sealed
from hermes.system import files


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelRecord:
    """A wheel file (by its sha256), its content digest, and "class sha256" for each path of the normal form."""

    sha256: str
    content: str
    paths: Mapping[str, str]


class WheelRecords:
    """The records in a folder, one file each."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, sha256: str) -> WheelRecord | None:
        """Return the record of a wheel file; one that is missing or cannot be read whole is None."""
        try:
            data = self._path(sha256).read_bytes()
        except OSError:
            return None
        value = sealed.unseal(data, format_version=layout.RECORD_FORMAT)
        if not isinstance(value, dict) or value.get("wheel") != sha256:
            return None
        content, paths = value.get("content"), value.get("paths")
        if not isinstance(content, str) or not isinstance(paths, dict):
            return None
        if not all(isinstance(digest, str) for digest in paths.values()):
            return None
        return WheelRecord(sha256=sha256, content=content, paths=paths)

    def put(self, record: WheelRecord) -> None:
        """Keep a record, in place of any earlier one."""
        value = {"wheel": record.sha256, "content": record.content, "paths": dict(record.paths)}
        path = self._path(record.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_atomic(path, sealed.seal(value, format_version=layout.RECORD_FORMAT))

    def _path(self, sha256: str) -> Path:
        if not layout.is_address(sha256):
            raise ValueError(f"{sha256!r} is no sha256: expected 64 lower-case hex digits")
        return self._root / f"{sha256}.json"


def compare(record: WheelRecord, paths: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paths, in the normal form, at which an installation is not what was recorded, sorted."""
    return tuple(
        sorted(path for path in record.paths.keys() | paths.keys() if record.paths.get(path) != paths.get(path))
    )
