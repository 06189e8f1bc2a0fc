"""Small environments made by hand: what an installer would have left, without one."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

from hermes.model.plan import SelectedFile
from hermes.model.receipt import Entry, Receipt
from hermes.store import content, manifest
from hermes.store.layout import RECEIPT_FORMAT

SITE = "lib/python3.12/site-packages"
UV_PREAMBLE = b"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution as installed: `files` relative to site-packages, by content.

    `unlisted` files stand in no RECORD; `listed` rows ("path,hash,size") stand there besides. `folder` is the
    .dist-info folder where it is not the usual one.
    """

    name: str
    version: str = "1.0"
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    unlisted: Mapping[str, str | bytes] = field(default_factory=dict)
    listed: Sequence[str] = ()
    folder: str = ""

    @property
    def info(self) -> str:
        """The .dist-info folder, relative to site-packages."""
        return self.folder or f"{self.name.replace('-', '_')}-{self.version}.dist-info"

    @property
    def selected(self) -> SelectedFile:
        """The file that a lock would have selected for it."""
        package = canonicalize_name(self.name)
        file = f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"
        return SelectedFile(package=package, version=self.version, file=file, sha256=sha256(file))


SMALL = Distribution(
    name="small",
    files={
        "small/__init__.py": "import sys\n",
        "small/data.bin": b"\x00\x01",
        "../../../bin/small": UV_PREAMBLE + b"import sys\nfrom small import main\nsys.exit(main())\n",
        "../../../share/small/words.txt": "words\n",
    },
    unlisted={"small-1.0.dist-info/entry_points.txt": "[console_scripts]\nsmall = small:main\n"},
)
OTHER = Distribution(
    name="Other.Thing", version="2.1", files={"other/thing.py": "x = 1\n"}, folder="other_thing-2.1.dist-info"
)


def make(tree: Path, *distributions: Distribution) -> None:
    """Fill a tree with a skeleton and distributions."""
    skeleton(tree)
    for distribution in distributions:
        install(tree, distribution)


def skeleton(tree: Path) -> None:
    """Write what the creator of an environment writes."""
    for folder in (SITE, "bin"):
        (tree / folder).mkdir(parents=True, exist_ok=True)
    (tree / "pyvenv.cfg").write_text("home = /opt/python/bin\ninclude-system-site-packages = false\n")
    (tree / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    (tree / "bin/activate").write_text("# for shells\n")
    (tree / "bin/python").symlink_to("/opt/python/bin/python3.12")
    (tree / "bin/python3").symlink_to("python")
    (tree / "lib64").symlink_to("lib")


def install(tree: Path, distribution: Distribution) -> None:
    """Write the files of a distribution, with METADATA and RECORD."""
    info = distribution.info
    metadata = (
        f"Metadata-Version: 2.1\nName: {distribution.name}\nVersion: {distribution.version}\n\nVersion: not this\n"
    )
    files = {**distribution.files, f"{info}/METADATA": metadata, f"{info}/WHEEL": "Wheel-Version: 1.0\n"}
    files[f"{info}/INSTALLER"] = "tests"
    for name, data in {**files, **distribution.unlisted}.items():
        path = tree / SITE / name
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
        path.resolve().write_bytes(as_bytes(data))
        if "/bin/" in name:
            path.resolve().chmod(0o755)
    rows = [f"{name},{record_hash(data)},{len(as_bytes(data))}" for name, data in files.items()]
    lines = [*rows, *distribution.listed, f"{info}/RECORD,,"]
    (tree / SITE / info / "RECORD").write_text("".join(f"{line}\n" for line in lines))


def receipt(tree: Path, *distributions: Distribution, address: str = "a" * 64, created: float = 1000.0) -> Receipt:
    """Scan a tree that holds these distributions, and make its receipt."""
    return describe(tree, manifest.scan(tree), *distributions, address=address, created=created)


def describe(
    tree: Path, entries: tuple[Entry, ...], *distributions: Distribution, address: str, created: float = 1000.0
) -> Receipt:
    """Make the receipt of a tree that was scanned."""
    owned, installed, _ = content.own(tree, entries, [distribution.selected for distribution in distributions])
    return Receipt(
        format=RECEIPT_FORMAT,
        address=address,
        key="b" * 64,
        kind="environment",
        name="test",
        python="3.12",
        interpreter_path="/opt/python/bin/python3.12",
        created=created,
        ingredients=(("creator", "tests"),),
        installed=installed,
        content=content.fold(installed),
        entries=owned,
    )


def as_bytes(data: str | bytes) -> bytes:
    """Return the bytes of a file."""
    return data.encode() if isinstance(data, str) else data


def sha256(data: str | bytes) -> str:
    """Return a sha256 in hex."""
    return hashlib.sha256(as_bytes(data)).hexdigest()


def record_hash(data: str | bytes) -> str:
    """Return a hash as it stands in a RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(as_bytes(data)).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"
