from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import trees
from fakes.trees import OTHER, SITE, SMALL, Distribution
from hermes.errors import InstallationError
from hermes.model.receipt import Entry, InstalledFile
from hermes.store import content, manifest, normalform


def owned(tree: Path, *distributions: Distribution) -> dict[str, str]:
    entries, _, _ = own(tree, distributions)
    return {entry.path: entry.owner for entry in entries}


def own(
    tree: Path, distributions: Sequence[Distribution]
) -> tuple[tuple[Entry, ...], tuple[InstalledFile, ...], dict[str, dict[str, str]]]:
    entries, installed, paths = content.own(tree, manifest.scan(tree), [item.selected for item in distributions])
    return entries, installed, {sha256: dict(found) for sha256, found in paths.items()}


def problems(tree: Path, *distributions: Distribution) -> list[str]:
    with pytest.raises(InstallationError) as error:
        own(tree, distributions)
    first, *lines = error.value.message.splitlines()
    assert first == "what was installed is not what was selected:"
    return [line.strip() for line in lines]


def test_every_path_has_its_owner(tmp_path: Path) -> None:
    trees.make(tmp_path, SMALL, OTHER)
    owners = owned(tmp_path, SMALL, OTHER)
    assert "" not in owners.values()
    small = {path for path, owner in owners.items() if owner == "small==1.0"}
    assert small == {
        "bin/small",
        "share",
        "share/small",
        "share/small/words.txt",
        f"{SITE}/small",
        f"{SITE}/small/__init__.py",
        f"{SITE}/small/data.bin",
        *[
            f"{SITE}/{SMALL.info}{name}"
            for name in ("", "/INSTALLER", "/METADATA", "/RECORD", "/WHEEL", "/entry_points.txt")
        ],
    }
    assert owners[f"{SITE}/other/thing.py"] == "other-thing==2.1"
    assert {path for path, owner in owners.items() if owner == "skeleton"} == {
        "CACHEDIR.TAG",
        "bin",
        "bin/activate",
        "bin/python",
        "bin/python3",
        "lib",
        "lib/python3.12",
        SITE,
        "lib64",
        "pyvenv.cfg",
    }


def test_entries_keep_their_order_and_all_else(tmp_path: Path) -> None:
    trees.make(tmp_path, SMALL)
    scanned = manifest.scan(tmp_path)
    entries, _, _ = own(tmp_path, [SMALL])
    assert tuple(replace(entry, owner="") for entry in entries) == scanned


def test_a_folder_that_two_share_is_the_environments_and_an_empty_one_its_parents(tmp_path: Path) -> None:
    left = Distribution(name="left", files={"space/left/__init__.py": "", "space/left/x.py": ""})
    right = Distribution(name="right", files={"space/right.py": ""})
    trees.make(tmp_path, left, right)
    (tmp_path / SITE / "space/left/empty/deep").mkdir(parents=True)
    (tmp_path / SITE / "empty").mkdir()
    owners = owned(tmp_path, left, right)
    assert owners[f"{SITE}/space"] == "skeleton"
    assert owners[f"{SITE}/space/left/empty/deep"] == "left==1.0"
    assert owners[f"{SITE}/empty"] == "skeleton"


def test_the_content_digest_is_that_of_the_normal_form(tmp_path: Path) -> None:
    trees.make(tmp_path, SMALL)
    _, installed, paths = own(tmp_path, [SMALL])
    (file,) = installed
    selected = SMALL.selected
    assert (file.package, file.version, file.file, file.sha256) == ("small", "1.0", selected.file, selected.sha256)
    assert sorted(paths[selected.sha256]) == [
        "data/share/small/words.txt",
        "site-packages/small-1.0.dist-info/METADATA",
        "site-packages/small-1.0.dist-info/WHEEL",
        "site-packages/small-1.0.dist-info/entry_points.txt",
        "site-packages/small/__init__.py",
        "site-packages/small/data.bin",
    ]
    words = paths[selected.sha256]["data/share/small/words.txt"]
    assert words == "plain " + trees.sha256("words\n")
    assert file.content == normalform.content(
        normalform.NormalFile(path=path, kind="plain", sha256=digest.split()[1])
        for path, digest in paths[selected.sha256].items()
    )
    assert content.fold(installed) == normalform.fold(installed)


