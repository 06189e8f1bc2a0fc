import re
from pathlib import Path

import pytest

from hermes.envfile import parse, substitute, table
from hermes.envfile.shapes import Names, Table

TEXT = (Path(__file__).parents[3] / "docs" / "envfile.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def keys(name: str) -> set[str]:
    shape = table.ENVFILE.keys[name].shape
    inner = shape.item if isinstance(shape, Names) else shape
    assert isinstance(inner, Table)
    return set(inner.keys)


def documented(title: str) -> set[str]:
    first = re.findall(r"^\| `\[?([a-z-]+)(?:\.NAME)?\]?` \|", section(title), re.MULTILINE)
    return set(first)


def test_every_key_is_in_the_reference_and_no_other() -> None:
    assert documented("At the top") == set(table.ENVFILE.keys)
    assert documented("Environments") == keys("environments")
    assert documented("Sessions") == (keys("sessions") - keys("environments")) | {"python"}


def test_what_defaults_take_is_what_the_reference_says() -> None:
    assert keys("sessions") - keys("defaults") == {"run", "layer"} | keys("environments")


@pytest.mark.parametrize("name", substitute.NAMES)
def test_every_substitution_is_in_the_reference(name: str) -> None:
    assert f"| `{{{name}}}` |" in section("Substitutions")


@pytest.mark.parametrize("example", range(len(EXAMPLES)))
def test_the_examples_are_envfiles(example: int) -> None:
    made = parse.parse(
        EXAMPLES[example],
        file="envfile.toml",
        root="/project",
        pyproject=None,
        has_setup_py=True,
        exists=lambda _: False,
        version="0.1.0",
    )
    assert made.envfile == "envfile.toml"
