import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.model.receipt import Entry, InstalledFile
from hermes.store import normalform
from hermes.store.normalform import FileClass, NormalFile

REPOSITORY = Path(__file__).parents[3]
VECTORS: dict[str, Any] = json.loads((REPOSITORY / "tests/vectors/content.json").read_text(encoding="utf-8"))
SPECIFICATION = (REPOSITORY / "docs/fingerprint.md").read_text(encoding="utf-8")

_PATHS = st.lists(
    st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1), min_size=1, max_size=3
).map("/".join)
_CLASSES: st.SearchStrategy[FileClass] = st.sampled_from(("plain", "exec", "script"))
_FILES = st.builds(NormalFile, path=_PATHS, sha256=st.sampled_from(("0" * 64, "f" * 64)), kind=_CLASSES)


def test_the_vectors_are_of_this_format() -> None:
    assert VECTORS["formats"] == [normalform.CONTENT, normalform.ENVIRONMENT]


@pytest.mark.parametrize("vector", VECTORS["content"], ids=lambda vector: vector["name"])
def test_content_vector(vector: dict[str, Any]) -> None:
    files = [NormalFile(path=f["path"], sha256=f["sha256"], kind=f["class"]) for f in vector["files"]]
    for given_files in (files, files[::-1]):
        assert normalform.content_text(given_files) == vector["text"]
        assert normalform.content(given_files) == vector["content"]
    assert hashlib.sha256(vector["text"].encode("utf-8", "surrogateescape")).hexdigest() == vector["content"]


@pytest.mark.parametrize("vector", VECTORS["environment"], ids=lambda vector: vector["name"])
def test_environment_vector(vector: dict[str, Any]) -> None:
    installed = [InstalledFile(**item) for item in vector["installed"]]
    for given_files in (installed, installed[::-1]):
        assert normalform.fold_text(given_files) == vector["text"]
        assert normalform.fold(given_files) == vector["content"]


@pytest.mark.parametrize("vector", VECTORS["paths"], ids=lambda vector: vector["tree"])
def test_path_vector(vector: dict[str, str]) -> None:
    assert normalform.normal_path(vector["tree"], normalform.scheme(vector["site"])) == vector["normal"]


@pytest.mark.parametrize("path", VECTORS["left_out"])
def test_left_out_with_a_reason(path: str) -> None:
    assert normalform.why_left_out(path)


@pytest.mark.parametrize("path", VECTORS["kept"])
def test_digested(path: str) -> None:
    assert normalform.why_left_out(path) is None


@pytest.mark.parametrize("vector", VECTORS["scripts"], ids=lambda vector: vector["name"])
def test_script_vector(vector: dict[str, str]) -> None:
    normal = normalform.normal_script(vector["installed"].encode(), vector["root"])
    assert normal.decode() == vector["normal"]
    assert normalform.digest_bytes(normal) == vector["sha256"]


@pytest.mark.parametrize("vector", VECTORS["generated"], ids=lambda vector: repr(vector["text"]))
def test_generated_vector(vector: dict[str, Any]) -> None:
    scripts = normalform.entry_points(f"[console_scripts]\n{vector['entry_point']}\n")
    assert normalform.is_generated(vector["name"], vector["text"].encode(), scripts) is vector["generated"]


def test_the_specification_quotes_the_vectors() -> None:
    for vector in (VECTORS["content"][1], VECTORS["environment"][1]):
        assert vector["text"] in SPECIFICATION
        assert vector["content"] in SPECIFICATION


@given(st.lists(_FILES, unique_by=lambda file: file.path), st.randoms())
def test_order_does_not_matter(files: list[NormalFile], random: Any) -> None:
    shuffled = files.copy()
    random.shuffle(shuffled)
    assert normalform.content(shuffled) == normalform.content(files)


@given(st.lists(_FILES, unique_by=lambda file: file.path), st.lists(_FILES, unique_by=lambda file: file.path))
def test_two_sets_of_files_have_two_texts(left: list[NormalFile], right: list[NormalFile]) -> None:
    same = sorted(left, key=lambda file: file.path) == sorted(right, key=lambda file: file.path)
    assert (normalform.content_text(left) == normalform.content_text(right)) is same


@given(_FILES)
def test_a_file_is_one_line_and_can_be_read_back(file: NormalFile) -> None:
    form, line, end = normalform.content_text([file]).split("\n")
    assert (form, end) == (normalform.CONTENT, "")
    kind, sha256, path = line.split(" ", 2)
    assert (kind, sha256) == (file.kind, file.sha256)
    assert _unescaped(path) == file.path


@given(st.binary(max_size=300))
def test_normalising_a_script_twice_is_normalising_it_once(data: bytes) -> None:
    once = normalform.normal_script(data, "/some/tree")
    assert normalform.normal_script(once, "/some/tree") == once


@given(st.binary(max_size=200))
def test_what_follows_the_first_lines_of_a_script_stays(body: bytes) -> None:
    preamble = b"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python3' \"$0\" \"$@\"\n' '''\n"
    for start in (preamble, b"#!/some/tree/bin/python3.12\n", b"#!python\n"):
        assert normalform.normal_script(start + body, "/some/tree") == b"#!python\n" + body


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("", {}),
        ("[console_scripts]\na = m:f\n[gui_scripts]\nB=m.n : C.f [extra]\n", {"a": "m:f", "B": "m.n:C.f"}),
        ("[pytest11]\nplugin = m\n", {}),
        ("# words\n[console_scripts]\n; more\na = m:f\na = m:g\n", {"a": "m:g"}),
        ("[DEFAULT]\nx = y:z\n[console_scripts]\na = m:%(f)s\n", {"a": "m:%(f)s"}),
        ("no section\n", {}),
        ("[console_scripts]\nno equals sign\n", {}),
        ("\0[[", {}),
    ],
)
def test_entry_points(text: str, scripts: dict[str, str]) -> None:
    assert normalform.entry_points(text) == scripts


@given(st.text())
def test_no_text_breaks_the_reading_of_entry_points(text: str) -> None:
    normalform.entry_points(text)
    normalform.entry_points(f"[console_scripts]\n{text}")


def test_classes() -> None:
    assert normalform.file_class("site-packages/x.so", executable=True) == "exec"
    assert normalform.file_class("data/x", executable=False) == "plain"
    assert normalform.file_class("scripts/x", executable=True) == "script"
    assert normalform.file_class("scripts/x", executable=False) == "script"


@pytest.mark.parametrize(
    ("path", "scripts"),
    [("lib/python3.8/site-packages", "bin"), ("lib/pypy3.11/site-packages", "bin"), ("Lib/site-packages", "Scripts")],
)
def test_the_scheme_of_a_tree_is_found_by_its_site_packages(path: str, scripts: str) -> None:
    entries = [Entry(path=p, kind="folder", mode=0o555, owner="") for p in ("lib", f"other/{path}", path)]
    found = normalform.find_scheme(entries)
    assert found is not None
    assert (found.site, found.scripts) == (path, scripts)


def test_a_tree_without_site_packages_has_no_scheme() -> None:
    assert normalform.find_scheme([Entry(path="lib/x/site-packages", kind="file", mode=0o444, owner="")]) is None


def _unescaped(text: str) -> str:
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\r", "\r") for part in parts)
