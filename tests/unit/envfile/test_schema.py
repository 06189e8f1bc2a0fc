import tomllib
from typing import Any

import pytest

from hermes.envfile import parse, schema, table
from hermes.envfile.shapes import Either, Flag, Listing, Names, Shape, Table, Text

jsonschema = pytest.importorskip("jsonschema")

GOOD = [
    'python = "3.12"\n',
    'python = ["3.11", "3.12"]\n[sessions.unit]\nrequirements = ["pytest"]\nrun = "pytest -q {posargs}"\n',
    """
requires-hermes = ">=0.1"
python = "3.12"
layers = []
defaults = { env = { A = "1" }, isolation = "none" }
requirements.a = ["x", { include-group = "b" }]
requirements.b = []
[environments.t]
groups = ["a"]
package = "none"
[environments.p]
pins = "ci.txt"
[sessions.s]
environment = "t"
run = ["a", ["b", "c"], { shell = "d" }, { run = "e", ignore-failure = true }]
pass-env = ["PG*"]
only-on = ["linux"]
default = false
""",
]
BAD = [
    "python = 3.12\n",
    "python = []\n",
    'pyton = "3.12"\n',
    'layers = ["a", "a"]\n',
    "[sessions.unit]\n",
    '[sessions."a b"]\nrun = "x"\n',
    "[sessions.unit]\nrun = []\n",
    '[sessions.unit]\nrun = [{ run = "a", shell = "b" }]\n',
    "[sessions.unit]\nrun = [{ ignore-failure = true }]\n",
    '[sessions.unit]\nrun = "x"\nisolation = "sandbox"\n',
    '[sessions.unit]\nrun = "x"\nenv = { A = 1 }\n',
    '[sessions.unit]\nrun = "x"\nenvironment = "t"\nrequirements = []\n',
    '[environments.t]\npins = "x"\ngroups = []\n',
    '[defaults]\nrun = "x"\n',
    "[requirements]\na = [{ include = 'b' }]\n",
    "[timeout]\n",
]


def errors(text: str) -> list[Any]:
    return list(jsonschema.Draft202012Validator(schema.schema()).iter_errors(tomllib.loads(text)))


def test_the_schema_is_one() -> None:
    made = schema.schema()
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(made)


@pytest.mark.parametrize("text", GOOD)
def test_what_the_checker_takes_the_schema_takes(text: str) -> None:
    parse.parse(text, file="e", root="/p", pyproject=None, has_setup_py=False, exists=lambda _: False, version="0.1.0")
    assert errors(text) == []


@pytest.mark.parametrize("text", BAD)
def test_what_the_schema_refuses(text: str) -> None:
    assert errors(text)


def described(shape: Shape) -> list[str]:
    """Every sentence of the table."""
    match shape:
        case Flag() | Text():
            return []
        case Listing() | Names():
            return described(shape.item)
        case Either():
            return [text for each in shape.shapes for text in described(each)]
        case Table():
            return [text for key in shape.keys.values() for text in [key.meaning, *described(key.shape)]]


def test_every_key_has_its_sentence_in_the_schema() -> None:
    text = repr(schema.schema())
    sentences = described(table.ENVFILE)
    assert len(sentences) > 40
    assert all(repr(sentence) in text for sentence in sentences)
