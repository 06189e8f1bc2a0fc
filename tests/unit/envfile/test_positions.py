import tomllib
from typing import Any

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from hermes.envfile.positions import Path, positions

TEXT = '''\
# a comment with [brackets] and "quotes
python = ["3.12", # one ]
  "3.13",
]
"quoted \\"key\\" = x" . 'literal' . bare = 1
multi = """
[not.a.header] ""\\"""" # after
literal = \'\'\'
key = 1
it's\'\'\'\'
after = { a = [1, { "b c" = "}" }], d.e = 2 }   # inline
when = 1979-05-27 07:32:00
[ table . "sub table" ]
x = -1.5e3
[[list]]
name = "one"
[list.inner]
y = true
[[list]]

[[list.deep]]
z = 1
[[list.deep]]
'''


def test_each_kind_of_thing_has_its_line() -> None:
    assert positions(TEXT) == {
        ("python",): 2,
        ("python", 0): 2,
        ("python", 1): 3,
        ('quoted "key" = x',): 5,
        ('quoted "key" = x', "literal"): 5,
        ('quoted "key" = x', "literal", "bare"): 5,
        ("multi",): 6,
        ("literal",): 8,
        ("after",): 11,
        ("after", "a"): 11,
        ("after", "a", 0): 11,
        ("after", "a", 1): 11,
        ("after", "a", 1, "b c"): 11,
        ("after", "d"): 11,
        ("after", "d", "e"): 11,
        ("when",): 12,
        ("table",): 13,
        ("table", "sub table"): 13,
        ("table", "sub table", "x"): 14,
        ("list",): 15,
        ("list", 0): 15,
        ("list", 0, "name"): 16,
        ("list", 0, "inner"): 17,
        ("list", 0, "inner", "y"): 18,
        ("list", 1): 19,
        ("list", 1, "deep"): 21,
        ("list", 1, "deep", 0): 21,
        ("list", 1, "deep", 0, "z"): 22,
        ("list", 1, "deep", 1): 23,
    }


def test_windows_line_ends_change_no_line() -> None:
    assert positions(TEXT.replace("\n", "\r\n")) == positions(TEXT)


def test_a_table_stands_where_it_is_first_named() -> None:
    assert positions("[a.b]\n[a]\nx = 1\n") == {("a",): 1, ("a", "b"): 1, ("a", "x"): 3}


def test_an_empty_text_has_no_positions() -> None:
    assert positions("") == positions("\n# nothing") == {}


def paths(value: Any, path: Path = ()) -> list[Path]:
    """Every path that tomllib sees."""
    pairs: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [found for key, inner in pairs for found in [(*path, key), *paths(inner, (*path, key))]]


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=8)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        st.booleans() | st.integers(-9, 9) | st.text(max_size=20) | st.floats(allow_nan=False) | st.datetimes(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=12,
    ),
    max_size=5,
)


@given(TREES, st.booleans())
def test_every_key_that_tomllib_sees_has_a_line_that_contains_it(tree: dict[str, Any], multiline: bool) -> None:
    text = tomli_w.dumps(tree, multiline_strings=multiline)
    found = positions(text)
    lines = text.split("\n")
    assert set(found) == set(paths(tomllib.loads(text)))
    for path, line in found.items():
        if isinstance(path[-1], str):
            written = tomli_w.dumps({path[-1]: 1}).partition(" = ")[0]
            assert written in lines[line - 1]


@st.composite
def _blanks(draw: st.DrawFn, *, newlines: bool) -> str:
    parts = st.sampled_from([" ", "\t", ""] + ["\n", "# a ] } = \"comment '''\n"] * newlines)
    return "".join(draw(st.lists(parts, max_size=3)))


STRINGS = st.sampled_from(
    [
        '""',
        "''",
        '"]"',
        "'}'",
        '"a\\"b"',
        '"""\n"""',
        '"""a\n[x]\n""\\""""',
        "'''\n= '' # \n'''",
        '""""quoted" \\\\"""',
        "'''a''''",
    ]
)


@st.composite
def _value(draw: st.DrawFn, depth: int = 2) -> str:
    scalars = STRINGS | st.sampled_from(["1", "-0.5", "true", "1979-05-27 07:32:00Z", "0xff", "inf"])
    kind = draw(st.sampled_from(["scalar", "array", "inline"])) if depth else "scalar"
    if kind == "scalar":
        return draw(scalars)
    space = draw(_blanks(newlines=kind == "array"))
    items = draw(st.lists(_value(depth - 1), max_size=3))
    if kind == "array":
        return "[" + space + f"{space},{space}".join(items) + space + "]"
    return "{" + ",".join(f" k{index}.'x y' = {item} " for index, item in enumerate(items)) + "}"


@given(st.lists(st.tuples(_blanks(newlines=True), _value()), max_size=6), st.sampled_from(["[t]", "[[ t . 'u' ]]", ""]))
def test_hand_written_shapes_are_walked_as_tomllib_walks_them(pairs: list[tuple[str, str]], header: str) -> None:
    body = "\n".join(f"{space}key{index} = {value} # end" for index, (space, value) in enumerate(pairs))
    text = f"{body}\n{header}\n{body}\n" if header else body
    found = positions(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    for path, line in found.items():
        if isinstance(path[-1], str) and path[-1].startswith("key"):
            assert f"{path[-1]} = " in text.split("\n")[line - 1]
