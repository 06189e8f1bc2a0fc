import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.model.interpreter import FileIdentity, Interpreter
from hermes.model.plan import SelectedFile
from hermes.plan import fingerprint

REPOSITORY = Path(__file__).parents[3]
VECTORS: dict[str, Any] = json.loads((REPOSITORY / "tests/vectors/key.json").read_text(encoding="utf-8"))
SPECIFICATION = (REPOSITORY / "docs/fingerprint.md").read_text(encoding="utf-8")


def interpreter(described: dict[str, Any]) -> Interpreter:
    identity = FileIdentity(device=1, **described["identity"])
    rest = {name: value for name, value in described.items() if name != "identity"}
    return Interpreter(path="/shim/python", base_prefix="/opt", markers={}, tags=(), identity=identity, **rest)


PYTHON = interpreter(VECTORS["keys"][0]["interpreter"])
FILES = tuple(SelectedFile(**file) for file in VECTORS["keys"][1]["files"])


def test_the_vectors_are_of_this_format() -> None:
    assert VECTORS["formats"] == [fingerprint.KEY, fingerprint.ADDRESS, fingerprint.COMBINED]


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=lambda vector: vector["name"])
def test_key_vector(vector: dict[str, Any]) -> None:
    python = interpreter(vector["interpreter"])
    files = [SelectedFile(**file) for file in vector["files"]]
    for given_files in (files, files[::-1]):
        assert fingerprint.key_text(python, given_files, vector["creator"]) == vector["text"]
        assert fingerprint.key(python, given_files, vector["creator"]) == vector["key"]
    assert hashlib.sha256(vector["text"].encode()).hexdigest() == vector["key"]


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=lambda vector: vector["name"])
def test_address_vector(vector: dict[str, Any]) -> None:
    python = interpreter(vector["interpreter"])
    assert fingerprint.address_text(vector["key"], python) == vector["address_text"]
    assert fingerprint.address(vector["key"], python) == vector["address"]


@pytest.mark.parametrize("vector", VECTORS["combined"], ids=lambda vector: vector["name"])
def test_combined_vector(vector: dict[str, Any]) -> None:
    keys = [(environment, python, key) for environment, python, key in vector["keys"]]
    for given_keys in (keys, keys[::-1], keys * 2):
        assert fingerprint.combined_text(given_keys) == vector["text"]
        assert fingerprint.combined(given_keys) == vector["combined"]


def test_the_specification_quotes_the_vectors() -> None:
    first = VECTORS["keys"][1]
    for text in (first["text"], first["key"], first["address_text"], first["address"]):
        assert text in SPECIFICATION
    for text in (VECTORS["combined"][0]["text"], VECTORS["combined"][0]["combined"]):
        assert text in SPECIFICATION


@pytest.mark.parametrize("name", ["implementation", "version", "build", "abi", "platform", "libc"])
def test_what_the_interpreter_is_changes_the_key(name: str) -> None:
    changed: dict[str, Any] = {name: "other"}
    other = replace(PYTHON, **changed)
    assert fingerprint.key(other, FILES) != fingerprint.key(PYTHON, FILES)


def test_free_threading_and_the_creator_change_the_key() -> None:
    keys = {
        fingerprint.key(PYTHON, FILES),
        fingerprint.key(replace(PYTHON, free_threaded=True), FILES),
        fingerprint.key(PYTHON, FILES, "virtualenv"),
    }
    assert len(keys) == 3


def test_where_the_interpreter_lies_changes_the_address_and_not_the_key() -> None:
    identity = FileIdentity(size=1, mtime_ns=2, inode=3, device=4)
    other = replace(
        PYTHON, path="/a", real_path="/b", base_prefix="/c", identity=identity, markers={"x": "y"}, tags=("t",)
    )
    key = fingerprint.key(PYTHON, FILES)
    assert fingerprint.key(other, FILES) == key
    assert fingerprint.address(key, other) != fingerprint.address(key, PYTHON)


@pytest.mark.parametrize("name", ["size", "mtime_ns", "inode"])
def test_another_state_of_the_interpreter_file_is_another_address(name: str) -> None:
    other = replace(PYTHON, identity=replace(PYTHON.identity, **{name: 99}))
    assert fingerprint.address("k", other) != fingerprint.address("k", PYTHON)


def test_another_device_number_and_another_way_to_the_file_are_the_same_address() -> None:
    other = replace(PYTHON, path="/elsewhere", identity=replace(PYTHON.identity, device=99))
    assert fingerprint.address("k", other) == fingerprint.address("k", PYTHON)


@pytest.mark.parametrize("name", ["package", "version", "file", "sha256"])
def test_each_fact_of_a_file_changes_the_key(name: str) -> None:
    other = (replace(FILES[0], **{name: "other"}), *FILES[1:])
    assert fingerprint.key(PYTHON, other) != fingerprint.key(PYTHON, FILES)


def test_recording_does_not_change_the_key() -> None:
    recorded = tuple(replace(file, content="c" * 64) for file in FILES)
    assert fingerprint.key(PYTHON, recorded) == fingerprint.key(PYTHON, FILES)


def test_every_field_of_a_file_is_digested_or_known_not_to_be() -> None:
    assert {field.name for field in fields(SelectedFile)} == {"package", "version", "file", "sha256", "content"}


def test_ingredients_are_the_lines_of_the_text() -> None:
    found = fingerprint.ingredients(PYTHON, FILES)
    assert found[1] == ("creator", "uv")
    assert found[-1] == ("file pytest", f"8.4.1 {FILES[0].file} {FILES[0].sha256}")
    text = fingerprint.key_text(PYTHON, FILES)
    assert text.splitlines() == [fingerprint.KEY, *(f"{name} {value}" for name, value in found)]


@given(st.text(), st.text())
def test_no_value_can_pretend_to_be_two_lines(build: str, libc: str) -> None:
    text = fingerprint.key_text(replace(PYTHON, build=build, libc=libc), ())
    assert text.count("\n") == 10
    other = fingerprint.key_text(replace(PYTHON, build=build + "x", libc=libc), ())
    assert other != text
