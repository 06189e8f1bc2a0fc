"""The language of the table of keys: what a value may look like, said once for the checker and for the JSON schema."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A boolean."""

    expected: str = "true or false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string: one of `choices`, or one that `pattern` matches whole and that `problem` has nothing to say about.

    `problems` is for what can be wrong in several places at once. `expected` says what it is, with an example, after
    the word "expected"; `pattern` is common to Python and ECMAScript.
    """

    expected: str
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    problem: Callable[[str], str | None] | None = None
    problems: Callable[[str], Sequence[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of at least `least` items; `single` lets one item stand without brackets.

    `same` gives what two items (strings) may not have in common; `problem` looks at the whole list once its items
    are good.
    """

    expected: str
    item: "Shape"
    single: bool = False
    least: int = 0
    same: Callable[[str], str] | None = None
    problem: Callable[[list[str]], str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """A value of one of several types."""

    expected: str
    shapes: "tuple[Shape, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a table: what its value may be, and what it means in one sentence."""

    shape: "Shape"
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Keys that may not stand beside `key`, and what to say of each of them."""

    key: str
    others: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with known keys; in an `open` one, others are none of our business.

    Of the keys in `one_of` exactly one has to stand; `apart` are keys that exclude each other.
    """

    expected: str
    keys: Mapping[str, Key]
    open: bool = False
    one_of: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A table whose keys are names that the user chooses; `same` is as in a listing."""

    expected: str
    name: Text
    item: "Shape"
    same: Callable[[str], str] | None = None


Shape = Flag | Text | Listing | Either | Table | Names