VARIANTS: dict[str, Distribution] = {
    "by another installer, with its notes": replace(
        SMALL,
        unlisted={
            **SMALL.unlisted,
            "small-1.0.dist-info/REQUESTED": "",
            "small-1.0.dist-info/direct_url.json": "{}",
            "small-1.0.dist-info/uv_cache.json": "{}",
        },
        files={
            **SMALL.files,
            "../../../bin/small": b"#!/some/python\nimport re\nfrom small import main\nmain()\n",
        },
    ),
    "with rows of RECORD in another order": replace(SMALL, files=dict(reversed(list(SMALL.files.items())))),
    "with a row for bytecode that is not there": replace(
        SMALL,
        listed=["small/__pycache__/__init__.cpython-312.pyc,,", "small-1.0.data/scripts/small,sha256=x,1", "small/,,"],
    ),
    "by way of lib64": replace(
        SMALL,
        files={name: data for name, data in SMALL.files.items() if name != "small/data.bin"}
        | {"../../../lib64/python3.12/site-packages/small/data.bin": b"\x00\x01"},
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_wheel_has_the_same_content_digest(tmp_path: Path, name: str) -> None:
    trees.make(tmp_path / "one", SMALL)
    trees.make(tmp_path / "other root" / "two", VARIANTS[name])
    (_, (one,), _), (_, (two,), _) = own(tmp_path / "one", [SMALL]), own(tmp_path / "other root" / "two", [SMALL])
    assert one.content == two.content


def test_times_and_write_permissions_are_not_in_the_content(tmp_path: Path) -> None:
    trees.make(tmp_path, SMALL)
    _, before, _ = own(tmp_path, [SMALL])
    for path in (tmp_path / SITE / "small").iterdir():
        path.chmod(0o400)
        path.touch()
    _, after, _ = own(tmp_path, [SMALL])
    assert before == after


@pytest.mark.parametrize(
    ("name", "data", "mode"),
    [
        (f"{SITE}/small/__init__.py", b"import abc\n", 0o644),
        (f"{SITE}/small/__init__.py", b"import sys\n", 0o755),
        ("share/small/words.txt", b"word\n", 0o644),
        ("bin/small", b"#!/bin/sh\nrm -rf x\n", 0o755),
        (f"{SITE}/small-1.0.dist-info/entry_points.txt", b"[console_scripts]\nsmall = small:other\n", 0o644),
    ],
)
def test_bytes_and_what_is_executable_are_in_the_content(tmp_path: Path, name: str, data: bytes, mode: int) -> None:
    trees.make(tmp_path, SMALL)
    _, (before,), _ = own(tmp_path, [SMALL])
    (tmp_path / name).write_bytes(data)
    (tmp_path / name).chmod(mode)
    _, (after,), _ = own(tmp_path, [SMALL])
    assert before.content != after.content


def test_scripts_of_the_wheel_are_digested_without_their_first_line(tmp_path: Path) -> None:
    digests = []
    for number, start in enumerate((trees.UV_PREAMBLE, b"#!ROOT/bin/python3.12\n", b"#!/usr/bin/env python3\n")):
        root = tmp_path / str(number)
        tool = start.replace(b"ROOT", str(root).encode()) + b"print()\n"
        wheel = Distribution(name="tool", files={"../../../bin/tool": tool, "../../../bin/binary": b"\x7fELF"})
        trees.make(root, wheel)
        _, _, paths = own(root, [wheel])
        found = paths[wheel.selected.sha256]
        assert found["scripts/binary"] == "script " + trees.sha256(b"\x7fELF")
        digests.append(found["scripts/tool"])
    normal = "#!python\nprint()\n"
    assert digests[0] == digests[1] == f"script {trees.sha256(normal)}"
    assert digests[2] != digests[0]


@pytest.mark.parametrize("name", ["Zope.Interface", "zope-interface", "zope_interface", "ZOPE__interface"])
@pytest.mark.parametrize(
    "folder", ["zope.interface-1.0.dist-info", "zope_interface-1.0.dist-info", "zope-interface-1.0.dist-info"]
)
def test_names_with_dots_dashes_and_underscores_are_one(tmp_path: Path, name: str, folder: str) -> None:
    wheel = Distribution(name=name, files={"zope/interface.py": ""}, folder=folder)
    trees.make(tmp_path, wheel)
    assert owned(tmp_path, wheel)[f"{SITE}/zope/interface.py"] == "zope-interface==1.0"


def test_versions_are_compared_as_versions(tmp_path: Path) -> None:
    trees.make(tmp_path, replace(SMALL, version="1.0.0", unlisted={}, folder="small-1.0.0.dist-info"))
    _, (file,), _ = own(tmp_path, [SMALL])
    assert file.version == "1.0"


def test_a_version_that_is_none_is_compared_as_text(tmp_path: Path) -> None:
    odd = replace(SMALL, version="odd_version", unlisted={})
    trees.make(tmp_path, odd)
    assert own(tmp_path, [odd])[1]
    assert problems(tmp_path, SMALL) == ["small==odd_version is installed, 1.0 was selected"]


def test_an_empty_selection_is_an_empty_environment(tmp_path: Path) -> None:
    trees.make(tmp_path)
    _, installed, paths = own(tmp_path, [])
    assert (installed, paths) == ((), {})


def test_what_is_not_selected_what_is_missing_and_another_version(tmp_path: Path) -> None:
    extra = Distribution(name="extra", files={"extra.py": ""})
    trees.make(tmp_path, replace(OTHER, version="2.0", folder=""), extra)
    assert problems(tmp_path, SMALL, OTHER) == [
        f"extra==1.0 is installed, and was not selected ({SITE}/extra-1.0.dist-info)",
        "other-thing==2.0 is installed, 2.1 was selected",
        "small==1.0 was selected (small-1.0-py3-none-any.whl), and is not installed",
    ]


def test_a_distribution_that_is_there_twice(tmp_path: Path) -> None:
    trees.make(tmp_path, OTHER, replace(OTHER, version="2.0", folder="Other.Thing-2.0.dist-info"))
    assert problems(tmp_path, OTHER) == [
        f"other-thing is installed twice: {SITE}/Other.Thing-2.0.dist-info, {SITE}/other_thing-2.1.dist-info",
        "other-thing==2.0 is installed, 2.1 was selected",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "new",
        "bin/tool",
        "share/x",
        f"{SITE}/new.pth",
        f"{SITE}/small/new.py",
        f"{SITE}/old.egg-info",
        "lib/python3.12/x",
    ],
)
def test_what_belongs_to_nothing_is_named(tmp_path: Path, path: str) -> None:
    trees.make(tmp_path, SMALL)
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(b"")
    assert problems(tmp_path, SMALL) == [f"{path} belongs to nothing that is locked"]


def test_a_link_that_belongs_to_nothing_is_named(tmp_path: Path) -> None:
    trees.make(tmp_path, SMALL)
    (tmp_path / SITE / "out").symlink_to("/")
    assert problems(tmp_path, SMALL) == [f"{SITE}/out belongs to nothing that is locked"]


def test_signatures_in_the_dist_info_folder_are_its_distributions(tmp_path: Path) -> None:
    signed = replace(SMALL, unlisted={**SMALL.unlisted, "small-1.0.dist-info/RECORD.jws": "{}"})
    trees.make(tmp_path, signed)
    assert owned(tmp_path, SMALL)[f"{SITE}/small-1.0.dist-info/RECORD.jws"] == "small==1.0"


def test_a_path_of_record_that_is_not_there(tmp_path: Path) -> None:
    trees.make(tmp_path, SMALL)
    (tmp_path / SITE / "small/data.bin").unlink()
    (tmp_path / "share/small/words.txt").unlink()
    assert problems(tmp_path, SMALL) == [
        f"small==1.0: {SITE}/small/data.bin is in its RECORD and is not there",
        "small==1.0: share/small/words.txt is in its RECORD and is not there",
    ]


@pytest.mark.parametrize(
    "outside",
    ["../../../../x", "/etc/passwd", "../../../../../../../../etc/passwd", "C:/x", "\\x", "a/../../../../../x"],
)
def test_a_path_of_record_that_leads_out_is_refused(tmp_path: Path, outside: str) -> None:
    trees.make(tmp_path / "tree", replace(SMALL, listed=[f"{outside},,"]))
    (tmp_path / "x").write_bytes(b"")
    assert problems(tmp_path / "tree", SMALL) == [
        f"small==1.0: its RECORD names {outside!r}, which is outside the environment"
    ]


def test_a_path_of_record_that_is_a_link_is_refused(tmp_path: Path) -> None:
    trees.make(tmp_path, replace(SMALL, listed=["small/link.py,,"]))
    (tmp_path / SITE / "small/link.py").symlink_to("/etc/passwd")
    assert f"small==1.0: {SITE}/small/link.py is a link, and wheels hold none" in problems(tmp_path, SMALL)


@pytest.mark.parametrize("path", ["../../../pyvenv.cfg", "../../../bin/activate", "_virtualenv.pth"])
def test_a_distribution_that_writes_over_the_skeleton_is_refused(tmp_path: Path, path: str) -> None:
    wheel = Distribution(name="evil", files={path: "import os\n"})
    trees.make(tmp_path, wheel)
    ((problem),) = problems(tmp_path, wheel)
    assert problem.startswith("evil==1.0 installs ")
    assert problem.endswith("which is the environment's own")


def test_two_distributions_with_one_path_and_different_bytes_are_both_named(tmp_path: Path) -> None:
    left = Distribution(name="left", files={"both.py": "left\n", "same.py": "same\n"})
    right = Distribution(name="right", files={"both.py": "right\n", "same.py": "same\n"})
    trees.make(tmp_path, left, right)
    assert problems(tmp_path, left, right) == [
        f"left==1.0 and right==1.0 both install {SITE}/both.py, with different bytes"
    ]


def test_two_distributions_with_one_path_and_the_same_bytes_both_own_it(tmp_path: Path) -> None:
    left = Distribution(name="left", files={"space/__init__.py": "same\n"})
    right = Distribution(name="right", files={"space/__init__.py": "same\n"})
    trees.make(tmp_path, left, right)
    entries, _, paths = own(tmp_path, [left, right])
    owners = {entry.path: entry.owner for entry in entries}
    assert owners[f"{SITE}/space/__init__.py"] == "left==1.0"
    for wheel in (left, right):
        assert "site-packages/space/__init__.py" in paths[wheel.selected.sha256]


def test_a_shared_path_without_a_hash_cannot_be_shown_to_be_the_same(tmp_path: Path) -> None:
    left = Distribution(name="left", files={"both.py": ""})
    right = Distribution(name="right", listed=["both.py,,"])
    trees.make(tmp_path, left, right)
    assert problems(tmp_path, left, right) == [
        f"left==1.0 and right==1.0 both install {SITE}/both.py, with different bytes"
    ]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("RECORD", None, "RECORD is missing: nobody knows what small 1.0 installed"),
        (
            "RECORD",
            b"\xff\xfe",
            "RECORD cannot be read: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
        ("METADATA", None, "METADATA is missing, or gives no name and version"),
        ("METADATA", b"\nName: small\nVersion: 1.0\n", "METADATA is missing, or gives no name and version"),
    ],
)
def test_a_broken_dist_info_folder_is_named(tmp_path: Path, name: str, data: bytes | None, problem: str) -> None:
    trees.make(tmp_path, SMALL)
    path = tmp_path / SITE / SMALL.info / name
    path.unlink() if data is None else path.write_bytes(data)
    assert f"{SITE}/{SMALL.info}/{problem}" in problems(tmp_path, SMALL)


def test_many_problems_are_counted(tmp_path: Path) -> None:
    trees.make(tmp_path)
    for number in range(30):
        (tmp_path / f"new{number:02}").write_bytes(b"")
    lines = problems(tmp_path)
    assert len(lines) == 21
    assert lines[-1] == "and 10 more"


def test_a_tree_that_is_no_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallationError, match="has no site-packages folder"):
        own(tmp_path, [])
