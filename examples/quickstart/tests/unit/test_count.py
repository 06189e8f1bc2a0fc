import pytest

from tally import most_frequent, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("A rose is a rose.", ["a", "rose", "is", "a", "rose"]),
        ("Don't re-read it!", ["don't", "re-read", "it"]),
        ("Größe, naïve, 北京", ["größe", "naïve", "北京"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_the_most_frequent_come_first_and_equals_by_the_alphabet() -> None:
    assert most_frequent("b a c b") == [("b", 2), ("a", 1), ("c", 1)]


def test_only_as_many_as_asked_for() -> None:
    assert most_frequent("b a c b", 1) == [("b", 2)]
